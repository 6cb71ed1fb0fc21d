//! Writes the seeds of the fuzz targets: `cargo run -p sanad-tests --bin fuzz-seeds`.
//!
//! Documents of every type, small and large, the same in every run. Run it after a change of the format. Files whose
//! names start with `found-` are inputs that a target once failed on; they are kept.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use sanad_credential::{
    Claims, HolderKey, HolderRequest, IssuerId, QrText, RightType, SigningKey, UnixTime, seal_entitlement,
    seal_receipt, seal_status_list,
};
use sanad_issuer::audit::{Act, Actor, Head, Note};
use sanad_issuer::permutation::{Index, Sequence, Shard};
use sanad_issuer::register::Digest;
use sanad_issuer::store::document::Row;
use sanad_issuer::store::{
    Finding, IdempotencyKey, Issued, Paper, PaperId, PaperKey, PaperKind, Place, Request,
};
use sanad_issuer::transfer::Counts;
use sanad_issuer::transfer::form::{Header, Trailer, row_line};
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_openvc::{
    Binding, DidDocument, ListCredential, Profile, ProofOptions, StatusPurpose, Suite, VerificationMethod,
    did_key, issue, issue_sd_jwt, list_credential, present, present_sd_jwt, sole_method, to_credential,
    to_sd_jwt,
};
use sanad_qr::{Encoder, Level, Module, ModulePixels, QUIET_ZONE, draw_at_level, png};
use sanad_tests::generate::{
    challenge, claims_of, holder_key, presentation, receipt, samples, signing_key, status_list_token,
};
use sanad_wallet::entry::{HeldKey, Holder, HolderId, HolderName, Kept};
use sanad_wallet::holding::Contents;
use sanad_wallet::{backup, sheet};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

