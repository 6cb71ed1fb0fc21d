//! The desk: where every document of the service is signed and kept.
//!
//! Requests wait in one queue. Each clerk, a thread of its own, takes all that wait (at most 64), signs them, opens them
//! again, and keeps them in one commit: many waiting requests share one fdatasync, one clerk signs while another waits
//! for the disk, and the async runtime does neither. Nobody gets an answer before the document is in the store.
//!
//! Numbers are taken from the store in leases, so that a commit does not wait for a number. What is left of a lease when
//! the process ends is lost: 256 entries of a list of 1,048,576.
//!
//! Refuses orders when the queue is full: a service that takes more than it can do answers nobody in time.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use sanad_credential::{Claims, CredentialId, UnixTime};
use tokio::sync::{mpsc, oneshot};

use crate::audit::{Act, Actor, Note};
use crate::issue::{IssueFault, Issuer, Prepared, Unsignable, batches};
use crate::permutation::Sequence;
use crate::register::Record;
use crate::store::{BATCH_ENTRIES_MAX, Batch, Entry, Finding, Issued, Kept, Partly, RecordsFault, Request};

/// Orders that wait at most: half a second of work for one core.
const QUEUE_MAX: usize = 4_096;

/// Numbers of one lease.
const LEASE: u32 = 256;

/// How often a document whose id was taken is signed again. Two ids meet once in 10^11 documents.
const ATTEMPTS_MAX: u32 = 3;

/// One document that is asked for.
#[derive(Debug)]
pub struct Order {
    /// What it says.
    pub record: Record,
    /// The document whose place it takes.
    pub supersedes: Option<CredentialId>,
    /// The request that it answers.
    pub request: Option<Request>,
    /// Who asks.
    pub who: Actor,
    /// What the log calls it.
    pub act: Act,
    /// What the log says of it.
    pub detail: String,
    /// Time of signing.
    pub now: UnixTime,
}

/// What became of an order. Whatever it is, it is on the disk.
#[derive(Debug)]
pub enum Filled {
    /// The document was signed and kept.
    Signed(Box<Signed>),
    /// It was not, and why; see [`Kept`].
    Not(Kept),
}

/// A document that was signed and kept.
#[derive(Debug)]
pub struct Signed {
    /// The document.
    pub issued: Issued,
    /// What it says.
    pub claims: Claims,
}

/// Why an order was not filled.
#[derive(Debug, thiserror::Error)]
pub enum DeskFault {
    /// The record cannot be signed.
    #[error(transparent)]
    Unsignable(#[from] Unsignable),
    /// Signing or keeping failed; nothing is known to be kept, and the same request may be sent again.
    #[error(transparent)]
    Issue(#[from] Arc<IssueFault>),
    /// Too many orders wait.
    #[error("{QUEUE_MAX} requests are waiting already")]
    Full,
    /// The service is going down.
    #[error("the service is going down")]
    Closed,
}

struct Waiting {
    order: Order,
    reply: oneshot::Sender<Result<Filled, DeskFault>>,
}

/// The way to the clerks.
#[derive(Debug)]
pub struct Desk {
    queue: mpsc::Sender<Waiting>,
    clerks: Mutex<Vec<JoinHandle<()>>>,
}

/// What the clerks share.
struct Room {
    issuer: Arc<Issuer>,
    queue: Mutex<mpsc::Receiver<Waiting>>,
    numbers: Numbers,
}

impl Desk {
    /// Opens the desk, with a clerk for each core and one more, so that there is always one to sign while others wait for
    /// the disk.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn open(issuer: Arc<Issuer>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let room = Arc::new(Room { issuer, queue: Mutex::new(receiver), numbers: Numbers::default() });
        let count = thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_add(1);
        let clerks = (0..count).map(|number| {
            let room = Arc::clone(&room);
            thread::Builder::new().name(format!("clerk-{number}")).spawn(move || room.work())
        });
        Ok(Self { queue: sender, clerks: Mutex::new(clerks.collect::<Result<_, _>>()?) })
    }

    /// Hands in an order and waits for what becomes of it.
    ///
    /// # Errors
    /// [`DeskFault`].
    pub async fn fill(&self, order: Order) -> Result<Filled, DeskFault> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Waiting { order, reply }).map_err(|fault| match fault {
            mpsc::error::TrySendError::Full(_) => DeskFault::Full,
            mpsc::error::TrySendError::Closed(_) => DeskFault::Closed,
        })?;
        answer.await.unwrap_or(Err(DeskFault::Closed))
    }

    /// Waits until the clerks have finished what they took; the desk must have no other owner by then.
    pub fn close(self) {
        let Self { queue, clerks } = self;
        drop(queue);
        for clerk in clerks.into_inner().unwrap_or_else(PoisonError::into_inner) {
            // A clerk that panicked has answered nobody; those that waited for it were told so.
            let _ = clerk.join();
        }
    }
}

