//! Issuing: records become signed documents and drawn QR symbols, each proved before anybody gets it.
//!
//! A document is signed, opened again with the issuer's own record, compared with what was asked for, drawn, and its
//! picture read back; then it is kept on the disk; only then is it handed out. Refuses to sign what a verifier would
//! refuse: beyond the record's types and areas, too long, past its own validity.

use std::thread;

use sanad_credential::{
    Claims, CredentialId, Date, DelegationId, Draft, Fault, FixedBytes, IssuerId, OWN_BYTES_MAX,
    PHONE_BYTES_MAX, PublicKey, QrText, RightType, SealFault, Sealed, StatusIndex, StatusReference, UnixTime,
    Verify, seal_entitlement,
};
use sanad_qr::{Correction, DrawFault, Encoder, ModulePixels, PrintedSide, ReadFault, Symbol};
use sanad_trust::{KeyUse, Opened, Rejection, ScopeExcess};

use crate::audit::{Act, Actor, Note};
use crate::config::{Config, NoKey};
use crate::keys::{IssuerKeys, SignFault, Signer};
use crate::permutation::{Permutation, PermutationFault, Sequence};
use crate::register::{Record, RowFault};
use crate::self_check::{OwnKeys, Signatures};
use crate::store::{
    self, BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, Batch, Entry, Finding, Issued, Kept, Partly, Place, Query,
    RecordsFault, Store,
};

/// Bytes that the envelope adds to the claims: tag, array, header, unprotected map, lengths, signature.
const ENVELOPE_BYTES: usize = 92;

/// Documents that are signed, proved and kept together. Their proofs keep all cores busy for about half a second.
pub const BATCH: usize = 64;

/// An open issuer.
pub struct Issuer {
    /// Its configuration.
    pub config: Config,
    pub(crate) keys: IssuerKeys,
    pub(crate) permutation: Permutation,
    own: OwnKeys,
    pub(crate) store: Box<dyn Store>,
}

/// A document, kept and ready to be handed out.
#[derive(Debug)]
pub struct Finished {
    /// The claims as signed.
    pub claims: Claims,
    /// The text of the QR code.
    pub text: QrText,
    /// The drawn symbol.
    pub symbol: Symbol,
    /// Whether the symbol has the error correction it should have.
    pub correction: Correction,
    /// The picture that was read back.
    pub png: Vec<u8>,
    /// The same symbol as SVG.
    pub svg: String,
}

/// A document that was signed and opened again, and is in no store yet.
#[derive(Debug)]
pub struct Prepared {
    /// The document, with its number and place.
    pub issued: Issued,
    /// What it says.
    pub claims: Claims,
}

/// Why a record cannot be signed. The record is at fault, not the program.
#[derive(Debug, thiserror::Error)]
pub enum Unsignable {
    /// A rule of the format.
    #[error("{0}")]
    Format(Fault),
    /// The issuer's record does not allow it.
    #[error("{0}")]
    Scope(ScopeExcess),
    /// The key that would sign it does not count today.
    #[error("{0}")]
    Key(NoKey),
    /// The document would be too long.
    #[error("the document would have {bytes} bytes, at most {max} fit")]
    TooLong {
        /// Of the whole document.
        bytes: usize,
        /// Most allowed.
        max: usize,
    },
}

impl Unsignable {
    /// The same as a refused line of a register.
    pub(crate) fn at_line(&self, record: &Record, raw: Vec<u8>) -> RowFault {
        let (field, problem) = match self {
            Self::Format(fault) => (fault.place(), fault.what().to_string()),
            Self::Scope(ScopeExcess::Type(_)) | Self::Key(_) => ("type".to_owned(), self.to_string()),
            Self::Scope(ScopeExcess::Area(_)) => {
                let is_coverage = record.right.right_type() == RightType::Coverage;
                (if is_coverage { "territory" } else { "areas" }.to_owned(), self.to_string())
            }
            Self::Scope(ScopeExcess::Delegation(_)) => ("id".to_owned(), self.to_string()),
            Self::Scope(ScopeExcess::StatusList(_)) | Self::TooLong { .. } => {
                (String::new(), self.to_string())
            }
        };
        RowFault { line: record.line, field, problem, raw }
    }
}

