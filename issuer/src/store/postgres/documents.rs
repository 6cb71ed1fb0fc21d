//! Keeping documents: three round trips for a batch, whatever its size.
//!
//! First everything is read that can stand in the way, and what is superseded is locked; then the entries are judged
//! here, one after the other, each seeing those before it; then all is written at once. Two acts that bring the same
//! record or request at the same time both find nothing; the second then cannot write it, and looks again.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{CredentialId, DelegationId, FixedBytes};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

use super::super::RecordsFault;
use super::super::document::{Batch, Entry, Finding, Issued, Kept, NameForm, Partly, Place, Request};
use super::column::{self, DOCUMENT};
use super::database::{Client, Database};
use super::log::Log;
use super::papers;
use super::problem::Halt;
use super::status::{self, Blocks};
use crate::audit::Note;
use crate::transition::{Change, Step};

const NEXT: &str = "SELECT next FROM sanad.issuer";

/// Whatever has the record, the id or the number of a new document.
const FIND_LIKE: &str = "\
    SELECT number, id, digest FROM sanad.documents WHERE digest = ANY ($1) \
    UNION ALL SELECT number, id, digest FROM sanad.documents WHERE id = ANY ($2) \
    UNION ALL SELECT number, id, digest FROM sanad.documents WHERE number = ANY ($3)";
const FIND_REQUESTS: &str = "\
    SELECT asked.place, request.body, request.id \
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (client, key, place) \
    JOIN sanad.requests AS request \
        ON request.client = asked.client COLLATE \"C\" AND request.key = asked.key COLLATE \"C\"";
pub(super) const ADD_DOCUMENTS: &str = "\
    INSERT INTO sanad.documents (number, id, entry, digest, document, member_number, name, delegation) \
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::integer[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], \
        $8::text[]) ON CONFLICT DO NOTHING";
pub(super) const ADD_REQUESTS: &str = "\
    INSERT INTO sanad.requests (client, key, body, id) \
    SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING";

pub(super) fn keep(database: &Database, batch: &Batch<'_>) -> Result<Vec<Kept>, RecordsFault> {
    batch.within_limits()?;
    let asked = Asked::of(batch);
    database.act(async |client| {
        let (statements, papers, status, log) = tokio::try_join!(
            Statements::prepare(client),
            papers::Statements::prepare(client),
            status::Statements::prepare(client),
            Log::prepare(client)
        )?;
        let (_, found_papers, next, like, requests, superseded) = tokio::try_join!(
            biased;
            client.batch_execute("BEGIN"),
            papers.lock(client, batch.papers),
            client.query_one(&statements.next, &[]),
            async { client.query(&statements.find_like, &[&asked.digests, &asked.ids, &asked.numbers]).await },
            statements.find_requests(client, &asked),
            status.lock(client, &asked.superseded, &asked.superseded_here),
        )?;
        let paper_changes = papers::Changes::of(batch.papers, &found_papers)?;
        let next = column::number(&next, "next", "the number of the next document")?;
        let (places, blocks) = superseded.read()?;
        let mut judge = Judge { next, places, blocks, ..Judge::of(&like, &requests, &asked)? };
        let mut kept = Vec::with_capacity(batch.entries.len());
        let (mut documents, mut answered) = (Documents::default(), Requests::default());
        let mut notes: Vec<&Note> = Vec::with_capacity(batch.entries.len());
        for entry in batch.entries {
            let outcome = judge.entry(entry)?;
            if outcome == Kept::Kept {
                documents.push(&entry.issued, &entry.finding);
                if let Some(request) = &entry.request {
                    answered.push(request, &entry.issued.cti);
                }
                notes.extend(&entry.note);
            }
            kept.push(outcome);
        }
        if batch.partly == Partly::Refused && kept.iter().any(|kept| *kept != Kept::Kept) {
            return Err(Halt::Refuse(RecordsFault::NotKept { kept }));
        }
        notes.extend(batch.notes);
        let (papers_added, requests_added, documents_added, _, head) = tokio::try_join!(
            biased;
            papers.make(client, &paper_changes),
            answered.add(client, &statements.add_requests),
            documents.add(client, &statements.add_documents),
            status.write(client, &judge.blocks),
            log.lock(client, &notes),
        )?;
        let all = papers_added == paper_changes.added.keys.len()
            && requests_added == answered.clients.len()
            && documents_added == documents.numbers.len();
        if !all {
            return Err(Halt::Overtaken);
        }
        log.commit(client, head, &notes).await?;
        Ok(kept)
    })
}

