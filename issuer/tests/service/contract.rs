//! What `/openapi.json` says and what the service does, held against each other by schemathesis: many requests, right
//! and wrong, made from the description. No answer may be a server's fault, have a status or a media type that is
//! not described, or a body of another form. And each operation that is described was asked for by somebody whom it lets in:
//! the office has a DID and a public address, and the token has every role.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::office::{Office, StoreKind, person, register};

/// Requests made for each operation and phase, at most.
const EXAMPLES_MAX: &str = "30";

/// After so many seconds no more are made.
const SECONDS_MAX: &str = "45";

const EVERY_ROLE: &str = "registrar,approver,revoker,auditor,administrator";

/// Statuses of somebody who is not let in, and of what is not there.
const NOT_LET_IN: [u16; 3] = [401, 403, 405];

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance,unsupported_method";

/// In the environment that `cargo xtask test` sets up for foreign peers, or beside the Python that is named instead.
fn schemathesis() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let python = std::env::var_os("SANAD_INTEROP_PYTHON")
        .map_or_else(|| target.join("interop-venv/bin/python"), PathBuf::from);
    let program = python.with_file_name("schemathesis");
    assert!(program.exists(), "schemathesis is not installed: run `cargo xtask test`");
    program
}

/// Puts what is there into the parameters of paths, so that not all requests ask for what is not.
fn with_examples(mut document: Value, cti: &str, job: &str) -> Value {
    let paths = document["paths"].as_object_mut().unwrap();
    for (route, methods) in paths {
        for (_, operation) in methods.as_object_mut().unwrap() {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            let Some(parameters) = parameters else { continue };
            for parameter in parameters {
                let example = match parameter["name"].as_str() {
                    Some("cti") => cti,
                    Some("form") => "qr.png",
                    Some("id") if route.contains("/jobs/") => job,
                    Some("Idempotency-Key") => "kanari-example",
                    _ => continue,
                };
                parameter["example"] = json!(example);
            }
        }
    }
    document
}

/// What the service itself counted: the statuses that an operation was answered with.
fn statuses_of(metrics: &str, route: &str, method: &str) -> Vec<u16> {
    let of_it = metrics.lines().filter(|line| {
        line.starts_with("sanad_requests_total{")
            && line.contains(&format!("route=\"{route}\""))
            && line.contains(&format!("method=\"{method}\""))
    });
    let status = |line: &str| line.split_once("status=\"")?.1.get(..3)?.parse().ok();
    of_it.filter_map(status).collect()
}

#[test]
fn the_service_does_what_its_description_says() {
    let variables = [("LISTEN_PUBLIC_URL", "https://issuer.example")];
    let mut office = Office::known_as(StoreKind::Embedded, &variables, Some("did:web:issuer.example"));
    office.stop();
    office.make_token("everything", &["--role", EVERY_ROLE]);
    office.start();
    let cti = office.issue("init", &person("O", "Zawadi Kanari", "KE-30"));
    let submit = office.call("init", "POST", "/v1/jobs").body("text/csv", register(0, 20, "KE-30"));
    let job = submit.send().is(202).member("id");
    let document = office.get("", "/openapi.json").is(200).json();
    for (route, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with(['4', '5']) {
                    let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{method} {route} {status}");
                }
            }
        }
    }
    let work = tempfile::tempdir().unwrap();
    let schema = work.path().join("openapi.json");
    fs::write(&schema, with_examples(document.clone(), &cti, &job).to_string()).unwrap();
    // The token stands in a file: arguments can be seen by others.
    let settings = work.path().join("schemathesis.toml");
    let token = office.token("everything");
    fs::write(&settings, format!("headers = {{ Authorization = \"Bearer {token}\" }}\n")).unwrap();
    let mut command = Command::new(schemathesis());
    command.current_dir(work.path()).arg("--config-file").arg(&settings).arg("run");
    command.arg(&schema).arg("--url").arg(format!("http://{}", office.address)).args(["--checks", CHECKS]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES_MAX]);
    // One worker: Python 3.11 counts the depth of its syntax trees for all threads together, and two that parse at
    // once end in "AST constructor recursion depth mismatch" (python/cpython#106905), a fault of the tool and not ours.
    command.args(["--max-time", SECONDS_MAX, "--seed", "1", "--workers", "1", "--no-color", "--no-shrink"]);
    command.args(["--generation-database", "none", "--request-timeout", "10", "--warnings", "off"]);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    // Tokens are found in answers and withdrawn, as described: perhaps its own, perhaps all.
    let readers = ["auditor", "administrator", "init", "everything"].into_iter();
    let mut metrics = readers.map(|who| office.get(who, "/metrics")).filter(|answer| answer.status == 200);
    let metrics = metrics.next().map_or_else(String::new, |answer| answer.text());
    let mut unreached = Vec::new();
    for (route, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let statuses = statuses_of(&metrics, route, &method.to_uppercase());
            if statuses.iter().all(|status| NOT_LET_IN.contains(status)) {
                unreached.push((method.to_uppercase(), route.clone()));
            }
        }
    }
    // What it did not come to in its time, or without its token, is asked for once.
    office.stop();
    office.make_token("again", &["--role", EVERY_ROLE]);
    office.start();
    for (method, route) in &unreached {
        let target = route.replace("{cti}", &cti).replace("{form}", "qr.png").replace(['{', '}'], "");
        let answer = office.call("again", method, &target).json(&json!({})).send();
        // These want the token of a wallet, and say so: `issuer/tests/openvc` goes through them.
        let is_of_wallets = route.starts_with("/openid4vci/") && answer.status == 401;
        let is_let_in = !NOT_LET_IN.contains(&answer.status) && answer.status < 500;
        assert!(is_let_in || is_of_wallets, "{method} {target}: {answer:?}");
    }
    office.get("", "/healthz").is(200);
    office.close();
}
