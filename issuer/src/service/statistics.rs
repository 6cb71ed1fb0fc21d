//! Counts of credentials for planning and supervision: by type, product, function, age band, sex, area and status.
//!
//! No cell of fewer than ten people is told, and none can be worked out from the others: where a table has one suppressed
//! cell, its next smallest is suppressed too, and sums are rounded down to tens. Counting reads every document, so it is
//! done at most every ten minutes, by one request at a time; the others get the last answer with its time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json as JsonAnswer;
use axum::extract::State;
use sanad_credential::{Claims, Date, Right, Status};
use sanad_trust::signed_areas;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::blocking;
use super::caller::{Caller, Sight};
use super::credentials::claims_of;
use super::problem::Problem;
use super::state::Service;
use crate::role::Permission;
use crate::store::{PAGE_MAX, Query};

/// Cells of fewer people are suppressed.
const CELL_MIN: u64 = 10;

/// How long an answer is given again.
const FRESH: Duration = Duration::from_secs(600);

/// Counts by one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Table {
    /// Cells of ten or more credentials.
    pub cells: BTreeMap<String, u64>,
    /// How many cells are suppressed.
    pub suppressed: u64,
}

/// Counts of credentials, not of people: somebody may have several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    /// When the counting began.
    pub as_of: String,
    /// All credentials that the caller may know of, rounded down to tens.
    pub credentials: u64,
    /// By status: valid, suspended, revoked, superseded; expired ones count as expired whatever their status.
    pub status: Table,
    /// By type; credentials in force only, like all that follow.
    #[serde(rename = "type")]
    pub right_type: Table,
    /// By product, scheme or programme.
    pub product: Table,
    /// By function; a credential with several counts in each.
    pub function: Table,
    /// By age in years at the time of counting.
    pub age: Table,
    /// By sex, where it is on the credential.
    pub sex: Table,
    /// By area; a credential with several counts in each.
    pub area: Table,
}

/// The last answer for each reach.
#[derive(Debug, Default)]
pub struct Cache(Mutex<BTreeMap<String, (Instant, Statistics)>>);

/// Count credentials.
#[utoipa::path(
    get, path = "/v1/statistics", tag = "statistics",
    responses((status = 200, description = "Counts; no cell of fewer than ten", body = Statistics)),
    security(("token" = []))
)]
pub async fn statistics(
    State(service): State<Arc<Service>>,
    caller: Caller,
) -> Result<JsonAnswer<Statistics>, Problem> {
    caller.require(Permission::Statistics)?;
    let today = service.now()?;
    blocking(move || {
        let reach = format!("{:?}", caller.reach);
        // Held while counting: a second request waits and then gets the same answer.
        let mut cache = service.statistics.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((counted, answer)) = cache.get(&reach)
            && counted.elapsed() < FRESH
        {
            return Ok(JsonAnswer(answer.clone()));
        }
        let mut counts = Counts::default();
        let mut after = None;
        loop {
            let page = service.issuer.store.find(&Query::All, after.as_ref(), PAGE_MAX)?;
            let Some(last) = page.last() else { break };
            after = Some(last.cursor.clone());
            for held in &page {
                let claims = claims_of(&held.issued)?;
                if caller.sees(&claims.right, &service.issuer.config.record) == Sight::Seen {
                    let areas = signed_areas(&claims.right, &service.issuer.config.record);
                    let areas: Vec<String> = areas.iter().map(ToString::to_string).collect();
                    counts.add(&claims, &areas, held.status, today.date(), claims.exp <= today);
                }
            }
        }
        let answer = counts.answer(today.to_string());
        cache.insert(reach, (Instant::now(), answer.clone()));
        Ok(JsonAnswer(answer))
    })
    .await
}

type Cells = BTreeMap<String, u64>;

#[derive(Debug, Default)]
struct Counts {
    credentials: u64,
    status: Cells,
    right_type: Cells,
    product: Cells,
    function: Cells,
    age: Cells,
    sex: Cells,
    area: Cells,
}

