//! What the person pays in money, who pays the rest and at whose prices, what the person is told, and what the answer rests
//! on: what the expectations of cases do not say.

use sanad_credential::{Date, Payer, Tariff};
use serde_json::{Value, json};

use crate::asked::{answer, ask, case};

fn kes(minor: u64) -> Value {
    json!({"minor": minor, "currency": "KES"})
}

/// A visit at home with this price, co-pay line and level.
fn visit(amount: Value, line: Value, level: u8) -> Value {
    let mut question = case("s07_cover", "s07/first_day");
    question["context"]["amount"] = amount;
    question["context"]["facility"]["level"] = json!(level);
    question["pack"]["rulebooks"][0]["copay"] = json!([line]);
    question
}

fn copay(question: &Value) -> Option<(u64, String)> {
    let copay = answer(question).unwrap().copay.expect("it is covered");
    copay.map(|money| (money.minor.value(), money.currency.to_string()))
}

/// Level 2 asks for no referral, level 4 does.
const WITHOUT: u8 = 2;
const BYPASS: u8 = 4;

#[test]
fn a_share_is_rounded_half_up_and_once() {
    let most = 9_007_199_254_740_991;
    let shares = [
        (5_000, 1, 1),
        (5_000, 3, 2),
        (4_999, 1, 0),
        (5_001, 1, 1),
        (2_500, 1, 0),
        (2_500, 2, 1),
        (3_333, 100, 33),
        (3_335, 100, 33),
        (3_350, 100, 34),
        (1, 4_999, 0),
        (1, 5_000, 1),
        (0, most, 0),
        (10_000, most, most),
        (5_000, most, 4_503_599_627_370_496),
    ];
    for (points, price, expected) in shares {
        let question = visit(kes(price), json!({"group": "OPD", "basis_points": points}), WITHOUT);
        assert_eq!(copay(&question), Some((expected, "KES".into())), "{points} of {price}");
    }
}

#[test]
fn a_share_of_an_unknown_price_is_no_amount() {
    assert_eq!(copay(&visit(Value::Null, json!({"group": "OPD", "basis_points": 1_000}), WITHOUT)), None);
}

#[test]
fn a_cap_holds_before_rounding() {
    let line = |cap: u64| json!({"group": "OPD", "basis_points": 2_000, "cap": kes(cap)});
    assert_eq!(copay(&visit(kes(100_000), line(700), WITHOUT)), Some((700, "KES".into())));
    assert_eq!(copay(&visit(kes(3_500), line(700), WITHOUT)), Some((700, "KES".into())));
    assert_eq!(copay(&visit(kes(3_495), line(700), WITHOUT)), Some((699, "KES".into())));
    assert_eq!(copay(&visit(kes(100_000), line(0), WITHOUT)), Some((0, "KES".into())));
}

/// Nobody converts currencies at the counter.
#[test]
fn a_cap_in_another_currency_leaves_the_amount_open() {
    let line = json!({"group": "OPD", "basis_points": 2_000, "cap": {"minor": 5, "currency": "UGX"}});
    assert_eq!(copay(&visit(kes(100), line, WITHOUT)), None);
}

#[test]
fn a_fixed_amount_is_asked_whatever_the_price() {
    let line = || json!({"group": "OPD", "amount": kes(500)});
    for price in [kes(10_000), kes(100), Value::Null, json!({"minor": 9, "currency": "UGX"})] {
        assert_eq!(copay(&visit(price, line(), WITHOUT)), Some((500, "KES".into())));
    }
}

#[test]
fn whoever_bypasses_pays_the_greater_of_the_fixed_amount_and_the_share() {
    let line = || json!({"group": "OPD", "amount": kes(500)});
    let prices = [
        (kes(10_000), 5_000),
        (kes(1_001), 501),
        (kes(1_000), 500),
        (kes(998), 500),
        (Value::Null, 500),
        (json!({"minor": 90_000, "currency": "UGX"}), 500),
    ];
    for (price, expected) in prices {
        assert_eq!(copay(&visit(price.clone(), line(), BYPASS)), Some((expected, "KES".into())), "{price}");
    }
    let share = json!({"group": "OPD", "basis_points": 1_000});
    assert_eq!(copay(&visit(kes(1_000), share.clone(), BYPASS)), Some((500, "KES".into())));
    let mut published = visit(kes(1_000), share, BYPASS);
    published["pack"]["rulebooks"][0]["bypass_basis_points"] = json!(3_000);
    assert_eq!(copay(&published), Some((300, "KES".into())));
    published["pack"]["rulebooks"][0]["copay"] = json!([{"group": "OPD", "amount": kes(100)}]);
    assert_eq!(copay(&published), Some((300, "KES".into())));
}

