//! The pack of a case: plain parts, each with the day of the last signature that called it current.

use std::collections::BTreeMap;

use sanad_credential::{
    AgreementId, Area, BenefitGroup, Claims, CredentialId, Date, Fault, IssuerId, Json, ProductId, Right,
    Set, Status, What,
};
use sanad_trust::members::{count, date, entries, member, open_date, optional, set, text_of};
use sanad_trust::{Agreement, AgreementRow, LegalReference, Period, Rulebook, RulebookVersion, SchemeKind};

use super::nullable;
use crate::books::{AgreementsFact, Books, HostRulesFact, RulebookFact};
use crate::shown::StatusFact;

#[derive(Debug)]
pub(super) struct CasePack {
    trust_list: Option<Date>,
    status: Option<StatusPart>,
    rulebooks: Option<Vec<CaseRulebook>>,
    host_rules: Option<BTreeMap<Area, Set<BenefitGroup>>>,
    agreements: Option<AgreementsPart>,
}

#[derive(Debug)]
struct StatusPart {
    issued: Option<Date>,
    values: BTreeMap<CredentialId, Status>,
}

#[derive(Debug)]
struct CaseRulebook {
    issuer: IssuerId,
    product: ProductId,
    kind: SchemeKind,
    issued: Option<Date>,
    version: RulebookVersion,
}

#[derive(Debug)]
struct AgreementsPart {
    issued: Option<Date>,
    /// One row each, by ascending id, then as they stand.
    rows: Vec<Agreement>,
}

/// Days in a working week where a rulebook of a case does not say: no rule of the decision looks at them.
const WEEK_DAYS: i64 = 6;

impl CasePack {
    pub(super) fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let trust_list = member(&mut object, "trust_list", |json| nullable(json, trust_list_from_json))?;
        let pack = Self {
            trust_list: trust_list.flatten(),
            status: member(&mut object, "status", |json| nullable(json, status_from_json))?,
            rulebooks: member(&mut object, "rulebooks", |json| {
                nullable(json, |json| entries(json, rulebook_from_json).and_then(each_version_once))
            })?,
            host_rules: member(&mut object, "host_rules", |json| nullable(json, host_rules_from_json))?,
            agreements: member(&mut object, "agreements", |json| nullable(json, agreements_from_json))?,
        };
        object.finish()?;
        Ok(pack)
    }

    pub(super) fn trust_list(&self) -> Option<Date> {
        self.trust_list
    }

    pub(super) fn books(&self, claims: &Claims, day: Date) -> Books<'_> {
        let home = match &claims.right {
            Right::Coverage(..) => Some(&claims.iss),
            Right::CrossBorder(_, right) => Some(&right.home),
            Right::Benefit(..) | Right::Membership(..) | Right::Contribution(..) | Right::Delegation(_) => {
                None
            }
        };
        let agreements = self.agreements.as_ref().zip(home);
        Books {
            trust_list: self.trust_list,
            status: self.status_of(claims),
            rulebook: self.rulebook(claims, day),
            agreements: agreements
                .map(|(part, home)| AgreementsFact::for_home(part.issued, part.rows.iter(), home, day)),
            contact: None,
        }
    }

    pub(super) fn host_rules(&self, place: &Area) -> HostRulesFact<'_> {
        match &self.host_rules {
            None => HostRulesFact::Missing,
            Some(rules) => {
                HostRulesFact::at(place, rules.iter().map(|(area, groups)| (area, &groups[..])), None)
            }
        }
    }

    fn status_of(&self, claims: &Claims) -> StatusFact {
        match (&claims.status, &self.status) {
            (None, _) => StatusFact::NoReference,
            (Some(_), None) => StatusFact::NoList,
            (Some(_), Some(part)) => StatusFact::Listed {
                status: part.values.get(&claims.cti).copied().unwrap_or(Status::Valid),
                issued: part.issued,
            },
        }
    }

    /// The version in force: of those that have begun, the one that began last.
    fn rulebook(&self, claims: &Claims, day: Date) -> Option<RulebookFact<'_>> {
        let Right::Coverage(_, coverage) = &claims.right else { return None };
        let versions = self.rulebooks.iter().flatten().filter(|rulebook| {
            rulebook.issuer == claims.iss
                && rulebook.product == coverage.product
                && rulebook.version.from <= day
        });
        let newest = versions.max_by_key(|rulebook| (rulebook.version.from, rulebook.version.version))?;
        Some(RulebookFact { kind: newest.kind, version: &newest.version, issued: newest.issued })
    }

    pub(super) fn replace_rulebooks(&mut self, rulebooks: &[Rulebook], issued: Date) {
        let versions = rulebooks.iter().flat_map(|rulebook| {
            rulebook.versions().iter().map(|version| CaseRulebook {
                issuer: rulebook.issuer().clone(),
                product: rulebook.product().clone(),
                kind: rulebook.kind(),
                issued: Some(issued),
                version: version.clone(),
            })
        });
        let named = |old: &CaseRulebook| {
            rulebooks.iter().any(|new| *new.issuer() == old.issuer && *new.product() == old.product)
        };
        let kept = self.rulebooks.take().into_iter().flatten().filter(|old| !named(old));
        self.rulebooks = Some(kept.chain(versions).collect());
    }
}

