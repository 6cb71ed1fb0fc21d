//! The entries of a wallet, as bytes before they are encrypted: one byte of version, then fields of fixed length, then the one
//! that has none. Refused: another version, and anything too short.

use sanad_credential::{IssuerId, SigningKey};
use sanad_trust::metadata::Sha256Hash;
use zeroize::{Zeroize as _, Zeroizing};

/// Version of entries.
const VERSION: u8 = 1;

/// Which of the wallet's people something belongs to: 8 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(pub [u8; 8]);

/// A person whose documents are held.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// By which entries name the person.
    pub id: HolderId,
    /// By which the wallet's owner does.
    pub name: HolderName,
}

/// What the wallet's owner calls a person: 1 to 64 characters without control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderName(String);

/// A document as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whose it is.
    pub holder: HolderId,
    /// When it was added, in seconds since 1970.
    pub added: u64,
    /// SHA-256 of the issuer's record that opened it, where one did.
    pub opened_with: Option<Sha256Hash>,
    /// The document.
    pub document: Vec<u8>,
}

/// A key of a holder, made for one issuer: two issuers see two keys.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// Whose it is.
    pub holder: HolderId,
    /// For which issuer it was made.
    pub issuer: IssuerId,
    secret: Zeroizing<[u8; 32]>,
}

/// A piece of a text that is longer than an entry may be.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of how many pieces the text is.
    pub count: u8,
    /// This one.
    pub bytes: Vec<u8>,
}

/// What of an offer has not arrived, as a text in which its token stands.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingText {
    /// Whose it will be.
    pub holder: HolderId,
    /// Its text.
    pub text: Zeroizing<String>,
}

/// Names are for the owner's eyes.
impl std::fmt::Debug for HolderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HolderName({} characters)", self.0.chars().count())
    }
}

impl std::fmt::Display for HolderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl HolderName {
    /// Longest name.
    pub const CHARACTERS_MAX: usize = 64;

    /// Accepts a name.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let characters = text.chars().count();
        if characters == 0 || characters > Self::CHARACTERS_MAX {
            return Err(format!(
                "a name has 1 to {} characters, this has {characters}",
                Self::CHARACTERS_MAX
            ));
        }
        let bidi = |character: char| matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if text.chars().any(|character| character.is_control() || bidi(character)) {
            return Err("a name has no control or direction characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Holder {
    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[VERSION][..], &self.id.0, self.name.0.as_bytes()].concat()
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (id, name) = versioned(bytes)?.split_first_chunk::<8>()?;
        let name = HolderName::new(std::str::from_utf8(name).ok()?).ok()?;
        Some(Self { id: HolderId(*id), name })
    }
}

impl Kept {
    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let hash = self.opened_with.map_or([0; 32], |hash| hash.0);
        [&[VERSION][..], &self.holder.0, &self.added.to_be_bytes(), &hash, &self.document].concat()
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (holder, rest) = versioned(bytes)?.split_first_chunk::<8>()?;
        let (added, rest) = rest.split_first_chunk::<8>()?;
        let (hash, document) = rest.split_first_chunk::<32>()?;
        Some(Self {
            holder: HolderId(*holder),
            added: u64::from_be_bytes(*added),
            // Nobody finds a record whose hash is zero.
            opened_with: (*hash != [0; 32]).then_some(sanad_credential::FixedBytes(*hash)),
            document: document.to_vec(),
        })
    }
}

impl HeldKey {
    /// From the secret bytes.
    pub fn of(holder: HolderId, issuer: IssuerId, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { holder, issuer, secret }
    }

    /// Draws one.
    ///
    /// # Errors
    /// The operating system's.
    pub fn draw(holder: HolderId, issuer: IssuerId) -> Result<Self, getrandom::Error> {
        Ok(Self { holder, issuer, secret: sanad_keyfile::secret::draw()? })
    }

    /// The key itself, for as long as something is signed.
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_secret(&self.secret)
    }

    /// The secret bytes, for a backup and nothing else.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.secret
    }

    /// As bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(80));
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.holder.0);
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(self.issuer.as_str().as_bytes());
        bytes
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (holder, rest) = versioned(bytes)?.split_first_chunk::<8>()?;
        let (secret, issuer) = rest.split_first_chunk::<32>()?;
        let issuer = IssuerId::new(std::str::from_utf8(issuer).ok()?).ok()?;
        let mut bytes = *secret;
        let secret = Zeroizing::new(bytes);
        bytes.zeroize();
        Some(Self { holder: HolderId(*holder), issuer, secret })
    }
}

impl Piece {
    /// As bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&[VERSION, self.count][..], &self.bytes].concat()
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (count, bytes) = versioned(bytes)?.split_first()?;
        Some(Self { count: *count, bytes: bytes.to_vec() })
    }
}

impl WaitingText {
    /// As bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&[VERSION][..], &self.holder.0, self.text.as_bytes()].concat())
    }

    /// From bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (holder, text) = versioned(bytes)?.split_first_chunk::<8>()?;
        let text = Zeroizing::new(std::str::from_utf8(text).ok()?.to_owned());
        Some(Self { holder: HolderId(*holder), text })
    }
}

fn versioned(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [VERSION, rest @ ..] => Some(rest),
        _ => None,
    }
}
