//! What delegates signed, judged with the delegations of a pack.

use sanad_credential::{Claims, Sealed, Status, StatusIndex, StatusList, seal_entitlement};
use sanad_tests::region::{key, time};
use sanad_trust::client::{IgnoredReason, Problem};
use sanad_trust::judge::{Clock, Signer, Standing};
use sanad_trust::pack_file::PackFiles;
use sanad_trust::{DelegateExcess, Rejection};

use crate::{Clinic, region};

const CTI: &str = "d000000000000001";

/// A co-operative may sign contribution receipts of at most 50 shillings; document 9 of the list.
fn delegation(signer: &str) -> Vec<u8> {
    let key_of_coop = key("KE-COOP1").public_key();
    let claims = format!(
        r#"{{"type":"delegation","iss":"KE-SHA","cti":"{CTI}","iat":"2026-02-01","exp":"2029-01-01",
            "status":{{"idx":9,"uri":"https://s.example/KE-SHA/0"}},"id":"KE-COOP1","key":"{key_of_coop}",
            "scopes":["receipt"],"from":"2026-02-01","to":"2026-12-31","per_document":{{"minor":5000,"currency":"KES"}}}}"#
    );
    seal_entitlement(&Claims::from_json_text(&claims).unwrap(), &key(signer)).unwrap()
}

fn receipt(quality: &str, minor: u32) -> Vec<u8> {
    let claims = format!(
        r#"{{"type":"contribution","iss":"KE-SHA","cti":"0102030405060708","iat":"2026-05-20","exp":"2026-06-10",
            "delegation":"KE-COOP1","subject":{{"number":"1","name":"Nekesa Barasa"}},"scheme":"KE-SHA",
            "as_of":"2026-05-20","lines":[{{"from":"2026-05-01","to":"2026-05-31","quantity":1,"unit":"month",
            "kind":"self","functions":["medical_care"],"payer":"self","base":{{"minor":{minor},"currency":"KES"}},
            "quality":"{quality}"}}]}}"#
    );
    seal_entitlement(&Claims::from_json_text(&claims).unwrap(), &key("KE-COOP1")).unwrap()
}

fn with_delegation(mut files: PackFiles, document: Vec<u8>) -> PackFiles {
    files.0.insert(format!("delegations/{CTI}.cwt"), document);
    files.0.insert("delegations/index.json".into(), format!(r#"["{CTI}.cwt"]"#).into_bytes());
    files
}

fn clock() -> Clock {
    Clock::Known(time("2026-06-01"))
}

#[test]
fn a_receipt_of_a_delegate_opens_with_the_delegation_of_the_pack() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let document = receipt("provisional", 5_000);
    let sealed = Sealed::parse(&document).unwrap();
    let unknown = clinic.pack().open(&sealed, clock()).unwrap_err();
    assert!(matches!(unknown, Rejection::KeyUnknown { .. }), "{unknown}");
    clinic.take(with_delegation(region.pack(), delegation("KE-SHA delegation"))).unwrap();
    let authentic = clinic.pack().open(&sealed, clock()).unwrap();
    let Signer::Delegate { delegation, standing } = authentic.signer else { panic!("{authentic:?}") };
    assert_eq!(delegation.cti.to_string(), CTI);
    assert!(matches!(standing, Standing::Listed { status: Status::Valid, .. }));
    assert_eq!(authentic.excess, None);
}

#[test]
fn a_delegate_beyond_its_delegation_is_named() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    clinic.take(with_delegation(region.pack(), delegation("KE-SHA delegation"))).unwrap();
    for (document, posted) in [(receipt("posted", 100), true), (receipt("provisional", 5_001), false)] {
        let rejection = clinic.pack().open(&Sealed::parse(&document).unwrap(), clock()).unwrap_err();
        let Rejection::BeyondDelegation(excess) = rejection else { panic!("{rejection}") };
        assert_eq!(matches!(excess, DelegateExcess::PostedLine { .. }), posted);
        assert_eq!(matches!(excess, DelegateExcess::Money { .. }), !posted);
    }
}

#[test]
fn a_revoked_delegation_is_told_with_what_it_signed() {
    let mut region = region();
    let mut list = StatusList::all_valid();
    list.set(StatusIndex::new(9).unwrap(), Status::Revoked);
    region.add_list("KE-SHA", 0, "2026-05-20", &list);
    let mut clinic = Clinic::of(&region);
    clinic.take(with_delegation(region.pack(), delegation("KE-SHA delegation"))).unwrap();
    let document = receipt("provisional", 100);
    let authentic = clinic.pack().open(&Sealed::parse(&document).unwrap(), clock()).unwrap();
    let Signer::Delegate { standing, .. } = authentic.signer else { panic!("{authentic:?}") };
    assert!(matches!(standing, Standing::Listed { status: Status::Revoked, .. }));
}

#[test]
fn a_delegation_that_the_credential_key_signed_refuses_the_pack() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    let files = with_delegation(region.pack(), delegation("KE-SHA credential"));
    clinic.refuses(files, CTI, |problem| *problem == Problem::Signature);
}

#[test]
fn a_delegation_of_a_stranger_is_passed_over() {
    let region = region();
    let mut clinic = Clinic::of(&region);
    clinic.take(with_delegation(region.pack(), delegation("a stranger"))).unwrap();
    assert_eq!(clinic.pack().ignored()[0].reason, IgnoredReason::NotTheirs);
    let document = receipt("provisional", 100);
    let rejection = clinic.pack().open(&Sealed::parse(&document).unwrap(), clock()).unwrap_err();
    assert!(matches!(rejection, Rejection::KeyUnknown { .. }), "{rejection}");
}
