//! Issuing and verifying W3C credentials and presentations.
//!
//! Order of checks: form of the document, proofs, who signed, time. A credential that passed is a
//! [`VerifiedCredential`]; its status is asked with the lists that the caller fetched, and its entitlement comes back
//! as claims when the DID that signed belongs to the issuer that the claims name.

use sanad_credential::{Claims, Sign, UnixTime, Unverified};
use serde_json::{Map, Value};

use crate::bitstring::{StatusEntry, StatusList, StatusPurpose, is_entry};
use crate::contexts::DATA_INTEGRITY_V2;
use crate::credential::{self, Version, base_context, issuer, typed, url, validate_credential};
use crate::did::{Controllers, Purpose};
use crate::document::{member, object, one_or_many};
use crate::enveloped::{self, EnvelopedCredential};
use crate::fault::{Fault, Problem, What};
use crate::jsonld::dataset;
use crate::mapping::from_credential;
use crate::pinned::Stated;
use crate::profile::Profile;
use crate::proof::{Expected, ProofOptions, Suite, VerifiedProof, add_proof, has_proof, verify_proofs};
use crate::time::Stamp;

/// Credentials of one presentation.
const CREDENTIALS_MAX: usize = 16;

/// Signs a credential, after holding it against the data model. What comes back is the input with a proof; a VCDM 1.1
/// credential gets the context of the proof's terms too.
///
/// # Errors
/// The first fault at its place.
pub fn issue<S: Sign>(
    credential: &Map<String, Value>,
    options: &ProofOptions<'_>,
    profile: Profile,
    signer: &S,
) -> Result<Map<String, Value>, Fault> {
    let version = validate_credential(credential, profile)?;
    let mut credential = credential.clone();
    if version == Version::V1 {
        add_proof_terms(&mut credential);
    }
    if options.suite == Suite::Jcs {
        nothing_is_dropped(&credential, profile)?;
    }
    add_proof(&credential, options, profile, signer)
}

/// Signs a presentation of credentials.
///
/// # Errors
/// The first fault at its place.
pub fn present<S: Sign>(
    presentation: &Map<String, Value>,
    options: &ProofOptions<'_>,
    profile: Profile,
    signer: &S,
) -> Result<Map<String, Value>, Fault> {
    validate_presentation(presentation, profile)?;
    if options.suite == Suite::Jcs {
        dataset(presentation, profile)?;
    }
    add_proof(presentation, options, profile, signer)
}

fn add_proof_terms(credential: &mut Map<String, Value>) {
    if let Some(Value::Array(contexts)) = credential.get_mut("@context") {
        let term = Value::String(DATA_INTEGRITY_V2.to_owned());
        if !contexts.contains(&term) {
            contexts.push(term);
        }
    }
}

/// JSON-LD drops nothing of the document. A credential that the mapping table reads in full has no member that our
/// context lacks (a test holds the one against the other), so that it need not be expanded to know this.
fn nothing_is_dropped(document: &Map<String, Value>, profile: Profile) -> Result<(), Fault> {
    if from_credential(document).is_ok() {
        return Ok(());
    }
    let mut document = document.clone();
    // The members of a proof are checked one by one; JSON-LD sees them where it signs them.
    document.remove("proof");
    dataset(&document, profile).map(|_| ())
}

/// Whether times are checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// A credential that has expired or does not hold yet is refused.
    Refuse,
    /// They are left to the coverage decision, which has answers of its own for both.
    LeaveToDecision,
    /// As before, and this machine does not know the time: when a proof or a key binding was made is not judged either.
    /// What makes an answer fresh is then the verifier's own nonce alone.
    NoClock,
}

/// How a credential is verified.
#[derive(Clone, Copy, Debug)]
pub struct Verifying<'v> {
    /// Whose keys are believed, and the profile.
    pub controllers: &'v Controllers,
    /// The time.
    pub now: UnixTime,
    /// Who looks at the times.
    pub times: Times,
}

