//! Each test is named for what a delegate, or somebody who wants to be taken for one, tries.

use sanad_credential::{Claims, Json, Receipt, SealFault, SigningKey, seal_entitlement, seal_receipt};

use super::*;

const DAY: &str = "2026-03-02";

/// The delegate's key; 1 is the issuer's delegation key, 2 its credential key.
const DELEGATE: u8 = 7;

fn key(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

fn record() -> IssuerRecord {
    let listed = |number: u8, key_use: &str| {
        let x = key(number).public_key();
        format!(
            r#"{{"kid":"{}","alg":"Ed25519","x":"{x}","use":"{key_use}","from":"2026-01-01","to":null,"state":"active"}}"#,
            x.id()
        )
    };
    IssuerRecord::parse(&format!(
        r#"{{"iss":"KE-SHA","country":"KE","names":{{}},"keys":[{},{}],
            "types":["membership","coverage","contribution","delegation"],"areas":["KE"],
            "status":{{"prefix":"https://s.example/","lists":1}},"contact":{{}}}}"#,
        listed(1, "delegation"),
        listed(2, "credential")
    ))
    .unwrap()
}

/// A delegation with other members in the places of these.
fn delegation(changes: &[(&str, &str)]) -> Claims {
    let x = key(DELEGATE).public_key();
    let text = format!(
        r#"{{"type":"delegation","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-03-01","exp":"2029-03-01",
            "status":{{"idx":1,"uri":"https://s.example/0"}},"id":"KE-COOP1","key":"{x}",
            "scopes":["receipt","cover","verify"],"from":"2026-03-01","to":"2026-12-31",
            "per_document":{{"minor":50000,"currency":"KES"}},"areas":["KE"]}}"#
    );
    let text = changes.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    Claims::from_json_text(&text).unwrap()
}

fn line(minor: u64, quality: &str) -> String {
    format!(
        r#"{{"from":"2026-03-01","to":"2026-03-31","quantity":1,"unit":"month","kind":"self","functions":["medical_care"],
            "payer":"self","base":{{"minor":{minor},"currency":"KES"}},"quality":"{quality}"}}"#
    )
}

fn contribution(lines: &[String]) -> String {
    format!(
        r#"{{"type":"contribution","iss":"KE-SHA","cti":"1112131415161718","iat":"{DAY}","exp":"2026-03-31",
            "subject":{{"number":"M-1","name":"Test Person"}},"delegation":"KE-COOP1","scheme":"SHIF",
            "as_of":"{DAY}","lines":[{}]}}"#,
        lines.join(",")
    )
}

fn sealed_by(signer: u8, claims: &str) -> Vec<u8> {
    seal_entitlement(&Claims::from_json_text(claims).unwrap(), &key(signer)).unwrap()
}

fn judge(document: &[u8], delegation: &Claims) -> Result<Claims, DelegateRejection> {
    open_delegated(&Sealed::parse(document).unwrap(), delegation, &record())
}

#[track_caller]
fn expect_excess(claims: &str, delegation: &Claims, expected: &DelegateExcess) {
    let found = judge(&sealed_by(DELEGATE, claims), delegation).unwrap_err();
    assert_eq!(found, DelegateRejection::Beyond(expected.clone()));
}

fn provisional() -> String {
    contribution(&[line(15_050, "provisional")])
}

#[test]
fn a_receipt_within_its_delegation_opens() {
    let claims = judge(&sealed_by(DELEGATE, &provisional()), &delegation(&[])).unwrap();
    assert_eq!(claims.common.delegation.as_ref().unwrap().as_str(), "KE-COOP1");
    // The delegation itself opens with the issuer's record, as the caller must have done.
    let sealed = sealed_by(1, &delegation(&[]).to_json().to_string());
    assert!(crate::open(&Sealed::parse(&sealed).unwrap(), &record()).is_ok());
}

#[test]
fn another_delegates_key_is_unknown() {
    let found = judge(&sealed_by(8, &provisional()), &delegation(&[])).unwrap_err();
    assert_eq!(found, DelegateRejection::KeyUnknown { kid: key(8).public_key().id() });
}

#[test]
fn the_issuers_own_key_does_not_sign_for_a_delegate() {
    let found = judge(&sealed_by(2, &provisional()), &delegation(&[])).unwrap_err();
    assert!(matches!(found, DelegateRejection::KeyUnknown { .. }), "{found:?}");
}

#[test]
fn any_changed_byte_is_refused() {
    let document = sealed_by(DELEGATE, &provisional());
    for position in 0..document.len() {
        let mut altered = document.clone();
        altered[position] ^= 1;
        let opened =
            Sealed::parse(&altered).ok().map(|sealed| open_delegated(&sealed, &delegation(&[]), &record()));
        assert!(!matches!(opened, Some(Ok(_))), "byte {position}");
    }
}

