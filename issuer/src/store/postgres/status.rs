//! The status of every document: the bits of the published lists, cut into blocks of 4,096 documents.
//!
//! A change locks its blocks before it reads them, in the order of their numbers; one that is not there yet is made
//! first, so that there is something to lock, and taken away again by the same act where nothing changed in it.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{CredentialId, LIST_BYTES, Status, StatusList};
use tokio_postgres::{Error, Row, Statement};

use super::super::document::{Place, StatusChange, Transition};
use super::super::{CHANGES_MAX, RecordsFault};
use super::column::{self, BLOCK};
use super::database::{Client, Database};
use super::log::Log;
use super::problem::Halt;
use crate::permutation::Shard;
use crate::status_bits::{BLOCK_BYTES, BLOCKS, Block, block_number};
use crate::transition::Step;

const FIND_PLACES: &str = "SELECT id, number, entry FROM sanad.documents WHERE id = ANY ($1)";

/// The blocks of documents in the store, and others.
const MAKE: &str = "\
    INSERT INTO sanad.status_blocks (list, block, bytes) \
    SELECT list, block, decode(repeat('00', 1024), 'hex') FROM ( \
        SELECT number >> 20 AS list, (entry >> 12)::smallint AS block FROM sanad.documents WHERE id = ANY ($1) \
        UNION SELECT * FROM unnest($2::bigint[], $3::smallint[]) \
    ) AS wanted ORDER BY list, block \
    ON CONFLICT DO NOTHING RETURNING list, block";
const LOCK: &str = "\
    SELECT kept.list, kept.block, kept.bytes FROM ( \
        SELECT number >> 20 AS list, (entry >> 12)::smallint AS block FROM sanad.documents WHERE id = ANY ($1) \
        UNION SELECT * FROM unnest($2::bigint[], $3::smallint[]) \
    ) AS wanted JOIN sanad.status_blocks AS kept ON kept.list = wanted.list AND kept.block = wanted.block \
    ORDER BY kept.list, kept.block FOR UPDATE OF kept";
const CHANGE: &str = "\
    UPDATE sanad.status_blocks AS kept SET bytes = new.bytes \
    FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) AS new (list, block, bytes) \
    WHERE kept.list = new.list AND kept.block = new.block";
const UNMAKE: &str = "\
    DELETE FROM sanad.status_blocks AS kept USING unnest($1::bigint[], $2::smallint[]) AS made (list, block) \
    WHERE kept.list = made.list AND kept.block = made.block";
pub(super) const ADD_CHANGES: &str = "\
    INSERT INTO sanad.status_lists AS known (list, version) \
    SELECT list, sum(version)::bigint FROM unnest($1::bigint[], $2::bigint[]) AS changed (list, version) \
    GROUP BY list ORDER BY list \
    ON CONFLICT (list) DO UPDATE SET version = known.version + excluded.version";

const LIST: &str = "SELECT list, block, bytes FROM sanad.status_blocks WHERE list = $1 ORDER BY block";
const VERSIONS: &str = "SELECT list, version FROM sanad.status_lists ORDER BY list";

pub(super) fn change(database: &Database, changes: &[StatusChange]) -> Result<Vec<Transition>, RecordsFault> {
    if changes.len() > CHANGES_MAX {
        let of = "changes of status";
        return Err(RecordsFault::TooMuch { of, asked: changes.len(), max: CHANGES_MAX });
    }
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<CredentialId> = changes.iter().map(|change| change.cti).collect();
    database.act(async |client| {
        let (statements, log) = tokio::try_join!(Statements::prepare(client), Log::prepare(client))?;
        let (_, found) =
            tokio::try_join!(biased; client.batch_execute("BEGIN"), statements.lock(client, &asked, &[]))?;
        let (places, mut blocks) = found.read()?;
        let (mut notes, mut transitions) = (Vec::new(), Vec::with_capacity(changes.len()));
        for change in changes {
            let Some(place) = places.get(&change.cti) else {
                transitions.push(Transition::Unknown);
                continue;
            };
            let outcome = change.change.from(blocks.status(*place)?);
            if let Step::To(status) = outcome.step {
                blocks.set(*place, status)?;
                notes.push(&change.note);
            }
            transitions.push(Transition::Judged(outcome));
        }
        let (_, head) =
            tokio::try_join!(biased; statements.write(client, &blocks), log.lock(client, &notes))?;
        log.commit(client, head, &notes).await?;
        Ok(transitions)
    })
}

