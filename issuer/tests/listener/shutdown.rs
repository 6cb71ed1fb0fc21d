//! A shutdown finishes what was taken, takes nothing more, and does not wait for ever.

use std::net::TcpStream;

use sanad_issuer::service::http::Ended;

use crate::client::{Client, FOREVER, statuses, timed, until};
use crate::server::{SHORT, Server, limits};

/// Asks the server to stop, and waits until it has begun to.
fn stop(server: &Server) {
    server.ask_to_stop();
    until("it listens no more", || TcpStream::connect(server.address).is_err());
}

#[test]
fn a_request_in_flight_is_finished_and_a_new_one_is_not_taken() {
    let server = Server::start(&limits());
    let mut flying = Client::new(server.address);
    flying.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut kept = Client::new(server.address);
    for _ in 0..2 {
        kept.send("GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(statuses(&kept.answer()), [200]);
    }
    server.until_handled(3);
    stop(&server);
    // Nothing is lost by closing a connection on which nothing was asked.
    assert_eq!(kept.until_closed(), "");
    server.release();
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
    server.until_handled(1);
    stop(&server);
    client.send("a".repeat(2_000));
    assert!(client.until_closed().contains("4000 bytes"));
    assert_eq!(server.ended(), Ended::Finished);
}

#[test]
fn what_is_not_finished_in_time_is_cut() {
    let server = Server::start_with(&limits(), None, SHORT);
    let mut client = Client::new(server.address);
    // It is never answered.
    client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    server.until_handled(1);
    let (ended, time) = timed(|| {
        server.ask_to_stop();
        server.ended()
    });
    assert_eq!(ended, Ended::Cut(1));
    assert!(time >= SHORT && time < FOREVER, "{time:?}");
}