fn issued(object: &mut sanad_credential::Object<'_, '_>) -> Result<Option<Date>, Fault> {
    open_date(object, "issued")
}

fn trust_list_from_json(json: &Json<'_>) -> Result<Option<Date>, Fault> {
    let mut object = json.object()?;
    let issued = issued(&mut object)?;
    object.finish()?;
    Ok(issued)
}

fn status_from_json(json: &Json<'_>) -> Result<StatusPart, Fault> {
    let mut object = json.object()?;
    let issued = issued(&mut object)?;
    let values = member(&mut object, "values", |json| {
        let values = json.members()?.iter().map(|(cti, status)| {
            let read = || Ok((CredentialId::from_hex(cti)?, Status::from_word(status.text()?)?));
            read().map_err(|fault: Fault| fault.within("value"))
        });
        values.collect::<Result<_, Fault>>()
    })?;
    object.finish()?;
    Ok(StatusPart { issued, values })
}

fn host_rules_from_json(json: &Json<'_>) -> Result<BTreeMap<Area, Set<BenefitGroup>>, Fault> {
    let areas = json.members()?.iter().enumerate().map(|(entry, (area, rules))| {
        let read = || {
            let area = Area::new(area)?;
            let mut object = rules.object()?;
            let free = member(&mut object, "always_free", |json| set(json, BenefitGroup::from_word))?;
            object.finish()?;
            Ok((area, free))
        };
        read().map_err(|fault: Fault| fault.at_entry(entry))
    });
    areas.collect()
}

/// Two versions under one number would be two answers, by the order in which they stand.
fn each_version_once(rulebooks: Vec<CaseRulebook>) -> Result<Vec<CaseRulebook>, Fault> {
    for (entry, one) in rulebooks.iter().enumerate() {
        let id = (&one.issuer, &one.product, one.version.version);
        let before = rulebooks.iter().take(entry);
        if before.into_iter().any(|other| id == (&other.issuer, &other.product, other.version.version)) {
            let key = format!("{} {} {}", one.issuer, one.product, one.version.version);
            return Err(Fault::new(What::Repeated { key }).at_entry(entry));
        }
    }
    Ok(rulebooks)
}

/// One version of a rulebook, with its product. What a case may leave out is filled in, the rest goes through the reader
/// of rulebooks.
fn rulebook_from_json(json: &Json<'_>) -> Result<CaseRulebook, Fault> {
    let mut object = json.object()?;
    let issuer = text_of(&mut object, "issuer", IssuerId::new)?;
    let product = text_of(&mut object, "product", ProductId::new)?;
    let kind = optional(&mut object, "kind", |json| SchemeKind::from_word(json.text()?))?;
    let issued = issued(&mut object)?;
    let own = ["issuer", "product", "kind", "issued"];
    let mut members = rest(json, &own)?;
    for (name, value) in &mut members {
        // A text stands for one in a language that nobody named.
        if let ("appeal", Json::Text(text)) = (&**name, &*value) {
            *value = Json::Object(vec![("und".into(), Json::Text(text.clone()))]);
        }
    }
    or_else(&mut members, "from", Json::Text("1900-01-01".into()));
    or_else(&mut members, "week_days", Json::Integer(WEEK_DAYS));
    or_else(&mut members, "pay", Json::Object(Vec::new()));
    let version = RulebookVersion::from_json(&Json::Object(members))?;
    Ok(CaseRulebook { issuer, product, kind: kind.unwrap_or(SchemeKind::Compulsory), issued, version })
}

fn agreements_from_json(json: &Json<'_>) -> Result<AgreementsPart, Fault> {
    let mut object = json.object()?;
    let issued = issued(&mut object)?;
    let mut rows = member(&mut object, "rows", |json| entries(json, agreement_from_json))?;
    object.finish()?;
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(AgreementsPart { issued, rows })
}

fn agreement_from_json(json: &Json<'_>) -> Result<Agreement, Fault> {
    let mut object = json.object()?;
    let id = text_of(&mut object, "id", AgreementId::new)?;
    let version = count(&mut object, "version")?;
    let from = date(&mut object, "from")?;
    let to = open_date(&mut object, "to")?;
    let period = Period::new(from, to)?;
    let legal_ref = optional(&mut object, "legal_ref", |json| LegalReference::new(json.text()?))?;
    let legal_ref = legal_ref.map_or_else(|| LegalReference::new(""), Ok)?;
    let mut members = rest(json, &["id", "version", "from", "to", "legal_ref"])?;
    or_else(&mut members, "host_may_derive", Json::Bool(false));
    or_else(&mut members, "claim_days", Json::Integer(0));
    or_else(&mut members, "good_faith_days", Json::Integer(0));
    let row = AgreementRow::from_json(&Json::Object(members))?;
    Ok(Agreement { id, version, period, legal_ref, rows: vec![row] })
}

type Members<'a> = Vec<(std::borrow::Cow<'a, str>, Json<'a>)>;

fn rest<'a>(json: &Json<'a>, without: &[&str]) -> Result<Members<'a>, Fault> {
    let members = json.members()?.iter().filter(|(name, _)| !without.contains(&&**name));
    Ok(members.cloned().collect())
}

fn or_else<'a>(members: &mut Members<'a>, name: &'static str, value: Json<'a>) {
    if !members.iter().any(|(found, _)| found == name) {
        members.push((name.into(), value));
    }
}
