//! The invented people of the vectors: for each type of entitlement the least and the most that it can say, as
//! CBOR items and as JSON.

use crate::cbor::{Item, list, map};
use crate::files::to_hex;
use crate::maker::{HOLDER, LB_DELEGATE, day, midnight};

/// Entitlement of the claims.
pub(crate) const RIGHT: i128 = -65_537;
/// Nekesa Wafula Barasa, cane cutter, covered by KE-SHA.
pub(crate) fn coverage_minimal() -> Item {
    map! {
        1 => "KE-SHA",
        4 => midnight(2027, 1, 15),
        6 => midnight(2026, 1, 15) + 7 * 3600 + 30 * 60,
        7 => vec![0x6B, 0x1F, 0x00, 0xA2, 0x77, 0x3C, 0xD4, 0x09],
        65_535 => map! { "status_list" => map! { "idx" => 412_077, "uri" => "https://sl.example/k/0" } },
        RIGHT => map! {
            0 => 2,
            1 => map! { 1 => "KE-4471902", 2 => "Nekesa Wafula Barasa" },
            10 => "SHIF",
            11 => 1,
            12 => list![1],
            13 => day(2026, 1, 15),
            14 => day(2027, 1, 14),
            18 => 0,
            19 => list!["KE"],
        },
    }
}

pub(crate) const COVERAGE_MINIMAL: &str = r#"{
    "type": "coverage", "iss": "KE-SHA", "cti": "6b1f00a2773cd409",
    "iat": "2026-01-15T07:30:00Z", "exp": "2027-01-15T00:00:00Z",
    "status": {"idx": 412077, "uri": "https://sl.example/k/0"},
    "subject": {"number": "KE-4471902", "name": "Nekesa Wafula Barasa"},
    "product": "SHIF", "rulebook": 1, "functions": ["medical_care"],
    "start": "2026-01-15", "end": "2027-01-14", "copay_class": 0, "territory": ["KE"]
}"#;

/// Abebe Tesfaye Gebre and his household, with every member a coverage can have.
pub(crate) fn coverage_full() -> Item {
    map! {
        1 => "ET-CBHI",
        4 => midnight(2027, 7, 8),
        6 => midnight(2026, 7, 1) + 23 * 3600 + 59 * 60 + 59,
        7 => vec![0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88],
        65_535 => map! { "status_list" => map! { "idx" => 23, "uri" => "https://sl.example/e/2" } },
        RIGHT => map! {
            0 => 2,
            1 => map! {
                1 => "ET-CBHI-AM-0412/1",
                2 => "Abebe Tesfaye Gebre",
                3 => list![list!["am", "አበበ ተስፋዬ ገብሬ"]],
                4 => "1982~",
                5 => 1,
                6 => "ET-CBHI-AM-0412",
                7 => 0,
                8 => list![
                    list![2, "ወርቅነሽ አለሙ", 1985, 2, 1],
                    list![3, "ሰላም", 2015, 2, 2],
                    list![4, "ሳሙኤል", 2018, 1, 2],
                    list![6, "ሐና", Item::Null, 0, 4],
                ],
                9 => 4,
            },
            2 => "ET-KEBELE-07",
            3 => vec![0, 1, 2, 3, 4, 5, 6, 7],
            4 => list!["am", "om-Latn"],
            5 => "Ethiopian Health Insurance Service",
            10 => "CBHI-AM",
            11 => 3,
            12 => list![1, 7],
            13 => day(2026, 7, 8),
            14 => day(2027, 7, 7),
            15 => day(2027, 1, 7),
            16 => 30,
            17 => map! { 2 => day(2026, 8, 7), 10 => day(2026, 10, 6) },
            18 => 9,
            19 => list!["ET-AM", "ET-BE"],
            21 => 3,
            22 => true,
            23 => list![1, 3, 4, 5],
        },
    }
}

