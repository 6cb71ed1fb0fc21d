//! The ceremonies of docs/ceremony.md, run as they stand there, on directories that stand for machines; and what they
//! refuse. Every publication is followed by the client from what it trusted before.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_issuer::authority::directory::Directory;
use sanad_trust::client::{Anchor, Source as _};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::METADATA_BYTES_MAX;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::{Country, KeyState};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sanad-issuer");
const PASSPHRASE: &str = "correct horse battery staple";
const CEREMONY: &str = include_str!("../../docs/ceremony.md");

/// Directories that stand for machines, with one stick among them.
struct Machines {
    dir: tempfile::TempDir,
    minutes: u32,
}

impl Machines {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("stick")).unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        // A ceremony happens on a day, and a person types "yes".
        let program = format!(
            "#!/bin/sh\ncase \"$1 $2\" in 'authority sign') set -- \"$@\" --yes;; esac\nexec '{PROGRAM}' \"$@\" --now \"$NOW\"\n"
        );
        let path = dir.path().join("bin/sanad-issuer");
        fs::write(&path, program).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&path).status().unwrap().success());
        Self { dir, minutes: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs lines of the shell on a machine, a minute after the last ones.
    fn run(&mut self, machine: &str, lines: &str) -> Output {
        let home = self.path(machine);
        if !home.exists() {
            fs::create_dir(&home).unwrap();
            std::os::unix::fs::symlink("../stick", home.join("stick")).unwrap();
            for sample in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ceremony")).unwrap() {
                let sample = sample.unwrap();
                fs::copy(sample.path(), home.join(sample.file_name())).unwrap();
            }
        }
        self.minutes += 1;
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        Command::new("sh")
            .args(["-e", "-c", lines])
            .current_dir(&home)
            .env("PATH", path)
            .env("NOW", format!("2026-02-01T{:02}:{:02}:00Z", self.minutes / 60, self.minutes % 60))
            .env("SANAD_PASSPHRASE", PASSPHRASE)
            .output()
            .unwrap()
    }

    fn done(&mut self, machine: &str, lines: &str) -> String {
        let output = self.run(machine, lines);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "on {machine}:\n{lines}\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&mut self, machine: &str, lines: &str, code: i32, words: &str) {
        let output = self.run(machine, lines);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "on {machine}:\n{lines}\n{said}");
        assert!(said.contains(words), "{said}");
    }
}

/// What verifiers trust, from one publication to the next.
struct Verifier {
    anchor: Anchor,
    floors: Floors,
}

impl Verifier {
    fn pinned(repo: &Path) -> Self {
        let root = Directory::new(repo).get("metadata/1.root.json", METADATA_BYTES_MAX).unwrap().unwrap();
        Self { anchor: Anchor::File(root), floors: Floors::none() }
    }

    fn update(&mut self, repo: &Path) -> Pack {
        let held = Held { anchor: &self.anchor, floors: &self.floors, clock: None };
        let pack = Pack::load(&mut Directory::new(repo), &held).unwrap();
        assert!(pack.ignored().is_empty(), "{:?}", pack.ignored());
        (self.anchor, self.floors) = (pack.anchor(), pack.floors().clone());
        pack
    }
}

/// Machine and lines of every block of the ceremony.
fn blocks() -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut machine = None;
    let mut lines = String::new();
    for line in CEREMONY.lines().chain([""]) {
        if let Some(named) = line.strip_prefix("On **").and_then(|rest| rest.strip_suffix("**:")) {
            machine = Some(named.to_owned());
        } else if let Some(command) = line.strip_prefix("    ") {
            lines.push_str(command);
            lines.push('\n');
        } else if !lines.is_empty() {
            blocks.push((machine.take().expect("a block without a machine"), std::mem::take(&mut lines)));
        }
    }
    blocks
}

