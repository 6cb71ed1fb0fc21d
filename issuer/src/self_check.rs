//! The signatures of documents that this issuer just made, verified together before any of them is kept.
//!
//! A document is opened as a verifier would open it; only its signature is put aside, and all that were put aside are
//! verified in one equation, which takes about the time of one signature each instead of two and a half. Where the
//! equation does not hold, each is verified strictly and the bad ones are named. What is asked here is whether this
//! machine computed rightly, of signatures that nobody else made; a verifier who decides on a stranger's card never uses
//! the equation, since it accepts some signatures that strict verification refuses. The bytes are kept until then.
//!
//! Refused: a signature under a key that the record does not have.

use std::cell::RefCell;

use sanad_credential::{Fault, KeyId, PublicKey, Verify, VerifyingKey, What};
use sanad_trust::IssuerRecord;

/// Fewer signatures than these are verified one by one: the equation has a cost of its own.
const TOGETHER_MIN: usize = 4;

/// The keys of the issuer's record, decoded once.
pub(crate) struct OwnKeys(Vec<OwnKey>);

struct OwnKey {
    x: PublicKey,
    id: KeyId,
    point: ed25519_dalek::VerifyingKey,
    strict: VerifyingKey,
}

impl OwnKeys {
    /// Those of a record. One that is no point is left out, and what names it is refused.
    pub(crate) fn of(record: &IssuerRecord) -> Self {
        let decode = |x: PublicKey| {
            let strict = VerifyingKey::new(&x).ok()?;
            let point = ed25519_dalek::VerifyingKey::from_bytes(&x.0).ok()?;
            Some(OwnKey { x, id: x.id(), point, strict })
        };
        Self(record.members().keys.iter().filter_map(|key| decode(key.x)).collect())
    }

    fn find(&self, x: &PublicKey) -> Result<&OwnKey, Fault> {
        self.0.iter().find(|key| key.x == *x).ok_or_else(|| What::WeakKey.into())
    }

    /// The key itself, for one document.
    pub(crate) fn strict(&self, x: &PublicKey) -> Result<VerifyingKey, Fault> {
        self.find(x).map(|key| key.strict.clone())
    }
}

/// Signatures that were put aside.
pub(crate) struct Signatures<'k> {
    keys: &'k OwnKeys,
    aside: RefCell<Vec<Aside<'k>>>,
}

struct Aside<'k> {
    key: &'k OwnKey,
    message: Vec<u8>,
    signature: [u8; 64],
}

impl<'k> Signatures<'k> {
    /// None yet.
    pub(crate) fn under(keys: &'k OwnKeys) -> Self {
        Self { keys, aside: RefCell::new(Vec::new()) }
    }

    /// What puts a signature under a key aside.
    pub(crate) fn collector(&self, x: &PublicKey) -> Result<Collector<'_, 'k>, Fault> {
        Ok(Collector { key: self.keys.find(x)?, signatures: self })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.aside.borrow().len()
    }

    /// Verifies all of them; the positions of those that do not hold.
    pub(crate) fn settle(&self) -> Vec<usize> {
        let aside = self.aside.borrow();
        if aside.len() >= TOGETHER_MIN && hold_together(&aside) {
            return Vec::new();
        }
        let fails = |one: &Aside<'_>| one.key.strict.verify(&one.message, &one.signature).is_err();
        aside.iter().enumerate().filter(|(_, one)| fails(one)).map(|(position, _)| position).collect()
    }
}

fn hold_together(aside: &[Aside<'_>]) -> bool {
    let messages: Vec<&[u8]> = aside.iter().map(|one| one.message.as_slice()).collect();
    let signatures: Vec<_> =
        aside.iter().map(|one| ed25519_dalek::Signature::from_bytes(&one.signature)).collect();
    let keys: Vec<_> = aside.iter().map(|one| one.key.point).collect();
    ed25519_dalek::verify_batch(&messages, &signatures, &keys).is_ok()
}

/// Puts signatures under one key aside instead of judging them.
pub(crate) struct Collector<'s, 'k> {
    key: &'k OwnKey,
    signatures: &'s Signatures<'k>,
}

impl Verify for Collector<'_, '_> {
    fn key_id(&self) -> KeyId {
        self.key.id
    }

    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Fault> {
        let one = Aside { key: self.key, message: message.to_vec(), signature: *signature };
        self.signatures.aside.borrow_mut().push(one);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sanad_credential::{Sign as _, SigningKey};

    use super::*;

    fn keys(secrets: &[u8]) -> (Vec<SigningKey>, OwnKeys) {
        let signing: Vec<_> = secrets.iter().map(|byte| SigningKey::from_secret(&[*byte; 32])).collect();
        let own = signing.iter().map(|key| {
            let x = key.public_key();
            let point = ed25519_dalek::VerifyingKey::from_bytes(&x.0).unwrap();
            OwnKey { x, id: x.id(), point, strict: VerifyingKey::new(&x).unwrap() }
        });
        let own = OwnKeys(own.collect());
        (signing, own)
    }

    /// So many, under two keys in turn, some of them damaged.
    fn settled(count: usize, damaged: &[usize]) -> Vec<usize> {
        let (signing, own) = keys(&[1, 2]);
        let signatures = Signatures::under(&own);
        for number in 0..count {
            let key = &signing[number % 2];
            let message = number.to_be_bytes();
            let mut signature = key.sign(&message).unwrap();
            if damaged.contains(&number) {
                signature[number % 64] ^= 1 << (number % 8);
            }
            signatures.collector(&key.public_key()).unwrap().verify(&message, &signature).unwrap();
        }
        assert_eq!(signatures.count(), count);
        signatures.settle()
    }

    #[test]
    fn good_signatures_hold_together() {
        for count in [0, 1, 3, 4, 5, 64, 200] {
            assert!(settled(count, &[]).is_empty(), "{count}");
        }
    }

    #[test]
    fn each_damaged_signature_is_named_wherever_it_stands() {
        for damaged in 0..64 {
            assert_eq!(settled(64, &[damaged]), [damaged]);
        }
        assert_eq!(settled(64, &[3, 7, 63]), [3, 7, 63]);
        assert_eq!(settled(2, &[1]), [1]);
    }

    #[test]
    fn a_key_that_the_record_has_not_is_refused() {
        let (_, own) = keys(&[1]);
        let stranger = SigningKey::from_secret(&[9; 32]).public_key();
        assert!(Signatures::under(&own).collector(&stranger).is_err());
        assert!(own.strict(&stranger).is_err());
    }
}
