//! Texts that people read: by language, and references to the law.
//!
//! Refuses control and direction characters and more than 400 characters: these texts stand on a clinic's screen beside the
//! verdict and may neither rewrite nor displace it.

use sanad_credential::{Fault, Json, LanguageTag, What, printable};
use std::fmt;

/// Longest text, in characters: what a small screen still shows whole.
const TEXT_CHARACTERS_MAX: usize = 400;

/// Texts by language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageTexts(pub Vec<(LanguageTag, String)>);

impl LanguageTexts {
    /// The text in a language, else in English, else the first.
    pub fn in_language(&self, language: &str) -> Option<&str> {
        let find = |wanted: &str| self.0.iter().find(|(tag, _)| tag.as_str() == wanted);
        find(language).or_else(|| find("en")).or_else(|| self.0.first()).map(|(_, text)| text.as_str())
    }

    /// Holds texts that did not come out of JSON to the same rule.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.0.iter().try_for_each(|(_, text)| check_text(text))
    }

    /// Reads texts by language.
    ///
    /// # Errors
    /// The first fault.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let texts = json.members()?.iter().map(|(tag, text)| {
            let text = text.text()?;
            check_text(text)?;
            Ok((LanguageTag::new(tag)?, text.to_owned()))
        });
        texts.collect::<Result<_, Fault>>().map(Self)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'_> {
        let member = |(tag, text): &(LanguageTag, String)| (tag.to_string().into(), Json::owned_text(text));
        Json::Object(self.0.iter().map(member).collect())
    }
}

/// The act, decree or treaty that a rule rests on, as lawyers cite it. Not translated: a citation is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalReference(String);

impl LegalReference {
    /// Checks the characters.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn new(text: &str) -> Result<Self, Fault> {
        if !text.is_empty() {
            check_text(text)?;
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LegalReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 1 to 400 characters that cannot rewrite the line they stand on.
pub(crate) fn check_text(text: &str) -> Result<(), Fault> {
    if (1..=TEXT_CHARACTERS_MAX).contains(&text.chars().count()) && printable(text) == text {
        return Ok(());
    }
    Err(What::Pattern { wanted: "1 to 400 characters, none a control or direction character" }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Result<LanguageTexts, Fault> {
        let limits = crate::RECORD_LIMITS;
        LanguageTexts::from_json(&Json::parse(json, limits)?)
    }

    #[test]
    fn a_text_is_found_in_the_language_then_in_english_then_anywhere() {
        let both = texts(r#"{"sw":"Piga 1190","en":"Call 1190"}"#).unwrap();
        assert_eq!(both.in_language("sw"), Some("Piga 1190"));
        assert_eq!(both.in_language("am"), Some("Call 1190"));
        assert_eq!(texts(r#"{"sw":"Piga 1190"}"#).unwrap().in_language("am"), Some("Piga 1190"));
        assert_eq!(texts("{}").unwrap().in_language("en"), None);
    }

    #[test]
    fn texts_that_rewrite_or_flood_a_screen_are_refused() {
        assert!(texts(r#"{"en":"a\u0007b"}"#).is_err());
        assert!(texts(r#"{"en":"a\u202eb"}"#).is_err());
        assert!(texts(r#"{"en":""}"#).is_err());
        assert!(texts(&format!(r#"{{"en":"{}"}}"#, "x".repeat(401))).is_err());
        assert!(texts(&format!(r#"{{"en":"{}"}}"#, "x".repeat(400))).is_ok());
        assert!(texts(r#"{"english language":"a"}"#).is_err());
        assert!(texts(r#"["a"]"#).is_err());
        assert!(LegalReference::new("Act 1\nAct 2").is_err());
    }
}
