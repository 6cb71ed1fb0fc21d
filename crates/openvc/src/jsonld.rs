//! From JSON-LD to an RDF dataset, without losing anything on the way.
//!
//! Expansion is the processor of `ssi` (JSON-LD 1.1); what stands around it is ours, since a signature over the
//! dataset signs only what reaches it. Refused, because JSON-LD would drop it silently: terms and types that no
//! context maps, relative addresses (there is no base), null values, `@index` and other keywords without a place in
//! RDF, and language tags that are none. Refused, because a document must not choose what is loaded: unknown
//! contexts, `@import`, `@base`. Text direction is kept in the datatype (`i18n-datatype`), so that it is signed.
//!
//! Contexts by address are processed once for each combination and kept. Nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use serde_json::{Map, Value};
use ssi_json_ld::json_ld;

use json_ld::expansion::{Action, Options, Policy};
use json_ld::syntax::TryFromJson as _;
use json_ld::{Expand as _, IriBuf, LoadError, Process as _, RemoteDocument};

use crate::contexts::{BUILT_IN, built_in};
use crate::document::{is_not, one_or_many};
use crate::fault::{Fault, Problem, What, shown};
use crate::profile::Profile;
use crate::quads;
use crate::rdf::Quad;

/// Contexts in one document: its own, and those of the credentials inside a presentation.
const CONTEXTS_MAX: usize = 64;

/// Values of contexts that are written out in one document. Suites send fewer than thirty; each node that uses such
/// a context may cost as many steps.
const INLINE_VALUES_MAX: usize = 256;

/// Kept combinations of contexts. A document can ask for any combination of five; a list is as long as it likes to be.
const KEPT_MAX: usize = 32;

type Active = json_ld::Context<IriBuf, json_ld::BlankIdBuf>;

/// A dataset and the number of its blank nodes.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) quads: BTreeSet<Quad>,
    pub(crate) blank_nodes: usize,
}

/// The dataset that a document stands for.
///
/// # Errors
/// [`Problem::DataLoss`], [`Problem::MalformedValue`] for contexts, [`Problem::ProofTransformation`].
pub(crate) fn dataset(document: &Map<String, Value>, profile: Profile) -> Result<Dataset, Fault> {
    let mut count = Count::default();
    let context = document.get("@context").ok_or_else(|| Fault::missing().within("@context"))?;
    let addresses = check_context(context, profile, &mut count).map_err(|fault| fault.within("@context"))?;
    let mut body = document.clone();
    body.remove("@context");
    for (name, value) in &mut body {
        check_body(name, value, profile, &mut count).map_err(|fault| fault.within(name))?;
    }
    let active = match addresses {
        Some(addresses) => kept(&addresses, profile)?,
        None => {
            let mut context = context.clone();
            unwrap_contexts(&mut context);
            Arc::new(process(&context, profile)?)
        }
    };
    let body = json_syntax::Value::from_serde_json(Value::Object(body));
    let policy = Policy { invalid: Action::Reject, vocab: Action::Keep, allow_undefined: false };
    let options = Options { policy, ..Options::default() };
    let loader = BuiltInLoader(profile);
    let active = Active::clone(&active);
    let expanded = run(body.expand_full(&mut (), active, None, &loader, options, ()))?.map_err(|error| {
        // The processor tells neither the place nor the term.
        let code = error.code().to_string();
        Fault::new(Problem::DataLoss, What::JsonLd { code: shown(&code) })
    })?;
    quads::of(&expanded)
}

/// Whether a context may stand in a document; its addresses, when it has nothing else.
///
/// # Errors
/// [`Problem::MalformedValue`].
pub(crate) fn check_context(
    context: &Value,
    profile: Profile,
    count: &mut Count,
) -> Result<Option<Vec<String>>, Fault> {
    let mut addresses = Some(Vec::new());
    for (entry, context) in one_or_many(context).iter().enumerate() {
        count.contexts = count.contexts.saturating_add(1);
        if count.contexts > CONTEXTS_MAX {
            let what = What::TooMany { unit: "contexts", found: count.contexts, max: CONTEXTS_MAX };
            return Err(Fault::new(Problem::MalformedValue, what));
        }
        match context {
            Value::String(url) => {
                if built_in(url, profile).is_none() {
                    return Err(Fault::unknown(Problem::MalformedValue, "context", url).at_entry(entry));
                }
                if let Some(addresses) = &mut addresses {
                    addresses.push(url.clone());
                }
            }
            Value::Object(_) if profile == Profile::LoopbackTest => {
                check_inline(context, count).map_err(|fault| fault.at_entry(entry))?;
                addresses = None;
            }
            Value::Object(_) => {
                return Err(Fault::wanted("the address of a context, not a context").at_entry(entry));
            }
            other => return Err(is_not(other, "the address of a context").at_entry(entry)),
        }
    }
    Ok(addresses)
}

/// How much of contexts a document has.
#[derive(Default)]
pub(crate) struct Count {
    contexts: usize,
    inline_values: usize,
}

