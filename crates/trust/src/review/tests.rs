//! Each finding from one change to a file that has none.

use super::*;
use crate::examples::changed;
use crate::{Agreement, Facilities, Grant, HostRules, IssuerRecord, Rulebook};

/// A rulebook without a finding. The scheme is invented.
const RULEBOOK: &str = r#"{
  "issuer": "KE-SHA", "product": "SHIF", "kind": "compulsory",
  "versions": [
    {"version": 1, "from": "2026-01-01", "package": ["EMER", "OPD", "CHILD", "ANC", "DEL", "MEDS"],
     "protected": ["EMER", "DEL"], "preauth": ["MEDS"],
     "copay": [
       {"group": "OPD", "class": 1, "basis_points": 0},
       {"group": "OPD", "level": 3, "basis_points": 2000, "cap": {"minor": 50000, "currency": "KES"}},
       {"group": "MEDS", "amount": {"minor": 10000, "currency": "KES"}}
     ],
     "max_level": 3, "grace_days": 30, "network_only": true, "offline_limit": {"minor": 500000, "currency": "KES"},
     "week_days": 6, "legal_ref": "Act 1", "appeal": {"en": "Call 1"}, "pay": {"en": "Dial 2"}}
  ]
}"#;

const AGREEMENT: &str = r#"{
  "id": "A-1", "version": 1, "from": "2026-01-01", "to": null, "legal_ref": "Protocol 1",
  "rows": [
    {"home": "KE-SHA", "hosts": ["UG"], "groups": ["EMER", "OPD"], "preauth": [], "payer": "home", "tariff": "host",
     "copay_basis": "home", "copay": [], "host_may_derive": false, "claim_days": 60, "good_faith_days": 90},
    {"home": "UG-NHIS", "hosts": ["KE-04"], "groups": ["EMER"], "preauth": [], "payer": "shared", "tariff": "flat",
     "copay_basis": "host", "copay": [{"group": "EMER", "basis_points": 100}], "host_may_derive": false,
     "claim_days": 60, "good_faith_days": 60}
  ]
}"#;

fn shown(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| format!("{} {}", finding.what.code(), finding.place)).collect()
}

fn rulebook(old: &str, new: &str) -> Vec<String> {
    shown(review_rulebook(&Rulebook::parse(&changed(RULEBOOK, old, new)).unwrap(), None))
}

fn agreement(old: &str, new: &str) -> Vec<String> {
    shown(review_agreement(&Agreement::parse(&changed(AGREEMENT, old, new)).unwrap(), &[]))
}

#[test]
fn sound_files_have_no_findings() {
    assert_eq!(rulebook("Act 1", "Act 1"), [""; 0]);
    assert_eq!(agreement("Protocol 1", "Protocol 1"), [""; 0]);
}

