//! Delegations by their id: what has to be revoked when a delegate loses its computer or its trust.
//!
//! Several documents may share an id, one for each device and one for each renewal. The entry is written in the commit
//! that keeps the document, so that no delegation is signed that cannot be found.

use std::ops::Bound;

use sanad_credential::{CredentialId, DelegationId, FixedBytes};

use super::{DELEGATIONS, Issued, RecordsFault, Store};
use crate::durable::{MAX_SCAN_ENTRIES, StoreFault, Transaction};

/// Ends an id in a key: no id has it, so `KE-F1` does not find what belongs to `KE-F10`.
const END_OF_ID: u8 = 0;

impl Store {
    /// The documents of a delegation id, in the order in which they were signed.
    ///
    /// # Errors
    /// [`RecordsFault`].
    pub fn delegations_of(&self, id: &DelegationId) -> Result<Vec<Issued>, RecordsFault> {
        let first = prefix(id);
        let mut after = id.as_str().as_bytes().to_vec();
        after.push(END_OF_ID.saturating_add(1));
        let mut found = Vec::new();
        let mut from = first.clone();
        loop {
            let range = (Bound::Excluded(from.as_slice()), Bound::Excluded(after.as_slice()));
            let entries = self.0.scan(DELEGATIONS, range, MAX_SCAN_ENTRIES)?;
            let Some((last, _)) = entries.last() else { break };
            let last = last.clone();
            for (key, _) in &entries {
                let cti = key.strip_prefix(first.as_slice()).and_then(|cti| <[u8; 8]>::try_from(cti).ok());
                let cti = FixedBytes(cti.ok_or(RecordsFault::Damaged { what: "a delegation" })?);
                let issued = self.document(cti)?;
                found.push(issued.ok_or(RecordsFault::Damaged { what: "a delegation's document" })?);
            }
            from = last;
        }
        found.sort_unstable_by_key(|issued: &Issued| issued.sequence.0);
        Ok(found)
    }
}

pub(super) fn put(act: &Transaction<'_>, id: &DelegationId, issued: &Issued) -> Result<(), StoreFault> {
    act.put(DELEGATIONS, &key(id, issued.cti), &issued.sequence.0.to_be_bytes())
}

fn key(id: &DelegationId, cti: CredentialId) -> Vec<u8> {
    [prefix(id).as_slice(), &cti.0].concat()
}

fn prefix(id: &DelegationId) -> Vec<u8> {
    [id.as_str().as_bytes(), &[END_OF_ID]].concat()
}

#[cfg(test)]
mod tests {
    use sanad_credential::IssuerId;

    use super::*;
    use crate::permutation::Sequence;
    use crate::register::Digest;

    #[test]
    fn every_device_of_an_id_is_found_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (path, iss) = (dir.path().join("store"), IssuerId::new("KE-SHA").unwrap());
        let store = Store::create(&path, &iss).unwrap();
        let issued = |number: u8| Issued {
            // Falling ids, so that the order is that of signing and not that of the keys.
            cti: FixedBytes([200 - number; 8]),
            sequence: Sequence(u64::from(number)),
            digest: Digest([number; 32]),
            document: vec![number; 10],
        };
        let documents: Vec<Issued> = (0..6).map(issued).collect();
        let id = |text| DelegationId::new(text).unwrap();
        let ids = ["KE-F1", "KE-F10", "KE-F1", "KE-F", "KE-F1"].map(id);
        let named: Vec<_> = ids.into_iter().zip(documents.iter().map(|issued| issued.cti)).collect();
        store.keep_with_delegations(&documents, &named).unwrap();
        drop(store);
        let store = Store::open(&path, &iss).unwrap();
        assert_eq!(store.delegations_of(&id("KE-F1")).unwrap(), [issued(0), issued(2), issued(4)]);
        assert_eq!(store.delegations_of(&id("KE-F10")).unwrap(), [issued(1)]);
        assert_eq!(store.delegations_of(&id("KE-F2")).unwrap(), []);
    }
}
