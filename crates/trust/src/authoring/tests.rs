//! Ceremonies in memory: what a draft refuses, what a signature holds, what a publication leaves.

use std::collections::BTreeMap;

use sanad_credential::{IssuerId, Name, PublicKey, SigningKey, UnixTime};

use super::*;
use crate::client::{Anchor, Metadata, Source, SourceFault, VersionFloors, refresh};
use crate::country::Country;
use crate::examples::{AGREEMENT, FACILITIES, GRANT, HOST_RULES, RECORD, RULEBOOK, changed};
use crate::metadata::{DelegatedRole, FileFault, RoleName, Search};

/// The day of the examples: their keys and rules start on it.
const DAY: &str = "2026-01-01";

/// A repository in memory.
#[derive(Clone, Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Source for Memory {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        match self.0.get(name) {
            Some(file) if file.len() > bytes_max => Err(SourceFault::TooLong { bytes_max }),
            file => Ok(file.cloned()),
        }
    }
}

impl Memory {
    fn published(&mut self) -> Published<'_> {
        Published::read(self).unwrap().unwrap()
    }

    fn next(&mut self, role: &str) -> Draft {
        Draft::next(&mut self.published(), &named(role), dates(DAY)).unwrap()
    }

    fn publish(&mut self, drafts: &[Draft]) -> Result<Publication, AuthoringFault> {
        let mut before = self.clone();
        let mut before = Published::read_below(&mut before, drafts).unwrap();
        let publication = publish(before.as_mut(), drafts, &secret(9), time(DAY))?;
        self.0.extend(publication.files.iter().cloned());
        Ok(publication)
    }

    fn refresh(&mut self, before: Option<&Metadata>) -> Metadata {
        let (anchor, floors) = match before {
            Some(before) => (before.root_file.clone(), before.floors.clone()),
            None => (self.0["metadata/1.root.json"].clone(), VersionFloors::none()),
        };
        refresh(self, &Anchor::File(anchor), &floors).unwrap()
    }
}

fn secret(number: u8) -> SigningKey {
    SigningKey::from_secret(&[number; 32])
}

fn key(number: u8) -> PublicRoleKey {
    PublicRoleKey {
        holder: Name::new(&format!("holder {number}")).unwrap(),
        key: secret(number).public_key(),
    }
}

fn keys(numbers: &[u8], threshold: usize) -> Signers {
    Signers::new(&numbers.iter().map(|number| key(*number)).collect::<Vec<_>>(), threshold)
}

fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

fn dates(day: &str) -> Dates {
    Dates::lasting(time(day), 365).unwrap()
}

fn named(role: &str) -> RoleName {
    match role {
        "root" => RoleName::Root,
        "targets" => RoleName::Targets,
        country => RoleName::Delegated(country.to_owned()),
    }
}

fn country(name: &str) -> Country {
    Country::new(name).unwrap()
}

fn list(text: &str) -> Change {
    Change::List { text: text.to_owned() }
}

fn signed(mut draft: Draft, numbers: &[u8]) -> Draft {
    for number in numbers {
        draft.sign(&secret(*number)).unwrap();
    }
    Draft::parse(&draft.to_text()).unwrap()
}

fn region(root: Signers, targets: Signers, online: u8) -> Result<(Draft, Draft), AuthoringFault> {
    Draft::region(&NewRegion { root, targets, online: key(online) }, dates(DAY), dates(DAY))
}

fn kenya(region: &Draft) -> Draft {
    Draft::accompanying(region, &named("KE"), None, dates(DAY)).unwrap()
}

/// Root by 2 of the keys 1, 2, 3; the region's list by 2 of 4, 5; Kenya by 6; online 9.
fn unsigned() -> (Draft, Draft, Draft) {
    let (root, list_draft) = region(keys(&[1, 2, 3], 2), keys(&[4, 5], 2), 9).unwrap();
    let add = Change::AddCountry(CountryKeys { country: country("KE"), signers: keys(&[6], 1) });
    let list_draft = list_draft.change(vec![add, list(GRANT), list(AGREEMENT)], dates(DAY)).unwrap();
    let files = vec![list(RECORD), list(RULEBOOK), list(HOST_RULES)];
    let kenya = kenya(&list_draft).change(files, dates(DAY)).unwrap();
    (root, list_draft, kenya)
}

