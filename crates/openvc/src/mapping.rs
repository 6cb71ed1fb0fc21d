//! Claims into a W3C credential or the claims of an SD-JWT VC, and back, by the table of [`crate::terms`].
//!
//! Nothing is lost in either direction: claims that went through either form are equal to what they were, and a
//! credential that says more than the table has is refused rather than read in part. What comes back passes every
//! rule of `sanad_credential` (ranges, periods, names), since it goes through its JSON form.

use std::borrow::Cow;

use sanad_credential::{
    Claims, CredentialId, HolderKey, IssuerId, Json, RightType, StatusIndex, StatusReference, StatusUri,
    UnixTime,
};
use serde_json::{Map, Value, json};

use crate::contexts::CREDENTIALS_V2;
use crate::did::did_key;
use crate::document::{is_not, member, object, one_or_many, text, text_member};
use crate::fault::{Fault, Problem};
use crate::keys::PublicKey;
use crate::terms::{COMMON, POSITION, Presence, Row, SUBJECT, Shape, TYPES, WAIT};
use crate::time::Stamp;
use crate::vocabulary::{CONTEXT_URL, CREDENTIAL_TYPE, VCT_PREFIX, VCT_SUFFIX};

/// The two forms; they differ in how a name in another script carries its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    JsonLd,
    SdJwt,
}

/// Suffixes of the Bitstring lists that stand beside a status list, with their purposes.
pub const STATUS_PURPOSES: [(&str, &str); 2] =
    [("revocation", ".revocation.json"), ("suspension", ".suspension.json")];

/// Suffix of the JWT form of a status list (SPEC.md section 4).
pub const STATUS_JWT_SUFFIX: &str = ".jwt";

/// Names a document in the open forms: its issuer's id in the trust list and its own.
const CREDENTIAL_PREFIX: &str = "urn:sanad:credential:";

/// The unsigned W3C credential of an entitlement. `issuer` is the issuer's DID.
pub fn to_credential(claims: &Claims, issuer: &str) -> Map<String, Value> {
    let mut subject = Map::new();
    if let Some(HolderKey(key)) = &claims.holder_key {
        subject.insert("id".into(), did_key(&PublicKey::Ed25519(*key)).into());
    }
    let (person, entitlement) = body(claims, Form::JsonLd);
    subject.extend(person);
    subject.insert("entitlement".into(), Value::Object(entitlement));
    let mut credential = Map::new();
    credential.insert("@context".into(), json!([CREDENTIALS_V2, CONTEXT_URL]));
    credential.insert("id".into(), credential_id(claims).into());
    credential.insert("type".into(), json!(["VerifiableCredential", CREDENTIAL_TYPE]));
    credential.insert("issuer".into(), issuer.into());
    credential.insert("validFrom".into(), claims.iat.to_string().into());
    credential.insert("validUntil".into(), claims.exp.to_string().into());
    credential.insert("credentialSubject".into(), Value::Object(subject));
    if let Some(status) = &claims.status {
        let entry = |(purpose, suffix): (&str, &str)| {
            json!({
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": status.index.to_string(),
                "statusListCredential": format!("{}{suffix}", status.uri),
            })
        };
        credential.insert("credentialStatus".into(), STATUS_PURPOSES.map(entry).to_vec().into());
    }
    credential
}

