//! The envelope of everything that is signed: a CWT in COSE_Sign1 (RFC 9052 section 4.2; SPEC.md section 2).
//!
//! `18([protected {1: alg, 4: kid, 16: typ}, {}, payload, signature])`. A [`Sealed`] document shows its key id,
//! algorithm and type, and nothing else; claims come out of [`Sealed::open_entitlement`] and its siblings only,
//! with a key that the caller took from its pinned trust data. Nothing in a document chooses a key, an algorithm
//! or an address. Refuses tag 61, `crit`, header 15, any unprotected parameter and any further header parameter,
//! since a reader that skips what it does not understand can be told anything.

use alloc::vec::Vec;
use core::fmt;

use crate::cbor::{Reader, Writer};
use crate::claims::{Claims, Kind};
use crate::date::UnixTime;
use crate::fault::{Fault, Unit, What, length};
use crate::key::KeyId;
use crate::receipt::Receipt;
use crate::status_list::StatusListToken;
use crate::strict::{self, Rules};
use crate::text::{DelegationId, IssuerId};

/// Longest document of our own types: what a QR code of version 40 could carry with room to spare.
pub const OWN_BYTES_MAX: usize = 2_048;

/// Longest status list token: 262,144 bytes that do not compress, and their envelope.
pub const STATUS_LIST_BYTES_MAX: usize = 270_336;

/// First byte of every document: COSE tag 18, COSE_Sign1 (RFC 9052 section 2).
pub const FIRST_BYTE: u8 = 0xD2;

/// Type of a document: COSE header parameter `typ` (RFC 9596).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// 65100: an entitlement on paper. From the experimental CoAP content-format range until one is registered.
    Entitlement,
    /// 65101: a receipt of an encounter.
    EncounterReceipt,
    /// 293: an entitlement bound to a phone's key, as SD-CWT without redactions.
    PhoneEntitlement,
    /// `application/statuslist+cwt`.
    StatusList,
}

impl Typ {
    /// The number or text that stands in the header.
    pub fn label(self) -> &'static str {
        match self {
            Typ::Entitlement => "65100",
            Typ::EncounterReceipt => "65101",
            Typ::PhoneEntitlement => "293",
            Typ::StatusList => STATUS_LIST_TYP,
        }
    }
}

impl fmt::Display for Typ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Typ::Entitlement => "an entitlement (typ 65100)",
            Typ::EncounterReceipt => "an encounter receipt (typ 65101)",
            Typ::PhoneEntitlement => "a phone entitlement (typ 293)",
            Typ::StatusList => "a status list",
        })
    }
}

const STATUS_LIST_TYP: &str = "application/statuslist+cwt";

/// COSE algorithm of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// -19, RFC 9864.
    Ed25519,
    /// -8, which RFC 9864 deprecates; on status list tokens only, and only under an Ed25519 key.
    EdDsa,
}

impl Algorithm {
    /// The number in the header.
    pub fn code(self) -> i64 {
        match self {
            Algorithm::Ed25519 => -19,
            Algorithm::EdDsa => -8,
        }
    }
}

/// Judges Ed25519 signatures under one pinned key: software, a hardware module or a browser.
pub trait Verify {
    /// The key's id.
    fn key_id(&self) -> KeyId;

    /// Strict verification: small-order keys and R refused, canonical S.
    ///
    /// # Errors
    /// [`What::Signature`].
    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Fault>;
}

/// Signs with one Ed25519 key.
pub trait Sign {
    /// Why a signature was not made.
    type Fault;

    /// The key's id.
    fn key_id(&self) -> KeyId;

    /// The signature over the message.
    ///
    /// # Errors
    /// The signer's own.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Self::Fault>;
}

/// Why a document was not sealed.
#[derive(Debug, PartialEq, Eq)]
pub enum SealFault<F> {
    /// The document would be too long.
    Document(Fault),
    /// The signer refused or failed.
    Signer(F),
}

/// A document whose signature nobody has checked yet.
pub struct Sealed<'b> {
    document: &'b [u8],
    protected: &'b [u8],
    payload: &'b [u8],
    signature: [u8; 64],
    typ: Typ,
    algorithm: Algorithm,
    kid: KeyId,
}

