//! Rotation, retirement and compromise with keys in `keys.age`.

use sanad_trust::{IssuerRecord, KeyState, Rejection};

use crate::office::{FIRST_DAY, Office, opened, text};

fn state(record: &IssuerRecord, kid: sanad_credential::KeyId) -> (KeyState, Option<String>) {
    let key = record.members().keys.iter().find(|key| key.x.id() == kid).unwrap();
    (key.state, key.to.map(|to| to.to_string()))
}

#[test]
fn each_day_is_signed_by_the_key_of_that_day_and_all_of_it_opens_with_the_new_record() {
    let office = Office::new();
    let old_record = office.record();
    let old = office.key(FIRST_DAY, "credential", "signs");
    let new = office.rotate("2027-01-10", "credential", &["--from", "2027-02-01", "--overlap-days", "10"]);
    let record = office.record();
    assert_eq!(state(&record, old), (KeyState::Active, Some("2027-02-10".into())));
    // Before, on the last day before, on the first of the overlap, on its last, after it.
    let days = [
        ("2027-01-10", old),
        ("2027-01-31", old),
        ("2027-02-01", new),
        ("2027-02-10", new),
        ("2027-02-11", new),
    ];
    for (day, signer) in days {
        let document = office.issue(day, 1).remove(0);
        assert_eq!(opened(&document, &record), Ok(signer), "{day}");
        let with_old = opened(&document, &old_record);
        if signer == old {
            assert_eq!(with_old, Ok(old), "{day}");
        } else {
            assert_eq!(with_old, Err(Rejection::KeyUnknown { kid: new }), "{day}");
        }
    }
}

/// What the old key signs after its last day is refused, and what it signed before stands when it is retired.
#[test]
fn a_retired_key_signs_nothing_and_what_it_signed_stands() {
    let office = Office::new();
    let old = office.key(FIRST_DAY, "credential", "signs");
    let before = office.issue("2027-01-05", 1).remove(0);
    office.rotate("2027-01-10", "credential", &["--from", "2027-01-20", "--overlap-days", "30"]);
    let retire = ["keys", "issuer", "retire", "--key", &old.to_string()];
    let refusal = office.refused("2027-01-19", &retire);
    assert!(refusal.contains("the only credential key that signs on 2027-01-19"), "{refusal}");
    let told = office.run("2027-01-25", &retire);
    assert!(text(&told.stderr).contains("signed until 2027-01-25 stay good"), "{}", text(&told.stderr));
    let record = office.record();
    assert_eq!(state(&record, old), (KeyState::Retired, Some("2027-01-25".into())));
    assert_eq!(opened(&before, &record), Ok(old));
    let refusal = office.refused("2027-01-26", &retire);
    assert!(refusal.contains("is retired already"), "{refusal}");
}

#[test]
fn a_compromised_key_takes_all_that_it_signed_with_it_and_nothing_signs_until_there_is_another() {
    let office = Office::new();
    let old = office.key(FIRST_DAY, "credential", "signs");
    let before = office.issue("2027-01-05", 1).remove(0);
    let compromise = ["keys", "issuer", "compromise", "--key", &old.to_string()];
    let asked = office.run("2027-01-10", &compromise);
    assert_eq!(asked.status.code(), Some(2), "nobody said yes");
    assert_eq!(state(&office.record(), old).0, KeyState::Active);
    let told = office.run("2027-01-10", &[&compromise[..], &["--yes"]].concat());
    let words = text(&told.stderr);
    assert!(told.status.success() && words.contains("EVERY document that it ever signed"), "{words}");
    assert!(words.contains("rotate --use credential --from 2027-01-10"), "{words}");
    assert_eq!(opened(&before, &office.record()), Err(Rejection::KeyCompromised { kid: old }));

    office.write(
        "people.csv",
        "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n",
    );
    let issue = ["issue", "issuer", "--input", "people.csv", "--out", "out"];
    let refusal = office.refused("2027-01-10", &issue);
    assert!(
        refusal.contains("no active credential key") && refusal.contains("keys issuer rotate"),
        "{refusal}"
    );
    let new = office.rotate("2027-01-10", "credential", &["--from", "2027-01-10"]);
    let after = office.issue("2027-01-10", 1).remove(0);
    assert_eq!(opened(&after, &office.record()), Ok(new));
}

#[test]
fn lists_and_delegations_change_their_keys_in_the_same_way() {
    let office = Office::new();
    office.issue("2027-01-05", 1);
    let publish = ["status", "issuer", "publish", "--out", "lists", "--changed-only"];
    office.done("2027-01-05", &publish);
    let list = || std::fs::read(office.at("lists/0")).unwrap();
    let jwt = || office.read("lists/0.jwt");
    let (cwt_before, jwt_before) = (list(), jwt());
    let old = office.key(FIRST_DAY, "status", "signs");
    let new = office.rotate("2027-01-05", "status", &["--from", "2027-01-05"]);
    office.done("2027-01-05", &publish);
    assert_ne!((list(), jwt()), (cwt_before.clone(), jwt_before), "signed anew, though nothing changed");
    let record = office.record();
    assert_eq!((opened(&cwt_before, &record), opened(&list(), &record)), (Ok(old), Ok(new)));

    // A list under a compromised key says nothing, and is replaced.
    office.rotate("2027-01-06", "status", &["--from", "2027-01-06"]);
    for key in [old, new] {
        office.done("2027-01-06", &["keys", "issuer", "compromise", "--yes", "--key", &key.to_string()]);
    }
    assert_eq!(opened(&list(), &office.record()), Err(Rejection::KeyCompromised { kid: new }));
    office.done("2027-01-06", &publish);
    assert!(opened(&list(), &office.record()).is_ok());

    let delegation = office.rotate("2027-01-06", "delegation", &[]);
    assert_eq!(office.key("2027-01-20", "delegation", "signs"), delegation);
}

