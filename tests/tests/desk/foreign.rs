//! A wallet that we did not write: `@openid4vc/openid4vp` and `@sd-jwt` on Node, through the whole of `direct_post`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::OPD;
use crate::service::{Desk, PUBLIC_URL};
use crate::wallet::{phone, sd_jwt};

fn presented(desk: &Desk, link: &str) -> Value {
    let target = std::env::current_exe().unwrap();
    let target = target.ancestors().find(|dir| dir.join("interop-node").is_dir());
    let directory: PathBuf =
        target.expect("the Node peers are not installed: run `cargo xtask test`").join("interop-node");
    let request = json!({
        "link": link,
        "base": PUBLIC_URL,
        "address": desk.base(),
        "sd_jwt": sd_jwt(),
        "key": {
            "x": URL_SAFE_NO_PAD.encode(phone(7).public_key().0),
            "d": URL_SAFE_NO_PAD.encode([7; 32]),
        },
    });
    let mut node = Command::new("node")
        .arg(directory.join("presenter.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_foreign_wallet_presents_once_and_is_decided() {
    // By the clock of this machine, as the wallet has no other.
    let desk = Desk::start_by_the_clock();
    let (id, link) = desk.begin(OPD);
    let outcome = presented(&desk, &link);
    assert_eq!(outcome["status"], 200, "{outcome}");
    assert_eq!(outcome["client"], "decentralized_identifier", "{outcome}");
    let view = desk.view(&id);
    assert_eq!(view["state"], "answered", "{view}");
    assert_eq!(view["answer"]["claims"]["subject"]["name"], "Nekesa Wafula Barasa");
    // The household was not disclosed, since the holder is served.
    assert!(view["answer"]["claims"]["subject"]["members"].is_null(), "{view}");
    let again = presented(&desk, &link);
    assert!(again["error"].is_string(), "{again}");
}
