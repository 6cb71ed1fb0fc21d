//! `keys`: which keys there are, new ones in the place of old ones; and opening them for the other commands.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use sanad_credential::{Date, Json, KeyId};
use sanad_keyfile::passphrase::Purpose;
use sanad_keyfile::pin;
use sanad_trust::{KeyState, KeyUse, RecordDraft, RecordKey};

use super::key_agreement::Agreement;
use super::{
    Failure, Shared, fault, input, internal, obtain, open_store, say, time, usage, warn_of_readable_keys,
};
use crate::audit::{self, Actor, Note};
use crate::config::{self, Config, newest_first};
use crate::hsm::{Hsm, HsmFault, HsmSettings};
use crate::keys::{
    self, ChangeFault, EditFault, IssuerKeys, MadeIn, Marked, OVERLAP_DAYS_MAX, Rotated, Rotation, SignFault,
    USES,
};
use crate::store::PaperId;

/// Days until a new key starts when nothing else is said: packs with the new record are in the clinics by then.
const START_DAYS: i32 = 14;

/// Days for which old and new key count when nothing else is said: time to start every replica anew.
const OVERLAP_DAYS: u32 = 14;

#[derive(Args)]
pub(super) struct KeysCommand {
    /// Directory of the issuer.
    dir: PathBuf,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Which keys there are, where they are, and which of them sign today.
    List(List),
    /// Make a new key that takes over from the old ones, and count both for a while.
    Rotate(Rotate),
    /// Mark a key as retired: it signs nothing more, and what it signed stands.
    Retire(Retire),
    /// Mark a key as compromised: all that it ever signed counts for nothing. This cannot be undone.
    Compromise(Compromise),
}

#[derive(Args)]
struct List {
    /// Open the keys too, and have those in a hardware module prove themselves.
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct Rotate {
    /// What the new key is for: credential, status or delegation.
    #[arg(long = "use", value_name = "USE", value_parser = |text: &str| KeyUse::from_word(text))]
    key_use: KeyUse,
    /// Make it in the hardware module of issuer.toml.
    #[arg(long)]
    hsm: bool,
    /// First day of the new key; 14 days from now when left out, so that the new record is in the clinics by then.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    from: Option<Date>,
    /// Days from then on which the old key counts too.
    #[arg(long, value_name = "N", default_value_t = OVERLAP_DAYS, value_parser = clap::value_parser!(u32).range(0..=i64::from(OVERLAP_DAYS_MAX)))]
    overlap_days: u32,
    #[command(flatten)]
    agreed: Agreed,
}

#[derive(Args)]
struct Agreed {
    /// Id of the approval, where `approval.key_changes` asks for a second person.
    #[arg(long, value_name = "ID", value_parser = |text: &str| PaperId::new(text))]
    approval: Option<PaperId>,
}

#[derive(Args)]
struct Retire {
    #[command(flatten)]
    key: Key,
    #[command(flatten)]
    agreed: Agreed,
}

#[derive(Args)]
struct Key {
    /// Its id: 16 hexadecimal digits, as `list` shows it.
    #[arg(long, value_name = "ID", value_parser = |text: &str| KeyId::from_hex(&text.to_ascii_lowercase()))]
    key: KeyId,
}

#[derive(Args)]
struct Compromise {
    #[command(flatten)]
    key: Key,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl KeysCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match &self.act {
            Act::List(list) => self.list(shared, list),
            Act::Rotate(rotate) => self.rotate(shared, rotate),
            Act::Retire(retire) => self.retire(shared, retire),
            Act::Compromise(compromise) => self.compromise(shared, compromise),
        }
    }

