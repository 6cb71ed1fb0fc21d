//! A clerk's wallet: several people, clearly apart.

use crate::desk::{Desk, json, text};

#[test]
fn a_clerk_says_for_whom_and_a_mistyped_name_makes_no_new_person() {
    let desk = Desk::of_a_clerk();
    desk.card("ann.txt", "Ann", 1);
    assert_eq!(desk.code(&["add", "ann.txt"]), Some(2));
    desk.refuses(&["add", "ann.txt", "--holder", "Ann"], "nobody is called");
    desk.does(&["add", "ann.txt", "--holder", "Ann", "--new-holder"]);
    desk.refuses(&["add", "ann.txt", "--holder", "Ann", "--new-holder"], "already");
    desk.refuses(&["list", "--holder", "An"], "nobody is called \"An\"");
    for bad in ["", " ", "\u{202E}nnA", &"x".repeat(65)] {
        assert_eq!(desk.code(&["list", "--holder", bad]), Some(2), "{bad:?}");
    }
}

#[test]
fn what_is_one_persons_is_not_shown_presented_or_removed_for_another() {
    let desk = Desk::of_a_clerk();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ben.txt", "Ben", 1);
    desk.does(&["add", "ann.txt", "--holder", "Ann A.", "--new-holder"]);
    desk.does(&["add", "ben.txt", "--holder", "Ben B.", "--new-holder"]);
    let of = |name: &str| {
        let listed = json(&desk.does(&["list", "--json", "--holder", name]));
        assert!(listed.iter().all(|held| held["holder"] == name), "{listed:?}");
        listed.iter().map(|held| held["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (ann, ben) = (of("Ann A."), of("Ben B."));
    assert_eq!((ann.len(), ben.len()), (1, 1));
    for arguments in
        [&["show"][..], &["present", "--to", "UG-F01"], &["remove", "--yes"], &["export", "--out", "o"]]
    {
        let arguments = [arguments, &[ben[0].as_str(), "--holder", "Ann A."]].concat();
        desk.refuses(&arguments, "0 documents");
    }
    desk.does(&["show", &ben[0], "--holder", "Ben B."]);
    // The list says whose is whose.
    let listed = text(&desk.does(&["list"]).stdout);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!((lines[0], lines[2]), ("Ann A.:", "Ben B.:"), "{listed}");
    assert!(lines[1].contains("Ann (M-1)") && lines[3].contains("Ben (M-1)"), "{listed}");
    // One document is held once, by one.
    desk.refuses(&["add", "ann.txt", "--holder", "Ben B."], "for \"Ann A.\"");
}

#[test]
fn the_key_of_one_person_takes_no_credential_of_another() {
    let desk = Desk::of_a_clerk();
    desk.does(&["request", "--issuer", "KE-SHA", "--holder", "Ann", "--new-holder"]);
    desk.does(&["request", "--issuer", "KE-SHA", "--holder", "Ben", "--new-holder"]);
    desk.phone_card("ann.txt", "Ann", 1, &["--holder", "Ann"]);
    desk.refuses(&["add", "ann.txt", "--holder", "Ben"], "the key of another phone");
    desk.does(&["add", "ann.txt", "--holder", "Ann"]);
}

#[test]
fn two_issuers_see_two_keys_of_one_person() {
    let desk = Desk::new();
    let key = |issuer: &str| json(&desk.does(&["request", "--issuer", issuer, "--json"]))[0]["key"].clone();
    assert_eq!(key("KE-SHA"), key("KE-SHA"));
    assert_ne!(key("KE-SHA"), key("UG-NHIS"));
}

#[test]
fn another_member_number_in_one_drawer_is_noticed() {
    let desk = Desk::of_a_clerk();
    desk.card("ann.txt", "Ann", 1);
    std::fs::write(desk.at("neighbour.bin"), crate::desk::document("Ben", "M-2", 1, None)).unwrap();
    desk.does(&["add", "ann.txt", "--holder", "Ann", "--new-holder"]);
    let added = desk.does(&["add", "neighbour.bin", "--holder", "Ann"]);
    assert!(text(&added.stderr).contains("different member numbers"), "{}", text(&added.stderr));
}
