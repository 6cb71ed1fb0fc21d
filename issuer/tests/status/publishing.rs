//! What is published, and what is never published.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sanad_credential::{Status, StatusList, UnixTime};
use sanad_issuer::audit::Actor;
use sanad_issuer::issue::Issuer;
use sanad_issuer::keys::SignFault;
use sanad_issuer::publish::{Publication, PublishFault, Published, Unchanged};
use sanad_issuer::transition::{Change, Step};
use serde_json::json;

use crate::invented::{self, cti, noon, patiently};
use crate::published::{cwt, jwt, not_valid, status};

const SECOND_LIST: u64 = 1 << 20;

/// An issuer with documents 0 to 99 on its first list and 20 on its second.
struct Place {
    _root: tempfile::TempDir,
    issuer: PathBuf,
    out: PathBuf,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let (issuer, out) = (root.path().join("issuer"), root.path().join("out"));
    invented::make(&issuer);
    invented::keep(&issuer, 0, 100);
    invented::keep(&issuer, SECOND_LIST, 20);
    Place { _root: root, issuer, out }
}

fn change(issuer: &Issuer, change: Change, numbers: std::ops::Range<u64>) -> Vec<Step> {
    let ids: Vec<_> = numbers.map(cti).collect();
    let judged = issuer.judge_change(change, &ids, &mut |_| ()).unwrap();
    let changed = issuer.change_status(&judged, &Actor::command_line(), noon());
    changed.unwrap().iter().map(|(_, outcome)| outcome.step).collect()
}

fn publish(issuer: &Issuer, out: &Path, now: UnixTime) -> Result<Published, PublishFault> {
    let publication = Publication { out, now, unchanged: Unchanged::SignAgain };
    patiently(|| match issuer.publish(&publication, &|_| ()) {
        Err(fault @ PublishFault::InUse { .. }) => Err(fault),
        other => Ok(other),
    })
}

fn publish_changed(issuer: &Issuer, out: &Path, now: UnixTime) -> Published {
    patiently(|| issuer.publish(&Publication { out, now, unchanged: Unchanged::Leave }, &|_| ()))
}

fn seconds_before(time: UnixTime, seconds: u64) -> UnixTime {
    UnixTime::new(time.seconds() - seconds).unwrap()
}

fn all_files(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<_> = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn published_lists_open_with_the_record_and_every_index_says_what_the_store_says() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    change(&issuer, Change::Suspend, 0..30);
    change(&issuer, Change::Resume, 0..10);
    change(&issuer, Change::Supersede, 20..40);
    change(&issuer, Change::Revoke, 35..50);
    change(&issuer, Change::Suspend, SECOND_LIST..SECOND_LIST + 1);
    let done = publish(&issuer, &place.out, noon()).unwrap();
    assert_eq!((done.signed, done.left, done.seconds_ahead), (4, 0, None), "all that the record names");
    let first = cwt(&place.issuer, &place.out, 0);
    assert_eq!(first.sub.as_str(), "https://s.example/k/0");
    assert_eq!((first.iat, first.exp), (noon(), noon().plus_seconds(400 * 86_400).unwrap()));
    assert_eq!(first.ttl.value(), 43_200);
    for number in 0..100 {
        let wanted = match number {
            10..20 => Status::Suspended,
            20..35 => Status::Superseded,
            35..50 => Status::Revoked,
            _ => Status::Valid,
        };
        assert_eq!(status(&first.list, number), wanted, "document {number}");
    }
    assert_eq!(not_valid(&first.list), 40, "no other entry says anything");
    let second = cwt(&place.issuer, &place.out, 1);
    assert_eq!(second.sub.as_str(), "https://s.example/k/1");
    assert_eq!(status(&second.list, SECOND_LIST), Status::Suspended);
    assert_eq!(not_valid(&second.list), 1);
}

#[test]
fn the_jwt_has_its_own_address_and_says_the_same() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    change(&issuer, Change::Revoke, 0..9);
    publish(&issuer, &place.out, noon()).unwrap();
    let (cwt, jwt) = (cwt(&place.issuer, &place.out, 0), jwt(&place.out, 0));
    let kid = invented::secret_key(2).public_key().id().to_string();
    assert_eq!(jwt.header, json!({"alg": "EdDSA", "kid": kid, "typ": "statuslist+jwt"}));
    assert_eq!(jwt.payload["sub"], "https://s.example/k/0.jwt");
    assert_eq!(jwt.payload["iat"], cwt.iat.seconds());
    assert_eq!(jwt.payload["exp"], cwt.exp.seconds());
    assert_eq!(jwt.payload["ttl"], 43_200);
    assert_eq!(jwt.payload["status_list"]["bits"], 2);
    assert_eq!(jwt.payload.as_object().unwrap().len(), 5);
    assert_eq!(jwt.list, cwt.list);
}

