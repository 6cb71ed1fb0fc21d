//! Arbitrary valid documents: every type, every optional member present or absent, lengths and numbers at their
//! bounds, on paper and on a phone. All people, schemes and places are invented.
//!
//! Strategies for proptest, so that a failing document is shrunk to the smallest that still fails. Keys are fixed:
//! a document with the same claims is the same bytes in every run, and [`seeds`] are the same everywhere.

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use proptest::{option, prop_oneof};
use sanad_credential::{
    Action, AgreementId, Area, Assurance, Benefit, BenefitGroup, BenefitType, Birth, Category, Cause, Claims,
    Clock, Common, Contribution, ContributionLine, Contributor, CopayClass, Count, Coverage, CredentialId,
    CrossBorder, CrossBorderKind, Currency, Date, Decision, Delegation, DelegationId, DerivedBy,
    DocumentReference, Draft, Emergency, Encounter, Evidence, FixedBytes, Function, GoodFaith, HolderKey,
    HouseholdLine, IssuerId, Item, Label, LanguageTag, Level, LineQuality, List, MemberNumber, Membership,
    Money, Name, NativeName, Nullable, Payee, Payer, PeriodKind, PeriodUnit, PersonCheck, PersonResult,
    Pooled, ProductId, PublicKey, QrText, Reason, Receipt, RestsOn, Right, RightType, Role, Scope, Serials,
    Set, Sex, SigningKey, Status, StatusIndex, StatusList, StatusListToken, StatusReference, StatusUri,
    Subject, Tariff, UNREFERENCED_SECONDS_MAX, UnixTime, VerifyingKey, Waits, seal_entitlement, seal_receipt,
    seal_status_list,
};
use std::ops::RangeInclusive;

/// The key that signs every generated document. A test key, published here: no trust list may hold it.
pub fn signing_key() -> SigningKey {
    SigningKey::from_secret(&[0x5A; 32])
}

/// Judges what [`signing_key`] signed.
pub fn verifying_key() -> VerifyingKey {
    VerifyingKey::new(&signing_key().public_key()).unwrap()
}

/// Claims of any type, on paper or on a phone. A few are too long to be sealed.
pub fn claims() -> impl Strategy<Value = Claims> {
    Union::new(RightType::ALL.iter().map(|right| claims_of(*right)))
}

/// Claims of one type.
pub fn claims_of(right_type: RightType) -> BoxedStrategy<Claims> {
    let parts = (
        issuer_id(),
        validity(),
        bytes(),
        option::of(bytes().prop_map(|x| HolderKey(PublicKey(x.0)))),
        common(),
        right(right_type),
    );
    parts
        .prop_map(|(iss, (iat, exp, status), cti, holder_key, common, right)| {
            Draft { iss, exp, iat, cti, status, holder_key, common, right }.check().unwrap()
        })
        .boxed()
}

/// A sealed document of any type that fits into a QR code, with its claims.
pub fn document() -> impl Strategy<Value = (Claims, Vec<u8>)> {
    claims().prop_filter_map("more than 2,048 bytes", |claims| {
        let document = seal_entitlement(&claims, &signing_key()).ok()?;
        Some((claims, document))
    })
}

/// An encounter receipt.
pub fn receipt() -> impl Strategy<Value = Receipt> {
    (delegation_id(), time(), bytes(), encounter()).prop_map(|(iss, iat, cti, encounter)| Receipt {
        iss,
        iat,
        cti,
        encounter,
    })
}

/// A sealed receipt, with what it says.
pub fn receipt_document() -> impl Strategy<Value = (Receipt, Vec<u8>)> {
    receipt().prop_filter_map("more than 2,048 bytes", |receipt| {
        let document = seal_receipt(&receipt, &signing_key()).ok()?;
        Some((receipt, document))
    })
}

/// A status list token with up to 200 entries that are not valid.
pub fn status_list_token() -> impl Strategy<Value = StatusListToken> {
    let entries = vec((status_index(), select(Status::ALL)), 0..200);
    (status_uri(), time(), time(), count(), entries).prop_map(|(sub, iat, exp, ttl, entries)| {
        let mut list = StatusList::all_valid();
        for (index, status) in entries {
            list.set(index, status);
        }
        StatusListToken { sub, iat, exp, ttl, list }
    })
}