struct Statements {
    next: Statement,
    find_like: Statement,
    find_requests: Statement,
    add_documents: Statement,
    add_requests: Statement,
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Self, Error> {
        let (next, find_like, find_requests, add_documents, add_requests) = tokio::try_join!(
            client.prepare_cached(NEXT),
            client.prepare_cached(FIND_LIKE),
            client.prepare_cached(FIND_REQUESTS),
            client.prepare_cached(ADD_DOCUMENTS),
            client.prepare_cached(ADD_REQUESTS)
        )?;
        Ok(Self { next, find_like, find_requests, add_documents, add_requests })
    }

    async fn find_requests(&self, client: &Client, asked: &Asked<'_>) -> Result<Vec<Row>, Error> {
        if asked.clients.is_empty() {
            return Ok(Vec::new());
        }
        client.query(&self.find_requests, &[&asked.clients, &asked.keys]).await
    }
}

/// What has to be looked for.
struct Asked<'a> {
    digests: Vec<&'a [u8]>,
    ids: Vec<&'a [u8]>,
    numbers: Vec<i64>,
    clients: Vec<&'a str>,
    keys: Vec<&'a str>,
    superseded: Vec<CredentialId>,
    /// Places of documents of this batch that others of it supersede.
    superseded_here: Vec<Place>,
}

impl<'a> Asked<'a> {
    fn of(batch: &Batch<'a>) -> Self {
        let entries = batch.entries;
        let requests = || entries.iter().filter_map(|entry| entry.request.as_ref());
        let superseded: BTreeSet<CredentialId> =
            entries.iter().filter_map(|entry| entry.supersedes).collect();
        let here =
            entries.iter().map(|entry| &entry.issued).filter(|issued| superseded.contains(&issued.cti));
        Self {
            digests: entries.iter().map(|entry| entry.issued.digest.0.as_slice()).collect(),
            ids: entries.iter().map(|entry| entry.issued.cti.0.as_slice()).collect(),
            numbers: entries.iter().map(|entry| column::big(entry.issued.sequence.0)).collect(),
            clients: requests().map(|request| request.client.as_str()).collect(),
            keys: requests().map(|request| request.key.as_str()).collect(),
            superseded_here: here.map(|issued| issued.place).collect(),
            superseded: superseded.into_iter().collect(),
        }
    }
}

/// What the store has, and what the entries so far add to it.
#[derive(Default)]
struct Judge<'a> {
    next: u64,
    requests: BTreeMap<(&'a str, &'a str), ([u8; 32], CredentialId)>,
    records: BTreeMap<[u8; 32], CredentialId>,
    ids: BTreeSet<CredentialId>,
    numbers: BTreeSet<u64>,
    places: BTreeMap<CredentialId, Place>,
    blocks: Blocks,
}

impl<'a> Judge<'a> {
    fn of(like: &[Row], requests: &[Row], asked: &Asked<'a>) -> Result<Self, RecordsFault> {
        let mut judge = Self::default();
        for row in like {
            let id = column::id(row, DOCUMENT)?;
            judge.records.insert(column::fixed(row, "digest", DOCUMENT)?, id);
            judge.ids.insert(id);
            judge.numbers.insert(column::number(row, "number", "the number of a document")?);
        }
        for row in requests {
            let what = "a request";
            let place = usize::try_from(column::read::<i64>(row, "place", what)?).ok();
            let place = place.and_then(|place| place.checked_sub(1));
            let asked = place.and_then(|place| Some((*asked.clients.get(place)?, *asked.keys.get(place)?)));
            let answer = (column::fixed(row, "body", what)?, column::id(row, what)?);
            judge.requests.insert(asked.ok_or(RecordsFault::Damaged { what })?, answer);
        }
        Ok(judge)
    }

