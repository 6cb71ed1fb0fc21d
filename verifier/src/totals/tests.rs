//! The worked example of an invented worker in three invented schemes, and what must hold for all records.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers of tests, where an overflow may fail loudly"
)]

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use sanad_credential::{
    Common, Contributor, Count, Date, DelegationId, Draft, FixedBytes, Label, List, Name, Nullable, Set,
    UnixTime,
};

use super::*;

const COMPULSORY: SchemeRules = SchemeRules { week_days: None, kind: Some(SchemeKind::Compulsory) };
const UNKNOWN: SchemeRules = SchemeRules { week_days: None, kind: None };

/// A record as a test writes it: issuer, number of the document, lines.
#[derive(Clone, Debug)]
struct Written {
    iss: &'static str,
    cti: u8,
    iat: &'static str,
    number: &'static str,
    delegation: Option<&'static str>,
    replaces: Option<u8>,
    lines: Vec<Line>,
    rules: SchemeRules,
}

#[derive(Clone, Debug)]
struct Line {
    from: Date,
    to: Date,
    quantity: u64,
    unit: PeriodUnit,
    kind: PeriodKind,
    quality: LineQuality,
    functions: Vec<Function>,
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn months(from: &str, to: &str, quantity: u64) -> Line {
    Line {
        from: day(from),
        to: day(to),
        quantity,
        unit: PeriodUnit::Month,
        kind: PeriodKind::Employed,
        quality: LineQuality::Posted,
        functions: vec![Function::OldAge],
    }
}

fn record(iss: &'static str, cti: u8, lines: Vec<Line>) -> Written {
    let (delegation, replaces) = (None, None);
    Written { iss, cti, iat: "2024-01-01", number: "1", delegation, replaces, lines, rules: COMPULSORY }
}

impl Written {
    fn claims(&self) -> Claims {
        let lines = self.lines.iter().map(|line| sanad_credential::ContributionLine {
            from: line.from,
            to: line.to,
            quantity: Count::new(line.quantity).unwrap(),
            unit: line.unit,
            kind: line.kind,
            functions: Set::new(line.functions.clone()).unwrap(),
            payer: Contributor::Employer,
            base: Nullable(None),
            quality: line.quality,
        });
        let subject = Subject {
            number: MemberNumber::new(self.number).unwrap(),
            name: Name::new("Awa Test").unwrap(),
            native_names: None,
            birth: None,
            sex: None,
            household: None,
            role: None,
            members: None,
            check: None,
        };
        let contribution = Contribution {
            scheme: Label::new("Pensions").unwrap(),
            lines: List::new(lines.collect()).unwrap(),
            as_of: day("2023-12-31"),
            statement_hash: None,
        };
        let iat = UnixTime::parse(self.iat).unwrap();
        let draft = Draft {
            iss: IssuerId::new(self.iss).unwrap(),
            exp: iat.plus_seconds(1).unwrap(),
            iat,
            cti: FixedBytes([self.cti; 8]),
            status: None,
            holder_key: None,
            common: Common {
                delegation: self.delegation.map(|id| DelegationId::new(id).unwrap()),
                replaces: self.replaces.map(|cti| FixedBytes([cti; 8])),
                languages: None,
                source: None,
            },
            right: Right::Contribution(subject, contribution),
        };
        draft.check().unwrap()
    }
}

/// The hash follows from the content, as that of a document does.
fn hash(claims: &Claims) -> DocumentHash {
    sanad_trust::client::sha256(&claims.to_cbor())
}

const ASK_180: Terms =
    Terms { minimum: Some(180), minimum_of: BTreeMap::new(), maximum: None, function: None };

fn try_total(written: &[Written], person: PersonLink, terms: &Terms) -> Result<Totals, TotalsFault> {
    let claims: Vec<(Claims, SchemeRules)> =
        written.iter().map(|written| (written.claims(), written.rules)).collect();
    let records: Vec<ContributionRecord<'_>> = claims
        .iter()
        .map(|(claims, rules)| ContributionRecord::new(claims, hash(claims), *rules).unwrap())
        .collect();
    total(&records, person, terms)
}

fn totals(written: &[Written]) -> Totals {
    try_total(written, PersonLink::ConfirmedByOfficer, &ASK_180).unwrap()
}

fn old_age(totals: &Totals) -> &FunctionTotals {
    totals.functions.iter().find(|found| found.function == Function::OldAge).unwrap()
}

fn row<'t>(totals: &'t Totals, issuer: &str) -> &'t IssuerTotals {
    old_age(totals).issuers.iter().find(|row| row.issuer.as_str() == issuer).unwrap()
}