fn repository() -> Memory {
    let (root, list, kenya) = unsigned();
    let drafts = [signed(root, &[1, 2]), signed(list, &[4, 5]), signed(kenya, &[6])];
    let mut memory = Memory::default();
    memory.publish(&drafts).unwrap();
    memory
}

#[test]
fn a_published_region_is_what_the_client_follows() {
    let mut memory = repository();
    let metadata = memory.refresh(None);
    assert!(metadata.ignored.is_empty());
    assert_eq!(metadata.countries["KE"].targets.len(), 3);
    assert_eq!(metadata.root.holders.len(), 6);
    let files = metadata.regional.targets.iter().chain(&metadata.countries["KE"].targets);
    for (path, file) in files {
        assert!(memory.published().target(path, file).is_ok(), "{path}");
    }
    assert_eq!(metadata.date(Some("KE")).unwrap().to_string(), DAY);
}

#[test]
fn the_same_drafts_give_the_same_bytes() {
    assert_eq!(repository().0, repository().0);
}

#[test]
fn a_draft_is_written_and_read_back() {
    let (root, list, kenya) = unsigned();
    for draft in [root, list, kenya, repository().next("KE"), repository().next("root")] {
        assert_eq!(Draft::parse(&draft.to_text()).unwrap(), draft);
    }
}

#[test]
fn another_roles_file_is_refused() {
    let (_, region, kenya) = unsigned();
    for (draft, text, role) in [
        (&region, RECORD, "KE"),
        (&region, RULEBOOK, "KE"),
        (&region, FACILITIES, "UG"),
        (&kenya, GRANT, "targets"),
        (&kenya, AGREEMENT, "targets"),
        (&kenya, FACILITIES, "UG"),
    ] {
        let fault = draft.clone().change(vec![list(text)], dates(DAY)).unwrap_err();
        assert!(matches!(&fault, AuthoringFault::OtherRole { role: found, .. } if found == role), "{fault}");
    }
}

#[test]
fn another_countrys_issuer_is_refused() {
    let (_, _, kenya) = unsigned();
    let stolen =
        RECORD.replace(r#""iss": "KE-SHA", "country": "KE""#, r#""iss": "UG-NHIS", "country": "UG""#);
    let fault = kenya.clone().change(vec![list(&stolen)], dates(DAY)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::OtherRole { .. }), "{fault}");
    let mixed = changed(RECORD, r#""country": "KE""#, r#""country": "UG""#);
    let fault = kenya.change(vec![list(&mixed)], dates(DAY)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Target { .. }), "{fault}");
}

#[test]
fn content_that_is_not_its_paths_is_refused_when_a_draft_is_read() {
    let (_, _, kenya) = unsigned();
    let mut draft = kenya;
    let RoleContent::Targets(targets) = &mut draft.content else { panic!("a list") };
    let file = targets.targets.remove("issuers/KE/KE-SHA.json").unwrap();
    targets.targets.insert("issuers/KE/KE-NHIF.json".into(), file);
    let text = draft.files.remove("issuers/KE/KE-SHA.json").unwrap();
    draft.files.insert("issuers/KE/KE-NHIF.json".into(), text);
    let fault = Draft::parse(&draft.to_text()).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Target { .. }), "{fault}");
}

