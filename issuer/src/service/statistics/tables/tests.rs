//! The rule by example, and the attacker: all counts that give the same answer, with what they have in common.

use super::*;

fn cells(numbers: &[(&str, u64)]) -> Cells {
    let there = numbers.iter().filter(|(_, number)| *number > 0);
    there.map(|(cell, number)| ((*cell).to_owned(), *number)).collect()
}

fn shown(told: &[(&str, u64)], suppressed: u64) -> Table {
    Table { cells: cells(told), suppressed: Some(suppressed) }
}

/// The tables whose cells an attacker is after.
fn tables(counts: &Counts) -> [Cells; 4] {
    let mut by_type = Cells::new();
    let mut product = Cells::new();
    for (name, products) in &counts.types {
        by_type.insert(name.clone(), sum(products));
        for (name, count) in products {
            *product.entry(name.clone()).or_default() += count;
        }
    }
    [counts.status.clone(), by_type, product, counts.function.clone()]
}

fn of_types(types: &[(&str, &[(&str, u64)])]) -> BTreeMap<String, Cells> {
    let types = types.iter().map(|(name, products)| ((*name).to_owned(), cells(products)));
    types.filter(|(_, products)| !products.is_empty()).collect()
}

#[test]
fn two_products_of_one_person_each_are_not_told_by_those_in_force() {
    let valid = cells(&[("A", 500), ("B", 1), ("C", 1)]);
    assert_eq!(dividing(&valid), shown(&[], 3), "502 - 500 is 2, so each would be 1");
    let valid = cells(&[("A", 500), ("B", 9), ("C", 9), ("D", 30)]);
    assert_eq!(dividing(&valid), shown(&[("A", 500)], 3), "18 would be 9 and 9");
    let valid = cells(&[("a", 500), ("b", 9), ("c", 40)]);
    assert_eq!(dividing(&valid), shown(&[("a", 500)], 2));
    assert_eq!(dividing(&cells(&[("a", 10)])), shown(&[("a", 10)], 0));
    assert_eq!(dividing(&cells(&[("a", 3)])), withheld());
}

#[test]
fn products_are_not_told_by_their_type() {
    let types =
        of_types(&[("coverage", &[("SHIF", 498), ("LIGHT", 2)]), ("benefit", &[("INUA", 198), ("X", 2)])]);
    let (by_type, product) = types_and_products(&types);
    assert_eq!(by_type, shown(&[("benefit", 200), ("coverage", 500)], 0));
    assert_eq!(product, shown(&[], 4), "500 - 498 is 2");
    // Nor a small type by all products of the others.
    let types = of_types(&[("coverage", &[("SHIF", 400), ("LIGHT", 100)]), ("benefit", &[("INUA", 3)])]);
    let (by_type, product) = types_and_products(&types);
    assert_eq!(by_type, shown(&[], 2));
    assert_eq!(product, shown(&[("SHIF", 400)], 2), "400 + 100 would be all but the 3");
}

#[test]
fn few_that_are_not_in_force_are_not_told_by_the_total() {
    let few = cells(&[("valid", 500), ("revoked", 3)]);
    assert_eq!(statuses(few, 500), (500, Table { suppressed: None, ..shown(&[("valid", 500)], 0) }));
    let some = cells(&[("valid", 500), ("revoked", 3), ("expired", 40)]);
    assert_eq!(statuses(some, 500), (543, shown(&[("valid", 500)], 2)));
    let none = cells(&[("valid", 500)]);
    assert_eq!(statuses(none, 500), (500, shown(&[("valid", 500)], 0)));
    let few_valid = cells(&[("valid", 5), ("expired", 40)]);
    assert_eq!(statuses(few_valid, 5), (45, shown(&[], 2)));
    assert_eq!(statuses(cells(&[("valid", 5)]), 5), (0, withheld()));
}

#[test]
fn few_without_a_function_are_not_told_by_those_with_it() {
    let types = shown(&[("coverage", 500)], 0);
    let overlapping = |counts: Cells, valid: u64| super::overlapping(&counts, valid, &types);
    let counts = cells(&[("cash", 300), ("maternity", 500), ("medical_care", 498)]);
    assert_eq!(overlapping(counts, 500), shown(&[("maternity", 500)], 2));
    // 505 in 500 credentials: five people are in both.
    assert_eq!(overlapping(cells(&[("KE-30", 305), ("KE-47", 200)]), 500), shown(&[], 2));
    assert_eq!(overlapping(cells(&[("KE-30", 350), ("KE-47", 200)]), 500).suppressed, Some(0));
    let counts = cells(&[("medical_care", 500), (NONE, 12)]);
    assert_eq!(
        super::overlapping(&counts, 512, &shown(&[], 2)),
        withheld(),
        "all but the 500 have other types"
    );
}

