//! What a right rests on beside the agreement: one coverage, or contributed periods; the days, functions and groups that
//! follow from it.

use sanad_credential::{
    BenefitGroup, Claims, Contribution, Coverage, Date, Function, LanguageTag, LineQuality, List,
    PersonCheck, Right, RightType, Set, Subject, UnixTime,
};
use sanad_trust::RulebookVersion;
use sanad_trust::pack::Pack;

use super::evidence::Proof;
use super::refusal::Refusal;
use super::row::Applicable;
use super::{Kind, LeftOut, Wish};

/// What the right rests on beside the agreement.
pub(super) struct Basis<'e> {
    pub(super) subject: &'e Subject,
    pub(super) claims: &'e Claims,
    pub(super) functions: Set<Function>,
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) cover: Option<Cover<'e>>,
}

/// A coverage, and the rules of its product where the pack has them.
pub(super) struct Cover<'e> {
    pub(super) coverage: &'e Coverage,
    pub(super) rules: Option<&'e RulebookVersion>,
}

pub(super) struct Days {
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) exp: Option<UnixTime>,
}

pub(super) struct Groups {
    pub(super) held: Vec<BenefitGroup>,
    pub(super) left_out: Vec<(BenefitGroup, LeftOut)>,
}

impl<'e> Basis<'e> {
    pub(super) fn of_cover(
        proof: &'e Proof,
        wish: &Wish,
        pack: &'e Pack,
        today: Date,
    ) -> Result<Self, Refusal> {
        let coverages: Vec<(&Claims, &Subject, &Coverage)> = proof
            .documents
            .iter()
            .filter_map(|claims| match &claims.right {
                Right::Coverage(subject, coverage) => Some((claims, subject, coverage)),
                _ => None,
            })
            .collect();
        let (claims, subject, coverage) = match coverages.as_slice() {
            [] => return Err(Refusal::EvidenceMissing { wanted: RightType::Coverage.word() }),
            [one] => *one,
            several => return Err(Refusal::SeveralCoverages { found: several.len() }),
        };
        let last = coverage.paid_through.unwrap_or(coverage.end);
        if last < today {
            return Err(Refusal::CoverOver { last, today });
        }
        let functions = functions_for(&wish.kind, coverage)?;
        let book = pack.rulebooks().get(&(claims.iss.clone(), coverage.product.clone()));
        let rules = book.and_then(|book| book.in_force(today));
        if let Some(rules) = rules
            && rules.version < coverage.rulebook
        {
            let (wanted, found) = (coverage.rulebook.value(), rules.version.value());
            return Err(Refusal::RulebookOld { wanted, found });
        }
        let cover = Some(Cover { coverage, rules });
        Ok(Self { subject, claims, functions, first: coverage.start, last, cover })
    }

    pub(super) fn of_periods(proof: &'e Proof) -> Result<Self, Refusal> {
        let records: Vec<(&Claims, &Subject, &Contribution)> = proof
            .documents
            .iter()
            .filter_map(|claims| match &claims.right {
                Right::Contribution(subject, contribution) => Some((claims, subject, contribution)),
                _ => None,
            })
            .collect();
        let lines = || {
            let lines = records.iter().filter(|(claims, ..)| claims.common.delegation.is_none());
            let lines = lines.flat_map(|(.., contribution)| contribution.lines.iter());
            lines.filter(|line| line.quality == LineQuality::Posted)
        };
        let newest = records.iter().max_by_key(|(claims, ..)| (claims.iat, claims.cti));
        let (Some((claims, subject, _)), Some(first), Some(last)) =
            (newest, lines().map(|line| line.from).min(), lines().map(|line| line.to).max())
        else {
            return Err(Refusal::NothingPosted);
        };
        let mut functions: Vec<Function> = lines().flat_map(|line| line.functions.iter().copied()).collect();
        functions.sort_unstable();
        functions.dedup();
        let functions = Set::new(functions).map_err(|fault| fault.within("functions"))?;
        Ok(Self { subject, claims, functions, first, last, cover: None })
    }

    /// Periods are what they were; a right to care holds while cover and agreement do, and its document no longer.
    pub(super) fn days(&self, row: &Applicable<'_>, wish: &Wish, today: Date) -> Result<Days, Refusal> {
        if self.cover.is_none() {
            return Ok(Days { from: self.first, to: self.last, exp: None });
        }
        let period = &row.agreement.period;
        let first = self.first.max(period.first());
        let last = period.last().map_or(self.last, |end| self.last.min(end));
        let (from, to) = (wish.from.unwrap_or(first), wish.to.unwrap_or(last));
        if from < first || last < to || to < from {
            return Err(Refusal::DaysOutside { from, to, first, last });
        }
        if to < today {
            return Err(Refusal::CoverOver { last: to, today });
        }
        let exp = to.plus_days(1).and_then(Date::midnight).map_err(|fault| fault.within("exp"))?;
        Ok(Days { from, to, exp: Some(exp) })
    }

    /// Groups of the row, those of the home package for which nobody waits on the first day.
    pub(super) fn groups(&self, row: &Applicable<'_>, wish: &Wish) -> Groups {
        let mut groups = Groups { held: Vec::new(), left_out: Vec::new() };
        // Periods give no right to care.
        let Some(Cover { coverage, rules }) = &self.cover else { return groups };
        let from = wish.from.unwrap_or_else(|| self.first.max(row.agreement.period.first()));
        let taken = row.taken();
        for group in row.row.groups.iter().copied() {
            let wait = coverage.waits.as_ref().and_then(|waits| waits.first_day(group));
            let why = match (rules, wait) {
                _ if taken.contains(&group) => Some(LeftOut::EarlierRow),
                (Some(rules), _) if !rules.package.contains(&group) => Some(LeftOut::NotInPackage),
                (_, Some(day)) if day > from => Some(LeftOut::Waits(day)),
                _ => None,
            };
            match why {
                Some(why) => groups.left_out.push((group, why)),
                None => groups.held.push(group),
            }
        }
        groups
    }

    /// The person as the home issuer names it. The derived paper has no key of the holder, so that nobody could prove one.
    pub(super) fn holder(&self) -> (Subject, Option<List<LanguageTag, 1, 2>>) {
        let check = self.subject.check.filter(|check| *check != PersonCheck::HolderKey);
        (Subject { check, ..self.subject.clone() }, self.claims.common.languages.clone())
    }
}

fn functions_for(kind: &Kind, coverage: &Coverage) -> Result<Set<Function>, Refusal> {
    let has = |function| coverage.functions.contains(&function);
    let missing = |wanted| {
        let found: Vec<&str> = coverage.functions.iter().map(|function| function.word()).collect();
        Err(Refusal::FunctionMissing { found: found.join(", "), wanted })
    };
    match kind {
        // It answers for the accident and for nothing else.
        Kind::WorkInjury if has(Function::EmploymentInjury) => {
            Set::new(vec![Function::EmploymentInjury]).map_err(Refusal::from)
        }
        Kind::WorkInjury => missing("employment_injury"),
        _ if has(Function::MedicalCare) || has(Function::Maternity) => Ok(coverage.functions.clone()),
        _ => missing("medical_care or maternity"),
    }
}
