//! Entitlements whose signature holds and whose person or right is wrong. One fault a case.

use crate::cbor::{Item, list, map, steps};
use crate::make_claims_attacks::{refuse, with};
use crate::maker::{Files, day};
use crate::people::{
    RIGHT, benefit_full, benefit_minimal, contribution_full, contribution_minimal, coverage_full,
    coverage_minimal, cross_border_full, cross_border_minimal, delegation_full, delegation_minimal,
    membership_full,
};

pub(crate) fn make(files: &mut Files) {
    subject(files);
    rights(files);
    periods(files);
    sets(files);
}

fn subject(files: &mut Files) {
    let good = coverage_full;
    let mut case = |name: &str, rule: &str, key: i128, value: Item, fault: &str, place: &str| {
        refuse(
            files,
            name,
            rule,
            &with(good(), &steps![RIGHT, 1, key], value),
            (fault, &format!("subject.{place}")),
        );
    };
    let rule = "section 3: a member number has 1..24 characters";
    case("number-empty", rule, 1, "".into(), "length/characters", "number");
    case("number-of-25", rule, 1, "n".repeat(25).into(), "length/characters", "number");
    case("number-as-integer", rule, 1, 4_471_902.into(), "wrong_type", "number");
    let rule = "section 3: a name has 1..64 characters";
    case("name-empty", rule, 2, "".into(), "length/characters", "name");
    case("name-of-65", rule, 2, "N".repeat(65).into(), "length/characters", "name");
    case("name-as-bytes", rule, 2, b"Nekesa".to_vec().into(), "wrong_type", "name");
    let rule = "section 3: no control character in a name";
    for (name, character) in [
        ("name-with-newline", '\n'),
        ("name-with-nul", '\0'),
        ("name-with-escape", '\u{1B}'),
        ("name-with-delete", '\u{7F}'),
        ("name-with-c1-control", '\u{9B}'),
    ] {
        case(name, rule, 2, format!("Neke{character}sa").into(), "name_character/4", "name");
    }
    let rule = "section 3: no bidi control U+202A..202E, U+2066..2069 in a name";
    for code_point in (0x202A..=0x202E).chain(0x2066..=0x2069) {
        let character = char::from_u32(code_point).unwrap();
        let name = format!("name-with-bidi-{code_point:04x}");
        case(&name, rule, 2, format!("Nekesa{character}").into(), "name_character/6", "name");
    }
    let native = |tag: &str, name: &str| Item::from(list![Item::Array(list![tag, name])]);
    case(
        "native-name-with-bidi",
        rule,
        3,
        native("ar", "أمينة\u{202E}"),
        "name_character/5",
        "native_names[0].name",
    );
    case(
        "household-name-with-bidi",
        rule,
        8,
        list![Item::Array(list![2, "\u{2067}ሰላም", 2015, 2, 2])].into(),
        "name_character/0",
        "members[0].name",
    );
    let rule = "section 3: 1 to 2 names in other scripts, each [tag, name]";
    case("native-names-none", rule, 3, Vec::<Item>::new().into(), "length/entries", "native_names");
    let three: Vec<Item> = (0..3).map(|_| Item::Array(list!["am", "ሰላም"])).collect();
    case("native-names-three", rule, 3, three.into(), "length/entries", "native_names");
    case("native-name-without-tag", rule, 3, list!["ሰላም"].into(), "wrong_type", "native_names[0]");
    let alone = Item::from(list![Item::Array(list!["ሰላም"])]);
    case("native-name-of-one-entry", rule, 3, alone, "length/entries", "native_names[0]");
    case("native-name-tag-not-bcp47", rule, 3, native("1x", "ሰላም"), "pattern", "native_names[0].language");
    let rule = "section 3: a full day of birth is always the integer";
    case("birth-full-day-as-text", rule, 4, "1991-04-30".into(), "pattern", "birth");
    let rule = "section 3: seven EDTF forms, no other";
    for (name, text) in [
        ("birth-uncertain", "1991?"),
        ("birth-century", "19XX"),
        ("birth-month-13", "1991-13"),
        ("birth-month-00", "1991-00-XX"),
        ("birth-lower-case-x", "199x"),
        ("birth-unknown-month-and-day", "1991-XX-XX"),
        ("birth-approximate-before", "~1991"),
        ("birth-empty", ""),
    ] {
        case(name, rule, 4, text.into(), "pattern", "birth");
    }
    let rule = "section 3: a date is -25567..84005";
    case("birth-before-1900", rule, 4, (-25_568).into(), "pattern", "birth");
    case("birth-after-2199", rule, 4, 84_006.into(), "pattern", "birth");
    let rule = "section 3: ISO 5218 has 0, 1, 2 and 9";
    case("sex-3", rule, 5, 3.into(), "code", "sex");
    case("sex-as-text", rule, 5, "F".into(), "wrong_type", "sex");
    case("household-empty", "section 3: other texts 1..64", 6, "".into(), "length/characters", "household");
    case("role-5", "section 3: role is 0..4", 7, 5.into(), "code", "role");
    for check in [1, 2, 5] {
        let rule = "section 3: check is 0, 3 or 4";
        case(&format!("check-{check}"), rule, 9, check.into(), "code", "check");
    }
    household(files);
}

