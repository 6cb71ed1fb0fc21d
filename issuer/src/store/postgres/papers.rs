//! Papers, each with a version that is compared before it is written.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

use super::super::paper::{CONTENT_BYTES_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite};
use super::super::{PAPERS_MAX, RecordsFault};
use super::column;
use super::database::{Client, Database};
use super::log::Log;
use super::problem::Halt;
use crate::audit::Note;

const LIST: &str = "\
    SELECT kind, id, version, content FROM sanad.papers \
    WHERE kind = $1 AND id >= $2 AND id > $3 AND id < $4 ORDER BY id LIMIT $5";

/// In the order in which every act locks them.
const LOCK: &str = "\
    SELECT paper.kind, paper.id, paper.version \
    FROM unnest($1::text[], $2::text[]) AS asked (kind, id) \
    JOIN sanad.papers AS paper ON paper.kind = asked.kind COLLATE \"C\" AND paper.id = asked.id COLLATE \"C\" \
    ORDER BY paper.kind, paper.id FOR UPDATE OF paper";
const REMOVE: &str = "\
    DELETE FROM sanad.papers AS paper USING unnest($1::text[], $2::text[]) AS gone (kind, id) \
    WHERE paper.kind = gone.kind COLLATE \"C\" AND paper.id = gone.id COLLATE \"C\"";
const CHANGE: &str = "\
    UPDATE sanad.papers AS paper SET version = new.version, content = new.content \
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) AS new (kind, id, version, content) \
    WHERE paper.kind = new.kind COLLATE \"C\" AND paper.id = new.id COLLATE \"C\"";
pub(super) const ADD: &str = "\
    INSERT INTO sanad.papers (kind, id, version, content) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) ON CONFLICT DO NOTHING";

pub(super) fn list(
    database: &Database,
    kind: PaperKind,
    prefix: &str,
    after: Option<&PaperId>,
    limit: usize,
) -> Result<Vec<Paper>, RecordsFault> {
    // No id has such a letter, and PostgreSQL takes no text with it.
    if prefix.contains('\0') {
        return Ok(Vec::new());
    }
    let (behind, after) = (column::behind(prefix), after.map_or("", PaperId::as_str));
    database.act(async |client| {
        let list = client.prepare_cached(LIST).await?;
        let limit = column::rows(limit);
        let asked: [&(dyn ToSql + Sync); 5] = [&kind.word(), &prefix, &after, &behind, &limit];
        let rows = client.query(&list, &asked).await?;
        Ok(rows.iter().map(paper).collect::<Result<_, _>>()?)
    })
}

pub(super) fn write(database: &Database, writes: &[PaperWrite], notes: &[Note]) -> Result<(), RecordsFault> {
    if writes.len() > PAPERS_MAX {
        return Err(RecordsFault::TooMuch { of: "papers", asked: writes.len(), max: PAPERS_MAX });
    }
    let notes: Vec<&Note> = notes.iter().collect();
    database.act(async |client| {
        let (statements, log) = tokio::try_join!(Statements::prepare(client), Log::prepare(client))?;
        let (_, found) =
            tokio::try_join!(biased; client.batch_execute("BEGIN"), statements.lock(client, writes))?;
        let changes = Changes::of(writes, &found)?;
        let (written, head) =
            tokio::try_join!(biased; statements.make(client, &changes), log.lock(client, &notes))?;
        if written != changes.added.keys.len() {
            return Err(Halt::Overtaken);
        }
        log.commit(client, head, &notes).await
    })
}

/// The statements that write papers.
pub(super) struct Statements {
    lock: Statement,
    remove: Statement,
    change: Statement,
    add: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        let (lock, remove, change, add) = tokio::try_join!(
            client.prepare_cached(LOCK),
            client.prepare_cached(REMOVE),
            client.prepare_cached(CHANGE),
            client.prepare_cached(ADD)
        )?;
        Ok(Self { lock, remove, change, add })
    }

    /// Locks those that are there, and says how they stand.
    pub(super) async fn lock(&self, client: &Client, writes: &[PaperWrite]) -> Result<Vec<Row>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        // One that is written twice is locked once.
        let keys: BTreeMap<&PaperKey, ()> = writes.iter().map(|write| (&write.key, ())).collect();
        let (kinds, ids) = columns(keys.into_keys());
        client.query(&self.lock, &[&kinds, &ids]).await
    }

    /// Writes, and answers how many were added: one less than planned where somebody else added the same.
    pub(super) async fn make(&self, client: &Client, changes: &Changes<'_>) -> Result<usize, Error> {
        let remove = async {
            if changes.removed.is_empty() {
                return Ok(0);
            }
            let (kinds, ids) = columns(changes.removed.iter().copied());
            client.execute(&self.remove, &[&kinds, &ids]).await
        };
        let change = changes.changed.execute(client, &self.change);
        let add = changes.added.execute(client, &self.add);
        let (_, _, added) = tokio::try_join!(biased; remove, change, add)?;
        Ok(usize::try_from(added).unwrap_or(usize::MAX))
    }
}

