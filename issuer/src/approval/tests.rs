//! Each test is named for the attack or the rule. Officers and documents are invented.

use sanad_credential::{Area, FixedBytes, Set, Status};

use super::runner::{Terms, Turn, Work};
use super::*;
use crate::invented::{Invented, clock, now};
use crate::role::{Role, Roles};
use crate::service::caller::Reach;
use crate::store::{Expect, Paper, PaperKey, PaperWrite, held};

fn caller(name: &str, role: Role) -> Caller {
    let actor = Actor::new(name).unwrap();
    Caller {
        origin: actor.clone(),
        actor,
        roles: Roles::new([role]),
        reach: Reach::Everywhere,
        delegate: None,
    }
}

fn revoker() -> Caller {
    caller("token:0000000a", Role::Revoker)
}

fn approver() -> Caller {
    caller("token:0000000b", Role::Approver)
}

fn within(area: &str) -> Reach {
    Reach::Within(Set::new(vec![Area::new(area).unwrap()]).unwrap())
}

fn why() -> Revocation {
    Revocation { reason: "fraud".to_owned(), legal_basis: "Act 16 of 2023, s. 27".to_owned() }
}

fn later(seconds: u64) -> UnixTime {
    now().plus_seconds(seconds).unwrap()
}

fn work(place: &Invented, name: &str) -> Work {
    Work::new(Terms { issuer: place.issuer.clone(), name: name.to_owned(), now: clock })
}

/// All that can be done, by a process of this name.
fn look(place: &Invented, name: &str) {
    work(place, name).look(&mut || Turn::GoOn).unwrap();
}

fn ask(place: &Invented, ids: &[CredentialId]) -> Approval {
    ask_revocation(place.issuer.store(), &revoker(), why(), ids, now()).unwrap()
}

fn approve(place: &Invented, id: &PaperId) -> Result<Approval, ApprovalFault> {
    decide(place.issuer.store(), &approver(), id, Decision::Approve, now())
}

fn state(place: &Invented, id: &PaperId) -> State {
    read(place.issuer.store(), &approver(), id, now()).unwrap().state
}

fn revoked(place: &Invented, ids: &[CredentialId]) -> usize {
    let status = |id: &CredentialId| held(place.issuer.store(), *id).unwrap().unwrap().status;
    ids.iter().filter(|id| status(id) == Status::Revoked).count()
}

fn lines(place: &Invented, word: &str) -> usize {
    let (lines, _) = place.issuer.store().audit(0, PAGE_MAX).unwrap();
    lines.iter().filter(|line| line.contains(&format!("\"act\":\"{word}\""))).count()
}

fn pieces(place: &Invented) -> Vec<Paper> {
    place.issuer.store().papers(PaperKind::Approval, "p", None, PAGE_MAX).unwrap()
}

#[test]
fn nothing_happens_before_a_second_person_agrees_and_then_it_happens_once() {
    let place = Invented::new();
    let ids = place.keep(60);
    let asked = ask(&place, &ids);
    look(&place, "one");
    assert_eq!((revoked(&place, &ids), state(&place, &asked.id)), (0, State::Open));
    assert_eq!(approve(&place, &asked.id).unwrap().state, State::Approved);
    look(&place, "one");
    let done = read(place.issuer.store(), &approver(), &asked.id, now()).unwrap();
    assert_eq!((done.state, done.done, revoked(&place, &ids)), (State::Done, 60, 60));
    look(&place, "one");
    look(&place, "two");
    assert_eq!(lines(&place, "revoke"), 60);
    assert_eq!((lines(&place, "ask-approval"), lines(&place, "approve")), (1, 1));
    assert!(pieces(&place).is_empty());
    let (log, _) = place.issuer.store().audit(0, PAGE_MAX).unwrap();
    let line = log.iter().find(|line| line.contains("\"act\":\"revoke\"")).unwrap();
    assert!(line.contains("token:0000000a") && line.contains("approved-by=token:0000000b"), "{line}");
}