/// Content that nobody has checked. To be shown with that mark on every line, never to be acted on.
#[derive(Clone, Debug)]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// Marks what was read from a document that nobody has checked.
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// For showing it with the mark.
    pub fn look(&self) -> &T {
        &self.0
    }
}

/// What the trust step may read of a document under an unknown key: it tells an unknown issuer from an unknown
/// key, and documents older than the list from newer ones (SPEC.md section 2).
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    /// The issuer the document names.
    pub iss: IssuerId,
    /// The time of issue it names.
    pub iat: UnixTime,
    /// The delegation it names.
    pub delegation: Option<DelegationId>,
}

/// The four parts of a COSE_Sign1.
pub(crate) struct Parts<'b> {
    /// Everything behind the tag.
    pub(crate) array: &'b [u8],
    pub(crate) protected: &'b [u8],
    pub(crate) payload: &'b [u8],
    pub(crate) signature: [u8; 64],
}

/// Takes an envelope apart, under the rules that all types share.
pub(crate) fn split(document: &[u8]) -> Result<Parts<'_>, Fault> {
    if document.len() > STATUS_LIST_BYTES_MAX {
        return Err(length(Unit::Bytes, document.len(), 1, STATUS_LIST_BYTES_MAX));
    }
    let array = match document {
        [FIRST_BYTE, array @ ..] => array,
        [] => return Err(What::Truncated { position: 0 }.into()),
        _ => {
            return Err(Fault::new(What::WrongType {
                wanted: "COSE_Sign1 with tag 18",
                found: "something else",
            }));
        }
    };
    strict::scan(array, Rules::Foreign)?;
    let mut reader = Reader::new(array);
    reader.tuple(4)?;
    let protected = reader.bytes().map_err(|fault| fault.within("protected"))?;
    reader.map_of(0).map_err(|fault| fault.within("unprotected"))?;
    let payload = reader.bytes().map_err(|fault| fault.within("payload"))?;
    let signature = reader.array_of_bytes().map_err(|fault| fault.within("signature"))?;
    Ok(Parts { array, protected, payload, signature })
}

impl<'b> Sealed<'b> {
    /// Reads the envelope of exactly one document.
    ///
    /// # Errors
    /// Every deviation from the one form that SPEC.md section 2 allows.
    pub fn parse(document: &'b [u8]) -> Result<Self, Fault> {
        Self::of(document, split(document)?)
    }

    pub(crate) fn of(document: &'b [u8], parts: Parts<'b>) -> Result<Self, Fault> {
        let Parts { array, protected, payload, signature } = parts;
        let header = Header::read(protected).map_err(|fault| fault.within("protected"))?;
        if header.typ != Typ::StatusList {
            if document.len() > OWN_BYTES_MAX {
                return Err(length(Unit::Bytes, document.len(), 1, OWN_BYTES_MAX));
            }
            strict::scan(array, Rules::Own)?;
            strict::scan(protected, Rules::Own).map_err(|fault| fault.within("protected"))?;
        }
        let Header { typ, algorithm, kid } = header;
        Ok(Self { document, protected, payload, signature, typ, algorithm, kid })
    }

    /// Type of the document.
    pub fn typ(&self) -> Typ {
        self.typ
    }

