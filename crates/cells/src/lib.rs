//! Small cells: what is published of a table so that no count below ten can be read or recomputed from it.
//!
//! A table is a list of counts whose total is known. Hidden are the counts 1 to 9 (primary). What is hidden has a known
//! sum, total minus the published cells, so the smallest published counts are hidden too (secondary) until
//! - at least two cells are hidden, and they add up to ten or more;
//! - their sum is at least twice their number: ten cells that add up to ten are one each;
//! - their sum is at most eight times their number, or one of them is not small: two small ones that add up to 18 are nine
//!   each.
//!
//! Of equal counts all are hidden or none: which of two tens was hidden would tell, by their order, what stands beside it.
//! Where nothing is left to hide and the first two do not hold, the table is withheld as a whole.
//!
//! Whoever knows this rule too, and the names of the hidden cells, finds at least two values for each of them: the tests
//! go through all tables. Not prevented is that a few rare tables tell the hidden counts without saying which is whose.
//!
//! An empty cell is published: it speaks of nobody. It never protects another one.

/// Smallest count that is published.
pub const CELL_MIN: u64 = 10;

/// A count, or that it is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Published {
    /// The count.
    Count(u64),
    /// Hidden.
    Hidden,
}

/// What may be published of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Each cell as it may be published, and the total.
    Told {
        /// In the order of the counts.
        cells: Vec<Published>,
        /// What all of them add up to.
        total: u64,
    },
    /// Nothing: no cell, no total, and not how many cells there are.
    Withheld,
}

/// A count that stands alone.
pub fn alone(count: u64) -> Published {
    if count == 0 || count >= CELL_MIN { Published::Count(count) } else { Published::Hidden }
}

/// The cells of a table whose total may be known.
pub fn table(counts: &[u64]) -> Table {
    table_without(counts, &[])
}

/// The same, where the cells at some positions are hidden for a reason that lies outside of the table. Empty ones are not.
pub fn table_without(counts: &[u64], positions: &[usize]) -> Table {
    let total = sum(counts.iter().copied());
    if total == 0 {
        return Table::Told { cells: vec![Published::Count(0); counts.len()], total };
    }
    if total < CELL_MIN {
        return Table::Withheld;
    }
    let mut cells: Vec<Published> = counts.iter().map(|count| alone(*count)).collect();
    for position in positions {
        if let Some(cell) = cells.get_mut(*position).filter(|cell| **cell != Published::Count(0)) {
            *cell = Published::Hidden;
        }
    }
    loop {
        let hidden = hidden_of(counts, &cells);
        let fitness = fitness(&hidden);
        if fitness == Fitness::Safe {
            return Table::Told { cells, total };
        }
        let smallest = cells.iter().filter_map(|cell| match cell {
            Published::Count(count) if *count > 0 => Some(*count),
            Published::Count(_) | Published::Hidden => None,
        });
        let Some(smallest) = smallest.min() else {
            return if fitness == Fitness::Tight { Table::Told { cells, total } } else { Table::Withheld };
        };
        cells.iter_mut().filter(|cell| **cell == Published::Count(smallest)).for_each(|cell| {
            *cell = Published::Hidden;
        });
    }
}

/// How well hidden cells protect one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fitness {
    /// Well.
    Safe,
    /// Well where all cells are hidden: if others are published, all of these are near nine.
    Tight,
    /// Not.
    Open,
}

fn fitness(hidden: &[u64]) -> Fitness {
    if hidden.is_empty() {
        return Fitness::Safe;
    }
    let all = sum(hidden.iter().copied());
    let number = u64::try_from(hidden.len()).unwrap_or(u64::MAX);
    if number < 2 || all < CELL_MIN || all < number.saturating_mul(2) {
        return Fitness::Open;
    }
    let all_small = hidden.iter().all(|count| *count < CELL_MIN);
    if all_small && all > number.saturating_mul(8) { Fitness::Tight } else { Fitness::Safe }
}

