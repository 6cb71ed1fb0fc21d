//! The issuer's documents in the forms of the open standards: a W3C credential, an SD-JWT VC, Bitstring Status Lists.
//!
//! A form says what the document of the store says, bears its status index, and is signed with the key that signs
//! documents of its day. It is made when it is asked for; nothing of it is kept. Each is verified with the issuer's own
//! record, and read back as the claims that it was made from, before it is handed out.
//!
//! Refuses an issuer whose record names no did:web: its keys could not be found under any other name, since they change
//! while the issuer stays the same.

use sanad_credential::{Claims, RightType, StatusListToken, UnixTime};
use sanad_openvc::{
    CONTEXT, Controllers, Fault, KeyBinding, ListCredential, Profile, ProofOptions, Purpose, SCHEMA,
    STATUS_PURPOSES, StatusPurpose, Suite, Times, Verifying, VerifyingSdJwt, What, add_proof, did_document,
    https_issuer, issue_sd_jwt, jwt_vc_issuer, list_credential, project, to_credential, to_sd_jwt,
    type_metadata, verify_credential, verify_sd_jwt,
};
use sanad_trust::{IssuerRecord, KeyUse};
use serde_json::{Map, Value};

use crate::issue::Issuer;
use crate::keys::{SignFault, Signer};
use sanad_credential::Sign as _;

/// Under which names an issuer is found in the open standards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its did:web: the issuer of W3C credentials.
    pub did: String,
    /// The https address that belongs to it: the issuer of SD-JWT VCs.
    pub https: String,
}

impl Identity {
    /// The names in a record; none where it has no DID.
    ///
    /// # Errors
    /// The DID is no did:web with a plain address.
    pub fn of(record: &IssuerRecord) -> Result<Option<Self>, Fault> {
        let Some(did) = record.members().did.as_deref() else { return Ok(None) };
        let https = https_issuer(did).map_err(|fault| fault.within("did"))?;
        Ok(Some(Self { did: did.to_owned(), https }))
    }
}

/// What is published under the names of the open standards, as files: the vocabulary for every issuer, keys and types for
/// one with a did:web.
///
/// # Errors
/// The DID is no did:web.
pub fn published_names(record: &IssuerRecord) -> Result<Vec<(String, String)>, Fault> {
    let mut files = vec![
        ("context-v1.jsonld".to_owned(), CONTEXT.to_owned()),
        ("schema-v1.json".to_owned(), SCHEMA.to_owned()),
    ];
    if Identity::of(record)?.is_none() {
        return Ok(files);
    }
    let text = |json: &Value| format!("{json:#}\n");
    if let Some(document) = did_document(record) {
        files.push(("did.json".to_owned(), text(&document.to_json())));
    }
    files.push(("jwt-vc-issuer.json".to_owned(), text(&jwt_vc_issuer(record)?)));
    for right in record.members().types.iter() {
        files.push((format!("vct-{}-v1.json", right.word()), text(&type_metadata(*right))));
    }
    Ok(files)
}

