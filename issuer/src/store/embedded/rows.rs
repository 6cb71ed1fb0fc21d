//! All rows in a fixed order, and their way back.

use std::ops::Bound;

use super::super::RecordsFault;
use super::super::document::{Finding, IdempotencyKey, Request, Row, RowKey};
use super::blocks;
use super::documents::{
    document_of, find_in, put_document, put_request, record_key, request_key, request_of,
};
use super::papers::{self, paper_of};
use super::{
    DOCUMENTS, EmbeddedStore, KEY_LOG, KEY_NEXT, LOG, META, PAPERS, RECORDS, REQUESTS, Refusable, STATUS,
    damaged, head, number, put_head,
};
use crate::audit::Actor;
use crate::durable::{Entry, Stop, Transaction, TreeName};
use crate::permutation::{Sequence, Shard};

/// The trees in the order of [`RowKey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Documents,
    Requests,
    Blocks,
    Papers,
    Log,
}

impl Part {
    const ALL: [Self; 5] = [Self::Documents, Self::Requests, Self::Blocks, Self::Papers, Self::Log];

    fn tree(self) -> TreeName {
        match self {
            Part::Documents => DOCUMENTS,
            Part::Requests => REQUESTS,
            Part::Blocks => STATUS,
            Part::Papers => PAPERS,
            Part::Log => LOG,
        }
    }

    fn row(self, (key, value): &Entry) -> Result<Row, RecordsFault> {
        match self {
            Part::Documents => {
                let sequence = Sequence(number(Some(key)).ok_or(damaged("the number of a document"))?);
                let issued = document_of(sequence, value)?;
                let finding = Finding::of_document(&issued.document).ok_or(damaged("a document"))?;
                Ok(Row::Document(Box::new(issued), finding))
            }
            Part::Requests => {
                let (body, cti) = request_of(value)?;
                let (client, key) = split_request(key).ok_or(damaged("a request"))?;
                Ok(Row::Request(Request { client, key, body }, cti))
            }
            Part::Blocks => {
                let split = || {
                    let (list, block) = key.split_first_chunk::<4>()?;
                    let block = <[u8; 2]>::try_from(block).ok()?;
                    Some((Shard::numbered(u32::from_be_bytes(*list)), u16::from_be_bytes(block)))
                };
                let (shard, block) = split().ok_or(damaged("a block of a status list"))?;
                Ok(Row::Block { shard, block, bytes: value.clone(), version: 1 })
            }
            Part::Papers => Ok(Row::Paper(paper_of(key, value)?)),
            Part::Log => {
                let n = number(Some(key)).ok_or(damaged("a line of the audit log"))?;
                let text = String::from_utf8(value.clone());
                Ok(Row::Line { n, text: text.map_err(|_| damaged("a line of the audit log"))? })
            }
        }
    }
}

pub(super) fn dump(
    store: &EmbeddedStore,
    after: Option<&RowKey>,
    limit: usize,
) -> Result<Vec<Row>, RecordsFault> {
    let mut rows = Vec::new();
    if after.is_none() && limit > 0 {
        let next = number(store.0.read(META, KEY_NEXT)?.as_deref());
        rows.push(Row::Meta { next: Sequence(next.ok_or(damaged("the number of the next document"))?) });
    }
    let (first, mut from) = match after {
        None | Some(RowKey::Meta) => (Part::Documents, None),
        Some(RowKey::Document(sequence)) => (Part::Documents, Some(sequence.0.to_be_bytes().to_vec())),
        Some(RowKey::Request(client, key)) => {
            (Part::Requests, Some([client.as_bytes(), &[0], key.as_bytes()].concat()))
        }
        Some(RowKey::Block(shard, block)) => (Part::Blocks, Some(blocks::block_key(*shard, *block).to_vec())),
        Some(RowKey::Paper(paper)) => (Part::Papers, Some(papers::key(paper.kind, paper.id.as_str()))),
        Some(RowKey::Line(n)) => (Part::Log, Some(n.to_be_bytes().to_vec())),
    };
    for part in Part::ALL.into_iter().filter(|part| *part >= first) {
        let room = limit.saturating_sub(rows.len());
        if room == 0 {
            break;
        }
        let start = from.as_ref().map_or(Bound::Unbounded, |key: &Vec<u8>| Bound::Excluded(key.as_slice()));
        let entries = store.0.scan(part.tree(), (start, Bound::Unbounded), room)?;
        for entry in &entries {
            rows.push(part.row(entry)?);
        }
        from = None;
    }
    Ok(rows)
}

pub(super) fn load(act: &Transaction<'_>, row: &Row) -> Refusable<()> {
    // A row that is there already is not written over.
    let there = match row {
        Row::Meta { .. } | Row::Line { .. } => false,
        Row::Document(issued, _) => {
            act.get(DOCUMENTS, &issued.sequence.0.to_be_bytes())?.is_some()
                || find_in(act, issued.cti)?.is_some()
                || act.get(RECORDS, record_key(&issued.digest))?.is_some()
        }
        Row::Request(request, _) => act.get(REQUESTS, &request_key(request))?.is_some(),
        Row::Block { shard, block, .. } => act.get(STATUS, &blocks::block_key(*shard, *block))?.is_some(),
        Row::Paper(paper) => act.get(PAPERS, &papers::key(paper.key.kind, paper.key.id.as_str()))?.is_some(),
    };
    if there {
        let documents = u64::from(matches!(row, Row::Document(..)));
        return Err(Stop::Refuse(RecordsFault::NotEmpty { documents }));
    }
    match row {
        Row::Meta { next } => Ok(act.put(META, KEY_NEXT, &next.0.to_be_bytes())?),
        Row::Document(issued, finding) => put_document(act, issued, finding),
        Row::Request(request, cti) => put_request(act, request, *cti),
        Row::Block { shard, block, bytes, version } => blocks::put(act, *shard, *block, bytes, *version),
        Row::Paper(paper) => papers::put(act, &paper.key, paper.version, &paper.content),
        Row::Line { n, text } => {
            let log = head(act.get(META, KEY_LOG)?.as_deref()).map_err(Stop::Refuse)?;
            let after = log.follow(text).ok().filter(|_| *n == log.lines);
            let after = after.ok_or(Stop::Refuse(damaged("the audit log")))?;
            act.put(LOG, &n.to_be_bytes(), text.as_bytes())?;
            put_head(act, after)
        }
    }
}

fn split_request(key: &[u8]) -> Option<(Actor, IdempotencyKey)> {
    let text = std::str::from_utf8(key).ok()?;
    let (client, key) = text.split_once('\0')?;
    Some((Actor::new(client).ok()?, IdempotencyKey::new(key).ok()?))
}
