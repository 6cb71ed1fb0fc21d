//! What a delegate must never forget: how much it has receipted on each day, and every receipt it signed.
//!
//! A receipt is entered before it is handed out, in the same commit as its day's total, so that no kill and no power
//! cut lets a day's limit be used twice. Days only go forward: a clock that was set back would start a new day's total,
//! so a day before the latest one is refused. A receipt that was entered and not handed out is found by its content, so
//! that running the same command again hands it out and counts nothing twice. Refuses a ledger of another delegate or
//! version; one that was removed is not replaced by an empty one.

use std::path::Path;

use sanad_credential::{Count, CredentialId, Currency, Date, DelegationId, Fault, FixedBytes, Money};

use crate::durable::{Durable, Opening, Stop, StoreFault, Transaction, TreeName};
use crate::register::Digest;

/// `format`, `delegate`, and `day`: the latest day on which a receipt was entered.
const META: TreeName = TreeName("meta");
/// Day and currency -> total in the smallest unit.
const TOTALS: TreeName = TreeName("totals");
/// Document id -> document.
const RECEIPTS: TreeName = TreeName("receipts");
/// Digest of the content -> document id, until the receipt was handed out.
const PENDING: TreeName = TreeName("pending");

const TREES: &[TreeName] = &[META, TOTALS, RECEIPTS, PENDING];

/// Version of the layout above.
const FORMAT: &[u8] = b"1";
const KEY_FORMAT: &[u8] = b"format";
const KEY_DELEGATE: &[u8] = b"delegate";
const KEY_DAY: &[u8] = b"day";

/// A delegate's ledger.
#[derive(Debug)]
pub struct Ledger(Durable);

/// A receipt that is ready to be handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub cti: CredentialId,
    /// Of its content.
    pub digest: Digest,
    /// The day on which it is signed, UTC.
    pub day: Date,
    /// The money it is for.
    pub amount: Money,
    /// The COSE_Sign1.
    pub document: Vec<u8>,
}

/// Why the ledger did not do what it was asked for. Nothing was entered.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The storage below.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The ledger belongs to another delegate.
    #[error("the ledger belongs to {found}, not to {wanted}; a directory is for one delegate")]
    OtherDelegate {
        /// As stored.
        found: String,
        /// Whose key this is.
        wanted: DelegationId,
    },
    /// The ledger was written by another version.
    #[error("the ledger has the format \"{found}\", this program reads \"1\"")]
    OtherFormat {
        /// As stored.
        found: String,
    },
    /// An entry cannot be what this program wrote.
    #[error("the ledger is damaged at {what}; restore a backup")]
    Damaged {
        /// Which entry.
        what: &'static str,
    },
    /// The clock was set back, or was ahead before.
    #[error(
        "today is {day} by the clock of this computer, but a receipt of {latest} is in the ledger; set the clock, \
         receipts are signed in the order of days"
    )]
    EarlierDay {
        /// Day of the new receipt.
        day: Date,
        /// The latest day in the ledger.
        latest: Date,
    },
    /// The limit of the day.
    #[error(
        "{} were receipted on this day, {} more would exceed the limit of {} a day",
        before.in_ordinary_units(), amount.in_ordinary_units(), max.in_ordinary_units()
    )]
    DayLimit {
        /// Total of the day so far.
        before: Money,
        /// Money of the new receipt.
        amount: Money,
        /// Most in a day.
        max: Money,
    },
    /// Money in another currency than the limit's.
    #[error("money in {found}, the limit of the day is in {wanted}")]
    Currency {
        /// On the receipt.
        found: Currency,
        /// Of the limit.
        wanted: Currency,
    },
    /// A total that no document could state.
    #[error("the day's total: {0}")]
    Total(Fault),
    /// A document id that is there already.
    #[error("the receipt {cti} is in the ledger already")]
    Repeated {
        /// The receipt.
        cti: CredentialId,
    },
}

impl Ledger {
    /// Makes the ledger of a new delegate.
    ///
    /// # Errors
    /// [`LedgerFault::Store`], where one is there already too.
    pub fn create(dir: &Path, delegate: &DelegationId) -> Result<Self, LedgerFault> {
        let ledger = Self(Durable::open(dir, Opening::CreateNew, TREES)?);
        ledger.commit(|act| {
            act.put(META, KEY_FORMAT, FORMAT)?;
            act.put(META, KEY_DELEGATE, delegate.as_str().as_bytes())?;
            Ok(())
        })?;
        Ok(ledger)
    }

