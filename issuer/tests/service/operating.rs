//! What an operator and a verifier see: health, metrics, description, published files, statistics.

use serde_json::{Value, json};

use crate::office::{Office, person, register};

pub(crate) fn health_metrics_description_and_page_are_there_for_everybody(office: &Office) {
    assert_eq!(office.get("", "/healthz").is(200).json(), json!({"alive": true}));
    office.wait_until_ready();
    office.issue("registrar", &person("1", "Zawadi Kanari", "KE-30"));
    office.get("", "/metrics").refused(401, "unauthenticated");
    office.get("registrar", "/metrics").refused(403, "forbidden");
    let metrics = office.get("init", "/metrics").is(200).text();
    assert!(metrics.contains("sanad_documents_signed_total") && !metrics.contains("KANARI"), "{metrics}");
    let document = office.get("", "/openapi.json").is(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let page = office.get("", "/docs").is(200);
    assert!(
        page.header("content-type").unwrap().starts_with("text/html") && page.text().contains("openapi.json")
    );
    for closed in ["/v1/credentials", "/v1/jobs", "/v1/statistics", "/v1/credentials/0000000000000000"] {
        office.get("", closed).refused(401, "unauthenticated");
    }
}

pub(crate) fn published_files_have_tags_and_are_not_sent_twice(office: &Office) {
    office.wait_until_ready();
    for (file, media_type) in [
        ("record.json", "application/json"),
        ("status/0", "application/statuslist+cwt"),
        ("status/0.jwt", "application/statuslist+jwt"),
    ] {
        let target = format!("/site/{file}");
        let answer = office.get("", &target).is(200);
        let tag = answer.header("etag").unwrap().to_owned();
        assert_eq!(answer.header("content-type"), Some(media_type));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("cache-control").is_some());
        let known = office.call("", "GET", &target).header("If-None-Match", &tag).send().is(304);
        assert!(known.body.is_empty() && known.header("etag") == Some(tag.as_str()));
        office.call("", "GET", &target).header("If-None-Match", "\"another\"").send().is(200);
        let head = office.call("", "HEAD", &target).send().is(200);
        assert_eq!(head.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }
    for nothing in [
        "",
        "status",
        "status/",
        "status/99",
        "store",
        "keys.age",
        "service.toml",
        "record.json/",
        "RECORD.JSON",
    ] {
        office.get("", &format!("/site/{nothing}")).refused(404, "not-found");
    }
}

pub(crate) fn statistics_tell_nothing_of_few(office: &Office) {
    let mut text = register(0, 24, "KE-30");
    text.push_str(register(100, 3, "KE-47").split_once('\n').unwrap().1);
    let job = office.call("registrar", "POST", "/v1/jobs").body("text/csv", text).send().is(202).member("id");
    assert_eq!(office.wait_for_job("registrar", &job)["signed"], 27);
    let counts = office.get("auditor", "/v1/statistics").is(200).json();
    assert_eq!(counts["credentials"], 20, "rounded down: {counts}");
    // One small cell alone could be worked out from a sum, so the next goes with it.
    assert_eq!(counts["area"], json!({"cells": {}, "suppressed": 2}), "{counts}");
    assert_eq!(counts["product"], json!({"cells": {"SHIF": 27}, "suppressed": 0}));
    assert_eq!(counts["status"]["cells"], json!({"valid": 27}));
    // Of whom an office may not know, it learns no number either.
    let own = office.get("KE-47", "/v1/statistics").is(200).json();
    assert_eq!((&own["credentials"], &own["product"]["cells"]), (&json!(0), &json!({})), "{own}");
    let own = office.get("KE-30", "/v1/statistics").is(200).json();
    assert_eq!((&own["credentials"], &own["area"]["cells"]["KE-30"]), (&json!(20), &json!(24)), "{own}");
    // Nor one more, shortly after: two answers subtracted are nobody.
    office.issue("registrar", &person("200", "Zawadi Kanari", "KE-30"));
    let again = office.get("auditor", "/v1/statistics").is(200).json();
    assert_eq!(again, counts);
    assert_eq!(Value::Null, again["names"]);
}
