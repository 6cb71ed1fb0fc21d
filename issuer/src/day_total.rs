//! What a delegate had signed for in a day through the service, against the most that its delegation allows in a day.
//!
//! The amount is reserved in a paper before the document is signed, and given back where it was not. Of two requests at
//! once, in one replica or two, each counts on top of the other. A process that is killed in between leaves the amount
//! reserved: the delegate's day gets shorter, never longer. A day is one of UTC, as in a delegate's own ledger
//! ([`crate::ledger`]), of which nothing is known here: each of the two keeps the limit by itself.
//!
//! Refuses a document with money in another currency than the limit's.

use sanad_credential::{Claims, Delegation, Money, Right};
use sanad_trust::{DelegateExcess, judge_delegate_scope};

use crate::service::caller::{Delegate, Denied};
use crate::store::{Expect, PaperId, PaperKey, PaperKind, PaperWrite, Papers, RecordsFault};

/// How often a reservation is tried again that another one overtook.
const ATTEMPTS: u32 = 64;

/// Totals of earlier days that are taken away when a new day begins.
const FORGOTTEN_AT_ONCE: usize = 8;

/// An amount that counts for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    key: PaperKey,
    minor: u64,
}

/// Why nothing was reserved.
#[derive(Debug, thiserror::Error)]
pub enum DayFault {
    /// The limit of the day.
    #[error("{0}")]
    Denied(Denied),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsFault),
}

