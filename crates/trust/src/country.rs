//! Two letters that name who signs: a country of ISO 3166-1, or XA to XZ for regional and international bodies.
//!
//! Refuses everything but two capital letters, a subdivision too: trust is delegated to countries, not to parts of
//! them. Whether ISO has assigned the letters is the regional body's to judge when it delegates.

use std::fmt;

use sanad_credential::{Area, DelegationId, Fault, IssuerId, What};

/// A country as a signer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(String);

impl Country {
    /// Checks the form.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn new(text: &str) -> Result<Self, Fault> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self(text.to_owned())),
            _ => Err(What::Pattern { wanted: "two capital letters" }.into()),
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an area is the country or lies in it.
    pub fn contains(&self, area: &Area) -> bool {
        area.country() == self.0
    }
}

impl From<&Area> for Country {
    fn from(area: &Area) -> Self {
        Self(area.country().to_owned())
    }
}

impl From<&IssuerId> for Country {
    fn from(id: &IssuerId) -> Self {
        Self(id.country().to_owned())
    }
}

impl From<&DelegationId> for Country {
    fn from(id: &DelegationId) -> Self {
        Self(id.country().to_owned())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_capital_letters_name_a_country() {
        assert!(Country::new("KE").is_ok());
        assert!(Country::new("XA").is_ok());
        for text in ["", "K", "ke", "Ke", "KEN", "KE-30", "K1", "É", "..", "K/", "KE "] {
            assert!(Country::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_country_contains_its_parts_and_no_other_country() {
        let kenya = Country::new("KE").unwrap();
        assert!(kenya.contains(&Area::new("KE").unwrap()));
        assert!(kenya.contains(&Area::new("KE-30").unwrap()));
        assert!(!kenya.contains(&Area::new("UG").unwrap()));
        assert_eq!(Country::from(&IssuerId::new("KE-SHA").unwrap()), kenya);
        assert_eq!(Country::from(&DelegationId::new("KE-F01").unwrap()), kenya);
    }
}
