//! `sanad-wallet show`, `present` and `request`: codes on a screen, in pictures, on a page.

use std::io;
use std::path::PathBuf;

use clap::Args;
use sanad_credential::{
    Binding, CHALLENGE_PREFIX, Challenge, DelegationId, FixedBytes, HolderRequest, IssuerId, Nonce, QrText,
    SealFault, UnixTime, seal_presentation,
};
use sanad_qr::source::{self, Found, Wanted};
use sanad_qr::{Correction, ModulePixels, TerminalStyle};

use super::add::for_whom;
use super::answer::{Answering, link_in};
use super::{Failure, Form, Shared, bad_input, is_looked_at, say, say_members, write_file};
use crate::holding::{Held, WalletFault};
use crate::page::page;
use crate::show::{show, terminal};
use crate::whole_file::Readers;

/// Where a code goes; the terminal when nothing is said.
#[derive(Args)]
struct Pictures {
    /// Write a PNG file instead.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Write an SVG file instead.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Pixels of a module in the PNG file and on the page.
    #[arg(long, value_name = "PIXELS", default_value = "8",
          value_parser = |text: &str| text.parse().map_err(|_| "must be a number from 2 to 40".to_owned())
              .and_then(|pixels| ModulePixels::new(pixels).map_err(|fault| fault.to_string())))]
    module_pixels: ModulePixels,
}

/// Show a document as a QR code: in the terminal, or as PNG, SVG or HTML file.
#[derive(Args)]
pub(super) struct Show {
    /// The document's id, or its first characters, as `list` prints it.
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    #[command(flatten)]
    pictures: Pictures,
    /// Write a self-contained page instead, with what the document says beside the code.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Present a phone credential to a verifier: a code that counts there, now and once.
#[derive(Args)]
pub(super) struct Present {
    /// The document's id, or its first characters. Or, alone, a verifier's request over the network: the link openid4vp://…, or
    /// a picture or file of it.
    #[arg(value_name = "ID|LINK", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// The verifier's challenge: its text, a picture or a file of it, or "-" for standard input.
    #[arg(long, value_name = "QR", conflicts_with = "to")]
    challenge: Option<String>,
    /// Id of the facility, typed: UG-F01.
    #[arg(long, value_name = "ID", value_parser = |text: &str| DelegationId::new(text))]
    to: Option<DelegationId>,
    /// What its challenge says behind the id, typed: 32 hexadecimal digits.
    #[arg(long, value_name = "DIGITS", requires = "to", value_parser = nonce)]
    nonce: Option<Nonce>,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    pictures: Pictures,
}

/// Ask an issuer to bind credentials to this wallet: shows the public key with a proof that the wallet holds it.
#[derive(Args)]
pub(super) struct Request {
    /// The issuer that is asked: KE-SHA. Each gets a key of its own.
    #[arg(long, value_name = "ID", value_parser = |text: &str| IssuerId::new(text))]
    issuer: IssuerId,
    /// The person of --holder is new in this wallet.
    #[arg(long, requires = "holder")]
    new_holder: bool,
    #[command(flatten)]
    pictures: Pictures,
}

impl Show {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let (_, held) = find(shared, &self.id)?;
        let text = held.text()?;
        let shown = show(text.as_str())?;
        let goes_to_a_file = self.html.is_some() || self.pictures.is_written();
        if goes_to_a_file && shown.correction() != Correction::Quartile {
            eprintln!(
                "Note: this document is long, its code was drawn with error correction M instead of Q; print it \
                 larger than others."
            );
        }
        if held.is_for_phone() {
            eprintln!(
                "Note: this credential is bound to this wallet's key. Shown like this it is a copy; `present` proves the key."
            );
        }
        if let Some(path) = &self.html {
            let page = page(&held, &shown, self.pictures.module_pixels)?;
            write_file(path, page.as_bytes(), Readers::AsUsual)?;
        }
        let mut members = vec![("id", held.id.clone())];
        if !goes_to_a_file {
            members.push(("text", text.as_str().to_owned()));
        }
        self.pictures.hand_out(text.as_str(), goes_to_a_file, &members, self.html.as_ref(), shared.form)
    }
}

impl Present {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        if self.challenge.is_none()
            && self.to.is_none()
            && let Some(link) = link_in(&self.id)?
        {
            return self.answering.run(&link, shared);
        }
        self.answering.must_not_be_meant(&self.id)?;
        let (aud, cnonce) = match (&self.challenge, &self.to) {
            (Some(argument), _) => {
                let challenge = read_challenge(argument)?;
                (challenge.facility, Some(challenge.nonce))
            }
            (None, Some(facility)) => (facility.clone(), self.nonce),
            (None, None) => {
                return Err(super::usage(
                    "say for whom: --challenge QR, or --to ID, or give a verifier's link openid4vp://…"
                        .to_owned(),
                ));
            }
        };
        let (wallet, held) = find(shared, &self.id)?;
        let key = wallet.key_of(&held)?.signing();
        // A clock before 2020 is no time at all; with a challenge nobody looks at it.
        let iat = shared.now().or_else(|fault| match cnonce {
            Some(_) => UnixTime::parse("2020-01-01").map_err(|_| fault),
            None => Err(fault),
        })?;
        let binding = Binding { aud, iat, cnonce };
        let token = seal_presentation(&held.document, &binding, &key).map_err(|fault| match fault {
            SealFault::Document(fault) => Failure::from(WalletFault::Document(fault)),
            SealFault::Signer(never) => match never {},
        })?;
        let text = QrText::from_document(&token).map_err(WalletFault::Document)?;
        eprintln!(
            "For {} only, and once{}.",
            binding.aud,
            if binding.cnonce.is_some() {
                ", within 10 minutes of its challenge"
            } else {
                ", within 2 minutes"
            }
        );
        let members = [
            ("id", held.id.clone()),
            ("facility", binding.aud.to_string()),
            ("presentation", text.as_str().to_owned()),
        ];
        self.pictures.hand_out(text.as_str(), self.pictures.is_written(), &members, None, shared.form)
    }
}