#[test]
fn nothing_is_asked_in_an_emergency_nor_for_what_is_free_nor_of_a_payout() {
    let line = json!({"group": "OPD", "amount": kes(500)});
    let mut emergency = visit(kes(10_000), line, BYPASS);
    let mut free = emergency.clone();
    emergency["context"]["emergency"] = json!(true);
    assert_eq!(copay(&emergency), Some((0, "KES".into())));
    free["pack"]["host_rules"] = json!({"KE": {"always_free": ["OPD"]}});
    assert_eq!(copay(&free), Some((0, "KES".into())));
    let mut payout = case("types_benefit", "benefit/covered");
    payout["context"]["amount"] = kes(700);
    assert_eq!(copay(&payout), Some((0, "KES".into())));
}

/// Two documents of one person, alike but for their co-pay.
fn two(one: Value, other: Value, amount: Value) -> Option<String> {
    let mut question = case("s15_several", "s15/lower_share_first");
    question["context"]["amount"] = amount;
    for (number, lines) in [one, other].into_iter().enumerate() {
        question["pack"]["rulebooks"][number]["copay"] = json!([lines]);
        question["pack"]["rulebooks"][number]["kind"] = json!("compulsory");
        let book = &question["pack"]["rulebooks"][number];
        assert_eq!(book["issuer"], question["credentials"][number]["claims"]["iss"]);
    }
    answer(&question).unwrap().claims.map(|(iss, _)| iss)
}

#[test]
fn the_document_with_the_lower_share_is_chosen() {
    let share = |points: u64| json!({"group": "OPD", "basis_points": points});
    let fixed = |minor: u64| json!({"group": "OPD", "amount": kes(minor)});
    let (first, second) = (Some("KE-HIF".to_owned()), Some("KE-VOL".to_owned()));
    for amount in [Value::Null, kes(10_000)] {
        assert_eq!(two(share(1_000), share(999), amount.clone()), second);
        assert_eq!(two(share(1_000), share(1_000), amount.clone()), first);
        assert_eq!(two(share(999), share(1_000), amount.clone()), first);
        assert_eq!(two(fixed(200), fixed(199), amount.clone()), second);
        assert_eq!(two(fixed(200), fixed(200), amount), first);
    }
    // With a known price an amount and a share can be held against each other.
    assert_eq!(two(fixed(101), share(100), kes(10_000)), second);
    assert_eq!(two(fixed(99), share(100), kes(10_000)), first);
    assert_eq!(two(share(100), fixed(99), kes(10_000)), second);
    // Without one nobody can, and what is certain goes first.
    assert_eq!(two(fixed(1), share(9_000), Value::Null), second);
    // The share counts, not what a cap leaves of it.
    for cap in [kes(1), json!({"minor": 1, "currency": "UGX"})] {
        let capped = |points: u64| json!({"group": "OPD", "basis_points": points, "cap": cap});
        assert_eq!(two(capped(1_000), share(2_000), kes(10_000)), first);
        assert_eq!(two(share(1_000), capped(2_000), kes(10_000)), first);
        assert_eq!(two(capped(2_000), share(1_000), kes(10_000)), second);
    }
}

#[test]
fn who_pays_and_at_whose_prices() {
    let found = |question: &Value| {
        let found = answer(question).unwrap();
        (found.payer, found.tariff)
    };
    let both = |payer, tariff| (Some(payer), Some(tariff));
    assert_eq!(found(&case("s07_cover", "s07/first_day")), both(Payer::Home, Tariff::Home));
    assert_eq!(found(&case("types_benefit", "benefit/covered")), both(Payer::Home, Tariff::Home));
    let mut row = case("s08_place", "s08/row");
    assert_eq!(found(&row), both(Payer::Home, Tariff::Host));
    row["pack"]["agreements"]["rows"][0]["payer"] = json!("shared");
    row["pack"]["agreements"]["rows"][0]["tariff"] = json!("flat");
    assert_eq!(found(&row), both(Payer::Shared, Tariff::Flat));
    let mut abroad = case("types_cross_border", "cross_border/covered");
    abroad["credentials"][0]["claims"]["payer"] = json!("shared");
    abroad["credentials"][0]["claims"]["tariff"] = json!("flat");
    assert_eq!(found(&abroad), both(Payer::Shared, Tariff::Flat));
    for mut free in [row, abroad] {
        free["pack"]["host_rules"] = json!({"UG": {"always_free": ["OPD"]}});
        assert_eq!(found(&free), both(Payer::Host, Tariff::Host));
        free["context"]["person"] = json!("mismatch");
        assert_eq!(found(&free), (None, None));
    }
}

