//! One full, valid file of each kind for the tests of this crate. The schemes and their numbers are invented.

pub(crate) const GRANT: &str =
    r#"{"country": "KE", "types": ["coverage", "delegation"], "areas": ["KE", "KE-30"]}"#;

/// The keys are those of RFC 8032, section 7.1.
pub(crate) const RECORD: &str = r#"{
  "iss": "KE-SHA", "country": "KE", "names": {"en": "Social Health Authority", "sw": "Mamlaka ya Afya ya Jamii"},
  "did": "did:web:sha.example",
  "keys": [
    {"kid": "866eefbd6718c884", "alg": "Ed25519",
     "x": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "use": "credential", "from": "2026-01-01", "to": null, "state": "active"},
    {"kid": "5c840f7a40230170", "alg": "Ed25519",
     "x": "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
     "use": "status", "from": "2026-01-01", "to": "2027-12-31", "state": "retired"}
  ],
  "types": ["coverage"], "areas": ["KE"],
  "status": {"prefix": "https://sl.example/k/", "lists": 2}, "contact": {"en": "Call 0800 000 000"}
}"#;

pub(crate) const RULEBOOK: &str = r#"{
  "issuer": "KE-SHA", "product": "SHIF", "kind": "compulsory",
  "versions": [
    {"version": 1, "from": "2026-01-01", "package": ["OPD", "EMER"], "preauth": [], "copay": [], "grace_days": 0,
     "network_only": false, "week_days": 7, "legal_ref": "Act 16 of 2023", "appeal": {}, "pay": {}},
    {"version": 3, "from": "2026-07-01", "package": ["EMER", "OPD", "MEDS", "INP", "SURG"],
     "protected": ["EMER", "DEL"], "preauth": ["SURG"],
     "copay": [
       {"group": "OPD", "class": 1, "basis_points": 0},
       {"group": "OPD", "level": 4, "basis_points": 2000, "cap": {"minor": 50000, "currency": "KES"}},
       {"group": "MEDS", "amount": {"minor": 10000, "currency": "KES"}}
     ],
     "bypass_basis_points": 5000, "max_level": 3, "grace_days": 30, "network_only": true,
     "offline_limit": {"minor": 500000, "currency": "KES"}, "week_days": 6, "legal_ref": "Act 16 of 2023, s. 25",
     "appeal": {"en": "Call 0800 000 000", "sw": "Piga 0800 000 000"}, "pay": {"en": "Dial *147#"}}
  ]
}"#;

pub(crate) const HOST_RULES: &str = r#"{
  "country": "KE", "always_free": {"KE": ["EMER", "DEL"], "KE-30": ["CHILD"]},
  "appeal": {"en": "Call 0800 000 000", "sw": "Piga 0800 000 000"}
}"#;

pub(crate) const FACILITIES: &str = r#"{
  "country": "UG",
  "facilities": [
    {"id": "UG-F02", "name": "Ssese Island Health Centre", "level": 3, "area": "UG-102", "networks": ["UG-NHIS"]},
    {"id": "UG-F01", "name": "Busia Hospital", "level": 4, "area": "UG", "networks": []}
  ]
}"#;

pub(crate) const AGREEMENT: &str = r#"{
  "id": "EAC-HEALTH-1", "version": 2, "from": "2026-01-01", "to": null, "legal_ref": "Protocol of Busia, art. 4",
  "rows": [
    {"home": "UG-NHIS", "hosts": ["KE-04", "KE-40"], "groups": ["EMER", "OPD"], "preauth": ["INP"], "max_level": 2,
     "payer": "home", "tariff": "flat", "copay_basis": "host",
     "copay": [{"group": "OPD", "basis_points": 1000}],
     "offline_limit": {"minor": 300000, "currency": "KES"}, "host_may_derive": true, "claim_days": 90,
     "good_faith_days": 7},
    {"home": "KE-SHA", "hosts": ["UG"], "groups": ["EMER"], "preauth": [], "payer": "shared", "tariff": "host",
     "copay_basis": "home", "copay": [], "host_may_derive": false, "claim_days": 60, "good_faith_days": 0}
  ]
}"#;

/// The text with one thing changed; a test whose change finds nothing would test nothing.
pub(crate) fn changed(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in the example");
    text.replacen(old, new, 1)
}
