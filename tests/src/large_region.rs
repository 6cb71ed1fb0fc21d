//! A region of the size that packs are made for: 15 countries, 30 issuers of 3 keys, 60 rulebooks, 40 agreements, 2,000
//! facilities, and as many status lists as wanted, spread over the issuers.
//!
//! Always the same for the same number of lists. What compresses badly in real files does so here: names, numbers and
//! ids differ from file to file, and which entries of a list are not valid follows no order. The country codes are real,
//! everything said about the countries is invented.

use std::fmt::Write as _;

use sanad_credential::{ENTRIES, Status, StatusIndex, StatusList};
use sanad_trust::{Target, TargetPath};

use crate::region::Region;

/// Issuers, of 3 keys each.
pub const ISSUERS: usize = 30;
/// Rulebooks.
pub const RULEBOOKS: usize = 60;
/// Agreements.
pub const AGREEMENTS: usize = 40;
/// Facilities.
pub const FACILITIES: usize = 2_000;

/// The region, published, with so many status lists.
pub fn large_region(lists: usize) -> Region {
    let mut region = Region::new("2026-04-01");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (country, signer) in COUNTRIES {
        region.add_country(country, signer);
    }
    let mut lists_of: Vec<Vec<StatusList>> = vec![Vec::new(); ISSUERS];
    for number in 0..lists {
        lists_of[number % ISSUERS].push(status_list(&mut random));
    }
    for (number, lists) in lists_of.iter().enumerate() {
        let place = random.place();
        let names = format!(
            r#"{{"en":"{place} Health Fund","fr":"Caisse de santé de {place}","sw":"Mfuko wa Afya wa {place}"}}"#
        );
        region.add_issuer_with(&issuer(number), &names, &random.appeal(), lists);
    }
    for number in 0..RULEBOOKS {
        let issuer = issuer(number % ISSUERS);
        let product = ["BASIC", "FAMILY"][number / ISSUERS];
        let path = format!("rulebooks/{}/{issuer}/{product}.json", &issuer[..2]);
        add(&mut region, &path, &rulebook(&mut random, &issuer, product));
    }
    for number in 0..AGREEMENTS {
        let id = format!("PROTOCOL-{}", number + 1);
        add(&mut region, &format!("agreements/{id}.json"), &agreement(&mut random, &id, number));
    }
    for (number, (country, _)) in COUNTRIES.into_iter().enumerate() {
        let count = (number + 1) * FACILITIES / COUNTRIES.len() - number * FACILITIES / COUNTRIES.len();
        add(&mut region, &format!("facilities/{country}.json"), &facilities(&mut random, country, count));
        let rules = format!(
            r#"{{"country":"{country}","always_free":{{"{country}":["EMER","DEL","CHILD"]}},"appeal":{}}}"#,
            random.appeal()
        );
        add(&mut region, &format!("host-rules/{country}.json"), &rules);
    }
    region.publish("2026-05-01");
    region
}

/// The id of an issuer; each country has two.
pub fn issuer(number: usize) -> String {
    let (country, _) = COUNTRIES[number / 2];
    format!("{country}-{}", ["HEALTH", "SOCIAL"][number % 2])
}

/// A list of which 1 % is not valid: of five such entries three are superseded, one suspended, one revoked.
fn status_list(random: &mut Random) -> StatusList {
    let mut list = StatusList::all_valid();
    for index in 0..ENTRIES as u32 {
        if random.below(100) == 0 {
            let status = match random.below(5) {
                0 => Status::Revoked,
                1 => Status::Suspended,
                _ => Status::Superseded,
            };
            list.set(StatusIndex::new(index).unwrap(), status);
        }
    }
    list
}

/// Lists a file as its own type writes it, which also shows that it reads.
fn add(region: &mut Region, path: &str, json: &str) {
    let parsed = TargetPath::parse(path).unwrap();
    let target = Target::parse(&parsed, json).unwrap();
    let country = parsed.country_role();
    region.add_target(country.as_ref().map(|country| country.as_str()), path, &target.to_json().to_string());
}