/// The claims of a credential that [`to_credential`] made, without its proof. Whether it holds is not asked here:
/// [`crate::VerifiedCredential::entitlement`] is the way for a credential from outside.
///
/// # Errors
/// The first fault at its place.
pub fn from_credential(credential: &Map<String, Value>) -> Result<Claims, Fault> {
    const MEMBERS: [&str; 9] = [
        "@context",
        "credentialStatus",
        "credentialSubject",
        "id",
        "issuer",
        "proof",
        "type",
        "validFrom",
        "validUntil",
    ];
    refuse_others(credential, &MEMBERS)?;
    if credential.get("@context") != Some(&json!([CREDENTIALS_V2, CONTEXT_URL])) {
        return Err(Fault::wanted("the contexts of an entitlement").within("@context"));
    }
    if credential.get("type") != Some(&json!(["VerifiableCredential", CREDENTIAL_TYPE])) {
        return Err(Fault::wanted("the types of an entitlement").within("type"));
    }
    let (iss, cti) = read_id(text_member(credential, "id")?).map_err(|fault| fault.within("id"))?;
    let iat = time(text_member(credential, "validFrom")?).map_err(|fault| fault.within("validFrom"))?;
    let exp = time(text_member(credential, "validUntil")?).map_err(|fault| fault.within("validUntil"))?;
    let status = credential.get("credentialStatus").map(read_status).transpose();
    let status = status.map_err(|fault| fault.within("credentialStatus"))?;
    let mut subject = object(member(credential, "credentialSubject")?)
        .map_err(|fault| fault.within("credentialSubject"))?
        .clone();
    let holder_key = subject.remove("id").map(|id| holder_key(&id)).transpose();
    let holder_key = holder_key.map_err(|fault| fault.within("id").within("credentialSubject"))?;
    let mut json = head(&iss, &cti, iat, exp, status.as_ref(), holder_key.as_ref());
    read_body(subject, Form::JsonLd, &mut json).map_err(|fault| fault.within("credentialSubject"))?;
    Ok(Claims::from_json(&Json::Object(json))?)
}

/// The claims of an SD-JWT VC: those that everybody sees, and those that the holder discloses one by one.
#[derive(Clone, Debug)]
pub struct SdJwtClaims {
    /// Always visible.
    pub clear: Map<String, Value>,
    /// Selectively disclosable: everything about the person.
    pub disclosable: Map<String, Value>,
}

/// The claims of an entitlement as SD-JWT VC. `issuer` is the issuer's https address or DID.
pub fn to_sd_jwt(claims: &Claims, issuer: &str) -> SdJwtClaims {
    let (person, entitlement) = body(claims, Form::SdJwt);
    let mut clear = Map::new();
    clear.insert("iss".into(), issuer.into());
    clear.insert("vct".into(), vct(claims.right.right_type()).into());
    clear.insert("jti".into(), credential_id(claims).into());
    clear.insert("iat".into(), claims.iat.seconds().into());
    clear.insert("nbf".into(), claims.iat.seconds().into());
    clear.insert("exp".into(), claims.exp.seconds().into());
    if let Some(status) = &claims.status {
        let list = json!({"idx": status.index.value(), "uri": format!("{}{STATUS_JWT_SUFFIX}", status.uri)});
        clear.insert("status".into(), json!({ "status_list": list }));
    }
    if let Some(HolderKey(key)) = &claims.holder_key {
        clear.insert("cnf".into(), json!({"jwk": PublicKey::Ed25519(*key).to_jwk()}));
    }
    clear.insert("entitlement".into(), Value::Object(entitlement));
    SdJwtClaims { clear, disclosable: person }
}

/// The claims of an SD-JWT VC whose disclosures were put in their places. A presentation that holds back what the
/// decision needs (number and name) has no claims in this form: the fault names what is missing.
///
/// # Errors
/// The first fault at its place.
pub fn from_sd_jwt(payload: &Map<String, Value>) -> Result<Claims, Fault> {
    let mut rest = payload.clone();
    let take_text = |rest: &mut Map<String, Value>, name: &str| -> Result<String, Fault> {
        let value = rest.remove(name).ok_or_else(|| Fault::missing().within(name))?;
        Ok(text(&value).map_err(|fault| fault.within(name))?.to_owned())
    };
    let take_time = |rest: &mut Map<String, Value>, name: &str| -> Result<UnixTime, Fault> {
        let value = rest.remove(name).ok_or_else(|| Fault::missing().within(name))?;
        let seconds = value.as_u64().ok_or_else(|| is_not(&value, "a time in seconds").within(name))?;
        UnixTime::new(seconds).map_err(|fault| Fault::from(fault).within(name))
    };
    take_text(&mut rest, "iss")?;
    let type_name = take_text(&mut rest, "vct")?;
    let (iss, cti) = read_id(&take_text(&mut rest, "jti")?).map_err(|fault| fault.within("jti"))?;
    let (iat, nbf) = (take_time(&mut rest, "iat")?, take_time(&mut rest, "nbf")?);
    let exp = take_time(&mut rest, "exp")?;
    if nbf != iat {
        return Err(Fault::differs(Problem::MalformedValue, "\"nbf\" and \"iat\"").within("nbf"));
    }
    let status = rest.remove("status").map(|status| read_token_status(&status)).transpose();
    let status = status.map_err(|fault| fault.within("status"))?;
    let holder_key = rest.remove("cnf").map(|cnf| confirmation(&cnf)).transpose();
    let holder_key = match holder_key.map_err(|fault| fault.within("cnf"))? {
        Some(PublicKey::Ed25519(key)) => Some(HolderKey(key)),
        Some(PublicKey::P256(_)) => return Err(Fault::wanted("an Ed25519 key").within("cnf")),
        None => None,
    };
    let mut json = head(&iss, &cti, iat, exp, status.as_ref(), holder_key.as_ref());
    let right = read_body(rest, Form::SdJwt, &mut json)?;
    if type_name != vct(right) {
        return Err(
            Fault::differs(Problem::MalformedValue, "\"vct\" and the type of the entitlement").within("vct")
        );
    }
    Ok(Claims::from_json(&Json::Object(json))?)
}

