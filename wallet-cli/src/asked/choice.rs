//! Which held document answers a query, and what of it is disclosed: the claims that were asked for and no others.
//!
//! A disclosure is a whole claim of the person (`members` and not one member of it), so that a path into one discloses all of
//! it; the holder is shown what that is. A document that ran out answers only where no other does. Refused: a query that no
//! held document meets, and one that several do, where nobody says which.

use sanad_credential::UnixTime;
use serde_json::Value;

use super::query::{Authorities, ClaimQuery, CredentialQuery, Need, Query, SdJwtWanted, Step, Wanted};
use crate::open_form::OpenForm;

/// A held SD-JWT VC that may answer.
#[derive(Debug)]
pub struct Candidate {
    /// The id of the document beside which it is kept.
    pub id: String,
    /// What it says.
    pub form: OpenForm,
}

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The query.
    pub query: String,
    /// Which of the candidates.
    pub candidate: usize,
    /// Names of the claims that are disclosed.
    pub disclosed: Vec<String>,
}

/// Why a query is not answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Nothing that is held meets it.
    #[error("nothing that this wallet can show meets the request. It asks for {asked}; {held}")]
    NotHeld {
        /// What is asked for.
        asked: String,
        /// What is held, in words.
        held: String,
    },
    /// More than one document meets it.
    #[error("{} documents meet the request: say which with --document ID ({})", ids.len(), ids.join(", "))]
    Several {
        /// Their ids.
        ids: Vec<String>,
    },
}

/// Finds the answers.
///
/// # Errors
/// [`NoAnswer`].
pub fn choose(query: &Query, candidates: &[Candidate], now: UnixTime) -> Result<Vec<Answer>, NoAnswer> {
    let meets = |id: &String| {
        let wanted = query.credentials.iter().find(|credential| credential.id == *id);
        wanted.is_some_and(|wanted| candidates.iter().any(|candidate| disclosed(wanted, candidate).is_some()))
    };
    let mut chosen: Vec<&String> = Vec::new();
    if query.sets.is_empty() {
        chosen.extend(query.credentials.iter().map(|credential| &credential.id));
    }
    // What the verifier does not need it does not get.
    for set in query.sets.iter().filter(|set| set.need == Need::Required) {
        let option = set.options.iter().find(|option| option.iter().all(meets));
        chosen.extend(option.ok_or_else(|| not_held(query, candidates))?);
    }
    let mut answers: Vec<Answer> = Vec::new();
    for credential in query.credentials.iter().filter(|credential| chosen.contains(&&credential.id)) {
        answers.push(answer(credential, candidates, now, query)?);
    }
    // Every set may be left out: then there is nothing to show.
    if answers.is_empty() { Err(not_held(query, candidates)) } else { Ok(answers) }
}

fn answer(
    wanted: &CredentialQuery,
    candidates: &[Candidate],
    now: UnixTime,
    query: &Query,
) -> Result<Answer, NoAnswer> {
    let mut meeting: Vec<(usize, &Candidate, Vec<String>)> = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        meeting.extend(disclosed(wanted, candidate).map(|disclosed| (number, candidate, disclosed)));
    }
    if meeting.iter().any(|(_, candidate, _)| candidate.form.entitlement().exp >= now) {
        meeting.retain(|(_, candidate, _)| candidate.form.entitlement().exp >= now);
    }
    let ids: Vec<String> = meeting.iter().map(|(_, candidate, _)| candidate.id.clone()).collect();
    match (meeting.pop(), meeting.is_empty()) {
        (Some((candidate, _, disclosed)), true) => {
            Ok(Answer { query: wanted.id.clone(), candidate, disclosed })
        }
        (Some(_), false) => Err(NoAnswer::Several { ids }),
        (None, _) => Err(not_held(query, candidates)),
    }
}

/// The claims to disclose, where a candidate meets a query.
fn disclosed(query: &CredentialQuery, candidate: &Candidate) -> Option<Vec<String>> {
    let Wanted::SdJwt(wanted) = &query.wanted else { return None };
    let form = &candidate.form;
    if wanted.authorities == Authorities::Named || !wanted.vcts.iter().any(|vct| vct == form.vct()) {
        return None;
    }
    let claims = wanted_claims(wanted, form)?;
    let mut names: Vec<String> = Vec::new();
    for claim in claims {
        let Some(Step::Member(name)) = claim.path.first() else { continue };
        if form.is_disclosable(name) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    Some(names)
}

/// All claims, or those of the first set that is met.
fn wanted_claims<'w>(wanted: &'w SdJwtWanted, form: &OpenForm) -> Option<Vec<&'w ClaimQuery>> {
    if wanted.claim_sets.is_empty() {
        let all: Vec<&ClaimQuery> = wanted.claims.iter().collect();
        return all.iter().all(|claim| is_met(claim, form)).then_some(all);
    }
    wanted.claim_sets.iter().find_map(|set| {
        let of_set =
            wanted.claims.iter().filter(|claim| claim.id.as_ref().is_some_and(|id| set.contains(id)));
        let of_set: Vec<&ClaimQuery> = of_set.collect();
        of_set.iter().all(|claim| is_met(claim, form)).then_some(of_set)
    })
}

fn is_met(claim: &ClaimQuery, form: &OpenForm) -> bool {
    let mut found: Vec<&Value> = Vec::new();
    let mut steps = claim.path.iter();
    if let Some(Step::Member(name)) = steps.next() {
        found.extend(form.claims().get(name));
    }
    for step in steps {
        found = found.into_iter().flat_map(|value| step_into(value, step)).collect();
    }
    match claim.values.as_slice() {
        [] => !found.is_empty(),
        values => found.iter().any(|value| values.contains(value)),
    }
}

fn step_into<'v>(value: &'v Value, step: &Step) -> Vec<&'v Value> {
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
        (Step::Each, Value::Array(entries)) => entries.iter().collect(),
        (Step::Entry(number), Value::Array(entries)) => entries.get(*number).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn not_held(query: &Query, candidates: &[Candidate]) -> NoAnswer {
    let asked: Vec<String> = query.credentials.iter().map(in_words).collect();
    let held: Vec<&str> = candidates.iter().map(|candidate| candidate.form.vct()).collect();
    let held = if held.is_empty() {
        "it holds no SD-JWT VC (an issuer's offer brings one beside the card)".to_owned()
    } else {
        format!("it holds {}", held.join(", "))
    };
    NoAnswer::NotHeld { asked: asked.join("; or "), held }
}

/// A query for people.
fn in_words(query: &CredentialQuery) -> String {
    let wanted = match &query.wanted {
        Wanted::Other(format) => return format!("a document in the format {format}"),
        Wanted::SdJwt(wanted) => wanted,
    };
    let names: Vec<String> = wanted.claims.iter().map(|claim| path_in_words(&claim.path)).collect();
    let claims = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
    let rule = match wanted.authorities {
        Authorities::Any => "",
        Authorities::Named => " of issuers that it names by a rule which this wallet cannot compare",
    };
    format!("{}{claims}{rule}", wanted.vcts.join(" or "))
}

fn path_in_words(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Member(name) => name.clone(),
        Step::Each => "each".to_owned(),
        Step::Entry(number) => number.to_string(),
    };
    path.iter().map(step).collect::<Vec<_>>().join(".")
}
