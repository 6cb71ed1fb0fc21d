//! What a delegate asks an issuer for (SPEC.md, "Delegation request"): its id, its public key, its scopes, and a proof
//! that whoever asks holds the key.
//!
//! A request is not confidential and says nothing about whether to grant it. Its proof keeps anybody from asking for a
//! delegation of somebody else's key, and from changing id or scopes on the way. What is signed starts with words of
//! its own, so that a proof can never be a document and a document never a proof. Refuses unknown members, a request
//! without scopes, a proof of another key.

use std::fmt::Write as _;

use sanad_credential::{
    DelegationId, Fault, FixedBytes, Json, Limits, PublicKey, Scope, Set, Sign, SigningKey, Unit, Verify,
    VerifyingKey, What,
};

/// Limits of a request: with the longest id and all scopes it has about 330 bytes.
pub const REQUEST_LIMITS: Limits = Limits { bytes_max: 2_048, depth_max: 3, entries_max: 8, values_max: 16 };

/// First line of what is signed. A document's signature input starts with 0x84, a CBOR array.
const DOMAIN: &str = "sanad delegation request 1";

/// A request whose proof holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationRequest {
    id: DelegationId,
    key: PublicKey,
    scopes: Set<Scope>,
    proof: FixedBytes<64>,
}

impl DelegationRequest {
    /// Asks for a delegation of the own key.
    ///
    /// # Errors
    /// [`What::Length`] without scopes.
    pub fn make(id: DelegationId, scopes: Set<Scope>, key: &SigningKey) -> Result<Self, Fault> {
        need_scopes(&scopes)?;
        let public = key.public_key();
        let proof = match key.sign(&message(&id, &public, &scopes)) {
            Ok(signature) => FixedBytes(signature),
            Err(never) => match never {},
        };
        Ok(Self { id, key: public, scopes, proof })
    }

    /// Reads a request and verifies its proof.
    ///
    /// # Errors
    /// The first fault at its place; [`What::Signature`] at `proof`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, REQUEST_LIMITS)?;
        let mut object = json.object()?;
        let mut member = |name| object.required(name).map(|json| (name, json));
        let (id, key, scopes, proof) = (member("id")?, member("key")?, member("scopes")?, member("proof")?);
        object.finish()?;
        let request = Self {
            id: text_of(id, DelegationId::new)?,
            key: text_of(key, PublicKey::from_hex)?,
            scopes: scopes_of(scopes.1).map_err(|fault| fault.within("scopes"))?,
            proof: text_of(proof, FixedBytes::from_hex)?,
        };
        let key = VerifyingKey::new(&request.key).map_err(|fault| fault.within("key"))?;
        let message = message(&request.id, &request.key, &request.scopes);
        key.verify(&message, &request.proof.0).map_err(|fault| fault.within("proof"))?;
        Ok(request)
    }

    /// Who asks; for a facility's device the facility.
    pub fn id(&self) -> &DelegationId {
        &self.id
    }

    /// The key for which a delegation is asked.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// What the delegate wants to do.
    pub fn scopes(&self) -> &Set<Scope> {
        &self.scopes
    }

    /// The JSON form, members in the order of SPEC.md.
    pub fn to_json(&self) -> Json<'static> {
        let text = |text: String| Json::Text(text.into());
        let scopes = self.scopes.iter().map(|scope| Json::Text(scope.word().into())).collect();
        Json::Object(vec![
            ("id".into(), text(self.id.to_string())),
            ("key".into(), text(self.key.to_string())),
            ("scopes".into(), Json::Array(scopes)),
            ("proof".into(), text(self.proof.to_string())),
        ])
    }
}