impl Times {
    /// The time by which proofs are judged.
    pub(crate) fn clock(self, now: UnixTime) -> Option<UnixTime> {
        match self {
            Times::Refuse | Times::LeaveToDecision => Some(now),
            Times::NoClock => None,
        }
    }
}

/// A credential whose proofs verified and one of which is its issuer's.
#[derive(Clone, Debug)]
pub struct VerifiedCredential {
    document: Map<String, Value>,
    issuer: String,
    proofs: Vec<VerifiedProof>,
    statuses: Vec<StatusEntry>,
}

/// Verifies a credential with embedded proofs.
///
/// # Errors
/// The first fault at its place.
pub fn verify_credential(
    credential: &Map<String, Value>,
    verifying: &Verifying<'_>,
) -> Result<VerifiedCredential, Fault> {
    has_proof(credential)?;
    let profile = verifying.controllers.profile();
    let version = validate_credential(credential, profile)?;
    let expected = Expected {
        purpose: Purpose::AssertionMethod,
        challenge: None,
        domain: None,
        now: verifying.times.clock(verifying.now),
    };
    let secured = verify_proofs(credential, &expected, verifying.controllers)?;
    let document = secured.document;
    let issuer = issuer(&document)?.to_owned();
    if !secured.proofs.iter().any(|proof| proof.controller == issuer) {
        return Err(Fault::differs(Problem::Cryptographic, "the issuer and the controller of the key")
            .within("issuer"));
    }
    if verifying.times == Times::Refuse {
        in_time(&document, version, verifying.now)?;
    }
    if secured.proofs.iter().all(|proof| proof.suite == Some(Suite::Jcs)) {
        nothing_is_dropped(&document, profile)?;
    }
    VerifiedCredential::new(document, issuer, secured.proofs)
}

pub(crate) fn in_time(document: &Map<String, Value>, version: Version, now: UnixTime) -> Result<(), Fault> {
    let (from, until) = credential::times(document, version)?;
    match (from, until) {
        (Some((from, text)), _) if from > Stamp::of(now) => {
            Err(Fault::time("the credential does not hold yet", text, now).within("validFrom"))
        }
        (_, Some((until, text))) if until < Stamp::of(now) => {
            Err(Fault::time("the credential has expired", text, now).within("validUntil"))
        }
        _ => Ok(()),
    }
}

impl VerifiedCredential {
    pub(crate) fn new(
        document: Map<String, Value>,
        issuer: String,
        proofs: Vec<VerifiedProof>,
    ) -> Result<Self, Fault> {
        let mut statuses = Vec::new();
        for entry in document.get("credentialStatus").map(one_or_many).unwrap_or_default() {
            if is_entry(entry) {
                statuses.push(StatusEntry::read(entry).map_err(|fault| fault.within("credentialStatus"))?);
            }
        }
        Ok(Self { document, issuer, proofs, statuses })
    }

    /// What was signed, without its proofs.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// The issuer's DID.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Which keys signed.
    pub fn proofs(&self) -> &[VerifiedProof] {
        &self.proofs
    }

    /// The lists to ask, of the kind that is known here.
    pub fn statuses(&self) -> &[StatusEntry] {
        &self.statuses
    }

    /// The DIDs that the subjects have.
    pub fn subjects(&self) -> Vec<&str> {
        let subjects = self.document.get("credentialSubject").map(one_or_many).unwrap_or_default();
        subjects.iter().filter_map(|subject| subject.get("id").and_then(Value::as_str)).collect()
    }

    /// The claims of an entitlement, on which the coverage decision works.
    ///
    /// # Errors
    /// [`Problem::Cryptographic`] when the DID that signed is not pinned for the issuer that the claims name; the fault
    /// of the claims at its place.
    pub fn entitlement(&self, controllers: &Controllers) -> Result<Claims, Fault> {
        let claims = from_credential(&self.document)?;
        let methods: Vec<&str> = self.proofs.iter().map(|proof| proof.verification_method.as_str()).collect();
        controllers.speaks_for(&self.issuer, &claims, &methods).map_err(|fault| fault.within("issuer"))?;
        Ok(claims)
    }

