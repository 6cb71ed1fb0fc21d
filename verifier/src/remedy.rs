//! What the person is told: values for the remedies, and where to appeal (I6).
//!
//! A remedy names what is known and true for this person: nobody whose cover lapsed is sent to another service of it.

use sanad_credential::{BenefitGroup, Reason};
use sanad_trust::LanguageTexts;

use crate::answer::{Appeal, Remedy};
use crate::books::{Books, Host, HostRulesFact};
use crate::cover;
use crate::findings::Findings;
use crate::matter::{AnsweringRight, Matter};
use crate::place::Placement;

pub(crate) fn remedy<'a>(matter: &Matter<'a>, placement: &Placement<'a>, findings: &Findings) -> Remedy<'a> {
    let wait = match matter.right {
        AnsweringRight::Coverage(coverage) => {
            let waits = coverage.waits.as_ref().zip(matter.context.asked.group());
            waits.and_then(|(waits, group)| waits.first_day(group))
        }
        AnsweringRight::Benefit(_) | AnsweringRight::CrossBorder(_) => None,
    };
    Remedy {
        covered_from: Some(wait.unwrap_or(matter.first_day()).max(matter.first_day())),
        paid_through: Some(matter.last_day()),
        grace_through: cover::grace(matter).and_then(|grace| {
            let days = i32::try_from(grace.value()).ok()?;
            matter.last_day().plus_days(days).ok()
        }),
        pay: matter.rulebook().map(|rulebook| &rulebook.version.pay),
        covered_here: covered_here(matter, placement, findings),
    }
}

/// What this person gets here instead: what is free for everybody, and what the document covers at this place, where
/// nothing but the service that was asked for stands against it.
fn covered_here(matter: &Matter<'_>, placement: &Placement<'_>, findings: &Findings) -> Vec<BenefitGroup> {
    let mut groups = matter.host.rules.free().to_vec();
    let only_this_service = [Reason::NotInPackage, Reason::NotInAgreement, Reason::Waiting];
    if let AnsweringRight::Coverage(coverage) = matter.right
        && !findings.has_failure_beside(&only_this_service)
        && let Some(rulebook) = matter.usable_rulebook()
    {
        let rows = matter.books.agreements.iter().flat_map(|agreements| &agreements.rows);
        let here: Vec<_> = rows
            .filter(|row| row.row.hosts.iter().any(|host| host.contains(&matter.context.place)))
            .collect();
        let accepted = |group: &&BenefitGroup| match placement {
            Placement::Within => true,
            Placement::Under(_) | Placement::Elsewhere => {
                here.iter().any(|row| row.row.groups.contains(group))
            }
        };
        let waits = |group: &&BenefitGroup| {
            let first_day = coverage.waits.as_ref().and_then(|waits| waits.first_day(**group));
            first_day.is_none_or(|first_day| first_day <= matter.context.date)
        };
        groups.extend(rulebook.version.package.iter().filter(accepted).filter(waits));
    }
    // Nobody is told to get what was just asked for.
    groups.retain(|group| Some(*group) != matter.context.asked.group());
    groups.sort_unstable();
    groups.dedup();
    groups
}

pub(crate) fn appeal<'a>(
    rulebook: Option<&'a LanguageTexts>,
    books: Option<&Books<'a>>,
    host: &Host<'a>,
) -> Appeal<'a> {
    let host_rules = match &host.rules {
        HostRulesFact::Missing => None,
        HostRulesFact::InPack { appeal, .. } => *appeal,
    };
    let contacts = [rulebook, books.and_then(|books| books.contact), host_rules];
    let named = contacts.into_iter().flatten().find(|texts| !texts.0.is_empty());
    named.map_or(Appeal::Facility, Appeal::At)
}
