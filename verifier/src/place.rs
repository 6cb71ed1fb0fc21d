//! S8 Place: whether the right holds here, at home or under an agreement.
//!
//! Subdivisions follow the same rules as countries: a worker from Bihar in Gujarat crosses a border of schemes like one
//! from Kenya in Uganda. Nationality and residence are not inputs. Where the place is given as a whole country and only
//! parts of it are named, nobody here can know.

use sanad_credential::{Area, Benefit, Coverage, CrossBorder, IssuerId, Reason};
use sanad_trust::Derivation;

use crate::books::{AgreementsFact, Row};
use crate::findings::Findings;
use crate::freshness::{RULES_DAYS_MAX, fresh_within};
use crate::matter::{AnsweringRight, Matter};

/// Where the place lies for a right.
#[derive(Clone, Copy)]
pub(crate) enum Placement<'a> {
    /// Within its own territory.
    Within,
    /// Under a row of an agreement.
    Under(Row<'a>),
    /// Neither, as far as is known.
    Elsewhere,
}

impl<'a> Placement<'a> {
    pub(crate) fn row(&self) -> Option<Row<'a>> {
        match self {
            Placement::Under(row) => Some(*row),
            Placement::Within | Placement::Elsewhere => None,
        }
    }
}

pub(crate) fn judge<'a>(matter: &Matter<'a>, findings: &mut Findings) -> Placement<'a> {
    match matter.right {
        AnsweringRight::Coverage(coverage) => judge_coverage(matter, coverage, findings),
        AnsweringRight::Benefit(benefit) => judge_benefit(matter, benefit, findings),
        AnsweringRight::CrossBorder(right) => judge_cross_border(matter, right, findings),
    }
}

fn judge_coverage<'a>(matter: &Matter<'a>, coverage: &Coverage, findings: &mut Findings) -> Placement<'a> {
    match lies(&matter.context.place, &coverage.territory) {
        Lies::Within => {
            let rulebook = matter.usable_rulebook().map(|rulebook| rulebook.version);
            let demanded = rulebook.is_some_and(|version| {
                let group = matter.group_within(&version.package).or(matter.context.asked.group());
                group.is_some_and(|group| version.preauth.contains(&group))
            });
            if demanded && !matter.has_preauth() {
                findings.unknown(Reason::PreauthNeeded);
            }
            Placement::Within
        }
        Lies::MaybeWithin => {
            findings.unknown(Reason::NoAgreement);
            Placement::Elsewhere
        }
        Lies::Outside => {
            let rows = rows(matter, &matter.claims().iss, |_| true);
            under_a_row(matter, rows, Strictness::GroupMustBeListed, findings)
        }
    }
}

fn judge_benefit<'a>(matter: &Matter<'a>, benefit: &Benefit, findings: &mut Findings) -> Placement<'a> {
    let lies = match &benefit.areas {
        Some(areas) => lies(&matter.context.place, areas),
        // The issuer's country.
        None if matter.context.place.country() == matter.claims().iss.country() => Lies::Within,
        None => Lies::Outside,
    };
    match lies {
        Lies::Within => return Placement::Within,
        Lies::MaybeWithin => findings.unknown(Reason::NoAgreement),
        Lies::Outside => findings.fail(Reason::NoAgreement),
    }
    Placement::Elsewhere
}

fn judge_cross_border<'a>(
    matter: &Matter<'a>,
    right: &CrossBorder,
    findings: &mut Findings,
) -> Placement<'a> {
    match lies(&matter.context.place, &right.hosts) {
        Lies::Within => {}
        Lies::MaybeWithin => {
            findings.unknown(Reason::NoAgreement);
            return Placement::Elsewhere;
        }
        Lies::Outside => {
            findings.fail(Reason::NoAgreement);
            return Placement::Elsewhere;
        }
    }
    let by_home = matter.claims().iss == right.home;
    let rows = rows(matter, &right.home, |row| {
        *row.agreement == right.agreement && (by_home || row.row.derivation == Derivation::HomeAndHost)
    });
    // The home scheme may give its own member more than the agreement lists; a host may not spend what home did not give.
    let strictness = if by_home { Strictness::RowIsEnough } else { Strictness::GroupMustBeListed };
    under_a_row(matter, rows, strictness, findings)
}

/// Whether a row must list the group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    GroupMustBeListed,
    RowIsEnough,
}

/// The rows for the place.
struct RowsHere<'a> {
    here: Vec<Row<'a>>,
    lies: Lies,
}

fn rows<'a>(matter: &Matter<'a>, home: &IssuerId, fits: impl Fn(&Row<'a>) -> bool) -> RowsHere<'a> {
    let all = matter.books.agreements.as_ref().map_or(&[][..], |agreements| &agreements.rows);
    let fitting = all.iter().filter(|row| row.row.home == *home && fits(row));
    let mut rows = RowsHere { here: Vec::new(), lies: Lies::Outside };
    for row in fitting {
        match lies(&matter.context.place, &row.row.hosts) {
            Lies::Within => rows.here.push(*row),
            Lies::MaybeWithin => rows.lies = Lies::MaybeWithin,
            Lies::Outside => {}
        }
    }
    rows
}

fn under_a_row<'a>(
    matter: &Matter<'a>,
    rows: RowsHere<'a>,
    strictness: Strictness,
    findings: &mut Findings,
) -> Placement<'a> {
    let issued =
        matter.books.agreements.as_ref().and_then(|agreements: &AgreementsFact<'_>| agreements.issued);
    let proof = fresh_within(matter.context, issued, RULES_DAYS_MAX);
    let listing = rows.here.iter().find(|row| matter.group_within(&row.row.groups).is_some());
    let row = match (listing, rows.here.first()) {
        (Some(row), _) => row,
        (None, Some(first)) if strictness == Strictness::RowIsEnough => first,
        (None, Some(_)) => {
            findings.fail_if(proof, Reason::NotInAgreement, Reason::NotInAgreement);
            return Placement::Elsewhere;
        }
        (None, None) if rows.lies == Lies::MaybeWithin => {
            findings.unknown(Reason::NoAgreement);
            return Placement::Elsewhere;
        }
        (None, None) => {
            findings.fail_if(proof, Reason::NoAgreement, Reason::NoAgreement);
            return Placement::Elsewhere;
        }
    };
    let group = matter.group_within(&row.row.groups).or(matter.context.asked.group());
    if group.is_some_and(|group| row.row.preauth.contains(&group)) && !matter.has_preauth() {
        findings.unknown(Reason::PreauthNeeded);
    }
    Placement::Under(*row)
}

/// Where a place lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lies {
    Within,
    /// It is a whole country, of which only parts are named.
    MaybeWithin,
    Outside,
}

fn lies(place: &Area, areas: &[Area]) -> Lies {
    if areas.iter().any(|area| area.contains(place)) {
        Lies::Within
    } else if areas.iter().any(|area| place.contains(area)) {
        Lies::MaybeWithin
    } else {
        Lies::Outside
    }
}
