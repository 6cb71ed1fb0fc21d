//! A host agency's own cross-border right (type 5), derived from verified evidence of a foreign issuer.
//!
//! Everything follows from the evidence, the pack and the wish; the clock is an argument. Order of checks: clock and age of
//! the pack; what this issuer may sign; each document (`evidence.rs`); all of them together; the row of the agreement
//! (`row.rs`); days; functions; groups; what the format and this issuer's record allow. Every refusal has a name
//! ([`Refusal`]).
//!
//! What is derived: the home issuer is competent; payer and tariff are the row's; it holds where the row does and this
//! issuer may sign, on days that cover (`start` to `paid_through`) and agreement have in common; for groups that the row
//! and the home package have and for which no waiting time runs on the first day. The document expires with its last
//! day: a revocation at home does not reach it, and the next one asks again. It does not depend on the day of signing, so that
//! the same evidence is not signed twice.
//!
//! Refused: to derive from what was derived, from memberships, from receipts alone; to stretch days beyond the cover; to
//! guess where status, rulebook or agreement are missing or old.

mod basis;
mod evidence;
mod refusal;
mod row;

use sanad_credential::{
    AgreementId, Area, BenefitGroup, Common, CrossBorder, CrossBorderKind, Date, DerivedBy, Label, Right,
    RightType, Set, UnixTime,
};
use sanad_trust::Country;
use sanad_trust::judge::Clock;
use sanad_trust::pack::Pack;

use crate::config::Config;
use crate::issue::check_record;
use crate::register::{Digest, Record};
use basis::{Basis, Cover, Groups};
use evidence::Proof;
pub use refusal::Refusal;
use row::{Applicable, applicable, areas_in_words, set_of};

/// Age in days up to which a pack, and the status of evidence, is ground for a signature that lasts. The same as that
/// after which `pack info` calls a list old.
pub const FRESH_DAYS_MAX: i32 = 30;

/// What a host may derive. That another country's law applies to a worker (`legislation`) only that country can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Care in a temporary stay.
    TemporaryStay,
    /// Care where the holder lives.
    Residence,
    /// Care for which the holder came, authorised by the home issuer under this reference.
    PlannedCare(Label),
    /// Care after an accident at work.
    WorkInjury,
    /// Periods contributed at home.
    Periods,
    /// Until the holder's own document is at hand.
    Provisional,
}

impl Kind {
    /// The kind on the document.
    pub fn code(&self) -> CrossBorderKind {
        match self {
            Kind::TemporaryStay => CrossBorderKind::TemporaryStay,
            Kind::Residence => CrossBorderKind::Residence,
            Kind::PlannedCare(_) => CrossBorderKind::PlannedCare,
            Kind::WorkInjury => CrossBorderKind::WorkInjury,
            Kind::Periods => CrossBorderKind::Periods,
            Kind::Provisional => CrossBorderKind::Provisional,
        }
    }

    fn proved_by(&self) -> RightType {
        match self {
            Kind::Periods => RightType::Contribution,
            Kind::TemporaryStay
            | Kind::Residence
            | Kind::PlannedCare(_)
            | Kind::WorkInjury
            | Kind::Provisional => RightType::Coverage,
        }
    }
}

/// Whether evidence under several member numbers is of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamePerson {
    /// An officer has confirmed it with the person and the papers.
    Confirmed,
    /// Nobody has.
    NotConfirmed,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Which kind of right.
    pub kind: Kind,
    /// Under this agreement; the first that applies when absent.
    pub agreement: Option<AgreementId>,
    /// Only here; wherever the row holds and this issuer may sign when absent.
    pub hosts: Option<Vec<Area>>,
    /// First day; the first that cover and agreement have when absent.
    pub from: Option<Date>,
    /// Last day; the last that they have when absent.
    pub to: Option<Date>,
    /// Whether the evidence is of one person.
    pub person: SamePerson,
}

/// A document as it was shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it was found.
    pub place: String,
    /// The document.
    pub bytes: Vec<u8>,
}

/// A right, ready to be signed, and what it follows from.
#[derive(Debug)]
pub struct Derived {
    /// What is to be signed.
    pub record: Record,
    /// The same, to be shown.
    pub right: CrossBorder,
    /// Groups of the row that the right does not have.
    pub left_out: Vec<(BenefitGroup, LeftOut)>,
    /// Why, in lines for people.
    pub because: Vec<String>,
}

/// Why a group of the row is not in the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The home scheme does not cover it.
    NotInPackage,
    /// A waiting time runs until the day before this.
    Waits(Date),
    /// An earlier row of the agreement has it, with terms of its own.
    EarlierRow,
}

fn in_words((group, why): &(BenefitGroup, LeftOut)) -> String {
    let group = group.word();
    match why {
        LeftOut::NotInPackage => format!("{group} is not in the home package"),
        LeftOut::Waits(day) => {
            format!("{group} is covered from {day} on; to have it, give --from {day} or later")
        }
        LeftOut::EarlierRow => format!("{group} is in an earlier row of the agreement"),
    }
}

impl Derived {
    /// Groups left out, for people.
    pub fn left_out_in_words(&self) -> Vec<String> {
        self.left_out.iter().map(in_words).collect()
    }
}

