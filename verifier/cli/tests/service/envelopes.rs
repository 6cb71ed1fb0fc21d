//! Credentials and presentations in envelopes over HTTP: `vc+jwt`, `vp+jwt` and the older `application/jwt`, signed with
//! Ed25519 and with ES256 (the contract's enveloping rows).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey as P256Key};
use sanad_credential::SigningKey;
use sanad_openvc::{CREDENTIALS_V2, Profile, PublicKey, did_key, envelop, sign_jwt, sole_method};
use serde_json::{Value, json};

use crate::server::{Answer, Server};
use crate::signing::{did, holder, issuer, method, small};

/// An invented issuer whose key is on P-256.
struct Es256 {
    key: P256Key,
    did: String,
}

impl Es256 {
    fn new() -> Self {
        let key = P256Key::from_slice(&[0x21; 32]).unwrap();
        let point = key.verifying_key().to_encoded_point(true);
        let did = did_key(&PublicKey::P256(point.as_bytes().try_into().unwrap()));
        Self { key, did }
    }

    fn sign(&self, alg: &str, typ: &str, claims: &Value) -> String {
        let header = json!({ "alg": alg, "typ": typ, "kid": sole_method(&self.did).unwrap() });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn credential(&self) -> Value {
        let mut credential = small();
        credential["issuer"] = json!(self.did);
        credential
    }

    /// The form before VC-JOSE-COSE, of the data model 1.1.
    fn older(&self, alg: &str, iss: &str) -> String {
        let credential = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"],
            "issuer": self.did, "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": {"id": did(&holder())},
        });
        self.sign(alg, "JWT", &json!({"iss": iss, "nbf": 1_767_225_600, "vc": credential}))
    }
}

fn signed_by(key: &SigningKey, typ: &str, claims: &Value) -> String {
    sign_jwt(typ, Some(&method(key)), claims.as_object().unwrap(), key).unwrap()
}

fn enveloped(kind: &str, media_type: &str, token: &str) -> Value {
    json!({ "@context": CREDENTIALS_V2, "type": kind, "id": format!("data:{media_type},{token}") })
}

fn credential(media_type: &str, token: &str) -> Value {
    enveloped("EnvelopedVerifiableCredential", media_type, token)
}

fn ask(server: &Server, presentation: &Value, challenge: &str, domain: &str) -> Answer {
    let body = json!({
        "verifiablePresentation": presentation,
        "options": { "challenge": challenge, "domain": domain },
    });
    server.post("/presentations/verify", body.to_string().as_bytes())
}

