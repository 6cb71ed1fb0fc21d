//! Bulk jobs over HTTP: handed in by stream, followed, cancelled, their results fetched by stream.

#![expect(unused_qualifications, reason = "the macros of utoipa write them")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json as JsonAnswer;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::caller::{Caller, Reach, Sight};
use super::credentials::time;
use super::extract::{Upload, media_type};
use super::jobs::input::{COMMIT_BYTES, Inbox, InboxFault};
use super::jobs::{self, BadLines, InputForm, Job, JobState, Known, word};
use super::problem::{About, Problem, ProblemKind};
use super::requests::{Parameters, blocking};
use super::state::Service;
use crate::audit::{Act, Actor, Note};
use crate::role::Permission;
use crate::store::{PaperId, PaperKind, RecordsFault, Store};

/// Jobs of a page.
const PAGE: usize = 50;

/// How long nothing may come of an upload before its job says that it is still there; far below what the workers take
/// for death.
const PULSE: Duration = Duration::from_secs(5);

/// Pieces of a result read at a time.
const PIECES_PER_READ: usize = 32;

/// How a job is handed in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Submission {
    /// What happens where lines are bad: stop-all (nothing is signed) or set-aside (the good ones are).
    bad_lines: Option<BadLines>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobAnswer {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub state: &'static str,
    /// What happens where lines are bad.
    pub bad_lines: BadLines,
    /// When it was handed in.
    pub submitted_at: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Bytes of the input.
    pub bytes: u64,
    /// SHA-256 of the input, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Good lines, once all were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good: Option<u64>,
    /// Bad lines, once all were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bad: Option<u64>,
    /// Lines that this phase has done.
    pub lines: u64,
    /// How much of this phase is done, 0 to 100; absent while it is not known how much there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u64>,
    /// Credentials issued.
    pub signed: u64,
    /// Lines that had a credential already.
    pub same: u64,
    /// Lines without a credential, since they are bad.
    pub rejected: u64,
    /// Why it failed or was refused, where it is not a matter of single lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl JobAnswer {
    fn of(known: &Known) -> Self {
        let job = &known.job;
        let total = job.good.zip(job.bad).map(|(good, bad)| good.saturating_add(bad));
        let percent = match job.state {
            JobState::Signing | JobState::Cancelling => {
                total.map(|total| job.lines.saturating_mul(100).checked_div(total).unwrap_or(100).min(100))
            }
            JobState::Done => Some(100),
            _ => None,
        };
        Self {
            id: known.id.to_string(),
            state: word(job.state),
            bad_lines: job.bad_lines,
            submitted_at: time(job.submitted),
            finished_at: job.finished.map(time),
            bytes: job.bytes,
            sha256: job.sha256.clone(),
            good: job.good,
            bad: job.bad,
            lines: job.lines,
            percent,
            signed: job.signed,
            same: job.same,
            rejected: job.rejected,
            fault: job.fault.clone(),
        }
    }
}

/// Jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobPage {
    /// In the order in which they were handed in.
    pub jobs: Vec<JobAnswer>,
    /// The id after which the next page starts; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The id of a job in a path.
#[derive(Debug)]
pub struct JobId(PaperId);

impl<S: Send + Sync> FromRequestParts<S> for JobId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.map_err(|_| no_job())?;
        job_id(&text).map(Self).ok_or_else(no_job)
    }
}

fn job_id(text: &str) -> Option<PaperId> {
    let is_id = text.len() == 18 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    PaperId::new(text).ok().filter(|_| is_id)
}

fn no_job() -> Problem {
    Problem::new(ProblemKind::NotFound, "No job that you may see has this id.")
}