    /// Opens the ledger of a delegate.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn open(dir: &Path, delegate: &DelegationId) -> Result<Self, LedgerFault> {
        let ledger = Self(Durable::open(dir, Opening::OpenExisting, TREES)?);
        let text = |key| -> Result<String, LedgerFault> {
            let value = ledger.0.read(META, key)?.ok_or(LedgerFault::Damaged { what: "its description" })?;
            Ok(String::from_utf8_lossy(&value).into_owned())
        };
        let format = text(KEY_FORMAT)?;
        if format.as_bytes() != FORMAT {
            return Err(LedgerFault::OtherFormat { found: format });
        }
        let found = text(KEY_DELEGATE)?;
        if found != delegate.as_str() {
            return Err(LedgerFault::OtherDelegate { found, wanted: delegate.clone() });
        }
        Ok(ledger)
    }

    /// Enters a receipt and adds its money to the day's total, which it returns. On return both are on the disk, and
    /// the receipt may be handed out.
    ///
    /// # Errors
    /// [`LedgerFault`]; then nothing was entered.
    pub fn enter(&self, entry: &Entry, per_day: Option<&Money>) -> Result<Money, LedgerFault> {
        self.commit(|act| {
            let latest = day(act.get(META, KEY_DAY)?.as_deref()).map_err(Stop::Refuse)?;
            if let Some(latest) = latest.filter(|latest| *latest > entry.day) {
                return Err(Stop::Refuse(LedgerFault::EarlierDay { day: entry.day, latest }));
            }
            if act.get(RECEIPTS, &entry.cti.0)?.is_some() {
                return Err(Stop::Refuse(LedgerFault::Repeated { cti: entry.cti }));
            }
            let key = [&day_bytes(entry.day)[..], entry.amount.currency.as_str().as_bytes()].concat();
            let before = total(act.get(TOTALS, &key)?.as_deref()).map_err(Stop::Refuse)?;
            let total = add(before, &entry.amount, per_day).map_err(Stop::Refuse)?;
            act.put(TOTALS, &key, &total.minor.value().to_be_bytes())?;
            act.put(META, KEY_DAY, &day_bytes(entry.day))?;
            act.put(RECEIPTS, &entry.cti.0, &entry.document)?;
            act.put(PENDING, &entry.digest.0, &entry.cti.0)?;
            Ok(total)
        })
    }

    /// The receipt with this content that was entered and not handed out.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn pending(&self, digest: &Digest) -> Result<Option<(CredentialId, Vec<u8>)>, LedgerFault> {
        let Some(cti) = self.0.read(PENDING, &digest.0)? else {
            return Ok(None);
        };
        let cti = <[u8; 8]>::try_from(cti.as_slice())
            .map_err(|_| LedgerFault::Damaged { what: "a pending receipt" })?;
        let document = self.0.read(RECEIPTS, &cti)?;
        let document = document.ok_or(LedgerFault::Damaged { what: "a pending receipt's document" })?;
        Ok(Some((FixedBytes(cti), document)))
    }

    /// Notes that the receipt with this content was handed out: the same content is another receipt from now on.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn hand_out(&self, digest: &Digest) -> Result<(), LedgerFault> {
        self.commit(|act| Ok(act.remove(PENDING, &digest.0)?))
    }

    /// The total of a day.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn total(&self, day: Date, currency: &Currency) -> Result<Money, LedgerFault> {
        let key = [&day_bytes(day)[..], currency.as_str().as_bytes()].concat();
        let minor = total(self.0.read(TOTALS, &key)?.as_deref())?;
        Ok(Money { minor: Count::new(minor).map_err(LedgerFault::Total)?, currency: currency.clone() })
    }

    fn commit<A>(
        &self,
        act: impl Fn(&Transaction<'_>) -> Result<A, Stop<LedgerFault>>,
    ) -> Result<A, LedgerFault> {
        self.0.commit(act).map_err(|stop| match stop {
            Stop::Refuse(fault) => fault,
            Stop::Fault(fault) => LedgerFault::Store(fault),
        })
    }
}

fn add(before: u64, amount: &Money, per_day: Option<&Money>) -> Result<Money, LedgerFault> {
    let currency = &amount.currency;
    let money = |minor: u64| -> Result<Money, LedgerFault> {
        Ok(Money { minor: Count::new(minor).map_err(LedgerFault::Total)?, currency: currency.clone() })
    };
    let after = money(before.saturating_add(amount.minor.value()))?;
    match per_day {
        Some(max) if max.currency != *currency => {
            Err(LedgerFault::Currency { found: currency.clone(), wanted: max.currency.clone() })
        }
        Some(max) if after.minor > max.minor => {
            Err(LedgerFault::DayLimit { before: money(before)?, amount: amount.clone(), max: max.clone() })
        }
        _ => Ok(after),
    }
}

fn day_bytes(day: Date) -> [u8; 4] {
    day.day_number().to_be_bytes()
}

fn day(value: Option<&[u8]>) -> Result<Option<Date>, LedgerFault> {
    let Some(bytes) = value else { return Ok(None) };
    let number = <[u8; 4]>::try_from(bytes).ok().map(i32::from_be_bytes);
    let day = number.and_then(|number| Date::from_day_number(i64::from(number)).ok());
    day.map(Some).ok_or(LedgerFault::Damaged { what: "the latest day" })
}