/// The type of SD-JWT VC of a type of entitlement.
pub fn vct(right: RightType) -> String {
    format!("{VCT_PREFIX}{}{VCT_SUFFIX}", right.word())
}

/// `cnf` of RFC 7800 with a key in it.
pub(crate) fn confirmation(cnf: &Value) -> Result<PublicKey, Fault> {
    let cnf = object(cnf)?;
    refuse_others(cnf, &["jwk"])?;
    let jwk = object(member(cnf, "jwk")?).map_err(|fault| fault.within("jwk"))?;
    PublicKey::from_jwk(jwk).map_err(|fault| fault.within("jwk"))
}

fn refuse_others(members: &Map<String, Value>, known: &[&str]) -> Result<(), Fault> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Fault::unknown(Problem::MalformedValue, "member", name)),
        None => Ok(()),
    }
}

fn credential_id(claims: &Claims) -> String {
    format!("{CREDENTIAL_PREFIX}{}:{}", claims.iss, claims.cti)
}

fn read_id(id: &str) -> Result<(IssuerId, CredentialId), Fault> {
    let parts = id.strip_prefix(CREDENTIAL_PREFIX).and_then(|rest| rest.split_once(':'));
    let (iss, cti) = parts.ok_or_else(|| Fault::wanted("urn:sanad:credential:ISSUER:ID"))?;
    Ok((IssuerId::new(iss)?, CredentialId::from_hex(cti)?))
}

/// Only the form that [`to_credential`] writes, so that one document has one form.
fn time(text: &str) -> Result<UnixTime, Fault> {
    Stamp::parse(text)?;
    Ok(UnixTime::parse(text)?)
}

fn read_status(status: &Value) -> Result<StatusReference, Fault> {
    let entries = one_or_many(status);
    if entries.len() != STATUS_PURPOSES.len() {
        return Err(Fault::wanted("an entry for revocation and one for suspension"));
    }
    let mut found: Option<StatusReference> = None;
    for ((position, entry), (purpose, suffix)) in entries.iter().enumerate().zip(STATUS_PURPOSES) {
        let reference = read_entry(entry, purpose, suffix).map_err(|fault| fault.at_entry(position))?;
        if found.as_ref().is_some_and(|found| *found != reference) {
            return Err(Fault::differs(Problem::MalformedValue, "the lists or indices of the entries")
                .at_entry(position));
        }
        found = Some(reference);
    }
    found.ok_or_else(Fault::missing)
}

fn read_entry(entry: &Value, purpose: &str, suffix: &str) -> Result<StatusReference, Fault> {
    let entry = object(entry)?;
    refuse_others(entry, &["statusListCredential", "statusListIndex", "statusPurpose", "type"])?;
    if text_member(entry, "type")? != "BitstringStatusListEntry" {
        return Err(Fault::wanted("\"BitstringStatusListEntry\"").within("type"));
    }
    if text_member(entry, "statusPurpose")? != purpose {
        return Err(Fault::wanted("revocation first, then suspension").within("statusPurpose"));
    }
    let uri = text_member(entry, "statusListCredential")?.strip_suffix(suffix);
    let uri =
        uri.ok_or_else(|| Fault::wanted("the address of a list of ours").within("statusListCredential"))?;
    let index = text_member(entry, "statusListIndex")?;
    let number = crate::bitstring::index(index).map_err(|fault| fault.within("statusListIndex"))?;
    let index = StatusIndex::from_integer(i128::from(number))
        .map_err(|fault| Fault::from(fault).within("statusListIndex"))?;
    Ok(StatusReference { index, uri: StatusUri::new(uri)? })
}

