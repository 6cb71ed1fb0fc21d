//! The commands that draft: what a BASE is, and where a draft goes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sanad_credential::{Json, UnixTime};
use sanad_trust::Target;
use sanad_trust::authoring::{
    AuthoringFault, Change, CountryKeys, Dates, Draft, KeyChange, KeyGroup, NewRegion, PublicRoleKey,
    Published, ROOT_DAYS, Signers, Summary, TARGETS_DAYS, path_of, role_of,
};
use sanad_trust::metadata::RoleName;
use sanad_trust::review::Severity;

use super::command::{
    Add, AddCountry, Drafting, MarkCompromised, Region, Remove, RemoveCountry, Renew, RotateCountry,
    RotateRoot,
};
use super::directory::{self, Directory};
use super::validate::review;
use super::{findings, words};
use crate::command::{Failure, Shared, input, internal, say, time, usage};

/// Largest file that is read from a disk: that of a draft.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// What a new draft starts from.
pub(super) enum Base {
    /// A published repository.
    Repository(Directory),
    /// A draft, edited where it stands.
    Draft(PathBuf, Box<Draft>),
}

impl Base {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            return Ok(Base::Repository(Directory::new(path)));
        }
        Ok(Base::Draft(path.to_owned(), Box::new(read_draft(path)?)))
    }
}

impl Region {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let keys = read_keys(&self.keys)?;
        let targets =
            if self.targets_keys.is_empty() { keys.clone() } else { read_keys(&self.targets_keys)? };
        let new = NewRegion {
            root: Signers::new(&keys, self.threshold),
            targets: Signers::new(&targets, self.targets_threshold),
            online: read_key(&self.online)?,
        };
        let (root, list) = (RoleName::Root, RoleName::Targets);
        let dates = (self.drafting.dates(now, &root)?, self.drafting.dates(now, &list)?);
        let (root, list) = Draft::region(&new, dates.0, dates.1)?;
        self.drafting.create(shared, &[root, list])
    }
}

impl AddCountry {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let signers = Signers::new(&read_keys(&self.keys)?, self.threshold);
        let change = Change::AddCountry(CountryKeys { country: self.country.clone(), signers });
        let country = RoleName::Delegated(self.country.to_string());
        let dates = self.drafting.dates(time(shared)?, &RoleName::Targets)?;
        match Base::open(&self.base)? {
            Base::Draft(path, draft) => {
                let region = draft.change(vec![change], dates)?;
                let list = Draft::accompanying(&region, &country, None, dates)?;
                let beside = path.parent().unwrap_or(Path::new("")).join(name(&list));
                directory::create(&beside, list.to_text().as_bytes())?;
                directory::replace(&path, region.to_text().as_bytes())?;
                report(shared, &[(path, region), (beside, list)])
            }
            Base::Repository(mut source) => {
                let mut published = published(&mut source)?;
                let region = Draft::next(&mut published, &RoleName::Targets, dates)?;
                let region = region.change(vec![change], dates)?;
                let list = Draft::accompanying(&region, &country, Some(&mut published), dates)?;
                self.drafting.create(shared, &[region, list])
            }
        }
    }
}

impl RotateCountry {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let keys = key_change(&self.add, &self.remove, self.threshold)?
            .ok_or_else(|| usage("say which keys change: --add, --remove or --threshold".into()))?;
        let country = RoleName::Delegated(self.country.to_string());
        let dates = self.drafting.dates(time(shared)?, &RoleName::Targets)?;
        let mut source = Directory::new(&self.repo);
        let mut published = published(&mut source)?;
        let change = Change::RotateCountry { country: self.country.clone(), keys };
        let region = Draft::next(&mut published, &RoleName::Targets, dates)?.change(vec![change], dates)?;
        let list = Draft::accompanying(&region, &country, Some(&mut published), dates)?;
        self.drafting.create(shared, &[region, list])
    }
}

impl RemoveCountry {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let change = Change::RemoveCountry { country: self.country.clone() };
        self.drafting.edit(shared, &self.base, &RoleName::Targets, vec![change])
    }
}

