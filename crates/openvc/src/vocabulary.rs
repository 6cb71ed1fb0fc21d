//! Our own vocabulary, published as files: JSON-LD context, JSON Schema, and the type metadata of each SD-JWT VC.
//!
//! The files are what the table of [`crate::terms`] says (a test compares them), and their SHA-256 are pinned: a
//! context that changed would change what old signatures say. A new member is a new version with a new address.
//! The addresses are URNs, since nothing is fetched: who needs a file takes it from the repository or from the issuer.

use serde_json::{Map, Value, json};

use crate::mapping::vct;
use crate::terms::{COMMON, POSITION, Presence, Row, SUBJECT, Shape, TYPES, WAIT};

/// Address of the JSON-LD context.
pub const CONTEXT_URL: &str = "urn:sanad:context:v1";

/// The JSON-LD context.
pub const CONTEXT: &str = include_str!("../vocabulary/context-v1.jsonld");

/// SHA-256 of [`CONTEXT`].
pub const CONTEXT_SHA256: &str = "fb40f2bccd7b6f2091d0fcc8525d1f42d0b87e9a2876f294672f703b731d8070";

/// Address of the JSON Schema.
pub const SCHEMA_URL: &str = "urn:sanad:schema:entitlement-credential:v1";

/// The JSON Schema (draft 2020-12) of an entitlement as W3C credential.
pub const SCHEMA: &str = include_str!("../vocabulary/schema-v1.json");

/// SHA-256 of [`SCHEMA`].
pub const SCHEMA_SHA256: &str = "a5a4342b8ff6616a544dc87c526d3f89b38664bd3b4a3d115b8bc997d3ae4329";

/// The type beside `VerifiableCredential`.
pub const CREDENTIAL_TYPE: &str = "EntitlementCredential";

/// The same as an address, as queries name it.
pub const CREDENTIAL_TYPE_IRI: &str = "urn:sanad:term:EntitlementCredential";

/// Types of SD-JWT VC are named by this, the word of the entitlement's type and [`VCT_SUFFIX`].
pub const VCT_PREFIX: &str = "urn:sanad:vct:";
/// Version of the types of SD-JWT VC.
pub const VCT_SUFFIX: &str = ":v1";

const TERM: &str = "urn:sanad:term:";

/// Terms that the base context of VC Data Model 2.0 defines for every node, and that ours therefore may not.
const OF_BASE_CONTEXT: [&str; 1] = ["name"];

/// The JSON-LD context as the table says it.
pub fn context_document() -> Value {
    let mut terms = Map::new();
    terms.insert("@protected".into(), true.into());
    terms.insert("@version".into(), json!(1.1));
    terms.insert("id".into(), "@id".into());
    terms.insert("type".into(), "@type".into());
    terms.insert(CREDENTIAL_TYPE.into(), format!("{TERM}{CREDENTIAL_TYPE}").into());
    terms.insert("entitlement".into(), json!({"@id": format!("{TERM}entitlement"), "@type": "@id"}));
    terms.insert(POSITION.into(), json!({"@id": format!("{TERM}{POSITION}")}));
    for (_, class, rows) in &TYPES {
        terms.insert((*class).into(), format!("{TERM}{class}").into());
        add_terms(rows, &mut terms);
    }
    for rows in [SUBJECT, COMMON, WAIT] {
        add_terms(rows, &mut terms);
    }
    json!({ "@context": terms })
}

fn add_terms(rows: &[Row], terms: &mut Map<String, Value>) {
    for row in rows {
        for inner in inner_rows(&row.shape) {
            add_terms(inner, terms);
        }
        if !OF_BASE_CONTEXT.contains(&row.name) {
            terms.insert(row.name.into(), definition(row));
        }
    }
}

/// Tables inside a shape.
fn inner_rows(shape: &Shape) -> Vec<&'static [Row]> {
    match shape {
        Shape::Record(rows) | Shape::Tuple(rows) => vec![rows],
        Shape::Set(inner) | Shape::List(inner) | Shape::Numbered(inner) => inner_rows(inner),
        _ => Vec::new(),
    }
}

fn definition(row: &Row) -> Value {
    let address = format!("{TERM}{}", row.name);
    let kind = |shape: &Shape| match shape {
        Shape::Date => Some("http://www.w3.org/2001/XMLSchema#date"),
        Shape::Record(_) | Shape::Tuple(_) => Some("@id"),
        _ => None,
    };
    let mut definition = Map::new();
    definition.insert("@id".into(), address.into());
    let (inner, container) = match row.shape {
        Shape::Set(inner) | Shape::Numbered(inner) => (*inner, Some("@set")),
        // The order is signed too.
        Shape::List(inner) => (*inner, Some("@list")),
        Shape::Names => (row.shape, Some("@list")),
        Shape::Waits => (row.shape, Some("@set")),
        shape => (shape, None),
    };
    if let Some(kind) = kind(&inner) {
        definition.insert("@type".into(), kind.into());
    }
    if let Some(container) = container {
        definition.insert("@container".into(), container.into());
    }
    Value::Object(definition)
}

