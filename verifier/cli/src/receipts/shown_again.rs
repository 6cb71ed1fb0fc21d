//! Documents that are laid down again, to replay a receipt or to settle it: codes of this project, and files of what a phone
//! presented in the open standards.

use sanad_credential::{DocumentHash, UnixTime};
use sanad_openvc::{CompromisedKeys, Fault};
use sanad_trust::pack::Pack;
use sanad_verifier::OpenForm;

use crate::counter;
use crate::open_form::{OpenDocument, controllers};

/// What was laid down.
#[derive(Clone, Debug)]
pub struct ShownAgain {
    /// Documents of this project.
    pub documents: Vec<Vec<u8>>,
    /// Those of the open standards.
    pub open: Vec<OpenDocument>,
    /// What could not be read, in words.
    pub unreadable: Vec<String>,
}

impl ShownAgain {
    /// Reads codes as texts, pictures and files.
    ///
    /// # Errors
    /// The first file that cannot be opened, or that begins like a document of the open standards and does not read.
    pub fn read(codes: &[String]) -> Result<Self, String> {
        let (mut open, mut rest) = (Vec::new(), Vec::new());
        for code in codes {
            match OpenDocument::read(code)? {
                Some(document) => open.push(document),
                None => rest.push(code.clone()),
            }
        }
        let shown = counter::shown(&rest)?;
        let documents = shown.documents.into_iter().map(|document| document.bytes).collect();
        Ok(Self { documents, open, unreadable: shown.unreadable })
    }

    /// The documents of the open standards that verify with this pack, and the fault of one that does not.
    pub fn forms(&self, pack: &Pack, now: UnixTime) -> (Vec<OpenForm>, Option<Fault>) {
        let (mut forms, mut refused) = (Vec::new(), None);
        if self.open.is_empty() {
            return (forms, refused);
        }
        let controllers = controllers(pack, CompromisedKeys::LeaveToDecision);
        for document in &self.open {
            match document.verify(pack, &controllers, now) {
                Ok(form) => forms.push(form),
                Err(fault) => refused = Some(fault),
            }
        }
        (forms, refused)
    }

    /// The one with this hash; else why one of them does not verify.
    pub fn form(
        &self,
        wanted: Option<DocumentHash>,
        pack: &Pack,
        now: UnixTime,
    ) -> (Option<OpenForm>, Option<Fault>) {
        let (forms, refused) = self.forms(pack, now);
        (forms.into_iter().find(|form| Some(form.hash) == wanted), refused)
    }
}
