//! A delegate signs a receipt for a contribution, offline: a contribution record with one provisional line.
//!
//! Order: the delegation is ours and not over; the receipt lies within it; it is signed, opened again, drawn and read
//! back; it is entered in the [`ledger`](crate::ledger) with the day's total; only then is it returned to be handed
//! out. A receipt is valid for 31 days, the longest that a document may be without status reference: until then the
//! scheme books the contribution and says so itself.
//!
//! Without the issuer's record the delegation is read unverified: a delegate that forges its own limits signs receipts
//! that every verifier refuses. With the record, the receipt is judged as a verifier will judge it.

use sanad_credential::{
    Claims, Contribution, CredentialId, Date, Delegation, Draft, Fault, FixedBytes, IssuerId, Json, Money,
    Right, SealFault, Sealed, SigningKey, UNREFERENCED_SECONDS_MAX, UnixTime, VerifyingKey, seal_entitlement,
};
use sanad_keyfile::DelegateKey;
use sanad_qr::ModulePixels;
use sanad_trust::{DelegateExcess, DelegateRejection, IssuerRecord, Opened, Rejection};
use sha2::{Digest as _, Sha256};

use crate::delegation::Signed;
use crate::issue::{Finished, SelfCheck, draw_and_read_back};
use crate::ledger::{Entry, Ledger, LedgerFault};
use crate::register::{self, Digest, Record};
use crate::scheme::FactsFault;

/// What a payment is for, as it was typed.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Member number.
    pub number: String,
    /// Name of the member.
    pub name: String,
    /// The scheme that is paid.
    pub scheme: String,
    /// First day, or its month.
    pub from: String,
    /// Last day, or its month.
    pub to: String,
    /// How many units.
    pub quantity: u64,
    /// day, week or month.
    pub unit: String,
    /// Why the period counts.
    pub kind: String,
    /// What it counts for.
    pub functions: Vec<String>,
    /// Who pays.
    pub payer: String,
    /// How much.
    pub amount: Money,
}

/// A delegate's own delegation.
pub struct Authority {
    claims: Claims,
    delegation: Delegation,
    record: Option<IssuerRecord>,
}

/// A receipt that may be handed out.
pub struct SignedReceipt {
    /// The receipt, drawn.
    pub document: Finished,
    /// Total of its day.
    pub day_total: Money,
    /// By which the ledger knows it; see [`Ledger::hand_out`].
    pub digest: Digest,
    /// Whether an earlier run signed it and was stopped.
    pub signed: Signed,
}

