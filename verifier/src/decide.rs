//! The procedure: the rules in their order, then the answer (S13, S14), then the choice between documents (S15).

use sanad_credential::{Action, Decision, Emergency, Level, Payer, Reason, Right, Tariff};

use crate::answer::{Answer, Answers, Remedy, RestsOn};
use crate::authenticity::{self, Next};
use crate::books::{Books, Host};
use crate::choose;
use crate::context::{CallFault, Context};
use crate::copay::{self, Copay};
use crate::findings::Findings;
use crate::matter::{AnsweringRight, Matter, is_free_here};
use crate::person::as_judged;
use crate::place::{self, Placement};
use crate::risk::Risk;
use crate::roles::{RoleShown, role};
use crate::shown::{Authentic, HolderProof, Shown, StatusFact};
use crate::{cover, document_time, duplicates, facility, limits, matter, package, person, remedy, status};

/// What was shown at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Every code that was shown could be read, or none was shown.
    Read,
    /// Codes were shown and none of them could be read.
    NothingReadable,
}

/// A question and everything it is decided with.
#[derive(Debug)]
pub struct Question<'q> {
    pub(crate) context: &'q Context,
    pub(crate) host: Host<'q>,
    pub(crate) shown: Vec<Shown<'q>>,
    pub(crate) reading: Reading,
}

impl Question<'_> {
    /// Decides it.
    ///
    /// # Errors
    /// A [`CallFault`]: a fault of the call, never a verdict.
    pub fn decide(&self) -> Result<Answers<'_>, CallFault> {
        decide(self.context, &self.host, &self.shown, self.reading)
    }

    /// The level of the facility, as the rules take it.
    pub fn level(&self) -> Option<Level> {
        matter::level(self.context, &self.host)
    }
}

/// Decides a question from the documents shown.
///
/// # Errors
/// A [`CallFault`]: a fault of the call, never a verdict.
pub fn decide<'a>(
    context: &'a Context,
    host: &'a Host<'a>,
    shown: &'a [Shown<'a>],
    reading: Reading,
) -> Result<Answers<'a>, CallFault> {
    let evidence = shown.iter().filter(|shown| role(&shown.trust, context.asked) == RoleShown::Evidence);
    let evidence: Vec<&Shown<'_>> = evidence.collect();
    let mut lines = Vec::new();
    let mut decided = Vec::new();
    for (position, document) in shown.iter().enumerate() {
        if role(&document.trust, context.asked) != RoleShown::Answers {
            continue;
        }
        let mut findings = Findings::none();
        match authenticity::judge(context, document, &mut findings) {
            Next::Stop => decided.push(stopped(context, host, document, position, &findings)),
            Next::GoOn(authentic) => {
                let Some(matter) = matter_of(context, host, document, authentic) else { continue };
                // A line serves that line only (I7): a document without it says nothing of this person.
                if has_line(&matter, &mut lines) {
                    decided.push(go_on(&matter, &evidence, position, findings));
                }
            }
        }
    }
    // A paper of which nothing is certain does not hide that the card lacks the line.
    if !lines.is_empty() && decided.iter().all(|decided: &Decided<'_>| decided.answer.claims.is_none()) {
        lines.sort_unstable();
        lines.dedup();
        return Err(CallFault::NoSuchLine { asked: context.member, found: lines });
    }
    decided.sort_by(choose::compare);
    let mut answers = decided.into_iter().map(|decided| decided.answer);
    if let Some(chosen) = answers.next() {
        return Ok(Answers { chosen, others: answers.collect() });
    }
    Ok(Answers { chosen: nothing_answers(context, host, shown, reading), others: Vec::new() })
}

/// An answer with what only the choice needs.
pub(crate) struct Decided<'a> {
    pub(crate) answer: Answer<'a>,
    pub(crate) rank: choose::Rank,
    pub(crate) stated: Option<(&'a str, [u8; 8])>,
}

fn matter_of<'a>(
    context: &'a Context,
    host: &'a Host<'a>,
    shown: &'a Shown<'a>,
    authentic: Authentic<'a>,
) -> Option<Matter<'a>> {
    let (subject, right) = match &authentic.claims.right {
        Right::Coverage(subject, coverage) => (subject, AnsweringRight::Coverage(coverage)),
        Right::Benefit(subject, benefit) => (subject, AnsweringRight::Benefit(benefit)),
        Right::CrossBorder(subject, right) => (subject, AnsweringRight::CrossBorder(right)),
        Right::Membership(..) | Right::Contribution(..) | Right::Delegation(_) => return None,
    };
    let (books, history) = (&shown.books, &shown.history);
    Some(Matter { context, host, books, history, authentic, subject, right })
}

fn has_line(matter: &Matter<'_>, found: &mut Vec<u64>) -> bool {
    let members = matter.subject.members.iter().flat_map(|members| members.iter());
    let before = found.len();
    found.push(1);
    found.extend(members.map(|member| member.line.value()));
    let asked = matter.context.member.value();
    found.iter().skip(before).any(|line| *line == asked)
}

