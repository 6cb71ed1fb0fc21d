//! Issuers whose keys are pinned: the records of a pack, as controllers in the open standards.
//!
//! What a record says of a key holds here too: what it may sign, from which day to which, and that a compromised key
//! counts for nothing. An issuer is known by its DID, and for SD-JWT VC by the https address that belongs to a did:web.

use sanad_credential::{Claims, Date, IssuerId, RightType};
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
    Some(document(record, did).0)
}

fn document(record: &IssuerRecord, address: &str) -> (DidDocument, Vec<Pin>) {
    let keys = record.members().keys.iter().filter(|key| key.state != KeyState::Compromised);
    let (mut methods, mut pins) = (Vec::new(), Vec::new());
    for key in keys {
        let id = format!("{address}#{}", key_fragment(&key.x));
        methods.push(VerificationMethod {
            id: id.clone(),
            controller: address.to_owned(),
            key: PublicKey::Ed25519(key.x),
        });
        pins.push(Pin { method: id, key_use: key.key_use, from: key.from, to: key.to });
    }
    (DidDocument::of_methods(address, methods), pins)
}

impl Controllers {
    /// Believes the keys of a record, under the issuer's DID and, for a did:web, its https address.
    ///
    /// # Errors
    /// [`Problem::MalformedValue`] when the record names no DID.
    pub fn pin(&mut self, record: &IssuerRecord) -> Result<(), Fault> {
        let did = record.members().did.as_deref().ok_or_else(|| Fault::missing().within("did"))?;
        let https = if did.starts_with("did:web:") { Some(https_issuer(did)?) } else { None };
        for address in std::iter::once(did).chain(https.as_deref()) {
            let (document, pins) = document(record, address);
            self.add(document);
            self.speakers.retain(|known| known.address != address);
            self.speakers.push(Speaker { address: address.to_owned(), iss: record.iss().clone(), pins });
        }
        Ok(())
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
        let fits = |pin: &&Pin| pin.key_use == wanted && pin.from <= day && pin.to.is_none_or(|to| day <= to);
        let signed = speaker.pins.iter().filter(fits).any(|pin| methods.contains(&pin.method.as_str()));
        if signed {
            Ok(())
        } else {
            Err(Fault::wanted("a key that may sign this, on that day").with_problem(Problem::Cryptographic))
        }
    }
}
