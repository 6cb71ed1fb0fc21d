//! What the rules found, and what follows from it (rule S13).
//!
//! A failure decides: NOT_COVERED. Without one, an unknown that the risk class does not accept leaves the question open:
//! CANNOT_DECIDE. Everything else is COVERED, firm only where nothing at all was found.

use sanad_credential::{Assurance, Decision, Reason};

use crate::risk::Risk;

/// How a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It decides: not covered.
    Fail,
    /// Nobody here can know.
    Unknown,
    /// It does not stand in the way of cover.
    Warn,
}

/// One finding of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it weighs.
    pub severity: Severity,
    /// What it is.
    pub reason: Reason,
}

/// What the rules found, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Before any rule.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn fail(&mut self, reason: Reason) {
        self.0.push(Finding { severity: Severity::Fail, reason });
    }

    pub(crate) fn unknown(&mut self, reason: Reason) {
        self.0.push(Finding { severity: Severity::Unknown, reason });
    }

    pub(crate) fn warn(&mut self, reason: Reason) {
        self.0.push(Finding { severity: Severity::Warn, reason });
    }

    /// A failure where what it rests on is fresh enough to say so, else an unknown.
    pub(crate) fn fail_if(&mut self, proof: Proof, reason: Reason, otherwise: Reason) {
        match proof {
            Proof::Holds => self.fail(reason),
            Proof::IsMissing => self.unknown(otherwise),
        }
    }

    /// Whether a finding of this weight was made.
    pub fn has(&self, severity: Severity) -> bool {
        self.0.iter().any(|finding| finding.severity == severity)
    }

    /// Whether this reason was found.
    pub fn has_reason(&self, reason: Reason) -> bool {
        self.0.iter().any(|finding| finding.reason == reason)
    }

    /// Whether something failed beside these.
    pub(crate) fn has_failure_beside(&self, reasons: &[Reason]) -> bool {
        let failures = self.0.iter().filter(|finding| finding.severity == Severity::Fail);
        failures.into_iter().any(|finding| !reasons.contains(&finding.reason))
    }

    /// All reasons, each once: failures first, then unknowns, then warnings, each in the order of the rules.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for severity in [Severity::Fail, Severity::Unknown, Severity::Warn] {
            for finding in self.0.iter().filter(|finding| finding.severity == severity) {
                if !reasons.contains(&finding.reason) {
                    reasons.push(finding.reason);
                }
            }
        }
        reasons
    }

    /// The decision that follows, and how firm it is.
    pub fn combine(&self, risk: Risk) -> (Decision, Assurance) {
        let mut unknowns = self.0.iter().filter(|finding| finding.severity == Severity::Unknown).peekable();
        if self.has(Severity::Fail) {
            (Decision::NotCovered, Assurance::Firm)
        } else if unknowns.peek().is_some() {
            if unknowns.all(|finding| risk.accepts(finding.reason)) {
                (Decision::Covered, Assurance::Provisional)
            } else {
                (Decision::CannotDecide, Assurance::None)
            }
        } else if self.has(Severity::Warn) {
            (Decision::Covered, Assurance::Provisional)
        } else {
            (Decision::Covered, Assurance::Firm)
        }
    }
}

/// Whether data that could prove a refusal is there and fresh. What is missing proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Holds,
    IsMissing,
}

impl Proof {
    pub(crate) fn when(holds: bool) -> Self {
        if holds { Proof::Holds } else { Proof::IsMissing }
    }
}
