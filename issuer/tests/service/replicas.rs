//! Several programs on one database: what the ones that do not publish show.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::office::{Office, StoreKind, person, until};

const LIST: &str = "/site/status/0";

#[test]
fn a_site_that_another_replica_has_left_behind_is_not_shown() {
    let mut office = Office::new(StoreKind::Postgres);
    office.wait_until_ready();
    let first = office.get("", LIST).is(200).body;
    let shared = office.replica(&[]);
    let apart = office.replica(&[("SITE_DIR", "elsewhere")]);
    let cti = office.issue("registrar", &person("77", "Zawadi Kanari", "KE-30"));
    let change = |office: &Office, cti: &str, act: &str| {
        office.post("revoker", &format!("/v1/credentials/{cti}/{act}"), &json!({"reason": "lost"})).is(200);
    };
    // What another one publishes is not here, and that is said. Where the directory is shared it is, and shown although it is
    // always a moment late.
    until("not shown", || {
        change(&office, &cti, "suspend");
        shared.get(LIST).is(200);
        change(&office, &cti, "resume");
        apart.get(LIST).status == 503
    });
    let refused = apart.get(LIST).refused(503, "not-ready");
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    assert_eq!(apart.get("/site/record.json").status, 503);
    assert_eq!(apart.get("/readyz").status, 200);
    change(&office, &cti, "suspend");
    until("published", || shared.get(LIST).is(200).body != first);
    // A publication to somewhere else leaves nothing behind: what is shared says the same.
    office.run(&["status", "issuer", "publish", "--out", "stick"]);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(13) {
        shared.get(LIST).is(200);
        std::thread::sleep(Duration::from_millis(200));
    }
    // Who takes over publishes, and shows what it published; who comes back finds its own behind at the next change.
    drop(shared);
    office.stop();
    until("taken over", || apart.get(LIST).status == 200);
    assert_ne!(apart.get(LIST).body, first);
    office.start();
    office.get("", LIST).is(200);
    change(&office, &cti, "resume");
    until("left behind", || office.get("", LIST).status == 503);
    assert_eq!(apart.get(LIST).status, 200);
    office.close();
}
