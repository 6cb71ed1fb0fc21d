//! DIDs and their documents: did:key, did:jwk and did:web, resolved without a network.
//!
//! The document of a did:key or did:jwk follows from the DID. That of a did:web is handed in as bytes by the caller,
//! who fetched it or, better, made it from the pinned keys of a pack. Refuses documents about another DID, private
//! key material, and keys that are named for a purpose but controlled by somebody else.

use serde_json::{Map, Value, json};

use crate::document::{self, is_not, member, object, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::keys::{PublicKey, refuse_private};
use crate::multibase::{from_base64url, to_base64url};
use crate::pinned::Speaker;
use crate::profile::Profile;

/// Longest DID or DID URL: a did:jwk of a P-256 key has about 200 characters.
pub const DID_CHARACTERS_MAX: usize = 1_024;

/// Verification methods of one document; an agency has a handful.
const METHODS_MAX: usize = 32;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing credentials.
    AssertionMethod,
    /// Signing presentations.
    Authentication,
}

impl Purpose {
    /// The name in proofs and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::AssertionMethod => "assertionMethod",
            Purpose::Authentication => "authentication",
        }
    }

    /// The purpose that a proof names.
    pub(crate) fn from_name(name: &str) -> Result<Self, Fault> {
        match name {
            "assertionMethod" => Ok(Purpose::AssertionMethod),
            "authentication" => Ok(Purpose::Authentication),
            other => Err(Fault::unknown(Problem::ProofVerification, "proof purpose", other)),
        }
    }
}

/// The did:key of a key.
pub fn did_key(key: &PublicKey) -> String {
    format!("did:key:{}", key.to_multikey())
}

/// The did:jwk of a key.
pub fn did_jwk(key: &PublicKey) -> String {
    // The members stand in the order of their names, without spaces.
    format!("did:jwk:{}", to_base64url(Value::Object(key.to_jwk()).to_string().as_bytes()))
}

/// The verification method that a DID of one key has.
pub fn sole_method(did: &str) -> Option<String> {
    match did.strip_prefix("did:key:") {
        Some(key) => Some(format!("{did}#{key}")),
        None => did.starts_with("did:jwk:").then(|| format!("{did}#0")),
    }
}

/// Where the document of a did:web lies: the address that the caller fetches.
///
/// # Errors
/// [`Problem::MalformedValue`] for anything but a host, an optional port (as `%3A`) and plain path segments.
pub fn did_web_address(did: &str) -> Result<String, Fault> {
    let form = || Fault::wanted("did:web:HOST[%3APORT][:PATH…]");
    let rest = did.strip_prefix("did:web:").filter(|_| did.len() <= DID_CHARACTERS_MAX).ok_or_else(form)?;
    let mut parts = rest.split(':');
    let host = parts.next().ok_or_else(form)?;
    let (name, port) = match host.split_once("%3A").or_else(|| host.split_once("%3a")) {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let label = |label: &str| {
        let letters =
            label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Err(form());
    }
    let port = match port {
        Some(port) if port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port) => {
            format!(":{port}")
        }
        Some(_) => return Err(form()),
        None => String::new(),
    };
    let segment = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain)
    };
    let path: Vec<&str> = parts.collect();
    if !path.iter().all(|part| segment(part)) {
        return Err(form());
    }
    Ok(match path.as_slice() {
        [] => format!("https://{name}{port}/.well-known/did.json"),
        path => format!("https://{name}{port}/{}/did.json", path.join("/")),
    })
}

/// A key, by the address under which proofs name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationMethod {
    /// `DID#fragment`.
    pub id: String,
    /// Who controls it.
    pub controller: String,
    /// The key.
    pub key: PublicKey,
}

/// A DID document: its keys and their purposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DidDocument {
    id: String,
    methods: Vec<VerificationMethod>,
    assertion: Vec<String>,
    authentication: Vec<String>,
}