#[test]
fn the_ceremony_as_it_is_written() {
    let mut machines = Machines::new();
    let repo = machines.path("office/repo");
    let mut verifier = None;
    let mut packs = Vec::new();
    for (machine, lines) in blocks() {
        machines.done(&machine, &lines);
        if lines.contains("authority publish") || lines.contains("authority timestamp") {
            packs.push(verifier.get_or_insert_with(|| Verifier::pinned(&repo)).update(&repo));
        }
    }
    let versions: Vec<u64> = packs.iter().map(|pack| pack.metadata().timestamp.header.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7]);
    let [_, joined, _, rotated, compromised, left, renewed] = packs.as_slice() else {
        panic!("publications")
    };

    assert_eq!(joined.issuers().len(), 2);
    assert_eq!((joined.grants().len(), joined.agreements().len(), joined.rulebooks().len()), (2, 1, 1));
    let root = &rotated.metadata().root;
    assert_eq!(root.header.version, 2);
    assert!(!root.holders.values().any(|holder| holder == "Chen"), "{:?}", root.holders);
    let states = |pack: &Pack| -> Vec<KeyState> {
        let kenya = pack.issuers().iter().find(|(iss, _)| iss.as_str() == "KE-SHA").unwrap().1;
        kenya.members().keys.iter().map(|key| key.state).collect()
    };
    assert_eq!(states(rotated), [KeyState::Active; 3]);
    assert_eq!(states(compromised), [KeyState::Compromised, KeyState::Active, KeyState::Active]);
    let country = |name: &str| Country::new(name).unwrap();
    assert!(left.grant(&country("UG")).is_none() && left.grant(&country("TZ")).is_some());
    assert_eq!(left.issuers().len(), 1);
    assert!(left.metadata().snapshot.files.contains_key("UG.json"), "it stays named for ever");
    assert_eq!(renewed.metadata().countries["KE"].header.version, 3);
    // Whoever pinned the first root and slept through all of it arrives at the same place.
    let late = Verifier::pinned(&repo).update(&repo);
    assert_eq!(late.metadata().timestamp, renewed.metadata().timestamp);
}

/// Amina, Brian and Chen with their keys, and a draft of their region on the stick.
fn region() -> Machines {
    let mut machines = Machines::new();
    for (machine, lines) in blocks().into_iter().filter(|(machine, _)| machine != "kenya").take(7) {
        if machine != "uganda" {
            machines.done(&machine, &lines);
        }
    }
    assert!(machines.path("stick/root.1.draft.json").exists());
    machines
}

const DRAFTS: &str = "stick/root.1.draft.json stick/targets.1.draft.json";

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[test]
fn what_a_ceremony_refuses() {
    let mut machines = region();
    let repo = machines.path("office/repo");
    let publish = format!("sanad-issuer authority publish repo {DRAFTS} --online-key key");
    machines.done("amina", &format!("sanad-issuer authority sign {DRAFTS} --key key"));

    machines.refused("office", &publish, 3, "signed by 1 of the role's keys, 2 must sign");
    assert!(files(&repo).is_empty(), "nothing is published below a threshold");
    machines.refused(
        "office",
        &format!("sanad-issuer authority sign {DRAFTS} --key key"),
        3,
        "none of those",
    );
    let nobody = format!("exec {PROGRAM} authority sign {DRAFTS} --key key </dev/null");
    machines.refused("brian", &nobody, 2, "no terminal");

    // Somebody lets the root live longer, after Amina has signed it.
    let draft = machines.path("stick/root.1.draft.json");
    let honest = fs::read_to_string(&draft).unwrap();
    fs::write(&draft, honest.replace("2028-02-01", "2038-02-01")).unwrap();
    machines.refused(
        "brian",
        &format!("sanad-issuer authority sign {DRAFTS} --key key"),
        3,
        "was changed after",
    );
    machines.refused("office", &publish, 3, "was changed after");
    fs::write(&draft, &honest).unwrap();
    let edit = "sanad-issuer authority add stick/targets.1.draft.json grant-KE.json";
    machines.refused("office", edit, 3, "this draft has signatures");
    let other = "sanad-issuer authority add stick/targets.1.draft.json rulebook-KE.json";
    machines.refused("office", other, 3, "this draft has signatures");

    machines.done("brian", &format!("sanad-issuer authority sign {DRAFTS} --key key"));
    machines.refused("amina", &publish, 3, "is not the one that the root names");
    machines.done("office", &publish);
    let mut verifier = Verifier::pinned(&repo);
    verifier.update(&repo);
    machines.refused("office", &publish, 3, "drafted on no version, but version 1 is published");
    machines.refused("office", "sanad-issuer authority key key --label Again", 2, "has a key");
    let weak = "sanad-issuer authority region --keys stick/Amina.pub.json stick/Brian.pub.json --threshold 1 --online key/Office.pub.json --out other";
    machines.refused("office", weak, 3, "at least 2 must sign");
    machines.refused("office", "sanad-issuer authority add repo record.json", 3, "record.json");
    machines.refused("office", "sanad-issuer authority show nowhere", 3, "nowhere");
}

