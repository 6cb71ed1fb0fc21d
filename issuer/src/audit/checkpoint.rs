//! Signed checkpoints: how long the audit log was at some time, and the hash of its last line.
//!
//! The chain of the log shows every change but one: whoever can write the whole store can write the whole log anew, or
//! cut its end off. A checkpoint that is kept elsewhere shows that too, for all lines before it. It is signed with the
//! issuer's status key, so that nobody can lay a false one beside a true log; what is signed starts with words of its
//! own, so that a checkpoint is never a document, a status list or a request, nor one of these a checkpoint.
//!
//! The form is one line of JSON, the signature last. Refuses another issuer's, unknown members, every other way of
//! writing the same, and a signature of a key that is no status key of the issuer for that day, or a compromised one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{
    Fault, FixedBytes, IssuerId, Json, KeyId, Limits, Sign, UnixTime, Verify as _, VerifyingKey, What,
};
use sanad_trust::members::{Written, member, text_json, text_of};
use sanad_trust::{IssuerRecord, KeyState, KeyUse, RecordKey};

use super::{Act, Actor, Head, LineHash, Note};
use crate::store::{Expect, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, Store};
use crate::transfer::form::in_one_form;

/// Names the form, and its value the version.
const FORM: &str = "sanad_audit_checkpoint";

const VERSION: i64 = 1;

/// First line of what is signed. A document's signature input starts with 0x84, a JWT with a letter of base64url and no
/// space, a delegation request with other words.
const DOMAIN: &str = "sanad audit checkpoint 1\n";

/// Longest checkpoint: with the longest id of an issuer it has about 330 bytes.
pub const CHECKPOINT_BYTES_MAX: usize = 1_024;

const LIMITS: Limits =
    Limits { bytes_max: CHECKPOINT_BYTES_MAX, depth_max: 1, entries_max: 8, values_max: 9 };

/// The head of the log at some time, as the issuer signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    iss: IssuerId,
    head: Head,
    time: UnixTime,
    kid: KeyId,
    signature: FixedBytes<64>,
}

impl Checkpoint {
    /// Signs a head, which whoever calls has verified.
    ///
    /// # Errors
    /// The signer's own.
    pub fn sign<S: Sign>(iss: &IssuerId, head: Head, time: UnixTime, key: &S) -> Result<Self, S::Fault> {
        let (iss, kid) = (iss.clone(), key.key_id());
        let mut checkpoint = Self { iss, head, time, kid, signature: FixedBytes([0; 64]) };
        checkpoint.signature = FixedBytes(key.sign(&checkpoint.message())?);
        Ok(checkpoint)
    }

    /// Reads a checkpoint and verifies it with the issuer's record. A line end behind it is passed over.
    ///
    /// # Errors
    /// [`CheckpointFault`].
    pub fn open(text: &str, record: &IssuerRecord) -> Result<Self, CheckpointFault> {
        let checkpoint =
            Self::parse(text.strip_suffix('\n').unwrap_or(text)).map_err(CheckpointFault::Form)?;
        if checkpoint.iss != *record.iss() {
            let (found, wanted) = (checkpoint.iss, record.iss().clone());
            return Err(CheckpointFault::OtherIssuer { found, wanted });
        }
        let (kid, day) = (checkpoint.kid, checkpoint.time.date());
        let counts = |key: &&RecordKey| {
            key.key_use == KeyUse::Status
                && key.x.id() == kid
                && key.state != KeyState::Compromised
                && key.from <= day
                && key.to.is_none_or(|to| day <= to)
        };
        let key = record.members().keys.iter().find(counts).ok_or(CheckpointFault::Key { kid })?;
        let key = VerifyingKey::new(&key.x).map_err(CheckpointFault::Form)?;
        key.verify(&checkpoint.message(), &checkpoint.signature.0)
            .map_err(|_| CheckpointFault::Signature { kid })?;
        Ok(checkpoint)
    }

    /// Where the log stood.
    pub fn head(&self) -> Head {
        self.head
    }

    /// When it was signed.
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// The text, without a line end.
    pub fn text(&self) -> String {
        let mut members = self.members();
        members.add("signature", Json::Text(URL_SAFE_NO_PAD.encode(self.signature.0).into()));
        members.object().to_string()
    }

    fn members(&self) -> Written<'static> {
        let mut members = Written::default();
        members.add(FORM, Json::Integer(VERSION));
        members.add("issuer", text_json(&self.iss));
        members.add("lines", Json::Integer(i64::try_from(self.head.lines).unwrap_or(i64::MAX)));
        members.add("hash", text_json(&self.head.hash));
        members.add("time", text_json(&self.time));
        members.add("kid", text_json(&self.kid));
        members
    }

    /// What is signed: the words of the domain, and the text without its signature.
    fn message(&self) -> Vec<u8> {
        format!("{DOMAIN}{}", self.members().object()).into_bytes()
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, LIMITS)?;
        let mut object = json.object()?;
        member(&mut object, FORM, |json| match json.integer()? {
            VERSION => Ok(()),
            found => Err(What::Range { found: i128::from(found), min: VERSION, max: VERSION }.into()),
        })?;
        let iss = text_of(&mut object, "issuer", IssuerId::new)?;
        let lines = member(&mut object, "lines", |json| {
            let found = json.integer()?;
            let range = What::Range { found: i128::from(found), min: 0, max: i64::MAX };
            u64::try_from(found).map_err(|_| range.into())
        })?;
        let hash = LineHash(text_of(&mut object, "hash", FixedBytes::from_hex)?.0);
        let time = text_of(&mut object, "time", UnixTime::parse)?;
        let kid = text_of(&mut object, "kid", KeyId::from_hex)?;
        let signature = text_of(&mut object, "signature", |text| {
            let decoded =
                URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
            decoded.map(FixedBytes).ok_or(What::Pattern { wanted: "64 bytes in base64url" }.into())
        })?;
        object.finish()?;
        let checkpoint = Self { iss, head: Head { lines, hash }, time, kid, signature };
        in_one_form(text, &checkpoint.text())?;
        Ok(checkpoint)
    }
}