    fn list(&self, shared: &Shared, list: &List) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let today = time(shared)?.date();
        let record = config.record.members();
        let opened = list.check.then(|| open(&self.dir, &config, shared, &USES)).transpose()?;
        for key in &record.keys {
            let row = Row { key, config: &config, today, is_here: opened.as_ref().map(|keys| keys.has(key)) };
            if shared.json {
                say(&row.to_json())?
            } else {
                say(&row.to_text())?
            };
        }
        if opened.is_some() {
            for key_use in USES {
                let sought = newest_first(record, key_use, today).map_err(SignFault::NoKey);
                sought.and_then(|_| match &opened {
                    Some(keys) => keys.signer(record, key_use, today).map(|_| ()),
                    None => Ok(()),
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn rotate(&self, shared: &Shared, rotate: &Rotate) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let today = now.date();
        let from = match rotate.from {
            Some(from) => from,
            None => today.plus_days(START_DAYS).map_err(|fault| input(fault.to_string()))?,
        };
        let rotation = Rotation { key_use: rotate.key_use, from, overlap_days: rotate.overlap_days, today };
        // For a quick answer, before anybody is asked for a passphrase.
        let planned = rotation.plan(config.record.members());
        let change = format!("rotate {}", rotation.key_use.word());
        let agreement = Agreement::find(&self.dir, &config, rotate.agreed.approval.as_ref(), &change)?;
        if let (Some(agreement), Err(ChangeFault::Pending { key, from: made, .. })) = (&agreement, &planned)
            && *made == from
            && agreement.is_begun()?
        {
            agreement.finish(now)?;
            eprintln!(
                "The new key {key} had been made before the command was cut off; the approval says so now."
            );
            return Ok(ExitCode::SUCCESS);
        }
        planned?;
        if let Some(agreement) = &agreement {
            agreement.claim(now)?;
        }
        let rotated = if rotate.hsm {
            let hsm = config.hsm.as_ref().ok_or_else(|| {
                input(format!(
                    "{}: --hsm needs a section [hsm] that names the module and the token; docs/keys.md shows one",
                    self.dir.join(config::FILE_NAME).display()
                ))
            })?;
            let hsm = open_token(shared, &hsm.settings)?;
            keys::rotate(&self.dir, &rotation, MadeIn::Hsm(&hsm))?
        } else {
            warn_of_readable_keys(&self.dir);
            let passphrase = obtain(shared, Purpose::Open)?;
            keys::rotate(&self.dir, &rotation, MadeIn::KeysFile(&passphrase))?
        };
        let detail = format!("rotate use={} from={from}", rotation.key_use.word());
        self.note(now, rotated.key.x.id(), detail, agreement.as_ref());
        self.say_rotated(shared, &rotated, today)?;
        agreement.as_ref().map_or(Ok(()), |agreement| agreement.finish(now))?;
        Ok(ExitCode::SUCCESS)
    }

    fn retire(&self, shared: &Shared, retire: &Retire) -> Result<ExitCode, Failure> {
        let (now, key) = (time(shared)?, retire.key.key);
        let config = Config::load(&self.dir)?;
        let agreement =
            Agreement::find(&self.dir, &config, retire.agreed.approval.as_ref(), &format!("retire {key}"))?;
        if let Some(agreement) = &agreement {
            let is_retired = |known: &RecordKey| known.x.id() == key && known.state == KeyState::Retired;
            if config.record.members().keys.iter().any(is_retired) && agreement.is_begun()? {
                agreement.finish(now)?;
                eprintln!("{key} had been retired before the command was cut off; the approval says so now.");
                return Ok(ExitCode::SUCCESS);
            }
            agreement.claim(now)?;
        }
        let marked = keys::retire(&self.dir, key, now.date())?;
        self.note(now, key, format!("retire use={}", marked.key.key_use.word()), agreement.as_ref());
        agreement.as_ref().map_or(Ok(()), |agreement| agreement.finish(now))?;
        let to = marked.key.to.map(|to| to.to_string()).unwrap_or_default();
        self.say_marked(shared, &marked)?;
        eprintln!(
            "Documents that it signed until {to} stay good. Stop every service and program that has it open NOW and start \
             it again: what they sign with it after {to} is refused by everybody."
        );
        self.say_publish();
        Ok(ExitCode::SUCCESS)
    }

    fn compromise(&self, shared: &Shared, compromise: &Compromise) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let config = Config::load(&self.dir)?;
        let id = compromise.key.key;
        let Some(key) = config.record.members().keys.iter().find(|key| key.x.id() == id) else {
            return Err(ChangeFault::Unknown { key: id }.into());
        };
        let lost = match key.key_use {
            KeyUse::Credential => {
                "EVERY document that it ever signed counts for nothing at clinics that have the new record"
            }
            KeyUse::Status => {
                "EVERY status list that it signed counts for nothing, until new ones are published"
            }
            KeyUse::Delegation => {
                "EVERY delegation that it ever signed counts for nothing, and so does what delegates and clinics sign \
                 under them"
            }
        };
        eprintln!("{id}, {} key since {}: {lost}. This cannot be undone.", key.key_use.word(), key.from);
        if !compromise.yes && !confirmed()? {
            return Err(input("nothing was changed".into()));
        }
        let marked = keys::compromise(&self.dir, id, now.date())?;
        self.note(now, id, format!("compromise use={}", marked.key.key_use.word()), None);
        self.say_marked(shared, &marked)?;
        let dir = self.dir.display();
        if marked.successor.is_none() {
            eprintln!(
                "No other {word} key signs today. Make one now: sanad-issuer keys {dir} rotate --use {word} --from {}",
                now.date(),
                word = marked.key.key_use.word()
            );
        }
        eprintln!("Stop every service and program that has the key open NOW, and start it again.");
        self.say_publish();
        match marked.key.key_use {
            KeyUse::Credential => eprintln!(
                "Then issue the documents again: feed the registers with a new exp, or re-issue them through the service."
            ),
            KeyUse::Status => {
                eprintln!("Then publish the lists: sanad-issuer status {dir} publish --out LISTS")
            }
            KeyUse::Delegation => eprintln!("Then answer the requests of all delegates again."),
        }
        Ok(ExitCode::SUCCESS)
    }

    fn say_rotated(&self, shared: &Shared, rotated: &Rotated, today: Date) -> Result<(), Failure> {
        let Rotated { key, object, ended } = rotated;
        let (id, word, dir) = (key.x.id(), key.key_use.word(), self.dir.display());
        if shared.json {
            let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
            let ended = ended
                .iter()
                .map(|(x, to)| Json::Object(vec![("kid".into(), text(&x.id())), ("to".into(), text(to))]));
            say(&Json::Object(vec![
                ("kid".into(), text(&id)),
                ("x".into(), text(&key.x)),
                ("use".into(), text(&word)),
                ("from".into(), text(&key.from)),
                ("hsm".into(), object.as_ref().map_or(Json::Null, |object| text(object))),
                ("ended".into(), Json::Array(ended.collect())),
            ]))?;
        } else {
            let place =
                object.as_ref().map_or("keys.age".to_owned(), |object| format!("the token, {object}"));
            say(&format_args!("New {word} key {id}, signs from {}, in {place}", key.from))?;
            for (x, to) in ended {
                say(&format_args!("The key {} counts until {to}", x.id()))?;
            }
        }
        let from = key.from;
        if from > today {
            eprintln!("Nothing signs with it before {from}, and no clinic knows it yet. Now:");
        } else {
            eprintln!(
                "It signs from now on, and no clinic knows it yet: what it signs is refused there until packs with the new \
                 record have come. Now:"
            );
        }
        eprintln!("  1. sanad-issuer record {dir} --out record.json");
        eprintln!(
            "  2. Give record.json to the country's authority, which lists it (sanad-issuer authority add) and publishes."
        );
        if from > today {
            eprintln!("  3. See that packs with it reach the clinics before {from}.");
        } else {
            eprintln!("  3. Have packs with it brought to the clinics.");
        }
        if object.is_none() {
            eprintln!("  4. Copy keys.age and issuer.toml to every replica, and make a new backup.");
        } else {
            eprintln!("  4. Copy issuer.toml to every replica, and back up the token as its maker says.");
        }
        eprintln!(
            "  5. Start the service again: it reads its keys when it starts, and uses each from its first day."
        );
        if let Some((x, to)) = ended.first() {
            eprintln!("  6. After {to}: sanad-issuer keys {dir} retire --key {}", x.id());
        }
        Ok(())
    }

    fn say_marked(&self, shared: &Shared, marked: &Marked) -> Result<ExitCode, Failure> {
        let Marked { key, successor } = marked;
        let (id, state) = (key.x.id(), key.state.word());
        if shared.json {
            let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
            return say(&Json::Object(vec![
                ("kid".into(), text(&id)),
                ("use".into(), text(&key.key_use.word())),
                ("state".into(), text(&state)),
                ("to".into(), key.to.map_or(Json::Null, |to| text(&to))),
                ("successor".into(), successor.map_or(Json::Null, |x| text(&x.id()))),
            ]));
        }
        say(&format_args!("The {} key {id} is {state}", key.key_use.word()))
    }

    fn say_publish(&self) {
        let dir = self.dir.display();
        eprintln!(
            "Clinics learn of it with the new record: sanad-issuer record {dir} --out record.json, and give it to the \
             country's authority at once."
        );
    }

    /// The log stands in the store, which a running service may hold.
    fn note(
        &self,
        at: sanad_credential::UnixTime,
        key: KeyId,
        detail: String,
        agreement: Option<&Agreement>,
    ) {
        let note = Note {
            at,
            who: Actor::command_line(),
            act: audit::Act::ChangeKeys,
            on: format!("key:{key}"),
            detail,
        };
        let told = match agreement {
            Some(agreement) => agreement.store().write_papers(&[], &[note]).map_err(fault),
            None => Config::load(&self.dir).map_err(Failure::from).and_then(|config| {
                let store = open_store(&self.dir, &config)?;
                store.write_papers(&[], &[note]).map_err(fault)
            }),
        };
        if let Err(failure) = told {
            eprintln!("Note: the audit log does not have this change ({}); write it down.", failure.message);
        }
    }
}

/// A key as `list` shows it.
struct Row<'a> {
    key: &'a RecordKey,
    config: &'a Config,
    today: Date,
    is_here: Option<bool>,
}

impl Row<'_> {
    fn place(&self) -> String {
        let objects = self.config.hsm.iter().flat_map(|hsm| &hsm.keys);
        let object = objects.into_iter().find(|(x, _)| *x == self.key.x).map(|(_, object)| object);
        object.map_or_else(|| "keys.age".to_owned(), |object| format!("token: {object}"))
    }