impl RotateRoot {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let mut changes = Vec::new();
        if let Some(keys) = key_change(&self.add, &self.remove, self.threshold)? {
            changes.push(Change::RotateKeys { group: KeyGroup::Root, keys });
        }
        let list = key_change(&self.targets_add, &self.targets_remove, self.targets_threshold)?;
        let list_changes = list.is_some();
        changes.extend(list.map(|keys| Change::RotateKeys { group: KeyGroup::Targets, keys }));
        if let Some(online) = &self.online {
            changes.push(Change::ReplaceOnlineKey(read_key(online)?));
        }
        if changes.is_empty() {
            return Err(usage(
                "say which keys change; new dates alone are `authority renew --role root`".into(),
            ));
        }
        let now = time(shared)?;
        let dates = self.drafting.dates(now, &RoleName::Root)?;
        let mut source = Directory::new(&self.repo);
        let mut published = published(&mut source)?;
        let root = Draft::next(&mut published, &RoleName::Root, dates)?.change(changes, dates)?;
        let mut drafts = vec![root];
        if list_changes {
            let dates = self.drafting.dates(now, &RoleName::Targets)?;
            let [root, ..] = drafts.as_slice() else { return Ok(ExitCode::SUCCESS) };
            drafts.push(Draft::accompanying(root, &RoleName::Targets, Some(&mut published), dates)?);
        }
        self.drafting.create(shared, &drafts)
    }
}

impl Renew {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let role = match self.role.as_str() {
            "root" => RoleName::Root,
            "targets" => RoleName::Targets,
            country => RoleName::Delegated(country.to_owned()),
        };
        let dates = self.drafting.dates(time(shared)?, &role)?;
        let mut source = Directory::new(&self.repo);
        let draft = Draft::next(&mut published(&mut source)?, &role, dates)?;
        self.drafting.create(shared, &[draft])
    }
}

impl Add {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let (mut changes, mut role, mut targets) = (Vec::new(), None, Vec::new());
        for file in &self.files {
            let text = read_text(file)?;
            let at = |fault: AuthoringFault| input(format!("{}: {fault}", file.display()));
            let path = path_of(&text).map_err(at)?;
            let found = role_of(&path);
            if let Some(role) = role.as_ref().filter(|role| **role != found) {
                return Err(input(format!(
                    "{}: {found} lists it, the files before belong to {role}; make a draft for each role",
                    file.display()
                )));
            }
            let target = Target::parse(&path, &text).map_err(|fault| {
                input(format!("{}, {}", file.display(), findings::refused(&fault).text()))
            })?;
            role = Some(found);
            targets.push((file, target));
            changes.push(Change::List { text });
        }
        refuse_contradictions(&targets)?;
        let role = role.ok_or_else(|| usage("say which files".into()))?;
        self.drafting.edit(shared, &self.base, &role, changes)
    }
}

/// Says what the files leave out; what contradicts itself is not drafted.
fn refuse_contradictions(files: &[(&PathBuf, Target)]) -> Result<(), Failure> {
    let mut errors = Vec::new();
    for (file, target) in files {
        for finding in review(target, files.iter().map(|(_, other)| other)) {
            let text = format!("{}, {}", file.display(), findings::line(&finding).text());
            match finding.what.severity() {
                Severity::Error => errors.push(text),
                Severity::Warning => eprintln!("{text}"),
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(input(errors.join("\n"))) }
}

impl Remove {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let unlisted = |path: &String| -> Result<_, Failure> {
            let known = sanad_trust::TargetPath::parse(path);
            let shown = sanad_credential::printable(path);
            known.map(|known| role_of(&known)).ok_or(AuthoringFault::UnknownPath { path: shown }.into())
        };
        let roles = self.paths.iter().map(unlisted).collect::<Result<Vec<_>, _>>()?;
        let role = roles.first().cloned().ok_or_else(|| usage("say which paths".into()))?;
        let changes = self.paths.iter().map(|path| Change::Unlist { path: path.clone() });
        self.drafting.edit(shared, &self.base, &role, changes.collect())
    }
}

impl MarkCompromised {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let role = RoleName::Delegated(self.issuer.country().to_owned());
        let change = Change::MarkCompromised { issuer: self.issuer.clone(), key: self.kid };
        self.drafting.edit(shared, &self.base, &role, vec![change])
    }
}