#[test]
fn waiting_names_the_day_and_lapsed_the_last_paid_one() {
    let told = |file: &str, id: &str| {
        ask(&case(file, id), |chosen, _| {
            let day = |day: Option<Date>| day.map(|day| day.to_string());
            (day(chosen.remedy.covered_from), day(chosen.remedy.paid_through))
        })
        .unwrap()
    };
    let (from, _) = told("s07_cover", "s07/wait_day_before");
    assert_eq!(from.as_deref(), Some("2026-05-21"));
    // A wait of another group is none of this one's.
    let (from, _) = told("s07_cover", "s07/wait_of_another_group");
    assert_eq!(from.as_deref(), Some("2026-05-10"));
    let (from, _) = told("s07_cover", "s07/day_before_the_first");
    assert_eq!(from.as_deref(), Some("2026-05-21"));
    let (_, through) = told("s07_cover", "s07/paid_through_day_after_grace");
    assert_eq!(through.as_deref(), Some("2026-04-19"));
    let (from, through) = told("types_benefit", "benefit/day_after_the_last_has_no_grace");
    assert_eq!((from.as_deref(), through.as_deref()), (Some("2026-01-10"), Some("2026-05-19")));
    let (from, through) = told("types_cross_border", "cross_border/day_after_the_last_has_no_grace");
    assert_eq!((from.as_deref(), through.as_deref()), (Some("2026-04-01"), Some("2026-05-19")));
}

#[test]
fn a_refusal_names_what_is_covered_here_instead() {
    let here = |question: &Value| {
        let words = |groups: &[sanad_credential::BenefitGroup]| {
            groups.iter().map(|group| group.word()).collect::<Vec<_>>()
        };
        ask(question, |chosen, _| words(&chosen.remedy.covered_here)).unwrap()
    };
    let mut question = case("s08_place", "s08/row_without_the_group");
    question["pack"]["host_rules"] =
        json!({"UG": {"always_free": ["ANC", "OPD"]}, "KE": {"always_free": ["DENT"]}});
    assert_eq!(here(&question), ["EMER", "OPD", "ANC", "MEDS", "INP"]);
    // A row for another place says nothing of this one.
    question["pack"]["agreements"]["rows"][0]["hosts"] = json!(["TZ"]);
    assert_eq!(here(&question), ["OPD", "ANC"]);
    // At home the agreements are no matter, and the scheme's own package is.
    let mut home = case("s06_package", "s06/group_not_in_package");
    home["pack"]["agreements"]["rows"][0]["hosts"] = json!(["KE", "UG"]);
    home["pack"]["rulebooks"][0]["package"] = json!(["OPD", "ANC"]);
    assert_eq!(here(&home), ["OPD", "ANC"]);
    home["pack"]["host_rules"] = json!({"KE": {"always_free": ["CHILD"]}});
    assert_eq!(here(&home), ["OPD", "CHILD", "ANC"]);
    // Nobody whose cover was revoked is sent to another service of it.
    home["pack"]["status"]["values"] =
        json!({(home["credentials"][0]["claims"]["cti"].as_str().unwrap()): "revoked"});
    assert_eq!(here(&home), ["CHILD"]);
}

#[test]
fn an_answer_says_what_it_rests_on() {
    let rests = |question: &Value| {
        ask(question, |chosen, _| {
            let rests = &chosen.rests_on;
            let day = |day: Option<Date>| day.map(|day| day.to_string());
            (
                day(rests.pack),
                day(rests.status),
                rests.rulebook.map(|version| version.value()),
                rests.agreement.map(ToString::to_string),
            )
        })
        .unwrap()
    };
    let text = |text: &str| Some(text.to_owned());
    let (pack, yesterday) = (text("2026-05-15"), text("2026-05-19"));
    let mut question = case("s08_place", "s08/row");
    assert_eq!(rests(&question), (pack.clone(), yesterday, Some(2), text("EAC-1")));
    question["pack"]["status"]["issued"] = Value::Null;
    assert_eq!(rests(&question), (pack.clone(), None, Some(2), text("EAC-1")));
    question["pack"]["status"] = Value::Null;
    assert_eq!(rests(&question), (pack.clone(), None, Some(2), text("EAC-1")));
    let forged = case("s02_authenticity", "s02/bad_signature");
    assert_eq!(rests(&forged), (pack.clone(), None, None, None));
    let nothing = case("s01_decode", "s01/nothing_shown_OPD");
    assert_eq!(rests(&nothing), (pack, None, None, None));
}