    fn signs_today(&self) -> bool {
        let keys = newest_first(self.config.record.members(), self.key.key_use, self.today);
        keys.is_ok_and(|keys| keys.first().is_some_and(|first| first.x == self.key.x))
    }

    /// What it does today, in a word.
    fn today(&self) -> &'static str {
        match self.key.state {
            KeyState::Retired => "retired",
            KeyState::Compromised => "COMPROMISED",
            KeyState::Active if self.today < self.key.from => "waits",
            KeyState::Active if self.key.to.is_some_and(|to| to < self.today) => "ended",
            KeyState::Active if self.signs_today() => "signs",
            KeyState::Active => "counts",
        }
    }

    fn to_text(&self) -> String {
        let key = self.key;
        let to = key.to.map_or("open      ".to_owned(), |to| to.to_string());
        let is_here = match self.is_here {
            Some(true) => ", opened",
            Some(false) => ", not here",
            None => "",
        };
        format!(
            "{:<10}  {}  {:<11}  {} to {to}  {}{is_here}",
            key.key_use.word(),
            key.x.id(),
            self.today(),
            key.from,
            self.place()
        )
    }

    fn to_json(&self) -> Json<'static> {
        let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
        let key = self.key;
        Json::Object(vec![
            ("use".into(), text(&key.key_use.word())),
            ("kid".into(), text(&key.x.id())),
            ("x".into(), text(&key.x)),
            ("state".into(), text(&key.state.word())),
            ("today".into(), text(&self.today().to_ascii_lowercase())),
            ("from".into(), text(&key.from)),
            ("to".into(), key.to.map_or(Json::Null, |to| text(&to))),
            ("place".into(), text(&self.place())),
            ("here".into(), self.is_here.map_or(Json::Null, Json::Bool)),
        ])
    }
}

