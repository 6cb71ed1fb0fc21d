//! Publishing status lists: signed files `<list>` (CWT) and `<list>.jwt` for any web server, CDN or USB stick, and, where
//! the issuer has a DID, the Bitstring lists `<list>.revocation.json` and `<list>.suspension.json` made from the same bits.
//!
//! Order for each list: read the bits from the store; hold them against the list that stands in the directory; take a
//! time that no publication of this list has borne; sign; open the result as a verifier would and compare it; write
//! all forms beside their names, sync, rename. So each file is whole at any moment, its time only rises, and a kill
//! leaves the older list or the newer one. The forms of a list may differ until the last is renamed.
//!
//! Compressing a list costs less than finding out that one kept from last time may be used again, so nothing is kept:
//! what is published is always what the store says.
//!
//! Refuses to replace a file that is no list of this issuer, and a list that says "revoked" where the store does not:
//! then the store is older than its publication, say from a backup, and would bring revoked documents back to life.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use sanad_credential::{
    Count, Fault, STATUS_LIST_BYTES_MAX, SealFault, Sealed, StatusList, StatusListToken, UnixTime,
    VALIDITY_SECONDS_MIN, What, seal_status_list,
};
use sanad_trust::{KeyUse, Opened, Rejection};

use crate::issue::Issuer;
use crate::keys::SignFault;
use crate::open_forms::FormFault;
use crate::permutation::Shard;
use crate::status_jwt::{SUFFIX, status_list_jwt};
use crate::store::publication_time::date_publication;
use crate::store::{self, RecordsFault};
use crate::transition::may_follow;

/// How often verifiers should fetch: twice a day, so that a suspension is known to whoever has a network the next
/// morning, and a list of 20 kB costs a phone 1.2 MB a month.
pub const TTL_SECONDS: u64 = 43_200;

/// How far the latest publication may lie in the future before the clock is called slow: two publications a second
/// apart use up seconds too.
const CLOCK_BEHIND_SECONDS_MIN: u64 = 60;

/// What a publication is told.
pub struct Publication<'a> {
    /// The directory that is served at the prefix of the lists.
    pub out: &'a Path,
    /// Time of signing.
    pub now: UnixTime,
    /// What to do with lists that have not changed.
    pub unchanged: Unchanged,
}

/// What happens to a list that stands in the directory and says what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// It is signed again: its age starts anew.
    SignAgain,
    /// It stays as it is while it is younger than its `ttl`, so that nobody fetches it twice.
    Leave,
}

/// What a publication did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Lists signed.
    pub signed: u64,
    /// Lists left as they were.
    pub left: u64,
    /// Bytes of the CWTs signed.
    pub bytes: u64,
    /// How far the time of a list runs ahead of the clock, where that is a minute or more: the clock was ahead once, or
    /// is behind now.
    pub seconds_ahead: Option<u64>,
}

