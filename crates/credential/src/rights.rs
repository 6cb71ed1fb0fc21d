//! What an entitlement of each type says: the tables of SPEC.md section 3, keys 10 and up.
//!
//! Each member's type holds its own range; rules that compare members (a last day before the first) are checked
//! where claims are made, in [`crate::claims`].

use alloc::vec::Vec;

use crate::cbor::{Field, Nullable, Reader, Writer};
use crate::codes::{
    BenefitGroup, BenefitType, Category, Contributor, CrossBorderKind, DerivedBy, Function, LineQuality,
    Payee, Payer, PeriodKind, PeriodUnit, RightType, Role, Scope, Tariff,
};
use crate::date::Date;
use crate::fault::{Fault, Unit, What, length};
use crate::json::Json;
use crate::key::PublicKey;
use crate::list::{FixedBytes, List, Set};
use crate::money::Money;
use crate::number::{CopayClass, Count, Level};
use crate::record::{record, tuple};
use crate::text::{AgreementId, Area, DelegationId, IssuerId, Label, Name, ProductId};

record! {
    /// Belonging to a scheme. It never answers whether somebody is covered.
    Membership {
        /// The scheme.
        10 "scheme" scheme: Label,
        /// Programme planning only.
        11 "category" category: Option<Category>,
        /// Occupation, ISCO-08.
        12 "isco" isco: Option<Count>,
        /// First day.
        13 "since" since: Date,
        /// Sector, ISIC.
        15 "isic" isic: Option<Label>,
        /// Who acts for a child.
        16 "guardian" guardian: Option<Name>,
    }
}

record! {
    /// Cover for services in a paid period.
    Coverage {
        /// Which of the issuer's products.
        10 "product" product: ProductId,
        /// Lowest version of the product's rulebook.
        11 "rulebook" rulebook: Count,
        /// ILO C102 functions.
        12 "functions" functions: Set<Function>,
        /// First day.
        13 "start" start: Date,
        /// Last day.
        14 "end" end: Date,
        /// Last day that is paid for; all of it when absent.
        15 "paid_through" paid_through: Option<Date>,
        /// Days after `paid_through`; the rulebook's when absent.
        16 "grace_days" grace_days: Option<Count>,
        /// First covered day of groups with a waiting time.
        17 "waits" waits: Option<Waits>,
        /// Class in the rulebook's co-pay table.
        18 "copay_class" copay_class: CopayClass,
        /// Where it holds.
        19 "territory" territory: Set<Area, 1, 16>,
        /// Highest level of facility without referral.
        21 "max_level" max_level: Option<Level>,
        /// A ceiling is shared and the balance is not on the document.
        22 "pooled" pooled: Option<Pooled>,
        /// Groups that a suspension leaves alone.
        23 "survives_suspension" survives_suspension: Option<Set<BenefitGroup>>,
    }
}

record! {
    /// Periods that were contributed.
    Contribution {
        /// The scheme.
        10 "scheme" scheme: Label,
        /// The periods.
        12 "lines" lines: List<ContributionLine, 1, 24>,
        /// State of the books.
        13 "as_of" as_of: Date,
        /// SHA-256 of a longer statement.
        16 "statement_hash" statement_hash: Option<FixedBytes<32>>,
    }
}

tuple! {
    /// One period of a contribution record.
    ContributionLine as object {
        /// First day.
        "from" from: Date,
        /// Last day.
        "to" to: Date,
        /// How many units.
        "quantity" quantity: Count,
        /// Unit of the quantity.
        "unit" unit: PeriodUnit,
        /// Why the period counts.
        "kind" kind: PeriodKind,
        /// What it counts for.
        "functions" functions: Set<Function>,
        /// Who paid.
        "payer" payer: Contributor,
        /// Base of the contribution.
        "base" base: Nullable<Money>,
        /// Whether it is in the books.
        "quality" quality: LineQuality,
    }
}

record! {
    /// A transfer, voucher or pension.
    Benefit {
        /// The programme.
        10 "programme" programme: Label,
        /// SP-DCI benefit type.
        11 "benefit_type" benefit_type: BenefitType,
        /// Functions.
        12 "functions" functions: Set<Function>,
        /// First day.
        13 "from" from: Date,
        /// Last day.
        14 "to" to: Date,
        /// Amount for each serial.
        15 "money" money: Option<Money>,
        /// Goods.
        16 "item" item: Option<Item>,
        /// Serial numbers that may be redeemed.
        17 "serials" serials: Option<Serials>,
        /// Who may receive it.
        18 "payee" payee: Option<Payee>,
        /// Where it may be redeemed.
        19 "outlets" outlets: Option<List<Label, 0, 64>>,
        /// Where it holds; the issuer's country when absent.
        21 "areas" areas: Option<Set<Area, 1, 16>>,
    }
}

tuple! {
    /// Goods and their quantity.
    Item as array {
        /// What.
        "name" name: Label,
        /// How much.
        "quantity" quantity: Count,
    }
}

