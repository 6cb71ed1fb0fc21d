//! A shutdown finishes what was taken, takes nothing more, and does not wait for ever.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use sanad_issuer::service::http::Ended;

use crate::client::{Client, statuses, timed};
use crate::server::{Server, limits};

#[test]
fn a_request_in_flight_is_finished_and_a_new_one_is_not_taken() {
    let server = Server::start(&limits());
    let address = server.address;
    let mut flying = Client::new(address);
    flying.send("GET /slow/900 HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut kept = Client::new(address);
    kept.send("GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(!kept.listen(Duration::from_millis(200)).closed);
    server.ask_to_stop();
    thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    // Nothing is lost by closing a connection on which nothing was asked.
    assert_eq!(kept.until_closed(), "");
    let text = flying.until_closed();
    assert_eq!(statuses(&text), [200]);
    assert!(text.contains("finished") && text.to_ascii_lowercase().contains("connection: close"), "{text}");
    assert_eq!(server.ended(), Ended::Finished);
}

#[test]
fn an_upload_in_flight_is_read_to_its_end() {
    let server = Server::start(&limits());
    let mut client = Client::new(server.address);
    client.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n");
    client.send("a".repeat(2_000));
    thread::sleep(Duration::from_millis(100));
    server.ask_to_stop();
    thread::sleep(Duration::from_millis(100));
    client.send("a".repeat(2_000));
    assert!(client.until_closed().contains("4000 bytes"));
    assert_eq!(server.ended(), Ended::Finished);
}

#[test]
fn what_is_not_finished_in_time_is_cut() {
    let server = Server::start_with(&limits(), None, Duration::from_millis(300));
    let mut client = Client::new(server.address);
    client.send("GET /slow/1900 HTTP/1.1\r\nHost: a\r\n\r\n");
    thread::sleep(Duration::from_millis(100));
    server.ask_to_stop();
    let (ended, time) = timed(|| server.ended());
    assert_eq!(ended, Ended::Cut(1));
    assert!(time < Duration::from_millis(1_500), "{time:?}");
}
