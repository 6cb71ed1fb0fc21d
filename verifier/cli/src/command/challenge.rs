//! `sanad-verify challenge`: a QR code that a holder's phone answers with a presentation, for this facility and once.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{DelegationId, Json, UnixTime};
use sanad_qr::{Encoder, ModulePixels, PrintedSide, TerminalStyle};
use sanad_verifier::CHALLENGE_SECONDS;

use super::{Form, pack, say, tell};
use crate::presentations::Presentations;
use crate::state::State;
use crate::trust_state::write_whole;

/// Show a challenge: the holder's phone answers it with a presentation, which `check --facility ID` accepts once, within 10
/// minutes.
#[derive(Args)]
pub(super) struct ChallengeCommand {
    /// Id of the facility that asks: UG-F01.
    #[arg(long, value_name = "ID", value_parser = |text: &str| DelegationId::new(text))]
    facility: DelegationId,
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Write a PNG file instead of drawing in the terminal.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Write an SVG file instead of drawing in the terminal.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Take this for the time.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
}

/// On a screen a phone reads 6 pixels a module from an arm's length.
const MODULE_PIXELS: u8 = 6;

impl ChallengeCommand {
    pub(super) fn run(&self, form: Form) -> io::Result<ExitCode> {
        match self.shown(form) {
            Ok(done) => done,
            Err(fault) => tell(&fault, form),
        }
    }

    fn shown(&self, form: Form) -> Result<io::Result<ExitCode>, String> {
        let now = pack::device_clock(self.now).ok_or("this device has no clock: give --now")?;
        let state = State::locate(self.state.as_deref()).map_err(|fault| fault.to_string())?;
        let mut memory = Presentations::open(&state).map_err(|fault| fault.to_string())?;
        let challenge = memory.challenge(self.facility.clone(), now).map_err(|fault| fault.to_string())?;
        let text = challenge.to_string();
        let symbol = sanad_qr::draw(&text, Encoder::Bulk).map_err(|fault| fault.to_string())?.symbol;
        let (png, svg) = pictures(&symbol, &text)?;
        if let Some(path) = &self.png {
            written(path, &png)?;
        }
        if let Some(path) = &self.svg {
            written(path, svg.as_bytes())?;
        }
        if form == Form::Json {
            let members = [
                ("challenge", text.clone()),
                ("facility", challenge.facility.to_string()),
                ("nonce", challenge.nonce.to_string()),
            ];
            let mut members: Vec<_> =
                members.into_iter().map(|(name, value)| (name.into(), Json::Text(value.into()))).collect();
            let seconds = i64::try_from(CHALLENGE_SECONDS).unwrap_or(i64::MAX);
            members.push(("valid_seconds".into(), Json::Integer(seconds)));
            return Ok(say(&Json::Object(members).to_string()).map(|()| ExitCode::SUCCESS));
        }
        let drawn = if self.png.is_none() && self.svg.is_none() {
            let style =
                if io::stdout().is_terminal() { TerminalStyle::BlackOnWhite } else { TerminalStyle::Plain };
            say(sanad_qr::terminal(&symbol, style).trim_end_matches('\n'))
        } else {
            Ok(())
        };
        eprintln!(
            "Let the phone scan it within 10 minutes, then scan the phone: check QR --facility {}",
            self.facility
        );
        Ok(drawn.and_then(|()| say(&text)).map(|()| ExitCode::SUCCESS))
    }
}

/// Both pictures, each read back as it will be handed out.
fn pictures(symbol: &sanad_qr::Symbol, text: &str) -> Result<(Vec<u8>, String), String> {
    let module = ModulePixels::new(MODULE_PIXELS).map_err(|fault| fault.to_string())?;
    let png = sanad_qr::png(symbol, module).map_err(|fault| fault.to_string())?;
    let svg = sanad_qr::svg(symbol, PrintedSide::OfTheReader);
    for read in [sanad_qr::read_print(&png), sanad_qr::read_svg(&svg)] {
        match read {
            Ok(read) if read == text => {}
            Ok(_) => return Err("the picture reads as another text".to_owned()),
            Err(fault) => return Err(format!("the picture cannot be read back: {fault}")),
        }
    }
    Ok((png, svg))
}

fn written(path: &Path, content: &[u8]) -> Result<(), String> {
    write_whole(path, content).map_err(|error| format!("{}: {error}", path.display()))
}