tuple! {
    /// First and last serial.
    Serials as array {
        /// First.
        "first" first: Count,
        /// Last.
        "last" last: Count,
    }
}

record! {
    /// A right in another country under an agreement.
    CrossBorder {
        /// Kind of right.
        10 "kind" kind: CrossBorderKind,
        /// The agreement it rests on.
        11 "agreement" agreement: AgreementId,
        /// Functions.
        12 "functions" functions: Set<Function>,
        /// First day.
        13 "from" from: Date,
        /// Last day.
        14 "to" to: Date,
        /// The issuer whose scheme is competent.
        15 "home" home: IssuerId,
        /// Benefit groups.
        16 "groups" groups: Set<BenefitGroup>,
        /// Who pays.
        17 "payer" payer: Payer,
        /// Whose prices.
        18 "tariff" tariff: Tariff,
        /// Where it holds.
        19 "hosts" hosts: Set<Area>,
        /// A pre-authorisation.
        20 "preauth" preauth: Option<Label>,
        /// Documents it was derived from.
        21 "evidence" evidence: Option<List<Evidence, 0, 64>>,
        /// Which side derived it.
        22 "derived_by" derived_by: Option<DerivedBy>,
    }
}

tuple! {
    /// A document that something was derived from.
    Evidence as array {
        /// Its type.
        "type" right: RightType,
        /// Its issuer.
        "issuer" issuer: IssuerId,
        /// Its id.
        "cti" cti: FixedBytes<8>,
    }
}

record! {
    /// A key that may act for an issuer.
    Delegation {
        /// Id of the delegation; for a facility's key the facility id.
        10 "id" id: DelegationId,
        /// The delegate's key.
        11 "key" key: PublicKey,
        /// What it may do.
        12 "scopes" scopes: Set<Scope>,
        /// First day.
        13 "from" from: Date,
        /// Last day.
        14 "to" to: Date,
        /// Most money on one document.
        15 "per_document" per_document: Option<Money>,
        /// Most money in a day.
        16 "per_day" per_day: Option<Money>,
        /// Where.
        17 "areas" areas: Option<Set<Area>>,
        /// The member for whom the delegate acts.
        19 "principal" principal: Option<Label>,
        /// The delegate's relation to the member.
        20 "relation" relation: Option<Role>,
    }
}

/// `true`; where it does not hold, the member is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooled;

impl Field for Pooled {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        if reader.boolean()? { Ok(Self) } else { Err(only_true()) }
    }

    fn write(&self, writer: &mut Writer) {
        writer.boolean(true);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        match json {
            Json::Bool(true) => Ok(Self),
            Json::Bool(false) => Err(only_true()),
            other => Err(other.is_not("true")),
        }
    }

    fn to_json(&self) -> Json<'_> {
        Json::Bool(true)
    }
}

fn only_true() -> Fault {
    What::WrongType { wanted: "true, or no such member", found: "false" }.into()
}

/// First day on which a group is covered, by ascending group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits(Vec<(BenefitGroup, Date)>);

impl Waits {
    /// The groups in any order.
    ///
    /// # Errors
    /// [`What::Repeated`] for a group that stands twice, [`What::Length`].
    pub fn new(mut waits: Vec<(BenefitGroup, Date)>) -> Result<Self, Fault> {
        let max = BenefitGroup::ALL.len();
        if waits.len() > max {
            return Err(length(Unit::Entries, waits.len(), 0, max));
        }
        waits.sort_unstable();
        match waits.array_windows::<2>().find(|[(one, _), (next, _)]| one == next) {
            Some([(group, _), _]) => Err(What::Repeated { key: group.word().into() }.into()),
            None => Ok(Self(waits)),
        }
    }

    /// First covered day of a group that waits.
    pub fn first_day(&self, group: BenefitGroup) -> Option<Date> {
        self.0.iter().find(|(found, _)| *found == group).map(|(_, day)| *day)
    }

    /// All of them, by ascending group.
    pub fn iter(&self) -> impl Iterator<Item = (BenefitGroup, Date)> + '_ {
        self.0.iter().copied()
    }
}

impl Field for Waits {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let mut waits = Vec::new();
        for _ in 0..reader.map()? {
            let group = BenefitGroup::read(reader)?;
            waits.push((group, Date::read(reader).map_err(|fault| fault.within(group.word()))?));
        }
        Self::new(waits)
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(self.0.len());
        for (group, day) in &self.0 {
            group.write(writer);
            day.write(writer);
        }
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let mut waits = Vec::new();
        for group in BenefitGroup::ALL {
            if let Some(day) = object.optional(group.word()) {
                waits.push((*group, Date::from_json(day).map_err(|fault| fault.within(group.word()))?));
            }
        }
        object.finish()?;
        Self::new(waits)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Object(self.0.iter().map(|(group, day)| (group.word().into(), day.to_json())).collect())
    }
}
