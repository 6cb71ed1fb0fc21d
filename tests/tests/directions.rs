//! The directions of ARCHITECTURE.md, held against `cargo metadata`.

use std::process::Command;

use serde_json::Value;

/// Crates of the workspace that each may depend on, in shipped code.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("sanad-credential", &[]),
    ("sanad-qr", &[]),
    ("sanad-trust", &["sanad-credential"]),
    ("sanad-keyfile", &["sanad-credential"]),
    ("sanad-durable", &[]),
    ("sanad-issuer", &["sanad-credential", "sanad-durable", "sanad-keyfile", "sanad-qr", "sanad-trust"]),
    ("sanad-verifier", &["sanad-credential", "sanad-trust"]),
    ("sanad-messages", &["sanad-credential"]),
    (
        "sanad-verify",
        &["sanad-credential", "sanad-keyfile", "sanad-messages", "sanad-qr", "sanad-trust", "sanad-verifier"],
    ),
    (
        "sanad-wallet",
        &[
            "sanad-credential",
            "sanad-durable",
            "sanad-keyfile",
            "sanad-messages",
            "sanad-qr",
            "sanad-trust",
            "sanad-verifier",
        ],
    ),
    (
        "sanad-tests",
        &[
            "sanad-credential",
            "sanad-issuer",
            "sanad-keyfile",
            "sanad-qr",
            "sanad-trust",
            "sanad-verifier",
            "sanad-wallet",
        ],
    ),
    ("xtask", &[]),
];

#[test]
fn no_crate_depends_against_the_directions() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), ALLOWED.len(), "a new crate needs its directions here");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed = ALLOWED
            .iter()
            .find(|(known, _)| *known == name)
            .expect("a new crate needs its directions here")
            .1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let is_ours = dependency["path"].is_string();
            if is_ours && dependency["kind"].is_null() {
                assert!(allowed.contains(&on), "{name} must not depend on {on}");
            }
        }
    }
}

#[test]
fn the_format_has_no_standard_library_in_its_dependencies() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--package",
            "sanad-credential",
            "--edges",
            "normal,features",
            "--prefix",
            "none",
        ])
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("ed25519-dalek"));
    let with_std: Vec<&str> = tree.lines().filter(|line| line.contains("feature \"std\"")).collect();
    assert!(with_std.is_empty(), "{with_std:?}");
}
