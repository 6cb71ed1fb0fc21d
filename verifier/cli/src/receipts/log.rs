//! The receipts that this device signed, in the order in which it signed them.
//!
//! Append-only files `receipts/00000001.log`, each of a first line and frames. A frame is the length of its body in two
//! bytes, eight bytes of SHA-256 over length and body, then the body: one byte 0 and a receipt, or one byte 1, the id of
//! the receipt that this one settles, and a receipt. A receipt is acknowledged when its frame is on the disk
//! (`fdatasync`); nothing is shown or printed before.
//!
//! A kill or a power cut can leave a last frame that nobody acknowledged. It is cut off at the next opening and kept
//! beside the log; a whole frame that was not acknowledged stays. Anything else that does not read is damage and
//! refused with its place: a log is never mended by forgetting. One process at a time appends; whoever only reads needs
//! no lock and passes over a frame that is being written.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sanad_credential::{
    CredentialId, DocumentHash, Fault, FixedBytes, KeyId, OWN_BYTES_MAX, Receipt, Sealed, Typ, Unit, What,
};
use sanad_trust::client::sha256;

use crate::state::State;
use crate::trust_state::{read_bounded, write_whole};

/// Name of the directory in that of the state.
const DIRECTORY: &str = "receipts";

/// What every file starts with; the last character is the version of this format.
const FIRST_LINE: &[u8; 16] = b"SANAD RECEIPTS 1";

/// Two bytes of length, eight of the checksum.
const HEAD_BYTES: usize = 10;

/// The byte that says what the body is, and the id of a settled receipt.
const BODY_BYTES_MAX: usize = OWN_BYTES_MAX + 9;

const FRAME_BYTES_MAX: usize = HEAD_BYTES + BODY_BYTES_MAX;

/// Where a new file begins: about 20,000 receipts, so that opening the log stays quick.
const SEGMENT_BYTES_MAX: usize = 8 << 20;

/// Most files, about 20 million receipts.
const SEGMENTS_MAX: usize = 1_024;

/// The smallest unit that a disk writes whole.
const SECTOR_BYTES: usize = 512;

/// How long an answer waits for another one that is being signed.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// The log of this device, for the one process that appends to it.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    segment: u64,
    file: File,
    bytes: usize,
    heads: BTreeMap<KeyId, Option<DocumentHash>>,
    cut: Option<Cut>,
    health: Health,
    #[expect(dead_code, reason = "held for as long as it lives")]
    lock: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// What is on the disk is not known; the next opening finds out.
    Unknown,
}

/// A frame that nobody acknowledged and that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where its bytes are kept.
    pub kept: PathBuf,
    /// How many there are.
    pub bytes: usize,
}

/// A receipt in the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'l> {
    /// Position in the log, from 1.
    pub number: u64,
    /// The receipt that this one settles.
    pub resolves: Option<CredentialId>,
    /// The COSE_Sign1.
    pub document: &'l [u8],
}

/// Why the log was not read or written. Nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process appends.
    #[error("{}: another program is signing a receipt for {seconds} seconds already", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// A file of the log does not read.
    #[error(
        "{}: damaged at byte {at}; receipts before it read, nothing was changed. Restore the file from a copy, or move \
         the directory away and keep it: a new log then starts a new chain",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: usize,
    },
    /// A file is missing between others.
    #[error("{}: it is missing, though later files of the log are there", path.display())]
    Gap {
        /// The file.
        path: PathBuf,
    },
    /// The log is as large as it may be.
    #[error("{}: the log has {files} files, which is the limit; export it and move it away", path.display())]
    Full {
        /// The directory.
        path: PathBuf,
        /// Files found.
        files: usize,
    },
    /// A document that is no receipt.
    #[error("only receipts stand in the log, not {found}")]
    NoReceipt {
        /// Its type.
        found: Typ,
    },
    /// A receipt that does not read.
    #[error("receipt {number} of the log: {fault}")]
    Content {
        /// Its position, from 1; 0 for one that was to be appended.
        number: u64,
        /// Place and fault.
        fault: Fault,
    },
    /// A receipt that does not follow the last one of its key.
    #[error("the receipt follows {}, the last one of its key is {}", or_none(*found), or_none(*last))]
    ChainBroken {
        /// What it says it follows.
        found: Option<DocumentHash>,
        /// The last one.
        last: Option<DocumentHash>,
    },
    /// An append failed before.
    #[error("the log could not be written before; open it again")]
    Unknown,
}