#[test]
fn unknown_files_and_paths_are_refused() {
    assert_eq!(path_of("{}").unwrap_err(), AuthoringFault::UnknownFile);
    let fault = path_of(r#"{"iss": "../../root", "country": "KE"}"#).unwrap_err();
    assert!(matches!(fault, AuthoringFault::UnknownPath { .. }), "{fault}");
}

#[test]
fn a_country_delegates_no_further() {
    let (_, region, mut kenya) = unsigned();
    let RoleContent::Targets(regional) = &region.content else { panic!("a list") };
    let RoleContent::Targets(targets) = &mut kenya.content else { panic!("a list") };
    (targets.keys, targets.delegations) = (regional.keys.clone(), regional.delegations.clone());
    let fault = Draft::parse(&kenya.to_text()).unwrap_err();
    assert!(matches!(fault, AuthoringFault::DelegatesFurther { .. }), "{fault}");
}

#[test]
fn a_delegation_beyond_the_country_is_refused() {
    let check = |change: &dyn Fn(&mut DelegatedRole)| {
        let (_, mut region, _) = unsigned();
        let RoleContent::Targets(targets) = &mut region.content else { panic!("a list") };
        change(&mut targets.delegations[0]);
        Draft::parse(&region.to_text()).unwrap_err()
    };
    let beyond = AuthoringFault::BeyondTheCountry { country: "KE".into() };
    assert_eq!(check(&|role| role.paths.push("issuers/UG/*".into())), beyond);
    assert_eq!(check(&|role| role.search = Search::GoesOn), beyond);
    let fault = check(&|role| role.name = "Kenya".into());
    assert!(matches!(fault, AuthoringFault::NotACountry { .. }), "{fault}");
    let fault = check(&|role| role.keys.names.clear());
    assert!(matches!(fault, AuthoringFault::TooFewKeys { .. }), "{fault}");
}

#[test]
fn one_key_alone_is_never_the_region() {
    let fault = |root, targets| region(root, targets, 9).unwrap_err();
    let lonely = |role: &str| AuthoringFault::Threshold { role: role.into(), found: 1, least: 2 };
    assert_eq!(fault(keys(&[1, 2], 1), keys(&[4, 5], 2)), lonely("root"));
    assert_eq!(fault(keys(&[1, 2], 2), keys(&[4, 5], 1)), lonely("targets"));
    let too_few = AuthoringFault::TooFewKeys { role: "root".into(), keys: 2, threshold: 3 };
    assert_eq!(fault(keys(&[1, 2], 3), keys(&[4, 5], 2)), too_few);
}

#[test]
fn a_key_counts_once() {
    let twice = AuthoringFault::KeyTwice { key: key(1).key.id() };
    assert_eq!(region(keys(&[1, 2, 1], 3), keys(&[4, 5], 2), 9).unwrap_err(), twice);
    let mut memory = repository();
    let again = KeyChange { add: vec![key(1)], remove: vec![], threshold: Some(3) };
    let change = Change::RotateKeys { group: KeyGroup::Root, keys: again };
    assert_eq!(memory.next("root").change(vec![change], dates(DAY)).unwrap_err(), twice);
}

#[test]
fn a_key_of_small_order_is_refused() {
    let weak = PublicRoleKey { holder: Name::new("weak").unwrap(), key: PublicKey([0; 32]) };
    let text = weak.to_json().to_string();
    assert!(PublicRoleKey::parse(&text).is_err());
    let signers = Signers::new(&[weak.clone(), key(2)], 2);
    assert_eq!(
        region(signers, keys(&[4, 5], 2), 9).unwrap_err(),
        AuthoringFault::WeakKey { key: weak.key.id() }
    );
}

#[test]
fn the_online_key_signs_nothing_else() {
    let fault = region(keys(&[1, 2, 9], 2), keys(&[4, 5], 2), 9).unwrap_err();
    assert_eq!(fault, AuthoringFault::OnlineKeyOffline { key: key(9).key.id() });
}

#[test]
fn a_key_from_before_its_first_list_is_refused() {
    let (_, region, _) = unsigned();
    let fault = kenya(&region).change(vec![list(RECORD)], dates("2026-01-02")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::KeyBackdated { .. }), "{fault}");
    // Listed in time, it stays; its first day cannot move back.
    let mut memory = repository();
    let renamed = changed(RECORD, "Social Health Authority", "Health Authority");
    assert!(memory.next("KE").change(vec![list(&renamed)], dates("2026-06-01")).is_ok());
    let earlier = changed(RECORD, r#""from": "2026-01-01""#, r#""from": "2025-12-31""#);
    let fault = memory.next("KE").change(vec![list(&earlier)], dates("2026-06-01")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::KeyBackdated { .. }), "{fault}");
    // For another use it is a new key.
    let used = changed(RECORD, r#""use": "status""#, r#""use": "delegation""#);
    let fault = memory.next("KE").change(vec![list(&used)], dates("2026-06-01")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::KeyBackdated { .. }), "{fault}");
}