/// Why issuing stopped. Nothing that was not kept has been handed out.
#[derive(Debug, thiserror::Error)]
pub enum IssueFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// The status indices.
    #[error(transparent)]
    Permutation(#[from] PermutationFault),
    /// All lists of the configuration are full.
    #[error(
        "the {lists} status lists are full: raise status.lists in issuer.toml and publish the record again"
    )]
    ListsFull {
        /// Lists there are.
        lists: u32,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// A record that had passed cannot be signed: the file changed while it was read.
    #[error("line {line}: {problem}")]
    Changed {
        /// Line of the register.
        line: u64,
        /// What is wrong now.
        problem: Unsignable,
    },
    /// A document that this program signed does not open, or says something else. Nothing of its batch was kept.
    #[error("self-check failed, nothing was released: {0}")]
    SelfCheck(SelfCheck),
    /// The id or the record of a document is in the store already: somebody else issued it meanwhile. Run again.
    #[error("the document {cti} or its record is in the store already; run again")]
    Repeated {
        /// The document.
        cti: CredentialId,
    },
    /// No key signed. Nothing of the batch was kept.
    #[error(transparent)]
    Sign(#[from] SignFault),
    /// A thread ended without an answer.
    #[error("a worker thread ended without an answer")]
    Worker,
}

/// What the check before release found.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheck {
    /// The document is malformed.
    #[error("{0}")]
    Malformed(Fault),
    /// Our own record does not open it.
    #[error("{0}")]
    Rejected(Rejection),
    /// It opens to something else.
    #[error("the document says something else than was asked for")]
    Differs,
    /// The symbol cannot be drawn.
    #[error("{0}")]
    Draw(DrawFault),
    /// The picture cannot be read.
    #[error("{0}")]
    Read(ReadFault),
}

impl Issuer {
    /// Puts an issuer together.
    pub fn new(config: Config, keys: IssuerKeys, store: Box<dyn Store>) -> Self {
        let permutation = Permutation::new(&keys.permutation);
        let own = OwnKeys::of(&config.record);
        Self { config, keys, permutation, own, store }
    }

    /// Its store.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The list and the entry that belong to a number.
    ///
    /// # Errors
    /// [`IssueFault::ListsFull`].
    pub fn place_of_number(&self, sequence: Sequence) -> Result<Place, IssueFault> {
        self.place(sequence)
    }

    /// The document that an earlier run made from the record.
    ///
    /// # Errors
    /// [`IssueFault::Store`].
    pub fn issued_before(&self, record: &Record) -> Result<Option<Issued>, IssueFault> {
        let found = self.store.find(&Query::Record(record.digest), None, 1)?;
        Ok(found.into_iter().next().map(|held| held.issued))
    }

    /// When a document of the store expires. Its signature is not tested: the store has what this issuer signed.
    ///
    /// # Errors
    /// [`IssueFault::SelfCheck`], where the store has something else.
    pub fn exp_of(&self, issued: &Issued) -> Result<UnixTime, IssueFault> {
        let exp = || Ok(Sealed::parse(&issued.document)?.unverified_entitlement()?.look().exp);
        exp().map_err(|fault| IssueFault::SelfCheck(SelfCheck::Malformed(fault)))
    }

    /// The delegations of an id, in the order in which they were signed.
    ///
    /// # Errors
    /// [`IssueFault::Store`].
    pub fn delegations_of(&self, id: &DelegationId) -> Result<Vec<Issued>, IssueFault> {
        Ok(store::delegations_of(self.store.as_ref(), id)?)
    }

