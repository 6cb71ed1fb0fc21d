//! All rows in a fixed order, and their way back.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Row as DatabaseRow, Statement};

use super::super::RecordsFault;
use super::super::document::{Finding, IdempotencyKey, Request, Row, RowKey};
use super::super::paper::{CONTENT_BYTES_MAX, PaperKey};
use super::column::{self, BLOCK, DOCUMENT};
use super::database::{COMMIT, Client, Database};
use super::documents::{ADD_DOCUMENTS, ADD_REQUESTS, Documents, Requests};
use super::log::{self, Log};
use super::papers::{Contents, paper};
use super::problem::Halt;
use super::status::{ADD_CHANGES, block_of};
use crate::audit::Actor;
use crate::durable::MAX_COMMIT_BYTES;
use crate::permutation::Sequence;
use crate::status_bits::{BLOCK_BYTES, BLOCKS as BLOCKS_OF_LIST};

const NEXT: &str = "SELECT next FROM sanad.issuer";
const DOCUMENTS: &str = "\
    SELECT number, id, entry, digest, document FROM sanad.documents WHERE number > $1 ORDER BY number LIMIT $2";
const REQUESTS: &str = "\
    SELECT client, key, body, id FROM sanad.requests WHERE (client, key) > ($1, $2) ORDER BY client, key LIMIT $3";
const BLOCKS: &str = "\
    SELECT list, block, bytes FROM sanad.status_blocks WHERE (list, block) > ($1, $2) ORDER BY list, block LIMIT $3";
const PAPERS: &str = "\
    SELECT kind, id, version, content FROM sanad.papers WHERE (kind, id) > ($1, $2) ORDER BY kind, id LIMIT $3";
const LINES: &str = "SELECT n, line FROM sanad.log WHERE n > $1 ORDER BY n LIMIT $2";

const SET_NEXT: &str = "UPDATE sanad.issuer SET next = $1";
const ADD_PAPERS: &str = super::papers::ADD;
const ADD_BLOCKS: &str = "\
    INSERT INTO sanad.status_blocks (list, block, bytes) \
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) ON CONFLICT DO NOTHING";
const LOCK_HEAD: &str = "SELECT lines, hash FROM sanad.log_head FOR UPDATE";
const COUNT_DOCUMENTS: &str = "SELECT count(*) FROM (SELECT 1 FROM sanad.documents LIMIT 1000) AS documents";

