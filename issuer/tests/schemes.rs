//! The nine schemes of `schemes/` and people under them, each with the days and classes that the rules must give.
//!
//! The expectations were worked out by hand from the figures that the README of each scheme cites. All people are
//! invented.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::path::{Path, PathBuf};

use sanad_credential::{Date, Json, Limits};
use sanad_issuer::scheme::{Facts, Outcome, Scheme, apply};

const LIMITS: Limits = Limits { bytes_max: 32_768, depth_max: 5, entries_max: 400, values_max: 2_048 };

/// The directories; a new one needs its people here.
const COUNTRIES: [&str; 9] = [
    "br-mei",
    "et-cbhi",
    "gh-nhis",
    "in-pmjay",
    "ke-sha",
    "na-msd",
    "pt-independent",
    "rw-cbhi",
    "sn-mutuelle",
];

fn schemes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes")
}

fn scheme(country: &str) -> Scheme {
    Scheme::parse(&fs::read_to_string(schemes().join(country).join("scheme.json")).unwrap()).unwrap()
}

/// What the rules make of a row on a day. A row is written as the inside of a JSON object.
fn outcome(country: &str, as_of: &str, row: &str) -> Outcome {
    let scheme = scheme(country);
    let text = format!("{{{row}}}");
    let json = Json::parse(&text, LIMITS).unwrap();
    let facts = Facts::from_json(&json, &scheme).unwrap_or_else(|fault| panic!("{row}: {fault:?}"));
    apply(&scheme, &facts, Date::parse(as_of).unwrap()).unwrap_or_else(|fault| panic!("{row}: {fault:?}"))
}

/// `START..END (paid PAID) class N WAITS FUNCTIONS`, or `none, MISSING missing`.
fn short(country: &str, as_of: &str, row: &str) -> String {
    let outcome = outcome(country, as_of, row);
    let Some(cover) = &outcome.cover else { return format!("none, {} missing", outcome.missing) };
    let mut text = format!("{}..{}", cover.start, cover.end);
    if let Some(paid) = cover.paid_through {
        text += &format!(" paid {paid}");
    }
    text += &format!(" class {}", cover.copay_class);
    let waits: Vec<String> =
        cover.waits.iter().map(|(group, day)| format!("{}={day}", group.word())).collect();
    if !waits.is_empty() {
        text += &format!(" waits {}", waits.join(" "));
    }
    text
}

fn functions(country: &str, as_of: &str, row: &str) -> Vec<&'static str> {
    let cover = outcome(country, as_of, row).cover;
    cover.map(|cover| cover.functions.iter().map(|function| function.word()).collect()).unwrap_or_default()
}

fn sentences(country: &str, as_of: &str, row: &str) -> Vec<String> {
    let currency = scheme(country).currency;
    outcome(country, as_of, row).notes.iter().map(|note| note.words(&currency)).collect()
}

