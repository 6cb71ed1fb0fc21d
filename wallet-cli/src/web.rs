//! Which servers the wallet asks for what it is offered, or answers when it is asked, and how much it takes from them.
//!
//! Only https, or http on this machine for tests: an address of 127.0.0.0/8 or `[::1]` in digits, since a name leads
//! wherever a resolver says. No redirect is followed: a link names its server, and a server in the open must not lead a
//! clinic's computer to one inside. Each answer has a limit of bytes and of time, from the name of the host to the last
//! byte. Nothing that arrives is believed because of where it came from.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use sanad_credential::{Fault, Json, Limits, printable};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body};

/// Longest address.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// A whole answer: 64 kB on a slow line, with room.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// Media type of a request object (RFC 9101 section 10.2).
const REQUEST_OBJECT_MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";

/// Bytes of the headers of an answer.
const HEADER_BYTES_MAX: usize = 16_384;

/// What is read of an answer. Metadata of an issuer with eight types in five languages have about 60 kB.
pub const ANSWER_LIMITS: Limits =
    Limits { bytes_max: 524_288, depth_max: 16, entries_max: 1_024, values_max: 32_768 };

/// The address of a server, or of something on it, that the wallet may ask.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    /// Scheme, host and port, as they stand.
    origin: String,
    path: String,
    host: String,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Tls,
    ThisMachine,
}

/// Why an address is not asked.
#[derive(Debug, thiserror::Error)]
pub enum AddressFault {
    /// No address of a server.
    #[error("\"{0}\" is no https address without user, fragment and (but where a link leads) query")]
    Form(String),
    /// Everybody on the way reads http.
    #[error(
        "{0} is http, which is asked on this machine only (127.0.0.1): everybody on the way reads it and can change it"
    )]
    Open(String),
}