/// The QR text of an entitlement with two spaces in a row, as one in fifteen has: the id is drawn until it does.
pub fn text_with_two_spaces() -> impl Strategy<Value = QrText> {
    document().prop_filter_map("no two spaces in 2,000 texts", |(claims, _)| {
        let mut draft = claims.into_draft();
        for attempt in 0..2_000_u64 {
            draft.cti = FixedBytes(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            let document = seal_entitlement(&draft.clone().check().unwrap(), &signing_key()).unwrap();
            let text = QrText::from_document(&document).unwrap();
            if text.as_str().contains("  ") {
                return Some(text);
            }
        }
        None
    })
}

/// One value of a strategy for each number, the same in every run: for seeds and benchmarks.
pub fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// The configuration of a property: so many cases, or in the same proportion more where `PROPTEST_CASES` asks for
/// more than 256. Failures are not kept in files: a bug that was found becomes a test of its own.
pub fn cases(count: u32) -> Config {
    let config = Config::default();
    let cases = (u64::from(config.cases) * u64::from(count) / 256).clamp(1, u64::from(u32::MAX)) as u32;
    Config { cases, failure_persistence: None, ..config }
}

fn validity() -> impl Strategy<Value = (UnixTime, UnixTime, Option<StatusReference>)> {
    let seconds = prop_oneof![
        Just(1_u64),
        1..=UNREFERENCED_SECONDS_MAX,
        Just(UNREFERENCED_SECONDS_MAX),
        Just(UNREFERENCED_SECONDS_MAX + 1),
        1..=400 * 86_400_u64,
        Just(SECONDS_LAST - SECONDS_FIRST),
    ];
    (time(), seconds, option::of(status_reference()), status_reference()).prop_map(
        |(iat, seconds, status, needed)| {
            let exp = (iat.seconds() + seconds).min(SECONDS_LAST);
            let iat = iat.seconds().min(exp - 1);
            let status = if exp - iat > UNREFERENCED_SECONDS_MAX { status.or(Some(needed)) } else { status };
            (UnixTime::new(iat).unwrap(), UnixTime::new(exp).unwrap(), status)
        },
    )
}

fn status_reference() -> impl Strategy<Value = StatusReference> {
    (status_index(), status_uri()).prop_map(|(index, uri)| StatusReference { index, uri })
}

fn status_index() -> impl Strategy<Value = StatusIndex> {
    prop_oneof![Just(0), Just(1_048_575), 0..=1_048_575_u32]
        .prop_map(|index| StatusIndex::new(index).unwrap())
}

fn status_uri() -> impl Strategy<Value = StatusUri> {
    prop_oneof![4 => Just(23_usize), 1 => Just(12), 1 => Just(96), 1 => 12..=96_usize].prop_map(|length| {
        let mut uri = String::from("https://x/");
        while uri.len() < length {
            uri.push_str("status.example/~42?");
        }
        uri.truncate(length);
        StatusUri::new(&uri).unwrap()
    })
}

fn common() -> impl Strategy<Value = Common> {
    let languages = option::of(vec(language(), 1..=2).prop_map(|tags| List::new(tags).unwrap()));
    (option::of(delegation_id()), option::of(bytes()), languages, option::of(label())).prop_map(
        |(delegation, replaces, languages, source)| Common { delegation, replaces, languages, source },
    )
}

fn right(right_type: RightType) -> BoxedStrategy<Right> {
    match right_type {
        RightType::Membership => {
            (subject(), membership()).prop_map(|(subject, right)| Right::Membership(subject, right)).boxed()
        }
        RightType::Coverage => {
            (subject(), coverage()).prop_map(|(subject, right)| Right::Coverage(subject, right)).boxed()
        }
        RightType::Contribution => (subject(), contribution())
            .prop_map(|(subject, right)| Right::Contribution(subject, right))
            .boxed(),
        RightType::Benefit => {
            (subject(), benefit()).prop_map(|(subject, right)| Right::Benefit(subject, right)).boxed()
        }
        RightType::CrossBorder => (subject(), cross_border())
            .prop_map(|(subject, right)| Right::CrossBorder(subject, right))
            .boxed(),
        RightType::Delegation => delegation().prop_map(Right::Delegation).boxed(),
    }
}

fn subject() -> impl Strategy<Value = Subject> {
    let native = (language(), name()).prop_map(|(language, name)| NativeName { language, name });
    let natives = option::of(vec(native, 1..=2).prop_map(|names| List::new(names).unwrap()));
    let parts = (
        member_number(),
        name(),
        natives,
        option::of(birth()),
        option::of(select(Sex::ALL)),
        option::of(label()),
        option::of(select(Role::ALL)),
        option::weighted(0.3, household()),
        option::of(select(PersonCheck::ALL)),
    );
    parts.prop_map(|(number, name, native_names, birth, sex, household, role, members, check)| Subject {
        number,
        name,
        native_names,
        birth,
        sex,
        household,
        role,
        members,
        check,
    })
}

fn household() -> impl Strategy<Value = List<HouseholdLine, 1, 12>> {
    let person = (name(), nullable(count()), select(Sex::ALL), select(Role::ALL));
    // Lines rise from 2, but need not follow each other: a line number is never given to somebody else.
    (
        prop_oneof![Just(0_u64), 0..1_000_000_u64],
        vec((person, prop_oneof![4 => Just(1_u64), 1 => 1..300_u64]), 1..=12),
    )
        .prop_map(|(skipped, people)| {
            let mut last = 1 + skipped;
            let lines = people.into_iter().map(|((name, birth_year, sex, role), step)| {
                last += step;
                HouseholdLine { line: Count::new(last).unwrap(), name, birth_year, sex, role }
            });
            List::new(lines.collect()).unwrap()
        })
}

fn membership() -> impl Strategy<Value = Membership> {
    let parts = (
        label(),
        option::of(select(Category::ALL)),
        option::of(count()),
        date(),
        option::of(label()),
        option::of(label()),
    );
    parts.prop_map(|(scheme, category, isco, since, isic, guardian)| Membership {
        scheme,
        category,
        isco,
        since,
        isic,
        guardian,
    })
}

fn coverage() -> impl Strategy<Value = Coverage> {
    let group_dates = proptest::collection::btree_map(select(BenefitGroup::ALL), date(), 0..=17);
    let parts = (
        product_id(),
        count(),
        functions(),
        (period(), any::<u32>(), any::<bool>()),
        option::of(count()),
        option::of(group_dates.prop_map(|waits| Waits::new(waits.into_iter().collect()).unwrap())),
        (0..=9_u8).prop_map(|class| CopayClass::new(class).unwrap()),
        areas().prop_map(|areas| Set::new(areas).unwrap()),
        option::of(level()),
        option::of(Just(Pooled)),
        option::of(groups()),
    );
    parts.prop_map(
        |(
            product,
            rulebook,
            functions,
            ((start, end), day, partly_paid),
            grace_days,
            waits,
            copay_class,
            territory,
            max_level,
            pooled,
            survives_suspension,
        )| {
            let days = end.days_since(start) as u32;
            let paid =
                (partly_paid && days > 0).then(|| start.plus_days((day % days.max(1)) as i32).unwrap());
            Coverage {
                product,
                rulebook,
                functions,
                start,
                end,
                paid_through: paid,
                grace_days,
                waits,
                copay_class,
                territory,
                max_level,
                pooled,
                survives_suspension,
            }
        },
    )
}

fn contribution() -> impl Strategy<Value = Contribution> {
    let lines = prop_oneof![6 => vec(contribution_line(), 1..=4), 1 => vec(contribution_line(), 24)];
    (label(), lines, date(), option::of(bytes())).prop_map(|(scheme, lines, as_of, statement_hash)| {
        Contribution { scheme, lines: List::new(lines).unwrap(), as_of, statement_hash }
    })
}

fn contribution_line() -> impl Strategy<Value = ContributionLine> {
    let parts = (
        period(),
        count(),
        select(PeriodUnit::ALL),
        select(PeriodKind::ALL),
        functions(),
        select(Contributor::ALL),
        nullable(money()),
        select(LineQuality::ALL),
    );
    parts.prop_map(|((from, to), quantity, unit, kind, functions, payer, base, quality)| ContributionLine {
        from,
        to,
        quantity,
        unit,
        kind,
        functions,
        payer,
        base,
        quality,
    })
}

fn benefit() -> impl Strategy<Value = Benefit> {
    let outlets = prop_oneof![4 => vec(label(), 0..=3), 1 => vec(short_label(), 64)];
    let parts = (
        label(),
        select(BenefitType::ALL),
        functions(),
        period(),
        option::of(money()),
        option::of((label(), count()).prop_map(|(name, quantity)| Item { name, quantity })),
        option::of(
            (count(), count())
                .prop_map(|(one, other)| Serials { first: one.min(other), last: one.max(other) }),
        ),
        option::of(select(Payee::ALL)),
        option::weighted(0.3, outlets.prop_map(|outlets| List::new(outlets).unwrap())),
        option::of(areas().prop_map(|areas| Set::new(areas).unwrap())),
    );
    parts.prop_map(
        |(programme, benefit_type, functions, (from, to), money, item, serials, payee, outlets, areas)| {
            Benefit {
                programme,
                benefit_type,
                functions,
                from,
                to,
                money,
                item,
                serials,
                payee,
                outlets,
                areas,
            }
        },
    )
}

fn cross_border() -> impl Strategy<Value = CrossBorder> {
    let evidence = prop_oneof![8 => vec(evidence(), 0..=3), 1 => vec(evidence(), 64)];
    let parts = (
        select(CrossBorderKind::ALL),
        agreement_id(),
        functions(),
        period(),
        issuer_id(),
        groups(),
        (select(Payer::ALL), select(Tariff::ALL)),
        areas().prop_map(|areas| Set::new(areas).unwrap()),
        option::of(label()),
        option::of(evidence.prop_map(|evidence| List::new(evidence).unwrap())),
        option::of(select(DerivedBy::ALL)),
    );
    parts.prop_map(
        |(
            kind,
            agreement,
            functions,
            (from, to),
            home,
            groups,
            (payer, tariff),
            hosts,
            preauth,
            evidence,
            derived_by,
        )| {
            CrossBorder {
                kind,
                agreement,
                functions,
                from,
                to,
                home,
                groups,
                payer,
                tariff,
                hosts,
                preauth,
                evidence,
                derived_by,
            }
        },
    )
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (select(RightType::ALL), issuer_id(), bytes()).prop_map(|(right, issuer, cti)| Evidence {
        right,
        issuer,
        cti,
    })
}

fn delegation() -> impl Strategy<Value = Delegation> {
    let parts = (
        delegation_id(),
        bytes().prop_map(|x| PublicKey(x.0)),
        set_of(Scope::ALL),
        period(),
        option::of(money()),
        option::of(money()),
        option::of(areas().prop_map(|areas| Set::new(areas).unwrap())),
        option::of(label()),
        option::of(select(Role::ALL)),
    );
    parts.prop_map(|(id, key, scopes, (from, to), per_document, per_day, areas, principal, relation)| {
        Delegation { id, key, scopes, from, to, per_document, per_day, areas, principal, relation }
    })
}

fn encounter() -> impl Strategy<Value = Encounter> {
    let answer = (
        select(Decision::ALL),
        select(Assurance::ALL),
        select(Action::ALL),
        vec(select(Reason::ALL), 0..=43).prop_map(|reasons| List::new(reasons).unwrap()),
        nullable(document_reference()),
        nullable(bytes()),
        vec(select(BenefitGroup::ALL), 0..=17).prop_map(|groups| List::new(groups).unwrap()),
        date(),
        option::of(money()),
        option::of(money()),
    );
    let circumstances = (
        select(PersonResult::ALL),
        select(vec![Emergency::Yes, Emergency::No]),
        select(Clock::ALL),
        rests_on(),
        option::of(label()),
        option::of(label()),
        select(vec![GoodFaith::Yes, GoodFaith::No]),
        nullable(bytes()),
    );
    let place = (
        option::of(count()),
        area(),
        option::of(level()),
        option::of(count()),
        option::of(select(Cause::ALL)),
        option::of(vec(document_reference(), 1..=8).prop_map(|evidence| List::new(evidence).unwrap())),
    );
    (answer, circumstances, place).prop_map(|(answer, circumstances, place)| {
        let (decision, assurance, action, reasons, credential, hash, benefits, service_date, charged, copay) =
            answer;
        let (person, emergency, clock, rests_on, referral, preauth, good_faith, previous) = circumstances;
        let (member, place, level, serial, cause, evidence) = place;
        Encounter {
            decision,
            assurance,
            action,
            reasons,
            credential,
            credential_hash: hash,
            benefits,
            service_date,
            charged,
            copay,
            person,
            emergency,
            clock,
            rests_on,
            referral,
            preauth,
            good_faith,
            previous,
            member,
            place,
            level,
            serial,
            cause,
            evidence,
        }
    })
}

fn rests_on() -> impl Strategy<Value = RestsOn> {
    (count(), date(), nullable(time()), nullable(count()), nullable(agreement_id())).prop_map(
        |(timestamp, pack, status, rulebook, agreement)| RestsOn {
            timestamp,
            pack,
            status,
            rulebook,
            agreement,
        },
    )
}

fn document_reference() -> impl Strategy<Value = DocumentReference> {
    (issuer_id(), bytes()).prop_map(|(issuer, cti): (_, CredentialId)| DocumentReference { issuer, cti })
}

/// Every form of EDTF that the format has, and days at both ends of the calendar.
fn birth() -> impl Strategy<Value = Birth> {
    let form = select(vec!["Y", "Y~", "DX", "Y-M", "Y-M~", "Y-XX", "Y-M-XX"]);
    let year = prop_oneof![1_900..=2_199_u16, Just(0_u16), Just(9_999_u16)];
    let partial = (form, year, 1..=12_u8).prop_map(|(form, year, month)| {
        let text = form.replace('Y', &format!("{year:04}")).replace('D', &format!("{:03}", year / 10));
        Birth::parse(&text.replace('M', &format!("{month:02}"))).unwrap()
    });
    prop_oneof![2 => partial, 1 => date().prop_map(Birth::Day)]
}

fn period() -> impl Strategy<Value = (Date, Date)> {
    (date(), date(), prop_oneof![3 => Just(false), 1 => Just(true)])
        .prop_map(|(one, other, one_day)| if one_day { (one, one) } else { (one.min(other), one.max(other)) })
}

fn date() -> impl Strategy<Value = Date> {
    prop_oneof![4 => 20_000..=22_000_i64, 1 => DAY_FIRST..=DAY_LAST, 1 => select(vec![DAY_FIRST, -25, -24, -1, 0, 23, 24, DAY_LAST])]
        .prop_map(|day| Date::from_day_number(day).unwrap())
}

fn time() -> impl Strategy<Value = UnixTime> {
    prop_oneof![SECONDS_FIRST..=SECONDS_LAST, Just(SECONDS_FIRST), Just(SECONDS_LAST), Just(1 << 32)]
        .prop_map(|seconds| UnixTime::new(seconds).unwrap())
}

fn money() -> impl Strategy<Value = Money> {
    (count(), select(vec!["KES", "UGX", "OMR", "CLF", "ZZZ"]))
        .prop_map(|(minor, currency)| Money { minor, currency: Currency::new(currency).unwrap() })
}

/// Around each length that CBOR writes numbers in, and anywhere between.
fn count() -> impl Strategy<Value = Count> {
    let heads = [0, 23, 24, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 53) - 1];
    prop_oneof![select(heads.to_vec()), 0..10_000_u64, 0..1_u64 << 53]
        .prop_map(|count| Count::new(count).unwrap())
}

