//! The facilities of a country (`facilities/XX.json`) and who has accredited them.
//!
//! Refuses a facility that stands twice and one whose id starts with another country. Its area is not compared with the
//! country: the posts of a regional body stand in the countries of its members.

use std::collections::BTreeMap;

use sanad_credential::{Area, DelegationId, Fault, IssuerId, Json, Level, Limits, Name, Set, What};

use crate::country::Country;
use crate::members::{Written, entries, member, number, set, text_json, text_of, texts_json};

/// 10,000 facilities are those of a large country that a scheme can pay. At 400 bytes each they take 4 MB; each has six
/// values, and networks of 14 issuers on average still fit.
pub(crate) const FACILITIES_LIMITS: Limits =
    Limits { bytes_max: 4_194_304, depth_max: 4, entries_max: 10_000, values_max: 200_000 };

/// A country's facilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facilities {
    country: Country,
    by_id: BTreeMap<DelegationId, Facility>,
}

/// One facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// Its id, which is that of its key's delegation too.
    pub id: DelegationId,
    /// Its name.
    pub name: Name,
    /// Its level.
    pub level: Level,
    /// Where it is.
    pub area: Area,
    /// The issuers that have accredited it.
    pub networks: Set<IssuerId>,
}

impl Facilities {
    /// Checks the ids.
    ///
    /// # Errors
    /// [`What::Pattern`] and [`What::Repeated`] at the facility.
    pub fn new(country: Country, facilities: Vec<Facility>) -> Result<Self, Fault> {
        let mut by_id = BTreeMap::new();
        for (entry, facility) in facilities.into_iter().enumerate() {
            let refuse = |what| Err(Fault::new(what).within("id").at_entry(entry).within("facilities"));
            if facility.id.country() != country.as_str() {
                return refuse(What::Pattern { wanted: "an id that starts with the country" });
            }
            if let Some(before) = by_id.insert(facility.id.clone(), facility) {
                return refuse(What::Repeated { key: before.id.to_string() });
            }
        }
        Ok(Self { country, by_id })
    }

    /// Reads a country's facilities.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, FACILITIES_LIMITS)?;
        let mut object = json.object()?;
        let country = text_of(&mut object, "country", Country::new)?;
        let facilities = member(&mut object, "facilities", |json| entries(json, facility_from_json))?;
        object.finish()?;
        Self::new(country, facilities)
    }

    /// The country.
    pub fn country(&self) -> &Country {
        &self.country
    }

    /// The facility with this id.
    pub fn find(&self, id: &DelegationId) -> Option<&Facility> {
        self.by_id.get(id)
    }

    /// All facilities by their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Facility> {
        self.by_id.values()
    }

    /// The JSON form, members in the order of SPEC.md section 7, facilities by their ids.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("country", text_json(&self.country));
        members.add("facilities", Json::Array(self.iter().map(facility_to_json).collect()));
        members.object()
    }
}

fn facility_from_json(json: &Json<'_>) -> Result<Facility, Fault> {
    let mut object = json.object()?;
    let facility = Facility {
        id: text_of(&mut object, "id", DelegationId::new)?,
        name: text_of(&mut object, "name", Name::new)?,
        level: member(&mut object, "level", |json| number(json, Level::from_integer))?,
        area: text_of(&mut object, "area", Area::new)?,
        networks: member(&mut object, "networks", |json| set(json, IssuerId::new))?,
    };
    object.finish()?;
    Ok(facility)
}

fn facility_to_json(facility: &Facility) -> Json<'_> {
    let mut members = Written::default();
    members.add("id", text_json(&facility.id));
    members.add("name", Json::Text(facility.name.as_str().into()));
    members.add("level", Json::Integer(facility.level.value().into()));
    members.add("area", text_json(&facility.area));
    members.add("networks", texts_json(&facility.networks));
    members.object()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{FACILITIES, changed};

    fn refusal(old: &str, new: &str) -> String {
        Facilities::parse(&changed(FACILITIES, old, new)).unwrap_err().to_string()
    }

    #[test]
    fn facilities_are_read_and_written_unchanged() {
        let facilities = Facilities::parse(FACILITIES).unwrap();
        assert_eq!(Facilities::parse(&facilities.to_json().to_string()).unwrap(), facilities);
        let found = facilities.find(&DelegationId::new("UG-F02").unwrap()).unwrap();
        assert_eq!((found.name.as_str(), found.level.value()), ("Ssese Island Health Centre", 3));
        assert!(facilities.find(&DelegationId::new("UG-F09").unwrap()).is_none());
    }

    #[test]
    fn a_whole_country_fits() {
        let facility = |number: usize| {
            let name = "n".repeat(64);
            let networks = r#""UG-SCHEME-ONE","UG-SCHEME-TWO","KE-SHA","XA-REGION""#;
            format!(
                r#"{{"id":"UG-F{number:05}","name":"{name}","level":2,"area":"UG-102","networks":[{networks}]}}"#
            )
        };
        let file = |count| {
            let all: Vec<String> = (0..count).map(facility).collect();
            format!(r#"{{"country":"UG","facilities":[{}]}}"#, all.join(","))
        };
        assert_eq!(Facilities::parse(&file(10_000)).unwrap().iter().len(), 10_000);
        let fault = Facilities::parse(&file(10_001)).unwrap_err();
        assert_eq!(fault.to_string(), "10001 entries, allowed are 0 to 10000");
    }

    #[test]
    fn a_facility_of_another_country_is_refused() {
        assert_eq!(
            refusal("UG-F02", "KE-F02"),
            "facilities[0].id: must be an id that starts with the country"
        );
        assert_eq!(
            refusal(r#""country": "UG""#, r#""country": "KE""#),
            "facilities[0].id: must be an id that starts with the country"
        );
    }

    #[test]
    fn a_facility_that_stands_twice_is_refused() {
        assert_eq!(refusal("UG-F01", "UG-F02"), "facilities[1].id: UG-F02 stands twice");
    }

    #[test]
    fn names_that_rewrite_a_screen_levels_out_of_range_and_networks_twice_are_refused() {
        assert!(
            refusal("Ssese", r"\u202ESsese")
                .starts_with("facilities[0].name: control or direction character")
        );
        assert_eq!(refusal(r#""level": 3"#, r#""level": 6"#), "facilities[0].level: 6 is not in 1..5");
        assert!(
            refusal(r#"["UG-NHIS"]"#, r#"["UG-NHIS", "UG-NHIS"]"#)
                .starts_with("facilities[0].networks: entry 1")
        );
        assert!(refusal(r#""area": "UG-102""#, r#""area": "Kalangala""#).starts_with("facilities[0].area: "));
    }

    #[test]
    fn unknown_and_missing_members_are_refused() {
        assert_eq!(
            refusal(r#""level": 3"#, r#""level": 3, "beds": 40"#),
            "facilities[0]: unknown member \"beds\""
        );
        assert_eq!(refusal(r#""level": 3,"#, ""), "facilities[0].level: is missing");
        assert_eq!(refusal(r#""country""#, r#""note": 1, "country""#), "unknown member \"note\"");
    }

    #[test]
    fn an_object_of_thousands_of_members_is_compared_fast_and_refused() {
        let members: Vec<String> = (0..9_999).map(|number| format!(r#""{number}":0"#)).collect();
        let fault = Facilities::parse(&format!("{{{}}}", members.join(","))).unwrap_err();
        assert_eq!(fault.to_string(), "country: is missing");
        let twice = format!("{{{},\"7\":1}}", members.join(","));
        assert_eq!(Facilities::parse(&twice).unwrap_err().to_string(), "\"7\" stands twice");
    }
}