/// Why there is no answer, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum WebFault {
    /// No answer, or not in time.
    #[error("{address}: {source}")]
    Unanswered {
        /// Where.
        address: String,
        /// What happened.
        source: Box<ureq::Error>,
    },
    /// It took too long.
    #[error("{address} did not answer within {} seconds", TIMEOUT.as_secs())]
    Slow {
        /// Where.
        address: String,
    },
    /// It ended early.
    #[error("{address}: the answer ended early: {source}")]
    Cut {
        /// Where.
        address: String,
        /// What happened.
        source: io::Error,
    },
    /// It leads elsewhere.
    #[error("{address} redirects ({status}), which is not followed: a link names its server")]
    Redirect {
        /// Where.
        address: String,
        /// With which status.
        status: u16,
    },
    /// Too many bytes.
    #[error("the answer of {address} has more than {limit} bytes")]
    TooLarge {
        /// Where.
        address: String,
        /// How many are read.
        limit: usize,
    },
    /// No text.
    #[error("the answer of {address} is no UTF-8 text")]
    NoText {
        /// Where.
        address: String,
    },
    /// A refusal.
    #[error("{address} refused ({status}): {error}{}", if text.is_empty() { String::new() } else { format!(", \"{text}\"") })]
    Refused {
        /// Where.
        address: String,
        /// With which status.
        status: u16,
        /// The name of the error, where it is one of the standard's form.
        error: String,
        /// What the server says about it.
        text: String,
    },
    /// It does not read.
    #[error("the answer of {address} does not read: {fault}")]
    Json {
        /// Where.
        address: String,
        /// Place and fault.
        fault: Fault,
    },
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Address").field(&self.text).finish()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Address {
    /// Accepts an address without a query, as identifiers and endpoints are.
    ///
    /// # Errors
    /// [`AddressFault`].
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.contains('?') {
            return Err(AddressFault::Form(printable(&text.chars().take(200).collect::<String>())));
        }
        Self::with_query(text)
    }

    /// Accepts an address that may have a query, as that of an offer may.
    ///
    /// # Errors
    /// [`AddressFault`].
    pub fn with_query(text: &str) -> Result<Self, AddressFault> {
        let form = || AddressFault::Form(printable(&text.chars().take(200).collect::<String>()));
        let is_plain = text.len() <= ADDRESS_BYTES_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !text.contains(['@', '#', '\\']);
        let (scheme, rest) = text.split_once("://").filter(|_| is_plain).ok_or_else(form)?;
        let uri: Uri = text.parse().map_err(|_| form())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(form)?;
        let line = match scheme {
            "https" => Line::Tls,
            "http" if is_this_machine(host) => Line::ThisMachine,
            "http" => return Err(AddressFault::Open(text.to_owned())),
            _ => return Err(form()),
        };
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if path.split('/').any(|step| matches!(step, "." | "..")) {
            return Err(form());
        }
        Ok(Self {
            text: text.to_owned(),
            origin: format!("{scheme}://{authority}"),
            path: path.to_owned(),
            host: host.to_owned(),
            line,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as they were written.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host, as it was written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether both are on one server: the same scheme, host and port.
    pub fn is_beside(&self, other: &Self) -> bool {
        self.origin == other.origin
    }

    /// A well-known address (RFC 8615) that stands before the path of this identifier.
    pub(crate) fn well_known(&self, name: &str) -> Self {
        let path = format!("/.well-known/{name}{}", self.path.trim_end_matches('/'));
        Self { text: format!("{}{path}", self.origin), path, ..self.clone() }
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()))
}

/// A request, its body in it.
pub(crate) enum Ask<'a> {
    Get,
    /// The request object of a verifier.
    RequestObject,
    Form(&'a str),
    /// JSON, with the access token, where one is needed.
    Json {
        token: &'a str,
        body: &'a str,
    },
    Nothing,
}

/// An answer that was taken.
pub(crate) struct Answer {
    pub(crate) address: String,
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Answer {
    /// The answer as JSON, read.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Json<'_>) -> Result<T, Fault>) -> Result<T, WebFault> {
        let fault = |fault| WebFault::Json { address: self.address.clone(), fault };
        read(&Json::parse(&self.text, ANSWER_LIMITS).map_err(fault)?).map_err(fault)
    }
}

/// Asks, and takes an answer of success.
pub(crate) fn ask(address: &Address, ask: &Ask<'_>) -> Result<Answer, WebFault> {
    let agent = agent(address.line);
    let fault = |source| not_answered(address, source);
    let to = || address.text.clone();
    let post = || agent.post(address.as_str()).header("accept", "application/json");
    let mut response = match ask {
        Ask::Get => agent.get(address.as_str()).header("accept", "application/json").call(),
        Ask::RequestObject => agent.get(address.as_str()).header("accept", REQUEST_OBJECT_MEDIA_TYPE).call(),
        Ask::Form(form) => post().header("content-type", "application/x-www-form-urlencoded").send(*form),
        Ask::Json { token, body } => post()
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .send(*body),
        Ask::Nothing => post().send_empty(),
    }
    .map_err(fault)?;
    let status = response.status();
    if status.is_redirection() {
        return Err(WebFault::Redirect { address: to(), status: status.as_u16() });
    }
    let text = body(address, &mut response)?;
    if status.is_success() {
        return Ok(Answer { address: to(), status, text });
    }
    let (error, text) = refusal(&text);
    Err(WebFault::Refused { address: to(), status: status.as_u16(), error, text })
}

/// One for each request: the time of an answer counts from its start.
fn agent(line: Line) -> Agent {
    let mut config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .https_only(line == Line::Tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_response_header_size(HEADER_BYTES_MAX)
        .user_agent("sanad-wallet");
    if line == Line::ThisMachine {
        config = config.proxy(None);
    }
    config.build().into()
}

fn not_answered(address: &Address, source: ureq::Error) -> WebFault {
    let address = address.text.clone();
    match source {
        ureq::Error::Timeout(_) => WebFault::Slow { address },
        source => WebFault::Unanswered { address, source: Box::new(source) },
    }
}

fn body(address: &Address, response: &mut Response<Body>) -> Result<String, WebFault> {
    let limit = ANSWER_LIMITS.bytes_max;
    let to = || address.text.clone();
    let mut content = Vec::new();
    let reader = response.body_mut().as_reader();
    let taken = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(taken).read_to_end(&mut content).map_err(|source| match source.kind() {
        io::ErrorKind::TimedOut => WebFault::Slow { address: to() },
        _ => match ureq::Error::from(source) {
            ureq::Error::Timeout(_) => WebFault::Slow { address: to() },
            ureq::Error::Io(source) => WebFault::Cut { address: to(), source },
            source => WebFault::Unanswered { address: to(), source: Box::new(source) },
        },
    })?;
    if content.len() > limit {
        return Err(WebFault::TooLarge { address: to(), limit });
    }
    String::from_utf8(content).map_err(|_| WebFault::NoText { address: to() })
}

/// What a refusal says, for people: the form of OAuth (RFC 6749 section 5.2), or nothing that is understood.
fn refusal(text: &str) -> (String, String) {
    let Ok(json) = Json::parse(text, ANSWER_LIMITS) else {
        return ("no reason that this wallet reads".to_owned(), String::new());
    };
    let said = |name: &'static str| {
        let mut object = json.object().ok()?;
        let text = object.optional(name)?.text().ok()?;
        Some(printable(&text.chars().take(200).collect::<String>()))
    };
    let error = said("error").or_else(|| said("title"));
    let text = said("error_description").or_else(|| said("detail"));
    (error.unwrap_or_else(|| "without a reason".to_owned()), text.unwrap_or_default())
}
