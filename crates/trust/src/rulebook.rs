//! The published rules of a product (`rulebooks/XX/ISSUER/PRODUCT.json`), all versions of it.
//!
//! Old versions stay, so that an old encounter can be judged again by the rules of its day. Refuses versions that do
//! not ascend by number and by first day: two versions for one day would be two answers.

use sanad_credential::{
    BasisPoints, BenefitGroup, Count, Date, Fault, IssuerId, Json, Level, Limits, Money, ProductId, Set,
    WeekDays, What,
};

use crate::copay::{CopayLine, table_json};
use crate::members::{
    Written, count, count_json, date, entries, member, number, optional, set, text_json, text_of, words_json,
};
use crate::texts::{LanguageTexts, LegalReference};

/// A version with fifty co-pay lines and texts in six languages has about 8 kB, so that thirty of them fit. A table
/// that tells apart all groups, classes and levels has 850 lines.
pub(crate) const RULEBOOK_LIMITS: Limits =
    Limits { bytes_max: 262_144, depth_max: 6, entries_max: 850, values_max: 32_768 };

/// A product's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rulebook {
    issuer: IssuerId,
    product: ProductId,
    kind: SchemeKind,
    versions: Vec<RulebookVersion>,
}

/// One version, in force from its first day to the day before the next one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulebookVersion {
    /// Its number, to which credentials refer.
    pub version: Count,
    /// First day.
    pub from: Date,
    /// Groups that are covered.
    pub package: Set<BenefitGroup>,
    /// Groups that a suspension leaves alone.
    pub protected: Option<Set<BenefitGroup>>,
    /// Groups that need an authorisation beforehand.
    pub preauth: Set<BenefitGroup>,
    /// What the person pays; the first line that matches.
    pub copay: Vec<CopayLine>,
    /// Least share of who comes without referral to a higher level.
    pub bypass: Option<BasisPoints>,
    /// Highest level of facility without referral.
    pub max_level: Option<Level>,
    /// Days of cover after the last day that is paid for.
    pub grace_days: Count,
    /// Where members are covered.
    pub network: Network,
    /// Largest amount that may be decided offline.
    pub offline_limit: Option<Money>,
    /// Days of a working week.
    pub week_days: WeekDays,
    /// What it rests on.
    pub legal_ref: LegalReference,
    /// Where to appeal, by language.
    pub appeal: LanguageTexts,
    /// How to pay contributions, by language.
    pub pay: LanguageTexts,
}

/// Why people belong to a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemeKind {
    /// The law says so.
    Compulsory,
    /// They chose it.
    Voluntary,
    /// The public pays for them.
    Assistance,
}

/// Where members are covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// `"network_only": true`: in facilities that the issuer has accredited.
    Accredited,
    /// `"network_only": false`: everywhere.
    Everywhere,
}

impl SchemeKind {
    /// The word in a rulebook.
    pub const fn word(self) -> &'static str {
        match self {
            SchemeKind::Compulsory => "compulsory",
            SchemeKind::Voluntary => "voluntary",
            SchemeKind::Assistance => "assistance",
        }
    }

    /// The kind with this word.
    ///
    /// # Errors
    /// [`What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        let kinds = [SchemeKind::Compulsory, SchemeKind::Voluntary, SchemeKind::Assistance];
        kinds.into_iter().find(|kind| kind.word() == word).ok_or(What::Word { list: "scheme kind" }.into())
    }
}

impl Rulebook {
    /// Checks the order of the versions.
    ///
    /// # Errors
    /// [`What::SetOrder`] at the version that does not ascend.
    pub fn new(
        issuer: IssuerId,
        product: ProductId,
        kind: SchemeKind,
        versions: Vec<RulebookVersion>,
    ) -> Result<Self, Fault> {
        for (entry, [one, next]) in (1..).zip(versions.array_windows()) {
            let ascends = [("version", one.version < next.version), ("from", one.from < next.from)];
            if let Some((member, _)) = ascends.into_iter().find(|(_, ascends)| !ascends) {
                let fault = Fault::new(What::SetOrder { entry });
                return Err(fault.within(member).at_entry(entry).within("versions"));
            }
        }
        Ok(Self { issuer, product, kind, versions })
    }