fn household(files: &mut Files) {
    let mut case = |name: &str, rule: &str, members: Vec<Item>, fault: &str, place: &str| {
        let claims = with(coverage_full(), &steps![RIGHT, 1, 8], members);
        refuse(files, name, rule, &claims, (fault, &format!("subject.members{place}")));
    };
    let line = |number: i128| Item::Array(list![number, "ሰላም", 2015, 2, 2]);
    let rule = "section 3: lines rise from 2; the holder is line 1";
    case("line-1-is-the-holder", rule, vec![line(1)], "line_order", "[0].line");
    case("line-0", rule, vec![line(0)], "line_order", "[0].line");
    case("line-repeated", rule, vec![line(2), line(2)], "line_order", "[1].line");
    case("lines-falling", rule, vec![line(3), line(2)], "line_order", "[1].line");
    case("line-negative", rule, vec![line(-2)], "range", "[0].line");
    let rule = "section 3: 1 to 12 household lines";
    case("household-lines-none", rule, vec![], "length/entries", "");
    case("household-lines-13", rule, (2..15).map(line).collect(), "length/entries", "");
    let rule = "section 3: [line, name, birth year / null, ISO 5218, role]";
    case("line-of-four-entries", rule, vec![Item::Array(list![2, "ሰላም", 2015, 2])], "length/entries", "[0]");
    let six = Item::Array(list![2, "ሰላም", 2015, 2, 2, 0]);
    case("line-of-six-entries", rule, vec![six], "length/entries", "[0]");
    let year = Item::Array(list![2, "ሰላም", "2015", 2, 2]);
    case("line-year-as-text", rule, vec![year], "wrong_type", "[0].birth_year");
    let sex = Item::Array(list![2, "ሰላም", 2015, Item::Null, 2]);
    case("line-sex-null", rule, vec![sex], "wrong_type", "[0].sex");
    let role = Item::Array(list![2, "ሰላም", 2015, 2, 5]);
    case("line-role-5", rule, vec![role], "code", "[0].role");
}