    /// Algorithm the header names; it can only agree with the key's.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Which keys to try. A hint, never an identity.
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// The whole document, for hashing and storing.
    pub fn as_bytes(&self) -> &'b [u8] {
        self.document
    }

    /// The claims of an entitlement, if the signature holds under the key.
    ///
    /// # Errors
    /// [`What::WrongTyp`] before anything else is read; [`What::OtherKey`]; [`What::Signature`]; then every fault of
    /// the claims.
    pub fn open_entitlement(&self, key: &impl Verify) -> Result<Claims, Fault> {
        let kind = self.entitlement_kind()?;
        self.judge(key)?;
        Claims::from_cbor(self.payload, kind)
    }

    /// An encounter receipt, if the signature holds under the key.
    ///
    /// # Errors
    /// As [`Sealed::open_entitlement`].
    pub fn open_receipt(&self, key: &impl Verify) -> Result<Receipt, Fault> {
        self.expect_typ(Typ::EncounterReceipt, "an encounter receipt")?;
        self.judge(key)?;
        Receipt::from_cbor(self.payload)
    }

    /// A status list, if the signature holds under the key.
    ///
    /// # Errors
    /// As [`Sealed::open_entitlement`], and [`What::Zlib`].
    pub fn open_status_list(&self, key: &impl Verify) -> Result<StatusListToken, Fault> {
        self.expect_typ(Typ::StatusList, "a status list")?;
        self.judge(key)?;
        StatusListToken::from_cbor(self.payload)
    }

    /// The claims as the document states them; nobody has checked the signature.
    ///
    /// # Errors
    /// As [`Sealed::open_entitlement`] without the key.
    pub fn unverified_entitlement(&self) -> Result<Unverified<Claims>, Fault> {
        Claims::from_cbor(self.payload, self.entitlement_kind()?).map(Unverified)
    }

    /// The receipt as the document states it; nobody has checked the signature.
    ///
    /// # Errors
    /// As [`Sealed::open_receipt`] without the key.
    pub fn unverified_receipt(&self) -> Result<Unverified<Receipt>, Fault> {
        self.expect_typ(Typ::EncounterReceipt, "an encounter receipt")?;
        Receipt::from_cbor(self.payload).map(Unverified)
    }

    /// The status list as the document states it; nobody has checked the signature.
    ///
    /// # Errors
    /// As [`Sealed::open_status_list`] without the key.
    pub fn unverified_status_list(&self) -> Result<Unverified<StatusListToken>, Fault> {
        self.expect_typ(Typ::StatusList, "a status list")?;
        StatusListToken::from_cbor(self.payload).map(Unverified)
    }

    /// What the trust step may read when no pinned key has this `kid`.
    ///
    /// # Errors
    /// As [`Sealed::unverified_entitlement`].
    pub fn unverified_origin(&self) -> Result<Unverified<Origin>, Fault> {
        let claims = Claims::from_cbor(self.payload, self.entitlement_kind()?)?.into_draft();
        let delegation = claims.common.delegation;
        Ok(Unverified(Origin { iss: claims.iss, iat: claims.iat, delegation }))
    }

    fn entitlement_kind(&self) -> Result<Kind, Fault> {
        match self.typ {
            Typ::Entitlement => Ok(Kind::Paper),
            Typ::PhoneEntitlement => Ok(Kind::Phone),
            found => Err(What::WrongTyp { found, wanted: "an entitlement" }.into()),
        }
    }

    fn expect_typ(&self, typ: Typ, wanted: &'static str) -> Result<(), Fault> {
        if self.typ == typ { Ok(()) } else { Err(What::WrongTyp { found: self.typ, wanted }.into()) }
    }

    fn judge(&self, key: &impl Verify) -> Result<(), Fault> {
        if key.key_id() != self.kid {
            return Err(What::OtherKey { found: self.kid, wanted: key.key_id() }.into());
        }
        key.verify(&signature_input(self.protected, self.payload), &self.signature)
    }
}

