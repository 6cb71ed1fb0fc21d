//! Input that is made to cost time or memory: 400 with a problem document, within bounds.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::Sign as _;
use sanad_openvc::Suite;
use serde_json::{Value, json};

use crate::by_hand::{V2, proof, sealed, sealed_by_jcs, tiny};
use crate::server::{Answer, Server};
use crate::signing::{SUITES, holder, issuer, method, options, signed, signed_blindly, signed_by, small};
use crate::status::Site;

const PATHS: [(&str, &str); 2] =
    [("/credentials/verify", "verifiableCredential"), ("/presentations/verify", "verifiablePresentation")];

fn within_time(what: &str, act: impl FnOnce() -> Answer) -> Value {
    let started = Instant::now();
    let body = act().is_refused(what);
    // What is read without a bound takes far longer, and this much a busy machine may need.
    assert!(started.elapsed() < Duration::from_secs(60), "{what}: {:?}", started.elapsed());
    body
}

#[test]
fn ten_megabytes_depth_doubles_and_huge_numbers_are_refused_in_time() {
    let server = Server::start();
    for (path, member) in PATHS {
        for (what, body) in [
            ("10 MB", format!("{{\"{member}\":\"{}\"}}", "x".repeat(10_000_000))),
            ("300 kB", format!("{{\"{member}\":\"{}\"}}", "x".repeat(300_000))),
            ("deep arrays", format!("{{\"{member}\":{}1{}}}", "[".repeat(60_000), "]".repeat(60_000))),
            ("deep objects", format!("{{\"{member}\":{}1{}}}", "{\"a\":".repeat(30_000), "}".repeat(30_000))),
            ("twice", format!("{{\"{member}\":{{}},\"{member}\":{{}}}}")),
            ("twice inside", format!("{{\"{member}\":{{\"issuer\":\"a:a\",\"issuer\":\"b:b\"}}}}")),
            ("number", format!("{{\"{member}\":{{\"a\":9007199254740993}}}}")),
            ("cut off", format!("{{\"{member}\":{{")),
            ("no JSON", "rubbish".to_owned()),
            ("another value", "[]".to_owned()),
            ("after the end", format!("{{\"{member}\":{{}}}}x")),
        ] {
            within_time(what, || server.post(path, body.as_bytes()));
        }
        within_time("no UTF-8", || server.post(path, b"{\"a\":\"\xff\"}"));
    }
}

#[test]
fn poisoned_graphs_end_at_a_bound() {
    fn tree(depth: usize, width: usize) -> Value {
        match depth {
            0 => json!({ "knows": "x" }),
            _ => json!({ "knows": (0..width).map(|_| tree(depth - 1, width)).collect::<Vec<_>>() }),
        }
    }
    /// Each of them knows all: what tells none from another.
    fn clique(count: usize) -> Value {
        let all: Vec<Value> = (0..count).map(|one| json!({ "id": format!("_:b{one}") })).collect();
        let knowing = |one: usize| json!({ "id": format!("_:b{one}"), "knows": all });
        json!({ "knows": (0..count).map(knowing).collect::<Vec<_>>() })
    }
    let server = Server::start();
    let trees = [(2, 9), (3, 7), (4, 5)].map(|(depth, width)| ("tree", tree(depth, width)));
    let others =
        [("flat", tree(1, 600)), ("clique", clique(6)), ("clique", clique(10)), ("clique", clique(20))];
    for (what, subject) in trees.into_iter().chain(others) {
        let mut document = small();
        document["credentialSubject"] = subject;
        // Signed for something else: the graph is made canonical before a signature can be looked at.
        let document = sealed(&document, &proof("eddsa-rdfc-2022", &document), b"something else", &issuer());
        let body = within_time(what, || server.credential(&document));
        let bound = body["type"] == "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR";
        assert_eq!(bound, what == "tree", "{what}: {body}");
    }
}

/// An address of this machine at which nobody may call.
struct Trap(TcpListener);

