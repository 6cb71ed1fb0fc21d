//! A document under one pinned record: each refusal by name, and nothing of the content with it.

use sanad_credential::{Claims, Sealed, seal_entitlement};
use sanad_tests::region::{key, record};
use sanad_trust::{IssuerRecord, Opened, Rejection, ScopeExcess, open};

const COVERAGE: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-02-15","exp":"2029-01-14",
    "status":{"idx":7,"uri":"https://s.example/KE-SHA/0"},"subject":{"number":"1","name":"Nekesa Barasa"},
    "product":"SHIF","rulebook":1,"functions":["medical_care"],"start":"2026-01-15","end":"2027-01-14","copay_class":1,
    "territory":["KE"]}"#;

const BENEFIT: &str = r#"{"type":"benefit","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-02-15","exp":"2026-03-01",
    "subject":{"number":"1","name":"Nekesa Barasa"},"programme":"Cash","benefit_type":"cash","functions":["family"],
    "from":"2026-02-15","to":"2026-12-31"}"#;

/// What becomes of these claims, signed with this key, under this record.
fn opened(claims: &str, signer: &str, record: &str) -> Result<Opened, Rejection> {
    let claims = Claims::from_json_text(claims).unwrap();
    let document = seal_entitlement(&claims, &key(signer)).unwrap();
    open(&Sealed::parse(&document).unwrap(), &IssuerRecord::parse(record).unwrap())
}

#[track_caller]
fn refused(claims: &str, signer: &str, record: &str, expected: impl Fn(&Rejection) -> bool) {
    let rejection = opened(claims, signer, record).unwrap_err();
    assert!(expected(&rejection), "{rejection:?}");
}

#[test]
fn what_the_issuer_signed_opens() {
    assert!(matches!(opened(COVERAGE, "KE-SHA credential", &record("KE-SHA")), Ok(Opened::Entitlement(_))));
}

#[test]
fn an_unknown_issuer_and_an_unknown_key_are_told_apart() {
    refused(COVERAGE, "stranger", &record("KE-SHA"), |found| matches!(found, Rejection::KeyUnknown { .. }));
    refused(COVERAGE, "stranger", &record("UG-NHIS"), |found| {
        matches!(found, Rejection::IssuerUnknown { .. })
    });
}

#[test]
fn a_key_of_another_use_or_another_issuers_claims_are_a_bad_signature() {
    let bad = |found: &Rejection| matches!(found, Rejection::SignatureInvalid { .. });
    refused(COVERAGE, "KE-SHA delegation", &record("KE-SHA"), bad);
    refused(&COVERAGE.replace("KE-SHA", "KE-OTHER"), "KE-SHA credential", &record("KE-SHA"), bad);
    let delegated = COVERAGE.replacen('{', r#"{"delegation":"KE-COOP1","#, 1);
    refused(&delegated, "KE-SHA credential", &record("KE-SHA"), bad);
    refused(COVERAGE, "KE-SHA status", &record("KE-SHA"), |found| {
        matches!(found, Rejection::KeyUnknown { .. })
    });
}

#[test]
fn a_key_out_of_its_days_or_compromised_counts_for_nothing() {
    let early = COVERAGE.replace("2026-02-15", "2025-12-31");
    refused(&early, "KE-SHA credential", &record("KE-SHA"), |found| {
        matches!(found, Rejection::KeyOutOfDate { .. })
    });
    let retired = record("KE-SHA").replacen(
        r#""to":null,"state":"active""#,
        r#""to":"2026-02-14","state":"retired""#,
        1,
    );
    refused(COVERAGE, "KE-SHA credential", &retired, |found| matches!(found, Rejection::KeyOutOfDate { .. }));
    let compromised = record("KE-SHA").replacen("active", "compromised", 1);
    refused(COVERAGE, "KE-SHA credential", &compromised, |found| {
        matches!(found, Rejection::KeyCompromised { .. })
    });
}

#[test]
fn a_retired_key_has_a_last_day() {
    let retired = record("KE-SHA").replacen("active", "retired", 1);
    assert!(IssuerRecord::parse(&retired).is_err());
}

#[test]
fn what_lies_beyond_the_record_is_named() {
    let excess = |claims: &str, record: &str| match opened(claims, "KE-SHA credential", record) {
        Err(Rejection::OutOfScope(excess)) => excess,
        other => panic!("{other:?}"),
    };
    let whole = record("KE-SHA");
    assert!(matches!(excess(COVERAGE, &whole.replace(r#""coverage","#, "")), ScopeExcess::Type(_)));
    assert!(matches!(excess(&COVERAGE.replace(r#"["KE"]"#, r#"["KE","UG"]"#), &whole), ScopeExcess::Area(_)));
    assert!(matches!(excess(&COVERAGE.replace("KE-SHA/0", "KE-SHA/1"), &whole), ScopeExcess::StatusList(_)));
    let county = whole.replace(r#""areas":["KE"]"#, r#""areas":["KE-30"]"#);
    assert!(
        matches!(excess(BENEFIT, &county), ScopeExcess::Area(_)),
        "without areas it holds in the whole country"
    );
}

#[test]
fn a_delegation_with_the_id_of_another_country_is_beyond_the_record() {
    let x = key("device").public_key();
    let delegation = format!(
        r#"{{"type":"delegation","iss":"KE-SHA","cti":"d000000000000001","iat":"2026-02-15","exp":"2026-03-01",
            "id":"UG-F01","key":"{x}","scopes":["verify"],"from":"2026-02-15","to":"2026-12-31"}}"#
    );
    refused(&delegation, "KE-SHA delegation", &record("KE-SHA"), |found| {
        matches!(found, Rejection::OutOfScope(ScopeExcess::Delegation(_)))
    });
}
