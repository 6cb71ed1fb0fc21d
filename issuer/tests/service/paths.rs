//! Addresses, methods and media types that are nearly right.

use serde_json::json;

use crate::office::{Office, StoreKind, fresh_key, person};

#[test]
fn an_address_that_is_written_another_way_leads_to_nothing_else() {
    let office = Office::new(StoreKind::Embedded);
    let cti = office.issue("registrar", &person("P", "Zawadi Kanari", "KE-30"));
    for target in [
        "//v1/credentials".to_owned(),
        "/v1//credentials".to_owned(),
        "/v1/credentials/".to_owned(),
        "/V1/credentials".to_owned(),
        "/v1/Credentials".to_owned(),
        "/v1/./credentials".to_owned(),
        "/v1/x/../credentials".to_owned(),
        "/v1/x/%2e%2e/credentials".to_owned(),
        "/v1%2fcredentials".to_owned(),
        "/v1/credentials;x=1".to_owned(),
        "/v1/credentials%00".to_owned(),
        "/v1/credentials%20".to_owned(),
        format!("/v1/credentials/{cti}/"),
        format!("/v1/credentials/{cti}%00"),
        format!("/v1/credentials/{cti}%20"),
        format!("/v1/credentials/%20{cti}"),
        format!("/v1/credentials/{cti}.json"),
        format!("/v1/credentials/0x{cti}"),
        format!("/v1/credentials/{}", &cti[1..]),
        format!("/v1/credentials/{cti}0"),
        format!("/v1/credentials/{cti}/../{cti}"),
        format!("/v1/credentials/{cti}/qr.png/"),
        format!("/v1/credentials/{cti}/QR.PNG"),
        format!("/v1/credentials/{cti}/qr.gif"),
        format!("/v1/credentials/{cti}%2fqr.png"),
        "/v1/credentials/０１２３４５６７８９ａｂｃｄｅｆ"
            .bytes()
            .map(|byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02x}") })
            .collect(),
        "/v1/jobs/..".to_owned(),
        "/v1/jobs/%2e%2e/credentials".to_owned(),
        "/v1/jobs/%ff%fe".to_owned(),
        "/v1/delegations/%ff".to_owned(),
        "/v1/approvals/%ff".to_owned(),
        "/site/%ff".to_owned(),
        "/v1/credentials/%ff/qr.png".to_owned(),
        "/site/..%2fissuer.toml".to_owned(),
        "/site/%2e%2e/keys.age".to_owned(),
        "/site/..%5ckeys.age".to_owned(),
        "/site//etc/passwd".to_owned(),
        "/site/%2fetc%2fpasswd".to_owned(),
        "/site/status/0%00.jwt".to_owned(),
        "/site/status/../../keys.age".to_owned(),
        "/site/.".to_owned(),
        "/admin".to_owned(),
        "/.env".to_owned(),
        "/metrics/".to_owned(),
        "/openapi.json/".to_owned(),
        "/docs/..".to_owned(),
    ] {
        let answer = office.get("init", &target);
        assert_eq!(answer.problem(), (404, "not-found".to_owned()), "{target}");
    }
    // Percent-encoding of what is one anyway, and capital digits, are the same address.
    for same in [cti.to_uppercase(), cti.replacen(&cti[..1], &format!("%{:02x}", cti.as_bytes()[0]), 1)] {
        assert_eq!(office.get("init", &format!("/v1/credentials/{same}")).is(200).member("cti"), cti);
    }
    for broken in ["/v1/credentials/%", "/v1/credentials/%zz", "/v1/credentials/%f"] {
        let answer = office.get("init", broken);
        assert!([400, 404].contains(&answer.status), "{broken}: {}", answer.status);
        answer.problem();
    }
    office.close();
}

#[test]
fn a_method_that_a_resource_does_not_know_does_nothing() {
    let office = Office::new(StoreKind::Embedded);
    let cti = office.issue("registrar", &person("M", "Zawadi Kanari", "KE-30"));
    for (target, known) in [
        ("/v1/credentials".to_owned(), "GET,HEAD,POST"),
        (format!("/v1/credentials/{cti}"), "GET,HEAD"),
        (format!("/v1/credentials/{cti}/revoke"), "POST"),
        (format!("/v1/credentials/{cti}/qr.png"), "GET,HEAD"),
        ("/v1/jobs".to_owned(), "GET,HEAD,POST"),
        ("/v1/statistics".to_owned(), "GET,HEAD"),
        ("/v1/receipts".to_owned(), "POST"),
        ("/healthz".to_owned(), "GET,HEAD"),
        ("/openapi.json".to_owned(), "GET,HEAD"),
        ("/site/record.json".to_owned(), "GET,HEAD,OPTIONS"),
    ] {
        for method in
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get", "POSTX"]
        {
            if known.split(',').any(|one| one == method) {
                continue;
            }
            let call = office
                .call("init", method, &target)
                .key(&fresh_key())
                .header("X-HTTP-Method-Override", "POST");
            let answer = call.json(&json!({"reason": "error", "legal_basis": "invented"})).send();
            // A form of a QR code and an act on a credential are one place in the address.
            assert!([404, 405].contains(&answer.status), "{method} {target}: {}", answer.status);
            if method != "HEAD" {
                answer.problem();
            }
        }
    }
    let answer = office.call("init", "PUT", "/v1/statistics").send().refused(405, "method-not-allowed");
    assert_eq!(answer.header("allow").map(|allow| allow.contains("GET")), Some(true));
    let head = office.call("init", "HEAD", &format!("/v1/credentials/{cti}")).send().is(200);
    assert!(head.body.is_empty());
    assert_eq!(office.get("init", &format!("/v1/credentials/{cti}")).member("status"), "valid");
    let override_it = office
        .call("init", "GET", &format!("/v1/credentials/{cti}"))
        .header("X-HTTP-Method-Override", "DELETE")
        .send();
    assert_eq!(override_it.is(200).member("status"), "valid");
    office.close();
}

#[test]
fn a_body_of_another_kind_is_not_read() {
    let office = Office::new(StoreKind::Embedded);
    let body = person("B", "Zawadi Kanari", "KE-30").to_string();
    for form in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
        "application/json; charset=utf-16",
        "application/jsonp",
        "application/xml",
        "text/json",
        "",
        "*/*",
        "application/json, text/plain",
        "application/json\u{e9}",
    ] {
        let call =
            office.call("registrar", "POST", "/v1/credentials").key(&fresh_key()).body(form, body.as_str());
        call.send().refused(415, "unsupported-media-type");
    }
    let call = || office.call("registrar", "POST", "/v1/credentials").key(&fresh_key());
    for coding in ["gzip", "br", "deflate", "gzip, identity", "x"] {
        call()
            .header("Content-Encoding", coding)
            .body("application/json", body.as_str())
            .send()
            .refused(415, "unsupported-media-type");
    }
    call()
        .header("Content-Type", "text/plain")
        .body("application/json", body.as_str())
        .send()
        .refused(415, "unsupported-media-type");
    // Nothing of it was issued.
    assert_eq!(office.get("registrar", "/v1/credentials?number=KANARI-B").json()["credentials"], json!([]));
    call()
        .header("Content-Encoding", "identity")
        .body("APPLICATION/json;charset=\"UTF-8\"", body.as_str())
        .send()
        .is(201);
    office.close();
}
