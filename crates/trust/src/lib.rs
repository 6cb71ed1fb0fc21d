//! Who may sign what, and what the signed files of the trust repository say.
//!
//! An [`IssuerRecord`] lists an issuer's keys and what they may sign; [`open()`] judges a sealed document with it. A
//! [`Target`] is any file of the repository, read by its [`TargetPath`]: grants, agreements, records, rulebooks,
//! facilities, host rules. No network, no files, no clock: text and bytes come in, a typed value or a named refusal go
//! out; [`review`] says what such a file contradicts or leaves out. A [`DelegationRequest`] is what a delegate asks for; what delegates sign is judged by [`open_delegated`] and
//! [`open_encounter`]. A single pinned record proves authenticity only and
//! says nothing about status or cover.

mod agreement;
pub mod authoring;
mod canonical;
pub mod client;
mod copay;
mod country;
mod delegation;
mod delegation_request;
#[cfg(test)]
mod examples;
mod facilities;
pub mod floors;
mod grant;
mod host_rules;
pub mod judge;
pub mod members;
pub mod metadata;
mod open;
pub mod pack;
pub mod pack_file;
mod period;
mod record;
pub mod review;
mod rulebook;
mod target;
mod texts;
pub mod trust_state;

pub use agreement::{Agreement, AgreementRow, CopayBasis, Derivation};
pub use copay::{CopayLine, CopayShare};
pub use country::Country;
pub use delegation::{
    DelegateExcess, DelegateRejection, delegate_of, judge_delegate_scope, open_delegated, open_encounter,
};
pub use delegation_request::{DelegationRequest, REQUEST_LIMITS};
pub use facilities::{Facilities, Facility};
pub use grant::Grant;
pub use host_rules::HostRules;
pub use open::{Opened, Rejection, ScopeExcess, judge_scope, open, open_with, signed_areas};
pub use period::Period;
pub use record::{
    Contact, IssuerRecord, KeyState, KeyUse, RECORD_LIMITS, RecordDraft, RecordKey, StatusLists,
};
pub use rulebook::{Network, Rulebook, RulebookVersion, SchemeKind};
pub use target::{Target, TargetPath};
pub use texts::{LanguageTexts, LegalReference};