fn level() -> impl Strategy<Value = Level> {
    (1..=5_u8).prop_map(|level| Level::new(level).unwrap())
}

fn functions() -> impl Strategy<Value = Set<Function>> {
    set_of(Function::ALL)
}

fn groups() -> impl Strategy<Value = Set<BenefitGroup>> {
    set_of(BenefitGroup::ALL)
}

/// None, some, or all entries of a code list.
fn set_of<T: Copy + Ord + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Set<T>> {
    prop_oneof![6 => btree_set(select(all), 0..=3), 1 => btree_set(select(all), 0..=all.len()), 1 => Just(all.iter().copied().collect())]
        .prop_map(|entries| Set::new(entries.into_iter().collect()).unwrap())
}

fn areas() -> impl Strategy<Value = Vec<Area>> {
    prop_oneof![4 => btree_set(area(), 1..=2), 1 => btree_set(area(), 16)]
        .prop_map(|areas| areas.into_iter().collect())
}

fn area() -> impl Strategy<Value = Area> {
    let part =
        prop_oneof![Just(String::new()), of(LETTERS_DIGITS, 1..=3).prop_map(|part| format!("-{part}"))];
    (of(LETTERS, 2..=2), part).prop_map(|(country, part)| Area::new(&(country + &part)).unwrap())
}