/// What writes come to, one change for each paper.
#[derive(Default)]
pub(super) struct Changes<'a> {
    removed: Vec<&'a PaperKey>,
    changed: Contents<'a>,
    pub(super) added: Contents<'a>,
}

/// Papers as they will stand.
#[derive(Default)]
pub(super) struct Contents<'a> {
    pub(super) keys: Vec<&'a PaperKey>,
    versions: Vec<i64>,
    contents: Vec<&'a [u8]>,
}

/// How a paper stands while writes are followed.
struct Standing<'a> {
    there: Option<u64>,
    now: Option<(u64, Option<&'a [u8]>)>,
}

impl<'a> Changes<'a> {
    /// Follows the writes one after the other, over what was found and locked.
    pub(super) fn of(writes: &'a [PaperWrite], found: &[Row]) -> Result<Self, RecordsFault> {
        let mut versions = BTreeMap::new();
        for row in found {
            versions.insert(key(row)?, column::number(row, "version", PAPER)?);
        }
        let mut papers: BTreeMap<&PaperKey, Standing<'_>> = BTreeMap::new();
        for write in writes {
            let standing = papers.entry(&write.key).or_insert_with(|| {
                let there = versions.get(&write.key).copied();
                Standing { there, now: there.map(|version| (version, None)) }
            });
            let found = standing.now.map(|(version, _)| version);
            if !write.expect.holds(found) {
                return Err(RecordsFault::Overtaken { id: write.key.id.clone() });
            }
            standing.now = match write.content.as_deref() {
                None => None,
                Some(content) if content.len() > CONTENT_BYTES_MAX => {
                    let (asked, max) = (content.len(), CONTENT_BYTES_MAX);
                    return Err(RecordsFault::TooMuch { of: "bytes of a paper", asked, max });
                }
                Some(content) => Some((found.unwrap_or(0).saturating_add(1), Some(content))),
            };
        }
        let mut changes = Self::default();
        for (key, standing) in papers {
            match (standing.there, standing.now) {
                (Some(_), None) => changes.removed.push(key),
                (Some(_), Some((version, Some(content)))) => changes.changed.push(key, version, content),
                (None, Some((version, Some(content)))) => changes.added.push(key, version, content),
                (_, Some((_, None))) | (None, None) => {}
            }
        }
        Ok(changes)
    }
}

impl<'a> Contents<'a> {
    pub(super) fn push(&mut self, key: &'a PaperKey, version: u64, content: &'a [u8]) {
        self.keys.push(key);
        self.versions.push(column::big(version));
        self.contents.push(content);
    }

    pub(super) async fn execute(&self, client: &Client, statement: &Statement) -> Result<u64, Error> {
        if self.keys.is_empty() {
            return Ok(0);
        }
        let (kinds, ids) = columns(self.keys.iter().copied());
        client.execute(statement, &[&kinds, &ids, &self.versions, &self.contents]).await
    }
}

/// Of the columns `kind`, `id`, `version`, `content`.
pub(super) fn paper(row: &Row) -> Result<Paper, RecordsFault> {
    let content: &[u8] = column::read(row, "content", PAPER)?;
    if content.len() > CONTENT_BYTES_MAX {
        return Err(RecordsFault::Damaged { what: PAPER });
    }
    let version = column::number(row, "version", PAPER)?;
    Ok(Paper { key: key(row)?, version, content: content.to_vec() })
}

fn key(row: &Row) -> Result<PaperKey, RecordsFault> {
    let what = "the id of a paper";
    let kind = PaperKind::from_word(column::read(row, "kind", what)?);
    let id = PaperId::new(column::read(row, "id", what)?).ok();
    kind.zip(id).map(|(kind, id)| PaperKey { kind, id }).ok_or(RecordsFault::Damaged { what })
}

fn columns<'a>(keys: impl Iterator<Item = &'a PaperKey>) -> (Vec<&'static str>, Vec<&'a str>) {
    keys.map(|key| (key.kind.word(), key.id.as_str())).unzip()
}

const PAPER: &str = "a paper";