/// A day without receipts has no entry.
fn total(value: Option<&[u8]>) -> Result<u64, LedgerFault> {
    let Some(bytes) = value else { return Ok(0) };
    let number = <[u8; 8]>::try_from(bytes).map(u64::from_be_bytes);
    number.map_err(|_| LedgerFault::Damaged { what: "a day's total" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: u64, currency: &str) -> Money {
        Money { minor: Count::new(minor).unwrap(), currency: Currency::new(currency).unwrap() }
    }

    fn entry(number: u8, day: &str, minor: u64) -> Entry {
        Entry {
            cti: FixedBytes([number; 8]),
            digest: Digest([number; 32]),
            day: Date::parse(day).unwrap(),
            amount: money(minor, "KES"),
            document: vec![number; 400],
        }
    }

    fn id(text: &str) -> DelegationId {
        DelegationId::new(text).unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&dir.path().join("ledger"), &id("KE-COOP1")).unwrap();
        (dir, ledger)
    }

    fn reopen(dir: &tempfile::TempDir, ledger: Ledger) -> Ledger {
        drop(ledger);
        Ledger::open(&dir.path().join("ledger"), &id("KE-COOP1")).unwrap()
    }

    #[test]
    fn a_second_receipt_on_the_same_day_does_not_exceed_the_limit() {
        let (dir, ledger) = ledger();
        let max = money(500, "KES");
        assert_eq!(ledger.enter(&entry(1, "2026-03-02", 300), Some(&max)).unwrap(), money(300, "KES"));
        let ledger = reopen(&dir, ledger);
        let fault = ledger.enter(&entry(2, "2026-03-02", 201), Some(&max)).unwrap_err();
        assert!(matches!(&fault, LedgerFault::DayLimit { before, .. } if *before == money(300, "KES")));
        assert_eq!(ledger.pending(&entry(2, "2026-03-02", 0).digest).unwrap(), None, "nothing was entered");
        assert_eq!(ledger.enter(&entry(2, "2026-03-02", 200), Some(&max)).unwrap(), max);
        assert_eq!(ledger.enter(&entry(3, "2026-03-03", 500), Some(&max)).unwrap(), max, "a new day");
    }

    #[test]
    fn a_clock_set_back_gives_no_new_total_and_takes_none_away() {
        let (dir, ledger) = ledger();
        let max = money(500, "KES");
        ledger.enter(&entry(1, "2026-03-02", 500), Some(&max)).unwrap();
        let ledger = reopen(&dir, ledger);
        let fault = ledger.enter(&entry(2, "2026-03-01", 1), Some(&max)).unwrap_err();
        assert!(matches!(fault, LedgerFault::EarlierDay { .. }), "{fault:?}");
        let day = Date::parse("2026-03-02").unwrap();
        assert_eq!(ledger.total(day, &max.currency).unwrap(), max);
        let fault = ledger.enter(&entry(2, "2026-03-02", 1), Some(&max)).unwrap_err();
        assert!(matches!(fault, LedgerFault::DayLimit { .. }), "{fault:?}");
    }

    #[test]
    fn another_currency_does_not_go_around_the_limit() {
        let (_dir, ledger) = ledger();
        let shillings = Entry { amount: money(1, "UGX"), ..entry(1, "2026-03-02", 0) };
        let fault = ledger.enter(&shillings, Some(&money(500, "KES"))).unwrap_err();
        assert!(matches!(fault, LedgerFault::Currency { .. }), "{fault:?}");
    }

    #[test]
    fn a_receipt_that_was_entered_and_not_handed_out_is_found_again() {
        let (dir, ledger) = ledger();
        let first = entry(1, "2026-03-02", 300);
        ledger.enter(&first, None).unwrap();
        let ledger = reopen(&dir, ledger);
        assert_eq!(ledger.pending(&first.digest).unwrap(), Some((first.cti, first.document.clone())));
        ledger.hand_out(&first.digest).unwrap();
        let ledger = reopen(&dir, ledger);
        assert_eq!(ledger.pending(&first.digest).unwrap(), None);
        assert_eq!(ledger.total(first.day, &first.amount.currency).unwrap(), first.amount, "still counted");
    }

    #[test]
    fn a_ledger_of_another_delegate_is_refused_and_a_removed_one_is_missed() {
        let (dir, ledger) = ledger();
        drop(ledger);
        let path = dir.path().join("ledger");
        assert!(matches!(Ledger::open(&path, &id("KE-COOP2")), Err(LedgerFault::OtherDelegate { .. })));
        std::fs::remove_dir_all(&path).unwrap();
        let fault = Ledger::open(&path, &id("KE-COOP1")).unwrap_err();
        assert!(matches!(fault, LedgerFault::Store(StoreFault::Missing { .. })), "{fault:?}");
    }

    #[test]
    fn a_total_beyond_every_number_is_refused() {
        let (_dir, ledger) = ledger();
        ledger.enter(&entry(1, "2026-03-02", Count::MAX.value()), None).unwrap();
        let fault = ledger.enter(&entry(2, "2026-03-02", 1), None).unwrap_err();
        assert!(matches!(fault, LedgerFault::Total(_)), "{fault:?}");
    }
}
