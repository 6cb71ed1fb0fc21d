//! What the bytes of Sanad mean, in both directions.
//!
//! Entitlements, status lists and encounter receipts as CWTs in COSE_Sign1, the QR text that carries them, and
//! their JSON form. The format is stated in `SPEC.md`; this crate refuses everything that the format does not
//! allow. It says what a document means, never whether to accept it: that is the verifier's.
//!
//! `no_std` with `alloc`: no clock, no randomness, no files, no network. Signing and verifying are the traits
//! [`Sign`] and [`Verify`], so that a hardware module, software and a browser share this code.
#![no_std]

extern crate alloc;

mod base45;
mod birth;
mod cbor;
mod claims;
mod codes;
mod date;
mod ed25519;
mod envelope;
mod fault;
mod holder;
mod json;
mod key;
mod list;
mod money;
mod number;
mod presentation;
mod qr_text;
mod receipt;
mod record;
mod rights;
mod status_list;
mod strict;
mod subject;
mod text;

pub use birth::{Birth, Month, Precision, Year};
pub use cbor::Nullable;
pub use claims::{Claims, Common, CredentialId, Draft, Right, StatusReference, UNREFERENCED_SECONDS_MAX};
pub use codes::{
    Action, Assurance, BenefitGroup, BenefitType, Category, Cause, Clock, Contributor, CrossBorderKind,
    Decision, DerivedBy, Function, LineQuality, Payee, Payer, PeriodKind, PeriodUnit, PersonCheck,
    PersonResult, Reason, RightType, Role, Scope, Sex, Status, Tariff,
};
pub use date::{Date, UnixTime};
pub use ed25519::{SigningKey, VerifyingKey};
pub use envelope::{
    Algorithm, FIRST_BYTE, OWN_BYTES_MAX, Origin, STATUS_LIST_BYTES_MAX, SealFault, Sealed, Sign, Typ,
    Unverified, Verify, seal_entitlement, seal_receipt, seal_status_list,
};
pub use fault::{Fault, Form, Unit, What};
pub use holder::{CHALLENGE_PREFIX, Challenge, HOLDER_REQUEST_PREFIX, HolderRequest, Nonce};
pub use json::{CLAIMS_LIMITS, Json, Limits, Object, printable};
pub use key::{HolderKey, KeyId, PublicKey};
pub use list::{FixedBytes, List, Set};
pub use money::Money;
pub use number::{BasisPoints, CopayClass, Count, Level, MemberLine, StatusIndex, WeekDays};
pub use presentation::{
    Binding, Carried, PHONE_BYTES_MAX, PRESENTATION_BYTES_ADDED, Presentation, seal_presentation,
};
pub use qr_text::{CHARACTERS_MAX, PREFIX, QrText};
pub use receipt::{
    DocumentHash, DocumentReference, Emergency, Encounter, GoodFaith, Reasons, Receipt, RestsOn,
};
pub use rights::{
    Benefit, Contribution, ContributionLine, Coverage, CrossBorder, Delegation, Evidence, Item, Membership,
    Pooled, Serials, Waits,
};
pub use status_list::{ENTRIES, LIST_BYTES, StatusList, StatusListToken, VALIDITY_SECONDS_MIN};
pub use strict::{DEPTH_MAX, ENTRIES_MAX, TEXT_BYTES_MAX};
pub use subject::{HouseholdLine, NativeName, Subject};
pub use text::{
    AgreementId, Area, Currency, DelegationId, IssuerId, Label, LanguageTag, MemberNumber, Name, ProductId,
    StatusUri,
};
