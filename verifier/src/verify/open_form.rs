//! Entitlements that were presented in the open standards: their signature and their holder's proof were verified by the
//! application, with the keys of this pack; everything else is judged here as for a paper QR.

use sanad_credential::{Claims, Clock, Date, DocumentHash, PublicKey, Typ};
use sanad_trust::judge::Unopened;

use super::{Document, Documents, Found, clock_of, held_as};
use crate::holder::Token;
use crate::shown::HolderProof;

/// A presented entitlement.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// What it says.
    pub claims: Claims,
    /// The key under which its issuer's signature held.
    pub key: PublicKey,
    /// SHA-256 of what the issuer signed, by which a receipt names it.
    pub hash: DocumentHash,
}

impl Documents<'_> {
    /// Lays a presented entitlement beside the other documents. Its holder proved a key to the application.
    ///
    /// # Errors
    /// [`Unopened`] where the key is none of the issuer's in this pack, or not for this.
    pub fn add_open_form(&mut self, form: OpenForm, date: Date, clock: Clock) -> Result<(), Unopened> {
        let typ = if form.claims.holder_key.is_some() { Typ::PhoneEntitlement } else { Typ::Entitlement };
        let weighed = self.pack.weigh_claims(form.claims, &form.key, clock_of(date, clock))?;
        let held = held_as(weighed, date, HolderProof::Proved);
        self.readable.push(Document {
            place: self.readable.len(),
            typ,
            kid: form.key.id(),
            hash: form.hash,
            token: Token::None,
            found: Found::Authentic(held),
        });
        Ok(())
    }
}
