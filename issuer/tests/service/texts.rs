//! Texts that want to be something else: marks that turn words round, signs of other languages, statements, headers.

use serde_json::{Value, json};

use crate::http::exchange;
use crate::office::{Office, StoreKind, fresh_key, person};

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What is looked up by a number, and how many there are.
fn found(office: &Office, number: &str) -> Vec<Value> {
    let page = office.get("registrar", &format!("/v1/credentials?number={}", encoded(number))).is(200).json();
    page["credentials"].as_array().unwrap().clone()
}

const STATEMENTS: [&str; 9] = [
    "'; DROP TABLE d; --",
    "x' OR '1'='1",
    "\" OR \"\"=\"",
    "$$; SELECT 1; $$",
    "\\'; --",
    "%' OR number LIKE '%",
    "<script>alert(1)",
    "{{7*7}}${7*7}#{7*7}",
    "=cmd|'/C calc'!A0",
];

pub(crate) fn statements_in_texts_are_texts(office: &Office) {
    office.issue("registrar", &person("witness", "Zawadi Witness", "KE-30"));
    for (place, text) in STATEMENTS.iter().enumerate() {
        let mut record = person("x", text, "KE-30");
        let number = format!("{place}{text}").chars().take(24).collect::<String>();
        record["subject"]["number"] = json!(number);
        record["subject"]["household"] = json!(text);
        record["subject"]["native_names"] = json!([["sw", text]]);
        record["source"] = json!("KANARI");
        let cti = office.issue("registrar", &record);
        let held = found(office, &number);
        assert_eq!(held.len(), 1, "{text}");
        assert_eq!(held[0]["cti"], *cti);
        for member in ["name", "number", "household", "native_names"] {
            assert_eq!(held[0]["claims"]["subject"][member], record["subject"][member], "{member}");
        }
        let by_name =
            office.get("registrar", &format!("/v1/credentials?name={}", encoded(text))).is(200).json();
        assert_eq!(by_name["credentials"].as_array().unwrap().len(), 1, "{text}");
        // As a legal basis, a reason, an id, a product, a member.
        let basis = json!({"reason": "error", "legal_basis": text});
        office.post("revoker", &format!("/v1/credentials/{cti}/revoke"), &basis).is(200);
        office
            .post("revoker", &format!("/v1/credentials/{cti}/revoke"), &json!({"reason": text}))
            .refused(422, "invalid-record");
        office.get("registrar", &format!("/v1/credentials/{}", encoded(text))).refused(404, "not-found");
        office.get("registrar", &format!("/v1/jobs/{}", encoded(text))).refused(404, "not-found");
        office
            .get("registrar", &format!("/v1/jobs?after={}", encoded(text)))
            .refused(400, "invalid-parameter");
        for (member, wrong) in [
            ("product", json!(text)),
            ("territory", json!([text])),
            ("start", json!(text)),
            ("type", json!(text)),
            (text, json!(1)),
        ] {
            let mut record = person("y", "Zawadi Kanari", "KE-30");
            record[member] = wrong;
            office.post("registrar", "/v1/credentials", &record).refused(422, "invalid-record");
        }
    }
    assert_eq!(found(office, "KANARI-witness").len(), 1);
    assert_eq!(found(office, "' OR ''='"), Vec::<Value>::new());
}

