//! Why the batch equation is not used, and which signatures set strict verification apart.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Signature, Verifier, verify_batch};
use sanad_credential::{PublicKey, Verify, VerifyingKey, What};

use crate::make_envelope_attacks::{challenge, secret_scalar};
use crate::maker::{KE, TestKey};

/// The holder of a key can make a signature whose R carries the point of order 2. The equation of one signature fails
/// by that point; a batch multiplies it by a number that is even in half of all cases, and then it is gone. Whether
/// such a document is good would depend on what else was checked at the same time.
#[test]
fn batch_equation_accepts_what_strict_verification_refuses() {
    let key = ed25519_dalek::VerifyingKey::from_bytes(&KE.public().try_into().unwrap()).unwrap();
    let ours = VerifyingKey::new(&PublicKey(key.to_bytes())).unwrap();
    let mut accepted = 0;
    let mut refused = 0;
    for number in 0..64_u64 {
        let message = number.to_be_bytes();
        let signature = with_point_of_order_2(KE, number + 1, &message);
        assert!(key.verify_strict(&message, &signature).is_err());
        assert_eq!(ours.verify(&message, &signature.to_bytes()).unwrap_err().what(), &What::Signature);
        match verify_batch(&[&message], &[signature], &[key]) {
            Ok(()) => accepted += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 0, "a batch accepts some of them");
    assert!(refused > 0, "and refuses others, for no reason a clinic could name");
}

/// What makes the difference above is the point of order 2 and nothing else.
#[test]
fn the_same_signature_without_the_point_verifies_everywhere() {
    let key = ed25519_dalek::VerifyingKey::from_bytes(&KE.public().try_into().unwrap()).unwrap();
    let signature = signed_with(KE, 7, b"message", EIGHT_TORSION[0]);
    key.verify_strict(b"message", &signature).unwrap();
    key.verify(b"message", &signature).unwrap();
    verify_batch(&[b"message"], &[signature], &[key]).unwrap();
}

fn with_point_of_order_2(key: TestKey, nonce: u64, message: &[u8]) -> Signature {
    let point = EIGHT_TORSION[4];
    assert_eq!(point + point, EIGHT_TORSION[0]);
    signed_with(key, nonce, message, point)
}

/// R = r B + point, S = r + H(R || A || M) a.
fn signed_with(key: TestKey, nonce: u64, message: &[u8], point: EdwardsPoint) -> Signature {
    let nonce = Scalar::from(nonce);
    let r = (EdwardsPoint::mul_base(&nonce) + point).compress().to_bytes();
    let s = nonce + challenge(&r, &key.public(), message) * secret_scalar(key);
    Signature::from_components(r, s.to_bytes())
}