#[test]
fn who_asked_does_not_approve_nor_does_a_token_that_goes_back_to_them() {
    let place = Invented::new();
    let asked = ask(&place, &place.keep(1));
    let roles = Roles::new([Role::Revoker, Role::Approver]);
    let same = Caller { roles: roles.clone(), ..revoker() };
    let made_by_them =
        Caller { origin: revoker().actor, roles: roles.clone(), ..caller("token:0000000c", Role::Approver) };
    for one_person in [same, made_by_them] {
        for decision in [Decision::Approve, Decision::Decline] {
            let decided = decide(place.issuer.store(), &one_person, &asked.id, decision, now());
            assert!(matches!(decided, Err(ApprovalFault::Own)), "{decided:?}");
        }
    }
    // The other way round: who asked used a token that goes back to who approves.
    let child = Caller { origin: approver().actor, ..revoker() };
    let asked = ask_revocation(place.issuer.store(), &child, why(), &place.keep(1), now()).unwrap();
    assert!(matches!(approve(&place, &asked.id), Err(ApprovalFault::Own)));
    // Two tokens of one origin, neither of which is the origin.
    let origin = Actor::new("token:000000ff").unwrap();
    let asker = Caller { origin: origin.clone(), ..revoker() };
    let asked = ask_revocation(place.issuer.store(), &asker, why(), &place.keep(1), now()).unwrap();
    let sibling = Caller { origin, ..approver() };
    let decided = decide(place.issuer.store(), &sibling, &asked.id, Decision::Approve, now());
    assert!(matches!(decided, Err(ApprovalFault::Own)));
    assert_eq!(lines(&place, "approve"), 0);
}

#[test]
fn only_an_approver_decides_and_only_who_may_do_it_alone_asks() {
    let place = Invented::new();
    let asked = ask(&place, &place.keep(1));
    for role in [Role::Registrar, Role::Revoker, Role::Auditor, Role::Administrator] {
        let decided = decide(
            place.issuer.store(),
            &caller("token:0000000d", role),
            &asked.id,
            Decision::Approve,
            now(),
        );
        assert!(matches!(decided, Err(ApprovalFault::Denied(_))), "{role}");
    }
    let ids = [FixedBytes([0; 8])];
    for role in [Role::Registrar, Role::Approver, Role::Auditor, Role::Administrator] {
        let asked = ask_revocation(place.issuer.store(), &caller("token:0000000d", role), why(), &ids, now());
        assert!(matches!(asked, Err(ApprovalFault::Denied(_))), "{role}");
    }
    let change = KeyChange::new("rotate credential").unwrap();
    assert!(ask_key_change(place.issuer.store(), &revoker(), change, now()).is_err());
}

#[test]
fn an_approver_of_one_county_neither_sees_nor_decides_what_reaches_further() {
    let place = Invented::new();
    let store = place.issuer.store();
    let asked = ask(&place, &place.keep(1));
    let county = Caller { reach: within("KE-30"), ..approver() };
    assert!(matches!(read(store, &county, &asked.id, now()), Err(ApprovalFault::Unknown)));
    assert!(matches!(
        decide(store, &county, &asked.id, Decision::Approve, now()),
        Err(ApprovalFault::Unknown)
    ));
    assert!(matches!(documents(store, &county, &asked.id, 0), Err(ApprovalFault::Unknown)));
    assert_eq!(list(store, &county, None, 10, now()).unwrap(), []);
    let own = Caller { reach: within("KE-30"), ..revoker() };
    let asked = ask_revocation(store, &own, why(), &place.keep(1), now()).unwrap();
    assert_eq!(list(store, &county, None, 10, now()).unwrap().len(), 1);
    assert!(decide(store, &county, &asked.id, Decision::Approve, now()).is_ok());
}

#[test]
fn what_is_no_request_cannot_be_read_as_one() {
    let place = Invented::new();
    let asked = ask(&place, &place.keep(1));
    for id in [format!("p{}/000000", asked.id), format!("p{}", asked.id), "a".to_owned(), "x".to_owned()] {
        let id = PaperId::new(&id).unwrap();
        assert!(
            matches!(read(place.issuer.store(), &approver(), &id, now()), Err(ApprovalFault::Unknown)),
            "{id}"
        );
    }
}