pub(crate) fn names_that_deceive_the_eye_are_refused_or_kept_to_the_letter(office: &Office) {
    let refused = [
        "Zawadi \u{202e}irdawaZ",
        "\u{202a}Zawadi",
        "Zawadi\u{2066}",
        "Zawadi\u{2069}",
        "Zawadi\u{0}",
        "Zawadi\r\nSet-Cookie: a=b",
        "Zawadi\u{85}",
        "Zawadi\u{7f}",
        "Zawadi\u{1b}[31m",
        "",
        &"Z".repeat(65),
        &"\u{301}".repeat(65),
        "Zawadi\t",
    ];
    for (place, name) in refused.iter().enumerate() {
        for member in ["name", "native_names"] {
            let mut record = person(&format!("R-{place}"), "Zawadi Kanari", "KE-30");
            record["subject"][member] = if member == "name" { json!(name) } else { json!([["sw", name]]) };
            let answer = office.post("registrar", "/v1/credentials", &record).refused(422, "invalid-record");
            assert!(answer.member("field").starts_with("subject."), "{}", answer.text());
            assert!(answer.headers.iter().all(|(header, _)| header != "set-cookie"));
            assert!(!answer.text().contains("Zawadi"), "{}", answer.text());
        }
        assert_eq!(found(office, &format!("KANARI-R-{place}")), Vec::<Value>::new());
    }
    // Letters that only look alike, joiners that some scripts need, marks without number: letters like others.
    let kept = [
        "Zаwаdi Cyrillic",
        "Za\u{200b}wadi",
        "Zawadi\u{200d}\u{200c}",
        "\u{feff}Zawadi",
        "Zawadi\u{200f}",
        "Ｚａｗａｄｉ",
        &format!("Z{}", "\u{301}".repeat(63)),
        &"\u{0300}".repeat(64),
        "👩🏾‍🌾 Zawadi",
        "𝒵awadi",
        "\u{fdfa}\u{fdfa}\u{fdfa}",
        "\u{e000}\u{10ffff}",
    ];
    for (place, name) in kept.iter().enumerate() {
        let number = format!("K-{place}");
        let cti = office.issue("registrar", &person(&number, name, "KE-30"));
        let held = found(office, &format!("KANARI-{number}"));
        let shown = held[0]["claims"]["subject"]["name"].as_str().unwrap();
        assert!(shown == *name || shown.chars().count() <= name.chars().count(), "{name:?} became {shown:?}");
        office.get("registrar", &format!("/v1/credentials/{cti}/qr.png")).is(200);
        office.get("registrar", &format!("/v1/credentials?name={}", encoded(name)));
    }
    // Who looks like somebody else is not found as that one.
    office.issue("registrar", &person("latin", "Zawadi Cyrillic", "KE-30"));
    let page = office.get("registrar", "/v1/credentials?name=zawadi%20cyr").is(200).json();
    assert_eq!(page["credentials"].as_array().unwrap().len(), 1);
    // Numbers have rules of their own.
    for (place, number) in ["A\u{0}B", "A\r\nB", "A\u{202e}B", &"9".repeat(25), ""].iter().enumerate() {
        let mut record = person("n", "Zawadi Kanari", "KE-30");
        record["subject"]["number"] = json!(number);
        record["rulebook"] = json!(place + 2);
        office.post("registrar", "/v1/credentials", &record).refused(422, "invalid-record");
    }
}

