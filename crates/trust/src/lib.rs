//! Who may sign what.
//!
//! An [`IssuerRecord`] lists an issuer's keys and what they may sign; [`open`] judges a sealed document with it. No
//! network, no files, no clock: bytes come in, claims or a named [`Rejection`] go out. A [`DelegationRequest`] is what a
//! delegate asks for; what delegates sign is judged by [`open_delegated`] and [`open_encounter`]. Packs, grants and
//! roll-back protection build on this; a single pinned record proves authenticity only and says nothing about status
//! or cover.

mod delegation;
mod delegation_request;
mod open;
mod record;

pub use delegation::{
    DelegateExcess, DelegateRejection, delegate_of, judge_delegate_scope, open_delegated, open_encounter,
};
pub use delegation_request::{DelegationRequest, REQUEST_LIMITS};
pub use open::{Opened, Rejection, ScopeExcess, judge_scope, open};
pub use record::{
    Contact, IssuerRecord, KeyState, KeyUse, LanguageTexts, RECORD_LIMITS, RecordDraft, RecordKey,
    StatusLists,
};
