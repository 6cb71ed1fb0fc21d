//! The commands as a person uses them: words, exit codes, and nothing half written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::invented::PASSPHRASE;

/// Three invented members.
const REGISTER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory
M-1,Test Person One,1991,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
M-2,Test Person Two,1992,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
M-3,Test Person Three,1993,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
";

struct Place {
    root: tempfile::TempDir,
    issuer: PathBuf,
    ids: Vec<String>,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
    command.args(arguments).args(["--now", "2027-01-15T12:00:00Z"]).env("SANAD_PASSPHRASE", PASSPHRASE);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", words(&output.stderr));
    words(&output.stdout)
}

fn refused(code: i32, arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", words(&output.stderr));
    assert_eq!(words(&output.stdout), "", "{arguments:?}");
    words(&output.stderr)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let (issuer, cards) = (root.path().join("issuer"), root.path().join("cards"));
    let register = root.path().join("people.csv");
    fs::write(&register, REGISTER).unwrap();
    let prefix = "https://s.example/k/";
    done(&[
        "init",
        text(&issuer),
        "--issuer",
        "KE-SHA",
        "--country",
        "KE",
        "--name",
        "I",
        "--status-prefix",
        prefix,
    ]);
    done(&["issue", text(&issuer), "--input", text(&register), "--out", text(&cards)]);
    let index = fs::read_to_string(cards.join("index.csv")).unwrap();
    let ids = index.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    Place { root, issuer, ids }
}

impl Place {
    fn path(&self, name: &str) -> String {
        text(&self.root.path().join(name)).to_owned()
    }

    fn dir(&self) -> &str {
        text(&self.issuer)
    }

    /// A directory with the issuer's configuration and keys, and no store.
    fn bare(&self, name: &str) -> String {
        let dir = self.path(name);
        fs::create_dir(&dir).unwrap();
        for file in ["issuer.toml", "keys.age"] {
            fs::copy(self.issuer.join(file), Path::new(&dir).join(file)).unwrap();
        }
        dir
    }
}

#[test]
fn a_store_moves_by_export_and_import() {
    let place = place();
    done(&["status", place.dir(), "revoke", &place.ids[1]]);
    let (file, target) = (place.path("export"), place.bare("target"));
    let said = done(&["export", place.dir(), "--out", &file]);
    assert!(said.contains("documents: 3, lines of the audit log: 5"), "{said}");
    assert!(refused(2, &["export", place.dir(), "--out", &file]).contains("exists; choose another name"));
    let said = done(&["import", &target, &file, "--json"]);
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&answer["documents"], &answer["next"], &answer["verified"]),
        (&3.into(), &3.into(), &true.into())
    );
    let again = refused(3, &["import", &target, &file]);
    assert!(again.contains("the store is not empty"), "{again}");
    let said = done(&["status", &target, "revoke", &place.ids[1]]);
    assert!(said.contains("revoked already"), "{said}");
    let log = done(&["audit", &target, "verify"]);
    assert!(log.contains("The log is whole: lines 6"), "{log}");
}

#[test]
fn a_bad_export_is_refused_with_file_line_and_fault_and_no_store_is_made() {
    let place = place();
    let (file, target) = (place.path("export"), place.bare("target"));
    done(&["export", place.dir(), "--out", &file]);
    let whole = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut: String = lines[..6].iter().map(|line| format!("{line}\n")).collect();
    let altered = whole.replacen("\"document\":\"0oRR", "\"document\":\"0oRS", 1);
    for (bad, line, fault) in [
        (cut.as_str(), 7, "the file was cut off: its last line is missing"),
        (altered.as_str(), 3, "document"),
        ("hello\n", 1, "this is no export of a store"),
        ("", 1, "cut off"),
    ] {
        fs::write(&file, bad).unwrap();
        let said = refused(3, &["import", &target, &file]);
        assert!(said.contains(&format!("{file}, line {line}: ")) && said.contains(fault), "{said}");
        assert!(!Path::new(&target).join("store").exists(), "{said}");
    }
    let said = refused(3, &["import", &target, &place.path("nowhere")]);
    assert!(said.contains("nowhere: No such file"), "{said}");
}

#[test]
fn a_backup_comes_back_and_says_what_to_do_about_its_lists() {
    let place = place();
    let (file, dir) = (place.path("backup"), place.path("restored"));
    let said = done(&["backup", place.dir(), "--out", &file]);
    assert!(said.contains("written and read back: documents 3"), "{said}");
    let said = done(&["restore", &file, "--dir", &dir]);
    assert!(said.contains("status list 4") && said.contains("raised to 8"), "{said}");
    assert!(said.contains("Publish the issuer's record again"), "{said}");
    let record = done(&["record", &dir]);
    assert!(record.contains("\"lists\": 8"), "{record}");
    assert!(refused(2, &["restore", &file, "--dir", &dir]).contains("is there already"));
    let known = place.path("known");
    let said = done(&["restore", &file, "--dir", &known, "--issued-since", "500", "--json"]);
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&answer["list"], &answer["status_lists"]), (&1.into(), &Value::Null));
    // It goes on: a new person's card stands in the new list.
    let register = place.path("more.csv");
    fs::write(&register, REGISTER.replace("M-1,Test Person One", "M-4,Test Person Four")).unwrap();
    done(&["issue", &known, "--input", &register, "--out", &place.path("more")]);
    let published = done(&["status", &known, "publish", "--out", &place.path("lists")]);
    assert!(published.contains("signed: 4") || published.contains("signed: 2"), "{published}");
}