    /// Reads a rulebook.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, RULEBOOK_LIMITS)?;
        let mut object = json.object()?;
        let issuer = text_of(&mut object, "issuer", IssuerId::new)?;
        let product = text_of(&mut object, "product", ProductId::new)?;
        let kind = text_of(&mut object, "kind", SchemeKind::from_word)?;
        let versions = member(&mut object, "versions", |json| entries(json, RulebookVersion::from_json))?;
        object.finish()?;
        Self::new(issuer, product, kind, versions)
    }

    /// Whose product it is.
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// The product.
    pub fn product(&self) -> &ProductId {
        &self.product
    }

    /// Why people belong to it.
    pub fn kind(&self) -> SchemeKind {
        self.kind
    }

    /// All versions, ascending.
    pub fn versions(&self) -> &[RulebookVersion] {
        &self.versions
    }

    /// The version in force on a day; none before the first one.
    pub fn in_force(&self, day: Date) -> Option<&RulebookVersion> {
        self.versions.iter().rev().find(|version| version.from <= day)
    }

    /// The JSON form, members in the order of SPEC.md section 7.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("issuer", text_json(&self.issuer));
        members.add("product", text_json(&self.product));
        members.add("kind", Json::Text(self.kind.word().into()));
        members.add("versions", Json::Array(self.versions.iter().map(version_to_json).collect()));
        members.object()
    }
}

impl RulebookVersion {
    /// Reads a version.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let groups = |json: &Json<'_>| set(json, BenefitGroup::from_word);
        let mut object = json.object()?;
        let version = Self {
            version: count(&mut object, "version")?,
            from: date(&mut object, "from")?,
            package: member(&mut object, "package", groups)?,
            protected: optional(&mut object, "protected", groups)?,
            preauth: member(&mut object, "preauth", groups)?,
            copay: member(&mut object, "copay", |json| entries(json, CopayLine::from_json))?,
            bypass: optional(&mut object, "bypass_basis_points", |json| {
                number(json, BasisPoints::from_integer)
            })?,
            max_level: optional(&mut object, "max_level", |json| number(json, Level::from_integer))?,
            grace_days: count(&mut object, "grace_days")?,
            network: member(&mut object, "network_only", |json| {
                Ok(if json.boolean()? { Network::Accredited } else { Network::Everywhere })
            })?,
            offline_limit: optional(&mut object, "offline_limit", Money::from_json)?,
            week_days: member(&mut object, "week_days", |json| number(json, WeekDays::from_integer))?,
            legal_ref: text_of(&mut object, "legal_ref", LegalReference::new)?,
            appeal: member(&mut object, "appeal", LanguageTexts::from_json)?,
            pay: member(&mut object, "pay", LanguageTexts::from_json)?,
        };
        object.finish()?;
        Ok(version)
    }
}

