//! A wallet that is a page in a browser: what it may call from its own site, and what it may not.

use crate::office::{Office, StoreKind};
use crate::wallet::office;

const ORIGIN: &str = "https://wallet.example";

fn allowed(office: &Office, method: &str, target: &str, wanted: &[&str]) {
    let asked = office
        .call("", "OPTIONS", target)
        .header("Origin", ORIGIN)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", &wanted.join(","))
        .send()
        .is(204);
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"), "{target}");
    let methods = asked.header("access-control-allow-methods").unwrap();
    assert!(methods.split(", ").any(|allowed| allowed == method), "{target}: {methods}");
    let headers = asked.header("access-control-allow-headers").unwrap();
    for name in wanted {
        assert!(headers.split(", ").any(|allowed| allowed.eq_ignore_ascii_case(name)), "{target}: {headers}");
    }
    assert!(asked.header("access-control-allow-credentials").is_none(), "{target}");
    // Also a refusal can be read, so that the wallet can say why.
    let answer = office.call("", method, target).header("Origin", ORIGIN).send();
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{target}: {}", answer.status);
    assert!(answer.header("access-control-allow-credentials").is_none(), "{target}");
}

#[test]
fn a_wallet_in_a_browser_may_call_what_wallets_call_and_nothing_else() {
    let office = office(StoreKind::Embedded);
    for name in ["openid-credential-issuer", "oauth-authorization-server"] {
        allowed(&office, "GET", &format!("/.well-known/{name}"), &[]);
        allowed(&office, "GET", &format!("/.well-known/{name}/path"), &[]);
    }
    for name in ["token", "nonce", "credential", "deferred", "notification"] {
        allowed(&office, "POST", &format!("/openid4vci/{name}"), &["authorization", "content-type"]);
    }
    for (method, target) in [
        ("POST", "/v1/credentials"),
        ("POST", "/v1/credentials/0000000000000000/offer"),
        ("GET", "/v1/credentials"),
        ("POST", "/credentials/issue"),
        ("POST", "/credentials/status"),
        ("GET", "/readyz"),
        ("GET", "/openapi.json"),
    ] {
        for method in [method, "OPTIONS"] {
            let answer = office.call("", method, target).header("Origin", ORIGIN).send();
            assert!(answer.header("access-control-allow-origin").is_none(), "{method} {target}");
            assert!(method != "OPTIONS" || answer.status >= 400, "{target}: {}", answer.status);
        }
    }
}
