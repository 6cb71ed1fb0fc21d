//! The commands that use keys, and the one that shows.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use sanad_credential::{Json, SigningKey};
use sanad_keyfile::KeyFault;
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};
use sanad_trust::authoring::{
    AuthoringFault, Draft, Publication, Published, SignerGroup, Signers, Summary, publish, renew_timestamp,
};
use sanad_trust::client::Metadata;
use sanad_trust::metadata::{Keys, RoleKeys, RoleName};

use super::command::{Merge, NewKey, Publish, Show, Sign, Timestamp};
use super::directory::{self, Directory, DirectoryFault};
use super::drafting::{Base, published, read_draft, report};
use super::role_key::{self, RoleKeyFault};
use super::words;
use crate::command::{Failure, Shared, fault, input, internal, say, time, usage};

impl NewKey {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        if self.dir.join(role_key::FILE_NAME).exists() {
            return Err(usage(format!("{} has a key; a holder has one directory a key", self.dir.display())));
        }
        let passphrase = obtain(shared, Purpose::Create)?;
        let (key, path) = role_key::create(&self.dir, &self.label, &passphrase)?;
        if shared.json {
            let text = |text: String| Json::Text(text.into());
            return say(&Json::Object(vec![
                ("holder".into(), text(key.holder.to_string())),
                ("key".into(), text(key.key.id().to_string())),
                ("public".into(), text(path.display().to_string())),
            ]));
        }
        say(&format_args!("Key {} of {}", key.key.id(), key.holder))?;
        say(&format_args!(
            "Hand over {} and read the key's id aloud to whoever takes it. Keep {} and its passphrase apart.",
            path.display(),
            self.dir.join(role_key::FILE_NAME).display()
        ))
    }
}

impl Sign {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let mut drafts = Vec::new();
        for path in &self.drafts {
            drafts.push((path.clone(), read_draft(path)?));
        }
        report(shared, &drafts)?;
        for (_, draft) in &drafts {
            if let Some(warning) = words::warning(&Summary::of(draft)) {
                eprintln!("Warning: {warning}");
            }
        }
        if !self.yes && !confirmed()? {
            return Err(input("nothing was signed".into()));
        }
        let key = load(shared, &self.key)?;
        // All or none: what belongs together is signed together.
        for (_, draft) in &mut drafts {
            draft.sign(&key)?;
        }
        for (path, draft) in &drafts {
            directory::replace(path, draft.to_text().as_bytes())?;
            told(shared, path, draft)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Merge {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let mut draft = read_draft(&self.draft)?;
        for path in &self.others {
            let other = read_draft(path)?;
            draft.merge(&other).map_err(|fault| input(format!("{}: {fault}", path.display())))?;
        }
        directory::replace(&self.draft, draft.to_text().as_bytes())?;
        told(shared, &self.draft, &draft)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Publish {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let drafts = self.drafts.iter().map(|path| read_draft(path)).collect::<Result<Vec<_>, _>>()?;
        let online = load(shared, &self.online_key)?;
        let mut directory = Directory::new(&self.repo);
        let lock = directory.lock()?;
        let publication = {
            let mut before = Published::read_below(&mut directory, &drafts)
                .map_err(|refused| input(format!("{}: {refused}", self.repo.display())))?;
            publish(before.as_mut(), &drafts, &online, now)?
        };
        directory.write(&publication, &lock)?;
        done(shared, &self.repo, &publication)
    }
}

impl Timestamp {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let online = load(shared, &self.online_key)?;
        let mut directory = Directory::new(&self.repo);
        let lock = directory.lock()?;
        let publication = renew_timestamp(&mut published(&mut directory)?, &online, now)?;
        directory.write(&publication, &lock)?;
        done(shared, &self.repo, &publication)
    }
}

impl Show {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match Base::open(&self.path)? {
            Base::Draft(path, draft) => report(shared, &[(path, *draft)]),
            Base::Repository(mut source) => show(shared, published(&mut source)?.metadata()),
        }
    }
}