/// The statements that change blocks.
pub(super) struct Statements {
    find: Statement,
    make: Statement,
    lock: Statement,
    change: Statement,
    unmake: Statement,
    count: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        let (find, make, lock, change, unmake, count) = tokio::try_join!(
            client.prepare_cached(FIND_PLACES),
            client.prepare_cached(MAKE),
            client.prepare_cached(LOCK),
            client.prepare_cached(CHANGE),
            client.prepare_cached(UNMAKE),
            client.prepare_cached(ADD_CHANGES)
        )?;
        Ok(Self { find, make, lock, change, unmake, count })
    }

    /// Locks the blocks of documents of the store, and those of `others`, which may come into it by this act.
    pub(super) async fn lock(
        &self,
        client: &Client,
        documents: &[CredentialId],
        others: &[Place],
    ) -> Result<Found, Error> {
        if documents.is_empty() {
            return Ok(Found { places: Vec::new(), made: Vec::new(), locked: Vec::new() });
        }
        let ids: Vec<&[u8]> = documents.iter().map(|id| id.0.as_slice()).collect();
        let lists: Vec<i64> = others.iter().map(|place| column::list(place.shard)).collect();
        let blocks: Vec<i16> = others.iter().map(|place| block_column(*place)).collect();
        // Documents first: whatever is found has its block among those that are made and locked after it.
        let (places, made, locked) = tokio::try_join!(
            biased;
            async { client.query(&self.find, &[&ids]).await },
            async { client.query(&self.make, &[&ids, &lists, &blocks]).await },
            async { client.query(&self.lock, &[&ids, &lists, &blocks]).await },
        )?;
        Ok(Found { places, made, locked })
    }

    /// Writes what was changed, and that it was.
    pub(super) async fn write(&self, client: &Client, blocks: &Blocks) -> Result<(), Error> {
        let changed: Vec<(&BlockKey, &Block)> =
            blocks.changed.iter().filter_map(|key| Some((key, blocks.read.get(key)?))).collect();
        let change = async {
            if changed.is_empty() {
                return Ok(0);
            }
            let lists: Vec<i64> = changed.iter().map(|(key, _)| key.list).collect();
            let numbers: Vec<i16> = changed.iter().map(|(key, _)| key.block).collect();
            let bytes: Vec<&[u8]> = changed.iter().map(|(_, block)| block.as_bytes()).collect();
            client.execute(&self.change, &[&lists, &numbers, &bytes]).await
        };
        let unmake = async {
            let untouched: Vec<&BlockKey> = blocks.made.difference(&blocks.changed).collect();
            if untouched.is_empty() {
                return Ok(0);
            }
            let lists: Vec<i64> = untouched.iter().map(|key| key.list).collect();
            let numbers: Vec<i16> = untouched.iter().map(|key| key.block).collect();
            client.execute(&self.unmake, &[&lists, &numbers]).await
        };
        let count = async {
            let lists: BTreeSet<i64> = changed.iter().map(|(key, _)| key.list).collect();
            if lists.is_empty() {
                return Ok(0);
            }
            let once = vec![1_i64; lists.len()];
            client.execute(&self.count, &[&lists.into_iter().collect::<Vec<_>>(), &once]).await
        };
        tokio::try_join!(biased; change, unmake, count)?;
        Ok(())
    }
}

/// What was found and locked.
pub(super) struct Found {
    places: Vec<Row>,
    made: Vec<Row>,
    locked: Vec<Row>,
}

