//! What holds for every scheme and every person: more money never costs cover, the order of payments does not matter, a
//! payment in parts is the payment, no wait runs before registration, who is exempt owes nothing.
//!
//! Over the nine schemes of `schemes/` and over made-up people, payments and days.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use sanad_credential::{Birth, Contributor, Count, Date};
use sanad_issuer::scheme::{
    Anchor, Facts, Note, Outcome, Payment, Period, Scheme, ServedElsewhere, WaitLength, apply,
};

static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes");
    let directories = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        directories.map(|path| path.join("scheme.json")).filter(|path| path.exists()).collect();
    files.sort();
    let schemes: Vec<Scheme> =
        files.iter().map(|path| Scheme::parse(&fs::read_to_string(path).unwrap()).unwrap()).collect();
    assert_eq!(schemes.len(), 9);
    schemes
});

/// All facts lie in these years, and all of them have happened by the last day.
fn day_of_facts() -> impl Strategy<Value = Date> {
    (20_650_i64..21_300).prop_map(|number| Date::from_day_number(number).unwrap())
}

fn last_day() -> Date {
    Date::parse("2028-06-30").unwrap()
}

fn birth() -> impl Strategy<Value = Option<Birth>> {
    let known = prop_oneof![
        (1930_u16..2027).prop_map(|year| Birth::parse(&year.to_string()).unwrap()),
        (1930_u16..2027, 1_u8..13)
            .prop_map(|(year, month)| Birth::parse(&format!("{year}-{month:02}")).unwrap()),
        (-14_000_i64..20_600).prop_map(|number| Birth::Day(Date::from_day_number(number).unwrap())),
    ];
    proptest::option::weighted(0.9, known)
}

fn payment() -> impl Strategy<Value = Payment> {
    (day_of_facts(), 0_u64..20_000, 0..3_usize).prop_map(|(day, minor, payer)| Payment {
        day,
        minor: Count::new(minor).unwrap(),
        payer: Contributor::ALL[payer],
    })
}

/// A scheme, and facts that it does not refuse.
fn case() -> impl Strategy<Value = (usize, Facts)> {
    let scheme = 0..9_usize;
    let facts = (
        birth(),
        proptest::collection::vec(birth(), 0..4),
        day_of_facts(),
        proptest::collection::vec(payment(), 0..6),
        proptest::option::of(0_i32..400),
        proptest::option::of(0_i32..400),
        any::<(u16, u8)>(),
        0_u32..200,
    );
    (scheme, facts).prop_map(
        |(number, (birth, others, registered, payments, gap, since, (choice, class), before))| {
            let scheme = &SCHEMES[number];
            let conditions = scheme.conditions.iter().enumerate();
            let conditions = conditions
                .filter(|(bit, _)| choice & (1 << (bit % 16)) != 0 && choice % 3 == 0)
                .map(|(_, (name, _))| name.clone());
            let named = &scheme.classes[usize::from(class) % scheme.classes.len()];
            let facts = Facts {
                birth,
                others,
                registered,
                renewed: None,
                period: None,
                class: Some(named.name.clone()),
                conditions: conditions.collect(),
                income: Some(Count::new(u64::from(choice) * 20).unwrap()),
                payments,
                previous_end: gap.map(|days| registered.plus_days(days).unwrap()),
                wait_served_since: since.map(|days| registered.plus_days(-days).unwrap()),
                months_paid_before: before,
            };
            (number, facts)
        },
    )
}

fn outcome(scheme: usize, facts: &Facts) -> Option<Outcome> {
    // Facts of other years than the scheme speaks of are refused; nothing is compared then.
    apply(&SCHEMES[scheme], facts, last_day()).ok()
}

/// Months of cover that are paid for, in days rounded up to whole months of at most 31 days.
fn paid_days(outcome: &Outcome) -> i32 {
    let cover = outcome.cover.as_ref().unwrap();
    cover.paid_through.unwrap_or(cover.end).days_since(cover.start) + 1
}

