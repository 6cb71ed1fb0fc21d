//! Phone credentials: bound, presented; never for another key.

use std::fs;

use sanad_credential::{
    Challenge, DelegationId, FixedBytes, HolderKey, HolderRequest, Presentation, QrText, SigningKey,
    VerifyingKey,
};

use crate::desk::{Desk, card, json, text};

#[test]
fn a_request_proves_the_key_to_its_issuer_in_every_form() {
    let desk = Desk::new();
    let asked = json(&desk.does(&["request", "--issuer", "KE-SHA", "--json"])).remove(0);
    let request = HolderRequest::parse(asked["holder_request"].as_str().unwrap()).unwrap();
    assert_eq!(
        (request.issuer().as_str(), request.key().0.to_string()),
        ("KE-SHA", asked["key"].as_str().unwrap().into())
    );
    desk.does(&["request", "--issuer", "KE-SHA", "--png", "r.png"]);
    let read = sanad_qr::read_print(&fs::read(desk.at("r.png")).unwrap()).unwrap();
    assert_eq!(HolderRequest::parse(&read).unwrap(), request);
    let printed = text(&desk.does(&["request", "--issuer", "KE-SHA"]).stdout);
    assert_eq!(printed.lines().last().unwrap(), read);
}

#[test]
fn a_presentation_is_for_the_challenge_and_its_verifier() {
    let desk = Desk::new();
    desk.phone_card("ann.txt", "Ann", 1, &[]);
    desk.does(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    let challenge =
        Challenge { facility: DelegationId::new("UG-F01").unwrap(), nonce: FixedBytes([0xC1; 16]) };
    // As a picture, a file, a text, and typed.
    let symbol = sanad_qr::draw(&challenge.to_string(), sanad_qr::Encoder::Bulk).unwrap().symbol;
    let png = sanad_qr::png(&symbol, sanad_qr::ModulePixels::new(4).unwrap()).unwrap();
    fs::write(desk.at("c.png"), png).unwrap();
    fs::write(desk.at("c.txt"), format!("{challenge}\n")).unwrap();
    let typed = ["--to", "UG-F01", "--nonce", &"c1".repeat(16)];
    let text = challenge.to_string();
    for how in [&["--challenge", "c.png"][..], &["--challenge", "c.txt"], &["--challenge", &text], &typed] {
        let output = desk.does(&[&["present", &id, "--json"], how].concat());
        let presented = json(&output).remove(0);
        assert_eq!(presented["facility"], "UG-F01", "{how:?}");
        let token = QrText::decode(presented["presentation"].as_str().unwrap()).unwrap();
        let token = Presentation::parse(&token).unwrap();
        let key = VerifyingKey::new(&SigningKey::from_secret(&[1; 32]).public_key()).unwrap();
        let claims = token.credential().open_entitlement(&key).unwrap();
        let binding = token.open(&claims).unwrap();
        assert_eq!((binding.aud, binding.cnonce), (challenge.facility.clone(), Some(challenge.nonce)));
        assert_eq!(binding.iat.to_string(), crate::desk::NOW);
    }
    let typed = json(&desk.does(&["present", &id, "--to", "UG-F01", "--json", "--png", "p.png"])).remove(0);
    let read = sanad_qr::read_print(&fs::read(desk.at("p.png")).unwrap()).unwrap();
    assert_eq!(typed["presentation"], read.as_str());
}

#[test]
fn what_is_no_challenge_is_named() {
    let desk = Desk::new();
    desk.phone_card("ann.txt", "Ann", 1, &[]);
    desk.does(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    for (bad, words) in [
        ("SNDC:1:UG-F01", "version 1 and its parts"),
        ("SNDC:2:UG-F01:C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1C1", "version 1"),
        ("ann.txt", "no challenge"),
        ("nothing.png", "neither a file nor"),
    ] {
        desk.refuses(&["present", &id, "--challenge", bad], words);
    }
    assert_eq!(desk.code(&["present", &id]), Some(2));
    assert_eq!(desk.code(&["present", &id, "--to", "UG-F01", "--nonce", "c1"]), Some(2));
}

#[test]
fn a_paper_document_is_shown_and_not_presented() {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.does(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    desk.refuses(&["present", &id, "--to", "UG-F01"], "bound to no phone");
}

#[test]
fn a_credential_for_another_key_is_refused() {
    let desk = Desk::new();
    desk.does(&["request", "--issuer", "KE-SHA"]);
    let other = HolderKey(SigningKey::from_secret(&[77; 32]).public_key());
    fs::write(desk.at("stolen.txt"), card("Ann", 1, Some(other))).unwrap();
    desk.refuses(&["add", "stolen.txt"], "the key of another phone");
}

#[test]
fn somebodys_presentation_is_not_kept_as_a_document() {
    let desk = Desk::new();
    desk.phone_card("ann.txt", "Ann", 1, &[]);
    desk.does(&["add", "ann.txt"]);
    let id = desk.ids().remove(0);
    let token = json(&desk.does(&["present", &id, "--to", "UG-F01", "--json"])).remove(0);
    desk.refuses(&["add", token["presentation"].as_str().unwrap()], "made by a phone for one verifier");
}
