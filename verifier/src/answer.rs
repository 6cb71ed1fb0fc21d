//! The answer to the question at the counter: codes and values, no words.
//!
//! What to do for the patient stands apart from who pays. A co-pay, a payer and a tariff are given for COVERED only (I4);
//! a NOT_COVERED always comes with reasons and with where to appeal (I6).

use sanad_credential::{
    Action, AgreementId, Assurance, BenefitGroup, Claims, Count, Date, Decision, MemberLine, Payer,
    PersonResult, Reason, Tariff,
};
use sanad_trust::{LanguageTexts, LegalReference};

use crate::copay::Copay;

/// The answers for all documents that can answer.
#[derive(Debug)]
pub struct Answers<'a> {
    /// The best one, which holds.
    pub chosen: Answer<'a>,
    /// The others, best first.
    pub others: Vec<Answer<'a>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer<'a> {
    /// Covered or not.
    pub decision: Decision,
    /// How firm that is.
    pub assurance: Assurance,
    /// What to do for the patient.
    pub action: Action,
    /// Why: failures, then unknowns, then warnings, each in the order of the rules, each once.
    pub reasons: Vec<Reason>,
    /// What the person pays; for COVERED only.
    pub copay: Option<Copay>,
    /// Who pays the facility; for COVERED only.
    pub payer: Option<Payer>,
    /// Whose prices hold; for COVERED only.
    pub tariff: Option<Tariff>,
    /// Position of the document among those shown; none where none can answer.
    pub position: Option<usize>,
    /// What the document says, once its signature held.
    pub claims: Option<&'a Claims>,
    /// The household line served.
    pub member: MemberLine,
    /// The comparison of the person as rule S5 took it.
    pub person: PersonResult,
    /// Values for what the person is told.
    pub remedy: Remedy<'a>,
    /// Where to appeal.
    pub appeal: Appeal<'a>,
    /// What the answer rests on.
    pub rests_on: RestsOn<'a>,
}

/// Values for what the person is told about the reasons. What is not known is left out.
#[derive(Clone, Debug)]
pub struct Remedy<'a> {
    /// First day on which the right holds for this.
    pub covered_from: Option<Date>,
    /// Last day that was paid for.
    pub paid_through: Option<Date>,
    /// Last day of grace after it, where the grace is known.
    pub grace_through: Option<Date>,
    /// How to pay contributions.
    pub pay: Option<&'a LanguageTexts>,
    /// What is covered or free here instead.
    pub covered_here: Vec<BenefitGroup>,
}

/// Where to appeal.
#[derive(Clone, Copy, Debug)]
pub enum Appeal<'a> {
    /// At the scheme, the issuer or the host's office.
    At(&'a LanguageTexts),
    /// At the facility itself: the pack names nobody.
    Facility,
}

/// Versions and days of what an answer rests on.
#[derive(Clone, Copy, Debug)]
pub struct RestsOn<'a> {
    /// Day of the pack.
    pub pack: Option<Date>,
    /// Day of the status list.
    pub status: Option<Date>,
    /// Version of the rulebook.
    pub rulebook: Option<Count>,
    /// The agreement.
    pub agreement: Option<&'a AgreementId>,
    /// What the rulebook rests on in law.
    pub legal_ref: Option<&'a LegalReference>,
}
