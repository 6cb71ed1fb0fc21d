//! The target files of the trust repository, by their paths.
//!
//! Patterns of TUF do not look inside file names: `issuers/KE/*` lets Kenya sign `issuers/KE/UG-NHIS.json`. So a file is
//! used only if path and content agree, and a path only if its ids start with its country; a [`TargetPath`] cannot say
//! otherwise, since it has no country beside the id. Everything else is no path of a target: other letters, other
//! folders, segments that are empty, too many or dots.

use std::fmt;

use sanad_credential::{AgreementId, Fault, IssuerId, Json, ProductId, What};

use crate::agreement::{AGREEMENT_LIMITS, Agreement};
use crate::country::Country;
use crate::facilities::{FACILITIES_LIMITS, Facilities};
use crate::grant::{GRANT_LIMITS, Grant};
use crate::host_rules::{HOST_RULES_LIMITS, HostRules};
use crate::record::{IssuerRecord, RECORD_LIMITS};
use crate::rulebook::{RULEBOOK_LIMITS, Rulebook};

/// Where a target file stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetPath {
    /// `grants/XX.json`
    Grant {
        /// The country.
        country: Country,
    },
    /// `agreements/ID.json`
    Agreement {
        /// The agreement.
        id: AgreementId,
    },
    /// `issuers/XX/ISS.json`
    Issuer {
        /// The issuer; XX is its country.
        iss: IssuerId,
    },
    /// `rulebooks/XX/ISS/PRODUCT.json`
    Rulebook {
        /// The issuer; XX is its country.
        issuer: IssuerId,
        /// The product.
        product: ProductId,
    },
    /// `facilities/XX.json`
    Facilities {
        /// The country.
        country: Country,
    },
    /// `host-rules/XX.json`
    HostRules {
        /// The country.
        country: Country,
    },
}

/// A target file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// What a country's issuers may sign.
    Grant(Grant),
    /// An agreement between schemes.
    Agreement(Agreement),
    /// An issuer's record.
    Issuer(Box<IssuerRecord>),
    /// A product's rules.
    Rulebook(Rulebook),
    /// A country's facilities.
    Facilities(Facilities),
    /// What a country gives everybody.
    HostRules(HostRules),
}

impl TargetPath {
    /// The path that a text is, if it is one. There is one text for each path: what is read is written back.
    pub fn parse(path: &str) -> Option<Self> {
        let mut segments = path.strip_suffix(".json")?.split('/');
        let (folder, first) = (segments.next()?, segments.next()?);
        let (second, third) = (segments.next(), segments.next());
        if segments.next().is_some() {
            return None;
        }
        match (folder, first, second, third) {
            ("grants", country, None, None) => {
                Some(TargetPath::Grant { country: Country::new(country).ok()? })
            }
            ("agreements", id, None, None) => Some(TargetPath::Agreement { id: AgreementId::new(id).ok()? }),
            ("issuers", country, Some(iss), None) => {
                Some(TargetPath::Issuer { iss: issuer_of(country, iss)? })
            }
            ("rulebooks", country, Some(issuer), Some(product)) => Some(TargetPath::Rulebook {
                issuer: issuer_of(country, issuer)?,
                product: ProductId::new(product).ok()?,
            }),
            ("facilities", country, None, None) => {
                Some(TargetPath::Facilities { country: Country::new(country).ok()? })
            }
            ("host-rules", country, None, None) => {
                Some(TargetPath::HostRules { country: Country::new(country).ok()? })
            }
            _ => None,
        }
    }

    /// Which role lists it: a country's, or (nothing) the region's.
    pub fn country_role(&self) -> Option<Country> {
        match self {
            TargetPath::Grant { .. } | TargetPath::Agreement { .. } => None,
            TargetPath::Issuer { iss } => Some(Country::from(iss)),
            TargetPath::Rulebook { issuer, .. } => Some(Country::from(issuer)),
            TargetPath::Facilities { country } | TargetPath::HostRules { country } => Some(country.clone()),
        }
    }

