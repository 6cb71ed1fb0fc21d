//! Keeping documents and finding them.

use std::ops::Bound;

use sanad_credential::{CredentialId, FixedBytes, Status};

use super::super::RecordsFault;
use super::super::document::{
    Batch, Cursor, Entry, Finding, Held, IdempotencyKey, Issued, Kept, NameForm, Partly, Place, Query,
    Request, id_of,
};
use super::blocks::{self, Blocks};
use super::{
    DOCUMENTS, EmbeddedStore, FINDINGS, IDS, RECORDS, REQUESTS, Refusable, damaged, next_number, number,
    papers, write_notes,
};
use crate::audit::{Actor, Note};
use crate::durable::{Stop, Transaction};
use crate::permutation::{Index, Sequence, Shard};
use crate::register::Digest;
use crate::transition::{Change, Step};

/// What leads to documents in [`FINDINGS`].
const BY_NUMBER: u8 = b'n';
const BY_NAME: u8 = b'm';
const BY_DELEGATION: u8 = b'd';
/// Ends a text in a key: no text has it, so `KE-F1` does not find what belongs to `KE-F10`.
const END_OF_TEXT: u8 = 0;

pub(super) fn keep(store: &EmbeddedStore, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
    batch.within_limits()?;
    store.commit(|act| {
        papers::write_in(act, batch.papers)?;
        let next = next_number(act)?;
        let mut blocks = Blocks::new(act);
        let mut notes: Vec<&Note> = Vec::with_capacity(batch.entries.len());
        let mut kept = Vec::with_capacity(batch.entries.len());
        for entry in batch.entries {
            let sequence = entry.issued.sequence.0;
            if sequence >= next {
                return Err(Stop::Refuse(RecordsFault::NotReserved { number: sequence, next }));
            }
            let outcome = keep_one(act, &mut blocks, entry)?;
            if outcome == Kept::Kept {
                notes.extend(&entry.note);
            }
            kept.push(outcome);
        }
        if batch.partly == Partly::Refused && kept.iter().any(|kept| *kept != Kept::Kept) {
            return Err(Stop::Refuse(RecordsFault::NotKept { kept }));
        }
        blocks.write()?;
        write_notes(act, notes.into_iter().chain(batch.notes))?;
        Ok(kept)
    })
}

fn keep_one(act: &Transaction<'_>, blocks: &mut Blocks<'_>, entry: &Entry) -> Refusable<Kept> {
    let issued = &entry.issued;
    if let Some(request) = &entry.request
        && let Some(value) = act.get(REQUESTS, &request_key(request))?
    {
        let (body, cti) = request_of(&value).map_err(Stop::Refuse)?;
        return Ok(if body == request.body { Kept::SameRequest { cti } } else { Kept::OtherRequest { cti } });
    }
    if let Some(sequence) = act.get(RECORDS, record_key(&issued.digest))? {
        let same = act.get(DOCUMENTS, &sequence)?.ok_or(Stop::Refuse(damaged("a record's document")))?;
        let sequence = number(Some(&sequence)).ok_or(Stop::Refuse(damaged("a record")))?;
        let cti = document_of(Sequence(sequence), &same).map_err(Stop::Refuse)?.cti;
        return Ok(Kept::SameRecord { cti });
    }
    if act.get(IDS, &issued.cti.0)?.is_some() {
        return Ok(Kept::IdTaken);
    }
    if act.get(DOCUMENTS, &issued.sequence.0.to_be_bytes())?.is_some() {
        return Err(Stop::Refuse(damaged("a number that was given twice")));
    }
    if let Some(old) = entry.supersedes {
        let Some(old) = find_in(act, old)? else { return Ok(Kept::NothingToSupersede) };
        let outcome = Change::Supersede.from(blocks.status(old.place)?);
        let Step::To(status) = outcome.step else {
            return Ok(Kept::CannotSupersede { from: outcome.from });
        };
        blocks.set(old.place, status)?;
    }
    put_document(act, issued, &entry.finding)?;
    if let Some(request) = &entry.request {
        put_request(act, request, issued.cti)?;
    }
    Ok(Kept::Kept)
}

