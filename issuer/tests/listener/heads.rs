//! Heads of requests: too slow, too long, no HTTP at all.

use std::thread;
use std::time::Duration;

use sanad_listener::limits::Limits;

use crate::client::{Client, problem, statuses, timed, until};
use crate::server::{SHORT, Server, limits};

/// For a head after the first: long enough for a first one that the client sends at once, as a rule.
const HEAD: Duration = Duration::from_secs(2);

/// A connection on which one request was answered. A client that is held up longer than a first head may take tries again.
fn kept(server: &Server) -> Client {
    let mut kept = None;
    until("answered", || {
        let mut client = Client::new(server.address);
        client.send("GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n");
        let is_answered = statuses(&client.answer()) == [200];
        kept = is_answered.then_some(client);
        is_answered
    });
    kept.unwrap()
}

#[test]
fn slowloris_is_cut_however_steadily_it_drips() {
    let server = Server::start(&Limits { header_time: SHORT, ..limits() });
    let mut client = Client::new(server.address);
    client.send("GET /names/a HTTP/1.1\r\nHost: a\r\n");
    until("cut", || {
        thread::sleep(Duration::from_millis(20));
        !client.send("X")
    });
    assert_eq!((client.until_closed().as_str(), server.handled()), ("", 0));
}

#[test]
fn who_connects_and_says_nothing_is_cut() {
    let server = Server::start(&Limits { header_time: SHORT, ..limits() });
    let (heard, time) = timed(|| Client::new(server.address).until_closed());
    assert_eq!(heard, "");
    assert!(time >= SHORT, "{time:?}");
}

#[test]
fn a_connection_is_kept_longer_than_a_head_may_take_and_not_for_ever() {
    let asks = "GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n";
    let server = Server::start(&Limits { header_time: HEAD, ..limits() });
    let mut client = kept(&server);
    thread::sleep(HEAD + SHORT);
    client.send(asks);
    assert_eq!(statuses(&client.answer()), [200]);
    // Also where a head may take longer than nothing at all.
    for header_time in [HEAD, limits().header_time] {
        let idle_time = HEAD + SHORT;
        let server = Server::start(&Limits { header_time, idle_time, ..limits() });
        let (rest, time) = timed(|| kept(&server).until_closed());
        assert_eq!(rest, "");
        assert!(time >= idle_time, "{time:?}");
    }
}

#[test]
fn an_idle_connection_is_cut_also_after_a_request_that_took_long() {
    let server = Server::start(&Limits { header_time: HEAD, idle_time: SHORT, ..limits() });
    let mut client = kept(&server);
    client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    // The time for its head is over when the answer comes.
    thread::sleep(HEAD + SHORT);
    server.release();
    let rest = client.until_closed();
    assert!(rest.is_empty() || statuses(&rest) == [200], "{rest}");
}

#[test]
fn the_second_head_of_a_connection_has_no_more_time_than_the_first() {
    let server = Server::start(&Limits { header_time: HEAD, ..limits() });
    let mut client = kept(&server);
    let handled = server.handled();
    let (rest, time) = timed(|| {
        client.send("GET /names/b HTTP/1.1\r\n");
        client.until_closed()
    });
    assert_eq!((rest.as_str(), server.handled()), ("", handled));
    assert!(time >= HEAD, "{time:?}");
}

#[test]
fn an_oversized_uri_is_refused() {
    let server = Server::start(&limits());
    let get = |length| {
        Client::once(server.address, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(length)))
    };
    assert_eq!(problem(&get(10_000)), "uri-too-long");
    assert!([414, 431].contains(&statuses(&get(70_000))[0]));
    assert!([414, 431].contains(&statuses(&get(1_000_000))[0]));
    assert_eq!(problem(&get(100)), "not-found");
}

#[test]
fn oversized_and_too_many_headers_are_refused() {
    let server = Server::start(&limits());
    let get = |headers: String| {
        Client::once(server.address, format!("GET /names/a HTTP/1.1\r\nHost: a\r\n{headers}\r\n"))
    };
    assert_eq!(problem(&get(format!("X-Long: {}\r\n", "a".repeat(17_000)))), "header-too-large");
    assert_eq!(statuses(&get("X-Many: a\r\n".repeat(120))), [431]);
    assert_eq!(statuses(&get(format!("X-Long: {}\r\n", "a".repeat(1_000_000)))), [431]);
    assert_eq!(statuses(&get("X-Few: a\r\n".repeat(50))), [200]);
}

