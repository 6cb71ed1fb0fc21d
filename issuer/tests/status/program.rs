//! `sanad-issuer status` as a person uses it: words, exit codes, and nothing changed by a list with a mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_credential::Status;
use serde_json::{Value, json};

use crate::published::cwt;

/// Three invented members.
const REGISTER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory
M-1,Test Person One,1991,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
M-2,Test Person Two,1992,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
M-3,Test Person Three,1993,SHIF,1,medical_care,2027-01-15,2028-01-14,1,KE
";

struct Place {
    root: tempfile::TempDir,
    issuer: PathBuf,
    out: PathBuf,
    ids: Vec<String>,
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
    command.args(arguments).args(["--now", "2027-01-15T12:00:00Z"]);
    command.env("SANAD_PASSPHRASE", "correct horse battery staple").output().unwrap()
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
    let init = ["init", text(&issuer), "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
    let init = run(&[&init[..], &["--status-prefix", prefix]].concat());
    assert!(init.status.success(), "{}", words(&init.stderr));
    let issue = run(&["issue", text(&issuer), "--input", text(&register), "--out", text(&cards)]);
    assert!(issue.status.success(), "{}", words(&issue.stderr));
    let index = fs::read_to_string(cards.join("index.csv")).unwrap();
    let ids = index.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    Place { out: root.path().join("lists"), root, issuer, ids }
}

impl Place {
    fn status(&self, arguments: &[&str]) -> Output {
        run(&[&["status", text(&self.issuer)], arguments].concat())
    }

    /// How many entries of the published list have each status but "valid".
    fn published(&self) -> [usize; 3] {
        let done = self.status(&["publish", "--out", text(&self.out)]);
        assert!(done.status.success(), "{}", words(&done.stderr));
        let list = cwt(&self.issuer, &self.out, 0).list;
        [Status::Revoked, Status::Suspended, Status::Superseded]
            .map(|wanted| list.iter().filter(|status| *status == wanted).count())
    }
}

#[test]
fn a_card_is_suspended_resumed_superseded_and_revoked_and_each_is_published() {
    let place = place();
    let [one, two, three] = [0, 1, 2].map(|card| place.ids[card].as_str());
    let done = place.status(&["suspend", one, two]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done.stderr));
    let wanted = format!("{one}: valid -> suspended\n{two}: valid -> suspended\n");
    assert_eq!(words(&done.stdout), wanted);
    assert!(words(&done.stderr).contains("publish"), "says what comes next");
    assert_eq!(place.published(), [0, 2, 0]);
    let again = place.status(&["suspend", one]);
    assert_eq!((again.status.code(), words(&again.stdout)), (Some(0), format!("{one}: suspended already\n")));
    assert_eq!(words(&again.stderr), "", "nothing to publish");
    assert_eq!(place.status(&["resume", &one.to_ascii_uppercase()]).status.code(), Some(0));
    assert_eq!(place.status(&["supersede", two]).status.code(), Some(0));
    assert_eq!(place.status(&["revoke", three]).status.code(), Some(0));
    assert_eq!(place.published(), [1, 0, 1]);
}

#[test]
fn one_wrong_id_changes_nothing_unless_asked_to_keep_going() {
    let place = place();
    let [one, two, three] = [0, 1, 2].map(|card| place.ids[card].as_str());
    assert!(place.status(&["revoke", three]).status.success());
    let list = place.root.path().join("ids.txt");
    fs::write(&list, format!("{one}\r\n\n  {two}\n{three}\nffffffffffffffff\n")).unwrap();
    let strict = place.status(&["suspend", "--file", text(&list)]);
    assert_eq!(strict.status.code(), Some(3));
    let complaint = words(&strict.stderr);
    assert!(complaint.contains("ffffffffffffffff: no document"), "{complaint}");
    assert!(complaint.contains(&format!("{three}: revoked")), "{complaint}");
    assert!(complaint.contains("2 of 4 documents cannot be changed, so nothing was"), "{complaint}");
    assert_eq!(words(&strict.stdout), "");
    assert_eq!(place.published(), [1, 0, 0]);
    let going = place.status(&["suspend", "--file", text(&list), "--keep-going", "--json"]);
    assert_eq!(going.status.code(), Some(3), "something was left");
    let answer: Value = serde_json::from_slice(&going.stdout).unwrap();
    let entry = |cti: &str, from: Option<&str>, to: Option<&str>, problem: Option<&str>| json!({"cti": cti, "from": from, "to": to, "problem": problem});
    let documents = [
        entry(one, Some("valid"), Some("suspended"), None),
        entry(two, Some("valid"), Some("suspended"), None),
        entry(three, Some("revoked"), Some("revoked"), Some("refused")),
        entry("ffffffffffffffff", None, None, Some("unknown")),
    ];
    assert_eq!(answer, json!({"change": "suspend", "changed": 2, "impossible": 2, "documents": documents}));
    assert_eq!(place.published(), [1, 2, 0]);
}

#[test]
fn wrong_usage_and_bad_files_are_told_apart_and_named() {
    let place = place();
    let usage =
        |arguments: &[&str]| assert_eq!(place.status(arguments).status.code(), Some(2), "{arguments:?}");
    usage(&["suspend"]);
    usage(&["suspend", "12"]);
    usage(&["suspend", "zzzzzzzzzzzzzzzz"]);
    usage(&["forgive", &place.ids[0]]);
    usage(&["publish"]);
    let list = place.root.path().join("ids.txt");
    fs::write(&list, format!("{}\nnot an id\n\n12\n", place.ids[0])).unwrap();
    let bad = place.status(&["revoke", "--file", text(&list)]);
    assert_eq!(bad.status.code(), Some(3));
    let complaint = words(&bad.stderr);
    assert!(complaint.contains("ids.txt, line 2: must be 16 hexadecimal digits"), "{complaint}");
    assert!(complaint.contains("lines with this fault: 2"), "{complaint}");
    assert!(!complaint.contains("not an id"), "what stands in the file is not repeated");
    let missing = place.status(&["revoke", "--file", text(&place.root.path().join("nowhere.txt"))]);
    assert_eq!(missing.status.code(), Some(3));
    fs::create_dir(&place.out).unwrap();
    fs::write(place.out.join("0"), "notes").unwrap();
    let foreign = place.status(&["publish", "--out", text(&place.out)]);
    assert_eq!(foreign.status.code(), Some(3));
    assert!(words(&foreign.stderr).contains("move it away"), "{}", words(&foreign.stderr));
    assert_eq!(fs::read_to_string(place.out.join("0")).unwrap(), "notes");
}

#[test]
fn publishing_says_what_it_did_also_to_machines() {
    let place = place();
    let out = text(&place.out);
    let done = place.status(&["publish", "--out", out, "--json"]);
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&answer["signed"], &answer["left"], &answer["seconds_ahead"]),
        (&json!(4), &json!(0), &Value::Null)
    );
    let kept = place.status(&["publish", "--out", out, "--changed-only"]);
    assert_eq!(words(&kept.stdout), format!("Status lists signed: 0, left as they were: 4, in {out}\n"));
    let mut back = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
    back.args(["status", text(&place.issuer), "publish", "--out", out, "--now", "2027-01-14"]);
    let back = back.env("SANAD_PASSPHRASE", "correct horse battery staple").output().unwrap();
    assert_eq!(back.status.code(), Some(0));
    assert!(words(&back.stderr).contains("Check the clock"), "{}", words(&back.stderr));
}