/// Shows what may be shown.
impl fmt::Debug for Sealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("typ", &self.typ)
            .field("alg", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Seals an entitlement: typ 293 when it has a holder key, else 65100.
///
/// # Errors
/// [`SealFault::Document`] for more than 2,048 bytes, [`SealFault::Signer`].
pub fn seal_entitlement<S: Sign>(claims: &Claims, signer: &S) -> Result<Vec<u8>, SealFault<S::Fault>> {
    let typ = if claims.holder_key.is_some() { Typ::PhoneEntitlement } else { Typ::Entitlement };
    seal(typ, &claims.to_cbor(), signer)
}

/// Seals an encounter receipt.
///
/// # Errors
/// As [`seal_entitlement`].
pub fn seal_receipt<S: Sign>(receipt: &Receipt, signer: &S) -> Result<Vec<u8>, SealFault<S::Fault>> {
    seal(Typ::EncounterReceipt, &receipt.to_cbor(), signer)
}

/// Seals a status list.
///
/// # Errors
/// [`SealFault::Document`] for one that is valid for less than 400 days, [`SealFault::Signer`].
pub fn seal_status_list<S: Sign>(
    token: &StatusListToken,
    signer: &S,
) -> Result<Vec<u8>, SealFault<S::Fault>> {
    crate::status_list::check_validity(token.iat, token.exp).map_err(SealFault::Document)?;
    seal(Typ::StatusList, &token.to_cbor(), signer)
}

fn seal<S: Sign>(typ: Typ, payload: &[u8], signer: &S) -> Result<Vec<u8>, SealFault<S::Fault>> {
    let protected = Header { typ, algorithm: Algorithm::Ed25519, kid: signer.key_id() }.to_cbor();
    let max = if typ == Typ::StatusList { STATUS_LIST_BYTES_MAX } else { OWN_BYTES_MAX };
    seal_parts(&protected, payload, max, signer)
}

pub(crate) fn seal_parts<S: Sign>(
    protected: &[u8],
    payload: &[u8],
    max: usize,
    signer: &S,
) -> Result<Vec<u8>, SealFault<S::Fault>> {
    let signature = signer.sign(&signature_input(protected, payload)).map_err(SealFault::Signer)?;
    let mut writer = Writer::new();
    writer.tag(18);
    writer.array(4);
    writer.bytes(protected);
    writer.map(0);
    writer.bytes(payload);
    writer.bytes(&signature);
    let document = writer.into_bytes();
    if document.len() > max {
        return Err(SealFault::Document(length(Unit::Bytes, document.len(), 1, max)));
    }
    Ok(document)
}

/// Sig_structure of RFC 9052 section 4.4: `["Signature1", protected as received, h'', payload as received]`.
pub(crate) fn signature_input(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(4);
    writer.text("Signature1");
    writer.bytes(protected);
    writer.bytes(&[]);
    writer.bytes(payload);
    writer.into_bytes()
}

struct Header {
    typ: Typ,
    algorithm: Algorithm,
    kid: KeyId,
}

impl Header {
    fn read(protected: &[u8]) -> Result<Self, Fault> {
        strict::scan(protected, Rules::Foreign)?;
        let mut reader = Reader::new(protected);
        let (mut algorithm, mut kid, mut typ) = (None, None, None);
        for _ in 0..reader.map()? {
            if !reader.is_integer() {
                return Err(What::Unknown { key: "of text".into() }.into());
            }
            match reader.any_integer()? {
                1 => algorithm = Some(reader.any_integer().map_err(|fault| fault.within("alg"))?),
                4 => kid = Some(reader.array_of_bytes().map(KeyId).map_err(|fault| fault.within("kid"))?),
                16 => typ = Some(read_typ(&mut reader).map_err(|fault| fault.within("typ"))?),
                label => return Err(What::Unknown { key: alloc::format!("{label}") }.into()),
            }
        }
        let missing = |name| Fault::new(What::Missing).within(name);
        let typ = typ.ok_or_else(|| missing("typ"))?;
        let kid = kid.ok_or_else(|| missing("kid"))?;
        let algorithm = match (algorithm.ok_or_else(|| missing("alg"))?, typ) {
            (-19, _) => Algorithm::Ed25519,
            (-8, Typ::StatusList) => Algorithm::EdDsa,
            (found, _) => return Err(Fault::new(What::Algorithm { found, wanted: -19 }).within("alg")),
        };
        Ok(Self { typ, algorithm, kid })
    }

    fn to_cbor(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(3);
        writer.integer(1);
        writer.integer(self.algorithm.code());
        writer.integer(4);
        writer.bytes(&self.kid.0);
        writer.integer(16);
        match self.typ {
            Typ::Entitlement => writer.unsigned(65_100),
            Typ::EncounterReceipt => writer.unsigned(65_101),
            Typ::PhoneEntitlement => writer.unsigned(293),
            Typ::StatusList => writer.text(STATUS_LIST_TYP),
        }
        writer.into_bytes()
    }
}

fn read_typ(reader: &mut Reader<'_>) -> Result<Typ, Fault> {
    if reader.is_text() {
        return match reader.text()? {
            STATUS_LIST_TYP => Ok(Typ::StatusList),
            _ => Err(What::Word { list: "document type" }.into()),
        };
    }
    match reader.any_integer()? {
        65_100 => Ok(Typ::Entitlement),
        65_101 => Ok(Typ::EncounterReceipt),
        293 => Ok(Typ::PhoneEntitlement),
        found => Err(What::Code { list: "document type", found }.into()),
    }
}