fn or_none(hash: Option<DocumentHash>) -> String {
    hash.map_or_else(|| "none".to_owned(), |hash| hash.to_string())
}

/// The directory of the log.
pub fn directory(state: &State) -> PathBuf {
    state.dir().join(DIRECTORY)
}

/// Reads all receipts in their order. No lock is needed; a frame that is being written is passed over.
///
/// # Errors
/// [`LogFault`], and what `visit` returns.
pub fn read<E: From<LogFault>>(
    state: &State,
    mut visit: impl FnMut(Entry<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let dir = directory(state);
    let segments = segments(&dir)?;
    let mut number = 0_u64;
    for (position, segment) in segments.iter().enumerate() {
        let path = dir.join(file_name(*segment));
        let bytes = read_segment(&path)?;
        let is_last = position.saturating_add(1) == segments.len();
        let end = walk(&bytes, |resolves, document| {
            number = number.saturating_add(1);
            visit(Entry { number, resolves, document })
        })?;
        match end {
            End::Whole => {}
            End::Bad { at } if is_last && is_torn(&bytes, at) => {}
            End::Bad { at } => return Err(LogFault::Damaged { path, at }.into()),
        }
    }
    Ok(())
}

impl Log {
    /// Opens the log of this device and makes it where there is none; waits for another process that is signing.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn open(state: &State) -> Result<Self, LogFault> {
        let dir = directory(state);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|source| LogFault::File { path: dir.clone(), source })?;
        let lock = lock(&dir)?;
        let segments = segments(&dir)?;
        let (segment, file, bytes, cut) = match segments.last() {
            Some(segment) => {
                let (file, bytes, cut) = take_up(&dir, *segment)?;
                (*segment, file, bytes, cut)
            }
            None => (1, begin(&dir, 1)?, FIRST_LINE.len(), None),
        };
        let (heads, health) = (BTreeMap::new(), Health::Good);
        Ok(Self { dir, segment, file, bytes, heads, cut, health, lock })
    }

    /// What was cut off when the log was opened, for the staff to know.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// SHA-256 of the last receipt under a key: what the next one must follow.
    ///
    /// # Errors
    /// [`LogFault`].
    pub fn last(&mut self, key: KeyId) -> Result<Option<DocumentHash>, LogFault> {
        if let Some(known) = self.heads.get(&key) {
            return Ok(*known);
        }
        let mut last = None;
        for segment in (1..=self.segment).rev() {
            let bytes = read_segment(&self.dir.join(file_name(segment)))?;
            walk(&bytes, |_, document| {
                if Sealed::parse(document).is_ok_and(|sealed| sealed.kid() == key) {
                    last = Some(FixedBytes(sha256(document).0));
                }
                Ok::<(), LogFault>(())
            })?;
            if last.is_some() {
                break;
            }
        }
        self.heads.insert(key, last);
        Ok(last)
    }

    /// Appends a receipt; on return it is on the disk.
    ///
    /// # Errors
    /// [`LogFault`]; then nothing was appended.
    pub fn append(&mut self, document: &[u8]) -> Result<(), LogFault> {
        self.append_body(document, &[&[0], document].concat())
    }

    /// As [`Log::append`], for a receipt that settles an earlier one.
    ///
    /// # Errors
    /// [`LogFault`]; then nothing was appended.
    pub fn append_resolution(&mut self, document: &[u8], of: CredentialId) -> Result<(), LogFault> {
        self.append_body(document, &[&[1], &of.0[..], document].concat())
    }

    fn append_body(&mut self, document: &[u8], body: &[u8]) -> Result<(), LogFault> {
        if self.health == Health::Unknown {
            return Err(LogFault::Unknown);
        }
        let content = |fault| LogFault::Content { number: 0, fault };
        let sealed = Sealed::parse(document).map_err(content)?;
        if sealed.typ() != Typ::EncounterReceipt {
            return Err(LogFault::NoReceipt { found: sealed.typ() });
        }
        // Unverified: what this program has signed a moment ago, looked at for the place in its chain only.
        let found = sealed.unverified_receipt().map_err(content)?.look().encounter.previous.0;
        let last = self.last(sealed.kid())?;
        if found != last {
            return Err(LogFault::ChainBroken { found, last });
        }
        let frame = frame(body).map_err(content)?;
        if self.bytes.saturating_add(frame.len()) > SEGMENT_BYTES_MAX {
            let next = self.segment.saturating_add(1);
            if usize::try_from(next).is_ok_and(|next| next > SEGMENTS_MAX) {
                return Err(LogFault::Full { path: self.dir.clone(), files: SEGMENTS_MAX });
            }
            self.file = begin(&self.dir, next)?;
            (self.segment, self.bytes) = (next, FIRST_LINE.len());
        }
        if let Err(source) = self.file.write_all(&frame).and_then(|()| self.file.sync_data()) {
            // After a failed write nobody knows what is on the disk: what was there before is put back, and the next
            // opening looks.
            self.health = Health::Unknown;
            let length = u64::try_from(self.bytes).unwrap_or(u64::MAX);
            let _ = self.file.set_len(length).and_then(|()| self.file.sync_data());
            return Err(LogFault::File { path: self.dir.join(file_name(self.segment)), source });
        }
        self.bytes = self.bytes.saturating_add(frame.len());
        self.heads.insert(sealed.kid(), Some(FixedBytes(sha256(document).0)));
        Ok(())
    }
}

