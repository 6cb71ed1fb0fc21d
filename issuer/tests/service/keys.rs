//! Idempotency keys: replayed, reused, raced, of others, and in every form that cannot be kept.

use serde_json::json;

use crate::office::{Office, fresh_key, person};

pub(crate) fn a_replayed_request_has_one_credential_and_a_reused_key_none(office: &Office) {
    let (key, record) = (fresh_key(), person("10", "Zawadi Mwangi", "KE-30"));
    let call = |who: &str, target: &str| office.call(who, "POST", target).key(&key);
    let first = call("registrar", "/v1/credentials").json(&record).send().is(201).json();
    for _ in 0..3 {
        assert_eq!(call("registrar", "/v1/credentials").json(&record).send().is(200).json(), first);
    }
    // Another body.
    let other = person("11", "Zawadi Mwangi", "KE-30");
    call("registrar", "/v1/credentials").json(&other).send().refused(409, "idempotency-key-reused");
    // The same words in another order are another body: nobody guesses what a client meant.
    let spaced = record.to_string().replace(":", ": ");
    let spaced = call("registrar", "/v1/credentials").body("application/json", spaced).send();
    spaced.refused(409, "idempotency-key-reused");
    // Another route.
    let cti = first["cti"].as_str().unwrap();
    let reissue =
        call("registrar", &format!("/v1/credentials/{cti}/reissue")).json(&json!({"reason": "lost"}));
    reissue.send().refused(409, "idempotency-key-reused");
    let read = office.get("registrar", &format!("/v1/credentials/{cti}")).member("status");
    assert_eq!(read, "valid", "what was refused superseded nothing");
    // Another caller: a key is its own, the record is not.
    let refused = call("init", "/v1/credentials").json(&record).send().refused(409, "record-exists");
    assert_eq!(refused.member("cti"), cti);
    let another = call("init", "/v1/credentials").json(&other).send().is(201).member("cti");
    assert_ne!(another, cti);
    let found = office.get("registrar", "/v1/credentials?number=KANARI-10").json();
    assert_eq!(found["credentials"].as_array().unwrap().len(), 1);
}

pub(crate) fn racing_requests_with_one_key_make_one_credential(office: &Office) {
    for round in 0..5 {
        let number = format!("20-{round}");
        let call = office.call("registrar", "POST", "/v1/credentials").key(&fresh_key());
        let call = call.json(&person(&number, "Zawadi Race", "KE-30"));
        let answers = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| call.send())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(created, 1, "{answers:?}");
        let ids: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.member("cti")).collect();
        assert_eq!(ids.len(), 1);
        let found = office.get("registrar", &format!("/v1/credentials?number=KANARI-{number}")).json();
        assert_eq!(found["credentials"].as_array().unwrap().len(), 1);
    }
}

pub(crate) fn racing_requests_with_one_key_and_two_bodies_make_one_credential(office: &Office) {
    for round in 0..5 {
        let key = fresh_key();
        let call = |name: &str| {
            let record = person(&format!("30-{round}"), name, "KE-30");
            office.call("registrar", "POST", "/v1/credentials").key(&key).json(&record)
        };
        let calls = [call("Zawadi One"), call("Zawadi Two")];
        let answers = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|place| {
                    scope.spawn({
                        let call = &calls[place % 2];
                        move || call.send()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(201), count(200), count(409)), (1, 2, 3), "{answers:?}");
    }
}

pub(crate) fn keys_that_cannot_be_kept_are_refused_and_sign_nothing(office: &Office) {
    let record = person("40", "Zawadi Key", "KE-30");
    let call = || office.call("registrar", "POST", "/v1/credentials").json(&record);
    call().send().refused(400, "idempotency-key-missing");
    call().key("kanari-a").key("kanari-b").send().refused(400, "idempotency-key-invalid");
    let long = "k".repeat(65);
    for wrong in ["", " ", "a b", &long, "schlüssel", "a\tb", "kanari\u{202e}"] {
        call().key(wrong).send().refused(400, "idempotency-key-invalid");
    }
    // A key is a text like any other: none of these words is anybody's command.
    for (place, odd) in
        ["'--", "%00", "../../etc", "\"';DROP-TABLE", "kanari%0d%0aX-Injected:1"].iter().enumerate()
    {
        let record = person(&format!("41-{place}"), "Zawadi Key", "KE-30");
        let call = office.call("registrar", "POST", "/v1/credentials").key(odd).json(&record);
        let answer = call.send().is(201);
        assert!(answer.header("x-injected").is_none());
        assert_eq!(call.send().is(200).member("cti"), answer.member("cti"));
    }
    let found = office.get("registrar", "/v1/credentials?number=KANARI-40").json();
    assert_eq!(found["credentials"], json!([]));
}
