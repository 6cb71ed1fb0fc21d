//! `authority validate`: files judged before anybody drafts them, in words.
//!
//! What a file is follows from its members, or from `--as`. Files given together are held against each other: a network
//! against the country's facilities, an agreement against the rulebooks of its home schemes, a scheme file against its
//! rulebook. Nothing is written.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sanad_credential::{Fault, Json, Limits};
use sanad_trust::review::{
    Finding, Severity, review_agreement, review_facilities, review_grant, review_host_rules, review_record,
    review_rulebook,
};
use sanad_trust::{Agreement, Facilities, Grant, HostRules, IssuerRecord, Rulebook, Target};

use super::drafting::read_text;
use super::findings::{self, Line};
use crate::command::{Failure, Shared, input, say};
use crate::scheme::{Scheme, review_scheme};

/// Bounds of reading a file of which only the kind is wanted: those of the largest kind, the facilities.
const KIND_LIMITS: Limits =
    Limits { bytes_max: 4 << 20, depth_max: 8, entries_max: 65_536, values_max: 2_000_000 };

#[derive(Args)]
pub(crate) struct Validate {
    /// Files; what each is follows from what it says.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Read all of them as this kind of file.
    #[arg(long = "as", value_name = "KIND")]
    kind: Option<FileKind>,
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileKind {
    Rulebook,
    Agreement,
    HostRules,
    Facilities,
    Record,
    Grant,
    Scheme,
}

impl FileKind {
    /// By the members that no other kind has.
    fn of(text: &str) -> Option<Self> {
        let json = Json::parse(text, KIND_LIMITS).ok()?;
        let members = json.members().ok()?;
        let has = |name: &str| members.iter().any(|(found, _)| found == name);
        let kinds = [
            (FileKind::Record, has("iss") || has("keys")),
            (FileKind::Rulebook, has("versions")),
            (FileKind::Scheme, has("classes") || has("unit")),
            (FileKind::Agreement, has("rows")),
            (FileKind::Facilities, has("facilities")),
            (FileKind::HostRules, has("always_free")),
            (FileKind::Grant, has("types") && has("areas")),
        ];
        kinds.into_iter().find(|(_, is)| *is).map(|(kind, _)| kind)
    }
}

/// A file that its reader accepts.
enum Read {
    Target(Target),
    Scheme(Box<Scheme>),
}

impl Read {
    fn parse(kind: FileKind, text: &str) -> Result<Self, Fault> {
        Ok(match kind {
            FileKind::Rulebook => Read::Target(Target::Rulebook(Rulebook::parse(text)?)),
            FileKind::Agreement => Read::Target(Target::Agreement(Agreement::parse(text)?)),
            FileKind::HostRules => Read::Target(Target::HostRules(HostRules::parse(text)?)),
            FileKind::Facilities => Read::Target(Target::Facilities(Facilities::parse(text)?)),
            FileKind::Record => Read::Target(Target::Issuer(Box::new(IssuerRecord::parse(text)?))),
            FileKind::Grant => Read::Target(Target::Grant(Grant::parse(text)?)),
            FileKind::Scheme => Read::Scheme(Box::new(Scheme::parse(text)?)),
        })
    }
}

impl Validate {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let mut files = Vec::new();
        for path in &self.files {
            let text = read_text(path)?;
            let name = path.display().to_string();
            let kind = self.kind.or_else(|| FileKind::of(&text)).ok_or_else(|| {
                // A fault of syntax is the likelier reason, and helps more.
                let syntax = Json::parse(&text, KIND_LIMITS).err().map(|fault| format!("{name}: {fault}"));
                input(syntax.unwrap_or_else(|| {
                    format!("{name}: no kind of file has these members; say which it is with --as")
                }))
            })?;
            files.push((name, Read::parse(kind, &text)));
        }
        let (mut errors, mut warnings) = (0_u64, 0_u64);
        for (name, read) in &files {
            for line in lines(read, &files) {
                let count = if line.severity == Severity::Error { &mut errors } else { &mut warnings };
                *count = count.saturating_add(1);
                if shared.json {
                    say(&line.json(name))?;
                } else {
                    say(&format_args!("{name}, {}", line.text()))?;
                }
            }
        }
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        if shared.json {
            say(&Json::Object(vec![
                ("errors".into(), number(errors)),
                ("warnings".into(), number(warnings)),
            ]))?;
        } else {
            say(&format_args!("{errors} errors, {warnings} warnings in {} files", files.len()))?;
        }
        Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
    }
}

/// What is to be said of a file beside all the others.
fn lines(read: &Result<Read, Fault>, files: &[(String, Result<Read, Fault>)]) -> Vec<Line> {
    let targets = || {
        files.iter().filter_map(|(_, read)| match read {
            Ok(Read::Target(target)) => Some(target),
            _ => None,
        })
    };
    match read {
        Err(fault) => vec![findings::refused(fault)],
        Ok(Read::Target(target)) => review(target, targets()).iter().map(findings::line).collect(),
        Ok(Read::Scheme(scheme)) => {
            let rulebooks: Vec<&Rulebook> = targets().filter_map(rulebook).collect();
            review_scheme(scheme, &rulebooks)
        }
    }
}

/// Reviews a file of the repository beside others.
pub(super) fn review<'t>(target: &Target, others: impl Iterator<Item = &'t Target>) -> Vec<Finding> {
    let others: Vec<&Target> = others.collect();
    match target {
        Target::Rulebook(rulebook) => {
            let country = rulebook.issuer().country();
            let facilities = others.iter().find_map(|other| match other {
                Target::Facilities(list) if list.country().as_str() == country => Some(list),
                _ => None,
            });
            review_rulebook(rulebook, facilities)
        }
        Target::Agreement(agreement) => {
            let rulebooks: Vec<&Rulebook> = others.into_iter().filter_map(rulebook).collect();
            review_agreement(agreement, &rulebooks)
        }
        Target::HostRules(rules) => review_host_rules(rules),
        Target::Facilities(facilities) => review_facilities(facilities),
        Target::Issuer(record) => review_record(record),
        Target::Grant(grant) => review_grant(grant),
    }
}

fn rulebook(target: &Target) -> Option<&Rulebook> {
    match target {
        Target::Rulebook(rulebook) => Some(rulebook),
        _ => None,
    }
}