fn version_to_json(version: &RulebookVersion) -> Json<'_> {
    let groups = |groups: &Set<BenefitGroup>| words_json(groups, BenefitGroup::word);
    let mut members = Written::default();
    members.add("version", count_json(version.version));
    members.add("from", text_json(&version.from));
    members.add("package", groups(&version.package));
    members.add_if("protected", version.protected.as_ref().map(groups));
    members.add("preauth", groups(&version.preauth));
    members.add("copay", table_json(&version.copay));
    members.add_if("bypass_basis_points", version.bypass.map(|points| Json::Integer(points.value().into())));
    members.add_if("max_level", version.max_level.map(|level| Json::Integer(level.value().into())));
    members.add("grace_days", count_json(version.grace_days));
    members.add("network_only", Json::Bool(version.network == Network::Accredited));
    members.add_if("offline_limit", version.offline_limit.as_ref().map(Money::to_json));
    members.add("week_days", Json::Integer(version.week_days.value().into()));
    members.add("legal_ref", text_json(&version.legal_ref));
    members.add("appeal", version.appeal.to_json());
    members.add("pay", version.pay.to_json());
    members.object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{RULEBOOK, changed};

    fn refusal(old: &str, new: &str) -> String {
        Rulebook::parse(&changed(RULEBOOK, old, new)).unwrap_err().to_string()
    }

    fn in_force(day: &str) -> Option<u64> {
        let rulebook = Rulebook::parse(RULEBOOK).unwrap();
        rulebook.in_force(Date::parse(day).unwrap()).map(|version| version.version.value())
    }

    #[test]
    fn a_rulebook_is_read_and_written_unchanged() {
        let rulebook = Rulebook::parse(RULEBOOK).unwrap();
        assert_eq!(Rulebook::parse(&rulebook.to_json().to_string()).unwrap(), rulebook);
        let [small, full] = rulebook.versions() else { panic!("two versions") };
        assert!(small.protected.is_none() && small.offline_limit.is_none() && small.max_level.is_none());
        assert_eq!(full.network, Network::Accredited);
        assert_eq!(full.copay.len(), 3);
    }

    #[test]
    fn a_version_is_in_force_until_the_day_before_the_next() {
        assert_eq!(in_force("2025-12-31"), None);
        assert_eq!(in_force("2026-01-01"), Some(1));
        assert_eq!(in_force("2026-06-30"), Some(1));
        assert_eq!(in_force("2026-07-01"), Some(3));
        assert_eq!(in_force("2199-12-31"), Some(3));
    }

    #[test]
    fn versions_that_do_not_ascend_are_refused() {
        let order =
            |member| format!("versions[1].{member}: entry 1 repeats an entry or is not in ascending order");
        assert_eq!(refusal(r#""version": 3"#, r#""version": 1"#), order("version"));
        assert_eq!(refusal(r#""version": 3"#, r#""version": 0"#), order("version"));
        assert_eq!(refusal(r#""from": "2026-07-01""#, r#""from": "2026-01-01""#), order("from"));
        assert_eq!(refusal(r#""from": "2026-07-01""#, r#""from": "2025-07-01""#), order("from"));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (old, new, fault) in [
            (r#""week_days": 6"#, r#""week_days": 4"#, "versions[1].week_days: 4 is not in 5..7"),
            (r#""week_days": 6"#, r#""week_days": 8"#, "versions[1].week_days: 8 is not in 5..7"),
            (r#""max_level": 3"#, r#""max_level": 6"#, "versions[1].max_level: 6 is not in 1..5"),
            (
                r#""bypass_basis_points": 5000"#,
                r#""bypass_basis_points": 10001"#,
                "versions[1].bypass_basis_points: 10001 is not in 0..10000",
            ),
            (
                r#""kind": "compulsory""#,
                r#""kind": "private""#,
                "kind: no word of the list of scheme kind codes",
            ),
            (
                r#""grace_days": 30"#,
                r#""grace_days": -1"#,
                "versions[1].grace_days: -1 is not in 0..9007199254740991",
            ),
        ] {
            assert_eq!(refusal(old, new), fault);
        }
    }

    #[test]
    fn a_word_is_no_boolean_and_null_no_optional_member() {
        assert_eq!(
            refusal(r#""network_only": true"#, r#""network_only": "yes""#),
            "versions[1].network_only: a text where true or false must stand"
        );
        assert!(
            refusal(r#""max_level": 3"#, r#""max_level": null"#).starts_with("versions[1].max_level: null")
        );
        assert!(refusal(r#""from": "2026-07-01""#, r#""from": null"#).starts_with("versions[1].from: null"));
    }

    #[test]
    fn groups_twice_and_faults_in_a_table_are_named_with_their_place() {
        assert_eq!(
            refusal(r#""preauth": ["SURG"]"#, r#""preauth": ["SURG", "SURG"]"#),
            "versions[1].preauth: entry 1 repeats an entry or is not in ascending order"
        );
        assert!(
            refusal(r#""basis_points": 2000"#, r#""basis_points": 20000"#)
                .starts_with("versions[1].copay[1].")
        );
    }

    #[test]
    fn unknown_and_missing_members_are_refused() {
        assert_eq!(
            refusal(r#""week_days": 6"#, r#""week_days": 6, "fee": 1"#),
            "versions[1]: unknown member \"fee\""
        );
        assert_eq!(refusal(r#""week_days": 6,"#, ""), "versions[1].week_days: is missing");
        assert_eq!(refusal(r#""issuer""#, r#""country": "KE", "issuer""#), "unknown member \"country\"");
    }
}
