//! The program that the documentation hands to others, `tests/interop/node/verify.mjs`: software that is not ours finds the
//! keys, the context and the lists by itself, verifies each form, and refuses each when its status changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::DID;
use crate::office::{Office, StoreKind, person, until};

/// What it says, and its exit code.
fn verify(office: &Office, file: &Path) -> (Option<i32>, String) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let script = target.join("interop-node/verify.mjs");
    assert!(script.exists(), "the Node peers are not installed: run `cargo xtask peers`");
    let service = format!("http://{}", office.address);
    let mut command = Command::new("node");
    command.arg(script).arg(file).args(["--service", &service]);
    let output = command.args(["--lists", &format!("{service}/site/status/")]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), said.trim().to_owned())
}

#[test]
fn each_form_is_verified_by_others_software_and_refused_once_it_is_suspended_or_revoked() {
    let office = Office::known_as(StoreKind::Embedded, &[], Some(DID));
    office.wait_until_ready();
    let cti = office.issue("registrar", &person("1", "Zawadi Kanari", "KE-30"));
    let directory = tempfile::tempdir().unwrap();
    let form = |form: &str, name: &str| {
        let file = directory.path().join(name);
        fs::write(&file, office.get("registrar", &format!("/v1/credentials/{cti}/{form}")).is(200).body)
            .unwrap();
        file
    };
    let forms = [
        (
            form("vc", "card.vc.json"),
            "Coverage of did:web:issuer.example, eddsa-rdfc-2022, status lists read",
        ),
        (
            form("vc?cryptosuite=eddsa-jcs-2022", "card.jcs.json"),
            "Coverage of did:web:issuer.example, eddsa-jcs-2022, status lists read",
        ),
        (form("sd-jwt", "card.sd-jwt"), "Coverage of https://issuer.example, SD-JWT VC, status list read"),
    ];
    let verified = || {
        for (file, said) in &forms {
            assert_eq!(verify(&office, file), (Some(0), format!("verified: {said}")));
        }
    };
    let refused = |why: &str| {
        for (file, _) in &forms {
            let (code, said) = verify(&office, file);
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains(why) || said.contains("Status is not valid"), "{said}");
        }
    };
    verified();
    let change = |act: &str, body: Value| {
        office.post("revoker", &format!("/v1/credentials/{cti}/{act}"), &body).is(200);
    };
    change("suspend", json!({"reason": "lost"}));
    until("suspended", || forms.iter().all(|(file, _)| verify(&office, file).0 == Some(1)));
    refused("suspension");
    change("resume", json!({"reason": "found"}));
    until("valid", || forms.iter().all(|(file, _)| verify(&office, file).0 == Some(0)));
    verified();
    change("revoke", json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27"}));
    until("revoked", || forms.iter().all(|(file, _)| verify(&office, file).0 == Some(1)));
    refused("revocation");
    // A signature that is another's.
    let text = fs::read_to_string(&forms[1].0).unwrap();
    let changed = text.replace("Zawadi", "Zawida");
    assert_ne!(text, changed);
    fs::write(&forms[1].0, changed).unwrap();
    let (code, said) = verify(&office, &forms[1].0);
    assert_eq!(code, Some(1));
    assert!(said.contains("signature"), "{said}");
    office.close();
}