impl Counts {
    fn add(&mut self, claims: &Claims, areas: &[String], status: Status, today: Date, is_over: bool) {
        self.credentials = self.credentials.saturating_add(1);
        count(&mut self.status, if is_over { "expired" } else { status.word() });
        if is_over || status != Status::Valid {
            return;
        }
        count(&mut self.right_type, claims.right.right_type().word());
        let (product, functions): (Option<String>, _) = match &claims.right {
            Right::Coverage(_, right) => (Some(right.product.to_string()), Some(&right.functions)),
            Right::Membership(_, right) => (Some(right.scheme.to_string()), None),
            Right::Contribution(_, right) => (Some(right.scheme.to_string()), None),
            Right::Benefit(_, right) => (Some(right.programme.to_string()), Some(&right.functions)),
            Right::CrossBorder(_, right) => (Some(right.agreement.to_string()), Some(&right.functions)),
            Right::Delegation(_) => (None, None),
        };
        if let Some(product) = product {
            count(&mut self.product, &product);
        }
        for function in functions.into_iter().flat_map(|functions| functions.iter()) {
            count(&mut self.function, function.word());
        }
        for area in areas {
            count(&mut self.area, area);
        }
        if let Some(subject) = claims.right.subject() {
            let year =
                subject.birth.as_ref().and_then(|birth| birth.to_string().get(..4)?.parse::<u32>().ok());
            count(&mut self.age, band(year, today));
            if let Some(sex) = &subject.sex {
                count(&mut self.sex, sex.word());
            }
        }
    }

    fn answer(self, as_of: String) -> Statistics {
        Statistics {
            as_of,
            credentials: tens(self.credentials),
            status: table(self.status),
            right_type: table(self.right_type),
            product: table(self.product),
            function: table(self.function),
            age: table(self.age),
            sex: table(self.sex),
            area: table(self.area),
        }
    }
}

fn count(cells: &mut Cells, cell: &str) {
    let number = cells.entry(cell.to_owned()).or_default();
    *number = number.saturating_add(1);
}

/// Ages as labour statistics band them. Only the year counts: many have no more.
fn band(year: Option<u32>, today: Date) -> &'static str {
    let this_year = today.to_string().get(..4).and_then(|year| year.parse::<u32>().ok());
    match this_year.zip(year).and_then(|(now, year)| now.checked_sub(year)) {
        None => "unknown",
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

/// Suppresses small cells; where it is one alone, the next smallest with it, since a sum would give it away.
fn table(mut cells: Cells) -> Table {
    let all = cells.len();
    let suppressed = cells.values().filter(|number| **number < CELL_MIN).count();
    cells.retain(|_, number| *number >= CELL_MIN);
    if suppressed == 1 {
        let smallest = cells.iter().min_by_key(|(_, number)| **number).map(|(cell, _)| cell.clone());
        if let Some(smallest) = smallest {
            cells.remove(&smallest);
        }
    }
    Table { suppressed: u64::try_from(all.saturating_sub(cells.len())).unwrap_or(u64::MAX), cells }
}

fn tens(number: u64) -> u64 {
    number.checked_div(10).unwrap_or(0).saturating_mul(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(numbers: &[(&str, u64)]) -> Cells {
        numbers.iter().map(|(cell, number)| ((*cell).to_owned(), *number)).collect()
    }

    #[test]
    fn no_cell_under_ten_is_told_and_one_alone_takes_the_next_with_it() {
        let found = table(cells(&[("a", 500), ("b", 9), ("c", 40)]));
        assert_eq!(found, Table { cells: cells(&[("a", 500)]), suppressed: 2 });
        let found = table(cells(&[("a", 500), ("b", 9), ("c", 40), ("d", 1)]));
        assert_eq!(found, Table { cells: cells(&[("a", 500), ("c", 40)]), suppressed: 2 });
        let found = table(cells(&[("a", 10)]));
        assert_eq!(found, Table { cells: cells(&[("a", 10)]), suppressed: 0 });
        assert_eq!(table(cells(&[("a", 3)])), Table { cells: cells(&[]), suppressed: 1 });
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
}