/// Every subset of the cells of every table: its sum is 0 or ten or more, or the answer leaves it open.
fn nothing_small_is_determined(worlds: impl Iterator<Item = (Counts, Statistics)>) -> usize {
    let mut fits: BTreeMap<String, Vec<[Cells; 4]>> = BTreeMap::new();
    for (counts, answer) in worlds {
        fits.entry(format!("{answer:?}")).or_default().push(tables(&counts));
    }
    let mut number = 0;
    for (answer, fits) in fits {
        number += fits.len();
        for table in 0..4 {
            let mut names: Vec<&String> = fits.iter().flat_map(|fit| fit[table].keys()).collect();
            names.sort();
            names.dedup();
            for subset in 1_u32..1 << names.len() {
                let chosen = || names.iter().enumerate().filter(|(place, _)| subset & (1 << place) != 0);
                let sum = |fit: &[Cells; 4]| {
                    chosen().map(|(_, name)| fit[table].get(*name).unwrap_or(&0)).sum::<u64>()
                };
                let first: u64 = sum(&fits[0]);
                let is_small = first > 0 && first < CELL_MIN;
                let names: Vec<_> = chosen().collect();
                assert!(
                    !is_small || fits.iter().any(|fit| sum(fit) != first),
                    "{names:?}: {first}: {answer}"
                );
            }
        }
    }
    number
}

/// All ways to divide at most `most` among `N`.
fn divisions<const N: usize>(most: u64) -> Vec<[u64; N]> {
    let mut all = vec![([0; N], 0)];
    for place in 0..N {
        let longer = all.into_iter().flat_map(|(division, sum): ([u64; N], u64)| {
            (0..=most - sum).map(move |number| {
                let mut division = division;
                division[place] = number;
                (division, sum + number)
            })
        });
        all = longer.collect();
    }
    all.into_iter().map(|(division, _)| division).collect()
}

/// Products of one name in two types, or of two.
#[test]
fn type_product_and_function_together_tell_no_small_cell() {
    for scheme in ["NSSF", "LIGHT"] {
        let worlds = divisions::<4>(26).into_iter().map(|[one, both, other, none]| {
            let valid = one + both + other + none;
            let make = || Counts {
                status: cells(&[("valid", valid)]),
                types: of_types(&[
                    ("coverage", &[("SHIF", one + both), ("LIGHT", other)]),
                    ("membership", &[(scheme, none)]),
                ]),
                function: cells(&[("maternity", both + other), ("medical_care", one + both), (NONE, none)]),
                ..Counts::default()
            };
            (make(), make().answer(String::new()))
        });
        assert_eq!(nothing_small_is_determined(worlds), 27_405, "{scheme}");
    }
}

#[test]
fn status_and_the_total_tell_no_small_cell() {
    // Where the total is not told there must be room for nine beside those in force.
    let divisions = divisions::<4>(26).into_iter().filter(|[valid, ..]| *valid <= 16);
    let worlds = divisions.map(|[valid, revoked, expired, superseded]| {
        let numbers =
            [("valid", valid), ("revoked", revoked), ("expired", expired), ("superseded", superseded)];
        let make = || Counts {
            status: cells(&numbers),
            types: of_types(&[("coverage", &[("SHIF", valid)])]),
            sex: cells(&[("F", valid)]),
            ..Counts::default()
        };
        (make(), make().answer(String::new()))
    });
    assert!(nothing_small_is_determined(worlds) > 20_000);
}

#[test]
fn an_age_is_told_by_the_year_alone() {
    let today = Date::parse("2026-11-27").unwrap();
    assert_eq!(band(Some(2026), today), "0-4");
    assert_eq!(band(Some(1987), today), "35-44");
    assert_eq!(band(Some(1900), today), "65+");
    assert_eq!(band(Some(2030), today), "unknown");
    assert_eq!(band(None, today), "unknown");
}