/// The same token with one character of its last part changed.
fn with_another_signature(token: &str) -> String {
    let (head, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{head}.{other}{}", signature.get(1..).unwrap())
}

#[test]
fn an_enveloped_credential_of_each_algorithm_holds() {
    let server = Server::start();
    let es256 = Es256::new();
    let ed25519 =
        envelop(small().as_object().unwrap(), &method(&issuer()), Profile::LoopbackTest, &issuer()).unwrap();
    server.credential(&Value::Object(ed25519)).is_verified("EdDSA");
    let token = es256.sign("ES256", "vc+jwt", &es256.credential());
    server.credential(&credential("application/vc+jwt", &token)).is_verified("ES256");
    let older = es256.older("ES256", &es256.did);
    server.credential(&credential("application/jwt", &older)).is_verified("application/jwt");
}

#[test]
fn an_enveloped_credential_that_was_changed_or_is_not_its_issuers_is_refused() {
    let server = Server::start();
    let es256 = Es256::new();
    let token = es256.sign("ES256", "vc+jwt", &es256.credential());
    let refused = |what: &str, media_type: &str, token: &str| {
        server.credential(&credential(media_type, token)).is_refused(what);
    };
    refused("signature", "application/vc+jwt", &with_another_signature(&token));
    refused("algorithm", "application/vc+jwt", &es256.sign("EdDSA", "vc+jwt", &es256.credential()));
    refused("none", "application/vc+jwt", &es256.sign("none", "vc+jwt", &es256.credential()));
    refused("type of the token", "application/vc+jwt", &es256.sign("ES256", "JWT", &es256.credential()));
    refused("another's", "application/vc+jwt", &es256.sign("ES256", "vc+jwt", &small()));
    let claim = json!({ "vc": es256.credential() });
    refused("a claim vc", "application/vc+jwt", &es256.sign("ES256", "vc+jwt", &claim));
    let mut both = es256.credential();
    both["vc"] = es256.credential();
    refused("a claim vc beside", "application/vc+jwt", &es256.sign("ES256", "vc+jwt", &both));
    let mut undefined = es256.credential();
    undefined["@context"] = json!([CREDENTIALS_V2]);
    undefined["type"] = json!(["VerifiableCredential", "NobodysType"]);
    refused("a type without meaning", "application/vc+jwt", &es256.sign("ES256", "vc+jwt", &undefined));
    let mut over = es256.credential();
    over["validUntil"] = json!("2026-11-27T11:59:59Z");
    refused("over", "application/vc+jwt", &es256.sign("ES256", "vc+jwt", &over));
    refused("another media type", "application/jwt", &token);
    refused("the older form as the newer", "application/vc+jwt", &es256.older("ES256", &es256.did));
    refused("an older one of another issuer", "application/jwt", &es256.older("ES256", &did(&issuer())));
}

#[test]
fn an_older_enveloped_presentation_holds_around_a_credential_of_an_es256_issuer() {
    let server = Server::start();
    let es256 = Es256::new();
    let outer = |inner: &str, by: &SigningKey| {
        let vp = json!({
            "@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"],
            "verifiableCredential": [inner],
        });
        let claims = json!({"iss": did(&holder()), "nonce": "123456789", "aud": "clinic.example", "vp": vp});
        enveloped("EnvelopedVerifiablePresentation", "application/jwt", &signed_by(by, "JWT", &claims))
    };
    let good = es256.older("ES256", &es256.did);
    ask(&server, &outer(&good, &holder()), "123456789", "clinic.example").is_verified("good");
    let body = ask(&server, &outer(&good, &holder()), "987654321", "clinic.example").is_refused("challenge");
    assert_eq!(body["type"], "https://w3id.org/security#INVALID_CHALLENGE_ERROR");
    let body = ask(&server, &outer(&good, &holder()), "123456789", "other.example").is_refused("domain");
    assert_eq!(body["type"], "https://w3id.org/security#INVALID_DOMAIN_ERROR");
    ask(&server, &outer(&good, &issuer()), "123456789", "clinic.example").is_refused("another signer");
    for (what, wrong) in [
        ("algorithm", es256.older("EdDSA", &es256.did)),
        ("none", es256.older("none", &es256.did)),
        ("issuer", es256.older("ES256", &did(&issuer()))),
        ("signature", with_another_signature(&good)),
    ] {
        ask(&server, &outer(&wrong, &holder()), "123456789", "clinic.example").is_refused(what);
    }
}

#[test]
fn a_vp_jwt_holds_around_enveloped_credentials_and_around_no_other() {
    let server = Server::start();
    let es256 = Es256::new();
    let inner = credential("application/vc+jwt", &es256.sign("ES256", "vc+jwt", &es256.credential()));
    let claims = |credentials: Value| {
        json!({
            "@context": [CREDENTIALS_V2], "type": ["VerifiablePresentation"], "holder": did(&holder()),
            "verifiableCredential": credentials, "nonce": "123456789", "aud": "clinic.example",
        })
    };
    let outer = |token: &str| enveloped("EnvelopedVerifiablePresentation", "application/vp+jwt", token);
    let by_holder = |credentials: Value| outer(&signed_by(&holder(), "vp+jwt", &claims(credentials)));
    let good = by_holder(json!([inner]));
    ask(&server, &good, "123456789", "clinic.example").is_verified("good");
    ask(&server, &good, "987654321", "clinic.example").is_refused("challenge");
    // The holder's key on P-256.
    let mut of_es256 = claims(json!([inner]));
    of_es256["holder"] = json!(es256.did);
    let by_es256 = outer(&es256.sign("ES256", "vp+jwt", &of_es256));
    ask(&server, &by_es256, "123456789", "clinic.example").is_verified("ES256 holder");
    let changed = credential(
        "application/vc+jwt",
        &with_another_signature(&es256.sign("ES256", "vc+jwt", &es256.credential())),
    );
    ask(&server, &by_holder(json!([inner, changed])), "123456789", "clinic.example").is_refused("one of two");
    let mut with_claim = claims(json!([inner]));
    with_claim["vp"] = json!({});
    let with_claim = outer(&signed_by(&holder(), "vp+jwt", &with_claim));
    ask(&server, &with_claim, "123456789", "clinic.example").is_refused("a claim vp");
}
