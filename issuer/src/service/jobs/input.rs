//! The input of a job, in pieces: written as it comes in, read as a file would be.
//!
//! Refuses more bytes than the service takes for one job; what was written of it is taken away again.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::{Known, piece_key};
use crate::issue::Issuer;
use crate::store::paper::CONTENT_BYTES_MAX;
use crate::store::{Expect, PAPERS_MAX, PaperId, PaperKind, PaperWrite, RecordsFault, Store};

/// Pieces in one commit, beside the paper of the job.
const PIECES_PER_COMMIT: usize = PAPERS_MAX - 1;

/// Bytes of one commit.
pub const COMMIT_BYTES: usize = PIECES_PER_COMMIT * CONTENT_BYTES_MAX;

/// Takes in the input of a job.
pub struct Inbox {
    job: PaperId,
    buffer: Vec<u8>,
    pieces: u64,
    bytes: u64,
    hash: Sha256,
    bytes_max: u64,
}

/// Why an input was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxFault {
    /// It is too long.
    #[error("more than {max} bytes; cut the register in two")]
    TooLong {
        /// Most bytes of one job.
        max: u64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
}

impl Inbox {
    /// An empty one.
    pub fn new(job: PaperId, bytes_max: u64) -> Self {
        Self { job, buffer: Vec::new(), pieces: 0, bytes: 0, hash: Sha256::new(), bytes_max }
    }

    /// Takes bytes; whole commits are written. Each writes the job's paper too: who sees it change knows that its input
    /// still comes, and where it was removed meanwhile no piece is left behind.
    ///
    /// # Errors
    /// [`InboxFault`].
    pub fn take(&mut self, store: &dyn Store, known: &mut Known, bytes: &[u8]) -> Result<(), InboxFault> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > self.bytes_max {
            return Err(InboxFault::TooLong { max: self.bytes_max });
        }
        self.hash.update(bytes);
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() >= COMMIT_BYTES {
            let rest = self.buffer.split_off(COMMIT_BYTES);
            let full = std::mem::replace(&mut self.buffer, rest);
            self.write(store, known, &full)?;
        }
        Ok(())
    }

    /// Writes what is left, and tells the job how much there is.
    ///
    /// # Errors
    /// [`InboxFault`].
    pub fn finish(mut self, store: &dyn Store, known: &mut Known) -> Result<(), InboxFault> {
        let rest = std::mem::take(&mut self.buffer);
        self.write(store, known, &rest)?;
        known.job.pieces = self.pieces;
        known.job.bytes = self.bytes;
        let digest = self.hash.finalize();
        known.job.sha256 = Some(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        Ok(())
    }

    fn write(&mut self, store: &dyn Store, known: &mut Known, bytes: &[u8]) -> Result<(), RecordsFault> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::with_capacity(PAPERS_MAX);
        for content in bytes.chunks(CONTENT_BYTES_MAX) {
            let key = piece_key(PaperKind::JobInput, &self.job, self.pieces);
            let key = key.ok_or(RecordsFault::Damaged { what: "the id of a job" })?;
            writes.push(PaperWrite { key, expect: Expect::Absent, content: Some(content.to_vec()) });
            self.pieces = self.pieces.saturating_add(1);
        }
        known.job.bytes = self.bytes;
        writes.push(known.write());
        store.write_papers(&writes, &[])?;
        known.version = known.version.saturating_add(1);
        Ok(())
    }
}

/// Names stand in what is buffered.
impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} bytes of job {})", self.bytes, self.job)
    }
}

/// Reads the input of a job.
pub(super) struct Pieces {
    issuer: Arc<Issuer>,
    job: PaperId,
    after: Option<PaperId>,
    left: u64,
    read: std::collections::VecDeque<Vec<u8>>,
    current: Vec<u8>,
    position: usize,
}

/// Pieces read at a time: 256 kB.
const PIECES_PER_READ: usize = 64;

impl Pieces {
    pub(super) fn new(issuer: Arc<Issuer>, known: &Known) -> Self {
        Self {
            issuer,
            job: known.id.clone(),
            after: None,
            left: known.job.pieces,
            read: std::collections::VecDeque::new(),
            current: Vec::new(),
            position: 0,
        }
    }

    /// Loads the next pieces; there must be as many as the job says.
    fn load(&mut self) -> io::Result<()> {
        if self.left == 0 {
            return Ok(());
        }
        let prefix = format!("{}/", self.job);
        let store = &self.issuer.store;
        let found = store.papers(PaperKind::JobInput, &prefix, self.after.as_ref(), PIECES_PER_READ);
        let found = found.map_err(io::Error::other)?;
        let Some(last) = found.last() else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "pieces of the input are missing"));
        };
        self.after = Some(last.key.id.clone());
        self.left = self.left.saturating_sub(u64::try_from(found.len()).unwrap_or(u64::MAX));
        self.read.extend(found.into_iter().map(|paper| paper.content));
        Ok(())
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.position >= self.current.len() {
            if self.read.is_empty() {
                self.load()?;
            }
            let Some(next) = self.read.pop_front() else { return Ok(&[]) };
            self.current = next;
            self.position = 0;
        }
        Ok(self.current.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position = self.position.saturating_add(amount).min(self.current.len());
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
