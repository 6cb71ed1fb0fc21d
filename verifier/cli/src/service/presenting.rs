//! The routes of a presentation: the desk begins a request and reads what became of it, the phone fetches the request
//! object and posts its answer.
//!
//! The desk's routes want the token; the phone's are known by ids that nobody guesses. What the phone gets says whether its
//! answer counts, never what was decided: that is for the desk.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sanad_listener::extract::{Segment, text_body};
use sanad_listener::refusal::{ProblemName, Refusal};
use sanad_qr::PrintedSide;
use sanad_trust::judge::Clock;
use serde_json::json;

use super::decision::{Time, decide};
use super::openid4vp::{Expected, REQUEST_MEDIA_TYPE};
use super::problem::{Problem, ProblemKind, json_answer};
use super::question::DeskQuestion;
use super::requests::{Closed, NotBegun, Outcome};
use super::state::Service;

/// Media type of an answer by `direct_post`.
const FORM: &str = "application/x-www-form-urlencoded";

/// `POST /v1/requests`: begins one.
pub async fn begin(State(service): State<Arc<Service>>, request: Request) -> Response {
    if let Err(problem) = service.authenticate(request.headers()) {
        return problem.into_response();
    }
    let text = match text_body(request, &["application/json"]).await {
        Ok(text) => text,
        Err(refusal) => return refusal.into_response(),
    };
    match blocking(move || begun(&service, &text)).await {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) => problem.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn begun(service: &Service, text: &str) -> Result<Response, Problem> {
    let question = DeskQuestion::parse(text)?;
    // A phone is not asked for what could not be decided.
    service.trust.current()?;
    let id = service.requests.begin(question).map_err(|fault| match fault {
        NotBegun::Full => Problem::new(ProblemKind::TooManyRequests, "Try again in a few minutes."),
        NotBegun::Randomness(fault) => {
            tracing::error!(cause = %fault, "no request could be begun");
            Problem::new(ProblemKind::NotReady, "The log says why.")
        }
        NotBegun::NotKept(fault) => {
            tracing::error!(cause = %fault, "a request could not be written down");
            Problem::new(ProblemKind::NotReady, "The log says why.")
        }
    })?;
    let link = service.client.link(service.base(), &id);
    let svg = sanad_qr::draw_link(&link).map(|symbol| sanad_qr::svg(&symbol, PrintedSide::OfTheReader));
    let body = json!({
        "id": id,
        "state": "open",
        "link": link,
        "qr_svg": svg.ok(),
        "seconds": service.config.desk.window.as_secs(),
        "poll": format!("/v1/requests/{id}"),
    });
    Ok(json_answer(StatusCode::CREATED, &body))
}

/// `GET /v1/client`: who asks, so that wallets can be told beforehand.
pub async fn client(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    if let Err(problem) = service.authenticate(&headers) {
        return problem.into_response();
    }
    json_answer(StatusCode::OK, &json!({ "client_id": service.client.id, "did": service.client.did }))
}

/// `GET /v1/requests/{id}`: what became of it.
pub async fn view(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    segment: Result<Segment, Refusal>,
) -> Response {
    if let Err(problem) = service.authenticate(&headers) {
        return problem.into_response();
    }
    let Ok(Segment(id)) = segment else { return closed(Closed::Unknown).into_response() };
    match blocking(move || service.requests.view(&id)).await {
        Ok(Some(view)) => json_answer(StatusCode::OK, &view),
        Ok(None) => closed(Closed::Unknown).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// `GET /openid4vp/request/{id}`: the signed request object.
pub async fn request_object(
    State(service): State<Arc<Service>>,
    segment: Result<Segment, Refusal>,
) -> Response {
    let Ok(Segment(id)) = segment else { return closed(Closed::Unknown).into_response() };
    match blocking(move || object_of(&service, &id)).await {
        Ok(Ok(object)) => {
            let mut response = (StatusCode::OK, object).into_response();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(REQUEST_MEDIA_TYPE));
            response
        }
        Ok(Err(refused)) => *refused,
        Err(refusal) => refusal.into_response(),
    }
}

fn object_of(service: &Service, id: &str) -> Result<String, Box<Response>> {
    let asked = service.requests.asked(id).map_err(|fault| Box::new(closed(fault).into_response()))?;
    let loaded = service.trust.current().map_err(|problem| Box::new(problem.into_response()))?;
    // A time that is wrong would make the wallet refuse.
    let now = match loaded.pack.clock(service.trust.device()) {
        Clock::Known(now) => Some(now),
        Clock::Unknown { .. } => None,
    };
    let seconds = service.requests.seconds_left(id);
    let object = service.client.request_object(service.base(), id, &asked, now, seconds);
    object.map_err(|fault| Box::new(Refusal::internal(&fault).into_response()))
}

/// `POST /openid4vp/response/{id}`: the one answer of the phone.
pub async fn response(
    State(service): State<Arc<Service>>,
    segment: Result<Segment, Refusal>,
    request: Request,
) -> Response {
    let Ok(Segment(id)) = segment else { return closed(Closed::Unknown).into_response() };
    let text = match text_body(request, &[FORM]).await {
        Ok(text) => text,
        Err(refusal) => return refusal.into_response(),
    };
    let form = match Form::parse(&text) {
        Ok(form) => form,
        Err(fault) => return invalid_request(fault),
    };
    let permit = match service.verifying.clone().acquire_owned().await {
        Ok(permit) => permit,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    let judged = blocking(move || {
        let judged = judge(&service, &id, &form);
        drop(permit);
        judged
    });
    match judged.await {
        Ok(Ok(())) => json_answer(StatusCode::OK, &json!({})),
        Ok(Err(refused)) => *refused,
        Err(refusal) => refusal.into_response(),
    }
}

fn judge(service: &Service, id: &str, form: &Form) -> Result<(), Box<Response>> {
    let loaded = service.trust.current().map_err(|problem| Box::new(problem.into_response()))?;
    let device = service.trust.device();
    let no_clock = || Problem::new(ProblemKind::NotReady, "This device has no clock.").into_response();
    let now = loaded.now(device).ok_or_else(|| Box::new(no_clock()))?;
    let taken = service.requests.take(id, &form.state);
    let asked = taken.map_err(|fault| Box::new(closed(fault).into_response()))?;
    let Answer::Token(token) = &form.answer else {
        service.requests.finish(id, Outcome::Declined);
        return Ok(());
    };
    let times = loaded.times(device);
    let age_seconds_max = service.config.desk.window.as_secs();
    let expected = Expected { loaded: &loaded, asked: &asked, now, times, age_seconds_max };
    let presented = service.client.verify(token, &expected);
    let presented = presented.map_err(|fault| {
        let response = Box::new(invalid_request(&fault));
        service.requests.finish(id, Outcome::Refused(fault));
        response
    })?;
    let time = Time { device, is_told: service.trust.is_told() };
    let decided = decide(&loaded, &asked.question, presented, time, service.signer.as_ref());
    let outcome = match decided {
        Ok(answer) => Outcome::Answered(answer),
        // The phone did its part; what is wrong here is the desk's.
        Err(fault) => Outcome::Refused(fault),
    };
    service.requests.finish(id, outcome);
    Ok(())
}

/// What a phone posts.
struct Form {
    state: String,
    answer: Answer,
}

enum Answer {
    Token(String),
    /// The holder or the wallet said no.
    Error,
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`: each name once, a token or an error.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (mut state, mut token, mut error) = (None, None, None);
        for pair in text.split('&').take(16) {
            let (name, value) = pair.split_once('=').ok_or("name=value is wanted")?;
            let place = match name {
                "state" => &mut state,
                "vp_token" => &mut token,
                "error" => &mut error,
                _ => continue,
            };
            if place.replace(unescaped(value).ok_or("an escape does not decode")?).is_some() {
                return Err("a name stands twice");
            }
        }
        let state = state.ok_or("state is missing")?;
        match (token, error) {
            (Some(token), None) => Ok(Self { state, answer: Answer::Token(token) }),
            (None, Some(_)) => Ok(Self { state, answer: Answer::Error }),
            (Some(_), Some(_)) => Err("vp_token or error, not both"),
            (None, None) => Err("vp_token is missing"),
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn closed(fault: Closed) -> Problem {
    match fault {
        Closed::Unknown => Problem::new(ProblemKind::NoRequest, "The desk begins a new request."),
        Closed::Expired => {
            Problem::new(ProblemKind::NoRequest, "Its time is over; the desk begins a new request.")
        }
        Closed::OtherState => {
            Problem::new(ProblemKind::NoRequest, "state belongs to another request.").at("state")
        }
        Closed::NotKept => Problem::new(ProblemKind::NotReady, "The desk begins a new request."),
        Closed::Answered => Problem::new(ProblemKind::RequestClosed, "The desk begins a new request."),
    }
}

/// The error of OAuth 2.0 that a wallet understands.
fn invalid_request(fault: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": fault });
    let mut response = json_answer(StatusCode::BAD_REQUEST, &body);
    response.extensions_mut().insert(ProblemName("invalid_request"));
    response
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(act).await.map_err(|error| Refusal::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_each_name_once_and_a_token_or_an_error() {
        let good = Form::parse("vp_token=%7B%22a%22%3A+1%7D&state=s&other=x").unwrap();
        assert!(matches!(good.answer, Answer::Token(token) if token == r#"{"a": 1}"#));
        assert!(matches!(Form::parse("error=access_denied&state=s").unwrap().answer, Answer::Error));
        for wrong in [
            "",
            "state=s",
            "vp_token=x",
            "vp_token=x&vp_token=y&state=s",
            "vp_token=x&state=s&state=t",
            "vp_token=x&error=y&state=s",
            "vp_token=%zz&state=s",
            "vp_token=%ff&state=s",
            "vp_token",
        ] {
            assert!(Form::parse(wrong).is_err(), "{wrong}");
        }
    }
}