fn hidden_of(counts: &[u64], cells: &[Published]) -> Vec<u64> {
    let both = counts.iter().zip(cells);
    both.filter(|(_, cell)| **cell == Published::Hidden).map(|(count, _)| *count).collect()
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0_u64, u64::saturating_add)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn hidden(counts: &[u64]) -> Vec<u64> {
        match table(counts) {
            Table::Told { cells, .. } => hidden_of(counts, &cells),
            Table::Withheld => panic!("{counts:?} is withheld"),
        }
    }

    #[test]
    fn suppressed_cell_recomputed_from_the_total_is_prevented() {
        assert_eq!(hidden(&[100, 3, 40]), [3, 40], "one hidden cell would be total minus the rest");
        assert_eq!(hidden(&[100, 3, 40, 0]), [3, 40], "an empty cell protects nothing");
        assert_eq!(hidden(&[100, 1, 1, 40]), [1, 1, 40], "two that add up to two are both one");
        assert_eq!(hidden(&[100, 9, 9, 40]), [9, 9, 40], "two small ones that add up to 18 are both nine");
        assert_eq!(hidden(&[100, 9, 7]), [9, 7]);
        assert_eq!(hidden(&[100, 12, 12, 3]), [12, 12, 3], "of equal ones all or none");
        assert!(hidden(&[100, 40]).is_empty());
        assert_eq!(table(&[3, 4]), Table::Withheld, "so few tell nothing at all");
        assert_eq!(table(&[1; 10]), Table::Withheld, "ten cells that add up to ten");
        assert_eq!(hidden(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 50]).len(), 11);
        assert_eq!(hidden(&[3, 0, 7]), [3, 7]);
        assert_eq!(table(&[]), Table::Told { cells: vec![], total: 0 });
        assert_eq!(table(&[0]), Table::Told { cells: vec![Published::Count(0)], total: 0 });
    }

    #[test]
    fn what_is_hidden_for_another_reason_is_protected_as_well() {
        let Table::Told { cells, .. } = table_without(&[100, 40, 0, 70], &[0, 2]) else { panic!() };
        let told = |count| Published::Count(count);
        assert_eq!(cells, [Published::Hidden, Published::Hidden, told(0), told(70)]);
    }

    /// All lists of `number` counts that add up to `total`.
    fn lists(number: usize, total: u64) -> Vec<Vec<u64>> {
        if number == 1 {
            return vec![vec![total]];
        }
        let first = 0..=total;
        first
            .flat_map(|first| {
                lists(number - 1, total - first).into_iter().map(move |mut rest| {
                    rest.push(first);
                    rest
                })
            })
            .collect()
    }

    /// The attacker knows the total, the rule, and which cells are hidden; a table fits where the rule gives the same for
    /// it. All tables there are with up to five cells are gone through.
    #[test]
    fn each_hidden_cell_has_more_than_one_possible_value() {
        let mut tables = 0_u32;
        for (number, total_max) in [(1, 40), (2, 60), (3, 60), (4, 34), (5, 24)] {
            for total in 1..=total_max {
                let mut fits: BTreeMap<Table, Vec<Vec<u64>>> = BTreeMap::new();
                for counts in lists(number, total) {
                    tables += 1;
                    fits.entry(table(&counts)).or_default().push(counts);
                }
                for (told, fits) in fits {
                    let cells = match &told {
                        Table::Told { cells, .. } => cells.clone(),
                        // One cell of a total that is known elsewhere has no other value. Nobody is told the total then.
                        Table::Withheld if number == 1 || total < 2 => continue,
                        Table::Withheld => vec![Published::Hidden; number],
                    };
                    for (position, cell) in cells.iter().enumerate() {
                        match cell {
                            Published::Count(count) => assert!(*count == 0 || *count >= CELL_MIN),
                            Published::Hidden => {
                                let values: BTreeSet<u64> = fits.iter().map(|fit| fit[position]).collect();
                                assert!(values.len() >= 2, "{told:?} of {total}: {fits:?}");
                            }
                        }
                    }
                    let hidden = hidden_of(&fits[0], &cells);
                    let small = sum(hidden.iter().copied()) < CELL_MIN;
                    assert!(told == Table::Withheld || hidden.is_empty() || !small, "{told:?}");
                }
            }
        }
        assert!(tables > 100_000, "{tables}");
    }

    /// Long tables, where not all can be gone through: what the sum of the hidden ones alone would tell.
    #[test]
    fn the_sum_of_many_hidden_cells_tells_none_of_them() {
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut next = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33).checked_rem(below).unwrap()
            };
            let number = next(30).saturating_add(1);
            let counts: Vec<u64> =
                (0..number).map(|_| if next(4) == 0 { next(200) } else { next(3) }).collect();
            let Table::Told { cells, total } = table(&counts) else { continue };
            assert_eq!(total, counts.iter().sum::<u64>());
            let hidden = hidden_of(&counts, &cells);
            let all: u64 = hidden.iter().sum();
            let number = u64::try_from(hidden.len()).unwrap();
            assert!(hidden.is_empty() || (number >= 2 && all >= CELL_MIN && all >= 2 * number), "{counts:?}");
        }
    }
}