fn issuer_id() -> impl Strategy<Value = IssuerId> {
    signing_id().prop_map(|id| IssuerId::new(&id).unwrap())
}

fn delegation_id() -> impl Strategy<Value = DelegationId> {
    signing_id().prop_map(|id| DelegationId::new(&id).unwrap())
}

fn signing_id() -> impl Strategy<Value = String> {
    let rest = prop_oneof![4 => of(LETTERS_DIGITS, 2..=6), 1 => of(ID, 1..=1), 1 => of(ID, 21..=21)];
    (of(LETTERS, 2..=2), rest).prop_map(|(country, rest)| format!("{country}-{rest}"))
}

fn product_id() -> impl Strategy<Value = ProductId> {
    plain_id().prop_map(|id| ProductId::new(&id).unwrap())
}

fn agreement_id() -> impl Strategy<Value = AgreementId> {
    plain_id().prop_map(|id| AgreementId::new(&id).unwrap())
}

fn plain_id() -> impl Strategy<Value = String> {
    prop_oneof![of(ID, 1..=8), of(ID, 24..=24)]
}

/// A text of so many characters, all from one alphabet.
fn of(alphabet: &'static str, length: RangeInclusive<usize>) -> impl Strategy<Value = String> {
    vec(select(alphabet.chars().collect::<Vec<_>>()), length).prop_map(String::from_iter)
}

