//! A worker's wallet from beginning to end, with the three programs: a paper and a phone credential from an issuer, shown and
//! presented at a counter, backed up, lost, restored elsewhere, and once without the passphrase.
//!
//! The scheme, the region and the people are invented.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use sanad_tests::programs::program;
use sanad_tests::region::Region;
use serde_json::Value;

const PASSPHRASE: &str = "millet and rain";

/// When documents are issued, when the pack is signed, and when they are shown.
const ISSUED: &str = "2026-05-10T08:00:00Z";
const NOW: &str = "2026-06-01T09:00:00Z";

const RULEBOOK: &str = r#"{"issuer":"KE-SHA","product":"SHIF","kind":"compulsory","versions":[{"version":1,"from":"2026-05-01",
    "package":["EMER","OPD","CHILD","ANC","DEL","MEDS"],"preauth":[],"copay":[],"grace_days":30,"network_only":false,
    "week_days":6,"legal_ref":"invented","appeal":{"en":"call 147"},"pay":{"en":"Dial *147#"}}]}"#;

struct Life {
    dir: tempfile::TempDir,
}

impl Life {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program(name));
        command.args(arguments).current_dir(self.dir.path()).env("SANAD_PASSPHRASE", PASSPHRASE);
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn does(&self, name: &str, arguments: &[&str]) -> Output {
        let output = self.run(name, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn wallet(&self, arguments: &[&str]) -> Output {
        self.does("sanad-wallet", &[&["--wallet", "wallet", "--now", NOW], arguments].concat())
    }

    /// An issuer, two documents of one person in the wallet: one for paper, one for this phone.
    fn begin() -> Self {
        let life = Self { dir: tempfile::tempdir().unwrap() };
        let issuer = ["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"];
        let prefix = ["--status-prefix", "https://s.example/KE-SHA/", "--now", "2026-05-01"];
        life.does("sanad-issuer", &[&issuer[..], &prefix].concat());
        life.wallet(&["init", "--memory", "19"]);
        let asked = life.wallet(&["request", "--issuer", "KE-SHA", "--json"]);
        let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
        let request = asked["holder_request"].as_str().unwrap();
        let record = |more: &str| {
            format!(
                r#"{{"type":"coverage","subject":{{"number":"CR7734120-9","name":"Nekesa Wafula Barasa","birth":"1991"}},"product":"SHIF","rulebook":1,"functions":["medical_care","maternity"],"start":"2026-05-10","end":"2027-05-09","copay_class":1,"territory":["KE"]{more}}}"#
            )
        };
        let phone = format!(r#","holder_request":"{request}""#);
        fs::write(life.path("people.ndjson"), format!("{}\n{}\n", record(""), record(&phone))).unwrap();
        let issue = ["issue", "issuer", "--input", "people.ndjson", "--out", "out", "--now", ISSUED];
        life.does("sanad-issuer", &issue);
        life.does("sanad-issuer", &["record", "issuer", "--out", "record.json"]);
        life
    }

    /// The texts of what was issued: for paper, for the phone.
    fn issued(&self) -> (String, String) {
        let texts = fs::read_dir(self.path("out")).unwrap().map(|entry| entry.unwrap().path());
        let texts = texts.filter(|path| path.extension().is_some_and(|ending| ending == "txt"));
        let mut texts: Vec<String> = texts.map(|path| path.to_str().unwrap().to_owned()).collect();
        let is_phone = |path: &String| {
            let inspected = self.does("sanad-verify", &["inspect", path, "--json"]);
            serde_json::from_slice::<Value>(&inspected.stdout).unwrap()["typ"] == 293
        };
        texts.sort_by_key(is_phone);
        assert_eq!(texts.iter().map(is_phone).collect::<Vec<_>>(), [false, true]);
        (texts[0].clone(), texts[1].clone())
    }

    /// A clinic with a pack that lists the issuer.
    fn open_a_clinic(&self) {
        let mut region = Region::new("2026-04-01");
        region.add_country("KE", "KE trust");
        let record = fs::read_to_string(self.path("record.json")).unwrap();
        region.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &record);
        region.add_target(Some("KE"), "rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK);
        let host = r#"{"country":"KE","always_free":{"KE":["CHILD"]},"appeal":{"en":"District office"}}"#;
        region.add_target(Some("KE"), "host-rules/KE.json", host);
        region.publish("2026-05-31");
        fs::write(self.path("root.json"), region.first_root()).unwrap();
        fs::write(self.path("p.sanadpack"), region.current_pack().write().unwrap()).unwrap();
        let state = ["--state", "state"];
        self.does("sanad-verify", &[&["pack", "init", "--root", "root.json"], &state[..]].concat());
        let update = ["pack", "update", "p.sanadpack", "--now", "2026-05-31"];
        self.does("sanad-verify", &[&update[..], &state].concat());
    }

    /// What the clinic answers to a code, and what becomes of a presentation.
    fn ask(&self, code: &str) -> (Value, Option<Value>) {
        let question =
            ["check", code, "--place", "KE", "--benefit", "ANC", "--person", "match", "--facility", "KE-F01"];
        let how = ["--json", "--now", NOW, "--clock", "ok", "--state", "state"];
        let output = self.run("sanad-verify", &[&question[..], &how].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        (lines.next().unwrap(), lines.next())
    }

    fn held(&self, phone: bool) -> String {
        let listed = self.wallet(&["list", "--json"]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let held = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut held =
            held.filter(|held| held["phone"] == phone).map(|held| held["id"].as_str().unwrap().to_owned());
        held.next().unwrap()
    }
}

/// What the wallet says a clinic would answer, where no file can grow beyond so many blocks of 512 bytes: writing fails then
/// as on a full disk.
fn check_limited(life: &Life, blocks: &str, more: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg("trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"").arg(blocks);
    command.arg(program("sanad-wallet")).args(["--wallet", "wallet", "--now", NOW]);
    command.args(["check", "--pack", "p.sanadpack", "--place", "KE", "--benefit", "OPD"]).args(more);
    command.current_dir(life.dir.path()).env("SANAD_PASSPHRASE", PASSPHRASE).output().unwrap()
}

#[test]
fn a_full_disk_while_a_clinics_answer_is_asked_is_told_and_pins_nothing() {
    let life = Life::begin();
    life.open_a_clinic();
    let (paper, _) = life.issued();
    life.wallet(&["add", &paper, "--record", "record.json"]);
    let listed = || life.wallet(&["list", "--json"]).stdout;
    let before = listed();
    let is_told = |output: &Output| {
        assert!(matches!(output.status.code(), Some(1 | 3)), "{output:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
        assert_eq!(listed(), before);
        let left: Vec<_> =
            fs::read_dir(life.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
    };
    // The first time the root is pinned. Where that was not written it is not pinned, and the next one says so.
    let mut refused = 0;
    for blocks in ["0", "1", "8", "64"] {
        let output = check_limited(&life, blocks, &["--root", "root.json"]);
        if output.status.success() {
            assert_ne!(blocks, "0", "the root was pinned where nothing can be written");
            break;
        }
        refused += 1;
        is_told(&output);
        let asked = check_limited(&life, "unlimited", &[]);
        let said = String::from_utf8_lossy(&asked.stderr).into_owned();
        assert!(asked.status.code() == Some(3) && said.contains("no root is pinned"), "{blocks}: {said}");
    }
    assert!(refused > 0);
    // With room it answers, and so it does afterwards: the floors that it kept are whole.
    let answered = check_limited(&life, "unlimited", &["--root", "root.json"]);
    assert!(answered.status.success(), "{answered:?}");
    for blocks in ["0", "1", "8", "64"] {
        let output = check_limited(&life, blocks, &[]);
        if output.status.success() {
            assert_eq!(output.stdout, answered.stdout, "{blocks}");
        } else {
            is_told(&output);
        }
    }
    assert_eq!(check_limited(&life, "unlimited", &[]).stdout, answered.stdout);
}

#[test]
fn a_workers_wallet_from_its_first_card_to_a_restored_phone() {
    let life = Life::begin();
    let (paper, phone) = life.issued();
    life.wallet(&["add", &paper, &phone, "--record", "record.json"]);
    let said = String::from_utf8(life.wallet(&["list"]).stdout).unwrap();
    assert!(said.contains("verified") && said.contains("(phone)"), "{said}");
    life.open_a_clinic();

    // Shown as a picture, the paper card is what the clinic scans.
    life.wallet(&["show", &life.held(false), "--png", "paper.png", "--html", "paper.html"]);
    let (answer, presentation) = life.ask("paper.png");
    assert_eq!((answer["decision"].as_str(), presentation), (Some("COVERED"), None), "{answer}");

    // Presented to a challenge, the phone credential proves its key; the same code a second time does not.
    let shown = life.does(
        "sanad-verify",
        &["challenge", "--facility", "KE-F01", "--png", "c.png", "--now", NOW, "--state", "state"],
    );
    assert!(String::from_utf8(shown.stdout).unwrap().contains("SNDC:1:KE-F01:"));
    life.wallet(&["present", &life.held(true), "--challenge", "c.png", "--png", "p.png"]);
    let (answer, presentation) = life.ask("p.png");
    assert_eq!(presentation.unwrap()["presentation"], "accepted");
    assert_eq!(answer["decision"], "COVERED");
    assert!(!answer["reasons"].to_string().contains("PERSON_UNCHECKED"), "{answer}");
    let (answer, presentation) = life.ask("p.png");
    assert_eq!(presentation.unwrap()["presentation"], "refused");
    assert!(answer["reasons"].to_string().contains("PERSON_UNCHECKED"), "{answer}");

    // Backed up, lost, restored elsewhere: the key came along.
    life.wallet(&["backup", "--out", "b.sndb", "--sheet", "b.html", "--memory", "19"]);
    fs::remove_dir_all(life.path("wallet")).unwrap();
    life.wallet(&["restore", "b.sndb", "--memory", "19"]);
    life.wallet(&["present", &life.held(true), "--to", "KE-F01", "--png", "again.png"]);
    let (_, presentation) = life.ask("again.png");
    assert_eq!(presentation.unwrap()["presentation"], "accepted");

    // Without the passphrase nothing opens, and nothing is lost.
    let mut forgotten = Command::new(program("sanad-wallet"));
    forgotten.args(["--wallet", "wallet", "list"]).current_dir(life.dir.path());
    let forgotten = forgotten.env("SANAD_PASSPHRASE", "rain and millet").output().unwrap();
    assert_eq!(forgotten.status.code(), Some(3));
    life.wallet(&["show", &life.held(false)]);
}

#[test]
fn the_preview_of_the_wallet_is_the_answer_of_the_clinic() {
    let life = Life::begin();
    let (paper, phone) = life.issued();
    life.wallet(&["add", &paper, &phone, "--record", "record.json"]);
    life.open_a_clinic();
    let preview = |arguments: &[&str]| {
        let all =
            [&["--wallet", "wallet", "--now", NOW, "check", "--json", "--place", "KE"], arguments].concat();
        let output = life.run("sanad-wallet", &all);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|fault| {
            panic!("{fault}: {}", String::from_utf8_lossy(&output.stderr));
        });
        (answer, output.status.code().unwrap())
    };
    // Nothing is believed without a root.
    let (refused, code) = preview(&["--benefit", "ANC", "--pack", "p.sanadpack"]);
    assert!(code == 3 && refused["error"].as_str().unwrap().contains("--root"), "{refused}");
    let asked = ["--benefit", "ANC", "--pack", "p.sanadpack", "--facility", "KE-F01"];
    let (answer, code) = preview(&[&asked[..], &["--root", "root.json"]].concat());
    assert_eq!((answer["decision"].as_str(), code), (Some("COVERED"), 0), "{answer}");
    let (clinic, _) = life.ask(&paper);
    // The clinic has its clock from nobody; the wallet was told the time.
    for member in ["decision", "action", "copay_basis_points", "payer", "appeal"] {
        assert_eq!(answer[member], clinic[member], "{member}");
    }
    // Once pinned, the root is not told again; another one is refused.
    let (answer, code) = preview(&["--benefit", "DENT", "--pack", "p.sanadpack"]);
    assert_eq!((answer["decision"].as_str(), code), (Some("NOT_COVERED"), 10), "{answer}");
    let (refused, code) =
        preview(&["--benefit", "ANC", "--pack", "p.sanadpack", "--root-sha256", &"00".repeat(32)]);
    assert!(code == 3 && refused["error"].as_str().unwrap().contains("another root"), "{refused}");
    let mut damaged = fs::read(life.path("p.sanadpack")).unwrap();
    damaged.truncate(damaged.len() / 2);
    fs::write(life.path("cut.sanadpack"), damaged).unwrap();
    assert_eq!(preview(&["--benefit", "ANC", "--pack", "cut.sanadpack"]).1, 3);
}

#[test]
fn an_issuer_binds_no_key_without_its_proof_and_none_that_was_made_for_another() {
    let life = Life::begin();
    let asked = life.wallet(&["request", "--issuer", "UG-NHIS", "--json"]);
    let other: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let asked = life.wallet(&["request", "--issuer", "KE-SHA", "--json"]);
    let own: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let own = own["holder_request"].as_str().unwrap();
    let forged = format!("{}{}", &own[..own.len() - 128], "0".repeat(128));
    let cases = [
        (other["holder_request"].as_str().unwrap(), "a request that was made for this issuer"),
        (forged.as_str(), "the signature does not hold"),
        ("SNDK:1:KE-SHA", "version 1 and its parts"),
        ("", "SND1:"),
    ];
    for (number, (request, words)) in cases.iter().enumerate() {
        let row = format!(
            "type,number,name,scheme,since,holder_request\nmembership,M-{number},Invented Person,S,2026-01-01,{request}\n"
        );
        let ndjson = format!(
            r#"{{"type":"membership","subject":{{"number":"M-{number}","name":"Invented Person"}},"scheme":"S","since":"2026-01-01","holder_request":"{request}"}}"#
        );
        for (file, content) in [("bad.csv", row), ("bad.ndjson", ndjson)] {
            // An empty cell of a table is one that is not filled in.
            if request.is_empty() && file == "bad.csv" {
                continue;
            }
            fs::write(life.path(file), content).unwrap();
            let issue = ["issue", "issuer", "--input", file, "--out", "bad", "--now", ISSUED];
            let refused = life.run("sanad-issuer", &issue);
            let said = String::from_utf8(refused.stderr).unwrap();
            assert_eq!(refused.status.code(), Some(3), "{file} {request}: {said}");
            assert!(said.contains("holder_request") && said.contains(words), "{file} {request}: {said}");
        }
    }
    assert!(!life.path("bad").exists() || fs::read_dir(life.path("bad")).unwrap().count() == 0);
}

#[test]
fn a_row_of_a_table_becomes_a_phone_credential() {
    let life = Life::begin();
    let asked = life.wallet(&["request", "--issuer", "KE-SHA", "--json"]);
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let request = asked["holder_request"].as_str().unwrap();
    let rows = format!(
        "type,number,name,scheme,since,holder_request\nmembership,M-1,Invented Person,S,2026-01-01,{request}\n\
         membership,M-1,Invented Person,S,2026-01-01,\n"
    );
    fs::write(life.path("two.csv"), rows).unwrap();
    let issue = ["issue", "issuer", "--input", "two.csv", "--out", "two", "--now", ISSUED];
    life.does("sanad-issuer", &issue);
    // For the phone and for paper: two documents, although the right is one.
    let texts = fs::read_dir(life.path("two")).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<_> = texts.filter(|path| path.extension().is_some_and(|ending| ending == "txt")).collect();
    assert_eq!(texts.len(), 2);
    let bound = texts.iter().filter(|path| {
        let inspected = life.does("sanad-verify", &["inspect", path.to_str().unwrap(), "--json"]);
        let inspected: Value = serde_json::from_slice(&inspected.stdout).unwrap();
        inspected["claims"]["cnf"] == asked["key"]
    });
    assert_eq!(bound.count(), 1);
    // Again is not twice.
    let again = life.does("sanad-issuer", &issue);
    assert_eq!(
        fs::read_dir(life.path("two"))
            .unwrap()
            .filter(|entry| {
                entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "txt")
            })
            .count(),
        2,
        "{}",
        String::from_utf8_lossy(&again.stdout)
    );
}
