//! What is encrypted in `keys.age`: JSON in one of two forms.
//!
//! The first form has one key of each use, as every issuer had it, and `init` still writes it:
//! `{"credential":…,"status":…,"delegation":…,"permutation":…}`, each 64 hexadecimal digits. The second one has any number
//! of keys, each with its use and its public half:
//! `{"version":2,"permutation":…,"keys":[{"use":…,"x":…,"secret":…},…]}`. A rotation turns the first into the second.
//!
//! Refuses unknown members, a public half that is not the secret's, and one secret twice: the file is authenticated, so
//! any of these is a fault of a program, and signing on would hide it.

use sanad_credential::{PublicKey, SigningKey};
use sanad_keyfile::secret::{Secret, from_hex, to_hex};
use sanad_trust::KeyUse;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// Most keys: as many as a record may have.
pub(super) const KEYS_MAX: usize = 64;

/// Bytes for all keys in the second form, each of about 180, so that the buffer does not move and leave copies behind.
const TEXT_BYTES: usize = 16 * 1_024;

/// The secrets.
pub(super) struct Stored {
    pub(super) permutation: Secret,
    pub(super) keys: Vec<Entry>,
}

/// One signing key.
pub(super) struct Entry {
    pub(super) key_use: KeyUse,
    secret: Secret,
    x: PublicKey,
}

