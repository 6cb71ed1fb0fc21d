//! Counts are published so that no small cell can be read or recomputed, from one output or from several tables of it.

use sanad_cells::Published;
use sanad_credential::Receipt;
use sanad_verify::receipts::stats::{By, Stats, Table, Withheld};

use crate::made::Chain;

/// So many receipts with a decision, a group, an issuer and a reason.
struct Many<'m> {
    count: usize,
    decision: &'m str,
    group: &'m str,
    home: Option<&'m str>,
    reasons: &'m [&'m str],
}

fn receipts(many: &[Many<'_>]) -> Vec<Receipt> {
    let mut chain = Chain::new("UG-F01", "statistics");
    let mut made = Vec::new();
    for each in many {
        for _ in 0..each.count {
            chain.next += 1;
            made.push(chain.receipt(|json| {
                json["decision"] = each.decision.into();
                json["benefits"] = serde_json::json!([each.group]);
                json["reasons"] = serde_json::json!(each.reasons);
                json["credential"] = match each.home {
                    Some(issuer) => serde_json::json!([issuer, "0011223344556677"]),
                    None => serde_json::Value::Null,
                };
            }));
        }
    }
    made
}

fn tables(receipts: &[Receipt], asked: &[By]) -> Vec<Table> {
    let mut stats = Stats::none();
    receipts.iter().for_each(|receipt| stats.add(receipt, None));
    stats.tables(asked)
}

fn cell(table: &Table, wanted: &str) -> Published {
    table.cells.iter().find(|(name, _)| name == wanted).unwrap().1
}

fn many<'m>(count: usize, decision: &'m str, group: &'m str, reasons: &'m [&'m str]) -> Many<'m> {
    Many { count, decision, group, home: Some("KE-SHA"), reasons }
}

#[test]
fn large_counts_are_told_with_their_reasons() {
    let receipts = receipts(&[
        many(120, "COVERED", "OPD", &["STATUS_OLD"]),
        many(30, "NOT_COVERED", "MEDS", &["LAPSED"]),
        many(20, "CANNOT_DECIDE", "INP", &["STATUS_TOO_OLD", "PREAUTH_NEEDED"]),
        many(11, "CANNOT_DECIDE", "INP", &["PREAUTH_NEEDED"]),
        many(3, "COVERED", "INP", &["IN_GRACE"]),
    ]);
    let tables = tables(&receipts, &By::ALL);
    let table = |by: By| tables.iter().find(|table| table.by == by).unwrap();
    assert_eq!(cell(table(By::Decision), "COVERED"), Published::Count(123));
    assert_eq!(table(By::Decision).total, Some(Published::Count(184)));
    assert_eq!(cell(table(By::Reason), "PREAUTH_NEEDED"), Published::Count(31));
    assert_eq!(cell(table(By::Reason), "IN_GRACE"), Published::Hidden);
    assert_eq!(cell(table(By::Stale), "newer_pack_decides"), Published::Count(20));
    assert_eq!(cell(table(By::Stale), "other"), Published::Count(11));
    assert_eq!(cell(table(By::Overturned), "stands"), Published::Count(30));
    assert_eq!(cell(table(By::Week), "2026-W23"), Published::Count(184));
    assert_eq!(
        (cell(table(By::Host), "UG"), cell(table(By::Home), "KE-SHA")),
        (Published::Count(184), Published::Count(184))
    );
}

/// The attack: total minus the published cells, and the same from another table or another call.
#[test]
fn suppressed_cell_recomputed_from_other_tables_is_prevented() {
    let receipts = receipts(&[
        many(120, "COVERED", "OPD", &[]),
        many(14, "NOT_COVERED", "OPD", &["LAPSED"]),
        many(4, "CANNOT_DECIDE", "OPD", &["STATUS_TOO_OLD"]),
    ]);
    let all = tables(&receipts, &By::ALL);
    let table = |by: By| all.iter().find(|table| table.by == by).unwrap();
    let decisions = table(By::Decision);
    assert_eq!(cell(decisions, "COVERED"), Published::Count(120));
    assert_eq!(cell(decisions, "CANNOT_DECIDE"), Published::Hidden);
    assert_eq!(cell(decisions, "NOT_COVERED"), Published::Hidden, "138 - 120 - 14 would tell it");
    // Each of these would tell the 14, and so the 4.
    assert_eq!(table(By::Overturned).total, Some(Published::Hidden));
    assert!(table(By::Overturned).cells.iter().all(|(_, cell)| *cell == Published::Hidden));
    assert_eq!((table(By::Reason).withheld, table(By::Reason).cells.len()), (Withheld::Yes, 0));
    assert_eq!(table(By::Stale).total, Some(Published::Hidden));
    for by in By::ALL {
        assert_eq!(tables(&receipts, &[by])[0], *table(by), "asked for alone it is the same table");
    }
    let words: String = all.iter().map(Table::to_text).collect();
    let json: String = all.iter().map(|table| table.to_json().to_string()).collect();
    for hidden in ["14", " 4", ":4"] {
        assert!(!words.contains(hidden) && !json.contains(hidden), "{hidden}: {words}{json}");
    }
}

#[test]
fn few_visitors_of_one_issuer_withhold_the_reasons_that_could_be_theirs() {
    let mut sets = vec![
        many(60, "COVERED", "OPD", &["TIME_OPERATOR"]),
        many(20, "NOT_COVERED", "OPD", &["TIME_OPERATOR"]),
    ];
    sets.push(Many {
        home: None,
        count: 12,
        decision: "CANNOT_DECIDE",
        group: "OPD",
        reasons: &["NO_CREDENTIAL"],
    });
    let reasons = |receipts: &[Receipt]| tables(receipts, &[By::Reason]).remove(0);
    assert_eq!(cell(&reasons(&receipts(&sets)), "TIME_OPERATOR"), Published::Count(80));
    sets.push(Many { home: Some("SN-CSS"), count: 2, decision: "COVERED", group: "OPD", reasons: &[] });
    assert_eq!(reasons(&receipts(&sets)).withheld, Withheld::Yes);
}

#[test]
fn refusals_that_late_evidence_turned_around_are_counted_by_the_last_word() {
    let refused = receipts(&[many(40, "NOT_COVERED", "OPD", &["LAPSED"])]);
    let covered = receipts(&[many(40, "COVERED", "OPD", &["RECEIPT_PENDING"])]);
    let mut stats = Stats::none();
    refused.iter().for_each(|receipt| stats.add(receipt, None));
    let mut second = Chain::new("UG-F01", "second");
    for (refused, settles) in refused.iter().zip(&covered).take(15) {
        let mut settles = settles.clone();
        second.next += 1;
        settles.cti = second.receipt(|_| ()).cti;
        stats.add(&settles, Some(refused.cti));
        // Settled once more, by naming what settled it before.
        let mut again = settles.clone();
        second.next += 1;
        again.cti = second.receipt(|_| ()).cti;
        stats.add(&again, Some(settles.cti));
    }
    let tables = stats.tables(&[By::Decision, By::Overturned]);
    assert_eq!(tables[0].total, Some(Published::Count(40)), "what settles is no encounter");
    assert_eq!(cell(&tables[1], "overturned"), Published::Count(15));
    assert_eq!(cell(&tables[1], "stands"), Published::Count(25));
}
