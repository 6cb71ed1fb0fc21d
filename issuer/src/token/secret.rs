//! The text of an API token: `sanad_`, its id in 8 hexadecimal digits, `_`, and its secret, 32 random bytes in
//! base64url.
//!
//! The fixed start lets secret scanners find a token that was pasted where it does not belong; the id tells which one to
//! withdraw then, and is no secret. Of the secret only the SHA-256 is kept. A slow hash is there to make guessing dear
//! where people choose the secret; nobody searches through 2^256 of them, and a slow hash on every request would be an
//! attack on ourselves.
//!
//! Refuses every other length, capital hexadecimal digits, padding, and a last character with bits that do not count:
//! a token has one text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::FixedBytes;
use sanad_keyfile::secret::{Secret, draw};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

/// Characters of a token: every one has the same length.
pub const TOKEN_LENGTH: usize = PREFIX.len() + ID_LENGTH + SEPARATOR.len() + SECRET_LENGTH;

/// How a token starts.
pub const PREFIX: &str = "sanad_";

const SEPARATOR: &str = "_";

const ID_LENGTH: usize = 8;

/// 32 bytes in base64url without padding.
const SECRET_LENGTH: usize = 43;

/// Which token; stands in the log, in lists and in the token itself.
pub type TokenId = FixedBytes<4>;

/// A token as its holder presents it.
pub struct PresentedToken {
    /// Which it says it is.
    pub id: TokenId,
    secret: Secret,
}

/// What is kept of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash([u8; 32]);

/// A text that cannot be a token. It does not say where: the text may be nearly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token: a token is \"sanad_\", 8 hexadecimal digits, \"_\" and 43 characters of base64url")]
pub struct NotAToken;

impl PresentedToken {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut id = [0; 4];
        getrandom::fill(&mut id)?;
        Ok(Self { id: FixedBytes(id), secret: draw()? })
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`NotAToken`].
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let rest = text.strip_prefix(PREFIX).ok_or(NotAToken)?;
        let (id, rest) = rest.split_at_checked(ID_LENGTH).ok_or(NotAToken)?;
        let encoded =
            rest.strip_prefix(SEPARATOR).filter(|rest| rest.len() == SECRET_LENGTH).ok_or(NotAToken)?;
        let id = TokenId::from_hex(id).map_err(|_| NotAToken)?;
        // One byte more than the secret: the decoder asks for room in whole groups.
        let mut decoded = Zeroizing::new([0; 33]);
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, decoded.as_mut()).map_err(|_| NotAToken)?;
        let decoded = decoded.get(..length).ok_or(NotAToken)?;
        let mut secret = Zeroizing::new([0; 32]);
        if decoded.len() != secret.len() {
            return Err(NotAToken);
        }
        secret.copy_from_slice(decoded);
        Ok(Self { id, secret })
    }

    /// The text, for whoever will hold it, and nobody else.
    pub fn expose(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.secret.as_slice()));
        let mut text = Zeroizing::new(String::with_capacity(TOKEN_LENGTH));
        text.push_str(PREFIX);
        text.push_str(&self.id.to_string());
        text.push_str(SEPARATOR);
        text.push_str(&encoded);
        text
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.as_slice()).into())
    }
}

impl SecretHash {
    /// What a token is held against that is not there, so that it takes the same steps.
    pub const NOBODYS: Self = Self([0; 32]);

    /// Whether two are the same, in a time that does not tell where they differ.
    pub fn holds(&self, other: &Self) -> Choice {
        #[cfg(test)]
        COMPARISONS.with(|comparisons| comparisons.set(comparisons.get().wrapping_add(1)));
        self.0.ct_eq(&other.0)
    }

    /// From 64 hexadecimal digits.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        FixedBytes::from_hex(text).ok().map(|FixedBytes(bytes)| Self(bytes))
    }

    /// As 64 hexadecimal digits.
    pub(super) fn to_hex(self) -> String {
        FixedBytes(self.0).to_string()
    }
}

#[cfg(test)]
thread_local! {
    /// How often this thread compared secrets: what the tests on timing count.
    pub(crate) static COMPARISONS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedToken({}, secret)", self.id)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_text_and_comes_back_from_it() {
        let token = PresentedToken::draw().unwrap();
        let text = token.expose();
        assert_eq!(text.len(), TOKEN_LENGTH);
        let again = PresentedToken::parse(&text).unwrap();
        assert_eq!((again.id, again.hash()), (token.id, token.hash()));
        assert!(bool::from(again.hash().holds(&token.hash())));
    }

    #[test]
    fn no_two_tokens_are_drawn_alike() {
        let (one, other) = (PresentedToken::draw().unwrap(), PresentedToken::draw().unwrap());
        assert_ne!(one.hash(), other.hash());
        assert!(!bool::from(one.hash().holds(&other.hash())));
        assert!(!bool::from(one.hash().holds(&SecretHash::NOBODYS)));
    }

    #[test]
    fn what_is_nearly_a_token_is_none() {
        let good = format!("sanad_0a1b2c3d_{}", "A".repeat(43));
        assert!(PresentedToken::parse(&good).is_ok());
        for wrong in [
            String::new(),
            "sanad_".to_owned(),
            good.replace("sanad_", "Sanad_"),
            good.replace("0a1b2c3d", "0A1B2C3D"),
            good.replace("0a1b2c3d", "0a1b2c3g"),
            good.replace("0a1b2c3d_", "0a1b2c3d-"),
            format!("{good}A"),
            format!("{good}="),
            format!("{good} "),
            format!("{good}\n"),
            format!(" {good}"),
            good[..good.len() - 1].to_owned(),
            // Bits of the last character that do not count.
            format!("{}B", &good[..good.len() - 1]),
            // The other alphabet of base64, and a letter that takes two bytes.
            format!("{}+A", &good[..good.len() - 2]),
            format!("{}/A", &good[..good.len() - 2]),
            format!("{}\u{e9}", &good[..good.len() - 2]),
            good.replace("0a1b2c3d", "0a1b2c\u{e9}"),
            format!("sanad_0a1b2c3\u{e9}_{}", "A".repeat(43)),
            format!("{good}{}", "A".repeat(1 << 20)),
        ] {
            assert!(PresentedToken::parse(&wrong).is_err(), "{}", wrong.chars().take(80).collect::<String>());
        }
    }

    #[test]
    fn neither_a_token_nor_its_hash_shows_in_debug_output() {
        let token = PresentedToken::draw().unwrap();
        let secret = token.expose()[15..].to_owned();
        let shown = format!("{token:?} {:?}", token.hash());
        assert!(!shown.contains(&secret) && !shown.contains(&token.hash().to_hex()), "{shown}");
    }
}
