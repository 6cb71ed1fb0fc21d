//! An agreement between schemes of different countries (`agreements/ID.json`), signed by the regional role.
//!
//! Each row says whose members are treated where, for what, and who pays. The order of the rows is kept: among rows of
//! one agreement the first that has the group holds. Who may be treated is a matter of cover; no row can name a
//! nationality or a residence.

use sanad_credential::{
    AgreementId, Area, BenefitGroup, Count, Fault, IssuerId, Json, Level, Limits, Money, Payer, Set, Tariff,
    What,
};

use crate::copay::{CopayLine, table_json};
use crate::members::{
    Written, count, count_json, entries, member, number, optional, set, text_json, text_of, texts_json,
    words_json,
};
use crate::period::Period;
use crate::texts::LegalReference;

/// Twenty schemes with each other, a row each way and half a dozen co-pay lines a row, take about 240 kB; a table that
/// tells apart all groups, classes and levels has 850 lines.
pub(crate) const AGREEMENT_LIMITS: Limits =
    Limits { bytes_max: 262_144, depth_max: 6, entries_max: 850, values_max: 32_768 };

/// An agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Its version.
    pub version: Count,
    /// When it is in force.
    pub period: Period,
    /// What it rests on.
    pub legal_ref: LegalReference,
    /// Its rows, in their order.
    pub rows: Vec<AgreementRow>,
}

/// Members of one scheme in some areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementRow {
    /// Whose members.
    pub home: IssuerId,
    /// Where.
    pub hosts: Set<Area>,
    /// For what.
    pub groups: Set<BenefitGroup>,
    /// Groups that need an authorisation beforehand.
    pub preauth: Set<BenefitGroup>,
    /// Highest level of facility without referral.
    pub max_level: Option<Level>,
    /// Who pays the facility.
    pub payer: Payer,
    /// Whose prices hold.
    pub tariff: Tariff,
    /// Whose co-pay table holds.
    pub copay_basis: CopayBasis,
    /// What the person pays; the first line that matches.
    pub copay: Vec<CopayLine>,
    /// Largest amount that may be decided offline.
    pub offline_limit: Option<Money>,
    /// Who may issue a cross-border right under it.
    pub derivation: Derivation,
    /// Days in which the host must claim.
    pub claim_days: Count,
    /// Days for which a claim in good faith is paid.
    pub good_faith_days: Count,
}

/// Whose co-pay table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopayBasis {
    /// The row's.
    Host,
    /// That of the scheme's rulebook.
    Home,
}

/// Who may issue a cross-border right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// `"host_may_derive": true`: an issuer of the host too, from the home scheme's credential.
    HomeAndHost,
    /// `"host_may_derive": false`.
    HomeOnly,
}

impl CopayBasis {
    /// The word in an agreement.
    pub const fn word(self) -> &'static str {
        match self {
            CopayBasis::Host => "host",
            CopayBasis::Home => "home",
        }
    }

    /// The basis with this word.
    ///
    /// # Errors
    /// [`What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        let bases = [CopayBasis::Host, CopayBasis::Home];
        bases.into_iter().find(|basis| basis.word() == word).ok_or(What::Word { list: "co-pay basis" }.into())
    }
}

impl Agreement {
    /// Reads an agreement.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, AGREEMENT_LIMITS)?;
        let mut object = json.object()?;
        let agreement = Self {
            id: text_of(&mut object, "id", AgreementId::new)?,
            version: count(&mut object, "version")?,
            period: Period::from_members(&mut object)?,
            legal_ref: text_of(&mut object, "legal_ref", LegalReference::new)?,
            rows: member(&mut object, "rows", |json| entries(json, AgreementRow::from_json))?,
        };
        object.finish()?;
        Ok(agreement)
    }

    /// The JSON form, members in the order of SPEC.md section 7.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("id", text_json(&self.id));
        members.add("version", count_json(self.version));
        self.period.write(&mut members);
        members.add("legal_ref", text_json(&self.legal_ref));
        members.add("rows", Json::Array(self.rows.iter().map(row_to_json).collect()));
        members.object()
    }
}

impl AgreementRow {
    /// Reads a row.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let groups = |json: &Json<'_>| set(json, BenefitGroup::from_word);
        let mut object = json.object()?;
        let row = Self {
            home: text_of(&mut object, "home", IssuerId::new)?,
            hosts: member(&mut object, "hosts", |json| set(json, Area::new))?,
            groups: member(&mut object, "groups", groups)?,
            preauth: member(&mut object, "preauth", groups)?,
            max_level: optional(&mut object, "max_level", |json| number(json, Level::from_integer))?,
            payer: text_of(&mut object, "payer", Payer::from_word)?,
            tariff: text_of(&mut object, "tariff", Tariff::from_word)?,
            copay_basis: text_of(&mut object, "copay_basis", CopayBasis::from_word)?,
            copay: member(&mut object, "copay", |json| entries(json, CopayLine::from_json))?,
            offline_limit: optional(&mut object, "offline_limit", Money::from_json)?,
            derivation: member(&mut object, "host_may_derive", |json| {
                Ok(if json.boolean()? { Derivation::HomeAndHost } else { Derivation::HomeOnly })
            })?,
            claim_days: count(&mut object, "claim_days")?,
            good_faith_days: count(&mut object, "good_faith_days")?,
        };
        object.finish()?;
        Ok(row)
    }
}