#[test]
fn what_is_no_http_gets_nothing_done() {
    // What could still become a head is cut.
    let server = Server::start(&Limits { header_time: SHORT, ..limits() });
    let rubbish: [&[u8]; 8] = [
        b"GET /names/a\r\n",
        b"GET /names/a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a hello of TLS\r\n\r\n",
        b"GET /names/a HTTP/3.7\r\nHost: a\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /names/a HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for bytes in rubbish {
        let mut client = Client::new(server.address);
        client.send(bytes);
        let text = client.until_closed();
        assert!(
            text.is_empty() || statuses(&text) == [400],
            "{:?}: {text:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(server.handled(), 0);
}

#[test]
fn a_host_is_wanted_once() {
    let server = Server::start(&limits());
    let get = |headers: &str| Client::once(server.address, format!("GET /names/a HTTP/1.1\r\n{headers}\r\n"));
    assert_eq!(problem(&get("")), "malformed-request");
    assert_eq!(problem(&get("Host: a\r\nHost: b\r\n")), "malformed-request");
    assert_eq!(statuses(&get("Host: a\r\n")), [200]);
    // HTTP/1.0 knows no Host, and no connection that is kept.
    let mut client = Client::new(server.address);
    client.send("GET /names/a HTTP/1.0\r\n\r\n");
    assert!(client.until_closed().contains("200 OK"));
}

#[test]
fn a_line_break_in_a_request_makes_no_header_of_the_answer() {
    let server = Server::start(&limits());
    for path in
        ["/names/a%0d%0aSet-Cookie:%20a=b", "/nothing%0d%0aSet-Cookie:%20a=b", "/names/%0a%0aSet-Cookie:x"]
    {
        let text = Client::once(
            server.address,
            format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\r\nAccept: a%0d%0aSet-Cookie:b\r\n\r\n"
            ),
        );
        let head = text.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(!head.contains("set-cookie"), "{text}");
        assert!(!head.contains("x-request-id: a\r"), "the id is the service's own: {text}");
    }
    // Folded headers and bare line feeds are no way to write one header as two.
    let folded = Client::once(server.address, "GET /names/a HTTP/1.1\r\nHost: a\r\nX: a\r\n b: c\r\n\r\n");
    assert_eq!(statuses(&folded), [400]);
}

#[test]
fn every_answer_says_that_it_is_not_kept_and_not_guessed_at() {
    let server = Server::start(&limits());
    for path in ["/names/a", "/nothing"] {
        let text = Client::once(server.address, format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        for header in ["x-content-type-options: nosniff", "cache-control: no-store", "x-request-id: "] {
            assert!(text.contains(header), "{text}");
        }
    }
}

#[test]
fn what_the_framework_refuses_is_a_problem_too() {
    let server = Server::start(&limits());
    let ask = |line: &str, rest: &str| {
        Client::once(server.address, format!("{line} HTTP/1.1\r\nHost: a\r\n{rest}\r\n"))
    };
    assert_eq!(problem(&ask("GET /names/%ff", "")), "not-found");
    assert_eq!(problem(&ask("BREW /names/a", "")), "method-not-allowed");
    assert!(ask("POST /names/a", "Content-Length: 0\r\n").contains("allow: GET,HEAD"));
    assert_eq!(problem(&ask("CONNECT a:443", "")), "method-not-allowed");
    assert_eq!(problem(&ask("OPTIONS *", "")), "not-found");
    let mut client = Client::new(server.address);
    client.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let text = client.until_closed();
    assert!(statuses(&text) == [404] && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn beyond_the_limit_of_connections_the_next_is_told_so() {
    let server = Server::start(&Limits { connections: 2, ..limits() });
    let held: Vec<_> = (0..2)
        .map(|_| {
            let mut client = Client::new(server.address);
            client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
            client
        })
        .collect();
    server.until_handled(2);
    let mut third = Client::new(server.address);
    third.send("GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = third.until_closed();
    assert_eq!((statuses(&text), problem(&text)), (vec![503], "too-many-connections"));
    assert!(text.contains("retry-after: 1"));
    server.release();
    for mut client in held {
        assert!(client.answer().contains("finished"));
    }
    until("a place is free", || {
        statuses(&Client::once(server.address, "GET /names/a HTTP/1.1\r\nHost: a\r\n\r\n")) == [200]
    });
}

#[test]
fn a_handler_that_panics_is_answered_and_the_connection_goes_on() {
    let server = Server::start(&limits());
    let mut client = Client::new(server.address);
    client.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send("GET /names/abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    // Until both are answered: a panic that is told with its backtrace takes its time.
    let heard = client.until_closed();
    assert_eq!(statuses(&heard), [500, 200]);
    assert!(problem(&heard).contains("internal") && !heard.contains("a fault of the program"), "{heard}");
    assert!(heard.contains("3 characters"), "{heard}");
}
