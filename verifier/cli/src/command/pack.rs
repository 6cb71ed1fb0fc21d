//! `sanad-verify pack init|build|update|info`.
//!
//! Exit codes: 0 done, 1 internal fault, 2 wrong usage, 3 refused: then the pack before stays in use, and why is said.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use sanad_credential::{FixedBytes, Json, UnixTime};
use sanad_trust::client::{Anchor, Problem, Refused, SourceFault};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::{METADATA_BYTES_MAX, Sha256Hash};
use sanad_trust::pack::{Held, Pack};
use sanad_trust::pack_file::{PACK_BYTES_MAX, PackFileFault, PackFiles};

use super::{Form, say};
use crate::fetch::{self, Server};
use crate::pack_files::{AssembleFault, Assembled, Origin, Parts, assemble};
use crate::pack_info;
use crate::trust_state::{Existing, StateDir, StateFault, TrustState, read_bounded, write_whole};

/// Where files are kept while they arrive.
const ARRIVING: &str = "arriving";

/// Keep and look at packs: who may sign what, and what became of documents.
#[derive(Subcommand)]
pub(super) enum PackAct {
    /// Pin the root of your region, got in a way you trust. Nothing is checked without it.
    Init(Init),
    /// Put a pack together from a repository, to carry to clinics.
    Build(Build),
    /// Take over a newer pack; a bad one leaves the one in use, and says why.
    Update(Update),
    /// Say what a pack knows, how old it is, and what is missing.
    Info(Info),
}

#[derive(Args)]
struct StateArguments {
    /// Directory of the verifier's state; $XDG_STATE_HOME/sanad when left out.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Take this for the time: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
}

#[derive(Args)]
pub(super) struct Init {
    /// The root file.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "root_sha256",
        required_unless_present = "root_sha256"
    )]
    root: Option<PathBuf>,
    /// SHA-256 of the root file, 64 lower-case hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = |text: &str| FixedBytes::<32>::from_hex(text))]
    root_sha256: Option<Sha256Hash>,
    /// Drop the root that is pinned, with its floors and its pack.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    shared: StateArguments,
}

