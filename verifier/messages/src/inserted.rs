//! Values that are set into a text.
//!
//! A value may come from a rulebook of another country. It can neither end a message nor choose another one, since
//! Fluent takes arguments as they are; what is left to it is to rewrite the line it stands on. So control and
//! direction characters are escaped, it has a greatest length, and where its direction could differ from the line's
//! it stands in an isolate (UAX 9: U+2068, U+2069).
//!
//! Isolated is every value in a right-to-left text, numbers with signs in them too: without it a day after an Arabic
//! word shows its parts in reverse. In a left-to-right text only a value with right-to-left letters is isolated: the
//! others need none, and cheap printers and terminals draw the two characters as boxes. This is why Fluent's own
//! isolating, which knows only all or none, is off.

use fluent_bundle::{FluentArgs, FluentValue};
use sanad_credential::printable;

use crate::language::{Direction, Language};

/// Longest value, in characters: the longest text of a rulebook.
pub(crate) const INSERTED_CHARACTERS_MAX: usize = 400;

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// The values for one message.
pub(crate) struct Values {
    language: Language,
    arguments: FluentArgs<'static>,
}

impl Values {
    pub(crate) fn new(language: Language) -> Self {
        Self { language, arguments: FluentArgs::new() }
    }

    pub(crate) fn arguments(&self) -> &FluentArgs<'static> {
        &self.arguments
    }

    /// A number, by which a message may choose.
    pub(crate) fn number(mut self, name: &'static str, number: u64) -> Self {
        self.arguments.set(name, FluentValue::from(number));
        self
    }

    /// Days, and in `days-form` a number with the same plural form, by which a message chooses.
    pub(crate) fn days(self, days: u32) -> Self {
        let form = same_plural_form(self.language, days);
        self.number("days", u64::from(days)).number("days-form", u64::from(form))
    }

    /// A value from outside.
    pub(crate) fn text(mut self, name: &'static str, value: &str) -> Self {
        self.arguments.set(name, inserted(value, self.language.direction()));
        self
    }

    /// A value from outside that may be absent: `NAME-known` is `yes` or `no`, for the message to choose by. A value
    /// without a visible character is absent.
    pub(crate) fn optional(self, name: &'static str, known: &'static str, value: Option<&str>) -> Self {
        match value.map(without_full_stop).filter(|value| !value.is_empty()) {
            Some(value) => self.flag(known, "yes").text(name, value),
            None => self.flag(known, "no"),
        }
    }

    /// A text of the catalogue's own, for a message that asks whether it is known.
    pub(crate) fn said(mut self, name: &'static str, known: &'static str, said: String) -> Self {
        self.arguments.set(name, said);
        self.flag(known, "yes")
    }

    fn flag(mut self, name: &'static str, value: &'static str) -> Self {
        self.arguments.set(name, value);
        self
    }
}

/// A number with the plural form of this one, which the plural rules get right.
///
/// CLDR chooses the Arabic forms by the last two digits (103 as 3). intl_pluralrules 7.0.2 leaves the modulus out
/// where a rule has a range, and would take 103 for 100; of our languages only Arabic has such a rule.
fn same_plural_form(language: Language, number: u32) -> u32 {
    match (language, number.checked_rem(100)) {
        (Language::Arabic, Some(last_two @ 3..=99)) => last_two,
        (Language::Arabic, _) if number >= 100 => 100,
        _ => number,
    }
}

/// A value as it stands in a text of this direction.
pub(crate) fn inserted(value: &str, direction: Direction) -> String {
    let mut characters = value.trim().chars();
    let mut kept: String = characters.by_ref().take(INSERTED_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    let shown = printable(&kept);
    if direction == Direction::RightToLeft || shown.chars().any(is_right_to_left) {
        format!("{FIRST_STRONG_ISOLATE}{shown}{POP_DIRECTIONAL_ISOLATE}")
    } else {
        shown
    }
}

/// The sentence around the value brings its own full stop.
pub(crate) fn without_full_stop(value: &str) -> &str {
    value.trim().trim_end_matches(['.', '।', '።', '۔']).trim_end()
}

/// The blocks that Unicode reserves for right-to-left scripts (DerivedBidiClass.txt, defaults R and AL).
fn is_right_to_left(character: char) -> bool {
    matches!(
        character,
        '\u{0590}'..='\u{08FF}'
            | '\u{FB1D}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFC}'
            | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}'
    )
}

/// The text without isolates: what is compared and counted.
#[cfg(test)]
pub(crate) fn without_isolates(text: &str) -> String {
    text.replace([FIRST_STRONG_ISOLATE, POP_DIRECTIONAL_ISOLATE], "")
}

#[cfg(test)]
mod tests {
    use super::{INSERTED_CHARACTERS_MAX, inserted, without_full_stop};
    use crate::language::Direction::{LeftToRight, RightToLeft};

    #[test]
    fn a_value_cannot_turn_the_line_around_or_leave_its_isolate() {
        for attack in ["\u{202e}500 KES", "a\u{2069}b", "a\u{2066}", "a\nb", "\u{1b}[2Jx"] {
            for direction in [LeftToRight, RightToLeft] {
                let shown = inserted(attack, direction);
                let inner = shown.trim_start_matches('\u{2068}').trim_end_matches('\u{2069}');
                assert!(inner.contains("\\u{"), "{shown:?}");
                assert!(!inner.contains(['\u{2066}', '\u{2068}', '\u{2069}', '\u{202e}', '\n', '\u{1b}']));
            }
        }
    }

    #[test]
    fn a_value_is_isolated_where_its_direction_could_differ() {
        assert_eq!(inserted("2026-05-20", RightToLeft), "\u{2068}2026-05-20\u{2069}");
        assert_eq!(inserted("M-PESA 200222", LeftToRight), "M-PESA 200222");
        assert_eq!(inserted("صندوق 12", LeftToRight), "\u{2068}صندوق 12\u{2069}");
        assert_eq!(inserted("አበበ", LeftToRight), "አበበ");
    }

    #[test]
    fn a_value_longer_than_a_rulebook_allows_is_cut_and_says_so() {
        let shown = inserted(&"x".repeat(INSERTED_CHARACTERS_MAX + 1), LeftToRight);
        assert_eq!(shown.chars().count(), INSERTED_CHARACTERS_MAX + 1);
        assert!(shown.ends_with('…'));
        let whole = "x".repeat(INSERTED_CHARACTERS_MAX);
        assert_eq!(inserted(&whole, LeftToRight), whole);
    }

    #[test]
    fn a_full_stop_is_not_said_twice() {
        assert_eq!(without_full_stop(" Pay at the post office. "), "Pay at the post office");
        assert_eq!(without_full_stop("डाकघर में दें।"), "डाकघर में दें");
        assert_eq!(without_full_stop(" . "), "");
    }
}