fn main() {
    let seeds = Seeds(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds"));
    for right in RightType::ALL {
        for (size, claims) in small_and_large(samples(&claims_of(*right), 400), Claims::to_cbor) {
            let name = format!("{}-{size}", right.word());
            let document = seal_entitlement(&claims, &signing_key()).unwrap();
            let choice = u8::from(claims.holder_key.is_some());
            seeds.write("envelope", &name, &document);
            seeds.write("claims", &name, &[&[choice], claims.to_cbor().as_slice()].concat());
            seeds.write("claims_json", &name, claims.to_json().to_string().as_bytes());
            if size == "small" {
                seeds.write("qr_text", &name, QrText::from_document(&document).unwrap().as_str().as_bytes());
            }
        }
    }
    let presentations = samples(&presentation(), 400);
    for (size, (_, _, _, token)) in small_and_large(presentations, |presented| presented.3.clone()) {
        seeds.write("presentation", size, &token);
    }
    wallets(&seeds);
    let challenge = samples(&challenge(), 1).remove(0);
    seeds.write("presentation", "challenge", challenge.to_string().as_bytes());
    let request = HolderRequest::make(IssuerId::new("KE-SHA").unwrap(), &holder_key());
    seeds.write("presentation", "holder-request", request.to_string().as_bytes());
    for (size, receipt) in small_and_large(samples(&receipt(), 400), |receipt| receipt.to_cbor()) {
        let name = format!("receipt-{size}");
        seeds.write("envelope", &name, &seal_receipt(&receipt, &signing_key()).unwrap());
        seeds.write("claims", &name, &[&[2], receipt.to_cbor().as_slice()].concat());
        seeds.write("claims_json", &name, receipt.to_json().to_string().as_bytes());
    }
    for (number, token) in samples(&status_list_token(), 3).into_iter().enumerate() {
        let document = seal_status_list(&token, &signing_key()).unwrap();
        seeds.write("status_token", &format!("token-{number}"), &document);
    }
    pictures(&seeds);
    registers(&seeds);
    schemes(&seeds);
    worked_cases(&seeds);
    store_exports(&seeds);
    open_forms(&seeds);
}

/// Of the open standards, by the issuer whom the fuzz targets believe.
fn open_forms(seeds: &Seeds) {
    let issuer = SigningKey::from_secret(&[0x5A; 32]);
    let holder = SigningKey::from_secret(&[0x17; 32]);
    let now = UnixTime::parse("2026-11-27T12:00:00Z").unwrap();
    let [did, holder_did] =
        [&issuer, &holder].map(|key| did_key(&sanad_openvc::PublicKey::Ed25519(key.public_key())));
    let [method, holder_method] = [&did, &holder_did].map(|did| sole_method(did).unwrap());
    let options = |suite, verification_method, purpose, challenge| ProofOptions {
        suite,
        verification_method,
        purpose,
        created: Some(now),
        challenge,
        domain: None,
        id: None,
        previous: &[],
    };
    for right in RightType::ALL {
        let claims = samples(&claims_of(*right), 40).into_iter().min_by_key(|claims| claims.to_cbor().len());
        let mut draft = claims.unwrap().into_draft();
        draft.holder_key = draft.holder_key.map(|_| HolderKey(holder.public_key()));
        let claims = draft.check().unwrap();
        for suite in [Suite::Rdfc, Suite::Jcs] {
            let name = format!("{}-{}", right.word(), suite.name());
            let asserted = options(suite, &method, sanad_openvc::Purpose::AssertionMethod, None);
            let signed =
                issue(&to_credential(&claims, &did), &asserted, Profile::Production, &issuer).unwrap();
            let text = serde_json::Value::Object(signed.clone()).to_string();
            seeds.write("open_credential", &name, text.as_bytes());
            seeds.write("open_json", &name, text.as_bytes());
            let presentation = serde_json::json!({
                "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"],
                "holder": holder_did, "verifiableCredential": [signed],
            });
            let shown =
                options(suite, &holder_method, sanad_openvc::Purpose::Authentication, Some("challenge"));
            let shown =
                present(presentation.as_object().unwrap(), &shown, Profile::Production, &holder).unwrap();
            seeds.write("open_presentation", &name, serde_json::Value::Object(shown).to_string().as_bytes());
        }
        let open = to_sd_jwt(&claims, "https://sha.example");
        let mut number = 0_u8;
        let mut salt = || {
            number += 1;
            [number; 16]
        };
        let issued = issue_sd_jwt(&open, "k1", &mut salt, &issuer).unwrap();
        seeds.write("open_sd_jwt", right.word(), issued.as_bytes());
        if claims.holder_key.is_some() {
            let all: Vec<&str> = open.disclosable.keys().map(String::as_str).collect();
            let binding = Binding { audience: "x509_hash:clinic", nonce: "nonce", iat: now };
            let shown = present_sd_jwt(&issued, &all, Some((&binding, &holder))).unwrap();
            seeds.write("open_sd_jwt", &format!("{}-bound", right.word()), shown.as_bytes());
        }
    }
    for purpose in [StatusPurpose::Revocation, StatusPurpose::Suspension] {
        let head = ListCredential {
            address: &format!("https://s.example/k/0.{}.json", purpose.word()),
            issuer: &did,
            purpose,
            valid_from: UnixTime::parse("2026-11-27T00:00:00Z").unwrap(),
            valid_until: UnixTime::parse("2026-12-31T00:00:00Z").unwrap(),
            ttl_seconds: 43_200,
        };
        let list = list_credential(head, &[0; 131_072]);
        let asserted = options(Suite::Jcs, &method, sanad_openvc::Purpose::AssertionMethod, None);
        let list = issue(&list, &asserted, Profile::Production, &issuer).unwrap();
        seeds.write(
            "open_status_list",
            purpose.word(),
            serde_json::Value::Object(list).to_string().as_bytes(),
        );
    }
    let key = sanad_openvc::PublicKey::Ed25519(issuer.public_key());
    let web = "did:web:sha.example";
    let key = VerificationMethod { id: format!("{web}#k1"), controller: web.into(), key };
    let document = DidDocument::of_methods(web, vec![key]).to_json();
    seeds.write("open_did_document", "one-key", document.to_string().as_bytes());
}

