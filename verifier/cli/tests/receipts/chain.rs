//! The chain of each device over receipts as they are listed, and verification on several threads.

use sanad_credential::{Claims, FixedBytes, Sealed, seal_entitlement};
use sanad_trust::client::sha256;
use sanad_trust::judge::Standing;
use sanad_verify::receipts::chain::{ChainFault, Link, Proof, Wanted, check};
use sanad_verify::receipts::delegations::{Opened, Trusted};
use sanad_verify::receipts::examine::{Declared, Examination, Found, Item};

use sanad_verifier::Asked;
use sanad_verify::receipts::earlier::Earlier;
use sanad_verify::receipts::log::Log;
use std::time::Instant;

use crate::made::{Chain, device, record};

fn link(number: u64, document: &[u8]) -> Link {
    let sealed = Sealed::parse(document).unwrap();
    let stated = sealed.unverified_receipt().unwrap();
    Link {
        kid: sealed.kid(),
        hash: FixedBytes(sha256(document).0),
        previous: stated.look().encounter.previous.0,
        id: stated.look().cti,
        place: (0, number),
        proof: Proof::Holds,
    }
}

fn links(device_name: &str, count: u64) -> Vec<Link> {
    let mut chain = Chain::new("UG-F01", device_name);
    (1..=count).map(|number| link(number, &chain.sign(|_| ()))).collect()
}

fn faults(links: &[Link], wanted: Wanted) -> Vec<(usize, ChainFault)> {
    check(links, wanted).faults
}

#[test]
fn whole_chain_holds_also_with_two_devices_mixed() {
    let (one, other) = (links("one", 5), links("other", 3));
    assert_eq!(faults(&one, Wanted::All), []);
    let mixed: Vec<Link> = [&one[0], &other[0], &one[1], &one[2], &other[1], &one[3], &other[2], &one[4]]
        .map(Clone::clone)
        .into();
    let shown = check(&mixed, Wanted::All);
    assert_eq!((shown.faults, shown.keys), (vec![], 2));
}

#[test]
fn receipt_removed_from_the_middle_of_one_device_is_named_and_the_other_device_holds() {
    let (mut one, other) = (links("one", 5), links("other", 3));
    let removed = one.remove(2);
    let mixed: Vec<Link> = one.iter().chain(&other).cloned().collect();
    let missing = ChainFault::Missing { after: Some(1), wanted: removed.hash };
    for wanted in [Wanted::All, Wanted::Part] {
        assert_eq!(faults(&mixed, wanted), [(2, missing.clone())]);
    }
    let shown = check(&mixed, Wanted::OnePayer);
    assert_eq!((shown.faults, shown.gaps), (vec![], 1));
}

#[test]
fn beginning_may_be_missing_from_a_part_only() {
    let part = links("one", 5).split_off(2);
    assert_eq!(faults(&part, Wanted::Part), []);
    assert!(matches!(faults(&part, Wanted::All)[..], [(0, ChainFault::Missing { after: None, .. })]));
}

#[test]
fn receipts_moved_doubled_or_following_the_same_one_are_named() {
    let one = links("one", 5);
    let mut moved = one.clone();
    moved.swap(1, 2);
    let found = faults(&moved, Wanted::All);
    assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(found.iter().all(|(_, fault)| matches!(fault, ChainFault::Moved { .. })), "{found:?}");
    let doubled: Vec<Link> = [&one[0], &one[1], &one[1], &one[2]].map(Clone::clone).into();
    assert_eq!(faults(&doubled, Wanted::All), [(2, ChainFault::Twice { first: 1 })]);
    // A log that was put back from a copy: the third receipt is signed twice, with other content.
    let mut chain = Chain::new("UG-F01", "one");
    chain.sign(|_| ());
    chain.sign(|_| ());
    let fork = link(6, &chain.sign(|json| json["charged"]["minor"] = 99.into()));
    let forked: Vec<Link> = one.iter().cloned().chain([fork]).collect();
    assert_eq!(faults(&forked, Wanted::All), [(5, ChainFault::Fork { other: 2 })]);
    let mut again = links("one", 2);
    again[0].hash = FixedBytes([7; 32]);
    again[0].previous = None;
    let restarted: Vec<Link> = one.iter().cloned().chain([again.remove(0)]).collect();
    assert_eq!(faults(&restarted, Wanted::All), [(5, ChainFault::SecondBeginning)]);
}

