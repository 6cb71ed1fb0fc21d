//! What a verifier asks of a holder: the link, the signed request object behind it, and the query in that (OpenID for Verifiable
//! Presentations 1.0).
//!
//! Anybody can draw such a link. The request object must be signed by the key that the link names, so that nobody on the way
//! changes what is asked; that key is drawn by the verifier and known to nobody, so the holder is shown the server, which TLS
//! proves, and everything that would be disclosed. The answer goes to that server and no other: a request that is fetched from
//! one server and answered at another would show the holder one name and give the answer to another.
//!
//! Refused: more or other parameters than a client id and an address, request objects by value or of another type, algorithm,
//! audience or client, response modes but `direct_post`, an address elsewhere, a request that is over, transaction data (this
//! wallet authorizes none), and queries beyond the limits of [`query`].

pub mod choice;
pub mod query;

use sanad_credential::{UnixTime, printable};
use sanad_openvc::{CLIENT_ID_PREFIX, open_request_object};
use serde_json::{Map, Value};

use self::query::Query;
use crate::form::{decoded, encoded};
use crate::web::{Address, AddressFault, Ask, WebFault, ask};

/// Start of every link.
pub const LINK_START: &str = "openid4vp://";

/// Longest link: what a picture of one holds, with room.
pub const LINK_BYTES_MAX: usize = 4_096;

/// Longest request object. The desk's has about 1,700 bytes.
pub const REQUEST_BYTES_MAX: usize = 65_536;

/// Longest client id, nonce and state.
const TEXT_BYTES_MAX: usize = 1_024;

/// A shorter nonce is drawn twice, or guessed.
const NONCE_BYTES_MIN: usize = 16;

/// Audience of a request to whatever wallet reads the link (OpenID4VP 1.0 section 5.8).
const ANY_WALLET: &str = "https://self-issued.me/v2";

/// How far the verifier's clock may be ahead of this one.
const SKEW_SECONDS: u64 = 300;

/// Longest address that a verifier wants the holder to go on at.
const REDIRECT_CHARACTERS_MAX: usize = 2_048;

/// A link: who asks, and where what is asked stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The client id, with its prefix.
    pub client_id: String,
    /// Where the request object stands.
    pub request: Address,
}

/// A request whose signature and addresses hold.
#[derive(Debug)]
pub struct Request {
    /// The client id: the audience of an answer.
    pub client_id: String,
    /// What the holder signs.
    pub nonce: String,
    /// What is wanted.
    pub query: Query,
    response: Address,
    state: Option<String>,
}

/// Why nothing is answered.
#[derive(Debug, thiserror::Error)]
pub enum AskedFault {
    /// The link is too long.
    #[error("the link has {bytes} bytes, over the limit of {LINK_BYTES_MAX}")]
    LinkTooLong {
        /// How many.
        bytes: usize,
    },
    /// Something else stands where the parameters should.
    #[error("the link must be {LINK_START}? with client_id and request_uri, each once")]
    LinkForm,
    /// A parameter that is not understood: what is asked stands in the signed request, and nowhere else.
    #[error(
        "the link has the parameter \"{name}\"; this wallet takes client_id and request_uri, and reads what is asked from the \
         signed request alone"
    )]
    Parameter {
        /// Which.
        name: String,
    },
    /// A percent sign without two digits, or bytes that are no UTF-8.
    #[error("{name} of the link is not percent-encoded text")]
    Encoding {
        /// The parameter.
        name: &'static str,
    },
    /// Another kind of client.
    #[error(
        "the client id \"{found}\" is of a kind that this wallet cannot check; it knows {CLIENT_ID_PREFIX}did:key:…"
    )]
    Client {
        /// Its start.
        found: String,
    },
    /// An address that is not asked.
    #[error("{name}: {fault}")]
    Address {
        /// The member.
        name: &'static str,
        /// Why.
        fault: AddressFault,
    },
    /// The network.
    #[error(transparent)]
    Web(#[from] WebFault),
    /// The verifier did not take the answer.
    #[error("{0}; the verifier did not take the answer: ask it for a new request")]
    NotTaken(WebFault),
    /// The answer went out, and nothing was heard of it.
    #[error("{0}; whether the verifier has the answer is not known: ask at its desk")]
    Unheard(WebFault),
    /// The request object does not hold.
    #[error("the request of {server}: {fault}; nothing was answered")]
    Request {
        /// Where it stands.
        server: String,
        /// Place and fault.
        fault: sanad_openvc::Fault,
    },
    /// A member has another value than the one that is answered.
    #[error("the request of {server}: {name} is {found}, {wanted} is wanted; nothing was answered")]
    Member {
        /// Where it stands.
        server: String,
        /// Which.
        name: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        wanted: &'static str,
    },
    /// The answer would go elsewhere.
    #[error(
        "the request of {server} wants the answer sent to another server, {found}; you would not see who gets it, so nothing was \
         answered"
    )]
    Elsewhere {
        /// Where the request stands.
        server: String,
        /// Where the answer would go.
        found: String,
    },
    /// Too late, or by a clock that is ahead.
    #[error(
        "the request of {server} is {what} ({found}, it is {now} here); ask the verifier for a new one, or set the clock right"
    )]
    Time {
        /// Where it stands.
        server: String,
        /// Over, or of the future.
        what: &'static str,
        /// Its time in seconds since 1970.
        found: u64,
        /// The time here.
        now: u64,
    },
}

