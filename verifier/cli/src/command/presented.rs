//! Presentations in a decision: what the device remembers of them is open while it decides, and what passed is on the disk
//! before anything is answered.

use std::io;

use sanad_credential::{Carried, Json, UnixTime};
use sanad_verifier::{Context, Desk, Documents, Token, Tokens};

use super::{Form, say};
use crate::counter::Shown;
use crate::presentations::Presentations;
use crate::state::State;

/// The memory and what it gives for this question.
pub(super) enum Presented {
    /// Nothing was presented, so that nothing needs to be remembered.
    Nothing,
    /// Something was, and nothing can be remembered: it counts as a copy. Care does not wait for a disk.
    Forgetful,
    /// Something was.
    Remembering(Box<(Presentations, Desk, UnixTime)>),
}

impl Presented {
    pub(super) fn begin(
        shown: &Shown,
        state: &State,
        context: &Context,
        time: UnixTime,
        device: Option<UnixTime>,
    ) -> Self {
        let is_token = |bytes: &[u8]| matches!(Carried::parse(bytes), Ok(Carried::Presentation(_)));
        if !shown.documents.iter().any(|document| is_token(&document.bytes)) {
            return Self::Nothing;
        }
        match Presentations::open(state) {
            Ok(memory) => {
                let desk = memory.desk(context.facility.id.as_ref(), device, time, context.clock);
                Self::Remembering(Box::new((memory, desk, device.unwrap_or(time))))
            }
            Err(fault) => {
                eprintln!("sanad-verify: presentations count as copies, none could be remembered: {fault}");
                Self::Forgetful
            }
        }
    }

    pub(super) fn tokens(&self) -> Tokens<'_> {
        match self {
            Self::Nothing | Self::Forgetful => Tokens::None,
            Self::Remembering(memory) => Tokens::Judged(&memory.1),
        }
    }

    /// Keeps what passed.
    pub(super) fn keep(&mut self, documents: &Documents<'_>) -> Result<(), String> {
        let Self::Remembering(memory) = self else { return Ok(()) };
        let (presentations, _, now) = memory.as_mut();
        let passed = documents.readable().iter().filter_map(|document| match &document.token {
            Token::Accepted(hash) => Some(*hash),
            Token::None | Token::NotJudged | Token::Refused(_) => None,
        });
        presentations.accept(passed, *now).map_err(|fault| fault.to_string())
    }
}

/// Says what became of each presentation: a line of JSON, or a note beside the answer.
pub(super) fn tell(documents: &Documents<'_>, form: Form) -> io::Result<()> {
    for document in documents.readable() {
        let (word, fault) = match &document.token {
            Token::None => continue,
            Token::NotJudged => ("not_judged", None),
            Token::Accepted(_) => ("accepted", None),
            Token::Refused(fault) => ("refused", Some(fault.to_string())),
        };
        match &fault {
            Some(fault) => eprintln!(
                "sanad-verify: the presentation does not count, the document was decided like a copy: {fault}"
            ),
            None if word == "accepted" => eprintln!("sanad-verify: the holder's phone proved its key"),
            None => {}
        }
        if form == Form::Json {
            let fault = fault.map_or(Json::Null, |fault| Json::Text(fault.into()));
            let members = vec![("presentation".into(), Json::Text(word.into())), ("fault".into(), fault)];
            say(&Json::Object(members).to_string())?;
        }
    }
    Ok(())
}
