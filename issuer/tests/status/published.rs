//! Published files, read as verifiers read them.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Sealed, Status, StatusIndex, StatusList, StatusListToken};
use sanad_issuer::config::Config;
use sanad_issuer::permutation::{Permutation, Sequence};
use sanad_trust::Opened;
use serde_json::Value;

use crate::invented;

/// Opens a CWT with the issuer's record.
pub(crate) fn cwt(issuer: &Path, out: &Path, list: u32) -> StatusListToken {
    let bytes = fs::read(out.join(list.to_string())).unwrap();
    open(issuer, &bytes)
}

/// Opens the bytes of a CWT with the issuer's record.
pub(crate) fn open(issuer: &Path, bytes: &[u8]) -> StatusListToken {
    let record = Config::load(issuer).unwrap().record;
    match sanad_trust::open(&Sealed::parse(bytes).expect("no torn file"), &record).unwrap() {
        Opened::StatusList(token) => *token,
        Opened::Entitlement(_) => panic!("not a list"),
    }
}

/// What a JWT says, after its signature was verified with a library of its own.
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) payload: Value,
    pub(crate) list: StatusList,
}

pub(crate) fn jwt(out: &Path, list: u32) -> Jwt {
    let text = fs::read_to_string(out.join(format!("{list}.jwt"))).unwrap();
    let (signed, signature) = text.rsplit_once('.').expect("no torn file");
    let (header, payload) = signed.split_once('.').unwrap();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let key = invented::secret_key(2).public_key();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&decode(signature)).unwrap();
    key.verify_strict(signed.as_bytes(), &signature).unwrap();
    let payload: Value = serde_json::from_slice(&decode(payload)).unwrap();
    let stream = decode(payload["status_list"]["lst"].as_str().unwrap());
    Jwt {
        header: serde_json::from_slice(&decode(header)).unwrap(),
        list: StatusList::inflate(&stream).unwrap(),
        payload,
    }
}

/// The status of a document by its number, in the list that it belongs to.
pub(crate) fn status(list: &StatusList, number: u64) -> Status {
    let permutation = Permutation::new(&invented::keys().permutation);
    let (_, index) = permutation.place(Sequence(number)).unwrap();
    list.status(StatusIndex::new(index.number()).unwrap())
}

/// How many entries are not valid.
pub(crate) fn not_valid(list: &StatusList) -> usize {
    list.iter().filter(|status| *status != Status::Valid).count()
}