#[test]
fn altered_receipt_is_told_once_and_one_put_in_between_moves_nobody() {
    let one = links("one", 5);
    let mut altered = one.clone();
    altered[2].hash = FixedBytes([9; 32]);
    altered[2].proof = Proof::Fails;
    assert_eq!(faults(&altered, Wanted::All), [], "its signature is told elsewhere");
    let mut forged = one[2].clone();
    forged.hash = FixedBytes([8; 32]);
    forged.proof = Proof::Fails;
    let mut with = one.clone();
    with.insert(3, forged);
    assert_eq!(faults(&with, Wanted::All), []);
}

fn delegation(of: &Chain) -> Opened {
    let claims = format!(
        r#"{{"type":"delegation","iss":"UG-NHIS","cti":"d0d0d0d0d0d0d0d0","iat":"2026-05-02","exp":"2026-06-01","id":"{}",
            "key":"{}","scopes":["verify"],"from":"2026-05-02","to":"2027-12-31"}}"#,
        of.facility,
        of.key.public_key()
    );
    let claims = Claims::from_json_text(&claims).unwrap();
    let document = seal_entitlement(&claims, &device("UG-NHIS delegation")).unwrap();
    Opened { document, claims, standing: Standing::NoList }
}

#[test]
fn any_number_of_threads_gives_the_same_report_in_the_same_order() {
    let mut chain = Chain::new("UG-F01", "one");
    let documents: Vec<Vec<u8>> = (0..101)
        .map(|number| {
            let mut document = chain.sign(|_| ());
            if number % 10 == 3 {
                // A byte of the signature.
                let end = document.len() - 5;
                document[end] ^= 1;
            }
            document
        })
        .collect();
    let record = record("UG-NHIS");
    let run = |threads: usize| {
        let mut examination = Examination::new(Trusted::Record(&record), vec![delegation(&chain)]);
        let items = (1..).zip(&documents).map(|(number, document)| Item {
            place: (0, number),
            found: Found::Document(document.clone(), None),
        });
        examination.batch(items.collect(), &Declared::nothing(), threads);
        let report = examination.finish(Wanted::All);
        let named: Vec<u64> = report.faults.iter().map(|fault| fault.place.1).collect();
        (named, report.totals.receipts(), report.keys)
    };
    let expected: Vec<u64> = (0..10).map(|ten| ten * 10 + 4).collect();
    for threads in [1, 2, 3, 64, 1_000] {
        assert_eq!(run(threads), (expected.clone(), 91, 1), "{threads} threads");
    }
}

/// `SANAD_RECEIPTS=n`: so many receipts (1,000 without it). Prints how long they take; times depend on the machine, so
/// nothing is asserted of them.
#[test]
fn verification_of_many_receipts_on_one_thread_and_on_all() {
    let count =
        std::env::var("SANAD_RECEIPTS").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000_u64);
    let dir = tempfile::tempdir().unwrap();
    let state = crate::made::state(dir.path());
    let mut chain = Chain::new("UG-F01", "one");
    let mut log = Log::open(&state).unwrap();
    let documents: Vec<Vec<u8>> = (0..count).map(|_| chain.sign(|_| ())).collect();
    let started = Instant::now();
    documents.iter().take(500).for_each(|document| log.append(document).unwrap());
    let (appended, took) = (documents.len().min(500), started.elapsed());
    eprintln!("{appended} receipts appended and on the disk: {took:?}");
    let record = record("UG-NHIS");
    let all = std::thread::available_parallelism().unwrap().get();
    for threads in [1, all] {
        let started = Instant::now();
        let mut examination = Examination::new(Trusted::Record(&record), vec![delegation(&chain)]);
        for (batch, documents) in documents.chunks(8_192).enumerate() {
            let items = (1..).zip(documents).map(|(number, document)| Item {
                place: (0, batch as u64 * 8_192 + number),
                found: Found::Document(document.clone(), None),
            });
            examination.batch(items.collect(), &Declared::nothing(), threads);
        }
        let report = examination.finish(Wanted::All);
        assert!(report.faults.is_empty());
        assert_eq!(report.totals.receipts(), count);
        eprintln!("{count} receipts verified on {threads} threads: {:?}", started.elapsed());
    }
    let started = Instant::now();
    let day = sanad_credential::Date::parse("2026-06-01").unwrap();
    Earlier::read(&state, day, Asked::Payout).unwrap();
    eprintln!("{appended} receipts looked through for what was redeemed: {:?}", started.elapsed());
}
