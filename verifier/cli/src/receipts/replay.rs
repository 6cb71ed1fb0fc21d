//! A receipt decided again, with the pack that the device had and the document that was shown.
//!
//! Order: the pack is found by the version of its timestamp role, the receipt is proved with a delegation, a document must
//! have the hash that the receipt names, then the question is asked again and both answers are compared member by member.
//! The document is shown again, on paper or as what the phone presented: no device keeps any, since they have names.
//! Of several packs with one version, which differ in their status lists, the one that gives the same answer counts.

use sanad_credential::{Json, Reason, Receipt, Sealed};
use sanad_trust::client::Anchor;
use sanad_trust::judge::Clock;
use sanad_trust::pack::Pack;
use sanad_trust::{Rejection, Rulebook};
use sanad_verifier::{CallFault, Documents, OpenForm, Replay, Signing, Tokens, receipt};

use super::delegations::{Trusted, Unproved, gather, open_receipt};
use super::shown_again::ShownAgain;
use crate::pack_archive::{self, ArchiveFault, Source};

/// A receipt to be replayed.
#[derive(Clone, Debug)]
pub struct Replayed<'r> {
    /// The COSE_Sign1.
    pub document: &'r [u8],
    /// Whether it comes from this device's own log.
    pub origin: Origin,
}

/// Where a receipt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This device's own log: nobody else need believe it.
    OwnLog,
    /// Somebody: its signature must hold.
    Brought,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The receipt.
    pub receipt: Receipt,
    /// The pack that it was replayed with.
    pub pack: String,
    /// The receipt of the answer as it is now.
    pub now: Receipt,
    /// What is not the same.
    pub differs: Vec<Difference>,
}

/// A member of a receipt that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member.
    pub member: String,
    /// What the receipt states.
    pub then: String,
    /// What comes out now.
    pub now: String,
}

/// Why a receipt was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// It does not read.
    #[error("the receipt does not read: {0}")]
    Content(sanad_credential::Fault),
    /// Nobody proves it.
    #[error("the receipt is not proved: {0}")]
    Unproved(Unproved),
    /// No document has the hash that it names.
    #[error("none of the documents shown is the one that the receipt is about")]
    OtherDocument,
    /// None that verifies has it, and one of the open standards does not verify with this pack.
    #[error("none of the documents shown is the one that the receipt is about, and one does not verify: {0}")]
    OpenForm(sanad_openvc::Fault),
    /// Its key does not count for its issuer in this pack.
    #[error("the key that signed the document does not count for this issuer: {0}")]
    KeyUnusable(Rejection),
    /// The pack is not there.
    #[error("no pack with version {version} of the timestamp role is in the archive{}", reasons(faults))]
    NoPack {
        /// The version.
        version: u64,
        /// Why those that could be it were not used.
        faults: Vec<String>,
    },
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveFault),
    /// The question cannot be asked.
    #[error("{0}")]
    Call(CallFault),
}

fn reasons(faults: &[String]) -> String {
    if faults.is_empty() { String::new() } else { format!(": {}", faults.join("; ")) }
}

/// Replays a receipt; with a trial under rulebooks that are not yet published.
///
/// # Errors
/// [`ReplayFault`].
pub fn replay(
    replayed: &Replayed<'_>,
    shown: &ShownAgain,
    delegations: &[(String, Vec<u8>)],
    sources: &[Source],
    pinned: &Anchor,
    trial: &[Rulebook],
) -> Result<Outcome, ReplayFault> {
    let sealed = Sealed::parse(replayed.document).map_err(ReplayFault::Content)?;
    // Unverified: the version of the pack is looked up by it, and that pack then proves the receipt.
    let stated = sealed.unverified_receipt().map_err(ReplayFault::Content)?.look().clone();
    let version = stated.encounter.rests_on.timestamp.value();
    let mut faults = Vec::new();
    let mut outcome: Option<Outcome> = None;
    for source in sources {
        for path in pack_archive::find(source, version)? {
            let pack = match pack_archive::open(source, &path, pinned, Some(stated.iat)) {
                Ok(pack) if pack.metadata().timestamp_version() == version => pack,
                Ok(_) => continue,
                Err(fault) => {
                    faults.push(fault.to_string());
                    continue;
                }
            };
            if replayed.origin == Origin::Brought {
                let (opened, _) = gather(Trusted::Pack(&pack, Clock::Known(stated.iat)), delegations);
                open_receipt(&sealed, &opened).map_err(ReplayFault::Unproved)?;
            }
            let now = with_pack(&stated, shown, &pack, trial)?;
            let differs = compare(&stated, &now);
            let is_better = outcome.as_ref().is_none_or(|before| differs.len() < before.differs.len());
            if is_better {
                let pack = path.display().to_string();
                outcome = Some(Outcome { receipt: stated.clone(), pack, now, differs });
            }
        }
    }
    outcome.ok_or(ReplayFault::NoPack { version, faults })
}