    /// What becomes of an entry; where it is kept, those after it see it.
    fn entry(&mut self, entry: &'a Entry) -> Result<Kept, Halt> {
        let issued = &entry.issued;
        let number = issued.sequence.0;
        if number >= self.next {
            return Err(RecordsFault::NotReserved { number, next: self.next }.into());
        }
        let request = entry
            .request
            .as_ref()
            .map(|request| ((request.client.as_str(), request.key.as_str()), request.body));
        if let Some((key, body)) = request
            && let Some((known, cti)) = self.requests.get(&key)
        {
            let cti = *cti;
            return Ok(if *known == body { Kept::SameRequest { cti } } else { Kept::OtherRequest { cti } });
        }
        if let Some(cti) = self.records.get(&issued.digest.0) {
            return Ok(Kept::SameRecord { cti: *cti });
        }
        if self.ids.contains(&issued.cti) {
            return Ok(Kept::IdTaken);
        }
        if self.numbers.contains(&number) {
            return Err(RecordsFault::Damaged { what: "a number that was given twice" }.into());
        }
        if let Some(old) = entry.supersedes {
            let Some(place) = self.places.get(&old).copied() else { return Ok(Kept::NothingToSupersede) };
            let outcome = Change::Supersede.from(self.blocks.status(place)?);
            let Step::To(status) = outcome.step else {
                return Ok(Kept::CannotSupersede { from: outcome.from });
            };
            self.blocks.set(place, status)?;
        }
        self.numbers.insert(number);
        self.ids.insert(issued.cti);
        self.records.insert(issued.digest.0, issued.cti);
        self.places.insert(issued.cti, issued.place);
        if let Some((key, body)) = request {
            self.requests.insert(key, (body, issued.cti));
        }
        Ok(Kept::Kept)
    }
}

/// New rows of documents, by columns.
#[derive(Default)]
pub(super) struct Documents<'a> {
    pub(super) numbers: Vec<i64>,
    ids: Vec<&'a [u8]>,
    entries: Vec<i32>,
    digests: Vec<&'a [u8]>,
    documents: Vec<&'a [u8]>,
    member_numbers: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    delegations: Vec<Option<&'a str>>,
}

impl<'a> Documents<'a> {
    pub(super) fn push(&mut self, issued: &'a Issued, finding: &'a Finding) {
        self.numbers.push(column::big(issued.sequence.0));
        self.ids.push(&issued.cti.0);
        self.entries.push(column::entry(issued.place));
        self.digests.push(&issued.digest.0);
        self.documents.push(&issued.document);
        self.member_numbers.push(finding.number.as_deref());
        self.names.push(finding.name.as_ref().map(NameForm::as_str));
        self.delegations.push(finding.delegation.as_ref().map(DelegationId::as_str));
    }

    /// How many were added; fewer than there are where somebody else has added one of them.
    pub(super) async fn add(&self, client: &Client, statement: &Statement) -> Result<usize, Error> {
        let columns: [&(dyn ToSql + Sync); 8] = [
            &self.numbers,
            &self.ids,
            &self.entries,
            &self.digests,
            &self.documents,
            &self.member_numbers,
            &self.names,
            &self.delegations,
        ];
        add(client, statement, self.numbers.len(), &columns).await
    }
}

/// New rows of requests, by columns.
#[derive(Default)]
pub(super) struct Requests<'a> {
    pub(super) clients: Vec<&'a str>,
    keys: Vec<&'a str>,
    bodies: Vec<&'a [u8]>,
    ids: Vec<&'a [u8]>,
}

impl<'a> Requests<'a> {
    pub(super) fn push(&mut self, request: &'a Request, cti: &'a FixedBytes<8>) {
        self.clients.push(request.client.as_str());
        self.keys.push(request.key.as_str());
        self.bodies.push(&request.body);
        self.ids.push(&cti.0);
    }

    /// As for [`Documents::add`].
    pub(super) async fn add(&self, client: &Client, statement: &Statement) -> Result<usize, Error> {
        let columns: [&(dyn ToSql + Sync); 4] = [&self.clients, &self.keys, &self.bodies, &self.ids];
        add(client, statement, self.clients.len(), &columns).await
    }
}

async fn add(
    client: &Client,
    statement: &Statement,
    rows: usize,
    columns: &[&(dyn ToSql + Sync)],
) -> Result<usize, Error> {
    if rows == 0 {
        return Ok(0);
    }
    Ok(usize::try_from(client.execute(statement, columns).await?).unwrap_or(usize::MAX))
}
