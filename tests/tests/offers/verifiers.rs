//! Verifiers that are none, or ask what is not answered: nothing is sent to any of them.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Sign as _, SigningKey};
use sanad_openvc::{PublicKey, did_key, sole_method};
use serde_json::{Value, json};

use crate::office::Office;
use crate::pretenders::{Pretender, Said};
use crate::wallet::{Wallet, record_of};

/// A verifier on this machine, what it says bent by a test, and the paths it was asked for.
struct Verifier {
    pretender: Pretender,
    asked: Arc<Mutex<Vec<String>>>,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

fn did(key: &SigningKey) -> String {
    did_key(&PublicKey::Ed25519(key.public_key()))
}

fn client(key: &SigningKey) -> String {
    format!("decentralized_identifier:{}", did(key))
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Header and claims of a request as a verifier at this address makes it.
fn request(url: &str) -> (Value, Value) {
    (
        json!({"alg": "EdDSA", "typ": "oauth-authz-req+jwt", "kid": sole_method(&did(&key(1))).unwrap()}),
        json!({
            "aud": "https://self-issued.me/v2", "client_id": client(&key(1)), "response_type": "vp_token",
            "response_mode": "direct_post", "response_uri": format!("{url}/response"), "nonce": "n".repeat(32), "state": "s".repeat(32),
            "dcql_query": {"credentials": [{"id": "a", "format": "dc+sd-jwt",
                "meta": {"vct_values": ["urn:sanad:vct:coverage:v1"]}, "claims": [{"path": ["name"]}]}]},
        }),
    )
}

fn signed(header: &Value, claims: &Value, signer: &SigningKey) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let Ok(signature) = signer.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn text(media_type: &str, text: &str) -> Said {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n");
    Said::Whole(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()))
}

impl Verifier {
    /// Its request object is what the closure makes of its address; to an answer it names an address.
    fn start(object: impl Fn(&str) -> String + Send + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let paths = Arc::clone(&asked);
        let pretender = Pretender::start(move |url, path| {
            paths.lock().unwrap().push(path.to_owned());
            match path {
                "/request" => text("application/oauth-authz-req+jwt", &object(url)),
                _ => Pretender::json(&json!({"redirect_uri": format!("{url}/elsewhere")})),
            }
        });
        Self { pretender, asked }
    }

    fn link_of(&self, client: &str) -> String {
        let address = escaped(&format!("{}/request", self.pretender.url));
        format!("openid4vp://?client_id={}&request_uri={address}", escaped(client))
    }

    fn link(&self) -> String {
        self.link_of(&client(&key(1)))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn holder() -> Wallet {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    wallet.does(&["add", &office.offer(&office.issue(1), "none").link, "--record", &record]);
    wallet
}

#[test]
fn an_answer_is_taken_and_the_address_behind_it_is_shown_and_not_followed() {
    let wallet = holder();
    let verifier = Verifier::start(|url| {
        let (header, claims) = request(url);
        signed(&header, &claims, &key(1))
    });
    let output = wallet.run(&["present", &verifier.link(), "--yes"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("/elsewhere") && said.contains("does not follow"),
        "{said}"
    );
    assert!(said.contains("name: Wanjiru Invented") && !said.contains("number: "), "{said}");
    assert_eq!(verifier.asked(), ["/request", "/response"]);
}

#[test]
fn a_request_that_does_not_hold_gets_no_answer() {
    let wallet = holder();
    type Bend = fn(&str) -> String;
    let cases: [(Bend, &str); 13] = [
        (
            |url| {
                let (header, claims) = request(url);
                signed(&header, &claims, &key(2))
            },
            "the signature does not verify",
        ),
        (
            |url| {
                let (mut header, claims) = request(url);
                header["kid"] = json!(sole_method(&did(&key(2))).unwrap());
                signed(&header, &claims, &key(2))
            },
            "header.kid",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["client_id"] = json!(client(&key(2)));
                signed(&header, &claims, &key(1))
            },
            "the client id of the link and of the request differ",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["response_uri"] = json!("https://attacker.example/response");
                signed(&header, &claims, &key(1))
            },
            "wants the answer sent to another server, https://attacker.example",
        ),
        (
            |url| {
                let (mut header, claims) = request(url);
                header["typ"] = json!("JWT");
                signed(&header, &claims, &key(1))
            },
            "header.typ",
        ),
        (
            |url| {
                let (mut header, claims) = request(url);
                header["alg"] = json!("none");
                signed(&header, &claims, &key(1))
            },
            "unknown algorithm \"none\"",
        ),
        (
            |url| {
                let (mut header, claims) = request(url);
                header["alg"] = json!("ES256");
                signed(&header, &claims, &key(1))
            },
            "differ",
        ),
        (
            |url| {
                let (mut header, claims) = request(url);
                header["crit"] = json!(["x"]);
                signed(&header, &claims, &key(1))
            },
            "unknown header parameter \"crit\"",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["response_mode"] = json!("direct_post.jwt");
                signed(&header, &claims, &key(1))
            },
            "response_mode is \"direct_post.jwt\", direct_post is wanted",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["padding"] = json!("x".repeat(70_000));
                signed(&header, &claims, &key(1))
            },
            "has more than 65536 bytes",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["deep"] = (0..60).fold(json!(1), |inner, _| json!([inner]));
                signed(&header, &claims, &key(1))
            },
            "levels",
        ),
        (
            |url| {
                let (header, mut claims) = request(url);
                claims["dcql_query"]["credentials"][0]["claims"] = json!([{"path": ["photo"]}]);
                signed(&header, &claims, &key(1))
            },
            "asks for urn:sanad:vct:coverage:v1 with photo; it holds urn:sanad:vct:coverage:v1",
        ),
        (|_| "<html>".to_owned(), "a compact JWT"),
    ];
    for (bend, word) in cases {
        let verifier = Verifier::start(bend);
        wallet.refuses(&["present", &verifier.link(), "--yes"], word);
        assert_eq!(verifier.asked(), ["/request"], "{word}");
        // A refusal is not told either, where the request does not hold.
        if !word.starts_with("asks for") {
            wallet.refuses(&["present", &verifier.link(), "--decline"], word);
            assert!(!verifier.asked().contains(&"/response".to_owned()), "{word}");
        }
    }
}