/// Keeps a checkpoint in the store, and tells the log of it, in one commit.
///
/// # Errors
/// [`RecordsFault`]; [`RecordsFault::Overtaken`] where another was signed over the same lines meanwhile.
pub fn keep(store: &dyn Store, checkpoint: &Checkpoint, who: Actor) -> Result<(), RecordsFault> {
    let Head { lines, hash } = checkpoint.head;
    let id = PaperId::new(&format!("{lines:020}"));
    let id = id.map_err(|_| RecordsFault::Damaged { what: "the id of a checkpoint" })?;
    let note = Note {
        at: checkpoint.time,
        who,
        act: Act::Checkpoint,
        on: id.to_string(),
        detail: format!("lines={lines} hash={hash}"),
    };
    let key = PaperKey { kind: PaperKind::Checkpoint, id };
    let content = Some(checkpoint.text().into_bytes());
    store.write_papers(&[PaperWrite { key, expect: Expect::Absent, content }], &[note])
}

/// Why a text is no checkpoint of an issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// It has another form.
    #[error("this is no checkpoint of an audit log: {0}")]
    Form(Fault),
    /// Another issuer's.
    #[error("this is a checkpoint of {found}, the log is that of {wanted}")]
    OtherIssuer {
        /// As it says.
        found: IssuerId,
        /// Whose record is held against it.
        wanted: IssuerId,
    },
    /// The issuer's record has no such key that counts.
    #[error("the issuer has no status key {kid} that counts for the day of this checkpoint")]
    Key {
        /// The key it names.
        kid: KeyId,
    },
    /// The signature does not hold.
    #[error("the signature of this checkpoint does not hold under the status key {kid}")]
    Signature {
        /// The key.
        kid: KeyId,
    },
}

#[cfg(test)]
mod tests {
    use sanad_credential::SigningKey;

    use super::*;
    use crate::audit::tests::{log, record, status_key};

    fn checkpoint() -> Checkpoint {
        let time = UnixTime::parse("2027-01-15T12:00:00Z").unwrap();
        match Checkpoint::sign(record().iss(), log(5).1, time, &status_key()) {
            Ok(checkpoint) => checkpoint,
            Err(never) => match never {},
        }
    }

    #[test]
    fn a_checkpoint_comes_back_with_or_without_a_line_end() {
        let text = checkpoint().text();
        assert_eq!(Checkpoint::open(&text, &record()).unwrap(), checkpoint());
        assert!(Checkpoint::open(&format!("{text}\n"), &record()).is_ok());
        assert!(Checkpoint::open(&format!("{text}\n\n"), &record()).is_err());
        assert!(text.len() < 400, "{}", text.len());
    }

    #[test]
    fn every_altered_byte_is_refused() {
        let text = checkpoint().text();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(altered) = String::from_utf8(bytes) else { continue };
            assert!(Checkpoint::open(&altered, &record()).is_err(), "{altered}");
        }
    }

    #[test]
    fn a_checkpoint_of_another_key_issuer_or_day_counts_for_nothing() {
        let sign = |iss: &str, day: &str, key: &SigningKey| {
            let (iss, time) = (IssuerId::new(iss).unwrap(), UnixTime::parse(day).unwrap());
            match Checkpoint::sign(&iss, log(5).1, time, key) {
                Ok(checkpoint) => Checkpoint::open(&checkpoint.text(), &record()),
                Err(never) => match never {},
            }
        };
        assert!(sign("KE-SHA", "2027-01-15", &status_key()).is_ok());
        let fault = sign("KE-NHIF", "2027-01-15", &status_key());
        assert!(matches!(fault, Err(CheckpointFault::OtherIssuer { .. })), "{fault:?}");
        let fault = sign("KE-SHA", "2026-12-31", &status_key());
        assert!(
            matches!(fault, Err(CheckpointFault::Key { .. })),
            "before the first day of the key: {fault:?}"
        );
        // The key of cards is no key of checkpoints.
        let fault = sign("KE-SHA", "2027-01-15", &SigningKey::from_secret(&[1; 32]));
        assert!(matches!(fault, Err(CheckpointFault::Key { .. })), "{fault:?}");
    }

    #[test]
    fn a_compromised_key_signs_no_checkpoints() {
        let mut draft = record().members().clone();
        draft.keys.iter_mut().find(|key| key.key_use == KeyUse::Status).unwrap().state =
            KeyState::Compromised;
        let record = draft.check().unwrap();
        assert!(matches!(Checkpoint::open(&checkpoint().text(), &record), Err(CheckpointFault::Key { .. })));
    }

    #[test]
    fn what_is_signed_is_nothing_else_that_the_key_signs() {
        let message = checkpoint().message();
        assert!(message.starts_with(b"sanad audit checkpoint 1\n{\"sanad_audit_checkpoint\":1,"));
    }

    #[test]
    fn crafted_texts_are_refused() {
        let text = checkpoint().text();
        let deep = "[".repeat(1_000);
        let long = " ".repeat(2_000);
        for crafted in ["", "{}", "null", &deep, &long, &text.replace("\"lines\":5", "\"lines\":-5")] {
            assert!(
                matches!(Checkpoint::open(crafted, &record()), Err(CheckpointFault::Form(_))),
                "{crafted}"
            );
        }
        assert!(
            Checkpoint::open(&text.replace(',', ", "), &record()).is_err(),
            "another way of writing the same"
        );
    }
}
