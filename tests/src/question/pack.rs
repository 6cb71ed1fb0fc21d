//! The pack of a question. A version of a rulebook and an agreement stand in it once: a signed list has no two.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use proptest::{option, prop_oneof};
use serde_json::{Value, json};

use super::documents::{ISSUERS, PRODUCTS};
use super::{AREAS, GROUPS, areas, border, day, groups, insert, money, mostly, period};

pub(super) fn pack() -> impl Strategy<Value = Value> {
    let trust_list = mostly(12, Just(Some(-5)), select(vec![None, Some(0), Some(-6), Some(-90), Some(-91)]));
    let status_days = select(vec![0, -1, -2, -3, -4, -7, -8, -30, -31, -90, -91]).prop_map(Some);
    let status =
        mostly(16, mostly(4, Just(Some(-1)), status_days).prop_map(Some), select(vec![None, Some(None)]));
    let rulebooks = mostly(16, books().prop_map(Some), Just(None));
    let free = mostly(3, Just(Vec::new()), vec((select(AREAS.to_vec()), groups(1)), 1..=2));
    let host_rules = mostly(10, free.prop_map(Some), Just(None));
    let rows = prop_oneof![4 => vec(row(), 1), 2 => vec(row(), 2..=3), 1 => Just(Vec::new())];
    let agreements = mostly(12, (mostly(6, Just(-10), border()), rows).prop_map(Some), Just(None));
    (trust_list, status, rulebooks, host_rules, agreements).prop_map(
        |(trust_list, status, rulebooks, host_rules, agreements)| {
            let host_rules = host_rules.map(|free| {
                let rules =
                    free.into_iter().map(|(area, groups)| (area.to_owned(), json!({"always_free": groups})));
                Value::Object(rules.collect())
            });
            json!({
                "trust_list": trust_list.map(|issued: i32| json!({"issued": day(issued)})),
                "status": status.map(|issued: Option<i32>| json!({"issued": issued.map(day), "values": {}})),
                "rulebooks": rulebooks,
                "host_rules": host_rules,
                "agreements": agreements.map(|(issued, rows)| json!({"issued": day(issued), "rows": rows})),
            })
        },
    )
}

/// For each scheme and product none, one or two versions.
fn books() -> BoxedStrategy<Vec<Value>> {
    let of = |issuer: &'static str, product: &'static str| {
        let first = mostly(8, book(issuer, product, 2).prop_map(Some), Just(None));
        let second = mostly(5, Just(None), (select(vec![1, 3]), book(issuer, product, 0)).prop_map(Some));
        (first, second).prop_map(|(first, second)| {
            let second = second.map(|(version, mut book)| {
                book["version"] = json!(version);
                book
            });
            first.into_iter().chain(second).collect::<Vec<Value>>()
        })
    };
    let all = (
        of(ISSUERS[0], PRODUCTS[0]),
        of(ISSUERS[0], PRODUCTS[1]),
        of(ISSUERS[1], PRODUCTS[0]),
        of(ISSUERS[1], PRODUCTS[1]),
    );
    all.prop_map(|(one, two, three, four)| [one, two, three, four].concat()).boxed()
}

fn book(issuer: &'static str, product: &'static str, version: u8) -> BoxedStrategy<Value> {
    let rules = (
        mostly(8, Just(-10), border()),
        groups(3),
        mostly(3, Just(Vec::new()), subsequence(GROUPS.to_vec(), 1..=3)),
        table(),
        select(vec![0, 1, 30]),
        any::<bool>(),
    );
    let more = (
        mostly(2, Just(None), subsequence(GROUPS.to_vec(), 0..=3).prop_map(Some)),
        option::of(select(vec![0, 3_000, 7_000])),
        mostly(3, option::of(Just(3_u8)), (1..=5_u8).prop_map(Some)),
        option::of(money()),
        option::of(select(vec!["compulsory", "voluntary", "assistance"])),
        mostly(6, Just(None), border().prop_map(Some)),
        mostly(3, Just(json!("help desk")), Just(json!({"en": "help desk", "sw": "dawati"}))),
    );
    (rules, more)
        .prop_map(move |(rules, more)| {
            let (issued, package, preauth, copay, grace, network_only) = rules;
            let (protected, bypass, max_level, limit, kind, from, appeal) = more;
            let mut book = json!({
                "issuer": issuer, "product": product, "version": version, "issued": day(issued), "package": package,
                "preauth": preauth, "copay": copay, "grace_days": grace, "network_only": network_only,
                "legal_ref": "invented", "appeal": appeal,
            });
            insert(&mut book, "protected", protected);
            insert(&mut book, "bypass_basis_points", bypass);
            insert(&mut book, "max_level", max_level);
            insert(&mut book, "offline_limit", limit);
            insert(&mut book, "kind", kind);
            insert(&mut book, "from", from.map(day));
            book
        })
        .boxed()
}

fn table() -> BoxedStrategy<Vec<Value>> {
    let share = prop_oneof![
        4 => select(vec![0, 300, 1_000, 3_333, 6_000, 10_000]).prop_map(|points| ("basis_points", json!(points))),
        1 => money().prop_map(|money| ("amount", money)),
    ];
    let line = (
        select(GROUPS.to_vec()),
        mostly(2, Just(None), (0..=2_u8).prop_map(Some)),
        mostly(2, Just(None), (1..=5_u8).prop_map(Some)),
        share,
        mostly(3, Just(None), money().prop_map(Some)),
    );
    let line = line.prop_map(|(group, class, level, (name, share), cap)| {
        let mut line = json!({"group": group, name: share});
        insert(&mut line, "class", class);
        insert(&mut line, "level", level);
        insert(&mut line, "cap", cap);
        line
    });
    vec(line, 0..=6).boxed()
}

fn row() -> BoxedStrategy<Value> {
    let parts = (
        mostly(4, Just("EAC-1"), select(vec!["AA-1", "EAC-2"])),
        period(8),
        mostly(5, Just(ISSUERS[0]), Just(ISSUERS[1])),
        mostly(3, Just(vec!["KE", "UG"]), areas()),
        groups(2),
        mostly(3, Just(Vec::new()), subsequence(GROUPS.to_vec(), 1..=3)),
        mostly(3, Just(None), (1..=5_u8).prop_map(Some)),
        mostly(3, Just("host"), Just("home")),
        table(),
        option::of(money()),
        (option::of(any::<bool>()), any::<bool>()),
        (select(vec!["home", "host", "shared"]), select(vec!["host", "home", "flat"])),
    );
    parts
        .prop_map(
            |(
                id,
                (from, to),
                home,
                hosts,
                groups,
                preauth,
                max_level,
                basis,
                copay,
                limit,
                (derive, open),
                paid,
            )| {
                let mut row = json!({
                    "id": id, "version": 1, "from": day(from), "to": if open { None } else { Some(day(to)) },
                    "home": home, "hosts": hosts, "groups": groups, "preauth": preauth, "payer": paid.0,
                    "tariff": paid.1, "copay_basis": basis, "copay": copay,
                });
                insert(&mut row, "max_level", max_level);
                insert(&mut row, "offline_limit", limit);
                insert(&mut row, "host_may_derive", derive);
                row
            },
        )
        .boxed()
}
