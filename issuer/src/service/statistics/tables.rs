//! The counts, and what is told of them.
//!
//! An attacker adds and subtracts. So each table is made such that what it must add up to is known and [`sanad_cells`]
//! protects it by that sum:
//! - Type, product, age and sex divide the credentials in force; who has no sex or year of birth is `unknown`, since the
//!   rest would count them. Their sum is `status.valid`, which is told: hidden there it would stand in every other table.
//!   Where it is below ten all of these are withheld.
//! - So `status` protects those not in force by themselves, and where they are fewer than ten together the total of all
//!   credentials is not told.
//! - A product belongs to a type: products are protected by the sum of their type. The products of types that are
//!   hidden are protected together, and each such type has a product that is hidden, or its products would add up to it.
//!   A product of several types (the scheme of a membership and of its contributions) is told where each part may be.
//! - Functions and areas overlap, and some types have none: where a type is hidden both tables are withheld, since they
//!   would tell how many have that type. A cell counts as small where those *without* it are fewer than ten, too; where
//!   fewer than ten counts are second ones of the same credential, the smallest cell is hidden so that the sum does not
//!   tell them.

use std::collections::BTreeMap;

use sanad_cells::{self as cells, CELL_MIN, Published};
use sanad_credential::{Claims, Date, Right, Status};

use super::{Statistics, Table};

type Cells = BTreeMap<String, u64>;

/// What somebody without an area or function counts as. No area and no function has the name.
const NONE: &str = "none";

/// What somebody counts as of whom the document says no sex.
const UNKNOWN: &str = "unknown";

/// Counts while documents are read.
#[derive(Debug, Default)]
pub(super) struct Counts {
    status: Cells,
    /// Products of each type.
    types: BTreeMap<String, Cells>,
    function: Cells,
    age: Cells,
    sex: Cells,
    area: Cells,
}

impl Counts {
    /// Counts a document that is no delegation.
    pub(super) fn add(
        &mut self,
        claims: &Claims,
        areas: &[String],
        status: Status,
        today: Date,
        is_over: bool,
    ) {
        count(&mut self.status, if is_over { "expired" } else { status.word() });
        if is_over || status != Status::Valid {
            return;
        }
        let (product, functions) = match &claims.right {
            Right::Coverage(_, right) => (right.product.to_string(), Some(&right.functions)),
            Right::Membership(_, right) => (right.scheme.to_string(), None),
            Right::Contribution(_, right) => (right.scheme.to_string(), None),
            Right::Benefit(_, right) => (right.programme.to_string(), Some(&right.functions)),
            Right::CrossBorder(_, right) => (right.agreement.to_string(), Some(&right.functions)),
            Right::Delegation(_) => (NONE.to_owned(), None),
        };
        count(self.types.entry(claims.right.right_type().word().to_owned()).or_default(), &product);
        each(&mut self.function, functions.into_iter().flat_map(|all| all.iter()).map(|one| one.word()));
        each(&mut self.area, areas.iter().map(String::as_str));
        let subject = claims.right.subject();
        let birth = subject.and_then(|subject| subject.birth.as_ref());
        let year = birth.and_then(|birth| birth.to_string().get(..4)?.parse::<u32>().ok());
        count(&mut self.age, band(year, today));
        count(
            &mut self.sex,
            subject.and_then(|subject| subject.sex.as_ref()).map_or(UNKNOWN, |sex| sex.word()),
        );
    }

    /// What may be told of them.
    pub(super) fn answer(self, as_of: String) -> Statistics {
        let valid = self.status.get(Status::Valid.word()).copied().unwrap_or(0);
        let (credentials, status) = statuses(self.status, valid);
        let (right_type, product) = types_and_products(&self.types);
        Statistics {
            as_of,
            credentials: tens(credentials),
            status,
            function: overlapping(&self.function, valid, &right_type),
            area: overlapping(&self.area, valid, &right_type),
            right_type,
            product,
            age: dividing(&self.age),
            sex: dividing(&self.sex),
        }
    }
}

fn count(cells: &mut Cells, cell: &str) {
    let number = cells.entry(cell.to_owned()).or_default();
    *number = number.saturating_add(1);
}

/// Counts a document in each of its cells.
fn each<'a>(cells: &mut Cells, of_one: impl Iterator<Item = &'a str>) {
    let mut of_one = of_one.peekable();
    if of_one.peek().is_none() {
        count(cells, NONE);
    }
    of_one.for_each(|cell| count(cells, cell));
}

/// Ages as labour statistics band them. Only the year counts: many have no more.
fn band(year: Option<u32>, today: Date) -> &'static str {
    let this_year = today.to_string().get(..4).and_then(|year| year.parse::<u32>().ok());
    match this_year.zip(year).and_then(|(now, year)| now.checked_sub(year)) {
        None => UNKNOWN,
        Some(0..=4) => "0-4",
        Some(5..=14) => "5-14",
        Some(15..=24) => "15-24",
        Some(25..=34) => "25-34",
        Some(35..=44) => "35-44",
        Some(45..=54) => "45-54",
        Some(55..=64) => "55-64",
        Some(_) => "65+",
    }
}