/// What the verifier said to an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// An address that it wants the holder to go on at.
    pub redirect: Option<String>,
}

impl Link {
    /// Reads a link.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn parse(text: &str) -> Result<Self, AskedFault> {
        let text = text.trim();
        if text.len() > LINK_BYTES_MAX {
            return Err(AskedFault::LinkTooLong { bytes: text.len() });
        }
        let rest = text.strip_prefix(LINK_START).ok_or(AskedFault::LinkForm)?;
        // Systems that normalize addresses put the slash of an empty path there.
        let parameters =
            rest.strip_prefix('/').unwrap_or(rest).strip_prefix('?').ok_or(AskedFault::LinkForm)?;
        let (mut client_id, mut request_uri, mut method) = (None, None, None);
        for parameter in parameters.split('&') {
            let (name, value) = parameter.split_once('=').ok_or(AskedFault::LinkForm)?;
            let (name, place) = match name {
                "client_id" => ("client_id", &mut client_id),
                "request_uri" => ("request_uri", &mut request_uri),
                // A wallet that has nothing to tell the verifier fetches by GET, whatever stands here (section 5.10).
                "request_uri_method" => ("request_uri_method", &mut method),
                other => {
                    let name = printable(&other.chars().take(40).collect::<String>());
                    return Err(AskedFault::Parameter { name });
                }
            };
            let value = decoded(value).ok_or(AskedFault::Encoding { name })?;
            if place.replace(value).is_some() {
                return Err(AskedFault::LinkForm);
            }
        }
        let (Some(client_id), Some(request_uri)) = (client_id, request_uri) else {
            return Err(AskedFault::LinkForm);
        };
        let is_known =
            client_id.strip_prefix(CLIENT_ID_PREFIX).is_some_and(|did| did.starts_with("did:key:"));
        if !is_known || client_id.len() > TEXT_BYTES_MAX || !is_plain(&client_id) {
            return Err(AskedFault::Client { found: start_of(&client_id) });
        }
        let request = Address::with_query(&request_uri)
            .map_err(|fault| AskedFault::Address { name: "request_uri of the link", fault })?;
        Ok(Self { client_id: (*client_id).clone(), request })
    }

    /// Fetches what is asked, and checks it.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn fetch(&self, now: UnixTime) -> Result<Request, AskedFault> {
        let answer = ask(&self.request, &Ask::RequestObject)?;
        if answer.text.len() > REQUEST_BYTES_MAX {
            let address = self.request.to_string();
            return Err(WebFault::TooLarge { address, limit: REQUEST_BYTES_MAX }.into());
        }
        self.open(answer.text.trim(), now)
    }

    /// Opens a request object that was fetched.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn open(&self, token: &str, now: UnixTime) -> Result<Request, AskedFault> {
        let claims = open_request_object(token, &self.client_id);
        let claims = claims.map_err(|fault| AskedFault::Request { server: self.server(), fault })?;
        self.read(&claims, now)
    }

    /// Reads what a request object says, whose signature was verified.
    ///
    /// # Errors
    /// [`AskedFault`].
    pub fn read(&self, claims: &Map<String, Value>, now: UnixTime) -> Result<Request, AskedFault> {
        self.must_be(claims, "aud", ANY_WALLET)?;
        self.must_be(claims, "response_type", "vp_token")?;
        self.must_be(claims, "response_mode", "direct_post")?;
        for (name, wanted) in [
            ("redirect_uri", "no address beside response_uri"),
            ("transaction_data", "no transaction to authorize"),
            ("scope", "dcql_query"),
        ] {
            if let Some(found) = claims.get(name) {
                return Err(self.member(name, Some(found), wanted));
            }
        }
        self.times(claims, now)?;
        let response = self.text(claims, "response_uri", 1)?;
        let response = Address::with_query(&response)
            .map_err(|fault| AskedFault::Address { name: "response_uri of the request", fault })?;
        if !response.is_beside(&self.request) {
            let found = response.to_string();
            return Err(AskedFault::Elsewhere { server: self.server(), found });
        }
        let nonce = self.text(claims, "nonce", NONCE_BYTES_MIN)?;
        let state = claims.contains_key("state").then(|| self.text(claims, "state", 1)).transpose()?;
        let wanted = claims.get("dcql_query").ok_or_else(|| self.member("dcql_query", None, "a query"))?;
        let query = Query::read(wanted).map_err(|fault| AskedFault::Request {
            server: self.server(),
            fault: fault.within("dcql_query"),
        })?;
        Ok(Request { client_id: self.client_id.clone(), nonce, query, response, state })
    }

    /// Who asks, as far as anybody can tell: the server.
    pub fn server(&self) -> String {
        self.request.origin().to_owned()
    }

    fn member(&self, name: &'static str, found: Option<&Value>, wanted: &'static str) -> AskedFault {
        let found = found.map_or("missing".to_owned(), |found| start_of(&found.to_string()));
        AskedFault::Member { server: self.server(), name, found, wanted }
    }

    fn must_be(
        &self,
        claims: &Map<String, Value>,
        name: &'static str,
        wanted: &'static str,
    ) -> Result<(), AskedFault> {
        let found = claims.get(name);
        if found.and_then(Value::as_str) == Some(wanted) {
            Ok(())
        } else {
            Err(self.member(name, found, wanted))
        }
    }

    /// Something that goes back to the verifier, or is signed for it.
    fn text(
        &self,
        claims: &Map<String, Value>,
        name: &'static str,
        bytes_min: usize,
    ) -> Result<String, AskedFault> {
        let found = claims.get(name);
        let text = found
            .and_then(Value::as_str)
            .filter(|text| (bytes_min..=TEXT_BYTES_MAX).contains(&text.len()) && is_plain(text));
        let wanted = match name {
            "nonce" => "a text of 16 to 1,024 characters without spaces",
            _ => "a text of 1 to 1,024 characters without spaces",
        };
        text.map(str::to_owned).ok_or_else(|| self.member(name, found, wanted))
    }

    /// Times are wanted nowhere, and held where they stand.
    fn times(&self, claims: &Map<String, Value>, now: UnixTime) -> Result<(), AskedFault> {
        let seconds = |name: &'static str| match claims.get(name) {
            None => Ok(None),
            Some(found) => match found.as_u64() {
                Some(seconds) => Ok(Some(seconds)),
                None => Err(self.member(name, Some(found), "a time in whole seconds")),
            },
        };
        let now = now.seconds();
        let fault = |what, found| AskedFault::Time { server: self.server(), what, found, now };
        if let Some(exp) = seconds("exp")?.filter(|exp| *exp <= now.saturating_sub(SKEW_SECONDS)) {
            return Err(fault("over", exp));
        }
        for name in ["iat", "nbf"] {
            if let Some(from) = seconds(name)?.filter(|from| *from > now.saturating_add(SKEW_SECONDS)) {
                return Err(fault("of the future", from));
            }
        }
        Ok(())
    }
}

