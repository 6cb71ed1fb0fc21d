//! Several programs on one database: what the ones that do not publish show.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::office::{Office, StoreKind, person};

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(120), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_site_that_another_replica_has_left_behind_is_not_shown() {
    let mut office = Office::new(StoreKind::Postgres);
    office.wait_until_ready();
    let list = "/site/status/0";
    let first = office.get("", list).is(200).body;
    let shared = office.replica(&[]);
    let apart = office.replica(&[("SITE_DIR", "elsewhere")]);
    // What another one publishes is not here, and that is said.
    until("not shown", || apart.get(list).status == 503);
    let refused = apart.get(list).refused(503, "not-ready");
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    assert_eq!(apart.get("/site/record.json").status, 503);
    assert_eq!(apart.get("/readyz").status, 200);
    // Where the directory is shared, it is.
    let cti = office.issue("registrar", &person("77", "Zawadi Kanari", "KE-30"));
    office.post("revoker", &format!("/v1/credentials/{cti}/suspend"), &json!({"reason": "lost"})).is(200);
    until("published", || shared.get(list).is(200).body != first);
    // Who takes over publishes, and shows what it published; who comes back finds its own behind.
    drop(shared);
    office.stop();
    until("taken over", || apart.get(list).status == 200);
    assert_ne!(apart.get(list).body, first);
    office.start();
    until("left behind", || office.get("", list).status == 503);
    assert_eq!(apart.get(list).status, 200);
    office.close();
}
