//! `sanad-wallet present openid4vp://…`: a verifier's request over the network, the holder's consent, and the answer.
//!
//! Nothing is sent before somebody at a terminal has typed yes, or `--yes` stands in the command. What is shown to the holder is
//! the server, which is all that is known of who asks, and every claim with its value. A refusal may be told to the verifier or
//! not: whoever says nothing at all gives away nothing at all.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use sanad_credential::{UnixTime, printable};
use sanad_openvc::Binding;
use sanad_qr::source::{self, Found, Wanted};
use serde_json::{Map, Value, json};

use super::list::describe;
use super::{Failure, Form, Shared, bad_input, say, usage};
use crate::asked::choice::{Answer, Candidate, choose};
use crate::asked::{AskedFault, LINK_START, Link, Request, Taken};
use crate::holding::{Forms, Held, Wallet};
use crate::open_form::OpenForm;

/// Longest value that is shown in full; a household of twenty has about 2,000 characters.
const SHOWN_CHARACTERS_MAX: usize = 4_096;

/// What answers to verifiers' links need.
#[derive(Args)]
pub(super) struct Answering {
    /// For a verifier's link: the document to show, by its id or first characters, where several would do.
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    document: Vec<String>,
    /// For a verifier's link: show what is asked for without asking you.
    #[arg(long, conflicts_with = "decline")]
    yes: bool,
    /// For a verifier's link: tell the verifier that you decline, and show nothing.
    #[arg(long)]
    decline: bool,
}

/// A document that may be shown.
struct Showable {
    held: Held,
}

/// The link of a verifier in an argument, or in the picture or file that it names.
pub(super) fn link_in(argument: &str) -> Result<Option<String>, Failure> {
    if argument.trim_start().starts_with(LINK_START) {
        return Ok(Some(argument.to_owned()));
    }
    // No link is a document: the first byte is one that none has.
    let wanted = Wanted { prefix: LINK_START, first_byte: 0 };
    let found = source::find(argument, wanted).unwrap_or_default();
    let mut links = found.into_iter().filter_map(|found| match found {
        Found::Text(text) if text.trim_start().starts_with(LINK_START) => Some(text),
        _ => None,
    });
    match (links.next(), links.next()) {
        (Some(_), Some(_)) => Err(bad_input("several requests are in this picture; give one".to_owned())),
        (link, _) => Ok(link),
    }
}

impl Answering {
    /// Where no link was found.
    pub(super) fn must_not_be_meant(&self, argument: &str) -> Result<(), Failure> {
        if !self.yes && !self.decline && self.document.is_empty() {
            return Ok(());
        }
        let argument = printable(&argument.chars().take(80).collect::<String>());
        Err(bad_input(format!("no verifier's link ({LINK_START}…) is in \"{argument}\"; nothing was shown")))
    }

    /// Answers a link, or declines.
    pub(super) fn run(&self, link: &str, shared: &Shared) -> Result<u8, Failure> {
        let link = Link::parse(link)?;
        let now = shared.now()?;
        if self.decline {
            return decline(&link, &link.fetch(now)?, shared.form);
        }
        // Before anybody is asked anything.
        if !self.yes && !io::stdin().is_terminal() {
            return Err(usage("nobody can be asked here: say --yes, or --decline".to_owned()));
        }
        let wallet = shared.open()?;
        let (showable, candidates) = self.candidates(&wallet, shared, now)?;
        let request = link.fetch(now)?;
        let answers = match choose(&request.query, &candidates, now) {
            Ok(answers) => answers,
            Err(fault) => {
                if !self.yes
                    && asks(&format!("{fault}.\nTell {} that you decline? Type yes: ", link.server()))
                {
                    return decline(&link, &request, shared.form);
                }
                let again = "nothing was shown; --decline tells the verifier that you decline";
                return Err(bad_input(format!("{fault}; {again}")));
            }
        };
        tell(&link, &answers, &showable, &candidates, now);
        if !self.yes {
            match consent() {
                Consent::Given => {}
                Consent::Declined => return decline(&link, &request, shared.form),
                Consent::NotGiven => {
                    return Err(bad_input("nothing was shown and nothing was told".to_owned()));
                }
            }
        }
        let mut presentations = Vec::new();
        for answer in &answers {
            let (Some(Showable { held }), Some(candidate)) =
                (showable.get(answer.candidate), candidates.get(answer.candidate))
            else {
                continue;
            };
            let key = wallet.key_of(held)?.signing();
            let binding = Binding { audience: &request.client_id, nonce: &request.nonce, iat: now };
            let shown = candidate.form.show(&answer.disclosed, &binding, &key);
            presentations.push((answer.query.clone(), shown.map_err(|fault| bad_input(fault.to_string()))?));
        }
        let taken = request.answer(&presentations)?;
        report(&link, &answers, &candidates, &taken, shared.form)
    }

