//! What wallets are offered and hold against the service: codes, access tokens, what waits, what was handed out.
//!
//! Each is a paper whose id is the SHA-256 of a secret of 256 random bits that only the wallet has, so that whoever reads the
//! store can redeem nothing. A transaction code has few digits; what is kept of it is hashed with the offer's code, without
//! which it cannot be tried out. A guess at it is counted before it is compared, on the disk, and after
//! [`GUESSES_MAX`] the offer is gone. A code counts once: the write that makes the token is the one that spends the code,
//! and a code that comes again takes the token away that was made of it (RFC 6749 section 4.1.2).
//!
//! Nonces are not kept before they are used: they carry their end and a MAC, so that asking for many fills nothing. One that
//! was used is a paper until its end.

use sanad_credential::{CredentialId, UnixTime};
use sanad_keyfile::secret::draw;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::audit::{Act, Actor, Note};
use crate::permutation::PermutationKey;
use crate::store::{
    Expect, PAPERS_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, Store,
};

/// Seconds for which an offer can be redeemed: the holder stands at the desk.
pub const CODE_SECONDS: u64 = 600;
/// Seconds for which an access token counts: a wallet asks at once.
pub const TOKEN_SECONDS: u64 = 300;
/// Seconds for which a nonce counts.
pub const NONCE_SECONDS: u64 = 300;
/// Seconds for which a wallet may come back for what had to wait, and tell what became of what it got.
pub const DEFERRED_SECONDS: u64 = 86_400;
/// Wrong transaction codes after which an offer is gone: one in 333,333 guesses right with six digits.
pub const GUESSES_MAX: u8 = 3;
/// Digits of a transaction code.
pub const TX_CODE_DIGITS: usize = 6;
/// Credentials of one token, each for a key of its own: a batch.
pub const BATCH_MAX: usize = 8;

/// Requests of one token: three forms, for a batch each, asked for again after broken connections.
pub const ASKS_MAX: u8 = 16;

/// Papers looked at in one step of tidying.
const TIDY_PAGE: usize = 500;

/// Kinds of paper, as their ids start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Token,
    Nonce,
    Deferred,
    Notice,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Code, Self::Token, Self::Nonce, Self::Deferred, Self::Notice];

    fn prefix(self) -> &'static str {
        match self {
            Self::Code => "code-",
            Self::Token => "token-",
            Self::Nonce => "nonce-",
            Self::Deferred => "deferred-",
            Self::Notice => "notice-",
        }
    }

    /// The paper of a secret.
    pub(crate) fn key(self, secret: &str) -> Result<PaperKey, RecordsFault> {
        self.of_hash(&hex(&Sha256::digest(secret)))
    }

    fn of_hash(self, hash: &str) -> Result<PaperKey, RecordsFault> {
        let id = PaperId::new(&format!("{}{hash}", self.prefix()));
        let id = id.map_err(|_| RecordsFault::Damaged { what: "the id of a wallet's paper" })?;
        Ok(PaperKey { kind: PaperKind::Wallet, id })
    }
}

/// An offer that can be redeemed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offered {
    until: u64,
    cti: CredentialIdText,
    by: String,
    configurations: Vec<String>,
    /// Of code and transaction code, where there is one.
    tx: Option<String>,
    guesses: u8,
    /// Hash of the token that was made of it; then it is spent.
    token: Option<String>,
}

/// What an access token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// End, in seconds.
    pub until: u64,
    pub(crate) cti: CredentialIdText,
    pub(crate) by: String,
    /// Ids of the configurations that were offered.
    pub configurations: Vec<String>,
    /// New credentials that may still be made.
    pub left: usize,
    /// Requests that are still answered: each leaves papers behind.
    #[serde(default = "asks_max")]
    pub asks: u8,
    /// Whether it was prolonged for what has to wait, which it is once.
    #[serde(default)]
    pub waits: Waits,
}

/// Whether something waits under a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// Nothing did.
    #[default]
    Never,
    /// Something does, or did.
    Once,
}

const fn asks_max() -> u8 {
    ASKS_MAX
}

/// What a wallet may come back for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deferred {
    pub(crate) until: u64,
    /// The paper of the token with which it was asked for.
    pub(crate) token: String,
    pub(crate) configuration: String,
    /// Hexadecimal.
    pub(crate) keys: Vec<String>,
}

