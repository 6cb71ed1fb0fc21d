//! Who may use the desk's own API: whoever sends the one token.
//!
//! The file has the token, or its SHA-256 so that a stolen disk gives nobody access. What is compared are the hashes, in
//! constant time. Refused: a token under 32 characters, and a file that others than its owner may read.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Shortest token: 16 bytes of randomness in hexadecimal digits.
const CHARACTERS_MIN: usize = 32;

/// Longest.
const CHARACTERS_MAX: usize = 512;

const HASHED: &str = "sha256:";
const SCHEME: &str = "Bearer ";

/// The SHA-256 of the token.
#[derive(Clone)]
pub struct DeskToken([u8; 32]);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds no token.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong; never what stands there.
        problem: &'static str,
    },
}

impl DeskToken {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn load(path: &Path) -> Result<Self, TokenFault> {
        let unreadable = |source| TokenFault::File { path: path.to_owned(), source };
        let content = |problem| TokenFault::Content { path: path.to_owned(), problem };
        let file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode();
        let mut text = Zeroizing::new(String::with_capacity(2_048));
        file.take(2_047).read_to_string(&mut text).map_err(unreadable)?;
        let line = text.lines().next().unwrap_or_default();
        if let Some(hash) = line.strip_prefix(HASHED) {
            return from_hex(hash)
                .map(Self)
                .ok_or_else(|| content("after sha256: stand 64 hexadecimal digits"));
        }
        if mode & 0o077 != 0 {
            return Err(content("others may read this token: chmod 600, or keep its SHA-256 instead"));
        }
        let fits = (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&line.len())
            && line.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(content("a token has 32 to 512 printable ASCII characters without spaces"));
        }
        Ok(Self(Sha256::digest(line).into()))
    }

    /// Whether the headers bear the token: one header, of the scheme Bearer (RFC 6750 section 2.1).
    pub fn is_borne_by(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let Some((scheme, token)) = value.as_bytes().split_at_checked(SCHEME.len()) else { return false };
        if !scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) || token.len() > CHARACTERS_MAX {
            return false;
        }
        let presented: [u8; 32] = Sha256::digest(token).into();
        presented.ct_eq(&self.0).into()
    }
}

impl std::fmt::Debug for DeskToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeskToken(secret)")
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.filter(|_| text.len() == 64).and_then(|bytes| bytes.try_into().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn loaded(text: &str, mode: u32) -> Result<DeskToken, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        DeskToken::load(&path).map_err(|fault| fault.to_string())
    }

    fn bears(token: &DeskToken, values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        token.is_borne_by(&headers)
    }

    #[test]
    fn the_token_and_its_hash_let_in_the_same_one() {
        let hash: String = Sha256::digest(TOKEN).iter().map(|byte| format!("{byte:02x}")).collect();
        for file in [format!("{TOKEN}\n"), format!("sha256:{hash}\n")] {
            let token = loaded(&file, 0o600).unwrap();
            assert!(bears(&token, &[&format!("Bearer {TOKEN}")]));
            assert!(bears(&token, &[&format!("bearer {TOKEN}")]));
            assert!(!bears(&token, &[&format!("Bearer {TOKEN}0")]));
            assert!(!bears(&token, &[&format!("Bearer {hash}")]));
            assert!(!bears(&token, &[&format!("Basic {TOKEN}")]));
            assert!(!bears(&token, &[&format!("Bearer {TOKEN}"), &format!("Bearer {TOKEN}")]));
            assert!(!bears(&token, &[]));
            assert!(!format!("{token:?}").contains(TOKEN));
        }
    }

    #[test]
    fn short_tokens_and_open_files_are_refused_without_their_content() {
        for (text, mode) in [("hunter2", 0o600), (TOKEN, 0o644), ("sha256:12", 0o600), ("", 0o600)] {
            let fault = loaded(text, mode).unwrap_err();
            assert!(text.is_empty() || !fault.contains("hunter2") && !fault.contains(TOKEN), "{fault}");
        }
    }
}