fn own(totals: &Totals) -> Vec<(&str, u64)> {
    old_age(totals).issuers.iter().map(|row| (row.issuer.as_str(), row.own)).collect()
}

/// 96 months in Senegal, 61 in Côte d'Ivoire of which the first is Senegal's last, a year without, 30 in Ghana, and
/// three more that are not in Ghana's books yet.
fn worked_example() -> Vec<Written> {
    let pending = Line { quality: LineQuality::Provisional, ..months("2021-07-01", "2021-09-30", 3) };
    vec![
        record("SN-IPRES", 1, vec![months("2005-01-01", "2008-12-31", 48)]),
        record("SN-IPRES", 2, vec![months("2009-01-01", "2012-12-31", 48)]),
        Written { iat: "2024-02-01", ..record("CI-CNPS", 3, vec![months("2012-12-01", "2017-12-31", 61)]) },
        record("GH-SSNIT", 4, vec![months("2019-01-01", "2021-06-30", 30)]),
        record("GH-SSNIT", 5, vec![pending]),
    ]
}

/// All orders of a list.
fn permutations(list: &[Written]) -> Vec<Vec<Written>> {
    let Some((first, rest)) = list.split_first() else { return vec![Vec::new()] };
    permutations(rest)
        .into_iter()
        .flat_map(|rest| {
            (0..=rest.len()).map(move |place| {
                let mut list = rest.clone();
                list.insert(place, first.clone());
                list
            })
        })
        .collect()
}

#[test]
fn the_worked_example_holds_for_every_order_and_with_every_record_twice() {
    let expected = totals(&worked_example());
    let total = old_age(&expected);
    assert_eq!(own(&expected), [("CI-CNPS", 60), ("GH-SSNIT", 30), ("SN-IPRES", 96)]);
    assert_eq!((total.total, total.capped), (186, 186));
    for row in &total.issuers {
        assert_eq!((row.qualifies, row.alone, row.length), (Reached::Yes, Reached::No, Length::Year));
    }
    let shares: Vec<_> = total.issuers.iter().map(|row| row.share.unwrap()).collect();
    assert_eq!(
        shares.iter().map(|share| (share.own, share.total)).collect::<Vec<_>>(),
        [(60, 186), (30, 186), (96, 186)]
    );
    assert_eq!(shares.iter().map(|share| share.reduced()).collect::<Vec<_>>(), [(10, 31), (5, 31), (16, 31)]);
    let [overlap] = total.overlaps.as_slice() else { panic!("one overlap: {:?}", total.overlaps) };
    assert_eq!((overlap.span.first().to_string(), overlap.span.months()), ("2012-12".to_owned(), 1));
    assert_eq!((overlap.kept.issuer.as_str(), overlap.kept.cti), ("SN-IPRES", FixedBytes([2; 8])));
    assert_eq!(overlap.set_aside.len(), 1);
    assert_eq!(row(&expected, "CI-CNPS").claimed, 61);
    let [gap] = total.gaps.as_slice() else { panic!("one gap: {:?}", total.gaps) };
    assert_eq!(
        (gap.first().to_string(), gap.last().to_string(), gap.months()),
        ("2018-01".to_owned(), "2018-12".to_owned(), 12)
    );
    let [pending] = total.provisional.as_slice() else { panic!("{:?}", total.provisional) };
    assert_eq!((pending.issuer.as_str(), pending.months, pending.not_posted), ("GH-SSNIT", 3, 3));
    assert_eq!(expected.records.len(), 5);

    let orders = permutations(&worked_example());
    assert_eq!(orders.len(), 120);
    for order in orders {
        assert_eq!(totals(&order), expected);
        assert_eq!(totals(&[order.clone(), order].concat()), expected);
    }
}