/// What a wallet tells of what it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    pub(crate) until: u64,
    pub(crate) token: String,
    pub(crate) event: Option<String>,
}

/// What every paper but that of a copy says.
#[derive(Deserialize)]
struct Ending {
    until: u64,
}

type CredentialIdText = String;

impl Granted {
    /// What is left after one more request; none where there is nothing left.
    pub(crate) fn asked(&self) -> Option<Self> {
        Some(Self { asks: self.asks.checked_sub(1)?, ..self.clone() })
    }

    /// The document that was offered.
    ///
    /// # Errors
    /// The paper is damaged.
    pub fn cti(&self) -> Result<CredentialId, RecordsFault> {
        CredentialId::from_hex(&self.cti).map_err(|_| DAMAGED)
    }

    /// Who offered it.
    ///
    /// # Errors
    /// The paper is damaged.
    pub fn by(&self) -> Result<Actor, RecordsFault> {
        Actor::new(&self.by).map_err(|_| DAMAGED)
    }
}

const DAMAGED: RecordsFault = RecordsFault::Damaged { what: "a wallet's paper" };

/// A paper and what it says.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    pub(crate) key: PaperKey,
    pub(crate) version: u64,
    /// Its content.
    pub content: T,
}

impl<T: Serialize> Kept<T> {
    /// The write that changes it, if nobody was faster.
    pub(crate) fn write(&self, content: &T) -> Result<PaperWrite, RecordsFault> {
        Ok(PaperWrite {
            key: self.key.clone(),
            expect: Expect::Version(self.version),
            content: Some(bytes_of(content)?),
        })
    }

    /// The write that takes it away, if nobody was faster.
    pub(crate) fn removal(&self) -> PaperWrite {
        PaperWrite { key: self.key.clone(), expect: Expect::Version(self.version), content: None }
    }
}

/// A new paper.
pub(crate) fn new_paper(key: PaperKey, content: &impl Serialize) -> Result<PaperWrite, RecordsFault> {
    Ok(PaperWrite { key, expect: Expect::Absent, content: Some(bytes_of(content)?) })
}

fn bytes_of(content: &impl Serialize) -> Result<Vec<u8>, RecordsFault> {
    serde_json::to_vec(content).map_err(|_| DAMAGED)
}

/// A paper that has not ended.
pub(crate) fn find<T: DeserializeOwned>(
    store: &dyn Store,
    key: &PaperKey,
    now: UnixTime,
) -> Result<Option<Kept<T>>, RecordsFault> {
    let Some(Paper { key, version, content }) = store.paper(key)? else { return Ok(None) };
    let ending: Ending = serde_json::from_slice(&content).map_err(|_| DAMAGED)?;
    if ending.until <= now.seconds() {
        return Ok(None);
    }
    let content = serde_json::from_slice(&content).map_err(|_| DAMAGED)?;
    Ok(Some(Kept { key, version, content }))
}

/// Whether an offer takes a transaction code, which the officer tells the holder by another way than the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxCode {
    /// It does.
    Digits,
    /// It does not: whoever sees the picture can redeem it.
    None,
}

/// A new offer. Its secrets are shown once.
pub struct Offer {
    /// The pre-authorized code.
    pub code: Zeroizing<String>,
    /// The transaction code.
    pub tx_code: Option<Zeroizing<String>>,
    /// Its end.
    pub until: UnixTime,
}