fn rulebook(random: &mut Random, issuer: &str, product: &str) -> String {
    let kind = random.of(&["compulsory", "voluntary", "assistance"]);
    let versions = ["2026-01-01", "2026-07-01"].map(|from| {
        let groups = random.some(&GROUPS);
        let package = quoted(&groups);
        let limit = random.below(90) * 10_000;
        format!(
            r#"{{"version":{},"from":"{from}","package":[{package}],"protected":["EMER","DEL"],"preauth":["SURG"],
                "copay":[{}],"bypass_basis_points":5000,"max_level":{},"grace_days":{},"network_only":true,
                "offline_limit":{{"minor":{limit},"currency":"KES"}},"week_days":6,
                "legal_ref":"Act {} of {}, s. {}","appeal":{},"pay":{{"en":"Dial *{}#","sw":"Piga *{}#"}}}}"#,
            if from == "2026-01-01" { 1 } else { 2 },
            copay(random, &groups),
            2 + random.below(4),
            random.below(4) * 15,
            1 + random.below(90),
            1990 + random.below(36),
            1 + random.below(120),
            random.appeal(),
            100 + random.below(900),
            100 + random.below(900),
        )
    });
    format!(
        r#"{{"issuer":"{issuer}","product":"{product}","kind":"{kind}","versions":[{}]}}"#,
        versions.join(",")
    )
}

/// Both issuers of one country with those of another, each way.
fn agreement(random: &mut Random, id: &str, number: usize) -> String {
    let here = number % COUNTRIES.len();
    let there = (here + 1 + number / COUNTRIES.len()) % COUNTRIES.len();
    let rows = [(here, there, 0), (here, there, 1), (there, here, 0), (there, here, 1)].map(|(home, host, which)| {
        let groups = random.some(&GROUPS[..8]);
        let hosts = [random.area(COUNTRIES[host].0), random.area(COUNTRIES[host].0)];
        let hosts = if hosts[0] == hosts[1] { &hosts[..1] } else { &hosts };
        format!(
            r#"{{"home":"{}","hosts":[{}],"groups":[{}],"preauth":["SURG"],"max_level":{},"payer":"{}","tariff":"{}",
                "copay_basis":"host","copay":[{}],"offline_limit":{{"minor":{},"currency":"USD"}},
                "host_may_derive":true,"claim_days":{},"good_faith_days":{}}}"#,
            issuer(2 * home + which),
            quoted(hosts),
            quoted(&groups),
            2 + random.below(4),
            random.of(&["home", "host", "shared"]),
            random.of(&["home", "host", "flat"]),
            copay(random, &groups),
            random.below(500) * 100,
            30 + random.below(60),
            random.below(15),
        )
    });
    format!(
        r#"{{"id":"{id}","version":{},"from":"2026-01-{:02}","to":null,"legal_ref":"Protocol of {}, art. {}","rows":[{}]}}"#,
        1 + random.below(4),
        1 + random.below(28),
        random.place(),
        1 + random.below(60),
        rows.join(",")
    )
}

/// A line for each group; some with an amount, some with a share and a cap.
fn copay(random: &mut Random, groups: &[&str]) -> String {
    let line = |group: &&str| {
        if random.below(2) == 0 {
            let minor = random.below(40) * 2_500;
            format!(r#"{{"group":"{group}","amount":{{"minor":{minor},"currency":"KES"}}}}"#)
        } else {
            let (points, cap) = (random.below(9) * 500, 10_000 + random.below(90) * 1_000);
            format!(
                r#"{{"group":"{group}","level":{},"basis_points":{points},"cap":{{"minor":{cap},"currency":"KES"}}}}"#,
                2 + random.below(4)
            )
        }
    };
    groups.iter().map(line).collect::<Vec<_>>().join(",")
}

fn facilities(random: &mut Random, country: &str, count: usize) -> String {
    let mut code = 10_000;
    let facilities: Vec<String> = (0..count)
        .map(|_| {
            code += 1 + random.below(60);
            let (kind, level) = *random.of(&KINDS);
            let networks = match random.below(3) {
                0 => format!(r#""{country}-HEALTH""#),
                1 => format!(r#""{country}-SOCIAL""#),
                _ => format!(r#""{country}-HEALTH","{country}-SOCIAL""#),
            };
            format!(
                r#"{{"id":"{country}-F{code}","name":"{} {kind}","level":{level},"area":"{}","networks":[{networks}]}}"#,
                random.place(),
                random.area(country)
            )
        })
        .collect();
    format!(r#"{{"country":"{country}","facilities":[{}]}}"#, facilities.join(","))
}

fn quoted<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(|word| format!(r#""{}""#, word.as_ref())).collect::<Vec<_>>().join(",")
}

/// xorshift64*: the same region on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % end
    }

    fn of<'t, T>(&mut self, choices: &'t [T]) -> &'t T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// About two thirds of them, at least one.
    fn some<'t>(&mut self, choices: &[&'t str]) -> Vec<&'t str> {
        let mut some: Vec<&str> = choices.iter().copied().filter(|_| self.below(3) > 0).collect();
        if some.is_empty() {
            some.push(choices[0]);
        }
        some
    }

    /// An invented place of two to four syllables.
    fn place(&mut self) -> String {
        let mut place = String::new();
        for _ in 0..2 + self.below(3) {
            write!(place, "{}{}", self.of(&CONSONANTS), self.of(&VOWELS)).unwrap();
        }
        place[..1].to_uppercase() + &place[1..]
    }

    fn area(&mut self, country: &str) -> String {
        format!("{country}-{:02}", 1 + self.below(40))
    }

    /// Texts with a telephone number, in three languages.
    fn appeal(&mut self) -> String {
        let number = format!("0{} {:03} {:03}", 700 + self.below(100), self.below(1_000), self.below(1_000));
        format!(
            r#"{{"en":"Call {number} or ask at the office in {}","fr":"Appelez le {number}","sw":"Piga simu {number}"}}"#,
            self.place()
        )
    }
}

