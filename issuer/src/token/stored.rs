//! An API token as the store has it: a paper of the kind `token`, in JSON, without a name.

use std::fmt;

use sanad_credential::{Area, DelegationId, Fault, Json, Limits, Object, Set, UnixTime, printable};
use sanad_trust::members::{Written, entries, member, optional, set, text_json, text_of, texts_json};

use super::secret::{SecretHash, TokenId};
use crate::audit::Actor;
use crate::role::{Role, Roles};
use crate::service::caller::Reach;
use crate::store::{Paper, PaperId, PaperKey, PaperKind, RecordsFault};

/// An API token, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Which.
    pub id: TokenId,
    /// What it is for.
    pub label: Label,
    /// What it is there for; at least one.
    pub roles: Roles,
    /// Where it may act.
    pub reach: Reach,
    /// Under which delegation, if it is a delegate's.
    pub delegation: Option<DelegationId>,
    /// Since when.
    pub created: UnixTime,
    /// Until when; not at that second any more.
    pub expires: UnixTime,
    /// Who made it.
    pub maker: Actor,
    /// Who is behind it: the origin of its maker, or itself where it was made at the command line.
    pub origin: Actor,
    /// Since when it does not count any more.
    pub withdrawn: Option<UnixTime>,
    /// Of its secret.
    pub hash: SecretHash,
}

/// What a token is for: 1 to 64 characters, no control or direction characters, no spaces at its ends. A device, an office
/// or a system; not a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(String);

/// Longest label, in characters.
pub const LABEL_CHARACTERS_MAX: usize = 64;

/// A text that is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{characters} characters; a label has 1 to {LABEL_CHARACTERS_MAX}, no control characters, and no spaces at its ends"
)]
pub struct NotALabel {
    /// How long it is.
    pub characters: usize,
}

/// How a token stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Good,
    /// It was withdrawn.
    Withdrawn,
    /// Its time is over.
    Expired,
}

/// A paper holds 4,000 bytes; 64 areas are the longest array.
const LIMITS: Limits = Limits { bytes_max: 4_000, depth_max: 3, entries_max: 64, values_max: 128 };

impl Label {
    /// Takes a label.
    ///
    /// # Errors
    /// [`NotALabel`].
    pub fn new(text: &str) -> Result<Self, NotALabel> {
        let characters = text.chars().count();
        let fits = (1..=LABEL_CHARACTERS_MAX).contains(&characters);
        if fits && printable(text) == text && text.trim() == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotALabel { characters })
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Standing {
    /// The word in lists and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Standing::Good => "good",
            Standing::Withdrawn => "withdrawn",
            Standing::Expired => "expired",
        }
    }
}

impl Token {
    /// Who acts with it.
    pub fn actor(id: TokenId) -> Result<Actor, RecordsFault> {
        Actor::new(&format!("token:{id}")).map_err(|_| damaged())
    }

    /// Its paper.
    pub fn key(id: TokenId) -> Result<PaperKey, RecordsFault> {
        let id = PaperId::new(&id.to_string()).map_err(|_| damaged())?;
        Ok(PaperKey { kind: PaperKind::Token, id })
    }

    /// Whether it counts at a time.
    pub fn standing(&self, now: UnixTime) -> Standing {
        if self.withdrawn.is_some() {
            Standing::Withdrawn
        } else if now >= self.expires {
            Standing::Expired
        } else {
            Standing::Good
        }
    }

    /// Without the hash: what lists and answers show.
    pub fn shown(&self) -> Written<'static> {
        let mut written = Written::default();
        written.add("id", text_json(&self.id));
        written.add("label", text_json(&self.label));
        written.add("roles", texts_json(&self.roles.iter().collect::<Vec<_>>()));
        if let Reach::Within(areas) = &self.reach {
            written.add("areas", texts_json(areas));
        }
        written.add_if("delegation", self.delegation.as_ref().map(|id| text_json(id)));
        written.add("created", text_json(&self.created));
        written.add("expires", text_json(&self.expires));
        written.add("maker", text_json(&self.maker));
        written.add("origin", text_json(&self.origin));
        written.add_if("withdrawn", self.withdrawn.as_ref().map(|at| text_json(at)));
        written
    }

    /// The content of its paper.
    pub(super) fn to_content(&self) -> Vec<u8> {
        let mut written = self.shown();
        written.add("sha256", Json::Text(self.hash.to_hex().into()));
        written.object().to_string().into_bytes()
    }

    /// Reads a paper.
    ///
    /// # Errors
    /// [`RecordsFault::Damaged`]: this program did not write it.
    pub(super) fn of_paper(paper: &Paper) -> Result<Self, RecordsFault> {
        let text = std::str::from_utf8(&paper.content).map_err(|_| damaged())?;
        let json = Json::parse(text, LIMITS).map_err(|_| damaged())?;
        let token = json.object().and_then(Self::read).map_err(|_| damaged())?;
        // A paper that was put in the place of another would let its holder act under that id.
        if token.id.to_string() == paper.key.id.as_str() { Ok(token) } else { Err(damaged()) }
    }

    fn read(mut members: Object<'_, '_>) -> Result<Self, Fault> {
        let object = &mut members;
        let wrong = |wanted: &'static str| Fault::new(sanad_credential::What::Pattern { wanted });
        let actor = |text: &str| Actor::new(text).map_err(|_| wrong("the id of an actor"));
        let role = |json: &Json<'_>| Role::from_word(json.text()?).map_err(|_| wrong("a role"));
        let token = Self {
            id: text_of(object, "id", TokenId::from_hex)?,
            label: text_of(object, "label", |text| Label::new(text).map_err(|_| wrong("a label")))?,
            roles: Roles::new(member(object, "roles", |json| entries(json, role))?),
            reach: optional(object, "areas", |json| set(json, Area::new))?
                .map_or(Ok(Reach::Everywhere), within)?,
            delegation: optional(object, "delegation", |json| DelegationId::new(json.text()?))?,
            created: text_of(object, "created", UnixTime::parse)?,
            expires: text_of(object, "expires", UnixTime::parse)?,
            maker: text_of(object, "maker", actor)?,
            origin: text_of(object, "origin", actor)?,
            withdrawn: optional(object, "withdrawn", |json| UnixTime::parse(json.text()?))?,
            hash: text_of(object, "sha256", |text| {
                SecretHash::from_hex(text).ok_or_else(|| wrong("SHA-256"))
            })?,
        };
        members.finish()?;
        Ok(token)
    }
}

fn within(areas: Set<Area>) -> Result<Reach, Fault> {
    Set::new(areas.to_vec()).map(Reach::Within)
}

pub(super) fn damaged() -> RecordsFault {
    RecordsFault::Damaged { what: "a token" }
}