#[test]
fn a_link_with_another_client_than_its_request_gets_no_answer() {
    let wallet = holder();
    let verifier = Verifier::start(|url| {
        let (header, claims) = request(url);
        signed(&header, &claims, &key(1))
    });
    wallet.refuses(&["present", &verifier.link_of(&client(&key(2))), "--yes"], "header.kid");
    for (other, word) in [
        ("x509_san_dns:desk.example", "of a kind that this wallet cannot check"),
        ("decentralized_identifier:did:web:desk.example", "of a kind that this wallet cannot check"),
    ] {
        wallet.refuses(&["present", &verifier.link_of(other), "--yes"], word);
    }
    assert_eq!(verifier.asked(), ["/request"]);
    let elsewhere = format!(
        "openid4vp://?client_id={}&request_uri={}",
        escaped(&client(&key(1))),
        escaped("ftp://desk.example")
    );
    wallet.refuses(&["present", &elsewhere, "--yes"], "no https address");
    wallet.refuses(&["present", "openid4vp://?x=y", "--yes"], "the parameter \"x\"");
}

#[test]
fn what_became_of_an_answer_that_was_not_taken_or_not_heard_of_is_said() {
    let wallet = holder();
    for (says, word) in [
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 27\r\nConnection: close\r\n\r\n{\"error\":\"invalid_request\"}",
            "refused (400): invalid_request; the verifier did not take",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n<thanks/>",
            "whether the verifier has the answer is not known",
        ),
        ("", "whether the verifier has the answer is not known"),
    ] {
        let pretender = Pretender::start(move |url, path| match path {
            "/request" => {
                let (header, claims) = request(url);
                text("application/oauth-authz-req+jwt", &signed(&header, &claims, &key(1)))
            }
            _ => Said::Whole(says.to_owned()),
        });
        let address = escaped(&format!("{}/request", pretender.url));
        let link = format!("openid4vp://?client_id={}&request_uri={address}", escaped(&client(&key(1))));
        wallet.refuses(&["present", &link, "--yes"], word);
    }
    wallet.refuses(
        &["present", "no-such-picture.png", "--yes"],
        "no verifier's link (openid4vp://…) is in \"no-such-picture.png\"",
    );
}

#[test]
fn a_verifier_that_redirects_or_says_too_much_is_not_followed() {
    let wallet = holder();
    let inside = Pretender::start(|_, _| Pretender::status(200));
    let to = inside.url.clone();
    let pretender = Pretender::start(move |_, path| match path {
        "/request" => {
            let head = format!("HTTP/1.1 302 Elsewhere\r\nLocation: {to}/request\r\n");
            Said::Whole(format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n"))
        }
        _ => text("text/plain", &"x".repeat(2 << 20)),
    });
    for (path, word) in
        [("request", "redirects (302), which is not followed"), ("large", "has more than 524288 bytes")]
    {
        let address = escaped(&format!("{}/{path}", pretender.url));
        let link = format!("openid4vp://?client_id={}&request_uri={address}", escaped(&client(&key(1))));
        wallet.refuses(&["present", &link, "--yes"], word);
    }
}