#[test]
fn a_publication_that_was_killed_is_done_again() {
    let mut machines = region();
    let repo = machines.path("office/repo");
    for holder in ["amina", "brian"] {
        machines.done(holder, &format!("sanad-issuer authority sign {DRAFTS} --key key"));
    }
    let publish = format!("sanad-issuer authority publish repo {DRAFTS} --online-key key");
    // The first publication without its last step: nothing is published yet.
    machines.done("office", &publish);
    fs::remove_file(repo.join("metadata/timestamp.json")).unwrap();
    machines.done("office", &publish);
    let mut verifier = Verifier::pinned(&repo);
    let before = verifier.update(&repo);

    // A later one: what it left behind is passed over by verifiers, and written over by the next try.
    let old = fs::read(repo.join("metadata/timestamp.json")).unwrap();
    machines.done("office", "sanad-issuer authority add repo grant-KE.json --out stick");
    for holder in ["amina", "chen"] {
        machines.done(holder, "sanad-issuer authority sign stick/targets.2.draft.json --key key");
    }
    let publish = "sanad-issuer authority publish repo stick/targets.2.draft.json --online-key key";
    machines.done("office", publish);
    fs::write(repo.join("metadata/timestamp.json"), old).unwrap();
    fs::write(repo.join("metadata/2.snapshot.json"), "torn").unwrap();
    assert_eq!(verifier.update(&repo).metadata().timestamp, before.metadata().timestamp);
    machines.done("office", publish);
    assert_eq!(verifier.update(&repo).grants().len(), 1);
}

#[test]
fn a_kill_at_any_moment_leaves_what_was_published() {
    let mut machines = region();
    let repo = machines.path("office/repo");
    for holder in ["amina", "brian"] {
        machines.done(holder, &format!("sanad-issuer authority sign {DRAFTS} --key key"));
    }
    machines.done("office", &format!("sanad-issuer authority publish repo {DRAFTS} --online-key key"));
    let mut verifier = Verifier::pinned(&repo);
    verifier.update(&repo);
    // A publication is two thirds scrypt and one third files; the delays are spread over all of it.
    let timestamp = format!("exec '{PROGRAM}' authority timestamp repo --online-key key --now 2026-04-01");
    let started = std::time::Instant::now();
    machines.done("office", &timestamp);
    let whole = started.elapsed();
    for step in 0..12_u32 {
        let now = format!("2026-{:02}-01", 5 + step / 2);
        let mut child = Command::new(PROGRAM)
            .args(["authority", "timestamp", "repo", "--online-key", "key", "--now", &now])
            .current_dir(machines.path("office"))
            .env("SANAD_PASSPHRASE", PASSPHRASE)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * (step + 1) / 12);
        let _ = child.kill();
        child.wait().unwrap();
        verifier.update(&repo);
    }
    let last = "sanad-issuer authority timestamp repo --online-key key".replace("sanad-issuer", PROGRAM);
    machines.done("office", &format!("{last} --now 2026-12-01"));
    assert_eq!(verifier.update(&repo).date(None).unwrap().to_string(), "2026-12-01");
}

#[test]
fn machines_are_answered_in_json() {
    let mut machines = region();
    let said = machines.done("office", "sanad-issuer authority show stick/root.1.draft.json --json");
    let summary: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(summary["role"], "root");
    assert_eq!(summary["signers"][0]["threshold"], 2);
    let said = machines.done("amina", &format!("sanad-issuer authority sign {DRAFTS} --key key --json"));
    let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last["complete"], false);
}
