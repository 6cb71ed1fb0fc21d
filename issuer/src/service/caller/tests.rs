//! Each test is named for what somebody tries who has a token, but not for this. People and schemes are invented.

use sanad_credential::{SigningKey, seal_entitlement};

use super::*;
use crate::role::Role;

fn record() -> IssuerRecord {
    let key = SigningKey::from_secret(&[2; 32]).public_key();
    IssuerRecord::parse(&format!(
        r#"{{"iss":"KE-SHA","country":"KE","names":{{}},"keys":[{{"kid":"{}","alg":"Ed25519","x":"{key}",
            "use":"credential","from":"2026-01-01","to":null,"state":"active"}}],
            "types":["membership","coverage","contribution","benefit","delegation"],"areas":["KE"],
            "status":{{"prefix":"https://s.example/","lists":1}},"contact":{{}}}}"#,
        key.id()
    ))
    .unwrap()
}

fn claims(members: &str) -> Claims {
    let text = format!(
        r#"{{"iss":"KE-SHA","cti":"1112131415161718","iat":"2026-03-02","exp":"2026-03-31",
            "subject":{{"number":"M-1","name":"Test Person"}},{members}}}"#
    );
    Claims::from_json_text(&text).unwrap()
}

fn coverage(territory: &str) -> Claims {
    claims(&format!(
        r#""type":"coverage","product":"SHIF","rulebook":1,"functions":["medical_care"],"start":"2026-03-01",
           "end":"2026-12-31","copay_class":0,"territory":{territory}"#
    ))
}

fn membership() -> Claims {
    claims(r#""type":"membership","scheme":"SHIF","since":"2026-03-01""#)
}

fn benefit(areas: &str) -> Claims {
    claims(&format!(
        r#""type":"benefit","programme":"CASH","benefit_type":"cash","functions":["assistance"],"from":"2026-03-01",
           "to":"2026-12-31","money":{{"minor":50000,"currency":"KES"}}{areas}"#
    ))
}

fn within(areas: &[&str]) -> Reach {
    Reach::Within(Set::new(areas.iter().map(|area| Area::new(area).unwrap()).collect()).unwrap())
}

fn caller(reach: Reach) -> Caller {
    let actor = Actor::new("token:00000001").unwrap();
    Caller { origin: actor.clone(), actor, roles: Roles::new([Role::Registrar]), reach, delegate: None }
}

fn granted(scopes: &str, to: &str) -> Delegation {
    let key = SigningKey::from_secret(&[7; 32]).public_key();
    let text = format!(
        r#"{{"type":"delegation","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-03-01","exp":"2029-03-01",
            "status":{{"idx":1,"uri":"https://s.example/0"}},"id":"KE-COOP1","key":"{key}","scopes":{scopes},
            "from":"2026-03-01","to":"{to}","per_document":{{"minor":50000,"currency":"KES"}},"areas":["KE-30"]}}"#
    );
    match Claims::from_json_text(&text).unwrap().into_draft().right {
        Right::Delegation(delegation) => delegation,
        other => panic!("{other:?}"),
    }
}

fn delegate(granted: Vec<Delegation>) -> Caller {
    let id = DelegationId::new("KE-COOP1").unwrap();
    Caller { delegate: Some(Delegate { id, granted: granted.into() }), ..caller(Reach::Everywhere) }
}

fn area(text: &str) -> Area {
    Area::new(text).unwrap()
}