/// Looked at first. The other members are passed over without a copy of them.
#[derive(Deserialize)]
struct Form {
    version: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    credential: String,
    status: String,
    delegation: String,
    permutation: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Second {
    version: u64,
    permutation: String,
    keys: Vec<SecondKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondKey {
    #[serde(rename = "use")]
    key_use: String,
    x: String,
    secret: String,
}

impl Drop for First {
    fn drop(&mut self) {
        self.credential.zeroize();
        self.status.zeroize();
        self.delegation.zeroize();
        self.permutation.zeroize();
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.permutation.zeroize();
    }
}

impl Drop for SecondKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Entry {
    pub(super) fn new(key_use: KeyUse, secret: Secret) -> Self {
        let x = SigningKey::from_secret(&secret).public_key();
        Self { key_use, secret, x }
    }

    pub(super) fn x(&self) -> PublicKey {
        self.x
    }

    pub(super) fn signing_key(&self) -> SigningKey {
        SigningKey::from_secret(&self.secret)
    }
}

impl Stored {
    /// Reads either form; nothing where it is neither.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(text).ok()?;
        let stored = match form.version {
            None => Self::from_first(&serde_json::from_slice(text).ok()?)?,
            Some(2) => Self::from_second(&serde_json::from_slice(text).ok()?)?,
            Some(_) => return None,
        };
        let is_twice = |(place, entry): (usize, &Entry)| {
            stored.keys.iter().take(place).any(|earlier| earlier.x == entry.x)
        };
        let fits = stored.keys.len() <= KEYS_MAX && !stored.keys.iter().enumerate().any(is_twice);
        fits.then_some(stored)
    }

    fn from_first(first: &First) -> Option<Self> {
        let entry = |key_use, text: &str| Some(Entry::new(key_use, from_hex(text)?));
        let keys = vec![
            entry(KeyUse::Credential, &first.credential)?,
            entry(KeyUse::Status, &first.status)?,
            entry(KeyUse::Delegation, &first.delegation)?,
        ];
        Some(Self { permutation: from_hex(&first.permutation)?, keys })
    }

    fn from_second(second: &Second) -> Option<Self> {
        let entry = |key: &SecondKey| {
            let entry = Entry::new(KeyUse::from_word(&key.key_use).ok()?, from_hex(&key.secret)?);
            (PublicKey::from_hex(&key.x).ok()? == entry.x).then_some(entry)
        };
        let keys = second.keys.iter().map(entry).collect::<Option<Vec<_>>>()?;
        Some(Self { permutation: from_hex(&second.permutation)?, keys })
    }

    /// In the first form where that is enough, so that programs of before read it.
    pub(super) fn to_text(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(Vec::with_capacity(TEXT_BYTES));
        let uses: Vec<KeyUse> = self.keys.iter().map(|entry| entry.key_use).collect();
        match (uses.as_slice(), self.keys.as_slice()) {
            ([KeyUse::Credential, KeyUse::Status, KeyUse::Delegation], [credential, status, delegation]) => {
                let first = First {
                    credential: to_hex(&credential.secret),
                    status: to_hex(&status.secret),
                    delegation: to_hex(&delegation.secret),
                    permutation: to_hex(&self.permutation),
                };
                serde_json::to_writer(&mut *text, &first).ok()?;
            }
            (_, keys) => {
                let key = |entry: &Entry| SecondKey {
                    key_use: entry.key_use.word().to_owned(),
                    x: entry.x.to_string(),
                    secret: to_hex(&entry.secret),
                };
                let permutation = to_hex(&self.permutation);
                let second = Second { version: 2, permutation, keys: keys.iter().map(key).collect() };
                serde_json::to_writer(&mut *text, &second).ok()?;
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> String {
        let secret = |byte: u8| to_hex(&[byte; 32]);
        let (credential, status, delegation, permutation) = (secret(1), secret(2), secret(3), secret(4));
        format!(
            "{{\"credential\":\"{credential}\",\"status\":\"{status}\",\"delegation\":\"{delegation}\",\
             \"permutation\":\"{permutation}\"}}"
        )
    }

    fn second() -> String {
        let mut stored = Stored::parse(first().as_bytes()).unwrap();
        stored.keys.push(Entry::new(KeyUse::Credential, Zeroizing::new([5; 32])));
        String::from_utf8(stored.to_text().unwrap().to_vec()).unwrap()
    }

    fn words(text: &str) -> Vec<(&'static str, PublicKey)> {
        let stored = Stored::parse(text.as_bytes()).unwrap();
        stored.keys.iter().map(|entry| (entry.key_use.word(), entry.x)).collect()
    }

    #[test]
    fn the_form_of_before_is_read_and_written_as_it_was() {
        let stored = Stored::parse(first().as_bytes()).unwrap();
        assert_eq!(stored.to_text().unwrap().as_slice(), first().as_bytes());
        assert_eq!(*stored.permutation, [4; 32]);
    }

    #[test]
    fn several_keys_of_a_use_come_back_in_their_order() {
        let x = |byte: u8| SigningKey::from_secret(&[byte; 32]).public_key();
        let wanted = [("credential", x(1)), ("status", x(2)), ("delegation", x(3)), ("credential", x(5))];
        assert_eq!(words(&second()), wanted);
    }

    #[test]
    fn what_is_neither_form_is_refused() {
        let (first, second) = (first(), second());
        let x = SigningKey::from_secret(&[5; 32]).public_key().to_string();
        let other = SigningKey::from_secret(&[6; 32]).public_key().to_string();
        let (_, last) = second.strip_suffix("]}").unwrap().rsplit_once("},").unwrap();
        let cases = [
            (second.replace("\"version\":2", "\"version\":3"), "a version to come"),
            (second.replace("\"version\":2,", ""), "the second form without its version"),
            (first.replace("{\"credential\"", "{\"version\":2,\"credential\""), "both forms"),
            (first.replace("\"permutation\"", "\"permutations\""), "a member that is missing"),
            (first.replace('}', ",\"more\":1}"), "an unknown member"),
            (second.replace("\"use\":\"status\"", "\"use\":\"root\""), "an unknown use"),
            (second.replace(&x, &other), "another public half"),
            (second.replace(last, &format!("{last},{last}")), "a key twice"),
            (second.replace("\"x\"", "\"y\""), "an unknown member of a key"),
            (second.replace(&to_hex(&[5; 32]), "05"), "a short secret"),
            ("{}".to_owned(), "nothing"),
            ("[]".to_owned(), "no object"),
        ];
        for (text, what) in cases {
            assert!(Stored::parse(text.as_bytes()).is_none(), "{what}: {text}");
        }
    }

    #[test]
    fn as_many_keys_as_a_record_may_have_fit_and_not_one_more() {
        let with = |count: usize| {
            let secret = |place: usize| Zeroizing::new([u8::try_from(place).unwrap(); 32]);
            let keys = (0..count).map(|place| Entry::new(KeyUse::Status, secret(place))).collect();
            Stored { permutation: Zeroizing::new([9; 32]), keys }.to_text().unwrap()
        };
        let full = with(KEYS_MAX);
        assert!(full.len() < TEXT_BYTES, "the buffer moved: {}", full.len());
        assert_eq!(Stored::parse(&full).unwrap().keys.len(), KEYS_MAX);
        assert!(Stored::parse(&with(KEYS_MAX + 1)).is_none());
    }
}
