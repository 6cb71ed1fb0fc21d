//! Keys are changed by two people where the configuration asks for it: one asks, another agrees, the command does it once.

use serde_json::{Value, json};

use crate::office::Office;
use crate::service::{Running, post, serve, today};

/// An office of two administrators and an approver, which asks for a second person.
fn office() -> Office {
    Office::of(&today()).with(&[("SANAD_ISSUER_APPROVAL_KEY_CHANGES", "true")])
}

fn token(office: &Office, role: &str) -> String {
    let arguments = ["token", "issuer", "create", "--show", "--role", role, "--label", role];
    office.done(&today(), &arguments).trim().to_owned()
}

fn ask(service: &Running, token: &str, change: &str) -> String {
    let (status, answer) = post(service, token, "/v1/key-changes", &json!({"change": change}), None);
    assert_eq!(status, 202, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

fn approve(service: &Running, token: &str, id: &str) {
    let path = format!("/v1/approvals/{id}/approve");
    let (status, answer) = post(service, token, &path, &json!({}), None);
    assert_eq!(status, 200, "{answer}");
}

fn log(office: &Office) -> Vec<Value> {
    office.done(&today(), &["audit", "issuer", "export", "--out", "log.ndjson"]);
    office.read("log.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_key_is_rotated_once_when_a_second_person_agreed_and_never_without() {
    let office = office();
    let today = today();
    let rotate = ["keys", "issuer", "rotate", "--use", "delegation", "--from", &today];
    let with = |approval| [&rotate[..], &["--approval", approval]].concat();
    let alone = office.refused(&today, &rotate);
    assert!(alone.contains("POST /v1/key-changes") && alone.contains("rotate delegation"), "{alone}");

    let (admin, approver) = (token(&office, "administrator"), token(&office, "approver"));
    let service = serve(&office);
    let wanted = ask(&service, &admin, "rotate delegation");
    let other = ask(&service, &admin, "rotate status");
    approve(&service, &approver, &other);
    drop(service);

    let before = office.keys(&today);
    let open = office.refused(&today, &with(&wanted));
    assert!(open.contains("is open"), "{open}");
    let about_another = office.refused(&today, &with(&other));
    assert!(about_another.contains("something else"), "{about_another}");
    let unknown = office.refused(&today, &with("nothing"));
    assert!(unknown.contains("no such approval"), "{unknown}");
    assert_eq!(office.keys(&today), before, "a refused change left something");

    let service = serve(&office);
    approve(&service, &approver, &wanted);
    drop(service);
    office.done(&today, &with(&wanted));
    assert_eq!(office.keys(&today).len(), before.len() + 1);
    let again = office.refused(&today, &with(&wanted));
    assert!(again.contains("is done"), "{again}");
    assert_eq!(office.keys(&today).len(), before.len() + 1, "the same agreement made two keys");
    let lines = log(&office);
    let names = |line: &&Value| line.to_string().contains(&wanted) && line["act"] == "change-keys";
    assert_eq!(lines.iter().filter(names).count(), 1, "{lines:#?}");
    office.done(&today, &["audit", "issuer", "verify"]);
}

#[test]
fn a_key_that_a_thief_has_is_marked_by_one_person() {
    let office = office();
    let key = office.key(&today(), "status", "signs").to_string();
    office.done(&today(), &["keys", "issuer", "compromise", "--key", &key, "--yes"]);
}

#[test]
fn a_key_is_retired_with_the_agreement_to_that_key_only() {
    let office = office();
    let today = today();
    let (admin, approver) = (token(&office, "administrator"), token(&office, "approver"));
    let key = office.key(&today, "status", "signs").to_string();
    let service = serve(&office);
    let rotate = ask(&service, &admin, "rotate status");
    let retire = ask(&service, &admin, &format!("retire {key}"));
    let other = ask(&service, &admin, "retire 0123456789abcdef");
    for id in [&rotate, &retire, &other] {
        approve(&service, &approver, id);
    }
    drop(service);
    let new = ["keys", "issuer", "rotate", "--use", "status", "--from", &today, "--overlap-days", "2"];
    office.done(&today, &[&new[..], &["--approval", &rotate]].concat());
    let this = ["keys", "issuer", "retire", "--key", &key];
    office.refused(&today, &this);
    office.refused(&today, &[&this[..], &["--approval", &other]].concat());
    office.done(&today, &[&this[..], &["--approval", &retire]].concat());
    assert_eq!(office.key(&today, "status", "retired").to_string(), key);
}