/// The tables in the order of [`RowKey`].
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

    fn of(key: &RowKey) -> Self {
        match key {
            RowKey::Meta | RowKey::Document(_) => Part::Documents,
            RowKey::Request(..) => Part::Requests,
            RowKey::Block(..) => Part::Blocks,
            RowKey::Paper(_) => Part::Papers,
            RowKey::Line(_) => Part::Log,
        }
    }

    /// Rows of the part behind `after`, where that is one of it; else from its start.
    async fn rows(
        self,
        client: &Client,
        after: Option<&RowKey>,
        limit: i64,
    ) -> Result<Vec<DatabaseRow>, Halt> {
        let ask = async |statement, values: &[&(dyn ToSql + Sync)]| {
            let statement: Statement = client.prepare_cached(statement).await?;
            Ok::<_, Halt>(client.query(&statement, values).await?)
        };
        match (self, after) {
            (Part::Documents, Some(RowKey::Document(Sequence(number)))) => {
                ask(DOCUMENTS, &[&column::big(*number), &limit]).await
            }
            (Part::Documents, _) => ask(DOCUMENTS, &[&-1_i64, &limit]).await,
            (Part::Requests, Some(RowKey::Request(by, key))) => ask(REQUESTS, &[&by, &key, &limit]).await,
            (Part::Requests, _) => ask(REQUESTS, &[&"", &"", &limit]).await,
            (Part::Blocks, Some(RowKey::Block(shard, block))) => {
                let block = i16::try_from(*block).unwrap_or(i16::MAX);
                ask(BLOCKS, &[&column::list(*shard), &block, &limit]).await
            }
            (Part::Blocks, _) => ask(BLOCKS, &[&-1_i64, &-1_i16, &limit]).await,
            (Part::Papers, Some(RowKey::Paper(PaperKey { kind, id }))) => {
                ask(PAPERS, &[&kind.word(), &id.as_str(), &limit]).await
            }
            (Part::Papers, _) => ask(PAPERS, &[&"", &"", &limit]).await,
            (Part::Log, Some(RowKey::Line(n))) => ask(LINES, &[&column::big(*n), &limit]).await,
            (Part::Log, _) => ask(LINES, &[&-1_i64, &limit]).await,
        }
    }

    fn row(self, row: &DatabaseRow) -> Result<Row, RecordsFault> {
        let damaged = |what| RecordsFault::Damaged { what };
        match self {
            Part::Documents => {
                let issued = column::issued(row)?;
                let finding = Finding::of_document(&issued.document).ok_or(damaged(DOCUMENT))?;
                Ok(Row::Document(Box::new(issued), finding))
            }
            Part::Requests => {
                let what = "a request";
                let client = Actor::new(column::read(row, "client", what)?).map_err(|_| damaged(what))?;
                let key = IdempotencyKey::new(column::read(row, "key", what)?).map_err(|_| damaged(what))?;
                let body = column::fixed(row, "body", what)?;
                Ok(Row::Request(Request { client, key, body }, column::id(row, what)?))
            }
            Part::Blocks => {
                let (shard, block, bytes) = block_of(row)?;
                // Changes are counted by lists: one for each block makes them new to whoever publishes.
                Ok(Row::Block { shard, block, bytes, version: 1 })
            }
            Part::Papers => Ok(Row::Paper(paper(row)?)),
            Part::Log => {
                let what = "a line of the audit log";
                Ok(Row::Line { n: column::number(row, "n", what)?, text: column::read(row, "line", what)? })
            }
        }
    }
}

pub(super) fn dump(
    database: &Database,
    after: Option<&RowKey>,
    limit: usize,
) -> Result<Vec<Row>, RecordsFault> {
    database.act(async |client| {
        let mut rows = Vec::new();
        if after.is_none() && limit > 0 {
            let next = client.prepare_cached(NEXT).await?;
            let next = client.query_one(&next, &[]).await?;
            let next = column::number(&next, "next", "the number of the next document")?;
            rows.push(Row::Meta { next: Sequence(next) });
        }
        let first = after.map_or(Part::Documents, Part::of);
        for part in Part::ALL.into_iter().filter(|part| *part >= first) {
            let room = limit.saturating_sub(rows.len());
            if room == 0 {
                break;
            }
            for row in part.rows(client, after, column::rows(room)).await? {
                rows.push(part.row(&row)?);
            }
        }
        Ok(rows)
    })
}

