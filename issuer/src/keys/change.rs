//! Changes of keys: a new one that takes over after an overlap, an old one retired or marked as compromised.
//!
//! A rotation is crash-safe by its order: the secret first, then the configuration, each in one step. What a kill between
//! them leaves is a secret that nothing names and nothing uses.
//!
//! Documents bear the day on which they were signed, and a key's first and last day bound that day: what the old key
//! signed until its last day stays good for as long as the record lists it, also when it is retired. Compromised, it
//! counts for nothing, whenever it signed.
//!
//! Refuses first days in the past (regions do not list them: a stolen key must not make last year's forgeries good), days
//! on which nothing could be signed, a second rotation before the first has begun, and to retire the last key.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanad_credential::{Date, Fault, KeyId, PublicKey};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::secret;
use sanad_trust::{KeyState, KeyUse, RecordDraft, RecordKey};

use super::issuer_toml::{EditFault, IssuerToml};
use super::stored::Entry;
use super::{SecretsFault, add};
use crate::config::newest_first;
use crate::hsm::{Hsm, HsmFault, HsmKey, HsmObject};

/// How far ahead a key may start: later is a typing mistake.
const AHEAD_DAYS_MAX: i32 = 731;

/// Longest overlap, the validity of a card.
pub const OVERLAP_DAYS_MAX: u32 = 1_095;

/// A new key in the place of the old ones.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// What it is for.
    pub key_use: KeyUse,
    /// Its first day.
    pub from: Date,
    /// Days from then on which the old ones count too.
    pub overlap_days: u32,
    /// The day of the rotation.
    pub today: Date,
}

/// Where a new key is made.
#[derive(Clone, Copy, Debug)]
pub enum MadeIn<'a> {
    /// In `keys.age`.
    KeysFile(&'a Passphrase),
    /// In the token of the configuration.
    Hsm(&'a Arc<Hsm>),
}

/// What a rotation did.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The new key.
    pub key: RecordKey,
    /// How the token calls it, where it is in one.
    pub object: Option<HsmObject>,
    /// The old ones that got a last day.
    pub ended: Vec<(PublicKey, Date)>,
}

/// What marking a key did.
#[derive(Clone, Debug)]
pub struct Marked {
    /// The key as it is now.
    pub key: RecordKey,
    /// Another that signs today.
    pub successor: Option<PublicKey>,
}

/// Why keys were not changed. Everything is as it was, but for a secret that nothing uses.
#[derive(Debug, thiserror::Error)]
pub enum ChangeFault {
    /// The configuration.
    #[error(transparent)]
    Edit(#[from] EditFault),
    /// `keys.age`.
    #[error(transparent)]
    Secrets(#[from] SecretsFault),
    /// The hardware module.
    #[error(transparent)]
    Hsm(#[from] HsmFault),
    /// Another program changes keys.
    #[error("another program is changing the keys of {}", dir.display())]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// The system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A first day that no region would list, or far away.
    #[error("a new key starts from {today} to {last}, not on {from}")]
    Start {
        /// The day that was asked for.
        from: Date,
        /// The first that there is.
        today: Date,
        /// The last that there is.
        last: Date,
    },
    /// A key is waiting for its first day.
    #[error("the {} key {key} starts on {from}; wait for it, or retire it first", key_use.word())]
    Pending {
        /// What it is for.
        key_use: KeyUse,
        /// The key.
        key: KeyId,
        /// Its first day.
        from: Date,
    },
    /// Nothing could be signed on some day.
    #[error(
        "no {} key counts on {day}, and the new one would start on {from}; let it start on {today}", key_use.word()
    )]
    Gap {
        /// What it is for.
        key_use: KeyUse,
        /// A day without a key.
        day: Date,
        /// First day of the new one.
        from: Date,
        /// The day of the rotation.
        today: Date,
    },
    /// The old key would end before it starts.
    #[error("the key {key} started on {from} and would end on {to}; give an overlap of 1 day at least")]
    NoDays {
        /// The key.
        key: KeyId,
        /// Its first day.
        from: Date,
        /// Its last.
        to: Date,
    },
    /// The configuration has no such key.
    #[error("issuer.toml has no key {key}; list them: sanad-issuer keys DIR list")]
    Unknown {
        /// The key.
        key: KeyId,
    },
    /// The key is marked already.
    #[error("the key {key} is {} already", state.word())]
    NotActive {
        /// The key.
        key: KeyId,
        /// Its state.
        state: KeyState,
    },
    /// No other key would sign.
    #[error(
        "{key} is the only {} key that signs on {day}; rotate first, and retire it when the new one has started",
        key_use.word()
    )]
    LastKey {
        /// The key.
        key: KeyId,
        /// What it is for.
        key_use: KeyUse,
        /// The day.
        day: Date,
    },
    /// A day beyond the calendar of the format.
    #[error("{0}")]
    Day(Fault),
}

