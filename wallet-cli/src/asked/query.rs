//! What is wanted, in the Digital Credentials Query Language (OpenID for Verifiable Presentations 1.0, section 6).
//!
//! Members that are known are read strictly; unknown ones are passed over, as the standard wants, which discloses nothing: what
//! is disclosed follows from the paths of claims alone, and the holder sees it. Queries for other formats are read as far as
//! their id, since another query beside them may be met. Refused: an id that stands twice or is referred to and missing, paths
//! of other values, and more of anything than the limits say.

use sanad_openvc::{Fault, Problem, What};
use serde_json::{Map, Value};

/// The one format that is answered.
const SD_JWT: &str = "dc+sd-jwt";

const QUERIES_MAX: usize = 16;
const CLAIMS_MAX: usize = 64;
const VALUES_MAX: usize = 64;
const SETS_MAX: usize = 16;
const PATH_MAX: usize = 8;
const TEXT_BYTES_MAX: usize = 256;

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Each credential that may answer.
    pub credentials: Vec<CredentialQuery>,
    /// Which of them together; none where all are wanted.
    pub sets: Vec<CredentialSet>,
}

/// One credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialQuery {
    /// By which the answer names it.
    pub id: String,
    /// What it must be.
    pub wanted: Wanted,
}

/// What a credential must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An SD-JWT VC.
    SdJwt(SdJwtWanted),
    /// Something that this wallet does not hold: its format.
    Other(String),
}

/// What an SD-JWT VC must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdJwtWanted {
    /// One of these types.
    pub vcts: Vec<String>,
    /// Claims to be disclosed.
    pub claims: Vec<ClaimQuery>,
    /// Which of them together, by preference; none where all are wanted.
    pub claim_sets: Vec<Vec<String>>,
    /// Whether the verifier takes it from some issuers only, by a rule that this wallet cannot compare.
    pub authorities: Authorities,
}

/// Whether a query names trusted authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorities {
    /// Any issuer.
    Any,
    /// Some, by a rule.
    Named,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimQuery {
    /// By which sets name it.
    pub id: Option<String>,
    /// Where it stands.
    pub path: Vec<Step>,
    /// What it may be; anything where none is named.
    pub values: Vec<Value>,
}

/// A step into a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// All entries of an array.
    Each,
    /// One entry.
    Entry(usize),
}

/// Credentials of which one option is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSet {
    /// Options, by preference: ids of queries that are answered together.
    pub options: Vec<Vec<String>>,
    /// Whether the verifier needs it.
    pub need: Need,
}

/// Whether something has to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has to.
    Required,
    /// It may.
    Optional,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn read(value: &Value) -> Result<Self, Fault> {
        let query = object(value)?;
        let credentials = list(query, "credentials", QUERIES_MAX, read_credential)?
            .ok_or_else(|| missing("credentials"))?;
        for (number, credential) in credentials.iter().enumerate() {
            if credentials.iter().take(number).any(|before| before.id == credential.id) {
                return Err(wanted("each id once").within(&format!("[{number}]")).within("credentials"));
            }
        }
        let sets = list(query, "credential_sets", SETS_MAX, read_set)?.unwrap_or_default();
        for (number, set) in sets.iter().enumerate() {
            let is_known = |id: &String| credentials.iter().any(|credential| credential.id == *id);
            if !set.options.iter().flatten().all(is_known) {
                let fault = wanted("ids of credentials of this query");
                return Err(fault.within(&format!("[{number}]")).within("credential_sets"));
            }
        }
        Ok(Self { credentials, sets })
    }
}

fn read_credential(value: &Value) -> Result<CredentialQuery, Fault> {
    let query = object(value)?;
    let id = read_id(query.get("id").ok_or_else(|| missing("id"))?).map_err(|fault| fault.within("id"))?;
    let format = query.get("format").ok_or_else(|| missing("format"))?;
    let format = text(format).map_err(|fault| fault.within("format"))?;
    if format != SD_JWT {
        return Ok(CredentialQuery { id, wanted: Wanted::Other(format) });
    }
    let meta = query.get("meta").ok_or_else(|| missing("meta"))?;
    let vcts = object(meta)
        .and_then(|meta| list(meta, "vct_values", VALUES_MAX, text)?.ok_or_else(|| missing("vct_values")));
    let claims = list(query, "claims", CLAIMS_MAX, read_claim)?.unwrap_or_default();
    let claim_sets = list(query, "claim_sets", SETS_MAX, |set| array(set, CLAIMS_MAX, read_id))?;
    let claim_sets = claim_sets.unwrap_or_default();
    let is_known = |id: &String| claims.iter().any(|claim| claim.id.as_ref() == Some(id));
    if !claim_sets.iter().flatten().all(is_known) {
        return Err(wanted("ids of claims of this query").within("claim_sets"));
    }
    let ids = claims.iter().filter_map(|claim| claim.id.as_ref());
    if ids.clone().enumerate().any(|(number, id)| ids.clone().take(number).any(|before| before == id)) {
        return Err(wanted("each id once").within("claims"));
    }
    let authorities = match query.get("trusted_authorities") {
        None => Authorities::Any,
        Some(_) => Authorities::Named,
    };
    let vcts = vcts.map_err(|fault| fault.within("meta"))?;
    Ok(CredentialQuery { id, wanted: Wanted::SdJwt(SdJwtWanted { vcts, claims, claim_sets, authorities }) })
}

