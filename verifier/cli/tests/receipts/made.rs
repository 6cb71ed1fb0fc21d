//! Receipts as a device would sign them, with the keys of invented facilities.

use std::path::Path;

use sanad_credential::{
    Area, Date, Fault, IssuerId, Json, LanguageTag, Limits, Receipt, RightType, Set, Sign as _, SigningKey,
    seal_receipt,
};
use sanad_trust::client::sha256;
use sanad_trust::{IssuerRecord, KeyState, KeyUse, LanguageTexts, RecordDraft, RecordKey, StatusLists};
use sanad_verify::receipts::log::{self, LogFault};
use sanad_verify::state::State;

const LIMITS: Limits = Limits { bytes_max: 16_384, depth_max: 8, entries_max: 64, values_max: 1_024 };

/// The key of an invented device: its secret is its name.
pub(crate) fn device(name: &str) -> SigningKey {
    SigningKey::from_secret(&sha256(format!("Sanad test device: {name}").as_bytes()).0)
}

/// The next receipts of a device.
pub(crate) struct Chain {
    pub(crate) facility: &'static str,
    pub(crate) key: SigningKey,
    pub(crate) last: Option<String>,
    pub(crate) next: u64,
}

impl Chain {
    pub(crate) fn new(facility: &'static str, device_name: &str) -> Self {
        Self { facility, key: device(device_name), last: None, next: 1 }
    }

    /// A receipt for 15,000 UGX with 10 % co-pay, with some members changed.
    pub(crate) fn receipt(&self, change: impl FnOnce(&mut serde_json::Value)) -> Receipt {
        let mut json = serde_json::json!({
            "iss": self.facility, "iat": "2026-06-01T08:30:00Z",
            "cti": format!("{:016x}", self.next * 7919 + u64::from(self.key.key_id().0[0])),
            "decision": "COVERED", "assurance": "FIRM", "action": "TREAT_COPAY", "reasons": [],
            "credential": ["KE-SHA", format!("{:016x}", 1000 + self.next)],
            "credential_hash": sha256(&self.next.to_be_bytes()).to_string(),
            "benefits": ["OPD"], "service_date": "2026-06-01",
            "charged": {"minor": 15000, "currency": "UGX"}, "copay": {"minor": 1500, "currency": "UGX"},
            "person": "match", "emergency": false, "clock": "ok",
            "rests_on": {"timestamp": 3, "pack": "2026-06-01", "status": "2026-05-28", "rulebook": 1, "agreement": "EAC-1"},
            "good_faith": true, "previous": self.last, "place": "UG", "level": 3
        });
        change(&mut json);
        let text = json.to_string();
        let parsed = Json::parse(&text, LIMITS).and_then(|json| Receipt::from_json(&json));
        parsed.unwrap_or_else(|fault: Fault| panic!("{fault}"))
    }

    /// Signs the next one.
    pub(crate) fn sign(&mut self, change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let document = seal_receipt(&self.receipt(change), &self.key).unwrap();
        self.last = Some(sha256(&document).to_string());
        self.next += 1;
        document
    }
}

pub(crate) fn state(dir: &Path) -> State {
    State::locate(Some(dir)).unwrap()
}

/// What stands in a log, in its order.
pub(crate) fn logged(state: &State) -> Result<Vec<Vec<u8>>, LogFault> {
    let mut found = Vec::new();
    log::read(state, |entry| {
        found.push(entry.document.to_vec());
        Ok::<(), LogFault>(())
    })?;
    Ok(found)
}

/// The record of an invented issuer, with one key for delegations.
pub(crate) fn record(iss: &str) -> IssuerRecord {
    let country = Area::new(iss.get(..2).unwrap()).unwrap();
    let draft = RecordDraft {
        iss: IssuerId::new(iss).unwrap(),
        country: country.clone(),
        names: LanguageTexts(vec![(LanguageTag::new("en").unwrap(), "Invented".to_owned())]),
        did: None,
        keys: vec![RecordKey {
            x: device(&format!("{iss} delegation")).public_key(),
            key_use: KeyUse::Delegation,
            from: Date::parse("2026-01-01").unwrap(),
            to: None,
            state: KeyState::Active,
        }],
        types: Set::new(vec![RightType::Delegation]).unwrap(),
        areas: Set::new(vec![country]).unwrap(),
        status: StatusLists { prefix: "https://s.example/".to_owned(), lists: 1 },
        contact: LanguageTexts(Vec::new()),
    };
    draft.check().unwrap()
}