#[test]
fn a_wrong_passphrase_and_other_files_are_no_backup() {
    let place = place();
    let (file, dir) = (place.path("backup"), place.path("restored"));
    done(&["backup", place.dir(), "--out", &file]);
    let wrong =
        command(&["restore", &file, "--dir", &dir]).env("SANAD_PASSPHRASE", "wrong horse").output().unwrap();
    assert_eq!(wrong.status.code(), Some(3));
    assert!(words(&wrong.stderr).contains("the passphrase does not open"), "{}", words(&wrong.stderr));
    assert!(!words(&wrong.stderr).contains("wrong horse"));
    for other in ["people.csv", "issuer/keys.age", "issuer/issuer.toml"] {
        let said = refused(3, &["restore", &place.path(other), "--dir", &dir]);
        assert!(said.contains("backup"), "{said}");
    }
    assert!(refused(3, &["restore", &place.path("nowhere"), "--dir", &dir]).contains("No such file"));
    assert!(!Path::new(&dir).exists() && !Path::new(&format!("{dir}.restoring")).exists());
}

#[test]
fn a_store_in_use_is_neither_exported_nor_backed_up_and_says_why() {
    let place = place();
    let store =
        crate::invented::open_store(&place.issuer, &sanad_credential::IssuerId::new("KE-SHA").unwrap());
    for act in ["export", "backup"] {
        let said = refused(1, &[act, place.dir(), "--out", &place.path(act)]);
        assert!(
            said.contains("in use by another process") && said.contains("Stop the service first"),
            "{said}"
        );
        assert!(!Path::new(&place.path(act)).exists());
    }
    drop(store);
}

#[test]
fn the_log_is_verified_from_the_store_and_from_a_copy_of_it() {
    let place = place();
    let (log, point, record) = (place.path("log"), place.path("point"), place.path("record"));
    done(&["record", place.dir(), "--out", &record]);
    let said = done(&["audit", place.dir(), "checkpoint", "--out", &point]);
    assert!(said.contains("Signed after 4 lines"), "{said}");
    let said = done(&["audit", place.dir(), "verify", "--checkpoint", &point]);
    assert!(said.contains("lines 5, checkpoints that agree 2"), "{said}");
    done(&["audit", place.dir(), "export", "--out", &log]);
    let file = ["audit", "verify", "--file", &log, "--record", &record, "--checkpoint", &point];
    let said = done(&[&file[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&answer["lines"], &answer["checkpoints"]), (&5.into(), &1.into()));
    let whole = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for (bad, fault) in [
        (format!("{}\n{}\n", lines[0], lines[2]), "line 1 is missing"),
        (whole.replacen("issue", "renew", 1), "line 2 was written after another line"),
        (format!("{}\n", lines[0]), "lines 1 to 3 are missing"),
        (whole.trim_end().to_owned(), "cut off"),
    ] {
        fs::write(&log, bad).unwrap();
        let said = refused(3, &file);
        assert!(said.contains(fault) && said.contains(&log), "{said}");
    }
    assert!(refused(2, &["audit", "verify"]).contains("--file"));
    assert!(refused(2, &["audit", "checkpoint", "--out", &point]).contains("directory"));
    assert!(refused(2, &["audit", "verify", "--file", &log, "--checkpoint", &point]).contains("--record"));
    // An older one is replaced, and nothing else.
    done(&["audit", place.dir(), "checkpoint", "--out", &point]);
    let other = fs::read(&record).unwrap();
    let said = refused(3, &["audit", place.dir(), "checkpoint", "--out", &record]);
    assert!(said.contains("no checkpoint"), "{said}");
    assert_eq!(fs::read(&record).unwrap(), other);
    fs::write(&point, "{}").unwrap();
    assert!(refused(3, &file).contains("no checkpoint"));
}

#[test]
fn what_is_written_is_not_put_into_the_issuers_own_files() {
    let place = place();
    let dir = place.dir();
    for own in ["store/db", "store/more", "keys.age", "issuer.toml"] {
        let out = format!("{dir}/{own}");
        for act in [
            vec!["export", dir],
            vec!["backup", dir],
            vec!["audit", dir, "export"],
            vec!["audit", dir, "checkpoint"],
        ] {
            refused(2, &[&act[..], &["--out", &out]].concat());
        }
    }
    done(&["audit", dir, "verify"]);
}
