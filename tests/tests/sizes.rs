//! How large the QR codes of typical documents are. A card gets read when its modules are large, so growth of the
//! format must show: the bounds here fail, and the table in SPEC.md differs.

use sanad_credential::{Claims, QrText, SigningKey, seal_entitlement};
use sanad_qr::{Correction, Encoder, Level, draw, draw_at_level};
use sanad_tests::specification::assert_stated;
use std::fmt::Write;

#[test]
fn one_persons_coverage_fits_version_15_at_level_q() {
    assert_fits(15, &size_of(&coverage(PERSON, "")));
}

#[test]
fn one_persons_coverage_with_an_arabic_name_fits_version_16_at_level_q() {
    assert_fits(16, &size_of(&coverage(PERSON_ARABIC, "")));
}

#[test]
fn a_household_of_five_in_ethiopic_script_fits_version_20_at_level_q() {
    assert_fits(20, &size_of(&coverage(&household(ETHIOPIC_ONE_WORD), "")));
}

#[test]
fn the_sizes_in_the_specification_are_those_of_this_code() {
    assert_stated("sizes", &table());
}

/// ISO/IEC 18004 table 7, column "alphanumeric". `sanad-qr` computes its versions in another way.
#[test]
fn versions_are_those_of_the_standard() {
    for (level, capacities) in [(Level::Quartile, CAPACITIES_Q), (Level::Medium, CAPACITIES_M)] {
        for (version, capacity) in (1..).zip(capacities) {
            let symbol = draw_at_level(&"A".repeat(capacity), level, Encoder::Bulk).unwrap();
            assert_eq!(symbol.version().number(), version);
            let next = draw_at_level(&"A".repeat(capacity + 1), level, Encoder::Bulk);
            assert_eq!(
                next.ok().map(|symbol| symbol.version().number()),
                (version < 40).then_some(version + 1)
            );
        }
    }
}

#[track_caller]
fn assert_fits(version_max: u8, size: &Size) {
    let fits = size.version_q.is_some_and(|version| version <= version_max);
    assert!(fits, "{} characters need version {:?}", size.characters, size.version_q);
}

fn table() -> String {
    let mut table = String::from(
        "| coverage of | bytes | characters | version at Q | version at M | drawn at | modules a side |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (name, claims) in [
        ("one person, Latin name", coverage(PERSON, "")),
        ("one person, Latin and Arabic name", coverage(PERSON_ARABIC, "")),
        ("one person, everything filled in", coverage(PERSON_FULL, EVERYTHING)),
        ("five persons, Latin, one-word names", coverage(&household(LATIN_ONE_WORD), "")),
        ("five persons, Ethiopic, one-word names", coverage(&household(ETHIOPIC_ONE_WORD), "")),
        ("five persons, Latin, three-part names", coverage(&household(LATIN_THREE_PARTS), "")),
        ("five persons, Ethiopic, three-part names", coverage(&household(ETHIOPIC_THREE_PARTS), "")),
        (
            "five persons, Ethiopic, three-part names, everything filled in",
            coverage(&household_full(), EVERYTHING),
        ),
    ] {
        let Size { bytes, characters, version_q, version_m, drawn } = size_of(&claims);
        let version = |version: Option<u8>| version.map_or("none".to_owned(), |version| version.to_string());
        let (level, side) = drawn;
        writeln!(
            table,
            "| {name} | {bytes} | {characters} | {} | {} | {level} | {side} |",
            version(version_q),
            version(version_m)
        )
        .unwrap();
    }
    table
}

struct Size {
    bytes: usize,
    characters: usize,
    /// The smallest versions, by the table of the standard.
    version_q: Option<u8>,
    version_m: Option<u8>,
    /// What an issuer prints.
    drawn: (Level, u16),
}

fn size_of(claims: &Claims) -> Size {
    let document = seal_entitlement(claims, &SigningKey::from_secret(&[7; 32])).unwrap();
    let text = QrText::from_document(&document).unwrap();
    let characters = text.as_str().len();
    let version = |capacities: [usize; 40]| {
        (1..).zip(capacities).find(|(_, capacity)| *capacity >= characters).map(|(version, _)| version)
    };
    let drawing = draw(text.as_str(), Encoder::Bulk).unwrap();
    let drawn = (drawing.symbol.level(), drawing.symbol.version().side());
    let (version_q, version_m) = (version(CAPACITIES_Q), version(CAPACITIES_M));
    let drawn_version = Some(drawing.symbol.version().number());
    assert_eq!(drawn_version, if drawing.correction == Correction::Quartile { version_q } else { version_m });
    Size { bytes: document.len(), characters, version_q, version_m, drawn }
}

