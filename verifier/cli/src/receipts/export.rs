//! `receipts export`: receipts of a period as rows for a claim, each with the signed receipt itself.
//!
//! JSON: one object a line; the first says what was asked for and carries the facility's delegations, the last counts and
//! adds up. CSV: a row each, the delegation in its last column. The days are those of signing, so that each receipt stands
//! in one export of a run of periods, also one that settles a service of an earlier period. `--home` keeps the receipts for
//! documents of one issuer. Nothing else is left out: a payer sees by the chain what is missing.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;

use sanad_credential::{CredentialId, Date, IssuerId, Json, KeyId, Receipt, Sealed};
use sanad_trust::delegate_of;
use sanad_trust::members::Written;

use super::delegations::{DelegationFault, kept};
use super::examine::header;
use super::log::{self, LogFault, look};
use super::row::{RECEIPT, Row, to_base64};
use super::totals::{Amounts, Totals};
use crate::state::State;

/// Version of the form, the first member of a JSON export.
pub const FORM: &str = "sanad_receipts";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// First day of signing.
    pub from: Option<Date>,
    /// Last day of signing.
    pub to: Option<Date>,
    /// Issuer of the documents.
    pub home: Option<IssuerId>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

/// What was written.
#[derive(Debug)]
pub struct Exported {
    /// How many receipts.
    pub receipts: i64,
    /// What they add up to.
    pub totals: Totals,
    /// Keys without a delegation in the export: no payer can check their receipts.
    pub without_delegation: BTreeSet<KeyId>,
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// The delegations.
    #[error(transparent)]
    Delegation(#[from] DelegationFault),
    /// The file cannot be written.
    #[error("the export cannot be written: {0}")]
    Out(std::io::Error),
}

impl Wanted {
    /// Whether a receipt is asked for.
    pub fn has(&self, receipt: &Receipt) -> bool {
        let day = receipt.iat.date();
        let issuer = receipt.encounter.credential.0.as_ref().map(|document| &document.issuer);
        self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
            && self.home.as_ref().is_none_or(|home| issuer == Some(home))
    }
}

/// Writes an export. `delegations` are documents from elsewhere than the state directory.
///
/// # Errors
/// [`ExportFault`].
pub fn export(
    state: &State,
    wanted: &Wanted,
    form: Form,
    delegations: &[Vec<u8>],
    out: &mut dyn Write,
) -> Result<Exported, ExportFault> {
    let by_key = delegations_by_key(state, delegations)?;
    let (keys, settled) = first_pass(state, wanted)?;
    let mut totals = Totals::none();
    let mut rows = 0_i64;
    let mut writing = match form {
        Form::Csv => {
            let mut csv = csv::Writer::from_writer(&mut *out);
            csv.write_record(header()).map_err(of_csv)?;
            Writing::Csv(Box::new(csv))
        }
        Form::Json => {
            let carried = keys.iter().filter_map(|key| by_key.get(key)).flatten();
            writeln!(out, "{}", first_line(wanted, carried)).map_err(ExportFault::Out)?;
            Writing::Json(out)
        }
    };
    log::read(state, |entry| {
        let receipt = look(&entry)?;
        if !wanted.has(&receipt) {
            return Ok(());
        }
        let sealed = Sealed::parse(entry.document)
            .map_err(|fault| LogFault::Content { number: entry.number, fault })?;
        let row = Row::new(&sealed, &receipt, entry.resolves);
        if !settled.contains(&receipt.cti) {
            totals.add(&Amounts::of(&receipt));
        }
        rows = rows.saturating_add(1);
        match &mut writing {
            Writing::Csv(csv) => {
                let covering = by_key.get(&sealed.kid()).and_then(|documents| covering(documents, &receipt));
                let fields = row.cells().map(|(_, cell)| cell.to_field());
                let ends =
                    [to_base64(entry.document), covering.map(|bytes| to_base64(bytes)).unwrap_or_default()];
                csv.write_record(fields.chain(ends)).map_err(of_csv)
            }
            Writing::Json(out) => {
                let members = row.cells().map(|(column, cell)| (column.into(), cell.to_json()));
                let receipt = (RECEIPT.into(), Json::Text(to_base64(entry.document).into()));
                let line = Json::Object(members.chain([receipt]).collect());
                writeln!(out, "{line}").map_err(ExportFault::Out)
            }
        }
    })?;
    match writing {
        Writing::Csv(mut csv) => csv.flush().map_err(ExportFault::Out)?,
        Writing::Json(out) => {
            let mut last = Written::default();
            last.add("receipts", Json::Integer(rows));
            last.add("totals", totals.to_json());
            writeln!(out, "{}", last.object()).map_err(ExportFault::Out)?;
        }
    }
    let without_delegation = keys.into_iter().filter(|key| !by_key.contains_key(key)).collect();
    Ok(Exported { receipts: rows, totals, without_delegation })
}

enum Writing<'o> {
    Csv(Box<csv::Writer<&'o mut dyn Write>>),
    Json(&'o mut dyn Write),
}

fn of_csv(error: csv::Error) -> ExportFault {
    ExportFault::Out(error.into())
}

fn first_line<'d>(wanted: &Wanted, delegations: impl Iterator<Item = &'d Vec<u8>>) -> Json<'static> {
    let text = |value: Option<String>| value.map_or(Json::Null, |value| Json::Text(value.into()));
    let mut line = Written::default();
    line.add(FORM, Json::Integer(1));
    line.add("from", text(wanted.from.map(|day| day.to_string())));
    line.add("to", text(wanted.to.map(|day| day.to_string())));
    line.add("home", text(wanted.home.as_ref().map(ToString::to_string)));
    line.add(
        "delegations",
        Json::Array(delegations.map(|bytes| Json::Text(to_base64(bytes).into())).collect()),
    );
    line.object()
}