impl Rotation {
    /// Which keys end, and when.
    ///
    /// # Errors
    /// [`ChangeFault`], where the record does not allow it.
    pub fn plan(&self, record: &RecordDraft) -> Result<Vec<(PublicKey, Date)>, ChangeFault> {
        let Self { key_use, from, overlap_days, today } = *self;
        let last = today.plus_days(AHEAD_DAYS_MAX).map_err(ChangeFault::Day)?;
        if from < today || from > last {
            return Err(ChangeFault::Start { from, today, last });
        }
        let active =
            || record.keys.iter().filter(|key| key.key_use == key_use && key.state == KeyState::Active);
        if let Some(key) = active().find(|key| key.from > today) {
            return Err(ChangeFault::Pending { key_use, key: key.x.id(), from: key.from });
        }
        let days = i32::try_from(overlap_days.min(OVERLAP_DAYS_MAX)).unwrap_or(0).saturating_sub(1);
        let to = from.plus_days(days).map_err(ChangeFault::Day)?;
        let ends = active().filter(|key| key.to.is_none_or(|old| old > to));
        if let Some(key) = ends.clone().find(|key| to < key.from) {
            return Err(ChangeFault::NoDays { key: key.x.id(), from: key.from, to });
        }
        let before = from.plus_days(-1).map_err(ChangeFault::Day)?;
        for day in [today, before].into_iter().filter(|day| *day >= today && *day < from) {
            if newest_first(record, key_use, day).is_err() {
                return Err(ChangeFault::Gap { key_use, day, from, today });
            }
        }
        Ok(ends.map(|key| (key.x, to)).collect())
    }
}

/// Makes a new key and has it take over.
///
/// # Errors
/// [`ChangeFault`].
pub fn rotate(dir: &Path, rotation: &Rotation, made_in: MadeIn<'_>) -> Result<Rotated, ChangeFault> {
    let _lock = lock(dir)?;
    let mut file = IssuerToml::read(dir)?;
    let ended = rotation.plan(file.record())?;
    let object = match made_in {
        MadeIn::KeysFile(_) => None,
        MadeIn::Hsm(_) => Some(new_object(file.record(), rotation)?),
    };
    // Before a secret is made: whether the file can be changed at all.
    let stand_in = Entry::new(rotation.key_use, secret::draw().map_err(SecretsFault::Randomness)?).x();
    edit(&mut file.clone(), rotation, stand_in, object.as_ref(), &ended)?;
    let x = match (made_in, &object) {
        (MadeIn::Hsm(hsm), Some(object)) => {
            let x = hsm.generate(object)?;
            HsmKey::open(hsm, x, object.clone())?;
            x
        }
        (MadeIn::KeysFile(passphrase), _) => add(dir, passphrase, rotation.key_use)?,
        // The object was made for this key.
        (MadeIn::Hsm(_), None) => return Err(ChangeFault::Unknown { key: stand_in.id() }),
    };
    let key = edit(&mut file, rotation, x, object.as_ref(), &ended)?;
    file.write()?;
    Ok(Rotated { key, object, ended })
}