fn show(shared: &Shared, metadata: &Metadata) -> Result<ExitCode, Failure> {
    let (root, regional) = (&metadata.root, &metadata.regional);
    let signers =
        |keys: &Keys, holders: &BTreeMap<String, String>, role: &RoleKeys| Signers::of(keys, holders, role);
    let mut of_role = BTreeMap::from([
        (RoleName::Root.to_string(), signers(&root.keys, &root.holders, &root.root)),
        (RoleName::Targets.to_string(), signers(&root.keys, &root.holders, &root.targets)),
        (RoleName::Snapshot.to_string(), signers(&root.keys, &root.holders, &root.snapshot)),
        (RoleName::Timestamp.to_string(), signers(&root.keys, &root.holders, &root.timestamp)),
    ]);
    for role in &regional.delegations {
        of_role.insert(role.name.clone(), signers(&regional.keys, &regional.holders, &role.keys));
    }
    let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
    for (name, header) in metadata.headers() {
        let list = if name == "targets" { Some(regional) } else { metadata.countries.get(&name) };
        let paths: Vec<&String> = list.map(|list| list.targets.keys().collect()).unwrap_or_default();
        let keys = of_role.get(&name).map_or(&[][..], |signers| signers.keys.as_slice());
        let threshold = of_role.get(&name).map_or(0, |signers| signers.threshold);
        if shared.json {
            let key = |signer: &sanad_trust::authoring::Signer| {
                Json::Object(vec![
                    ("key".into(), text(&signer.key.id())),
                    ("holder".into(), text(&signer.holder)),
                ])
            };
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            say(&Json::Object(vec![
                ("role".into(), text(&name)),
                ("version".into(), number(header.version)),
                ("issued".into(), header.issued.map_or(Json::Null, |issued| text(&issued))),
                ("expires".into(), text(&header.expires)),
                ("threshold".into(), number(u64::try_from(threshold).unwrap_or(u64::MAX))),
                ("keys".into(), Json::Array(keys.iter().map(key).collect())),
                ("targets".into(), Json::Array(paths.iter().map(|path| text(path)).collect())),
            ]))?;
            continue;
        }
        let issued =
            header.issued.map_or_else(|| "at no stated time".to_owned(), |issued| issued.to_string());
        say(&format_args!(
            "{name}, version {}, issued {issued}, current until {}",
            header.version, header.expires
        ))?;
        say(&format_args!("  of {} keys {threshold} must sign", keys.len()))?;
        for signer in keys {
            let holder = sanad_credential::printable(&signer.holder);
            say(&format_args!("      {} {holder}", signer.key.id()))?;
        }
        for path in paths {
            say(&format_args!("  {}", sanad_credential::printable(path)))?;
        }
    }
    for ignored in &metadata.ignored {
        eprintln!("Not used by verifiers: {ignored}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks at the terminal; nobody else can have read what is asked about.
fn confirmed() -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(usage(
            "there is no terminal to ask at; read the draft with `show` and sign with --yes".into(),
        ));
    }
    eprint!("Sign this? Type yes: ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| internal(Path::new("standard input"), error))?;
    Ok(answer.trim() == "yes")
}

fn told(shared: &Shared, path: &Path, draft: &Draft) -> Result<(), Failure> {
    let groups = draft.signers();
    if shared.json {
        let group = |(_, signers): &(SignerGroup, Signers)| {
            let count = |count: usize| Json::Integer(i64::try_from(count).unwrap_or(i64::MAX));
            Json::Object(vec![
                ("signed".into(), count(draft.signed_by(signers))),
                ("threshold".into(), count(signers.threshold)),
            ])
        };
        return say(&Json::Object(vec![
            ("draft".into(), Json::Text(path.display().to_string().into())),
            ("complete".into(), Json::Bool(draft.is_complete())),
            ("signatures".into(), Json::Array(groups.iter().map(group).collect())),
        ]))
        .map(|_| ());
    }
    let state = if draft.is_complete() { "can be published" } else { "needs more signatures" };
    let counts: Vec<String> = groups
        .iter()
        .map(|(_, signers)| format!("{} of {}", draft.signed_by(signers), signers.threshold))
        .collect();
    say(&format_args!("{}: {} signatures, {state}", path.display(), counts.join(" and "))).map(|_| ())
}

fn done(shared: &Shared, repo: &Path, publication: &Publication) -> Result<ExitCode, Failure> {
    let names = publication.files.iter().map(|(name, _)| name.as_str());
    if shared.json {
        let names = names.map(Json::owned_text).collect();
        return say(&Json::Object(vec![
            ("repository".into(), Json::Text(repo.display().to_string().into())),
            ("files".into(), Json::Array(names)),
        ]));
    }
    let metadata = names.filter(|name| name.starts_with("metadata/"));
    for name in metadata {
        say(&format_args!("{name}"))?;
    }
    say(&format_args!("Published in {}. Copy it to the web server, timestamp.json last.", repo.display()))
}

fn load(shared: &Shared, dir: &Path) -> Result<SigningKey, Failure> {
    Ok(role_key::load(dir, &obtain(shared, Purpose::Open)?)?)
}

fn obtain(shared: &Shared, purpose: Purpose) -> Result<Passphrase, Failure> {
    passphrase::obtain(shared.passphrase_file.as_deref(), purpose, "Passphrase of the role's key")
        .map_err(|fault| input(fault.to_string()))
}

impl From<AuthoringFault> for Failure {
    fn from(fault: AuthoringFault) -> Self {
        input(fault.to_string())
    }
}

impl From<DirectoryFault> for Failure {
    fn from(directory: DirectoryFault) -> Self {
        match directory {
            DirectoryFault::Io { .. } | DirectoryFault::Refused(_) => fault(directory),
            DirectoryFault::Exists { .. } | DirectoryFault::Busy { .. } => usage(directory.to_string()),
            DirectoryFault::OtherRoot { .. } => input(directory.to_string()),
        }
    }
}

impl From<RoleKeyFault> for Failure {
    fn from(key: RoleKeyFault) -> Self {
        match key {
            RoleKeyFault::Randomness(_)
            | RoleKeyFault::File(KeyFault::Io { .. })
            | RoleKeyFault::Public(_) => fault(key),
            other => input(other.to_string()),
        }
    }
}