/// The documents that a receipt is about: the one with its hash, and those that it names as evidence.
struct About<'d> {
    documents: Vec<&'d [u8]>,
    open: Option<OpenForm>,
}

fn documents_of<'d>(receipt: &Receipt, shown: &'d ShownAgain, pack: &Pack) -> Result<About<'d>, ReplayFault> {
    let all: Vec<&[u8]> = shown.documents.iter().map(Vec::as_slice).collect();
    let (date, clock) = (receipt.encounter.service_date, receipt.encounter.clock);
    let opened = Documents::open(pack, &all, date, clock, Tokens::AsJudged);
    let wanted = receipt.encounter.credential_hash.0;
    let evidence = receipt.encounter.evidence.iter().flat_map(|list| list.iter());
    let evidence: Vec<_> = evidence.map(|named| (&named.issuer, &named.cti)).collect();
    let (open, fault) = shown.form(wanted, pack, receipt.iat);
    let mut has_document = wanted.is_none() || open.is_some();
    let mut documents = Vec::new();
    for document in opened.readable() {
        let is_it = Some(document.hash) == wanted;
        has_document |= is_it;
        let is_evidence =
            document.claims().is_some_and(|claims| evidence.contains(&(&claims.iss, &claims.cti)));
        if let Some(bytes) = all.get(document.place).filter(|_| is_it || is_evidence) {
            // The same document on two papers is one.
            if !documents.contains(bytes) {
                documents.push(*bytes);
            }
        }
    }
    match fault {
        _ if has_document => Ok(About { documents, open }),
        Some(fault) => Err(ReplayFault::OpenForm(fault)),
        None => Err(ReplayFault::OtherDocument),
    }
}

fn with_pack(
    then: &Receipt,
    shown: &ShownAgain,
    pack: &Pack,
    trial: &[Rulebook],
) -> Result<Receipt, ReplayFault> {
    let about = documents_of(then, shown, pack)?;
    let again = Replay::of(then).map_err(ReplayFault::Content)?;
    let (date, clock) = (again.context.date, again.context.clock);
    let mut opened = Documents::open(pack, &about.documents, date, clock, Tokens::AsJudged);
    if let Some(form) = about.open {
        let added = opened.add_open_form(form, date, clock);
        added.map_err(|unopened| ReplayFault::KeyUnusable(unopened.into()))?;
    }
    opened.decide_under(trial);
    if then.encounter.reasons.contains(&Reason::Unreadable) {
        opened.add_unreadable(1);
    }
    let journal = again.journal(&opened);
    let question = opened.question(&again.context, &journal);
    let answers = question.decide().map_err(ReplayFault::Call)?;
    let signing = Signing {
        facility: then.iss.clone(),
        iat: then.iat,
        cti: then.cti,
        previous: then.encounter.previous.0,
    };
    receipt(&again.context, &opened, &question, &answers.chosen, signing).map_err(ReplayFault::Content)
}

/// Members that are not the same; evidence in any order.
fn compare(then: &Receipt, now: &Receipt) -> Vec<Difference> {
    let (then, now) = (then.to_json(), now.to_json());
    let (Ok(then), Ok(now)) = (then.members(), now.members()) else { return Vec::new() };
    let find = |members: &[(std::borrow::Cow<'_, str>, Json<'_>)], wanted: &str| {
        let found = members.iter().find(|(name, _)| name == wanted);
        found.map_or_else(|| "none".to_owned(), |(name, value)| shown(name, value))
    };
    let mut names: Vec<&str> = then.iter().chain(now).map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    let differs = names.into_iter().filter_map(|name| {
        let (then, now) = (find(then, name), find(now, name));
        (then != now).then(|| Difference { member: name.to_owned(), then, now })
    });
    differs.collect()
}

fn shown(name: &str, value: &Json<'_>) -> String {
    match value {
        Json::Array(entries) if name == "evidence" => {
            let mut entries: Vec<String> = entries.iter().map(Json::to_string).collect();
            entries.sort_unstable();
            format!("[{}]", entries.join(","))
        }
        value => value.to_string(),
    }
}
