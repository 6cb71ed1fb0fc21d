//! Who may sign what.
//!
//! An [`IssuerRecord`] lists an issuer's keys and what they may sign; [`open`] judges a sealed document with it. No
//! network, no files, no clock: bytes come in, claims or a named [`Rejection`] go out. Packs, grants, delegations
//! and roll-back protection build on this; a single pinned record proves authenticity only and says nothing about
//! status or cover.

pub mod authoring;
mod canonical;
pub mod client;
pub mod metadata;
mod open;
mod record;

pub use open::{Opened, Rejection, ScopeExcess, judge_scope, open};
pub use record::{
    Contact, IssuerRecord, KeyState, KeyUse, LanguageTexts, RECORD_LIMITS, RecordDraft, RecordKey,
    StatusLists,
};