/// Each with the name of its role's key.
const COUNTRIES: [(&str, &str); 15] = [
    ("KE", "KE trust"),
    ("UG", "UG trust"),
    ("TZ", "TZ trust"),
    ("RW", "RW trust"),
    ("BI", "BI trust"),
    ("SS", "SS trust"),
    ("CD", "CD trust"),
    ("SO", "SO trust"),
    ("ET", "ET trust"),
    ("DJ", "DJ trust"),
    ("ER", "ER trust"),
    ("SD", "SD trust"),
    ("MW", "MW trust"),
    ("ZM", "ZM trust"),
    ("MZ", "MZ trust"),
];

const GROUPS: [&str; 16] = [
    "EMER",
    "OPD",
    "CHILD",
    "ANC",
    "DEL",
    "PNC",
    "MEDS",
    "LAB",
    "IMG",
    "INP",
    "SURG",
    "SPEC",
    "CHRON",
    "DENT",
    "REHAB",
    "TRANSPORT",
];

/// Kinds of facilities, each with its level.
const KINDS: [(&str, u64); 10] = [
    ("Dispensary", 2),
    ("Health Post", 2),
    ("Health Centre", 3),
    ("Health Centre", 3),
    ("Maternity Home", 3),
    ("Mission Hospital", 4),
    ("Sub-County Hospital", 4),
    ("District Hospital", 4),
    ("County Referral Hospital", 5),
    ("Medical Clinic", 2),
];

const CONSONANTS: [&str; 16] =
    ["b", "ch", "d", "g", "k", "l", "m", "mb", "n", "ng", "ny", "r", "s", "t", "w", "z"];
const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ari", "ondo", "eru"];

/// Claims of a person of one of its issuers, who stands for `ISSUER`.
pub const ONE_PERSON: &str = r#"{"type": "coverage", "iss": "ISSUER", "cti": "8f3a61c20d7be954", "iat": "2026-07-01",
    "exp": "2027-07-31", "status": {"idx": 734512, "uri": "https://s.example/ISSUER/0"},
    "subject": {"number": "KE00421187", "name": "Amina Wanjiru Otieno", "birth": "1991"}, "product": "BASIC",
    "rulebook": 2, "functions": ["medical_care", "maternity"], "start": "2026-07-01", "end": "2027-06-30",
    "copay_class": 1, "territory": ["KE"]}"#;

/// Claims of a household of five.
pub const HOUSEHOLD: &str = r#"{"type": "coverage", "iss": "ISSUER", "cti": "8f3a61c20d7be955", "iat": "2026-07-01",
    "exp": "2027-07-31", "status": {"idx": 402117, "uri": "https://s.example/ISSUER/0"},
    "subject": {"number": "KE00042118", "name": "Abebe", "native_names": [["am", "አበበ"]], "birth": "1988",
        "household": "H-20417", "role": "self", "members": [[2, "አልማዝ", 1990, "F", "spouse"],
        [3, "ዳዊት", 2014, "M", "child"], [4, "ሐና", 2019, "F", "child"], [5, "ፀሐይ", 1955, "F", "parent"]]},
    "product": "FAMILY", "rulebook": 2, "functions": ["medical_care", "maternity"], "start": "2026-07-01",
    "end": "2027-06-30", "copay_class": 1, "territory": ["KE-04"]}"#;