impl Room {
    fn work(&self) {
        let mut orders = Vec::with_capacity(BATCH_ENTRIES_MAX);
        loop {
            {
                // Held while waiting: the others wait for the lock instead of the queue.
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(first) = queue.blocking_recv() else { return };
                orders.push(first);
                while orders.len() < BATCH_ENTRIES_MAX {
                    let Ok(next) = queue.try_recv() else { break };
                    orders.push(next);
                }
            }
            metrics::histogram!("sanad_issue_batch_orders").record(as_float(orders.len()));
            self.fill(std::mem::take(&mut orders), ATTEMPTS_MAX);
        }
    }

    /// Fills orders that were taken together; those whose id was taken are filled again.
    fn fill(&self, orders: Vec<Waiting>, attempts_left: u32) {
        let count = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        let numbers = match self.numbers.take(&self.issuer, count) {
            Ok(numbers) => numbers,
            Err(fault) => return refuse_all(orders, IssueFault::Store(fault)),
        };
        let (mut entries, mut prepared) = (Vec::new(), Vec::new());
        let tasks: Vec<_> = orders
            .iter()
            .zip(numbers)
            .map(|(waiting, number)| (&waiting.order.record, Sequence(number), waiting.order.now))
            .collect();
        let documents = self.issuer.prepare_all(tasks);
        for (waiting, document) in orders.into_iter().zip(documents) {
            match entry_of(&waiting.order, document) {
                Ok((entry, claims)) => {
                    entries.push(entry);
                    prepared.push((waiting, claims));
                }
                Err(fault) => waiting.answer(Err(fault)),
            }
        }
        let mut again = Vec::new();
        let mut prepared = prepared.into_iter();
        let mut done = 0_usize;
        for batch in batches(&entries) {
            done = done.saturating_add(batch.len());
            match self.issuer.store.keep(&Batch {
                partly: Partly::Allowed,
                entries: batch,
                papers: &[],
                notes: &[],
            }) {
                Err(fault) => {
                    let orders = prepared.by_ref().take(batch.len()).map(|(waiting, _)| waiting);
                    refuse_all(orders.collect(), IssueFault::Store(fault));
                }
                Ok(kept) => {
                    for ((kept, entry), (waiting, claims)) in
                        kept.into_iter().zip(batch).zip(prepared.by_ref())
                    {
                        match kept {
                            Kept::Kept => {
                                let issued = entry.issued.clone();
                                waiting.answer(Ok(Filled::Signed(Box::new(Signed { issued, claims }))));
                            }
                            Kept::IdTaken if attempts_left > 0 => again.push(waiting),
                            other => waiting.answer(Ok(Filled::Not(other))),
                        }
                    }
                }
            }
        }
        if !again.is_empty() {
            self.fill(again, attempts_left.saturating_sub(1));
        }
    }
}

/// What is kept of an order's document.
fn entry_of(order: &Order, document: Result<Prepared, IssueFault>) -> Result<(Entry, Claims), DeskFault> {
    let Order { supersedes, request, who, act, detail, now, .. } = order;
    let Prepared { issued, claims } = document.map_err(|fault| match fault {
        IssueFault::Changed { problem, .. } => DeskFault::Unsignable(problem),
        other => DeskFault::Issue(Arc::new(other)),
    })?;
    let note =
        Note { at: *now, who: who.clone(), act: *act, on: issued.cti.to_string(), detail: detail.clone() };
    let (finding, note) = (Finding::of(&claims), Some(note));
    let entry = Entry { issued, finding, supersedes: *supersedes, request: request.clone(), note };
    Ok((entry, claims))
}

impl Waiting {
    fn answer(self, answer: Result<Filled, DeskFault>) {
        // Who asked may have gone; what was kept stays, and its request finds it again.
        let _ = self.reply.send(answer);
    }
}

fn refuse_all(orders: Vec<Waiting>, fault: IssueFault) {
    let fault = Arc::new(fault);
    for waiting in orders {
        waiting.answer(Err(DeskFault::Issue(Arc::clone(&fault))));
    }
}

/// Numbers that were reserved and not used.
#[derive(Debug, Default)]
pub struct Numbers(Mutex<Range<u64>>);

impl Numbers {
    /// Takes numbers, and a new lease where the old one has too few.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn take(
        &self,
        issuer: &Issuer,
        count: u32,
    ) -> Result<impl Iterator<Item = u64> + use<>, RecordsFault> {
        let mut lease = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = u64::from(count);
        let left = lease.end.saturating_sub(lease.start);
        let old = lease.start..lease.start.saturating_add(left.min(wanted));
        let missing = wanted.saturating_sub(left);
        let new = if missing == 0 {
            0..0
        } else {
            let reserved = issuer.store.reserve(LEASE.max(count))?;
            let used = reserved.start..reserved.start.saturating_add(missing);
            *lease = used.end..reserved.end;
            used
        };
        if missing == 0 {
            lease.start = old.end;
        }
        Ok(old.chain(new))
    }
}

fn as_float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
