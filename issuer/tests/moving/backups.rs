//! Backups that come back whole or not at all, and never with a number that was given before.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sanad_issuer::backup::{self, Backup, BackupFault, Lists, Restore, Restored, Since};
use sanad_issuer::config::Config;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::embedded::EmbeddedStore;
use sanad_issuer::store::{RecordsFault, Store, Transfer as _};
use sanad_issuer::transfer::{Problem, TransferFault};
use sanad_keyfile::KeyFault;
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_keyfile::stream;

use crate::failing::Failing;
use crate::invented::{Invented, PASSPHRASE, noon, open_store, passphrase, rows};

fn write(invented: &Invented, name: &str) -> PathBuf {
    let out = invented.path(name);
    let store = invented.store();
    let backup = Backup {
        dir: &invented.dir,
        store: &store,
        keys_passphrase: &passphrase(),
        passphrase: &passphrase(),
        out: &out,
        now: noon(),
    };
    backup::write(&backup, &mut |_, _| ()).unwrap();
    out
}

fn embedded(dir: &Path, config: &Config) -> Result<Box<dyn Store>, RecordsFault> {
    Ok(Box::new(EmbeddedStore::create(&dir.join("store"), config.record.iss())?))
}

fn restore(file: &Path, dir: &Path, since: Since) -> Result<Restored, BackupFault> {
    let (sealed_with, of_keys) = (passphrase(), passphrase());
    let what = Restore {
        file,
        dir,
        passphrase: &sealed_with,
        keys_passphrase: &of_keys,
        since,
        now: noon(),
        store: &embedded,
    };
    backup::restore(&what, &mut |_, _| ())
}

/// The indices that stand on the documents of a store, with their lists.
fn places(store: &dyn Store) -> BTreeSet<(u32, u32)> {
    let documents = rows(store);
    let places = documents.iter().filter_map(|row| match row {
        Row::Document(issued, _) => Some((issued.place.shard.number(), issued.place.index.number())),
        _ => None,
    });
    places.collect()
}

