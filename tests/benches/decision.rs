//! What a decision costs: alone, as a replay of cases, and from the QR text to the signed receipt.
//!
//! `cargo bench -p sanad-tests --bench decision`. The pack is that of `sanad_tests::large_region`: 30 issuers, 60
//! rulebooks, 40 agreements, 2,000 facilities; the cases are those of `tests/cases`. Beside the way from the text to the
//! receipt stands what no implementation can avoid: one signature verified, one made. The program ends with an error when
//! a bound is missed.

use std::hint::black_box;
use std::process::ExitCode;

use sanad_credential::{
    Action, Cause, Claims, Clock, Decision, DelegationId, Emergency, MemberLine, PersonResult, QrText, Right,
    Sign as _, seal_entitlement, seal_receipt,
};
use sanad_messages::Language;
use sanad_tests::large_region::{HOUSEHOLD, ONE_PERSON, issuer, large_region};
use sanad_tests::measure::{bound, fastest, ratio, signed_bytes};
use sanad_tests::region::{key, time};
use sanad_trust::client::Anchor;
use sanad_trust::floors::Floors;
use sanad_trust::pack::{Held, Pack};
use sanad_verifier::case::Case;
use sanad_verifier::{Asked, AtFacility, Context, Documents, Journal, Referral, Signing, Tokens, receipt};
use sanad_verify::words::CatalogueWords;

const DECISION_MICROSECONDS_MAX: f64 = 5.0;
const REPLAY_MICROSECONDS_MAX: f64 = 10.0;
const RECEIPT_RATIO_MAX: f64 = 1.4;
const DECISIONS_A_RUN: u32 = 20_000;
const RUNS: usize = 15;

fn main() -> ExitCode {
    let region = large_region(1);
    let pack = region.current_pack();
    let anchor = Anchor::File(region.first_root());
    let held = Held { anchor: &anchor, floors: &Floors::none(), clock: Some(time("2026-08-01")) };
    let pack = Pack::load(&mut { pack }, &held).unwrap();
    let mut met = replay();
    for (name, json) in [("one person", ONE_PERSON), ("a household of five", HOUSEHOLD)] {
        let json = json.replace("ISSUER", &issuer(0));
        met &= one_document(&pack, name, &json);
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one_document(pack: &Pack, name: &str, json: &str) -> bool {
    let claims = Claims::from_json_text(json).unwrap();
    let secret = key(&format!("{} credential", issuer(0)));
    let document = seal_entitlement(&claims, &secret).unwrap();
    let text = QrText::from_document(&document).unwrap();
    let Right::Coverage(_, coverage) = &claims.right else { panic!("it is a cover") };
    let rulebook = &pack.rulebooks()[&(claims.iss.clone(), coverage.product.clone())];
    let package = &rulebook.in_force(time("2026-08-01").date()).unwrap().package;
    let asked = package.iter().find(|group| !["EMER", "DEL", "CHILD", "SURG"].contains(&group.word()));
    let asked = Asked::Group(*asked.unwrap());
    let home = pack.facilities().iter().find(|(country, _)| country.as_str() == &issuer(0)[..2]).unwrap().1;
    let in_network = home.iter().find(|facility| facility.networks.contains(&claims.iss));
    let facility = in_network.unwrap().id.clone();
    // At home, and where only an agreement could help: all rows are looked at.
    let abroad = pack.facilities().keys().find(|country| country.as_str() != &issuer(0)[..2]).unwrap();
    let mut met = true;
    for place in [coverage.territory[0].as_str(), abroad.as_str()] {
        let context = context(place, &facility, asked);
        let opened = Documents::open(pack, &[&document], context.date, context.clock, Tokens::None);
        let journal = Journal::empty();
        let decide = || {
            let question = opened.question(black_box(&context), &journal);
            black_box(question.decide().unwrap().chosen.decision)
        };
        assert!(opened.readable()[0].claims().is_some());
        let taken = fastest(RUNS, || (0..DECISIONS_A_RUN).for_each(|_| _ = decide()));
        let micros = taken.as_secs_f64() * 1e6 / f64::from(DECISIONS_A_RUN);
        let answer = format!("{:?}", decide());
        met &= bound(
            &format!("{name} in {place} ({answer}): microseconds a decision"),
            micros,
            DECISION_MICROSECONDS_MAX,
        );
    }

    let context = context(coverage.territory[0].as_str(), &facility, asked);
    let device = key("device");
    let to_receipt = || {
        let bytes = QrText::decode(black_box(text.as_str())).unwrap();
        let opened = Documents::open(pack, &[&bytes], context.date, context.clock, Tokens::None);
        let question = opened.question(&context, &Journal::empty());
        let answers = question.decide().unwrap();
        assert_eq!(answers.chosen.action, Action::TreatCopay);
        assert_eq!(answers.chosen.decision, Decision::Covered);
        let signing =
            Signing { facility: facility.clone(), iat: time("2026-08-01"), cti: claims.cti, previous: None };
        let receipt = receipt(&context, &opened, &question, &answers.chosen, signing).unwrap();
        black_box(seal_receipt(&receipt, &device).unwrap());
    };
    let point = ed25519_dalek::VerifyingKey::from_bytes(&secret.public_key().0).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&document[document.len() - 64..]).unwrap();
    let signed = signed_bytes(&claims, secret.key_id());
    let verify_and_sign = || {
        point.verify_strict(black_box(&signed), black_box(&signature)).unwrap();
        let Ok(signature) = device.sign(black_box(&signed));
        black_box(signature);
    };
    met & bound(
        &format!("{name}: QR text to signed receipt / one verify and one sign"),
        ratio(to_receipt, verify_and_sign),
        RECEIPT_RATIO_MAX,
    )
}

/// Cases that were parsed: decided, and written as lines of JSON with the texts for the person.
fn replay() -> bool {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let texts: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let cases: Vec<Case> = lines.map(|line| Case::parse(line).unwrap()).collect();
    let words = CatalogueWords::new(Language::English);
    let a_case = |taken: std::time::Duration| taken.as_secs_f64() * 1e6 / cases.len() as f64;
    let decided = fastest(RUNS * 4, || {
        for case in &cases {
            _ = black_box(case.question().decide().map(|answers| answers.chosen.decision));
        }
    });
    let written = fastest(RUNS * 4, || {
        for case in &cases {
            if let Ok(answers) = case.question().decide() {
                black_box(answers.to_replay_json(&case.id, &words));
            }
        }
    });
    println!(
        "{} cases: {:.0} decided a second, {:.0} decided and written a second",
        cases.len(),
        1e6 / a_case(decided),
        1e6 / a_case(written)
    );
    let met = bound("microseconds a replayed case", a_case(decided), REPLAY_MICROSECONDS_MAX);
    met & bound("microseconds a replayed case, written", a_case(written), REPLAY_MICROSECONDS_MAX)
}

fn context(place: &str, facility: &DelegationId, asked: Asked) -> Context {
    Context {
        date: time("2026-08-01").date(),
        clock: Clock::Ok,
        place: sanad_credential::Area::new(place).unwrap(),
        facility: AtFacility { id: Some(facility.clone()), level: None },
        asked,
        amount: None,
        emergency: Emergency::No,
        person: PersonResult::Match,
        referral: Referral::Given(None),
        preauth: None,
        serial: None,
        cause: Cause::Illness,
        member: MemberLine::new(1).unwrap(),
    }
}