/// The keys of the receipts that are asked for, and the receipts that later ones settle.
fn first_pass(state: &State, wanted: &Wanted) -> Result<(BTreeSet<KeyId>, HashSet<CredentialId>), LogFault> {
    let (mut keys, mut settled) = (BTreeSet::new(), HashSet::new());
    log::read(state, |entry| {
        let receipt = look(&entry)?;
        if wanted.has(&receipt)
            && let Ok(sealed) = Sealed::parse(entry.document)
        {
            keys.insert(sealed.kid());
            settled.extend(entry.resolves);
        }
        Ok::<(), LogFault>(())
    })?;
    Ok((keys, settled))
}

/// Delegations as bytes by the key that they are for. Unverified: what `key accept` or the pack's own check has opened;
/// here it is only handed on.
fn delegations_by_key(
    state: &State,
    others: &[Vec<u8>],
) -> Result<BTreeMap<KeyId, Vec<Vec<u8>>>, DelegationFault> {
    let mut by_key: BTreeMap<KeyId, Vec<Vec<u8>>> = BTreeMap::new();
    let kept = kept(state)?.into_iter().map(|(_, document)| document);
    for document in kept.chain(others.iter().cloned()) {
        let stated = Sealed::parse(&document).and_then(|sealed| sealed.unverified_entitlement());
        let Some(key) =
            stated.ok().and_then(|stated| delegate_of(stated.look()).ok().map(|delegate| delegate.key.id()))
        else {
            continue;
        };
        let documents = by_key.entry(key).or_default();
        if !documents.contains(&document) {
            documents.push(document);
        }
    }
    Ok(by_key)
}

/// The one for the day of a receipt, else any.
fn covering<'d>(documents: &'d [Vec<u8>], receipt: &Receipt) -> Option<&'d Vec<u8>> {
    let day = receipt.iat.date();
    let covers = |document: &&Vec<u8>| {
        let stated = Sealed::parse(document).and_then(|sealed| sealed.unverified_entitlement());
        stated.is_ok_and(|stated| {
            delegate_of(stated.look()).is_ok_and(|delegate| (delegate.from..=delegate.to).contains(&day))
        })
    };
    documents.iter().find(covers).or_else(|| documents.first())
}