#[test]
fn json_that_is_deep_double_huge_or_broken_is_refused_unanswered() {
    let office = Office::new(StoreKind::Embedded);
    let good = person("J", "Zawadi Kanari", "KE-30").to_string();
    let inside = |text: &str| good.replacen("{", &format!("{{{text},"), 1);
    let send = |body: &[u8]| {
        let call = office.call("registrar", "POST", "/v1/credentials").key(&fresh_key());
        call.body("application/json", body).send()
    };
    let deep = |count: usize| format!("{}1{}", "[".repeat(count), "]".repeat(count));
    let objects = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let wide = (0..5_000).map(|number| format!("\"m{number}\":1")).collect::<Vec<_>>().join(",");
    let broken: Vec<String> = vec![
        String::new(),
        " ".to_owned(),
        "{".to_owned(),
        "nul".to_owned(),
        "{}{}".to_owned(),
        "{\"a\":1,}".to_owned(),
        "{'a':1}".to_owned(),
        "{\"a\":NaN}".to_owned(),
        "{\"a\":Infinity}".to_owned(),
        "{\"a\":01}".to_owned(),
        "{\"a\":+1}".to_owned(),
        "// c\n{}".to_owned(),
        format!("\u{feff}{good}"),
        good.replace("Zawadi", "\\ud800"),
        good.replace("Zawadi", "\\udc00\\ud800"),
        good.replace("Zawadi", "\\x41"),
        good.replace("Zawadi", "\u{1}"),
        format!("{good}\u{0}"),
        "[1,2".to_owned(),
        "\"text".to_owned(),
        "{\"a\":1e400}".to_owned(),
    ];
    for body in &broken {
        let answer = send(body.as_bytes());
        assert!([400, 422].contains(&answer.status), "{} {body}", answer.status);
        answer.problem();
    }
    let refused: Vec<String> = vec![
        deep(9),
        deep(5_000),
        deep(20_000),
        objects,
        format!("{{{wide}}}"),
        "null".to_owned(),
        "1".to_owned(),
        "[]".to_owned(),
        "\"\"".to_owned(),
        "{}".to_owned(),
        inside("\"type\":\"coverage\""),
        inside("\"rulebook\":2"),
        inside("\"\\u0074ype\":\"membership\""),
        good.replace("\"rulebook\":1", "\"rulebook\":99999999999999999999"),
        good.replace("\"rulebook\":1", "\"rulebook\":1e2"),
        good.replace("\"rulebook\":1", "\"rulebook\":1.5"),
        good.replace("\"rulebook\":1", "\"rulebook\":-1"),
        good.replace("\"rulebook\":1", "\"rulebook\":9223372036854775807"),
        good.replace("\"rulebook\":1", "\"rulebook\":\"1\""),
        good.replace("\"rulebook\":1", "\"rulebook\":true"),
        inside("\"iss\":\"KE-NHIF\""),
        inside("\"cti\":\"0000000000000000\""),
        inside("\"status\":{\"idx\":1}"),
        inside("\"exp\":\"9999-12-31\""),
        inside("\"__proto__\":{\"admin\":true}"),
        good.replace("Zawadi", &"Z".repeat(20_000)),
    ];
    for body in &refused {
        let answer = send(body.as_bytes());
        let (status, _) = answer.problem();
        assert!([400, 422].contains(&status), "{status} {}", body.chars().take(200).collect::<String>());
    }
    // Bytes that are no UTF-8: overlong, surrogates, cut off, Latin-1, UTF-16.
    for bytes in [
        &b"\xc0\x80"[..],
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"\xe9",
        b"\xff\xfe",
    ] {
        let place = good.find("Zawadi").unwrap();
        let body = [&good.as_bytes()[..place], bytes, &good.as_bytes()[place..]].concat();
        send(&body).refused(400, "malformed-json");
    }
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    send(&utf16).refused(400, "malformed-json");
    send(good.replace("Zawadi", &"Z".repeat(1_000_000)).as_bytes()).refused(413, "body-too-large");
    let reasons = office.post(
        "revoker",
        "/v1/credentials/0123456789abcdef/revoke",
        &json!({"reason": "error", "reason ": "x"}),
    );
    assert!([404, 422].contains(&reasons.status));
    assert_eq!(found(&office, "KANARI-J"), Vec::<Value>::new());
    send(good.as_bytes()).is(201);
    office.close();
}

#[test]
fn headers_that_carry_more_than_they_should_carry_nothing() {
    let office = Office::new(StoreKind::Embedded);
    let cti = office.issue("registrar", &person("H", "Zawadi Kanari", "KE-30"));
    let injected = "%0d%0aX-Injected:%201%0d%0a%0d%0aZawadi";
    for target in [
        format!("/v1/credentials/{cti}{injected}"),
        format!("/v1/credentials/{injected}"),
        format!("/v1/jobs/{injected}"),
        format!("/v1/delegations/{injected}"),
        format!("/site/{injected}"),
        format!("/v1/credentials?cursor={injected}"),
        format!("/v1/jobs?after={injected}"),
        format!("/{injected}"),
        format!("/v1/credentials/{cti}/{injected}"),
    ] {
        let answer = office.get("init", &target);
        assert!((400..500).contains(&answer.status), "{} {target}", answer.status);
        answer.problem();
        assert!(answer.header("x-injected").is_none() && !answer.text().contains("Zawadi"), "{answer:?}");
    }
    // Line ends as they are, in a value: no request of HTTP at all, or the end of the header.
    let authorization = format!("Authorization: Bearer {}", office.token("init"));
    for value in ["kanari\nX-Injected: 1", "kanari\rX-Injected: 1", "kanari\0b"] {
        let request = format!(
            "POST /v1/credentials HTTP/1.1\r\nHost: a\r\n{authorization}\r\nIdempotency-Key: {value}\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        let answer = exchange(office.address, request.as_bytes());
        assert!([400, 422].contains(&answer.status), "{answer:?}");
        assert!(answer.header("x-injected").is_none());
    }
    // An id of a request that a client chose comes back as it may, or not at all.
    let answer =
        office.call("init", "GET", "/healthz").header("X-Request-Id", "Zawadi\u{e9}<script>").send().is(200);
    assert!(!answer.header("x-request-id").unwrap_or_default().contains("script"));
    office.close();
}