fn language() -> impl Strategy<Value = LanguageTag> {
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

fn member_number() -> impl Strategy<Value = MemberNumber> {
    prop_oneof![4 => of("0123456789", 8..=12), 1 => of(ID, 1..=1), 1 => of(ID, 24..=24), 1 => text(24)]
        .prop_map(|number| MemberNumber::new(&number).unwrap())
}

/// Names in five scripts, with combining marks, joiners and spaces, mostly short, now and then of 1 or 64
/// characters.
fn name() -> impl Strategy<Value = Name> {
    let script = select(SCRIPTS);
    let length = prop_oneof![12 => 2..=18_usize, 1 => Just(1_usize), 1 => Just(64_usize)];
    (script, length)
        .prop_flat_map(|(script, length)| vec(select(script.chars().collect::<Vec<_>>()), length))
        .prop_map(|characters| Name::new(&characters.into_iter().collect::<String>()).unwrap())
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![6 => text(16), 1 => text(64), 1 => vec(select(vec!['x', '\u{1F33E}']), 64).prop_map(String::from_iter)]
        .prop_map(|text| Label::new(&text).unwrap())
}

fn short_label() -> impl Strategy<Value = Label> {
    text(3).prop_map(|text| Label::new(&text).unwrap())
}

/// Any characters at all: what JSON must escape, what CSV must quote, runs of spaces, and all planes of Unicode.
fn text(length_max: usize) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => proptest::char::range('a', 'z'),
        2 => select(vec![' ', '"', '\\', '/', ',', ';', '\n', '\u{0}', '\u{1f}', '\u{7f}', '\u{2028}', '\u{feff}']),
        1 => any::<char>(),
    ];
    vec(character, 1..=length_max).prop_map(String::from_iter)
}

