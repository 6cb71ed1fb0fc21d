//! A receipt with the pack and the document gives its decision again, whatever was asked and shown.

use sanad_credential::{
    Area, Cause, Claims, Clock, Count, CredentialId, Date, DelegationId, Emergency, FixedBytes, Label, Level,
    MemberLine, Money, PersonResult, Reason, Receipt, Sealed, Status, VerifyingKey, seal_entitlement,
    seal_receipt,
};
use sanad_tests::region::{key, time};
use sanad_tests::two_countries::{HOUSEHOLD, region};
use sanad_trust::client::Anchor;
use sanad_trust::floors::Floors;
use sanad_trust::pack::{Held, Pack};
use sanad_verifier::{
    Asked, AtFacility, Context, Documents, Journal, Referral, Replay, SeenToday, Signing, Tokens, receipt,
};

const VOUCHER: &str = r#"{"type":"benefit","iss":"KE-SHA","cti":"d7d1872caff6ed01","iat":"2026-05-02","exp":"2026-06-01",
    "subject":{"number":"V-1","name":"Abebe Tesfaye"},"programme":"FOOD","benefit_type":"voucher","functions":["food"],
    "from":"2026-05-02","to":"2027-01-14","serials":[1,24],"areas":["KE"]}"#;

const RECORD: &str = r#"{"type":"contribution","iss":"KE-SHA","cti":"5a5a5a5a5a5a5a5a","iat":"2026-06-02","exp":"2026-07-01",
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa"},"scheme":"SHIF","as_of":"2026-06-02",
    "lines":[{"from":"2026-05-21","to":"2026-08-20","quantity":3,"unit":"month","kind":"self",
    "functions":["medical_care"],"payer":"self","quality":"posted"}]}"#;

fn pack(lists: &[(u32, Status)]) -> Pack {
    let region = region("2026-05-31", lists);
    let anchor = Anchor::File(region.first_root());
    let held = Held { anchor: &anchor, floors: &Floors::none(), clock: Some(time("2026-06-01")) };
    Pack::load(&mut region.current_pack(), &held).unwrap()
}

fn document(claims: &str, signer: &str) -> Vec<u8> {
    seal_entitlement(&Claims::from_json_text(claims).unwrap(), &key(signer)).unwrap()
}

/// One question after the other: each member takes its values in an order of its own, always the same.
fn context(number: usize) -> Context {
    fn pick<T: Clone>(number: usize, step: usize, values: &[T]) -> T {
        let mixed = (number * 31 + step).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        values[(mixed >> 33) % values.len()].clone()
    }
    let asked = pick(number, 1, &["OPD", "ANC", "MEDS", "INP", "SURG", "CHILD", "DENT", "EMER", "PAYOUT"]);
    let days = [
        "2026-05-01",
        "2026-05-10",
        "2026-05-25",
        "2026-06-19",
        "2026-06-20",
        "2026-09-20",
        "2027-01-20",
        "2029-06-01",
    ];
    let money = |minor| Money {
        minor: Count::new(minor).unwrap(),
        currency: sanad_credential::Currency::new("UGX").unwrap(),
    };
    Context {
        date: Date::parse(pick(number, 2, &days)).unwrap(),
        clock: pick(number, 3, Clock::ALL),
        place: Area::new(pick(number, 5, &["UG", "KE", "TZ", "UG-102"])).unwrap(),
        facility: AtFacility {
            id: Some(DelegationId::new(pick(number, 7, &["UG-F01", "UG-F04", "UG-F09"])).unwrap()),
            level: pick(number, 11, &[None, Some(Level::new(2).unwrap()), Some(Level::new(5).unwrap())]),
        },
        asked: Asked::from_word(asked).unwrap(),
        amount: pick(number, 13, &[None, Some(money(0)), Some(money(15_001)), Some(money(9_000_000))]),
        emergency: pick(number, 17, &[Emergency::No, Emergency::No, Emergency::No, Emergency::Yes]),
        person: pick(number, 4, PersonResult::ALL),
        referral: pick(
            number,
            19,
            &[Referral::None, Referral::Given(None), Referral::Given(Label::new("R-7").ok())],
        ),
        preauth: pick(number, 6, &[None, Label::new("PA-1").ok()]),
        serial: pick(number, 8, &[None, Count::new(3).ok(), Count::new(99).ok()]),
        cause: pick(number, 10, Cause::ALL),
        member: MemberLine::new(pick(number, 15, &[1, 1, 3])).unwrap(),
    }
}

