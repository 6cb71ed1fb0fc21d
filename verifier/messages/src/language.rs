//! The languages of the catalogue, and which of them a person asked for.
//!
//! A tag is known by its primary subtag (BCP 47 section 2.2.1): a country changes none of our texts. Also takes the
//! form of POSIX locales (`pt_BR.UTF-8`). Refuses everything else by not knowing it; `C` and `POSIX` are no language.

/// The way a line runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As in Latin, Ethiopic and the Indic scripts.
    LeftToRight,
    /// As in Arabic.
    RightToLeft,
}

/// A language that the catalogue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// `en`
    English,
    /// `fr`
    French,
    /// `ar`
    Arabic,
    /// `sw`
    Swahili,
    /// `am`
    Amharic,
    /// `hi`
    Hindi,
    /// `bn`
    Bengali,
    /// `pt`
    Portuguese,
}

impl Language {
    /// All languages.
    pub const ALL: &'static [Self] = &[
        Self::English,
        Self::French,
        Self::Arabic,
        Self::Swahili,
        Self::Amharic,
        Self::Hindi,
        Self::Bengali,
        Self::Portuguese,
    ];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Arabic => "ar",
            Self::Swahili => "sw",
            Self::Amharic => "am",
            Self::Hindi => "hi",
            Self::Bengali => "bn",
            Self::Portuguese => "pt",
        }
    }

    /// The language of a tag or POSIX locale, if the catalogue has it.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next()?;
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The way its lines run.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Arabic => Direction::RightToLeft,
            Self::English
            | Self::French
            | Self::Swahili
            | Self::Amharic
            | Self::Hindi
            | Self::Bengali
            | Self::Portuguese => Direction::LeftToRight,
        }
    }

    /// Its name in itself: what a person looks for in a list of languages.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::Arabic => "العربية",
            Self::Swahili => "Kiswahili",
            Self::Amharic => "አማርኛ",
            Self::Hindi => "हिन्दी",
            Self::Bengali => "বাংলা",
            Self::Portuguese => "Português",
        }
    }

    /// The text of its file.
    pub(crate) const fn messages(self) -> &'static str {
        match self {
            Self::English => include_str!("../messages/en.ftl"),
            Self::French => include_str!("../messages/fr.ftl"),
            Self::Arabic => include_str!("../messages/ar.ftl"),
            Self::Swahili => include_str!("../messages/sw.ftl"),
            Self::Amharic => include_str!("../messages/am.ftl"),
            Self::Hindi => include_str!("../messages/hi.ftl"),
            Self::Bengali => include_str!("../messages/bn.ftl"),
            Self::Portuguese => include_str!("../messages/pt.ftl"),
        }
    }
}

/// The first preference that the catalogue has: `--lang`, then `LC_ALL`, `LC_MESSAGES`, `LANG`, in the program's order.
pub fn choose(asked: &[&str]) -> Option<Language> {
    asked.iter().find_map(|tag| Language::from_tag(tag))
}

#[cfg(test)]
mod tests {
    use super::{Direction, Language, choose};

    #[test]
    fn a_tag_is_known_by_its_primary_subtag_alone() {
        for (tag, language) in [
            ("sw", Language::Swahili),
            ("sw-KE", Language::Swahili),
            ("SW_ke", Language::Swahili),
            ("pt_BR.UTF-8", Language::Portuguese),
            ("ar-LB", Language::Arabic),
            ("ar-u-nu-latn", Language::Arabic),
            ("fr@euro", Language::French),
            ("am.UTF-8", Language::Amharic),
        ] {
            assert_eq!(Language::from_tag(tag), Some(language), "{tag}");
        }
    }

    #[test]
    fn what_is_no_known_language_is_none() {
        for tag in [
            "",
            "-",
            "_KE",
            "C",
            "C.UTF-8",
            "POSIX",
            "s",
            "swa",
            "swahili",
            "de",
            "sw sw",
            " sw",
            "\0",
            "ar\u{202e}",
        ] {
            assert_eq!(Language::from_tag(tag), None, "{tag:?}");
        }
    }

    #[test]
    fn the_first_known_preference_wins() {
        assert_eq!(choose(&["", "de-AT", "bn_BD", "en"]), Some(Language::Bengali));
        assert_eq!(choose(&["C", ""]), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn every_language_is_found_by_its_own_tag_and_has_a_name() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(*language));
            assert!(!language.own_name().is_empty());
        }
        let right_to_left: Vec<_> =
            Language::ALL.iter().filter(|l| l.direction() == Direction::RightToLeft).collect();
        assert_eq!(right_to_left, [&Language::Arabic]);
    }
}