/// Hand in a register of many people.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs", params(Submission),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson")),
        description = "The register, as `sanad-issuer issue` reads it"),
    responses((status = 202, description = "Taken, and on the disk", body = JobAnswer),
        (status = 413, description = "Too long for one job", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn submit(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Parameters(submission): Parameters<Submission>,
    upload: Upload,
) -> Result<Response, Problem> {
    caller.require(Permission::SubmitJob)?;
    caller.require(Permission::Issue)?;
    let form = match media_type(&upload.headers, &["text/csv", "application/x-ndjson"])? {
        "text/csv" => InputForm::Csv,
        _ => InputForm::Ndjson,
    };
    let now = service.now()?;
    let id = jobs::new_id(now).map_err(|fault| Problem::internal(&fault))?;
    let job = Job {
        state: JobState::Receiving,
        form,
        bad_lines: submission.bad_lines.unwrap_or(BadLines::StopAll),
        by: caller.actor.as_str().to_owned(),
        areas: match &caller.reach {
            Reach::Everywhere => None,
            Reach::Within(areas) => Some(areas.iter().map(ToString::to_string).collect()),
        },
        delegation: caller.delegate.as_ref().map(|delegate| delegate.id.to_string()),
        submitted: now.seconds(),
        finished: None,
        pieces: 0,
        bytes: 0,
        sha256: None,
        good: None,
        bad: None,
        lines: 0,
        line: 0,
        signed: 0,
        same: 0,
        rejected: 0,
        results: 0,
        owner: Some(service.replica.clone()),
        fault: None,
    };
    let mut known = Known { id: id.clone(), version: 0, job };
    let known = {
        let service = Arc::clone(&service);
        blocking(move || {
            known.save(service.issuer.store.as_ref(), &[]).map(|()| known).map_err(Problem::from)
        })
        .await?
    };
    let known = receive(&service, known, upload).await?;
    service.worker.wake();
    let mut response = (StatusCode::ACCEPTED, JsonAnswer(JobAnswer::of(&known))).into_response();
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/jobs/{id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// An upload that is coming in. Where it is dropped before it was taken whole, whether it was refused or its client went
/// away, what was written of it is removed.
struct Intake {
    service: Arc<Service>,
    id: PaperId,
    state: IntakeState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IntakeState {
    Broken,
    Whole,
}

impl Drop for Intake {
    fn drop(&mut self) {
        if self.state == IntakeState::Whole {
            return;
        }
        let (service, id) = (Arc::clone(&self.service), self.id.clone());
        // Best effort: what is left is taken away by the worker after a while.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || {
                if let Err(fault) = forget(service.issuer.store.as_ref(), &id) {
                    tracing::warn!(job = %id, fault = %fault, "an upload that was broken off is removed later");
                }
            });
        }
    }
}

/// Takes in the body. A thread is taken for each commit and not for the whole of it, so that many slow uploads do not
/// hold up what others ask.
async fn receive(service: &Arc<Service>, known: Known, upload: Upload) -> Result<Known, Problem> {
    let mut intake =
        Intake { service: Arc::clone(service), id: known.id.clone(), state: IntakeState::Broken };
    let limit = service.config.limits.job_bytes;
    let mut pieces = upload.pieces(limit)?;
    let mut taken = (Inbox::new(known.id.clone(), limit), known);
    let (mut buffer, mut told) = (Vec::new(), Instant::now());
    loop {
        let is_end = match timeout(PULSE, pieces.next()).await {
            Err(_) => false,
            Ok(piece) => match piece? {
                Some(bytes) => {
                    buffer.extend_from_slice(&bytes);
                    false
                }
                None => true,
            },
        };
        let is_pause = told.elapsed() >= PULSE;
        if !is_end && !is_pause && buffer.len() < COMMIT_BYTES {
            continue;
        }
        told = Instant::now();
        let (service, bytes) = (Arc::clone(service), std::mem::take(&mut buffer));
        taken = blocking(move || {
            let (mut inbox, mut known) = taken;
            let store = service.issuer.store.as_ref();
            inbox.take(store, &mut known, &bytes).map_err(inbox_problem)?;
            if is_pause {
                // So that a slow line is not taken for a dead one.
                known.save(store, &[])?;
            }
            Ok((inbox, known))
        })
        .await?;
        if is_end {
            break;
        }
    }
    let (service, (inbox, known)) = (Arc::clone(service), taken);
    let known = blocking(move || finish(&service, inbox, known)).await?;
    intake.state = IntakeState::Whole;
    Ok(known)
}

fn inbox_problem(fault: InboxFault) -> Problem {
    match fault {
        InboxFault::TooLong { .. } => Problem::new(ProblemKind::BodyTooLarge, format!("{fault}.")),
        InboxFault::Store(fault) => fault.into(),
    }
}

/// Hands a job that came in whole to the workers.
fn finish(service: &Service, inbox: Inbox, mut known: Known) -> Result<Known, Problem> {
    let store = service.issuer.store.as_ref();
    inbox.finish(store, &mut known).map_err(inbox_problem)?;
    known.job.state = JobState::Waiting;
    known.job.owner = None;
    let who = Actor::new(&known.job.by).unwrap_or_else(|_| Actor::service());
    let sha256 = known.job.sha256.as_deref().unwrap_or_default();
    let detail = format!("bytes={} sha256={sha256}", known.job.bytes);
    let on = format!("job:{}", known.id);
    known.save(store, &[Note { at: service.now()?, who, act: Act::SubmitJob, on, detail }])?;
    Ok(known)
}

/// Removes what came in of a job that was not taken.
fn forget(store: &dyn Store, id: &PaperId) -> Result<(), RecordsFault> {
    // A commit that was under way may change the paper once more.
    for _ in 0..10 {
        match Known::read(store, id)? {
            Some(known) if known.job.state == JobState::Receiving => match known.forget(store) {
                Err(RecordsFault::Overtaken { .. }) => {}
                done => return done,
            },
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobSearch {
    /// The id after which the page starts.
    after: Option<String>,
}

/// List jobs.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs", params(JobSearch),
    responses((status = 200, description = "A page of 50", body = JobPage)),
    security(("bearer" = []))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Parameters(search): Parameters<JobSearch>,
) -> Result<JsonAnswer<JobPage>, Problem> {
    caller.require(Permission::ReadJob)?;
    let no_id = || {
        Problem::new(ProblemKind::InvalidParameter, "Correct the parameter.").at("after", "is no id of a job")
    };
    let after = search.after.map(|text| job_id(&text).ok_or_else(no_id)).transpose()?;
    blocking(move || {
        let papers = service.issuer.store.papers(PaperKind::Job, "", after.as_ref(), PAGE)?;
        let next =
            (papers.len() == PAGE).then(|| papers.last().map(|paper| paper.key.id.to_string())).flatten();
        let known = papers.iter().map(Known::of).collect::<Result<Vec<_>, _>>()?;
        let seen = known.iter().filter(|known| sees(&caller, known));
        Ok(JsonAnswer(JobPage { jobs: seen.map(JobAnswer::of).collect(), next }))
    })
    .await
}

fn sees(caller: &Caller, known: &Known) -> bool {
    Actor::new(&known.job.by).is_ok_and(|owner| caller.sees_job_of(&owner) == Sight::Seen)
}

fn read_for(service: &Service, caller: &Caller, id: &PaperId) -> Result<Known, Problem> {
    let known = Known::read(service.issuer.store.as_ref(), id)?;
    known.filter(|known| sees(caller, known)).ok_or_else(no_job)
}

/// Follow a job.
#[utoipa::path(
    get, path = "/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, pattern = "^[0-9a-f]{18}$", description = "18 hexadecimal digits")),
    responses((status = 200, description = "How far it is", body = JobAnswer),
        (status = 404, description = "No such job", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn get(
    State(service): State<Arc<Service>>,
    caller: Caller,
    JobId(id): JobId,
) -> Result<JsonAnswer<JobAnswer>, Problem> {
    caller.require(Permission::ReadJob)?;
    blocking(move || Ok(JsonAnswer(JobAnswer::of(&read_for(&service, &caller, &id)?)))).await
}

/// Cancel a job; what it has signed is signed.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/cancel", tag = "jobs",
    params(("id" = String, Path, pattern = "^[0-9a-f]{18}$", description = "18 hexadecimal digits")),
    responses((status = 202, description = "It will stop within a second", body = JobAnswer),
        (status = 409, description = "It is over", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn cancel(
    State(service): State<Arc<Service>>,
    caller: Caller,
    JobId(id): JobId,
) -> Result<Response, Problem> {
    caller.require(Permission::CancelJob)?;
    let now = service.now()?;
    blocking(move || {
        // The worker writes with every step; each attempt reads what it wrote last.
        for _ in 0..100 {
            let mut known = read_for(&service, &caller, &id)?;
            if known.job.state.is_over() || known.job.state == JobState::Receiving {
                let detail = format!("The job is {}.", word(known.job.state));
                return Err(Problem::new(ProblemKind::JobConflict, detail).about(About::Job(id)));
            }
            if known.job.state == JobState::Cancelling {
                return Ok((StatusCode::ACCEPTED, JsonAnswer(JobAnswer::of(&known))).into_response());
            }
            known.job.state = JobState::Cancelling;
            let note = Note {
                at: now,
                who: caller.actor.clone(),
                act: Act::CancelJob,
                on: format!("job:{id}"),
                detail: String::new(),
            };
            match known.save(service.issuer.store.as_ref(), &[note]) {
                Ok(()) => {
                    service.worker.wake();
                    return Ok((StatusCode::ACCEPTED, JsonAnswer(JobAnswer::of(&known))).into_response());
                }
                Err(RecordsFault::Overtaken { .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(Problem::new(
            ProblemKind::Overtaken,
            "The job moves on faster than it can be stopped; try again.",
        ))
    })
    .await
}

/// Fetch what became of each line of a job.
#[utoipa::path(
    get, path = "/v1/jobs/{id}/result", tag = "jobs",
    params(("id" = String, Path, pattern = "^[0-9a-f]{18}$", description = "18 hexadecimal digits")),
    responses((status = 200, description = "One JSON object a line, for the lines that are done",
            body = jobs::result::ResultLine, content_type = "application/x-ndjson"),
        (status = 404, description = "No such job", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn result(
    State(service): State<Arc<Service>>,
    caller: Caller,
    JobId(id): JobId,
) -> Result<Response, Problem> {
    caller.require(Permission::ReadJob)?;
    {
        let (service, caller, id) = (Arc::clone(&service), caller.clone(), id.clone());
        blocking(move || read_for(&service, &caller, &id)).await?;
    }
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        let (prefix, mut after) = (format!("{id}/"), None);
        loop {
            let store = &service.issuer.store;
            match store.papers(PaperKind::JobResult, &prefix, after.as_ref(), PIECES_PER_READ) {
                Ok(pieces) => {
                    let Some(last) = pieces.last() else { return };
                    after = Some(last.key.id.clone());
                    let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.content).collect();
                    if sender.blocking_send(Ok(bytes.into())).is_err() {
                        return;
                    }
                }
                Err(fault) => {
                    // The answer has begun; it ends in the middle, which the client sees.
                    let _ = sender.blocking_send(Err(std::io::Error::other(fault)));
                    return;
                }
            }
        }
    });
    let mut response = Body::new(super::stream::Streamed::new(receiver)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}
