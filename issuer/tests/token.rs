//! `sanad-issuer token` as an operator uses it, and the token that `init` makes. Each test is named for the rule.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use sanad_issuer::token::PresentedToken;
use serde_json::Value;

struct Place(tempfile::TempDir);

impl Place {
    /// With an invented issuer in `issuer`.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let issuer = place.path("issuer");
        let output =
            place.run(&["init", &issuer, "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        place
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.args(arguments).args(["--now", "2026-03-02"]);
        command.env("SANAD_PASSPHRASE", "correct horse battery").output().unwrap()
    }

    fn token(&self, arguments: &[&str]) -> Output {
        self.run(&[&["token", &self.path("issuer")], arguments].concat())
    }

    fn list(&self) -> Vec<Value> {
        let output = self.token(&["list", "--json"]);
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The store: no secret may be in any of its files.
    fn store_has(&self, secret: &str) -> bool {
        let mut directories = vec![self.0.path().join("issuer/store")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if fs::read(path)
                    .unwrap()
                    .windows(secret.len())
                    .any(|found| found == secret.as_bytes())
                {
                    return true;
                }
            }
        }
        false
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn parse(line: &str) -> PresentedToken {
    PresentedToken::parse(line.strip_suffix('\n').unwrap()).unwrap()
}

#[test]
fn the_token_of_init_issues_and_revokes_and_administers_and_neither_approves_nor_audits() {
    let place = Place::new();
    let path = place.path("issuer/admin.token");
    let line = fs::read_to_string(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let id = parse(&line).id.to_string();
    let listed = place.list();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], id.as_str());
    assert_eq!(listed[0]["roles"], serde_json::json!(["registrar", "revoker", "administrator"]));
    assert_eq!(listed[0]["expires"], "2026-05-31T00:00:00Z");
    assert!(!place.store_has(&line[15..58]), "the secret is in the store");
}

#[test]
fn a_token_goes_into_a_file_of_its_owner_and_not_to_the_screen() {
    let place = Place::new();
    let path = place.path("desk.token");
    let output =
        place.token(&["create", "--role", "registrar", "--area", "KE-30", "--days", "30", "--out", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line = fs::read_to_string(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (id, secret) = (parse(&line).id.to_string(), &line[15..58]);
    for shown in [&output.stdout, &output.stderr] {
        assert!(!text(shown).contains(secret));
    }
    assert!(text(&output.stdout).contains(&id));
    let listed = place.list();
    let listed = listed.iter().find(|token| token["id"] == id.as_str()).unwrap();
    assert_eq!(
        (&listed["areas"], &listed["expires"]),
        (&serde_json::json!(["KE-30"]), &"2026-04-01T00:00:00Z".into())
    );
    assert!(!text(&place.token(&["list"]).stdout).contains(secret));
    assert!(!place.store_has(secret), "the secret is in the store");
}

#[test]
fn only_show_prints_a_token() {
    let place = Place::new();
    let shown = place.token(&["create", "--role", "auditor", "--show"]);
    parse(&text(&shown.stdout));
    assert_eq!(place.token(&["create", "--role", "auditor"]).status.code(), Some(2));
    let both = place.token(&["create", "--role", "auditor", "--show", "--out", &place.path("t")]);
    assert_eq!(both.status.code(), Some(2));
    assert_eq!(place.list().len(), 2);
}

#[test]
fn a_file_that_is_there_is_kept_and_no_token_is_made_for_it() {
    let place = Place::new();
    let path = place.path("desk.token");
    fs::write(&path, "somebody's").unwrap();
    let output = place.token(&["create", "--role", "registrar", "--out", &path]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
    assert_eq!(place.list().len(), 1);
}

#[test]
fn a_token_that_nobody_got_does_not_count() {
    let place = Place::new();
    let output = place.token(&["create", "--role", "registrar", "--out", &place.path("missing/desk.token")]);
    assert_eq!(output.status.code(), Some(3));
    let listed = place.list();
    assert_eq!(listed.iter().filter(|token| token["standing"] == "withdrawn").count(), 1);
}

#[test]
fn a_withdrawn_token_is_listed_as_such() {
    let place = Place::new();
    let id = parse(&fs::read_to_string(place.path("issuer/admin.token")).unwrap()).id.to_string();
    assert_eq!(place.token(&["withdraw", &id]).status.code(), Some(0));
    assert_eq!(place.list()[0]["standing"], "withdrawn");
    assert_eq!(place.token(&["withdraw", &id]).status.code(), Some(0));
    assert_eq!(place.token(&["withdraw", "00000000"]).status.code(), Some(3));
}

#[test]
fn a_token_that_was_given_as_an_argument_is_not_repeated() {
    let place = Place::new();
    let token = fs::read_to_string(place.path("issuer/admin.token")).unwrap();
    let output = place.token(&["withdraw", token.trim()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!text(&output.stderr).contains(&token[15..58]));
    assert!(text(&output.stderr).contains(&format!("withdraw {}", &token[6..14])));
}

#[test]
fn a_token_has_an_end_within_400_days_and_a_role_of_the_table() {
    let place = Place::new();
    for (role, days, code) in
        [("registrar", "0", 2), ("registrar", "401", 2), ("root", "30", 2), ("", "30", 2)]
    {
        let output = place.token(&["create", "--role", role, "--days", days, "--show"]);
        assert_eq!(output.status.code(), Some(code), "{role} {days}: {}", text(&output.stderr));
    }
    let delegate = place.token(&["create", "--role", "registrar", "--delegation", "KE-COOP1", "--show"]);
    assert_eq!(delegate.status.code(), Some(3));
    assert!(text(&delegate.stderr).contains("no delegation of KE-COOP1 is in force"));
    assert_eq!(place.list().len(), 1);
}