pub(crate) const COVERAGE_FULL: &str = r#"{
    "type": "coverage", "iss": "ET-CBHI", "cti": "ffeeddccbbaa9988",
    "iat": "2026-07-01T23:59:59Z", "exp": "2027-07-08T00:00:00Z",
    "status": {"idx": 23, "uri": "https://sl.example/e/2"},
    "subject": {
        "number": "ET-CBHI-AM-0412/1", "name": "Abebe Tesfaye Gebre", "native_names": [["am", "አበበ ተስፋዬ ገብሬ"]],
        "birth": "1982~", "sex": "M", "household": "ET-CBHI-AM-0412", "role": "self",
        "members": [
            [2, "ወርቅነሽ አለሙ", 1985, "F", "spouse"], [3, "ሰላም", 2015, "F", "child"], [4, "ሳሙኤል", 2018, "M", "child"],
            [6, "ሐና", null, "U", "other"]
        ],
        "check": "vouched"
    },
    "delegation": "ET-KEBELE-07", "replaces": "0001020304050607", "languages": ["am", "om-Latn"],
    "source": "Ethiopian Health Insurance Service",
    "product": "CBHI-AM", "rulebook": 3, "functions": ["medical_care", "maternity"],
    "start": "2026-07-08", "end": "2027-07-07", "paid_through": "2027-01-07", "grace_days": 30,
    "waits": {"OPD": "2026-08-07", "INP": "2026-10-06"}, "copay_class": 9, "territory": ["ET-AM", "ET-BE"],
    "max_level": 3, "pooled": true, "survives_suspension": ["EMER", "CHILD", "ANC", "DEL"]
}"#;

/// Rahima Begum's membership. Valid for exactly 31 days, so it needs no status reference.
pub(crate) fn membership_minimal() -> Item {
    map! {
        1 => "BD-WEWB",
        4 => midnight(2026, 4, 2),
        6 => midnight(2026, 3, 2),
        7 => vec![0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE],
        RIGHT => map! {
            0 => 1,
            1 => map! { 1 => "R-77", 2 => "Rahima Begum", 3 => list![list!["bn", "রহিমা বেগম"]] },
            10 => "WEWB",
            13 => day(2019, 11, 5),
        },
    }
}

pub(crate) const MEMBERSHIP_MINIMAL: &str = r#"{
    "type": "membership", "iss": "BD-WEWB", "cti": "1032547698badcfe",
    "iat": "2026-03-02T00:00:00Z", "exp": "2026-04-02T00:00:00Z",
    "subject": {"number": "R-77", "name": "Rahima Begum", "native_names": [["bn", "রহিমা বেগম"]]},
    "scheme": "WEWB", "since": "2019-11-05"
}"#;

/// Amina Khaled Al-Hammoud, registered by a co-operative under a delegation.
pub(crate) fn membership_full() -> Item {
    map! {
        1 => "LB-AGRIMUT",
        4 => midnight(2028, 2, 29),
        6 => midnight(2026, 2, 28) + 12 * 3600,
        7 => vec![0; 8],
        65_535 => map! { "status_list" => map! { "idx" => 0, "uri" => "https://sl.example/l/0" } },
        RIGHT => map! {
            0 => 1,
            1 => map! {
                1 => "LB-AGM-000213",
                2 => "Amina Khaled Al-Hammoud",
                3 => list![list!["ar", "أمينة خالد الحمود"], list!["ku-Arab", "ئەمینە خالید"]],
                4 => "1988",
                5 => 2,
                6 => "BEKAA-19",
                7 => 1,
                8 => list![list![2, "نور", 2021, 9, 2]],
                9 => 0,
            },
            2 => "LB-COOP-BEKAA",
            3 => vec![0x80, 0, 0, 0, 0, 0, 0, 1],
            4 => list!["ar"],
            5 => "Ministry of Labour",
            10 => "AGRIMUT",
            11 => 3,
            12 => 9212,
            13 => day(2026, 2, 28),
            15 => "A0113",
            16 => "Khaled Al-Hammoud",
        },
    }
}

pub(crate) const MEMBERSHIP_FULL: &str = r#"{
    "type": "membership", "iss": "LB-AGRIMUT", "cti": "0000000000000000",
    "iat": "2026-02-28T12:00:00Z", "exp": "2028-02-29T00:00:00Z",
    "status": {"idx": 0, "uri": "https://sl.example/l/0"},
    "subject": {
        "number": "LB-AGM-000213", "name": "Amina Khaled Al-Hammoud",
        "native_names": [["ar", "أمينة خالد الحمود"], ["ku-Arab", "ئەمینە خالید"]],
        "birth": "1988", "sex": "F", "household": "BEKAA-19", "role": "spouse",
        "members": [[2, "نور", 2021, "N", "child"]], "check": "none"
    },
    "delegation": "LB-COOP-BEKAA", "replaces": "8000000000000001", "languages": ["ar"], "source": "Ministry of Labour",
    "scheme": "AGRIMUT", "since": "2026-02-28", "category": "seasonal", "isco": 9212, "isic": "A0113",
    "guardian": "Khaled Al-Hammoud"
}"#;