/// An empty store, and one with a row of each kind.
fn store_exports(seeds: &Seeds) {
    let claims = samples(&claims_of(RightType::Coverage), 50);
    let claims = claims.iter().find(|claims| claims.status.is_some()).unwrap();
    let document = seal_entitlement(claims, &signing_key()).unwrap();
    let sequence = Sequence(5);
    let place = Place { shard: Shard::of(sequence).unwrap(), index: Index::of_document(&document).unwrap() };
    let finding = Finding::of(claims);
    let (cti, digest) = (claims.cti, Digest([7; 32]));
    let issued = Issued { cti, sequence, place, digest, document };
    let who = Actor::new("token:0011223344556677").unwrap();
    let note =
        Note { at: claims.iat, who: who.clone(), act: Act::Issue, on: cti.to_string(), detail: "".into() };
    let (text, _) = Head::EMPTY.append(&note);
    let key = PaperKey { kind: PaperKind::Token, id: PaperId::new("0011223344556677").unwrap() };
    let request = Request::new(who, IdempotencyKey::new("key-1").unwrap(), b"body");
    let rows = [
        Row::Meta { next: Sequence(6) },
        Row::Document(Box::new(issued), finding),
        Row::Request(request, cti),
        Row::Block { shard: place.shard, block: 0, bytes: vec![0x1B; 1_024], version: 1 },
        Row::Paper(Paper { key, version: 2, content: b"{\"v\":1}".to_vec() }),
        Row::Line { n: 0, text },
    ];
    for (name, rows) in [("empty", &rows[..1]), ("one-of-each", &rows[..])] {
        let header = Header { iss: claims.iss.clone(), time: claims.iat };
        let lines: Vec<String> = [header.line()].into_iter().chain(rows.iter().map(row_line)).collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let one = u64::from(rows.len() > 1);
        let counts = Counts { documents: one, requests: one, blocks: one, papers: one, lines: one };
        let log =
            rows.iter().filter_map(|row| if let Row::Line { text, .. } = row { Some(text) } else { None });
        let head = log.fold(Head::EMPTY, |head, line| head.follow(line).unwrap()).hash;
        let end = Trailer { counts, head, sha256: Sha256::digest(&text).into() };
        seeds.write("store_export", name, format!("{text}{}\n", end.line()).as_bytes());
    }
}

fn pictures(seeds: &Seeds) {
    let symbol = draw_at_level("SND1:SEED OF 38 CHARACTERS", Level::Quartile, Encoder::Bulk).unwrap();
    for pixels in [2, 3] {
        let file = png(&symbol, ModulePixels::new(pixels).unwrap()).unwrap();
        seeds.write("image", &format!("print-{pixels}.png"), &file);
    }
    // Grey, in the light of a lamp on one side.
    let border = u32::from(QUIET_ZONE);
    let side = u32::from(symbol.side()) + 2 * border;
    let shade = |at: u32| {
        let (x, y) = (at % (side * 2) / 2, at / (side * 2) / 2);
        let inside = |at: u32| (border..side - border).contains(&at).then(|| (at - border) as u16);
        let dark = inside(x).zip(inside(y)).is_some_and(|(x, y)| symbol.module(x, y) == Module::Dark);
        (if dark { 30 } else { 130 }) + (x + y) as u8
    };
    let pixels: Vec<u8> = (0..side * side * 4).map(shade).collect();
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 60)
        .encode(&pixels, side * 2, side * 2, ExtendedColorType::L8)
        .unwrap();
    seeds.write("image", "photo.jpeg", &file);
}

fn registers(seeds: &Seeds) {
    let coverage = "number,name,birth,members,product,rulebook,functions,start,end,waits,copay_class,territory\n\
        0042,Amina Otieno,1991~,2|Juma|2014|M|child;3|Zawadi||F|child,UHC,3,medical_care;maternity,2026-07,2027-06,\
        INP=2026-07-30,1,KE\n\
        0043,\"Wekesa, \"\"Mina\"\"\",199X,,UHC,3,medical_care,2026-07-01,2027-06-30,,0,KE;UG\n";
    let benefit = "\u{feff}type,number,name,programme,benefit_type,functions,from,to,amount,currency,serial_first,serial_last\r\n\
        benefit,7,Fatou Ndiaye,Cash,cash,family,2026-01,2026-12,15000,XOF,1,12\r\n\
        membership,8,Awa Diop,,,,,,,,,\r\n";
    let contribution = "type,number,name,scheme,as_of,from,to,quantity,unit,kind,functions,payer,amount,currency,quality\n\
        contribution,9,Rahim Mia,WEWB,2026-02-01,2026-01,2026-01,31,day,employed,old_age,employer,150.50,BDT,posted\n";
    for (name, register) in [("coverage", coverage), ("benefit", benefit), ("contribution", contribution)] {
        seeds.write("register_csv", name, register.as_bytes());
    }
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("people")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "ndjson") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            seeds.write("register_ndjson", name, &std::fs::read(&path).unwrap());
        }
    }
}

