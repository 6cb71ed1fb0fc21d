//! An invented issuer and an invented holder.

use sanad_credential::{Claims, SigningKey, UnixTime};
use sanad_openvc::{
    Controllers, Fault, Profile, ProofOptions, PublicKey, Purpose, Suite, Times, VerifiedCredential,
    Verifying, did_key, issue, sole_method, verify_credential,
};
use serde_json::{Map, Value, json};

/// Published here: no trust list may hold it.
pub fn issuer() -> SigningKey {
    SigningKey::from_secret(&[0x5A; 32])
}

pub fn holder() -> SigningKey {
    SigningKey::from_secret(&[0x17; 32])
}

pub fn did(key: &SigningKey) -> String {
    did_key(&PublicKey::Ed25519(key.public_key()))
}

pub fn method(key: &SigningKey) -> String {
    sole_method(&did(key)).unwrap()
}

pub fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

pub fn loopback() -> Controllers {
    Controllers::new(Profile::LoopbackTest)
}

/// An entitlement with every kind of member, a name in Arabic among them.
pub fn claims() -> Claims {
    let holder = holder().public_key();
    Claims::from_json_text(&format!(
        r#"{{"type":"coverage","iss":"KE-SHA","cti":"0011223344556677","iat":"2026-01-01T00:00:00Z",
        "exp":"2027-01-01T00:00:00Z","status":{{"idx":77777,"uri":"https://s.example/k/0"}},"cnf":"{holder}",
        "subject":{{"number":"KE-1","name":"Fatuma Ali","native_names":[["ar","فاطمة علي"],["sw","Fatuma Ali"]],
        "birth":"199X","sex":"F","household":"H-9","role":"self",
        "members":[[2,"Ali Hassan",1988,"M","spouse"],[3,"Amina Ali",null,"F","child"]],"check":"holder_key"}},
        "product":"UHC","rulebook":3,"functions":["medical_care","maternity"],"start":"2026-01-01","end":"2026-12-31",
        "paid_through":"2026-11-30","grace_days":30,"waits":{{"DEL":"2026-06-01","ANC":"2026-03-01"}},"copay_class":2,
        "territory":["KE","UG"],"max_level":4,"pooled":true,"survives_suspension":["EMER","DEL"],
        "replaces":"8899aabbccddeeff","languages":["sw","en"],"source":"SHA register"}}"#
    ))
    .unwrap()
}

pub fn options(suite: Suite, method: &str) -> ProofOptions<'_> {
    ProofOptions {
        suite,
        verification_method: method,
        purpose: Purpose::AssertionMethod,
        created: Some(now()),
        challenge: None,
        domain: None,
        id: None,
        previous: &[],
    }
}

pub fn signed(credential: &Value, suite: Suite) -> Result<Map<String, Value>, Fault> {
    let method = method(&issuer());
    issue(credential.as_object().unwrap(), &options(suite, &method), Profile::LoopbackTest, &issuer())
}

pub fn verified(credential: &Map<String, Value>) -> Result<VerifiedCredential, Fault> {
    let controllers = loopback();
    verify_credential(credential, &Verifying { controllers: &controllers, now: now(), times: Times::Refuse })
}

/// A small credential of the loopback profile.
pub fn small() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
        "type": ["VerifiableCredential", "ExampleCredential"],
        "issuer": did(&issuer()),
        "credentialSubject": {"id": "did:example:subject", "alumniOf": "The School of Examples"},
    })
}

/// Each suite.
pub const SUITES: [Suite; 2] = [Suite::Rdfc, Suite::Jcs];