/// Why a publication stopped. Lists that were replaced before are good; running again does the rest.
#[derive(Debug, thiserror::Error)]
pub enum PublishFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// More lists are in use than the configuration has.
    #[error("{in_use} status lists are in use, issuer.toml has {lists}: raise status.lists")]
    TooFew {
        /// In use.
        in_use: u32,
        /// As configured.
        lists: u32,
    },
    /// The directory holds something else under the name of a list.
    #[error("{} is no status list of this issuer ({rejection}); move it away", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why it did not open.
        rejection: Rejection,
    },
    /// The directory holds another list under the name of a list.
    #[error("{} is the status list {found}; move it away", path.display())]
    Misplaced {
        /// The file.
        path: PathBuf,
        /// Its address.
        found: String,
    },
    /// The published list knows more than the store.
    #[error(
        "{}: {documents} documents are revoked or superseded there and not in the store, which is older than its \
         publication; restore a newer backup",
        path.display()
    )]
    Backward {
        /// The published list.
        path: PathBuf,
        /// How many documents.
        documents: usize,
    },
    /// What was signed does not open with the issuer's own record. Nothing of it was released.
    #[error("self-check failed, list {list} was not released: {rejection}")]
    Rejected {
        /// The list.
        list: u32,
        /// Why a verifier would not use it.
        rejection: Rejection,
    },
    /// What was signed opens to something else. Nothing of it was released.
    #[error("self-check failed, list {list} was not released: it says something else than the store")]
    Differs {
        /// The list.
        list: u32,
    },
    /// The list in the form of an open standard.
    #[error("list {list}: {fault}")]
    OpenForm {
        /// The list.
        list: u32,
        /// What is wrong.
        fault: FormFault,
    },
    /// A value that no list can have.
    #[error("list {list}: {fault}")]
    Format {
        /// The list.
        list: u32,
        /// What is wrong.
        fault: Fault,
    },
    /// Another program publishes into the directory.
    #[error("another program is publishing into {}", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The system refused a file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No key signed. Nothing of it was released.
    #[error(transparent)]
    Sign(#[from] SignFault),
    /// A thread ended without an answer.
    #[error("a worker thread ended without an answer")]
    Worker,
}

impl Issuer {
    /// Publishes all lists that the record names, also those that no document is on yet: a verifier cannot know which are
    /// in use, and reports one that is missing. On all cores; `progress` is told after each list how many are done. One
    /// publication of a store at a time.
    ///
    /// # Errors
    /// [`PublishFault`].
    pub fn publish(
        &self,
        publication: &Publication<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Published, PublishFault> {
        let lists: Vec<_> = (0..self.config.record.members().status.lists).map(Shard::numbered).collect();
        self.publish_lists(&lists, publication, progress)
    }

    /// Publishes some of the lists, by the same rules as all of them.
    ///
    /// # Errors
    /// [`PublishFault`].
    pub fn publish_lists(
        &self,
        shards: &[Shard],
        publication: &Publication<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Published, PublishFault> {
        let (in_use, lists) =
            (store::lists_in_use(self.store.as_ref())?, self.config.record.members().status.lists);
        if in_use > lists {
            return Err(PublishFault::TooFew { in_use, lists });
        }
        fs::create_dir_all(publication.out).map_err(at(publication.out))?;
        let dir = lock(publication.out)?;
        let queue = Queue { next: AtomicUsize::new(0), done: AtomicU64::new(0), shards, progress };
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let published = thread::scope(|scope| {
            let threads = threads.min(shards.len());
            let workers: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| self.work_through(&queue, publication))).collect();
            let done = workers.into_iter().map(|worker| worker.join().unwrap_or(Err(PublishFault::Worker)));
            // All are waited for before the first fault is returned.
            done.collect::<Vec<_>>()
                .into_iter()
                .try_fold(Published::default(), |sum, part| Ok(sum.and(&part?)))
        });
        // Also after a fault: what was renamed is acknowledged to whoever looks into the directory.
        dir.sync_all().map_err(at(publication.out))?;
        published
    }

    fn work_through(
        &self,
        queue: &Queue<'_>,
        publication: &Publication<'_>,
    ) -> Result<Published, PublishFault> {
        let mut sum = Published::default();
        while let Some(shard) = queue.take() {
            let published = self.publish_list(shard, publication);
            let published = published.inspect_err(|_| queue.close())?;
            sum = sum.and(&published);
            queue.finish_one();
        }
        Ok(sum)
    }

