//! Arbitrary valid documents: every type, every optional member present or absent, lengths and numbers at their
//! bounds, on paper and on a phone. All people, schemes and places are invented.
//!
//! Strategies for proptest, so that a failing document is shrunk to the smallest that still fails. Keys are fixed:
//! a document with the same claims is the same bytes in every run, and [`samples`] are the same everywhere.

mod rights;
mod values;

use self::rights::{common, right};
use self::values::{
    SECONDS_FIRST, SECONDS_LAST, agreement_id, area, bytes, count, date, delegation_id, issuer_id, label,
    level, money, nullable, status_index, status_reference, status_uri, time,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::sample::{select, subsequence};
use proptest::strategy::{BoxedStrategy, Union, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use proptest::{option, prop_oneof};
use sanad_credential::{
    Action, Assurance, BenefitGroup, Binding, Cause, Challenge, Claims, Clock, CredentialId, Decision,
    DocumentReference, Draft, Emergency, Encounter, FixedBytes, GoodFaith, HolderKey, List, MemberLine,
    PHONE_BYTES_MAX, PersonResult, PublicKey, QrText, Reason, Reasons, Receipt, RestsOn, RightType, Set,
    SigningKey, Status, StatusList, StatusListToken, StatusReference, UNREFERENCED_SECONDS_MAX, UnixTime,
    VALIDITY_SECONDS_MIN, VerifyingKey, seal_entitlement, seal_presentation, seal_receipt, seal_status_list,
};

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

/// The key of every generated holder that presents. A test key too.
pub fn holder_key() -> SigningKey {
    SigningKey::from_secret(&[0x48; 32])
}

/// A phone credential of [`holder_key`], what the holder signs beside it, and the token: claims, credential, binding, token.
pub fn presentation() -> impl Strategy<Value = (Claims, Vec<u8>, Binding, Vec<u8>)> {
    (claims(), binding()).prop_filter_map("too long to be presented", |(claims, binding)| {
        let mut draft = claims.into_draft();
        draft.holder_key = Some(HolderKey(holder_key().public_key()));
        let claims = draft.check().ok()?;
        let credential = seal_entitlement(&claims, &signing_key()).ok()?;
        if credential.len() > PHONE_BYTES_MAX {
            return None;
        }
        let token = seal_presentation(&credential, &binding, &holder_key()).unwrap();
        Some((claims, credential, binding, token))
    })
}

/// What a holder signs.
pub fn binding() -> impl Strategy<Value = Binding> {
    (delegation_id(), time(), option::of(bytes())).prop_map(|(aud, iat, cnonce)| Binding { aud, iat, cnonce })
}

/// What a verifier shows.
pub fn challenge() -> impl Strategy<Value = Challenge> {
    (delegation_id(), bytes()).prop_map(|(facility, nonce)| Challenge { facility, nonce })
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
    let validity = (SECONDS_FIRST..=SECONDS_LAST - VALIDITY_SECONDS_MIN, 0..=400 * 86_400_u64);
    (status_uri(), validity, count(), entries).prop_map(|(sub, (iat, more), ttl, entries)| {
        let exp = (iat + VALIDITY_SECONDS_MIN + more).min(SECONDS_LAST);
        let (iat, exp) = (UnixTime::new(iat).unwrap(), UnixTime::new(exp).unwrap());
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
fn encounter() -> impl Strategy<Value = Encounter> {
    let answer = (
        select(Decision::ALL),
        select(Assurance::ALL),
        select(Action::ALL),
        subsequence(Reason::ALL.to_vec(), 0..=43)
            .prop_shuffle()
            .prop_map(|reasons| Reasons::new(reasons).unwrap()),
        nullable(document_reference()),
        nullable(bytes()),
        subsequence(BenefitGroup::ALL.to_vec(), 0..=17).prop_map(|groups| Set::new(groups).unwrap()),
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
        option::of(count().prop_map(|count| MemberLine::new(count.value().max(1)).unwrap())),
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
/// A sealed status list token.
pub fn seal_list(token: &StatusListToken) -> Vec<u8> {
    seal_status_list(token, &signing_key()).unwrap()
}
