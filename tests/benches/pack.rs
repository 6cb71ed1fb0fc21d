//! What a pack for a region costs: its size, loading it with every check, its memory, and one check with it.
//!
//! `cargo bench -p sanad-tests --bench pack`; the table in `docs/packs.md` is its output. The region is
//! `sanad_tests::large_region`. Beside each figure stands what no implementation can avoid: the entropy of the entries,
//! and the time of verifying, hashing and inflating alone. The program ends with an error when a bound is missed.

use std::hint::black_box;
use std::process::ExitCode;

use ed25519_dalek::Signer;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use sanad_credential::{
    Claims, ENTRIES, LIST_BYTES, Sealed, Sign as _, Status, StatusList, seal_entitlement,
};
use sanad_tests::large_region::{
    AGREEMENTS, FACILITIES, HOUSEHOLD, ISSUERS, ONE_PERSON, RULEBOOKS, issuer, large_region,
};
use sanad_tests::measure::{bound, fastest, ratio, signed_bytes};
use sanad_tests::region::{Region, key, time};
use sanad_trust::client::Anchor;
use sanad_trust::floors::Floors;
use sanad_trust::judge::Standing;
use sanad_trust::pack::{Held, Pack, target_name};
use sanad_trust::pack_file::PackFiles;
use sanad_trust::{Target, TargetPath};
use sha2::{Digest as _, Sha256};

/// Millions of credentials, and the full lists that hold them.
const SIZES: [(u32, usize); 3] = [(1, 1), (10, 10), (100, 96)];
/// The size that has bounds.
const BOUNDED: u32 = 10;
const PACK_BYTES_MAX: f64 = 400_000.0;
const LOAD_MILLISECONDS_MAX: f64 = 60.0;
const PEAK_BYTES_MAX: f64 = 64e6;
const CHECK_RATIO_MAX: f64 = 1.2;
const RUNS: usize = 15;