#[test]
fn another_issuer_or_delegate_on_the_document_is_a_bad_signature() {
    for (old, new) in [
        ("\"iss\":\"KE-SHA\"", "\"iss\":\"KE-OTHER\""),
        ("KE-COOP1", "KE-COOP2"),
        ("\"delegation\":\"KE-COOP1\",", ""),
    ] {
        let found =
            judge(&sealed_by(DELEGATE, &provisional().replace(old, new)), &delegation(&[])).unwrap_err();
        assert!(matches!(found, DelegateRejection::SignatureInvalid { .. }), "{new}: {found:?}");
    }
}

#[test]
fn a_delegation_of_another_issuer_than_the_records_is_a_bad_signature() {
    let other = delegation(&[("KE-SHA", "KE-OTHER")]);
    let document = sealed_by(DELEGATE, &provisional().replace("KE-SHA", "KE-OTHER"));
    let found = judge(&document, &other).unwrap_err();
    assert!(matches!(found, DelegateRejection::SignatureInvalid { .. }), "{found:?}");
}

#[test]
fn a_facility_of_another_country_is_refused() {
    let document = sealed_by(DELEGATE, &provisional().replace("KE-COOP1", "UG-F01"));
    let found = judge(&document, &delegation(&[("KE-COOP1", "UG-F01")])).unwrap_err();
    assert!(matches!(found, DelegateRejection::OtherCountry { .. }), "{found:?}");
}

#[test]
fn an_ordinary_card_is_no_delegation() {
    let card = Claims::from_json_text(&provisional()).unwrap();
    let found = judge(&sealed_by(DELEGATE, &provisional()), &card).unwrap_err();
    assert_eq!(found, DelegateRejection::NotADelegation { found: RightType::Contribution });
}

#[test]
fn a_receipt_before_or_after_the_delegation_is_beyond_it() {
    let date = |text| Date::parse(text).unwrap();
    for (from, to) in [("2026-03-03", "2026-12-31"), ("2026-02-01", "2026-03-01")] {
        let delegation =
            delegation(&[("\"from\":\"2026-03-01\"", &format!("\"from\":\"{from}\"")), ("2026-12-31", to)]);
        let expected = DelegateExcess::Day { iat: date(DAY), from: date(from), to: date(to) };
        expect_excess(&provisional(), &delegation, &expected);
    }
}

#[test]
fn a_receipt_with_a_posted_line_is_beyond_the_delegation() {
    let claims = contribution(&[line(1, "provisional"), line(1, "posted")]);
    expect_excess(&claims, &delegation(&[]), &DelegateExcess::PostedLine { line: 1 });
}

#[test]
fn a_type_without_its_scope_is_beyond_the_delegation() {
    let verify_only = delegation(&[("\"receipt\",\"cover\",", "")]);
    expect_excess(&provisional(), &verify_only, &DelegateExcess::Type(RightType::Contribution));
    let membership = format!(
        r#"{{"type":"membership","iss":"KE-SHA","cti":"1112131415161718","iat":"{DAY}","exp":"2026-03-31",
            "subject":{{"number":"M-1","name":"Test Person"}},"delegation":"KE-COOP1","scheme":"SHIF","since":"{DAY}"}}"#
    );
    expect_excess(&membership, &delegation(&[]), &DelegateExcess::Type(RightType::Membership));
    let register = delegation(&[("\"receipt\"", "\"register\"")]);
    assert!(judge(&sealed_by(DELEGATE, &membership), &register).is_ok());
}

#[test]
fn a_delegate_does_not_delegate() {
    let every_scope = delegation(&[(
        "\"receipt\",\"cover\",\"verify\"",
        "\"register\",\"collect\",\"receipt\",\"cover\",\"verify\",\"act_for_person\"",
    )]);
    let sub = delegation(&[("\"iat\":\"2026-03-01\"", "\"iat\":\"2026-03-02\"")]).to_json().to_string();
    let sub = sub.replacen("\"type\"", "\"delegation\":\"KE-COOP1\",\"type\"", 1);
    expect_excess(&sub, &every_scope, &DelegateExcess::Type(RightType::Delegation));
}

#[test]
fn money_in_several_lines_counts_together() {
    let within = contribution(&[line(25_000, "provisional"), line(25_000, "provisional")]);
    assert!(judge(&sealed_by(DELEGATE, &within), &delegation(&[])).is_ok());
    let beyond = contribution(&[line(25_000, "provisional"), line(25_001, "provisional")]);
    let Right::Delegation(delegate) = &delegation(&[]).right else { panic!() };
    let max = delegate.per_document.clone().unwrap();
    expect_excess(&beyond, &delegation(&[]), &DelegateExcess::Money { minor: 50_001, max });
}

#[test]
fn money_in_another_currency_is_beyond_the_delegation() {
    let claims = provisional().replace("KES", "UGX");
    let currency = |code| Currency::new(code).unwrap();
    let expected = DelegateExcess::Currency { found: currency("UGX"), wanted: currency("KES") };
    expect_excess(&claims, &delegation(&[]), &expected);
}

