//! `sanad-issuer authority`: what each command takes. What it does is in `acts` and `drafting`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{IssuerId, KeyId, Name};
use sanad_trust::Country;

use super::validate::Validate;
use crate::command::{Failure, Shared};

/// Commands of a ceremony, in the order of one. REPO is a directory with a published repository; BASE is that, or an
/// unsigned draft, which is then edited where it stands.
#[derive(Subcommand)]
pub(crate) enum Authority {
    /// Make the key of one holder; hand over NAME.pub.json and read its id aloud.
    Key(NewKey),
    /// Draft a new region: its first root and its first, empty list.
    Region(Region),
    /// Draft the delegation to a country, and the country's first list.
    AddCountry(AddCountry),
    /// Draft other keys for a country, and its list for them to sign.
    RotateCountry(RotateCountry),
    /// Draft the end of a delegation and of its grant.
    RemoveCountry(RemoveCountry),
    /// Draft other keys of the region: of roots, of its list, of the machine on the network.
    RotateRoot(RotateRoot),
    /// Draft the same content under new dates.
    Renew(Renew),
    /// Draft files to list: issuer records, rulebooks, agreements, grants, facilities, host rules.
    Add(Add),
    /// Say in words what files contradict or leave out, before anybody drafts them.
    Validate(Validate),
    /// Draft files to list no longer.
    Remove(Remove),
    /// Draft an issuer's key as compromised: whatever it signed counts for nothing.
    MarkCompromised(MarkCompromised),
    /// Show what drafts change, ask, and sign them.
    Sign(Sign),
    /// Take over the signatures of other copies of a draft.
    Merge(Merge),
    /// Publish signed drafts, once the client accepts the result.
    Publish(Publish),
    /// Sign the timestamp again: daily, by the machine that has the online key.
    Timestamp(Timestamp),
    /// Show what a draft changes, or what a repository says.
    Show(Show),
}

/// Where a new draft goes, and how long its content is current.
#[derive(Args)]
pub(crate) struct Drafting {
    /// Directory for new drafts: ROLE.VERSION.draft.json.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) out: PathBuf,
    /// Days until the content is old; by default 730 for roots, 365 for lists.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(super) expires: Option<u32>,
}

#[derive(Args)]
pub(crate) struct NewKey {
    /// Directory of the holder; the key is encrypted in it.
    pub(super) dir: PathBuf,
    /// Who holds it, as everybody will see it.
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Name::new(text))]
    pub(super) label: Name,
}

