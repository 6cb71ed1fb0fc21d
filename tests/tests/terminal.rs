//! What the wallet shows in a terminal of 80 columns, photographed in a dark and a light theme, and read by our reader and by
//! zbar without help. `cargo xtask test` installs the emulator (pyte, Pillow) and zbar.
//!
//! All people are invented.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanad_credential::{Claims, HolderKey, PublicKey, QrText, seal_entitlement};
use sanad_tests::programs::program;
use sanad_tests::region::key;
use serde_json::Value;

const NOW: &str = "2026-06-01T09:00:00Z";

/// A card for one person, as most are.
const CARD: &str = r#"{"type":"coverage","iss":"KE-SHA","cti":"e7f65ad7dc705578","iat":"2026-05-02","exp":"2029-01-14",
    "status":{"idx":7,"uri":"https://s.example/KE-SHA/0"},
    "subject":{"number":"CR7734120-9","name":"Nekesa Wafula Barasa","birth":"1991~","role":"self"},
    "product":"SHIF","rulebook":1,"functions":["medical_care","maternity"],"start":"2026-05-02","end":"2027-05-20",
    "copay_class":1,"territory":["KE"]}"#;

struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        assert!(desk.wallet(&["init", "--memory", "19"]).status.success());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn wallet(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("sanad-wallet"));
        command.env("SANAD_PASSPHRASE", "millet and rain").current_dir(self.dir.path());
        command.args(["--wallet", "wallet", "--now", NOW]).args(arguments).output().unwrap()
    }

    /// Adds a card and says its id.
    fn add(&self, claims: &Claims) -> String {
        let document = seal_entitlement(claims, &key("KE-SHA credential")).unwrap();
        fs::write(self.path("card.bin"), document).unwrap();
        let added = self.wallet(&["add", "card.bin", "--json"]);
        let added: Value = serde_json::from_slice(&added.stdout).unwrap();
        added["id"].as_str().unwrap().to_owned()
    }

    /// A picture of what a terminal of this width shows, and the code with which the command ended.
    fn photograph(&self, columns: u16, theme: &str, arguments: &[&str]) -> (PathBuf, i32) {
        let picture = self.path(&format!("{theme}-{columns}.png"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("terminal/photograph.py");
        let mut command = Command::new(python());
        command.arg(script).args([&columns.to_string(), "70", theme]).arg(&picture);
        command.arg(program("sanad-wallet")).args(["--wallet", "wallet", "--now", NOW]).args(arguments);
        command.env("SANAD_PASSPHRASE", "millet and rain").current_dir(self.dir.path());
        let taken = command.output().unwrap();
        assert!(picture.exists(), "{}", String::from_utf8_lossy(&taken.stderr));
        (picture, taken.status.code().unwrap())
    }
}

fn python() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let python = target.join("interop-venv/bin/python");
    assert!(python.exists(), "run `cargo xtask test` once: it installs the Python peers of the tests");
    python
}

/// Both readers read this text.
#[track_caller]
fn reads(picture: &Path, wanted: &str) {
    let ours = sanad_qr::read(&fs::read(picture).unwrap()).unwrap();
    assert!(ours.iter().any(|read| read.text() == wanted), "our reader");
    let zbar = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(picture).output();
    let zbar = zbar.expect("zbar is not here: `cargo xtask test` installs it (Debian: zbar-tools)");
    let read = String::from_utf8(zbar.stdout).unwrap();
    assert_eq!(read.trim_end_matches('\n'), wanted, "zbar");
}

#[test]
fn a_card_shown_in_80_columns_is_read_in_a_dark_and_a_light_theme() {
    let desk = Desk::new();
    let id = desk.add(&Claims::from_json_text(CARD).unwrap());
    let text: Value = serde_json::from_slice(&desk.wallet(&["show", &id, "--json"]).stdout).unwrap();
    for theme in ["dark", "light"] {
        let (picture, code) = desk.photograph(80, theme, &["show", &id]);
        assert_eq!(code, 0, "{theme}");
        reads(&picture, text["text"].as_str().unwrap());
        // Wider, it is drawn with more error correction, and reads as well.
        let (picture, _) = desk.photograph(120, theme, &["show", &id]);
        reads(&picture, text["text"].as_str().unwrap());
    }
}

#[test]
fn a_presentation_and_a_request_are_read_from_the_terminal() {
    let desk = Desk::new();
    let asked = desk.wallet(&["request", "--issuer", "KE-SHA", "--json"]);
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    let (picture, _) = desk.photograph(80, "dark", &["request", "--issuer", "KE-SHA"]);
    reads(&picture, asked["holder_request"].as_str().unwrap());
    let mut draft = Claims::from_json_text(CARD).unwrap().into_draft();
    draft.holder_key = Some(HolderKey(PublicKey::from_hex(asked["key"].as_str().unwrap()).unwrap()));
    let id = desk.add(&draft.check().unwrap());
    let present = ["present", &id, "--to", "UG-F01", "--nonce", "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"];
    let token = desk.wallet(&[&present[..], &["--json"]].concat());
    let token: Value = serde_json::from_slice(&token.stdout).unwrap();
    let token = token["presentation"].as_str().unwrap();
    assert!(QrText::decode(token).is_ok());
    for theme in ["dark", "light"] {
        let (picture, code) = desk.photograph(100, theme, &present);
        assert_eq!(code, 0, "{theme}");
        reads(&picture, token);
    }
}

#[test]
fn a_code_that_does_not_fit_is_refused_with_advice_and_never_drawn_broken() {
    let desk = Desk::new();
    let id = desk.add(&Claims::from_json_text(CARD).unwrap());
    let (picture, code) = desk.photograph(40, "dark", &["show", &id]);
    assert_eq!(code, 3);
    assert!(sanad_qr::read(&fs::read(picture).unwrap()).is_err());
}