/// Member number, name, birth, product, two functions, period, one area, status reference with a uri of 23
/// characters, co-pay class and rulebook, and what else is given.
fn coverage(subject: &str, more: &str) -> Claims {
    let json = format!(
        r#"{{"type": "coverage", "iss": "KE-SHA", "cti": "8f3a61c20d7be954", "iat": "2026-07-01T08:30:00Z",
            "exp": "2027-07-31T00:00:00Z", "status": {{"idx": 734512, "uri": "https://st.example/k/00"}},
            "subject": {{{subject}}}, "product": "UHC", "rulebook": 3, "functions": ["medical_care", "maternity"],
            "start": "2026-07-01", "end": "2027-06-30", "copay_class": 1, "territory": ["KE"]{more}}}"#
    );
    Claims::from_json_text(&json).unwrap()
}

fn household(names: [&str; 6]) -> String {
    let [latin, own, spouse, son, daughter, mother] = names;
    let native =
        if own.is_empty() { String::new() } else { format!(r#""native_names": [["am", "{own}"]],"#) };
    format!(
        r#""number": "ETH0042118", "name": "{latin}", {native} "birth": "1988", "role": "self", "household": "H-20417",
           "members": [[2, "{spouse}", 1990, "F", "spouse"], [3, "{son}", 2014, "M", "child"],
                       [4, "{daughter}", 2019, "F", "child"], [5, "{mother}", 1955, "F", "parent"]]"#
    )
}

fn household_full() -> String {
    household(ETHIOPIC_THREE_PARTS) + r#", "sex": "M", "check": "vouched""#
}

const PERSON: &str = r#""number": "KE00421187", "name": "Amina Wanjiru Otieno", "birth": "1991""#;

const PERSON_ARABIC: &str = r#""number": "KE00421187", "name": "Amina Hassan Abdi", "native_names": [["ar", "أمينة حسن عبدي"]], "birth": "1991""#;

const PERSON_FULL: &str = r#""number": "KE00421187", "name": "Amina Wanjiru Otieno",
    "native_names": [["ar", "أمينة وانجيرو أوتيينو"], ["am", "አሚና ዋንጂሩ ኦቲዬኖ"]], "birth": "1991-04-30", "sex": "F",
    "household": "H-20417", "role": "self", "check": "vouched""#;

/// Every other member that a coverage may have.
const EVERYTHING: &str = r#", "paid_through": "2026-12-31", "grace_days": 30,
    "waits": {"DEL": "2027-04-01", "SURG": "2026-10-01", "DENT": "2026-10-01"}, "max_level": 3, "pooled": true,
    "survives_suspension": ["EMER", "CHILD", "ANC", "DEL"], "delegation": "KE-COOP7", "replaces": "17ac0e5592d4b83f",
    "languages": ["sw", "en"], "source": "County registry Kisumu""#;

/// Of the holder in Latin script and in the household's own, the spouse, two children and the mother.
const LATIN_ONE_WORD: [&str; 6] = ["Abebe", "", "Almaz", "Dawit", "Hanna", "Tsehay"];
const ETHIOPIC_ONE_WORD: [&str; 6] = ["Abebe", "አበበ", "አልማዝ", "ዳዊት", "ሐና", "ፀሐይ"];
const LATIN_THREE_PARTS: [&str; 6] = [
    "Abebe Kebede Tesfaye",
    "",
    "Almaz Girma Wolde",
    "Dawit Abebe Kebede",
    "Hanna Abebe Kebede",
    "Tsehay Mekonnen Alemu",
];
const ETHIOPIC_THREE_PARTS: [&str; 6] =
    ["Abebe Kebede Tesfaye", "አበበ ከበደ ተስፋዬ", "አልማዝ ግርማ ወልደ", "ዳዊት አበበ ከበደ", "ሐና አበበ ከበደ", "ፀሐይ መኮንን ዓለሙ"];

/// ISO/IEC 18004 table 7, level Q, versions 1 to 40.
const CAPACITIES_Q: [usize; 40] = [
    16, 29, 47, 67, 87, 108, 125, 157, 189, 221, 259, 296, 352, 376, 426, 470, 531, 574, 644, 702, 742, 823,
    890, 963, 1041, 1094, 1172, 1263, 1322, 1429, 1499, 1618, 1700, 1787, 1867, 1966, 2071, 2181, 2298, 2420,
];

/// ISO/IEC 18004 table 7, level M, versions 1 to 40.
const CAPACITIES_M: [usize; 40] = [
    20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909, 970, 1035,
    1134, 1248, 1326, 1451, 1542, 1637, 1732, 1839, 1994, 2113, 2238, 2369, 2506, 2632, 2780, 2894, 3054,
    3220, 3391,
];