/// Opens the keys of an issuer that sign for these uses: those in `keys.age`, and those in the hardware module that
/// the configuration names. Says which newest key is not here.
pub(crate) fn open(
    dir: &Path,
    config: &Config,
    shared: &Shared,
    uses: &[KeyUse],
) -> Result<IssuerKeys, Failure> {
    let passphrase = obtain(shared, Purpose::Open)?;
    let record = config.record.members();
    let mut keys = keys::load(dir, &passphrase, record)?;
    let today = time(shared)?.date();
    if let Some(hsm) = &config.hsm {
        let in_token = |key: &&RecordKey| hsm.keys.iter().any(|(x, _)| *x == key.x);
        let signing: Vec<&RecordKey> = signing(record, uses, today).filter(in_token).collect();
        if !signing.is_empty() {
            let token = open_token(shared, &hsm.settings)?;
            keys.open_hsm(&token, hsm, &signing)?;
        }
    }
    for key_use in uses {
        let newest = newest_first(record, *key_use, today).ok().and_then(|keys| keys.first().copied());
        if let Some(newest) = newest.filter(|newest| !keys.has(newest)) {
            eprintln!(
                "Warning: the {} key {} of issuer.toml should sign since {} and is not in {}; an older one signs, if there \
                 is one. Get the keys.age that has it.",
                key_use.word(),
                newest.x.id(),
                newest.from,
                dir.join(keys::FILE_NAME).display()
            );
        }
    }
    Ok(keys)
}