#[test]
fn rotations_that_would_leave_a_day_without_a_key_or_change_the_past_are_refused_and_change_nothing() {
    let office = Office::new();
    let key = office.key(FIRST_DAY, "credential", "signs");
    let rotate = |day: &str, more: &[&str]| {
        office.refused(day, &[&["keys", "issuer", "rotate", "--use", "credential"], more].concat())
    };
    let files = || (office.read("issuer/issuer.toml"), std::fs::read(office.at("issuer/keys.age")).unwrap());
    let before = files();
    let refusal = rotate("2027-01-10", &["--from", "2027-01-09"]);
    assert!(refusal.contains("starts from 2027-01-10 to 2029-01-10, not on 2027-01-09"), "{refusal}");
    assert!(rotate("2027-01-10", &["--from", "2029-01-11"]).contains("not on 2029-01-11"));
    let refusal = rotate(FIRST_DAY, &["--from", FIRST_DAY, "--overlap-days", "0"]);
    assert!(refusal.contains("give an overlap of 1 day at least"), "{refusal}");
    let refusal = rotate("2026-12-20", &["--from", "2026-12-30"]);
    assert!(refusal.contains("starts on 2027-01-01; wait for it"), "{refusal}");
    let refusal = office.refused("2027-01-10", &["keys", "issuer", "retire", "--key", "0000000000000000"]);
    assert!(refusal.contains("no key 0000000000000000; list them"), "{refusal}");
    assert_eq!(files(), before);

    office.rotate("2027-01-10", "credential", &[]);
    assert!(rotate("2027-01-11", &[]).contains("starts on 2027-01-24; wait for it, or retire it"));
    office.done(
        "2027-01-11",
        &["keys", "issuer", "retire", "--key", &office.key("2027-01-11", "credential", "waits").to_string()],
    );
    // The old one has its last day still.
    let refusal = rotate("2027-01-11", &["--from", "2027-02-09"]);
    assert!(refusal.contains("no credential key counts on 2027-02-08"), "{refusal}");
    office.rotate("2027-01-11", "credential", &["--from", "2027-02-07"]);
    assert_eq!(office.key("2027-02-06", "credential", "signs"), key);
}

#[test]
fn a_replica_with_an_old_keys_file_signs_with_the_old_key_and_says_so_until_its_last_day() {
    let office = Office::new();
    let old_keys = std::fs::read(office.at("issuer/keys.age")).unwrap();
    let old = office.key(FIRST_DAY, "credential", "signs");
    office.rotate("2027-01-10", "credential", &["--from", "2027-01-20", "--overlap-days", "5"]);
    std::fs::write(office.at("issuer/keys.age"), &old_keys).unwrap();
    let document = office.issue("2027-01-22", 1).remove(0);
    assert_eq!(opened(&document, &office.record()), Ok(old));
    let told = office.run("2027-01-22", &["keys", "issuer", "list", "--check"]);
    assert!(
        text(&told.stderr).contains("should sign since 2027-01-20 and is not in"),
        "{}",
        text(&told.stderr)
    );
    assert!(text(&told.stdout).contains("not here"), "{}", text(&told.stdout));
    let refusal = office.refused("2027-01-25", &["keys", "issuer", "list", "--check"]);
    assert!(refusal.contains("should sign on 2027-01-25 and is not here"), "{refusal}");
}

/// Someone else's, or one of before the issuer was made anew.
#[test]
fn a_keys_file_of_another_issuer_is_refused_and_not_added_to() {
    let (office, other) = (Office::new(), Office::new());
    std::fs::copy(other.at("issuer/keys.age"), office.at("issuer/keys.age")).unwrap();
    let before = std::fs::read(office.at("issuer/keys.age")).unwrap();
    let refusal = office.refused("2027-01-10", &["keys", "issuer", "rotate", "--use", "status"]);
    assert!(refusal.contains("is not in issuer.toml"), "{refusal}");
    assert_eq!(std::fs::read(office.at("issuer/keys.age")).unwrap(), before);
}

#[test]
fn changes_of_keys_stand_in_the_audit_log_and_name_no_secret() {
    let office = Office::new();
    let new = office.rotate("2027-01-10", "credential", &[]);
    let config = sanad_issuer::config::Config::load(&office.at("issuer")).unwrap();
    let store =
        sanad_issuer::store::embedded::EmbeddedStore::open(&office.at("issuer/store"), config.record.iss());
    let (lines, _) = sanad_issuer::store::Store::audit(&store.unwrap(), 0, 10).unwrap();
    let line = lines.iter().find(|line| line.contains("change-keys")).unwrap();
    assert!(line.contains(&format!("key:{new}")) && line.contains("rotate use=credential"), "{line}");
}
