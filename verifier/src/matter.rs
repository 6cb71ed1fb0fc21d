//! One authentic document that can answer, with everything that its rules look at.

use sanad_credential::{
    Benefit, BenefitGroup, Claims, Clock, CopayClass, Coverage, CrossBorder, Date, Emergency, Function,
    Level, Subject,
};

use crate::books::{Books, Host, Listing, RulebookFact};
use crate::context::{Asked, Context};
use crate::risk::Risk;
use crate::shown::{Authentic, History};

/// What the rules of one document look at.
#[derive(Clone, Copy)]
pub(crate) struct Matter<'a> {
    pub(crate) context: &'a Context,
    pub(crate) host: &'a Host<'a>,
    pub(crate) books: &'a Books<'a>,
    pub(crate) history: &'a History,
    pub(crate) authentic: Authentic<'a>,
    pub(crate) subject: &'a Subject,
    pub(crate) right: AnsweringRight<'a>,
}

/// What can answer a question.
#[derive(Clone, Copy)]
pub(crate) enum AnsweringRight<'a> {
    Coverage(&'a Coverage),
    Benefit(&'a Benefit),
    CrossBorder(&'a CrossBorder),
}

impl<'a> Matter<'a> {
    pub(crate) fn claims(&self) -> &'a Claims {
        self.authentic.claims
    }

    pub(crate) fn risk(&self) -> Risk {
        Risk::of(self.context.asked)
    }

    pub(crate) fn is_emergency(&self) -> bool {
        self.context.emergency == Emergency::Yes
    }

    pub(crate) fn knows_time(&self) -> bool {
        self.context.clock != Clock::Unknown
    }

    /// The version in force on the day of the service, usable or not: for levels, limits and co-pay.
    pub(crate) fn rulebook(&self) -> Option<RulebookFact<'a>> {
        match self.right {
            AnsweringRight::Coverage(_) => self.books.rulebook,
            AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
        }
    }

    /// That version when it is not lower than the document asks.
    pub(crate) fn usable_rulebook(&self) -> Option<RulebookFact<'a>> {
        match self.right {
            AnsweringRight::Coverage(coverage) => {
                self.books.rulebook.filter(|rulebook| rulebook.version.version >= coverage.rulebook)
            }
            AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
        }
    }

    /// The group under which a list of groups has the question: the group itself, or emergency care in an emergency.
    pub(crate) fn group_within(&self, groups: &[BenefitGroup]) -> Option<BenefitGroup> {
        let asked = self.context.asked.group().filter(|asked| groups.contains(asked));
        let emergency = self.is_emergency() && groups.contains(&BenefitGroup::Emergency);
        asked.or(emergency.then_some(BenefitGroup::Emergency))
    }

    /// Whether the host's public programme pays.
    pub(crate) fn is_free_here(&self) -> bool {
        is_free_here(self.context, self.host)
    }

    pub(crate) fn functions(&self) -> &'a [Function] {
        match self.right {
            AnsweringRight::Coverage(coverage) => &coverage.functions,
            AnsweringRight::Benefit(benefit) => &benefit.functions,
            AnsweringRight::CrossBorder(right) => &right.functions,
        }
    }

    pub(crate) fn copay_class(&self) -> Option<CopayClass> {
        match self.right {
            AnsweringRight::Coverage(coverage) => Some(coverage.copay_class),
            AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
        }
    }

    /// First day of the right.
    pub(crate) fn first_day(&self) -> Date {
        match self.right {
            AnsweringRight::Coverage(coverage) => coverage.start,
            AnsweringRight::Benefit(benefit) => benefit.from,
            AnsweringRight::CrossBorder(right) => right.from,
        }
    }

    /// Last day that is paid for.
    pub(crate) fn last_day(&self) -> Date {
        match self.right {
            AnsweringRight::Coverage(coverage) => coverage.paid_through.unwrap_or(coverage.end),
            AnsweringRight::Benefit(benefit) => benefit.to,
            AnsweringRight::CrossBorder(right) => right.to,
        }
    }

    /// The facility's level: the list's, else as stated.
    pub(crate) fn level(&self) -> Option<Level> {
        level(self.context, self.host)
    }

    pub(crate) fn has_preauth(&self) -> bool {
        let own = match self.right {
            AnsweringRight::CrossBorder(right) => right.preauth.is_some(),
            AnsweringRight::Coverage(_) | AnsweringRight::Benefit(_) => false,
        };
        own || self.context.preauth.is_some()
    }
}

/// Whether the host's public programme pays for what is asked.
pub(crate) fn is_free_here(context: &Context, host: &Host<'_>) -> bool {
    match context.asked {
        Asked::Group(group) => host.rules.free().contains(&group),
        Asked::Payout => false,
    }
}

/// The level of the facility: the list's wins over what the staff state.
pub(crate) fn level(context: &Context, host: &Host<'_>) -> Option<Level> {
    match host.listing {
        Listing::Listed(facility) => Some(facility.level),
        Listing::Unknown | Listing::Stated(_) => context.facility.level,
    }
}