/// A table of which nothing is told.
fn withheld() -> Table {
    Table { cells: Cells::new(), suppressed: None }
}

/// A table of cells that are told or not.
fn told<'a>(cells: impl IntoIterator<Item = (&'a str, Published)>) -> Table {
    let mut table = Table { cells: Cells::new(), suppressed: Some(0) };
    for (name, cell) in cells {
        match cell {
            Published::Count(count) => {
                table.cells.insert(name.to_owned(), count);
            }
            Published::Hidden => {
                table.suppressed = table.suppressed.map(|number| number.saturating_add(1));
            }
        }
    }
    table
}

/// A table of parts that add up to what they are parts of, some of them hidden from the start.
fn dividing_without(counts: &Cells, positions: &[usize]) -> Table {
    let numbers: Vec<u64> = counts.values().copied().collect();
    match cells::table_without(&numbers, positions) {
        cells::Table::Told { cells, .. } => told(counts.keys().map(String::as_str).zip(cells)),
        cells::Table::Withheld => withheld(),
    }
}

fn dividing(counts: &Cells) -> Table {
    dividing_without(counts, &[])
}

/// How many credentials may be known, and by status.
fn statuses(mut counts: Cells, valid: u64) -> (u64, Table) {
    if valid < CELL_MIN {
        // No other table tells those in force: they are a status like the others.
        let table = dividing(&counts);
        return (if table.suppressed.is_some() { sum(&counts) } else { 0 }, table);
    }
    counts.remove(Status::Valid.word());
    let others = sum(&counts);
    let mut table = dividing(&counts);
    let credentials = if table.suppressed.is_some() { valid.saturating_add(others) } else { valid };
    table.cells.insert(Status::Valid.word().to_owned(), valid);
    (credentials, table)
}

/// By type, and by product.
fn types_and_products<'types>(types: &'types BTreeMap<String, Cells>) -> (Table, Table) {
    let by_type: Cells = types.iter().map(|(name, products)| (name.clone(), sum(products))).collect();
    let right_type = dividing(&by_type);
    if right_type.suppressed.is_none() {
        return (right_type, withheld());
    }
    let mut products: BTreeMap<&str, Published> = BTreeMap::new();
    let mut is_withheld = false;
    let mut tell = |names: Vec<&'types str>, table: cells::Table| match table {
        cells::Table::Withheld => is_withheld = true,
        cells::Table::Told { cells, .. } => {
            for (name, cell) in names.into_iter().zip(cells) {
                let both = match (products.get(name), cell) {
                    (Some(Published::Hidden), _) | (_, Published::Hidden) => Published::Hidden,
                    (Some(Published::Count(one)), Published::Count(other)) => {
                        Published::Count(one.saturating_add(other))
                    }
                    (None, cell) => cell,
                };
                products.insert(name, both);
            }
        }
    };
    let (mut names, mut numbers, mut smallest) = (Vec::new(), Vec::new(), Vec::new());
    for (right, products) in types {
        let of_type: Vec<&str> = products.keys().map(String::as_str).collect();
        let counts: Vec<u64> = products.values().copied().collect();
        if right_type.cells.contains_key(right) {
            tell(of_type, cells::table(&counts));
            continue;
        }
        let least = counts.iter().enumerate().min_by_key(|(_, count)| **count);
        smallest.extend(least.map(|(position, _)| numbers.len().saturating_add(position)));
        names.extend(of_type);
        numbers.extend(counts);
    }
    tell(names, cells::table_without(&numbers, &smallest));
    let product = if is_withheld { withheld() } else { told(products) };
    (right_type, product)
}

/// A table of cells that overlap: each credential in force is in one at least.
///
/// Whether it is in any follows from its type for most: where a type is hidden, this table would tell it.
fn overlapping(counts: &Cells, valid: u64, right_type: &Table) -> Table {
    if valid < CELL_MIN {
        return if valid == 0 { told([]) } else { withheld() };
    }
    if right_type.suppressed != Some(0) {
        return withheld();
    }
    let none = counts.get(NONE).copied().unwrap_or(0);
    let with_any = valid.saturating_sub(none);
    let few = |number: u64| number > 0 && number < CELL_MIN;
    // Without it among those with any, and among all: as many as are of types without any, or more.
    let is_few = |(name, count): (&String, &u64)| {
        name != NONE && (few(with_any.saturating_sub(*count)) || few(valid.saturating_sub(*count)))
    };
    let mut positions: Vec<usize> =
        counts.iter().enumerate().filter(|(_, cell)| is_few(*cell)).map(|(position, _)| position).collect();
    if few(sum(counts).saturating_sub(valid)) {
        let least = counts.values().enumerate().min_by_key(|(_, count)| **count);
        positions.extend(least.map(|(position, _)| position));
    }
    dividing_without(counts, &positions)
}

fn sum(counts: &Cells) -> u64 {
    counts.values().fold(0, |sum, count| sum.saturating_add(*count))
}

fn tens(number: u64) -> u64 {
    number.checked_div(10).unwrap_or(0).saturating_mul(10)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests;