#[derive(Args)]
pub(crate) struct Region {
    /// Public keys that sign roots.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(super) keys: Vec<PathBuf>,
    /// How many of them must sign; at least 2.
    #[arg(long, value_name = "N", default_value = "2")]
    pub(super) threshold: usize,
    /// Public keys that sign the region's list; those of the root when left out.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) targets_keys: Vec<PathBuf>,
    /// How many of them must sign; at least 2.
    #[arg(long, value_name = "N", default_value = "2")]
    pub(super) targets_threshold: usize,
    /// Public key of the machine that publishes.
    #[arg(long, value_name = "FILE")]
    pub(super) online: PathBuf,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct AddCountry {
    /// REPO, or an unsigned draft of the region's list.
    pub(super) base: PathBuf,
    /// Country, ISO 3166-1 alpha-2.
    #[arg(long, value_name = "KE", value_parser = |text: &str| Country::new(text))]
    pub(super) country: Country,
    /// Public keys that sign the country's list.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub(super) keys: Vec<PathBuf>,
    /// How many of them must sign.
    #[arg(long, value_name = "N")]
    pub(super) threshold: usize,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct RotateCountry {
    /// Published repository.
    pub(super) repo: PathBuf,
    /// Country.
    #[arg(long, value_name = "KE", value_parser = |text: &str| Country::new(text))]
    pub(super) country: Country,
    /// Public keys that come.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) add: Vec<PathBuf>,
    /// Keys that go, by id or holder.
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(super) remove: Vec<String>,
    /// How many must sign from now on.
    #[arg(long, value_name = "N")]
    pub(super) threshold: Option<usize>,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct RemoveCountry {
    /// REPO, or an unsigned draft of the region's list.
    pub(super) base: PathBuf,
    /// Country.
    #[arg(long, value_name = "KE", value_parser = |text: &str| Country::new(text))]
    pub(super) country: Country,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct RotateRoot {
    /// Published repository.
    pub(super) repo: PathBuf,
    /// Public keys of roots that come.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) add: Vec<PathBuf>,
    /// Keys of roots that go, by id or holder.
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(super) remove: Vec<String>,
    /// How many must sign roots from now on.
    #[arg(long, value_name = "N")]
    pub(super) threshold: Option<usize>,
    /// Public keys of the region's list that come.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) targets_add: Vec<PathBuf>,
    /// Keys of the region's list that go, by id or holder.
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(super) targets_remove: Vec<String>,
    /// How many must sign the region's list from now on.
    #[arg(long, value_name = "N")]
    pub(super) targets_threshold: Option<usize>,
    /// Public key of the machine that publishes from now on.
    #[arg(long, value_name = "FILE")]
    pub(super) online: Option<PathBuf>,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct Renew {
    /// Published repository.
    pub(super) repo: PathBuf,
    /// Role: root, targets, or a country.
    #[arg(long, value_name = "ROLE")]
    pub(super) role: String,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct Add {
    /// REPO, or an unsigned draft.
    pub(super) base: PathBuf,
    /// Files; what each is and where it will stand follows from what it says.
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct Remove {
    /// REPO, or an unsigned draft.
    pub(super) base: PathBuf,
    /// Paths in the repository, as `show` prints them.
    #[arg(required = true)]
    pub(super) paths: Vec<String>,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct MarkCompromised {
    /// REPO, or an unsigned draft of the country's list.
    pub(super) base: PathBuf,
    /// The issuer.
    #[arg(long, value_name = "KE-SHA", value_parser = |text: &str| IssuerId::new(text))]
    pub(super) issuer: IssuerId,
    /// The key, by its id.
    #[arg(long, value_name = "HEX", value_parser = |text: &str| KeyId::from_hex(text))]
    pub(super) kid: KeyId,
    #[command(flatten)]
    pub(super) drafting: Drafting,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// Drafts.
    #[arg(required = true)]
    pub(super) drafts: Vec<PathBuf>,
    /// Directory of the holder's key.
    #[arg(long, value_name = "DIR")]
    pub(super) key: PathBuf,
    /// Sign without asking; for who has read `show` before.
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(crate) struct Merge {
    /// Draft that takes the signatures.
    pub(super) draft: PathBuf,
    /// Other copies of it.
    #[arg(required = true)]
    pub(super) others: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Publish {
    /// Directory of the repository; made when there is none.
    pub(super) repo: PathBuf,
    /// Signed drafts.
    #[arg(required = true)]
    pub(super) drafts: Vec<PathBuf>,
    /// Directory of the online key.
    #[arg(long, value_name = "DIR")]
    pub(super) online_key: PathBuf,
}

#[derive(Args)]
pub(crate) struct Timestamp {
    /// Directory of the repository.
    pub(super) repo: PathBuf,
    /// Directory of the online key.
    #[arg(long, value_name = "DIR")]
    pub(super) online_key: PathBuf,
}

#[derive(Args)]
pub(crate) struct Show {
    /// REPO, or a draft.
    pub(super) path: PathBuf,
}

impl Authority {
    /// Does what is asked.
    pub(crate) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match self {
            Authority::Key(act) => act.run(shared),
            Authority::Region(act) => act.run(shared),
            Authority::AddCountry(act) => act.run(shared),
            Authority::RotateCountry(act) => act.run(shared),
            Authority::RemoveCountry(act) => act.run(shared),
            Authority::RotateRoot(act) => act.run(shared),
            Authority::Renew(act) => act.run(shared),
            Authority::Add(act) => act.run(shared),
            Authority::Validate(act) => act.run(shared),
            Authority::Remove(act) => act.run(shared),
            Authority::MarkCompromised(act) => act.run(shared),
            Authority::Sign(act) => act.run(shared),
            Authority::Merge(act) => act.run(shared),
            Authority::Publish(act) => act.run(shared),
            Authority::Timestamp(act) => act.run(shared),
            Authority::Show(act) => act.run(shared),
        }
    }
}
