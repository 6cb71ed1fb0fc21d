//! The status of every document: the bits of the published lists, cut into blocks.
//!
//! A block has 1,024 bytes, which is the status of 4,096 documents with the entries where the list has them. One that is
//! not there is all valid. A change reads and writes its block in one commit, with the rules of
//! [`crate::transition::Change`] applied inside it, so that two changes at once cannot undo each other and nothing
//! brings a revoked document back.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use sanad_credential::{LIST_BYTES, Status, StatusList};

use super::super::document::{Place, StatusChange, Transition};
use super::super::{CHANGES_MAX, RecordsFault};
use super::documents::find_in;
use super::{EmbeddedStore, Refusable, STATUS, VERSIONS, damaged, number, write_notes};
use crate::durable::{MAX_SCAN_ENTRIES, Stop, Transaction};
use crate::permutation::Shard;
use crate::status_bits::{BLOCK_BYTES, BLOCKS, Block, block_number};
use crate::transition::Step;

/// Key of a block: list and block as big-endian numbers, so that the blocks of a list stand together in their order.
type BlockKey = [u8; 6];

pub(super) fn change(
    store: &EmbeddedStore,
    changes: &[StatusChange],
) -> Result<Vec<Transition>, RecordsFault> {
    if changes.len() > CHANGES_MAX {
        let of = "changes of status";
        return Err(RecordsFault::TooMuch { of, asked: changes.len(), max: CHANGES_MAX });
    }
    store.commit(|act| {
        let mut blocks = Blocks::new(act);
        let (mut notes, mut transitions) = (Vec::new(), Vec::with_capacity(changes.len()));
        for change in changes {
            let Some(issued) = find_in(act, change.cti)? else {
                transitions.push(Transition::Unknown);
                continue;
            };
            let outcome = change.change.from(blocks.status(issued.place)?);
            if let Step::To(status) = outcome.step {
                blocks.set(issued.place, status)?;
                notes.push(&change.note);
            }
            transitions.push(Transition::Judged(outcome));
        }
        blocks.write()?;
        write_notes(act, notes)?;
        Ok(transitions)
    })
}

/// The blocks that a commit reads and changes; each is written once.
pub(super) struct Blocks<'a> {
    act: &'a Transaction<'a>,
    read: BTreeMap<BlockKey, Block>,
    changed: BTreeSet<BlockKey>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(act: &'a Transaction<'a>) -> Self {
        Self { act, read: BTreeMap::new(), changed: BTreeSet::new() }
    }

    pub(super) fn status(&mut self, place: Place) -> Refusable<Status> {
        Ok(self.block(key(place))?.status(place.index))
    }

    pub(super) fn set(&mut self, place: Place, status: Status) -> Refusable<()> {
        let key = key(place);
        self.block(key)?.set(place.index, status);
        self.changed.insert(key);
        Ok(())
    }

    fn block(&mut self, key: BlockKey) -> Refusable<&mut Block> {
        match self.read.entry(key) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let block = block_of(self.act.get(STATUS, &key)?).map_err(Stop::Refuse)?;
                Ok(entry.insert(block))
            }
        }
    }

    /// Writes what was changed, and that it was.
    pub(super) fn write(self) -> Refusable<()> {
        let mut lists = BTreeSet::new();
        for key in &self.changed {
            if let (Some(block), Some(list)) = (self.read.get(key), key.first_chunk::<4>()) {
                self.act.put(STATUS, key, block.as_bytes())?;
                lists.insert(*list);
            }
        }
        for list in lists {
            let version = number(self.act.get(VERSIONS, &list)?.as_deref()).unwrap_or(0);
            self.act.put(VERSIONS, &list, &version.saturating_add(1).to_be_bytes())?;
        }
        Ok(())
    }
}

pub(super) fn status(store: &EmbeddedStore, place: Place) -> Result<Status, RecordsFault> {
    Ok(block_of(store.0.read(STATUS, &key(place))?)?.status(place.index))
}

pub(super) fn list(store: &EmbeddedStore, shard: Shard) -> Result<StatusList, RecordsFault> {
    let (first, last) = (block_key(shard, u16::MIN), block_key(shard, u16::MAX));
    let range = (Bound::Included(first.as_slice()), Bound::Included(last.as_slice()));
    let mut bytes = vec![0; LIST_BYTES];
    for (key, value) in store.0.scan(STATUS, range, BLOCKS.saturating_add(1))? {
        let number = key.last_chunk().map(|number| usize::from(u16::from_be_bytes(*number)));
        let place = number.and_then(|number| bytes.chunks_exact_mut(BLOCK_BYTES).nth(number));
        match place {
            Some(place) if place.len() == value.len() => place.copy_from_slice(&value),
            _ => return Err(damaged(BLOCK)),
        }
    }
    StatusList::from_bytes(bytes).map_err(|_| damaged(BLOCK))
}

pub(super) fn versions(store: &EmbeddedStore) -> Result<Vec<(Shard, u64)>, RecordsFault> {
    let entries = store.0.scan(VERSIONS, (Bound::Unbounded, Bound::Unbounded), MAX_SCAN_ENTRIES)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let list = <[u8; 4]>::try_from(key.as_slice()).ok().map(u32::from_be_bytes)?;
        Some((Shard::numbered(list), number(Some(value))?))
    };
    entries.iter().map(|entry| read(entry).ok_or(damaged("the version of a status list"))).collect()
}

/// Puts a block as it is.
pub(super) fn put(
    act: &Transaction<'_>,
    shard: Shard,
    block: u16,
    bytes: &[u8],
    version: u64,
) -> Refusable<()> {
    if bytes.len() != BLOCK_BYTES || usize::from(block) >= BLOCKS {
        return Err(Stop::Refuse(damaged(BLOCK)));
    }
    act.put(STATUS, &block_key(shard, block), bytes)?;
    let list = shard.number().to_be_bytes();
    let known = number(act.get(VERSIONS, &list)?.as_deref()).unwrap_or(0);
    Ok(act.put(VERSIONS, &list, &known.saturating_add(version).to_be_bytes())?)
}

pub(super) fn block_key(shard: Shard, block: u16) -> BlockKey {
    let ([a, b, c, d], [e, f]) = (shard.number().to_be_bytes(), block.to_be_bytes());
    [a, b, c, d, e, f]
}

fn key(place: Place) -> BlockKey {
    block_key(place.shard, block_number(place.index))
}

fn block_of(value: Option<Vec<u8>>) -> Result<Block, RecordsFault> {
    match value {
        None => Ok(Block::all_valid()),
        Some(value) => Block::from_bytes(&value).ok_or(damaged(BLOCK)),
    }
}

const BLOCK: &str = "a block of a status list";
