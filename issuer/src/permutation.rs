//! Status indices: a sequence number goes in, a place in a status list comes out.
//!
//! Lists of an issuer hold 2^20 entries each (`wire-format.md`, section 4). Sequence number `s` belongs to
//! shard `s / 2^20` (the list's number) at position `s mod 2^20`, and FF1 (NIST SP 800-38G) moves the
//! position to an index inside that shard. A permutation has no collisions, so an index is never given twice
//! as long as a sequence number is not, and neither a table of used indices nor any coordination between
//! replicas is needed.
//!
//! Why not the position itself: indices in the order of issue would tell anybody who holds two documents how
//! many were issued between them, and whose came first (Token Status List, draft 21, "Unlinkability").
//!
//! FF1 runs with AES-256, radix 2 and 20 numerals: exactly the list, so nothing is thrown away, and 2^20 =
//! 1,048,576 is more than the 1,000,000 that revision 1 of the standard sets as the smallest domain. The
//! shard number is the tweak: with one key, each list has an order of its own. For these parameters each of the
//! ten rounds is one block of AES and an addition of ten bits; written out for them it takes a twentieth of what
//! the general crate `fpe` takes, which was a seventh of a document's cost, and the tests hold the two together.
//!
//! Refused: a sequence number whose shard does not fit 32 bits.

use std::fmt;

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt as _, KeyInit as _};
use sanad_credential::Sealed;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

/// The keyed permutation of one issuer. The same key gives the same indices for ever, so the key is chosen
/// once, is kept with the issuer's other secrets, and is never changed while a document of its lists is in
/// use.
pub struct Permutation {
    cipher: Aes256,
    /// The first block of each round's CBC-MAC, which is the same for all: P of algorithm 7, step 5, encrypted.
    first: [u8; 16],
}

impl Permutation {
    /// The permutation of `key`.
    pub fn new(key: &PermutationKey) -> Self {
        let cipher = Aes256::new(&Array(*key.as_bytes()));
        let first = encrypted(&cipher, PARAMETERS);
        Self { cipher, first }
    }

    /// The list and the place in it that belong to `sequence`.
    pub fn place(&self, sequence: Sequence) -> Result<(Shard, Index), PermutationFault> {
        let shard = Shard::of(sequence)?;
        let position = sequence.0 & POSITION_MASK;
        let (mut left, mut right) = (position >> HALF_BITS, position & HALF_MASK);
        for round in 0..ROUNDS {
            // Steps 6.i to 6.vii of algorithm 7 (NIST SP 800-38G).
            let sum = left.wrapping_add(self.round(shard, round, right)) & HALF_MASK;
            (left, right) = (right, sum);
        }
        // Both halves have ten bits.
        Ok((shard, Index(u32::try_from((left << HALF_BITS) | right).unwrap_or(0))))
    }

    /// y of a round: the first eight bytes of R. Q is the tweak, zeros up to a block, the round, and ten bits in two bytes.
    fn round(&self, tweak: Shard, round: u8, right: u64) -> u64 {
        let [t0, t1, t2, t3] = tweak.0.to_be_bytes();
        let [.., high, low] = right.to_be_bytes();
        let q = [t0, t1, t2, t3, 0, 0, 0, 0, 0, 0, 0, 0, 0, round, high, low];
        let mut block = self.first;
        block.iter_mut().zip(q).for_each(|(byte, of_q)| *byte ^= of_q);
        let [y @ .., _, _, _, _, _, _, _, _] = encrypted(&self.cipher, block);
        u64::from_be_bytes(y)
    }
}

fn encrypted(cipher: &Aes256, block: [u8; 16]) -> [u8; 16] {
    let mut block = Array(block);
    cipher.encrypt_block(&mut block);
    block.0
}

/// Wiped, since the first block depends on the key; the cipher wipes itself.
impl Drop for Permutation {
    fn drop(&mut self) {
        self.first.zeroize();
    }
}

impl fmt::Debug for Permutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Permutation(secret)")
    }
}

/// The how-manieth index of this issuer, counted from 0 over all its lists. The store gives each number once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

/// The number of a status list: the N of `<prefix>N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u32);

impl Shard {
    /// The shard that `sequence` belongs to.
    pub fn of(sequence: Sequence) -> Result<Self, PermutationFault> {
        u32::try_from(sequence.0 >> INDEX_BITS).map(Self).map_err(|_| PermutationFault::SequenceTooLarge {
            sequence: sequence.0,
            largest: LARGEST_SEQUENCE,
        })
    }

    /// The shard with a number.
    pub fn numbered(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The first sequence number that belongs to it.
    pub fn first(self) -> Sequence {
        Sequence(u64::from(self.0) << INDEX_BITS)
    }
}

/// A place in a status list, below [`LIST_ENTRIES`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(u32);

impl Index {
    /// The entry with a number; none beyond the last.
    pub fn of_number(number: u32) -> Option<Self> {
        (number < LIST_ENTRIES).then_some(Self(number))
    }

