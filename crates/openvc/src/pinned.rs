//! Issuers whose keys are pinned: the records of a pack, as controllers in the open standards.
//!
//! What a record says of a key holds here too: what it may sign, from which day to which, and that a compromised key
//! counts for nothing; where the coverage decision judges it, which has an answer of its own for that, it verifies. Whether
//! an issuer or a key is known at all is asked of what a document states ([`Stated`]): to whom it is unknown, that one cannot
//! say that the signature is wrong. An issuer is known by its DID, and for SD-JWT VC by the https address that belongs to a did:web.

use sanad_credential::{Claims, Date, IssuerId, RightType, Unverified};
use sanad_trust::{IssuerRecord, KeyState, KeyUse};

use crate::did::{Controllers, DidDocument, VerificationMethod};
use crate::fault::{Fault, Problem};
use crate::keys::PublicKey;

/// What a pinned key may sign, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// `DID#fragment`.
    pub(crate) method: String,
    pub(crate) key_use: KeyUse,
    pub(crate) from: Date,
    pub(crate) to: Option<Date>,
    pub(crate) state: KeyState,
}

impl Pin {
    /// When a key signed that others have, nobody knows.
    fn counts_on(&self, day: Date) -> bool {
        let in_time = self.from <= day && self.to.is_none_or(|to| day <= to);
        in_time || self.state == KeyState::Compromised
    }
}

/// What a document states and who it says signed it. Nobody verified that.
#[derive(Debug)]
pub struct Stated {
    /// What it says.
    pub claims: Unverified<Claims>,
    /// The DID or address of its issuer.
    pub issuer: String,
    /// The key that it names, as `issuer#fragment`.
    pub method: Option<String>,
}

/// What becomes of keys that others may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompromisedKeys {
    /// They verify nothing.
    Refuse,
    /// They verify, and the coverage decision judges what that is worth.
    LeaveToDecision,
}

/// An issuer under one of its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    address: String,
    iss: IssuerId,
    pins: Vec<Pin>,
}

/// The https address under which an issuer with a did:web signs SD-JWT VCs, and under which
/// `/.well-known/jwt-vc-issuer` is found.
///
/// # Errors
/// [`Problem::MalformedValue`] for another DID.
pub fn https_issuer(did: &str) -> Result<String, Fault> {
    let address = crate::did::did_web_address(did)?;
    let address = address.strip_suffix("/did.json").unwrap_or(&address);
    Ok(address.strip_suffix("/.well-known").unwrap_or(address).to_owned())
}

/// The fragment by which proofs and JWTs name a key of an issuer: its key id.
pub fn key_fragment(key: &sanad_credential::PublicKey) -> String {
    key.id().to_string()
}

/// The DID document of an issuer, made from its record: the keys in use, with those of its status lists among those
/// that sign credentials, since a list is a credential.
pub fn did_document(record: &IssuerRecord) -> Option<DidDocument> {
    let did = record.members().did.as_deref()?;
    Some(document(record, did, CompromisedKeys::Refuse).0)
}

fn document(record: &IssuerRecord, address: &str, compromised: CompromisedKeys) -> (DidDocument, Vec<Pin>) {
    let keys =
        record.members().keys.iter().filter(|key| {
            key.state != KeyState::Compromised || compromised == CompromisedKeys::LeaveToDecision
        });
    let (mut methods, mut pins) = (Vec::new(), Vec::new());
    for key in keys {
        let id = format!("{address}#{}", key_fragment(&key.x));
        methods.push(VerificationMethod {
            id: id.clone(),
            controller: address.to_owned(),
            key: PublicKey::Ed25519(key.x),
        });
        pins.push(Pin { method: id, key_use: key.key_use, from: key.from, to: key.to, state: key.state });
    }
    (DidDocument::of_methods(address, methods), pins)
}

impl Controllers {
    /// Believes the keys of a record, under the issuer's DID and, for a did:web, its https address.
    ///
    /// # Errors
    /// [`Problem::MalformedValue`] when the record names no DID.
    pub fn pin(&mut self, record: &IssuerRecord) -> Result<(), Fault> {
        self.pin_with(record, CompromisedKeys::Refuse)
    }

    /// As [`Controllers::pin`], and what becomes of keys that others may have.
    ///
    /// # Errors
    /// As [`Controllers::pin`].
    pub fn pin_with(&mut self, record: &IssuerRecord, compromised: CompromisedKeys) -> Result<(), Fault> {
        let did = record.members().did.as_deref().ok_or_else(|| Fault::missing().within("did"))?;
        let https = if did.starts_with("did:web:") { Some(https_issuer(did)?) } else { None };
        for address in std::iter::once(did).chain(https.as_deref()) {
            let (document, pins) = document(record, address, compromised);
            self.add(document);
            self.speakers.retain(|known| known.address != address);
            self.speakers.push(Speaker { address: address.to_owned(), iss: record.iss().clone(), pins });
        }
        Ok(())
    }

    /// Whether the issuer that a document names is one of these, with the key that it names, on its day: then its
    /// signature can be judged. A key of status lists is none for documents, as on paper.
    pub fn can_judge(&self, stated: &Stated) -> bool {
        let claims = stated.claims.look();
        let Some(speaker) = self.speakers.iter().find(|speaker| speaker.address == stated.issuer) else {
            return false;
        };
        // Who is known and signs for another is no stranger.
        if speaker.iss != claims.iss {
            return true;
        }
        let Some(method) = &stated.method else { return true };
        let known = speaker.pins.iter().find(|pin| pin.method == *method);
        known.is_some_and(|pin| pin.key_use != KeyUse::Status && pin.counts_on(claims.iat.date()))
    }

    /// Whether a controller is the issuer that claims name, and whether one of the keys that signed may sign them, on
    /// their day.
    pub(crate) fn speaks_for(&self, address: &str, claims: &Claims, methods: &[&str]) -> Result<(), Fault> {
        let speaker = self.speakers.iter().find(|speaker| speaker.address == address);
        let speaker = speaker.ok_or_else(|| Fault::unknown(Problem::Cryptographic, "issuer", address))?;
        if speaker.iss != claims.iss {
            return Err(Fault::differs(
                Problem::Cryptographic,
                "the issuer of the claims and the one who signed",
            ));
        }
        let wanted = match claims.right.right_type() {
            RightType::Delegation => KeyUse::Delegation,
            _ => KeyUse::Credential,
        };
        let day = claims.iat.date();
        let fits = |pin: &&Pin| pin.key_use == wanted && pin.counts_on(day);
        let signed = speaker.pins.iter().filter(fits).any(|pin| methods.contains(&pin.method.as_str()));
        if signed {
            Ok(())
        } else {
            Err(Fault::wanted("a key that may sign this, on that day").with_problem(Problem::Cryptographic))
        }
    }
}