fn rights(files: &mut Files) {
    let mut case =
        |name: &str, rule: &str, (claims, key): (Item, i128), value: Item, fault: &str, place: &str| {
            refuse(files, name, rule, &with(claims, &steps![RIGHT, key], value), (fault, place));
        };
    let coverage = || coverage_full();
    let ids = "section 7: product and agreement ids are [A-Z0-9-], 1 to 24";
    case("product-lower-case", ids, (coverage(), 10), "shif".into(), "pattern", "product");
    case("product-of-25", ids, (coverage(), 10), "P".repeat(25).into(), "length/characters", "product");
    let uint = "section 3: a number that is no uint";
    case("rulebook-negative", uint, (coverage(), 11), (-1).into(), "range", "rulebook");
    case("rulebook-as-text", uint, (coverage(), 11), "1".into(), "wrong_type", "rulebook");
    case("grace-days-negative", uint, (coverage(), 16), (-30).into(), "range", "grace_days");
    let dates = "section 3: a date is -25567..84005";
    case("start-as-text", dates, (coverage(), 13), "2026-01-15".into(), "wrong_type", "start");
    case("end-after-2199", dates, (coverage(), 14), 84_006.into(), "range", "end");
    case("start-2-to-64-minus-1", dates, (coverage(), 13), i128::from(u64::MAX).into(), "range", "start");
    case("wait-not-a-date", dates, (coverage(), 17), map! { 2 => "soon" }, "wrong_type", "waits.OPD");
    let codes = "section 3: a code that its list does not have";
    case("function-0", codes, (coverage(), 12), list![0, 1].into(), "code", "functions[0]");
    case("function-19", codes, (coverage(), 12), list![1, 19].into(), "code", "functions[1]");
    case("group-0", codes, (coverage(), 23), list![0].into(), "code", "survives_suspension[0]");
    case("group-18", codes, (coverage(), 23), list![18].into(), "code", "survives_suspension[0]");
    case("category-9", codes, (membership_full(), 11), 9.into(), "code", "category");
    case("benefit-type-0", codes, (benefit_full(), 11), 0.into(), "code", "benefit_type");
    case("benefit-type-7", codes, (benefit_full(), 11), 7.into(), "code", "benefit_type");
    case("payee-2", codes, (benefit_full(), 18), 2.into(), "code", "payee");
    case("cross-border-kind-7", codes, (cross_border_full(), 10), 7.into(), "code", "kind");
    case("payer-3", codes, (cross_border_full(), 17), 3.into(), "code", "payer");
    case("tariff-3", codes, (cross_border_full(), 18), 3.into(), "code", "tariff");
    case("derived-by-2", codes, (cross_border_full(), 22), 2.into(), "code", "derived_by");
    case("scope-6", codes, (delegation_full(), 12), list![6].into(), "code", "scopes[0]");
    case("relation-5", codes, (delegation_full(), 20), 5.into(), "code", "relation");
    let ranges = "section 3: co-pay class 0..9, level 1..5";
    case("copay-class-10", ranges, (coverage(), 18), 10.into(), "range", "copay_class");
    case("max-level-0", ranges, (coverage(), 21), 0.into(), "range", "max_level");
    case("max-level-6", ranges, (coverage(), 21), 6.into(), "range", "max_level");
    let pooled = "section 3: pooled is true or left out";
    case("pooled-false", pooled, (coverage(), 22), false.into(), "wrong_type", "pooled");
    case("pooled-1", pooled, (coverage(), 22), 1.into(), "wrong_type", "pooled");
    let areas = "section 3: an area is ISO 3166-1 alpha-2 or ISO 3166-2";
    for (name, area, fault) in [
        ("area-lower-case", "ke", "pattern"),
        ("area-alpha-3", "KEN", "pattern"),
        ("area-without-subdivision", "KE-", "pattern"),
        ("area-subdivision-of-4", "KE-ABCD", "length/characters"),
        ("area-empty", "", "length/characters"),
    ] {
        case(name, areas, (coverage(), 19), list![area].into(), fault, "territory[0]");
    }
    let sixteen = "section 3: 1 to 16 areas";
    case(
        "territory-empty",
        sixteen,
        (coverage(), 19),
        Vec::<Item>::new().into(),
        "length/entries",
        "territory",
    );
    let many: Vec<Item> = (b'A'..=b'Q').map(|c| Item::from(format!("KE-{}", char::from(c)))).collect();
    case("territory-of-17", sixteen, (coverage(), 19), many.clone().into(), "length/entries", "territory");
    case("benefit-areas-of-17", sixteen, (benefit_full(), 21), many.into(), "length/entries", "areas");
    case(
        "benefit-areas-empty",
        sixteen,
        (benefit_full(), 21),
        Vec::<Item>::new().into(),
        "length/entries",
        "areas",
    );
    let money = "section 3: money is [0..2^53-1, three letters of ISO 4217]";
    let amount = |minor: i128, currency: &str| Item::from(list![minor, currency]);
    case("money-2-to-53", money, (benefit_full(), 15), amount(1 << 53, "ETB"), "range", "money.minor");
    case("money-negative", money, (benefit_full(), 15), amount(-1, "ETB"), "range", "money.minor");
    case(
        "currency-of-2",
        money,
        (benefit_full(), 15),
        amount(1, "ET"),
        "length/characters",
        "money.currency",
    );
    case(
        "currency-of-4",
        money,
        (benefit_full(), 15),
        amount(1, "ETBB"),
        "length/characters",
        "money.currency",
    );
    case("money-as-number", money, (benefit_full(), 15), 5.into(), "wrong_type", "money");
    case("money-null", money, (benefit_full(), 15), Item::Null, "wrong_type", "money");
    case("money-of-three", money, (benefit_full(), 15), list![1, "ETB", 0].into(), "length/entries", "money");
    let hash = "section 3: the hash has 32 bytes";
    case(
        "statement-hash-of-31",
        hash,
        (contribution_full(), 16),
        vec![0; 31].into(),
        "length/bytes",
        "statement_hash",
    );
    let ids = "sections 3 and 7: the home issuer, evidence and delegation are ids";
    case("home-not-an-id", ids, (cross_border_full(), 15), "Kenya SHA".into(), "pattern", "home");
    let evidence = |entry: Vec<Item>| Item::from(list![Item::Array(entry)]);
    let short = evidence(list![2, "KE-SHA", vec![0; 7]]);
    case("evidence-cti-of-7", ids, (cross_border_full(), 21), short, "length/bytes", "evidence[0].cti");
    let type_7 = evidence(list![7, "KE-SHA", vec![0; 8]]);
    case("evidence-of-type-7", ids, (cross_border_full(), 21), type_7, "code", "evidence[0].type");
    case("delegation-id-of-3", ids, (delegation_full(), 10), "KE-".into(), "length/characters", "id");
    case("agreement-empty", ids, (cross_border_full(), 11), "".into(), "length/characters", "agreement");
    contribution_lines(files);
}

