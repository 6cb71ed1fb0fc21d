//! Attacks on the coverage decision: what is laid beside a good document, left out of a pack, or signed by whom it should
//! not be.
//!
//! The region, its schemes and the people are invented.

use sanad_credential::{
    Area, Cause, Claims, Clock, Date, Emergency, MemberLine, PersonResult, Status, StatusIndex, StatusList,
    seal_entitlement,
};
use sanad_tests::region::{Region, key, record};
use sanad_trust::client::Anchor;
use sanad_trust::floors::Floors;
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::PackFiles;
use sanad_verifier::{Asked, AtFacility, Context, Documents, Journal, Referral, Tokens};
use serde_json::{Value, json};

const RULEBOOK: &str = r#"{"issuer":"KE-SHA","product":"SHIF","kind":"compulsory","versions":[{"version":1,"from":"2026-05-01",
    "package":["EMER","OPD","INP"],"preauth":[],"copay":[],"grace_days":30,"network_only":false,"week_days":6,
    "legal_ref":"invented","appeal":{"en":"appeal"},"pay":{"en":"pay"}}]}"#;

const AGREEMENT: &str = r#"{"id":"RA-01","version":1,"from":"2026-05-01","to":"2027-12-31","legal_ref":"invented",
    "rows":[{"home":"KE-SHA","hosts":["UG"],"groups":["OPD"],"preauth":[],"payer":"home","tariff":"host",
    "copay_basis":"host","copay":[],"host_may_derive":true,"claim_days":90,"good_faith_days":60}]}"#;

const CARD: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-05-02","exp":"2029-01-14",
    "status":{"idx":7,"uri":"https://s.example/KE-SHA/0"},"subject":{"number":"CR1","name":"Nekesa Barasa"},
    "product":"SHIF","rulebook":1,"functions":["medical_care"],"start":"2026-05-02","end":"2027-05-20","copay_class":1,
    "territory":["KE"]}"#;

/// A transfer for Uganda's own people.
const TRANSFER: &str = r#"{"type":"benefit","iss":"UG-NHIS","cti":"bbbbbbbbbbbbbbbb","iat":"2026-05-02","exp":"2026-12-14",
    "status":{"idx":4,"uri":"https://s.example/UG-NHIS/0"},"subject":{"number":"7","name":"Okello"},"programme":"SAGE",
    "benefit_type":"cash","functions":["old_age"],"from":"2026-05-02","to":"2026-12-31","money":{"minor":25000,"currency":"UGX"}}"#;

const PUBLISHED: &str = "2026-05-20";

fn region() -> Region {
    let mut region = Region::new("2026-04-01");
    for (country, signer) in [("KE", "KE trust"), ("TZ", "TZ trust"), ("UG", "UG trust")] {
        region.add_country(country, signer);
    }
    for iss in ["KE-SHA", "TZ-NHIF", "UG-NHIS"] {
        region.add_issuer(iss);
        region.add_list(iss, 0, PUBLISHED, &StatusList::all_valid());
    }
    region.add_target(Some("KE"), "rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK);
    region.add_target(None, "agreements/RA-01.json", AGREEMENT);
    region.add_target(
        Some("UG"),
        "host-rules/UG.json",
        r#"{"country":"UG","always_free":{},"appeal":{"en":"office"}}"#,
    );
    region.publish(PUBLISHED);
    region
}

fn pack(mut files: PackFiles, region: &Region) -> Pack {
    let held = Held { anchor: &Anchor::File(region.first_root()), floors: &Floors::none(), clock: None };
    Pack::load(&mut files, &held).unwrap_or_else(|refused| panic!("{refused}"))
}

#[track_caller]
fn signed(claims: &str, signer: &str) -> Vec<u8> {
    let claims = Claims::from_json_text(claims).unwrap_or_else(|fault| panic!("{fault}: {claims}"));
    seal_entitlement(&claims, &key(signer)).unwrap()
}

/// The text with one thing changed.
#[track_caller]
fn changed(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in {text}");
    text.replacen(old, new, 1)
}

fn at(place: &str, benefit: &str) -> Context {
    Context {
        date: Date::parse("2026-05-25").unwrap(),
        clock: Clock::Ok,
        place: Area::new(place).unwrap(),
        facility: AtFacility { id: None, level: None },
        asked: Asked::from_word(benefit).unwrap(),
        amount: None,
        emergency: Emergency::No,
        person: PersonResult::Match,
        referral: Referral::None,
        preauth: None,
        serial: None,
        cause: Cause::Illness,
        member: MemberLine::new(1).unwrap(),
    }
}

/// Decision, reasons, and the id of the document that was chosen.
fn answer(pack: &Pack, shown: &[&Vec<u8>], context: &Context) -> Value {
    let shown: Vec<&[u8]> = shown.iter().map(|document| document.as_slice()).collect();
    let documents = Documents::open(pack, &shown, context.date, context.clock, Tokens::None);
    let question = documents.question(context, &Journal::empty());
    let chosen = question.decide().unwrap().chosen;
    let reasons: Vec<&str> = chosen.reasons.iter().map(|reason| reason.word()).collect();
    json!([chosen.decision.word(), reasons, chosen.claims.map(|claims| claims.cti.to_string())])
}

fn delegation(cti: &str, iss: &str, id: &str, scope: &str, (from, to): (&str, &str), idx: u32) -> String {
    let x = key("agent").public_key();
    format!(
        r#"{{"type":"delegation","iss":"{iss}","cti":"{cti}","iat":"{from}","exp":"2029-01-01",
            "status":{{"idx":{idx},"uri":"https://s.example/{iss}/0"}},"id":"{id}","key":"{x}","scopes":["{scope}"],
            "from":"{from}","to":"{to}"}}"#
    )
}