    /// Signs new records, proves and keeps them. At most [`BATCH`] at a time, none issued before.
    ///
    /// # Errors
    /// [`IssueFault`]; then nothing of the batch is handed out.
    pub fn issue(
        &self,
        records: &[Record],
        now: UnixTime,
        module: ModulePixels,
    ) -> Result<Vec<Finished>, IssueFault> {
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let numbers = self.store.reserve(count)?;
        let tasks: Vec<_> = records.iter().zip(numbers.map(Sequence)).collect();
        let proved = in_parallel(&tasks, |(record, sequence)| {
            let Prepared { issued, claims } = self.prepare(record, *sequence, now)?;
            let finding = Finding::of(&claims);
            let finished =
                draw_and_read_back(&issued.document, claims, module).map_err(IssueFault::SelfCheck)?;
            let note = Note {
                at: now,
                who: Actor::command_line(),
                act: Act::Issue,
                on: issued.cti.to_string(),
                detail: String::new(),
            };
            Ok((Entry { issued, finding, supersedes: None, request: None, note: Some(note) }, finished))
        })?;
        let (entries, finished): (Vec<Entry>, Vec<Finished>) = proved.into_iter().unzip();
        for entries in batches(&entries) {
            let kept =
                self.store.keep(&Batch { partly: Partly::Allowed, entries, papers: &[], notes: &[] })?;
            for (entry, kept) in entries.iter().zip(kept) {
                if kept != Kept::Kept {
                    return Err(IssueFault::Repeated { cti: entry.issued.cti });
                }
            }
        }
        Ok(finished)
    }

    /// Signs the document of a record under a number that was reserved for it, and opens it again as a verifier would. It
    /// is neither kept nor drawn.
    ///
    /// # Errors
    /// [`IssueFault`].
    pub fn prepare(
        &self,
        record: &Record,
        sequence: Sequence,
        now: UnixTime,
    ) -> Result<Prepared, IssueFault> {
        let mut prepared = self.prepare_all([(record, sequence, now)]);
        prepared.pop().unwrap_or(Err(IssueFault::Worker))
    }

    /// The same for several; their signatures are verified together. The answers keep the order of the tasks.
    pub fn prepare_all<'r>(
        &self,
        tasks: impl IntoIterator<Item = (&'r Record, Sequence, UnixTime)>,
    ) -> Vec<Result<Prepared, IssueFault>> {
        let signatures = Signatures::under(&self.own);
        let (mut prepared, mut signed) = (Vec::new(), Vec::new());
        for (record, sequence, now) in tasks {
            let one = self.sign_record(record, sequence, now, &signatures);
            signed.resize(signatures.count(), prepared.len());
            prepared.push(one);
        }
        for bad in signatures.settle() {
            if let Some(one) = signed.get(bad).and_then(|task| prepared.get_mut(*task))
                && let Ok(Prepared { issued, .. }) = one
            {
                *one = Err(not_held(&issued.document));
            }
        }
        prepared
    }

    /// Signs, and opens again but for the signature, which is put aside.
    fn sign_record(
        &self,
        record: &Record,
        sequence: Sequence,
        now: UnixTime,
        signatures: &Signatures<'_>,
    ) -> Result<Prepared, IssueFault> {
        let place = self.place(sequence)?;
        let (cti, status) = (draw_id()?, self.status_reference(place)?);
        let claims = claims_of(&self.config, record, now, cti, status)
            .map_err(|problem| IssueFault::Changed { line: record.line, problem })?;
        let document = self.sign(&claims)?;
        let opened = self.open_by(&document, |x| signatures.collector(x)).map_err(IssueFault::SelfCheck)?;
        if opened != claims {
            return Err(IssueFault::SelfCheck(SelfCheck::Differs));
        }
        Ok(Prepared { issued: Issued { cti, sequence, place, digest: record.digest, document }, claims })
    }

    /// Draws documents of an earlier run again; they were kept and perhaps not handed out.
    ///
    /// # Errors
    /// [`IssueFault::SelfCheck`].
    pub fn finish_again(&self, issued: &[Issued], module: ModulePixels) -> Result<Vec<Finished>, IssueFault> {
        in_parallel(issued, |issued| self.draw(issued, module).map_err(IssueFault::SelfCheck))
    }