    fn publish_list(&self, shard: Shard, publication: &Publication<'_>) -> Result<Published, PublishFault> {
        let list = shard.number();
        let path = publication.out.join(list.to_string());
        let bits = self.store.status_list(shard)?;
        let standing = self.standing(shard, &path)?;
        if let Some(standing) = &standing {
            let documents = forgotten(&standing.list, &bits);
            if documents > 0 {
                return Err(PublishFault::Backward { path, documents });
            }
            let young = publication.now.seconds_since(standing.iat) < TTL_SECONDS;
            if publication.unchanged == Unchanged::Leave && young && standing.list == bits {
                match self.sign_list(shard, standing.iat, bits.clone(), publication.now) {
                    Ok(same) if same.stands_in(publication.out, list) => {
                        return Ok(Published { left: 1, ..Published::default() });
                    }
                    // A key that took over since, or one of before that is not here any more.
                    Ok(_) | Err(PublishFault::Sign(SignFault::NoKey(_) | SignFault::NotHere { .. })) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
        let iat =
            date_publication(self.store.as_ref(), shard, publication.now, standing.map(|token| token.iat))?;
        let forms = self.sign_list(shard, iat, bits, publication.now)?;
        forms.replace(publication.out, list)?;
        let ahead = iat.seconds_since(publication.now);
        Ok(Published {
            signed: 1,
            left: 0,
            bytes: u64::try_from(forms.cwt.len()).unwrap_or(u64::MAX),
            seconds_ahead: (ahead >= CLOCK_BEHIND_SECONDS_MIN).then_some(ahead),
        })
    }

    /// The list that stands in a directory; none where none does.
    ///
    /// # Errors
    /// [`PublishFault`]: something else has the name of the list.
    pub fn published(&self, out: &Path, shard: Shard) -> Result<Option<StatusListToken>, PublishFault> {
        self.standing(shard, &out.join(shard.number().to_string()))
    }

    /// The list that was published there before.
    fn standing(&self, shard: Shard, path: &Path) -> Result<Option<StatusListToken>, PublishFault> {
        let Some(bytes) = read(path).map_err(at(path))? else {
            return Ok(None);
        };
        let token = match self.open_list(&bytes) {
            Ok(token) => token,
            // Whoever has that key may have written it: it says nothing, and must be replaced.
            Err(Rejection::KeyCompromised { .. }) => return Ok(None),
            Err(rejection) => return Err(PublishFault::Foreign { path: path.to_owned(), rejection }),
        };
        let list = shard.number();
        let uri = self.config.status_uri(list).map_err(|fault| PublishFault::Format { list, fault })?;
        if token.sub == uri {
            Ok(Some(token))
        } else {
            Err(PublishFault::Misplaced { path: path.to_owned(), found: token.sub.to_string() })
        }
    }

    /// Signs a list in all forms, and opens the CWT as a verifier would.
    fn sign_list(
        &self,
        shard: Shard,
        iat: UnixTime,
        bits: StatusList,
        now: UnixTime,
    ) -> Result<Forms, PublishFault> {
        let list = shard.number();
        let format = |fault| PublishFault::Format { list, fault };
        let token = StatusListToken {
            sub: self.config.status_uri(list).map_err(format)?,
            iat,
            exp: iat.plus_seconds(VALIDITY_SECONDS_MIN).map_err(format)?,
            ttl: Count::new(TTL_SECONDS).map_err(format)?,
            list: bits,
        };
        let key = self.signer(KeyUse::Status, iat.date())?;
        let cwt = seal_status_list(&token, key).map_err(|fault| match fault {
            SealFault::Document(fault) => format(fault),
            SealFault::Signer(fault) => PublishFault::Sign(fault.into()),
        })?;
        let opened = self.open_list(&cwt).map_err(|rejection| PublishFault::Rejected { list, rejection })?;
        if opened != token {
            return Err(PublishFault::Differs { list });
        }
        let jwt =
            status_list_jwt(&token, key).map_err(SignFault::Hsm)?.ok_or(PublishFault::Differs { list })?;
        // The time of a list may run ahead; verifiers of the open standards take no list before its time.
        let bitstrings = self
            .bitstring_lists(&token, iat.min(now), key)
            .map_err(|fault| PublishFault::OpenForm { list, fault })?;
        Ok(Forms { cwt, jwt, bitstrings })
    }

    fn open_list(&self, document: &[u8]) -> Result<StatusListToken, Rejection> {
        let sealed = Sealed::parse(document).map_err(Rejection::Malformed)?;
        match sanad_trust::open(&sealed, &self.config.record)? {
            Opened::StatusList(token) => Ok(*token),
            Opened::Entitlement(_) => {
                let other = What::WrongTyp { found: sealed.typ(), wanted: "a status list" };
                Err(Rejection::Malformed(other.into()))
            }
        }
    }
}

/// How many entries say "revoked" or "superseded" in what was published, and something that cannot follow now.
fn forgotten(published: &StatusList, now: &StatusList) -> usize {
    if published == now {
        return 0;
    }
    published.iter().zip(now.iter()).filter(|(published, now)| !may_follow(*published, *now)).count()
}

impl Published {
    fn and(&self, other: &Self) -> Self {
        Self {
            signed: self.signed.saturating_add(other.signed),
            left: self.left.saturating_add(other.left),
            bytes: self.bytes.saturating_add(other.bytes),
            seconds_ahead: self.seconds_ahead.max(other.seconds_ahead),
        }
    }
}

/// The lists that are still to be done.
struct Queue<'a> {
    next: AtomicUsize,
    done: AtomicU64,
    shards: &'a [Shard],
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Queue<'_> {
    fn take(&self) -> Option<Shard> {
        self.shards.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }

    fn finish_one(&self) {
        (self.progress)(self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1));
    }

    /// After a fault the others finish what they have begun.
    fn close(&self) {
        self.next.store(self.shards.len(), Ordering::Relaxed);
    }
}

/// A signed list, in all forms.
struct Forms {
    cwt: Vec<u8>,
    jwt: String,
    /// Suffix and content of each.
    bitstrings: Vec<(&'static str, String)>,
}

impl Forms {
    fn files(&self, list: u32) -> Vec<(String, &[u8])> {
        let mut files =
            vec![(list.to_string(), self.cwt.as_slice()), (format!("{list}{SUFFIX}"), self.jwt.as_bytes())];
        let bitstrings = self.bitstrings.iter();
        files.extend(bitstrings.map(|(suffix, text)| (format!("{list}{suffix}"), text.as_bytes())));
        files
    }