/// Looks at a receipt of this device's own log without its key: for what it must not forget, never as proof to others.
pub(crate) fn look(entry: &Entry<'_>) -> Result<Receipt, LogFault> {
    let content = |fault| LogFault::Content { number: entry.number, fault };
    let sealed = Sealed::parse(entry.document).map_err(content)?;
    Ok(sealed.unverified_receipt().map_err(content)?.look().clone())
}

fn lock(dir: &Path) -> Result<File, LogFault> {
    let path = dir.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = open.map_err(|source| LogFault::File { path: path.clone(), source })?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(LogFault::Busy { path, seconds: LOCK_PATIENCE.as_secs() });
            }
            Err(TryLockError::Error(source)) => return Err(LogFault::File { path, source }),
        }
    }
}

fn file_name(segment: u64) -> String {
    format!("{segment:08}.log")
}

/// The files of the log in their order, none missing.
fn segments(dir: &Path) -> Result<Vec<u64>, LogFault> {
    let file = |source| LogFault::File { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file(source)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(file)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
        found.extend(number.filter(|number| number.len() == 8).and_then(|number| number.parse::<u64>().ok()));
    }
    found.sort_unstable();
    if found.len() > SEGMENTS_MAX {
        return Err(LogFault::Full { path: dir.to_owned(), files: found.len() });
    }
    match (1..).zip(&found).find(|(wanted, found)| wanted != *found) {
        Some((wanted, _)) => Err(LogFault::Gap { path: dir.join(file_name(wanted)) }),
        None => Ok(found),
    }
}

fn read_segment(path: &Path) -> Result<Vec<u8>, LogFault> {
    let bytes = read_bounded(path, SEGMENT_BYTES_MAX)
        .map_err(|source| LogFault::File { path: path.to_owned(), source })?;
    if bytes.len() > SEGMENT_BYTES_MAX {
        return Err(LogFault::Damaged { path: path.to_owned(), at: SEGMENT_BYTES_MAX });
    }
    Ok(bytes)
}

/// A new file with its first line, on the disk.
fn begin(dir: &Path, segment: u64) -> Result<File, LogFault> {
    let path = dir.join(file_name(segment));
    let write = || -> io::Result<File> {
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        file.set_len(0)?;
        file.write_all(FIRST_LINE)?;
        file.sync_all()?;
        File::open(dir)?.sync_all()?;
        Ok(file)
    };
    write().map_err(|source| LogFault::File { path: path.clone(), source })
}