impl Trap {
    fn set() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    /// An address of it under each scheme.
    fn addresses(&self, path: &str) -> [String; 3] {
        let port = self.0.local_addr().unwrap().port();
        ["http://127.0.0.1", "https://127.0.0.1", "https://localhost"]
            .map(|host| format!("{host}:{port}/{path}"))
    }

    /// Who called since it was asked last. The system keeps callers until they are taken, so none is missed.
    fn callers(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }

    #[track_caller]
    fn is_untouched(&self, what: &str) {
        assert_eq!(self.callers(), 0, "something was fetched: {what}");
    }
}

#[test]
fn the_trap_of_these_tests_notices_a_fetch() {
    let (server, trap) = (Server::start(), Trap::set());
    let mut credential = small();
    credential["credentialStatus"] = json!({
        "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1",
        "statusListCredential": trap.addresses("list")[1],
    });
    // The one thing that this profile fetches for a credential: a list of this machine. Nobody answers there.
    server.credential(&signed(&credential, Suite::Jcs)).is_refused("a list that is not there");
    assert!(trap.callers() > 0);
}

#[test]
fn foreign_contexts_and_methods_are_refused_without_a_fetch() {
    let (server, trap) = (Server::start(), Trap::set());
    for suite in SUITES {
        let good = signed(&small(), suite);
        let addresses = trap.addresses("context");
        let elsewhere = ["https://remote.example/context", "file:///etc/hostname"];
        for context in addresses.iter().map(String::as_str).chain(elsewhere) {
            let last = good["@context"].as_array().unwrap().len();
            for inner in [json!(context), json!({"@import": context}), json!({"@context": context})] {
                let mut document = good.clone();
                document["@context"][last - 1] = inner.clone();
                within_time(context, || server.credential(&document));
                document["@context"] = json!([good["@context"][0], good["@context"][1], inner]);
                within_time(context, || server.credential(&document));
                let mut scoped = good.clone();
                scoped["credentialSubject"]["@context"] = json!(context);
                within_time(context, || server.credential(&scoped));
            }
        }
        let at_trap = trap.addresses("key");
        let port = trap.0.local_addr().unwrap().port();
        let elsewhere = [
            "did:example:x#k".to_owned(),
            "did:key:z6Mk#z6Mk".to_owned(),
            "https://keys.example/1".to_owned(),
            "did:web:keys.example#k".to_owned(),
            // Of this machine, under a name that this profile does not take for it.
            format!("did:web:loopback.example%3A{port}#k"),
            format!("did:web:127.0.0.1.example%3A{port}#k"),
            format!("did:tdw:x:127.0.0.1%3A{port}#k"),
        ];
        for method in at_trap.iter().chain(&elsewhere) {
            let mut document = good.clone();
            document["proof"]["verificationMethod"] = json!(method);
            within_time(method, || server.credential(&document));
            document["issuer"] = json!(method.split('#').next());
            within_time(method, || server.credential(&document));
        }
    }
    trap.is_untouched("contexts and methods");
}

#[test]
fn addresses_that_a_valid_credential_names_are_not_fetched() {
    let (server, trap) = (Server::start(), Trap::set());
    for suite in SUITES {
        for address in trap.addresses("named") {
            let mut document = small();
            document["id"] = json!(address);
            document["credentialSubject"]["id"] = json!(address);
            document["type"] = json!(["VerifiableCredential", address]);
            for name in ["credentialSchema", "evidence", "termsOfUse", "refreshService", "credentialStatus"] {
                document[name] = json!({ "type": "ExampleOfThis", "id": address });
            }
            server.credential(&signed(&document, suite)).is_verified(&address);
            // Its digest cannot be known, so it is not believed; looked for it is not.
            document["relatedResource"] =
                json!({ "id": address, "digestSRI": format!("sha256-{}=", "A".repeat(43)) });
            let blind = signed_blindly(&document, &options(suite, &method(&issuer())), &issuer());
            server.credential(&blind).is_refused("a resource that is not here");
        }
    }
    trap.is_untouched("addresses in a credential");
}

