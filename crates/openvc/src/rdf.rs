//! RDF datasets: quads, and the canonical N-Quads in which they are hashed (RDF Dataset Canonicalization 1.0
//! section 5, RDF 1.1 N-Quads).
//!
//! Blank nodes are numbers here; they get their names from [`crate::canonical`].

use std::fmt::Write as _;

/// `xsd:string`, which canonical N-Quads leave out.
pub(crate) const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";

/// A term of a quad.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    /// An absolute IRI.
    Iri(String),
    /// A blank node.
    Blank(usize),
    /// A value with its datatype.
    Typed(String, String),
    /// A text in a language.
    Tagged(String, String),
}

/// Subject, predicate, object, graph. The predicate is always an IRI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quad {
    pub(crate) subject: Term,
    pub(crate) predicate: String,
    pub(crate) object: Term,
    pub(crate) graph: Option<Term>,
}

impl Quad {
    /// The blank nodes of a quad with their positions, `s`, `o`, `g`.
    pub(crate) fn blanks(&self) -> impl Iterator<Item = (usize, char)> + '_ {
        let positions = [(Some(&self.subject), 's'), (Some(&self.object), 'o'), (self.graph.as_ref(), 'g')];
        positions.into_iter().filter_map(|(term, position)| match term {
            Some(Term::Blank(node)) => Some((*node, position)),
            _ => None,
        })
    }

    /// One line of canonical N-Quads.
    pub(crate) fn write(&self, line: &mut String, name: &dyn Fn(usize, &mut String)) {
        write_term(&self.subject, line, name);
        line.push_str(" <");
        line.push_str(&self.predicate);
        line.push_str("> ");
        write_term(&self.object, line, name);
        if let Some(graph) = &self.graph {
            line.push(' ');
            write_term(graph, line, name);
        }
        line.push_str(" .\n");
    }
}

fn write_term(term: &Term, line: &mut String, name: &dyn Fn(usize, &mut String)) {
    match term {
        Term::Iri(iri) => {
            line.push('<');
            line.push_str(iri);
            line.push('>');
        }
        Term::Blank(node) => {
            line.push_str("_:");
            name(*node, line);
        }
        Term::Typed(value, datatype) => {
            write_text(value, line);
            if datatype != XSD_STRING {
                line.push_str("^^<");
                line.push_str(datatype);
                line.push('>');
            }
        }
        Term::Tagged(value, language) => {
            write_text(value, line);
            line.push('@');
            line.push_str(language);
        }
    }
}

/// RDF Dataset Canonicalization 1.0 section 5: escapes where they must be and nowhere else.
fn write_text(value: &str, line: &mut String) {
    line.push('"');
    for character in value.chars() {
        match character {
            '\u{8}' => line.push_str("\\b"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\u{c}' => line.push_str("\\f"),
            '\r' => line.push_str("\\r"),
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\0'..='\u{1f}' | '\u{7f}' => {
                // Writing to a text does not fail.
                let _ = write!(line, "\\u{:04X}", u32::from(character));
            }
            other => line.push(other),
        }
    }
    line.push('"');
}