#[derive(Args)]
struct PartsArguments {
    /// Repository: a directory, or an http or https address.
    #[arg(long, value_name = "DIR|URL")]
    from: String,
    /// Directory with published status lists; may stand several times.
    #[arg(long, value_name = "DIR")]
    lists: Vec<PathBuf>,
    /// Directory with delegations; may stand several times.
    #[arg(long, value_name = "DIR")]
    delegations: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Build {
    #[command(flatten)]
    parts: PartsArguments,
    /// Pack to write.
    #[arg(long, value_name = "FILE.sanadpack")]
    out: PathBuf,
    #[command(flatten)]
    shared: StateArguments,
}

#[derive(Args)]
pub(super) struct Update {
    /// A pack that was brought here.
    #[arg(value_name = "FILE.sanadpack", conflicts_with = "from", required_unless_present = "from")]
    pack: Option<PathBuf>,
    /// Repository: a directory, or an http or https address.
    #[arg(long, value_name = "DIR|URL")]
    from: Option<String>,
    /// Directory with published status lists; may stand several times.
    #[arg(long, value_name = "DIR")]
    lists: Vec<PathBuf>,
    /// Directory with delegations; may stand several times.
    #[arg(long, value_name = "DIR")]
    delegations: Vec<PathBuf>,
    #[command(flatten)]
    shared: StateArguments,
}

#[derive(Args)]
pub(super) struct Info {
    /// Pack to look at; the one in use when left out.
    #[arg(value_name = "FILE.sanadpack")]
    pack: Option<PathBuf>,
    #[command(flatten)]
    shared: StateArguments,
}

/// Why a pack command did nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackFault {
    #[error(transparent)]
    State(#[from] StateFault),
    #[error("{place}: {fault}")]
    Assemble { place: String, fault: AssembleFault },
    #[error("{place}: {fault}")]
    Container { place: String, fault: PackFileFault },
    #[error("{place}: {fault}")]
    Refused { place: String, fault: Refused },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Address(String),
    #[error("there is no pack in use; run `sanad-verify pack update`")]
    NoPack,
}

impl PackAct {
    pub(super) fn run(&self, form: Form) -> io::Result<ExitCode> {
        let done = match self {
            PackAct::Init(init) => init.run(form),
            PackAct::Build(build) => build.run(form),
            PackAct::Update(update) => update.run(form),
            PackAct::Info(info) => info.run(form),
        };
        done.or_else(|fault| report(&fault, form))
    }
}

/// Says what went wrong, as JSON too where that is asked for.
pub(super) fn report(fault: &PackFault, form: Form) -> io::Result<ExitCode> {
    super::tell(&fault.to_string(), form)
}

/// The device's clock, or the time that was told.
pub(crate) fn device_clock(told: Option<UnixTime>) -> Option<UnixTime> {
    let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    told.or_else(|| seconds().and_then(|seconds| UnixTime::new(seconds).ok()))
}

/// A pack from a file, or the one in use; and the state it was held against.
/// As [`load`]. What this pack proves to be current is held against every later one, also when it is not taken over.
pub(crate) fn load_raising(
    file: Option<&PathBuf>,
    told: Option<&Path>,
    device: Option<UnixTime>,
) -> Result<(Pack, StateDir), String> {
    let loaded = StateDir::resolve(told).map_err(PackFault::from).and_then(|directory| {
        let (pack, state) = load(file, &directory, device)?;
        Ok((directory, pack, state))
    });
    let (directory, pack, state) = loaded.map_err(|fault| fault.to_string())?;
    if *pack.floors() != state.floors
        && let Ok(lock) = directory.lock()
    {
        let raised = TrustState { anchor: pack.anchor(), floors: pack.floors().clone(), pack: state.pack };
        if let Err(fault) = directory.save(&raised, &lock) {
            eprintln!("sanad-verify: {fault}");
        }
    }
    Ok((pack, directory))
}

pub(super) fn load(
    file: Option<&PathBuf>,
    directory: &StateDir,
    clock: Option<UnixTime>,
) -> Result<(Pack, TrustState), PackFault> {
    let state = directory.load()?;
    let (bytes, place) = match file {
        Some(path) => {
            let read = read_bounded(path, PACK_BYTES_MAX);
            let bytes = read.map_err(|source| PackFault::File { path: path.clone(), source })?;
            (bytes, path.display().to_string())
        }
        None => (directory.pack(&state)?.ok_or(PackFault::NoPack)?, "the pack in use".to_owned()),
    };
    let container = |fault| PackFault::Container { place: place.clone(), fault };
    let mut files = PackFiles::read(&bytes).map_err(container)?;
    let held = Held { anchor: &state.anchor, floors: &state.floors, clock };
    let pack = Pack::load(&mut files, &held).map_err(|fault| PackFault::Refused { place, fault })?;
    Ok((pack, state))
}

impl Init {
    fn run(&self, form: Form) -> Result<ExitCode, PackFault> {
        let directory = StateDir::resolve(self.shared.state.as_deref())?;
        let anchor = match (&self.root, self.root_sha256) {
            (Some(path), _) => {
                let read = read_bounded(path, METADATA_BYTES_MAX);
                let file = read.map_err(|source| PackFault::File { path: path.clone(), source })?;
                sanad_trust::client::check_root(&file)
                    .map_err(|fault| PackFault::Refused { place: path.display().to_string(), fault })?;
                Anchor::File(file)
            }
            (None, Some(hash)) => Anchor::Sha256(hash),
            (None, None) => return Err(PackFault::Address("--root or --root-sha256 is needed".to_owned())),
        };
        let existing = if self.replace { Existing::Replace } else { Existing::Refuse };
        let lock = directory.lock()?;
        directory.pin(anchor, existing, &lock)?;
        let place = directory.path().display();
        answer(form, &format!("The root is pinned in {place}."), vec![("state", place.to_string())])
    }
}

impl Build {
    fn run(&self, form: Form) -> Result<ExitCode, PackFault> {
        let directory = StateDir::resolve(self.shared.state.as_deref())?;
        let state = directory.load()?;
        let parts = &self.parts;
        let origin = origin(&parts.from, &directory, &state)?;
        let clock = device_clock(self.shared.now);
        let assembled = put_together(
            &parts.from,
            origin,
            (&parts.lists, &parts.delegations),
            (&directory, &state),
            clock,
        )?;
        write_whole(&self.out, &assembled.bytes)
            .map_err(|source| PackFault::File { path: self.out.clone(), source })?;
        finish(form, &assembled, &self.out.display().to_string())
    }
}

impl Update {
    fn run(&self, form: Form) -> Result<ExitCode, PackFault> {
        let directory = StateDir::resolve(self.shared.state.as_deref())?;
        let lock = directory.lock()?;
        let state = directory.load()?;
        let (origin, place) = match (&self.pack, &self.from) {
            (Some(path), _) => {
                let read = read_bounded(path, PACK_BYTES_MAX);
                let bytes = read.map_err(|source| PackFault::File { path: path.clone(), source })?;
                (Origin::Pack(bytes), path.display().to_string())
            }
            (None, Some(from)) => (origin(from, &directory, &state)?, from.clone()),
            (None, None) => return Err(PackFault::Address("a pack or --from is needed".to_owned())),
        };
        let clock = device_clock(self.shared.now);
        let assembled =
            put_together(&place, origin, (&self.lists, &self.delegations), (&directory, &state), clock)?;
        let next = TrustState {
            anchor: assembled.pack.anchor(),
            floors: assembled.pack.floors().clone(),
            pack: None,
        };
        directory.take_over(&assembled.bytes, &next, &lock)?;
        fetch::finished(&directory.path().join(ARRIVING));
        finish(form, &assembled, &directory.path().display().to_string())
    }
}

impl Info {
    fn run(&self, form: Form) -> Result<ExitCode, PackFault> {
        let directory = StateDir::resolve(self.shared.state.as_deref())?;
        let clock = device_clock(self.shared.now);
        let (pack, _) = load(self.pack.as_ref(), &directory, clock)?;
        let clock = pack.clock(clock);
        let text = match form {
            Form::Json => pack_info::to_json(&pack, clock).to_string(),
            Form::Text => pack_info::to_text(&pack, clock),
        };
        printed(text.trim_end())
    }
}

fn origin(from: &str, directory: &StateDir, state: &TrustState) -> Result<Origin, PackFault> {
    if !from.starts_with("http://") && !from.starts_with("https://") {
        let path = PathBuf::from(from);
        return match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Ok(Origin::Directory(path)),
            Ok(_) => Err(PackFault::Address(format!("{from} is no directory"))),
            Err(source) => Err(PackFault::File { path, source }),
        };
    }
    let known = files_in_use(directory, state)?;
    let server = Server::new(from, known.0, &directory.path().join(ARRIVING)).map_err(PackFault::Address)?;
    Ok(Origin::Server(Box::new(server)))
}