impl Found {
    pub(super) fn read(&self) -> Result<(BTreeMap<CredentialId, Place>, Blocks), RecordsFault> {
        let mut places = BTreeMap::new();
        for row in &self.places {
            places.insert(column::id(row, column::DOCUMENT)?, column::place(row)?.1);
        }
        let made = self.made.iter().map(BlockKey::of).collect::<Result<_, _>>()?;
        let mut read = BTreeMap::new();
        for row in &self.locked {
            let block = Block::from_bytes(column::read(row, "bytes", BLOCK)?);
            read.insert(BlockKey::of(row)?, block.ok_or(RecordsFault::Damaged { what: BLOCK })?);
        }
        Ok((places, Blocks { read, changed: BTreeSet::new(), made }))
    }
}

/// Of a row, in the order of lists and blocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BlockKey {
    list: i64,
    block: i16,
}

impl BlockKey {
    fn of(row: &Row) -> Result<Self, RecordsFault> {
        Ok(Self { list: column::read(row, "list", BLOCK)?, block: column::read(row, "block", BLOCK)? })
    }

    fn at(place: Place) -> Self {
        Self { list: column::list(place.shard), block: block_column(place) }
    }
}

/// The blocks that an act has locked; each is written once.
#[derive(Default)]
pub(super) struct Blocks {
    read: BTreeMap<BlockKey, Block>,
    changed: BTreeSet<BlockKey>,
    made: BTreeSet<BlockKey>,
}

impl Blocks {
    pub(super) fn status(&self, place: Place) -> Result<Status, Halt> {
        // One that is not there was taken away between being made and being locked: the act looks again.
        Ok(self.read.get(&BlockKey::at(place)).ok_or(Halt::Overtaken)?.status(place.index))
    }

    pub(super) fn set(&mut self, place: Place, status: Status) -> Result<(), Halt> {
        let key = BlockKey::at(place);
        self.read.get_mut(&key).ok_or(Halt::Overtaken)?.set(place.index, status);
        self.changed.insert(key);
        Ok(())
    }
}

pub(super) fn list(database: &Database, shard: Shard) -> Result<StatusList, RecordsFault> {
    database.act(async |client| {
        let list = client.prepare_cached(LIST).await?;
        let mut all = vec![0; LIST_BYTES];
        for row in client.query(&list, &[&column::list(shard)]).await? {
            let (_, block, bytes) = block_of(&row)?;
            let place = all.chunks_exact_mut(BLOCK_BYTES).nth(usize::from(block));
            place.ok_or(RecordsFault::Damaged { what: BLOCK })?.copy_from_slice(&bytes);
        }
        Ok(StatusList::from_bytes(all).map_err(|_| RecordsFault::Damaged { what: BLOCK })?)
    })
}

pub(super) fn versions(database: &Database) -> Result<Vec<(Shard, u64)>, RecordsFault> {
    let what = "the version of a status list";
    database.act(async |client| {
        let versions = client.prepare_cached(VERSIONS).await?;
        let rows = client.query(&versions, &[]).await?;
        let read = |row: &Row| Ok((shard(row, what)?, column::number(row, "version", what)?));
        Ok(rows.iter().map(read).collect::<Result<_, RecordsFault>>()?)
    })
}

/// Of the columns `list`, `block`, `bytes`.
pub(super) fn block_of(row: &Row) -> Result<(Shard, u16, Vec<u8>), RecordsFault> {
    let block = u16::try_from(column::read::<i16>(row, "block", BLOCK)?).ok();
    let block = block.filter(|block| usize::from(*block) < BLOCKS);
    let bytes: &[u8] = column::read(row, "bytes", BLOCK)?;
    match block {
        Some(block) if bytes.len() == BLOCK_BYTES => Ok((shard(row, BLOCK)?, block, bytes.to_vec())),
        _ => Err(RecordsFault::Damaged { what: BLOCK }),
    }
}

fn shard(row: &Row, what: &'static str) -> Result<Shard, RecordsFault> {
    let list = u32::try_from(column::read::<i64>(row, "list", what)?);
    list.map(Shard::numbered).map_err(|_| RecordsFault::Damaged { what })
}

fn block_column(place: Place) -> i16 {
    i16::try_from(block_number(place.index)).unwrap_or(i16::MAX)
}