fn read_token_status(status: &Value) -> Result<StatusReference, Fault> {
    let status = object(status)?;
    refuse_others(status, &["status_list"])?;
    let list = object(member(status, "status_list")?).map_err(|fault| fault.within("status_list"))?;
    refuse_others(list, &["idx", "uri"]).map_err(|fault| fault.within("status_list"))?;
    let index = member(list, "idx")?.as_i64().ok_or_else(|| Fault::wanted("a whole number").within("idx"))?;
    let uri = text_member(list, "uri")?.strip_suffix(STATUS_JWT_SUFFIX);
    let uri = uri.ok_or_else(|| Fault::wanted("the address of a list of ours").within("uri"))?;
    Ok(StatusReference { index: StatusIndex::from_integer(i128::from(index))?, uri: StatusUri::new(uri)? })
}

fn holder_key(id: &Value) -> Result<HolderKey, Fault> {
    let key = text(id)?.strip_prefix("did:key:").ok_or_else(|| Fault::wanted("a did:key"))?;
    match PublicKey::from_multikey(key)? {
        PublicKey::Ed25519(key) => Ok(HolderKey(key)),
        PublicKey::P256(_) => Err(Fault::wanted("an Ed25519 key")),
    }
}

type Members = Vec<(Cow<'static, str>, Json<'static>)>;

/// What the JSON form has outside person and right.
fn head(
    iss: &IssuerId,
    cti: &CredentialId,
    iat: UnixTime,
    exp: UnixTime,
    status: Option<&StatusReference>,
    holder_key: Option<&HolderKey>,
) -> Members {
    let text = |value: String| Json::Text(value.into());
    let mut json: Members = vec![
        ("iss".into(), text(iss.to_string())),
        ("cti".into(), text(cti.to_string())),
        ("iat".into(), text(iat.to_string())),
        ("exp".into(), text(exp.to_string())),
    ];
    if let Some(status) = status {
        let members: Members = vec![
            ("idx".into(), Json::Integer(i64::from(status.index.value()))),
            ("uri".into(), text(status.uri.to_string())),
        ];
        json.push(("status".into(), Json::Object(members)));
    }
    if let Some(HolderKey(key)) = holder_key {
        json.push(("cnf".into(), text(key.to_string())));
    }
    json
}

/// Person and entitlement in an open form.
fn body(claims: &Claims, form: Form) -> (Map<String, Value>, Map<String, Value>) {
    let Json::Object(members) = claims.to_json() else { return (Map::new(), Map::new()) };
    let subject = members.iter().find(|(name, _)| name == "subject");
    let person = subject.map(|(_, subject)| write_rows(SUBJECT, subject, form)).unwrap_or_default();
    let right = claims.right.right_type();
    let mut entitlement = Map::new();
    for (_, class, rows) in TYPES.iter().filter(|(known, ..)| *known == right) {
        entitlement.insert("type".into(), (*class).into());
        let members = Json::Object(members.clone());
        entitlement.extend(write_rows(rows, &members, form));
        entitlement.extend(write_rows(COMMON, &members, form));
    }
    (person, entitlement)
}

/// Reads person and entitlement; everything must be known.
fn read_body(mut members: Map<String, Value>, form: Form, json: &mut Members) -> Result<RightType, Fault> {
    let entitlement = members.remove("entitlement").ok_or_else(|| Fault::missing().within("entitlement"))?;
    let (right, rest) = read_entitlement(&entitlement, form).map_err(|fault| fault.within("entitlement"))?;
    json.push(("type".into(), Json::Text(right.word().into())));
    json.extend(rest);
    if right == RightType::Delegation {
        refuse_others(&members, &[])?;
    } else {
        json.push(("subject".into(), Json::Object(read_rows(&[SUBJECT], &members, form)?)));
    }
    Ok(right)
}