    /// Asks every list that the credential names. `list` hands out the bytes of the list credential at an address, as
    /// the caller fetched them or took them from a pack.
    ///
    /// # Errors
    /// [`What::Status`] when a bit is set; [`Problem::StatusRetrieval`] for a list that is not there;
    /// [`Problem::StatusVerification`] for one that does not hold or has another issuer.
    pub fn check_status<'l>(
        &self,
        verifying: &Verifying<'_>,
        list: &dyn Fn(&str) -> Option<&'l [u8]>,
    ) -> Result<(), Fault> {
        for entry in &self.statuses {
            self.check_entry(entry, verifying, list).map_err(|fault| fault.within("credentialStatus"))?;
        }
        Ok(())
    }

    fn check_entry<'l>(
        &self,
        entry: &StatusEntry,
        verifying: &Verifying<'_>,
        list: &dyn Fn(&str) -> Option<&'l [u8]>,
    ) -> Result<(), Fault> {
        let bytes = list(&entry.list)
            .ok_or_else(|| Fault::unknown(Problem::StatusRetrieval, "status list", &entry.list))?;
        let list = self.open_list(bytes, entry, verifying)?;
        match (list.is_set(entry)?, entry.purpose) {
            (false, _) => Ok(()),
            (true, StatusPurpose::Revocation) => {
                Err(Fault::new(Problem::StatusVerification, What::Status { status: "revoked" }))
            }
            (true, StatusPurpose::Suspension) => {
                Err(Fault::new(Problem::StatusVerification, What::Status { status: "suspended" }))
            }
        }
    }

    /// Opens a list: signed by the issuer of this credential, at the address that the entry names, in time.
    fn open_list(
        &self,
        bytes: &[u8],
        entry: &StatusEntry,
        verifying: &Verifying<'_>,
    ) -> Result<StatusList, Fault> {
        let of_list = |fault: Fault| fault.with_problem(Problem::StatusVerification).within("list");
        let document = crate::document::parse_object(bytes, crate::document::STATUS_LIST).map_err(of_list)?;
        let verifying = Verifying { times: Times::Refuse, ..*verifying };
        let verified = verify_credential(&document, &verifying).map_err(of_list)?;
        if verified.issuer != self.issuer {
            return Err(of_list(Fault::differs(
                Problem::StatusVerification,
                "the issuers of credential and list",
            )));
        }
        match verified.document.get("id").and_then(Value::as_str) {
            Some(id) if id == entry.list => {}
            // The id may be left out; another one is another list.
            None => {}
            Some(_) => {
                return Err(of_list(Fault::differs(
                    Problem::StatusVerification,
                    "the list's id and address",
                )));
            }
        }
        StatusList::read(&verified.document)
    }
}

/// How a presentation is verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifyingPresentation<'v> {
    /// How its credentials are verified.
    pub credentials: Verifying<'v>,
    /// The challenge that the holder was given.
    pub challenge: Option<&'v str>,
    /// For whom it was signed.
    pub domain: Option<&'v str>,
}

/// A presentation whose proof and whose credentials verified.
#[derive(Clone, Debug)]
pub struct VerifiedPresentation {
    /// Who signed it: the DID of the holder's key.
    pub holder: String,
    /// Its credentials.
    pub credentials: Vec<VerifiedCredential>,
}

impl VerifiedPresentation {
    /// Whether a credential was issued to who presents it.
    pub fn is_held(&self, credential: &VerifiedCredential) -> bool {
        credential.subjects().contains(&self.holder.as_str())
    }
}

fn validate_presentation(presentation: &Map<String, Value>, profile: Profile) -> Result<(), Fault> {
    base_context(presentation, profile)?;
    typed(presentation, "VerifiablePresentation")?;
    credential::optional_url(presentation, "id")?;
    match presentation.get("holder") {
        None => Ok(()),
        Some(Value::Object(holder)) => {
            let id =
                member(holder, "id").and_then(|id| url(id).map(|_| ()).map_err(|fault| fault.within("id")));
            id.map_err(|fault| fault.within("holder"))
        }
        Some(holder) => url(holder).map(|_| ()).map_err(|fault| fault.within("holder")),
    }
}