/// A receipt that an agent gave Mamadou Ndiaye for one month.
pub(crate) fn contribution_minimal() -> Item {
    map! {
        1 => "SN-MUT",
        4 => midnight(2026, 6, 10),
        6 => midnight(2026, 5, 12),
        7 => vec![1; 8],
        RIGHT => map! {
            0 => 3,
            1 => map! { 1 => "SL-3391", 2 => "Mamadou Ndiaye" },
            10 => "MUT",
            12 => list![list![day(2026, 5, 1), day(2026, 5, 31), 1, 2, 1, list![1], 0, Item::Null, 1]],
            13 => day(2026, 5, 12),
        },
    }
}

pub(crate) const CONTRIBUTION_MINIMAL: &str = r#"{
    "type": "contribution", "iss": "SN-MUT", "cti": "0101010101010101",
    "iat": "2026-05-12T00:00:00Z", "exp": "2026-06-10T00:00:00Z",
    "subject": {"number": "SL-3391", "name": "Mamadou Ndiaye"},
    "scheme": "MUT", "as_of": "2026-05-12",
    "lines": [{"from": "2026-05-01", "to": "2026-05-31", "quantity": 1, "unit": "month", "kind": "self",
               "functions": ["medical_care"], "payer": "self", "quality": "provisional"}]
}"#;

/// Mamadou Ndiaye's record at SN-CSS: every unit, kind and payer.
pub(crate) fn contribution_full() -> Item {
    map! {
        1 => "SN-CSS",
        4 => midnight(2027, 1, 1),
        6 => midnight(2026, 1, 1),
        7 => vec![2; 8],
        65_535 => map! { "status_list" => map! { "idx" => 65_536, "uri" => "https://sl.example/s/1" } },
        RIGHT => map! {
            0 => 3,
            1 => map! {
                1 => "CSS-1979-00313",
                2 => "Mamadou Ndiaye",
                3 => list![list!["wo-Arab", "ممادو انجاي"]],
                4 => "1979",
                9 => 3,
            },
            4 => list!["wo", "fr"],
            10 => "CSS",
            12 => list![
                list![day(2024, 1, 1), day(2024, 1, 31), 22, 0, 0, list![1, 5], 1, list![6_422_300, "XOF"], 0],
                list![day(2024, 2, 5), day(2024, 2, 5), 1, 1, 1, list![5], 0, Item::Null, 0],
                list![day(2024, 3, 1), day(2024, 5, 31), 3, 2, 2, list![4, 8, 9], 2, list![0, "XOF"], 1],
                list![day(2024, 6, 1), day(2024, 6, 30), 0, 2, 3, list![3, 7], 3, Item::Null, 0],
                list![day(2024, 7, 1), day(2024, 12, 31), 26, 1, 4, list![2, 6], 4, Item::Null, 0],
            ],
            13 => day(2025, 12, 31),
            16 => (0..32).collect::<Vec<u8>>(),
        },
    }
}

