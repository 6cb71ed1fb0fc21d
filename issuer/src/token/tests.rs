//! Each test is named for the attack or the rule. Offices and delegates are invented.

use sanad_credential::{Area, IssuerId, Set};

use super::secret::COMPARISONS;
use super::*;
use crate::store::embedded::EmbeddedStore;
use crate::store::{Paper, PaperKey};

fn store() -> (tempfile::TempDir, EmbeddedStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(&dir.path().join("store"), &IssuerId::new("KE-SHA").unwrap()).unwrap();
    (dir, store)
}

fn now() -> UnixTime {
    UnixTime::parse("2026-03-02T08:00:00Z").unwrap()
}

fn later(seconds: u64) -> UnixTime {
    now().plus_seconds(seconds).unwrap()
}

fn within(areas: &[&str]) -> Reach {
    Reach::Within(Set::new(areas.iter().map(|area| Area::new(area).unwrap()).collect()).unwrap())
}

fn order(roles: &[Role], reach: Reach) -> Order {
    Order {
        label: Label::new("county office, desk 2").unwrap(),
        roles: Roles::new(roles.iter().copied()),
        reach,
        delegation: None,
        days: DAYS,
    }
}

fn caller(roles: &[Role], reach: Reach) -> Caller {
    let actor = Actor::new("token:0000000a").unwrap();
    let origin = Actor::new("token:0000000b").unwrap();
    Caller { actor, origin, roles: Roles::new(roles.iter().copied()), reach, delegate: None }
}

fn made(store: &EmbeddedStore, order: &Order) -> Made {
    create(store, order, Maker::CommandLine, now()).unwrap()
}

fn log(store: &EmbeddedStore) -> Vec<String> {
    store.audit(0, PAGE_MAX).unwrap().0
}

#[test]
fn a_token_counts_from_its_making_until_its_end() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], within(&["KE-30"])));
    let presented = PresentedToken::parse(&made.expose()).unwrap();
    let kept = stored(&store, presented.id).unwrap().unwrap();
    assert_eq!(kept, made.token);
    assert_eq!(judge(Some(&kept), &presented.hash(), now()), Ok(()));
    let end = u64::from(DAYS) * 86_400;
    assert_eq!(judge(Some(&kept), &presented.hash(), later(end - 1)), Ok(()));
    assert_eq!(judge(Some(&kept), &presented.hash(), later(end)), Err(Refusal::Over));
}

#[test]
fn the_store_and_the_log_have_neither_the_secret_nor_the_label_of_the_log() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    let secret = made.expose()[15..].to_owned();
    let paper = store.paper(&Token::key(made.token.id).unwrap()).unwrap().unwrap();
    assert!(!String::from_utf8(paper.content).unwrap().contains(&secret));
    let lines = log(&store);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("create-token") && lines[0].contains(&made.token.id.to_string()));
    assert!(!lines[0].contains("desk") && !lines[0].contains(&secret), "{}", lines[0]);
    assert!(!format!("{made:?}").contains(&secret));
}

#[test]
fn a_withdrawn_token_does_not_count_and_stays_withdrawn() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    let id = made.token.id;
    assert_eq!(withdraw(&store, id, Maker::CommandLine, later(5)).unwrap(), Withdrawn::Now);
    assert_eq!(withdraw(&store, id, Maker::CommandLine, later(9)).unwrap(), Withdrawn::Before);
    let kept = stored(&store, id).unwrap().unwrap();
    assert_eq!(kept.withdrawn, Some(later(5)));
    assert_eq!(judge(Some(&kept), &made.token.hash, later(6)), Err(Refusal::Over));
    // Withdrawn a second time is not logged: nothing was done.
    assert_eq!(log(&store).len(), 2);
}

#[test]
fn only_who_has_the_secret_learns_that_a_token_is_over() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    withdraw(&store, made.token.id, Maker::CommandLine, now()).unwrap();
    let kept = stored(&store, made.token.id).unwrap().unwrap();
    let guess = PresentedToken::draw().unwrap().hash();
    assert_eq!(judge(Some(&kept), &guess, now()), Err(Refusal::NotAccepted));
    assert_eq!(judge(Some(&kept), &made.token.hash, now()), Err(Refusal::Over));
}