fn go_on<'a>(
    matter: &Matter<'a>,
    evidence: &[&Shown<'_>],
    position: usize,
    mut findings: Findings,
) -> Decided<'a> {
    document_time::judge(matter, &mut findings);
    status::judge(matter, &mut findings);
    person::judge(matter, &mut findings);
    package::judge(matter, &mut findings);
    cover::judge(matter, evidence, &mut findings);
    let placement = place::judge(matter, &mut findings);
    facility::judge(matter, &placement, &mut findings);
    duplicates::judge(matter, &mut findings);
    limits::judge(matter, &placement, &mut findings);
    let (context, host, books) = (matter.context, matter.host, matter.books);
    let (decision, assurance) = findings.combine(matter.risk());
    let covered = decision == Decision::Covered;
    let copay: Option<Copay> = covered.then(|| copay::judge(matter, &placement, &findings));
    let (payer, tariff) = payer_and_tariff(matter, &placement);
    let rulebook = matter.rulebook();
    let answer = Answer {
        decision,
        assurance,
        action: action(context, host, decision, &findings),
        reasons: findings.reasons(),
        copay,
        payer: covered.then_some(payer),
        tariff: covered.then_some(tariff),
        position: Some(position),
        claims: Some(matter.claims()),
        member: context.member,
        person: as_judged(context.person, matter.authentic.holder),
        remedy: remedy::remedy(matter, &placement, &findings),
        appeal: remedy::appeal(rulebook.map(|rulebook| &rulebook.version.appeal), Some(books), host),
        rests_on: RestsOn {
            pack: books.trust_list,
            status: status_day(books.status),
            rulebook: rulebook.map(|rulebook| rulebook.version.version),
            agreement: placement.row().map(|row| row.agreement),
            legal_ref: rulebook.map(|rulebook| &rulebook.version.legal_ref),
        },
    };
    let stated = Some((matter.claims().iss.as_str(), matter.claims().cti.0));
    Decided { answer, rank: choose::rank(matter, &placement), stated }
}

/// Nothing is said of the content of a document whose signature nobody here saw to hold.
fn stopped<'a>(
    context: &'a Context,
    host: &'a Host<'a>,
    shown: &'a Shown<'a>,
    position: usize,
    findings: &Findings,
) -> Decided<'a> {
    let answer = without_content(context, host, Some((position, &shown.books)), findings);
    Decided { answer, rank: choose::Rank::Uncertain, stated: choose::stated(&shown.trust) }
}

fn nothing_answers<'a>(
    context: &'a Context,
    host: &'a Host<'a>,
    shown: &[Shown<'_>],
    reading: Reading,
) -> Answer<'a> {
    let mut findings = Findings::none();
    findings.unknown(match reading {
        Reading::NothingReadable if shown.is_empty() => Reason::Unreadable,
        Reading::NothingReadable | Reading::Read => Reason::NoCredential,
    });
    without_content(context, host, None, &findings)
}

fn without_content<'a>(
    context: &'a Context,
    host: &'a Host<'a>,
    document: Option<(usize, &'a Books<'a>)>,
    findings: &Findings,
) -> Answer<'a> {
    let (decision, assurance) = findings.combine(Risk::of(context.asked));
    let pack = document.map_or(host.pack, |(_, books)| books.trust_list);
    Answer {
        decision,
        assurance,
        action: action(context, host, decision, findings),
        reasons: findings.reasons(),
        copay: None,
        payer: None,
        tariff: None,
        position: document.map(|(position, _)| position),
        claims: None,
        member: context.member,
        person: as_judged(context.person, HolderProof::NotNeeded),
        remedy: Remedy {
            covered_from: None,
            paid_through: None,
            grace_through: None,
            pay: None,
            covered_here: host.rules.free().to_vec(),
        },
        appeal: remedy::appeal(None, document.map(|(_, books)| books), host),
        rests_on: RestsOn { pack, status: None, rulebook: None, agreement: None, legal_ref: None },
    }
}

/// S14: the first that applies.
fn action(context: &Context, host: &Host<'_>, decision: Decision, findings: &Findings) -> Action {
    if context.emergency == Emergency::Yes {
        return Action::TreatNow;
    }
    if findings.has_reason(Reason::PersonAbsent) {
        return Action::NoEncounter;
    }
    if is_free_here(context, host) {
        return Action::TreatFree;
    }
    match (decision, Risk::of(context.asked)) {
        (Decision::Covered, _) => Action::TreatCopay,
        (Decision::CannotDecide, Risk::Low) => Action::TreatClaimLater,
        (Decision::CannotDecide, Risk::High) => Action::ContactThenTreat,
        (Decision::CannotDecide, Risk::Cash) => Action::HoldRetry,
        (Decision::NotCovered, Risk::Cash) => Action::RefuseWithAppeal,
        (Decision::NotCovered, Risk::Low | Risk::High) => Action::ChargeRefundable,
    }
}

fn payer_and_tariff(matter: &Matter<'_>, placement: &Placement<'_>) -> (Payer, Tariff) {
    if matter.is_free_here() {
        return (Payer::Host, Tariff::Host);
    }
    match (matter.right, placement.row()) {
        (AnsweringRight::CrossBorder(right), _) => (right.payer, right.tariff),
        (AnsweringRight::Coverage(_) | AnsweringRight::Benefit(_), Some(row)) => {
            (row.row.payer, row.row.tariff)
        }
        (AnsweringRight::Coverage(_) | AnsweringRight::Benefit(_), None) => (Payer::Home, Tariff::Home),
    }
}

fn status_day(status: StatusFact) -> Option<sanad_credential::Date> {
    match status {
        StatusFact::Listed { issued, .. } => issued,
        StatusFact::NoReference | StatusFact::NoList => None,
    }
}
