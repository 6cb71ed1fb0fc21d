//! Entitlements that were presented in the open standards: their signature and their holder's proof were verified by the
//! application, with the keys of this pack; everything else is judged here as for a paper QR. Where the pack lacks issuer or
//! key nobody here can verify, and it is unknown, as paper is.

use sanad_credential::{Claims, Clock, Date, DocumentHash, KeyId, PublicKey, Typ, Unverified};
use sanad_trust::judge::Unopened;

use super::{Document, Documents, Found, clock_of, held_as};
use crate::holder::Token;
use crate::shown::{HolderProof, UnknownWhat};

/// A presented entitlement.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// What became of its issuer's signature.
    pub signature: IssuerSignature,
    /// SHA-256 of what the issuer signed, by which a receipt names it.
    pub hash: DocumentHash,
}

/// What became of an issuer's signature.
#[derive(Clone, Debug)]
pub enum IssuerSignature {
    /// It held.
    Held {
        /// What the document says.
        claims: Box<Claims>,
        /// The key under which it held.
        key: PublicKey,
    },
    /// Nobody here can check it.
    Unknown {
        /// What is not known.
        what: UnknownWhat,
        /// What the document states.
        stated: Box<Unverified<Claims>>,
        /// The key that it names, where it is named as here.
        kid: Option<KeyId>,
    },
}

impl Documents<'_> {
    /// Lays a presented entitlement beside the other documents. Its holder proved a key to the application.
    ///
    /// # Errors
    /// [`Unopened`] where the key is none of the issuer's in this pack, or not for this.
    pub fn add_open_form(&mut self, form: OpenForm, date: Date, clock: Clock) -> Result<(), Unopened> {
        let typ_of = |claims: &Claims| match claims.holder_key {
            Some(_) => Typ::PhoneEntitlement,
            None => Typ::Entitlement,
        };
        let (typ, kid, found) = match form.signature {
            IssuerSignature::Held { claims, key } => {
                let typ = typ_of(&claims);
                match self.pack.weigh_claims(*claims, &key, clock_of(date, clock)) {
                    Ok(weighed) => {
                        let held = held_as(weighed, date, HolderProof::Proved);
                        (typ, Some(key.id()), Found::Authentic(held))
                    }
                    Err(unopened) => return Err(unopened),
                }
            }
            IssuerSignature::Unknown { what, stated, kid } => {
                (typ_of(stated.look()), kid, Found::Unknown(what, stated))
            }
        };
        self.readable.push(Document {
            place: self.readable.len(),
            typ,
            kid,
            hash: form.hash,
            token: Token::None,
            found,
        });
        Ok(())
    }
}