    fn sign(&self, claims: &Claims) -> Result<Vec<u8>, IssueFault> {
        let key_use = match claims.right.right_type() {
            RightType::Delegation => KeyUse::Delegation,
            _ => KeyUse::Credential,
        };
        seal_entitlement(claims, self.signer(key_use, claims.iat.date())?).map_err(|fault| match fault {
            SealFault::Document(fault) => IssueFault::SelfCheck(SelfCheck::Malformed(fault)),
            SealFault::Signer(fault) => IssueFault::Sign(fault.into()),
        })
    }

    /// The key that signs documents of a day.
    ///
    /// # Errors
    /// [`SignFault`], where none counts or none is here.
    pub fn signer(&self, key_use: KeyUse, day: Date) -> Result<&Signer, SignFault> {
        self.keys.signer(self.config.record.members(), key_use, day)
    }

    /// Draws a document of the store: opened as a verifier would, and the picture read back.
    ///
    /// # Errors
    /// [`SelfCheck`].
    pub fn draw(&self, issued: &Issued, module: ModulePixels) -> Result<Finished, SelfCheck> {
        draw_and_read_back(&issued.document, self.open_own(&issued.document)?, module)
    }

    /// Opens a document of this issuer as a verifier would.
    ///
    /// # Errors
    /// [`SelfCheck`]; a document whose key does not count any more too.
    pub fn open_own(&self, document: &[u8]) -> Result<Claims, SelfCheck> {
        self.open_by(document, |x| self.own.strict(x))
    }

    fn open_by<V: Verify>(
        &self,
        document: &[u8],
        verifier: impl Fn(&PublicKey) -> Result<V, Fault>,
    ) -> Result<Claims, SelfCheck> {
        let sealed = Sealed::parse(document).map_err(SelfCheck::Malformed)?;
        let opened = sanad_trust::open_with(&sealed, &self.config.record, verifier);
        match opened.map_err(SelfCheck::Rejected)? {
            Opened::Entitlement(claims) => Ok(*claims),
            Opened::StatusList(_) => Err(SelfCheck::Differs),
        }
    }

    /// The entry that belongs to a number, in a list that the configuration has.
    fn place(&self, sequence: Sequence) -> Result<Place, IssueFault> {
        let (shard, index) = self.permutation.place(sequence)?;
        let lists = self.config.record.members().status.lists;
        if shard.number() >= lists {
            return Err(IssueFault::ListsFull { lists });
        }
        Ok(Place { shard, index })
    }

    fn status_reference(&self, place: Place) -> Result<StatusReference, IssueFault> {
        let reference = || -> Result<StatusReference, Fault> {
            Ok(StatusReference {
                index: StatusIndex::new(place.index.number())?,
                uri: self.config.status_uri(place.shard.number())?,
            })
        };
        reference().map_err(|fault| IssueFault::SelfCheck(SelfCheck::Malformed(fault)))
    }
}

/// Why a document whose signature does not hold is not kept.
fn not_held(document: &[u8]) -> IssueFault {
    IssueFault::SelfCheck(match Sealed::parse(document) {
        Ok(sealed) => SelfCheck::Rejected(Rejection::SignatureInvalid { kid: sealed.kid() }),
        Err(fault) => SelfCheck::Malformed(fault),
    })
}

/// The store refuses an id that it has: two of a billion documents draw one about once in forty issuers.
fn draw_id() -> Result<CredentialId, IssueFault> {
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(IssueFault::Randomness)?;
    Ok(FixedBytes(id))
}

/// Cut so that each part fits into one commit.
pub(crate) fn batches(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut weight = 0_usize;
        let fits = rest.iter().take(BATCH_ENTRIES_MAX).take_while(|entry| {
            weight = weight.saturating_add(entry.weight());
            weight <= BATCH_BYTES_MAX
        });
        // One always fits: a document has at most 2,048 bytes.
        let count = fits.count().max(1).min(rest.len());
        let (batch, others) = rest.split_at_checked(count)?;
        rest = others;
        (!batch.is_empty()).then_some(batch)
    })
}