/// The JSON Schema as the table says it.
pub fn schema_document() -> Value {
    let entry = |purpose: &str| {
        json!({
            "type": "object",
            "properties": {
                "type": {"const": "BitstringStatusListEntry"},
                "statusPurpose": {"const": purpose},
                "statusListIndex": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,6})$"},
                "statusListCredential": {"type": "string", "pattern": format!("^https://[!-~]+\\.{purpose}\\.json$")},
            },
            "required": ["type", "statusPurpose", "statusListIndex", "statusListCredential"],
            "additionalProperties": false,
        })
    };
    let time =
        json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"});
    let subjects: Vec<Value> = TYPES
        .iter()
        .map(|(right, class, rows)| {
            let entitlement =
                object_schema(&[rows, COMMON], vec![("type", json!({ "const": class }))], &["type"]);
            let mut own = vec![("entitlement", entitlement)];
            let id = json!({"type": "string", "pattern": "^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]+$"});
            own.push(("id", id));
            let person: &[&[Row]] =
                if *right == sanad_credential::RightType::Delegation { &[] } else { &[SUBJECT] };
            object_schema(person, own, &["entitlement"])
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_URL,
        "title": "An entitlement of social protection as W3C Verifiable Credential 2.0",
        "type": "object",
        "properties": {
            "@context": {"const": [crate::contexts::CREDENTIALS_V2, CONTEXT_URL]},
            "id": {"type": "string", "pattern": "^urn:sanad:credential:[A-Z]{2}-[A-Z0-9-]{1,21}:[0-9a-f]{16}$"},
            "type": {"const": ["VerifiableCredential", CREDENTIAL_TYPE]},
            "issuer": {"type": "string", "pattern": "^did:"},
            "validFrom": time,
            "validUntil": time,
            "credentialSubject": { "oneOf": subjects },
            "credentialStatus": {
                "type": "array",
                "prefixItems": [entry("revocation"), entry("suspension")],
                "minItems": 2,
                "maxItems": 2,
            },
            "proof": true,
        },
        "required": ["@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject"],
        "additionalProperties": false,
    })
}

fn object_schema(tables: &[&[Row]], own: Vec<(&str, Value)>, own_required: &[&str]) -> Value {
    let rows = || tables.iter().flat_map(|rows| rows.iter());
    let mut properties: Map<String, Value> =
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    properties.extend(rows().map(|row| (row.name.to_owned(), described(row))));
    let required = rows().filter(|row| row.presence == Presence::Required).map(|row| row.name);
    let required: Vec<&str> = own_required.iter().copied().chain(required).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn described(row: &Row) -> Value {
    let mut schema = shape_schema(&row.shape);
    if let Value::Object(members) = &mut schema {
        members.insert("description".into(), row.about.into());
    }
    schema
}

fn shape_schema(shape: &Shape) -> Value {
    match shape {
        Shape::Text(max) => json!({"type": "string", "minLength": 1, "maxLength": max}),
        Shape::Word(words) => json!({"enum": words()}),
        Shape::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Shape::Birth => json!({
            "type": "string",
            "pattern": "^([0-9]{4}~?|[0-9]{3}X|[0-9]{4}-XX|[0-9]{4}-[0-9]{2}(~|-XX|-[0-9]{2})?)$",
        }),
        Shape::Whole(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::True => json!({ "const": true }),
        Shape::Hex(bytes) => {
            json!({"type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", bytes.saturating_mul(2))})
        }
        Shape::Record(rows) | Shape::Tuple(rows) => object_schema(&[rows], Vec::new(), &[]),
        Shape::Set(inner) => json!({"type": "array", "items": shape_schema(inner), "uniqueItems": true}),
        Shape::List(inner) => json!({"type": "array", "items": shape_schema(inner)}),
        Shape::Numbered(inner) => {
            let mut item = shape_schema(inner);
            if let Some(properties) = item.get_mut("properties").and_then(Value::as_object_mut) {
                let position = json!({"type": "integer", "minimum": 1, "description": "its place, from 1"});
                properties.insert(POSITION.into(), position);
            }
            if let Some(required) = item.get_mut("required").and_then(Value::as_array_mut) {
                required.push(POSITION.into());
            }
            json!({"type": "array", "items": item})
        }
        Shape::Names => json!({
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "@value": {"type": "string", "minLength": 1, "maxLength": 64},
                    "@language": {"type": "string", "pattern": "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"},
                    "@direction": {"enum": ["ltr", "rtl"]},
                },
                "required": ["@value", "@language", "@direction"],
                "additionalProperties": false,
            },
        }),
        Shape::Waits => json!({"type": "array", "items": object_schema(&[WAIT], Vec::new(), &[])}),
    }
}

