//! The status of every document, as the store keeps it: the bits of the published lists, cut into blocks.
//!
//! A block has 1,024 bytes, which is the status of 4,096 documents with the entries where the list has them. One that is
//! not there is all valid. A change reads and writes its block in one commit, with the rules of [`Change`] applied
//! inside it, so that two changes at once cannot undo each other and nothing brings a revoked document back. The store
//! also keeps the time that each list's latest publication bears, before anybody can see that publication: a list never
//! bears a time that was used before, whatever the clock says and whenever the program is killed.

use std::collections::BTreeMap;
use std::ops::Bound;

use sanad_credential::{LIST_BYTES, Status, StatusList, UnixTime, VALIDITY_SECONDS_MIN};

use super::{PUBLISHED, RecordsFault, STATUS, Store};
use crate::durable::{MAX_COMMIT_BYTES, Stop, Transaction};
use crate::permutation::{Index, Sequence, Shard};
use crate::transition::{Change, Outcome, Step};

/// The entry of one document: its list, and where it stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list.
    pub shard: Shard,
    /// The entry.
    pub index: Index,
}

/// Bytes of a block. A larger one makes single changes write more, a smaller one makes lists slower to read.
const BLOCK_BYTES: usize = 1_024;
const BLOCKS: usize = LIST_BYTES / BLOCK_BYTES;
const ENTRIES_PER_BYTE: u32 = 4;
const BITS: u32 = 2;

/// Blocks in one commit: each weighs its bytes, a key of six, and what the engine adds, less than 64 bytes.
const BLOCKS_PER_COMMIT: usize = MAX_COMMIT_BYTES / (BLOCK_BYTES + 64);

/// Key of a block: list and block as big-endian numbers, so that the blocks of a list stand together in their order.
type BlockKey = [u8; 6];

impl Store {
    /// How many status lists are in use, at least one: also an issuer without documents has a list to show.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn lists_in_use(&self) -> Result<u32, RecordsFault> {
        let last = Sequence(self.next_sequence()?.0.saturating_sub(1));
        let shard =
            Shard::of(last).map_err(|_| RecordsFault::Damaged { what: "the number of the next document" })?;
        Ok(shard.number().saturating_add(1))
    }

    /// The status of a document.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn status(&self, place: Place) -> Result<Status, RecordsFault> {
        let block = block_of(self.0.read(STATUS, &key(place))?).map_err(damaged)?;
        Ok(read_entry(&block, place.index))
    }

    /// Changes the status of documents where it allows the change; the outcomes are in their order. Each document is
    /// changed or not, never in between; on return all changes are on the disk.
    ///
    /// # Errors
    /// [`RecordsFault`]; some of the documents may have been changed before it. To ask again for the same change does
    /// no harm.
    pub fn change_status(&self, change: Change, places: &[Place]) -> Result<Vec<Outcome>, RecordsFault> {
        let mut blocks: BTreeMap<BlockKey, Vec<(usize, Index)>> = BTreeMap::new();
        for (position, place) in places.iter().enumerate() {
            blocks.entry(key(*place)).or_default().push((position, place.index));
        }
        let blocks: Vec<_> = blocks.into_iter().collect();
        let mut outcomes = Vec::with_capacity(places.len());
        for blocks in blocks.chunks(BLOCKS_PER_COMMIT) {
            outcomes.extend(self.commit(|act| change_blocks(act, change, blocks))?);
        }
        outcomes.sort_unstable_by_key(|(position, _)| *position);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    /// The status of all documents of a list, from one moment.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn status_list(&self, shard: Shard) -> Result<StatusList, RecordsFault> {
        let (first, last) = (block_key(shard, u16::MIN), block_key(shard, u16::MAX));
        let range = (Bound::Included(first.as_slice()), Bound::Included(last.as_slice()));
        let mut bytes = vec![0; LIST_BYTES];
        for (key, value) in self.0.scan(STATUS, range, BLOCKS.saturating_add(1))? {
            let number = key.last_chunk().map(|number| usize::from(u16::from_be_bytes(*number)));
            let place = number.and_then(|number| bytes.chunks_exact_mut(BLOCK_BYTES).nth(number));
            match place {
                Some(place) if place.len() == value.len() => place.copy_from_slice(&value),
                _ => return Err(damaged(BadBlock)),
            }
        }
        StatusList::from_bytes(bytes).map_err(|_| damaged(BadBlock))
    }

    /// Gives out the time that the next publication of a list bears: now, or the second after the latest it or
    /// `published` bears, whichever is later. On return it is on the disk, and will not be given out again.
    ///
    /// # Errors
    /// [`RecordsFault`]; [`RecordsFault::Time`] for a time that leaves a list no room for its validity.
    pub fn date_publication(
        &self,
        shard: Shard,
        now: UnixTime,
        published: Option<UnixTime>,
    ) -> Result<UnixTime, RecordsFault> {
        let key = shard.number().to_be_bytes();
        let time = |fault| Stop::Refuse(RecordsFault::Time { fault });
        self.commit(|act| {
            let kept =
                act.get(PUBLISHED, &key)?.map(|value| time_of(&value)).transpose().map_err(Stop::Refuse)?;
            let after = |latest: UnixTime| latest.plus_seconds(1).map_err(time);
            let iat = [kept, published]
                .into_iter()
                .flatten()
                .try_fold(now, |iat, latest| Ok::<_, Stop<RecordsFault>>(iat.max(after(latest)?)))?;
            iat.plus_seconds(VALIDITY_SECONDS_MIN).map_err(time)?;
            act.put(PUBLISHED, &key, &iat.seconds().to_be_bytes())?;
            Ok(iat)
        })
    }
}