/// Draws a document that was opened again, and reads the picture that is handed out.
pub(crate) fn draw_and_read_back(
    document: &[u8],
    claims: Claims,
    module: ModulePixels,
) -> Result<Finished, SelfCheck> {
    let text = QrText::from_document(document).map_err(SelfCheck::Malformed)?;
    let drawing = sanad_qr::draw(text.as_str(), Encoder::Bulk).map_err(SelfCheck::Draw)?;
    let png = sanad_qr::png(&drawing.symbol, module).map_err(SelfCheck::Draw)?;
    let read = sanad_qr::read_print(&png).map_err(SelfCheck::Read)?;
    if QrText::decode(&read).map_err(SelfCheck::Malformed)? != document {
        return Err(SelfCheck::Differs);
    }
    let svg = sanad_qr::svg(&drawing.symbol, PrintedSide::OfTheReader);
    if sanad_qr::read_svg(&svg).map_err(SelfCheck::Read)? != read {
        return Err(SelfCheck::Differs);
    }
    Ok(Finished { claims, text, symbol: drawing.symbol, correction: drawing.correction, png, svg })
}

/// Whether a record can be signed now: every rule is applied before anything is signed, with stand-ins for the id and
/// the status index. The claims that come back have these stand-ins.
///
/// # Errors
/// [`Unsignable`].
pub fn check_record(config: &Config, record: &Record, now: UnixTime) -> Result<Claims, Unsignable> {
    let stand_in = || -> Result<StatusReference, Fault> {
        let last = config.record.members().status.lists.saturating_sub(1);
        Ok(StatusReference { index: StatusIndex::MAX, uri: config.status_uri(last)? })
    };
    let status = stand_in().map_err(Unsignable::Format)?;
    claims_of(config, record, now, FixedBytes([0; 8]), status)
}

fn claims_of(
    config: &Config,
    record: &Record,
    now: UnixTime,
    cti: CredentialId,
    status: StatusReference,
) -> Result<Claims, Unsignable> {
    let make = || -> Result<Claims, Fault> {
        let iss: &IssuerId = config.record.iss();
        let exp = match record.exp {
            Some(exp) => exp,
            None => config.default_exp(now).map_err(|fault| fault.within("exp"))?,
        };
        let draft = Draft {
            iss: iss.clone(),
            exp,
            iat: now,
            cti,
            status: Some(status.clone()),
            holder_key: record.holder,
            common: record.common.clone(),
            right: record.right.clone(),
        };
        draft.check()
    };
    let claims = make().map_err(Unsignable::Format)?;
    if claims.right.right_type() == RightType::Delegation {
        config.key_on(KeyUse::Delegation, now.date()).map_err(Unsignable::Key)?;
    }
    sanad_trust::judge_scope(&claims, &config.record).map_err(Unsignable::Scope)?;
    let bytes = claims.to_cbor().len().saturating_add(ENVELOPE_BYTES);
    // What does not fit beside the token of its holder could never be presented.
    let max = if claims.holder_key.is_some() { PHONE_BYTES_MAX } else { OWN_BYTES_MAX };
    if bytes > max {
        return Err(Unsignable::TooLong { bytes, max });
    }
    Ok(claims)
}

/// Applies `work` on all cores; the answers keep the order of the tasks.
fn in_parallel<T: Sync, A: Send>(
    tasks: &[T],
    work: impl Fn(&T) -> Result<A, IssueFault> + Sync,
) -> Result<Vec<A>, IssueFault> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = tasks.len().div_ceil(threads).max(1);
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = tasks
            .chunks(share)
            .map(|tasks| scope.spawn(move || tasks.iter().map(work).collect::<Result<Vec<A>, IssueFault>>()))
            .collect();
        let mut answers = Vec::with_capacity(tasks.len());
        for worker in workers {
            let done = worker.join().map_err(|_| IssueFault::Worker)?;
            answers.extend(done?);
        }
        Ok(answers)
    })
}

/// Shows nothing of the keys.
impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issuer({})", self.config.record.iss())
    }
}
