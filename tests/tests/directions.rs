//! The directions of ARCHITECTURE.md, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Crates of the workspace that each may depend on, in shipped code.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("sanad-cells", &[]),
    ("sanad-credential", &[]),
    ("sanad-qr", &[]),
    ("sanad-trust", &["sanad-credential"]),
    ("sanad-keyfile", &["sanad-credential"]),
    ("sanad-openvc", &["sanad-credential", "sanad-trust"]),
    ("sanad-durable", &[]),
    ("sanad-listener", &["sanad-credential"]),
    (
        "sanad-issuer",
        &[
            "sanad-cells",
            "sanad-credential",
            "sanad-durable",
            "sanad-keyfile",
            "sanad-listener",
            "sanad-openvc",
            "sanad-qr",
            "sanad-trust",
        ],
    ),
    ("sanad-verifier", &["sanad-credential", "sanad-trust"]),
    ("sanad-messages", &["sanad-credential"]),
    (
        "sanad-verify",
        &[
            "sanad-cells",
            "sanad-credential",
            "sanad-keyfile",
            "sanad-listener",
            "sanad-messages",
            "sanad-openvc",
            "sanad-qr",
            "sanad-trust",
            "sanad-verifier",
        ],
    ),
    (
        "sanad-wallet",
        &[
            "sanad-credential",
            "sanad-durable",
            "sanad-keyfile",
            "sanad-messages",
            "sanad-openvc",
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
            "sanad-openvc",
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
    let metadata = metadata(&["--no-deps", "--offline"]);
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

/// What a paper QR needs, and what runs in a browser, has none of the open standards' software in it.
#[test]
fn the_path_of_the_paper_qr_has_no_open_standards_in_it() {
    // Of this machine: crates for others need not be there.
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = metadata(&["--offline", "--filter-platform", host]);
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let needs = |id: &str| -> Vec<&str> {
        let node = nodes.iter().find(|node| node["id"] == id).unwrap();
        let is_shipped = |kind: &Value| kind["kind"].is_null() || kind["kind"] == "build";
        let dependencies = node["deps"].as_array().unwrap().iter();
        let shipped = dependencies
            .filter(|dependency| dependency["dep_kinds"].as_array().unwrap().iter().any(is_shipped));
        shipped.map(|dependency| dependency["pkg"].as_str().unwrap()).collect()
    };
    let closure = |name: &str| -> BTreeSet<&str> {
        let (root, _) = names.iter().find(|(_, known)| **known == name).unwrap();
        let mut met = BTreeSet::from([*root]);
        let mut open = vec![*root];
        while let Some(id) = open.pop() {
            open.extend(needs(id).into_iter().filter(|id| met.insert(id)));
        }
        met.into_iter().map(|id| names[id]).collect()
    };
    for name in ["sanad-credential", "sanad-trust", "sanad-qr", "sanad-verifier"] {
        let closure = closure(name);
        assert!(closure.len() > 1, "{name}");
        for open in ["sanad-openvc", "json-ld", "json-syntax"] {
            assert!(!closure.contains(open), "{name} needs {open}");
        }
        let of_ssi: Vec<&&str> = closure.iter().filter(|name| name.starts_with("ssi")).collect();
        assert!(of_ssi.is_empty(), "{name} needs {of_ssi:?}");
    }
    assert!(closure("sanad-openvc").iter().any(|name| name.starts_with("ssi")));
}

fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