/// A context that is written out: no `@import`, no `@base`, no address inside it, and not too much of it.
fn check_inline(context: &Value, count: &mut Count) -> Result<(), Fault> {
    let mut open = vec![(context, false)];
    while let Some((value, is_context)) = open.pop() {
        count.inline_values = count.inline_values.saturating_add(1);
        if count.inline_values > INLINE_VALUES_MAX {
            let what = What::TooMany {
                unit: "values of contexts that are written out",
                found: count.inline_values,
                max: INLINE_VALUES_MAX,
            };
            return Err(Fault::new(Problem::MalformedValue, what));
        }
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match name.as_str() {
                        "@import" | "@base" => {
                            return Err(Fault::unknown(Problem::MalformedValue, "member of a context", name));
                        }
                        name => open.push((value, name == "@context")),
                    }
                }
            }
            Value::Array(entries) => open.extend(entries.iter().map(|entry| (entry, is_context))),
            Value::String(url) if is_context => {
                return Err(Fault::unknown(Problem::MalformedValue, "context", url));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Keywords that may stand in a document. All others say nothing in RDF, or something else than they seem to.
const KEYWORDS: [&str; 8] =
    ["@context", "@direction", "@id", "@language", "@list", "@set", "@type", "@value"];

fn check_body(name: &str, value: &mut Value, profile: Profile, count: &mut Count) -> Result<(), Fault> {
    if name == "@context" {
        check_context(value, profile, count)?;
        unwrap_contexts(value);
        return Ok(());
    }
    if name.starts_with('@') && !KEYWORDS.contains(&name) {
        return Err(Fault::unknown(Problem::DataLoss, "keyword", name));
    }
    match value {
        Value::Null => Err(is_not(value, "a value").with_problem(Problem::DataLoss)),
        Value::Array(entries) => {
            for (entry, value) in entries.iter_mut().enumerate() {
                check_body("", value, profile, count).map_err(|fault| fault.at_entry(entry))?;
            }
            Ok(())
        }
        Value::Object(members) => {
            for (name, value) in members {
                check_body(name, value, profile, count).map_err(|fault| fault.within(name))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Some documents wrap a context once more: `[{"@context": {…}}]`. Processors differ; what is meant is clear.
fn unwrap_contexts(context: &mut Value) {
    match context {
        Value::Array(entries) => entries.iter_mut().for_each(unwrap_contexts),
        Value::Object(members) if members.len() == 1 => {
            if let Some(inner) = members.remove("@context") {
                *context = inner;
            }
        }
        _ => {}
    }
}

/// The active context of a list of addresses.
fn kept(addresses: &[String], profile: Profile) -> Result<Arc<Active>, Fault> {
    static KEPT: LazyLock<Mutex<BTreeMap<String, Arc<Active>>>> = LazyLock::new(Mutex::default);
    // Which contexts are allowed was checked; the text of a context does not depend on the profile.
    let key = addresses.join(" ");
    if let Ok(kept) = KEPT.lock()
        && let Some(active) = kept.get(&key)
    {
        return Ok(Arc::clone(active));
    }
    let context = Value::Array(addresses.iter().cloned().map(Value::String).collect());
    let active = Arc::new(process(&context, profile)?);
    if let Ok(mut kept) = KEPT.lock()
        && kept.len() < KEPT_MAX
    {
        kept.insert(key, Arc::clone(&active));
    }
    Ok(active)
}

fn process(context: &Value, profile: Profile) -> Result<Active, Fault> {
    let json = json_syntax::Value::from_serde_json(context.clone());
    let malformed = |code: String| {
        Fault::new(Problem::MalformedValue, What::JsonLd { code: shown(&code) }).within("@context")
    };
    let context =
        json_ld::syntax::Context::try_from_json(json).map_err(|error| malformed(error.to_string()))?;
    let initial = Active::default();
    let options = json_ld::context_processing::Options::default();
    let loader = BuiltInLoader(profile);
    let processed = run(context.process_full(&mut (), &initial, &loader, None, options, ()))?;
    Ok(processed.map_err(|error| malformed(error.code().to_string()))?.into_processed())
}

/// Hands out what is built in.
struct BuiltInLoader(Profile);

/// What nobody has: the address is named by [`LoadError`].
#[derive(Debug)]
struct NotBuiltIn;

impl std::fmt::Display for NotBuiltIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not built in")
    }
}

impl std::error::Error for NotBuiltIn {}

impl json_ld::Loader for BuiltInLoader {
    async fn load(&self, url: &json_ld::Iri) -> Result<RemoteDocument<IriBuf>, LoadError> {
        static PARSED: LazyLock<BTreeMap<&'static str, json_syntax::Value>> = LazyLock::new(|| {
            let texts = BUILT_IN.iter().map(|context| (context.url, context.text));
            let parsed =
                texts.filter_map(|(url, text)| Some((url, serde_json::from_str::<Value>(text).ok()?)));
            parsed.map(|(url, value)| (url, json_syntax::Value::from_serde_json(value))).collect()
        });
        let known = built_in(url.as_str(), self.0).and_then(|context| PARSED.get(context.url));
        match known {
            Some(json) => Ok(RemoteDocument::new(Some(url.to_owned()), None, json.clone())),
            None => Err(LoadError::new(url.to_owned(), NotBuiltIn)),
        }
    }
}

/// The processor is asynchronous for the sake of loaders that wait. Ours does not, so neither does this.
fn run<T>(future: impl Future<Output = T>) -> Result<T, Fault> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => {
            Err(Fault::new(Problem::ProofTransformation, What::JsonLd { code: "a loader that waits".into() }))
        }
    }
}