/// Why there is no token, or nothing else.
#[derive(Debug, thiserror::Error)]
pub enum WalletFault {
    /// No offer that counts has this code.
    #[error("the code is unknown, used or over")]
    UnknownCode,
    /// The offer takes a transaction code and none was sent.
    #[error("the offer takes a transaction code")]
    TxCodeMissing,
    /// The offer takes none and one was sent.
    #[error("the offer takes no transaction code")]
    TxCodeUnexpected,
    /// Another one was told to the holder.
    #[error("the transaction code is another one")]
    TxCodeWrong,
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsFault),
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// A secret that nobody guesses.
pub(crate) fn secret() -> Result<Zeroizing<String>, WalletFault> {
    let bytes = draw().map_err(WalletFault::Randomness)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// Digits of which every one is as likely.
fn draw_digits() -> Result<Zeroizing<String>, WalletFault> {
    let mut digits = Zeroizing::new(String::with_capacity(TX_CODE_DIGITS));
    while digits.len() < TX_CODE_DIGITS {
        let mut byte = [0];
        getrandom::fill(&mut byte).map_err(WalletFault::Randomness)?;
        // 250 is the largest multiple of ten in a byte.
        if let [byte @ 0..250] = byte {
            digits.push(char::from(b'0'.saturating_add(byte % 10)));
        }
    }
    Ok(digits)
}

fn tx_hash(code: &str, tx_code: &str) -> String {
    hex(&Sha256::new().chain_update(code).chain_update(b"\n").chain_update(tx_code).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes an offer of a document and writes who made it into the log.
///
/// # Errors
/// [`WalletFault`].
pub fn offer(
    store: &dyn Store,
    cti: CredentialId,
    by: &Actor,
    configurations: Vec<String>,
    tx_code: TxCode,
    now: UnixTime,
) -> Result<Offer, WalletFault> {
    let code = secret()?;
    let tx_code = match tx_code {
        TxCode::Digits => Some(draw_digits()?),
        TxCode::None => None,
    };
    let until = now.plus_seconds(CODE_SECONDS).map_err(|fault| RecordsFault::Time { fault })?;
    let offered = Offered {
        until: until.seconds(),
        cti: cti.to_string(),
        by: by.as_str().to_owned(),
        configurations,
        tx: tx_code.as_ref().map(|digits| tx_hash(&code, digits)),
        guesses: 0,
        token: None,
    };
    let note = Note { at: now, who: by.clone(), act: Act::Offer, on: cti.to_string(), detail: String::new() };
    store.write_papers(&[new_paper(Kind::Code.key(&code)?, &offered)?], &[note])?;
    Ok(Offer { code, tx_code, until })
}

/// Makes an access token of a code, which is spent by it.
///
/// # Errors
/// [`WalletFault`].
pub fn redeem(
    store: &dyn Store,
    code: &str,
    tx_code: Option<&str>,
    now: UnixTime,
) -> Result<Zeroizing<String>, WalletFault> {
    let kept: Kept<Offered> = find(store, &Kind::Code.key(code)?, now)?.ok_or(WalletFault::UnknownCode)?;
    if let Some(token) = &kept.content.token {
        // Somebody has the code who should not: what was made of it counts no more.
        withdraw(store, &kept, token)?;
        return Err(WalletFault::UnknownCode);
    }
    let kept = match (&kept.content.tx, tx_code) {
        (None, None) => kept,
        (None, Some(_)) => return Err(WalletFault::TxCodeUnexpected),
        (Some(_), None) => return Err(WalletFault::TxCodeMissing),
        (Some(wanted), Some(found)) => {
            let right: bool = wanted.as_bytes().ct_eq(tx_hash(code, found).as_bytes()).into();
            count_guess(store, kept, right)?
        }
    };
    let (token, until) = (secret()?, now.seconds().saturating_add(TOKEN_SECONDS));
    let Offered { cti, by, configurations, .. } = &kept.content;
    let granted = Granted {
        until,
        cti: cti.clone(),
        by: by.clone(),
        configurations: configurations.clone(),
        left: BATCH_MAX,
        asks: ASKS_MAX,
        waits: Waits::Never,
    };
    let spent = Offered {
        token: Some(hex(&Sha256::digest(token.as_bytes()))),
        cti: cti.clone(),
        by: by.clone(),
        configurations: Vec::new(),
        tx: None,
        ..kept.content
    };
    let writes = [
        PaperWrite {
            key: kept.key.clone(),
            expect: Expect::Version(kept.version),
            content: Some(bytes_of(&spent)?),
        },
        new_paper(Kind::Token.key(&token)?, &granted)?,
    ];
    match store.write_papers(&writes, &[]) {
        Ok(()) => Ok(token),
        Err(RecordsFault::Overtaken { .. }) => Err(WalletFault::UnknownCode),
        Err(fault) => Err(fault.into()),
    }
}

/// Counts a guess before anybody learns what it came to: requests side by side have no more of them.
fn count_guess(
    store: &dyn Store,
    mut kept: Kept<Offered>,
    right: bool,
) -> Result<Kept<Offered>, WalletFault> {
    kept.content.guesses = kept.content.guesses.saturating_add(1);
    let is_last = kept.content.guesses >= GUESSES_MAX;
    let write = if is_last && !right { kept.removal() } else { kept.write(&kept.content)? };
    match store.write_papers(&[write], &[]) {
        Ok(()) => {}
        Err(RecordsFault::Overtaken { .. }) => return Err(WalletFault::TxCodeWrong),
        Err(fault) => return Err(fault.into()),
    }
    if !right {
        return Err(WalletFault::TxCodeWrong);
    }
    kept.version = kept.version.saturating_add(1);
    Ok(kept)
}

fn withdraw(store: &dyn Store, kept: &Kept<Offered>, token: &str) -> Result<(), RecordsFault> {
    let token = PaperWrite { key: Kind::Token.of_hash(token)?, expect: Expect::Whatever, content: None };
    match store.write_papers(&[kept.removal(), token], &[]) {
        // Somebody else took it away.
        Ok(()) | Err(RecordsFault::Overtaken { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// What an access token is for.
///
/// # Errors
/// The store.
pub fn granted(store: &dyn Store, token: &str, now: UnixTime) -> Result<Option<Kept<Granted>>, RecordsFault> {
    find(store, &Kind::Token.key(token)?, now)
}

/// Nonces of a wallet's proofs.
pub struct Nonces {
    key: Zeroizing<[u8; 32]>,
}

/// End, random bytes, MAC.
const NONCE_BYTES: usize = 8 + 16 + 16;

impl Nonces {
    /// Those of an issuer, the same in all its replicas: the key follows from one of its secrets.
    pub fn of(secret: &PermutationKey) -> Self {
        let hash = Sha256::new().chain_update(b"sanad openid4vci nonces 1\n").chain_update(secret.as_bytes());
        Self { key: Zeroizing::new(hash.finalize().into()) }
    }

    /// A new one.
    ///
    /// # Errors
    /// [`WalletFault::Randomness`].
    pub fn draw(&self, now: UnixTime) -> Result<String, WalletFault> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(WalletFault::Randomness)?;
        let end = now.seconds().saturating_add(NONCE_SECONDS).to_be_bytes();
        let mac = self.mac(&end, &random);
        Ok(URL_SAFE_NO_PAD.encode([&end[..], &random, &mac].concat()))
    }

    /// The write that uses one up; none for one that was not given out here, or is over.
    ///
    /// # Errors
    /// The store.
    pub(crate) fn spend(&self, nonce: &str, now: UnixTime) -> Result<Option<PaperWrite>, RecordsFault> {
        let Some(until) = self.end_of(nonce).filter(|until| *until > now.seconds()) else { return Ok(None) };
        new_paper(Kind::Nonce.key(nonce)?, &serde_json::json!({ "until": until })).map(Some)
    }

    fn end_of(&self, nonce: &str) -> Option<u64> {
        let bytes: [u8; NONCE_BYTES] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let (end, rest) = bytes.split_first_chunk::<8>()?;
        let (random, mac) = rest.split_first_chunk::<16>()?;
        let holds: bool = self.mac(end, random).ct_eq(mac).into();
        holds.then_some(u64::from_be_bytes(*end))
    }

    /// Half of a SHA-256 over key and message of one length: nothing can be appended to it.
    fn mac(&self, end: &[u8; 8], random: &[u8; 16]) -> [u8; 16] {
        let hash = Sha256::new().chain_update(*self.key).chain_update(end).chain_update(random).finalize();
        let mut mac = [0; 16];
        mac.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        mac
    }
}

/// Takes papers away that have ended.
///
/// # Errors
/// The store.
pub fn tidy(store: &dyn Store, now: UnixTime) -> Result<(), RecordsFault> {
    for kind in Kind::ALL {
        let mut after = None;
        loop {
            let page = store.papers(PaperKind::Wallet, kind.prefix(), after.as_ref(), TIDY_PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.id.clone());
            let over = page.iter().filter(|paper| {
                let ending = serde_json::from_slice::<Ending>(&paper.content);
                ending.is_ok_and(|ending| ending.until <= now.seconds())
            });
            let writes: Vec<PaperWrite> = over
                .map(|paper| PaperWrite {
                    key: paper.key.clone(),
                    expect: Expect::Version(paper.version),
                    content: None,
                })
                .collect();
            for some in writes.chunks(PAPERS_MAX) {
                match store.write_papers(some, &[]) {
                    // Somebody else tidies too.
                    Ok(()) | Err(RecordsFault::Overtaken { .. }) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
    }
    Ok(())
}