fn nullable<S: Strategy>(strategy: S) -> impl Strategy<Value = Nullable<S::Value>>
where
    S::Value: Clone,
{
    option::of(strategy).prop_map(Nullable)
}

fn bytes<const N: usize>() -> impl Strategy<Value = FixedBytes<N>>
where
    [u8; N]: proptest::arbitrary::Arbitrary,
{
    any::<[u8; N]>().prop_map(FixedBytes)
}

/// A sealed status list token.
pub fn seal_list(token: &StatusListToken) -> Vec<u8> {
    seal_status_list(token, &signing_key()).unwrap()
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LETTERS_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// What the identifiers of SPEC.md section 7 are made of.
const ID: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

const SCRIPTS: &[&str] = &[
    "abcdefghijklmnoprstuvwyzABDKMNOWéñšž'’- e\u{301}n\u{303}",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآ \u{64e}\u{650}\u{651}\u{200c}\u{200d}",
    "ሀለሐመሠረሰሸቀበተቸኀነኘአከኸወዐዘዠየደጀገጠጨጰጸፀፈፐ \u{135f}፡",
    "अआइईउऊकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह \u{93e}\u{93f}\u{940}\u{94d}\u{902}\u{93c}\u{200d}",
    "অআইঈউঊকখগঘচছজঝটঠডঢণতথদধনপফবভমযরলশষসহ \u{9be}\u{9bf}\u{9cd}\u{9bc}\u{9d7}\u{981}",
];

/// SPEC.md section 3: the days and seconds that the format has.
const DAY_FIRST: i64 = -25_567;
const DAY_LAST: i64 = 84_005;
const SECONDS_FIRST: u64 = 1_577_836_800;
const SECONDS_LAST: u64 = 7_258_118_399;
