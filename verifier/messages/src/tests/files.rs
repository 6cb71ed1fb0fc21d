//! The files as their parser sees them.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use fluent_syntax::parser;

use super::all_keys;
use crate::language::Language;

/// What a message is made of, apart from its words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Made {
    variables: BTreeSet<String>,
    references: BTreeSet<String>,
    /// Keys of variants, without the plural categories, which differ between languages.
    variants: BTreeSet<String>,
    /// The words.
    words: String,
}

impl Made {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.words.push_str(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                assert_eq!(variants.iter().filter(|variant| variant.default).count(), 1);
                for variant in variants {
                    let (VariantKey::Identifier { name: key } | VariantKey::NumberLiteral { value: key }) =
                        variant.key;
                    if !["zero", "one", "two", "few", "many", "other"].contains(&key) {
                        self.variants.insert(key.to_owned());
                    }
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::StringLiteral { value } => self.words.push_str(value),
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, attribute: None } => {
                self.references.insert(id.name.to_owned());
            }
            other => panic!("neither a variable nor another message: {other:?}"),
        }
    }
}

/// The messages of a file by name; fails on whatever does not parse, and on names given twice.
fn messages(language: Language) -> BTreeMap<String, Made> {
    let resource = parser::parse(language.messages())
        .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", language.tag()));
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                assert!(message.attributes.is_empty(), "{}", message.id.name);
                let mut made = Made::default();
                made.pattern(message.value.as_ref().unwrap());
                let before = found.insert(message.id.name.to_owned(), made);
                assert_eq!(before, None, "{} has {} twice", language.tag(), message.id.name);
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            other @ (Entry::Term(_) | Entry::Junk { .. }) => panic!("{}: {other:?}", language.tag()),
        }
    }
    found
}

#[test]
fn no_file_has_a_message_that_nobody_asks_for_or_lacks_one() {
    for language in Language::ALL {
        let messages = messages(*language);
        let asked: BTreeSet<String> = all_keys().iter().map(|key| key.name()).collect();
        let referenced: BTreeSet<String> =
            messages.values().flat_map(|made| made.references.iter().cloned()).collect();
        let expect: BTreeSet<String> = asked.union(&referenced).cloned().collect();
        assert_eq!(messages.keys().cloned().collect::<BTreeSet<_>>(), expect, "{}", language.tag());
    }
}

#[test]
fn every_language_names_the_values_that_english_names() {
    let english = messages(Language::English);
    for language in Language::ALL {
        for (name, made) in messages(*language) {
            let tag = language.tag();
            assert_eq!(made.variables, english[&name].variables, "{tag} {name}");
            assert_eq!(made.references, english[&name].references, "{tag} {name}");
            assert_eq!(made.variants, english[&name].variants, "{tag} {name}");
        }
    }
}

/// What is written alike on purpose.
const SAME_AS_ENGLISH: [(&str, &str); 1] = [("fr", "heading-date")];

#[test]
fn nothing_is_left_in_english() {
    let english = messages(Language::English);
    for language in Language::ALL.iter().filter(|language| **language != Language::English) {
        for (name, made) in messages(*language) {
            let has_letters = made.words.chars().any(char::is_alphabetic);
            if has_letters && !SAME_AS_ENGLISH.contains(&(language.tag(), name.as_str())) {
                assert_ne!(made.words, english[&name].words, "{} {name}", language.tag());
            }
        }
    }
}

#[test]
fn every_letter_is_of_the_language_s_own_script() {
    fn belongs(language: Language, letter: char) -> bool {
        match language {
            Language::Arabic => matches!(letter, '\u{0620}'..='\u{064A}' | '\u{064B}'..='\u{0652}'),
            Language::Amharic => matches!(letter, '\u{1200}'..='\u{137F}'),
            Language::Hindi => matches!(letter, '\u{0900}'..='\u{097F}'),
            Language::Bengali => matches!(letter, '\u{0980}'..='\u{09FF}'),
            Language::English => letter.is_ascii_alphabetic(),
            Language::Swahili => letter.is_ascii_alphabetic(),
            Language::French => letter.is_ascii_alphabetic() || "àâçéèêëîïôùûÀÉœ".contains(letter),
            Language::Portuguese => letter.is_ascii_alphabetic() || "áâãàçéêíóôõúÁÂÉÍÓÚ".contains(letter),
        }
    }
    for language in Language::ALL {
        for (name, made) in messages(*language) {
            for letter in made.words.chars().filter(|letter| letter.is_alphabetic()) {
                assert!(
                    belongs(*language, letter),
                    "{} {name}: {letter:?} in {}",
                    language.tag(),
                    made.words
                );
            }
            let only_signs = ["colon", "list-separator", "pays-amount"].contains(&name.as_str());
            assert!(only_signs || made.words.chars().any(char::is_alphabetic), "{} {name}", language.tag());
        }
    }
}

#[test]
fn digits_are_western_in_every_language() {
    for language in Language::ALL {
        for (name, made) in messages(*language) {
            assert!(
                made.words.chars().all(|sign| !sign.is_numeric() || sign.is_ascii_digit()),
                "{} {name}: {}",
                language.tag(),
                made.words
            );
        }
    }
}
