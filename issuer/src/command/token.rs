//! `sanad-issuer token`: API tokens, made and withdrawn at the machine.
//!
//! A token goes into a file that its owner alone can read, and to the screen only with `--show`. What the store keeps is
//! its hash: a token that is lost is withdrawn and another made. The embedded store belongs to one process, so while the
//! service runs on it, tokens are made through the service.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{Area, DelegationId, Set, UnixTime};
use sanad_keyfile::{Existing, KeyFault, write_in_the_clear};
use sanad_trust::members::{Written, text_json};
use zeroize::Zeroizing;

use super::{Failure, Shared, fault, input, open_store, say, time, usage};
use crate::config::Config;
use crate::role::{Role, Roles};
use crate::service::caller::Reach;
use crate::store::{PAGE_MAX, Store};
use crate::token::secret::PREFIX;
use crate::token::{self, DAYS, Label, Made, Maker, Order, Token, TokenFault, TokenId, Withdrawn};

/// The token that `init` makes, in the issuer's directory.
pub(super) const ADMIN_TOKEN: &str = "admin.token";

#[derive(Args)]
pub(super) struct TokenCommand {
    /// Directory of the issuer.
    dir: PathBuf,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make a token and write it to a file.
    Create(Create),
    /// List all tokens: what they may do and until when. No secret is shown; none is kept.
    List,
    /// Let a token not count any more.
    Withdraw(Withdraw),
}

#[derive(Args)]
struct Create {
    /// What it may do: registrar, approver, revoker, auditor, administrator.
    #[arg(long = "role", value_name = "ROLE", required = true, num_args = 1.., value_delimiter = ',',
          value_parser = |text: &str| Role::from_word(text))]
    roles: Vec<Role>,
    /// Where it may act; wherever the issuer may when left out.
    #[arg(long = "area", value_name = "KE-30", num_args = 1.., value_delimiter = ',',
          value_parser = |text: &str| Area::new(text))]
    areas: Vec<Area>,
    /// The delegation under which it acts: its holder is a delegate and a registrar within it.
    #[arg(long, value_name = "KE-COOP1", value_parser = |text: &str| DelegationId::new(text))]
    delegation: Option<DelegationId>,
    /// For how many days it counts, at most 400.
    #[arg(long, default_value_t = DAYS)]
    days: u32,
    /// What it is for, such as "county office, desk 2". Not a person's name.
    #[arg(long, default_value = "made at the command line", value_parser = |text: &str| Label::new(text))]
    label: Label,
    /// File to write, which must not be there yet; only its owner can read it.
    #[arg(long, value_name = "FILE", required_unless_present = "show", conflicts_with = "show")]
    out: Option<PathBuf>,
    /// Print the token on standard output instead, where a terminal or a log may keep it.
    #[arg(long)]
    show: bool,
}

#[derive(Args)]
struct Withdraw {
    /// Its id, the 8 digits after "sanad_". Never the token itself: arguments can be seen by others.
    #[arg(value_name = "ID")]
    id: String,
}

impl TokenCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let open = || open_store(&self.dir, &config);
        match &self.act {
            Act::Create(create) => create.run(open, now, shared),
            Act::List => list(&*open()?, now, shared),
            Act::Withdraw(withdraw) => withdraw.run(&*open()?, now, shared),
        }
    }
}

impl Create {
    fn run(
        &self,
        open: impl Fn() -> Result<Box<dyn Store>, Failure>,
        now: UnixTime,
        shared: &Shared,
    ) -> Result<ExitCode, Failure> {
        let reach = if self.areas.is_empty() {
            Reach::Everywhere
        } else {
            Reach::Within(Set::new(self.areas.clone()).map_err(|fault| usage(format!("--area: {fault}")))?)
        };
        let order = Order {
            label: self.label.clone(),
            roles: Roles::new(self.roles.iter().copied()),
            reach,
            delegation: self.delegation.clone(),
            days: self.days,
        };
        let store = open()?;
        let made = match &self.out {
            Some(path) => create_in(path, &*store, &order, now)?,
            None => token::create(&*store, &order, Maker::CommandLine, now)?,
        };
        self.report(&made, shared)
    }

    fn report(&self, made: &Made, shared: &Shared) -> Result<ExitCode, Failure> {
        let token = &made.token;
        if shared.json {
            let mut written = token.shown();
            if let Some(path) = &self.out {
                written.add("out", text_json(&path.display()));
            } else {
                let secret = made.expose();
                written.add("token", text_json(&*secret));
            }
            return say(&written.object());
        }
        if let Some(path) = &self.out {
            let (id, path) = (token.id, path.display());
            return say(&format_args!("Token {id}, {}, until {}, is in {path}.", token.roles, token.expires));
        }
        eprintln!("Token {}, {}, until {}:", token.id, token.roles, token.expires);
        say(&*made.expose())
    }
}