fn edit(
    file: &mut IssuerToml,
    rotation: &Rotation,
    x: PublicKey,
    object: Option<&HsmObject>,
    ended: &[(PublicKey, Date)],
) -> Result<RecordKey, ChangeFault> {
    let Rotation { key_use, from, .. } = *rotation;
    let key = RecordKey { x, key_use, from, to: None, state: KeyState::Active };
    file.add(&key, object)?;
    for (x, to) in ended {
        file.end(x, *to)?;
    }
    Ok(key)
}

/// A name that people recognise and an id that no other key has.
fn new_object(record: &RecordDraft, rotation: &Rotation) -> Result<HsmObject, ChangeFault> {
    let label = format!("sanad {} {} {}", record.iss, rotation.key_use.word(), rotation.from);
    let nonce = secret::draw().map_err(SecretsFault::Randomness)?;
    let id = nonce.iter().take(8).copied().collect();
    HsmObject::new(Some(label), Some(id)).map_err(ChangeFault::Day)
}

/// Retires a key: it signs nothing more, and what it signed stands.
///
/// # Errors
/// [`ChangeFault`].
pub fn retire(dir: &Path, id: KeyId, today: Date) -> Result<Marked, ChangeFault> {
    let _lock = lock(dir)?;
    let mut file = IssuerToml::read(dir)?;
    let key = find(file.record(), id)?;
    if key.state != KeyState::Active {
        return Err(ChangeFault::NotActive { key: id, state: key.state });
    }
    let successor = successor(file.record(), &key, today);
    let has_begun = key.from <= today;
    let signs_today = has_begun && key.to.is_none_or(|to| today <= to);
    if signs_today && successor.is_none() {
        return Err(ChangeFault::LastKey { key: id, key_use: key.key_use, day: today });
    }
    // What it signed today stands; one that has not begun keeps its first day, which the format asks for.
    let last = if has_begun { today } else { key.from };
    file.end(&key.x, key.to.map_or(last, |to| to.min(last)))?;
    file.mark(&key.x, KeyState::Retired)?;
    file.write()?;
    Ok(Marked { key: find(file.record(), id)?, successor })
}

/// Marks a key as compromised: it and all that it ever signed count for nothing.
///
/// # Errors
/// [`ChangeFault`].
pub fn compromise(dir: &Path, id: KeyId, today: Date) -> Result<Marked, ChangeFault> {
    let _lock = lock(dir)?;
    let mut file = IssuerToml::read(dir)?;
    let key = find(file.record(), id)?;
    if key.state == KeyState::Compromised {
        return Err(ChangeFault::NotActive { key: id, state: key.state });
    }
    let successor = successor(file.record(), &key, today);
    file.mark(&key.x, KeyState::Compromised)?;
    file.write()?;
    Ok(Marked { key: find(file.record(), id)?, successor })
}

fn find(record: &RecordDraft, id: KeyId) -> Result<RecordKey, ChangeFault> {
    record.keys.iter().find(|key| key.x.id() == id).cloned().ok_or(ChangeFault::Unknown { key: id })
}

/// Another key that signs on a day in the place of this one.
fn successor(record: &RecordDraft, key: &RecordKey, day: Date) -> Option<PublicKey> {
    let keys = newest_first(record, key.key_use, day).ok()?;
    keys.into_iter().map(|other| other.x).find(|x| *x != key.x)
}

/// Held while keys are changed; file systems without locks do without it.
fn lock(dir: &Path) -> Result<File, ChangeFault> {
    let handle = File::open(dir).map_err(|source| ChangeFault::File { path: dir.to_owned(), source })?;
    match handle.try_lock() {
        Err(TryLockError::WouldBlock) => Err(ChangeFault::InUse { dir: dir.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(handle),
    }
}