/// Derives a right.
///
/// # Errors
/// [`Refusal`]; nothing was signed.
pub fn derive(
    config: &Config,
    pack: &Pack,
    shown: &[Shown],
    wish: &Wish,
    now: UnixTime,
) -> Result<Derived, Refusal> {
    let iss = config.record.iss();
    let today = now.date();
    if let Clock::Unknown { .. } = pack.clock(Some(now)) {
        return Err(Refusal::ClockBehind { now: today });
    }
    fresh(pack, None, today)?;
    may_sign(config, pack)?;
    let proof = Proof::of(shown, pack, &wish.kind, iss, wish.person, now)?;
    fresh(pack, Some(&Country::from(&proof.home)), today)?;
    let rows = applicable(pack, &proof.home, &config.record, wish, today)?;
    let basis = match wish.kind.proved_by() {
        RightType::Contribution => Basis::of_periods(&proof)?,
        _ => Basis::of_cover(&proof, wish, pack, today)?,
    };
    let (row, groups) = choose(&rows, &basis, wish)?;
    let days = basis.days(row, wish, today)?;
    let right = CrossBorder {
        kind: wish.kind.code(),
        agreement: row.agreement.id.clone(),
        functions: basis.functions.clone(),
        from: days.from,
        to: days.to,
        home: proof.home.clone(),
        groups: Set::new(groups.held).map_err(|fault| fault.within("groups"))?,
        payer: row.row.payer,
        tariff: row.row.tariff,
        hosts: set_of(&row.hosts)?,
        preauth: match &wish.kind {
            Kind::PlannedCare(reference) => Some(reference.clone()),
            _ => None,
        },
        evidence: Some(proof.list()?),
        derived_by: Some(DerivedBy::Host),
    };
    let because = because(&proof, row, &basis, &right);
    let (subject, languages) = basis.holder();
    let common = Common { delegation: None, replaces: None, languages, source: None };
    let entitlement = Right::CrossBorder(subject, right.clone());
    let digest = Digest::of(iss, &entitlement, &common, days.exp, None)?;
    let record = Record { line: 0, digest, right: entitlement, common, exp: days.exp, holder: None };
    check_record(config, &record, now).map_err(Refusal::Unsignable)?;
    Ok(Derived { record, right, left_out: groups.left_out, because })
}

/// Old trust data, and data without a date, are no ground for a new signature.
fn fresh(pack: &Pack, country: Option<&Country>, today: Date) -> Result<(), Refusal> {
    let date = pack.date(country.map(Country::as_str));
    let days = date.map(|date| today.days_since(date));
    if days.is_some_and(|days| days <= FRESH_DAYS_MAX) {
        return Ok(());
    }
    let whose = country.map_or_else(|| "the region".to_owned(), Country::to_string);
    Err(Refusal::PackOld { whose, date, days })
}

fn may_sign(config: &Config, pack: &Pack) -> Result<(), Refusal> {
    let iss = config.record.iss();
    let Some(listed) = pack.issuers().get(iss) else { return Err(Refusal::NotListed { iss: iss.clone() }) };
    let granted = pack.grant(&Country::from(iss)).map_or(&[][..], |grant| &grant.types);
    for (types, by) in [
        (&config.record.members().types[..], "its issuer.toml"),
        (&listed.members().types, "its record in the pack"),
        (granted, "its country's grant"),
    ] {
        if !types.contains(&RightType::CrossBorder) {
            return Err(Refusal::TypeNotGranted { iss: iss.clone(), by });
        }
    }
    Ok(())
}

/// The first row that leaves something; periods need none.
fn choose<'r, 'p>(
    rows: &'r [Applicable<'p>],
    basis: &Basis<'_>,
    wish: &Wish,
) -> Result<(&'r Applicable<'p>, Groups), Refusal> {
    let mut first_empty = None;
    for row in rows {
        let groups = basis.groups(row, wish);
        if basis.cover.is_none() || !groups.held.is_empty() {
            return Ok((row, groups));
        }
        first_empty = first_empty.or(Some((row.agreement.id.clone(), groups.left_out)));
    }
    // There is at least one row, or nothing applied.
    let (agreement, groups) = match first_empty {
        Some(empty) => empty,
        None => return Err(Refusal::EvidenceMissing { wanted: wish.kind.proved_by().word() }),
    };
    Err(Refusal::NothingCovered { agreement, groups })
}

/// What a counter reads to the holder.
fn because(proof: &Proof, row: &Applicable<'_>, basis: &Basis<'_>, right: &CrossBorder) -> Vec<String> {
    let agreement = row.agreement;
    let number = row.position.saturating_add(1);
    let mut lines = vec![format!(
        "agreement {} version {}, row {number}: members of {} in {}, and hosts may derive ({})",
        agreement.id,
        agreement.version,
        proof.home,
        areas_in_words(&row.row.hosts),
        sanad_credential::printable(&agreement.legal_ref.to_string())
    )];
    match &basis.cover {
        Some(Cover { coverage, rules }) => {
            let package = match rules {
                Some(rules) => format!("package of version {}", rules.version),
                None => "its rulebook is not in the pack, so the agreement alone says for what".to_owned(),
            };
            let product = &coverage.product;
            let (first, last) = (basis.first, basis.last);
            lines.push(format!("covered by {product} from {first}, paid through {last}; {package}"));
        }
        None => lines.push(format!("contributed between {} and {}", basis.first, basis.last)),
    }
    lines.push(format!("payer {}, prices of the {}", right.payer.word(), right.tariff.word()));
    lines
}
