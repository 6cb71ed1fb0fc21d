//! The `sanad-wallet` program: arguments, words and exit codes around the library.
//!
//! Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 bad input data. What was not checked with an issuer's
//! record says so on its line.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sanad_credential::{FIRST_BYTE, Json, PREFIX, QrText, Right, printable};
use sanad_qr::source::{self, Wanted};
use sanad_qr::{Correction, ModulePixels, TerminalStyle};

use crate::holding::{Held, Listing, Pinning, Proposed, Standing, Wallet, WalletFault};
use crate::show::{ShowFault, show};
use crate::whole_file::{self, Readers};

/// What a Sanad code looks like from outside.
const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Holds and shows what workers are entitled to.
#[derive(Parser)]
#[command(name = "sanad-wallet", version, max_term_width = 110)]
struct Command {
    /// Directory of the wallet.
    #[arg(long, global = true, value_name = "DIR", default_value = "sanad-wallet")]
    wallet: PathBuf,
    /// Answer with JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
    /// Language of messages; only "en" so far.
    #[arg(long, global = true, value_parser = ["en"], default_value = "en")]
    lang: String,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Put documents into the wallet.
    Add(Add),
    /// List what the wallet holds.
    List,
    /// Show a document as a QR code: in the terminal, or as PNG or SVG file.
    Show(Show),
}

#[derive(Args)]
struct Add {
    /// QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
    /// The issuer's record, got in a way you trust: its documents are checked with it from now on.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

#[derive(Args)]
struct Show {
    /// The document's id, or its first characters, as `list` prints it.
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Write a PNG file instead.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Write an SVG file instead.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Pixels of a module in the PNG file.
    #[arg(long, value_name = "PIXELS", default_value = "8",
          value_parser = |text: &str| text.parse().map_err(|_| "must be a number from 2 to 40".to_owned())
              .and_then(|pixels| ModulePixels::new(pixels).map_err(|fault| fault.to_string())))]
    module_pixels: ModulePixels,
}

#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            // Help and version are no failures.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            if code != 0 && std::env::args_os().any(|argument| argument == "--json") {
                say_failure(&Failure { code, message: error.to_string().trim_end().to_owned() });
            }
            return ExitCode::from(code);
        }
    };
    let form = if command.json { Form::Json } else { Form::Text };
    let wallet = Wallet::at(&command.wallet);
    let done = match &command.act {
        Act::Add(add) => add.run(&wallet, form),
        Act::List => list(&wallet, form),
        Act::Show(show) => show.run(&wallet, form),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            tell(&failure, form);
            ExitCode::from(failure.code)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Text,
}

impl Add {
    /// Goes through all arguments and tells each failure; a document that stands in several is added once.
    fn run(&self, wallet: &Wallet, form: Form) -> Result<u8, Failure> {
        let mut proposed = self.record.as_deref().map(|path| wallet.propose(path)).transpose()?;
        let mut answer = 0;
        let mut fails = |failure: Failure| {
            tell(&failure, form);
            answer = worse(answer, failure.code);
        };
        let mut seen = HashSet::new();
        for argument in &self.codes {
            let found = source::documents(argument, WANTED, QrText::decode);
            for fault in &found.faults {
                fails(Failure { code: 3, message: fault.to_string() });
            }
            for document in found.documents {
                if seen.contains(&document.bytes) {
                    continue;
                }
                match wallet.add(&document.bytes, proposed.as_mut()) {
                    Ok(held) => say(&describe(&held, form))?,
                    Err(fault) => {
                        let Failure { code, message } = Failure::from(fault);
                        fails(Failure { code, message: format!("{}: {message}", document.place) });
                    }
                }
                seen.insert(document.bytes);
            }
        }
        if let Some(proposed) = &proposed {
            tell_pinning(proposed).map_or_else(|| (), fails);
        }
        Ok(answer)
    }
}

/// What became of the record that was to be pinned.
fn tell_pinning(proposed: &Proposed) -> Option<Failure> {
    let iss = proposed.iss();
    match proposed.pinning() {
        Pinning::Before => None,
        Pinning::Not => {
            let message =
                format!("the record of {iss} was not pinned: none of these documents opens with it");
            Some(Failure { code: 3, message })
        }
        Pinning::Now => {
            for key in proposed.new_keys() {
                eprintln!("Note: the pinned record of {iss} was replaced; the key {key} is new.");
            }
            None
        }
    }
}

/// A fault of the machine says more than one of the input, and both more than success.
fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (1, _) | (_, 1) => 1,
        (one, other) => one.max(other),
    }
}

fn list(wallet: &Wallet, form: Form) -> Result<u8, Failure> {
    let Listing { documents, faults } = wallet.list()?;
    for held in &documents {
        say(&describe(held, form))?;
    }
    for fault in &faults {
        tell(&Failure { code: 3, message: fault.to_string() }, form);
    }
    if documents.is_empty() && faults.is_empty() && form == Form::Text {
        say("The wallet is empty. Put a document in with: sanad-wallet add QR")?;
    }
    Ok(if faults.is_empty() { 0 } else { 3 })
}

