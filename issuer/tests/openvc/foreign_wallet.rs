//! Somebody else's wallet, `@openid4vc/openid4vci` on Node (installed by `cargo xtask peers`), through the whole
//! pre-authorized-code flow: from the officer's link to credentials in every form, bound to its keys.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{HolderKey, Sealed};
use sanad_openvc::{KeyBinding, Times, Verifying, VerifyingSdJwt, did_key, verify_credential, verify_sd_jwt};
use serde_json::{Value, json};

use crate::forms::{now, strangers};
use crate::office::{Office, StoreKind, person};
use crate::wallet::{IDENTIFIER, key, office, public};

const CONFIGURATIONS: [&str; 3] = ["coverage-sd-jwt", "coverage-ldp-vc", "coverage-cwt"];

/// What the foreign wallet makes of an offer.
fn wallet(office: &Office, offer: &Value, tx_code: Option<&str>, secrets: &[[u8; 32]]) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let script = target.join("interop-node/wallet.mjs");
    assert!(script.exists(), "the Node peers are not installed: run `cargo xtask peers`");
    let keys: Vec<Value> = secrets
        .iter()
        .map(|secret| {
            let x = public(&sanad_credential::SigningKey::from_secret(secret)).to_jwk()["x"].clone();
            json!({"x": x, "d": URL_SAFE_NO_PAD.encode(secret)})
        })
        .collect();
    let request = json!({
        "offer": offer, "tx_code": tx_code, "configurations": CONFIGURATIONS, "keys": keys,
        "identifier": IDENTIFIER, "address": format!("http://{}", office.address),
    });
    let mut command = Command::new("node");
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("an answer of the wallet")
}

#[test]
fn another_peoples_wallet_receives_every_form_by_an_officers_link() {
    let office = office(StoreKind::Embedded);
    office.wait_until_ready();
    let cti = office.issue("registrar", &person("1", "Zawadi Kanari", "KE-30"));
    let offer = || {
        let body = json!({"tx_code": "digits"});
        office.post("registrar", &format!("/v1/credentials/{cti}/offer"), &body).is(201).json()
    };
    let (secrets, first) = ([[0x61; 32], [0x62; 32]], offer());
    let got = wallet(&office, &first["offer"], first["tx_code"].as_str(), &secrets);
    assert_eq!(got.get("error"), None, "{got}");
    let controllers = strangers(&office);
    for (place, holder) in [key(0x61), key(0x62)].iter().enumerate() {
        let of = |configuration: &str| got["credentials"][configuration][place].clone();
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now: now(),
            times: Times::Refuse,
            key_binding: KeyBinding::None,
        };
        let sd_jwt = verify_sd_jwt(of("coverage-sd-jwt").as_str().unwrap(), &verifying).unwrap();
        assert_eq!(sd_jwt.claims()["cnf"]["jwk"], Value::Object(public(holder).to_jwk()));
        assert_eq!(sd_jwt.claims()["name"], "Zawadi Kanari");
        let verifying = Verifying { controllers: &controllers, now: now(), times: Times::Refuse };
        let credential = of("coverage-ldp-vc");
        let credential = verify_credential(credential.as_object().unwrap(), &verifying).unwrap();
        assert_eq!(credential.subjects(), [did_key(&public(holder))]);
        let document = URL_SAFE_NO_PAD.decode(of("coverage-cwt").as_str().unwrap()).unwrap();
        let claims = Sealed::parse(&document).unwrap().unverified_entitlement().unwrap().look().clone();
        assert_eq!(claims.holder_key, Some(HolderKey(holder.public_key())));
    }
    assert_eq!(got["formats"]["coverage-cwt"], "vnd.sanad.entitlement+cwt");
    // The link again, and with another transaction code.
    let again = wallet(&office, &first["offer"], first["tx_code"].as_str(), &secrets);
    assert_eq!(again["code"], "invalid_grant", "{again}");
    let second = offer();
    let wrong = if second["tx_code"] == "000000" { "000001" } else { "000000" };
    assert_eq!(wallet(&office, &second["offer"], Some(wrong), &secrets)["code"], "invalid_grant");
    office.close();
}
