//! The running service with its credential key in a module: requests that come while the module fails, and after.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sanad_credential::{QrText, UnixTime};
use serde_json::{Value, json};

use crate::faults::{MODE, faulty_module, with_faulty};
use crate::office::{Office, opened};

pub(crate) struct Running(Child, String);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The day: a service signs with the clock.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    UnixTime::new(seconds).unwrap().date().to_string()
}

pub(crate) fn serve(office: &Office) -> Running {
    let mut command = office.command_now(&["serve", "--json", "--config", "issuer/service.toml"]);
    command.env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    Running(child, said["url"].as_str().unwrap().to_owned())
}

pub(crate) fn issue(service: &Running, token: &str, person: u32) -> (u16, Value) {
    let year: u16 = today().split('-').next().unwrap().parse().unwrap();
    let body = json!({"type": "coverage", "subject": {"number": format!("INV-{person}"), "name": "Wanjiru Invented"},
                      "product": "SHIF", "rulebook": 1, "functions": ["medical_care"], "start": format!("{year}-01-01"),
                      "end": format!("{}-12-31", year + 1), "copay_class": 0, "territory": ["KE"]});
    post(service, token, "/v1/credentials", &body, Some(&format!("k-{person}")))
}

fn agent() -> ureq::Agent {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)));
    agent.proxy(None).build().into()
}

/// What the service has at a path: the status and the text.
pub(crate) fn get(service: &Running, token: &str, path: &str) -> (u16, String) {
    let request = agent().get(format!("{}{path}", service.1));
    let mut answer = request.header("authorization", format!("Bearer {token}")).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Asks the service for something; the status and the body.
pub(crate) fn post(
    service: &Running,
    token: &str,
    path: &str,
    body: &Value,
    idempotency_key: Option<&str>,
) -> (u16, Value) {
    let agent = agent();
    let request = agent.post(format!("{}{path}", service.1));
    let mut request =
        request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
    if let Some(key) = idempotency_key {
        request = request.header("idempotency-key", key);
    }
    let mut answer = request.send(body.to_string()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

#[test]
fn a_module_that_fails_is_a_503_and_the_same_request_goes_through_when_it_is_back() {
    with_faulty(
        "service::a_module_that_fails_is_a_503_and_the_same_request_goes_through_when_it_is_back",
        |token| {
            let module = faulty_module(token);
            let today = today();
            let office = token.office_of(&today, &module);
            let kid = office.rotate(&today, "credential", &["--hsm", "--from", &today]);
            let arguments = ["token", "issuer", "create", "--show", "--role", "registrar", "--label", "desk"];
            let bearer = office.done(&today, &arguments).trim().to_owned();
            let record = office.record();
            let service = serve(&office);
            let signed = |person: u32| {
                let (status, answer) = issue(&service, &bearer, person);
                assert_eq!(status, 201, "{answer}");
                let document = QrText::decode(answer["qr"].as_str().unwrap()).unwrap().to_vec();
                assert_eq!(opened(&document, &record), Ok(kid));
            };
            signed(1);
            for (person, mode) in [(2, "d"), (3, "x")] {
                fs::write(token.at(MODE), mode).unwrap();
                let (status, answer) = issue(&service, &bearer, person);
                assert_eq!(
                    (status, answer["type"].as_str()),
                    (503, Some("urn:sanad:problem:not-ready")),
                    "{answer}"
                );
                fs::write(token.at(MODE), "-").unwrap();
                // With the same key: nothing of the first attempt was kept.
                signed(person);
            }
            // All clerks at once, over four sessions.
            std::thread::scope(|scope| {
                for desk in 0..8 {
                    scope.spawn(move || (0..5).for_each(|number| signed(100 + desk * 10 + number)));
                }
            });
        },
    );
}