#[test]
fn with_eight_months_in_ghana_nobody_reaches_the_minimum() {
    let mut records = worked_example();
    records[3] = record("GH-SSNIT", 4, vec![months("2019-01-01", "2019-08-31", 8)]);
    let found = totals(&records);
    assert_eq!(old_age(&found).total, 164);
    assert!(old_age(&found).issuers.iter().all(|row| row.qualifies == Reached::No));
    assert_eq!(row(&found, "GH-SSNIT").length, Length::Short);
}

#[test]
fn short_months_count_for_the_others_and_are_marked() {
    let mut records = worked_example();
    records[0] = record("SN-IPRES", 1, vec![months("2002-07-01", "2008-12-31", 78)]);
    records[3] = record("GH-SSNIT", 4, vec![months("2019-01-01", "2019-08-31", 8)]);
    let found = totals(&records);
    assert_eq!(own(&found), [("CI-CNPS", 60), ("GH-SSNIT", 8), ("SN-IPRES", 126)]);
    assert_eq!(old_age(&found).total, 194);
    assert_eq!(row(&found, "SN-IPRES").share, Some(Share { own: 126, total: 194 }));
    assert_eq!(row(&found, "CI-CNPS").share, Some(Share { own: 60, total: 194 }));
    let short: Vec<_> = old_age(&found)
        .issuers
        .iter()
        .filter(|row| row.length == Length::Short)
        .map(|row| &row.issuer)
        .collect();
    assert_eq!(short, [&IssuerId::new("GH-SSNIT").unwrap()]);
    assert!(old_age(&found).issuers.iter().all(|row| row.qualifies == Reached::Yes));
}

#[test]
fn days_of_a_known_week_are_the_same_as_months_and_of_an_unknown_one_are_named() {
    let mut records = worked_example();
    records[3].lines[0].unit = PeriodUnit::Day;
    records[3].lines[0].quantity = 660;
    records[3].rules.week_days = Some(WeekDays::new(5).unwrap());
    assert_eq!(old_age(&totals(&records)).total, 186, "30 months of 22 days");
    records[3].rules.week_days = None;
    let found = totals(&records);
    assert_eq!(old_age(&found).total, 156);
    let [line] = found.not_convertible.as_slice() else { panic!("{:?}", found.not_convertible) };
    assert_eq!(
        (line.issuer.as_str(), line.line, line.quantity, line.unit),
        ("GH-SSNIT", 0, 660, PeriodUnit::Day)
    );
    assert_eq!(found.records.len(), 5, "its record is named too");
}

#[test]
fn a_month_goes_to_the_better_rank_then_the_earlier_signature_then_the_lower_id() {
    let year = || months("2020-01-01", "2020-12-31", 12);
    let kept = |records: &[Written]| {
        let [one, other] = records else { panic!("two") };
        let found = totals(records);
        assert_eq!(found, totals(&[other.clone(), one.clone()]));
        old_age(&found).overlaps[0].kept.cti.0[0]
    };
    let of = |cti, kind: PeriodKind| record("CI-CNPS", cti, vec![Line { kind, ..year() }]);
    let other = |cti, kind: PeriodKind, iat| Written {
        iat,
        ..record("SN-IPRES", cti, vec![Line { kind, ..year() }])
    };
    let ranked = [PeriodKind::Employed, PeriodKind::Voluntary, PeriodKind::Credited, PeriodKind::Residence];
    for [better, worse] in ranked.array_windows() {
        assert_eq!(kept(&[of(1, *worse), other(2, *better, "2025-01-01")]), 2);
    }
    assert_eq!(kept(&[of(9, PeriodKind::SelfEmployed), other(2, PeriodKind::Employed, "2023-12-31")]), 2);
    assert_eq!(kept(&[of(9, PeriodKind::Employed), other(2, PeriodKind::Employed, "2024-01-01")]), 9);
    assert_eq!(kept(&[of(9, PeriodKind::Employed), of(2, PeriodKind::Employed)]), 2);
    let in_scheme = |kind| {
        let rules = SchemeRules { week_days: None, kind };
        kept(&[
            Written { rules, ..of(1, PeriodKind::Employed) },
            other(2, PeriodKind::Voluntary, "2025-01-01"),
        ])
    };
    assert_eq!((in_scheme(None), in_scheme(Some(SchemeKind::Voluntary))), (1, 1));
    assert_eq!(in_scheme(Some(SchemeKind::Assistance)), 2, "paid by the public: as if credited");
}

