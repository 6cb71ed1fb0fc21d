//! Ids of others: what lies in another county is answered, to the byte, as what does not exist.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::office::{Office, fresh_key, person, register, year};

/// An answer without what differs between any two requests.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| name != "x-request-id" && name != "date");
    (answer.status, headers, answer.text())
}

pub(crate) fn a_document_of_another_county_does_not_exist(office: &Office) {
    let theirs = office.issue("KE-47", &person("1", "Zawadi Theirs", "KE-47"));
    let both = {
        let mut record = person("2", "Zawadi Both", "KE-47");
        record["territory"] = json!(["KE-30", "KE-47"]);
        office.issue("registrar", &record)
    };
    let nobodys = "0123456789abcdef";
    let change = json!({"reason": "error", "legal_basis": "invented"});
    let renewal = json!({"start": format!("{}-01-01", year() + 1), "end": format!("{}-12-31", year() + 1)});
    let acts: [(&str, &str, Option<Value>); 13] = [
        ("GET", "", None),
        ("GET", "/qr.txt", None),
        ("GET", "/qr.svg", None),
        ("GET", "/qr.png", None),
        ("GET", "/vc", None),
        ("GET", "/sd-jwt", None),
        ("POST", "/suspend", Some(change.clone())),
        ("POST", "/resume", Some(change.clone())),
        ("POST", "/revoke", Some(change.clone())),
        ("POST", "/reissue", Some(json!({"reason": "lost"}))),
        ("POST", "/reissue", Some(json!({"reason": "correction", "correction": {"name": "Zawadi Mine"}}))),
        ("POST", "/renew", Some(renewal)),
        ("HEAD", "", None),
    ];
    for (method, act, body) in acts {
        let ask = |cti: &str| {
            let call = office.call("KE-30", method, &format!("/v1/credentials/{cti}{act}")).key(&fresh_key());
            let call = match &body {
                Some(body) => call.json(body),
                None => call,
            };
            told(&call.send())
        };
        let nothing = ask(nobodys);
        assert_eq!(nothing.0, 404);
        for cti in [&theirs, &both] {
            assert_eq!(ask(cti), nothing, "{method} {act}");
        }
    }
    let search = |query: &str| told(&office.get("KE-30", &format!("/v1/credentials?{query}")));
    let nothing = search("number=KANARI-nobody");
    assert_eq!(nothing.0, 200);
    for query in [
        "number=KANARI-1",
        "number=KANARI-2",
        "name=zawadi%20theirs",
        "name=zawadi",
        "limit=1",
        "status=valid",
        "type=coverage&limit=1",
    ] {
        assert_eq!(search(query), nothing, "{query}");
    }
    for cti in [&theirs, &both] {
        assert_eq!(office.get("registrar", &format!("/v1/credentials/{cti}")).member("status"), "valid");
    }
    // Nobody signs for another county, nor moves one of their own there.
    for county in ["KE-47", "KE", "TZ"] {
        let answer = office.post("KE-30", "/v1/credentials", &person("3", "Zawadi Mine", county));
        assert!([403, 422].contains(&answer.status), "{county}: {}", answer.status);
    }
    office
        .post(
            "KE-30",
            "/v1/credentials",
            &json!({"type": "membership",
        "subject": {"number": "KANARI-4", "name": "Zawadi Mine"}, "scheme": "SHIF", "since": "2024-01-01"}),
        )
        .refused(403, "outside-areas");
    let mine = office.issue("KE-30", &person("5", "Zawadi Mine", "KE-30"));
    let moved = json!({"territory": ["KE-47"]});
    office.post("KE-30", &format!("/v1/credentials/{mine}/renew"), &moved).refused(403, "outside-areas");
    // What is theirs is not replaced by naming it.
    let body = json!({"replaces": theirs, "start": format!("{}-02-01", year())});
    let answer = office.post("KE-30", &format!("/v1/credentials/{mine}/renew"), &body);
    answer.refused(422, "invalid-record");
    let mut record = person("6", "Zawadi Mine", "KE-30");
    record["replaces"] = json!(theirs);
    office.post("KE-30", "/v1/credentials", &record).refused(422, "invalid-record");
    assert_eq!(office.get("registrar", &format!("/v1/credentials/{theirs}")).member("status"), "valid");
}

pub(crate) fn a_job_of_another_office_does_not_exist_and_signs_nothing_beyond_its_own(office: &Office) {
    let submit = |who: &str, county: &str, query: &str| {
        let call = office.call(who, "POST", &format!("/v1/jobs{query}"));
        call.body("text/csv", register(50, 12, county)).send().is(202).member("id")
    };
    let theirs = submit("KE-47", "KE-47", "");
    assert_eq!(office.wait_for_job("KE-47", &theirs)["signed"], 12);
    let nobodys = "0123456789abcdef01";
    for (method, act) in [("GET", ""), ("GET", "/result"), ("POST", "/cancel")] {
        let ask =
            |who: &str, id: &str| told(&office.call(who, method, &format!("/v1/jobs/{id}{act}")).send());
        let nothing = ask("KE-30", nobodys);
        assert_eq!(nothing.0, 404);
        assert_eq!(ask("KE-30", &theirs), nothing, "{method} {act}");
    }
    assert_eq!(office.get("KE-30", "/v1/jobs").json()["jobs"], json!([]));
    assert_eq!(office.get("registrar", "/v1/jobs").json()["jobs"].as_array().unwrap().len(), 1);
    // A register with other counties' people in it.
    for query in ["", "?bad_lines=set-aside"] {
        let id = submit("KE-30", "KE-47", query);
        let job = office.wait_for_job("KE-30", &id);
        assert_eq!(job["signed"], 0, "{job}");
        let result = office.get("KE-30", &format!("/v1/jobs/{id}/result")).is(200).text();
        assert!(!result.contains("cti"), "it tells the ids of others: {result}");
    }
}