impl Request {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let holder = for_whom(shared, &wallet, self.new_holder)?;
        let key = wallet.key_for(&holder, &self.issuer)?.signing();
        let text = HolderRequest::make(self.issuer.clone(), &key).to_string();
        let members = [
            ("issuer", self.issuer.to_string()),
            ("key", key.public_key().to_string()),
            ("holder_request", text.clone()),
        ];
        let written = self.pictures.is_written();
        let code = self.pictures.hand_out(&text, written, &members, None, shared.form)?;
        if shared.form == Form::Text {
            // To be copied where nobody scans.
            say(&text)?;
        }
        Ok(code)
    }
}

fn find(shared: &Shared, id: &str) -> Result<(crate::holding::Wallet, Held), Failure> {
    let wallet = shared.open()?;
    let named = shared.named(&wallet)?;
    let held = wallet.find(id, named.as_ref().map(|holder| holder.id))?;
    Ok((wallet, held))
}

impl Pictures {
    fn is_written(&self) -> bool {
        self.png.is_some() || self.svg.is_some()
    }

    /// Files, JSON, or the terminal. `members` are what a machine is told.
    fn hand_out(
        &self,
        text: &str,
        goes_to_a_file: bool,
        members: &[(&'static str, String)],
        html: Option<&PathBuf>,
        form: Form,
    ) -> Result<u8, Failure> {
        if self.is_written() {
            let shown = show(text)?;
            // Both are made before either is written.
            let png = self.png.as_ref().map(|path| Ok((path, shown.png(self.module_pixels)?)));
            let svg = self.svg.as_ref().map(|path| Ok((path, shown.svg()?.into_bytes())));
            let files: Result<Vec<_>, Failure> = [png, svg].into_iter().flatten().collect();
            for (path, content) in files? {
                write_file(path, &content, Readers::AsUsual)?;
            }
        }
        if form == Form::Json {
            return self.tell_machines(goes_to_a_file, members, html);
        }
        if !goes_to_a_file {
            // Colours say which half blocks are paper; a file or pipe gets the blocks alone.
            let style = if is_looked_at() { TerminalStyle::BlackOnWhite } else { TerminalStyle::Plain };
            let window = if is_looked_at() { window() } else { None };
            let drawing = terminal(text, window.map(|(columns, _)| columns), style)?;
            say(drawing.trim_end_matches('\n'))?;
            let rows = drawing.lines().count();
            if window.is_some_and(|(_, there)| usize::from(there) < rows) {
                eprintln!(
                    "The window shows a part of this code only: make it {rows} rows high, or use --png."
                );
            }
        }
        Ok(0)
    }

    fn tell_machines(
        &self,
        goes_to_a_file: bool,
        members: &[(&'static str, String)],
        html: Option<&PathBuf>,
    ) -> Result<u8, Failure> {
        use sanad_credential::Json;
        if !goes_to_a_file {
            say_members(members)?;
            return Ok(0);
        }
        let written = |path: Option<&PathBuf>| match path {
            Some(path) => Json::owned_text(&path.display().to_string()),
            None => Json::Null,
        };
        let mut object: Vec<_> =
            members.iter().map(|(name, value)| ((*name).into(), Json::owned_text(value))).collect();
        object.push(("png".into(), written(self.png.as_ref())));
        object.push(("svg".into(), written(self.svg.as_ref())));
        if html.is_some() {
            object.push(("html".into(), written(html)));
        }
        say(&Json::Object(object).to_string())?;
        Ok(0)
    }
}

/// Columns and rows of the terminal, where it is one and says so.
fn window() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some((size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

fn nonce(text: &str) -> Result<Nonce, String> {
    FixedBytes::from_hex(&text.to_ascii_lowercase()).map_err(|_| "must be 32 hexadecimal digits".to_owned())
}

/// A challenge as it was typed, photographed or saved.
fn read_challenge(argument: &str) -> Result<Challenge, Failure> {
    // No challenge is a document: the first byte is one that none has.
    let wanted = Wanted { prefix: CHALLENGE_PREFIX, first_byte: 0 };
    let found = source::find(argument, wanted).map_err(|fault| bad_input(fault.to_string()))?;
    let mut last = "no code of a verifier is here".to_owned();
    for found in found {
        let Found::Text(text) = found else { continue };
        match Challenge::parse(&text) {
            Ok(challenge) => return Ok(challenge),
            Err(fault) if text.trim_start().starts_with(CHALLENGE_PREFIX) => last = fault.to_string(),
            Err(_) => {
                last = "this is no challenge of a verifier: it does not start with \"SNDC:\"".to_owned()
            }
        }
    }
    Err(bad_input(last))
}