impl Show {
    fn run(&self, wallet: &Wallet, form: Form) -> Result<u8, Failure> {
        let held = wallet.find(&self.id)?;
        let shown = show(&held.text)?;
        if shown.correction() != Correction::Quartile {
            eprintln!(
                "Note: this document is long, its code was drawn with error correction M instead of Q; print it \
                 larger than others."
            );
        }
        if let Some(path) = &self.png {
            write_file(path, &shown.png(&held.text, self.module_pixels)?)?;
        }
        if let Some(path) = &self.svg {
            write_file(path, shown.svg().as_bytes())?;
        }
        let is_written = self.png.is_some() || self.svg.is_some();
        if form == Form::Json {
            let written = |path: &Option<PathBuf>| match path {
                Some(path) => Json::owned_text(&path.display().to_string()),
                None => Json::Null,
            };
            let mut members = vec![("id".into(), Json::owned_text(&held.id))];
            if is_written {
                members.extend([("png".into(), written(&self.png)), ("svg".into(), written(&self.svg))]);
            } else {
                members.push(("text".into(), Json::Text(held.text.as_str().into())));
            }
            say(&Json::Object(members).to_string())?;
            return Ok(0);
        }
        if is_written {
            return Ok(0);
        }
        // Colours say which half blocks are paper; a file or pipe gets the blocks alone.
        let style =
            if io::stdout().is_terminal() { TerminalStyle::BlackOnWhite } else { TerminalStyle::Plain };
        let (columns, rows) = shown.terminal_size();
        say(shown.terminal(style).trim_end_matches('\n'))?;
        eprintln!(
            "If it does not fit, make the window at least {columns} columns and {rows} rows, or use --png."
        );
        Ok(0)
    }
}

fn describe(held: &Held, form: Form) -> String {
    let standing = match &held.standing {
        Standing::Verified => "verified".to_owned(),
        Standing::NotVerified => "NOT VERIFIED".to_owned(),
        Standing::Rejected(rejection) => format!("REJECTED: {rejection}"),
    };
    let claims = &held.claims;
    if form == Form::Json {
        let head = Json::Object(vec![
            ("id".into(), Json::owned_text(&held.id)),
            ("standing".into(), Json::owned_text(&standing)),
        ])
        .to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        return format!("{open},\"claims\":{}}}", claims.to_json());
    }
    let person = match claims.right.subject() {
        Some(subject) => {
            let others = subject.members.as_ref().map_or(0, |members| members.len());
            let household = if others > 0 { format!(" and {others} more") } else { String::new() };
            format!("{} ({}){household}", subject.name, subject.number)
        }
        None => "no person".to_owned(),
    };
    let period = match &claims.right {
        Right::Membership(_, right) => format!("since {}", right.since),
        Right::Coverage(_, right) => {
            let through = right.paid_through.unwrap_or(right.end);
            format!("{} from {}, paid through {through}", right.product, right.start)
        }
        Right::Contribution(_, right) => format!("as of {}", right.as_of),
        Right::Benefit(_, right) => format!("{} from {} to {}", right.programme, right.from, right.to),
        Right::CrossBorder(_, right) => format!("{} from {} to {}", right.agreement, right.from, right.to),
        Right::Delegation(right) => format!("{} from {} to {}", right.id, right.from, right.to),
    };
    let kind = claims.right.right_type().word();
    let (id, iss, exp) = (&held.id, &claims.iss, claims.exp.date());
    printable(&format!("{id}  {standing}  {person}  {iss} {kind}: {period}; document valid to {exp}"))
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    whole_file::write(path, content, Readers::AsUsual).map_err(|error| Failure {
        code: match error.kind() {
            io::ErrorKind::IsADirectory => 2,
            kind => code_of(kind),
        },
        message: format!("{}: {error}", path.display()),
    })
}

/// A path that the user gave is input; what else the system refuses is a fault of the machine.
fn code_of(kind: io::ErrorKind) -> u8 {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NotFound
        | Kind::AlreadyExists
        | Kind::NotADirectory
        | Kind::IsADirectory
        | Kind::PermissionDenied
        | Kind::InvalidData => 3,
        _ => 1,
    }
}

/// Tells a failure to people, and to machines where they listen.
fn tell(failure: &Failure, form: Form) {
    eprintln!("sanad-wallet: {}", failure.message);
    if form == Form::Json {
        say_failure(failure);
    }
}

fn say_failure(failure: &Failure) {
    let _ = say(&Json::Object(vec![
        ("error".into(), Json::owned_text(&failure.message)),
        ("code".into(), Json::Integer(i64::from(failure.code))),
    ])
    .to_string());
}

fn say(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}")
        .map_err(|error| Failure { code: 1, message: format!("standard output: {error}") })
}

impl From<WalletFault> for Failure {
    fn from(fault: WalletFault) -> Self {
        let code = match &fault {
            WalletFault::File { source, .. } => code_of(source.kind()),
            _ => 3,
        };
        Self { code, message: fault.to_string() }
    }
}

impl From<ShowFault> for Failure {
    fn from(fault: ShowFault) -> Self {
        Self { code: 1, message: fault.to_string() }
    }
}