#[test]
fn unknown_suites_are_refused_though_the_signature_is_right() {
    let (server, trap) = (Server::start(), Trap::set());
    let document = tiny();
    let asked = |proof: &Value| server.credential(&sealed_by_jcs(&document, proof, &issuer()));
    let good = proof("eddsa-jcs-2022", &document);
    asked(&good).is_verified("the suite that is known");
    let [http, https, _] = trap.addresses("suite");
    for suite in [
        json!("eddsa-2022"),
        json!("eddsa-JCS-2022"),
        json!("eddsa-jcs-2022 "),
        json!("eddsa-jcs-2022\u{0}"),
        json!("ecdsa-jcs-2019"),
        json!("ecdsa-rdfc-2019"),
        json!("ecdsa-sd-2023"),
        json!("bbs-2023"),
        json!("none"),
        json!(""),
        json!(http),
        json!(https),
        json!(["eddsa-jcs-2022"]),
        json!({ "@value": "eddsa-jcs-2022" }),
        json!(2022),
        Value::Null,
    ] {
        let mut odd = good.clone();
        odd["cryptosuite"] = suite.clone();
        let body = asked(&odd).is_refused(&suite.to_string());
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with("verifiableCredential.proof.cryptosuite"), "{suite}: {detail}");
    }
    for kind in [
        json!("Ed25519Signature2020"),
        json!("Ed25519Signature2018"),
        json!("JsonWebSignature2020"),
        json!("RsaSignature2018"),
        json!("dataintegrityproof"),
        json!(https),
        json!(["DataIntegrityProof"]),
        Value::Null,
    ] {
        let mut odd = good.clone();
        odd["type"] = kind.clone();
        let body = asked(&odd).is_refused(&kind.to_string());
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with("verifiableCredential.proof.type"), "{kind}: {detail}");
    }
    trap.is_untouched("suites");
}

/// A JWT with this header, really signed.
fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = issuer().sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn tokens_with_another_algorithm_or_a_key_of_their_own_are_refused_without_a_fetch() {
    let (server, trap) = (Server::start(), Trap::set());
    let good = json!({ "alg": "EdDSA", "typ": "vc+jwt", "kid": method(&issuer()) });
    let ask = |header: &Value| {
        let id = format!("data:application/vc+jwt,{}", token(header, &small()));
        server.credential(&json!({ "@context": V2, "type": "EnvelopedVerifiableCredential", "id": id }))
    };
    ask(&good).is_verified("the usual header");
    let mut odd = Vec::new();
    for algorithm in ["none", "HS256", "RS256", "PS256", "ES256", "ES384", "ES512", "eddsa", "Ed448", ""] {
        odd.push(("alg", json!(algorithm)));
    }
    for address in trap.addresses("key") {
        for name in ["kid", "jku", "x5u"] {
            odd.push((name, json!(address)));
        }
    }
    let x = URL_SAFE_NO_PAD.encode(issuer().public_key().0);
    odd.push(("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": x })));
    odd.push(("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": SECRET })));
    odd.push(("crit", json!(["unknown"])));
    for (name, value) in odd {
        let mut header = good.clone();
        header[name] = value.clone();
        ask(&header).is_refused(&format!("{name} {value}"));
    }
    // A certificate chooses no key either: the one that `kid` names verifies, with it and without it, and no other.
    let mut certified = good;
    certified["x5c"] = json!(["AA=="]);
    ask(&certified).is_verified("a certificate that nobody looks at");
    certified["kid"] = json!(method(&holder()));
    ask(&certified).is_refused("a certificate, and the key of another");
    trap.is_untouched("headers of tokens");
}

/// The secret of the issuer, who is invented, as a JWK has it: 32 bytes of 0x5A.
const SECRET: &str = "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo";

