//! S2 Authenticity: whether the document is its issuer's, and whether the issuer could sign it.
//!
//! A bad signature under a known key is a failure. An unknown issuer or key is one only where the trust list is fresh and
//! younger than the document's day of issue, since a list can speak only about documents older than itself; a delegation
//! that is not here proves nothing at any age.

use sanad_credential::{Claims, Date, Reason};

use crate::context::Context;
use crate::findings::{Findings, Proof};
use crate::freshness::{TRUST_LIST_DAYS_MAX, age, fresh_within};
use crate::shown::{Authentic, DelegationState, KeyState, ScopeState, Shown, Trust, UnknownWhat};

/// Whether the rules that follow may look at the content.
pub(crate) enum Next<'a> {
    /// The signature holds.
    GoOn(Authentic<'a>),
    /// It does not, or nobody here can know: nothing more is said of this document.
    Stop,
}

pub(crate) fn judge<'a>(context: &Context, shown: &Shown<'a>, findings: &mut Findings) -> Next<'a> {
    let list = shown.books.trust_list;
    match &shown.trust {
        Trust::Forged { .. } => {
            findings.fail(Reason::SigInvalid);
            Next::Stop
        }
        Trust::Unknown { what, stated } => {
            match unknown_signer(*what, stated) {
                (reason, Judgeable::ByTheList) => {
                    let proof = list_speaks(context, list, stated);
                    findings.fail_if(proof, reason, reason);
                }
                (reason, Judgeable::Never) => findings.unknown(reason),
            }
            Next::Stop
        }
        Trust::Authentic(authentic) => {
            judge_signer(context, list, *authentic, findings);
            Next::GoOn(*authentic)
        }
    }
}

/// Whether S2 stops with an unknown: such a contribution record may be a true one.
pub(crate) fn stops_unknown(context: &Context, shown: &Shown<'_>) -> bool {
    let mut findings = Findings::none();
    let stops = matches!(judge(context, shown, &mut findings), Next::Stop);
    stops && findings.has(crate::findings::Severity::Unknown)
}

fn judge_signer(context: &Context, list: Option<Date>, authentic: Authentic<'_>, findings: &mut Findings) {
    if authentic.key == KeyState::Compromised {
        findings.unknown(Reason::KeyCompromised);
    }
    if list.is_none_or(|issued| age(context, issued) > TRUST_LIST_DAYS_MAX) {
        findings.warn(Reason::TrustListOld);
    }
    if authentic.scope == ScopeState::Beyond {
        let proof = list_speaks(context, list, authentic.claims);
        findings.fail_if(proof, Reason::OutOfScope, Reason::OutOfScope);
    }
    match authentic.delegation {
        DelegationState::None | DelegationState::Valid => {}
        DelegationState::Outside => findings.unknown(Reason::DelegationWindow),
        DelegationState::Revoked => findings.unknown(Reason::DelegationRevoked),
    }
}

/// Whether a trust list can prove anything about the signer.
enum Judgeable {
    ByTheList,
    Never,
}

/// Delegations travel outside the signed lists, so that none of them shows that a delegation does not exist.
fn unknown_signer(what: UnknownWhat, stated: &Claims) -> (Reason, Judgeable) {
    match what {
        UnknownWhat::Issuer => (Reason::IssuerUnknown, Judgeable::ByTheList),
        UnknownWhat::Key if stated.common.delegation.is_none() => (Reason::KeyUnknown, Judgeable::ByTheList),
        UnknownWhat::Key | UnknownWhat::Delegation => (Reason::KeyUnknown, Judgeable::Never),
    }
}

fn list_speaks(context: &Context, list: Option<Date>, claims: &Claims) -> Proof {
    let older_than_the_list = list.is_some_and(|issued| claims.iat.date() < issued);
    match fresh_within(context, list, TRUST_LIST_DAYS_MAX) {
        Proof::Holds => Proof::when(older_than_the_list),
        Proof::IsMissing => Proof::IsMissing,
    }
}