pub(crate) const CONTRIBUTION_FULL: &str = r#"{
    "type": "contribution", "iss": "SN-CSS", "cti": "0202020202020202",
    "iat": "2026-01-01T00:00:00Z", "exp": "2027-01-01T00:00:00Z",
    "status": {"idx": 65536, "uri": "https://sl.example/s/1"},
    "subject": {"number": "CSS-1979-00313", "name": "Mamadou Ndiaye", "native_names": [["wo-Arab", "ممادو انجاي"]],
                "birth": "1979", "check": "holder_key"},
    "languages": ["wo", "fr"],
    "scheme": "CSS", "as_of": "2025-12-31",
    "lines": [
        {"from": "2024-01-01", "to": "2024-01-31", "quantity": 22, "unit": "day", "kind": "employed",
         "functions": ["medical_care", "employment_injury"], "payer": "employer",
         "base": {"minor": 6422300, "currency": "XOF"}, "quality": "posted"},
        {"from": "2024-02-05", "to": "2024-02-05", "quantity": 1, "unit": "week", "kind": "self",
         "functions": ["employment_injury"], "payer": "self", "quality": "posted"},
        {"from": "2024-03-01", "to": "2024-05-31", "quantity": 3, "unit": "month", "kind": "voluntary",
         "functions": ["old_age", "invalidity", "survivors"], "payer": "cooperative",
         "base": {"minor": 0, "currency": "XOF"}, "quality": "provisional"},
        {"from": "2024-06-01", "to": "2024-06-30", "quantity": 0, "unit": "month", "kind": "credited",
         "functions": ["unemployment", "maternity"], "payer": "state", "quality": "posted"},
        {"from": "2024-07-01", "to": "2024-12-31", "quantity": 26, "unit": "week", "kind": "residence",
         "functions": ["sickness", "family"], "payer": "other", "quality": "posted"}
    ],
    "statement_hash": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
}"#;

pub(crate) fn benefit_minimal() -> Item {
    map! {
        1 => "ET-CBHI",
        4 => midnight(2026, 9, 30),
        6 => midnight(2026, 9, 1),
        7 => vec![3; 8],
        RIGHT => map! {
            0 => 4,
            1 => map! { 1 => "PSNP-5", 2 => "Abebe Tesfaye Gebre" },
            10 => "PSNP",
            11 => 1,
            12 => list![10],
            13 => day(2026, 9, 1),
            14 => day(2026, 9, 1),
        },
    }
}

pub(crate) const BENEFIT_MINIMAL: &str = r#"{
    "type": "benefit", "iss": "ET-CBHI", "cti": "0303030303030303",
    "iat": "2026-09-01T00:00:00Z", "exp": "2026-09-30T00:00:00Z",
    "subject": {"number": "PSNP-5", "name": "Abebe Tesfaye Gebre"},
    "programme": "PSNP", "benefit_type": "cash", "functions": ["assistance"],
    "from": "2026-09-01", "to": "2026-09-01"
}"#;

pub(crate) fn benefit_full() -> Item {
    map! {
        1 => "ET-CBHI",
        4 => midnight(2027, 9, 30),
        6 => midnight(2026, 9, 1),
        7 => vec![4; 8],
        65_535 => map! { "status_list" => map! { "idx" => 255, "uri" => "https://sl.example/e/0" } },
        RIGHT => map! {
            0 => 4,
            1 => map! { 1 => "PSNP-5", 2 => "Abebe Tesfaye Gebre", 4 => day(1982, 5, 17), 7 => 3 },
            5 => "PSNP 5",
            10 => "Productive Safety Net",
            11 => 3,
            12 => list![10, 13, 17],
            13 => day(2026, 9, 1),
            14 => day(2027, 8, 31),
            15 => list![120_000, "ETB"],
            16 => list!["wheat, 25 kg", 2],
            17 => list![1, 12],
            18 => 1,
            19 => list!["Assosa store", "Bambasi store"],
            21 => list!["ET-BE"],
        },
    }
}

pub(crate) const BENEFIT_FULL: &str = r#"{
    "type": "benefit", "iss": "ET-CBHI", "cti": "0404040404040404",
    "iat": "2026-09-01T00:00:00Z", "exp": "2027-09-30T00:00:00Z",
    "status": {"idx": 255, "uri": "https://sl.example/e/0"},
    "subject": {"number": "PSNP-5", "name": "Abebe Tesfaye Gebre", "birth": "1982-05-17", "role": "parent"},
    "source": "PSNP 5",
    "programme": "Productive Safety Net", "benefit_type": "in_kind",
    "functions": ["assistance", "food", "public_works"], "from": "2026-09-01", "to": "2027-08-31",
    "money": {"minor": 120000, "currency": "ETB"}, "item": ["wheat, 25 kg", 2], "serials": [1, 12], "payee": "proxy",
    "outlets": ["Assosa store", "Bambasi store"], "areas": ["ET-BE"]
}"#;

