//! How everything in a wallet is encrypted: a passphrase opens two random keys, and these encrypt and name the entries.
//!
//! Argon2id (RFC 9106) makes a key of the passphrase, which encrypts the two random ones, so that a change of passphrase would
//! rewrite one small header. XChaCha20-Poly1305 encrypts each entry with a nonce of its own, bound to the name under which it
//! stands: an entry that is moved in the place of another does not open. Names are a keyed hash, so that they say nothing.
//! What an onlooker sees is how many entries there are, and how long each is.
//!
//! Refused: a header of another version, or one that asks for more work than [`MEMORY_KIB_MAX`]; a wrong passphrase, which
//! opens nothing and changes nothing.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sanad_keyfile::passphrase::Passphrase;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

/// Version of headers and of what they protect.
pub const VERSION: u8 = 1;

/// Memory of a new wallet's key derivation: RFC 9106 section 4, second recommended option, 64 MiB with three passes.
pub const MEMORY_KIB: u32 = 64 * 1024;

/// Least memory that may be chosen, for old phones: 19 MiB.
pub const MEMORY_KIB_MIN: u32 = 19 * 1024;

/// Most memory that a header may ask for: 1 GiB. A header that somebody changed must not exhaust a machine.
pub const MEMORY_KIB_MAX: u32 = 1024 * 1024;

const PASSES: u32 = 3;
const PASSES_MAX: u32 = 16;
const LANES: u32 = 1;
const LANES_MAX: u32 = 16;

const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEYS_BYTES: usize = 64;

/// What a header is encrypted and bound with.
const HEADER_NAME: &[u8] = b"sanad wallet header 1";

/// What the passphrase is turned into a key with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derivation {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
}

/// The keys of an open wallet.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    name_key: Zeroizing<[u8; 32]>,
}

/// Why something does not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// The passphrase is another one, or the bytes were changed; nobody can tell which.
    #[error("this passphrase does not open it (or its first bytes are damaged); nothing was changed")]
    WrongPassphrase,
    /// The format is of a later program.
    #[error(
        "it has version {found}, this program reads version {VERSION}: use a newer sanad-wallet; nothing was changed"
    )]
    Version {
        /// The version found.
        found: u8,
    },
    /// Bytes that are no header, or ask for too much work.
    #[error("{0}")]
    Form(&'static str),
    /// An entry was changed, moved or cut.
    #[error("an entry does not open: it was changed on the disk")]
    Changed,
    /// The system gives no randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The key derivation failed.
    #[error("the key derivation failed: {0}")]
    Derivation(argon2::Error),
}

impl Derivation {
    /// Bytes of a written derivation.
    pub const BYTES: usize = 12 + SALT_BYTES;

    /// With a new salt.
    ///
    /// # Errors
    /// [`VaultFault::Randomness`].
    pub fn new(memory_kib: u32) -> Result<Self, VaultFault> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        Ok(Self { memory_kib, passes: PASSES, lanes: LANES, salt })
    }

    /// As bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.memory_kib, self.passes, self.lanes].map(u32::to_be_bytes).concat();
        [numbers.as_slice(), &self.salt].concat()
    }

    /// From bytes, and what follows them.
    ///
    /// # Errors
    /// [`VaultFault::Form`].
    pub fn read(bytes: &[u8]) -> Result<(Self, &[u8]), VaultFault> {
        let cut = VaultFault::Form("it is cut off inside its header");
        let Some((numbers, rest)) = bytes.split_first_chunk::<12>() else { return Err(cut) };
        let Some((salt, rest)) = rest.split_first_chunk::<SALT_BYTES>() else { return Err(cut) };
        let mut numbers = numbers
            .chunks_exact(4)
            .map(|four| four.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte)));
        let mut next = || numbers.next().unwrap_or_default();
        let (memory_kib, passes, lanes) = (next(), next(), next());
        let is_bounded = (8..=MEMORY_KIB_MAX).contains(&memory_kib)
            && (1..=PASSES_MAX).contains(&passes)
            && (1..=LANES_MAX).contains(&lanes);
        if !is_bounded {
            return Err(VaultFault::Form("its header asks for more work than any that this program writes"));
        }
        Ok((Self { memory_kib, passes, lanes, salt: *salt }, rest))
    }

    /// The cipher of a passphrase.
    ///
    /// # Errors
    /// [`VaultFault::Derivation`].
    pub(crate) fn cipher(&self, passphrase: &Passphrase) -> Result<XChaCha20Poly1305, VaultFault> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        let params = params.map_err(VaultFault::Derivation)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = Zeroizing::new([0_u8; 32]);
        argon
            .hash_password_into(passphrase.expose().as_bytes(), &self.salt, key.as_mut_slice())
            .map_err(VaultFault::Derivation)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }
}

impl Vault {
    /// New random keys, and the header that a passphrase opens them with.
    ///
    /// # Errors
    /// [`VaultFault`].
    pub fn create(passphrase: &Passphrase, memory_kib: u32) -> Result<(Self, Vec<u8>), VaultFault> {
        let derivation = Derivation::new(memory_kib)?;
        let mut keys = Zeroizing::new([0; KEYS_BYTES]);
        getrandom::fill(keys.as_mut_slice())?;
        let start = [&[VERSION][..], &derivation.to_bytes()].concat();
        let sealed = seal(&derivation.cipher(passphrase)?, &bound(&start), keys.as_slice())?;
        Ok((Self::of(keys.as_slice())?, [start, sealed].concat()))
    }