/// Verifies a presentation with an embedded proof, and every credential in it.
///
/// # Errors
/// The first fault at its place.
pub fn verify_presentation(
    presentation: &Map<String, Value>,
    verifying: &VerifyingPresentation<'_>,
) -> Result<VerifiedPresentation, Fault> {
    let controllers = verifying.credentials.controllers;
    if enveloped::is_enveloped_presentation(presentation) {
        return enveloped::verify_presentation(presentation, verifying);
    }
    has_proof(presentation)?;
    validate_presentation(presentation, controllers.profile())?;
    let expected = Expected {
        purpose: Purpose::Authentication,
        challenge: verifying.challenge,
        domain: verifying.domain,
        now: verifying.credentials.times.clock(verifying.credentials.now),
    };
    let secured = verify_proofs(presentation, &expected, controllers)?;
    if secured.proofs.iter().any(|proof| proof.suite == Some(Suite::Jcs)) {
        dataset(&secured.document, controllers.profile())?;
    }
    let [proof] = secured.proofs.as_slice() else {
        return Err(Fault::wanted("one proof, by the holder").within("proof"));
    };
    let holder = proof.controller.clone();
    let named = secured.document.get("holder").map(|named| named.get("id").unwrap_or(named));
    if controllers.profile() == Profile::Production
        && named.is_some_and(|named| named.as_str() != Some(&holder))
    {
        return Err(Fault::differs(Problem::Cryptographic, "the holder and the controller of the key")
            .within("holder"));
    }
    let credentials = presented(&secured.document, verifying)?;
    Ok(VerifiedPresentation { holder, credentials })
}

/// The credentials of a presentation, verified.
pub(crate) fn presented(
    presentation: &Map<String, Value>,
    verifying: &VerifyingPresentation<'_>,
) -> Result<Vec<VerifiedCredential>, Fault> {
    let credentials = presentation.get("verifiableCredential").map(one_or_many).unwrap_or_default();
    let within = |fault: Fault| fault.within("verifiableCredential");
    if credentials.len() > CREDENTIALS_MAX {
        let what = What::TooMany { unit: "credentials", found: credentials.len(), max: CREDENTIALS_MAX };
        return Err(within(Fault::new(Problem::MalformedValue, what)));
    }
    let verify = |(entry, value): (usize, &Value)| {
        verify_any(value, &verifying.credentials).map_err(|fault| within(fault.at_entry(entry)))
    };
    credentials.iter().enumerate().map(verify).collect()
}

/// What a W3C credential of an entitlement says of itself, before anybody verified it; in an envelope or with its proofs.
///
/// # Errors
/// The first fault of its form, at its place.
pub fn stated_credential(value: &Value) -> Result<Stated, Fault> {
    let credential = object(value)?;
    if let Some(enveloped) = EnvelopedCredential::read(credential)? {
        return enveloped.stated();
    }
    let mut unsecured = credential.clone();
    let proofs = unsecured.remove("proof").ok_or_else(|| Fault::missing().within("proof"))?;
    let issuer = issuer(&unsecured)?.to_owned();
    // The issuer's own, where others signed too.
    let methods = one_or_many(&proofs).iter().filter_map(|proof| proof.get("verificationMethod")?.as_str());
    let is_own = |method: &&str| method.split('#').next() == Some(issuer.as_str());
    let method = methods.clone().find(is_own).map(str::to_owned);
    Ok(Stated { claims: Unverified::new(from_credential(&unsecured)?), issuer, method })
}

/// A credential with embedded proofs, or an enveloped one.
///
/// # Errors
/// The first fault at its place.
pub fn verify_any(value: &Value, verifying: &Verifying<'_>) -> Result<VerifiedCredential, Fault> {
    let credential = object(value)?;
    match EnvelopedCredential::read(credential)? {
        Some(enveloped) => enveloped.verify(verifying),
        None => verify_credential(credential, verifying),
    }
}
