//! The presentation of a phone credential: a key-binding token, typ 294 (SPEC.md section 5).
//!
//! `18([protected {1: -19, 13: credential, 16: 294}, {}, {3: aud, 6: iat, ? 39: cnonce}, signature])`. The credential stands
//! inside as it was issued, so that one signature of the holder's key covers issuer's document, audience, time and nonce.
//! There is no `kid`: the only key that counts is the `cnf` key of the credential, which counts only after the issuer's
//! signature held. What the token says is therefore out of reach until [`Presentation::open`] is given the opened claims.
//!
//! Refuses any other header, a credential that is no phone credential, an audience that is no facility's id, a nonce of
//! another length, and tokens of more than 2,048 bytes. Whether a token is accepted (for whom, when, how often) is the
//! verifier's to say.

use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{Field as _, MapReader, MapWriter, Reader, Writer};
use crate::claims::Claims;
use crate::date::UnixTime;
use crate::ed25519::VerifyingKey;
use crate::envelope::{
    OWN_BYTES_MAX, Parts, SealFault, Sealed, Sign, Typ, Verify, seal_parts, signature_input, split,
};
use crate::fault::{Fault, Unit, What, length};
use crate::holder::Nonce;
use crate::strict::{self, Rules};
use crate::text::DelegationId;

/// Most bytes that a token adds to the credential inside, with the longest audience and a nonce.
pub const PRESENTATION_BYTES_ADDED: usize = 139;

/// Longest phone credential: one that is longer cannot be presented.
pub const PHONE_BYTES_MAX: usize = OWN_BYTES_MAX - PRESENTATION_BYTES_ADDED;

/// What stands before the credential in the one header that a token can have: `{1: -19, 13:`.
const BEFORE: [u8; 4] = [0xA3, 0x01, 0x32, 0x0D];

/// What stands behind it: `16: 294}`.
const BEHIND: [u8; 4] = [0x10, 0x19, 0x01, 0x26];

mod key {
    pub(super) const AUD: i64 = 3;
    pub(super) const IAT: i64 = 6;
    pub(super) const CNONCE: i64 = 39;
}

/// What a holder's key signs beside the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The facility for which the token was made.
    pub aud: DelegationId,
    /// When it was made, by the phone's clock.
    pub iat: UnixTime,
    /// What the verifier showed.
    pub cnonce: Option<Nonce>,
}

/// A key-binding token, of which nobody has checked anything yet.
pub struct Presentation<'b> {
    document: &'b [u8],
    parts: Parts<'b>,
    credential: Sealed<'b>,
}

/// What a QR code or file can carry.
#[derive(Debug)]
pub enum Carried<'b> {
    /// A document of its own.
    Document(Sealed<'b>),
    /// A phone credential inside a token of its holder's key.
    Presentation(Presentation<'b>),
}

impl<'b> Carried<'b> {
    /// Reads one document or one presentation.
    ///
    /// # Errors
    /// As [`Sealed::parse`] and [`Presentation::parse`].
    pub fn parse(document: &'b [u8]) -> Result<Self, Fault> {
        let parts = split(document)?;
        if parts.protected.starts_with(&BEFORE) {
            return Presentation::of(document, parts).map(Self::Presentation);
        }
        Sealed::of(document, parts).map(Self::Document)
    }

    /// The document that an issuer signed.
    pub fn sealed(&self) -> &Sealed<'b> {
        match self {
            Carried::Document(sealed) => sealed,
            Carried::Presentation(presentation) => &presentation.credential,
        }
    }
}

impl<'b> Presentation<'b> {
    /// Reads the envelope of exactly one token, and that of the credential inside.
    ///
    /// # Errors
    /// Every deviation from the one form that SPEC.md section 5 allows.
    pub fn parse(document: &'b [u8]) -> Result<Self, Fault> {
        Self::of(document, split(document)?)
    }

    fn of(document: &'b [u8], parts: Parts<'b>) -> Result<Self, Fault> {
        if document.len() > OWN_BYTES_MAX {
            return Err(length(Unit::Bytes, document.len(), 1, OWN_BYTES_MAX));
        }
        strict::scan(parts.array, Rules::Own)?;
        let inside = parts.protected.strip_prefix(&BEFORE).and_then(|rest| rest.strip_suffix(&BEHIND));
        let inside = inside.ok_or_else(|| {
            let wanted = "the header of a key-binding token, {1: -19, 13: credential, 16: 294}";
            Fault::new(What::Pattern { wanted }).within("protected")
        })?;
        let credential =
            Sealed::parse(inside).map_err(|fault| fault.within("credential").within("protected"))?;
        if credential.typ() != Typ::PhoneEntitlement {
            let what = What::WrongTyp { found: credential.typ(), wanted: "a phone entitlement (typ 293)" };
            return Err(Fault::new(what).within("credential").within("protected"));
        }
        Ok(Self { document, parts, credential })
    }

    /// The credential inside, as it was issued.
    pub fn credential(&self) -> &Sealed<'b> {
        &self.credential
    }

    /// The whole token, for hashing.
    pub fn as_bytes(&self) -> &'b [u8] {
        self.document
    }

    /// What the holder's key signed. `claims` are those that the credential inside gave when it was opened.
    ///
    /// # Errors
    /// [`What::Missing`] for claims without a holder key, [`What::WeakKey`], [`What::Signature`], then every fault of the
    /// token's own claims.
    pub fn open(&self, claims: &Claims) -> Result<Binding, Fault> {
        let holder = claims.holder_key.ok_or_else(|| Fault::new(What::Missing).within("cnf"))?;
        let key = VerifyingKey::new(&holder.0).map_err(|fault| fault.within("cnf"))?;
        key.verify(&signature_input(self.parts.protected, self.parts.payload), &self.parts.signature)?;
        Binding::from_cbor(self.parts.payload)
    }
}

/// Shows what may be shown.
impl fmt::Debug for Presentation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Binding {
    fn from_cbor(payload: &[u8]) -> Result<Self, Fault> {
        strict::scan(payload, Rules::Own)?;
        let mut reader = Reader::new(payload);
        let mut map = MapReader::open(&mut reader)?;
        let aud = map.required(key::AUD, "aud", |reader| {
            DelegationId::read(reader).map_err(|fault| fault.within("aud"))
        })?;
        let iat = map.member(key::IAT, "iat")?;
        let cnonce = map.member(key::CNONCE, "cnonce")?;
        map.finish()?;
        Ok(Self { aud, iat, cnonce })
    }

    fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.member(key::AUD, &self.aud);
        map.member(key::IAT, &self.iat);
        map.member(key::CNONCE, &self.cnonce);
        let mut writer = Writer::new();
        map.write(&mut writer);
        writer.into_bytes()
    }
}

/// Puts a phone credential into a token of its holder's key.
///
/// # Errors
/// [`SealFault::Document`] for what is no phone credential or too long, [`SealFault::Signer`].
pub fn seal_presentation<S: Sign>(
    credential: &[u8],
    binding: &Binding,
    holder: &S,
) -> Result<Vec<u8>, SealFault<S::Fault>> {
    let typ = Sealed::parse(credential).map_err(SealFault::Document)?.typ();
    if typ != Typ::PhoneEntitlement {
        let what = What::WrongTyp { found: typ, wanted: "a phone entitlement (typ 293)" };
        return Err(SealFault::Document(what.into()));
    }
    let protected = [BEFORE.as_slice(), credential, BEHIND.as_slice()].concat();
    seal_parts(&protected, &binding.to_cbor(), OWN_BYTES_MAX, holder)
}