    /// Longest file that is read from here. Downloads stop at it, before anything is kept.
    pub const fn bytes_max(&self) -> usize {
        match self {
            TargetPath::Grant { .. } => GRANT_LIMITS.bytes_max,
            TargetPath::Agreement { .. } => AGREEMENT_LIMITS.bytes_max,
            TargetPath::Issuer { .. } => RECORD_LIMITS.bytes_max,
            TargetPath::Rulebook { .. } => RULEBOOK_LIMITS.bytes_max,
            TargetPath::Facilities { .. } => FACILITIES_LIMITS.bytes_max,
            TargetPath::HostRules { .. } => HOST_RULES_LIMITS.bytes_max,
        }
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetPath::Grant { country } => write!(f, "grants/{country}.json"),
            TargetPath::Agreement { id } => write!(f, "agreements/{id}.json"),
            TargetPath::Issuer { iss } => write!(f, "issuers/{}/{iss}.json", iss.country()),
            TargetPath::Rulebook { issuer, product } => {
                write!(f, "rulebooks/{}/{issuer}/{product}.json", issuer.country())
            }
            TargetPath::Facilities { country } => write!(f, "facilities/{country}.json"),
            TargetPath::HostRules { country } => write!(f, "host-rules/{country}.json"),
        }
    }
}

impl Target {
    /// Reads the file that stands at a path.
    ///
    /// # Errors
    /// The first fault at its place; [`What::Pattern`] where the content is that of another path.
    pub fn parse(path: &TargetPath, text: &str) -> Result<Self, Fault> {
        match path {
            TargetPath::Grant { country } => {
                let grant = Grant::parse(text)?;
                agree(&grant.country, country, "country")?;
                Ok(Target::Grant(grant))
            }
            TargetPath::Agreement { id } => {
                let agreement = Agreement::parse(text)?;
                agree(&agreement.id, id, "id")?;
                Ok(Target::Agreement(agreement))
            }
            TargetPath::Issuer { iss } => {
                let record = IssuerRecord::parse(text)?;
                // A record's country is that of its iss.
                agree(record.iss(), iss, "iss")?;
                Ok(Target::Issuer(Box::new(record)))
            }
            TargetPath::Rulebook { issuer, product } => {
                let rulebook = Rulebook::parse(text)?;
                agree(rulebook.issuer(), issuer, "issuer")?;
                agree(rulebook.product(), product, "product")?;
                Ok(Target::Rulebook(rulebook))
            }
            TargetPath::Facilities { country } => {
                let facilities = Facilities::parse(text)?;
                agree(facilities.country(), country, "country")?;
                Ok(Target::Facilities(facilities))
            }
            TargetPath::HostRules { country } => {
                let rules = HostRules::parse(text)?;
                agree(rules.country(), country, "country")?;
                Ok(Target::HostRules(rules))
            }
        }
    }

    /// The one path at which it may stand.
    pub fn path(&self) -> TargetPath {
        match self {
            Target::Grant(grant) => TargetPath::Grant { country: grant.country.clone() },
            Target::Agreement(agreement) => TargetPath::Agreement { id: agreement.id.clone() },
            Target::Issuer(record) => TargetPath::Issuer { iss: record.iss().clone() },
            Target::Rulebook(rulebook) => TargetPath::Rulebook {
                issuer: rulebook.issuer().clone(),
                product: rulebook.product().clone(),
            },
            Target::Facilities(facilities) => {
                TargetPath::Facilities { country: facilities.country().clone() }
            }
            Target::HostRules(rules) => TargetPath::HostRules { country: rules.country().clone() },
        }
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'_> {
        match self {
            Target::Grant(grant) => grant.to_json(),
            Target::Agreement(agreement) => agreement.to_json(),
            Target::Issuer(record) => record.to_json(),
            Target::Rulebook(rulebook) => rulebook.to_json(),
            Target::Facilities(facilities) => facilities.to_json(),
            Target::HostRules(rules) => rules.to_json(),
        }
    }
}

fn issuer_of(country: &str, iss: &str) -> Option<IssuerId> {
    IssuerId::new(iss).ok().filter(|iss| iss.country() == country)
}

