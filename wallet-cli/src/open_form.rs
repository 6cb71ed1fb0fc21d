//! The SD-JWT VC beside a card: the same entitlement in the form that verifiers ask for over the network.
//!
//! It counts only if the issuer's pinned record opens it and every claim of the card is in it, claim for claim, the holder's key
//! among them: then whoever reads the card on the screen knows what the other form says. It is opened with the record again
//! each time it is shown, since an issuer may have given up a key. Refused: what is longer than [`SD_JWT_BYTES_MAX`], what does
//! not open, and what says something else than the card.

use sanad_credential::{Claims, SigningKey, UnixTime};
use sanad_openvc::{
    Binding, Controllers, Fault, KeyBinding, Profile, Times, VerifyingSdJwt, present_sd_jwt, verify_sd_jwt,
};
use sanad_trust::IssuerRecord;
use serde_json::{Map, Value};

/// Longest SD-JWT VC that is kept. One of a household of twenty has about 9 kB.
pub const SD_JWT_BYTES_MAX: usize = 32_768;

/// An SD-JWT VC that a pinned record opened.
pub struct OpenForm {
    text: String,
    vct: String,
    claims: Map<String, Value>,
    disclosable: Vec<String>,
    entitlement: Claims,
}

/// Why an SD-JWT VC is not kept or shown.
#[derive(Debug, thiserror::Error)]
pub enum OpenFormFault {
    /// Too long.
    #[error("it has {bytes} bytes, over the limit of {SD_JWT_BYTES_MAX}")]
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// It does not open with the record of the issuer.
    #[error("it does not open with the issuer's record: {0}")]
    Rejected(Fault),
    /// It says something else than the card.
    #[error("it says something else than the card")]
    Differs,
    /// It was not signed for the verifier.
    #[error("it could not be shown: {0}")]
    NotShown(Fault),
}

/// What a person's document says stays out of logs.
impl std::fmt::Debug for OpenForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenForm").field("vct", &self.vct).finish_non_exhaustive()
    }
}

impl OpenForm {
    /// Opens one with the record of its issuer, and holds it against the card.
    ///
    /// # Errors
    /// [`OpenFormFault`].
    pub fn open(
        text: &str,
        record: &IssuerRecord,
        card: &Claims,
        now: UnixTime,
    ) -> Result<Self, OpenFormFault> {
        if text.len() > SD_JWT_BYTES_MAX {
            return Err(OpenFormFault::TooLong { bytes: text.len() });
        }
        let mut controllers = Controllers::new(Profile::Production);
        controllers.pin(record).map_err(OpenFormFault::Rejected)?;
        let verifying = VerifyingSdJwt {
            controllers: &controllers,
            now,
            // An old paper is not a lost right: whether it is in time is for whoever reads it.
            times: Times::LeaveToDecision,
            key_binding: KeyBinding::None,
        };
        let verified = verify_sd_jwt(text, &verifying).map_err(OpenFormFault::Rejected)?;
        let entitlement = verified.entitlement(&controllers).map_err(OpenFormFault::Rejected)?;
        if entitlement != *card {
            return Err(OpenFormFault::Differs);
        }
        Ok(Self {
            text: text.to_owned(),
            vct: verified.vct().to_owned(),
            claims: verified.claims().clone(),
            disclosable: verified.disclosed().to_vec(),
            entitlement,
        })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its type.
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// Every claim, those that may be held back among them.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// What it says.
    pub fn entitlement(&self) -> &Claims {
        &self.entitlement
    }

    /// Whether the holder decides if a claim is disclosed; others are always visible.
    pub fn is_disclosable(&self, name: &str) -> bool {
        self.disclosable.iter().any(|known| known == name)
    }

    /// The presentation for one verifier: these claims, and a signature of the holder's key over them.
    ///
    /// # Errors
    /// [`OpenFormFault::NotShown`].
    pub fn show(
        &self,
        disclosed: &[String],
        binding: &Binding<'_>,
        key: &SigningKey,
    ) -> Result<String, OpenFormFault> {
        let names: Vec<&str> = disclosed.iter().map(String::as_str).collect();
        present_sd_jwt(&self.text, &names, Some((binding, key))).map_err(OpenFormFault::NotShown)
    }
}
