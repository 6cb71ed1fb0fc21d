//! The documents of a question, with what is assumed of their signatures.

use proptest::prelude::{Just, Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use proptest::{option, prop_oneof};
use serde_json::{Value, json};

use super::{GROUPS, areas, border, day, groups, insert, money, mostly, period};

/// Home schemes; the first is the usual one.
pub(super) const ISSUERS: [&str; 2] = ["KE-HIF", "UG-NAT"];

/// Products of a scheme.
pub(super) const PRODUCTS: [&str; 2] = ["NATIONAL", "PLUS"];

/// The key of a phone, an invented one.
const PHONE: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

pub(super) fn document(asked: &'static str) -> BoxedStrategy<Value> {
    let answering = if asked == "PAYOUT" {
        benefit().boxed()
    } else {
        prop_oneof![5 => coverage(asked), 2 => cross_border()].boxed()
    };
    let right = prop_oneof![
        40 => answering,
        4 => contribution(),
        1 => coverage("OPD"),
        1 => benefit(),
        1 => membership(),
    ];
    (
        right,
        lifetime(),
        subject(),
        authenticity(),
        mostly(20, Just(None), select(vec!["none", "proved", "missing"]).prop_map(Some)),
    )
        .prop_map(|(mut claims, (iat, exp), (subject, more), mut authenticity, holder)| {
            claims["iat"] = json!(iat);
            claims["exp"] = json!(exp);
            claims["subject"] = subject;
            insert(&mut claims, "languages", more.then(|| json!(["sw", "en"])));
            if let Some(holder) = holder {
                claims["cnf"] = json!(PHONE);
                authenticity["holder"] = json!(holder);
            }
            if authenticity["delegation"] != "none" {
                claims["delegation"] = json!("KE-AGENT-7");
            }
            json!({"claims": claims, "authenticity": authenticity})
        })
        .boxed()
}

fn authenticity() -> BoxedStrategy<Value> {
    let state = |signature: &str, issuer: &str, key: &str, delegation: &str, scope: &str| json!({"signature": signature, "issuer": issuer, "key": key, "delegation": delegation, "scope": scope});
    let one_wrong = prop_oneof![
        Just(state("bad", "known", "active", "none", "ok")),
        Just(state("good", "unknown", "active", "none", "ok")),
        Just(state("good", "known", "unknown", "none", "ok")),
        Just(state("good", "known", "compromised", "none", "ok")),
        Just(state("good", "known", "active", "none", "outside")),
        Just(state("good", "known", "active", "outside", "ok")),
        Just(state("good", "known", "active", "revoked", "ok")),
        Just(state("good", "known", "active", "unknown", "ok")),
    ];
    let any_state = (
        select(vec!["good", "bad"]),
        select(vec!["known", "unknown"]),
        select(vec!["active", "unknown", "compromised"]),
        select(vec!["none", "valid", "outside", "revoked", "unknown"]),
        select(vec!["ok", "outside"]),
    );
    let any_state = any_state.prop_map(move |(signature, issuer, key, delegation, scope)| {
        state(signature, issuer, key, delegation, scope)
    });
    prop_oneof![
        18 => Just(state("good", "known", "active", "none", "ok")),
        4 => Just(state("good", "known", "active", "valid", "ok")),
        3 => one_wrong,
        1 => any_state,
    ]
    .boxed()
}

fn lifetime() -> impl Strategy<Value = (String, String)> {
    let long = mostly(
        12,
        Just((-130, 600)),
        (select(vec![-200, -100, -6, -5, 0, 1, 2]), select(vec![-92, -91, -90, -1, 0, 3])),
    );
    let short =
        (select(vec![-20, -31, -32]), select(vec![30, 31, 32])).prop_map(|(iat, days)| (iat, iat + days));
    mostly(12, long, short).prop_map(|(iat, exp)| (day(iat), day(exp.max(iat + 1))))
}

/// A person; whether its other members are there too.
fn subject() -> impl Strategy<Value = (Value, bool)> {
    (mostly(12, Just("MN-4471"), Just("MN-2")), any::<bool>(), any::<bool>()).prop_map(
        |(number, household, more)| {
            let mut subject = json!({"number": number, "name": "Achieng Odhiambo Rono"});
            if household {
                let members =
                    json!([[2, "Baraka Rono", 1988, "M", "spouse"], [5, "Neema Rono", null, "F", "child"]]);
                subject["household"] = json!("HH-21");
                subject["role"] = json!("self");
                subject["members"] = members;
            }
            if more {
                subject["birth"] = json!("1990-03-14");
                subject["sex"] = json!("F");
                subject["native_names"] = json!([["sw", "Achieng O. Rono"]]);
            }
            (subject, more)
        },
    )
}

fn functions() -> BoxedStrategy<Vec<&'static str>> {
    let all = vec!["medical_care", "old_age", "employment_injury", "maternity", "osh"];
    mostly(7, Just(vec!["medical_care"]), subsequence(all, 1..=3))
}

