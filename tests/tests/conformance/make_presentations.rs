//! Presentations: a phone credential in a token of its holder's key, and the attacks on it.

use serde_json::json;

use crate::cbor::{Item, list, map};
use crate::maker::{
    self, Asked, Document, ENTITLEMENT, ENVELOPE, FACILITY, Files, HOLDER, IN, OPEN, PHONE, TestKey, add,
    base45, midnight,
};
use crate::people::{coverage_minimal, phone};

const AS_PRESENTATION: Asked<'_> = Asked { open: "presentation", key: IN.0 };

/// Must notice: the credential opens, the token does not.
const TOKEN: &str = "token";

pub(crate) fn make(files: &mut Files) {
    accepted(files);
    headers(files);
    claims(files);
    signatures(files);
}

fn credential() -> Vec<u8> {
    Document::new(PHONE, &phone(), IN).bytes()
}

/// `{1: -19, 13: credential, 16: 294}`
fn header(credential: &[u8]) -> Item {
    map! { 1 => -19, 13 => Item::Raw(credential.to_vec()), 16 => 294 }
}

fn binding() -> Item {
    map! { 3 => "UG-F01", 6 => midnight(2026, 6, 1) + 9 * 3600, 39 => vec![0xC1; 16] }
}

fn token(payload: &Item, key: TestKey) -> Vec<u8> {
    Document::with_header(payload, key, &header(&credential())).bytes()
}

fn accepted(files: &mut Files) {
    let without_nonce = map! { 3 => "UG-F01", 6 => midnight(2026, 6, 1) + 9 * 3600 };
    let with = json!({"aud": "UG-F01", "iat": "2026-06-01T09:00:00Z", "cnonce": "c1".repeat(16)});
    let without = json!({"aud": "UG-F01", "iat": "2026-06-01T09:00:00Z"});
    for (name, payload, says) in
        [("with-challenge", binding(), with), ("without-challenge", without_nonce, without)]
    {
        let document = token(&payload, HOLDER);
        let case = format!("presentation/accept-{name}");
        let rule = "section 5: a phone credential as issued, in a token signed with its cnf key";
        maker::accept(files, &case, rule, (&document, AS_PRESENTATION));
        add(files, &format!("{case}/qr.txt"), format!("SND1:{}\n", base45(&document)));
        add(files, &format!("{case}/binding.json"), maker::pretty(&says));
    }
}

fn refuse(files: &mut Files, name: &str, rule: &str, document: &[u8], fault: (&str, &str, &str)) {
    maker::refuse(files, &format!("presentation/{name}"), rule, (document, AS_PRESENTATION), fault);
}

fn headers(files: &mut Files) {
    let fixed =
        "sections 2 and 5: the header of a token is {1: -19, 13: credential, 16: 294} and nothing else";
    let with = |header: Item| Document::with_header(&binding(), HOLDER, &header).bytes();
    let inside = || Item::Raw(credential());
    let kid = map! { 1 => -19, 4 => HOLDER.kid(), 13 => inside(), 16 => 294 };
    refuse(files, "with-kid", fixed, &with(kid), (ENVELOPE, "pattern", "protected"));
    let other_typ = map! { 1 => -19, 13 => inside(), 16 => 293 };
    refuse(files, "of-another-typ", fixed, &with(other_typ), (ENVELOPE, "pattern", "protected"));
    let deprecated = map! { 1 => -8, 13 => inside(), 16 => 294 };
    refuse(files, "with-eddsa", fixed, &with(deprecated), (ENVELOPE, "pattern", "protected"));
    let wrapped = map! { 1 => -19, 13 => credential(), 16 => 294 };
    refuse(
        files,
        "credential-as-byte-string",
        fixed,
        &with(wrapped),
        (ENVELOPE, "wrong_type", "protected.credential"),
    );
    let crit = map! { 1 => -19, 2 => list![13], 13 => inside(), 16 => 294 };
    refuse(files, "with-crit", fixed, &with(crit), (ENVELOPE, "pattern", "protected"));
    let more = map! { 1 => -19, 13 => inside(), 15 => map! { 3 => "UG-F01" }, 16 => 294 };
    refuse(files, "with-claims-in-the-header", fixed, &with(more), (ENVELOPE, "pattern", "protected"));
    let paper = Document::new(ENTITLEMENT, &coverage_minimal(), IN).bytes();
    let rule = "section 5: only a phone credential (typ 293) is presented";
    refuse(
        files,
        "around-a-paper-document",
        rule,
        &with(header(&paper)),
        (ENVELOPE, "wrong_typ", "protected.credential"),
    );
    let twice = with(header(&token(&binding(), HOLDER)));
    refuse(
        files,
        "around-a-presentation",
        rule,
        &twice,
        (ENVELOPE, "form/tag", "protected.credential.protected"),
    );
    let rule = "section 5: typ 293 alone is a copy and no presentation";
    refuse(files, "stripped", rule, &credential(), (ENVELOPE, "pattern", "protected"));
}

fn claims(files: &mut Files) {
    let rule = "section 5: a token states aud, iat and perhaps cnonce, and nothing else";
    let iat = midnight(2026, 6, 1);
    let nonce = || vec![0xC1_u8; 16];
    for (name, payload, fault) in [
        ("without-aud", map! { 6 => iat, 39 => nonce() }, ("missing", "aud")),
        ("without-iat", map! { 3 => "UG-F01", 39 => nonce() }, ("missing", "iat")),
        ("with-iss", map! { 1 => "UG-F01", 3 => "UG-F01", 6 => iat }, ("unknown/1", "")),
        ("with-exp", map! { 3 => "UG-F01", 4 => iat + 60, 6 => iat }, ("unknown/4", "")),
        (
            "with-a-short-nonce",
            map! { 3 => "UG-F01", 6 => iat, 39 => vec![0xC1; 15] },
            ("length/bytes", "cnonce"),
        ),
        (
            "with-a-long-nonce",
            map! { 3 => "UG-F01", 6 => iat, 39 => vec![0xC1; 17] },
            ("length/bytes", "cnonce"),
        ),
        ("with-two-audiences", map! { 3 => list!["UG-F01", "UG-F04"], 6 => iat }, ("wrong_type", "aud")),
        ("for-no-facility", map! { 3 => "everybody", 6 => iat }, ("pattern", "aud")),
    ] {
        refuse(files, name, rule, &token(&payload, HOLDER), (TOKEN, fault.0, fault.1));
    }
}

fn signatures(files: &mut Files) {
    let rule = "section 5: a token is signed with the cnf key of the credential inside";
    refuse(files, "of-another-holder", rule, &token(&binding(), FACILITY), (TOKEN, "signature", ""));
    refuse(files, "signed-by-the-issuer", rule, &token(&binding(), IN), (TOKEN, "signature", ""));
    let mut inside = credential();
    *inside.last_mut().unwrap() ^= 1;
    let forged = Document::with_header(&binding(), HOLDER, &header(&inside)).bytes();
    let rule = "section 5: the credential inside is judged first, like any document";
    refuse(files, "around-a-forged-credential", rule, &forged, (OPEN, "signature", ""));
}