fn payments(list: &[(&str, &str)]) -> String {
    let list: Vec<String> =
        list.iter().map(|(day, amount)| format!(r#"{{"day":"{day}","amount":"{amount}"}}"#)).collect();
    format!(r#""payments":[{}]"#, list.join(","))
}

#[test]
fn every_directory_is_complete_and_its_files_are_read() {
    let mut found: Vec<String> = fs::read_dir(schemes())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, COUNTRIES);
    for country in COUNTRIES {
        let read = |name: &str| fs::read_to_string(schemes().join(country).join(name)).unwrap();
        let scheme = scheme(country);
        assert_eq!(Scheme::parse(&scheme.to_json().to_string()).unwrap(), scheme, "{country}");
        let rulebook = sanad_trust::Rulebook::parse(&read("rulebook.json")).unwrap();
        assert_eq!((rulebook.issuer(), rulebook.product()), (&scheme.issuer, &scheme.product));
        sanad_trust::HostRules::parse(&read("host-rules.json")).unwrap();
        assert!(read("README.md").contains("to be confirmed before use"), "{country}");
    }
}

#[test]
fn rwanda_three_quarters_reach_half_the_year_and_all_the_whole() {
    let row =
        |list: &[(&str, &str)]| format!(r#""registered":"2026-07-01","class":"level_4",{}"#, payments(list));
    // 8,000 RWF for one person: three quarters are 6,000.
    let three_quarters = row(&[("2026-07-01", "6000")]);
    assert_eq!(
        short("rw-cbhi", "2026-07-02", &three_quarters),
        "2026-07-01..2027-06-30 paid 2026-12-31 class 1"
    );
    assert_eq!(
        sentences("rw-cbhi", "2026-07-02", &three_quarters),
        [
            "class level_4",
            "1 person for whom a contribution is due",
            "paid 6000 RWF of 8000 RWF = 75 %: covered to 2026-12-31",
            "2000 RWF more cover to 2027-06-30",
        ]
    );
    let franc_short = row(&[("2026-07-01", "5999")]);
    assert_eq!(short("rw-cbhi", "2026-07-02", &franc_short), "none, 1 missing");
    assert!(sentences("rw-cbhi", "2026-07-02", &franc_short).contains(
        &"paid 5999 RWF of 8000 RWF: not enough, no cover; 1 RWF missing for cover now".to_owned()
    ));
    let all = row(&[("2026-07-01", "6000"), ("2026-11-03", "2000")]);
    assert_eq!(short("rw-cbhi", "2026-11-04", &all), "2026-07-01..2027-06-30 class 1");
    // Cover begins when enough is there.
    let parts = row(&[("2026-07-05", "3000"), ("2026-08-10", "3000")]);
    assert_eq!(short("rw-cbhi", "2026-08-10", &parts), "2026-08-10..2027-06-30 paid 2026-12-31 class 1");
    // Three quarters in January are for a half year that is over.
    let late = row(&[("2027-01-15", "6000")]);
    assert_eq!(short("rw-cbhi", "2027-01-15", &late), "none, 2000 missing");
    assert_eq!(
        short("rw-cbhi", "2027-01-15", &row(&[("2027-01-15", "8000")])),
        "2027-01-15..2027-06-30 class 1"
    );
}

#[test]
fn rwanda_levels_and_households() {
    let family = r#""subject":{"number":"1","name":"A","birth":"1990","members":[[2,"B",1991,"M","spouse"],[3,"C",2020,"F","child"]]},"registered":"2026-07-01""#;
    let row = |class: &str, amount: &str| {
        format!(r#"{family},"class":"{class}",{}"#, payments(&[("2026-07-01", amount)]))
    };
    // Three persons at 5,000, at 4,000 less 1,000, and at 4,000 that the state pays.
    assert_eq!(short("rw-cbhi", "2026-07-02", &row("level_3", "15000")), "2026-07-01..2027-06-30 class 1");
    assert_eq!(short("rw-cbhi", "2026-07-02", &row("level_2", "9000")), "2026-07-01..2027-06-30 class 1");
    assert_eq!(
        short("rw-cbhi", "2026-07-02", &row("level_2", "8999")),
        "2026-07-01..2027-06-30 paid 2026-12-31 class 1"
    );
    assert_eq!(
        short("rw-cbhi", "2026-07-02", &format!(r#"{family},"class":"level_1""#)),
        "2026-07-01..2027-06-30 class 0"
    );
    let paid = outcome("rw-cbhi", "2026-07-02", &row("level_2", "9000")).contributed;
    let lines: Vec<(&str, u64)> = paid.iter().map(|line| (line.payer.word(), line.minor)).collect();
    assert_eq!(lines, [("self", 9_000), ("state", 3_000)]);
}

#[test]
fn ghana_waits_thirty_days_and_a_lapse_of_91_days_waits_again() {
    let new = format!(
        r#""registered":"2026-03-02","subject":{{"birth":"1990"}},{}"#,
        payments(&[("2026-03-02", "24.00")])
    );
    let groups = ["OPD", "CHILD", "ANC", "DEL", "PNC", "MEDS", "LAB", "IMG", "INP", "SURG", "SPEC", "CHRON"];
    let waits = |day: &str| groups.map(|group| format!("{group}={day}")).join(" ");
    assert_eq!(
        short("gh-nhis", "2026-03-02", &new),
        format!("2026-03-02..2027-03-01 class 0 waits {}", waits("2026-04-01"))
    );
    // Covered to 31 January 2026; 90 days without cover end with 1 May, 91 with 2 May.
    let renewal = |day: &str| {
        format!(
            r#""registered":"2025-02-01","subject":{{"birth":"1990"}},"previous_end":"2026-01-31",{}"#,
            payments(&[(day, "24.00")])
        )
    };
    assert_eq!(short("gh-nhis", "2026-05-02", &renewal("2026-05-02")), "2026-05-02..2027-05-01 class 0");
    assert_eq!(
        short("gh-nhis", "2026-05-03", &renewal("2026-05-03")),
        format!("2026-05-03..2027-05-02 class 0 waits {}", waits("2026-06-02"))
    );
    assert!(
        sentences("gh-nhis", "2026-05-02", &renewal("2026-05-02"))
            .contains(&"90 days without cover, at most 90: no new waiting time".to_owned())
    );
    // Renewed before the end: the next year follows the last.
    assert_eq!(short("gh-nhis", "2026-01-20", &renewal("2026-01-20")), "2026-02-01..2027-01-31 class 0");
}

#[test]
fn ghana_pregnant_women_children_and_old_people() {
    let waiting = |row: &str| {
        let cover = outcome("gh-nhis", "2026-03-02", row).cover.unwrap();
        cover.waits.iter().map(|(group, _)| group.word()).collect::<Vec<_>>()
    };
    let person = |birth: &str, more: &str| {
        format!(r#""registered":"2026-03-02","subject":{{"birth":"{birth}"}}{more}"#)
    };
    let pregnant = person("1998", r#","conditions":["pregnant"]"#);
    assert_eq!(waiting(&pregnant), ["OPD", "CHILD", "MEDS", "LAB", "IMG", "INP", "SURG", "SPEC", "CHRON"]);
    assert_eq!(outcome("gh-nhis", "2026-03-02", &pregnant).due, 0);
    // Five years old until the day before the sixth birthday; the year alone favours the child.
    assert_eq!(waiting(&person("2020-03-03", "")), [""; 0]);
    assert_eq!(waiting(&person("2020-03-02", "")).len(), 12);
    assert_eq!(waiting(&person("2020", "")), [""; 0]);
    assert_eq!(outcome("gh-nhis", "2026-03-02", &person("2008-03-03", "")).due, 0, "17 years");
    assert_eq!(outcome("gh-nhis", "2026-03-02", &person("2008-03-02", "")).due, 2_400, "18 years");
    // Seventy on the birthday; of a person who knows the year, on the first of January.
    assert_eq!(waiting(&person("1956-03-02", "")), [""; 0]);
    assert_eq!(
        outcome("gh-nhis", "2026-03-02", &person("1956-03-03", "")).cover,
        None,
        "69 and has not paid"
    );
    assert_eq!(waiting(&person("1956", "")), [""; 0]);
    for condition in ["indigent", "disability", "mental_disorder", "ssnit_contributor", "ssnit_pensioner"] {
        let row = person("1980", &format!(r#","conditions":["{condition}"]"#));
        let outcome = outcome("gh-nhis", "2026-03-02", &row);
        assert_eq!((outcome.due, outcome.cover.unwrap().waits.len()), (0, 12), "{condition}");
    }
}

#[test]
fn senegal_the_state_pays_half_or_all_and_arrears_of_one_are_those_of_all() {
    let family = r#""subject":{"number":"1","name":"A","members":[[2,"B",1985,"F","spouse"],[3,"C",2015,"F","child"],[4,"D",2018,"M","child"]]},"registered":"2026-04-01""#;
    // Four persons: 28,000, of which the state pays 14,000.
    let paid = |amount: &str| format!("{family},{}", payments(&[("2026-04-01", amount)]));
    let day = "2026-05-01";
    let waits = ["OPD", "PNC", "MEDS", "LAB", "INP", "SURG"].map(|group| format!("{group}={day}")).join(" ");
    assert_eq!(
        short("sn-mutuelle", "2026-04-01", &paid("14000")),
        format!("2026-04-01..2027-03-31 class 2 waits {waits}")
    );
    assert_eq!(short("sn-mutuelle", "2026-04-01", &paid("13999")), "none, 1 missing");
    assert_eq!(short("sn-mutuelle", "2026-04-01", &paid("3500")), "none, 10500 missing");
    let lines = |row: &str| {
        let contributed = outcome("sn-mutuelle", "2026-04-01", row).contributed;
        contributed.iter().map(|line| (line.payer.word(), line.minor)).collect::<Vec<_>>()
    };
    assert_eq!(lines(&paid("14000")), [("self", 14_000), ("state", 14_000)]);
    let indigent = format!(r#"{family},"conditions":["indigent"]"#);
    assert_eq!(
        short("sn-mutuelle", "2026-04-01", &indigent),
        format!("2026-04-01..2027-03-31 class 0 waits {waits}")
    );
    assert_eq!(lines(&indigent), [("state", 28_000)]);
}

#[test]
fn namibia_six_months_are_not_served_twice() {
    let row = |months: &str, more: &str| {
        format!(
            r#""registered":"2026-01-15","income":"4000.00"{more},{}"#,
            payments(&[("2026-01-20", months)])
        )
    };
    // 1.8 % of 4,000.00 are 72.00 a month; six months qualify from 15 July on.
    assert_eq!(
        short("na-msd", "2026-01-20", &row("504.00", "")),
        "2026-07-15..2027-01-14 paid 2026-08-14 class 0"
    );
    assert_eq!(short("na-msd", "2026-01-20", &row("432.00", "")), "none, 7200 missing");
    assert_eq!(functions("na-msd", "2026-07-15", &row("504.00", "")), ["sickness", "maternity", "funeral"]);
    // De-registered properly by the old employer: the months there count.
    let moved = row("72.00", r#","wait_served_since":"2025-07-01""#);
    assert_eq!(short("na-msd", "2026-01-20", &moved), "2026-01-20..2027-01-14 paid 2026-02-14 class 0");
    let half = row("504.00", r#","wait_served_since":"2025-12-01""#);
    assert_eq!(short("na-msd", "2026-01-20", &half), "2026-06-01..2027-01-14 paid 2026-08-14 class 0");
    // The wage band: 500 to 11,000.
    let due = |income: &str| {
        outcome("na-msd", "2026-01-15", &format!(r#""registered":"2026-01-15","income":"{income}""#)).due / 12
    };
    assert_eq!([due("100.00"), due("500.00"), due("11000.00"), due("50000.00")], [900, 900, 19_800, 19_800]);
    let employed = r#""registered":"2026-01-15","class":"employed","income":"4000.00""#;
    assert_eq!(outcome("na-msd", "2026-01-15", employed).due, 12 * 3_600, "the employer pays the other half");
    let both = format!(
        r#"{employed},"wait_served_since":"2025-01-01","payments":[{{"day":"2026-01-15","amount":"36.00"}},{{"day":"2026-01-15","amount":"36.00","payer":"employer"}}]"#
    );
    assert_eq!(short("na-msd", "2026-01-15", &both), "2026-01-15..2027-01-14 paid 2026-02-14 class 0");
    let contributed = outcome("na-msd", "2026-01-15", &both).contributed;
    let lines: Vec<(&str, u64)> = contributed.iter().map(|line| (line.payer.word(), line.minor)).collect();
    assert_eq!(lines, [("self", 3_600), ("employer", 3_600)], "what the employer paid is its half");
}

#[test]
fn brazil_months_of_payment_open_one_function_after_the_other() {
    let row = |before: u32, list: &[(&str, &str)]| {
        format!(r#""registered":"2026-01-01","months_paid_before":{before},{}"#, payments(list))
    };
    let one = [("2026-01-20", "75.90")];
    assert_eq!(
        short("br-mei", "2026-01-20", &row(0, &one)),
        "2026-01-20..2026-12-31 paid 2026-01-31 class 0"
    );
    assert_eq!(functions("br-mei", "2026-01-20", &row(0, &one)), ["employment_injury", "survivors"]);
    assert_eq!(
        functions("br-mei", "2026-01-20", &row(9, &one)),
        ["employment_injury", "maternity", "survivors"]
    );
    assert_eq!(
        functions("br-mei", "2026-01-20", &row(10, &one)),
        ["employment_injury", "maternity", "survivors"],
        "eleven months: sickness is not there yet"
    );
    assert_eq!(
        functions("br-mei", "2026-01-20", &row(11, &one)),
        ["sickness", "employment_injury", "maternity", "invalidity", "survivors"]
    );
    assert!(functions("br-mei", "2026-01-20", &row(179, &one)).contains(&"old_age"));
    assert!(!functions("br-mei", "2026-01-20", &row(178, &one)).contains(&"old_age"));
    assert!(
        sentences("br-mei", "2026-01-20", &row(0, &one))
            .contains(&"sickness invalidity after 12 paid months, 1 so far".to_owned())
    );
    assert_eq!(short("br-mei", "2026-01-20", &row(0, &[("2026-01-20", "75.89")])), "none, 1 missing");
    // Registered in April, all nine months paid.
    let april = format!(r#""registered":"2026-04-10",{}"#, payments(&[("2026-04-20", "683.10")]));
    assert_eq!(short("br-mei", "2026-04-20", &april), "2026-04-20..2026-12-31 class 0");
}

#[test]
fn india_families_pay_nothing_wait_for_nothing_and_share_a_ceiling() {
    let family = r#""subject":{"number":"1","name":"A","members":[[2,"B",1991,"F","spouse"]]},"registered":"2025-06-01""#;
    assert_eq!(short("in-pmjay", "2026-04-15", family), "2026-04-01..2027-03-31 class 0");
    let late = r#""registered":"2026-11-20""#;
    assert_eq!(short("in-pmjay", "2026-11-20", late), "2026-11-20..2027-03-31 class 0");
    let scheme = scheme("in-pmjay");
    assert_eq!(scheme.pooled, sanad_issuer::scheme::Pooling::Shared);
    let text = fs::read_to_string(schemes().join("in-pmjay/rulebook.json")).unwrap();
    let rulebook = sanad_trust::Rulebook::parse(&text).unwrap();
    let preauth: Vec<&str> = rulebook.versions()[0].preauth.iter().map(|group| group.word()).collect();
    assert_eq!(preauth, ["INP", "SURG", "SPEC"]);
}

#[test]
fn portugal_149_80_a_month_and_a_first_year_without() {
    let row = |registered: &str, income: &str, paid: &str| {
        let payments =
            if paid.is_empty() { String::new() } else { format!(",{}", payments(&[("2026-04-15", paid)])) };
        format!(r#""registered":"{registered}","months_paid_before":6,"income":"{income}"{payments}"#)
    };
    // 3,000.00 in the quarter: 70 % a month are 700.00, 21.4 % of them 149.80.
    let quarter = row("2020-01-10", "3000.00", "449.40");
    assert_eq!(outcome("pt-independent", "2026-04-20", &quarter).due, 44_940);
    assert_eq!(short("pt-independent", "2026-04-20", &quarter), "2026-04-15..2026-06-30 class 0");
    assert_eq!(functions("pt-independent", "2026-04-20", &quarter), ["sickness", "maternity"]);
    let month = row("2020-01-10", "3000.00", "149.80");
    assert_eq!(
        short("pt-independent", "2026-04-20", &month),
        "2026-04-15..2026-06-30 paid 2026-04-30 class 0"
    );
    assert_eq!(
        outcome("pt-independent", "2026-04-20", &row("2020-01-10", "100.00", "")).due,
        6_000,
        "20.00 at least"
    );
    assert_eq!(
        sentences("pt-independent", "2026-04-20", &month)[1],
        "21.4 % of a monthly base of 700.00 EUR are 149.80 EUR"
    );
    // Registered in February: to the next February nothing is due, and the person is registered all the while.
    let new = row("2026-02-10", "3000.00", "");
    let first = outcome("pt-independent", "2026-04-20", &new);
    assert_eq!(first.due, 0);
    assert_eq!(first.cover.unwrap().functions.len(), 2, "six months were paid before");
    let nothing_before = r#""registered":"2026-02-10","income":"3000.00""#;
    assert_eq!(
        outcome("pt-independent", "2026-04-20", nothing_before).cover,
        None,
        "no month counts as paid"
    );
    let next_year = r#""registered":"2026-02-10","income":"3000.00""#;
    assert_eq!(
        outcome("pt-independent", "2027-01-20", next_year).due,
        14_980,
        "March only; February begins free"
    );
}

#[test]
fn kenya_a_year_in_instalments() {
    let row =
        |list: &[(&str, &str)]| format!(r#""registered":"2026-01-10","income":"5000.00",{}"#, payments(list));
    // 2.75 % of 5,000 are 137.50: below the least of 300.
    assert_eq!(outcome("ke-sha", "2026-01-15", &row(&[])).due, 360_000);
    assert_eq!(
        short("ke-sha", "2026-01-15", &row(&[("2026-01-15", "3600.00")])),
        "2026-01-15..2027-01-14 class 1"
    );
    assert_eq!(short("ke-sha", "2026-01-15", &row(&[("2026-01-15", "299.99")])), "none, 1 missing");
    // 20 a day: the first month is full on the fifteenth day, the second fifteen days later.
    let daily: Vec<(String, &str)> = (1..=30).map(|day| (format!("2026-04-{day:02}"), "20.00")).collect();
    let daily: Vec<(&str, &str)> = daily.iter().map(|(day, amount)| (day.as_str(), *amount)).collect();
    assert_eq!(short("ke-sha", "2026-04-30", &row(&daily)), "2026-04-15..2027-04-14 paid 2026-06-14 class 1");
    let rich = format!(
        r#""registered":"2026-01-10","income":"40000.00",{}"#,
        payments(&[("2026-01-15", "1100.00")])
    );
    assert_eq!(short("ke-sha", "2026-01-15", &rich), "2026-01-15..2027-01-14 paid 2026-02-14 class 1");
    let sponsored = r#""registered":"2026-01-10","conditions":["indigent"]"#;
    assert_eq!(short("ke-sha", "2026-01-15", sponsored), "2026-01-10..2027-01-09 class 0");
    let paid = outcome("ke-sha", "2026-01-15", sponsored).contributed;
    assert_eq!(
        paid.iter().map(|line| (line.payer.word(), line.minor)).collect::<Vec<_>>(),
        [("state", 360_000)]
    );
}

#[test]
fn ethiopia_one_contribution_for_a_household_and_none_for_the_indigent() {
    let family = r#""subject":{"number":"1","name":"A","members":[[2,"B",1986,"F","spouse"],[3,"C",2015,"F","child"],[4,"D",2018,"M","child"],[5,"E",2021,"F","child"]]},"registered":"2026-07-01""#;
    let paid = |amount: &str| format!("{family},{}", payments(&[("2026-07-06", amount)]));
    assert_eq!(short("et-cbhi", "2026-07-10", &paid("240.00")), "2026-07-08..2027-07-07 class 1");
    assert_eq!(short("et-cbhi", "2026-07-10", &paid("239.99")), "none, 1 missing");
    let indigent = format!(r#"{family},"conditions":["indigent"]"#);
    assert_eq!(short("et-cbhi", "2026-07-10", &indigent), "2026-07-08..2027-07-07 class 0");
    let lines = outcome("et-cbhi", "2026-07-10", &indigent).contributed;
    assert_eq!(
        lines.iter().map(|line| (line.payer.word(), line.minor)).collect::<Vec<_>>(),
        [("state", 24_000)]
    );
    let text = fs::read_to_string(schemes().join("et-cbhi/rulebook.json")).unwrap();
    let rulebook = sanad_trust::Rulebook::parse(&text).unwrap();
    assert_eq!(rulebook.versions()[0].bypass.unwrap().value(), 5_000);
    // The year before is not spoken of by these rules.
    let scheme = scheme("et-cbhi");
    let text = format!("{{{family}}}");
    let json = Json::parse(&text, LIMITS).unwrap();
    let facts = Facts::from_json(&json, &scheme).unwrap();
    let refused = apply(&scheme, &facts, Date::parse("2026-07-02").unwrap()).unwrap_err();
    assert_eq!(refused.field, "period");
}
