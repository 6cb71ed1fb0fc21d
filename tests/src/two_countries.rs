//! Two invented countries with an agreement: Kenya's scheme, Uganda as the host, its facilities and rules, and a household
//! whose card the tests lay on the counter.

use sanad_credential::{Status, StatusIndex, StatusList};

use crate::region::Region;

/// The rulebook of Kenya's scheme.
pub const RULEBOOK: &str = r#"{"issuer":"KE-SHA","product":"SHIF","kind":"compulsory","versions":[{"version":1,"from":"2026-05-01",
    "package":["EMER","OPD","CHILD","ANC","DEL","MEDS","INP","SURG"],"preauth":["SURG"],
    "copay":[{"group":"MEDS","basis_points":1000}],"bypass_basis_points":4000,"max_level":3,"grace_days":30,
    "network_only":true,"week_days":6,"legal_ref":"Act 16 of 2023 (invented)",
    "appeal":{"en":"SHA complaints desk, call 147","sw":"Dawati la malalamiko la SHA, piga 147","ar":"مكتب شكاوى SHA، اتصل 147"},
    "pay":{"en":"Dial *147#","sw":"Piga *147#"}}]}"#;

const AGREEMENT: &str = r#"{"id":"RA-01","version":1,"from":"2026-05-01","to":"2027-12-31","legal_ref":"Busia Protocol (invented)",
    "rows":[{"home":"KE-SHA","hosts":["UG"],"groups":["EMER","OPD","ANC","DEL","MEDS","INP","SURG"],"preauth":["INP","SURG"],
    "max_level":3,"payer":"home","tariff":"host","copay_basis":"host","copay":[{"group":"MEDS","basis_points":2000,
    "cap":{"minor":5000,"currency":"UGX"}}],"host_may_derive":true,"claim_days":90,"good_faith_days":60}]}"#;

/// A household of four; index 7 of the list.
pub const HOUSEHOLD: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-05-02","exp":"2029-01-14",
    "status":{"idx":7,"uri":"https://s.example/KE-SHA/0"},
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa","birth":"1991~","role":"self",
    "members":[[2,"Wafula",1988,"M","spouse"],[3,"Salome",2015,"F","child"],[4,"Sam",2018,"M","child"]]},
    "product":"SHIF","rulebook":1,"functions":["medical_care"],"start":"2026-05-02","end":"2026-05-20","copay_class":1,
    "territory":["KE"]}"#;

/// Kenya's scheme, Uganda as the host, an agreement, and a pack of this day.
pub fn region(published: &str, lists: &[(u32, Status)]) -> Region {
    let mut region = Region::new("2026-04-01");
    region.add_country("KE", "KE trust");
    region.add_country("UG", "UG trust");
    region.add_issuer("KE-SHA");
    region.add_issuer("UG-NHIS");
    let mut list = StatusList::all_valid();
    for (index, status) in lists {
        list.set(StatusIndex::new(*index).unwrap(), *status);
    }
    region.add_list("KE-SHA", 0, published, &list);
    region.add_target(Some("KE"), "rulebooks/KE/KE-SHA/SHIF.json", RULEBOOK);
    region.add_target(None, "agreements/RA-01.json", AGREEMENT);
    let facilities = r#"{"country":"UG","facilities":[
        {"id":"UG-F01","name":"Busia Health Centre","level":3,"area":"UG","networks":["UG-NHIS"]},
        {"id":"UG-F04","name":"Mbale Hospital","level":4,"area":"UG","networks":["UG-NHIS"]}]}"#;
    region.add_target(Some("UG"), "facilities/UG.json", facilities);
    let host_rules =
        r#"{"country":"UG","always_free":{"UG":["CHILD"]},"appeal":{"en":"District health office"}}"#;
    region.add_target(Some("UG"), "host-rules/UG.json", host_rules);
    region.publish(published);
    region
}