#[test]
fn an_unknown_id_and_a_wrong_secret_take_the_same_steps_to_the_same_answer() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    let guess = PresentedToken::draw().unwrap().hash();
    let counted = |token: Option<&Token>, presented: &SecretHash| {
        COMPARISONS.with(|comparisons| comparisons.set(0));
        let answer = judge(token, presented, now());
        (answer, COMPARISONS.with(std::cell::Cell::get))
    };
    let wrong = counted(Some(&made.token), &guess);
    assert_eq!(wrong, (Err(Refusal::NotAccepted), 1));
    assert_eq!(counted(None, &guess), wrong);
    // Nobody's hash opens nothing, also not where there is no token.
    assert_eq!(counted(None, &SecretHash::NOBODYS), wrong);
    assert_eq!(counted(Some(&made.token), &made.token.hash), (Ok(()), 1));
}

#[test]
fn no_secret_that_is_off_by_one_bit_is_accepted() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    let text = made.expose();
    let mut tried = 0;
    for place in 15..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] ^= 1;
        let Ok(changed) = PresentedToken::parse(std::str::from_utf8(&bytes).unwrap()) else { continue };
        assert_eq!(judge(Some(&made.token), &changed.hash(), now()), Err(Refusal::NotAccepted));
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn no_token_leads_to_one_with_more_roles() {
    let (_dir, store) = store();
    let administrator = caller(&[Role::Administrator, Role::Registrar], Reach::Everywhere);
    let maker = Maker::Caller(&administrator);
    for role in Role::ALL {
        let asked = order(&[Role::Registrar, role], Reach::Everywhere);
        let made = create(&store, &asked, maker, now());
        if administrator.roles.has(role) {
            assert_eq!(made.unwrap().token.origin, administrator.origin);
        } else {
            assert!(matches!(made, Err(TokenFault::MoreRoles(more)) if more == role), "{role}");
        }
    }
    assert_eq!(log(&store).len(), 2, "what is refused leaves nothing");
}

#[test]
fn no_token_leads_to_one_with_more_areas() {
    let (_dir, store) = store();
    let administrator = caller(&[Role::Administrator], within(&["KE-30", "KE-01"]));
    let maker = Maker::Caller(&administrator);
    let ask = |reach| create(&store, &order(&[Role::Administrator], reach), maker, now());
    assert!(ask(within(&["KE-30"])).is_ok());
    for (reach, outside) in [
        (within(&["KE-30", "KE-02"]), Outside::Area(Area::new("KE-02").unwrap())),
        (within(&["KE"]), Outside::Area(Area::new("KE").unwrap())),
        (Reach::Everywhere, Outside::Everywhere),
    ] {
        assert!(matches!(ask(reach), Err(TokenFault::MoreReach(found)) if found == outside));
    }
}

#[test]
fn an_administrator_of_one_county_neither_sees_nor_withdraws_anothers_tokens() {
    let (_dir, store) = store();
    let own = made(&store, &order(&[Role::Registrar], within(&["KE-30"]))).token;
    let other = made(&store, &order(&[Role::Registrar], within(&["KE-01"]))).token;
    let country = made(&store, &order(&[Role::Registrar], Reach::Everywhere)).token;
    let county = caller(&[Role::Administrator], within(&["KE-30"]));
    let maker = Maker::Caller(&county);
    assert_eq!(list(&store, maker, None, 10).unwrap(), std::slice::from_ref(&own));
    for hidden in [other.id, country.id, TokenId::from_hex("00000000").unwrap()] {
        assert!(
            matches!(withdraw(&store, hidden, maker, now()), Err(TokenFault::Unknown(id)) if id == hidden)
        );
    }
    assert_eq!(withdraw(&store, own.id, maker, now()).unwrap(), Withdrawn::Now);
    assert_eq!(list(&store, Maker::CommandLine, None, 10).unwrap().len(), 3);
}

