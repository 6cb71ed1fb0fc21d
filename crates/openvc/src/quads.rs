//! The RDF dataset of an expanded document (JSON-LD 1.1 API section 8), where nothing may be dropped.
//!
//! The processor's own serialization skips what has no place in RDF; signed data must not be skipped, so each such
//! thing is a fault here: addresses that are none, an index, a reverse property, a language that is none.

use std::collections::BTreeSet;

use serde_json::Value as Tree;
use ssi_json_ld::json_ld;

use json_ld::object::{Literal, Value};
use json_ld::{BlankIdBuf, Direction, ExpandedDocument, Id, Indexed, IriBuf, Node, Object, ValidId};

use crate::fault::{Fault, Problem, What, shown};
use crate::jsonld::Dataset;
use crate::rdf::{Quad, Term, XSD_STRING};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const I18N: &str = "https://www.w3.org/ns/i18n#";

type ExpandedNode = Node<IriBuf, BlankIdBuf>;
type ExpandedObject = Indexed<Object<IriBuf, BlankIdBuf>>;

/// The dataset of an expanded document.
pub(crate) fn of(expanded: &ExpandedDocument<IriBuf, BlankIdBuf>) -> Result<Dataset, Fault> {
    let mut builder = Builder { quads: BTreeSet::new(), blank_nodes: 0 };
    for object in expanded {
        match without_index(object)? {
            Object::Node(node) => {
                builder.node(node, None)?;
            }
            _ => return Err(dropped("a value", "without a subject")),
        }
    }
    Ok(Dataset { quads: builder.quads, blank_nodes: builder.blank_nodes })
}

struct Builder {
    quads: BTreeSet<Quad>,
    blank_nodes: usize,
}

impl Builder {
    fn blank(&mut self) -> Term {
        let number = self.blank_nodes;
        self.blank_nodes = self.blank_nodes.saturating_add(1);
        Term::Blank(number)
    }

    fn add(&mut self, subject: &Term, predicate: &str, object: Term, graph: Option<&Term>) {
        self.quads.insert(Quad {
            subject: subject.clone(),
            predicate: predicate.to_owned(),
            object,
            graph: graph.cloned(),
        });
    }

    fn node(&mut self, node: &ExpandedNode, graph: Option<&Term>) -> Result<Term, Fault> {
        let subject = match &node.id {
            Some(id) => iri(id, "address")?,
            None => self.blank(),
        };
        for class in node.types.iter().flatten() {
            let class = iri(class, "type")?;
            self.add(&subject, &format!("{RDF}type"), class, graph);
        }
        if node.included.is_some() || node.reverse_properties.is_some() {
            return Err(dropped("keyword", "@included or @reverse"));
        }
        if let Some(objects) = &node.graph {
            for object in objects {
                match without_index(object)? {
                    Object::Node(inner) => {
                        self.node(inner, Some(&subject))?;
                    }
                    _ => return Err(dropped("a value", "in a graph")),
                }
            }
        }
        for (property, objects) in &node.properties {
            let Term::Iri(property) = iri(property, "term")? else {
                return Err(dropped("term", "a blank node"));
            };
            for object in objects {
                let object = self.object(object, graph)?;
                self.add(&subject, &property, object, graph);
            }
        }
        Ok(subject)
    }

    fn object(&mut self, object: &ExpandedObject, graph: Option<&Term>) -> Result<Term, Fault> {
        match without_index(object)? {
            Object::Node(node) => self.node(node, graph),
            Object::Value(value) => literal(value),
            Object::List(list) => {
                let mut rest = Term::Iri(format!("{RDF}nil"));
                for entry in list.as_slice().iter().rev() {
                    let first = self.object(entry, graph)?;
                    let cell = self.blank();
                    self.add(&cell, &format!("{RDF}first"), first, graph);
                    self.add(&cell, &format!("{RDF}rest"), rest, graph);
                    rest = cell;
                }
                Ok(rest)
            }
        }
    }
}