#[test]
fn of_two_who_decide_at_once_one_does() {
    let place = Invented::new();
    for _ in 0..10 {
        let asked = ask(&place, &place.keep(1));
        let decided = std::thread::scope(|scope| {
            let (place, asked) = (&place, &asked);
            let threads: Vec<_> = (0..4_u8)
                .map(|number| {
                    scope.spawn(move || {
                        let approver = caller(&format!("token:0000001{number}"), Role::Approver);
                        let decision = if number % 2 == 0 { Decision::Approve } else { Decision::Decline };
                        decide(place.issuer.store(), &approver, &asked.id, decision, now())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(decided.iter().filter(|decided| decided.is_ok()).count(), 1);
        assert!(decided.iter().all(|decided| matches!(decided, Ok(_) | Err(ApprovalFault::Closed(_)))));
    }
    assert_eq!(lines(&place, "approve") + lines(&place, "decline"), 10);
}

#[test]
fn of_two_replicas_that_execute_at_once_each_document_is_revoked_once() {
    let place = Invented::new();
    let ids = place.keep(1_200);
    let asked = ask(&place, &ids);
    approve(&place, &asked.id).unwrap();
    std::thread::scope(|scope| {
        for name in ["one", "two", "three"] {
            let place = &place;
            scope.spawn(move || look(place, name));
        }
    });
    assert_eq!((state(&place, &asked.id), revoked(&place, &ids)), (State::Done, 1_200));
    let (mut from, mut found) = (0, 0);
    loop {
        let (page, _) = place.issuer.store().audit(from, PAGE_MAX).unwrap();
        if page.is_empty() {
            break;
        }
        from += u64::try_from(page.len()).unwrap();
        found += page.iter().filter(|line| line.contains("\"act\":\"revoke\"")).count();
    }
    assert_eq!(found, 1_200);
}

#[test]
fn a_process_that_ended_between_the_decision_and_the_act_leaves_it_to_the_next() {
    let place = Invented::new();
    let ids = place.keep(1_100);
    let asked = ask(&place, &ids);
    approve(&place, &asked.id).unwrap();
    // Ended after the first piece: the second turn says stop.
    let mut turns = 0;
    work(&place, "one")
        .look(&mut || {
            turns += 1;
            if turns > 1 { Turn::Stop } else { Turn::GoOn }
        })
        .unwrap();
    assert_eq!((state(&place, &asked.id), revoked(&place, &ids)), (State::Executing, 500));
    // Another replica does not take it from one that may be alive.
    look(&place, "two");
    assert_eq!(revoked(&place, &ids), 500);
    look(&place, "one");
    assert_eq!((state(&place, &asked.id), revoked(&place, &ids)), (State::Done, 1_100));
}

#[test]
fn what_another_replica_left_is_taken_over_when_it_is_silent() {
    let place = Invented::new();
    let ids = place.keep(600);
    let asked = ask(&place, &ids);
    approve(&place, &asked.id).unwrap();
    let mut turns = 0;
    let mut cut = || {
        turns += 1;
        if turns > 1 { Turn::Stop } else { Turn::GoOn }
    };
    work(&place, "one").look(&mut cut).unwrap();
    assert_eq!(revoked(&place, &ids), 500);
    let mut other = work(&place, "two").with_silence(std::time::Duration::from_millis(30));
    other.look(&mut || Turn::GoOn).unwrap();
    assert_eq!(revoked(&place, &ids), 500);
    std::thread::sleep(std::time::Duration::from_millis(60));
    other.look(&mut || Turn::GoOn).unwrap();
    assert_eq!((state(&place, &asked.id), revoked(&place, &ids)), (State::Done, 600));
}

#[test]
fn a_piece_that_was_done_but_not_noted_changes_nothing_the_second_time() {
    let place = Invented::new();
    let ids = place.keep(30);
    let asked = ask(&place, &ids);
    approve(&place, &asked.id).unwrap();
    // The paper as it stood before the piece, with the act done: a kill between the two commits.
    let mut known = Known::read(place.issuer.store(), &asked.id).unwrap().unwrap();
    known.approval.state = State::Executing;
    known.approval.executor = Some("one".to_owned());
    known.save(place.issuer.store(), &[]).unwrap();
    let before = known.approval.clone();
    look(&place, "one");
    assert_eq!(lines(&place, "revoke"), 30);
    let mut again = Known::read(place.issuer.store(), &asked.id).unwrap().unwrap();
    again.approval = before;
    write_pieces(place.issuer.store(), &asked.id, &ids).unwrap();
    again.save(place.issuer.store(), &[]).unwrap();
    look(&place, "one");
    assert_eq!((state(&place, &asked.id), lines(&place, "revoke")), (State::Done, 30));
}

#[test]
fn a_list_that_was_changed_after_the_decision_is_not_carried_out() {
    let place = Invented::new();
    let ids = place.keep(3);
    let asked = ask(&place, &ids[..2]);
    approve(&place, &asked.id).unwrap();
    let piece = pieces(&place).remove(0);
    let content = [ids[0].0, ids[2].0].concat();
    let write = PaperWrite { key: piece.key, expect: Expect::Whatever, content: Some(content) };
    place.issuer.store().write_papers(&[write], &[]).unwrap();
    look(&place, "one");
    assert_eq!((state(&place, &asked.id), revoked(&place, &ids)), (State::Failed, 0));
    assert!(pieces(&place).is_empty());
}

#[test]
fn what_was_declined_or_not_decided_in_time_is_not_done() {
    let place = Invented::new();
    let store = place.issuer.store();
    let ids = place.keep(2);
    let (declined, late) = (ask(&place, &ids[..1]), ask(&place, &ids[1..]));
    decide(store, &approver(), &declined.id, Decision::Decline, now()).unwrap();
    assert!(matches!(approve(&place, &declined.id), Err(ApprovalFault::Closed(State::Declined))));
    let decided = decide(store, &approver(), &late.id, Decision::Approve, later(OPEN_SECONDS));
    assert!(matches!(decided, Err(ApprovalFault::Closed(State::Expired))));
    let last = decide(store, &approver(), &late.id, Decision::Approve, later(OPEN_SECONDS - 1));
    assert!(last.is_ok());
    look(&place, "one");
    assert_eq!((revoked(&place, &ids[..1]), revoked(&place, &ids[1..])), (0, 1));
}

#[test]
fn a_request_that_expired_is_closed_and_its_list_goes() {
    let place = Invented::new();
    let ids = place.keep(1);
    let long_ago = UnixTime::parse("2026-02-27T07:59:59Z").unwrap();
    let asked = ask_revocation(place.issuer.store(), &revoker(), why(), &ids, long_ago).unwrap();
    assert_eq!(pieces(&place).len(), 1);
    look(&place, "one");
    assert_eq!(state(&place, &asked.id), State::Expired);
    assert!(pieces(&place).is_empty());
    assert_eq!(revoked(&place, &ids), 0);
}

#[test]
fn a_request_that_was_cut_off_while_it_was_written_is_nobodys_and_goes() {
    let place = Invented::new();
    let (store, ids) = (place.issuer.store(), place.keep(1));
    let mut draft = Known::draft(Asked::revocation(why(), &ids), &revoker(), now()).unwrap();
    draft.save(store, &[]).unwrap();
    write_pieces(store, &draft.id, &ids).unwrap();
    assert_eq!(list(store, &approver(), None, 10, now()).unwrap(), []);
    assert!(matches!(approve(&place, &draft.id), Err(ApprovalFault::Unknown)));
    let mut work = work(&place, "one").with_silence(std::time::Duration::from_millis(20));
    work.look(&mut || Turn::GoOn).unwrap();
    assert_eq!(pieces(&place).len(), 1, "somebody may still be writing it");
    std::thread::sleep(std::time::Duration::from_millis(40));
    work.look(&mut || Turn::GoOn).unwrap();
    assert!(pieces(&place).is_empty());
    assert!(Known::read(store, &draft.id).unwrap().is_none());
}

#[test]
fn lists_that_nobody_needs_are_taken_away_at_the_start() {
    let place = Invented::new();
    let (store, ids) = (place.issuer.store(), place.keep(2));
    let (over, open) = (ask(&place, &ids[..1]), ask(&place, &ids[1..]));
    decide(store, &approver(), &over.id, Decision::Decline, now()).unwrap();
    write_pieces(store, &over.id, &ids[..1]).unwrap();
    write_pieces(store, &PaperId::new("a000000000000000000").unwrap(), &ids).unwrap();
    assert_eq!(pieces(&place).len(), 3);
    look(&place, "one");
    let left = pieces(&place);
    assert_eq!(left.len(), 1);
    assert!(left[0].key.id.as_str().contains(open.id.as_str()));
}

#[test]
fn a_long_list_is_cut_into_papers_and_read_in_pages() {
    let place = Invented::new();
    let (store, ids) = (place.issuer.store(), place.keep(1_001));
    let asked = ask(&place, &ids);
    assert_eq!(pieces(&place).len(), 3);
    let (mut from, mut found) = (0, Vec::new());
    loop {
        let Documents { credentials: page, count } = documents(store, &approver(), &asked.id, from).unwrap();
        assert_eq!(count, 1_001);
        if page.is_empty() {
            break;
        }
        from += u64::try_from(page.len()).unwrap();
        found.extend(page);
    }
    assert_eq!(found, ids);
    let credentials = |from| documents(store, &approver(), &asked.id, from).unwrap().credentials;
    assert_eq!(credentials(499), &ids[499..500]);
    assert_eq!(credentials(u64::MAX), []);
    let too_many = vec![FixedBytes([0; 8]); IDS_MAX + 1];
    for count in [&[][..], &too_many] {
        let asked = ask_revocation(store, &revoker(), why(), count, now());
        assert!(matches!(asked, Err(ApprovalFault::Count { count: found }) if found == count.len()));
    }
}

#[test]
fn a_change_of_keys_is_begun_by_one_and_only_as_it_was_approved() {
    let place = Invented::new();
    let store = place.issuer.store();
    let administrator = caller("token:0000000e", Role::Administrator);
    let (wanted, other) =
        (KeyChange::new("rotate credential").unwrap(), KeyChange::new("rotate status").unwrap());
    let (me, somebody) = (Actor::command_line(), Actor::new("token:0000000f").unwrap());
    let asked = ask_key_change(store, &administrator, wanted.clone(), now()).unwrap();
    let claim = |change: &KeyChange, who: &Actor, now| claim_key_change(store, &asked.id, change, who, now);
    assert!(matches!(claim(&wanted, &me, now()), Err(ApprovalFault::Closed(State::Open))));
    approve(&place, &asked.id).unwrap();
    assert!(matches!(claim(&other, &me, now()), Err(ApprovalFault::OtherAct { .. })));
    assert!(matches!(claim(&wanted, &me, later(OPEN_SECONDS)), Err(ApprovalFault::Closed(State::Expired))));
    look(&place, "one");
    assert_eq!(state(&place, &asked.id), State::Approved, "the runner leaves keys to the command");
    assert_eq!(claim(&wanted, &me, now()).unwrap(), Claimed::First);
    assert_eq!(claim(&wanted, &me, now()).unwrap(), Claimed::Again);
    assert!(matches!(claim(&wanted, &somebody, now()), Err(ApprovalFault::Closed(State::Executing))));
    assert!(finish_key_change(store, &asked.id, &somebody, now()).is_err());
    finish_key_change(store, &asked.id, &me, now()).unwrap();
    assert!(matches!(claim(&wanted, &me, now()), Err(ApprovalFault::Closed(State::Done))));
    assert_eq!(lines(&place, "change-keys"), 1);
    // A revocation is no change of keys.
    let revocation = ask(&place, &place.keep(1));
    let claimed = claim_key_change(store, &revocation.id, &wanted, &me, now());
    assert!(matches!(claimed, Err(ApprovalFault::OtherAct { .. })));
}

#[test]
fn a_change_of_keys_is_told_in_a_few_plain_words() {
    assert!(KeyChange::new("rotate credential").is_ok());
    for wrong in ["", " rotate", "rotate\n", "rot\u{e9}", &"x".repeat(101)] {
        assert!(KeyChange::new(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_list_of_requests_goes_on_where_a_page_ended() {
    let place = Invented::new();
    let store = place.issuer.store();
    for seconds in 0..5 {
        ask_revocation(store, &revoker(), why(), &place.keep(1), later(seconds)).unwrap();
    }
    let all = list(store, &approver(), None, 10, now()).unwrap();
    assert_eq!(all.len(), 5);
    let first = list(store, &approver(), None, 2, now()).unwrap();
    let rest = list(store, &approver(), first.last().map(|approval| &approval.id), 10, now()).unwrap();
    assert_eq!([first, rest].concat(), all);
}

#[test]
fn a_paper_with_more_or_other_members_is_no_request() {
    let place = Invented::new();
    let asked = ask(&place, &place.keep(1));
    let key = PaperKey { kind: PaperKind::Approval, id: asked.id };
    let paper = place.issuer.store().paper(&key).unwrap().unwrap();
    let text = String::from_utf8(paper.content.clone()).unwrap();
    for (old, new) in [
        ("{\"state\"", "{\"more\":1,\"state\""),
        ("\"open\"", "\"ajar\""),
        ("\"revoke\":{", "\"forget\":{"),
        ("\"asked_by\":\"token", "\"asked_by\":\"to ken"),
        ("\"areas\":null", "\"areas\":[]"),
        ("\"sha256\":\"", "\"sha256\":\"0"),
    ] {
        assert!(text.contains(old), "{old} is not in {text}");
        let changed = Paper { content: text.replacen(old, new, 1).into_bytes(), ..paper.clone() };
        assert!(Known::of(&changed).is_err(), "{new}");
    }
}