fn row_to_json(row: &AgreementRow) -> Json<'_> {
    let mut members = Written::default();
    members.add("home", text_json(&row.home));
    members.add("hosts", texts_json(&row.hosts));
    members.add("groups", words_json(&row.groups, BenefitGroup::word));
    members.add("preauth", words_json(&row.preauth, BenefitGroup::word));
    members.add_if("max_level", row.max_level.map(|level| Json::Integer(level.value().into())));
    members.add("payer", Json::Text(row.payer.word().into()));
    members.add("tariff", Json::Text(row.tariff.word().into()));
    members.add("copay_basis", Json::Text(row.copay_basis.word().into()));
    members.add("copay", table_json(&row.copay));
    members.add_if("offline_limit", row.offline_limit.as_ref().map(Money::to_json));
    members.add("host_may_derive", Json::Bool(row.derivation == Derivation::HomeAndHost));
    members.add("claim_days", count_json(row.claim_days));
    members.add("good_faith_days", count_json(row.good_faith_days));
    members.object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{AGREEMENT, changed};
    use sanad_credential::Date;

    fn refusal(old: &str, new: &str) -> String {
        Agreement::parse(&changed(AGREEMENT, old, new)).unwrap_err().to_string()
    }

    #[test]
    fn an_agreement_is_read_and_written_unchanged() {
        let agreement = Agreement::parse(AGREEMENT).unwrap();
        assert_eq!(Agreement::parse(&agreement.to_json().to_string()).unwrap(), agreement);
        assert!(agreement.period.contains(Date::parse("2199-12-31").unwrap()));
    }

    #[test]
    fn rows_keep_their_order() {
        let agreement = Agreement::parse(AGREEMENT).unwrap();
        let homes: Vec<&str> = agreement.rows.iter().map(|row| row.home.as_str()).collect();
        assert_eq!(homes, ["UG-NHIS", "KE-SHA"]);
        let [first, second] = agreement.rows.as_slice() else { panic!("two rows") };
        assert_eq!((first.copay_basis, first.derivation), (CopayBasis::Host, Derivation::HomeAndHost));
        assert_eq!((second.copay_basis, second.derivation), (CopayBasis::Home, Derivation::HomeOnly));
    }

    #[test]
    fn an_end_before_the_beginning_is_refused() {
        let fault = "to: the last day 2025-12-31 is before the first day 2026-01-01";
        assert_eq!(refusal(r#""to": null"#, r#""to": "2025-12-31""#), fault);
        assert!(Agreement::parse(&changed(AGREEMENT, r#""to": null"#, r#""to": "2026-01-01""#)).is_ok());
    }

    #[test]
    fn an_end_left_out_is_not_an_open_end() {
        assert_eq!(refusal(r#""to": null,"#, ""), "to: is missing");
    }

    #[test]
    fn words_and_values_outside_their_lists_are_refused() {
        for (old, new, fault) in [
            (
                r#""payer": "home""#,
                r#""payer": "patient""#,
                "rows[0].payer: no word of the list of payer codes",
            ),
            (
                r#""tariff": "flat""#,
                r#""tariff": "any""#,
                "rows[0].tariff: no word of the list of tariff codes",
            ),
            (
                r#""copay_basis": "host""#,
                r#""copay_basis": "both""#,
                "rows[0].copay_basis: no word of the list of co-pay basis codes",
            ),
            (r#""max_level": 2"#, r#""max_level": 0"#, "rows[0].max_level: 0 is not in 1..5"),
            (
                r#""claim_days": 90"#,
                r#""claim_days": "90""#,
                "rows[0].claim_days: a text where a whole number must stand",
            ),
            (
                r#""host_may_derive": true"#,
                r#""host_may_derive": 1"#,
                "rows[0].host_may_derive: a number where true or false must stand",
            ),
            (
                r#""home": "UG-NHIS""#,
                r#""home": "NHIS""#,
                "rows[0].home: must be two country letters, \"-\", then A-Z, 0-9 and \"-\" only",
            ),
        ] {
            assert_eq!(refusal(old, new), fault);
        }
        assert!(refusal(r#""id": "EAC-HEALTH-1""#, r#""id": "../../root""#).starts_with("id: "));
    }

    #[test]
    fn nationality_and_other_unknown_members_are_refused() {
        let fault = "rows[0]: unknown member \"nationality\"";
        assert_eq!(refusal(r#""max_level": 2"#, r#""max_level": 2, "nationality": "UG""#), fault);
        assert_eq!(
            refusal(r#""good_faith_days": 7"#, r#""good_faith_days": 7, "home": "UG-NHIS""#),
            "\"home\" stands twice"
        );
        assert_eq!(refusal(r#""id": "EAC-HEALTH-1","#, ""), "id: is missing");
    }
}