/// Reserves the money of a document for its day; nothing where it bears none or the delegation has no limit.
///
/// # Errors
/// [`DayFault`]; nothing was reserved.
pub fn reserve(
    store: &dyn Papers,
    delegate: &Delegate,
    claims: &Claims,
) -> Result<Option<Reserved>, DayFault> {
    let Some(max) = limit(delegate, claims) else { return Ok(None) };
    let minor = money(claims, max).map_err(DayFault::Denied)?;
    if minor == 0 {
        return Ok(None);
    }
    let day = claims.iat.date();
    let prefix = format!("{}/", delegate.id);
    let key = key(&format!("{prefix}{day}/{}", max.currency))?;
    for _ in 0..ATTEMPTS {
        let (total, expect) = read(store, &key)?;
        let sum = total.saturating_add(minor);
        if sum > max.minor.value() {
            return Err(DayFault::Denied(Denied::Day { minor: sum, max: max.clone() }));
        }
        let mut writes = vec![write(&key, expect, sum)];
        if expect == Expect::Absent {
            writes.extend(earlier(store, &prefix, &key)?);
        }
        match store.write_papers(&writes, &[]) {
            Ok(()) => return Ok(Some(Reserved { key, minor })),
            Err(RecordsFault::Overtaken { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(RecordsFault::Overtaken { id: key.id }.into())
}

/// Gives an amount back: its document was not signed.
///
/// # Errors
/// [`RecordsFault`]; the amount stays reserved.
pub fn release(store: &dyn Papers, reserved: &Reserved) -> Result<(), RecordsFault> {
    for _ in 0..ATTEMPTS {
        let (total, expect) = read(store, &reserved.key)?;
        // Gone with its day.
        let Some(rest) = total.checked_sub(reserved.minor) else { return Ok(()) };
        match store.write_papers(&[write(&reserved.key, expect, rest)], &[]) {
            Err(RecordsFault::Overtaken { .. }) => {}
            written => return written,
        }
    }
    Err(RecordsFault::Overtaken { id: reserved.key.id.clone() })
}

/// The most of a day: that of the delegation that allows most. None where one of them has no limit.
fn limit<'d>(delegate: &'d Delegate, claims: &Claims) -> Option<&'d Money> {
    let allow = |granted: &&Delegation| judge_delegate_scope(claims, granted).is_ok();
    let mut limits: Vec<&Money> = Vec::new();
    for granted in delegate.granted.iter().filter(allow) {
        limits.push(granted.per_day.as_ref()?);
    }
    limits.into_iter().max_by_key(|money| money.minor.value())
}

/// The money on a document, in the currency of a limit.
fn money(claims: &Claims, max: &Money) -> Result<u64, Denied> {
    let Right::Contribution(_, contribution) = &claims.right else { return Ok(0) };
    let mut minor = 0_u64;
    for amount in contribution.lines.iter().filter_map(|line| line.base.0.as_ref()) {
        if amount.currency != max.currency {
            let (found, wanted) = (amount.currency.clone(), max.currency.clone());
            return Err(Denied::Delegation(DelegateExcess::Currency { found, wanted }));
        }
        minor = minor.saturating_add(amount.minor.value());
    }
    Ok(minor)
}

fn read(store: &dyn Papers, key: &PaperKey) -> Result<(u64, Expect), RecordsFault> {
    let Some(paper) = store.paper(key)? else { return Ok((0, Expect::Absent)) };
    let text = std::str::from_utf8(&paper.content).ok();
    let total = text.and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
    Ok((total, Expect::Version(paper.version)))
}

fn write(key: &PaperKey, expect: Expect, total: u64) -> PaperWrite {
    PaperWrite { key: key.clone(), expect, content: Some(total.to_string().into_bytes()) }
}

/// Totals of days before: nobody asks for them again.
fn earlier(store: &dyn Papers, prefix: &str, key: &PaperKey) -> Result<Vec<PaperWrite>, RecordsFault> {
    let found = store.papers(PaperKind::DayTotal, prefix, None, FORGOTTEN_AT_ONCE)?;
    let day = |id: &PaperId| id.as_str().rsplit_once('/').map(|(day, _)| day.to_owned());
    let before = found.into_iter().filter(|paper| day(&paper.key.id) < day(&key.id));
    Ok(before.map(|paper| PaperWrite { key: paper.key, expect: Expect::Whatever, content: None }).collect())
}

fn key(id: &str) -> Result<PaperKey, RecordsFault> {
    Ok(PaperKey { kind: PaperKind::DayTotal, id: PaperId::new(id).map_err(|_| damaged())? })
}

fn damaged() -> RecordsFault {
    RecordsFault::Damaged { what: "the total of a day" }
}

#[cfg(test)]
mod tests {
    use sanad_credential::{DelegationId, SigningKey};

    use super::*;
    use crate::invented::Invented;
    use crate::store::PAGE_MAX;

    fn granted(per_day: &str) -> Delegation {
        let key = SigningKey::from_secret(&[7; 32]).public_key();
        let text = format!(
            r#"{{"type":"delegation","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-03-01","exp":"2029-03-01",
                "status":{{"idx":1,"uri":"https://s.example/0"}},"id":"KE-COOP1","key":"{key}","scopes":["receipt"],
                "from":"2026-03-01","to":"2026-12-31"{per_day}}}"#
        );
        match Claims::from_json_text(&text).unwrap().into_draft().right {
            Right::Delegation(delegation) => delegation,
            other => panic!("{other:?}"),
        }
    }

    fn delegate(limits: &[&str]) -> Delegate {
        let granted: Vec<_> = limits.iter().map(|limit| granted(limit)).collect();
        Delegate { id: DelegationId::new("KE-COOP1").unwrap(), granted: granted.into() }
    }

    const THOUSAND: &str = r#","per_day":{"minor":100000,"currency":"KES"}"#;

    fn receipt(day: &str, minor: u64, currency: &str) -> Claims {
        let text = format!(
            r#"{{"type":"contribution","iss":"KE-SHA","cti":"1112131415161718","iat":"{day}","exp":"2026-12-31",
                "status":{{"idx":1,"uri":"https://s.example/0"}},
                "subject":{{"number":"M-1","name":"Test Person"}},"scheme":"SHIF","as_of":"{day}","lines":[
                {{"from":"2026-03-01","to":"2026-03-31","quantity":1,"unit":"month","kind":"self",
                "functions":["medical_care"],"payer":"self","base":{{"minor":{minor},"currency":"{currency}"}},
                "quality":"provisional"}}]}}"#
        );
        Claims::from_json_text(&text).unwrap()
    }

    fn kes(minor: u64) -> Claims {
        receipt("2026-03-02", minor, "KES")
    }

    #[test]
    fn a_delegate_takes_in_a_day_what_its_delegation_says_and_no_more() {
        let place = Invented::new();
        let (store, delegate) = (place.issuer.store(), delegate(&[THOUSAND]));
        assert!(reserve(store, &delegate, &kes(60_000)).unwrap().is_some());
        let beyond = reserve(store, &delegate, &kes(40_001)).unwrap_err();
        assert!(matches!(&beyond, DayFault::Denied(Denied::Day { minor: 100_001, .. })), "{beyond}");
        assert!(reserve(store, &delegate, &kes(40_000)).is_ok());
        assert!(reserve(store, &delegate, &kes(1)).is_err());
        // The next day begins anew, and the one before is forgotten.
        assert!(reserve(store, &delegate, &receipt("2026-03-03", 100_000, "KES")).is_ok());
        assert_eq!(store.papers(PaperKind::DayTotal, "", None, PAGE_MAX).unwrap().len(), 1);
    }

    #[test]
    fn what_was_not_signed_is_given_back() {
        let place = Invented::new();
        let (store, delegate) = (place.issuer.store(), delegate(&[THOUSAND]));
        let reserved = reserve(store, &delegate, &kes(100_000)).unwrap().unwrap();
        assert!(reserve(store, &delegate, &kes(1)).is_err());
        release(store, &reserved).unwrap();
        assert!(reserve(store, &delegate, &kes(100_000)).is_ok());
    }

    #[test]
    fn requests_at_once_do_not_each_have_the_whole_day() {
        let place = Invented::new();
        let delegate = delegate(&[THOUSAND]);
        let taken = std::thread::scope(|scope| {
            let (place, delegate) = (&place, &delegate);
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(move || {
                        (0..5)
                            .filter(|_| reserve(place.issuer.store(), delegate, &kes(10_000)).is_ok())
                            .count()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(taken, 10);
    }

    #[test]
    fn another_currency_is_refused_and_no_limit_is_none() {
        let place = Invented::new();
        let store = place.issuer.store();
        let denied = reserve(store, &delegate(&[THOUSAND]), &receipt("2026-03-02", 1, "UGX")).unwrap_err();
        assert!(matches!(denied, DayFault::Denied(Denied::Delegation(DelegateExcess::Currency { .. }))));
        for unlimited in [delegate(&[""]), delegate(&[THOUSAND, ""])] {
            assert_eq!(reserve(store, &unlimited, &kes(u64::from(u32::MAX))).unwrap(), None);
        }
        let two = delegate(&[THOUSAND, r#","per_day":{"minor":300000,"currency":"KES"}"#]);
        assert!(reserve(store, &two, &kes(300_000)).is_ok());
    }
}
