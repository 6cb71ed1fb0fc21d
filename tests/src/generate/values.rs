//! The values that documents are made of, each over its whole range and at its bounds.

use std::ops::RangeInclusive;

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::{option, prop_oneof};
use sanad_credential::{
    AgreementId, Area, BenefitGroup, Birth, Count, Currency, Date, DelegationId, FixedBytes, Function,
    IssuerId, Label, LanguageTag, Level, MemberNumber, Money, Name, Nullable, ProductId, Set, StatusIndex,
    StatusReference, StatusUri, UnixTime,
};

pub(super) fn status_reference() -> impl Strategy<Value = StatusReference> {
    (status_index(), status_uri()).prop_map(|(index, uri)| StatusReference { index, uri })
}

pub(super) fn status_index() -> impl Strategy<Value = StatusIndex> {
    prop_oneof![Just(0), Just(1_048_575), 0..=1_048_575_u32]
        .prop_map(|index| StatusIndex::new(index).unwrap())
}

pub(super) fn status_uri() -> impl Strategy<Value = StatusUri> {
    prop_oneof![4 => Just(23_usize), 1 => Just(12), 1 => Just(96), 1 => 12..=96_usize].prop_map(|length| {
        let mut uri = String::from("https://x/");
        while uri.len() < length {
            uri.push_str("status.example/~42?");
        }
        uri.truncate(length);
        StatusUri::new(&uri).unwrap()
    })
}
/// Every form of EDTF that the format has, and days at both ends of the calendar.
pub(super) fn birth() -> impl Strategy<Value = Birth> {
    let form = select(vec!["Y", "Y~", "DX", "Y-M", "Y-M~", "Y-XX", "Y-M-XX"]);
    let year = prop_oneof![1_900..=2_199_u16, Just(0_u16), Just(9_999_u16)];
    let partial = (form, year, 1..=12_u8).prop_map(|(form, year, month)| {
        let text = form.replace('Y', &format!("{year:04}")).replace('D', &format!("{:03}", year / 10));
        Birth::parse(&text.replace('M', &format!("{month:02}"))).unwrap()
    });
    prop_oneof![2 => partial, 1 => date().prop_map(Birth::Day)]
}

pub(super) fn period() -> impl Strategy<Value = (Date, Date)> {
    (date(), date(), prop_oneof![3 => Just(false), 1 => Just(true)])
        .prop_map(|(one, other, one_day)| if one_day { (one, one) } else { (one.min(other), one.max(other)) })
}

pub(super) fn date() -> impl Strategy<Value = Date> {
    prop_oneof![4 => 20_000..=22_000_i64, 1 => DAY_FIRST..=DAY_LAST, 1 => select(vec![DAY_FIRST, -25, -24, -1, 0, 23, 24, DAY_LAST])]
        .prop_map(|day| Date::from_day_number(day).unwrap())
}

pub(super) fn time() -> impl Strategy<Value = UnixTime> {
    prop_oneof![SECONDS_FIRST..=SECONDS_LAST, Just(SECONDS_FIRST), Just(SECONDS_LAST), Just(1 << 32)]
        .prop_map(|seconds| UnixTime::new(seconds).unwrap())
}

pub(super) fn money() -> impl Strategy<Value = Money> {
    (count(), select(vec!["KES", "UGX", "OMR", "CLF", "ZZZ"]))
        .prop_map(|(minor, currency)| Money { minor, currency: Currency::new(currency).unwrap() })
}

/// Around each length that CBOR writes numbers in, and anywhere between.
pub(super) fn count() -> impl Strategy<Value = Count> {
    let heads = [0, 23, 24, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 53) - 1];
    prop_oneof![select(heads.to_vec()), 0..10_000_u64, 0..1_u64 << 53]
        .prop_map(|count| Count::new(count).unwrap())
}

pub(super) fn level() -> impl Strategy<Value = Level> {
    (1..=5_u8).prop_map(|level| Level::new(level).unwrap())
}

pub(super) fn functions() -> impl Strategy<Value = Set<Function>> {
    set_of(Function::ALL)
}

pub(super) fn groups() -> impl Strategy<Value = Set<BenefitGroup>> {
    set_of(BenefitGroup::ALL)
}

/// None, some, or all entries of a code list.
pub(super) fn set_of<T: Copy + Ord + std::fmt::Debug + 'static>(
    all: &'static [T],
) -> impl Strategy<Value = Set<T>> {
    prop_oneof![6 => btree_set(select(all), 0..=3), 1 => btree_set(select(all), 0..=all.len()), 1 => Just(all.iter().copied().collect())]
        .prop_map(|entries| Set::new(entries.into_iter().collect()).unwrap())
}

pub(super) fn areas() -> impl Strategy<Value = Vec<Area>> {
    prop_oneof![4 => btree_set(area(), 1..=2), 1 => btree_set(area(), 16)]
        .prop_map(|areas| areas.into_iter().collect())
}

pub(super) fn area() -> impl Strategy<Value = Area> {
    let part =
        prop_oneof![Just(String::new()), of(LETTERS_DIGITS, 1..=3).prop_map(|part| format!("-{part}"))];
    (of(LETTERS, 2..=2), part).prop_map(|(country, part)| Area::new(&(country + &part)).unwrap())
}

pub(super) fn issuer_id() -> impl Strategy<Value = IssuerId> {
    signing_id().prop_map(|id| IssuerId::new(&id).unwrap())
}