fn read_entitlement(entitlement: &Value, form: Form) -> Result<(RightType, Members), Fault> {
    let mut members = object(entitlement)?.clone();
    let class = members.remove("type").ok_or_else(|| Fault::missing().within("type"))?;
    let class = text(&class).map_err(|fault| fault.within("type"))?;
    let (right, _, rows) = TYPES.iter().find(|(_, known, _)| *known == class).ok_or_else(|| {
        Fault::unknown(Problem::MalformedValue, "type of entitlement", class).within("type")
    })?;
    Ok((*right, read_rows(&[rows, COMMON], &members, form)?))
}

fn write_rows(rows: &[Row], json: &Json<'_>, form: Form) -> Map<String, Value> {
    let Json::Object(members) = json else { return Map::new() };
    let of_row = |row: &Row| {
        let found = members.iter().find(|(name, _)| name == row.member);
        found.map(|(_, json)| (row.name.to_owned(), write(row.shape, json, form)))
    };
    rows.iter().filter_map(of_row).collect()
}

fn read_rows(tables: &[&[Row]], members: &Map<String, Value>, form: Form) -> Result<Members, Fault> {
    let rows = || tables.iter().flat_map(|rows| rows.iter());
    if let Some(name) = members.keys().find(|name| !rows().any(|row| row.name == name.as_str())) {
        return Err(Fault::unknown(Problem::MalformedValue, "member", name));
    }
    let mut json = Members::new();
    for row in rows() {
        match (members.get(row.name), row.presence) {
            (Some(value), _) => {
                let value = read(row.shape, value, form).map_err(|fault| fault.within(row.name))?;
                json.push((row.member.into(), value));
            }
            (None, Presence::Required) => return Err(Fault::missing().within(row.name)),
            (None, Presence::Optional) => {}
        }
    }
    Ok(json)
}

/// One value, outwards. What comes from claims has the shape of the table; a test holds this over all shapes.
fn write(shape: Shape, json: &Json<'_>, form: Form) -> Value {
    match (shape, json) {
        (Shape::Record(rows), json) => Value::Object(write_rows(rows, json, form)),
        (Shape::Tuple(rows), Json::Array(entries)) => {
            let present = rows.iter().zip(entries).filter(|(_, entry)| **entry != Json::Null);
            Value::Object(
                present.map(|(row, entry)| (row.name.to_owned(), write(row.shape, entry, form))).collect(),
            )
        }
        (Shape::Set(inner) | Shape::List(inner), Json::Array(entries)) => {
            entries.iter().map(|entry| write(*inner, entry, form)).collect()
        }
        (Shape::Numbered(inner), Json::Array(entries)) => {
            let numbered = entries.iter().zip(1_u64..).map(|(entry, position)| {
                let mut entry = write(*inner, entry, form);
                if let Value::Object(members) = &mut entry {
                    members.insert(POSITION.into(), position.into());
                }
                entry
            });
            numbered.collect()
        }
        (Shape::Names, Json::Array(entries)) => entries.iter().map(|entry| write_name(entry, form)).collect(),
        (Shape::Waits, Json::Object(members)) => {
            let wait =
                |(group, from): &(Cow<'_, str>, Json<'_>)| json!({"group": group, "from": plain(from)});
            members.iter().map(wait).collect()
        }
        (_, json) => plain(json),
    }
}

fn plain(json: &Json<'_>) -> Value {
    match json {
        Json::Bool(value) => (*value).into(),
        Json::Integer(value) => (*value).into(),
        Json::Text(value) => value.as_ref().into(),
        _ => Value::Null,
    }
}