#[test]
fn provisional_months_that_somebody_has_posted_are_no_new_ones() {
    let mut records = worked_example();
    records[4].lines[0] = Line { quality: LineQuality::Provisional, ..months("2021-05-01", "2021-08-31", 4) };
    let found = totals(&records);
    assert_eq!(old_age(&found).total, 186);
    assert_eq!((old_age(&found).provisional[0].months, old_age(&found).provisional[0].not_posted), (4, 2));
}

#[test]
fn what_a_delegate_signed_is_provisional_whatever_it_says() {
    let receipt = Written {
        delegation: Some("GH-COOP"),
        ..record("GH-SSNIT", 1, vec![months("2020-01-01", "2020-12-31", 12)])
    };
    let found = totals(&[receipt]);
    assert_eq!((old_age(&found).total, old_age(&found).provisional[0].months), (0, 12));
    assert!(old_age(&found).issuers.is_empty() && old_age(&found).covered.is_none());
}

#[test]
fn a_replaced_record_is_left_out_and_a_delegate_replaces_no_record_but_its_own() {
    let old = record("SN-IPRES", 1, vec![months("2020-01-01", "2020-12-31", 12)]);
    let new =
        Written { replaces: Some(1), ..record("SN-IPRES", 2, vec![months("2020-01-01", "2020-06-30", 6)]) };
    let found = totals(&[old.clone(), new.clone()]);
    assert_eq!((old_age(&found).total, found.records.len()), (6, 1));
    assert_eq!((found.replaced[0].cti, found.replaced[0].by), (FixedBytes([1; 8]), FixedBytes([2; 8])));

    let others = Written { iss: "CI-CNPS", ..new.clone() };
    assert_eq!(totals(&[old.clone(), others]).replaced, [], "another issuer's");
    let receipt = |cti, id, replaces| Written {
        delegation: Some(id),
        replaces,
        ..record("SN-IPRES", cti, new.lines.clone())
    };
    assert_eq!(totals(&[old.clone(), receipt(2, "SN-COOP", Some(1))]).replaced, []);
    assert_eq!(totals(&[receipt(1, "SN-COOP", None), receipt(2, "SN-COOP", Some(1))]).replaced.len(), 1);
    assert_eq!(totals(&[receipt(1, "SN-COOP", None), receipt(2, "SN-COOP2", Some(1))]).replaced, []);
    assert_eq!(totals(&[receipt(1, "SN-COOP", None), new]).replaced.len(), 1, "the issuer books it");
}

#[test]
fn one_id_with_two_contents_is_refused_by_name() {
    let one = record("SN-IPRES", 7, vec![months("2020-01-01", "2020-12-31", 12)]);
    let other = record("SN-IPRES", 7, vec![months("2020-01-01", "2020-12-31", 11)]);
    let (issuer, cti) = (IssuerId::new("SN-IPRES").unwrap(), FixedBytes([7; 8]));
    let fault = TotalsFault::SameIdOtherContent { issuer, cti };
    let found = try_total(&[one.clone(), other.clone()], PersonLink::ConfirmedByOfficer, &ASK_180);
    assert_eq!(found, Err(fault));
    let of_another = Written { iss: "CI-CNPS", ..other };
    assert!(try_total(&[one, of_another], PersonLink::ConfirmedByOfficer, &ASK_180).is_ok());
}

