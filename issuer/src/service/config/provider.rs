//! Section `[oidc]`: the identity provider of the officers, where there is one.

use sanad_listener::settings::{Found, SettingFault, Settings};

use super::Reader;
use crate::oidc::{self, Algorithm, Claim, KeysAt};
use crate::role::Role;

const ROLE_CLAIM: &str = "roles";

impl Reader<'_, '_> {
    pub(super) fn oidc(&mut self) -> Result<Option<oidc::Settings>, SettingFault> {
        let section = "oidc";
        let wanted = self.settings.has_section(section);
        let issuer = self.settings.url(section, "issuer", &["https://", "http://"])?;
        let audience = self.settings.text(section, "audience")?;
        let url = self.settings.url(section, "jwks_url", &["https://", "http://"])?;
        let file = self.path(section, "jwks_file")?;
        let algorithms = self.settings.text(section, "algorithms")?;
        let role_claim = self.settings.text(section, "role_claim")?;
        let role_words = self.settings.text(section, "role_words")?;
        let areas_claim = self.settings.text(section, "areas_claim")?;
        if !wanted {
            return Ok(None);
        }
        let missing = |key| Settings::missing(section, key).fault("missing; leave out [oidc] for none");
        let keys = match (url, file) {
            (Some(url), None) => KeysAt::Url(url.value),
            (None, Some(file)) => KeysAt::File(file),
            (Some(url), Some(_)) => return Err(url.place.fault("jwks_url or jwks_file, not both")),
            (None, None) => return Err(missing("jwks_url")),
        };
        Ok(Some(oidc::Settings {
            issuer: issuer.ok_or_else(|| missing("issuer"))?.value,
            audience: audience.ok_or_else(|| missing("audience"))?.value,
            keys,
            algorithms: algorithms.map_or(Ok(Algorithm::ALL.to_vec()), |found| read_algorithms(&found))?,
            role_claim: Claim(role_claim.map_or_else(|| ROLE_CLAIM.to_owned(), |found| found.value)),
            role_words: role_words.map_or(Ok(Vec::new()), |found| read_role_words(&found))?,
            areas_claim: areas_claim.map(|found| Claim(found.value)),
        }))
    }
}

/// Algorithms with spaces between them; at least one, since a text has at least one word or is refused here.
fn read_algorithms(found: &Found<String>) -> Result<Vec<Algorithm>, SettingFault> {
    let words = found.value.split(' ').map(|word| {
        let problem = "must be some of RS256, ES256, EdDSA, with one space between them";
        Algorithm::from_word(word).ok_or_else(|| found.place.fault(problem))
    });
    words.collect()
}

/// What a provider calls the roles: `officers=registrar managers=approver`.
fn read_role_words(found: &Found<String>) -> Result<Vec<(String, Role)>, SettingFault> {
    let words = found.value.split(' ').map(|pair| {
        let problem = "must be pairs word=role with one space between them; a role is registrar, approver, revoker, \
                       auditor or administrator";
        let (word, role) = pair.rsplit_once('=').ok_or_else(|| found.place.fault(problem))?;
        let role = Role::from_word(role).map_err(|_| found.place.fault(problem))?;
        Ok((word.to_owned(), role))
    });
    words.collect()
}