    /// The SD-JWT VCs that may be shown, each with its document.
    fn candidates(
        &self,
        wallet: &Wallet,
        shared: &Shared,
        now: UnixTime,
    ) -> Result<(Vec<Showable>, Vec<Candidate>), Failure> {
        let named = shared.named(wallet)?.map(|holder| holder.id);
        for start in &self.document {
            // A mistyped id is told as such.
            wallet.find(start, named)?;
        }
        let is_meant = |held: &Held| {
            self.document.is_empty() || self.document.iter().any(|start| held.id.starts_with(start))
        };
        let (mut showable, mut candidates) = (Vec::new(), Vec::new());
        let held = wallet.list(named)?.into_iter();
        for held in held.filter(|held| held.forms == Forms::CardAndSdJwt && is_meant(held)) {
            let (Some(text), Some(record)) =
                (wallet.sd_jwt_of(&held.id)?, wallet.record_of(&held.claims.iss)?)
            else {
                continue;
            };
            match OpenForm::open(&text, &record, &held.claims, now) {
                Ok(form) => {
                    candidates.push(Candidate { id: held.id.clone(), form });
                    showable.push(Showable { held });
                }
                Err(fault) => eprintln!("Note: the SD-JWT VC of {} is not shown: {fault}.", held.id),
            }
        }
        Ok((showable, candidates))
    }
}

/// Who asks, and everything that would be disclosed.
fn tell(link: &Link, answers: &[Answer], showable: &[Showable], candidates: &[Candidate], now: UnixTime) {
    eprintln!("{} asks, over the network. It would see:", link.server());
    for answer in answers {
        let (Some(Showable { held }), Some(candidate)) =
            (showable.get(answer.candidate), candidates.get(answer.candidate))
        else {
            continue;
        };
        eprintln!("  of {}", describe(held, now.date(), Form::Text));
        for (name, value) in disclosed(answer, candidate) {
            eprintln!("    {}: {}", printable(&name), in_words(&value));
        }
        if answer.disclosed.is_empty() {
            eprintln!("    no claim of the person");
        }
        eprintln!(
            "    and, as with every showing: the issuer, what it entitles to and from when to when, its id, its place in the \
             list of what was revoked, and this wallet's key for {}",
            held.claims.iss
        );
    }
    eprintln!(
        "The name of the server is all that is known of who asks: is it the one of the place where you are?"
    );
}

/// The claims of an answer with their values.
fn disclosed(answer: &Answer, candidate: &Candidate) -> Map<String, Value> {
    let claims = candidate.form.claims();
    let named = answer.disclosed.iter();
    named.filter_map(|name| claims.get(name).map(|value| (name.clone(), value.clone()))).collect()
}

fn in_words(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    printable(&shown)
}

enum Consent {
    Given,
    Declined,
    NotGiven,
}

fn consent() -> Consent {
    eprint!("Show it? Type yes to show it, no to tell them that you decline, anything else for neither: ");
    match typed().as_deref() {
        Some("yes") => Consent::Given,
        Some("no") => Consent::Declined,
        _ => Consent::NotGiven,
    }
}

fn asks(question: &str) -> bool {
    eprint!("{question}");
    typed().as_deref() == Some("yes")
}

fn typed() -> Option<String> {
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.ok().map(|_| answer.trim().to_owned())
}

fn decline(link: &Link, request: &Request, form: Form) -> Result<u8, Failure> {
    let taken = request.decline()?;
    let server = link.server();
    match form {
        Form::Json => {
            say(&json!({"verifier": server, "state": "declined", "redirect_uri": taken.redirect}).to_string())?
        }
        Form::Text => {
            say(&format!("{server} was told that you decline; nothing was shown."))?;
            tell_redirect(&taken);
        }
    }
    Ok(0)
}

/// What was shown, and what the verifier said.
fn report(
    link: &Link,
    answers: &[Answer],
    candidates: &[Candidate],
    taken: &Taken,
    form: Form,
) -> Result<u8, Failure> {
    let server = link.server();
    let documents = answers.iter().filter_map(|answer| {
        let candidate = candidates.get(answer.candidate)?;
        Some(json!({"id": candidate.id, "query": answer.query, "disclosed": disclosed(answer, candidate)}))
    });
    match form {
        Form::Json => say(&json!({
            "verifier": server,
            "client_id": link.client_id,
            "state": "presented",
            "documents": documents.collect::<Vec<_>>(),
            "redirect_uri": taken.redirect,
        })
        .to_string())?,
        Form::Text => {
            say(&format!("{server} took the answer. What it decides it tells at its desk."))?;
            tell_redirect(taken);
        }
    }
    Ok(0)
}

fn tell_redirect(taken: &Taken) {
    if let Some(redirect) = &taken.redirect {
        eprintln!("It names an address to go on at, which this program does not follow: {redirect}");
    }
}

impl From<AskedFault> for Failure {
    fn from(fault: AskedFault) -> Self {
        bad_input(fault.to_string())
    }
}
