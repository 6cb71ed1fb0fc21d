//! What an application keeps between runs to hold the next pack against: the pinned root, the floors, the pack in use.
//!
//! Verifiers and deriving issuers keep the same and must not see each other. This module only reads and writes the text;
//! each keeps it in a file of its own, in one step. Refused: a text that does not read, since a damaged file is not a
//! state without floors.

use sanad_credential::{Fault, FixedBytes, Json, Limits, What};

use crate::client::Anchor;
use crate::floors::Floors;
use crate::metadata::Sha256Hash;

/// Bytes of the text: a root has up to 4 MB, floors up to 2.
pub const STATE_BYTES_MAX: usize = 8 << 20;

const LIMITS: Limits =
    Limits { bytes_max: STATE_BYTES_MAX, depth_max: 8, entries_max: 16_384, values_max: 200_000 };

/// The state.
#[derive(Clone, Debug)]
pub struct TrustState {
    /// The pinned root, or the newest one reached from it.
    pub anchor: Anchor,
    /// What never goes backward.
    pub floors: Floors,
    /// The pack in use, by its hash.
    pub pack: Option<Sha256Hash>,
}

impl TrustState {
    /// Reads what [`TrustState::to_json`] wrote.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::from_json(&Json::parse(text, LIMITS)?)
    }

    /// Reads what [`TrustState::to_json`] gave.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let hash = |json: &Json<'_>| FixedBytes::<32>::from_hex(json.text()?);
        let file =
            object.optional("root").map(|json| json.text().map(|text| text.as_bytes().to_vec())).transpose();
        let pinned = object.optional("root_sha256").map(hash).transpose();
        let anchor = match (file.map_err(|fault| fault.within("root"))?, pinned) {
            (Some(file), _) => Anchor::File(file),
            (None, Ok(Some(hash))) => Anchor::Sha256(hash),
            (None, Ok(None)) => return Err(Fault::new(What::Missing).within("root")),
            (None, Err(fault)) => return Err(fault.within("root_sha256")),
        };
        let floors = Floors::from_json(object.required("floors")?).map_err(|fault| fault.within("floors"))?;
        let pack = object.optional("pack").map(hash).transpose().map_err(|fault| fault.within("pack"))?;
        object.finish()?;
        Ok(Self { anchor, floors, pack })
    }

    /// For the application to keep.
    pub fn to_json(&self) -> Json<'_> {
        let anchor = match &self.anchor {
            Anchor::File(file) => ("root".into(), Json::Text(String::from_utf8_lossy(file))),
            Anchor::Sha256(hash) => ("root_sha256".into(), Json::Text(hash.to_string().into())),
        };
        let mut members = vec![anchor, ("floors".into(), self.floors.to_json())];
        members.extend(self.pack.map(|hash| ("pack".into(), Json::Text(hash.to_string().into()))));
        Json::Object(members)
    }
}