/// Makes the first token of a new issuer. It administers, and it registers and revokes too, so that a trial needs no
/// other; it neither approves nor audits, which is for others.
pub(super) fn create_first(dir: &Path, store: &dyn Store, now: UnixTime) -> Result<(), Failure> {
    let order = Order {
        label: Label::new("made by init").map_err(fault)?,
        roles: Roles::new([Role::Administrator, Role::Registrar, Role::Revoker]),
        reach: Reach::Everywhere,
        delegation: None,
        days: DAYS,
    };
    create_in(&dir.join(ADMIN_TOKEN), store, &order, now).map(|_| ())
}

/// Makes a token in a file that is not there yet. Where it cannot be written, the token is withdrawn: nobody has it.
pub(super) fn create_in(
    path: &Path,
    store: &dyn Store,
    order: &Order,
    now: UnixTime,
) -> Result<Made, Failure> {
    // Asked here for a quick answer; what decides is the writing.
    if path.symlink_metadata().is_ok() {
        return Err(usage(format!("{} exists; choose another file", path.display())));
    }
    let made = token::create(store, order, Maker::CommandLine, now)?;
    let mut line = Zeroizing::new(String::with_capacity(64));
    line.push_str(&made.expose());
    line.push('\n');
    if let Err(written) = write_in_the_clear(path, line.as_bytes(), Existing::Refuse) {
        let id = made.token.id;
        let withdrawn = token::withdraw(store, id, Maker::CommandLine, now);
        let rest = match withdrawn {
            Ok(_) => "it was withdrawn again".to_owned(),
            Err(fault) => format!("withdraw it yourself, since that failed too: {fault}"),
        };
        let message = format!("{written}. The token {id} is lost; {rest}");
        return Err(match written {
            KeyFault::Io { .. } | KeyFault::AlreadyExists { .. } => input(message),
            _ => fault(message),
        });
    }
    Ok(made)
}

fn list(store: &dyn Store, now: UnixTime, shared: &Shared) -> Result<ExitCode, Failure> {
    let mut after = None;
    loop {
        let page = token::list(store, Maker::CommandLine, after, PAGE_MAX).map_err(fault)?;
        let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
        after = Some(last.id);
        for token in &page {
            if shared.json {
                let mut written: Written<'static> = token.shown();
                written.add("standing", text_json(&token.standing(now).word()));
                say(&written.object())?;
            } else {
                say(&line(token, now))?;
            }
        }
    }
}

fn line(token: &Token, now: UnixTime) -> String {
    let reach = match &token.reach {
        Reach::Everywhere => "everywhere".to_owned(),
        Reach::Within(areas) => areas.iter().map(Area::as_str).collect::<Vec<_>>().join(" "),
    };
    let delegation = token.delegation.as_ref().map(|id| format!("; delegation {id}")).unwrap_or_default();
    format!(
        "{}  {:<9}  until {}  {}; {reach}{delegation}; made by {}; \"{}\"",
        token.id,
        token.standing(now).word(),
        token.expires,
        token.roles,
        token.maker,
        token.label
    )
}

impl Withdraw {
    fn run(&self, store: &dyn Store, now: UnixTime, shared: &Shared) -> Result<ExitCode, Failure> {
        let id = parse_id(&self.id)?;
        let withdrawn = token::withdraw(store, id, Maker::CommandLine, now)?;
        let word = match withdrawn {
            Withdrawn::Now => "withdrawn",
            Withdrawn::Before => "had been withdrawn before",
        };
        if shared.json {
            let mut written = Written::default();
            written.add("id", text_json(&id));
            written.add("withdrawn", text_json(&if withdrawn == Withdrawn::Now { "now" } else { "before" }));
            return say(&written.object());
        }
        say(&format_args!("{id}: {word}"))
    }
}

/// What is wrong is not repeated: it may be a token.
fn parse_id(text: &str) -> Result<TokenId, Failure> {
    TokenId::from_hex(text).map_err(|_| {
        let rule = "ID is 8 lower-case hexadecimal digits, as `token list` shows them";
        usage(match text.strip_prefix(PREFIX).and_then(|rest| rest.get(..8)) {
            Some(id) => format!("{rule}. This is a token, which others may have seen now: withdraw {id}"),
            None => rule.to_owned(),
        })
    })
}

impl From<TokenFault> for Failure {
    fn from(token: TokenFault) -> Self {
        match token {
            TokenFault::Records(_) | TokenFault::Randomness(_) | TokenFault::Contended(_) => fault(token),
            TokenFault::Days { .. }
            | TokenFault::NoRole
            | TokenFault::Time(_)
            | TokenFault::DelegateRole(_) => usage(format!("--{token}")),
            TokenFault::MoreRoles(_)
            | TokenFault::MoreReach(_)
            | TokenFault::NoDelegation(_)
            | TokenFault::Unknown(_) => input(token.to_string()),
        }
    }
}
