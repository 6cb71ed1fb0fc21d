//! Each test is named for the attack or the rule. Offices and delegates are invented.

use std::cell::Cell;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::routing::get;
use sanad_credential::{Date, Scope, Set, SigningKey};
use sanad_qr::ModulePixels;
use sanad_trust::DelegationRequest;
use tower::ServiceExt as _;

use super::*;
use crate::audit::{Act, Actor, Note};
use crate::delegation::Terms;
use crate::invented::{Invented, clock, now};
use crate::role::{Permission, Role, Roles};
use crate::service::caller::Reach;
use crate::store::StatusChange;
use crate::token::secret::COMPARISONS;
use crate::token::{Label, Made, Maker, Order};
use crate::transition::Change;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// Longer than a slow machine takes for a test.
const HOUR: Duration = Duration::from_secs(3_600);
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

struct Place {
    _invented: Invented,
    issuer: Arc<Issuer>,
    access: Arc<Access>,
}

impl Place {
    fn new() -> Self {
        Self::with_rate(CallerRate { per_second: 1_000, burst: 1_000 })
    }

    fn with_rate(rate: CallerRate) -> Self {
        let invented = Invented::new();
        let issuer = Arc::clone(&invented.issuer);
        let mut access = Access::new(Arc::clone(&issuer), None, rate, clock);
        // No attempt comes back while a slow machine runs a test.
        access.attempts = Attempts::new(NonZeroU32::new(ATTEMPTS).unwrap(), HOUR);
        Self { _invented: invented, issuer, access: Arc::new(access) }
    }

    fn made(&self, roles: &[Role]) -> Made {
        self.order(roles, None)
    }

    fn order(&self, roles: &[Role], delegation: Option<&str>) -> Made {
        let order = Order {
            label: Label::new("desk").unwrap(),
            roles: Roles::new(roles.iter().copied()),
            reach: Reach::Everywhere,
            delegation: delegation.map(|id| DelegationId::new(id).unwrap()),
            days: 30,
        };
        token::create(self.issuer.store(), &order, Maker::CommandLine, now()).unwrap()
    }

    async fn ask(&self, authorization: &str, peer: IpAddr) -> Result<Caller, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        self.access.caller(&headers, peer).await
    }

    async fn bear(&self, token: &str) -> Result<Caller, Problem> {
        self.ask(&format!("Bearer {token}"), HERE).await
    }

    async fn kind(&self, token: &str) -> ProblemKind {
        self.bear(token).await.unwrap_err().kind
    }

    /// A delegation for an invented co-operative, over the counter.
    fn delegate(&self, id: &str, to: &str) -> sanad_credential::CredentialId {
        let scopes = Set::new(vec![Scope::Register]).unwrap();
        let key = SigningKey::from_secret(&[7; 32]);
        let request = DelegationRequest::make(DelegationId::new(id).unwrap(), scopes, &key).unwrap();
        let (from, to) = (Date::parse("2026-03-01").unwrap(), Date::parse(to).unwrap());
        let terms = Terms { from, to, per_document: None, per_day: None, areas: None };
        let record = delegation::grant(&self.issuer.config, &request, terms, now()).unwrap();
        let pixels = ModulePixels::new(4).unwrap();
        delegation::sign(&self.issuer, record, now(), pixels).unwrap().0.claims.cti
    }

    fn change(&self, cti: sanad_credential::CredentialId, change: Change) {
        let note = Note {
            at: now(),
            who: Actor::command_line(),
            act: Act::Suspend,
            on: cti.to_string(),
            detail: String::new(),
        };
        self.issuer.store().change_status(&[StatusChange { cti, change, note }]).unwrap();
    }
}

/// The same token with another secret.
fn with_another_secret(text: &str) -> String {
    format!("{}{}", &text[..15], &PresentedToken::draw().unwrap().expose()[15..])
}