fn change_blocks(
    act: &Transaction<'_>,
    change: Change,
    blocks: &[(BlockKey, Vec<(usize, Index)>)],
) -> Result<Vec<(usize, Outcome)>, Stop<RecordsFault>> {
    let mut outcomes = Vec::new();
    for (key, entries) in blocks {
        let before = block_of(act.get(STATUS, key)?).map_err(|fault| Stop::Refuse(damaged(fault)))?;
        let mut block = before;
        for (position, index) in entries {
            let outcome = change.from(read_entry(&block, *index));
            if let Step::To(status) = outcome.step {
                write_entry(&mut block, *index, status);
            }
            outcomes.push((*position, outcome));
        }
        if block != before {
            act.put(STATUS, key, &block)?;
        }
    }
    Ok(outcomes)
}

fn key(place: Place) -> BlockKey {
    let (byte, _) = bits_of(place.index);
    block_key(place.shard, u16::try_from(byte / BLOCK_BYTES).unwrap_or(u16::MAX))
}

fn block_key(shard: Shard, block: u16) -> BlockKey {
    let ([a, b, c, d], [e, f]) = (shard.number().to_be_bytes(), block.to_be_bytes());
    [a, b, c, d, e, f]
}

/// Byte within the list, and how far its bits lie from the least significant.
fn bits_of(index: Index) -> (usize, u32) {
    let number = index.number();
    let shift = (number % ENTRIES_PER_BYTE).saturating_mul(BITS);
    (usize::try_from(number / ENTRIES_PER_BYTE).unwrap_or(usize::MAX), shift)
}

fn read_entry(block: &[u8; BLOCK_BYTES], index: Index) -> Status {
    let (byte, shift) = bits_of(index);
    let bits = block.get(byte % BLOCK_BYTES).map_or(0, |byte| byte.wrapping_shr(shift) & 0b11);
    // Two bits have four values, and each has a status.
    Status::from_code(bits).unwrap_or(Status::Revoked)
}

fn write_entry(block: &mut [u8; BLOCK_BYTES], index: Index, status: Status) {
    let (byte, shift) = bits_of(index);
    if let Some(byte) = block.get_mut(byte % BLOCK_BYTES) {
        *byte = (*byte & !0b11_u8.wrapping_shl(shift)) | status.code().wrapping_shl(shift);
    }
}

/// A value that cannot be a block.
struct BadBlock;

fn block_of(value: Option<Vec<u8>>) -> Result<[u8; BLOCK_BYTES], BadBlock> {
    match value {
        None => Ok([0; BLOCK_BYTES]),
        Some(value) => value.try_into().map_err(|_| BadBlock),
    }
}

fn damaged(_: BadBlock) -> RecordsFault {
    RecordsFault::Damaged { what: "a block of a status list" }
}

