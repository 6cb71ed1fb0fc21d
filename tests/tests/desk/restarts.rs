//! The desk killed and started again: its name, its open requests, its answers, and no answer twice.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::OPD;
use crate::service::Desk;
use crate::wallet::{Asked, sd_jwt, shown, vp_token};

const SIGNED: &str = "receipts = true\npassphrase_file = \"passphrase\"\n";

fn good(asked: &Asked) -> Value {
    vp_token("entitlement_sd_jwt", json!(shown(&sd_jwt(), asked)))
}

fn begun(desk: &Desk) -> (String, Asked) {
    let (id, link) = desk.begin(OPD);
    let asked = Asked::fetch(desk, &link);
    (id, asked)
}

#[test]
fn a_wallet_knows_the_desk_again_after_a_restart() {
    let mut desk = Desk::start(&[]);
    let (_, asked) = begun(&desk);
    let (did, client_id) = (desk.said["did"].clone(), desk.said["client_id"].clone());
    assert_eq!(client_id, asked.client_id);
    assert_eq!(client_id, format!("decentralized_identifier:{}", did.as_str().unwrap()));
    let client = desk.get("/v1/client");
    client.is(200);
    assert_eq!(client.json(), json!({ "did": did, "client_id": client_id }));
    desk.send("GET", "/v1/client", "text/plain", "", None).is(401);
    let key = desk.path("state/request.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    desk.kill();
    desk.start_again();
    assert_eq!((&desk.said["did"], &desk.said["client_id"]), (&did, &client_id));
    assert_eq!(begun(&desk).1.client_id, asked.client_id);
    assert_ne!(Desk::start(&[]).said["did"], did);
    // A key that is kept elsewhere.
    desk.kill();
    fs::rename(key, desk.path("desk.key")).unwrap();
    let config = fs::read_to_string(desk.path("verify.toml")).unwrap() + "request_key_file = \"desk.key\"\n";
    fs::write(desk.path("verify.toml"), config).unwrap();
    desk.start_again();
    assert_eq!(desk.said["did"], did);
    assert!(!desk.path("state/request.key").exists());
}

#[test]
fn a_damaged_request_key_stops_the_start_and_is_not_replaced() {
    let mut desk = Desk::start(&[]);
    desk.kill();
    let key = desk.path("state/request.key");
    let whole = fs::read_to_string(&key).unwrap();
    let secret = whole.split('"').find(|part| part.len() == 64).unwrap();
    let other = if secret.starts_with('0') { "1" } else { "0" };
    let altered = whole.replace(secret, &format!("{other}{}", &secret[1..]));
    for content in [&whole[..whole.len() / 2], "", &altered] {
        fs::write(&key, content).unwrap();
        let ended = desk.start_in_vain();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(3), "{said}");
        assert!(said.contains("request.key") && !said.contains(&secret[1..]), "{said}");
        assert_eq!(fs::read_to_string(&key).unwrap(), content);
    }
    fs::write(&key, &whole).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = desk.start_in_vain();
    assert_eq!(ended.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("0644"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    desk.start_again();
}

#[test]
fn after_kill_9_open_requests_are_answered_and_answered_ones_stay_closed() {
    let mut desk = Desk::start(&[]);
    let (open, of_open) = begun(&desk);
    let (unread, of_unread) = begun(&desk);
    let (read, of_read) = begun(&desk);
    let (declined, of_declined) = begun(&desk);
    of_unread.post(&desk, &good(&of_unread)).is(200);
    of_read.post(&desk, &good(&of_read)).is(200);
    assert_eq!(desk.view(&read)["answer"]["claims"]["subject"]["number"], "CR7734120-9");
    desk.form(&of_declined.response_path, &format!("error=access_denied&state={}", of_declined.state))
        .is(200);
    desk.kill();
    // What lies on the disk meanwhile.
    let files = fs::read_dir(desk.path("state/requests")).unwrap();
    let texts: Vec<String> = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert_eq!(texts.len(), 4, "three requests and the lock");
    let texts = texts.concat();
    for absent in ["Nekesa", "CR7734120", &of_unread.state, &of_unread.nonce, "eyJ"] {
        assert!(!texts.contains(absent), "{absent}: {texts}");
    }
    desk.start_again();
    assert_eq!(desk.view(&open)["state"], "open");
    of_unread.post(&desk, &good(&of_unread)).is(409);
    of_read.post(&desk, &good(&of_read)).is(404);
    let view = desk.view(&unread);
    assert_eq!((&view["state"], &view["restarted"]), (&json!("answered"), &json!(true)), "{view}");
    assert_eq!(view["answer"]["decision"], "COVERED", "{view}");
    assert!(view["answer"].get("claims").is_none() && view["answer"].get("presented").is_none(), "{view}");
    assert_eq!(desk.view(&declined)["state"], "declined");
    desk.get(&format!("/v1/requests/{read}")).is(404);
    // The request that the phone fetched before is the one that it fetches now, and its answer counts.
    desk.get(&of_open.request_path).is(200);
    of_open.post(&desk, &good(&of_open)).is(200);
    assert_eq!(desk.view(&open)["answer"]["claims"]["subject"]["number"], "CR7734120-9");
    of_open.post(&desk, &good(&of_open)).is(409);
    let second = desk.start_in_vain();
    assert_eq!(second.status.code(), Some(3), "a second service over the same state");
    let left = fs::read_dir(desk.path("state/requests")).unwrap().count();
    assert_eq!(left, 1, "the lock alone: everything was read");
}

/// Posts an answer and never minds a desk that is killed meanwhile: the status, where there is one.
fn post_to_a_dying_desk(address: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    text.split(' ').nth(1)?.parse().ok()
}

fn receipts(desk: &Desk) -> BTreeSet<String> {
    let listed = desk.run(&["receipts", "list", "--json"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn killed_at_any_moment_no_answer_counts_twice() {
    let mut desk = Desk::start_with(&[], SIGNED);
    let question = OPD.replace(r#""facility":"UG-F01","#, "");
    let mut outcomes = BTreeSet::new();
    for round in 0..12_u64 {
        let (id, link) = desk.begin(&question);
        let asked = Asked::fetch(&desk, &link);
        let before = receipts(&desk).len();
        let token: String = good(&asked).to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        let body = format!("vp_token={token}&state={}", asked.state);
        let (address, path) =
            (desk.base().strip_prefix("http://").unwrap().to_owned(), asked.response_path.clone());
        let first = std::thread::spawn(move || post_to_a_dying_desk(&address, &path, &body));
        std::thread::sleep(Duration::from_millis(round * 4));
        desk.kill();
        let first = first.join().unwrap();
        assert!(matches!(first, None | Some(200)), "{first:?}");
        let signed = receipts(&desk).len() - before;
        desk.start_again();
        let again = asked.post(&desk, &good(&asked)).status;
        // Who was told that it counts, or whose receipt is signed, is not asked twice.
        if first.is_some() || signed > 0 {
            assert_eq!(again, 409, "round {round}: {first:?}, {signed} receipts");
        }
        assert!(matches!(again, 200 | 409), "round {round}: {again}");
        asked.post(&desk, &good(&asked)).is(409);
        let all = receipts(&desk).len() - before;
        assert!(all <= 1, "round {round}: {all} receipts of one answer");
        let view = desk.view(&id);
        assert!(view["state"] == "answered" || view["state"] == "refused", "{view}");
        outcomes.insert((first.is_some(), signed, again));
    }
    eprintln!("first answered, receipts before the kill, status of the replay: {outcomes:?}");
    let verified = desk.run(&["receipts", "verify"]);
    // The clinic has no delegation here: what is looked at is that the log reads.
    assert!(matches!(verified.status.code(), Some(0 | 3)), "{verified:?}");
}

#[test]
fn an_expired_request_is_answered_with_its_problem() {
    let mut desk = Desk::start_with(&[], "window_seconds = 60\n");
    let (id, asked) = begun(&desk);
    let (other, of_other) = begun(&desk);
    desk.kill();
    let put_back = |id: &str, seconds: u64| {
        let path = desk.path("state/requests").join(format!("{id}.json"));
        let mut kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        kept["began_ms"] = json!(kept["began_ms"].as_u64().unwrap() - seconds * 1_000);
        fs::write(&path, kept.to_string()).unwrap();
    };
    put_back(&id, 61);
    put_back(&other, 121);
    desk.start_again();
    let answer = asked.post(&desk, &good(&asked));
    answer.is(404);
    assert_eq!(answer.json()["type"], "urn:sanad:problem:no-request");
    assert!(answer.body.contains("Its time is over"), "{}", answer.body);
    desk.get(&asked.request_path).is(404);
    assert_eq!(desk.view(&id)["state"], "expired");
    // Beyond another window nothing is known of it.
    of_other.post(&desk, &good(&of_other)).is(404);
    desk.get(&format!("/v1/requests/{other}")).is(404);
    assert!(!desk.path("state/requests").join(format!("{other}.json")).exists());
}