/// Keys of these uses that sign today or will.
fn signing<'r>(
    record: &'r RecordDraft,
    uses: &'r [KeyUse],
    today: Date,
) -> impl Iterator<Item = &'r RecordKey> {
    record.keys.iter().filter(move |key| {
        uses.contains(&key.key_use) && key.state == KeyState::Active && key.to.is_none_or(|to| today <= to)
    })
}

fn open_token(shared: &Shared, settings: &HsmSettings) -> Result<Arc<Hsm>, Failure> {
    let prompt = format!("PIN of the token {}", settings.token);
    let pin = pin::obtain(shared.pin_file.as_deref(), &prompt).map_err(|fault| input(fault.to_string()))?;
    Ok(Hsm::open(settings.clone(), &pin)?)
}

fn confirmed() -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(usage("there is no terminal to ask at; say --yes".into()));
    }
    eprint!("Mark it as compromised? Type yes: ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| internal(Path::new("standard input"), error))?;
    Ok(answer.trim() == "yes")
}

impl From<HsmFault> for Failure {
    fn from(hsm: HsmFault) -> Self {
        if hsm.is_input() { input(hsm.to_string()) } else { fault(hsm) }
    }
}

impl From<SignFault> for Failure {
    fn from(sign: SignFault) -> Self {
        match sign {
            SignFault::Hsm(hsm) => hsm.into(),
            SignFault::NoKey(_) | SignFault::NotHere { .. } => input(sign.to_string()),
        }
    }
}

impl From<ChangeFault> for Failure {
    fn from(change: ChangeFault) -> Self {
        match change {
            ChangeFault::Secrets(secrets) => secrets.into(),
            ChangeFault::Hsm(hsm) => hsm.into(),
            ChangeFault::File { .. } | ChangeFault::Edit(EditFault::File { .. }) => fault(change),
            other => input(other.to_string()),
        }
    }
}
