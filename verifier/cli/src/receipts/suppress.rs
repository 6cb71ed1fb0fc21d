//! Small cells: what is published of a table so that no count below ten can be read or recomputed from it.
//!
//! A table is a list of counts and their total, both published. Hidden are the counts 1 to 9 (primary). If what is hidden
//! is one cell, or adds up to less than ten, then total minus the published cells would tell it: the smallest published
//! counts are hidden too (secondary) until at least two cells are hidden that add up to ten or more. Whether a hidden cell
//! is small or was hidden to protect another one is not said. A total below ten is hidden with all its cells.
//!
//! An empty cell is published: it speaks of nobody. It never protects another one.

/// Smallest count that is published.
pub const CELL_MIN: u64 = 10;

/// A count, or that it is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The count.
    Count(u64),
    /// Hidden.
    Hidden,
}

/// A count that stands alone.
pub fn alone(count: u64) -> Published {
    if count == 0 || count >= CELL_MIN { Published::Count(count) } else { Published::Hidden }
}

/// The cells of a table whose total is published where it may be.
pub fn table(counts: &[u64]) -> (Vec<Published>, Published) {
    let total = counts.iter().fold(0_u64, |total, count| total.saturating_add(*count));
    if alone(total) == Published::Hidden {
        return (vec![Published::Hidden; counts.len()], Published::Hidden);
    }
    let mut cells: Vec<Published> = counts.iter().map(|count| alone(*count)).collect();
    // The smallest first; of equal ones the first in the table, so that the same counts give the same table.
    let mut others: Vec<usize> = (0..counts.len()).collect();
    others.sort_by_key(|position| counts.get(*position).copied());
    for position in others {
        let hidden = || counts.iter().zip(&cells).filter(|(_, cell)| **cell == Published::Hidden);
        let sum = hidden().fold(0_u64, |sum, (count, _)| sum.saturating_add(*count));
        let number = hidden().count();
        if number == 0 || (number >= 2 && sum >= CELL_MIN) {
            break;
        }
        let is_empty = counts.get(position) == Some(&0);
        if let Some(cell) = cells.get_mut(position).filter(|_| !is_empty) {
            *cell = Published::Hidden;
        }
    }
    (cells, Published::Count(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: Published = Published::Hidden;

    fn hidden(counts: &[u64]) -> Vec<u64> {
        let (cells, _) = table(counts);
        counts.iter().zip(cells).filter(|(_, cell)| *cell == HIDDEN).map(|(count, _)| *count).collect()
    }

    #[test]
    fn suppressed_cell_recomputed_from_the_total_is_prevented() {
        assert_eq!(hidden(&[100, 3, 40]), [3, 40], "one hidden cell would be total minus the rest");
        assert_eq!(hidden(&[100, 3, 40, 0]), [3, 40], "an empty cell protects nothing");
        assert_eq!(hidden(&[100, 1, 1, 40]), [1, 1, 40], "two that add up to two are both one");
        assert_eq!(hidden(&[100, 9, 9]), [9, 9]);
        assert!(hidden(&[100, 40]).is_empty());
        assert_eq!(table(&[3, 4]), (vec![HIDDEN, HIDDEN], HIDDEN), "so few receipts tell nothing at all");
        assert_eq!(table(&[3, 0, 7]).1, Published::Count(10));
        assert_eq!(hidden(&[3, 0, 7]), [3, 7]);
        assert_eq!(table(&[]), (vec![], Published::Count(0)));
    }

    /// Whoever knows total and published cells finds at least two tables that fit, for each hidden cell.
    #[test]
    fn each_hidden_cell_has_more_than_one_possible_value() {
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut next = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33).checked_rem(below).unwrap()
            };
            let number = next(7).saturating_add(1);
            let counts: Vec<u64> =
                (0..number).map(|_| if next(3) == 0 { next(200) } else { next(14) }).collect();
            let (cells, total) = table(&counts);
            let hidden: Vec<u64> = counts
                .iter()
                .zip(&cells)
                .filter(|(_, cell)| **cell == HIDDEN)
                .map(|(count, _)| *count)
                .collect();
            if total == HIDDEN {
                assert_eq!(hidden.len(), counts.len());
                continue;
            }
            for (count, cell) in counts.iter().zip(&cells) {
                assert!(*cell == HIDDEN || *count == 0 || *count >= CELL_MIN);
            }
            // Two cells that add up to ten or more: one can be smaller by one and the other larger, and neither is empty.
            let sum: u64 = hidden.iter().sum();
            assert!(hidden.is_empty() || (hidden.len() >= 2 && sum >= CELL_MIN), "{counts:?}");
        }
    }
}
