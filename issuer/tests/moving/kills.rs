//! `import` and `restore`, killed at any moment: what is there says that it is incomplete, and the same command completes
//! it.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::invented::{Invented, open_store, rows};
use crate::program::command;

/// Rounds of each. The first kills at once, the next ones so much later each, counted from the moment when the first
/// file is written: deriving the key from the passphrase takes longer than everything else.
const ROUNDS: u32 = 10;

/// Rounds at most, where a busy machine lets this process run too late for its kills to hit; after [`ROUNDS`] the delays
/// begin anew.
const ROUNDS_MAX: u32 = 60;

/// Kills that have to hit a command while it writes.
const HITS: u32 = 3;
const LATER: Duration = Duration::from_millis(20);

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Starts a command and kills it some time after it begins to write; whether it was killed before its end.
fn killed(arguments: &[&str], begins: &Path, round: u32) -> bool {
    let mut child = command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while round > 0 && !begins.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(LATER * (round % ROUNDS).saturating_sub(1));
    // Nothing happens where it came to its end.
    let _ = child.kill();
    !child.wait().unwrap().success()
}

fn completed(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

#[test]
fn an_import_killed_at_any_moment_is_completed_by_the_same_command() {
    let invented = Invented::with_documents(1_500);
    let file = invented.export("export");
    let bare = |name: &str| {
        let dir = invented.path(name);
        fs::create_dir(&dir).unwrap();
        for part in ["issuer.toml", "keys.age"] {
            fs::copy(invented.dir.join(part), dir.join(part)).unwrap();
        }
        dir
    };
    let first = bare("first");
    completed(&["import", text(&first), text(&file)]);
    let wanted = rows(&open_store(&first, invented.config.record.iss()));
    let (mut half_filled, mut rounds) = (0, 0..ROUNDS_MAX);
    while let Some(round) = rounds.next().filter(|round| *round < ROUNDS || half_filled < HITS) {
        let dir = bare(&format!("target-{round}"));
        let import = ["import", text(&dir), text(&file)];
        if !killed(&import, &dir.join("store"), round) {
            continue;
        }
        // Anything else refuses the store, and says what to do.
        let other = command(&["audit", text(&dir), "verify"]).output().unwrap();
        let said = String::from_utf8_lossy(&other.stderr).into_owned();
        if said.contains("half filled") {
            assert_eq!(other.status.code(), Some(3), "{said}");
            assert!(said.contains("Run the same import again"), "{said}");
            half_filled += 1;
        }
        // Killed after its last act and before its end, it is done: the store has everything, and is filled no second time.
        let again = command(&import).output().unwrap();
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(again.status.success() || said.contains("not empty"), "{said}");
        assert!(rows(&open_store(&dir, invented.config.record.iss())) == wanted, "round {round}: {said}");
        fs::remove_dir_all(dir).unwrap();
    }
    assert!(half_filled >= HITS, "{half_filled} kills of {ROUNDS_MAX} hit the import while it wrote");
}

#[test]
fn a_restore_killed_at_any_moment_leaves_no_issuer_and_is_completed_by_the_same_command() {
    let invented = Invented::with_documents(1_000);
    let file = invented.path("backup");
    completed(&["backup", text(&invented.dir), "--out", text(&file)]);
    let first = invented.path("first");
    completed(&["restore", text(&file), "--dir", text(&first)]);
    let wanted = rows(&open_store(&first, invented.config.record.iss()));
    let (mut while_building, mut rounds) = (0, 0..ROUNDS_MAX);
    while let Some(round) = rounds.next().filter(|round| *round < ROUNDS || while_building < HITS) {
        let dir = invented.path(&format!("target-{round}"));
        let restore = ["restore", text(&file), "--dir", text(&dir)];
        let building = invented.path(&format!("target-{round}.restoring"));
        if !killed(&restore, &building, round) {
            continue;
        }
        assert!(!dir.exists(), "half an issuer");
        while_building += u32::from(building.exists());
        completed(&restore);
        assert!(rows(&open_store(&dir, invented.config.record.iss())) == wanted, "round {round}");
        fs::remove_dir_all(dir).unwrap();
    }
    assert!(while_building >= HITS, "{while_building} kills of {ROUNDS_MAX} hit the restore while it wrote");
}