fn coverage(territory: &str) -> String {
    format!(
        r#"{{"type":"coverage","iss":"KE-SHA","cti":"1112131415161718","iat":"{DAY}","exp":"2026-03-31",
            "subject":{{"number":"M-1","name":"Test Person"}},"delegation":"KE-COOP1","product":"SHIF","rulebook":1,
            "functions":["medical_care"],"start":"{DAY}","end":"2027-03-01","copay_class":1,"territory":["{territory}"]}}"#
    )
}

#[test]
fn cover_for_another_area_is_beyond_the_delegation() {
    assert!(judge(&sealed_by(DELEGATE, &coverage("KE")), &delegation(&[])).is_ok());
    let county = delegation(&[("[\"KE\"]", "[\"KE-30\"]")]);
    expect_excess(&coverage("KE"), &county, &DelegateExcess::Area(Area::new("KE").unwrap()));
    assert!(judge(&sealed_by(DELEGATE, &coverage("KE-30")), &county).is_ok());
}

#[test]
fn a_delegate_never_has_more_than_its_issuer() {
    let anywhere = delegation(&[(",\"areas\":[\"KE\"]", "")]);
    let found = judge(&sealed_by(DELEGATE, &coverage("UG")), &anywhere).unwrap_err();
    assert_eq!(found, DelegateRejection::OutOfScope(ScopeExcess::Area(Area::new("UG").unwrap())));
}

fn encounter(facility: &str, place: &str) -> Result<Vec<u8>, SealFault<std::convert::Infallible>> {
    let text = format!(
        r#"{{"iss":"{facility}","iat":"{DAY}","cti":"2122232425262728","decision":"COVERED","assurance":"FIRM",
            "action":"TREAT_COPAY","reasons":[],"credential":null,"credential_hash":null,"benefits":["OPD"],
            "service_date":"{DAY}","charged":{{"minor":40000,"currency":"KES"}},"person":"match","emergency":false,
            "clock":"ok","rests_on":{{"timestamp":1,"pack":"{DAY}","status":null,"rulebook":null,"agreement":null}},
            "good_faith":false,"previous":null,"place":"{place}"}}"#
    );
    let json = Json::parse(&text, sanad_credential::CLAIMS_LIMITS).unwrap();
    seal_receipt(&Receipt::from_json(&json).unwrap(), &key(DELEGATE))
}

fn judge_receipt(document: &[u8], delegation: &Claims) -> Result<Receipt, DelegateRejection> {
    open_encounter(&Sealed::parse(document).unwrap(), delegation)
}

#[test]
fn an_encounter_receipt_opens_with_its_facilitys_delegation_only() {
    let document = encounter("KE-COOP1", "KE").unwrap();
    assert!(judge_receipt(&document, &delegation(&[])).is_ok());
    let replaced = delegation(&[(&key(DELEGATE).public_key().to_string(), &key(8).public_key().to_string())]);
    let found = judge_receipt(&document, &replaced).unwrap_err();
    assert!(matches!(found, DelegateRejection::KeyUnknown { .. }), "{found:?}");
    let found = judge_receipt(&document, &delegation(&[(",\"verify\"", "")])).unwrap_err();
    assert_eq!(found, DelegateRejection::Beyond(DelegateExcess::EncounterReceipt));
}

#[test]
fn an_encounter_receipt_in_the_name_of_another_facility_is_a_bad_signature() {
    let found = judge_receipt(&encounter("KE-F09", "KE").unwrap(), &delegation(&[])).unwrap_err();
    assert!(matches!(found, DelegateRejection::SignatureInvalid { .. }), "{found:?}");
}

#[test]
fn an_encounter_elsewhere_or_dearer_than_allowed_is_beyond_the_delegation() {
    let found = judge_receipt(&encounter("KE-COOP1", "UG").unwrap(), &delegation(&[])).unwrap_err();
    assert_eq!(found, DelegateRejection::Beyond(DelegateExcess::Area(Area::new("UG").unwrap())));
    let cheap = delegation(&[("50000", "39999")]);
    let found = judge_receipt(&encounter("KE-COOP1", "KE").unwrap(), &cheap).unwrap_err();
    assert!(
        matches!(found, DelegateRejection::Beyond(DelegateExcess::Money { minor: 40_000, .. })),
        "{found:?}"
    );
}

#[test]
fn a_document_of_the_other_kind_is_malformed_for_each_way_of_opening() {
    let found = judge(&encounter("KE-COOP1", "KE").unwrap(), &delegation(&[])).unwrap_err();
    assert!(matches!(found, DelegateRejection::Malformed(_)), "{found:?}");
    let found = judge_receipt(&sealed_by(DELEGATE, &provisional()), &delegation(&[])).unwrap_err();
    assert!(matches!(found, DelegateRejection::Malformed(_)), "{found:?}");
}