fn write_name(entry: &Json<'_>, form: Form) -> Value {
    let Json::Array(parts) = entry else { return Value::Null };
    let mut parts = parts.iter().map(|part| part.text().unwrap_or_default());
    let (language, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match form {
        Form::JsonLd => json!({"@value": name, "@language": language, "@direction": direction(language)}),
        Form::SdJwt => json!({"language": language, "name": name}),
    }
}

/// One value, inwards. Ranges are checked by `sanad_credential` afterwards.
fn read(shape: Shape, value: &Value, form: Form) -> Result<Json<'static>, Fault> {
    let array = |value: &Value| value.as_array().cloned().ok_or_else(|| is_not(value, "an array"));
    match shape {
        Shape::Text(_) | Shape::Word(_) | Shape::Date | Shape::Birth | Shape::Hex(_) => {
            Ok(Json::Text(text(value)?.to_owned().into()))
        }
        Shape::Whole(..) => value.as_i64().map(Json::Integer).ok_or_else(|| is_not(value, "a whole number")),
        Shape::True => match value {
            Value::Bool(true) => Ok(Json::Bool(true)),
            other => Err(is_not(other, "true, or no such member")),
        },
        Shape::Record(rows) => Ok(Json::Object(read_rows(&[rows], object(value)?, form)?)),
        Shape::Tuple(rows) => {
            let members = read_rows(&[rows], object(value)?, form)?;
            let part = |row: &Row| {
                let found = members.iter().find(|(name, _)| name == row.member);
                found.map_or(Json::Null, |(_, json)| json.clone())
            };
            Ok(Json::Array(rows.iter().map(part).collect()))
        }
        Shape::Set(inner) | Shape::List(inner) => {
            let entries = array(value)?;
            let read = |(entry, value): (usize, &Value)| {
                read(*inner, value, form).map_err(|fault| fault.at_entry(entry))
            };
            Ok(Json::Array(entries.iter().enumerate().map(read).collect::<Result<_, _>>()?))
        }
        Shape::Numbered(inner) => {
            let mut read_entries = Vec::new();
            for ((entry, value), position) in array(value)?.iter().enumerate().zip(1_u64..) {
                let numbered = || -> Result<Json<'static>, Fault> {
                    let mut members = object(value)?.clone();
                    if members.remove(POSITION).and_then(|found| found.as_u64()) != Some(position) {
                        return Err(Fault::wanted("the place in the array, from 1").within(POSITION));
                    }
                    read(*inner, &Value::Object(members), form)
                };
                read_entries.push(numbered().map_err(|fault| fault.at_entry(entry))?);
            }
            Ok(Json::Array(read_entries))
        }
        Shape::Names => {
            let entries = array(value)?;
            let read = |(entry, value): (usize, &Value)| {
                read_name(value, form).map_err(|fault| fault.at_entry(entry))
            };
            Ok(Json::Array(entries.iter().enumerate().map(read).collect::<Result<_, _>>()?))
        }
        Shape::Waits => {
            let mut waits = Members::new();
            for (entry, value) in array(value)?.iter().enumerate() {
                let members =
                    read_rows(&[WAIT], object(value)?, form).map_err(|fault| fault.at_entry(entry))?;
                if let [(_, Json::Text(group)), (_, from)] = members.as_slice() {
                    if waits.iter().any(|(known, _)| known == group) {
                        return Err(Fault::wanted("each group once").at_entry(entry));
                    }
                    waits.push((group.clone(), from.clone()));
                }
            }
            Ok(Json::Object(waits))
        }
    }
}

fn read_name(value: &Value, form: Form) -> Result<Json<'static>, Fault> {
    let members = object(value)?;
    let (language, name) = match form {
        Form::JsonLd => {
            refuse_others(members, &["@direction", "@language", "@value"])?;
            let language = text_member(members, "@language")?;
            if text_member(members, "@direction")? != direction(language) {
                return Err(
                    Fault::differs(Problem::MalformedValue, "language and direction").within("@direction")
                );
            }
            (language, text_member(members, "@value")?)
        }
        Form::SdJwt => {
            refuse_others(members, &["language", "name"])?;
            (text_member(members, "language")?, text_member(members, "name")?)
        }
    };
    Ok(Json::Array(vec![Json::Text(language.to_owned().into()), Json::Text(name.to_owned().into())]))
}

/// The direction in which a language is written: by its script where the tag names one, else by the language.
fn direction(language: &str) -> &'static str {
    const SCRIPTS: [&str; 10] =
        ["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "syrc", "thaa"];
    const LANGUAGES: [&str; 15] =
        ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "pnb", "ps", "sd", "syr", "ug", "ur", "yi"];
    let tag = language.to_ascii_lowercase();
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let script =
        parts.find(|part| part.len() == 4 && part.bytes().all(|letter| letter.is_ascii_alphabetic()));
    let from_right = script.map_or_else(|| LANGUAGES.contains(&first), |script| SCRIPTS.contains(&script));
    if from_right { "rtl" } else { "ltr" }
}
