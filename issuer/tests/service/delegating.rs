//! Delegates: granted over the service, held to what was granted, taken back; and receipts for contributions.

use std::time::Duration;

use sanad_credential::{DelegationId, Json, Scope, Set, SigningKey};
use sanad_trust::DelegationRequest;
use serde_json::{Value, json};

use crate::office::{Office, fresh_key, person, year};

fn request(id: &str, seed: u8, scopes: Vec<Scope>) -> String {
    let key = SigningKey::from_secret(&[seed; 32]);
    let id = DelegationId::new(id).unwrap();
    let request = DelegationRequest::make(id, Set::new(scopes).unwrap(), &key).unwrap();
    Json::to_string(&request.to_json())
}

fn terms(request: String) -> Value {
    json!({"request": request, "from": format!("{}-01-01", year()), "to": format!("{}-12-31", year() + 1),
        "per_document": "1000", "per_day": "5000", "currency": "KES", "areas": ["KE-30"]})
}

fn payment(number: &str, amount: &str) -> Value {
    json!({"number": format!("KANARI-{number}"), "name": "Zawadi Kanari", "scheme": "SHIF",
        "from": format!("{}-01", year()), "to": format!("{}-01", year()), "amount": amount, "currency": "KES"})
}

/// Grants a delegation and makes a token for the delegate, which the embedded store allows only while nobody serves.
pub(crate) fn add_delegate(office: &mut Office) -> String {
    let body = terms(request("KE-COOP1", 1, vec![Scope::Receipt]));
    let granted = office.post("administrator", "/v1/delegations", &body).is(201).member("cti");
    office.stop();
    office.make_token("delegate", &["--role", "registrar", "--delegation", "KE-COOP1"]);
    office.start();
    granted
}

pub(crate) fn a_delegate_is_granted_held_to_it_and_stopped(office: &mut Office) {
    let granted = add_delegate(office);
    let office = &*office;
    let grant = |body: &Value| office.post("administrator", "/v1/delegations", body);
    let body = terms(request("KE-COOP2", 1, vec![Scope::Receipt]));
    let key = fresh_key();
    let call = office.call("administrator", "POST", "/v1/delegations").key(&key).json(&body);
    let another = call.send().is(201).member("cti");
    assert_eq!(call.send().is(200).member("cti"), another);
    let listed = office.get("administrator", "/v1/delegations/KE-COOP1").is(200).json();
    assert_eq!(listed["credentials"][0]["cti"], granted);
    // Receipts within the amount, in its currency and scope, and nothing else.
    let receipt = office.post("delegate", "/v1/receipts", &payment("1", "1000")).is(201).member("cti");
    office.post("delegate", "/v1/receipts", &payment("2", "1000.01")).refused(403, "outside-delegation");
    let dollars = json!({"number": "KANARI-3", "name": "Zawadi", "scheme": "SHIF", "from": format!("{}-01", year()),
        "to": format!("{}-01", year()), "amount": "5", "currency": "USD"});
    office.post("delegate", "/v1/receipts", &dollars).refused(403, "outside-delegation");
    for county in ["KE-30", "KE-47"] {
        let coverage = person("4", "Zawadi Kanari", county);
        office.post("delegate", "/v1/credentials", &coverage).refused(403, "outside-delegation");
    }
    // A delegate reads and takes back nothing, whatever roles stand on its token; not even its own.
    for target in [
        "/v1/credentials",
        "/v1/statistics",
        "/v1/delegations/KE-COOP1",
        &format!("/v1/credentials/{receipt}"),
        &format!("/v1/credentials/{receipt}/qr.png"),
    ] {
        office.get("delegate", target).refused(403, "forbidden");
    }
    let basis = json!({"reason": "error", "legal_basis": "s. 1"});
    office.post("delegate", &format!("/v1/credentials/{receipt}/revoke"), &basis).refused(403, "forbidden");
    office
        .post("delegate", &format!("/v1/credentials/{receipt}/reissue"), &json!({"reason": "lost"}))
        .refused(403, "forbidden");
    office.post("delegate", "/v1/delegations", &body).refused(403, "forbidden");
    // Others than administrators do not give out delegations.
    office
        .post("registrar", "/v1/delegations", &terms(request("KE-COOP2", 2, vec![Scope::Receipt])))
        .refused(403, "forbidden");
    for (wrong, field) in [
        (json!({"request": "no request"}), "request"),
        (json!({"request": request("UG-COOP1", 3, vec![Scope::Receipt])}), "request"),
        (json!({"to": "2020-01-01", "from": "2019-01-01"}), "to"),
        (json!({"per_day": "1e9"}), "per_day"),
        (json!({"currency": "shillings"}), "currency"),
        (json!({"areas": ["KE-30'; DROP TABLE"]}), "areas"),
    ] {
        let mut body = terms(request("KE-COOP3", 3, vec![Scope::Receipt]));
        for (name, value) in wrong.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(grant(&body).refused(422, "invalid-record").member("field"), field);
    }
    office.get("administrator", "/v1/delegations/KE-COOP3").refused(404, "not-found");
    for odd in ["%27", "KE-COOP1%00", "ke-coop1", "KE-COOP1%0d%0a", "..%2f..", "KE-COOP1'--"] {
        office.get("administrator", &format!("/v1/delegations/{odd}")).refused(404, "not-found");
    }
    let revoked = office.post("administrator", "/v1/delegations/KE-COOP1/revoke", &basis).is(200).json();
    assert_eq!(revoked, json!({"id": "KE-COOP1", "revoked": 1}));
    std::thread::sleep(Duration::from_millis(1_100));
    office.post("delegate", "/v1/receipts", &payment("5", "1")).refused(403, "outside-delegation");
    let read = office.get("administrator", "/v1/delegations/KE-COOP1").json();
    assert_eq!(read["credentials"][0]["status"], "revoked");
}

pub(crate) fn a_contribution_has_one_receipt(office: &Office) {
    let answer = office.post("registrar", "/v1/receipts", &payment("7", "500")).is(201);
    assert_eq!(answer.member("type"), "contribution");
    let again = office.post("registrar", "/v1/receipts", &payment("7", "500")).refused(409, "record-exists");
    assert_eq!(again.member("cti"), answer.member("cti"));
    for (amount, field) in [
        ("0", "amount"),
        ("-5", "amount"),
        ("5.001", "amount"),
        ("1e9", "amount"),
        ("", "amount"),
        ("99999999999999999999999", "amount"),
        ("5\u{0}", "amount"),
        ("٥٠٠", "amount"),
    ] {
        let refused =
            office.post("registrar", "/v1/receipts", &payment("8", amount)).refused(422, "invalid-record");
        assert_eq!(refused.member("field"), field, "{amount}");
    }
    for (member, value) in [
        ("from", json!("2026-13")),
        ("unit", json!("century")),
        ("payer", json!("'; --")),
        ("functions", json!(["everything"])),
        ("quantity", json!(0)),
        ("kind", json!("")),
        ("name", json!("Zawadi\u{202e}")),
    ] {
        let mut body = payment("9", "5");
        body[member] = value;
        office.post("registrar", "/v1/receipts", &body).refused(422, "invalid-record");
    }
    let found = office.get("registrar", "/v1/credentials?number=KANARI-9").json();
    assert_eq!(found["credentials"], json!([]));
}