/// The type metadata of one SD-JWT VC type (SD-JWT VC section 4): its name, and which claims may be disclosed one by
/// one.
pub fn type_metadata(right: sanad_credential::RightType) -> Value {
    let person: &[Row] = if right == sanad_credential::RightType::Delegation { &[] } else { SUBJECT };
    let claim = |path: Value, about: &str, disclosable: &str| json!({"path": path, "display": [{"locale": "en", "name": about}], "sd": disclosable});
    let mut claims: Vec<Value> =
        person.iter().map(|row| claim(json!([row.name]), row.about, "always")).collect();
    for (_, _, rows) in TYPES.iter().filter(|(known, ..)| *known == right) {
        claims.extend(
            rows.iter().chain(COMMON).map(|row| claim(json!(["entitlement", row.name]), row.about, "never")),
        );
    }
    let name = format!("Sanad entitlement: {}", right.word());
    json!({
        "vct": vct(right),
        "name": name,
        "display": [{"locale": "en", "name": name}],
        "claims": claims,
    })
}

/// The mapping table as Markdown, for the documentation.
pub fn table_markdown() -> String {
    let mut text = String::new();
    let mut add = |title: &str, rows: &[Row], place: &str, disclosed: &str| {
        text.push_str(&format!(
            "\n### {title}\n\n| claim (SPEC.md, JSON form) | member of {place} | says | SD-JWT VC |\n|---|---|---|---|\n"
        ));
        for row in rows {
            let star = if row.presence == Presence::Required { "" } else { " ?" };
            text.push_str(&format!(
                "| `{}`{star} | `{}` | {} | {disclosed} |\n",
                row.member, row.name, row.about
            ));
            if matches!(row.shape, Shape::Numbered(_)) {
                text.push_str(&format!(
                    "| order of `{}` | `{}.{POSITION}` | its place, from 1 | with `{}` |\n",
                    row.member, row.name, row.name
                ));
            }
            for inner in inner_rows(&row.shape) {
                for inner in inner {
                    let star = if inner.presence == Presence::Required { "" } else { " ?" };
                    text.push_str(&format!(
                        "| `{}.{}`{star} | `{}.{}` | {} | with `{}` |\n",
                        row.member, inner.member, row.name, inner.name, inner.about, row.name
                    ));
                }
            }
        }
    };
    add("The person", SUBJECT, "`credentialSubject`, or of the SD-JWT", "disclosed one by one");
    for (_, class, rows) in &TYPES {
        add(class, rows, "`entitlement`", "in the clear");
    }
    add("Common to all types", COMMON, "`entitlement`", "in the clear");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::contexts::BUILT_IN;

    fn sha256(text: &str) -> String {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_files_are_what_the_table_says_and_what_is_pinned() {
        let same = |file: &str, document: Value| {
            assert_eq!(
                serde_json::from_str::<Value>(file).unwrap(),
                document,
                "cargo run -p sanad-openvc --example vocabulary"
            );
        };
        same(CONTEXT, context_document());
        same(SCHEMA, schema_document());
        assert_eq!(sha256(SCHEMA), SCHEMA_SHA256);
        for context in BUILT_IN {
            assert_eq!(sha256(context.text), context.sha256, "{}", context.url);
        }
    }

    #[test]
    fn one_name_has_one_meaning() {
        let mut known: BTreeMap<&str, Value> = BTreeMap::new();
        let mut open: Vec<&[Row]> = vec![SUBJECT, COMMON, WAIT];
        open.extend(TYPES.iter().map(|(_, _, rows)| *rows));
        while let Some(rows) = open.pop() {
            for row in rows {
                open.extend(inner_rows(&row.shape));
                let definition = definition(row);
                assert_eq!(*known.entry(row.name).or_insert(definition.clone()), definition, "{}", row.name);
            }
        }
    }

    #[test]
    fn no_name_is_taken_by_the_base_context() {
        let base: Value = serde_json::from_str(BUILT_IN[0].text).unwrap();
        let base = &base["@context"];
        let ours = context_document();
        for name in ours["@context"].as_object().unwrap().keys() {
            if ["id", "type", "@protected", "@version"].contains(&name.as_str()) {
                continue;
            }
            assert!(base.get(name).is_none(), "{name}");
            assert!(base["VerifiableCredential"]["@context"].get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_documentation_has_the_table() {
        let page = include_str!("../../../docs/openvc.md");
        for line in table_markdown().lines() {
            assert!(page.contains(line), "cargo run -p sanad-openvc --example vocabulary: {line}");
        }
    }
}
