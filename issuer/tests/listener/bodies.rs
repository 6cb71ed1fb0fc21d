//! Bodies: too long, too slow, never read; answers that take too long.

use std::thread;
use std::time::Duration;

use sanad_listener::limits::Limits;

use crate::client::{Client, problem, statuses, timed, until};
use crate::server::{SHORT, Server, UPLOAD_BYTES, limits};

fn post(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n")
}

#[test]
fn ten_gigabytes_by_content_length_are_refused_unread() {
    let server = Server::start(&limits());
    for path in ["/echo", "/upload"] {
        let mut client = Client::new(server.address);
        client.send(post(path, "Content-Length: 10737418240\r\n"));
        // Not one byte of it was sent.
        let text = client.until_closed();
        assert_eq!((statuses(&text), problem(&text)), (vec![413], "body-too-large"));
    }
}

#[test]
fn ten_gigabytes_in_chunks_are_cut_off_early() {
    let server = Server::start(&limits());
    for (path, limit) in [("/echo", 65_536), ("/upload", UPLOAD_BYTES)] {
        let mut client = Client::new(server.address);
        client.send(post(path, "Transfer-Encoding: chunked\r\n"));
        let chunk = [b"8000\r\n".to_vec(), vec![b'a'; 0x8000], b"\r\n".to_vec()].concat();
        let mut sent = 0;
        while client.send(&chunk) {
            sent += 0x8000_u64;
            // What the buffers of the system and the patience at the end take on top.
            assert!(sent < limit + (24 << 20), "{path}: {sent}");
        }
    }
    // A client that stops to listen gets to know why.
    let mut client = Client::new(server.address);
    client.send(post("/echo", "Transfer-Encoding: chunked\r\n"));
    client.send([b"18000\r\n".to_vec(), vec![b'a'; 0x18000], b"\r\n".to_vec()].concat());
    assert_eq!(problem(&client.until_closed()), "body-too-large");
}

#[test]
fn a_body_that_stops_is_given_up() {
    let server = Server::start(&Limits { body_time: SHORT, ..limits() });
    for path in ["/echo", "/upload"] {
        let mut client = Client::new(server.address);
        let (text, time) = timed(|| {
            client.send(post(path, "Content-Length: 1000\r\n") + "{\"a\":");
            client.until_closed()
        });
        assert_eq!((statuses(&text), problem(&text)), (vec![408], "request-timeout"));
        assert!(time >= SHORT, "{time:?}");
    }
}

#[test]
fn a_body_that_drips_is_given_up_however_steadily() {
    let server = Server::start(&Limits { body_time: SHORT, ..limits() });
    let mut client = Client::new(server.address);
    client.send(post("/upload", "Content-Length: 100000\r\n"));
    until("given up", || {
        thread::sleep(Duration::from_millis(10));
        !client.send("a")
    });
    assert_eq!(problem(&client.until_closed()), "request-timeout");
}

#[test]
fn a_body_that_keeps_the_least_pace_is_read_however_long_it_takes() {
    let patience = Duration::from_secs(5);
    let server = Server::start(&Limits { body_time: patience, answer_time: patience, ..limits() });
    let mut client = Client::new(server.address);
    let ((), time) = timed(|| {
        client.send(post("/upload", "Content-Length: 12288\r\n"));
        // 2,048 bytes a second for six seconds; a client that is held up once has almost all of the patience left.
        for _ in 0..24 {
            assert!(client.send("a".repeat(512)));
            thread::sleep(Duration::from_millis(250));
        }
    });
    assert!(time > patience, "{time:?}");
    let heard = client.answer();
    assert!(heard.contains("12288 bytes"), "{heard}");
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let server = Server::start(&Limits { answer_time: SHORT, ..limits() });
    let mut client = Client::new(server.address);
    let (heard, time) = timed(|| {
        client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
        client.answer()
    });
    assert_eq!((statuses(&heard), problem(&heard)), (vec![503], "busy"));
    assert!(time >= SHORT, "{time:?}");
}

#[test]
fn a_client_that_does_not_read_its_answer_is_cut() {
    let server = Server::start(&Limits { write_time: SHORT, connections: 1, ..limits() });
    let mut client = Client::new(server.address);
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    // Its place is taken until it is cut.
    until("cut", || {
        statuses(&Client::once(server.address, "GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n")) == [200]
    });
    // What lay in the buffers still comes; the rest does not.
    let heard = client.until_closed();
    assert!(heard.len() < 64 << 20, "{}", heard.len());
}

#[test]
fn nobody_is_asked_to_send_what_will_be_refused() {
    let server = Server::start(&limits());
    let expect = "Expect: 100-continue\r\n";
    let text = Client::once(server.address, post("/echo", &format!("Content-Length: 99999999\r\n{expect}")));
    assert_eq!(statuses(&text), [413]);
    let mut client = Client::new(server.address);
    client.send(post("/echo", &format!("Content-Length: 2\r\n{expect}")));
    assert_eq!(statuses(&client.answer()), [100]);
    client.send("{}");
    assert!(client.answer().contains("2 bytes"));
}

#[test]
fn a_bomb_of_compression_is_not_unpacked() {
    let server = Server::start(&limits());
    let text = Client::once(
        server.address,
        post("/echo", "Content-Encoding: gzip\r\nContent-Length: 4\r\n") + "\x1f\x08aa",
    );
    assert_eq!(problem(&text), "unsupported-media-type");
}

#[test]
fn a_body_that_is_no_json_text_is_refused() {
    let server = Server::start(&limits());
    let mut bytes = post("/echo", "Content-Length: 3\r\n").into_bytes();
    bytes.extend_from_slice(b"\"\xff\"");
    assert_eq!(problem(&Client::once(server.address, bytes)), "malformed-json");
    let form = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(problem(&Client::once(server.address, form)), "unsupported-media-type");
}