/// Takes rows as they are. One that is there already is not written over: then nothing is.
pub(super) fn load(database: &Database, rows: &[Row]) -> Result<(), RecordsFault> {
    let loaded = Loaded::of(rows)?;
    database.act(async |client| {
        let log = Log::prepare(client).await?;
        let (next, documents, requests, papers, blocks, changes, head) = tokio::try_join!(
            client.prepare_cached(SET_NEXT),
            client.prepare_cached(ADD_DOCUMENTS),
            client.prepare_cached(ADD_REQUESTS),
            client.prepare_cached(ADD_PAPERS),
            client.prepare_cached(ADD_BLOCKS),
            client.prepare_cached(ADD_CHANGES),
            client.prepare_cached(LOCK_HEAD)
        )?;
        let set_next = async {
            match loaded.next {
                None => Ok(0),
                Some(number) => client.execute(&next, &[&number]).await,
            }
        };
        let add_blocks = async {
            if loaded.lists.is_empty() {
                return Ok(0);
            }
            let (added, _) = tokio::try_join!(
                biased;
                async { client.execute(&blocks, &[&loaded.lists, &loaded.blocks, &loaded.bytes]).await },
                async { client.execute(&changes, &[&loaded.lists, &loaded.versions]).await },
            )?;
            Ok(usize::try_from(added).unwrap_or(usize::MAX))
        };
        let (_, _, documents, requests, papers, blocks, head) = tokio::try_join!(
            biased;
            client.batch_execute("BEGIN"),
            set_next,
            loaded.documents.add(client, &documents),
            loaded.requests.add(client, &requests),
            loaded.papers.execute(client, &papers),
            add_blocks,
            client.query_opt(&head, &[]),
        )?;
        let all = documents == loaded.documents.numbers.len()
            && requests == loaded.requests.clients.len()
            && usize::try_from(papers).ok() == Some(loaded.papers.keys.len())
            && blocks == loaded.lists.len();
        if !all {
            return Err(Halt::Refuse(not_empty(client).await?));
        }
        let mut head = log::head(&head.ok_or(RecordsFault::Damaged { what: "the head of the audit log" })?)?;
        let (mut numbers, mut lines) = (Vec::new(), Vec::new());
        for (n, line) in &loaded.lines {
            let next = head.follow(line).ok().filter(|_| *n == head.lines);
            numbers.push(column::big(*n));
            lines.push((*line).to_owned());
            head = next.ok_or(RecordsFault::Damaged { what: "the audit log" })?;
        }
        log.put(client, &numbers, &lines, head, COMMIT).await
    })
}

/// How full the store was before.
async fn not_empty(client: &Client) -> Result<RecordsFault, Halt> {
    client.batch_execute("ROLLBACK").await?;
    let row = client.query_one(COUNT_DOCUMENTS, &[]).await?;
    let documents = u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or(0);
    Ok(RecordsFault::NotEmpty { documents })
}

/// Rows by their tables.
#[derive(Default)]
struct Loaded<'a> {
    next: Option<i64>,
    documents: Documents<'a>,
    requests: Requests<'a>,
    papers: Contents<'a>,
    lists: Vec<i64>,
    versions: Vec<i64>,
    blocks: Vec<i16>,
    bytes: Vec<&'a [u8]>,
    lines: Vec<(u64, &'a str)>,
}

impl<'a> Loaded<'a> {
    fn of(rows: &'a [Row]) -> Result<Self, RecordsFault> {
        let (mut loaded, mut weight) = (Self::default(), 0_usize);
        for row in rows {
            let bytes = match row {
                Row::Meta { next } => {
                    loaded.next = Some(column::big(next.0));
                    0
                }
                Row::Document(issued, finding) => {
                    loaded.documents.push(issued, finding);
                    issued.document.len()
                }
                Row::Request(request, cti) => {
                    loaded.requests.push(request, cti);
                    request.key.as_str().len()
                }
                Row::Block { shard, block, bytes, version } => {
                    if bytes.len() != BLOCK_BYTES || usize::from(*block) >= BLOCKS_OF_LIST {
                        return Err(RecordsFault::Damaged { what: BLOCK });
                    }
                    loaded.lists.push(column::list(*shard));
                    loaded.versions.push(column::big((*version).max(1)));
                    loaded.blocks.push(i16::try_from(*block).unwrap_or(i16::MAX));
                    loaded.bytes.push(bytes);
                    bytes.len()
                }
                Row::Paper(paper) => {
                    let (asked, max) = (paper.content.len(), CONTENT_BYTES_MAX);
                    if asked > max {
                        return Err(RecordsFault::TooMuch { of: "bytes of a paper", asked, max });
                    }
                    loaded.papers.push(&paper.key, paper.version, &paper.content);
                    asked
                }
                Row::Line { n, text } => {
                    loaded.lines.push((*n, text));
                    text.len()
                }
            };
            weight = weight.saturating_add(bytes);
        }
        if weight > MAX_COMMIT_BYTES {
            return Err(RecordsFault::TooMuch { of: "bytes of rows", asked: weight, max: MAX_COMMIT_BYTES });
        }
        Ok(loaded)
    }
}