fn time_of(value: &[u8]) -> Result<UnixTime, RecordsFault> {
    let seconds = <[u8; 8]>::try_from(value).ok().map(u64::from_be_bytes);
    let time = seconds.and_then(|seconds| UnixTime::new(seconds).ok());
    time.ok_or(RecordsFault::Damaged { what: "the time of a published status list" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::{Durable, Opening, TreeName};
    use crate::permutation::{Permutation, PermutationKey};
    use sanad_credential::{IssuerId, StatusIndex};

    fn iss() -> IssuerId {
        IssuerId::new("KE-SHA").unwrap()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&dir.path().join("store"), &iss()).unwrap();
        (dir, store)
    }

    fn places(sequences: impl IntoIterator<Item = u64>) -> Vec<Place> {
        let permutation = Permutation::new(&PermutationKey::from_bytes(&[7; 32])).unwrap();
        let place = |sequence| permutation.place(Sequence(sequence)).unwrap();
        sequences.into_iter().map(place).map(|(shard, index)| Place { shard, index }).collect()
    }

    fn entry(list: &StatusList, place: Place) -> Status {
        list.status(StatusIndex::new(place.index.number()).unwrap())
    }

    #[test]
    fn a_revoked_document_never_becomes_valid_again_also_after_reopening() {
        let (dir, mut store) = store();
        let place = places([5]);
        store.change_status(Change::Revoke, &place).unwrap();
        for _ in 0..2 {
            for change in Change::ALL {
                let outcome = store.change_status(change, &place).unwrap();
                assert!(!matches!(outcome[..], [Outcome { step: Step::To(_), .. }]), "{change:?}");
                assert_eq!(store.status(place[0]).unwrap(), Status::Revoked);
            }
            drop(store);
            store = Store::open(&dir.path().join("store"), &iss()).unwrap();
        }
    }

    #[test]
    fn every_change_lands_on_its_own_entry_and_on_no_other() {
        let (_dir, store) = store();
        let changed = places((0..3_000).chain((1 << 20)..(1 << 20) + 10));
        let parts: Vec<&[Place]> = changed.chunks(1_000).collect();
        for (part, change) in parts.iter().zip([Change::Suspend, Change::Revoke, Change::Supersede]) {
            let outcomes = store.change_status(change, part).unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome.step, Step::To(_))));
        }
        store.change_status(Change::Suspend, parts[3]).unwrap();
        let lists = [Shard::numbered(0), Shard::numbered(1)].map(|shard| store.status_list(shard).unwrap());
        let wanted = [Status::Suspended, Status::Revoked, Status::Superseded, Status::Suspended];
        for (part, status) in parts.iter().zip(wanted) {
            for place in *part {
                assert_eq!(store.status(*place).unwrap(), status);
                assert_eq!(entry(&lists[usize::try_from(place.shard.number()).unwrap()], *place), status);
            }
        }
        let others = lists.map(|list| list.iter().filter(|status| *status != Status::Valid).count());
        assert_eq!(others, [3_000, 10]);
    }

    #[test]
    fn outcomes_come_in_the_order_asked_and_a_repeat_is_seen() {
        let (_dir, store) = store();
        let asked = places([9, 1, 9, 4, 1]);
        store.change_status(Change::Revoke, &asked[3..4]).unwrap();
        let steps: Vec<Step> =
            store.change_status(Change::Suspend, &asked).unwrap().iter().map(|o| o.step).collect();
        let to = Step::To(Status::Suspended);
        assert_eq!(steps, [to, to, Step::Already, Step::Refuse, Step::Already]);
    }

    #[test]
    fn a_list_never_bears_a_time_twice_whatever_the_clock_says() {
        let (dir, store) = store();
        let time = |seconds| UnixTime::new(seconds).unwrap();
        let shard = Shard::numbered(0);
        let now = time(1_800_000_000);
        assert_eq!(store.date_publication(shard, now, None).unwrap(), now);
        assert_eq!(store.date_publication(shard, now, None).unwrap(), time(1_800_000_001));
        let set_back = time(1_700_000_000);
        assert_eq!(store.date_publication(shard, set_back, None).unwrap(), time(1_800_000_002));
        drop(store);
        let store = Store::open(&dir.path().join("store"), &iss()).unwrap();
        assert_eq!(store.date_publication(shard, set_back, None).unwrap(), time(1_800_000_003));
        let shown = Some(time(1_900_000_000));
        assert_eq!(store.date_publication(shard, set_back, shown).unwrap(), time(1_900_000_001));
        assert_eq!(store.date_publication(Shard::numbered(1), set_back, None).unwrap(), set_back);
        let last = UnixTime::parse("2199-12-31T23:59:59Z").unwrap();
        assert!(matches!(store.date_publication(shard, last, None), Err(RecordsFault::Time { .. })));
    }

    #[test]
    fn a_store_of_the_time_before_status_lists_opens_with_all_documents_valid() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        let trees = ["meta", "documents", "records"].map(TreeName);
        let old = Durable::open(&path, Opening::CreateNew, &trees).unwrap();
        old.commit(|act| -> Result<(), Stop<()>> {
            act.put(trees[0], b"format", b"1")?;
            act.put(trees[0], b"issuer", b"KE-SHA")?;
            act.put(trees[0], b"next", &9_u64.to_be_bytes())?;
            Ok(())
        })
        .unwrap();
        drop(old);
        let store = Store::open(&path, &iss()).unwrap();
        assert_eq!(store.lists_in_use().unwrap(), 1);
        assert_eq!(store.status_list(Shard::numbered(0)).unwrap(), StatusList::all_valid());
        store.change_status(Change::Suspend, &places([3])).unwrap();
        drop(store);
        let store = Store::open(&path, &iss()).unwrap();
        assert_eq!(store.status(places([3])[0]).unwrap(), Status::Suspended);
    }

    #[test]
    fn a_damaged_block_is_named_and_not_read_as_valid() {
        let (dir, store) = store();
        drop(store);
        let path = dir.path().join("store");
        let raw = Durable::open(&path, Opening::OpenExisting, &[STATUS]).unwrap();
        let place = places([0])[0];
        raw.commit(|act| -> Result<(), Stop<()>> { Ok(act.put(STATUS, &key(place), &[0; 1_023])?) }).unwrap();
        drop(raw);
        let store = Store::open(&path, &iss()).unwrap();
        let damaged = |fault: RecordsFault| matches!(fault, RecordsFault::Damaged { .. });
        assert!(damaged(store.status(place).unwrap_err()));
        assert!(damaged(store.status_list(place.shard).unwrap_err()));
        assert!(damaged(store.change_status(Change::Revoke, &[place]).unwrap_err()));
    }
}