fn agree<T: PartialEq>(found: &T, wanted: &T, member: &'static str) -> Result<(), Fault> {
    if found != wanted {
        return Err(Fault::new(What::Pattern { wanted: "what the path of the file says" }).within(member));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{AGREEMENT, FACILITIES, GRANT, HOST_RULES, RECORD, RULEBOOK};

    const FILES: [(&str, &str); 6] = [
        ("grants/KE.json", GRANT),
        ("agreements/EAC-HEALTH-1.json", AGREEMENT),
        ("issuers/KE/KE-SHA.json", RECORD),
        ("rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK),
        ("facilities/UG.json", FACILITIES),
        ("host-rules/KE.json", HOST_RULES),
    ];

    fn path(text: &str) -> TargetPath {
        TargetPath::parse(text).unwrap()
    }

    #[test]
    fn every_file_stands_at_its_path_and_is_written_back() {
        for (name, text) in FILES {
            let target = Target::parse(&path(name), text).unwrap();
            assert_eq!(target.path().to_string(), name);
            let written = target.to_json().to_string();
            let again = Target::parse(&path(name), &written).unwrap();
            assert_eq!(again, target);
            assert_eq!(again.to_json().to_string(), written);
        }
    }

    #[test]
    fn a_file_under_the_path_of_another_is_refused() {
        let wanted = "must be what the path of the file says";
        for (name, text, member) in [
            ("grants/UG.json", GRANT, "country"),
            ("agreements/EAC-HEALTH-2.json", AGREEMENT, "id"),
            ("issuers/KE/KE-NSSF.json", RECORD, "iss"),
            ("rulebooks/KE/KE-NSSF/SHIF.json", RULEBOOK, "issuer"),
            ("rulebooks/KE/KE-SHA/PHC.json", RULEBOOK, "product"),
            ("facilities/KE.json", FACILITIES, "country"),
            ("host-rules/UG.json", HOST_RULES, "country"),
        ] {
            assert_eq!(
                Target::parse(&path(name), text).unwrap_err().to_string(),
                format!("{member}: {wanted}")
            );
        }
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        for (name, _) in FILES {
            for (other, text) in FILES.into_iter().filter(|(other, _)| *other != name) {
                assert!(Target::parse(&path(name), text).is_err(), "{other} at {name}");
            }
        }
    }

    #[test]
    fn another_countrys_issuer_has_no_path_under_ones_own() {
        for text in [
            "issuers/KE/UG-NHIS.json",
            "issuers/UG/KE-SHA.json",
            "rulebooks/KE/UG-NHIS/UHC.json",
            "issuers/KE/KESHA.json",
            "issuers/KE/KE.json",
        ] {
            assert_eq!(TargetPath::parse(text), None, "{text}");
        }
        // The file that Uganda's name stands in, under a path that Kenya may sign.
        let stolen =
            RECORD.replace(r#""iss": "KE-SHA", "country": "KE""#, r#""iss": "UG-NHIS", "country": "UG""#);
        assert!(IssuerRecord::parse(&stolen).is_ok());
        let fault = Target::parse(&path("issuers/KE/KE-SHA.json"), &stolen).unwrap_err();
        assert_eq!(fault.place(), "iss");
    }

    #[test]
    fn nothing_but_the_six_forms_is_a_path() {
        for text in [
            "",
            ".json",
            "/",
            "grants",
            "grants/",
            "grants/.json",
            "grants/KE",
            "grants/KE.JSON",
            "grants/KE.json.json",
            "grants/KE.json/",
            "/grants/KE.json",
            "./grants/KE.json",
            "grants//KE.json",
            "grants/ke.json",
            "Grants/KE.json",
            "grants/KE-30.json",
            "grants/KEN.json",
            "grants/KE/KE.json",
            "grants/*.json",
            "grants/KE .json",
            "grants\\KE.json",
            "grants/KE.json\n",
            "grants/K\u{1d5d8}.json",
            "grants/%4BE.json",
            "agreements/eac.json",
            "agreements/..json",
            "agreements/../root.json",
            "issuers/KE/../UG/x.json",
            "issuers/KE/../UG/UG-NHIS.json",
            "issuers/KE/..json",
            "issuers/KE/KE-SHA/KE-SHA.json",
            "issuers/ke/ke-sha.json",
            "issuers/KE/KE-sha.json",
            "issuers/KE//KE-SHA.json",
            "issuers//KE-SHA.json",
            "issuers/KE-SHA.json",
            "rulebooks/KE/KE-SHA.json",
            "rulebooks/KE/KE-SHA/.json",
            "rulebooks/KE/KE-SHA/shif.json",
            "rulebooks/KE/KE-SHA/SHIF/1.json",
            "rulebooks/KE/KE-SHA/../SHIF.json",
            "facilities/KE/KE.json",
            "host_rules/KE.json",
            "root.json",
            "1.root.json",
        ] {
            assert_eq!(TargetPath::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_path_says_how_long_its_file_may_be() {
        let bytes = FILES.map(|(name, _)| path(name).bytes_max());
        assert_eq!(bytes, [16_384, 262_144, 65_536, 262_144, 4_194_304, 65_536]);
        for (name, text) in FILES {
            let flood = text.to_owned() + &" ".repeat(path(name).bytes_max());
            assert!(
                Target::parse(&path(name), &flood).unwrap_err().to_string().contains(" bytes, allowed are")
            );
        }
    }
}
