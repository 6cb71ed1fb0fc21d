//! Whether what an export says is true: every row is asked before the first one counts.

use std::thread;

use sanad_credential::{Claims, Sealed};
use sanad_trust::{IssuerRecord, Opened, Rejection};

use super::form::Header;
use super::reader::{ExportReader, Numbered};
use super::{Counts, Problem, Progress, Source, Stage, TransferFault};
use crate::audit::Head;
use crate::permutation::{Permutation, Sequence};
use crate::store::Issued;
use crate::store::document::Row;

/// Rows that are checked together, on all cores.
const BATCH: usize = 1_024;

/// What rows are held against.
#[derive(Clone, Copy)]
pub struct Checks<'c> {
    /// The issuer's own record.
    pub record: &'c IssuerRecord,
    /// Under its own key.
    pub permutation: &'c Permutation,
}

/// A file that was read to its end and holds nothing untrue.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The first line.
    pub header: Header,
    /// The first number that was never reserved.
    pub next: Sequence,
    /// Rows of each kind.
    pub counts: Counts,
    /// Documents that a verifier would refuse today, although they are this issuer's: their key was marked as
    /// compromised or its days cut, or the record was made narrower.
    pub refused_today: u64,
    /// As the last line says.
    pub sha256: [u8; 32],
    pub(super) rows_hash: [u8; 32],
}

/// Reads an export to its end and checks every row.
///
/// # Errors
/// [`TransferFault::Line`] names the first line that does not hold.
pub fn verify(
    source: &Source<'_>,
    checks: Checks<'_>,
    progress: Progress<'_>,
) -> Result<Verified, TransferFault> {
    let mut reader = source.reader()?;
    if reader.header().iss != *checks.record.iss() {
        let (found, wanted) = (reader.header().iss.clone(), checks.record.iss().clone());
        return Err(reader.fault_at(1, Problem::OtherIssuer { found, wanted }));
    }
    let mut checking = Checking { checks, next: Sequence(0), head: Head::EMPTY, refused_today: 0 };
    let mut rows = Vec::with_capacity(BATCH);
    loop {
        let next = reader.next_row()?;
        let is_end = next.is_none();
        rows.extend(next);
        if is_end || rows.len() >= BATCH {
            checking.rows(&reader, &rows)?;
            rows.clear();
            progress(Stage::Verify, reader.counts().rows());
        }
        if is_end {
            break;
        }
    }
    // It is there: the reader came to the end.
    let trailer = reader.trailer().ok_or_else(|| TransferFault::Changed { path: source.path.clone() })?;
    if trailer.head != checking.head.hash {
        let problem = Problem::Head { found: checking.head.hash, wanted: trailer.head };
        return Err(reader.fault_at(trailer.counts.rows().saturating_add(2), problem));
    }
    Ok(Verified {
        header: reader.header().clone(),
        next: checking.next,
        counts: trailer.counts,
        refused_today: checking.refused_today,
        sha256: trailer.sha256,
        rows_hash: reader.rows_hash(),
    })
}

/// Of a part of a batch: how many documents a verifier would refuse, or the first that is untrue, with its line.
type Answer = Result<u64, (u64, Problem)>;

struct Checking<'c> {
    checks: Checks<'c>,
    next: Sequence,
    head: Head,
    refused_today: u64,
}

