//! One credential at a time: issued, read, drawn, renewed, replaced, suspended, revoked, and each seen in what is published.

use std::time::{Duration, Instant};

use sanad_credential::{Claims, HolderKey, HolderRequest, IssuerId, QrText, Sealed, SigningKey, Status};
use sanad_issuer::config::Config;
use sanad_trust::Opened;
use serde_json::json;

use crate::office::{Office, fresh_key, person, year};

/// Opens the text of a QR code with the record that the office publishes.
fn open(office: &Office, text: &str) -> Claims {
    let record = Config::load(&office.issuer()).unwrap().record;
    let document = QrText::decode(text).unwrap();
    match sanad_trust::open(&Sealed::parse(&document).unwrap(), &record).unwrap() {
        Opened::Entitlement(claims) => *claims,
        Opened::StatusList(_) => panic!("a status list"),
    }
}

/// What the published list says of a document.
fn published(office: &Office, claims: &Claims) -> Status {
    let record = Config::load(&office.issuer()).unwrap().record;
    let reference = claims.status.as_ref().unwrap();
    let list = reference.uri.as_str().rsplit('/').next().unwrap().to_owned();
    let file = office.get("", &format!("/site/status/{list}")).is(200).body;
    match sanad_trust::open(&Sealed::parse(&file).expect("no torn file"), &record).unwrap() {
        Opened::StatusList(token) => token.list.status(reference.index),
        Opened::Entitlement(_) => panic!("no status list"),
    }
}