fn coverage(asked: &'static str) -> BoxedStrategy<Value> {
    let scheme = (
        mostly(6, Just(ISSUERS[0]), Just(ISSUERS[1])),
        mostly(5, Just(PRODUCTS[0]), Just(PRODUCTS[1])),
        mostly(12, 1..=2_u8, Just(3)),
        functions(),
        period(6),
        0..=2_u8,
        mostly(5, Just(vec!["KE"]), areas()),
    );
    let more = (
        mostly(4, Just(None), border().prop_map(Some)),
        mostly(4, Just(None), select(vec![0, 1, 30, 31, 60]).prop_map(Some)),
        mostly(6, Just(None), (select(vec![asked, "INP", "OPD"]), border()).prop_map(Some)),
        mostly(5, Just(None), (1..=5_u8).prop_map(Some)),
        mostly(6, Just(false), Just(true)),
        mostly(4, Just(None), subsequence(GROUPS.to_vec(), 1..=3).prop_map(Some)),
    );
    (scheme, more)
        .prop_map(|(scheme, more)| {
            let (iss, product, rulebook, functions, (start, end), class, territory) = scheme;
            let (paid_through, grace, wait, max_level, pooled, survives) = more;
            let mut claims = json!({
                "type": "coverage", "iss": iss, "product": product, "rulebook": rulebook, "functions": functions,
                "start": day(start), "end": day(end), "copay_class": class, "territory": territory,
            });
            let paid_through = paid_through.filter(|paid| (start..end).contains(paid));
            insert(&mut claims, "paid_through", paid_through.map(day));
            insert(&mut claims, "grace_days", grace);
            insert(&mut claims, "waits", wait.map(|(group, first)| json!({group: day(first)})));
            insert(&mut claims, "max_level", max_level);
            insert(&mut claims, "pooled", pooled.then_some(true));
            insert(&mut claims, "survives_suspension", survives);
            claims
        })
        .boxed()
}

fn cross_border() -> BoxedStrategy<Value> {
    let kinds = vec!["residence", "planned_care", "work_injury", "provisional", "legislation", "periods"];
    let parts = (
        mostly(3, Just(ISSUERS[0]), Just(ISSUERS[1])),
        mostly(6, Just(ISSUERS[0]), Just(ISSUERS[1])),
        mostly(4, Just("temporary_stay"), select(kinds)),
        mostly(8, Just("EAC-1"), Just("EAC-2")),
        functions(),
        period(6),
        groups(6),
        mostly(2, Just(vec!["KE", "UG"]), areas()),
        mostly(3, Just(None), Just(Some("PA-55"))),
        (select(vec!["home", "host", "shared"]), select(vec!["host", "home", "flat"])),
    );
    parts
        .prop_map(|(iss, home, kind, agreement, functions, (from, to), groups, hosts, preauth, (payer, tariff))| {
            let mut claims = json!({
                "type": "cross_border", "iss": iss, "home": home, "kind": kind, "agreement": agreement,
                "functions": functions, "from": day(from), "to": day(to), "groups": groups, "hosts": hosts,
                "payer": payer, "tariff": tariff,
            });
            insert(&mut claims, "preauth", preauth);
            claims
        })
        .boxed()
}

fn benefit() -> BoxedStrategy<Value> {
    let parts = (
        functions(),
        period(6),
        mostly(3, Just(None), areas().prop_map(Some)),
        option::of((1..=3_u8, 3..=6_u8)),
        option::of(money()),
        mostly(3, Just(None), select(vec!["KE-F017", "KE-SHOP1"]).prop_map(Some)),
    );
    parts
        .prop_map(|(functions, (from, to), areas, serials, money, outlet)| {
            let mut claims = json!({
                "type": "benefit", "iss": "KE-NSNP", "programme": "CASH-PLUS", "benefit_type": "cash",
                "functions": functions, "from": day(from), "to": day(to),
            });
            insert(&mut claims, "areas", areas);
            insert(&mut claims, "serials", serials.map(|(first, last)| json!([first, last])));
            insert(&mut claims, "money", money);
            insert(&mut claims, "outlets", outlet.map(|outlet| json!([outlet])));
            claims
        })
        .boxed()
}

fn contribution() -> BoxedStrategy<Value> {
    let parts = (mostly(4, Just(ISSUERS[0]), Just(ISSUERS[1])), period(3));
    parts
        .prop_map(|(iss, (from, to))| {
            json!({
                "type": "contribution", "iss": iss, "scheme": iss, "as_of": day(-20),
                "lines": [{"from": day(from), "to": day(to), "quantity": 2, "unit": "month", "kind": "self",
                    "functions": ["medical_care"], "payer": "self", "quality": "provisional"}],
            })
        })
        .boxed()
}

fn membership() -> BoxedStrategy<Value> {
    let categories = select(vec!["own_account", "casual", "domestic", "carer"]);
    categories
        .prop_map(|category| {
            json!({"type": "membership", "iss": ISSUERS[0], "scheme": ISSUERS[0], "since": day(-300), "category": category})
        })
        .boxed()
}