pub(super) fn delegation_id() -> impl Strategy<Value = DelegationId> {
    signing_id().prop_map(|id| DelegationId::new(&id).unwrap())
}

pub(super) fn signing_id() -> impl Strategy<Value = String> {
    let rest = prop_oneof![4 => of(LETTERS_DIGITS, 2..=6), 1 => of(ID, 1..=1), 1 => of(ID, 21..=21)];
    (of(LETTERS, 2..=2), rest).prop_map(|(country, rest)| format!("{country}-{rest}"))
}

pub(super) fn product_id() -> impl Strategy<Value = ProductId> {
    plain_id().prop_map(|id| ProductId::new(&id).unwrap())
}

pub(super) fn agreement_id() -> impl Strategy<Value = AgreementId> {
    plain_id().prop_map(|id| AgreementId::new(&id).unwrap())
}

pub(super) fn plain_id() -> impl Strategy<Value = String> {
    prop_oneof![of(ID, 1..=8), of(ID, 24..=24)]
}

/// A text of so many characters, all from one alphabet.
pub(super) fn of(alphabet: &'static str, length: RangeInclusive<usize>) -> impl Strategy<Value = String> {
    vec(select(alphabet.chars().collect::<Vec<_>>()), length).prop_map(String::from_iter)
}

pub(super) fn language() -> impl Strategy<Value = LanguageTag> {
    select(vec![
        "sw",
        "am",
        "ar",
        "bn",
        "hi",
        "ff-Adlm",
        "zh-Hant-TW",
        "de-CH-1996",
        "x-sanad",
        "aaaaaaaa-bbbbbbbb-cccccccc-dddddddd-eeeeeeee-ffffffff-gggggggg-h",
    ])
    .prop_map(|tag| LanguageTag::new(tag).unwrap())
}

pub(super) fn member_number() -> impl Strategy<Value = MemberNumber> {
    prop_oneof![4 => of("0123456789", 8..=12), 1 => of(ID, 1..=1), 1 => of(ID, 24..=24), 1 => text(24)]
        .prop_map(|number| MemberNumber::new(&number).unwrap())
}

/// Names in five scripts, with combining marks, joiners and spaces, mostly short, now and then of 1 or 64
/// characters.
pub(super) fn name() -> impl Strategy<Value = Name> {
    let script = select(SCRIPTS);
    let length = prop_oneof![12 => 2..=18_usize, 1 => Just(1_usize), 1 => Just(64_usize)];
    (script, length)
        .prop_flat_map(|(script, length)| vec(select(script.chars().collect::<Vec<_>>()), length))
        .prop_map(|characters| Name::new(&characters.into_iter().collect::<String>()).unwrap())
}

pub(super) fn label() -> impl Strategy<Value = Label> {
    prop_oneof![6 => text(16), 1 => text(64), 1 => vec(select(vec!['x', '\u{1F33E}']), 64).prop_map(String::from_iter)]
        .prop_map(|text| Label::new(&text).unwrap())
}

pub(super) fn short_label() -> impl Strategy<Value = Label> {
    text(3).prop_map(|text| Label::new(&text).unwrap())
}

/// Any characters at all: what JSON must escape, what CSV must quote, runs of spaces, and all planes of Unicode.
pub(super) fn text(length_max: usize) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => proptest::char::range('a', 'z'),
        2 => select(vec![' ', '"', '\\', '/', ',', ';', '\n', '\u{0}', '\u{1f}', '\u{7f}', '\u{2028}', '\u{feff}']),
        1 => any::<char>(),
    ];
    vec(character, 1..=length_max).prop_map(String::from_iter)
}

pub(super) fn nullable<S: Strategy>(strategy: S) -> impl Strategy<Value = Nullable<S::Value>>
where
    S::Value: Clone,
{
    option::of(strategy).prop_map(Nullable)
}

pub(super) fn bytes<const N: usize>() -> impl Strategy<Value = FixedBytes<N>>
where
    [u8; N]: proptest::arbitrary::Arbitrary,
{
    any::<[u8; N]>().prop_map(FixedBytes)
}
pub(super) const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub(super) const LETTERS_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// What the identifiers of SPEC.md section 7 are made of.
pub(super) const ID: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

pub(super) const SCRIPTS: &[&str] = &[
    "abcdefghijklmnoprstuvwyzABDKMNOWéñšž'’- e\u{301}n\u{303}",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآ \u{64e}\u{650}\u{651}\u{200c}\u{200d}",
    "ሀለሐመሠረሰሸቀበተቸኀነኘአከኸወዐዘዠየደጀገጠጨጰጸፀፈፐ \u{135f}፡",
    "अआइईउऊकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह \u{93e}\u{93f}\u{940}\u{94d}\u{902}\u{93c}\u{200d}",
    "অআইঈউঊকখগঘচছজঝটঠডঢণতথদধনপফবভমযরলশষসহ \u{9be}\u{9bf}\u{9cd}\u{9bc}\u{9d7}\u{981}",
];

/// SPEC.md section 3: the days and seconds that the format has.
pub(super) const DAY_FIRST: i64 = -25_567;
pub(super) const DAY_LAST: i64 = 84_005;
pub(super) const SECONDS_FIRST: u64 = 1_577_836_800;
pub(super) const SECONDS_LAST: u64 = 7_258_118_399;