pub(crate) fn cross_border_minimal() -> Item {
    map! {
        1 => "KE-SHA",
        4 => midnight(2026, 2, 1),
        6 => midnight(2026, 1, 15),
        7 => vec![5; 8],
        RIGHT => map! {
            0 => 5,
            1 => map! { 1 => "KE-4471902", 2 => "Nekesa Wafula Barasa", 4 => "1991~" },
            10 => 0,
            11 => "EAC-CUT",
            12 => list![1],
            13 => day(2026, 1, 15),
            14 => day(2026, 7, 14),
            15 => "KE-SHA",
            16 => list![1, 2],
            17 => 0,
            18 => 0,
            19 => list!["UG"],
        },
    }
}

pub(crate) const CROSS_BORDER_MINIMAL: &str = r#"{
    "type": "cross_border", "iss": "KE-SHA", "cti": "0505050505050505",
    "iat": "2026-01-15T00:00:00Z", "exp": "2026-02-01T00:00:00Z",
    "subject": {"number": "KE-4471902", "name": "Nekesa Wafula Barasa", "birth": "1991~"},
    "kind": "temporary_stay", "agreement": "EAC-CUT", "functions": ["medical_care"],
    "from": "2026-01-15", "to": "2026-07-14", "home": "KE-SHA", "groups": ["EMER", "OPD"],
    "payer": "home", "tariff": "host", "hosts": ["UG"]
}"#;

pub(crate) fn cross_border_full() -> Item {
    map! {
        1 => "KE-SHA",
        4 => midnight(2026, 12, 1),
        6 => midnight(2026, 1, 15),
        7 => vec![6; 8],
        65_535 => map! { "status_list" => map! { "idx" => 24, "uri" => "https://sl.example/k/0" } },
        RIGHT => map! {
            0 => 5,
            1 => map! { 1 => "KE-4471902", 2 => "Nekesa Wafula Barasa" },
            10 => 6,
            11 => "EAC-CUT",
            12 => list![1, 5, 7, 11],
            13 => day(2026, 1, 15),
            14 => day(2026, 7, 14),
            15 => "KE-SHA",
            16 => (1..=17).map(Item::from).collect::<Vec<_>>(),
            17 => 2,
            18 => 2,
            19 => list!["TZ", "UG", "UG-214"],
            20 => "PA-2026-11",
            21 => list![list![2, "KE-SHA", vec![0x6B, 0x1F, 0x00, 0xA2, 0x77, 0x3C, 0xD4, 0x09]],
                        list![3, "SN-CSS", vec![2; 8]]],
            22 => 1,
        },
    }
}

pub(crate) const CROSS_BORDER_FULL: &str = r#"{
    "type": "cross_border", "iss": "KE-SHA", "cti": "0606060606060606",
    "iat": "2026-01-15T00:00:00Z", "exp": "2026-12-01T00:00:00Z",
    "status": {"idx": 24, "uri": "https://sl.example/k/0"},
    "subject": {"number": "KE-4471902", "name": "Nekesa Wafula Barasa"},
    "kind": "provisional", "agreement": "EAC-CUT",
    "functions": ["medical_care", "employment_injury", "maternity", "osh"],
    "from": "2026-01-15", "to": "2026-07-14", "home": "KE-SHA",
    "groups": ["EMER", "OPD", "CHILD", "ANC", "DEL", "PNC", "MEDS", "LAB", "IMG", "INP", "SURG", "SPEC", "CHRON",
               "DENT", "REHAB", "TRANSPORT", "OSHV"],
    "payer": "shared", "tariff": "flat", "hosts": ["TZ", "UG", "UG-214"], "preauth": "PA-2026-11",
    "evidence": [["coverage", "KE-SHA", "6b1f00a2773cd409"], ["contribution", "SN-CSS", "0202020202020202"]],
    "derived_by": "host"
}"#;

pub(crate) fn delegation_minimal() -> Item {
    map! {
        1 => "KE-SHA",
        4 => midnight(2026, 2, 1),
        6 => midnight(2026, 1, 15),
        7 => vec![7; 8],
        RIGHT => map! {
            0 => 6,
            10 => "KE-AG1",
            11 => HOLDER.cose_key(),
            12 => list![2],
            13 => day(2026, 1, 15),
            14 => day(2026, 2, 14),
        },
    }
}