#[test]
fn a_registrar_of_one_county_signs_for_that_county_alone() {
    let caller = caller(within(&["KE-30"]));
    let record = record();
    assert_eq!(caller.require_issue(&coverage(r#"["KE-30"]"#), &record), Ok(()));
    for (territory, beyond) in [
        (r#"["KE-01"]"#, "KE-01"),
        (r#"["KE-01","KE-30"]"#, "KE-01"),
        (r#"["KE"]"#, "KE"),
        (r#"["KE-3"]"#, "KE-3"),
    ] {
        let denied = caller.require_issue(&coverage(territory), &record);
        assert_eq!(denied, Err(Denied::Area(area(beyond))), "{territory}");
    }
}

#[test]
fn a_document_that_names_no_area_counts_as_naming_all_of_the_issuers() {
    let record = record();
    for document in [membership(), benefit("")] {
        let county = caller(within(&["KE-30"]));
        assert_eq!(county.require_area(&document.right, &record), Err(Denied::Area(area("KE"))));
        assert_eq!(county.sees(&document.right, &record), Sight::Hidden);
        let country = caller(within(&["KE"]));
        assert_eq!(country.require_area(&document.right, &record), Ok(()));
        assert_eq!(country.sees(&document.right, &record), Sight::Seen);
    }
    let named = benefit(r#","areas":["KE-30"]"#);
    assert_eq!(caller(within(&["KE-30"])).require_area(&named.right, &record), Ok(()));
}

#[test]
fn the_id_of_a_document_of_another_area_shows_nothing() {
    let record = record();
    let key = SigningKey::from_secret(&[2; 32]);
    let document = seal_entitlement(&coverage(r#"["KE-01"]"#), &key).unwrap();
    assert_eq!(caller(within(&["KE-30"])).sees_document(&document, &record), Sight::Hidden);
    assert_eq!(caller(within(&["KE-01"])).sees_document(&document, &record), Sight::Seen);
    assert_eq!(caller(Reach::Everywhere).sees_document(&document, &record), Sight::Seen);
    assert_eq!(caller(within(&["KE-01"])).sees_document(b"no document", &record), Sight::Hidden);
}

#[test]
fn a_job_of_somebody_else_is_hidden_from_who_is_bound_to_areas_or_a_delegation() {
    let other = Actor::new("token:00000002").unwrap();
    assert_eq!(caller(within(&["KE-30"])).sees_job_of(&other), Sight::Hidden);
    assert_eq!(delegate(vec![]).sees_job_of(&other), Sight::Hidden);
    assert_eq!(caller(Reach::Everywhere).sees_job_of(&other), Sight::Seen);
    let own = Actor::new("token:00000001").unwrap();
    assert_eq!(caller(within(&["KE-30"])).sees_job_of(&own), Sight::Seen);
    assert_eq!(delegate(vec![]).sees_job_of(&own), Sight::Seen);
}

#[test]
fn a_delegate_signs_what_its_scopes_name_where_and_when_they_say() {
    let record = record();
    let caller = delegate(vec![granted(r#"["cover"]"#, "2026-12-31")]);
    assert_eq!(caller.require_issue(&coverage(r#"["KE-30"]"#), &record), Ok(()));
    let beyond = |claims: &Claims, caller: &Caller| match caller.require_issue(claims, &record) {
        Err(Denied::Delegation(excess)) => excess,
        other => panic!("{other:?}"),
    };
    assert_eq!(beyond(&coverage(r#"["KE-01"]"#), &caller), DelegateExcess::Area(area("KE-01")));
    let membership = membership();
    assert_eq!(beyond(&membership, &caller), DelegateExcess::Type(membership.right.right_type()));
    let benefit = benefit(r#","areas":["KE-30"]"#);
    assert_eq!(beyond(&benefit, &caller), DelegateExcess::Type(benefit.right.right_type()));
    let over = delegate(vec![granted(r#"["cover"]"#, "2026-03-01")]);
    assert!(matches!(beyond(&coverage(r#"["KE-30"]"#), &over), DelegateExcess::Day { .. }));
}

#[test]
fn a_delegate_without_a_valid_delegation_signs_nothing() {
    let denied = delegate(vec![]).require_issue(&coverage(r#"["KE-30"]"#), &record());
    assert_eq!(denied, Err(Denied::DelegationOver(DelegationId::new("KE-COOP1").unwrap())));
}

#[test]
fn one_valid_delegation_of_several_devices_is_enough() {
    let both =
        delegate(vec![granted(r#"["register"]"#, "2026-12-31"), granted(r#"["cover"]"#, "2026-12-31")]);
    assert_eq!(both.require_issue(&coverage(r#"["KE-30"]"#), &record()), Ok(()));
    assert_eq!(both.require_issue(&membership(), &record()), Ok(()));
}

#[test]
fn a_delegate_with_every_role_still_reads_and_revokes_nothing() {
    let caller = Caller { roles: Roles::new(Role::ALL), ..delegate(vec![]) };
    for permission in Permission::ALL {
        let allowed = caller.require(permission).is_ok();
        assert_eq!(allowed, DELEGATE.contains(&permission), "{permission}");
    }
}

#[test]
fn a_county_does_not_contain_its_country_nor_another_county() {
    let county = within(&["KE-30", "KE-01"]);
    assert_eq!(county.lacks(&within(&["KE-01"])), None);
    assert_eq!(county.lacks(&within(&["KE-02"])), Some(Outside::Area(area("KE-02"))));
    assert_eq!(county.lacks(&within(&["KE"])), Some(Outside::Area(area("KE"))));
    assert_eq!(within(&["KE"]).lacks(&Reach::Everywhere), Some(Outside::Everywhere));
    assert_eq!(within(&["KE"]).lacks(&county), None);
    assert_eq!(Reach::Everywhere.lacks(&Reach::Everywhere), None);
}
