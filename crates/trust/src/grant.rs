//! What the region lets a country's issuers sign (`grants/XX.json`).
//!
//! Signed by the regional role. An issuer may do what both its record and its country's grant allow; no grant, no
//! right. The areas may lie in other countries: a regional body has no territory of its own.

use sanad_credential::{Area, Fault, Json, Limits, RightType, Set};

use crate::country::Country;
use crate::members::{Written, member, set, text_json, text_of, texts_json, words_json};

/// Six types and 64 areas take less than 1 kB.
pub(crate) const GRANT_LIMITS: Limits =
    Limits { bytes_max: 16_384, depth_max: 2, entries_max: 64, values_max: 128 };

/// A country's grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The country whose issuers it speaks of.
    pub country: Country,
    /// Types of entitlement they may sign.
    pub types: Set<RightType>,
    /// Areas for which they may sign.
    pub areas: Set<Area>,
}

impl Grant {
    /// Reads a grant.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, GRANT_LIMITS)?;
        let mut object = json.object()?;
        let grant = Self {
            country: text_of(&mut object, "country", Country::new)?,
            types: member(&mut object, "types", |json| set(json, RightType::from_word))?,
            areas: member(&mut object, "areas", |json| set(json, Area::new))?,
        };
        object.finish()?;
        Ok(grant)
    }

    /// The JSON form, members in the order of SPEC.md section 7.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("country", text_json(&self.country));
        members.add("types", words_json(&self.types, RightType::word));
        members.add("areas", texts_json(&self.areas));
        members.object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{GRANT, changed};

    fn refusal(old: &str, new: &str) -> String {
        Grant::parse(&changed(GRANT, old, new)).unwrap_err().to_string()
    }

    #[test]
    fn a_grant_is_read_and_written_unchanged() {
        let grant = Grant::parse(GRANT).unwrap();
        assert_eq!(Grant::parse(&grant.to_json().to_string()).unwrap(), grant);
        assert_eq!(grant.areas.len(), 2);
    }

    #[test]
    fn sets_may_stand_in_any_order_and_are_written_in_one() {
        let turned =
            Grant::parse(&changed(GRANT, r#""coverage", "delegation""#, r#""delegation", "coverage""#));
        assert_eq!(turned.unwrap().to_json(), Grant::parse(GRANT).unwrap().to_json());
    }

    #[test]
    fn what_is_granted_twice_or_in_unknown_words_is_refused() {
        assert_eq!(
            refusal(r#""coverage", "#, r#""coverage", "coverage", "#),
            "types: entry 1 repeats an entry or is not in ascending order"
        );
        assert_eq!(
            refusal("coverage", "anything"),
            "types[0]: no word of the list of entitlement type codes"
        );
        assert!(refusal(r#""KE-30""#, r#""Mombasa""#).starts_with("areas[1]: "));
        assert_eq!(
            refusal(r#""country": "KE""#, r#""country": "KE-30""#),
            "country: must be two capital letters"
        );
    }

    #[test]
    fn unknown_repeated_and_missing_members_are_refused() {
        assert_eq!(refusal(r#"{"country""#, r#"{"note": 1, "country""#), "unknown member \"note\"");
        assert_eq!(refusal(r#"{"country""#, r#"{"types": [], "country""#), "\"types\" stands twice");
        assert_eq!(refusal(r#""country": "KE","#, ""), "country: is missing");
    }

    #[test]
    fn a_grant_above_its_limits_is_refused() {
        let flood = GRANT.to_owned() + &" ".repeat(GRANT_LIMITS.bytes_max);
        assert!(Grant::parse(&flood).unwrap_err().to_string().contains("bytes, allowed are 0 to 16384"));
    }
}
