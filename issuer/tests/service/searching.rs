//! Lists and searches over pages, and cursors that nobody was given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::office::{Office, person};

/// All credentials that a search finds, over pages of a length.
fn all(office: &Office, who: &str, search: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = office.get(who, &format!("/v1/credentials?{search}&limit={limit}{cursor}")).is(200).json();
        let credentials = page["credentials"].as_array().unwrap();
        assert!(credentials.len() <= limit);
        found.extend(credentials.iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("no end of {search}");
}

fn names(found: &[Value]) -> Vec<&str> {
    found.iter().map(|one| one["claims"]["subject"]["name"].as_str().unwrap()).collect()
}

pub(crate) fn people_are_found_by_number_and_name_in_every_spelling_over_pages(office: &Office) {
    let people = [
        ("Zawadi Ndiaye", json!([["wo-Arab", "ممادو انجاي"]])),
        ("Zàwadi Ndíàyé", json!([["am", "አበበ ተስፋዬ ገብሬ"]])),
        ("ZAWADI NDIAYE-FALL", json!([["hi", "रामू प्रसाद यादव"], ["bn", "রহিমা বেগম"]])),
        ("Zawadi  Ndiaye", json!([["ar", "أمينة خالد الحمود"]])),
        ("Zawadi Njoki", json!([["ti", "ሰላም"]])),
    ];
    let mut ids = Vec::new();
    for (place, (name, native)) in people.iter().enumerate() {
        let mut record = person(&format!("S-{place}"), name, "KE-30");
        record["subject"]["native_names"] = native.clone();
        ids.push(office.issue("registrar", &record));
    }
    for (place, (name, native)) in people.iter().enumerate() {
        let found = all(office, "registrar", &format!("number=KANARI-S-{place}"), 1);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["claims"]["subject"]["name"], *name);
        assert_eq!(found[0]["claims"]["subject"]["native_names"], *native);
    }
    // "zàwadi nd", "ZAWADI ND", with a space too many, and decomposed.
    for search in ["z%C3%A0wadi%20nd", "ZAWADI+ND", "%20zawadi%20%20nd", "za%CC%80wadi%20nd"] {
        for limit in [1, 2, 50] {
            let found = all(office, "registrar", &format!("name={search}"), limit);
            assert_eq!(found.len(), 4, "{search}, pages of {limit}: {:?}", names(&found));
        }
    }
    assert_eq!(names(&all(office, "registrar", "name=zawadi%20ndiaye-f", 1)), ["ZAWADI NDIAYE-FALL"]);
    assert_eq!(all(office, "registrar", "name=zawadi%20ndiaye_", 1), Vec::<Value>::new());
    assert_eq!(all(office, "registrar", "name=zawadi%25", 1), Vec::<Value>::new());
    // Filters, over pages too.
    let suspended = &ids[1];
    office
        .post("revoker", &format!("/v1/credentials/{suspended}/suspend"), &json!({"reason": "lost"}))
        .is(200);
    let found = all(office, "revoker", "name=zawadi&status=suspended", 1);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["cti"], **suspended);
    assert_eq!(all(office, "registrar", "name=zawadi&status=valid&type=coverage", 2).len(), 4);
    assert_eq!(all(office, "registrar", "name=zawadi&type=membership", 2).len(), 0);
    // All, in the order in which they were signed.
    let order: Vec<_> = all(office, "registrar", "type=coverage", 2);
    let order: Vec<&str> = order.iter().map(|one| one["cti"].as_str().unwrap()).collect();
    assert_eq!(order, ids);
}

pub(crate) fn a_cursor_that_was_not_given_leads_nowhere_and_never_out_of_the_search(office: &Office) {
    for place in 0..6 {
        let (county, name) =
            if place % 2 == 0 { ("KE-30", "Zawadi Mine") } else { ("KE-47", "Zawadi Theirs") };
        office.issue("registrar", &person(&format!("C-{place}"), name, county));
    }
    let page = office.get("KE-30", "/v1/credentials?name=zawadi&limit=1").is(200).json();
    let cursor = page["next"].as_str().unwrap();
    let search = |who: &str, query: &str| office.get(who, &format!("/v1/credentials?{query}"));
    // Of a name, in a search without one, and of another name.
    search("registrar", &format!("cursor={cursor}")).refused(400, "invalid-parameter");
    search("registrar", &format!("number=KANARI-C-0&cursor={cursor}")).refused(400, "invalid-parameter");
    search("registrar", &format!("name=zz&cursor={cursor}")).refused(400, "invalid-parameter");
    for wrong in
        ["", "*", "AAAA", "%00", "..%2F..", &"A".repeat(400), "%0d%0aX-Injected:%201", "%FF%FE", "a'OR'1"]
    {
        let answer = search("registrar", &format!("cursor={wrong}")).refused(400, "invalid-parameter");
        assert!(answer.header("x-injected").is_none());
        search("registrar", &format!("name=zawadi&cursor={wrong}")).refused(400, "invalid-parameter");
    }
    let forged = |sequence: u64, name: &str| {
        URL_SAFE_NO_PAD.encode([&sequence.to_be_bytes()[..], name.as_bytes()].concat())
    };
    // Forged ones with any number and any name: only what the caller may see comes back.
    for sequence in [0, 1, 3, 7, u64::from(u32::MAX), u64::MAX >> 1, u64::MAX - 1, u64::MAX] {
        for query in [
            format!("cursor={}", forged(sequence, "")),
            format!("name=zawadi&cursor={}", forged(sequence, "zawadi")),
            format!("name=zawadi&cursor={}", forged(sequence, "zawadi theirs")),
            format!("number=KANARI-C-0&cursor={}", forged(sequence, "")),
        ] {
            let page = search("KE-30", &query).is(200).json();
            for one in page["credentials"].as_array().unwrap() {
                assert_eq!(one["claims"]["territory"], json!(["KE-30"]), "{query}");
            }
        }
    }
    search("registrar", &format!("name=zawadi&cursor={}", forged(0, "wanjiru")))
        .refused(400, "invalid-parameter");
    search("registrar", &format!("cursor={}", forged(0, "zawadi"))).refused(400, "invalid-parameter");
}

pub(crate) fn parameters_that_no_search_has_are_refused(office: &Office) {
    for wrong in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e3",
        "limit=99999999999999999999",
        "limit=",
        "limit=1&limit=2",
        "status=Valid",
        "status=",
        "type=passport",
        "name=z",
        "name=%20%20",
        "number=",
        "number=%00",
        "number=a%00b",
        "delegation=ke-coop",
        "number=A&name=bb",
        "order=desc",
        "number[]=1",
        "limit=%31%00",
    ] {
        let answer = office.get("registrar", &format!("/v1/credentials?{wrong}"));
        answer.refused(400, "invalid-parameter");
    }
    let long = "n".repeat(9_000);
    let answer = office.get("registrar", &format!("/v1/credentials?name={long}"));
    assert!([200, 414].contains(&answer.status), "{}", answer.status);
}