#[test]
fn two_members_are_one_person_only_where_somebody_has_said_so() {
    let ask = |records: &[Written]| try_total(records, PersonLink::NotConfirmed, &ASK_180);
    let one = record("SN-IPRES", 1, vec![months("2020-01-01", "2020-12-31", 12)]);
    let again = record("SN-IPRES", 2, vec![months("2021-01-01", "2021-12-31", 12)]);
    assert!(ask(&[one.clone(), again.clone()]).is_ok(), "one issuer, one number");
    let fault = Err(TotalsFault::PersonNotConfirmed { members: 2 });
    assert_eq!(ask(&[one.clone(), Written { number: "2", ..again.clone() }]), fault);
    assert_eq!(
        ask(&[one.clone(), Written { iss: "CI-CNPS", ..again.clone() }]),
        fault,
        "the same name is no proof"
    );
    let members = totals(&[one, Written { number: "2", ..again }]).members;
    assert_eq!(members.iter().map(|(_, number)| number.to_string()).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_maximum_caps_the_total_and_what_one_institution_pays() {
    let capped = |maximum| {
        let terms = Terms { maximum: Some(maximum), minimum: Some(60), ..ASK_180 };
        try_total(&worked_example(), PersonLink::ConfirmedByOfficer, &terms)
    };
    let found = capped(90).unwrap();
    assert_eq!((old_age(&found).total, old_age(&found).capped), (186, 90));
    assert_eq!(
        row(&found, "SN-IPRES").share,
        Some(Share { own: 90, total: 90 }),
        "never more than the whole"
    );
    assert_eq!(row(&found, "CI-CNPS").share, Some(Share { own: 60, total: 90 }));
    assert_eq!(old_age(&capped(186).unwrap()).capped, 186);
    for maximum in [0, 59] {
        assert_eq!(capped(maximum), Err(TotalsFault::MaximumBelowMinimum { maximum, minimum: 60 }));
    }
}

#[test]
fn minimums_may_differ_and_be_absent() {
    let terms = Terms {
        minimum: None,
        minimum_of: [("SN-IPRES", 96), ("CI-CNPS", 187)]
            .map(|(iss, min)| (IssuerId::new(iss).unwrap(), min))
            .into(),
        ..ASK_180
    };
    let found = try_total(&worked_example(), PersonLink::ConfirmedByOfficer, &terms).unwrap();
    let reached = |issuer| (row(&found, issuer).qualifies, row(&found, issuer).alone);
    assert_eq!(reached("SN-IPRES"), (Reached::Yes, Reached::Yes));
    assert_eq!(reached("CI-CNPS"), (Reached::No, Reached::No));
    assert_eq!(reached("GH-SSNIT"), (Reached::NotAsked, Reached::NotAsked));
}

#[test]
fn functions_are_apart_and_one_can_be_asked_for() {
    let mut records = worked_example();
    records[3].lines[0].functions = vec![Function::OldAge, Function::Survivors];
    let all = totals(&records);
    assert_eq!(
        all.functions.iter().map(|of| (of.function, of.total)).collect::<Vec<_>>(),
        [(Function::OldAge, 186), (Function::Survivors, 30)]
    );
    let terms = Terms { function: Some(Function::Survivors), ..ASK_180 };
    let one = try_total(&records, PersonLink::ConfirmedByOfficer, &terms).unwrap();
    assert_eq!(one.functions, all.functions[1..]);
}

#[test]
fn what_a_line_states_beyond_its_period_is_named_and_not_counted() {
    let found = totals(&[record("SN-IPRES", 1, vec![months("2020-01-01", "2020-06-30", 600)])]);
    assert_eq!(old_age(&found).total, 6);
    assert_eq!((found.overstated.len(), found.overstated[0].quantity), (1, 600));
}

#[test]
fn more_records_than_anybody_has_are_refused() {
    let many: Vec<Written> =
        (0..=64).map(|cti| record("SN-IPRES", cti, vec![months("2020-01-01", "2020-06-30", 6)])).collect();
    let ask = |records: &[Written]| try_total(records, PersonLink::ConfirmedByOfficer, &ASK_180);
    assert_eq!(ask(&many), Err(TotalsFault::TooMany { found: 65 }));
    assert!(ask(&many[..64]).is_ok());
    assert!(ask(&[&many[..64], &many[..64]].concat()).is_ok(), "given twice is one");
}

#[test]
fn lines_over_the_whole_calendar_take_no_longer_than_others() {
    let ages = Line {
        quantity: (1 << 53) - 1,
        functions: Function::ALL.to_vec(),
        ..months("1900-01-01", "2199-12-31", 1)
    };
    let records: Vec<Written> = (0..64).map(|cti| record("SN-IPRES", cti, vec![ages.clone(); 24])).collect();
    let found = totals(&records);
    assert_eq!(old_age(&found).total, 3_600);
    assert_eq!(found.functions.len(), Function::ALL.len());
}

#[test]
fn no_record_is_no_total_and_the_json_has_a_stable_form() {
    assert_eq!(
        totals(&[]).to_json().to_string(),
        r#"{"members":[],"records":[],"replaced":[],"not_convertible":[],"overstated":[],"maximum":null,"functions":[]}"#
    );
    let one = record("SN-IPRES", 1, vec![months("2020-01-01", "2020-06-30", 6)]);
    let sha256 = hash(&one.claims());
    assert_eq!(
        totals(&[one]).to_json().to_string(),
        format!(
            r#"{{"members":[{{"issuer":"SN-IPRES","number":"1"}}],"records":[{{"issuer":"SN-IPRES","cti":"0101010101010101","sha256":"{sha256}"}}],"replaced":[],"not_convertible":[],"overstated":[],"maximum":null,"functions":[{{"function":"old_age","first":"2020-01","last":"2020-06","total":6,"capped":6,"issuers":[{{"issuer":"SN-IPRES","claimed":6,"own":6,"minimum":180,"qualifies":false,"alone":false,"share":{{"months":[6,6],"reduced":[1,1]}},"short":true}}],"overlaps":[],"gaps":[],"provisional":[]}}]}}"#
        )
    );
    let example = totals(&worked_example()).to_json().to_string();
    assert!(example.contains(
        r#""overlaps":[{"from":"2012-12","to":"2012-12","months":1,"kept":{"issuer":"SN-IPRES","cti":"0202020202020202","rank":"compulsory"},"set_aside":[{"issuer":"CI-CNPS","cti":"0303030303030303","rank":"compulsory"}]}],"gaps":[{"from":"2018-01","to":"2018-12","months":12}],"provisional":[{"issuer":"GH-SSNIT","months":3,"not_posted":3}]"#
    ), "{example}");
}

fn any_line() -> impl Strategy<Value = Line> {
    let kinds = prop::sample::select(PeriodKind::ALL);
    let units = prop::sample::select(PeriodUnit::ALL);
    let functions = prop::sample::subsequence(vec![Function::OldAge, Function::Invalidity], 1..=2);
    let posted = prop_oneof![3 => Just(LineQuality::Posted), 1 => Just(LineQuality::Provisional)];
    (0..1_000_i32, 0..900_i32, 0..400_u64, units, kinds, posted, functions).prop_map(
        |(start, length, quantity, unit, kind, quality, functions)| {
            let from = day("2018-01-01").plus_days(start).unwrap();
            Line { from, to: from.plus_days(length).unwrap(), quantity, unit, kind, quality, functions }
        },
    )
}

/// Documents with one id have one content, and an issuer has one rulebook.
fn any_records() -> impl Strategy<Value = Vec<Written>> {
    let issuers = prop::sample::select(vec!["SN-IPRES", "CI-CNPS", "GH-SSNIT"]);
    let iats = prop::sample::select(vec!["2024-01-01", "2024-06-01"]);
    let lines = prop::collection::vec(any_line(), 1..4);
    let delegation = prop::option::weighted(0.2, Just("SN-COOP"));
    let written = (issuers, iats, lines, delegation).prop_map(|(iss, iat, lines, delegation)| {
        let week_days =
            (iss != "GH-SSNIT").then(|| WeekDays::new(if iss == "CI-CNPS" { 5 } else { 7 }).unwrap());
        let rules = SchemeRules { week_days, ..UNKNOWN };
        Written { iat, delegation, rules, ..record(iss, 0, lines) }
    });
    prop::collection::vec(written, 1..8).prop_map(|mut records| {
        for (number, record) in (1..).zip(&mut records) {
            record.cti = number;
        }
        records
    })
}

proptest! {
    #[test]
    fn neither_order_nor_repetition_changes_anything(records in any_records(), seed in any::<u64>()) {
        let expected = totals(&records);
        let mut mixed = [records.clone(), records].concat();
        let mut state = seed;
        for last in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            mixed.swap(last, usize::try_from(state >> 33).unwrap() % (last + 1));
        }
        prop_assert_eq!(totals(&mixed), expected);
    }

    #[test]
    fn one_more_record_never_lowers_a_total(records in any_records()) {
        let all = totals(&records);
        let fewer = totals(&records[1..]);
        for before in &fewer.functions {
            let after = all.functions.iter().find(|after| after.function == before.function).unwrap();
            prop_assert!(after.total >= before.total);
            for row in &before.issuers {
                let now = after.issuers.iter().find(|now| now.issuer == row.issuer).unwrap();
                prop_assert!(now.claimed >= row.claimed);
            }
        }
    }

    #[test]
    fn own_months_are_the_total_shares_are_one_and_gaps_fill_the_rest(records in any_records()) {
        for of in totals(&records).functions {
            prop_assert_eq!(of.issuers.iter().map(|row| row.own).sum::<u64>(), of.total);
            prop_assert!(of.issuers.iter().all(|row| row.own <= row.claimed));
            if of.total > 0 {
                let shares: Vec<Share> = of.issuers.iter().map(|row| row.share.unwrap()).collect();
                prop_assert!(shares.iter().all(|share| share.total == of.total));
                prop_assert_eq!(shares.iter().map(|share| share.own).sum::<u64>(), of.total);
                // The same with the reduced fractions, over their common denominator.
                let sum: u64 = shares.iter().map(|share| { let (n, d) = share.reduced(); n * (of.total / d) }).sum();
                prop_assert_eq!(sum, of.total);
            }
            let gaps: u64 = of.gaps.iter().map(|gap| gap.months()).sum();
            prop_assert_eq!(of.covered.map_or(0, MonthSpan::months), of.total + gaps);
        }
    }

    /// A second way to the same total: every month by itself.
    #[test]
    fn the_total_is_that_of_counting_month_by_month(records in any_records()) {
        let mut months = BTreeSet::new();
        for written in records.iter().filter(|written| written.delegation.is_none()) {
            for line in written.lines.iter().filter(|line| {
                line.quality == LineQuality::Posted && line.functions.contains(&Function::OldAge)
            }) {
                let week = written.rules.week_days.map(|week| u64::from(week.value()));
                let stated = match (line.unit, week) {
                    (PeriodUnit::Month, _) => line.quantity,
                    (_, None) => continue,
                    (PeriodUnit::Day, Some(week)) => line.quantity.div_ceil(if week == 5 { 22 } else { 30 }),
                    (PeriodUnit::Week, Some(week)) => {
                        (line.quantity * week).div_ceil(if week == 5 { 22 } else { 30 })
                    }
                };
                let mut day = line.from;
                let mut of_line = BTreeSet::new();
                while day <= line.to && u64::try_from(of_line.len()).unwrap() <= stated {
                    let (year, month, _) = day.civil();
                    of_line.insert((year, month));
                    day = day.plus_days(1).unwrap();
                }
                months.extend(of_line.into_iter().take(usize::try_from(stated).unwrap()));
            }
        }
        let found = totals(&records);
        let total = found.functions.iter().find(|of| of.function == Function::OldAge).map_or(0, |of| of.total);
        prop_assert_eq!(total, u64::try_from(months.len()).unwrap());
    }
}
