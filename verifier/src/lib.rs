//! Covered or not, for this, here, today, who pays and what to do now: the coverage decision and what follows from it.
//!
//! A checked pack, the documents shown and a [`Context`] come in; [`Answers`] and a receipt go out. No network, no files,
//! no clock, no randomness: the same inputs give the same bytes. The library returns codes and values; programs say them
//! in the person's language.
//!
//! The rules stand in `docs/decision.md`, one module each, in this order: parse, signature and trust
//! ([`Shown`]), time, status, person, package, cover in time, place, facility, duplicates,
//! limits, co-pay, then the answer and the choice between several documents. Each rule finds nothing, a warning, an
//! unknown or a failure ([`Findings`]). An unknown is never a failure, an emergency is always treated, and nothing that is
//! missing or old makes an answer worse than unknown.

mod answer;
mod answer_json;
mod authenticity;
mod books;
pub mod case;
mod choose;
mod context;
mod copay;
mod cover;
mod decide;
mod document_time;
mod duplicates;
mod facility;
mod findings;
mod freshness;
mod holder;
mod limits;
mod matter;
mod package;
mod person;
mod place;
mod receipt;
mod remedy;
mod risk;
mod roles;
mod shown;
mod status;
pub mod totals;
mod verify;

pub use answer::{Answer, Answers, Appeal, Remedy, RestsOn};
pub use answer_json::{Members, Words};
pub use books::{Accreditation, AgreementsFact, Books, Host, HostRulesFact, Listing, Row, RulebookFact};
pub use context::{Asked, AtFacility, CallFault, Context, Referral, SeenToday};
pub use copay::Copay;
pub use decide::{Question, Reading, decide};
pub use findings::{Finding, Findings, Severity};
pub use freshness::{RULES_DAYS_MAX, TRUST_LIST_DAYS_MAX};
pub use holder::{CHALLENGE_SECONDS, Desk, Token, TokenFault, WINDOW_SECONDS};
pub use receipt::{Replay, Signing, good_faith, receipt};
pub use risk::{Freshness, Risk};
pub use shown::{
    Authentic, DelegationState, History, HolderProof, KeyState, ScopeState, Shown, StatusFact, Trust,
    UnknownWhat,
};
pub use verify::{Document, Documents, IssuerSignature, Journal, OpenForm, Tokens};
