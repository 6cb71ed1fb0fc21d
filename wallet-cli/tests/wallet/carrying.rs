//! Backups, in a file and on paper; exports.

use std::fs;

use crate::desk::{Desk, GOOD, json, text};

/// A wallet with a paper and a phone credential, verified.
fn full() -> Desk {
    let desk = Desk::new();
    desk.card("ann.txt", "Ann", 1);
    desk.record("real.json", &[(1, GOOD)]);
    desk.phone_card("phone.txt", "Ann", 1, &[]);
    desk.does(&["add", "ann.txt", "phone.txt", "--record", "real.json"]);
    desk
}

#[test]
fn a_backup_restores_elsewhere_with_everything() {
    let desk = full();
    let before = desk.listed();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    fs::remove_dir_all(desk.at("wallet")).unwrap();
    desk.does(&["restore", "b.sndb", "--wallet", "elsewhere/wallet", "--memory", "19"])
        .status
        .code()
        .unwrap();
    let after = json(&desk.does(&["list", "--json", "--wallet", "elsewhere/wallet"]));
    assert_eq!(after, before);
    assert!(after.iter().all(|held| held["standing"] == "verified"));
    // The key came along: the phone credential is presented as before.
    let phone = after.iter().find(|held| held["phone"] == true).unwrap()["id"].as_str().unwrap();
    desk.does(&["present", phone, "--to", "UG-F01", "--wallet", "elsewhere/wallet"]);
}

#[test]
fn a_printed_sheet_restores_from_photographs_in_any_order() {
    let desk = full();
    let before = desk.listed();
    desk.does(&["backup", "--sheet", "sheet.html", "--memory", "19"]);
    let page = fs::read_to_string(desk.at("sheet.html")).unwrap();
    assert!(!page.contains("Ann") && !page.contains("M-1") && !page.contains("http-equiv=\"refresh"));
    // Each figure as a picture, drawn as a printer would.
    let svgs: Vec<String> = page
        .split("<figure>")
        .skip(1)
        .map(|figure| format!("{}\n", figure.split("<figcaption>").next().unwrap()))
        .collect();
    assert!(svgs.len() >= 2, "{}", svgs.len());
    let mut files = Vec::new();
    for (number, svg) in svgs.iter().enumerate().rev() {
        let text = sanad_qr::read_svg(svg).unwrap();
        let symbol = sanad_qr::draw(&text, sanad_qr::Encoder::Bulk).unwrap().symbol;
        let png = sanad_qr::png(&symbol, sanad_qr::ModulePixels::new(4).unwrap()).unwrap();
        let name = format!("photo-{number}.png");
        fs::write(desk.at(&name), png).unwrap();
        files.push(name);
    }
    let mut arguments = vec!["restore", "--wallet", "elsewhere", "--memory", "19"];
    arguments.extend(files.iter().map(String::as_str));
    let missing = desk.run(&arguments[..arguments.len() - 1]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(text(&missing.stderr).contains("these are missing: 1"), "{}", text(&missing.stderr));
    assert!(!desk.at("elsewhere").exists());
    desk.does(&arguments);
    assert_eq!(json(&desk.does(&["list", "--json", "--wallet", "elsewhere"])), before);
}

#[test]
fn several_people_stay_apart_in_a_backup() {
    let desk = Desk::of_a_clerk();
    desk.card("ann.txt", "Ann", 1);
    desk.card("ben.txt", "Ben", 1);
    desk.does(&["add", "ann.txt", "--holder", "Ann", "--new-holder"]);
    desk.does(&["add", "ben.txt", "--holder", "Ben", "--new-holder"]);
    let before = desk.listed();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    desk.does(&["restore", "b.sndb", "--wallet", "elsewhere", "--memory", "19"]);
    assert_eq!(json(&desk.does(&["list", "--json", "--wallet", "elsewhere"])), before);
}

#[test]
fn a_backup_opens_with_its_passphrase_only_and_holds_no_plaintext() {
    let desk = full();
    desk.does(&["backup", "--out", "b.sndb", "--memory", "19"]);
    let bytes = fs::read(desk.at("b.sndb")).unwrap();
    for word in ["Ann", "M-1", "KE-SHA", "SND1:"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    let output = desk
        .command(&["restore", "b.sndb", "--wallet", "elsewhere"])
        .env("SANAD_PASSPHRASE", "millet and rein")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(!desk.at("elsewhere").exists());
}

#[test]
fn exported_documents_are_read_by_another_wallet() {
    let desk = full();
    let said = desk.does(&["export", "--all", "--out", "out"]);
    assert!(text(&said.stderr).contains("not encrypted"));
    let ids = desk.ids();
    for id in &ids {
        assert!(desk.at(&format!("out/{id}.txt")).exists());
    }
    // Again the same is no harm; something else in its place is.
    desk.does(&["export", &ids[0], "--out", "out"]);
    fs::write(desk.at(&format!("out/{}.txt", ids[0])), "somebody's").unwrap();
    desk.refuses(&["export", "--all", "--out", "out"], "says something else");
    let other = Desk::new();
    let paper = other.run(&["add", desk.at("ann.txt").to_str().unwrap()]);
    assert_eq!(paper.status.code(), Some(0), "{}", text(&paper.stderr));
    // A phone credential without its key is of no use to another phone.
    let path = desk.at("phone.txt");
    other.refuses(&["add", path.to_str().unwrap()], "the key of another phone");
}
