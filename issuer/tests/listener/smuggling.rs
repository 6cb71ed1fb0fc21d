//! One request that two readers could take for two: nothing behind the first is answered.

use crate::client::{Client, statuses};
use crate::server::{Server, limits};

const HIDDEN: &str = "GET /names/hidden HTTP/1.1\r\nHost: a\r\n\r\n";

fn post(headers: &str, rest: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n{rest}")
}

/// Statuses of what is answered before the connection is closed.
#[track_caller]
fn answered(server: &Server, request: &str) -> Vec<u16> {
    let mut client = Client::new(server.address);
    client.send(request);
    let heard = client.until_closed();
    assert!(!heard.contains("6 characters"), "the hidden request was answered: {heard}");
    statuses(&heard)
}

#[test]
fn both_lengths_hide_no_second_request() {
    let server = Server::start(&limits());
    let chunked = format!("2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}");
    for headers in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n",
    ] {
        // RFC 9112 section 6.3: chunked counts, and the connection is closed after the answer.
        assert_eq!(answered(&server, &post(headers, &chunked)), [200], "{headers}");
    }
}

#[test]
fn two_lengths_that_differ_are_refused() {
    let server = Server::start(&limits());
    let hidden = format!("{{}}{HIDDEN}");
    for headers in [
        "Content-Length: 2\r\nContent-Length: 60\r\n",
        "Content-Length: 60\r\nContent-Length: 2\r\n",
        "Content-Length: 2, 60\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: 2 2\r\n",
        "Content-Length: 18446744073709551618\r\n",
        "Content-Length : 2\r\n",
    ] {
        assert_eq!(answered(&server, &post(headers, &hidden)), [400], "{headers}");
    }
    assert_eq!(server.handled(), 0);
}

#[test]
fn codings_that_a_proxy_may_read_otherwise_are_refused() {
    let server = Server::start(&limits());
    let chunked = format!("2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}");
    for headers in [
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ] {
        assert_eq!(answered(&server, &post(headers, &chunked)), [400], "{headers:?}");
    }
    let old = "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    assert_eq!(answered(&server, old), [400]);
    assert_eq!(server.handled(), 0);
}

#[test]
fn sizes_of_chunks_that_overflow_or_pretend_are_refused() {
    let server = Server::start(&limits());
    for chunks in
        ["FFFFFFFFFFFFFFFFF\r\n{}\r\n", "-2\r\n{}\r\n", "0x2\r\n{}\r\n", "2\r\n{}x\r\n", "2\n{}\n0\n\n"]
    {
        let request = post("Transfer-Encoding: chunked\r\n", &format!("{chunks}0\r\n\r\n{HIDDEN}"));
        let statuses = answered(&server, &request);
        assert!(statuses.is_empty() || statuses == [400], "{chunks:?}: {statuses:?}");
    }
    assert_eq!(server.handled(), 0);
}

#[test]
fn a_body_where_none_is_read_hides_no_second_request() {
    let server = Server::start(&limits());
    let length = HIDDEN.len();
    let request = format!(
        "GET /names/a HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{HIDDEN}\
         GET /names/abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    let mut client = Client::new(server.address);
    client.send(request);
    let heard = client.until_closed();
    // What stands behind the body is a request of its own, where the connection is not closed before it.
    assert!(heard.contains("1 characters") && !heard.contains("6 characters"), "{heard}");
    assert!(statuses(&heard) == [200] || heard.contains("3 characters"), "{heard}");
}

#[test]
fn requests_in_one_packet_are_answered_in_order() {
    let server = Server::start(&limits());
    let mut client = Client::new(server.address);
    client.send(post("Content-Length: 2\r\n", "{}") + &HIDDEN.replace("Host", "Connection: close\r\nHost"));
    let text = client.until_closed();
    assert_eq!(statuses(&text), [200, 200]);
    assert!(text.find("2 bytes").unwrap() < text.find("6 characters").unwrap());
}