#[test]
fn a_receipt_with_the_pack_and_the_documents_gives_its_decision_again() {
    let packs = [
        pack(&[]),
        pack(&[(7, Status::Revoked)]),
        pack(&[(7, Status::Suspended)]),
        pack(&[(7, Status::Superseded)]),
    ];
    let household = document(HOUSEHOLD, "KE-SHA credential");
    let voucher = document(VOUCHER, "KE-SHA credential");
    let record = document(RECORD, "KE-SHA credential");
    let unknown = document(RECORD, "a newer key of KE-SHA");
    let mut forged = household.clone();
    let place = forged.windows(6).position(|bytes| bytes == b"Nekesa").unwrap();
    forged[place] = b'M';
    let phone = HOUSEHOLD
        .replace(r#""subject""#, &format!(r#""cnf":"{}","subject""#, key("the holder's phone").public_key()));
    let phone = document(&phone, "KE-SHA credential");
    let shown: [&[&[u8]]; 8] = [
        &[&household],
        &[&household, &record],
        &[&unknown, &household],
        &[&voucher, &household],
        &[&forged],
        &[&phone],
        &[],
        &[&voucher],
    ];
    let (mut replayed, mut reasons) = (0, std::collections::BTreeSet::new());
    for number in 0..20_000 {
        let (context, shown, pack) = (context(number), shown[number % 8], &packs[number / 8 % 4]);
        let opened = Documents::open(pack, shown, context.date, context.clock, Tokens::None);
        let mut journal = Journal::empty();
        for claims in opened.readable().iter().filter_map(|document| document.claims()) {
            if number % 7 == 0 {
                journal.redeemed.insert((claims.iss.clone(), claims.cti, Count::new(3).unwrap()));
            }
            if number % 5 == 0 {
                let line = (claims.iss.clone(), claims.cti, context.member);
                journal.seen_today.insert(line, SeenToday::OtherPerson);
            }
        }
        let question = opened.question(&context, &journal);
        let Ok(answers) = question.decide() else { continue };
        let receipt = signed(&context, &opened, &question, &answers.chosen);

        let replay = Replay::of(&receipt).unwrap();
        let context = replay.context.clone();
        let again = Documents::open(pack, shown, context.date, context.clock, Tokens::AsJudged);
        let journal = replay.journal(&again);
        let question = again.question(&context, &journal);
        let found = question.decide().unwrap().chosen;
        assert!(is_answer_of(&found, &receipt), "question {number}: {found:?}\n{receipt:?}");
        assert!(!format!("{}", receipt.to_json()).contains("Nekesa"));
        reasons.extend(found.reasons);
        replayed += 1;
    }
    assert!(replayed > 15_000, "{replayed}");
    for reason in [
        Reason::AlreadyRedeemed,
        Reason::CloneSuspect,
        Reason::KeyUnknown,
        Reason::ReceiptPending,
        Reason::Bypass,
    ] {
        assert!(reasons.contains(&reason), "{reason:?} never occurred");
    }
}

/// As it is read back from its signed bytes.
fn signed(
    context: &Context,
    opened: &Documents<'_>,
    question: &sanad_verifier::Question<'_>,
    answer: &sanad_verifier::Answer<'_>,
) -> Receipt {
    let device = key("device");
    let cti: CredentialId = FixedBytes([7; 8]);
    let facility = context.facility.id.clone().unwrap();
    let signing = Signing { facility, iat: time("2026-06-01"), cti, previous: None };
    let made = receipt(context, opened, question, answer, signing).unwrap();
    let document = seal_receipt(&made, &device).unwrap();
    let point = VerifyingKey::new(&device.public_key()).unwrap();
    let read = Sealed::parse(&document).unwrap().open_receipt(&point).unwrap();
    assert_eq!(read, made);
    read
}

/// Whether an answer is the one that a receipt states: decision, assurance, action, reasons, co-pay and document.
fn is_answer_of(answer: &sanad_verifier::Answer<'_>, receipt: &Receipt) -> bool {
    let encounter = &receipt.encounter;
    let copay = answer.copay.as_ref().and_then(|copay| copay.money.as_ref());
    let credential = answer.claims.map(|claims| (&claims.iss, &claims.cti));
    (answer.decision, answer.assurance, answer.action)
        == (encounter.decision, encounter.assurance, encounter.action)
        && *answer.reasons == encounter.reasons[..]
        && copay == encounter.copay.as_ref()
        && credential == encounter.credential.0.as_ref().map(|reference| (&reference.issuer, &reference.cti))
}