/// Opens the last file for appending, without what nobody acknowledged.
fn take_up(dir: &Path, segment: u64) -> Result<(File, usize, Option<Cut>), LogFault> {
    let path = dir.join(file_name(segment));
    let bytes = read_segment(&path)?;
    // Made and not finished: nothing can be in it.
    if bytes.len() <= FIRST_LINE.len()
        && (FIRST_LINE.starts_with(&bytes) || bytes.iter().all(|byte| *byte == 0))
    {
        return Ok((begin(dir, segment)?, FIRST_LINE.len(), None));
    }
    let end = walk(&bytes, |_, _| Ok::<(), LogFault>(()))?;
    let file = |source| LogFault::File { path: path.clone(), source };
    let open = || OpenOptions::new().append(true).open(&path).map_err(file);
    match end {
        End::Whole => Ok((open()?, bytes.len(), None)),
        End::Bad { at } if is_torn(&bytes, at) => {
            let tail = bytes.get(at..).unwrap_or_default();
            let kept = dir.join(format!("{segment:08}-{at}.torn"));
            write_whole(&kept, tail).map_err(|source| LogFault::File { path: kept.clone(), source })?;
            let appending = open()?;
            let length = u64::try_from(at).unwrap_or(u64::MAX);
            appending.set_len(length).and_then(|()| appending.sync_all()).map_err(file)?;
            Ok((appending, at, Some(Cut { kept, bytes: tail.len() })))
        }
        End::Bad { at } => Err(LogFault::Damaged { path, at }),
    }
}

fn frame(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let Some(length) = u16::try_from(body.len()).ok().filter(|_| body.len() <= BODY_BYTES_MAX) else {
        let wide = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let (found, max) = (wide(body.len()), wide(BODY_BYTES_MAX));
        return Err(What::Length { unit: Unit::Bytes, found, min: 0, max }.into());
    };
    let length = length.to_be_bytes();
    Ok([&length[..], &checksum(length, body), body].concat())
}

fn checksum(length: [u8; 2], body: &[u8]) -> [u8; 8] {
    let hash = sha256(&[&length[..], body].concat()).0;
    hash.first_chunk().copied().unwrap_or_default()
}

enum End {
    Whole,
    Bad { at: usize },
}

/// Visits every frame up to the first that does not read.
fn walk<E>(
    bytes: &[u8],
    mut visit: impl FnMut(Option<CredentialId>, &[u8]) -> Result<(), E>,
) -> Result<End, E> {
    let Some(mut rest) = bytes.strip_prefix(FIRST_LINE) else { return Ok(End::Bad { at: 0 }) };
    while !rest.is_empty() {
        let Some((resolves, document, after)) = first_frame(rest) else {
            return Ok(End::Bad { at: bytes.len().saturating_sub(rest.len()) });
        };
        visit(resolves, document)?;
        rest = after;
    }
    Ok(End::Whole)
}

fn first_frame(rest: &[u8]) -> Option<(Option<CredentialId>, &[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (check, rest) = rest.split_first_chunk::<8>()?;
    let (body, after) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    if body.len() > BODY_BYTES_MAX || checksum(*length, body) != *check {
        return None;
    }
    match body.split_first()? {
        (0, document) => Some((None, document, after)),
        (1, rest) => {
            let (of, document) = rest.split_first_chunk::<8>()?;
            Some((Some(FixedBytes(*of)), document, after))
        }
        _ => None,
    }
}

/// Whether what does not read can be a frame that was being written when the power went: it reaches to the end of the
/// file, is no longer than one frame, and is cut short or has a sector that never reached the disk. A whole frame that
/// was changed later is not: it was acknowledged.
fn is_torn(bytes: &[u8], at: usize) -> bool {
    let tail = bytes.get(at..).unwrap_or_default();
    if at < FIRST_LINE.len() || tail.len() > FRAME_BYTES_MAX {
        return false;
    }
    let announced = tail.first_chunk::<2>().map(|length| usize::from(u16::from_be_bytes(*length)));
    let is_short = announced.is_none_or(|length| tail.len() < HEAD_BYTES.saturating_add(length));
    let mut start = 0_usize;
    let mut has_empty_sector = false;
    while start < tail.len() {
        let in_sector = at.saturating_add(start) % SECTOR_BYTES;
        let end = start.saturating_add(SECTOR_BYTES.saturating_sub(in_sector)).min(tail.len());
        let sector = tail.get(start..end).unwrap_or_default();
        // A few zeros at the end of a frame prove nothing.
        has_empty_sector |= sector.len() >= 16 && sector.iter().all(|byte| *byte == 0);
        start = end;
    }
    is_short || has_empty_sector
}