fn read_claim(value: &Value) -> Result<ClaimQuery, Fault> {
    let claim = object(value)?;
    let id = claim.get("id").map(read_id).transpose().map_err(|fault| fault.within("id"))?;
    let path = list(claim, "path", PATH_MAX, read_step)?.ok_or_else(|| missing("path"))?;
    if !matches!(path.first(), Some(Step::Member(_))) {
        return Err(wanted("a path that starts with the name of a claim").within("path"));
    }
    let values = list(claim, "values", VALUES_MAX, |value| match value {
        Value::String(_) | Value::Bool(_) => Ok(value.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(value.clone()),
        _ => Err(wanted("a text, a whole number, true or false")),
    })?;
    Ok(ClaimQuery { id, path, values: values.unwrap_or_default() })
}

fn read_step(value: &Value) -> Result<Step, Fault> {
    match value {
        Value::String(_) => text(value).map(Step::Member),
        Value::Null => Ok(Step::Each),
        Value::Number(number) => {
            let entry = number.as_u64().and_then(|entry| usize::try_from(entry).ok());
            entry.map(Step::Entry).ok_or_else(|| wanted("a whole number that is not negative"))
        }
        _ => Err(wanted("a name, a number, or null")),
    }
}

fn read_set(value: &Value) -> Result<CredentialSet, Fault> {
    let set = object(value)?;
    let options = list(set, "options", SETS_MAX, |option| array(option, QUERIES_MAX, read_id))?;
    let need = match set.get("required") {
        None | Some(Value::Bool(true)) => Need::Required,
        Some(Value::Bool(false)) => Need::Optional,
        Some(_) => return Err(wanted("true or false").within("required")),
    };
    Ok(CredentialSet { options: options.ok_or_else(|| missing("options"))?, need })
}

fn read_id(value: &Value) -> Result<String, Fault> {
    let id = text(value)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.bytes().all(is_plain) { Ok(id) } else { Err(wanted("letters, digits, _ and -")) }
}

/// A text that is neither empty nor long.
fn text(value: &Value) -> Result<String, Fault> {
    let text = value.as_str().filter(|text| (1..=TEXT_BYTES_MAX).contains(&text.len()));
    text.map(str::to_owned).ok_or_else(|| wanted("a text of 1 to 256 characters"))
}

fn object(value: &Value) -> Result<&Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| wanted("an object"))
}

/// A list that is not empty, where the member is there.
fn list<T>(
    object: &Map<String, Value>,
    name: &str,
    max: usize,
    read: impl Fn(&Value) -> Result<T, Fault>,
) -> Result<Option<Vec<T>>, Fault> {
    let Some(value) = object.get(name) else { return Ok(None) };
    array(value, max, read).map(Some).map_err(|fault| fault.within(name))
}

fn array<T>(value: &Value, max: usize, read: impl Fn(&Value) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let entries = value.as_array().filter(|entries| !entries.is_empty());
    let entries = entries.ok_or_else(|| wanted("an array that is not empty"))?;
    if entries.len() > max {
        let what = What::TooMany { unit: "entries", found: entries.len(), max };
        return Err(Fault::new(Problem::Parsing, what));
    }
    let read = |(number, value)| read(value).map_err(|fault: Fault| fault.within(&format!("[{number}]")));
    entries.iter().enumerate().map(read).collect()
}

fn wanted(wanted: &'static str) -> Fault {
    Fault::new(Problem::MalformedValue, What::Wanted { wanted })
}

fn missing(name: &str) -> Fault {
    Fault::new(Problem::MalformedValue, What::Missing).within(name)
}
