//! How much may be decided on old or missing data: by the cost of a wrong answer to the person and to the scheme.
//!
//! Out-patient and maternal care must not wait; surgery and imaging can be asked about; cash is gone once it is paid. The
//! sets and days are those of the decision procedure, section 1.

use sanad_credential::{BenefitGroup, Reason};

use crate::context::Asked;

/// The class of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Risk {
    /// Everything that is neither of the others.
    Low,
    /// In-patient care, surgery, specialists, imaging.
    High,
    /// Transfers, vouchers, pensions.
    Cash,
}

/// How old a status list may be, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// F: up to this age it is fresh.
    pub fresh: u32,
    /// Fmax: up to this age it may be used, with a warning.
    pub usable: u32,
}

/// Unknowns with which a low-risk service is still covered, provisionally: each is the data's fault, not the person's.
const LOW_ACCEPTS: [Reason; 6] = [
    Reason::StatusTooOld,
    Reason::TimeUnknown,
    Reason::SuspendedStale,
    Reason::PersonUnchecked,
    Reason::DelegationWindow,
    Reason::RulebookStale,
];

impl Risk {
    /// The class of a question.
    pub fn of(asked: Asked) -> Self {
        match asked {
            Asked::Payout => Risk::Cash,
            Asked::Group(
                BenefitGroup::InPatient
                | BenefitGroup::Surgery
                | BenefitGroup::Specialist
                | BenefitGroup::Imaging,
            ) => Risk::High,
            Asked::Group(_) => Risk::Low,
        }
    }

    /// Whether cover is given with this unknown.
    pub fn accepts(self, reason: Reason) -> bool {
        self == Risk::Low && LOW_ACCEPTS.contains(&reason)
    }

    /// How old a status list may be.
    pub const fn freshness(self) -> Freshness {
        match self {
            Risk::Low => Freshness { fresh: 30, usable: 90 },
            Risk::High => Freshness { fresh: 7, usable: 30 },
            Risk::Cash => Freshness { fresh: 1, usable: 3 },
        }
    }
}
