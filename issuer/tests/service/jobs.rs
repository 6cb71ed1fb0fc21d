//! Registers of many people, whole and broken off, too long and too slow.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use sanad_issuer::store::PaperKind;
use serde_json::{Value, json};

use crate::http::{PATIENCE, read_answer};
use crate::office::{Office, StoreKind, person, register};

fn lines(office: &Office, who: &str, id: &str) -> Vec<Value> {
    let answer = office.get(who, &format!("/v1/jobs/{id}/result")).is(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn submit(office: &Office, who: &str, query: &str, form: &str, text: String) -> String {
    let answer = office.call(who, "POST", &format!("/v1/jobs{query}")).body(form, text).send().is(202);
    let id = answer.member("id");
    assert_eq!(answer.header("location"), Some(format!("/v1/jobs/{id}").as_str()));
    id
}

pub(crate) fn registers_in_both_forms_are_signed_and_told_line_by_line(office: &Office) {
    let id = submit(office, "registrar", "", "text/csv", register(100, 40, "KE-30"));
    let job = office.wait_for_job("registrar", &id);
    assert_eq!(
        (&job["state"], &job["signed"], &job["percent"]),
        (&json!("done"), &json!(40), &json!(100)),
        "{job}"
    );
    let result = lines(office, "registrar", &id);
    assert_eq!(result.len(), 40);
    for line in &result {
        let cti = line["cti"].as_str().unwrap();
        office.get("registrar", &format!("/v1/credentials/{cti}")).is(200);
    }
    // The same register again makes nobody a second credential.
    let again = submit(office, "registrar", "", "text/csv; charset=utf-8", register(100, 40, "KE-30"));
    let job = office.wait_for_job("registrar", &again);
    assert_eq!((&job["signed"], &job["same"]), (&json!(0), &json!(40)), "{job}");
    let first: Vec<&Value> = result.iter().map(|line| &line["cti"]).collect();
    assert_eq!(lines(office, "registrar", &again).iter().map(|line| &line["cti"]).collect::<Vec<_>>(), first);
    // One bad line: nothing is signed, or all others, as was asked.
    let bad = person("201", "Zawadi \u{202e} Kanari", "KE-30");
    let text = [person("200", "Zawadi Kanari", "KE-30"), bad, person("202", "Zawadi Kanari", "KE-30")];
    let text: String = text.iter().map(|line| format!("{line}\n")).collect();
    let form = "application/x-ndjson";
    let id = submit(office, "registrar", "", form, text.clone());
    let job = office.wait_for_job("registrar", &id);
    assert_eq!(
        (&job["state"], &job["signed"], &job["bad"]),
        (&json!("refused"), &json!(0), &json!(1)),
        "{job}"
    );
    let id = submit(office, "registrar", "?bad_lines=set-aside", form, text);
    let job = office.wait_for_job("registrar", &id);
    assert_eq!(
        (&job["state"], &job["signed"], &job["rejected"]),
        (&json!("done"), &json!(2), &json!(1)),
        "{job}"
    );
    let result = lines(office, "registrar", &id);
    let wrong: Vec<&Value> = result.iter().filter(|line| line.get("cti").is_none()).collect();
    assert_eq!((wrong.len(), &wrong[0]["line"], &wrong[0]["field"]), (1, &json!(2), &json!("subject.name")));
    assert!(!wrong[0].to_string().contains("Zawadi"), "the result repeats a person: {}", wrong[0]);
    let jobs = office.get("registrar", "/v1/jobs").is(200).json();
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 4);
    office.call("registrar", "POST", &format!("/v1/jobs/{id}/cancel")).send().refused(409, "job-conflict");
    let none =
        office.call("registrar", "POST", "/v1/jobs?bad_lines=ignore").body("text/csv", "number\n").send();
    none.refused(400, "invalid-parameter");
    let form = office.call("registrar", "POST", "/v1/jobs").body("application/json", "{}").send();
    form.refused(415, "unsupported-media-type");
}

pub(crate) fn a_cancelled_job_keeps_what_it_signed_and_signs_no_more(office: &Office) {
    let count = 3_000;
    // A fast job on a slow machine may be done before it can be cancelled: then another one, of other people.
    let cancelled = (1..=20).find_map(|round| {
        let id = submit(office, "registrar", "", "text/csv", register(round * count, count, "KE-30"));
        let answer = office.call("registrar", "POST", &format!("/v1/jobs/{id}/cancel")).send();
        if answer.status == 409 {
            return None;
        }
        assert_eq!(answer.is(202).member("state"), "cancelling");
        let job = office.wait_for_job("registrar", &id);
        assert_eq!(job["state"], "cancelled", "{job}");
        let signed = usize::try_from(job["signed"].as_u64().unwrap()).unwrap();
        (signed < count).then_some((id, job, signed))
    });
    let (id, job, signed) = cancelled.expect("a job that is stopped before its end");
    assert_eq!(lines(office, "registrar", &id).iter().filter(|line| line["cti"].is_string()).count(), signed);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(office.get("registrar", &format!("/v1/jobs/{id}")).json()["signed"], job["signed"]);
}

/// The head of an upload in chunks, which announces no length.
fn begin(office: &Office) -> TcpStream {
    let mut stream = TcpStream::connect(office.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/jobs HTTP/1.1\r\nHost: office\r\nAuthorization: Bearer {}\r\nContent-Type: text/csv\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        office.token("registrar")
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn chunk(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}

/// How many jobs there are; asked again while connections that were given up still take all places.
fn jobs(office: &Office) -> usize {
    let request = office.call("administrator", "GET", "/v1/jobs").bytes();
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(office.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // One that is refused may be closed before it is read.
        let _ = stream.write_all(&request);
        match read_answer(&mut stream, false) {
            Some(answer) if answer.status != 503 => {
                return answer.is(200).json()["jobs"].as_array().unwrap().len();
            }
            _ => assert!(began.elapsed() < PATIENCE, "no place for one more"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn until_no_job(office: &Office) {
    let began = Instant::now();
    while jobs(office) > 0 {
        assert!(began.elapsed() < PATIENCE, "what was broken off stays");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn nothing_is_left(office: &mut Office) {
    office.stop();
    assert_eq!(office.papers(PaperKind::Job), 0);
    assert_eq!(office.papers(PaperKind::JobInput), 0);
}

#[test]
fn an_upload_that_is_cut_in_the_middle_leaves_no_job_and_no_pieces() {
    let mut office = Office::new(StoreKind::Embedded);
    let text = register(0, 1_500, "KE-30");
    for end in [Shutdown::Write, Shutdown::Both] {
        let mut stream = begin(&office);
        // Several commits of pieces, and no end.
        chunk(&mut stream, &text).unwrap();
        let began = Instant::now();
        while jobs(&office) == 0 {
            assert!(began.elapsed() < PATIENCE, "never begun");
        }
        std::thread::sleep(Duration::from_millis(200));
        stream.shutdown(end).unwrap();
        drop(stream);
        until_no_job(&office);
    }
    // A chunk that is none.
    let mut stream = begin(&office);
    chunk(&mut stream, &text).unwrap();
    stream.write_all(b"zz\r\n").unwrap();
    if let Some(answer) = read_answer(&mut stream, false) {
        answer.refused(400, "malformed-request");
    }
    until_no_job(&office);
    nothing_is_left(&mut office);
    office.close();
}

#[test]
fn an_upload_beyond_the_limit_is_refused_and_leaves_nothing() {
    let mut office = Office::with(StoreKind::Embedded, &[("LIMITS_JOB_BYTES", "1048576")]);
    let text = "KANARI,".repeat(20_000);
    // Announced: refused before anything is read.
    let announced = office.call("registrar", "POST", "/v1/jobs").body("text/csv", vec![b'a'; 1_048_577]);
    announced.send().refused(413, "body-too-large");
    // In chunks: as soon as it is exceeded.
    let mut stream = begin(&office);
    let mut sent = 0;
    while sent < 2_000_000 && chunk(&mut stream, &text).is_ok() {
        sent += text.len();
    }
    if let Some(answer) = read_answer(&mut stream, false) {
        answer.refused(413, "body-too-large");
    }
    until_no_job(&office);
    let records = Office::with(StoreKind::Embedded, &[("LIMITS_JOB_RECORDS", "10")]);
    let id = submit(&records, "registrar", "", "text/csv", register(0, 11, "KE-30"));
    let job = records.wait_for_job("registrar", &id);
    assert!(["failed", "refused"].contains(&job["state"].as_str().unwrap()) && job["signed"] == 0, "{job}");
    records.close();
    nothing_is_left(&mut office);
    office.close();
}

#[test]
fn an_upload_that_takes_long_is_taken_whole() {
    // Longer than a worker may be silent: a slow line is not a dead one.
    let office = Office::new(StoreKind::Embedded);
    let text = register(0, 50, "KE-30");
    let mut stream = begin(&office);
    let (first, rest) = text.split_at(2_000);
    chunk(&mut stream, first).unwrap();
    std::thread::sleep(Duration::from_secs(18));
    chunk(&mut stream, rest).unwrap();
    stream.write_all(b"0\r\n\r\n").unwrap();
    let id = read_answer(&mut stream, false).unwrap().is(202).member("id");
    let job = office.wait_for_job("registrar", &id);
    assert_eq!((&job["state"], &job["signed"]), (&json!("done"), &json!(50)), "{job}");
    office.close();
}

#[test]
fn many_slow_uploads_hold_up_nobody_else() {
    // As many as there are threads that may block, in a runtime as it is set up without a word; then some more.
    let uploads = 560;
    let mut office = Office::with(StoreKind::Embedded, &[("LIMITS_CONNECTIONS", "600")]);
    let mut streams: Vec<TcpStream> = (0..uploads).map(|_| begin(&office)).collect();
    for stream in &mut streams {
        chunk(stream, "number,name\n").unwrap();
    }
    std::thread::sleep(Duration::from_millis(500));
    for number in 0..5 {
        let began = Instant::now();
        office.get("", "/healthz").is(200);
        office.issue("registrar", &person(&format!("U-{number}"), "Zawadi Kanari", "KE-30"));
        // Far less than the thirty seconds for which an upload may say nothing, on a machine that does much else.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?} for one credential", began.elapsed());
    }
    // More connections than there are places: refused, and the others go on.
    let more: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(office.address).unwrap()).collect();
    drop(more);
    drop(streams);
    until_no_job(&office);
    office.issue("registrar", &person("U-end", "Zawadi Kanari", "KE-30"));
    nothing_is_left(&mut office);
    office.close();
}
