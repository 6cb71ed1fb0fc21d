//! No plaintext of a person on the disk.

use std::fs;
use std::path::Path;

use sanad_credential::{Sealed, SigningKey, UnixTime};
use sanad_openvc::{https_issuer, issue_sd_jwt, key_fragment, to_sd_jwt};
use sanad_trust::IssuerRecord;
use sanad_wallet::holding::Forms;
use sanad_wallet::open_form::OpenForm;

use crate::desk::{Desk, GOOD, NOW, document, record};

const NAME: &str = "Nekesa Wafula Barasa";
const NUMBER: &str = "CR7734120-9";
const DRAWER: &str = "Auntie Nekesa from Busia";

#[test]
fn no_name_and_no_number_is_in_any_file_of_the_wallet() {
    let desk = Desk::of_a_clerk();
    desk.record("real.json", &[(1, GOOD)]);
    let document = document(NAME, NUMBER, 1, None);
    fs::write(desk.at("card.bin"), &document).unwrap();
    desk.does(&["add", "card.bin", "--record", "real.json", "--holder", DRAWER, "--new-holder"]);
    desk.phone_card("phone.txt", NAME, 1, &["--holder", DRAWER]);
    desk.does(&["add", "phone.txt"]);
    let ids = desk.ids();
    desk.does(&["show", &ids[0]]);
    desk.does(&["backup", "--out", "wallet/b.sndb", "--memory", "19"]);
    desk.does(&["remove", &ids[1], "--yes"]);
    let text = crate::desk::text_of(&document);
    let key = SigningKey::from_secret(&[1; 32]).public_key().to_string();
    let mut secrets: Vec<Vec<u8>> =
        [NAME, "Nekesa", "Barasa", NUMBER, DRAWER, "Busia", "KE-SHA", "membership", "Invented"]
            .iter()
            .map(|word| word.as_bytes().to_vec())
            .collect();
    secrets.extend([text.as_bytes()[..24].to_vec(), document[..24].to_vec(), key.into_bytes()]);
    secrets.extend(ids.iter().map(|id| id.as_bytes().to_vec()));
    let mut files = 0;
    each_file(&desk.at("wallet"), &mut |path, bytes| {
        files += 1;
        for secret in &secrets {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_slice());
            assert!(!is_there, "{} has {:?}", path.display(), String::from_utf8_lossy(secret));
            // Nor is it in the name of a file.
            assert!(!path.to_string_lossy().contains(&*String::from_utf8_lossy(secret)));
        }
    });
    assert!(files >= 4, "{files}");
    // The test finds what is there: the exported document has the prefix.
    desk.does(&["export", "--all", "--out", "out"]);
    let mut found = false;
    each_file(&desk.at("out"), &mut |_, bytes| found |= bytes.starts_with(b"SND1:"));
    assert!(found);
}

/// The SD-JWT VC of a phone card, kept beside it as an offer would.
fn keep_sd_jwt(desk: &Desk, id: &str, did: &str, text_of_record: &str) -> String {
    let wallet = desk.open();
    let held = wallet.find(id, None).unwrap();
    let sealed = Sealed::parse(&held.document).unwrap();
    let claims = sealed.unverified_entitlement().unwrap().look().clone();
    let issuer = SigningKey::from_secret(&[1; 32]);
    let mut next = 0_u8;
    let mut salt = || {
        next += 1;
        [next; 16]
    };
    let kid = key_fragment(&issuer.public_key());
    let open_form = to_sd_jwt(&claims, &https_issuer(did).unwrap());
    let sd_jwt = issue_sd_jwt(&open_form, &kid, &mut salt, &issuer).unwrap();
    let record = IssuerRecord::parse(text_of_record).unwrap();
    let form = OpenForm::open(&sd_jwt, &record, &claims, UnixTime::parse(NOW).unwrap()).unwrap();
    wallet.keep_sd_jwt(&held, &form).unwrap();
    assert_eq!(wallet.sd_jwt_of(id).unwrap(), Some(sd_jwt.clone()));
    assert_eq!(wallet.find(id, None).unwrap().forms, Forms::CardAndSdJwt);
    sd_jwt
}

#[test]
fn nothing_of_an_sd_jwt_is_in_any_file_and_it_goes_with_its_card() {
    const DID: &str = "did:web:sha.example";
    let desk = Desk::new();
    let record = record(&[(1, GOOD)]).replacen('{', &format!(r#"{{"did":"{DID}","#), 1);
    fs::write(desk.at("real.json"), &record).unwrap();
    desk.phone_card("phone.txt", NAME, 1, &[]);
    desk.does(&["add", "phone.txt", "--record", "real.json"]);
    let id = desk.ids().remove(0);
    let sd_jwt = keep_sd_jwt(&desk, &id, DID, &record);
    desk.does(&["backup", "--out", "wallet/b.sndb", "--memory", "19"]);
    let mut secrets = vec![
        sd_jwt.chars().take(24).collect(),
        "dc+sd-jwt".to_owned(),
        "urn:sanad:vct".to_owned(),
        DID.to_owned(),
    ];
    // Each disclosure, as it is encoded and as it is read, and the payload of the issuer's token.
    secrets.extend(sd_jwt.split('~').skip(1).filter(|part| !part.is_empty()).map(str::to_owned));
    secrets.extend(sd_jwt.split('.').nth(1).map(|payload| payload.chars().take(24).collect()));
    secrets.extend([NAME, "Nekesa", "M-1", "https://sha.example"].map(str::to_owned));
    assert!(secrets.len() >= 10, "{secrets:?}");
    let mut files = 0;
    each_file(&desk.at("wallet"), &mut |path, bytes| {
        files += 1;
        for secret in &secrets {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{} has {secret}", path.display());
        }
    });
    assert!(files >= 4, "{files}");
    // It is in the backup, and nothing of it is left behind by its card.
    desk.does(&["restore", "wallet/b.sndb", "--wallet", "again", "--memory", "19"]);
    let again = crate::desk::json(&desk.does(&["list", "--json", "--wallet", "again"]));
    assert_eq!(again[0]["sd_jwt"], true);
    desk.does(&["remove", &id, "--yes"]);
    let wallet = desk.open();
    assert_eq!(wallet.sd_jwt_of(&id).unwrap(), None);
    assert!(wallet.contents().unwrap().sd_jwts.is_empty());
}

#[test]
fn two_wallets_with_the_same_card_share_no_bytes_and_no_names() {
    let names = |desk: &Desk| {
        desk.card("ann.txt", "Ann", 1);
        desk.record("real.json", &[(1, GOOD)]);
        desk.does(&["add", "ann.txt", "--record", "real.json"]);
        let mut names = Vec::new();
        each_file(&desk.at("wallet"), &mut |path, _| {
            if path.extension().is_some_and(|ending| ending == "sealed") {
                names.push(path.file_name().unwrap().to_owned());
            }
        });
        names
    };
    let (one, other) = (names(&Desk::new()), names(&Desk::new()));
    assert_eq!((one.len(), other.len()), (1, 1));
    assert_ne!(one, other);
}

fn each_file(dir: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, look) } else { look(&path, &fs::read(&path).unwrap()) }
    }
}