/// Puts a document where it is found by everything that leads to it.
pub(super) fn put_document(act: &Transaction<'_>, issued: &Issued, finding: &Finding) -> Refusable<()> {
    let sequence = issued.sequence.0.to_be_bytes();
    let index = issued.place.index.number().to_be_bytes();
    let value = [&index[..], &issued.digest.0, &issued.cti.0, &issued.document].concat();
    act.put(DOCUMENTS, &sequence, &value)?;
    act.put(IDS, &issued.cti.0, &sequence)?;
    act.put(RECORDS, record_key(&issued.digest), &sequence)?;
    let by = [
        (BY_NUMBER, finding.number.as_deref()),
        (BY_NAME, finding.name.as_ref().map(NameForm::as_str)),
        (BY_DELEGATION, finding.delegation.as_ref().map(sanad_credential::DelegationId::as_str)),
    ];
    for (by, text) in by {
        if let Some(text) = text {
            act.put(FINDINGS, &[&finding_key(by, text)[..], &sequence].concat(), &[])?;
        }
    }
    Ok(())
}

pub(super) fn put_request(act: &Transaction<'_>, request: &Request, cti: CredentialId) -> Refusable<()> {
    Ok(act.put(REQUESTS, &request_key(request), &[&request.body[..], &cti.0].concat())?)
}

pub(super) fn find_in(act: &Transaction<'_>, cti: CredentialId) -> Refusable<Option<Issued>> {
    let Some(sequence) = act.get(IDS, &cti.0)? else { return Ok(None) };
    let value = act.get(DOCUMENTS, &sequence)?.ok_or(Stop::Refuse(damaged("an id's document")))?;
    let sequence = number(Some(&sequence)).ok_or(Stop::Refuse(damaged("an id")))?;
    document_of(Sequence(sequence), &value).map(Some).map_err(Stop::Refuse)
}