#[test]
fn an_issuer_without_documents_publishes_lists_on_which_all_is_valid() {
    let root = tempfile::tempdir().unwrap();
    let (dir, out) = (root.path().join("issuer"), root.path().join("out"));
    invented::make(&dir);
    publish(&invented::open(&dir), &out, noon()).unwrap();
    assert_eq!(cwt(&dir, &out, 0).list, StatusList::all_valid());
    assert_eq!(cwt(&dir, &out, 3).list, StatusList::all_valid());
    assert_eq!(all_files(&out).len(), 8, "four lists in both forms, and nothing beside them");
}

#[test]
fn a_clock_set_back_dates_no_list_back() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    publish(&issuer, &place.out, noon()).unwrap();
    let same_second = publish(&issuer, &place.out, noon()).unwrap();
    assert_eq!(same_second.seconds_ahead, None, "two publications in a second are no wrong clock");
    let set_back = seconds_before(noon(), 5 * 86_400);
    let done = publish(&issuer, &place.out, set_back).unwrap();
    assert_eq!(done.seconds_ahead, Some(5 * 86_400 + 2));
    assert_eq!(cwt(&place.issuer, &place.out, 0).iat, noon().plus_seconds(2).unwrap());
    // A new directory changes nothing: the store remembers.
    let elsewhere = place.issuer.join("elsewhere");
    publish(&issuer, &elsewhere, set_back).unwrap();
    assert_eq!(cwt(&place.issuer, &elsewhere, 0).iat, noon().plus_seconds(3).unwrap());
}

#[test]
fn a_backup_that_was_restored_brings_no_revoked_document_back() {
    for (name, undone) in [("revoked", Change::Revoke), ("superseded", Change::Supersede)] {
        let place = place();
        copy(&place.issuer.join("store"), &place.issuer.join("backup"));
        let issuer = invented::open(&place.issuer);
        change(&issuer, undone, 7..10);
        publish(&issuer, &place.out, noon()).unwrap();
        drop(issuer);
        fs::remove_dir_all(place.issuer.join("store")).unwrap();
        fs::rename(place.issuer.join("backup"), place.issuer.join("store")).unwrap();
        let before = all_files(&place.out);
        let fault = publish(&invented::open(&place.issuer), &place.out, noon()).unwrap_err();
        assert!(
            matches!(&fault, PublishFault::Backward { documents: 3, path } if path.ends_with("0")),
            "{name}: {fault}"
        );
        let after = all_files(&place.out);
        assert_eq!(of_first_list(&after), of_first_list(&before), "{name}: what was published stands");
        // Said again, the publication goes on, dated after what stands there.
        let issuer = invented::open(&place.issuer);
        change(&issuer, Change::Revoke, 7..10);
        publish(&issuer, &place.out, seconds_before(noon(), 60)).unwrap();
        assert_eq!(cwt(&place.issuer, &place.out, 0).iat, noon().plus_seconds(1).unwrap(), "{name}");
    }
}

#[test]
fn lifting_a_suspension_is_no_step_backward() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    change(&issuer, Change::Suspend, 0..5);
    publish(&issuer, &place.out, noon()).unwrap();
    change(&issuer, Change::Resume, 0..5);
    publish(&issuer, &place.out, noon()).unwrap();
    assert_eq!(not_valid(&cwt(&place.issuer, &place.out, 0).list), 0);
}

#[test]
fn a_file_that_is_no_list_of_this_issuer_is_not_replaced() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    publish(&issuer, &place.out, noon()).unwrap();
    let (zero, one) = (place.out.join("0"), place.out.join("1"));
    let good = fs::read(&zero).unwrap();
    let refuse = |content: &[u8], fits: &dyn Fn(&PublishFault) -> bool| {
        fs::write(&zero, content).unwrap();
        let fault = publish(&issuer, &place.out, noon()).unwrap_err();
        assert!(fits(&fault), "{fault}");
        assert_eq!(fs::read(&zero).unwrap(), content);
    };
    refuse(b"notes", &|fault| matches!(fault, PublishFault::Foreign { .. }));
    refuse(&good[..good.len() - 1], &|fault| matches!(fault, PublishFault::Foreign { .. }));
    let mut altered = good.clone();
    altered[60] ^= 1;
    refuse(&altered, &|fault| matches!(fault, PublishFault::Foreign { .. }));
    refuse(&fs::read(&one).unwrap(), &|fault| matches!(fault, PublishFault::Misplaced { .. }));
    refuse(&vec![0xD2; 1 << 20], &|fault| matches!(fault, PublishFault::Foreign { .. }));
}

