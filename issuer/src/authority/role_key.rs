//! The key of a role: its secret half encrypted in the holder's directory, its public half to hand over.

use std::path::{Path, PathBuf};

use sanad_credential::{Name, SigningKey};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::secret::{self, from_hex, to_hex};
use sanad_keyfile::{Existing, KeyFault};
use sanad_trust::authoring::PublicRoleKey;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::directory::{self, DirectoryFault};

/// Name of the encrypted file in the holder's directory.
pub const FILE_NAME: &str = "role-key.age";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum RoleKeyFault {
    /// The encrypted file.
    #[error(transparent)]
    File(#[from] KeyFault),
    /// The public file.
    #[error(transparent)]
    Public(#[from] DirectoryFault),
    /// What was decrypted is no key of a role.
    #[error("{}: decrypted, but it holds no key of a role", path.display())]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// The decrypted file: hexadecimal digits, wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    role_key: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.role_key.zeroize();
    }
}

/// Draws a key and writes both halves; an existing key is never replaced. Gives the public half and its file.
///
/// # Errors
/// [`RoleKeyFault`].
pub fn create(
    dir: &Path,
    holder: &Name,
    passphrase: &Passphrase,
) -> Result<(PublicRoleKey, PathBuf), RoleKeyFault> {
    let secret = secret::draw().map_err(RoleKeyFault::Randomness)?;
    let stored = Stored { role_key: to_hex(&secret) };
    // The capacity keeps the buffer from moving, which would leave copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    if serde_json::to_writer(&mut *text, &stored).is_err() {
        return Err(RoleKeyFault::Content { path: dir.join(FILE_NAME) });
    }
    directory::make(dir)?;
    sanad_keyfile::write(&dir.join(FILE_NAME), &text, passphrase, Existing::Refuse)?;
    let key = PublicRoleKey { holder: holder.clone(), key: SigningKey::from_secret(&secret).public_key() };
    let path = dir.join(public_name(holder));
    directory::replace(&path, format!("{}\n", key.to_json()).as_bytes())?;
    Ok((key, path))
}

/// Decrypts a key.
///
/// # Errors
/// [`RoleKeyFault`].
pub fn load(dir: &Path, passphrase: &Passphrase) -> Result<SigningKey, RoleKeyFault> {
    let path = dir.join(FILE_NAME);
    let text = sanad_keyfile::read(&path, passphrase)?;
    let content = || RoleKeyFault::Content { path: path.clone() };
    let stored: Stored = serde_json::from_slice(&text).map_err(|_| content())?;
    let secret = from_hex(&stored.role_key).ok_or_else(content)?;
    Ok(SigningKey::from_secret(&secret))
}

/// The name of the public file, of letters and digits that every disk takes.
fn public_name(holder: &Name) -> String {
    let plain = |character: char| if character.is_alphanumeric() { character } else { '-' };
    format!("{}.pub.json", holder.as_str().chars().map(plain).collect::<String>())
}
