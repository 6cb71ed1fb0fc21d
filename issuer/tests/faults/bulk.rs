//! A bulk job of each round, and what must have become of every line.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::client::{Ask, Client};

const HEADER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory\n";

/// How long a job may take with everything that befalls it: 15 s until another replica takes it over.
const DONE_MAX: Duration = Duration::from_secs(120);

/// Hands in a register until it was taken, and returns the id of the job. What was taken without an answer runs too;
/// its lines then have a credential already.
pub(crate) fn submit(client: &mut Client, first: u64, lines: u64) -> String {
    let row = |number| {
        format!(
            "JOB-{number:07},Person Invented {number},1980,SHIF,1,medical_care,2026-01-01,2026-12-31,0,KE-30\n"
        )
    };
    let register: String =
        std::iter::once(HEADER.to_owned()).chain((first..first + lines).map(row)).collect();
    let began = Instant::now();
    loop {
        let ask = Ask {
            method: "POST",
            path: "/v1/jobs",
            key: None,
            media_type: "text/csv",
            body: register.as_bytes(),
        };
        match client.ask(&ask) {
            Ok(answer) if answer.status == 202 => {
                return answer.json()["id"].as_str().unwrap().to_owned();
            }
            Ok(answer) => assert!(answer.status == 503, "{}", answer.text()),
            Err(_) => {}
        }
        assert!(began.elapsed() < DONE_MAX, "no job is taken");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Where a job is; none where nobody answers.
pub(crate) fn state(client: &mut Client, id: &str) -> Option<serde_json::Value> {
    let answer = client.ask(&Ask::get(&format!("/v1/jobs/{id}"))).ok()?;
    assert!(matches!(answer.status, 200 | 503), "the job {id} is gone: {}", answer.text());
    (answer.status == 200).then(|| answer.json())
}

/// Waits for the end of all jobs; the result of this one has every line once, each with a credential of its own.
pub(crate) fn finished(client: &mut Client, id: &str, lines: u64) -> BTreeSet<String> {
    let began = Instant::now();
    let is_over = |job: &serde_json::Value| {
        let state = job["state"].as_str().unwrap();
        assert!(!["failed", "refused", "cancelled"].contains(&state), "{job}");
        state == "done"
    };
    let done = loop {
        if let Some(job) = state(client, id)
            && is_over(&job)
            && others_are_over(client)
        {
            break job;
        }
        assert!(began.elapsed() < DONE_MAX, "the job does not end: {:?}", state(client, id));
        std::thread::sleep(Duration::from_millis(50));
    };
    let number = |name: &str| done[name].as_u64().unwrap();
    assert_eq!(number("signed") + number("same"), lines, "{done}");
    let answer = client.ask(&Ask::get(&format!("/v1/jobs/{id}/result"))).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut ids = BTreeSet::new();
    let mut next = 2;
    for line in answer.text().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["line"].as_u64(), Some(next), "a line is missing or there twice");
        assert!(ids.insert(line["cti"].as_str().unwrap().to_owned()), "a credential for two lines: {line}");
        next += 1;
    }
    assert_eq!(next, lines + 2);
    ids
}

/// Jobs that were taken without an answer, and not those that were not taken.
fn others_are_over(client: &mut Client) -> bool {
    let mut path = "/v1/jobs".to_owned();
    loop {
        let Ok(answer) = client.ask(&Ask::get(&path)) else { return false };
        if answer.status != 200 {
            return false;
        }
        let page = answer.json();
        let is_over = |job: &serde_json::Value| {
            let state = job["state"].as_str().unwrap();
            !["waiting", "checking", "signing", "cancelling"].contains(&state)
        };
        if !page["jobs"].as_array().unwrap().iter().all(is_over) {
            return false;
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/jobs?after={next}"),
            None => return true,
        }
    }
}