fn main() -> ExitCode {
    println!(
        "| credentials | lists | pack, kB | status in it, kB | entropy, kB | load, ms | unavoidable, ms | peak, MB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut bounded = None;
    for (millions, lists) in SIZES {
        let packed = Packed::of(&large_region(lists));
        let figures = packed.measure();
        figures.print_row(millions, lists);
        if millions == BOUNDED {
            bounded = Some((packed, figures));
        }
    }
    let (packed, figures) = bounded.unwrap();
    println!();
    figures.print_parts(&packed);
    println!();
    let mut met = bound("bytes of the pack", figures.pack_bytes as f64, PACK_BYTES_MAX);
    met &= bound("milliseconds to load it", figures.load, LOAD_MILLISECONDS_MAX);
    met &= bound("bytes of memory at most", figures.peak_bytes as f64, PEAK_BYTES_MAX);
    for (name, json) in [("one person", ONE_PERSON), ("a household of five", HOUSEHOLD)] {
        met &= check_beside_verify(&packed, name, json);
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A pack as it travels, and what the clinic pinned.
struct Packed {
    bytes: Vec<u8>,
    anchor: Anchor,
    files: PackFiles,
}

/// Times in milliseconds.
struct Figures {
    pack_bytes: usize,
    status_bytes: usize,
    /// The pack without its lists.
    rest_bytes: usize,
    entropy_bytes: f64,
    load: f64,
    reading: f64,
    verifying: f64,
    hashing: f64,
    inflating: f64,
    /// Reading the targets' JSON into their types, the records' keys decoded.
    parsing: f64,
    peak_bytes: u64,
    /// What stays in use once it is loaded.
    kept_bytes: i64,
}

impl Packed {
    fn of(region: &Region) -> Self {
        let files = region.current_pack();
        let bytes = files.write().unwrap();
        Self { bytes, anchor: Anchor::File(region.first_root()), files }
    }

    fn load(&self) -> Pack {
        let floors = Floors::none();
        let held = Held { anchor: &self.anchor, floors: &floors, clock: Some(time("2026-06-01")) };
        Pack::load(&mut PackFiles::read(black_box(&self.bytes)).unwrap(), &held).unwrap()
    }

    fn measure(&self) -> Figures {
        let pack = self.load();
        assert!(pack.ignored().is_empty() && pack.missing_lists().is_empty());
        let facilities = pack.facilities().values().map(|country| country.iter().len()).sum::<usize>();
        let counts = [pack.issuers().len(), pack.rulebooks().len(), pack.agreements().len(), facilities];
        assert_eq!(counts, [ISSUERS, RULEBOOKS, AGREEMENTS, FACILITIES]);
        assert!(pack.issuers().values().all(|record| record.members().keys.len() == 3));

        let mut kept = None;
        let memory = allocation_counter::measure(|| {
            // The file stands in memory too while it is loaded.
            let bytes = black_box(self.bytes.clone());
            kept = Some(self.load());
            drop(bytes);
        });
        let lists: Vec<StatusList> = pack.lists().values().map(|token| token.list.clone()).collect();
        let is_list = |name: &str| name.starts_with("status/");
        let rest = self.files.0.iter().filter(|(name, _)| !is_list(name));
        let rest = PackFiles(rest.map(|(name, file)| (name.clone(), file.clone())).collect());
        Figures {
            pack_bytes: self.bytes.len(),
            status_bytes: self.lengths(is_list).iter().sum(),
            rest_bytes: rest.write().unwrap().len(),
            entropy_bytes: lists.iter().map(entropy_bytes).sum(),
            load: milliseconds(|| self.load()),
            reading: milliseconds(|| PackFiles::read(black_box(&self.bytes)).unwrap()),
            verifying: self.verifying(),
            hashing: self.hashing(),
            inflating: self.inflating(&lists),
            parsing: self.parsing(&pack),
            peak_bytes: memory.bytes_max,
            kept_bytes: memory.bytes_current,
        }
    }

    fn lengths(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        self.files.0.iter().filter(|(name, _)| wanted(name)).map(|(_, file)| file.len()).collect()
    }

    /// One signature for each of the role's keys over each metadata file, one over each list. What is signed is shorter
    /// than the file by a few hundred bytes at most.
    fn verifying(&self) -> f64 {
        let two_keys = |name: &str| name.ends_with(".root.json") || name.ends_with(".targets.json");
        let signed = self.lengths(|name| name.starts_with("metadata/") || name.starts_with("status/"));
        let twice = self.lengths(two_keys);
        assert_eq!(twice.len(), 2);
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let verifying_key = key.verifying_key();
        let messages: Vec<_> = signed
            .into_iter()
            .chain(twice)
            .map(|length| {
                let message = vec![b'x'; length];
                let signature = key.sign(&message);
                (message, signature)
            })
            .collect();
        milliseconds(|| {
            for (message, signature) in &messages {
                verifying_key.verify_strict(black_box(message), black_box(signature)).unwrap();
            }
        })
    }

    /// Targets and the snapshot, which are named by their hash.
    fn hashing(&self) -> f64 {
        let hashed = |name: &&String| name.starts_with("targets/") || name.ends_with(".snapshot.json");
        let files: Vec<&Vec<u8>> =
            self.files.0.iter().filter(|(name, _)| hashed(name)).map(|(_, file)| file).collect();
        milliseconds(|| {
            files.iter().map(|file| Sha256::digest(black_box(file))).for_each(|hash| {
                black_box(hash);
            })
        })
    }

    fn parsing(&self, pack: &Pack) -> f64 {
        let roles = std::iter::once(&pack.metadata().regional).chain(pack.metadata().countries.values());
        let listed = roles.flat_map(|role| &role.targets);
        let targets: Vec<(TargetPath, &str)> = listed
            .map(|(path, file)| {
                let content = &self.files.0[&target_name(path, file)];
                (TargetPath::parse(path).unwrap(), std::str::from_utf8(content).unwrap())
            })
            .collect();
        milliseconds(|| {
            let parse = |(path, text): &(TargetPath, &str)| Target::parse(path, black_box(text)).unwrap();
            targets.iter().map(parse).collect::<Vec<_>>()
        })
    }

    /// The gzip stream and the lists, into memory that is already there; without the sum over the former.
    fn inflating(&self, lists: &[StatusList]) -> f64 {
        // RFC 1952: ten bytes in front when there is no name, eight behind.
        let gzip = &self.bytes[10..self.bytes.len() - 8];
        let streams: Vec<Vec<u8>> = lists.iter().map(StatusList::deflate).collect();
        let mut tar = vec![0; 64 << 20];
        let mut list = vec![0; LIST_BYTES];
        let mut inflater = Box::<DecompressorOxide>::default();
        let whole = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        milliseconds(|| {
            inflater.init();
            black_box(decompress(&mut inflater, black_box(gzip), &mut tar, 0, whole));
            for stream in &streams {
                inflater.init();
                let flags = whole | inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER;
                let (_, _, written) = decompress(&mut inflater, black_box(stream), &mut list, 0, flags);
                assert_eq!(written, LIST_BYTES);
            }
        })
    }
}

impl Figures {
    fn unavoidable(&self) -> f64 {
        self.verifying + self.hashing + self.inflating
    }

    fn print_row(&self, millions: u32, lists: usize) {
        println!(
            "| {millions} million | {lists} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            self.pack_bytes as f64 / 1e3,
            self.status_bytes as f64 / 1e3,
            self.entropy_bytes / 1e3,
            self.load,
            self.unavoidable(),
            self.peak_bytes as f64 / 1e6,
        );
    }

    fn print_parts(&self, packed: &Packed) {
        println!("Of {BOUNDED} million: without the lists {:.1} kB", self.rest_bytes as f64 / 1e3);
        for folder in
            ["metadata", "targets/issuers", "targets/rulebooks", "targets/agreements", "targets/facilities"]
        {
            let files = packed.files.0.iter().filter(|(name, _)| name.starts_with(folder));
            let files = PackFiles(files.map(|(name, file)| (name.clone(), file.clone())).collect());
            let plain: usize = files.0.values().map(Vec::len).sum();
            println!(
                "  {folder}: {} files of {:.1} kB, alone in a pack {:.1} kB",
                files.0.len(),
                plain as f64 / 1e3,
                files.write().unwrap().len() as f64 / 1e3
            );
        }
        println!(
            "  verifying {:.2} ms, hashing {:.2} ms, inflating {:.2} ms; reading the container {:.2} ms, the targets {:.2} ms",
            self.verifying, self.hashing, self.inflating, self.reading, self.parsing
        );
        println!("  kept in memory {:.1} MB", self.kept_bytes as f64 / 1e6);
    }
}

/// From the bytes of a document to all that the pack says about it, beside the signature alone.
fn check_beside_verify(packed: &Packed, name: &str, json: &str) -> bool {
    let pack = packed.load();
    let claims = Claims::from_json_text(&json.replace("ISSUER", &issuer(0))).unwrap();
    let secret = key(&format!("{} credential", issuer(0)));
    let document = seal_entitlement(&claims, &secret).unwrap();
    let clock = pack.clock(Some(time("2026-08-01")));
    let check = || {
        let sealed = Sealed::parse(black_box(&document)).unwrap();
        black_box(pack.open(&sealed, clock).unwrap());
    };
    let sealed = Sealed::parse(&document).unwrap();
    let found = pack.open(&sealed, clock).unwrap();
    assert_eq!(found.excess, None);
    assert!(matches!(found.standing, Standing::Listed { status: Status::Valid, .. }), "{:?}", found.standing);

    let point = ed25519_dalek::VerifyingKey::from_bytes(&secret.public_key().0).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&document[document.len() - 64..]).unwrap();
    let signed = signed_bytes(&claims, secret.key_id());
    let verify = || point.verify_strict(black_box(&signed), black_box(&signature)).unwrap();
    let ratio = ratio(check, verify);
    bound(&format!("{name}: check with the pack / bare verify_strict"), ratio, CHECK_RATIO_MAX)
}

/// The best time of several runs.
fn milliseconds<T>(run: impl FnMut() -> T) -> f64 {
    fastest(RUNS, run).as_secs_f64() * 1e3
}

/// The least that an encoding can take which knows nothing but how frequent each status is.
fn entropy_bytes(list: &StatusList) -> f64 {
    let bits_of = |status: &Status| {
        let count = list.iter().filter(|found| found == status).count();
        if count == 0 { 0.0 } else { count as f64 * (ENTRIES as f64 / count as f64).log2() }
    };
    Status::ALL.iter().map(bits_of).sum::<f64>() / 8.0
}