fn text_of<T>(
    (name, json): (&'static str, &Json<'_>),
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Fault> {
    json.text().and_then(read).map_err(|fault| fault.within(name))
}

fn scopes_of(json: &Json<'_>) -> Result<Set<Scope>, Fault> {
    let words = json.array()?.iter().enumerate();
    let scopes = words
        .map(|(entry, word)| word.text().and_then(Scope::from_word).map_err(|fault| fault.at_entry(entry)));
    let scopes = Set::new(scopes.collect::<Result<_, _>>()?)?;
    need_scopes(&scopes)?;
    Ok(scopes)
}

fn need_scopes(scopes: &Set<Scope>) -> Result<(), Fault> {
    let max = u64::try_from(Scope::ALL.len()).unwrap_or(u64::MAX);
    if scopes.is_empty() {
        return Err(What::Length { unit: Unit::Entries, found: 0, min: 1, max }.into());
    }
    Ok(())
}

/// What is signed: four lines of ASCII, each ended by a line feed. None of the parts can hold one.
fn message(id: &DelegationId, key: &PublicKey, scopes: &Set<Scope>) -> Vec<u8> {
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "{DOMAIN}\n{id}\n{key}\n{}\n", words.join(","));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> DelegationRequest {
        let scopes = Set::new(vec![Scope::Receipt, Scope::Verify]).unwrap();
        DelegationRequest::make(DelegationId::new("UG-F01").unwrap(), scopes, &key(1)).unwrap()
    }

    fn key(number: u8) -> SigningKey {
        SigningKey::from_secret(&[number; 32])
    }

    fn refusal(old: &str, new: &str) -> Fault {
        let text = request().to_json().to_string();
        assert!(text.contains(old), "{text}");
        DelegationRequest::parse(&text.replace(old, new)).unwrap_err()
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let text = request().to_json().to_string();
        assert_eq!(DelegationRequest::parse(&text).unwrap(), request());
        assert!(text.len() * 3 < REQUEST_LIMITS.bytes_max * 2);
    }

    /// SPEC.md states these bytes.
    #[test]
    fn what_is_signed_is_four_lines() {
        let public = key(1).public_key();
        let scopes = Set::new(vec![Scope::Verify, Scope::Receipt]).unwrap();
        let message = message(&DelegationId::new("UG-F01").unwrap(), &public, &scopes);
        let wanted = "sanad delegation request 1\n\
            UG-F01\n\
            8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\n\
            receipt,verify\n";
        assert_eq!(message, wanted.as_bytes());
    }

    #[test]
    fn a_proof_of_another_key_is_refused() {
        let mine = key(1).public_key().to_string();
        let fault = refusal(&mine, &key(2).public_key().to_string());
        assert_eq!((fault.place().as_str(), fault.what()), ("proof", &What::Signature));
        let other = DelegationRequest::make(request().id, request().scopes, &key(2)).unwrap();
        let fault = refusal(&request().proof.to_string(), &other.proof.to_string());
        assert_eq!((fault.place().as_str(), fault.what()), ("proof", &What::Signature));
    }

    #[test]
    fn a_missing_proof_is_refused() {
        let fault = refusal(&format!(",\"proof\":\"{}\"", request().proof), "");
        assert_eq!((fault.place().as_str(), fault.what()), ("proof", &What::Missing));
    }

    #[test]
    fn another_id_or_scope_than_was_signed_is_refused() {
        for (old, new) in [("UG-F01", "UG-F02"), ("\"receipt\",", ""), ("\"receipt\"", "\"cover\"")] {
            assert_eq!(refusal(old, new).what(), &What::Signature, "{new}");
        }
    }

    #[test]
    fn an_unknown_scope_no_scope_and_an_unknown_member_are_refused() {
        assert_eq!(refusal("\"receipt\"", "\"treat\"").place(), "scopes[0]");
        assert_eq!(refusal("\"receipt\",\"verify\"", "").place(), "scopes");
        assert!(matches!(refusal("{\"id\"", "{\"note\":1,\"id\"").what(), What::Unknown { .. }));
        assert!(DelegationRequest::make(request().id, Set::new(vec![]).unwrap(), &key(1)).is_err());
    }

    #[test]
    fn a_key_of_small_order_proves_nothing() {
        let small = format!("01{}", "0".repeat(62));
        assert_eq!(refusal(&key(1).public_key().to_string(), &small).place(), "key");
    }
}
