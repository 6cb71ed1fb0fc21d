//! What a damaged print must still read as. The least counts are those measured, so that a change which reads
//! fewer fails here; a change which reads more should raise them.

use sanad_qr::Level;
use sanad_tests::damage::{DAMAGES, Damage, SEVERITIES, Severity, Tally, symbols, tally};
use std::thread::scope;

/// Pictures of each symbol in each cell: twelve in a cell, over versions 14, 16 and 20.
const SEEDS: u64 = 4;

#[test]
fn damaged_prints_read_as_often_as_measured_and_never_wrongly() {
    let symbols = symbols(Level::Quartile);
    let versions: Vec<u8> = symbols.iter().map(|(symbol, _)| symbol.version().number()).collect();
    assert_eq!(versions, [14, 16, 20]);
    let cells: Vec<(Damage, Severity)> =
        DAMAGES.iter().flat_map(|damage| SEVERITIES.map(|severity| (*damage, severity))).collect();
    let halves: [Vec<_>; 2] = [0, 1].map(|half| cells.iter().skip(half).step_by(2).copied().collect());
    let tallies: Vec<(Damage, Severity, Tally)> = scope(|threads| {
        let measure = |(damage, severity)| (damage, severity, tally(&symbols, damage, severity, SEEDS));
        let running =
            halves.map(|half| threads.spawn(move || half.into_iter().map(measure).collect::<Vec<_>>()));
        running.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let mut fewer = Vec::new();
    for (damage, severity, tally) in tallies {
        assert_eq!(tally.wrong, 0, "{damage:?} {severity:?}: {tally:?}");
        assert!(tally.attempts >= tally.bare, "{damage:?} {severity:?}: {tally:?}");
        if tally.attempts < least(damage)[severity as usize] {
            fewer.push(format!("{damage:?} {severity:?}: {tally:?}"));
        }
    }
    assert!(fewer.is_empty(), "fewer read than measured: {fewer:#?}");
}

#[test]
fn a_folded_print_reads_at_level_q_where_level_m_does_not() {
    let read = |level| tally(&symbols(level), Damage::Fold, Severity::Severe, 4).attempts;
    assert!(read(Level::Quartile) > read(Level::Medium));
}

/// The least that must read of twelve, from slight to severe. Where not all do, one less than measured: a seed on the
/// edge may fall to the other side with the processor's floating-point library.
fn least(damage: Damage) -> [usize; 4] {
    match damage {
        Damage::Fold => [12, 12, 12, 10],
        Damage::Stain => [12, 12, 12, 10],
        Damage::Blur => [12, 12, 11, 0],
        Damage::LowResolution => [12, 12, 11, 0],
        Damage::Rotation | Damage::UnevenLight | Damage::Jpeg => [12, 12, 12, 12],
        Damage::Perspective => [12, 12, 11, 6],
        Damage::Noise => [12, 12, 12, 10],
        // Three of the four seeds tear off a corner that holds a finder pattern.
        Damage::TornCorner => [12, 7, 3, 3],
        Damage::FoldedCard => [12, 12, 0, 0],
    }
}