impl Drafting {
    fn dates(&self, now: UnixTime, role: &RoleName) -> Result<Dates, Failure> {
        let by_role = if *role == RoleName::Root { ROOT_DAYS } else { TARGETS_DAYS };
        let dates = Dates::lasting(now, self.expires.unwrap_or(by_role));
        dates.map_err(|fault| input(format!("--expires: {fault}")))
    }

    /// Changes a draft where it stands, or makes one of a published role.
    fn edit(
        &self,
        shared: &Shared,
        base: &Path,
        role: &RoleName,
        changes: Vec<Change>,
    ) -> Result<ExitCode, Failure> {
        let dates = self.dates(time(shared)?, role)?;
        match Base::open(base)? {
            Base::Draft(path, draft) => {
                let draft = draft.change(changes, dates)?;
                directory::replace(&path, draft.to_text().as_bytes())?;
                report(shared, &[(path, draft)])
            }
            Base::Repository(mut source) => {
                let draft = Draft::next(&mut published(&mut source)?, role, dates)?;
                self.create(shared, &[draft.change(changes, dates)?])
            }
        }
    }

    /// Writes new drafts; none where one is in the way.
    fn create(&self, shared: &Shared, drafts: &[Draft]) -> Result<ExitCode, Failure> {
        let placed: Vec<_> = drafts.iter().map(|draft| (self.out.join(name(draft)), draft.clone())).collect();
        if let Some((path, _)) = placed.iter().find(|(path, _)| path.exists()) {
            return Err(usage(format!(
                "{} exists; edit it by naming it as BASE, or remove it",
                path.display()
            )));
        }
        directory::make(&self.out)?;
        for (path, draft) in &placed {
            directory::create(path, draft.to_text().as_bytes())?;
        }
        report(shared, &placed)
    }
}

/// `KE.3.draft.json`
fn name(draft: &Draft) -> String {
    format!("{}.{}.draft.json", draft.role(), draft.content().header().version)
}

pub(super) fn published(source: &mut Directory) -> Result<Published<'_>, Failure> {
    Published::read(source)
        .map_err(|refused| input(format!("this repository is not accepted: {refused}")))?
        .ok_or_else(|| input("nothing is published there: metadata/1.root.json is missing".into()))
}

/// Says what the drafts change and what comes next.
pub(super) fn report(shared: &Shared, drafts: &[(PathBuf, Draft)]) -> Result<ExitCode, Failure> {
    for (path, draft) in drafts {
        let summary = Summary::of(draft);
        if shared.json {
            let Json::Object(mut members) = words::json(&summary) else { continue };
            members.insert(0, ("draft".into(), Json::Text(path.display().to_string().into())));
            say(&Json::Object(members))?;
        } else {
            say(&path.display())?;
            for line in words::lines(&summary) {
                say(&format_args!("  {line}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read_draft(path: &Path) -> Result<Draft, Failure> {
    Draft::parse(&read_text(path)?).map_err(|fault| input(format!("{}: {fault}", path.display())))
}

fn read_keys(paths: &[PathBuf]) -> Result<Vec<PublicRoleKey>, Failure> {
    paths.iter().map(|path| read_key(path)).collect()
}

fn read_key(path: &Path) -> Result<PublicRoleKey, Failure> {
    PublicRoleKey::parse(&read_text(path)?).map_err(|fault| input(format!("{}: {fault}", path.display())))
}

fn key_change(
    add: &[PathBuf],
    remove: &[String],
    threshold: Option<usize>,
) -> Result<Option<KeyChange>, Failure> {
    if add.is_empty() && remove.is_empty() && threshold.is_none() {
        return Ok(None);
    }
    Ok(Some(KeyChange { add: read_keys(add)?, remove: remove.to_vec(), threshold }))
}

pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let at = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::InvalidData => {
            input(format!("{}: {error}", path.display()))
        }
        _ => internal(path, error),
    };
    let bytes = fs::metadata(path).map_err(at)?.len();
    if bytes > FILE_BYTES_MAX {
        let path = path.display();
        return Err(input(format!("{path}: {bytes} bytes, at most {FILE_BYTES_MAX} are read")));
    }
    fs::read_to_string(path).map_err(at)
}
