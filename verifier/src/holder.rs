//! Whether a presentation counts: for whom it was made, when, and how often it was shown (SPEC.md section 5).
//!
//! Order: the holder's signature over all of it, then the audience, then whether it was accepted before, then its time. With
//! a nonce that this verifier shows, its own time is not looked at, since clocks of phones are often wrong; without one it
//! must lie within 120 seconds of a clock that is believed. A token that fails is told as such and counts as missing: what
//! was shown is then a copy, and decided like paper.
//!
//! Pure: the application says who it is, what time it is, which nonces it shows, and which tokens it accepted. It keeps what
//! is accepted here before it answers.

use std::collections::BTreeSet;

use sanad_credential::{
    Claims, Clock, DelegationId, DocumentHash, Fault, FixedBytes, Nonce, Presentation, UnixTime,
};
use sanad_trust::client;

/// For how long a nonce counts after it was shown: 10 minutes.
pub const CHALLENGE_SECONDS: u64 = 600;

/// How far the time of a token without a nonce may lie from the verifier's.
pub const WINDOW_SECONDS: u64 = 120;

/// What a verifier knows when presentations are shown to it.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The facility it stands in; nobody can present to one without an id.
    pub facility: Option<DelegationId>,
    /// Its time.
    pub now: UnixTime,
    /// Whether that is believed.
    pub clock: Clock,
    /// Nonces that it showed within the last [`CHALLENGE_SECONDS`].
    pub shown: BTreeSet<Nonce>,
    /// SHA-256 of the tokens that it accepted.
    pub accepted: BTreeSet<DocumentHash>,
}

/// What became of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// There was none.
    None,
    /// It was not judged: its credential is not authentic, or nobody asked.
    NotJudged,
    /// It passed; its SHA-256 is to be kept before anything is answered.
    Accepted(DocumentHash),
    /// It failed, and counts as missing.
    Refused(TokenFault),
}

/// Why a token failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is not signed with the key to which the issuer bound the credential, or is damaged.
    #[error("it is not from the phone to which the issuer bound this credential: {0}")]
    NotTheHolder(Fault),
    /// The verifier has no id.
    #[error("it was made for {aud}, and it is not said who asks here: give --facility")]
    NoFacility {
        /// For whom it was made.
        aud: DelegationId,
    },
    /// It was made for somebody else.
    #[error("it was made for {aud}, this is {here}")]
    OtherAudience {
        /// For whom it was made.
        aud: DelegationId,
        /// Who asks.
        here: DelegationId,
    },
    /// It was accepted before.
    #[error("it was shown and accepted here before; each presentation counts once")]
    Replayed,
    /// Its nonce was not shown here, or too long ago.
    #[error("it answers a challenge that was not shown here within the last 10 minutes")]
    OtherChallenge,
    /// It has no nonce, and the verifier's clock is not believed.
    #[error("it answers no challenge, and this device's clock cannot be believed: show one with `challenge`")]
    ClockUnknown,
    /// It has no nonce, and is too old or from the future.
    #[error("it was made at {iat}, now it is {now}: without a challenge at most 120 seconds may lie between")]
    OutsideWindow {
        /// Its time.
        iat: UnixTime,
        /// The verifier's.
        now: UnixTime,
    },
}

impl Desk {
    /// Judges a token; `claims` are those of the credential inside, opened under a pinned key.
    pub(crate) fn judge(&self, presentation: &Presentation<'_>, claims: &Claims) -> Token {
        match self.passes(presentation, claims) {
            Ok(hash) => Token::Accepted(hash),
            Err(fault) => Token::Refused(fault),
        }
    }

    fn passes(&self, presentation: &Presentation<'_>, claims: &Claims) -> Result<DocumentHash, TokenFault> {
        let binding = presentation.open(claims).map_err(TokenFault::NotTheHolder)?;
        match &self.facility {
            None => return Err(TokenFault::NoFacility { aud: binding.aud }),
            Some(here) if *here != binding.aud => {
                return Err(TokenFault::OtherAudience { aud: binding.aud, here: here.clone() });
            }
            Some(_) => {}
        }
        let hash = FixedBytes(client::sha256(presentation.as_bytes()).0);
        if self.accepted.contains(&hash) {
            return Err(TokenFault::Replayed);
        }
        match binding.cnonce {
            Some(nonce) if self.shown.contains(&nonce) => {}
            Some(_) => return Err(TokenFault::OtherChallenge),
            None if self.clock == Clock::Unknown => return Err(TokenFault::ClockUnknown),
            None => {
                let (iat, now) = (binding.iat, self.now);
                if iat.seconds_since(now).max(now.seconds_since(iat)) > WINDOW_SECONDS {
                    return Err(TokenFault::OutsideWindow { iat, now });
                }
            }
        }
        Ok(hash)
    }
}