#[test]
fn a_list_goes_on_where_a_page_ended() {
    let (_dir, store) = store();
    for _ in 0..5 {
        made(&store, &order(&[Role::Registrar], Reach::Everywhere));
    }
    let all = list(&store, Maker::CommandLine, None, 10).unwrap();
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = list(&store, Maker::CommandLine, after, 2).unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(last.id);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert!(all.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[test]
fn every_token_has_a_role_and_an_end() {
    let (_dir, store) = store();
    let ask = |order: &Order| create(&store, order, Maker::CommandLine, now());
    assert!(matches!(ask(&order(&[], Reach::Everywhere)), Err(TokenFault::NoRole)));
    for days in [0, DAYS_MAX + 1, u32::MAX] {
        let asked = Order { days, ..order(&[Role::Registrar], Reach::Everywhere) };
        assert!(matches!(ask(&asked), Err(TokenFault::Days { days: found }) if found == days));
    }
    let longest = Order { days: DAYS_MAX, ..order(&[Role::Registrar], Reach::Everywhere) };
    assert!(ask(&longest).is_ok());
    let at_the_end_of_time = UnixTime::parse("2199-12-31T00:00:00Z").unwrap();
    let ask = create(&store, &longest, Maker::CommandLine, at_the_end_of_time);
    assert!(matches!(ask, Err(TokenFault::Time(_))));
}

#[test]
fn a_token_of_a_delegation_is_a_registrars_and_the_delegation_is_there() {
    let (_dir, store) = store();
    let id = DelegationId::new("KE-COOP1").unwrap();
    let ask = |roles: &[Role]| {
        let asked = Order { delegation: Some(id.clone()), ..order(roles, Reach::Everywhere) };
        create(&store, &asked, Maker::CommandLine, now()).unwrap_err()
    };
    assert!(matches!(ask(&[Role::Registrar, Role::Revoker]), TokenFault::DelegateRole(Role::Revoker)));
    assert!(matches!(ask(&[Role::Registrar]), TokenFault::NoDelegation(found) if found == id));
}

#[test]
fn a_label_is_short_and_rewrites_no_screen() {
    assert!(Label::new("Kisumu \u{2014} desk 2").is_ok());
    assert!(Label::new(&"x".repeat(64)).is_ok());
    for wrong in ["", " ", " desk", "desk\n", "a\u{202e}b", "a\u{1b}[2Jb", &"x".repeat(65)] {
        assert!(Label::new(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_paper_in_the_place_of_another_or_with_more_in_it_is_no_token() {
    let (_dir, store) = store();
    let made = made(&store, &order(&[Role::Registrar], within(&["KE-30"])));
    let good = store.paper(&Token::key(made.token.id).unwrap()).unwrap().unwrap();
    assert!(Token::of_paper(&good).is_ok());
    let moved = Paper {
        key: PaperKey { ..Token::key(TokenId::from_hex("00000000").unwrap()).unwrap() },
        ..good.clone()
    };
    assert!(Token::of_paper(&moved).is_err());
    let text = String::from_utf8(good.content.clone()).unwrap();
    for (old, new) in [
        ("{\"id\"", "{\"extra\":1,\"id\""),
        ("\"registrar\"", "\"root\""),
        ("\"KE-30\"", "\"ke-30\""),
        ("[\"KE-30\"]", "[]"),
        ("\"sha256\":\"", "\"sha256\":\"00"),
    ] {
        assert!(text.contains(old), "{old} is not in {text}");
        let changed = Paper { content: text.replacen(old, new, 1).into_bytes(), ..good.clone() };
        assert!(Token::of_paper(&changed).is_err(), "{new}");
    }
}

#[test]
fn the_longest_token_fits_into_a_paper() {
    let (_dir, store) = store();
    let areas: Vec<String> = (0..64).map(|number| format!("KE-{number:03}")).collect();
    let areas: Vec<&str> = areas.iter().map(String::as_str).collect();
    let asked =
        Order { label: Label::new(&"\u{12a2}".repeat(64)).unwrap(), ..order(&Role::ALL, within(&areas)) };
    let made = made(&store, &asked);
    assert_eq!(stored(&store, made.token.id).unwrap().unwrap(), made.token);
}