fn contribution_lines(files: &mut Files) {
    let mut case = |name: &str, rule: &str, entry: i128, value: Item, fault: &str, place: &str| {
        let claims = with(contribution_full(), &steps![RIGHT, 12, 0, entry], value);
        refuse(files, name, rule, &claims, (fault, &format!("lines[0].{place}")));
    };
    let rule = "section 3: [from, to, quantity, unit, kind, functions, payer, money / null, quality]";
    case("line-quantity-negative", rule, 2, (-1).into(), "range", "quantity");
    case("line-unit-3", rule, 3, 3.into(), "code", "unit");
    case("line-kind-5", rule, 4, 5.into(), "code", "kind");
    case("line-functions-unsorted", rule, 5, list![5, 1].into(), "set_order", "functions");
    case("line-payer-5", rule, 6, 5.into(), "code", "payer");
    case("line-money-as-text", rule, 7, "64223 XOF".into(), "wrong_type", "base");
    case("line-quality-2", rule, 8, 2.into(), "code", "quality");
    case("line-quality-null", rule, 8, Item::Null, "wrong_type", "quality");
    let rule = "section 3: 1 to 24 lines of nine entries";
    let mut claims = contribution_minimal();
    let line = claims.at(&steps![RIGHT, 12, 0]).clone();
    claims.set(&steps![RIGHT, 12], vec![line.clone(); 25]);
    refuse(files, "contribution-lines-25", rule, &claims, ("length/entries", "lines"));
    let none = with(contribution_minimal(), &steps![RIGHT, 12], Vec::<Item>::new());
    refuse(files, "contribution-lines-none", rule, &none, ("length/entries", "lines"));
    let Item::Array(mut entries) = line else { panic!("a line is an array") };
    entries.pop();
    let short = with(contribution_minimal(), &steps![RIGHT, 12, 0], entries);
    refuse(files, "contribution-line-of-8", rule, &short, ("length/entries", "lines[0]"));
}