fn files_in_use(directory: &StateDir, state: &TrustState) -> Result<PackFiles, PackFault> {
    // A pack in use that is damaged must not stop the update that replaces it.
    match directory.pack(state) {
        Ok(Some(bytes)) => PackFiles::read(&bytes)
            .map_err(|fault| PackFault::Container { place: "the pack in use".to_owned(), fault }),
        Ok(None) | Err(StateFault::PackChanged { .. } | StateFault::File { .. }) => Ok(PackFiles::none()),
        Err(fault) => Err(fault.into()),
    }
}

fn put_together(
    place: &str,
    origin: Origin,
    (lists, delegations): (&[PathBuf], &[PathBuf]),
    (directory, state): (&StateDir, &TrustState),
    clock: Option<UnixTime>,
) -> Result<Assembled, PackFault> {
    let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_message(format!("checking {place}"));
    bar.enable_steady_tick(Duration::from_millis(120));
    let floors: &Floors = &state.floors;
    let parts = Parts {
        origin,
        list_directories: lists,
        delegation_directories: delegations,
        before: files_in_use(directory, state)?,
        anchor: &state.anchor,
        floors,
        clock,
    };
    let assembled = assemble(parts);
    bar.finish_and_clear();
    // What only could not be had is asked for again; what was wrong must not stay.
    if let Err(AssembleFault::Refused(Refused { problem, .. })) = &assembled
        && !matches!(problem, Problem::Source(SourceFault::Unavailable { .. }))
    {
        fetch::forget(&directory.path().join(ARRIVING));
    }
    assembled.map_err(|fault| PackFault::Assemble { place: place.to_owned(), fault })
}

fn finish(form: Form, assembled: &Assembled, place: &str) -> Result<ExitCode, PackFault> {
    for note in &assembled.notes {
        eprintln!("Note: {note}");
    }
    for ignored in assembled.pack.ignored() {
        eprintln!("Note: passed over {ignored}");
    }
    let date = assembled.pack.date(None).map_or_else(|| "no date".to_owned(), |date| date.to_string());
    let (bytes, issuers, lists) =
        (assembled.bytes.len(), assembled.pack.issuers().len(), assembled.pack.lists().len());
    let missing = assembled.pack.missing_lists().len();
    let words = format!(
        "{place}: pack of {date}, {bytes} bytes, {issuers} issuers, {lists} status lists{}",
        if missing == 0 { String::new() } else { format!(", {missing} MISSING") }
    );
    let members = vec![
        ("place", place.to_owned()),
        ("date", date),
        ("bytes", bytes.to_string()),
        ("issuers", issuers.to_string()),
        ("lists", lists.to_string()),
        ("missing_lists", missing.to_string()),
    ];
    answer(form, &words, members)
}

fn answer(form: Form, words: &str, members: Vec<(&'static str, String)>) -> Result<ExitCode, PackFault> {
    let text = match form {
        Form::Text => words.to_owned(),
        Form::Json => {
            // Counts are numbers in JSON.
            let value = |text: String| match text.parse::<i64>() {
                Ok(number) => Json::Integer(number),
                Err(_) => Json::Text(text.into()),
            };
            Json::Object(members.into_iter().map(|(name, text)| (name.into(), value(text))).collect())
                .to_string()
        }
    };
    printed(&text)
}

fn printed(text: &str) -> Result<ExitCode, PackFault> {
    say(text).map_err(|source| PackFault::File { path: PathBuf::from("standard output"), source })?;
    Ok(ExitCode::SUCCESS)
}