#[test]
fn a_key_that_is_published_with_its_private_half_is_refused() {
    let (server, site) = (Server::start(), Site::start());
    let x = URL_SAFE_NO_PAD.encode(issuer().public_key().0);
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    let mut private = public.clone();
    private["d"] = json!(SECRET);
    // In a DID that is a key.
    for (jwk, is_private) in [(&public, false), (&private, true)] {
        let did = format!("did:jwk:{}", URL_SAFE_NO_PAD.encode(jwk.to_string()));
        let mut document = tiny();
        document["issuer"] = json!(did);
        let mut proof = proof("eddsa-jcs-2022", &document);
        proof["verificationMethod"] = json!(format!("{did}#0"));
        let answer = server.credential(&sealed_by_jcs(&document, &proof, &issuer()));
        if is_private {
            drop(answer.is_refused("did:jwk with d"))
        } else {
            answer.is_verified("did:jwk")
        }
        let resolved = server.get(&format!("/identifiers/{did}"));
        assert_eq!(resolved.status == 200, !is_private, "{}", resolved.body);
        assert!(!resolved.body.contains(SECRET), "{}", resolved.body);
    }
    // In a document that is fetched.
    let web = site.did();
    let id = format!("{web}#k");
    let document =
        |method: &Value| json!({ "id": web, "verificationMethod": [method], "assertionMethod": [id] });
    let with = |mut method: Value, name: &str, value: Value| {
        method[name] = value;
        method
    };
    let as_jwk = json!({ "id": id, "type": "JsonWebKey", "controller": web, "publicKeyJwk": public });
    let multikey = method(&issuer()).split('#').nth(1).unwrap().to_owned();
    let as_multikey =
        json!({ "id": id, "type": "Multikey", "controller": web, "publicKeyMultibase": multikey });
    let mut credential = small();
    credential["issuer"] = json!(web);
    for suite in SUITES {
        let signed = signed_by(&credential, suite, &id, &issuer());
        for good in [&as_jwk, &as_multikey] {
            site.put(".well-known/did.json", document(good).to_string().into_bytes());
            server.credential(&signed).is_verified("public");
        }
        for bad in [
            with(as_jwk.clone(), "publicKeyJwk", private.clone()),
            with(as_jwk.clone(), "privateKeyJwk", private.clone()),
            with(as_jwk.clone(), "secretKeyJwk", private.clone()),
            with(as_jwk.clone(), "d", json!(SECRET)),
            with(as_multikey.clone(), "secretKeyMultibase", json!("zrv")),
            with(as_multikey.clone(), "privateKeyMultibase", json!("zrv")),
            with(as_multikey.clone(), "privateKeyBase58", json!("2")),
        ] {
            site.put(".well-known/did.json", document(&bad).to_string().into_bytes());
            let answer = server.credential(&signed);
            answer.is_refused(&bad.to_string());
            assert!(!answer.body.contains(SECRET), "{}", answer.body);
        }
    }
    // In a proof, where no key stands.
    let document = tiny();
    for (name, value) in
        [("privateKeyJwk", private.clone()), ("secretKeyMultibase", json!("zrv")), ("d", json!(SECRET))]
    {
        let proof = with(proof("eddsa-jcs-2022", &document), name, value);
        server.credential(&sealed_by_jcs(&document, &proof, &issuer())).is_refused(name);
    }
    for method in [as_jwk, with(as_multikey, "secretKeyMultibase", json!("zrv"))] {
        let proof = with(proof("eddsa-jcs-2022", &document), "verificationMethod", method);
        server.credential(&sealed_by_jcs(&document, &proof, &issuer())).is_refused("a method written out");
    }
}

#[test]
fn nothing_that_was_sent_comes_back_in_an_error() {
    let server = Server::start();
    let mut document = signed(&small(), Suite::Jcs);
    document["credentialSubject"]["alumniOf"] = json!("Wanjiru Invented");
    let answer = server.credential(&document);
    assert!(!answer.body.contains("Wanjiru"), "{}", answer.body);
}
