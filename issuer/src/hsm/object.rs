//! Keys of a token: found by what they are called, believed after they have signed.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use sanad_credential::{PublicKey, Verify as _, VerifyingKey};
use sanad_keyfile::secret::draw;

use super::pool::{Trouble, sign};
use super::{HsmFault, HsmObject, TokenChoice};

/// Objects of one name that are looked at. More is a token that somebody has filled.
const OBJECTS_MAX: usize = 16;

/// The curve as PKCS #11 3.1 section 6.3.2 names it: `edwards25519` as a PrintableString; or as an OID (RFC 8410).
const CURVE_NAMES: [&[u8]; 3] = [
    b"\x13\x0cedwards25519",
    &[0x06, 0x03, 0x2B, 0x65, 0x70],
    // The OID from before RFC 8410, which some modules still use.
    &[0x06, 0x09, 0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x0F, 0x01],
];

/// What a key signs to prove itself. No document and no token starts like that.
const CHALLENGE: &[u8] = b"Sanad: proof that a key of a token is the one of issuer.toml\n";

/// The key that is meant.
pub(super) struct Wanted {
    pub(super) public: PublicKey,
    pub(super) point: VerifyingKey,
    pub(super) object: HsmObject,
}

/// The handle of a private key, which has proved to be the one that is meant.
pub(super) fn find(session: &Session, wanted: &Wanted, token: &TokenChoice) -> Result<ObjectHandle, Trouble> {
    let object = || wanted.object.to_string();
    let mut refusal = HsmFault::NoKey { token: token.clone(), object: object() };
    // Several may have one name; the one that is meant is among them or not.
    for handle in named(session, &wanted.object, ObjectClass::PRIVATE_KEY)? {
        refusal = match other_curve_of(session, handle)? {
            Some(found) => HsmFault::OtherCurve { object: object(), found },
            None if proves_itself(session, handle, wanted, token)? => return Ok(handle),
            None => {
                let halves = public_halves(session, &wanted.object)?;
                let found = halves.into_iter().find(|found| *found != wanted.public);
                HsmFault::OtherKey { object: object(), found, wanted: wanted.public }
            }
        };
    }
    Err(Trouble::Found(refusal))
}

fn proves_itself(
    session: &Session,
    handle: ObjectHandle,
    wanted: &Wanted,
    token: &TokenChoice,
) -> Result<bool, Trouble> {
    let nonce = draw().map_err(|error| Trouble::Found(HsmFault::Randomness(error)))?;
    let challenge = [CHALLENGE, nonce.as_slice()].concat();
    let signature = sign(session, handle, &challenge, token)?;
    Ok(wanted.point.verify(&challenge, &signature).is_ok())
}

fn named(session: &Session, object: &HsmObject, class: ObjectClass) -> Result<Vec<ObjectHandle>, Error> {
    let mut template = vec![Attribute::Class(class), Attribute::Token(true)];
    template.extend(object.label().map(|label| Attribute::Label(label.as_bytes().to_vec())));
    template.extend(object.id().map(|id| Attribute::Id(id.to_vec())));
    session.iter_objects(&template)?.take(OBJECTS_MAX).collect()
}

/// What a key is, where it is no Ed25519 key. A private key need not say on which curve it is; then its signature does.
fn other_curve_of(session: &Session, handle: ObjectHandle) -> Result<Option<String>, Error> {
    let attributes = session.get_attributes(handle, &[AttributeType::KeyType, AttributeType::EcParams])?;
    let mut found = None;
    for attribute in attributes {
        match attribute {
            Attribute::KeyType(KeyType::EC_EDWARDS) => {}
            Attribute::KeyType(other) => found = Some(format!("a key of type {other}")),
            Attribute::EcParams(curve) if !curve.is_empty() && !CURVE_NAMES.contains(&curve.as_slice()) => {
                found = found.or_else(|| Some(format!("on another curve ({})", curve_name(&curve))));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The name in a PrintableString, the bytes of anything else.
fn curve_name(curve: &[u8]) -> String {
    let name = match curve {
        [0x13, _, name @ ..] => std::str::from_utf8(name).ok(),
        _ => None,
    };
    let bytes = || curve.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    name.map_or_else(bytes, |name| name.escape_debug().to_string())
}

/// The public halves that the token shows under a name.
fn public_halves(session: &Session, object: &HsmObject) -> Result<Vec<PublicKey>, Error> {
    let mut found = Vec::new();
    for handle in named(session, object, ObjectClass::PUBLIC_KEY)? {
        found.extend(public_half(session, handle)?);
    }
    Ok(found)
}

fn public_half(session: &Session, handle: ObjectHandle) -> Result<Option<PublicKey>, Error> {
    let attributes = session.get_attributes(handle, &[AttributeType::EcPoint])?;
    Ok(attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => point_of(&point),
        _ => None,
    }))
}

/// 32 bytes, bare or in an OCTET STRING or BIT STRING: modules differ, and the standard changed its mind.
fn point_of(bytes: &[u8]) -> Option<PublicKey> {
    let point = match bytes {
        [0x04, 0x20, point @ ..] | [0x03, 0x21, 0x00, point @ ..] if point.len() == 32 => point,
        point => point,
    };
    Some(PublicKey(point.try_into().ok()?))
}

/// Makes a key pair. Where the module does not know the curve by its name, it is asked by its OID.
pub(super) fn generate(session: &Session, object: &HsmObject) -> Result<Option<PublicKey>, Trouble> {
    let mut name = Vec::new();
    name.extend(object.label().map(|label| Attribute::Label(label.as_bytes().to_vec())));
    name.extend(object.id().map(|id| Attribute::Id(id.to_vec())));
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    let private = [&private[..], &name].concat();
    let mut refusal = None;
    for curve in CURVE_NAMES {
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(curve.to_vec()),
        ];
        let public = [&public[..], &name].concat();
        match session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private) {
            Ok((public, _)) => return Ok(public_half(session, public)?),
            Err(
                error @ Error::Pkcs11(
                    RvError::CurveNotSupported
                    | RvError::DomainParamsInvalid
                    | RvError::AttributeValueInvalid
                    | RvError::TemplateInconsistent,
                    _,
                ),
            ) => refusal = refusal.or(Some(error)),
            Err(error) => return Err(Trouble::Call(error)),
        }
    }
    refusal.map_or(Ok(None), |error| Err(Trouble::Call(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_in_the_three_forms_of_modules_and_in_no_other() {
        let point = [7; 32];
        for form in [point.to_vec(), [&[4, 32], &point[..]].concat(), [&[3, 33, 0], &point[..]].concat()] {
            assert_eq!(point_of(&form), Some(PublicKey(point)), "{form:?}");
        }
        for form in [vec![], vec![7; 31], vec![7; 33], [&[4, 57], &[7; 57][..]].concat()] {
            assert_eq!(point_of(&form), None, "{form:?}");
        }
    }

    #[test]
    fn a_curve_is_named_as_far_as_it_can_be_read() {
        assert_eq!(curve_name(b"\x13\x0aedwards448"), "edwards448");
        assert_eq!(curve_name(&[6, 3, 0x2B, 0x65, 0x71]), "06032b6571");
        assert_eq!(curve_name(b"\x13\x02\x1b["), "\\u{1b}[");
    }
}