#[test]
fn an_issuer_comes_back_with_everything_and_one_line_more() {
    let invented = Invented::with_documents(50);
    fs::write(invented.dir.join("service.toml"), "# invented\n").unwrap();
    let file = write(&invented, "backup");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let dir = invented.path("restored");
    let restored = restore(&file, &dir, Since::AtMost(0)).unwrap();
    assert_eq!((restored.next.0, restored.list.number(), restored.lists), (1 << 20, 1, Lists::Enough));
    for name in ["issuer.toml", "service.toml", "keys.age"] {
        assert_eq!(fs::read(dir.join(name)).unwrap(), fs::read(invented.dir.join(name)).unwrap(), "{name}");
        assert_eq!(fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let store = open_store(&dir, invented.config.record.iss());
    let (mut wanted, mut found) = (rows(&invented.store()), rows(&store));
    let Some(Row::Line { text, .. }) = found.pop() else { panic!("the last row is a line") };
    assert!(
        text.contains(r#""act":"restore""#) && text.contains("documents=50 next=1048576 before=50"),
        "{text}"
    );
    wanted[0] = Row::Meta { next: restored.next };
    assert!(found == wanted, "rows differ");
    let names: BTreeSet<_> =
        fs::read_dir(invented.root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("restoring")), "{names:?}");
}

#[test]
fn no_index_given_after_the_backup_is_given_again() {
    let invented = Invented::with_documents(30);
    let file = write(&invented, "backup");
    // What the machine signed before it was lost: in this list, and in the next ones.
    invented.sign("after", 40);
    for list in 1..4_u64 {
        let store = invented.store();
        store.load(&[Row::Meta { next: sanad_issuer::permutation::Sequence((list << 20) + list) }]).unwrap();
        drop(store);
        invented.sign(&format!("list-{list}"), 20);
    }
    let given = places(&invented.store());
    assert_eq!(given.len(), 130);
    let dir = invented.path("restored");
    let restored = restore(&file, &dir, Since::Unknown).unwrap();
    assert_eq!((restored.list.number(), restored.lists), (4, Lists::Raised(8)));
    let again = Invented { dir: dir.clone(), config: Config::load(&dir).unwrap(), ..invented };
    again.sign("again", 60);
    let now = places(&again.store());
    let new: BTreeSet<_> = now.iter().filter(|(list, _)| *list >= 4).collect();
    assert_eq!((now.len(), new.len()), (90, 60));
    assert!(new.iter().all(|place| !given.contains(place)), "an index was given twice");
}

#[test]
fn who_knows_how_many_were_signed_since_loses_no_list_that_is_not_begun() {
    let invented = Invented::with_documents(30);
    let file = write(&invented, "backup");
    invented.sign("after", 40);
    let given = places(&invented.store());
    let dir = invented.path("restored");
    let restored = restore(&file, &dir, Since::AtMost(40)).unwrap();
    assert_eq!((restored.list.number(), restored.lists), (1, Lists::Enough));
    let again = Invented { dir: dir.clone(), config: Config::load(&dir).unwrap(), ..invented };
    again.sign("again", 60);
    let now = places(&again.store());
    assert_eq!(now.iter().filter(|place| !given.contains(place)).count(), 60);
}

#[test]
fn an_issuer_is_never_restored_over_something() {
    let invented = Invented::with_documents(3);
    let file = write(&invented, "backup");
    let empty = invented.path("empty");
    fs::create_dir(&empty).unwrap();
    for dir in [&invented.dir, &empty, &file] {
        let fault = restore(&file, dir, Since::Unknown).unwrap_err();
        assert!(matches!(fault, BackupFault::Exists { .. }), "{fault}");
    }
    let dir = invented.path("new");
    fs::create_dir(invented.path("new.restoring")).unwrap();
    fs::write(invented.path("new.restoring/notes"), "somebody's").unwrap();
    let fault = restore(&file, &dir, Since::Unknown).unwrap_err();
    assert!(matches!(fault, BackupFault::Occupied { .. }), "{fault}");
    assert!(invented.path("new.restoring/notes").exists());
}

#[test]
fn a_restore_that_was_stopped_starts_over() {
    let invented = Invented::with_documents(60);
    let file = write(&invented, "backup");
    let dir = invented.path("restored");
    let building = invented.path("restored.restoring");
    // As a kill leaves it: files, half a store, the beginning of a file.
    fs::create_dir(&building).unwrap();
    fs::copy(invented.dir.join("keys.age"), building.join("keys.age")).unwrap();
    fs::write(building.join(".sanad-0011223344556677"), "half").unwrap();
    let half = EmbeddedStore::create(&building.join("store"), invented.config.record.iss()).unwrap();
    let export = invented.export("export");
    assert!(invented.import(&export, &Failing::after(3, &half)).is_err());
    drop(half);
    restore(&file, &dir, Since::Unknown).unwrap();
    assert!(!building.exists());
    assert_eq!(places(&open_store(&dir, invented.config.record.iss())).len(), 60);
}

#[test]
fn a_restore_that_fails_leaves_nothing() {
    let invented = Invented::with_documents(3);
    let file = write(&invented, "backup");
    let dir = invented.path("restored");
    let refused = |_: &Path, _: &Config| Err(RecordsFault::Damaged { what: "a disk that is full" });
    let what = Restore {
        file: &file,
        dir: &dir,
        passphrase: &passphrase(),
        keys_passphrase: &passphrase(),
        since: Since::Unknown,
        now: noon(),
        store: &refused,
    };
    assert!(backup::restore(&what, &mut |_, _| ()).is_err());
    assert!(!dir.exists() && !invented.path("restored.restoring").exists());
}

#[test]
fn a_backup_that_was_cut_or_altered_is_refused_and_leaves_nothing() {
    let invented = Invented::with_documents(400);
    let whole = fs::read(write(&invented, "backup")).unwrap();
    assert!(whole.len() > 4 * 65_552, "several chunks");
    let dir = invented.path("restored");
    let bad = invented.path("bad");
    let mut tried = 0;
    for cut in [0, 10, 100, 300, 65_752, whole.len() - 1] {
        fs::write(&bad, &whole[..cut]).unwrap();
        assert!(restore(&bad, &dir, Since::Unknown).is_err(), "cut at {cut}");
        tried += 1;
    }
    for place in [20, 60, 150, 70_000, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        fs::write(&bad, altered).unwrap();
        assert!(restore(&bad, &dir, Since::Unknown).is_err(), "byte {place}");
        tried += 1;
    }
    assert_eq!(tried, 11);
    assert!(!dir.exists() && !invented.path("restored.restoring").exists());
}

#[test]
fn a_backup_has_a_passphrase_of_its_own_where_it_is_told_so() {
    let invented = Invented::with_documents(3);
    let own = Passphrase::parse("another long passphrase", Purpose::Create).unwrap();
    let (out, dir, store) = (invented.path("backup"), invented.path("restored"), invented.store());
    let mut what = Backup {
        dir: &invented.dir,
        store: &store,
        keys_passphrase: &own,
        passphrase: &own,
        out: &out,
        now: noon(),
    };
    // Keys that nobody can open are no backup.
    assert!(matches!(backup::write(&what, &mut |_, _| ()), Err(BackupFault::Keys(_))));
    assert!(!out.exists());
    let of_keys = passphrase();
    what.keys_passphrase = &of_keys;
    backup::write(&what, &mut |_, _| ()).unwrap();
    drop(store);
    let fault = restore(&out, &dir, Since::Unknown).unwrap_err();
    let is_wrong =
        matches!(fault, BackupFault::Transfer(TransferFault::Sealed(KeyFault::WrongPassphrase { .. })));
    assert!(is_wrong, "{fault}");
    let what = Restore {
        file: &out,
        dir: &dir,
        passphrase: &own,
        keys_passphrase: &of_keys,
        since: Since::Unknown,
        now: noon(),
        store: &embedded,
    };
    backup::restore(&what, &mut |_, _| ()).unwrap();
}

#[test]
fn a_backup_is_not_written_over_another_file_or_without_its_keys() {
    let invented = Invented::with_documents(3);
    let file = write(&invented, "backup");
    let before = fs::read(&file).unwrap();
    let store = invented.store();
    let mut what = Backup {
        dir: &invented.dir,
        store: &store,
        keys_passphrase: &passphrase(),
        passphrase: &passphrase(),
        out: &file,
        now: noon(),
    };
    assert!(backup::write(&what, &mut |_, _| ()).is_err());
    assert_eq!(fs::read(&file).unwrap(), before);
    let other = invented.path("other");
    what.out = &other;
    fs::rename(invented.dir.join("keys.age"), invented.path("keys.age")).unwrap();
    assert!(backup::write(&what, &mut |_, _| ()).is_err());
    assert!(!other.exists());
}

/// Sealed by somebody who knows the passphrase.
fn sealed(invented: &Invented, name: &str, text: &str) -> PathBuf {
    use std::io::Write as _;
    let path = invented.path(name);
    let mut out = stream::seal(fs::File::create(&path).unwrap(), &passphrase()).unwrap();
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap();
    path
}

fn opened(file: &Path) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    let opened = stream::open(fs::File::open(file).unwrap(), file, &passphrase()).unwrap();
    opened.buffered().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn path_tricks_in_a_backup_write_nothing_anywhere() {
    let invented = Invented::with_documents(3);
    let text = opened(&write(&invented, "backup"));
    let dir = invented.path("restored");
    let before: BTreeSet<_> =
        fs::read_dir(invented.root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // Where the name of a file stands in the list, and on its line; more tricks are beside the reader.
    for (line, trick) in [
        (1, text.replacen("\"keys.age\"", "\"../keys.age\"", 1)),
        (3, text.replace("\"file\":\"keys.age\"", "\"file\":\"/tmp/sanad-trick\"")),
    ] {
        let fault = restore(&sealed(&invented, "trick", &trick), &dir, Since::Unknown).unwrap_err();
        let is_named = matches!(
            &fault,
            BackupFault::Transfer(TransferFault::Line { line: found, problem: Problem::NoBackup(_) | Problem::Form(_), .. })
                if *found == line
        );
        assert!(is_named, "{fault}");
        fs::remove_file(invented.path("trick")).unwrap();
    }
    let after: BTreeSet<_> =
        fs::read_dir(invented.root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(before, after);
    assert!(!Path::new("/tmp/sanad-trick").exists());
}

#[test]
fn a_backup_put_together_from_two_issuers_is_refused() {
    let (invented, other) = (Invented::with_documents(3), Invented::new("KE-NHIF"));
    let twin = Invented::new("KE-SHA");
    other.sign("other", 3);
    let text = opened(&write(&invented, "backup"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (own, foreign, twins) =
        (lines(&text), lines(&opened(&write(&other, "backup"))), lines(&opened(&write(&twin, "backup"))));
    let joined = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let dir = invented.path("restored");
    let refused = |name: &str, lines: Vec<String>| {
        restore(&sealed(&invented, name, &joined(&lines)), &dir, Since::Unknown).unwrap_err().to_string()
    };
    let with_store = [&own[..3], &foreign[3..]].concat();
    assert!(refused("store", with_store).contains("the store of KE-NHIF"));
    let with_configuration = [&own[..1], &foreign[1..2], &own[2..]].concat();
    assert!(refused("configuration", with_configuration).contains("the store of KE-SHA"));
    let with_keys = [&own[..2], &twins[2..3], &own[3..]].concat();
    assert!(refused("keys", with_keys).contains("is not in issuer.toml"));
    assert!(!dir.exists() && !invented.path("restored.restoring").exists());
}

#[test]
fn an_editor_is_enough_to_get_at_keys_and_store() {
    use base64::Engine as _;
    let invented = Invented::with_documents(5);
    let text = opened(&write(&invented, "backup"));
    let keys = text.lines().find(|line| line.starts_with("{\"file\":\"keys.age\"")).unwrap();
    let content = keys.split("\"content\":\"").nth(1).unwrap().trim_end_matches("\"}");
    let content = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(content).unwrap();
    assert_eq!(content, fs::read(invented.dir.join("keys.age")).unwrap());
    let start = text.find("{\"sanad_store_export\"").unwrap();
    let export = invented.path("export");
    fs::write(&export, &text[start..]).unwrap();
    let target = invented.empty_store("target");
    assert_eq!(invented.import(&export, &target).unwrap().counts.documents, 5);
    assert!(!PASSPHRASE.is_empty() && !text.contains(PASSPHRASE));
    assert!(rows(&target).iter().any(|row| matches!(row, Row::Line { text, .. } if text.contains("import"))));
}
