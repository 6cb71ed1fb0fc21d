//! A clinic's device is enrolled, replaced and taken back: two programs that never see each other, and a request and a
//! delegation carried between them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sanad_credential::{CLAIMS_LIMITS, Claims, Json, PublicKey, Receipt, Sealed, seal_receipt};
use sanad_keyfile::DelegateKey;
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_tests::programs::program;
use sanad_trust::{DelegateRejection, IssuerRecord, Opened, open, open_encounter};
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";

fn run(name: &str, arguments: &[&str]) -> Output {
    Command::new(program(name)).args(arguments).env("SANAD_PASSPHRASE", PASSPHRASE).output().unwrap()
}

fn done(name: &str, arguments: &[&str]) -> Output {
    let output = run(name, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn enrol(dir: &Path, device: &str) -> Claims {
    let at = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (state, request, out) = (at(device), at(&format!("{device}.json")), at(&format!("{device}.cwt")));
    #[rustfmt::skip]
    done("sanad-verify", &["key", "init", "--facility", "UG-F01", "--state", &state, "--out", &request]);
    #[rustfmt::skip]
    done("sanad-issuer", &["delegate", &at("issuer"), "answer", &request, "--from", "2026-03-01",
                           "--to", "2026-12-31", "--out", &out, "--now", "2026-03-01"]);
    let record = IssuerRecord::parse(&fs::read_to_string(dir.join("record.json")).unwrap()).unwrap();
    match open(&Sealed::parse(&fs::read(out).unwrap()).unwrap(), &record).unwrap() {
        Opened::Entitlement(claims) => *claims,
        Opened::StatusList(_) => panic!("a status list"),
    }
}

fn receipt(state: &Path) -> Vec<u8> {
    let passphrase = Passphrase::parse(PASSPHRASE, Purpose::Open).unwrap();
    let own = DelegateKey::load(&state.join("key.age"), &passphrase).unwrap();
    let text = r#"{"iss":"UG-F01","iat":"2026-03-02","cti":"2122232425262728","decision":"COVERED","assurance":"FIRM",
        "action":"TREAT_COPAY","reasons":[],"credential":null,"credential_hash":null,"benefits":["OPD"],
        "service_date":"2026-03-02","person":"match","emergency":false,"clock":"ok","rests_on":{"timestamp":1,
        "pack":"2026-03-01","status":null,"rulebook":null,"agreement":null},"good_faith":false,"previous":null,"place":"UG"}"#;
    let receipt = Receipt::from_json(&Json::parse(text, CLAIMS_LIMITS).unwrap()).unwrap();
    seal_receipt(&receipt, &own.key).unwrap()
}

#[test]
fn a_stolen_devices_receipts_are_told_from_those_of_its_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let issuer = dir.path().join("issuer").to_str().unwrap().to_owned();
    let record = dir.path().join("record.json").to_str().unwrap().to_owned();
    #[rustfmt::skip]
    done("sanad-issuer", &["init", &issuer, "--issuer", "UG-NHIS", "--country", "UG", "--name", "Invented",
                           "--status-prefix", "https://s.example/", "--now", "2026-03-01"]);
    done("sanad-issuer", &["record", &issuer, "--out", &record]);

    let (stolen, replacement) = (enrol(dir.path(), "stolen"), enrol(dir.path(), "replacement"));
    for (device, own, other) in [("stolen", &stolen, &replacement), ("replacement", &replacement, &stolen)] {
        let document = receipt(&dir.path().join(device));
        let sealed = Sealed::parse(&document).unwrap();
        assert_eq!(open_encounter(&sealed, own).unwrap().iss.as_str(), "UG-F01");
        let found = open_encounter(&sealed, other).unwrap_err();
        assert!(matches!(found, DelegateRejection::KeyUnknown { .. }), "{found:?}");
    }
    let revoke = run("sanad-issuer", &["delegate", &issuer, "revoke", "UG-F01", "--json"]);
    assert_eq!(revoke.status.code(), Some(0));
    let found: Vec<Value> = String::from_utf8(revoke.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ids: Vec<&str> = found.iter().map(|granted| granted["cti"].as_str().unwrap()).collect();
    assert_eq!(ids, [stolen.cti.to_string(), replacement.cti.to_string()]);
}

#[test]
fn a_devices_key_is_made_once_and_shown_again() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state").to_str().unwrap().to_owned();
    let show = ["key", "show", "--state", &state];
    assert_eq!(run("sanad-verify", &show).status.code(), Some(3), "there is none yet");
    let init = ["key", "init", "--facility", "UG-F01", "--state", &state];
    let first: Value = serde_json::from_slice(&done("sanad-verify", &init).stdout).unwrap();
    assert_eq!((first["id"].as_str(), &first["scopes"]), (Some("UG-F01"), &serde_json::json!(["verify"])));
    assert!(PublicKey::from_hex(first["key"].as_str().unwrap()).is_ok());
    let again = run("sanad-verify", &init);
    assert_eq!((again.status.code(), again.stdout.as_slice()), (Some(2), &b""[..]));
    assert_eq!(serde_json::from_slice::<Value>(&done("sanad-verify", &show).stdout).unwrap(), first);
    let wrong = Command::new(program("sanad-verify"))
        .args(show)
        .env("SANAD_PASSPHRASE", "another one")
        .output()
        .unwrap();
    assert_eq!((wrong.status.code(), wrong.stdout.as_slice()), (Some(3), &b""[..]));
    let replaced = done("sanad-verify", &[&init[..], &["--replace"]].concat());
    assert_ne!(serde_json::from_slice::<Value>(&replaced.stdout).unwrap()["key"], first["key"]);
    let unknown = run("sanad-verify", &[&init[..], &["--replace", "--scope", "treat"]].concat());
    assert_eq!(unknown.status.code(), Some(2));
}

/// Without `--state` the key is where other programs of this user would look for it, and closed to other users.
#[test]
fn the_state_is_in_its_owners_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let init = |variable: &str| {
        Command::new(program("sanad-verify"))
            .args(["key", "init", "--facility", "UG-F01"])
            .env("SANAD_PASSPHRASE", PASSPHRASE)
            .env("HOME", home.path())
            .env("XDG_STATE_HOME", variable)
            .output()
            .unwrap()
    };
    assert!(init("").status.success());
    let state = home.path().join(".local/state/sanad");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(state.join("key.age")).unwrap().permissions().mode() & 0o777, 0o600);
    let elsewhere = home.path().join("elsewhere");
    assert!(init(elsewhere.to_str().unwrap()).status.success());
    assert!(elsewhere.join("sanad/key.age").exists());
}