pub(super) fn find(
    store: &EmbeddedStore,
    query: &Query,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Held>, RecordsFault> {
    let numbers = match query {
        Query::Id(cti) => one(store.0.read(IDS, &cti.0)?),
        Query::Record(digest) => one(store.0.read(RECORDS, record_key(digest))?),
        Query::Request(client, key) => match store.0.read(REQUESTS, &key_of_request(client, key))? {
            Some(value) => one(store.0.read(IDS, &request_of(&value)?.1.0)?),
            None => Vec::new(),
        },
        Query::Number(text) => return found(store, BY_NUMBER, text, Match::Whole, after, limit),
        Query::Delegation(id) => return found(store, BY_DELEGATION, id.as_str(), Match::Whole, after, limit),
        Query::Name(name) => return found(store, BY_NAME, name.as_str(), Match::Start, after, limit),
        Query::Newest => return Ok(behind(newest(store)?, after, limit)),
        Query::All => {
            let from = after.map(|cursor| cursor.sequence.0.to_be_bytes());
            let from = from.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
            let entries = store.0.scan(DOCUMENTS, (from, Bound::Unbounded), limit)?;
            return entries
                .iter()
                .map(|(key, value)| {
                    let sequence = number(Some(key)).ok_or(damaged("the number of a document"))?;
                    held(store, document_of(Sequence(sequence), value)?, None)
                })
                .collect();
        }
    };
    let found = numbers.into_iter().take(limit).map(|sequence| {
        let issued = numbered(store, sequence)?.ok_or(damaged("a document"))?;
        held(store, issued, None)
    });
    let found = behind(found.collect::<Result<_, _>>()?, after, limit);
    // Half of a digest leads here, the other half is compared.
    Ok(match query {
        Query::Record(digest) => found.into_iter().filter(|held| held.issued.digest == *digest).collect(),
        _ => found,
    })
}

/// What a page of a single document has behind its cursor.
fn behind(mut found: Vec<Held>, after: Option<&Cursor>, limit: usize) -> Vec<Held> {
    found.retain(|held| after.is_none_or(|after| held.cursor.sequence > after.sequence));
    found.truncate(limit);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Whole,
    Start,
}

/// Follows keys of [`FINDINGS`].
fn found(
    store: &EmbeddedStore,
    by: u8,
    text: &str,
    how: Match,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Held>, RecordsFault> {
    // It ends a text in a key, so no text of the store has it.
    if text.as_bytes().contains(&END_OF_TEXT) {
        return Ok(Vec::new());
    }
    let mut prefix = finding_key(by, text);
    if how == Match::Start {
        prefix.pop();
    }
    let from = match after {
        None => prefix.clone(),
        Some(cursor) => {
            let name = cursor.name.as_ref().filter(|_| how == Match::Start);
            let text = name.map_or(text, NameForm::as_str);
            // A cursor of another search does not lead out of this one.
            [&finding_key(by, text)[..], &cursor.sequence.0.to_be_bytes()].concat().max(prefix.clone())
        }
    };
    let entries = store.0.scan(FINDINGS, (Bound::Excluded(from.as_slice()), Bound::Unbounded), limit)?;
    let mut held_ones = Vec::new();
    for (key, _) in entries.iter().take_while(|(key, _)| key.starts_with(&prefix)) {
        let (text, sequence) = split_finding(key).ok_or(damaged("what leads to a document"))?;
        let issued = numbered(store, sequence)?.ok_or(damaged("a document that something leads to"))?;
        let name = (how == Match::Start).then(|| NameForm::as_kept(text));
        held_ones.push(held(store, issued, name)?);
    }
    Ok(held_ones)
}

fn newest(store: &EmbeddedStore) -> Result<Vec<Held>, RecordsFault> {
    let Some((key, value)) = store.0.last(DOCUMENTS)? else { return Ok(Vec::new()) };
    let sequence = number(Some(&key)).ok_or(damaged("the number of a document"))?;
    Ok(vec![held(store, document_of(Sequence(sequence), &value)?, None)?])
}

fn numbered(store: &EmbeddedStore, sequence: Sequence) -> Result<Option<Issued>, RecordsFault> {
    let value = store.0.read(DOCUMENTS, &sequence.0.to_be_bytes())?;
    value.map(|value| document_of(sequence, &value)).transpose()
}

fn held(store: &EmbeddedStore, issued: Issued, name: Option<NameForm>) -> Result<Held, RecordsFault> {
    let status: Status = blocks::status(store, issued.place)?;
    let cursor = Cursor { name, sequence: issued.sequence };
    Ok(Held { issued, status, cursor })
}

fn one(value: Option<Vec<u8>>) -> Vec<Sequence> {
    number(value.as_deref()).map(Sequence).into_iter().collect()
}

pub(super) fn document_of(sequence: Sequence, value: &[u8]) -> Result<Issued, RecordsFault> {
    let shard = Shard::of(sequence).map_err(|_| damaged("the number of a document"))?;
    let split = || {
        let (index, rest) = value.split_first_chunk::<4>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let (cti, document) = rest.split_first_chunk::<8>()?;
        let index = Index::of_number(u32::from_be_bytes(*index))?;
        Some(Issued {
            cti: FixedBytes(*cti),
            sequence,
            place: Place { shard, index },
            digest: Digest(*digest),
            document: document.to_vec(),
        })
    };
    split().ok_or(damaged("a document"))
}

fn finding_key(by: u8, text: &str) -> Vec<u8> {
    [&[by], text.as_bytes(), &[END_OF_TEXT]].concat()
}

fn split_finding(key: &[u8]) -> Option<(String, Sequence)> {
    let (rest, sequence) = key.split_last_chunk::<8>()?;
    let text = rest.get(1..rest.len().checked_sub(1)?)?;
    Some((String::from_utf8(text.to_vec()).ok()?, Sequence(u64::from_be_bytes(*sequence))))
}

/// Half of the bytes: two of 100 million records collide once in 10^22 stores, and the other half is compared.
pub(super) fn record_key(digest: &Digest) -> &[u8] {
    digest.0.first_chunk::<16>().map_or(&digest.0[..], |half| half.as_slice())
}

pub(super) fn request_key(request: &Request) -> Vec<u8> {
    key_of_request(&request.client, &request.key)
}

fn key_of_request(client: &Actor, key: &IdempotencyKey) -> Vec<u8> {
    [client.as_str().as_bytes(), &[END_OF_TEXT], key.as_str().as_bytes()].concat()
}

pub(super) fn request_of(value: &[u8]) -> Result<([u8; 32], CredentialId), RecordsFault> {
    let split = || {
        let (body, cti) = value.split_first_chunk::<32>()?;
        Some((*body, id_of(cti)?))
    };
    split().ok_or(damaged("a request"))
}