fn without_index(object: &ExpandedObject) -> Result<&Object<IriBuf, BlankIdBuf>, Fault> {
    match object.index() {
        None => Ok(object.inner()),
        Some(index) => Err(dropped("index", index)),
    }
}

/// Blank nodes that a document names itself are refused: two documents inside one could share a name.
fn iri(id: &Id<IriBuf, BlankIdBuf>, kind: &'static str) -> Result<Term, Fault> {
    match id {
        Id::Valid(ValidId::Iri(iri)) => Ok(Term::Iri(iri.as_str().to_owned())),
        Id::Valid(ValidId::Blank(name)) => Err(dropped(kind, name.as_str())),
        Id::Invalid(text) => Err(dropped(kind, text)),
    }
}

fn literal(value: &Value<IriBuf>) -> Result<Term, Fault> {
    match value {
        Value::Json(json) => {
            let tree: Tree = json.clone().into_serde_json();
            let canonical = serde_json_canonicalizer::to_string(&tree)
                .map_err(|_| Fault::new(Problem::ProofTransformation, What::Number))?;
            Ok(Term::Typed(canonical, format!("{RDF}JSON")))
        }
        Value::LangString(text) => {
            let (value, language, direction) = text.parts();
            let language = match language.map(|tag| tag.as_str()) {
                Some(tag) if is_language(tag) => Some(tag),
                Some(tag) => return Err(dropped("language", tag)),
                None => None,
            };
            Ok(match (direction, language) {
                (Some(direction), language) => {
                    let direction = match direction {
                        Direction::Ltr => "ltr",
                        Direction::Rtl => "rtl",
                    };
                    let language = language.unwrap_or_default().to_ascii_lowercase();
                    Term::Typed(value.to_owned(), format!("{I18N}{language}_{direction}"))
                }
                (None, Some(language)) => Term::Tagged(value.to_owned(), language.to_owned()),
                (None, None) => Term::Typed(value.to_owned(), XSD_STRING.to_owned()),
            })
        }
        Value::Literal(literal, datatype) => {
            let datatype = datatype.as_ref().map(|iri| iri.as_str().to_owned());
            let (value, own) = match literal {
                Literal::Null => return Err(dropped("a value", "null")),
                Literal::Boolean(value) => (value.to_string(), format!("{XSD}boolean")),
                Literal::String(value) => (value.to_string(), XSD_STRING.to_owned()),
                Literal::Number(number) => {
                    let is_double = datatype.as_deref() == Some("http://www.w3.org/2001/XMLSchema#double");
                    let float = number.as_f64_lossy();
                    // Whole numbers beyond 2^53-1 are refused where the document is read.
                    if float.fract() == 0.0 && !is_double {
                        (format!("{float:.0}"), format!("{XSD}integer"))
                    } else {
                        (canonical_double(float), format!("{XSD}double"))
                    }
                }
            };
            Ok(Term::Typed(value, datatype.unwrap_or(own)))
        }
    }
}

/// RFC 5646 section 2.1 by its outer form, which is what N-Quads and other processors take.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_part(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()) && parts.all(is_part)
}

/// JSON-LD 1.1 API section 8.6: fifteen digits after the point at most, at least one.
fn canonical_double(value: f64) -> String {
    let text = format!("{value:.15e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let trimmed = mantissa.trim_end_matches('0');
    let zero = if trimmed.ends_with('.') { "0" } else { "" };
    format!("{trimmed}{zero}E{exponent}")
}

fn dropped(kind: &'static str, found: &str) -> Fault {
    Fault::new(Problem::DataLoss, What::Unknown { kind, found: shown(found) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_have_the_form_of_xsd() {
        for (value, text) in [(5.5, "5.5E0"), (1e-7, "1.0E-7"), (0.1 + 0.2, "3.0E-1"), (123.25, "1.2325E2")] {
            assert_eq!(canonical_double(value), text);
        }
    }
}