/// Why there is no receipt. Nothing was entered or handed out.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptFault {
    /// The delegation cannot be read.
    #[error("the delegation: {0}")]
    Delegation(Fault),
    /// The issuer's record does not open the delegation.
    #[error("the delegation: {0}")]
    Rejected(Rejection),
    /// What was given is no delegation, or its issuer may not give it.
    #[error("{0}")]
    NoDelegation(DelegateRejection),
    /// The delegation is for another key.
    #[error(
        "the delegation {cti} is for another key than this computer's; ask the issuer to answer its request"
    )]
    OtherKey {
        /// The delegation.
        cti: CredentialId,
    },
    /// The delegation's own validity is over.
    #[error("the delegation was valid until {exp}; ask the issuer for a new one")]
    Expired {
        /// End of its validity.
        exp: UnixTime,
    },
    /// A member of the payment.
    #[error("{}{}", if field.is_empty() { String::new() } else { format!("{field}: ") }, problem)]
    Payment {
        /// Which, in the words of the JSON form.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// Nothing was paid.
    #[error("the amount is 0; there is nothing to receipt")]
    NothingPaid,
    /// Beyond the delegation.
    #[error("{0}")]
    Beyond(DelegateExcess),
    /// The day's total.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    /// The receipt does not open, or says something else.
    #[error("self-check failed, nothing was released: {0}")]
    SelfCheck(SelfCheck),
    /// A verifier would refuse the receipt.
    #[error("self-check failed, nothing was released: {0}")]
    Refused(DelegateRejection),
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl Authority {
    /// Reads the delegation of a delegate; with the issuer's record it is verified.
    ///
    /// # Errors
    /// [`ReceiptFault`].
    pub fn read(
        document: &[u8],
        own: &DelegateKey,
        record: Option<IssuerRecord>,
    ) -> Result<Self, ReceiptFault> {
        let sealed = Sealed::parse(document).map_err(ReceiptFault::Delegation)?;
        let claims = match &record {
            Some(record) => match sanad_trust::open(&sealed, record).map_err(ReceiptFault::Rejected)? {
                Opened::Entitlement(claims) => *claims,
                Opened::StatusList(_) => return Err(ReceiptFault::SelfCheck(SelfCheck::Differs)),
            },
            // One's own delegation: see the head of this module.
            None => sealed.unverified_entitlement().map_err(ReceiptFault::Delegation)?.look().clone(),
        };
        let delegation = sanad_trust::delegate_of(&claims).map_err(ReceiptFault::NoDelegation)?.clone();
        if delegation.key != own.key.public_key() || delegation.id != own.id {
            return Err(ReceiptFault::OtherKey { cti: claims.cti });
        }
        Ok(Self { claims, delegation, record })
    }

    /// What the issuer granted.
    pub fn delegation(&self) -> &Delegation {
        &self.delegation
    }
}

/// Signs a receipt and enters it in the ledger. It is to be handed out next, and [`Ledger::hand_out`] to be told.
///
/// # Errors
/// [`ReceiptFault`].
pub fn sign(
    own: &DelegateKey,
    authority: &Authority,
    ledger: &Ledger,
    payment: &Payment,
    now: UnixTime,
    module: ModulePixels,
) -> Result<SignedReceipt, ReceiptFault> {
    if now >= authority.claims.exp {
        return Err(ReceiptFault::Expired { exp: authority.claims.exp });
    }
    if payment.amount.minor.value() == 0 {
        return Err(ReceiptFault::NothingPaid);
    }
    let record = payment.record(&authority.claims.iss)?;
    // With the delegation, so that a receipt under an older one is not taken for this.
    let content = Sha256::new().chain_update(record.digest.0).chain_update(authority.claims.cti.0);
    let digest = Digest(content.finalize().into());
    let money = &payment.amount;
    if let Some((_, document)) = ledger.pending(&digest)? {
        let claims = authority.open_again(&document, None)?;
        if now < claims.exp {
            let day_total = ledger.total(claims.iat.date(), &money.currency)?;
            let document = draw_and_read_back(&document, claims, module).map_err(ReceiptFault::SelfCheck)?;
            let signed = Signed::Earlier;
            return Ok(SignedReceipt { document, day_total, digest, signed });
        }
    }
    let claims = authority.claims_of(record, now)?;
    sanad_trust::judge_delegate_scope(&claims, &authority.delegation).map_err(ReceiptFault::Beyond)?;
    let document = seal(&claims, &own.key)?;
    let opened = authority.open_again(&document, Some(&claims))?;
    let finished = draw_and_read_back(&document, opened, module).map_err(ReceiptFault::SelfCheck)?;
    let entry = Entry { cti: claims.cti, digest, day: now.date(), amount: money.clone(), document };
    let day_total = ledger.enter(&entry, authority.delegation.per_day.as_ref())?;
    Ok(SignedReceipt { document: finished, day_total, digest, signed: Signed::Now })
}

impl Authority {
    fn claims_of(&self, record: Record, now: UnixTime) -> Result<Claims, ReceiptFault> {
        let mut cti = [0; 8];
        getrandom::fill(&mut cti).map_err(ReceiptFault::Randomness)?;
        let mut common = record.common;
        common.delegation = Some(self.delegation.id.clone());
        let make = || -> Result<Claims, Fault> {
            let draft = Draft {
                iss: self.claims.iss.clone(),
                exp: now.plus_seconds(UNREFERENCED_SECONDS_MAX)?,
                iat: now,
                cti: FixedBytes(cti),
                status: None,
                holder_key: None,
                common,
                right: as_of(record.right, now.date()),
            };
            draft.check()
        };
        make().map_err(payment_fault)
    }

    /// Opens a receipt as a verifier would; without the issuer's record, as far as the delegation goes.
    fn open_again(&self, document: &[u8], asked: Option<&Claims>) -> Result<Claims, ReceiptFault> {
        let malformed = |fault| ReceiptFault::SelfCheck(SelfCheck::Malformed(fault));
        let sealed = Sealed::parse(document).map_err(malformed)?;
        let claims = match &self.record {
            Some(record) => {
                sanad_trust::open_delegated(&sealed, &self.claims, record).map_err(ReceiptFault::Refused)?
            }
            None => {
                let key = VerifyingKey::new(&self.delegation.key).map_err(malformed)?;
                sealed.open_entitlement(&key).map_err(malformed)?
            }
        };
        if asked.is_some_and(|asked| *asked != claims) {
            return Err(ReceiptFault::SelfCheck(SelfCheck::Differs));
        }
        Ok(claims)
    }
}

fn seal(claims: &Claims, key: &SigningKey) -> Result<Vec<u8>, ReceiptFault> {
    match seal_entitlement(claims, key) {
        Ok(document) => Ok(document),
        Err(SealFault::Document(fault)) => Err(payment_fault(fault)),
        Err(SealFault::Signer(never)) => match never {},
    }
}

/// The books are as of the day of the receipt. It is set last, so that the content of a receipt which is finished on
/// the next day is the same.
fn as_of(right: Right, day: Date) -> Right {
    match right {
        Right::Contribution(subject, contribution) => {
            Right::Contribution(subject, Contribution { as_of: day, ..contribution })
        }
        other => other,
    }
}

impl Payment {
    /// By the way of every register: names in NFC, months as days, every fault with its field. Money for no time at all is
    /// refused.
    pub(crate) fn record(&self, iss: &IssuerId) -> Result<Record, ReceiptFault> {
        if self.quantity == 0 {
            let (field, problem) = ("quantity".to_owned(), "must be more than 0".to_owned());
            return Err(ReceiptFault::Payment { field, problem });
        }
        let text = |text: &str| Json::Text(text.to_owned().into());
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let object = |members: Vec<(&'static str, Json<'static>)>| {
            Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
        };
        let line = object(vec![
            ("from", text(&self.from)),
            ("to", text(&self.to)),
            ("quantity", number(self.quantity)),
            ("unit", text(&self.unit)),
            ("kind", text(&self.kind)),
            ("functions", Json::Array(self.functions.iter().map(|word| text(word)).collect())),
            ("payer", text(&self.payer)),
            (
                "base",
                object(vec![
                    ("minor", number(self.amount.minor.value())),
                    ("currency", text(self.amount.currency.as_str())),
                ]),
            ),
            ("quality", text("provisional")),
        ]);
        let record = object(vec![
            ("type", text("contribution")),
            ("subject", object(vec![("number", text(&self.number)), ("name", text(&self.name))])),
            ("scheme", text(&self.scheme)),
            ("lines", Json::Array(vec![line])),
            // Stands in for the day of signing.
            ("as_of", text(&self.to)),
        ]);
        register::parse_record(iss, record)
            .map_err(|FactsFault { field, problem }| ReceiptFault::Payment { field, problem })
    }
}

fn payment_fault(fault: Fault) -> ReceiptFault {
    ReceiptFault::Payment { field: fault.place(), problem: fault.what().to_string() }
}

#[cfg(test)]
mod tests {
    use sanad_credential::{Currency, DelegationId, Scope, Set};
    use sanad_keyfile::Existing;
    use sanad_keyfile::passphrase::{Passphrase, Purpose};

    use super::*;

    struct Delegate {
        own: DelegateKey,
        authority: Authority,
        ledger: Ledger,
        _dir: tempfile::TempDir,
    }

    fn delegate() -> Delegate {
        let dir = tempfile::tempdir().unwrap();
        let id = DelegationId::new("KE-COOP1").unwrap();
        let scopes = Set::new(vec![Scope::Receipt]).unwrap();
        let passphrase = Passphrase::parse("correct horse", Purpose::Create).unwrap();
        let key = dir.path().join("key.age");
        let own = DelegateKey::create(id.clone(), scopes, &key, &passphrase, Existing::Refuse).unwrap();
        let text = format!(
            r#"{{"type":"delegation","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-03-01","exp":"2029-03-01",
                "status":{{"idx":1,"uri":"https://s.example/0"}},"id":"KE-COOP1","key":"{}","scopes":["receipt"],
                "from":"2026-03-01","to":"2026-12-31","per_day":{{"minor":1000,"currency":"KES"}}}}"#,
            own.key.public_key()
        );
        let issuer = SigningKey::from_secret(&[1; 32]);
        let delegation = seal_entitlement(&Claims::from_json_text(&text).unwrap(), &issuer).unwrap();
        let authority = Authority::read(&delegation, &own, None).unwrap();
        let ledger = Ledger::create(&dir.path().join("ledger"), &id).unwrap();
        Delegate { own, authority, ledger, _dir: dir }
    }

    impl Delegate {
        fn sign(&self, minor: &str, now: &str) -> Result<SignedReceipt, ReceiptFault> {
            let payment = Payment {
                number: "M-1".to_owned(),
                name: "Test Person".to_owned(),
                scheme: "SHIF".to_owned(),
                from: "2026-03".to_owned(),
                to: "2026-03".to_owned(),
                quantity: 1,
                unit: "month".to_owned(),
                kind: "self".to_owned(),
                functions: vec!["medical_care".to_owned()],
                payer: "self".to_owned(),
                amount: Money::parse(minor, Currency::new("KES").unwrap()).unwrap(),
            };
            let now = UnixTime::parse(now).unwrap();
            sign(&self.own, &self.authority, &self.ledger, &payment, now, ModulePixels::new(4).unwrap())
        }
    }

    /// The run ends after the receipt was entered and before it was handed out.
    #[test]
    fn a_receipt_whose_run_was_killed_is_finished_and_counted_once() {
        let delegate = delegate();
        let killed = delegate.sign("10", "2026-03-02").unwrap();
        let again = delegate.sign("10", "2026-03-03").unwrap();
        assert_eq!(again.signed, Signed::Earlier);
        assert_eq!(again.document.claims, killed.document.claims, "also on the day after");
        assert_eq!(again.day_total, killed.day_total);
        delegate.ledger.hand_out(&again.digest).unwrap();
        let fault = delegate.sign("10", "2026-03-02").err().unwrap();
        assert!(matches!(fault, ReceiptFault::Ledger(LedgerFault::DayLimit { .. })), "{fault:?}");
        let another = delegate.sign("10", "2026-03-03").unwrap();
        assert_eq!(another.signed, Signed::Now, "the same payment once more is another receipt");
        assert_ne!(another.document.claims.cti, killed.document.claims.cti);
    }

    #[test]
    fn a_receipt_that_expired_before_it_was_handed_out_is_signed_anew() {
        let delegate = delegate();
        let killed = delegate.sign("10", "2026-03-02").unwrap();
        let late = delegate.sign("10", "2026-04-02").unwrap();
        assert_eq!(late.signed, Signed::Now);
        assert_ne!(late.document.claims.cti, killed.document.claims.cti);
    }
}