async fn after_stale() {
    tokio::time::sleep(STALE + Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_good_token_is_its_caller() {
    let place = Place::new();
    let made = place.made(&[Role::Registrar]);
    for _ in 0..3 {
        let caller = place.bear(&made.expose()).await.unwrap();
        assert_eq!(caller.actor.as_str(), format!("token:{}", made.token.id));
        assert_eq!((caller.reach.clone(), caller.delegate.clone()), (Reach::Everywhere, None));
        assert!(caller.require(Permission::Issue).is_ok() && caller.require(Permission::Revoke).is_err());
    }
}

#[tokio::test]
async fn an_unknown_id_a_wrong_secret_and_a_wrong_form_get_one_answer() {
    let place = Place::new();
    let made = place.made(&[Role::Registrar]);
    let text = made.expose();
    let unknown = PresentedToken::draw().unwrap().expose().to_string();
    let mut answers = Vec::new();
    for guess in [unknown, with_another_secret(&text), text[..57].to_owned(), "aa.bb.cc".to_owned()] {
        let problem = place.bear(&guess).await.unwrap_err();
        assert!(!problem.to_json().to_string().contains(&guess[15.min(guess.len())..]) || guess.len() < 15);
        answers.push((problem.kind, problem.detail, problem.fields, problem.retry_seconds));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(answers[0].0, ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn a_guess_costs_the_same_comparisons_whether_the_id_is_unknown_idle_or_in_use() {
    let place = Place::new();
    let (idle, used) = (place.made(&[Role::Registrar]).expose(), place.made(&[Role::Registrar]).expose());
    let unknown = PresentedToken::draw().unwrap().expose();
    let mut counts = Vec::new();
    for guess in [unknown.to_string(), with_another_secret(&idle), with_another_secret(&used)] {
        assert!(place.bear(&used).await.is_ok());
        COMPARISONS.with(|comparisons| comparisons.set(0));
        assert_eq!(place.kind(&guess).await, ProblemKind::Unauthenticated);
        counts.push(COMPARISONS.with(Cell::get));
    }
    assert_eq!(counts, [2, 2, 2]);
}

#[tokio::test]
async fn a_withdrawn_token_stops_at_once_here_and_within_the_bound_elsewhere() {
    let place = Place::new();
    let elsewhere =
        Access::new(Arc::clone(&place.issuer), None, CallerRate { per_second: 1_000, burst: 1_000 }, clock);
    let made = place.made(&[Role::Registrar]);
    let text = made.expose();
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", *text)).unwrap());
    assert!(place.bear(&text).await.is_ok() && elsewhere.caller(&headers, HERE).await.is_ok());
    token::withdraw(place.issuer.store(), made.token.id, Maker::CommandLine, now()).unwrap();
    place.access.forget(made.token.id);
    assert_eq!(place.kind(&text).await, ProblemKind::TokenExpired);
    after_stale().await;
    assert_eq!(elsewhere.caller(&headers, HERE).await.unwrap_err().kind, ProblemKind::TokenExpired);
    // A guess at it is a guess like any other.
    assert_eq!(place.kind(&with_another_secret(&text)).await, ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_whose_paper_is_gone_is_unknown() {
    let place = Place::new();
    let made = place.made(&[Role::Registrar]);
    assert!(place.bear(&made.expose()).await.is_ok());
    let write = crate::store::PaperWrite {
        key: Token::key(made.token.id).unwrap(),
        expect: crate::store::Expect::Whatever,
        content: None,
    };
    place.issuer.store().write_papers(&[write], &[]).unwrap();
    after_stale().await;
    assert_eq!(place.kind(&made.expose()).await, ProblemKind::Unauthenticated);
}

#[tokio::test]
async fn who_guesses_is_stopped_and_who_is_known_from_the_same_address_is_not() {
    let place = Place::new();
    let (known, new) = (place.made(&[Role::Registrar]).expose(), place.made(&[Role::Registrar]).expose());
    assert!(place.bear(&known).await.is_ok());
    let mut stopped = None;
    for attempt in 0..=ATTEMPTS + 1 {
        let problem = place.bear(&PresentedToken::draw().unwrap().expose()).await.unwrap_err();
        if problem.kind == ProblemKind::TooManyRequests {
            stopped = Some((attempt, problem.retry_seconds));
            break;
        }
    }
    let (attempt, wait) = stopped.unwrap();
    assert!((ATTEMPTS..=ATTEMPTS + 1).contains(&attempt), "{attempt}");
    assert!((3_000..=3_600).contains(&wait.unwrap()));
    // Not looked at, right or wrong, and of whatever form.
    assert_eq!(place.kind(&new).await, ProblemKind::TooManyRequests);
    assert_eq!(place.kind("aa").await, ProblemKind::TooManyRequests);
    // Behind one proxy: a token that counted a moment ago goes on, also when the store has to be asked again.
    assert!(place.bear(&known).await.is_ok());
    after_stale().await;
    assert!(place.bear(&known).await.is_ok());
    // From another address nobody is stopped.
    assert!(place.ask(&format!("Bearer {}", *new), ELSEWHERE).await.is_ok());
}

#[tokio::test]
async fn guesses_at_a_token_in_use_do_not_push_it_out() {
    let place = Place::new();
    let known = place.made(&[Role::Registrar]).expose();
    assert!(place.bear(&known).await.is_ok());
    for _ in 0..5 {
        assert!(place.bear(&with_another_secret(&known)).await.is_err());
    }
    let hash = PresentedToken::parse(&known).unwrap();
    // It is there, whether or not it is fresh by now.
    assert!(!matches!(place.access.kept.look(hash.id, &hash.hash()), Look::Ask(_)));
}

#[tokio::test]
async fn a_delegate_is_bound_to_what_the_store_grants_it_now() {
    let place = Place::new();
    let cti = place.delegate("KE-COOP1", "2026-12-31");
    let made = place.order(&[Role::Registrar], Some("KE-COOP1"));
    let granted = async || {
        let caller = place.bear(&made.expose()).await.unwrap();
        caller.delegate.unwrap().granted.len()
    };
    assert_eq!(granted().await, 1);
    place.change(cti, Change::Suspend);
    after_stale().await;
    assert_eq!(granted().await, 0);
    place.change(cti, Change::Resume);
    after_stale().await;
    assert_eq!(granted().await, 1);
    place.change(cti, Change::Revoke);
    after_stale().await;
    assert_eq!(granted().await, 0);
}

#[test]
fn a_delegation_counts_on_its_days_and_not_on_others() {
    let place = Place::new();
    place.delegate("KE-COOP1", "2026-03-31");
    let id = DelegationId::new("KE-COOP1").unwrap();
    let on = |day: &str| {
        let time = UnixTime::parse(day).unwrap();
        delegate(&place.issuer, &id, time).unwrap().granted.len()
    };
    assert_eq!((on("2026-02-28"), on("2026-03-31T23:59:59Z"), on("2026-04-01")), (0, 1, 0));
    let other = DelegationId::new("KE-COOP2").unwrap();
    assert_eq!(delegate(&place.issuer, &other, now()).unwrap().granted.len(), 0);
}

/// A router as the service has it, with one route that says who called.
fn router(place: &Place) -> Router {
    let layer = axum::middleware::from_fn_with_state(Arc::clone(&place.access), authenticate);
    let route = get(async |caller: Caller| caller.actor.to_string());
    let inside = Router::new().route("/v1/me", route.clone()).route_layer(layer);
    inside.route("/open", route)
}

async fn send(router: &Router, path: &str, authorization: Option<&str>) -> Response {
    let request = Request::get(path).extension(Peer(HERE));
    let request = match authorization {
        Some(value) => request.header(AUTHORIZATION, value),
        None => request,
    };
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_layer_lets_a_token_in_and_tells_others_how_to_ask() {
    let place = Place::new();
    let (router, made) = (router(&place), place.made(&[Role::Registrar]));
    let text = format!("Bearer {}", *made.expose());
    let good = send(&router, "/v1/me", Some(&text)).await;
    assert_eq!(good.status(), StatusCode::OK);
    assert_eq!(*good.extensions().get::<CallerName>().unwrap().0, *format!("token:{}", made.token.id));
    let bad = send(&router, "/v1/me", None).await;
    assert_eq!(bad.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(bad.headers()[WWW_AUTHENTICATE], "Bearer");
    assert!(bad.extensions().get::<CallerName>().is_none());
}

#[tokio::test]
async fn a_route_that_was_left_outside_of_the_layer_is_closed() {
    let place = Place::new();
    let text = format!("Bearer {}", *place.made(&[Role::Registrar]).expose());
    let answer = send(&router(&place), "/open", Some(&text)).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_caller_beyond_its_rate_is_told_when_to_come_back() {
    let place = Place::with_rate(CallerRate { per_second: 1, burst: 2 });
    let (router, made) = (router(&place), place.made(&[Role::Registrar]));
    let text = format!("Bearer {}", *made.expose());
    for _ in 0..2 {
        assert_eq!(send(&router, "/v1/me", Some(&text)).await.status(), StatusCode::OK);
    }
    // One comes back each second, and a machine may stand still that long between two requests.
    let mut answer = send(&router, "/v1/me", Some(&text)).await;
    for _ in 0..50 {
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        answer = send(&router, "/v1/me", Some(&text)).await;
    }
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[RETRY_AFTER], "1");
    let other = format!("Bearer {}", *place.made(&[Role::Registrar]).expose());
    assert_eq!(send(&router, "/v1/me", Some(&other)).await.status(), StatusCode::OK);
}

#[test]
fn what_was_asked_before_a_withdrawal_is_not_kept() {
    let place = Place::new();
    let made = place.made(&[Role::Registrar]);
    let (kept, hash) = (KeptTokens::new(HOUR, HOUR), made.token.hash);
    let bound = || Bound { token: made.token.clone(), delegate: None };
    let Look::Ask(since) = kept.look(made.token.id, &hash) else { panic!() };
    kept.withdraw(made.token.id);
    kept.keep(made.token.id, bound(), since);
    assert!(matches!(kept.look(made.token.id, &hash), Look::Ask(_)));
    let Look::Ask(since) = kept.look(made.token.id, &hash) else { panic!() };
    kept.keep(made.token.id, bound(), since);
    assert!(matches!(kept.look(made.token.id, &hash), Look::Use(_)));
}

#[test]
fn one_asks_again_while_others_go_on_and_all_ask_when_it_is_stale() {
    let place = Place::new();
    let made = place.made(&[Role::Registrar]);
    let hash = made.token.hash;
    let kept = KeptTokens::new(Duration::ZERO, HOUR);
    let Look::Ask(since) = kept.look(made.token.id, &hash) else { panic!() };
    kept.keep(made.token.id, Bound { token: made.token.clone(), delegate: None }, since);
    assert!(matches!(kept.look(made.token.id, &hash), Look::AskAgain(_)));
    assert!(matches!(kept.look(made.token.id, &hash), Look::Use(_)));
    let kept = KeptTokens::new(Duration::ZERO, Duration::ZERO);
    let Look::Ask(since) = kept.look(made.token.id, &hash) else { panic!() };
    kept.keep(made.token.id, Bound { token: made.token.clone(), delegate: None }, since);
    for _ in 0..3 {
        assert!(matches!(kept.look(made.token.id, &hash), Look::AskAgain(_)));
    }
}