#[test]
fn a_rulebook_speaks_about_what_comes() {
    let (_, region, _) = unsigned();
    let fault = kenya(&region).change(vec![list(RULEBOOK)], dates("2026-01-02")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::VersionBackdated { version: 1, .. }), "{fault}");
    let mut memory = repository();
    // In force since January, it stays as it is; the one of July may still change.
    let rewritten = changed(RULEBOOK, r#""OPD", "EMER"]"#, r#""OPD"]"#);
    let fault = memory.next("KE").change(vec![list(&rewritten)], dates("2026-03-01")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::VersionRewritten { version: 1, .. }), "{fault}");
    let future = changed(RULEBOOK, r#""max_level": 3"#, r#""max_level": 4"#);
    assert!(memory.next("KE").change(vec![list(&future)], dates("2026-03-01")).is_ok());
}

#[test]
fn an_agreement_that_changes_has_a_higher_version() {
    let text = changed(AGREEMENT, r#""claim_days": 90"#, r#""claim_days": 30"#);
    let mut memory = repository();
    let fault = memory.next("targets").change(vec![list(&text)], dates(DAY)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::NotRisen { found: 2, earlier: 2, .. }), "{fault}");
    let text = changed(&text, r#""version": 2"#, r#""version": 3"#);
    assert!(memory.next("targets").change(vec![list(&text)], dates(DAY)).is_ok());
}

#[test]
fn a_compromised_key_stays_compromised() {
    let mut memory = repository();
    let kid = PublicKey::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let mark = Change::MarkCompromised { issuer: IssuerId::new("KE-SHA").unwrap(), key: kid.unwrap().id() };
    let draft = memory.next("KE").change(vec![mark], dates(DAY)).unwrap();
    let summary = Summary::of(&draft);
    let words: Vec<_> =
        summary.targets[0].lines.iter().map(|line| (line.sign, &*line.place, &*line.value)).collect();
    let place = "keys[866eefbd6718c884].state";
    assert_eq!(words, [(Sign::Removed, place, "active"), (Sign::Added, place, "compromised")]);
    memory.publish(&[signed(draft, &[6])]).unwrap();
    let fault = memory.next("KE").change(vec![list(RECORD)], dates(DAY)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::CompromiseUndone { .. }), "{fault}");
}

#[test]
fn time_does_not_go_backward() {
    let mut memory = repository();
    let fault = memory.next("KE").change(vec![], dates("2025-12-31")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Backdated { .. }), "{fault}");
    let fault = renew_timestamp(&mut memory.published(), &secret(9), time("2025-12-31")).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Backdated { .. }), "{fault}");
}

#[test]
fn signatures_below_the_threshold_publish_nothing() {
    let (root, list, kenya) = unsigned();
    let (list, kenya) = (signed(list, &[4, 5]), signed(kenya, &[6]));
    let mut memory = Memory::default();
    let fault = memory.publish(&[signed(root, &[1]), list, kenya]).unwrap_err();
    assert!(
        matches!(&fault, AuthoringFault::NotSigned { fault: FileFault::BelowThreshold(_), .. }),
        "{fault}"
    );
    assert!(memory.0.is_empty());
}

#[test]
fn only_the_roles_keys_sign() {
    let (root, _, mut kenya) = unsigned();
    assert_eq!(kenya.sign(&secret(1)), Err(AuthoringFault::NotASigner { key: key(1).key.id() }));
    assert!(!signed(root, &[1]).is_complete());
}