/// Properties of cases that are all refused would hold of themselves.
#[test]
fn the_cases_cover_some_and_not_others() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut covered, mut uncovered, mut refused) = (0, 0, 0);
    for _ in 0..2_000 {
        let (scheme, facts) = case().new_tree(&mut runner).unwrap().current();
        match outcome(scheme, &facts).map(|outcome| outcome.cover.is_some()) {
            Some(true) => covered += 1,
            Some(false) => uncovered += 1,
            None => refused += 1,
        }
    }
    assert!(covered > 600 && uncovered > 200 && refused < 200, "{covered} {uncovered} {refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// A scheme file with one byte changed is refused, or is a scheme whose rules give an answer.
    #[test]
    fn a_damaged_scheme_file_gets_an_answer(
        (scheme, facts) in case(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), Just(b'0'), Just(b'9'), Just(b','), Just(b'"'), Just(b'-')],
    ) {
        let mut bytes = SCHEMES[scheme].to_json().to_string().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let Ok(damaged) = Scheme::parse(&text) else { return Ok(()) };
        prop_assert_eq!(&Scheme::parse(&damaged.to_json().to_string()).unwrap(), &damaged);
        if let Ok(outcome) = apply(&damaged, &facts, last_day()) {
            prop_assert!(!outcome.notes.is_empty());
            for note in &outcome.notes {
                prop_assert!(!note.words(&damaged.currency).is_empty());
            }
        }
    }

    #[test]
    fn more_money_never_costs_cover((scheme, facts) in case(), more in payment()) {
        let mut richer = facts.clone();
        richer.payments.push(more);
        let (Some(before), Some(after)) = (outcome(scheme, &facts), outcome(scheme, &richer)) else { return Ok(()) };
        prop_assert_eq!(before.due, after.due);
        let Some(cover) = &before.cover else { return Ok(()) };
        let Some(longer) = &after.cover else { return Err(TestCaseError::fail("cover is gone")) };
        prop_assert!(longer.start <= cover.start, "starts later");
        for function in &cover.functions {
            prop_assert!(longer.functions.contains(function), "a function is gone");
        }
        let is_fixed = !matches!(SCHEMES[scheme].period, Period::Months(_, Anchor::Payment));
        if is_fixed {
            let through = |cover: &sanad_issuer::scheme::Cover| cover.paid_through.unwrap_or(cover.end);
            prop_assert!(through(longer) >= through(cover), "ends earlier");
        } else {
            // A year that begins earlier ends earlier; it is as many months, and those have up to 31 days.
            prop_assert!(paid_days(&after) + 3 >= paid_days(&before), "shorter");
        }
    }

    #[test]
    fn the_order_of_payments_does_not_matter((scheme, facts) in case(), seed in any::<u64>()) {
        let mut turned = facts.clone();
        turned.payments.sort_by_key(|payment| {
            payment.day.day_number().unsigned_abs().wrapping_mul(2_654_435_761) ^ (seed as u32)
        });
        prop_assert_eq!(outcome(scheme, &facts), outcome(scheme, &turned));
    }

    #[test]
    fn a_payment_in_parts_on_one_day_is_the_payment((scheme, facts) in case(), part in 0_u64..60_000) {
        let mut parts = facts.clone();
        let Some(first) = parts.payments.first_mut() else { return Ok(()) };
        let part = part.min(first.minor.value());
        let rest = Payment { minor: Count::new(part).unwrap(), ..first.clone() };
        first.minor = Count::new(first.minor.value() - part).unwrap();
        parts.payments.push(rest);
        prop_assert_eq!(outcome(scheme, &facts), outcome(scheme, &parts));
    }

    #[test]
    fn no_wait_runs_before_the_registration_under_which_it_is_served((scheme, facts) in case()) {
        let rules = &SCHEMES[scheme];
        let Some(outcome) = outcome(scheme, &facts) else { return Ok(()) };
        let Some(cover) = outcome.cover else { return Ok(()) };
        prop_assert!(cover.start >= facts.registered);
        prop_assert!(cover.start <= cover.end);
        if let Some(paid) = cover.paid_through {
            prop_assert!(cover.start <= paid && paid < cover.end);
        }
        let counts = rules.served_elsewhere == ServedElsewhere::Counts;
        let since = facts.wait_served_since.filter(|_| counts).unwrap_or(facts.registered);
        for (group, first) in cover.waits {
            let least = rules.waits.iter().filter(|wait| {
                wait.groups.as_ref().is_none_or(|groups| groups.contains(&group))
            });
            let least = least.map(|wait| match wait.length {
                WaitLength::Days(days) => days as i32,
                WaitLength::Months(months) => 28 * months as i32,
            });
            prop_assert!(first.days_since(since) >= least.max().unwrap(), "{} waits since before {}", group.word(), since);
            prop_assert!(first > cover.start, "a wait that is over stands on no card");
        }
    }

    #[test]
    fn who_is_exempt_owes_nothing_and_is_covered((scheme, facts) in case()) {
        let rules = &SCHEMES[scheme];
        let person = sanad_issuer::scheme::Person { birth: facts.birth, conditions: &facts.conditions };
        // The day on which ages are looked at lies between these, the last cover's end with it; somebody exempt on
        // both is exempt.
        let days = [facts.registered, last_day().plus_days(401).unwrap()];
        let exempt = rules.exempt.iter().any(|criterion| days.iter().all(|day| criterion.is_met(person, *day)));
        if exempt && let Some(outcome) = outcome(scheme, &facts) {
            prop_assert_eq!(outcome.due, 0);
            prop_assert_eq!(outcome.missing, 0);
            prop_assert!(outcome.cover.is_some());
        }
    }

    #[test]
    fn what_is_missing_gives_cover_or_more_of_it((scheme, facts) in case()) {
        let Some(before) = outcome(scheme, &facts) else { return Ok(()) };
        if before.missing == 0 {
            return Ok(());
        }
        let mut paid = facts.clone();
        let (day, payer) = (last_day(), Contributor::Holder);
        paid.payments.push(Payment { day, minor: Count::new(before.missing).unwrap(), payer });
        let Some(after) = outcome(scheme, &paid) else { return Ok(()) };
        match (&before.cover, &after.cover) {
            (Some(before), Some(after)) => {
                let through = |cover: &sanad_issuer::scheme::Cover| cover.paid_through.unwrap_or(cover.end);
                prop_assert!(through(after) > through(before), "it gives nothing");
            }
            (Some(_), None) => return Err(TestCaseError::fail("cover is gone")),
            (None, Some(_)) => {}
            // Paid up, and qualified for nothing yet.
            (None, None) => prop_assert!(
                after.notes.iter().any(|note| matches!(note, Note::NoFunction | Note::FunctionAfter { .. })),
                "{:?}",
                after.notes
            ),
        }
    }
}