/// Why a document is not there in another form.
#[derive(Debug, thiserror::Error)]
pub enum FormFault {
    /// The issuer has no name in the open standards.
    #[error("issuer.toml names no did:web, under which the open standards could find the issuer's keys")]
    NoDid,
    /// No key signs documents of that day any more.
    #[error(transparent)]
    Sign(#[from] SignFault),
    /// The form cannot be made, or does not hold.
    #[error("{0}")]
    Form(#[from] Fault),
    /// The form says something else than the document. It was not released.
    #[error("self-check failed: the form says something else than the document")]
    Differs,
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl Issuer {
    /// Its names in the open standards.
    ///
    /// # Errors
    /// [`FormFault::NoDid`].
    pub fn identity(&self) -> Result<Identity, FormFault> {
        Identity::of(&self.config.record)?.ok_or(FormFault::NoDid)
    }

    /// Whose signatures count for the issuer: its own record.
    fn own_controllers(&self) -> Result<Controllers, FormFault> {
        let mut controllers = Controllers::new(Profile::Production);
        controllers.pin(&self.config.record)?;
        Ok(controllers)
    }

    fn form_signer(&self, claims: &Claims) -> Result<&Signer, FormFault> {
        let key_use = match claims.right.right_type() {
            RightType::Delegation => KeyUse::Delegation,
            _ => KeyUse::Credential,
        };
        Ok(self.signer(key_use, claims.iat.date())?)
    }

    /// A document as W3C credential.
    ///
    /// # Errors
    /// [`FormFault`].
    pub fn as_credential(
        &self,
        claims: &Claims,
        suite: Suite,
        now: UnixTime,
    ) -> Result<Map<String, Value>, FormFault> {
        let (identity, key) = (self.identity()?, self.form_signer(claims)?);
        let method = method_of(&identity.did, key);
        let options = proof(suite, &method, now);
        let credential = to_credential(claims, &identity.did);
        let signed = sanad_openvc::issue(&credential, &options, Profile::Production, key)?;
        let controllers = self.own_controllers()?;
        let verifying = Verifying { controllers: &controllers, now, times: Times::LeaveToDecision };
        let opened = verify_credential(&signed, &verifying)?.entitlement(&controllers)?;
        if opened == *claims { Ok(signed) } else { Err(FormFault::Differs) }
    }

    /// A document as SD-JWT VC, with every claim about the person disclosable by itself.
    ///
    /// # Errors
    /// [`FormFault`].
    pub fn as_sd_jwt(&self, claims: &Claims, now: UnixTime) -> Result<String, FormFault> {
        let (identity, key) = (self.identity()?, self.form_signer(claims)?);
        let parts = to_sd_jwt(claims, &identity.https);
        // Drawn before they are asked for: whoever asks cannot be told that there are none.
        let mut salts = vec![[0; 16]; parts.disclosable.len()];
        for salt in &mut salts {
            getrandom::fill(salt).map_err(FormFault::Randomness)?;
        }
        let (wanted, mut salts, mut given) = (salts.len(), salts.into_iter(), 0_usize);
        let mut next = || {
            given = given.saturating_add(1);
            salts.next().unwrap_or_default()
        };
        let text = issue_sd_jwt(&parts, &key.key_id().to_string(), &mut next, key)?;
        if given != wanted {
            return Err(FormFault::Differs);
        }
        let controllers = self.own_controllers()?;
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now,
            times: Times::LeaveToDecision,
            key_binding: KeyBinding::None,
        };
        let opened = verify_sd_jwt(&text, &verifying)?.entitlement(&controllers)?;
        if opened == *claims { Ok(text) } else { Err(FormFault::Differs) }
    }

    /// The Bitstring lists that say what a status list says, each with the suffix of its address; none where the issuer
    /// has no did:web. They hold from `valid_from`, which no verifier's clock is behind.
    ///
    /// # Errors
    /// [`FormFault`].
    pub(crate) fn bitstring_lists(
        &self,
        token: &StatusListToken,
        valid_from: UnixTime,
        key: &Signer,
    ) -> Result<Vec<(&'static str, String)>, FormFault> {
        let Some(identity) = Identity::of(&self.config.record)? else { return Ok(Vec::new()) };
        let method = method_of(&identity.did, key);
        let controllers = self.own_controllers()?;
        let mut lists = Vec::with_capacity(STATUS_PURPOSES.len());
        for (word, suffix) in STATUS_PURPOSES {
            let purposes = [StatusPurpose::Revocation, StatusPurpose::Suspension];
            let Some(purpose) = purposes.into_iter().find(|purpose| purpose.word() == word) else { continue };
            let head = ListCredential {
                address: &format!("{}{suffix}", token.sub),
                issuer: &identity.did,
                purpose,
                valid_from,
                valid_until: token.exp,
                ttl_seconds: token.ttl.value(),
            };
            let list = list_credential(head, &project(token.list.as_bytes(), purpose));
            let options = proof(Suite::Rdfc, &method, valid_from);
            let signed = add_proof(&list, &options, Profile::Production, key)?;
            let verifying =
                Verifying { controllers: &controllers, now: valid_from, times: Times::LeaveToDecision };
            verify_credential(&signed, &verifying)?;
            lists.push((suffix, Value::Object(signed).to_string()));
        }
        Ok(lists)
    }
}

/// Whether a fault is the signer's: a module that is away comes back, and nothing else does.
pub(crate) fn is_of_the_signer(fault: &FormFault) -> bool {
    matches!(fault, FormFault::Sign(_))
        || matches!(fault, FormFault::Form(fault) if *fault.what() == What::Signer)
}

fn method_of(did: &str, key: &Signer) -> String {
    format!("{did}#{}", key.key_id())
}

/// The options of every proof of an issuer.
fn proof(suite: Suite, method: &str, created: UnixTime) -> ProofOptions<'_> {
    ProofOptions {
        suite,
        verification_method: method,
        purpose: Purpose::AssertionMethod,
        created: Some(created),
        challenge: None,
        domain: None,
        id: None,
        previous: &[],
    }
}