    /// Whether all files have exactly these bytes: an Ed25519 signature is the same each time. A module that adds
    /// randomness of its own has its lists signed again.
    fn stands_in(&self, out: &Path, list: u32) -> bool {
        let files = self.files(list);
        files
            .iter()
            .all(|(name, content)| read(&out.join(name)).is_ok_and(|found| found.as_deref() == Some(content)))
    }

    fn replace(&self, out: &Path, list: u32) -> Result<(), PublishFault> {
        let files: Vec<_> = self
            .files(list)
            .into_iter()
            .map(|(name, content)| (out.join(format!(".{name}.new")), out.join(name), content))
            .collect();
        for (beside, _, content) in &files {
            let write = || -> io::Result<()> {
                let mut file = File::create(beside)?;
                file.write_all(content)?;
                file.sync_all()
            };
            write().map_err(at(beside))?;
        }
        for (beside, path, _) in &files {
            fs::rename(beside, path).map_err(at(path))?;
        }
        Ok(())
    }
}

/// A file that is there, up to one byte more than the longest list in its longest form.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let limit = STATUS_LIST_BYTES_MAX.saturating_mul(2);
    let mut bytes = Vec::new();
    file.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Held while publishing; file systems without locks do without it.
fn lock(out: &Path) -> Result<File, PublishFault> {
    let dir = File::open(out).map_err(at(out))?;
    match dir.try_lock() {
        Err(TryLockError::WouldBlock) => Err(PublishFault::InUse { path: out.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(dir),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PublishFault + '_ {
    move |source| PublishFault::File { path: path.to_owned(), source }
}