fn periods(files: &mut Files) {
    let rule = "section 3: the last day of a period is not before its first";
    let before = day(2026, 1, 14);
    let end = with(coverage_minimal(), &steps![RIGHT, 14], before);
    refuse(files, "coverage-ends-before-it-starts", rule, &end, ("period", "end"));
    let end = with(benefit_minimal(), &steps![RIGHT, 14], day(2026, 8, 31));
    refuse(files, "benefit-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(cross_border_minimal(), &steps![RIGHT, 14], before);
    refuse(files, "cross-border-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(delegation_minimal(), &steps![RIGHT, 14], before);
    refuse(files, "delegation-ends-before-it-starts", rule, &end, ("period", "to"));
    let end = with(contribution_full(), &steps![RIGHT, 12, 4, 1], day(2024, 6, 30));
    refuse(files, "line-ends-before-it-starts", rule, &end, ("period", "lines[4].to"));
    let serials = with(benefit_full(), &steps![RIGHT, 17], list![2, 1]);
    let rule = "section 3: the last serial is not before the first";
    refuse(files, "serials-fall", rule, &serials, ("serials", "serials"));
    let rule = "section 3: start <= paid_through < end";
    let paid = |day: i128| with(coverage_full(), &steps![RIGHT, 15], day);
    refuse(files, "paid-through-equals-end", rule, &paid(day(2027, 7, 7)), ("paid_through", "paid_through"));
    refuse(files, "paid-through-after-end", rule, &paid(day(2027, 7, 8)), ("paid_through", "paid_through"));
    refuse(
        files,
        "paid-through-before-start",
        rule,
        &paid(day(2026, 7, 7)),
        ("paid_through", "paid_through"),
    );
}

fn sets(files: &mut Files) {
    let rule = "section 3: arrays that are sets ascend without repeats";
    let sets: [(&str, Item, i128, Vec<Item>, &str); 9] = [
        ("functions", coverage_full(), 12, list![7, 1], "functions"),
        ("territory", coverage_full(), 19, list!["ET-BE", "ET-AM"], "territory"),
        ("survives-suspension", coverage_full(), 23, list![3, 1], "survives_suspension"),
        ("benefit-functions", benefit_full(), 12, list![13, 10], "functions"),
        ("benefit-areas", benefit_full(), 21, list!["ET-BE", "ET-AM"], "areas"),
        ("groups", cross_border_full(), 16, list![2, 1], "groups"),
        ("hosts", cross_border_full(), 19, list!["UG", "TZ"], "hosts"),
        ("scopes", delegation_full(), 12, list![1, 0], "scopes"),
        ("delegation-areas", delegation_full(), 17, list!["LB-BI", "LB-BA"], "areas"),
    ];
    for (name, claims, key, mut entries, place) in sets {
        let unsorted = with(claims.clone(), &steps![RIGHT, key], entries.clone());
        refuse(files, &format!("{name}-unsorted"), rule, &unsorted, ("set_order", place));
        entries[1] = entries[0].clone();
        let repeated = with(claims, &steps![RIGHT, key], entries);
        refuse(files, &format!("{name}-repeated"), rule, &repeated, ("set_order", place));
    }
    let by_length = with(coverage_minimal(), &steps![RIGHT, 19], list!["ET", "KE", "ET-AM"]);
    let rule = "section 3: sets ascend by content, not by length first";
    refuse(files, "territory-by-length", rule, &by_length, ("set_order", "territory"));
    let mut waits = coverage_full();
    waits.at(&steps![RIGHT, 17]).entries().swap(0, 1);
    let rule = "section 2: map keys in bytewise order";
    refuse(files, "waits-unsorted", rule, &waits, ("form/key_order", ""));
}
