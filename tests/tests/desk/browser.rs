//! A wallet that is a page in a browser: what it may call of the desk, and what it may not.

use serde_json::json;

use crate::OPD;
use crate::service::Desk;
use crate::wallet::{Asked, sd_jwt, shown, vp_token};

#[test]
fn a_wallet_in_a_browser_may_fetch_and_answer_and_nothing_else() {
    let desk = Desk::start(&[]);
    let (_, link) = desk.begin(OPD);
    let asked = Asked::fetch(&desk, &link);
    for (path, method) in [(&asked.request_path, "get, head"), (&asked.response_path, "post")] {
        let preflight = desk.send("OPTIONS", path, "text/plain", "", None);
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
        assert_eq!(preflight.header("access-control-allow-methods"), Some(method));
        assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
        assert!(preflight.header("access-control-allow-credentials").is_none());
    }
    let opened = |answer: crate::service::Answer, status: u16| {
        answer.is(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("access-control-allow-credentials").is_none());
    };
    opened(desk.send("GET", &asked.request_path, "text/plain", "", None), 200);
    let token = vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), &asked)));
    opened(asked.post(&desk, &token), 200);
    // Also a refusal can be read, so that the wallet can say why.
    opened(asked.post(&desk, &token), 409);
    opened(desk.send("GET", "/openid4vp/request/unknown", "text/plain", "", None), 404);
    for path in
        ["/v1/requests", "/v1/requests/x", "/v1/client", "/credentials/verify", "/presentations/verify"]
    {
        for method in ["OPTIONS", "GET", "POST"] {
            let answer = desk.send(method, path, "application/json", "{}", Some(&desk.token));
            assert!(answer.header("access-control-allow-origin").is_none(), "{method} {path}");
            assert!(method != "OPTIONS" || answer.status == 405, "{path}: {}", answer.status);
        }
    }
}