pub(crate) fn delegation_minimal_json() -> String {
    format!(
        r#"{{"type": "delegation", "iss": "KE-SHA", "cti": "0707070707070707",
            "iat": "2026-01-15T00:00:00Z", "exp": "2026-02-01T00:00:00Z",
            "id": "KE-AG1", "key": "{}", "scopes": ["receipt"], "from": "2026-01-15", "to": "2026-02-14"}}"#,
        to_hex(&HOLDER.public())
    )
}

pub(crate) fn delegation_full() -> Item {
    map! {
        1 => "LB-AGRIMUT",
        4 => midnight(2027, 1, 1),
        6 => midnight(2026, 1, 1),
        7 => vec![8; 8],
        65_535 => map! { "status_list" => map! { "idx" => 1_000, "uri" => "https://sl.example/l/0" } },
        RIGHT => map! {
            0 => 6,
            2 => "LB-COOP",
            3 => vec![9; 8],
            4 => list!["ar", "fr"],
            5 => "Ministry of Labour",
            10 => "LB-COOP-BEKAA",
            11 => LB_DELEGATE.cose_key(),
            12 => list![0, 1, 2, 3, 4, 5],
            13 => day(2026, 1, 1),
            14 => day(2026, 12, 31),
            15 => list![5_000_000, "LBP"],
            16 => list![500_000_000_i64, "LBP"],
            17 => list!["LB-BA", "LB-BI"],
            19 => "LB-AGM-000213",
            20 => 4,
        },
    }
}

pub(crate) fn delegation_full_json() -> String {
    format!(
        r#"{{"type": "delegation", "iss": "LB-AGRIMUT", "cti": "0808080808080808",
            "iat": "2026-01-01T00:00:00Z", "exp": "2027-01-01T00:00:00Z",
            "status": {{"idx": 1000, "uri": "https://sl.example/l/0"}},
            "delegation": "LB-COOP", "replaces": "0909090909090909", "languages": ["ar", "fr"],
            "source": "Ministry of Labour", "id": "LB-COOP-BEKAA", "key": "{}",
            "scopes": ["register", "collect", "receipt", "cover", "verify", "act_for_person"],
            "from": "2026-01-01", "to": "2026-12-31", "per_document": {{"minor": 5000000, "currency": "LBP"}},
            "per_day": {{"minor": 500000000, "currency": "LBP"}}, "areas": ["LB-BA", "LB-BI"],
            "principal": "LB-AGM-000213", "relation": "other"}}"#,
        to_hex(&LB_DELEGATE.public())
    )
}

/// Ramu Prasad Yadav's pooled family cover on his phone: typ 293.
pub(crate) fn phone() -> Item {
    map! {
        1 => "IN-PMJAY-BR",
        2 => "h",
        4 => midnight(2027, 3, 1),
        6 => midnight(2026, 3, 1),
        7 => vec![0xAB; 8],
        8 => map! { 1 => HOLDER.cose_key() },
        65_535 => map! { "status_list" => map! { "idx" => 777, "uri" => "https://sl.example/i/4" } },
        RIGHT => map! {
            0 => 2,
            1 => map! {
                1 => "BR-0099",
                2 => "Ramu Prasad Yadav",
                3 => list![list!["hi", "रामू प्रसाद यादव"]],
                4 => "1990-XX",
                9 => 3,
            },
            4 => list!["hi", "bho"],
            10 => "PMJAY",
            11 => 12,
            12 => list![1],
            13 => day(2026, 3, 1),
            14 => day(2027, 2, 28),
            18 => 1,
            19 => list!["IN"],
            22 => true,
        },
    }
}

pub(crate) fn phone_json() -> String {
    format!(
        r#"{{"type": "coverage", "iss": "IN-PMJAY-BR", "cti": "abababababababab",
            "iat": "2026-03-01T00:00:00Z", "exp": "2027-03-01T00:00:00Z",
            "status": {{"idx": 777, "uri": "https://sl.example/i/4"}}, "cnf": "{}",
            "subject": {{"number": "BR-0099", "name": "Ramu Prasad Yadav", "native_names": [["hi", "रामू प्रसाद यादव"]],
                        "birth": "1990-XX", "check": "holder_key"}},
            "languages": ["hi", "bho"], "product": "PMJAY", "rulebook": 12, "functions": ["medical_care"],
            "start": "2026-03-01", "end": "2027-02-28", "copay_class": 1, "territory": ["IN"], "pooled": true}}"#,
        to_hex(&HOLDER.public())
    )
}