#[test]
fn a_signed_draft_is_not_changed() {
    let (_, _, kenya) = unsigned();
    let draft = signed(kenya, &[6]);
    let fault = draft.clone().change(vec![list(HOST_RULES)], dates(DAY)).unwrap_err();
    assert_eq!(fault, AuthoringFault::Signed { role: "KE".into() });
    // Changed behind the signer's back it does not read.
    let expires = draft.content.header().expires.to_string();
    let text = changed(&draft.to_text(), &expires, "2030-01-01T00:00:00Z");
    assert!(matches!(Draft::parse(&text), Err(AuthoringFault::Altered { .. })));
}

#[test]
fn copies_merge_and_others_do_not() {
    let (root, ..) = unsigned();
    let (mut one, two) = (signed(root.clone(), &[1]), signed(root.clone(), &[2]));
    one.merge(&two).unwrap();
    assert!(one.is_complete());
    assert_eq!(one, signed(root.clone(), &[1, 2]));
    let other = root.change(vec![], dates("2026-01-02")).unwrap();
    assert_eq!(one.merge(&signed(other, &[3])), Err(AuthoringFault::OtherDraft { role: "root".into() }));
}

#[test]
fn members_that_nobody_saw_are_refused() {
    let (_, _, kenya) = unsigned();
    let text = changed(&kenya.to_text(), r#""content":{"#, r#""content":{"more":1,"#);
    assert!(matches!(Draft::parse(&text), Err(AuthoringFault::Form(_))));
    let text = changed(&kenya.to_text(), r#"{"sanad_draft":1"#, r#"{"sanad_draft":2"#);
    assert!(matches!(Draft::parse(&text), Err(AuthoringFault::Form(_))));
}

#[test]
fn a_comparison_that_was_made_up_shows() {
    let mut memory = repository();
    let draft = memory.next("KE");
    assert_eq!(Summary::of(&draft).previous, Previous::Version { version: 1, signed: 1 });
    // Somebody else's version before, which already lists what is to be hidden, is signed by nobody here.
    let mut forged = draft;
    let previous = forged.previous.as_mut().unwrap();
    previous.file = String::from_utf8(previous.file.clone()).unwrap().replace("2027-", "2028-").into_bytes();
    let forged = Draft::parse(&forged.to_text()).unwrap();
    assert_eq!(Summary::of(&forged).previous, Previous::Version { version: 1, signed: 0 });
    let fault = memory.publish(&[signed(forged, &[6])]).unwrap_err();
    assert!(matches!(fault, AuthoringFault::OtherBase { .. }), "{fault}");
}

#[test]
fn a_draft_on_an_older_version_is_refused() {
    let mut memory = repository();
    let (one, two) = (memory.next("KE"), memory.next("KE"));
    memory.publish(&[signed(one, &[6])]).unwrap();
    let fault = memory.publish(&[signed(two, &[6])]).unwrap_err();
    let wanted = AuthoringFault::OtherBase { role: "KE".into(), drafted_on: Some(1), published: Some(2) };
    assert_eq!(fault, wanted);
}

#[test]
fn a_root_rotates_by_old_and_new_thresholds() {
    let mut memory = repository();
    let before = memory.refresh(None);
    // Key 3 is lost, 7 comes.
    let rotation = KeyChange { add: vec![key(7)], remove: vec!["holder 3".into()], threshold: None };
    let change = Change::RotateKeys { group: KeyGroup::Root, keys: rotation };
    let draft = memory.next("root").change(vec![change], dates(DAY)).unwrap();
    let fault = memory.publish(&[signed(draft.clone(), &[1, 7])]).unwrap_err();
    assert!(matches!(fault, AuthoringFault::NotSigned { .. }), "one of the old keys: {fault}");
    memory.publish(&[signed(draft, &[1, 2])]).unwrap();
    let after = memory.refresh(Some(&before));
    assert_eq!(after.root.header.version, 2);
    assert!(!after.root.holders.values().any(|holder| holder == "holder 3"));
    assert_eq!(memory.refresh(None).root, after.root);
}

#[test]
fn a_root_that_takes_the_lists_keys_away_needs_the_list_signed_again() {
    let mut memory = repository();
    let rotation = KeyChange { add: vec![key(7), key(8)], remove: vec!["holder 5".into()], threshold: None };
    let change = Change::RotateKeys { group: KeyGroup::Targets, keys: rotation };
    let root = memory.next("root").change(vec![change], dates(DAY)).unwrap();
    let list =
        Draft::accompanying(&root, &named("targets"), Some(&mut memory.published()), dates(DAY)).unwrap();
    let root = signed(root, &[1, 2]);
    let fault = memory.publish(std::slice::from_ref(&root)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Refused(_)), "{fault}");
    let before = memory.refresh(None);
    memory.publish(&[root, signed(list, &[7, 8])]).unwrap();
    memory.refresh(Some(&before));
}

#[test]
fn another_online_key_publishes_nothing() {
    let mut memory = repository();
    let fault = publish(Some(&mut memory.published()), &[], &secret(8), time(DAY)).unwrap_err();
    assert_eq!(fault, AuthoringFault::NotTheOnlineKey { key: key(8).key.id() });
    let rotate = Change::ReplaceOnlineKey(key(8));
    let root = signed(memory.next("root").change(vec![rotate], dates(DAY)).unwrap(), &[1, 3]);
    let before = memory.refresh(None);
    let publication = publish(Some(&mut memory.published()), &[root], &secret(8), time(DAY)).unwrap();
    memory.0.extend(publication.files);
    memory.refresh(Some(&before));
}

#[test]
fn a_country_that_leaves_stays_in_the_snapshot_and_may_come_back() {
    let mut memory = repository();
    let before = memory.refresh(None);
    let remove = Change::RemoveCountry { country: country("KE") };
    let draft = memory.next("targets").change(vec![remove], dates(DAY)).unwrap();
    assert!(Summary::of(&draft).targets.iter().any(|change| change.path == "grants/KE.json"));
    memory.publish(&[signed(draft, &[4, 5])]).unwrap();
    let gone = memory.refresh(Some(&before));
    assert!(gone.countries.is_empty());
    assert_eq!(gone.snapshot.files["KE.json"].version, 1);

    let add = Change::AddCountry(CountryKeys { country: country("KE"), signers: keys(&[8], 1) });
    let region = memory.next("targets").change(vec![add], dates("2026-05-01")).unwrap();
    let list_of =
        Draft::accompanying(&region, &named("KE"), Some(&mut memory.published()), dates("2026-05-01"));
    let kenya = list_of.unwrap();
    assert_eq!(kenya.content().header().version, 2);
    assert_eq!(Summary::of(&kenya).targets.len(), 3, "what it listed goes");
    // Keys that it had listed before are no news.
    let kenya = kenya.change(vec![list(RECORD)], dates("2026-05-01")).unwrap();
    memory.publish(&[signed(region, &[4, 5]), signed(kenya, &[8])]).unwrap();
    let back = memory.refresh(Some(&gone));
    assert_eq!(back.countries["KE"].targets.len(), 1);
}

#[test]
fn a_countrys_keys_rotate_with_its_list() {
    let mut memory = repository();
    let keys = KeyChange { add: vec![key(8)], remove: vec!["holder 6".into()], threshold: None };
    let rotate = Change::RotateCountry { country: country("KE"), keys };
    let region = memory.next("targets").change(vec![rotate], dates(DAY)).unwrap();
    let list_of = Draft::accompanying(&region, &named("KE"), Some(&mut memory.published()), dates(DAY));
    let (region, kenya) = (signed(region, &[4, 5]), signed(list_of.unwrap(), &[8]));
    let before = memory.refresh(None);
    let fault = memory.publish(std::slice::from_ref(&region)).unwrap_err();
    assert!(matches!(fault, AuthoringFault::Refused(_)), "the old list under new keys: {fault}");
    memory.publish(&[region, kenya]).unwrap();
    assert_eq!(memory.refresh(Some(&before)).countries["KE"].targets.len(), 3);
}

#[test]
fn a_publication_cut_short_changes_nothing_and_is_done_again() {
    let base = repository();
    let mut memory = base.clone();
    let before = memory.refresh(None);
    let rotation = KeyChange { add: vec![key(7)], remove: vec!["holder 3".into()], threshold: None };
    let rotate = Change::RotateKeys { group: KeyGroup::Root, keys: rotation };
    let root = signed(memory.next("root").change(vec![rotate], dates(DAY)).unwrap(), &[1, 2]);
    let drafts = [root, signed(memory.next("KE"), &[6])];
    let publication = memory.publish(&drafts).unwrap();
    assert_eq!(publication.files.last().unwrap().0, "metadata/timestamp.json");
    for written in 0..publication.files.len() {
        let mut cut = base.clone();
        cut.0.extend(publication.files.iter().take(written).cloned());
        let seen = cut.refresh(Some(&before));
        assert_eq!(seen.timestamp, before.timestamp, "{written} files written");
        assert_eq!(seen.countries, before.countries);
        let again = {
            let mut below = Published::read_below(&mut cut, &drafts).unwrap();
            publish(below.as_mut(), &drafts, &secret(9), time("2026-01-02")).unwrap()
        };
        cut.0.extend(again.files);
        assert_eq!(cut.refresh(Some(&before)).countries["KE"].header.version, 2);
    }
}

#[test]
fn a_region_is_never_begun_anew() {
    let (root, list, kenya) = unsigned();
    let drafts = [signed(root, &[1, 2]), signed(list, &[4, 5]), signed(kenya, &[6])];
    let mut memory = Memory::default();
    memory.publish(&drafts).unwrap();
    memory.publish(&[signed(memory.clone().next("KE"), &[6])]).unwrap();
    let before = memory.refresh(None);
    let fault = memory.publish(&drafts).unwrap_err();
    assert!(matches!(fault, AuthoringFault::OtherBase { .. }), "{fault}");
    // The root alone stands there already: nothing but the dates is new.
    memory.publish(&drafts[..1]).unwrap();
    assert_eq!(memory.refresh(Some(&before)).countries, before.countries);
    memory.0.insert("metadata/timestamp.json".into(), b"damaged".to_vec());
    assert!(Published::read_below(&mut memory, &drafts).is_err());
}

#[test]
fn a_change_of_the_online_key_that_was_cut_short_is_done_again() {
    let mut memory = repository();
    let before = memory.refresh(None);
    let rotate = Change::ReplaceOnlineKey(key(8));
    let root = signed(memory.next("root").change(vec![rotate], dates(DAY)).unwrap(), &[1, 2]);
    let drafts = [root];
    let publish_below = |memory: &mut Memory| {
        let mut below = Published::read_below(memory, &drafts).unwrap();
        publish(below.as_mut(), &drafts, &secret(8), time(DAY)).unwrap().files
    };
    let files = publish_below(&mut memory);
    // All but the timestamp: the one moment at which verifiers wait, and keep what they have.
    memory.0.extend(files.iter().take(files.len() - 1).cloned());
    let anchor = Anchor::File(before.root_file.clone());
    assert!(refresh(&mut memory, &anchor, &before.floors).is_err());
    let files = publish_below(&mut memory);
    memory.0.extend(files);
    assert_eq!(memory.refresh(Some(&before)).root.header.version, 2);
}

#[test]
fn a_timestamp_takes_the_snapshot_along_before_it_is_old() {
    let mut memory = repository();
    let day = renew_timestamp(&mut memory.published(), &secret(9), time("2026-01-02")).unwrap();
    assert_eq!(day.files.len(), 1);
    memory.0.extend(day.files);
    let later = renew_timestamp(&mut memory.published(), &secret(9), time("2026-02-15")).unwrap();
    let names: Vec<_> = later.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["metadata/2.snapshot.json", "metadata/timestamp.json"]);
    memory.0.extend(later.files);
    assert_eq!(memory.refresh(None).timestamp.header.version, 3);
}
