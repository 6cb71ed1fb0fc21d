//! Whom the targets of the open standards believe: one invented issuer, whose key is published here.

use std::sync::LazyLock;

use sanad_credential::{Claims, SigningKey, UnixTime};
use sanad_openvc::{
    Controllers, DidDocument, Profile, ProofOptions, PublicKey, Purpose, Suite, Times, VerificationMethod,
    VerifiedCredential, Verifying, did_key, issue, sole_method, to_credential, verify_credential,
};

/// The issuer of SD-JWT VCs and their lists.
pub const ISSUER_HTTPS: &str = "https://sha.example";
/// A status list of that issuer.
pub const LIST: &str = "https://s.example/k/0.jwt";

fn issuer() -> SigningKey {
    SigningKey::from_secret(&[0x5A; 32])
}

/// The time at which the seeds hold.
pub fn now() -> UnixTime {
    UnixTime::parse("2026-11-27T12:00:00Z").unwrap()
}

/// Every did:key, and the one https issuer.
pub fn controllers() -> Controllers {
    let mut controllers = Controllers::new(Profile::LoopbackTest);
    let key = PublicKey::Ed25519(issuer().public_key());
    let method =
        VerificationMethod { id: format!("{ISSUER_HTTPS}#k1"), controller: ISSUER_HTTPS.into(), key };
    controllers.add(DidDocument::of_methods(ISSUER_HTTPS, vec![method]));
    controllers
}

/// Times are left to the decision, so that a fuzzer gets further.
pub fn verifying(controllers: &Controllers) -> Verifying<'_> {
    Verifying { controllers, now: now(), times: Times::LeaveToDecision }
}

/// A credential that names two lists.
pub fn with_status() -> &'static VerifiedCredential {
    static CREDENTIAL: LazyLock<VerifiedCredential> = LazyLock::new(|| {
        let claims = Claims::from_json_text(
            r#"{"type":"coverage","iss":"KE-SHA","cti":"0011223344556677","iat":"2026-01-01T00:00:00Z",
            "exp":"2027-01-01T00:00:00Z","status":{"idx":77777,"uri":"https://s.example/k/0"},
            "subject":{"number":"KE-1","name":"Invented"},"product":"UHC","rulebook":3,"functions":["medical_care"],
            "start":"2026-01-01","end":"2026-12-31","copay_class":2,"territory":["KE"]}"#,
        )
        .unwrap();
        let did = did_key(&PublicKey::Ed25519(issuer().public_key()));
        let method = sole_method(&did).unwrap();
        let options = ProofOptions {
            suite: Suite::Jcs,
            verification_method: &method,
            purpose: Purpose::AssertionMethod,
            created: Some(now()),
            challenge: None,
            domain: None,
            id: None,
            previous: &[],
        };
        let signed = issue(&to_credential(&claims, &did), &options, Profile::Production, &issuer()).unwrap();
        verify_credential(&signed, &verifying(&controllers())).unwrap()
    });
    &CREDENTIAL
}