/// The schemes of `schemes/` and the registers beside them, in the order in which the target has them.
fn schemes(seeds: &Seeds) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemes");
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut directories: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    directories.sort();
    for (number, directory) in directories.iter().enumerate() {
        let name = directory.file_name().unwrap().to_str().unwrap();
        seeds.write("scheme", name, &std::fs::read(directory.join("scheme.json")).unwrap());
        let people = std::fs::read(directory.join("people.csv")).unwrap();
        seeds.write("register_scheme", name, &[&[number as u8 * 2], people.as_slice()].concat());
    }
    let row = r#"{"subject":{"number":"1","name":"Habimana Jean","birth":"1990-XX","members":[[2,"Aline",1991,"F","spouse"]]},
        "registered":"2026-07-01","class":"level_2","payments":[{"day":"2026-07-01","amount":"3000"},
        {"day":"2026-08-01","amount":"3000","payer":"other"}],"previous_end":"2026-07-20","languages":["rw"]}"#;
    seeds.write(
        "register_scheme",
        "rw-cbhi-ndjson",
        format!("{}{}\n", '\u{f}', row.replace('\n', " ")).as_bytes(),
    );
}

/// Backups of a wallet with one document for paper and one for a phone; their derivation costs nothing.
fn wallets(seeds: &Seeds) {
    let holder = Holder { id: HolderId([7; 8]), name: HolderName::new("Invented").unwrap() };
    let (claims, document, _, _) = samples(&presentation(), 1).remove(0);
    let paper = samples(&claims_of(RightType::Membership), 1).remove(0);
    let kept =
        |document: Vec<u8>| Kept { holder: holder.id, added: 1_800_000_000, opened_with: None, document };
    let contents = Contents {
        holders: vec![holder.clone()],
        keys: vec![HeldKey::of(holder.id, claims.iss.clone(), Zeroizing::new([0x48; 32]))],
        records: vec![sanad_tests::region::record("KE-SHA")],
        documents: vec![kept(document), kept(seal_entitlement(&paper, &signing_key()).unwrap())],
        sd_jwts: Vec::new(),
    };
    let passphrase = Passphrase::parse("millet and rain", Purpose::Open).unwrap();
    let file = backup::make(&contents, &passphrase, 8).unwrap();
    let codes = sheet::codes(&file).unwrap().join("\n");
    let content = backup::content(&contents).unwrap();
    for (choice, name, bytes) in
        [(0, "file", file.as_slice()), (1, "content", content.as_bytes()), (2, "sheet", codes.as_bytes())]
    {
        seeds.write("wallet_backup", name, &[&[choice], bytes].concat());
    }
}

/// The first case of each rule and each type of document, and a few with much in them.
fn worked_cases(seeds: &Seeds) {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let longest = text.lines().max_by_key(|line| line.len()).unwrap();
            seeds.write("case", name, text.lines().next().unwrap().as_bytes());
            seeds.write("case", &format!("{name}-long"), longest.as_bytes());
        }
    }
}

/// The smallest of these and a large one, by the length of their payloads; both fit into a document.
fn small_and_large<T>(mut all: Vec<T>, payload: impl Fn(&T) -> Vec<u8>) -> [(&'static str, T); 2] {
    all.sort_by_key(|one| payload(one).len());
    let large = all.iter().position(|one| payload(one).len() > LARGE_BYTES_MIN).unwrap_or(all.len() - 1);
    let large = all.swap_remove(large);
    [("small", all.swap_remove(0)), ("large", large)]
}

struct Seeds(PathBuf);

impl Seeds {
    fn write(&self, target: &str, name: &str, bytes: &[u8]) {
        let directory = self.0.join(target);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(name), bytes).unwrap();
    }
}

/// Fuzzers mutate short inputs better; this is long enough for most members to be there.
const LARGE_BYTES_MIN: usize = 600;