impl Request {
    /// Posts a presentation for each query that is answered, by its id.
    ///
    /// # Errors
    /// [`AskedFault::Web`].
    pub fn answer(&self, presentations: &[(String, String)]) -> Result<Taken, AskedFault> {
        let token: Map<String, Value> = presentations
            .iter()
            .map(|(query, presentation)| (query.clone(), Value::Array(vec![presentation.as_str().into()])))
            .collect();
        self.post("vp_token", &Value::Object(token).to_string())
    }

    /// Tells the verifier that the holder declines.
    ///
    /// # Errors
    /// [`AskedFault::Web`].
    pub fn decline(&self) -> Result<Taken, AskedFault> {
        self.post("error", "access_denied")
    }

    fn post(&self, name: &str, value: &str) -> Result<Taken, AskedFault> {
        let mut form = format!("{name}={}", encoded(value).as_str());
        if let Some(state) = &self.state {
            form.push_str("&state=");
            form.push_str(&encoded(state));
        }
        let answer = ask(&self.response, &Ask::Form(&form)).map_err(|fault| match fault {
            WebFault::Refused { .. } => AskedFault::NotTaken(fault),
            fault => AskedFault::Unheard(fault),
        })?;
        // Some say nothing at all to an answer that they took.
        if answer.text.trim().is_empty() {
            return Ok(Taken { redirect: None });
        }
        let redirect = answer.read(|json| {
            let mut object = json.object()?;
            object.optional("redirect_uri").map(|json| json.text().map(str::to_owned)).transpose()
        });
        let redirect = redirect.map_err(AskedFault::Unheard)?;
        let redirect =
            redirect.map(|text| printable(&text.chars().take(REDIRECT_CHARACTERS_MAX).collect::<String>()));
        Ok(Taken { redirect })
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn start_of(text: &str) -> String {
    printable(&text.chars().take(80).collect::<String>())
}

#[cfg(test)]
mod tests;