impl Checking<'_> {
    fn rows(&mut self, reader: &ExportReader<'_>, rows: &[Numbered]) -> Result<(), TransferFault> {
        // The first row says what is reserved.
        if let Some(Numbered { row: Row::Meta { next }, .. }) = rows.first() {
            self.next = *next;
        }
        // Documents come before what else is checked, so that the first line at fault is the one that is named.
        for answer in self.documents(rows)? {
            let refused = answer.map_err(|(line, problem)| reader.fault_at(line, problem))?;
            self.refused_today = self.refused_today.saturating_add(refused);
        }
        for Numbered { line, row } in rows {
            self.row(row).map_err(|problem| reader.fault_at(*line, problem))?;
        }
        Ok(())
    }

    /// Documents on all cores; answers in their order.
    fn documents(&self, rows: &[Numbered]) -> Result<Vec<Answer>, TransferFault> {
        let (checks, next) = (self.checks, self.next);
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = rows.len().div_ceil(threads).max(1);
        thread::scope(|scope| {
            let part = |rows: &[Numbered]| {
                let mut refused = 0_u64;
                for Numbered { line, row } in rows {
                    if let Row::Document(issued, _) = row {
                        match document(issued, checks, next) {
                            Ok(Standing::Accepted) => {}
                            Ok(Standing::RefusedToday) => refused = refused.saturating_add(1),
                            Err(problem) => return Err((*line, problem)),
                        }
                    }
                }
                Ok(refused)
            };
            let workers: Vec<_> = rows.chunks(share).map(|rows| scope.spawn(move || part(rows))).collect();
            let answers = workers.into_iter().map(|worker| worker.join().map_err(|_| TransferFault::Worker));
            answers.collect()
        })
    }

    /// Everything but documents.
    fn row(&mut self, row: &Row) -> Result<(), Problem> {
        match row {
            Row::Line { text, .. } => {
                self.head = self.head.follow(text).map_err(Problem::Log)?;
                Ok(())
            }
            Row::Block { shard, .. } => {
                let first = shard.first().0;
                if first < self.next.0 {
                    return Ok(());
                }
                Err(Problem::NotReserved { number: first, next: self.next.0 })
            }
            Row::Meta { .. } | Row::Document(..) | Row::Request(..) | Row::Paper(_) => Ok(()),
        }
    }
}

enum Standing {
    Accepted,
    RefusedToday,
}

fn document(issued: &Issued, checks: Checks<'_>, next: Sequence) -> Result<Standing, Problem> {
    let (number, record) = (issued.sequence.0, checks.record);
    if issued.sequence >= next {
        return Err(Problem::NotReserved { number, next: next.0 });
    }
    let sealed =
        Sealed::parse(&issued.document).map_err(|fault| Problem::Document(Rejection::Malformed(fault)))?;
    let standing = match sanad_trust::open(&sealed, record) {
        Ok(Opened::Entitlement(claims)) => {
            compare(issued, &claims, record)?;
            Standing::Accepted
        }
        // Signed by a key of this issuer, which is what a store has to show. That nobody accepts it any more is no
        // reason to lose it: its status is still published.
        Err(Rejection::KeyCompromised { .. } | Rejection::KeyOutOfDate { .. } | Rejection::OutOfScope(_)) => {
            let claims = sealed
                .unverified_entitlement()
                .map_err(|fault| Problem::Document(Rejection::Malformed(fault)))?;
            compare(issued, claims.look(), record)?;
            Standing::RefusedToday
        }
        Ok(Opened::StatusList(_)) => return Err(Problem::NotTheDocuments { member: "row" }),
        Err(rejection) => return Err(Problem::Document(rejection)),
    };
    let place = checks.permutation.place(issued.sequence).map_err(|_| Problem::Place { number })?;
    if place != (issued.place.shard, issued.place.index) {
        return Err(Problem::Place { number });
    }
    Ok(standing)
}

/// Whether a row says what its document says.
fn compare(issued: &Issued, claims: &Claims, record: &IssuerRecord) -> Result<(), Problem> {
    let differs = |member| Problem::NotTheDocuments { member };
    if claims.cti != issued.cti {
        return Err(differs("cti"));
    }
    let status = claims.status.as_ref().ok_or(differs("index"))?;
    if status.index.value() != issued.place.index.number() {
        return Err(differs("index"));
    }
    let uri = record.members().status.uri(issued.place.shard.number());
    if uri.ok().as_ref() != Some(&status.uri) {
        return Err(differs("number"));
    }
    Ok(())
}