    /// Opens a header.
    ///
    /// # Errors
    /// [`VaultFault`]; a wrong passphrase is [`VaultFault::WrongPassphrase`].
    pub fn open(header: &[u8], passphrase: &Passphrase) -> Result<Self, VaultFault> {
        let Some((version, rest)) = header.split_first() else {
            return Err(VaultFault::Form("it has no header"));
        };
        if *version != VERSION {
            return Err(VaultFault::Version { found: *version });
        }
        let (derivation, sealed) = Derivation::read(rest)?;
        let start = [&[VERSION][..], &derivation.to_bytes()].concat();
        let keys = open(&derivation.cipher(passphrase)?, &bound(&start), sealed)
            .ok_or(VaultFault::WrongPassphrase)?;
        Self::of(&keys)
    }

    fn of(keys: &[u8]) -> Result<Self, VaultFault> {
        match keys.split_first_chunk::<32>() {
            Some((data, name)) if name.len() == 32 => {
                let mut name_key = Zeroizing::new([0; 32]);
                name_key.copy_from_slice(name);
                let mut data = *data;
                let cipher = XChaCha20Poly1305::new((&data).into());
                data.zeroize();
                Ok(Self { cipher, name_key })
            }
            _ => Err(VaultFault::Form("its header holds no two keys")),
        }
    }

    /// The name under which an entry stands: it says neither what the entry is nor whose.
    pub fn name(&self, kind: u8, id: &[u8]) -> [u8; 16] {
        // Truncated to half, so that a longer id cannot be hashed on from a shorter one's name.
        let hash = Sha256::new().chain_update(self.name_key.as_slice()).chain_update([kind]).chain_update(id);
        let mut name = [0; 16];
        for (byte, digest) in name.iter_mut().zip(hash.finalize()) {
            *byte = digest;
        }
        name
    }

    /// Encrypts an entry for the place where it will stand.
    ///
    /// # Errors
    /// [`VaultFault::Randomness`].
    pub fn seal(&self, name: &[u8], entry: &[u8]) -> Result<Vec<u8>, VaultFault> {
        seal(&self.cipher, name, entry)
    }

    /// Decrypts the entry of a place.
    ///
    /// # Errors
    /// [`VaultFault::Changed`].
    pub fn unseal(&self, name: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
        open(&self.cipher, name, sealed).ok_or(VaultFault::Changed)
    }
}

/// Shows nothing of the keys.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(secret)")
    }
}

fn bound(start: &[u8]) -> Vec<u8> {
    [HEADER_NAME, start].concat()
}

/// Nonce and ciphertext.
pub(crate) fn seal(cipher: &XChaCha20Poly1305, bound: &[u8], text: &[u8]) -> Result<Vec<u8>, VaultFault> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce)?;
    let payload = Payload { msg: text, aad: bound };
    // The one way to fail is a text of 256 GiB.
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| VaultFault::Form("too long to be encrypted"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] encrypted; nothing where it was not.
pub(crate) fn open(cipher: &XChaCha20Poly1305, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: sealed, aad: bound };
    cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

/// What encryption adds to a text.
pub(crate) const SEALED_BYTES_ADDED: usize = NONCE_BYTES + TAG_BYTES;

#[cfg(test)]
mod tests {
    use super::*;
    use sanad_keyfile::passphrase::Purpose;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::parse(text, Purpose::Open).unwrap()
    }

    #[test]
    fn a_header_opens_with_its_passphrase_and_no_other() {
        let (vault, header) = Vault::create(&passphrase("millet and rain"), MEMORY_KIB_MIN).unwrap();
        let again = Vault::open(&header, &passphrase("millet and rain")).unwrap();
        let sealed = vault.seal(b"place", b"entry").unwrap();
        assert_eq!(again.unseal(b"place", &sealed).unwrap().as_slice(), b"entry");
        assert_eq!(vault.name(1, b"x"), again.name(1, b"x"));
        let wrong = Vault::open(&header, &passphrase("millet and rein"));
        assert!(matches!(wrong, Err(VaultFault::WrongPassphrase)));
    }

    #[test]
    fn a_changed_byte_of_a_header_or_an_entry_is_refused() {
        let pass = passphrase("millet and rain");
        let (vault, header) = Vault::create(&pass, MEMORY_KIB_MIN).unwrap();
        for position in [0, 3, 14, 30, header.len() - 1] {
            let mut changed = header.clone();
            changed[position] ^= 1;
            assert!(Vault::open(&changed, &pass).is_err(), "{position}");
        }
        for length in [0, 1, 12, 28, header.len() - 1] {
            assert!(Vault::open(&header[..length], &pass).is_err(), "{length}");
        }
        let sealed = vault.seal(b"place", b"entry").unwrap();
        assert_eq!(sealed.len(), 5 + SEALED_BYTES_ADDED);
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(vault.unseal(b"place", &changed).is_err());
        }
    }

    #[test]
    fn an_entry_moved_in_the_place_of_another_does_not_open() {
        let (vault, _) = Vault::create(&passphrase("millet and rain"), MEMORY_KIB_MIN).unwrap();
        let sealed = vault.seal(b"place", b"entry").unwrap();
        assert!(vault.unseal(b"other", &sealed).is_err());
    }

    #[test]
    fn a_header_that_asks_for_a_machine_full_of_memory_is_refused() {
        let mut header = vec![VERSION];
        header.extend([0xFF; 12]);
        header.extend([0; 200]);
        assert!(matches!(Vault::open(&header, &passphrase("x")), Err(VaultFault::Form(_))));
        assert!(matches!(Vault::open(&[9, 0], &passphrase("x")), Err(VaultFault::Version { found: 9 })));
    }
}