    /// The entry that a document of the issuer's own store names. Its signature is not tested: the store has what this
    /// issuer signed.
    pub fn of_document(document: &[u8]) -> Option<Self> {
        let unverified = Sealed::parse(document).ok()?.unverified_entitlement().ok()?;
        Self::of_number(unverified.look().status.as_ref()?.index.value())
    }

    /// The number itself.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// An index finds one person's document in a public list, so it has no place in a log.
impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Index(personal)")
    }
}

/// The secret of a [`Permutation`]. Whoever has it can turn indices back into the order of issue.
pub struct PermutationKey([u8; PERMUTATION_KEY_BYTES]);

impl PermutationKey {
    /// A key that was kept before.
    pub fn from_bytes(bytes: &[u8; PERMUTATION_KEY_BYTES]) -> Self {
        Self(*bytes)
    }

    /// A new key from the operating system's randomness.
    pub fn generate() -> Result<Self, PermutationFault> {
        let mut bytes = Zeroizing::new([0; PERMUTATION_KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(PermutationFault::Randomness)?;
        Ok(Self::from_bytes(&bytes))
    }

    /// The bytes, to be written into a key file and nowhere else.
    pub fn as_bytes(&self) -> &[u8; PERMUTATION_KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for PermutationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PermutationKey(secret)")
    }
}

impl Drop for PermutationKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why there is no index.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PermutationFault {
    /// The sequence number lies beyond the last shard.
    #[error("sequence number {sequence} is beyond the last status list, which ends at {largest}")]
    SequenceTooLarge {
        /// The number that was asked for.
        sequence: u64,
        /// The last number that has an index.
        largest: u64,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// Bytes of a [`PermutationKey`]: AES-256.
pub const PERMUTATION_KEY_BYTES: usize = 32;

/// Entries of a status list (`wire-format.md`, section 4).
pub const LIST_ENTRIES: u32 = 1 << INDEX_BITS;

const INDEX_BITS: u32 = 20;
const POSITION_MASK: u64 = (1 << INDEX_BITS) - 1;
const LARGEST_SEQUENCE: u64 = (1 << (u32::BITS + INDEX_BITS)) - 1;
const HALF_BITS: u32 = INDEX_BITS / 2;
const HALF_MASK: u64 = (1 << HALF_BITS) - 1;
const ROUNDS: u8 = 10;

/// P of algorithm 7, step 5: version 1, method 2, addition 1; radix 2 in three bytes; ten rounds; the left half has ten
/// numerals; 20 numerals; a tweak of four bytes. Binary, so that 20 numerals are the list and nothing has to be drawn
/// again for being outside it.
const PARAMETERS: [u8; 16] = [1, 2, 1, 0, 0, 2, ROUNDS, 10, 0, 0, 0, 20, 0, 0, 0, 4];

#[cfg(test)]
mod tests {
    use fpe::ff1::{FF1, FlexibleNumeralString};

    use super::*;

    const NIST_KEY: [u8; 32] = [
        0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c, 0xef,
        0x43, 0x59, 0xd8, 0xd5, 0x80, 0xaa, 0x4f, 0x7f, 0x03, 0x6d, 0x6f, 0x04, 0xfc, 0x6a, 0x94,
    ];

    fn permutation() -> Permutation {
        Permutation::new(&PermutationKey::from_bytes(&NIST_KEY))
    }

    fn index(permutation: &Permutation, sequence: u64) -> u32 {
        permutation.place(Sequence(sequence)).unwrap().1.number()
    }

    #[test]
    fn no_index_is_given_twice_in_a_whole_shard() {
        let shard: u64 = 3;
        let first = shard << INDEX_BITS;
        let half = u64::from(LIST_ENTRIES) / 2;
        // Two threads: 2^20 encryptions are the slowest part of this crate's tests.
        let halves: Vec<Vec<u32>> = std::thread::scope(|scope| {
            let workers: Vec<_> = [first..first + half, first + half..first + 2 * half]
                .map(|range| {
                    scope.spawn(move || {
                        let permutation = permutation();
                        range.map(|sequence| index(&permutation, sequence)).collect()
                    })
                })
                .into_iter()
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let mut given = vec![false; usize::try_from(LIST_ENTRIES).unwrap()];
        for index in halves.into_iter().flatten() {
            let place = &mut given[usize::try_from(index).unwrap()];
            assert!(!*place, "given twice");
            *place = true;
        }
        assert!(given.into_iter().all(|place| place), "every entry of the list is used");
    }

    #[test]
    fn lists_do_not_share_an_order() {
        let permutation = permutation();
        let entries = u64::from(LIST_ENTRIES);
        let same = (0..1_000).filter(|s| index(&permutation, *s) == index(&permutation, entries + s)).count();
        // Independent permutations agree on one position in 2^20; 3 of 1,000 would be a wonder.
        assert!(same < 3, "{same} of 1,000 positions agree");
    }

    #[test]
    fn order_of_issue_is_not_visible() {
        let permutation = permutation();
        let indices: Vec<u32> = (0..10_000).map(|sequence| index(&permutation, sequence)).collect();
        let neighbours = indices.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 16).count();
        // Two random places of 2^20 lie within 16 of each other once in 32,768: 0.3 expected here.
        assert!(neighbours < 6, "{neighbours} neighbours");
        let rising = indices.windows(2).filter(|pair| pair[0] < pair[1]).count();
        // Half of 9,999 with a standard deviation of 29 (rises of a random order: (n + 1) / 12); six of them
        // allowed.
        assert!(rising.abs_diff(5_000) < 180, "{rising} rises");
    }

    #[test]
    fn another_key_gives_another_order() {
        let other = Permutation::new(&PermutationKey::from_bytes(&[7; 32]));
        let permutation = permutation();
        let same = (0..1_000).filter(|s| index(&permutation, *s) == index(&other, *s)).count();
        assert!(same < 3, "{same} of 1,000 positions agree");
    }

    /// The values come from a second implementation of FF1, written from the standard in another language.
    #[test]
    fn index_of_a_sequence_never_changes_between_versions() {
        let permutation = permutation();
        let golden = [
            (0, 0, 865_284),
            (1, 0, 96_846),
            (0x000f_ffff, 0, 614_549),
            (0x0010_0000, 1, 578_582),
            (LARGEST_SEQUENCE, u32::MAX, 527_342),
        ];
        for (sequence, shard, index) in golden {
            let place = permutation.place(Sequence(sequence)).unwrap();
            assert_eq!((place.0.number(), place.1.number()), (shard, index), "sequence {sequence}");
        }
    }

    /// The crate that runs FF1 with any parameters, and is held to the samples of NIST below.
    #[test]
    fn the_written_out_rounds_are_ff1() {
        for key in [NIST_KEY, [0; 32], [0xff; 32], [7; 32]] {
            let (ours, theirs) =
                (Permutation::new(&PermutationKey::from_bytes(&key)), FF1::<Aes256>::new(&key, 2).unwrap());
            let numbers = (0..2_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) & LARGEST_SEQUENCE);
            for sequence in numbers.chain([0, 1, POSITION_MASK, POSITION_MASK + 1, LARGEST_SEQUENCE]) {
                let bits = (0..INDEX_BITS).rev().map(|bit| u16::from(sequence >> bit & 1 == 1));
                let numerals = FlexibleNumeralString::from(bits.collect::<Vec<_>>());
                let (shard, index) = ours.place(Sequence(sequence)).unwrap();
                let sealed = theirs.encrypt(&shard.0.to_be_bytes(), &numerals).unwrap();
                let sealed = Vec::<u16>::from(sealed).into_iter().fold(0, |n, bit| (n << 1) | u32::from(bit));
                assert_eq!(index.number(), sealed, "sequence {sequence}");
            }
        }
    }

    #[test]
    fn sequence_beyond_the_last_list_is_refused() {
        let fault = permutation().place(Sequence(LARGEST_SEQUENCE + 1)).unwrap_err();
        assert!(
            matches!(fault, PermutationFault::SequenceTooLarge { sequence, largest } if sequence == largest + 1)
        );
    }

    /// NIST "FF1samples", samples 7 to 9 (AES-256), through the crate that the permutation is held to.
    #[test]
    fn ff1_agrees_with_the_samples_of_nist() {
        let digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        let parse = |text: &str| -> Vec<u16> {
            text.chars().map(|digit| u16::try_from(digits.find(digit).unwrap()).unwrap()).collect()
        };
        let samples: [(u32, &[u8], &str, &str); 3] = [
            (10, b"", "0123456789", "6657667009"),
            (10, b"9876543210", "0123456789", "1001623463"),
            (36, b"7777pqrs777", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
        ];
        for (radix, tweak, plain, sealed) in samples {
            let cipher = FF1::<Aes256>::new(&NIST_KEY, radix).unwrap();
            let result = cipher.encrypt(tweak, &FlexibleNumeralString::from(parse(plain))).unwrap();
            assert_eq!(Vec::<u16>::from(result), parse(sealed), "radix {radix}, tweak {tweak:?}");
        }
    }

    #[test]
    fn key_and_index_stay_out_of_logs() {
        let key = PermutationKey::from_bytes(&NIST_KEY);
        let permutation = permutation();
        let (_, index) = permutation.place(Sequence(5)).unwrap();
        let log = format!("{key:?} {permutation:?} {index:?}");
        assert_eq!(log, "PermutationKey(secret) Permutation(secret) Index(personal)");
    }

    #[test]
    fn generated_keys_differ() {
        let one = PermutationKey::generate().unwrap();
        let other = PermutationKey::generate().unwrap();
        assert_ne!(one.as_bytes(), other.as_bytes());
    }
}
