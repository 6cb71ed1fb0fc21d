//! Counts of credentials for planning and supervision: by type, product, function, age band, sex, area and status.
//!
//! No cell of fewer than ten is told, and none can be worked out from the others: `statistics/tables.rs` says how. Counting reads
//! every document, so it is done at most every ten minutes, by one request at a time; the others get the last answer with
//! its time. What two answers at different times tell when they are subtracted is not prevented.
//!
//! Delegations are not counted: they speak of offices, not of people, and would be one more number to subtract.

mod tables;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Json as JsonAnswer;
use axum::extract::State;
use sanad_credential::Right;
use sanad_trust::signed_areas;
use serde::Serialize;
use utoipa::ToSchema;

use self::tables::Counts;
use super::caller::{Caller, Sight};
use super::credentials::claims_of;
use super::problem::Problem;
use super::requests::blocking;
use super::state::Service;
use crate::role::Permission;
use crate::store::{PAGE_MAX, Query};

/// How long an answer is given again.
const FRESH: Duration = Duration::from_secs(600);

/// Counts by one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Table {
    /// Cells of ten or more credentials.
    pub cells: BTreeMap<String, u64>,
    /// How many cells are suppressed: small ones, and others that would tell them. Null where not even
    /// their number is told.
    pub suppressed: Option<u64>,
}

/// Counts of credentials, not of people: somebody may have several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    /// When the counting began.
    pub as_of: String,
    /// All credentials that the caller may know of but delegations, rounded down to tens. Where fewer than ten are not in
    /// force, those in force: the difference would tell them. 0 where fewer than ten are told.
    pub credentials: u64,
    /// By status: valid, suspended, revoked, superseded; expired ones count as expired whatever their status.
    pub status: Table,
    /// By type; credentials in force only, like all that follow.
    #[serde(rename = "type")]
    pub right_type: Table,
    /// By product, scheme, programme or agreement.
    pub product: Table,
    /// By function; a credential with several counts in each, one without any as `none`.
    pub function: Table,
    /// By age in years at the time of counting.
    pub age: Table,
    /// By sex; `unknown` where it is not on the credential.
    pub sex: Table,
    /// By area; a credential with several counts in each, one without any as `none`.
    pub area: Table,
}

/// The last answer for each reach.
#[derive(Debug, Default)]
pub struct Cache(Mutex<BTreeMap<String, (Instant, Statistics)>>);

/// Count credentials.
#[utoipa::path(
    get, path = "/v1/statistics", tag = "statistics",
    responses((status = 200, description = "Counts; no cell of fewer than ten", body = Statistics)),
    security(("bearer" = []))
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
                let is_delegation = matches!(claims.right, Right::Delegation(_));
                if !is_delegation && caller.sees(&claims.right, &service.issuer.config.record) == Sight::Seen
                {
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