impl DidDocument {
    /// The document of a did:key or did:jwk.
    ///
    /// # Errors
    /// [`Problem::Unsupported`] for other methods; the fault of the key.
    pub fn of_key_did(did: &str) -> Result<Self, Fault> {
        let key = if did.len() > DID_CHARACTERS_MAX {
            return Err(Fault::wanted("a DID of at most 1,024 characters"));
        } else if let Some(key) = did.strip_prefix("did:key:") {
            PublicKey::from_multikey(key)?
        } else if let Some(jwk) = did.strip_prefix("did:jwk:") {
            let bytes = from_base64url(jwk)?;
            PublicKey::from_jwk(&document::parse_object(&bytes, document::JWT)?)?
        } else {
            return Err(Fault::unknown(Problem::Unsupported, "DID method", did));
        };
        let id = sole_method(did).ok_or_else(Fault::missing)?;
        Ok(Self {
            id: did.to_owned(),
            methods: vec![VerificationMethod { id: id.clone(), controller: did.to_owned(), key }],
            assertion: vec![id.clone()],
            authentication: vec![id],
        })
    }

    /// A document of keys that may sign credentials.
    pub fn of_methods(id: &str, methods: Vec<VerificationMethod>) -> Self {
        let assertion = methods.iter().map(|method| method.id.clone()).collect();
        Self { id: id.to_owned(), methods, assertion, authentication: Vec::new() }
    }

    /// Reads the document of a DID, as fetched. Keys of types that are not known here are left out.
    ///
    /// # Errors
    /// The first fault at its place; [`What::PrivateKey`]; [`What::Differs`] when it is about another DID.
    pub fn parse(bytes: &[u8], did: &str) -> Result<Self, Fault> {
        let document = document::parse_object(bytes, document::JWT)?;
        if text_member(&document, "id")? != did {
            return Err(Fault::differs(Problem::Cryptographic, "the DID and the document's id").within("id"));
        }
        let mut read = Self {
            id: did.to_owned(),
            methods: Vec::new(),
            assertion: Vec::new(),
            authentication: Vec::new(),
        };
        for entry in entries(&document, "verificationMethod")? {
            read.add(entry).map_err(|fault| fault.within("verificationMethod"))?;
        }
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] {
            for entry in entries(&document, purpose.name())? {
                let id = match entry {
                    Value::String(reference) => read.absolute(reference),
                    embedded => read.add(embedded).map_err(|fault| fault.within(purpose.name()))?,
                };
                match purpose {
                    Purpose::AssertionMethod => read.assertion.push(id),
                    Purpose::Authentication => read.authentication.push(id),
                }
            }
        }
        Ok(read)
    }

    fn absolute(&self, reference: &str) -> String {
        if reference.starts_with('#') { format!("{}{reference}", self.id) } else { reference.to_owned() }
    }

    fn add(&mut self, entry: &Value) -> Result<String, Fault> {
        let entry = object(entry)?;
        refuse_private(entry)?;
        if let Some(name) =
            ["secretKeyMultibase", "privateKeyMultibase", "secretKeyJwk", "privateKeyJwk", "privateKeyBase58"]
                .iter()
                .find(|name| entry.contains_key(**name))
        {
            return Err(Fault::new(Problem::Cryptographic, What::PrivateKey).within(name));
        }
        let id = self.absolute(text_member(entry, "id")?);
        if self.methods.iter().any(|method| method.id == id) {
            return Err(Fault::wanted("each verification method once").within("id"));
        }
        let key =
            match (text_member(entry, "type")?, entry.get("publicKeyMultibase"), entry.get("publicKeyJwk")) {
                ("Multikey" | "Ed25519VerificationKey2020", Some(key), None) => {
                    PublicKey::from_multikey(text(key)?).map_err(|fault| fault.within("publicKeyMultibase"))
                }
                ("JsonWebKey" | "JsonWebKey2020", None, Some(key)) => {
                    PublicKey::from_jwk(object(key)?).map_err(|fault| fault.within("publicKeyJwk"))
                }
                _ => return Ok(id),
            };
        let key = match key {
            Ok(key) => key,
            Err(fault) if *fault.what() == What::PrivateKey => return Err(fault),
            Err(_) => return Ok(id),
        };
        if self.methods.len() >= METHODS_MAX {
            let what = What::TooMany {
                unit: "verification methods",
                found: METHODS_MAX.saturating_add(1),
                max: METHODS_MAX,
            };
            return Err(Fault::new(Problem::MalformedValue, what));
        }
        let controller = text_member(entry, "controller")?.to_owned();
        self.methods.push(VerificationMethod { id: id.clone(), controller, key });
        Ok(id)
    }

    /// The DID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// All of its keys that are known here.
    pub fn methods(&self) -> &[VerificationMethod] {
        &self.methods
    }

    /// The document as JSON, with Multikey verification methods.
    pub fn to_json(&self) -> Value {
        let method = |method: &VerificationMethod| {
            json!({
                "id": method.id,
                "type": "Multikey",
                "controller": method.controller,
                "publicKeyMultibase": method.key.to_multikey(),
            })
        };
        let methods: Vec<Value> = self.methods.iter().map(method).collect();
        let mut document = Map::new();
        let contexts = json!(["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]);
        document.insert("@context".into(), contexts);
        document.insert("id".into(), self.id.clone().into());
        document.insert("verificationMethod".into(), methods.into());
        document.insert("assertionMethod".into(), self.assertion.clone().into());
        if !self.authentication.is_empty() {
            document.insert("authentication".into(), self.authentication.clone().into());
        }
        Value::Object(document)
    }

    fn method(&self, id: &str, purpose: Purpose) -> Result<&VerificationMethod, Fault> {
        let allowed = match purpose {
            Purpose::AssertionMethod => &self.assertion,
            Purpose::Authentication => &self.authentication,
        };
        let known = self.methods.iter().find(|method| method.id == id);
        let method =
            known.ok_or_else(|| Fault::unknown(Problem::Cryptographic, "verification method", id))?;
        if !allowed.iter().any(|allowed| allowed == id) {
            return Err(Fault::unknown(Problem::Cryptographic, "key for this purpose", id));
        }
        if method.controller != self.id {
            return Err(Fault::differs(Problem::Cryptographic, "the document's id and the key's controller"));
        }
        Ok(method)
    }
}

fn entries<'v>(document: &'v Map<String, Value>, name: &str) -> Result<&'v [Value], Fault> {
    match document.get(name) {
        Some(Value::Array(entries)) => Ok(entries),
        Some(other) => Err(is_not(other, "an array").within(name)),
        None => Ok(&[]),
    }
}