#[test]
fn only_what_changed_is_signed_again_when_asked_so() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    let later = |seconds| noon().plus_seconds(seconds).unwrap();
    assert_eq!(publish_changed(&issuer, &place.out, noon()).signed, 4, "there was nothing");
    let before = all_files(&place.out);
    assert_eq!(publish_changed(&issuer, &place.out, later(3_600)).left, 4);
    assert_eq!(all_files(&place.out), before);
    change(&issuer, Change::Revoke, 3..4);
    let done = publish_changed(&issuer, &place.out, later(7_200));
    assert_eq!((done.signed, done.left), (1, 3));
    assert_eq!(cwt(&place.issuer, &place.out, 0).iat, later(7_200));
    assert_eq!(cwt(&place.issuer, &place.out, 1).iat, noon());
    // As a kill between the two forms leaves it, or somebody's slip.
    for damage in [Some(before[1].1.clone()), Some(b"torn".to_vec()), None] {
        let path = place.out.join("0.jwt");
        match damage {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert_eq!(publish_changed(&issuer, &place.out, later(7_300)).signed, 1);
        assert_eq!(jwt(&place.out, 0).list, cwt(&place.issuer, &place.out, 0).list);
    }
    assert_eq!(publish_changed(&issuer, &place.out, later(43_199)).left, 4);
    assert_eq!(
        publish_changed(&issuer, &place.out, later(43_200)).signed,
        3,
        "the older ones are half a day old"
    );
}

#[test]
fn more_lists_in_use_than_the_record_names_are_not_published_in_part() {
    let place = place();
    let path = place.issuer.join("issuer.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("lists = 4", "lists = 1")).unwrap();
    let fault = publish(&invented::open(&place.issuer), &place.out, noon()).unwrap_err();
    assert!(matches!(fault, PublishFault::TooFew { in_use: 2, lists: 1 }), "{fault}");
    assert!(!place.out.exists());
}

#[test]
fn a_list_that_verifiers_would_refuse_is_not_released() {
    let place = place();
    let issuer = invented::open(&place.issuer);
    let before_the_key = UnixTime::parse("2026-12-31T23:59:59Z").unwrap();
    let fault = publish(&issuer, &place.out, before_the_key).unwrap_err();
    assert!(matches!(&fault, PublishFault::Sign(SignFault::NoKey(_))), "{fault}");
    assert_eq!(all_files(&place.out), []);
}

#[test]
fn a_second_program_does_not_publish_into_the_same_directory_meanwhile() {
    let place = place();
    fs::create_dir(&place.out).unwrap();
    let held = File::open(&place.out).unwrap();
    held.lock().unwrap();
    let publication = Publication { out: &place.out, now: noon(), unchanged: Unchanged::SignAgain };
    let fault = invented::open(&place.issuer).publish(&publication, &|_| ()).unwrap_err();
    assert!(matches!(fault, PublishFault::InUse { .. }), "{fault}");
}

#[test]
fn ids_that_were_never_given_out_and_changes_that_are_not_allowed_are_told_apart() {
    use sanad_issuer::status::Impossible;
    let place = place();
    let issuer = invented::open(&place.issuer);
    change(&issuer, Change::Revoke, 1..2);
    change(&issuer, Change::Supersede, 2..3);
    let judged = issuer.judge_change(Change::Resume, &[0, 1, 2, 999].map(cti), &mut |_| ()).unwrap();
    assert_eq!(judged.possible(), 1);
    let refuse = |from| Impossible::Refuse { from };
    let wanted = [
        (cti(1), refuse(Status::Revoked)),
        (cti(2), refuse(Status::Superseded)),
        (cti(999), Impossible::Unknown),
    ];
    assert_eq!(judged.impossible, wanted);
}

fn of_first_list(files: &[(PathBuf, Vec<u8>)]) -> Vec<&(PathBuf, Vec<u8>)> {
    files.iter().filter(|(path, _)| path.ends_with("0") || path.ends_with("0.jwt")).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