fn with_delegations(mut files: PackFiles, delegations: &[(&str, Vec<u8>)]) -> PackFiles {
    let names: Vec<String> = delegations.iter().map(|(cti, _)| format!("{cti}.cwt")).collect();
    for (cti, document) in delegations {
        files.0.insert(format!("delegations/{cti}.cwt"), document.clone());
    }
    let index = serde_json::to_vec(&names).unwrap();
    files.0.insert("delegations/index.json".to_owned(), index);
    files
}

/// A card that the agent signed for Kenya's scheme.
fn agents_card() -> Vec<u8> {
    signed(&changed(CARD, r#""iss""#, r#""delegation":"KE-AGENT1","iss""#), "agent")
}

const WHOLE_YEAR: (&str, &str) = ("2026-04-01", "2026-12-31");
const COVERED: &str = "COVERED";

fn covered(warnings: &[&str]) -> Value {
    json!([COVERED, warnings, "e7f65ad7dc705578"])
}

#[test]
fn an_issuer_that_lists_anothers_public_key_shuts_nobody_out() {
    let mut region = region();
    // Four records that come before Kenya's in the order of ids, each with Kenya's own credential and delegation keys.
    region.add_country("AA", "AA trust");
    for iss in ["AA-ONE", "AA-TWO", "AA-TRI", "AA-FOR"] {
        let mut copied = record(iss);
        for key_use in ["credential", "delegation"] {
            let (own, other) = (
                key(&format!("{iss} {key_use}")).public_key(),
                key(&format!("KE-SHA {key_use}")).public_key(),
            );
            copied = copied.replace(&own.to_string(), &other.to_string());
            copied = copied.replace(&own.id().to_string(), &other.id().to_string());
        }
        region.add_target(Some("AA"), &format!("issuers/AA/{iss}.json"), &copied);
    }
    region.publish("2026-05-21");
    let card = signed(CARD, "KE-SHA credential");
    let whole = pack(region.pack(), &region);
    assert_eq!(answer(&whole, &[&card], &at("KE", "OPD")), covered(&["FACILITY_UNKNOWN"]));
    // Nor does it shut out the pack, when that has a delegation of Kenya's.
    let of_kenya = delegation("d000000000000001", "KE-SHA", "KE-AGENT1", "cover", WHOLE_YEAR, 9);
    let files =
        with_delegations(region.pack(), &[("d000000000000001", signed(&of_kenya, "KE-SHA delegation"))]);
    let whole = pack(files, &region);
    assert_eq!(answer(&whole, &[&agents_card()], &at("KE", "OPD")), covered(&["FACILITY_UNKNOWN"]));
}

#[test]
fn an_issuer_that_lists_anothers_delegate_as_its_own_key_shuts_nobody_out() {
    let mut region = region();
    let (own, agent) = (key("UG-NHIS credential").public_key(), key("agent").public_key());
    let copied = record("UG-NHIS").replace(&own.to_string(), &agent.to_string());
    let copied = copied.replace(&own.id().to_string(), &agent.id().to_string());
    region.add_target(Some("UG"), "issuers/UG/UG-NHIS.json", &copied);
    region.publish("2026-05-21");
    let of_kenya = delegation("d000000000000001", "KE-SHA", "KE-AGENT1", "cover", WHOLE_YEAR, 9);
    let of_kenya = signed(&of_kenya, "KE-SHA delegation");
    let whole = pack(with_delegations(region.pack(), &[("d000000000000001", of_kenya)]), &region);
    assert_eq!(answer(&whole, &[&agents_card()], &at("KE", "OPD")), covered(&["FACILITY_UNKNOWN"]));
    // Without it nobody can know.
    let without = pack(region.pack(), &region);
    let unknown = json!(["CANNOT_DECIDE", ["KEY_UNKNOWN"], null]);
    assert_eq!(answer(&without, &[&agents_card()], &at("KE", "OPD")), unknown);
}

#[test]
fn a_key_with_another_delegation_is_no_proof_against_one_that_the_pack_lacks() {
    let region = region();
    // The agent works for Uganda's scheme too.
    let of_uganda = delegation("d000000000000002", "UG-NHIS", "UG-AGENT1", "cover", WHOLE_YEAR, 9);
    let of_uganda = signed(&of_uganda, "UG-NHIS delegation");
    let whole = pack(with_delegations(region.pack(), &[("d000000000000002", of_uganda)]), &region);
    let unknown = json!(["CANNOT_DECIDE", ["KEY_UNKNOWN"], null]);
    assert_eq!(answer(&whole, &[&agents_card()], &at("KE", "OPD")), unknown);
    // Kenya's own, shown beside the card, makes it known.
    let of_kenya = delegation("d000000000000001", "KE-SHA", "KE-AGENT1", "cover", WHOLE_YEAR, 9);
    let of_kenya = signed(&of_kenya, "KE-SHA delegation");
    let card = agents_card();
    assert_eq!(answer(&whole, &[&card, &of_kenya], &at("KE", "OPD")), covered(&["FACILITY_UNKNOWN"]));
    // Whoever names a delegation that is here and is another's has not signed at all.
    let other =
        signed(&changed(CARD, r#""iss":"KE-SHA""#, r#""delegation":"UG-AGENT1","iss":"KE-SHA""#), "agent");
    let found = answer(&whole, &[&other], &at("KE", "OPD"));
    assert_eq!(found[1], json!(["KEY_UNKNOWN"]), "Kenya has no such delegation here");
}

#[test]
fn a_renewed_delegation_that_is_shown_counts_before_the_ended_one_of_the_pack() {
    let region = region();
    let ended =
        delegation("d000000000000001", "KE-SHA", "KE-AGENT1", "receipt", ("2026-04-01", "2026-05-01"), 9);
    let ended = signed(&ended, "KE-SHA delegation");
    let renewed = delegation("d000000000000002", "KE-SHA", "KE-AGENT1", "cover", WHOLE_YEAR, 10);
    let renewed = signed(&renewed, "KE-SHA delegation");
    let whole = pack(with_delegations(region.pack(), &[("d000000000000001", ended)]), &region);
    let card = agents_card();
    for shown in [[&card, &renewed], [&renewed, &card]] {
        assert_eq!(answer(&whole, &shown, &at("KE", "INP")), covered(&["FACILITY_UNKNOWN"]));
    }
}

#[test]
fn the_fifth_renewal_of_a_delegation_counts_as_the_first_did() {
    let region = region();
    let ctis: Vec<String> = (1..=6).map(|number| format!("d00000000000000{number}")).collect();
    let renewals: Vec<(&str, Vec<u8>)> = (0..6)
        .map(|number| {
            let days = [("2026-04-01", "2026-04-05"), WHOLE_YEAR][usize::from(number == 5)];
            let renewal = delegation(&ctis[number], "KE-SHA", "KE-AGENT1", "cover", days, 9);
            (ctis[number].as_str(), signed(&renewal, "KE-SHA delegation"))
        })
        .collect();
    let whole = pack(with_delegations(region.pack(), &renewals), &region);
    assert_eq!(answer(&whole, &[&agents_card()], &at("KE", "INP")), covered(&["FACILITY_UNKNOWN"]));
}

#[test]
fn an_ended_delegation_does_not_help_past_a_revoked_or_narrower_one() {
    let mut region = region();
    let mut list = StatusList::all_valid();
    list.set(StatusIndex::new(10).unwrap(), Status::Revoked);
    region.add_list("KE-SHA", 0, PUBLISHED, &list);
    let ended =
        delegation("d000000000000001", "KE-SHA", "KE-AGENT1", "cover", ("2026-04-01", "2026-05-01"), 9);
    let ended = signed(&ended, "KE-SHA delegation");
    for (scope, idx, expected) in [
        (
            "cover",
            10,
            json!(["CANNOT_DECIDE", ["DELEGATION_REVOKED", "FACILITY_UNKNOWN"], "e7f65ad7dc705578"]),
        ),
        ("receipt", 11, json!(["NOT_COVERED", ["OUT_OF_SCOPE", "FACILITY_UNKNOWN"], "e7f65ad7dc705578"])),
    ] {
        let current = delegation("d000000000000002", "KE-SHA", "KE-AGENT1", scope, WHOLE_YEAR, idx);
        let current = signed(&current, "KE-SHA delegation");
        let both = [("d000000000000001", ended.clone()), ("d000000000000002", current)];
        let whole = pack(with_delegations(region.pack(), &both), &region);
        assert_eq!(answer(&whole, &[&agents_card()], &at("KE", "OPD")), expected);
    }
}

#[test]
fn an_agreement_a_record_or_a_grant_that_this_version_cannot_read_refuses_nobody() {
    let card = signed(CARD, "KE-SHA credential");
    let later = |text: &str| text.replacen('{', r#"{"of_a_later_version":1,"#, 1);
    let mut agreements = region();
    agreements.add_target(None, "agreements/RA-01.json", &later(AGREEMENT));
    agreements.publish("2026-05-21");
    let whole = pack(agreements.pack(), &agreements);
    assert_eq!(whole.ignored().len(), 1);
    let found = answer(&whole, &[&card], &at("UG", "OPD"));
    assert_eq!(found[0], "CANNOT_DECIDE", "{found}");
    assert_eq!(found[1][0], "NO_AGREEMENT", "{found}");

    let mut records = region();
    records.add_target(Some("KE"), "issuers/KE/KE-SHA.json", &later(&record("KE-SHA")));
    records.publish("2026-05-21");
    let found = answer(&pack(records.pack(), &records), &[&card], &at("KE", "OPD"));
    assert_eq!(found, json!(["CANNOT_DECIDE", ["ISSUER_UNKNOWN"], null]));

    let mut grants = region();
    let grant = r#"{"country":"KE","types":["coverage"],"areas":["KE"]}"#;
    grants.add_target(None, "grants/KE.json", &later(grant));
    grants.publish("2026-05-21");
    let found = answer(&pack(grants.pack(), &grants), &[&card], &at("KE", "OPD"));
    assert_eq!(found[0], "CANNOT_DECIDE", "{found}");
    assert_eq!(found[1][0], "OUT_OF_SCOPE", "{found}");
}

#[test]
fn a_third_country_derives_no_right_for_a_host() {
    let region = region();
    let whole = pack(region.pack(), &region);
    let derived = |iss: &str| {
        let claims = format!(
            r#"{{"type":"cross_border","iss":"{iss}","cti":"cccccccccccccccc","iat":"2026-05-02","exp":"2026-12-14",
            "status":{{"idx":3,"uri":"https://s.example/{iss}/0"}},"subject":{{"number":"1","name":"Nekesa Barasa"}},
            "kind":"temporary_stay","agreement":"RA-01","functions":["medical_care"],"from":"2026-05-02","to":"2026-12-31",
            "home":"KE-SHA","groups":["OPD"],"payer":"home","tariff":"host","hosts":["UG"],"derived_by":"host"}}"#
        );
        signed(&claims, &format!("{iss} credential"))
    };
    assert_eq!(answer(&whole, &[&derived("UG-NHIS")], &at("UG", "OPD"))[0], COVERED);
    assert_eq!(
        answer(&whole, &[&derived("TZ-NHIF")], &at("UG", "OPD")),
        json!(["NOT_COVERED", ["OUT_OF_SCOPE", "FACILITY_UNKNOWN"], "cccccccccccccccc"])
    );
}

#[test]
fn a_paper_that_nobody_can_check_does_not_take_the_place_of_a_real_one() {
    let region = region();
    let whole = pack(region.pack(), &region);
    let (real, mut late) = (signed(TRANSFER, "UG-NHIS credential"), at("UG", "PAYOUT"));
    late.date = Date::parse("2026-06-30").unwrap();
    let alone = answer(&whole, &[&real], &late);
    assert_eq!(alone, json!(["CANNOT_DECIDE", ["STATUS_TOO_OLD"], "bbbbbbbbbbbbbbbb"]));
    let own = changed(TRANSFER, "2026-05-02", "2026-06-29").replace("bbbbbbbbbbbbbbbb", "0000000000000000");
    for unknown in [own.clone(), own.replace("UG-NHIS", "AA-XXXX")] {
        let unknown = signed(&unknown, "a stranger");
        for shown in [[&unknown, &real], [&real, &unknown]] {
            assert_eq!(answer(&whole, &shown, &late), alone);
        }
    }
    // Nor a forged one where both are refused: the real one says why.
    late.date = Date::parse("2026-05-22").unwrap();
    let ended = signed(&changed(TRANSFER, "2026-12-31", "2026-05-21"), "UG-NHIS credential");
    let forged = signed(&own.replace("2026-06-29", "2026-05-03"), "a stranger");
    assert_eq!(answer(&whole, &[&forged], &late), json!(["NOT_COVERED", ["KEY_UNKNOWN"], null]));
    let expected = json!(["NOT_COVERED", ["LAPSED", "STATUS_OLD"], "bbbbbbbbbbbbbbbb"]);
    assert_eq!(answer(&whole, &[&forged, &ended], &late), expected);
}

/// The same right as a phone keeps it, shown without the phone.
fn phone_copy() -> Vec<u8> {
    let x = key("a phone").public_key();
    signed(&changed(CARD, r#""subject""#, &format!(r#""cnf":"{x}","subject""#)), "KE-SHA credential")
}

/// What follows holds in every order and number of the documents shown.
#[test]
fn nothing_laid_beside_a_good_card_takes_its_cover_away() {
    let region = region();
    let whole = pack(region.pack(), &region);
    let card = signed(CARD, "KE-SHA credential");
    let beside = [
        card.clone(),
        signed(CARD, "a forger"),
        signed(&CARD.replace("KE-SHA", "AA-XXXX"), "a stranger"),
        signed(&changed(CARD, "e7f65ad7dc705578", "0000000000000000"), "UG-NHIS credential"),
        signed(TRANSFER, "UG-NHIS credential"),
        signed(&changed(CARD, "2027-05-20", "2026-05-03"), "KE-SHA credential"),
        phone_copy(),
        agents_card(),
    ];
    let alone = answer(&whole, &[&card], &at("KE", "OPD"));
    assert_eq!(alone, covered(&["FACILITY_UNKNOWN"]));
    for other in &beside {
        assert_eq!(answer(&whole, &[other, &card], &at("KE", "OPD")), alone);
        assert_eq!(answer(&whole, &[&card, other], &at("KE", "OPD")), alone);
    }
    let many: Vec<&Vec<u8>> = beside.iter().cycle().take(64).collect();
    assert_eq!(answer(&whole, &many, &at("KE", "OPD")), alone);
    let reversed: Vec<&Vec<u8>> = many.into_iter().rev().collect();
    assert_eq!(answer(&whole, &reversed, &at("KE", "OPD")), alone);
}

#[test]
fn another_issuers_list_neither_revokes_a_document_nor_clears_it() {
    let mut region = region();
    let mut list = StatusList::all_valid();
    list.set(StatusIndex::new(7).unwrap(), Status::Revoked);
    region.add_list("UG-NHIS", 0, PUBLISHED, &list);
    let whole = pack(region.pack(), &region);
    // Younger than the trust list, which may not know yet that the issuer's lists have moved.
    let card =
        changed(&changed(CARD, "KE-SHA/0", "UG-NHIS/0"), r#""iat":"2026-05-02""#, r#""iat":"2026-05-24""#);
    let card = signed(&card, "KE-SHA credential");
    let expected =
        json!(["CANNOT_DECIDE", ["OUT_OF_SCOPE", "STATUS_TOO_OLD", "FACILITY_UNKNOWN"], "e7f65ad7dc705578"]);
    assert_eq!(answer(&whole, &[&card], &at("KE", "OPD")), expected);
}