fn until_published(office: &Office, claims: &Claims, wanted: Status) {
    let began = Instant::now();
    while published(office, claims) != wanted {
        assert!(began.elapsed() < Duration::from_secs(120), "never {wanted:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn what_is_issued_opens_with_the_record_and_reads_back_from_every_drawing(office: &Office) {
    let record = person("1", "Zawadi Wanjiru", "KE-30");
    let answer = office.post("registrar", "/v1/credentials", &record).is(201);
    let (cti, text) = (answer.member("cti"), answer.member("qr"));
    assert_eq!(answer.header("location"), Some(format!("/v1/credentials/{cti}").as_str()));
    let claims = open(office, &text);
    assert_eq!(claims.cti.to_string(), cti);
    let read = office.get("auditor", &format!("/v1/credentials/{cti}")).is(200).json();
    assert_eq!((&read["qr"], &read["status"]), (&json!(text), &json!("valid")));
    for member in ["subject", "product", "functions", "territory", "start", "end"] {
        assert_eq!(read["claims"][member], record[member], "{member}");
    }
    let drawing = |form: &str| office.get("registrar", &format!("/v1/credentials/{cti}/{form}")).is(200);
    let plain = drawing("qr.txt");
    assert_eq!(
        (plain.header("content-type"), plain.text()),
        (Some("text/plain; charset=utf-8"), text.clone())
    );
    let svg = drawing("qr.svg");
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    assert!(svg.text().contains("<svg") && !svg.text().contains("Zawadi"));
    for form in ["qr.png", "qr.png?module=4"] {
        let png = drawing(form);
        assert_eq!(
            (png.header("content-type"), png.header("cache-control")),
            (Some("image/png"), Some("no-store"))
        );
        assert_eq!(sanad_qr::read(&png.body).unwrap()[0].text(), text);
    }
    office
        .get("registrar", &format!("/v1/credentials/{cti}/qr.png?module=41"))
        .refused(400, "invalid-parameter");
}

pub(crate) fn a_revocation_is_published_within_seconds_and_stays(office: &Office) {
    office.wait_until_ready();
    let answer = office.post("registrar", "/v1/credentials", &person("2", "Zawadi Otieno", "KE-30")).is(201);
    let (cti, claims) = (answer.member("cti"), open(office, &answer.member("qr")));
    let change = |act: &str, body: serde_json::Value| {
        office.post("revoker", &format!("/v1/credentials/{cti}/{act}"), &body)
    };
    until_published(office, &claims, Status::Valid);
    let suspended = change("suspend", json!({"reason": "lost"})).is(200).json();
    assert_eq!(suspended, json!({"cti": cti, "from": "valid", "status": "suspended"}));
    until_published(office, &claims, Status::Suspended);
    change("resume", json!({"reason": "found"})).is(200);
    until_published(office, &claims, Status::Valid);
    for wrong in [json!({"reason": "fraud"}), json!({"reason": "fraud", "legal_basis": " "})] {
        let refused = change("revoke", wrong).refused(422, "invalid-record");
        assert_eq!(refused.member("field"), "legal_basis");
    }
    change("revoke", json!({"reason": "because", "legal_basis": "s. 27"})).refused(422, "invalid-record");
    assert_eq!(office.get("registrar", &format!("/v1/credentials/{cti}")).member("status"), "valid");
    let basis = json!({"reason": "fraud", "legal_basis": "SHI Act 2023, s. 27"});
    assert_eq!(change("revoke", basis.clone()).is(200).member("status"), "revoked");
    until_published(office, &claims, Status::Revoked);
    assert_eq!(change("revoke", basis).is(200).member("from"), "revoked");
    change("resume", json!({"reason": "cleared"})).refused(409, "status-conflict");
    let renewal = json!({"start": format!("{}-01-01", year() + 2), "end": format!("{}-12-31", year() + 2)});
    office
        .post("registrar", &format!("/v1/credentials/{cti}/renew"), &renewal)
        .refused(409, "status-conflict");
    office
        .post("registrar", &format!("/v1/credentials/{cti}/reissue"), &json!({"reason": "lost"}))
        .refused(409, "status-conflict");
    assert_eq!(published(office, &claims), Status::Revoked);
}

pub(crate) fn a_reissue_replaces_and_a_renewal_follows(office: &Office) {
    office.wait_until_ready();
    let answer = office.post("registrar", "/v1/credentials", &person("3", "Zawadi Achieng", "KE-30")).is(201);
    let (old, claims) = (answer.member("cti"), open(office, &answer.member("qr")));
    let target = format!("/v1/credentials/{old}/reissue");
    let other_right = json!({"reason": "correction", "correction": {"number": "KANARI-9"}});
    office.post("registrar", &target, &other_right).refused(422, "invalid-record");
    let (key, correction) = (
        fresh_key(),
        json!({"reason": "correction", "correction": {"name": "Zawadi Achieng Odhiambo", "birth": "1978"}}),
    );
    let call = office.call("registrar", "POST", &target).key(&key).json(&correction);
    let answer = call.send().is(201);
    let new = answer.member("cti");
    let read = |cti: &str| office.get("registrar", &format!("/v1/credentials/{cti}")).is(200).json();
    assert_eq!(read(&old)["status"], "superseded");
    let claims_of_new = open(office, &answer.member("qr"));
    assert_ne!(claims_of_new.status.as_ref().unwrap().index, claims.status.as_ref().unwrap().index);
    let said = read(&new);
    assert_eq!(
        (&said["claims"]["replaces"], &said["claims"]["subject"]["birth"]),
        (&json!(old), &json!("1978"))
    );
    assert_eq!(said["claims"]["subject"]["name"], "Zawadi Achieng Odhiambo");
    until_published(office, &claims, Status::Superseded);
    // The same again is the same; another act on what is replaced is none.
    assert_eq!(call.send().is(200).member("cti"), new);
    office.post("registrar", &target, &json!({"reason": "lost"})).refused(409, "status-conflict");
    let renewal = json!({"start": format!("{}-01-01", year() + 1), "end": format!("{}-06-30", year() + 2)});
    let target = format!("/v1/credentials/{new}/renew");
    let key = fresh_key();
    let call = office.call("registrar", "POST", &target).key(&key).json(&renewal);
    let renewed = call.send().is(201).member("cti");
    let said = read(&renewed);
    assert_eq!((&said["claims"]["start"], &said["status"]), (&renewal["start"], &json!("valid")));
    assert_eq!(
        (&said["claims"]["replaces"], read(&new)["status"].as_str()),
        (&serde_json::Value::Null, Some("valid"))
    );
    office.post("registrar", &target, &json!({"subject": {"name": "Zawadi"}})).refused(422, "invalid-record");
    office.post("registrar", &target, &json!({"type": "membership"})).refused(422, "invalid-record");
    // What was renewed may be revoked meanwhile: the same request has the same answer, another has none.
    let revocation = json!({"reason": "fraud", "legal_basis": "Act 16 of 2023, s. 26"});
    office.post("revoker", &format!("/v1/credentials/{new}/revoke"), &revocation).is(200);
    assert_eq!(call.send().is(200).member("cti"), renewed);
    office.post("registrar", &target, &renewal).refused(409, "status-conflict");
}

pub(crate) fn a_credential_is_bound_to_the_phone_that_asks_and_to_no_other(office: &Office) {
    let phone = SigningKey::from_secret(&[0x48; 32]);
    let bound = Some(HolderKey(phone.public_key()));
    let iss = Config::load(&office.issuer()).unwrap().record.iss().clone();
    let mut record = person("4", "Zawadi Phone", "KE-30");
    record["holder_request"] = json!(HolderRequest::make(iss, &phone).to_string());
    let answer = office.post("registrar", "/v1/credentials", &record).is(201);
    let cti = answer.member("cti");
    assert_eq!(open(office, &answer.member("qr")).holder_key, bound);
    // What follows it is for the same phone, unless the phone is gone.
    let act = |cti: &str, act: &str, body: serde_json::Value| {
        let target = format!("/v1/credentials/{cti}/{act}");
        let answer = office.post("registrar", &target, &body).is(201);
        (answer.member("cti"), open(office, &answer.member("qr")).holder_key)
    };
    let renewal = json!({"start": format!("{}-01-01", year() + 1), "end": format!("{}-06-30", year() + 2)});
    assert_eq!(act(&cti, "renew", renewal).1, bound);
    let correction = json!({"reason": "correction", "correction": {"birth": "1978"}});
    let (corrected, key) = act(&cti, "reissue", correction);
    assert_eq!(key, bound);
    assert_eq!(act(&corrected, "reissue", json!({"reason": "stolen"})).1, None);
    // A request for another issuer, and a key without its proof, bind nothing.
    let other = HolderRequest::make(IssuerId::new("UG-NHIS").unwrap(), &phone).to_string();
    let forged = format!("{}{}", &other[..other.len() - 128], "0".repeat(128)).replace("UG-NHIS", "KE-SHA");
    for request in [other, forged, "SNDK:1".to_owned()] {
        record["holder_request"] = json!(request);
        office.post("registrar", "/v1/credentials", &record).refused(422, "invalid-record");
    }
    record.as_object_mut().unwrap().remove("holder_request");
    record["cnf"] = json!(phone.public_key().to_string());
    office.post("registrar", "/v1/credentials", &record).refused(422, "invalid-record");
}