#[test]
fn what_a_rulebook_says_against_itself() {
    for (old, new, found) in [
        (r#""preauth": ["MEDS"]"#, r#""preauth": ["SURG"]"#, "preauth_outside versions[0].preauth"),
        (r#""preauth": ["MEDS"]"#, r#""preauth": ["EMER"]"#, "preauth_emergency versions[0].preauth"),
        (r#"["EMER", "DEL"]"#, r#"["EMER", "PNC"]"#, "protected_outside versions[0].protected"),
        (r#"["EMER", "DEL"]"#, "[]", "protected_empty versions[0].protected"),
        (r#""group": "MEDS", "amount""#, r#""group": "INP", "amount""#, "copay_outside versions[0].copay[2]"),
        (r#""class": 1, "#, "", "copay_never_reached versions[0].copay[1]"),
        (
            r#""minor": 10000, "currency": "KES"}"#,
            r#""minor": 10000, "currency": "KES"}, "cap": {"minor": 9999, "currency": "KES"}"#,
            "copay_above_cap versions[0].copay[2]",
        ),
        (
            r#""minor": 10000, "currency": "KES""#,
            r#""minor": 10000, "currency": "UGX""#,
            "currencies_mixed versions[0].copay[2].amount",
        ),
        (
            r#""minor": 500000, "currency": "KES""#,
            r#""minor": 500000, "currency": "UGX""#,
            "currencies_mixed versions[0].offline_limit",
        ),
        (r#""minor": 500000"#, r#""minor": 0"#, "offline_limit_zero versions[0].offline_limit"),
        (r#""level": 3, "#, r#""level": 4, "#, "copay_above_max_level versions[0].copay[1]"),
        (r#""grace_days": 30"#, r#""grace_days": 367"#, "grace_too_long versions[0].grace_days"),
        (r#""appeal": {"en": "Call 1"}"#, r#""appeal": {}"#, "no_appeal versions[0].appeal"),
        (r#""appeal": {"en": "Call 1"}"#, r#""appeal": {"sw": "Piga 1"}"#, "no_english versions[0].appeal"),
        (r#""pay": {"en": "Dial 2"}"#, r#""pay": {}"#, "no_pay versions[0].pay"),
        ("Act 1", "", "no_legal_reference versions[0].legal_ref"),
        (
            r#""OPD", "CHILD", "ANC", "DEL", "MEDS"]"#,
            r#""OPD", "CHILD", "DEL", "MEDS"]"#,
            "essential_missing versions[0].package",
        ),
    ] {
        assert_eq!(rulebook(old, new), [found]);
    }
    let all = r#""amount": {"minor": 10000, "currency": "KES"}"#;
    assert_eq!(rulebook(all, r#""basis_points": 10000"#), ["copay_of_all versions[0].copay[2]"]);
    assert_eq!(rulebook(r#""grace_days": 30"#, r#""grace_days": 366"#), [""; 0]);
    let empty = r#"{"issuer": "KE-SHA", "product": "P", "kind": "voluntary", "versions": []}"#;
    assert_eq!(shown(review_rulebook(&Rulebook::parse(empty).unwrap(), None)), ["no_versions versions"]);
}

#[test]
fn who_pays_nothing_needs_no_place_to_pay() {
    let free =
        changed(&changed(RULEBOOK, "compulsory", "assistance"), r#""pay": {"en": "Dial 2"}"#, r#""pay": {}"#);
    assert_eq!(shown(review_rulebook(&Rulebook::parse(&free).unwrap(), None)), [""; 0]);
}

#[test]
fn a_scheme_that_pays_cash_covers_no_care_and_is_warned_once() {
    let text = RULEBOOK
        .replace(r#"["EMER", "OPD", "CHILD", "ANC", "DEL", "MEDS"]"#, "[]")
        .replace(r#""protected": ["EMER", "DEL"], "#, "")
        .replace(r#""preauth": ["MEDS"]"#, r#""preauth": []"#);
    let (before, table) = text.split_once(r#""copay": ["#).unwrap();
    let (_, after) = table.split_once("     ],").unwrap();
    let text = format!(r#"{before}"copay": [],{after}"#);
    assert_eq!(
        shown(review_rulebook(&Rulebook::parse(&text).unwrap(), None)),
        ["no_care versions[0].package"]
    );
}

#[test]
fn a_network_without_a_facility_is_found_where_the_list_is_at_hand() {
    let rulebook = Rulebook::parse(RULEBOOK).unwrap();
    let facilities = |networks: &str| {
        let facility = format!(
            r#"{{"id": "KE-F01", "name": "Busia", "level": 4, "area": "KE-04", "networks": [{networks}]}}"#
        );
        Facilities::parse(&format!(r#"{{"country": "KE", "facilities": [{facility}]}}"#)).unwrap()
    };
    let found = |networks| shown(review_rulebook(&rulebook, Some(&facilities(networks))));
    assert_eq!(found(r#""KE-SHA""#), [""; 0]);
    assert_eq!(found(""), ["network_empty versions[0].network_only"]);
    let elsewhere = Facilities::parse(r#"{"country": "UG", "facilities": []}"#).unwrap();
    assert_eq!(
        shown(review_rulebook(&rulebook, Some(&elsewhere))),
        [""; 0],
        "another country's list says nothing"
    );
}

#[test]
fn what_an_agreement_says_against_itself() {
    for (old, new, found) in [
        (r#"["EMER", "OPD"]"#, "[]", "no_groups rows[0].groups"),
        (r#"["EMER", "OPD"]"#, r#"["OPD"]"#, "no_emergency rows[0].groups"),
        (r#"["UG"]"#, "[]", "no_hosts rows[0].hosts"),
        (r#"["UG"]"#, r#"["KE"]"#, "host_is_home rows[0].hosts"),
        (r#"["UG"]"#, r#"["KE-30"]"#, "hosts_in_home_country rows[0].hosts"),
        (r#""payer": "home""#, r#""payer": "host""#, "-"),
        (
            r#""payer": "home", "tariff": "host""#,
            r#""payer": "host", "tariff": "home""#,
            "host_pays_home_prices rows[0].tariff",
        ),
        (
            r#""copay_basis": "home", "copay": []"#,
            r#""copay_basis": "host", "copay": []"#,
            "copay_none rows[0].copay",
        ),
        (
            r#""copay_basis": "home", "copay": []"#,
            r#""copay_basis": "home", "copay": [{"group": "OPD", "basis_points": 1}]"#,
            "copay_unused rows[0].copay",
        ),
        (r#""preauth": []"#, r#""preauth": ["INP"]"#, "preauth_outside rows[0].preauth"),
        (r#""good_faith_days": 60"#, r#""good_faith_days": 59"#, "good_faith_short rows[1].good_faith_days"),
        (r#""claim_days": 60"#, r#""claim_days": 0"#, "no_claim_days rows[0].claim_days"),
        ("Protocol 1", "", "no_legal_reference legal_ref"),
        (
            r#"{"home": "UG-NHIS", "hosts": ["KE-04"]"#,
            r#"{"home": "KE-SHA", "hosts": ["UG-202"]"#,
            "row_never_reached rows[1]",
        ),
        (
            r#""group": "EMER", "basis_points": 100"#,
            r#""group": "OPD", "basis_points": 100"#,
            "copay_outside rows[1].copay[0]",
        ),
    ] {
        let found: Vec<&str> = if found == "-" { vec![] } else { vec![found] };
        assert_eq!(agreement(old, new), found);
    }
    let empty =
        r#"{"id": "A", "version": 1, "from": "2026-01-01", "to": null, "legal_ref": "P", "rows": []}"#;
    assert_eq!(shown(review_agreement(&Agreement::parse(empty).unwrap(), &[])), ["no_rows rows"]);
}

#[test]
fn two_rows_can_take_a_third_together_and_one_place_more_leaves_it_alive() {
    let row = |hosts: &str, groups: &str| {
        format!(
            r#"{{"home": "KE-SHA", "hosts": [{hosts}], "groups": [{groups}], "preauth": [], "payer": "home", "tariff": "host",
             "copay_basis": "home", "copay": [], "host_may_derive": false, "claim_days": 1, "good_faith_days": 1}}"#
        )
    };
    let found = |rows: &[String]| {
        let text = format!(
            r#"{{"id": "A", "version": 1, "from": "2026-01-01", "to": null, "legal_ref": "P", "rows": [{}]}}"#,
            rows.join(",")
        );
        shown(review_agreement(&Agreement::parse(&text).unwrap(), &[]))
    };
    let (emer, both) = (r#""EMER""#, r#""EMER", "OPD""#);
    let rows = [row(r#""UG""#, emer), row(r#""UG-1""#, both), row(r#""UG-1""#, both)];
    assert_eq!(found(&rows), ["row_never_reached rows[2]"]);
    let rows = [row(r#""UG""#, emer), row(r#""UG-1""#, both), row(r#""UG-1", "UG-2""#, both)];
    assert_eq!(found(&rows), [""; 0]);
}

#[test]
fn a_row_for_what_the_home_scheme_does_not_cover_is_found_where_its_rulebook_is_at_hand() {
    let rulebook = Rulebook::parse(RULEBOOK).unwrap();
    let text = changed(AGREEMENT, r#"["EMER", "OPD"]"#, r#"["EMER", "SURG"]"#);
    let found = review_agreement(&Agreement::parse(&text).unwrap(), &[&rulebook]);
    assert_eq!(shown(found), ["row_group_not_covered rows[0].groups"]);
}

#[test]
fn what_host_rules_leave_out() {
    let found = |free: &str, appeal: &str| {
        let text = format!(r#"{{"country": "KE", "always_free": {free}, "appeal": {appeal}}}"#);
        shown(review_host_rules(&HostRules::parse(&text).unwrap()))
    };
    let call = r#"{"en": "Call 1"}"#;
    assert_eq!(found(r#"{"KE": ["EMER"]}"#, call), [""; 0]);
    assert_eq!(found("{}", call), ["nothing_free always_free"]);
    assert_eq!(found(r#"{"KE-30": ["EMER"]}"#, call), ["emergency_not_free always_free"]);
    assert_eq!(found(r#"{"KE": ["EMER"], "KE-30": ["EMER"]}"#, call), ["free_twice always_free.KE-30"]);
    assert_eq!(found(r#"{"KE": ["EMER"], "KE-30": []}"#, call), ["area_empty always_free.KE-30"]);
    assert_eq!(found(r#"{"KE": ["EMER"]}"#, "{}"), ["no_appeal appeal"]);
}

#[test]
fn what_facilities_records_and_grants_leave_out() {
    let facilities = |list: &str| {
        let text = format!(r#"{{"country": "KE", "facilities": [{list}]}}"#);
        shown(review_facilities(&Facilities::parse(&text).unwrap()))
    };
    assert_eq!(facilities(""), ["no_facilities facilities"]);
    let abroad = r#"{"id": "KE-F01", "name": "A", "level": 1, "area": "UG", "networks": []}"#;
    assert_eq!(facilities(abroad), ["facilities_without_network facilities", "facility_abroad facilities"]);

    let record = |old: &str, new: &str| {
        let record = crate::examples::RECORD
            .replace(r#""to": "2027-12-31", "state": "retired""#, r#""to": null, "state": "active""#);
        shown(review_record(&IssuerRecord::parse(&changed(&record, old, new)).unwrap()))
    };
    assert_eq!(record("KE-SHA", "KE-SHA"), [""; 0]);
    assert_eq!(record(r#""types": ["coverage"]"#, r#""types": []"#), ["no_types types"]);
    assert_eq!(record(r#""areas": ["KE"]"#, r#""areas": []"#), ["no_areas areas"]);
    assert_eq!(record(r#""areas": ["KE"]"#, r#""areas": ["KE", "UG"]"#), ["area_abroad areas"]);
    assert_eq!(record(r#""use": "status""#, r#""use": "credential""#), ["no_status_key keys"]);
    assert_eq!(record(r#""use": "credential""#, r#""use": "status""#), ["no_credential_key keys"]);
    assert_eq!(record(r#"["coverage"]"#, r#"["coverage", "delegation"]"#), ["no_delegation_key keys"]);
    assert_eq!(record(r#""lists": 2"#, r#""lists": 0"#), ["no_status_lists status.lists"]);
    assert_eq!(record(r#"{"en": "Call 0800 000 000"}"#, "{}"), ["no_contact contact"]);

    let grant = |text: &str| shown(review_grant(&Grant::parse(text).unwrap()));
    assert_eq!(grant(r#"{"country": "KE", "types": [], "areas": []}"#), ["no_types types", "no_areas areas"]);
    assert_eq!(grant(r#"{"country": "KE", "types": ["coverage"], "areas": ["UG"]}"#), ["area_abroad areas"]);
    assert_eq!(
        grant(r#"{"country": "XA", "types": ["coverage"], "areas": ["UG"]}"#),
        [""; 0],
        "a region has no area of its own"
    );
}

#[test]
fn codes_are_names_and_stand_once() {
    let mut codes: Vec<&str> = Observation::CODES.iter().map(|(code, _)| *code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
}