/// Whose keys are believed. Built by the caller, from the pack in production.
#[derive(Clone, Debug)]
pub struct Controllers {
    profile: Profile,
    documents: Vec<DidDocument>,
    pub(crate) speakers: Vec<Speaker>,
}

impl Controllers {
    /// Nobody yet; in [`Profile::LoopbackTest`] every did:key and did:jwk.
    pub fn new(profile: Profile) -> Self {
        Self { profile, documents: Vec::new(), speakers: Vec::new() }
    }

    /// Adds a document; a newer one of the same DID takes the place of the older.
    pub fn add(&mut self, document: DidDocument) {
        self.documents.retain(|known| known.id != document.id);
        self.documents.push(document);
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The document of a DID that was added, or that follows from the DID.
    ///
    /// # Errors
    /// [`Problem::Unsupported`] for an unknown method, [`What::Unknown`] for a did:web that was not added.
    pub fn document(&self, did: &str) -> Result<DidDocument, Fault> {
        match self.documents.iter().find(|document| document.id == did) {
            Some(document) => Ok(document.clone()),
            None if did.starts_with("did:web:") => {
                Err(Fault::unknown(Problem::Cryptographic, "controller", did))
            }
            None => DidDocument::of_key_did(did),
        }
    }

    /// The keys of a controller for a purpose, where a token names none of them: at most four are tried.
    pub(crate) fn candidates(&self, did: &str, purpose: Purpose) -> Result<Vec<VerificationMethod>, Fault> {
        let document = self.documents.iter().find(|document| document.id == did);
        let document = document.ok_or_else(|| Fault::unknown(Problem::Cryptographic, "controller", did))?;
        let methods = document.methods.iter().filter_map(|method| document.method(&method.id, purpose).ok());
        Ok(methods.take(4).cloned().collect())
    }

    /// The key that a proof names, if its controller lets it serve the purpose. A did:key or did:jwk that nobody added
    /// may sign presentations in every profile (the credential says whose it is), credentials only in a test.
    ///
    /// # Errors
    /// [`Problem::Cryptographic`] for unknown controllers, keys and purposes.
    pub fn method(&self, id: &str, purpose: Purpose) -> Result<VerificationMethod, Fault> {
        if id.len() > DID_CHARACTERS_MAX {
            return Err(Fault::wanted("a DID URL of at most 1,024 characters"));
        }
        let (did, _) = id.split_once('#').ok_or_else(|| Fault::wanted("a DID URL with a fragment"))?;
        if let Some(document) = self.documents.iter().find(|document| document.id == did) {
            return document.method(id, purpose).cloned();
        }
        let is_open = self.profile == Profile::LoopbackTest || purpose == Purpose::Authentication;
        if !is_open || did.starts_with("did:web:") {
            return Err(Fault::unknown(Problem::Cryptographic, "controller", did));
        }
        DidDocument::of_key_did(did)?.method(id, purpose).cloned()
    }
}

/// Reads a verification method of a proof: it must be a text.
pub(crate) fn method_of(proof: &Map<String, Value>) -> Result<&str, Fault> {
    let method = member(proof, "verificationMethod")?;
    text(method).map_err(|fault| fault.within("verificationMethod"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";

    #[test]
    fn addresses_of_web_dids_have_no_tricks() {
        let address = |did: &str| did_web_address(did).unwrap();
        assert_eq!(address("did:web:sha.example"), "https://sha.example/.well-known/did.json");
        assert_eq!(
            address("did:web:localhost%3A8443:issuers:ke"),
            "https://localhost:8443/issuers/ke/did.json"
        );
        for did in [
            "did:web:",
            "did:web:a b",
            "did:web:sha.example:..",
            "did:web:sha.example:%2e%2e",
            "did:web:user@host",
            "did:web:sha.example/path",
            "did:web:host%3A0",
            "did:web:host%3A99999",
            "did:web:HOST",
            "did:web:host:",
            "did:web:host#x",
        ] {
            assert!(did_web_address(did).is_err(), "{did}");
        }
    }

    #[test]
    fn both_key_methods_lead_to_the_same_key() {
        let of_key = DidDocument::of_key_did(KEY).unwrap();
        let key = of_key.methods()[0].key;
        let of_jwk = DidDocument::of_key_did(&did_jwk(&key)).unwrap();
        assert_eq!(of_jwk.methods()[0].key, key);
        assert!(of_jwk.methods()[0].id.ends_with("#0"));
    }

    #[test]
    fn in_production_nobody_names_himself_an_issuer() {
        let id = sole_method(KEY).unwrap();
        let strict = Controllers::new(Profile::Production);
        assert!(strict.method(&id, Purpose::AssertionMethod).is_err());
        assert!(strict.method(&id, Purpose::Authentication).is_ok());
        assert!(Controllers::new(Profile::LoopbackTest).method(&id, Purpose::AssertionMethod).is_ok());
    }

    #[test]
    fn a_document_about_another_or_with_a_private_key_is_refused() {
        let key = KEY.strip_prefix("did:key:").unwrap();
        let document = |id: &str, extra: &str| {
            let text = format!(
                r##"{{"id":"{id}","verificationMethod":[{{"id":"#k","type":"Multikey","controller":"{id}","publicKeyMultibase":"{key}"{extra}}}],"assertionMethod":["#k"]}}"##
            );
            DidDocument::parse(text.as_bytes(), "did:web:sha.example")
        };
        let read = document("did:web:sha.example", "").unwrap();
        assert!(read.method("did:web:sha.example#k", Purpose::AssertionMethod).is_ok());
        assert!(read.method("did:web:sha.example#k", Purpose::Authentication).is_err());
        assert!(document("did:web:other.example", "").is_err());
        let fault = document("did:web:sha.example", r#","secretKeyMultibase":"z"}"#.trim_end_matches('}'));
        assert_eq!(fault.unwrap_err().what(), &What::PrivateKey);
    }
}
