//! Arbitrary questions at the counter, as cases: a context, the documents shown, the pack. All people and schemes are
//! invented.
//!
//! Most parts are in order and each is out of order now and then, since a question in which everything is wrong ends at the
//! first rule. Days lie on the borders of the rules and next to them. Issuers, products, places and agreements are few, so
//! that they meet. Strategies for proptest: a failing question is shrunk to what still fails.

mod documents;
mod pack;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::{BoxedStrategy, Union};
use proptest::{option, prop_oneof};
use sanad_credential::{Date, Status};
use serde_json::{Map, Value, json};

/// The day of every question.
pub const DAY: &str = "2026-05-20";

/// Benefit groups that are asked for: each class of risk, and those that single rules speak of.
const GROUPS: [&str; 9] = ["EMER", "OPD", "ANC", "MEDS", "IMG", "INP", "SURG", "DENT", "OSHV"];

/// Countries and subdivisions.
const AREAS: [&str; 5] = ["KE", "KE-30", "TZ", "UG", "UG-102"];

/// Documents in one question.
const DOCUMENTS_MAX: usize = 4;

/// Questions of every kind. Built once for each group: a strategy costs more to build than to draw from.
pub fn question() -> impl Strategy<Value = Value> {
    let usual = [(6, "OPD"), (5, "INP"), (4, "PAYOUT")];
    let others = GROUPS.into_iter().filter(|group| usual.iter().all(|(_, usual)| usual != group));
    let all = usual.into_iter().chain(others.map(|group| (1, group)));
    Union::new_weighted(all.map(|(weight, asked)| (weight, question_for(asked).boxed())).collect())
}

fn question_for(asked: &'static str) -> impl Strategy<Value = Value> {
    let documents = prop_oneof![
        1 => Just(Vec::new()),
        8 => vec(documents::document(asked), 1),
        5 => vec(documents::document(asked), 2),
        3 => vec(documents::document(asked), 3..=DOCUMENTS_MAX),
    ];
    (context(asked), documents, pack::pack(), vec(status(), DOCUMENTS_MAX)).prop_map(assemble)
}

/// Every document of a question has an id of its own, by which the status part of the pack knows it.
fn assemble((context, mut documents, mut pack, status): (Value, Vec<Value>, Value, Vec<Status>)) -> Value {
    let mut values = Map::new();
    for (number, document) in documents.iter_mut().enumerate() {
        let cti = format!("{:016x}", 0xA100_0000_0000_0001_u64 + number as u64);
        if status[number] != Status::Valid {
            values.insert(cti.clone(), json!(status[number].word()));
        }
        document["claims"]["cti"] = json!(cti);
    }
    if pack["status"].is_object() {
        pack["status"]["values"] = Value::Object(values);
    }
    json!({"id": "arbitrary", "context": context, "credentials": documents, "pack": pack})
}

fn status() -> impl Strategy<Value = Status> {
    mostly(9, Just(Status::Valid), prop_oneof![select(Status::ALL.to_vec()), Just(Status::Suspended)])
}

fn context(asked: &'static str) -> impl Strategy<Value = Value> {
    let person =
        mostly(10, Just("match"), select(vec!["unchecked", "mismatch", "absent", "newborn", "age_diff"]));
    let facility = (
        mostly(20, Just(Some("KE-F017")), Just(None)),
        mostly(8, option::of(1..=3_u8), option::of(4..=5_u8)),
        mostly(16, Just(Some(true)), select(vec![Some(false), None])),
    );
    let situation = (
        prop_oneof![14 => Just("ok"), 1 => Just("operator"), 1 => Just("unknown")],
        prop_oneof![14 => Just("KE"), 4 => Just("UG"), 2 => Just("KE-30"), 1 => Just("UG-102"), 1 => Just("TZ")],
        facility,
        option::of(money()),
        mostly(9, Just(false), Just(true)),
        person,
    );
    let more = (
        any::<bool>(),
        option::of(Just("PA-7")),
        option::of(1..=6_u8),
        subsequence(vec![1, 2, 3, 4, 5, 6], 0..=2),
        option::of(select(vec!["illness", "work_injury"])),
        mostly(12, Just(None), select(vec![Some(1), Some(2), Some(5)])),
        mostly(12, Just(None), select(vec![Some("no"), Some("same_person"), Some("other_person")])),
    );
    (situation, more).prop_map(move |(situation, more)| {
        let (clock, place, (id, level, accredited), amount, emergency, person) = situation;
        let (referral, preauth, serial, ledger, cause, member, seen_today) = more;
        let mut context = json!({
            "date": DAY, "clock": clock, "place": place, "benefit": asked, "amount": amount, "emergency": emergency,
            "facility": {"id": id, "level": level, "accredited": id.and(accredited)}, "person": person,
            "referral": referral, "preauth": preauth, "serial": serial, "ledger": ledger,
        });
        insert(&mut context, "cause", cause);
        insert(&mut context, "member", member);
        insert(&mut context, "seen_today", seen_today);
        context
    })
}

/// The usual value so many times for one of the others.
fn mostly<T: std::fmt::Debug + 'static>(
    weight: u32,
    usual: impl Strategy<Value = T> + 'static,
    other: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![weight => usual, 1 => other].boxed()
}

/// A day on the border of a rule, or next to it.
fn border() -> impl Strategy<Value = i32> {
    let borders = vec![
        0, -1, 1, -2, 2, -3, -4, -5, -6, -7, -8, -30, -31, -60, -61, -90, -91, -180, -181, -300, 30, 200,
    ];
    select(borders)
}

/// Two days in their order, around today unless it is out of order.
fn period(weight: u32) -> impl Strategy<Value = (i32, i32)> {
    let borders = (border(), border()).prop_map(|(one, other)| (one.min(other), one.max(other)));
    mostly(weight, Just((-60, 200)), borders)
}

fn day(offset: i32) -> String {
    Date::parse(DAY).unwrap().plus_days(offset).unwrap().to_string()
}

fn money() -> impl Strategy<Value = Value> {
    let minor = select(vec![0, 1, 99, 100, 101, 333, 5_000, 9_007_199_254_740_991_u64]);
    (minor, mostly(9, Just("KES"), Just("UGX")))
        .prop_map(|(minor, currency)| json!({"minor": minor, "currency": currency}))
}

/// Most groups, or few of them.
fn groups(weight: u32) -> impl Strategy<Value = Vec<&'static str>> {
    mostly(weight, Just(GROUPS.to_vec()), subsequence(GROUPS.to_vec(), 1..=4))
}

fn areas() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(AREAS.to_vec(), 1..=3)
}

fn insert<T: serde_json::value::Index>(object: &mut Value, name: T, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}
