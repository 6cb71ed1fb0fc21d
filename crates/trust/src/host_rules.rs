//! What a country gives everybody free of charge (`host-rules/XX.json`), whoever they are and wherever they come from.
//!
//! A country speaks for its own territory only: an area elsewhere is refused, since a group that is free at the place
//! is asked of nobody's scheme.

use std::collections::BTreeMap;

use sanad_credential::{Area, BenefitGroup, Fault, Json, Limits, Set, What};

use crate::country::Country;
use crate::members::{Written, member, set, text_json, text_of, words_json};
use crate::texts::LanguageTexts;

/// 256 areas are room for every district of a large country, and there are 17 groups that can be free in each.
pub(crate) const HOST_RULES_LIMITS: Limits =
    Limits { bytes_max: 65_536, depth_max: 3, entries_max: 256, values_max: 4_864 };

/// A country's rules as a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRules {
    country: Country,
    always_free: BTreeMap<Area, Set<BenefitGroup>>,
    appeal: LanguageTexts,
}

impl HostRules {
    /// Checks that the areas are the country's.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn new(
        country: Country,
        always_free: BTreeMap<Area, Set<BenefitGroup>>,
        appeal: LanguageTexts,
    ) -> Result<Self, Fault> {
        if !always_free.keys().all(|area| country.contains(area)) {
            return Err(Fault::new(What::Pattern { wanted: "areas of the country" }).within("always_free"));
        }
        Ok(Self { country, always_free, appeal })
    }

    /// Reads host rules.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, HOST_RULES_LIMITS)?;
        let mut object = json.object()?;
        let country = text_of(&mut object, "country", Country::new)?;
        let always_free = member(&mut object, "always_free", always_free_from_json)?;
        let appeal = member(&mut object, "appeal", LanguageTexts::from_json)?;
        object.finish()?;
        Self::new(country, always_free, appeal)
    }

    /// The country.
    pub fn country(&self) -> &Country {
        &self.country
    }

    /// Groups that are free, by area. What is free in a country is free in its parts; the caller puts them together.
    pub fn always_free(&self) -> &BTreeMap<Area, Set<BenefitGroup>> {
        &self.always_free
    }

    /// Where to appeal, by language.
    pub fn appeal(&self) -> &LanguageTexts {
        &self.appeal
    }

    /// The JSON form, members in the order of SPEC.md section 7, areas ascending.
    pub fn to_json(&self) -> Json<'_> {
        let free = self.always_free.iter();
        let free = free.map(|(area, groups)| (area.as_str().into(), words_json(groups, BenefitGroup::word)));
        let mut members = Written::default();
        members.add("country", text_json(&self.country));
        members.add("always_free", Json::Object(free.collect()));
        members.add("appeal", self.appeal.to_json());
        members.object()
    }
}

/// The tree has no name twice, so no area is lost here.
fn always_free_from_json(json: &Json<'_>) -> Result<BTreeMap<Area, Set<BenefitGroup>>, Fault> {
    let free = json.members()?.iter().enumerate().map(|(entry, (area, groups))| {
        let read = || Ok((Area::new(area)?, set(groups, BenefitGroup::from_word)?));
        read().map_err(|fault: Fault| fault.at_entry(entry))
    });
    free.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{HOST_RULES, changed};

    fn refusal(old: &str, new: &str) -> String {
        HostRules::parse(&changed(HOST_RULES, old, new)).unwrap_err().to_string()
    }

    #[test]
    fn host_rules_are_read_and_written_unchanged() {
        let rules = HostRules::parse(HOST_RULES).unwrap();
        assert_eq!(HostRules::parse(&rules.to_json().to_string()).unwrap(), rules);
        let free = &rules.always_free()[&Area::new("KE").unwrap()];
        assert!(free.contains(&BenefitGroup::Emergency));
        assert_eq!(rules.appeal().in_language("sw"), Some("Piga 0800 000 000"));
    }

    #[test]
    fn a_country_makes_nothing_free_in_another() {
        assert_eq!(refusal(r#""KE-30": "#, r#""UG": "#), "always_free: must be areas of the country");
        assert_eq!(refusal(r#""KE-30": "#, r#""UG-102": "#), "always_free: must be areas of the country");
        assert!(refusal(r#""country": "KE""#, r#""country": "UG""#).starts_with("always_free: "));
    }

    #[test]
    fn areas_twice_and_unknown_groups_are_refused() {
        assert_eq!(refusal(r#""KE-30": "#, r#""KE": "#), "\"KE\" stands twice");
        assert_eq!(
            refusal(r#"["CHILD"]"#, r#"["ALL"]"#),
            "always_free[1][0]: no word of the list of benefit group codes"
        );
        assert_eq!(
            refusal(r#"["CHILD"]"#, r#"["CHILD", "CHILD"]"#),
            "always_free[1]: entry 1 repeats an entry or is not in ascending order"
        );
        assert!(refusal(r#""KE-30": "#, r#""Mombasa": "#).starts_with("always_free[1]: "));
    }

    #[test]
    fn unknown_and_missing_members_are_refused() {
        assert_eq!(refusal(r#""country""#, r#""note": 1, "country""#), "unknown member \"note\"");
        assert_eq!(refusal(r#""country": "KE","#, ""), "country: is missing");
        assert!(refusal(r#""appeal": {"#, r#""appeal": {"x y": "", "#).starts_with("appeal: "));
    }
}
