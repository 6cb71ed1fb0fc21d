//! Signing what was answered.
//!
//! Order: the question must have been asked for the facility of the key, then the receipt follows the last one of the key,
//! is sealed, opened again with the key, and is in the log before it is returned. What is missing for a payer to believe
//! it (a delegation that allows it) is told and stops nobody: care goes on, and the delegation can be fetched later.

use std::convert::Infallible;
use std::fmt;

use sanad_credential::{
    CredentialId, DelegationId, Fault, FixedBytes, KeyId, Receipt, SealFault, Sealed, Sign as _, UnixTime,
    VerifyingKey, seal_receipt,
};
use sanad_keyfile::DelegateKey;
use sanad_verifier::{Answer, Context, Documents, Question, Signing, receipt};

use super::delegations::{Opened, Unproved, open_receipt};
use super::log::{Log, LogFault};

/// What was asked and answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The question.
    pub context: &'a Context,
    /// The documents that were shown, with the pack.
    pub documents: &'a Documents<'a>,
    /// The question as it was decided.
    pub question: &'a Question<'a>,
    /// The answer.
    pub answer: &'a Answer<'a>,
}

/// A receipt that is in the log.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The COSE_Sign1.
    pub document: Vec<u8>,
    /// What it says.
    pub receipt: Receipt,
    /// What the staff should know of it.
    pub notice: Option<Notice>,
}

/// Why a payer may not believe a receipt yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// No delegation for the device's key is at hand.
    NoDelegation {
        /// The facility.
        facility: DelegationId,
        /// The key.
        kid: KeyId,
    },
    /// The one at hand does not allow this receipt.
    NotAllowed(Unproved),
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum SignFault {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The question was asked for another facility.
    #[error("this device's key is of {key}, the question was asked for {}; give --facility {key}", or_nobody(asked.as_ref()))]
    OtherFacility {
        /// Of the key.
        key: DelegationId,
        /// Of the question.
        asked: Option<DelegationId>,
    },
    /// What was answered makes no receipt.
    #[error("{0}")]
    Content(Fault),
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

fn or_nobody(id: Option<&DelegationId>) -> String {
    id.map_or_else(|| "no facility".to_owned(), DelegationId::to_string)
}

/// Signs a receipt and keeps it; on return it is on the disk.
///
/// # Errors
/// [`SignFault`]; then there is no receipt, and nothing of it is in the log.
pub fn sign(
    log: &mut Log,
    key: &DelegateKey,
    answered: &Answered<'_>,
    iat: UnixTime,
    delegations: &[Opened],
) -> Result<Signed, SignFault> {
    seal(log, key, answered, iat, delegations, None)
}

/// As [`sign`], for a receipt that settles an earlier one.
///
/// # Errors
/// As [`sign`].
pub fn sign_resolution(
    log: &mut Log,
    key: &DelegateKey,
    answered: &Answered<'_>,
    iat: UnixTime,
    delegations: &[Opened],
    of: CredentialId,
) -> Result<Signed, SignFault> {
    seal(log, key, answered, iat, delegations, Some(of))
}

fn seal(
    log: &mut Log,
    key: &DelegateKey,
    answered: &Answered<'_>,
    iat: UnixTime,
    delegations: &[Opened],
    of: Option<CredentialId>,
) -> Result<Signed, SignFault> {
    let Answered { context, documents, question, answer } = *answered;
    if context.facility.id.as_ref() != Some(&key.id) {
        let (key, asked) = (key.id.clone(), context.facility.id.clone());
        return Err(SignFault::OtherFacility { key, asked });
    }
    let mut cti = [0; 8];
    getrandom::fill(&mut cti).map_err(SignFault::Randomness)?;
    let previous = log.last(key.key.key_id())?;
    let signing = Signing { facility: key.id.clone(), iat, cti: FixedBytes(cti), previous };
    let made = receipt(context, documents, question, answer, signing).map_err(SignFault::Content)?;
    let document = seal_receipt(&made, &key.key).map_err(|fault: SealFault<Infallible>| match fault {
        SealFault::Document(fault) => SignFault::Content(fault),
        SealFault::Signer(never) => match never {},
    })?;
    let sealed = Sealed::parse(&document).map_err(SignFault::Content)?;
    let point = VerifyingKey::new(&key.key.public_key()).map_err(SignFault::Content)?;
    let opened = sealed.open_receipt(&point).map_err(SignFault::Content)?;
    match of {
        None => log.append(&document)?,
        Some(of) => log.append_resolution(&document, of)?,
    }
    let notice = match open_receipt(&sealed, delegations) {
        Ok(_) => None,
        Err(Unproved::NoDelegation { kid }) => Some(Notice::NoDelegation { facility: key.id.clone(), kid }),
        Err(unproved) => Some(Notice::NotAllowed(unproved)),
    };
    Ok(Signed { document, receipt: opened, notice })
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::NoDelegation { facility, kid } => write!(
                f,
                "no delegation of {facility} for the key {kid} is at hand, so no payer can check this receipt yet; ask \
                 an issuer of the country for it (`key show` prints the request) and keep the answer with `sanad-verify \
                 key accept FILE`"
            ),
            Notice::NotAllowed(unproved) => write!(f, "no payer will accept this receipt: {unproved}"),
        }
    }
}
