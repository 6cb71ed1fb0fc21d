//! No plaintext of a person on the disk.

use std::fs;
use std::path::Path;

use crate::desk::{Desk, GOOD, document};

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
    let key = sanad_credential::SigningKey::from_secret(&[1; 32]).public_key().to_string();
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
