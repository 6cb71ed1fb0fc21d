//! S6 Package: whether the right is one for this benefit at all.
//!
//! First the functions of ILO C102 that the document names, then the package: the usable rulebook's, or the groups of a
//! cross-border right itself. That a group is not in a package is a failure only where the rulebook is fresh and the host
//! rules are there, since the host may give the group to everybody.

use sanad_credential::{BenefitGroup, Cause, Function, Reason};

use crate::books::HostRulesFact;
use crate::findings::{Findings, Proof};
use crate::freshness::{RULES_DAYS_MAX, fresh_within};
use crate::matter::{AnsweringRight, Matter};

pub(crate) fn judge(matter: &Matter<'_>, findings: &mut Findings) {
    let Some(group) = matter.context.asked.group() else { return };
    if !functions_cover(matter.functions(), group, matter.context.cause) {
        return findings.fail(Reason::NotInPackage);
    }
    if matter.is_free_here() {
        return;
    }
    let host_rules = Proof::when(matches!(matter.host.rules, HostRulesFact::InPack { .. }));
    match matter.right {
        AnsweringRight::Coverage(_) => {
            let Some(rulebook) = matter.usable_rulebook() else {
                return findings.unknown(Reason::RulebookStale);
            };
            if matter.group_within(&rulebook.version.package).is_none() {
                let fresh = fresh_within(matter.context, rulebook.issued, RULES_DAYS_MAX);
                let proof = if fresh == Proof::Holds { host_rules } else { Proof::IsMissing };
                findings.fail_if(proof, Reason::NotInPackage, Reason::RulebookStale);
            }
        }
        AnsweringRight::CrossBorder(right) => {
            if matter.group_within(&right.groups).is_none() {
                findings.fail_if(host_rules, Reason::NotInPackage, Reason::RulebookStale);
            }
        }
        AnsweringRight::Benefit(_) => {}
    }
}

fn functions_cover(functions: &[Function], group: BenefitGroup, cause: Cause) -> bool {
    let has = |function| functions.contains(&function);
    let maternal =
        matches!(group, BenefitGroup::Antenatal | BenefitGroup::Delivery | BenefitGroup::Postnatal);
    let occupational = group == BenefitGroup::OccupationalVisit;
    has(Function::MedicalCare)
        || (maternal && has(Function::Maternity))
        || (cause == Cause::WorkInjury && has(Function::EmploymentInjury))
        || (occupational && (has(Function::EmploymentInjury) || has(Function::Osh)))
}
