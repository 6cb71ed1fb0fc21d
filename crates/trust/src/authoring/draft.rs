//! The draft of a role's next version: one file that holds all that its signers must see.
//!
//! JSON: {"sanad_draft": 1, "role", "content", "signers", "signatures": {key name: signature}, "previous": {"file",
//! "targets": {path: text}}, "targets": {path: text}}. Nothing in it is believed: a draft is checked as a whole
//! whenever it is read, each signature included, so that one that was changed after it was signed does not read.
//! The version before is there to say what changes; it counts as attested when the role's keys signed it.

use std::collections::BTreeMap;

use sanad_credential::{
    Fault, FixedBytes, Json, Limits, Object, Sign as _, SigningKey, Verify as _, VerifyingKey, What,
};

use super::signers::text_of;
use super::{AuthoringFault, Dates, NewRegion, Published, SignerGroup, Signers, rules};
use crate::canonical::canonical;
use crate::client::is_country;
use crate::metadata::{
    Content, DelegatedRole, Header, Holders, KeyName, Keys, RoleKeys, RoleName, Root, SignedFile, Targets,
    file, message,
};

/// Largest draft: a country with 2,000 facilities and 60 rulebooks has about 2 MB.
const LIMITS: Limits =
    Limits { bytes_max: 32 << 20, depth_max: 12, entries_max: 20_000, values_max: 500_000 };

/// Version of this form.
const FORM: i64 = 1;

/// What a role says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleContent {
    /// The root.
    Root(Root),
    /// The region's or a country's list.
    Targets(Targets),
}

/// The next version of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub(super) role: RoleName,
    pub(super) content: RoleContent,
    /// Of a list; a root names its own.
    pub(super) signers: Option<Signers>,
    pub(super) signatures: BTreeMap<KeyName, [u8; 64]>,
    pub(super) previous: Option<PreviousVersion>,
    /// The text of every file that is listed, by path.
    pub(super) files: BTreeMap<String, String>,
}

/// The version before, with the files that are changed or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PreviousVersion {
    pub(super) file: Vec<u8>,
    pub(super) content: RoleContent,
    pub(super) files: BTreeMap<String, String>,
}

impl Draft {
    /// The first root and the first, empty list of a region.
    ///
    /// # Errors
    /// [`AuthoringFault`].
    pub fn region(new: &NewRegion, root: Dates, list: Dates) -> Result<(Self, Self), AuthoringFault> {
        let online = Signers::new(std::slice::from_ref(&new.online), 1);
        let (mut keys, mut holders) = (Keys::new(), Holders::new());
        for signers in [&new.root, &new.targets, &online] {
            signers.enter(&mut keys, &mut holders);
        }
        let content = Root {
            header: header(1, root),
            keys,
            holders,
            root: new.root.role_keys(),
            timestamp: online.role_keys(),
            snapshot: online.role_keys(),
            targets: new.targets.role_keys(),
        };
        let root = Self::new(RoleName::Root, RoleContent::Root(content), None, None)?;
        let content = RoleContent::Targets(empty_list(header(1, list)));
        Ok((root, Self::new(RoleName::Targets, content, Some(new.targets.clone()), None)?))
    }

    /// The next version of a published role: the same content under new dates.
    ///
    /// # Errors
    /// [`AuthoringFault`].
    pub fn next(
        published: &mut Published<'_>,
        role: &RoleName,
        dates: Dates,
    ) -> Result<Self, AuthoringFault> {
        let metadata = published.metadata();
        let (root, regional) = (&metadata.root, &metadata.regional);
        match role {
            RoleName::Root => {
                let content = Root { header: following(&root.header, dates), ..root.clone() };
                let file = metadata.root_file.clone();
                let previous = PreviousVersion::read(role, file, BTreeMap::new())?;
                Self::new(RoleName::Root, RoleContent::Root(content), None, Some(previous))
            }
            RoleName::Targets => {
                let (list, signers) =
                    (regional.clone(), Signers::of(&root.keys, &root.holders, &root.targets));
                Self::list(published, role, Some(list), signers, dates)
            }
            RoleName::Delegated(country) => {
                let signers = delegated_signers(regional, country)?;
                let list = metadata.countries.get(country).cloned();
                Self::list(published, role, list, signers, dates)
            }
            RoleName::Timestamp | RoleName::Snapshot => {
                Err(AuthoringFault::NoDraft { role: role.to_string() })
            }
        }
    }

    /// The list that goes with a draft of what names its keys: the region's with a root, a country's with the region's.
    /// It is what is published, or empty, to be signed by the new keys.
    ///
    /// # Errors
    /// [`AuthoringFault`].
    pub fn accompanying(
        above: &Draft,
        role: &RoleName,
        published: Option<&mut Published<'_>>,
        dates: Dates,
    ) -> Result<Self, AuthoringFault> {
        let signers = match (&above.content, role) {
            (RoleContent::Root(root), RoleName::Targets) => {
                Signers::of(&root.keys, &root.holders, &root.targets)
            }
            (RoleContent::Targets(regional), RoleName::Delegated(country)) => {
                delegated_signers(regional, country)?
            }
            _ => return Err(AuthoringFault::NoDraft { role: role.to_string() }),
        };
        let Some(published) = published else {
            let content = RoleContent::Targets(empty_list(header(1, dates)));
            return Self::new(role.clone(), content, Some(signers), None);
        };
        let list = match role {
            RoleName::Delegated(country) => published.metadata().countries.get(country).cloned(),
            _ => Some(published.metadata().regional.clone()),
        };
        Self::list(published, role, list, signers, dates)
    }

    /// The next version of a list. A country that comes back starts with an empty one, above its last version.
    fn list(
        published: &mut Published<'_>,
        role: &RoleName,
        list: Option<Targets>,
        signers: Signers,
        dates: Dates,
    ) -> Result<Self, AuthoringFault> {
        let Some(file) = published.role_file(role)? else {
            let content = RoleContent::Targets(empty_list(header(1, dates)));
            return Self::new(role.clone(), content, Some(signers), None);
        };
        let mut previous = PreviousVersion::read(role, file, BTreeMap::new())?;
        let before = previous.content.targets().cloned().unwrap_or_default();
        let mut texts = BTreeMap::new();
        for (path, target) in &before {
            texts.insert(path.clone(), published.target(path, target)?);
        }
        let following = following(previous.content.header(), dates);
        let content = match list {
            Some(list) => Targets { header: following, ..list },
            None => empty_list(following),
        };
        let (mut files, mut gone) = (BTreeMap::new(), BTreeMap::new());
        for (path, text) in texts {
            let kept = content.targets.contains_key(&path);
            if kept { &mut files } else { &mut gone }.insert(path, text);
        }
        previous.files = gone;
        let mut draft = Self::new_unchecked(role.clone(), RoleContent::Targets(content), Some(signers));
        (draft.previous, draft.files) = (Some(previous), files);
        rules::check(&draft)?;
        Ok(draft)
    }

    fn new(
        role: RoleName,
        content: RoleContent,
        signers: Option<Signers>,
        previous: Option<PreviousVersion>,
    ) -> Result<Self, AuthoringFault> {
        let mut draft = Self::new_unchecked(role, content, signers);
        draft.previous = previous;
        rules::check(&draft)?;
        Ok(draft)
    }

    fn new_unchecked(role: RoleName, content: RoleContent, signers: Option<Signers>) -> Self {
        Self { role, content, signers, signatures: BTreeMap::new(), previous: None, files: BTreeMap::new() }
    }

    /// Whose version it is.
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// What it says.
    pub fn content(&self) -> &RoleContent {
        &self.content
    }

    /// The groups of keys whose threshold must be met.
    pub fn signers(&self) -> Vec<(SignerGroup, Signers)> {
        let RoleContent::Root(root) = &self.content else {
            return self.signers.iter().map(|signers| (SignerGroup::Role, signers.clone())).collect();
        };
        let own = |root: &Root| Signers::of(&root.keys, &root.holders, &root.root);
        let mut groups = Vec::new();
        if let Some(PreviousVersion { content: RoleContent::Root(old), .. }) = &self.previous {
            groups.push((SignerGroup::OldRoot, own(old)));
        }
        groups.push((SignerGroup::NewRoot, own(root)));
        groups
    }

    /// Whether this key has signed.
    pub fn has_signed(&self, name: &str) -> bool {
        self.signatures.contains_key(name)
    }

    /// How many of a group have signed.
    pub fn signed_by(&self, signers: &Signers) -> usize {
        signers.keys.iter().filter(|signer| self.has_signed(&signer.name)).count()
    }

    /// Whether enough of every group have signed.
    pub fn is_complete(&self) -> bool {
        self.signers().iter().all(|(_, signers)| self.signed_by(signers) >= signers.threshold)
    }

    /// Adds a signature.
    ///
    /// # Errors
    /// [`AuthoringFault::NotASigner`].
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), AuthoringFault> {
        let public = key.public_key();
        let groups = self.signers();
        let signer = groups
            .iter()
            .flat_map(|(_, signers)| &signers.keys)
            .find(|signer| signer.key == public)
            .ok_or(AuthoringFault::NotASigner { key: public.id() })?;
        let Ok(signature) = key.sign(&self.content.message());
        self.signatures.insert(signer.name.clone(), signature);
        Ok(())
    }

    /// Takes over the signatures of another copy.
    ///
    /// # Errors
    /// [`AuthoringFault::OtherDraft`] when anything but the signatures differs.
    pub fn merge(&mut self, other: &Draft) -> Result<(), AuthoringFault> {
        let unsigned = |draft: &Draft| Self { signatures: BTreeMap::new(), ..draft.clone() };
        if unsigned(self) != unsigned(other) {
            return Err(AuthoringFault::OtherDraft { role: self.role.to_string() });
        }
        self.signatures.extend(other.signatures.iter().map(|(name, signature)| (name.clone(), *signature)));
        Ok(())
    }

    /// The metadata file, with the signatures so far.
    pub fn file(&self) -> Vec<u8> {
        match &self.content {
            RoleContent::Root(root) => file(root, &self.signatures),
            RoleContent::Targets(targets) => file(targets, &self.signatures),
        }
    }

    /// Reads a draft and checks all of it.
    ///
    /// # Errors
    /// [`AuthoringFault`].
    pub fn parse(text: &str) -> Result<Self, AuthoringFault> {
        let draft = read(text)?;
        draft.check_signatures()?;
        rules::check(&draft)?;
        Ok(draft)
    }

    fn check_signatures(&self) -> Result<(), AuthoringFault> {
        let (groups, message) = (self.signers(), self.content.message());
        for (name, signature) in &self.signatures {
            let shown = sanad_credential::printable(name);
            let signer =
                groups.iter().flat_map(|(_, signers)| &signers.keys).find(|signer| signer.name == *name);
            let Some(signer) = signer else { return Err(AuthoringFault::UnknownSigner { name: shown }) };
            let holds = VerifyingKey::new(&signer.key).and_then(|key| key.verify(&message, signature));
            if holds.is_err() {
                return Err(AuthoringFault::Altered { key: signer.key.id(), holder: signer.holder.clone() });
            }
        }
        Ok(())
    }

    /// The draft as a file.
    pub fn to_text(&self) -> String {
        let texts = |files: &BTreeMap<String, String>| {
            let member = |(path, text): (&String, &String)| (path.clone().into(), Json::owned_text(text));
            Json::Object(files.iter().map(member).collect())
        };
        let signature = |(name, signature): (&KeyName, &[u8; 64])| {
            (name.clone().into(), Json::Text(FixedBytes(*signature).to_string().into()))
        };
        let mut members = vec![
            ("sanad_draft".into(), Json::Integer(FORM)),
            ("role".into(), Json::Text(self.role.to_string().into())),
            ("content".into(), self.content.to_json()),
        ];
        members.extend(self.signers.as_ref().map(|signers| ("signers".into(), signers.to_json())));
        let signatures = self.signatures.iter().map(signature).collect();
        members.push(("signatures".into(), Json::Object(signatures)));
        if let Some(previous) = &self.previous {
            let file = String::from_utf8_lossy(&previous.file).into_owned();
            let previous = Json::Object(vec![
                ("file".into(), Json::Text(file.into())),
                ("targets".into(), texts(&previous.files)),
            ]);
            members.push(("previous".into(), previous));
        }
        members.push(("targets".into(), texts(&self.files)));
        format!("{}\n", Json::Object(members))
    }
}

fn read(text: &str) -> Result<Draft, Fault> {
    let json = Json::parse(text, LIMITS)?;
    let mut object = json.object()?;
    match object.required("sanad_draft")?.integer() {
        Ok(FORM) => {}
        _ => return Err(Fault::new(What::Pattern { wanted: "1" }).within("sanad_draft")),
    }
    let role = text_of(&mut object, "role", |name| match name {
        "root" => Ok(RoleName::Root),
        "targets" => Ok(RoleName::Targets),
        name if is_country(name) => Ok(RoleName::Delegated(name.to_owned())),
        _ => Err(What::Pattern { wanted: "root, targets or a country" }.into()),
    })?;
    let content = object.required("content")?;
    let content = RoleContent::from_json(&role, content).map_err(|fault| fault.within("content"))?;
    let signers = match &content {
        RoleContent::Root(_) => None,
        RoleContent::Targets(_) => {
            Some(Signers::from_json(object.required("signers")?).map_err(|fault| fault.within("signers"))?)
        }
    };
    let signatures = members(object.required("signatures")?, |json| {
        FixedBytes::<64>::from_hex(json.text()?).map(|bytes| bytes.0)
    });
    let previous = match object.optional("previous") {
        Some(json) => Some(read_previous(&role, json).map_err(|fault| fault.within("previous"))?),
        None => None,
    };
    let draft = Draft {
        role,
        content,
        signers,
        signatures: signatures.map_err(|fault| fault.within("signatures"))?,
        previous,
        files: texts_of(&mut object)?,
    };
    object.finish()?;
    Ok(draft)
}

fn read_previous(role: &RoleName, json: &Json<'_>) -> Result<PreviousVersion, Fault> {
    let mut object = json.object()?;
    let file = text_of(&mut object, "file", |text| Ok(text.as_bytes().to_vec()))?;
    let files = texts_of(&mut object)?;
    object.finish()?;
    PreviousVersion::read(role, file, files)
}

fn texts_of(object: &mut Object<'_, '_>) -> Result<BTreeMap<String, String>, Fault> {
    members(object.required("targets")?, |json| json.text().map(str::to_owned))
        .map_err(|fault| fault.within("targets"))
}

fn members<T>(
    json: &Json<'_>,
    read: impl Fn(&Json<'_>) -> Result<T, Fault>,
) -> Result<BTreeMap<String, T>, Fault> {
    let Json::Object(members) = json else {
        return Err(json.object().err().unwrap_or_else(|| What::Missing.into()));
    };
    let members = members.iter().enumerate();
    let read = |(entry, (name, json)): (usize, &(std::borrow::Cow<'_, str>, Json<'_>))| {
        Ok((name.to_string(), read(json).map_err(|fault| fault.at_entry(entry))?))
    };
    members.map(read).collect()
}

impl PreviousVersion {
    fn read(role: &RoleName, file: Vec<u8>, files: BTreeMap<String, String>) -> Result<Self, Fault> {
        let signed = SignedFile::parse(role.clone(), &file)?;
        let content = match role {
            RoleName::Root => RoleContent::Root(signed.unverified()?),
            _ => RoleContent::Targets(signed.unverified()?),
        };
        Ok(Self { content, file, files })
    }

    /// How many of these keys signed it.
    pub(super) fn signed_by(&self, role: &RoleName, signers: &Signers) -> usize {
        let Ok(signed) = SignedFile::parse(role.clone(), &self.file) else { return 0 };
        let message = signed.message();
        let holds = |signer: &&super::Signer| {
            let signature = signed.signatures().iter().find(|(name, _)| *name == signer.name);
            let Some((_, Some(signature))) = signature else { return false };
            VerifyingKey::new(&signer.key).and_then(|key| key.verify(&message, signature)).is_ok()
        };
        signers.keys.iter().filter(holds).count()
    }
}

impl RoleContent {
    /// Reads content of which nothing may be lost: what this program does not know, nobody would have seen.
    fn from_json(role: &RoleName, json: &Json<'_>) -> Result<Self, Fault> {
        let content = match role {
            RoleName::Root => RoleContent::Root(Root::from_json(json)?),
            _ => RoleContent::Targets(Targets::from_json(json)?),
        };
        if content.message() != canonical(json) {
            return Err(
                What::Pattern { wanted: "metadata without members that this program does not know" }.into()
            );
        }
        Ok(content)
    }

    fn to_json(&self) -> Json<'static> {
        match self {
            RoleContent::Root(root) => root.to_json(),
            RoleContent::Targets(targets) => targets.to_json(),
        }
    }

    /// Version and dates.
    pub fn header(&self) -> &Header {
        match self {
            RoleContent::Root(root) => &root.header,
            RoleContent::Targets(targets) => &targets.header,
        }
    }

    pub(super) fn header_mut(&mut self) -> &mut Header {
        match self {
            RoleContent::Root(root) => &mut root.header,
            RoleContent::Targets(targets) => &mut targets.header,
        }
    }

    /// The files that it lists; a root lists none.
    pub(super) fn targets(&self) -> Option<&BTreeMap<String, crate::metadata::TargetFile>> {
        match self {
            RoleContent::Root(_) => None,
            RoleContent::Targets(targets) => Some(&targets.targets),
        }
    }

    /// What is signed.
    pub(super) fn message(&self) -> Vec<u8> {
        match self {
            RoleContent::Root(root) => message(root),
            RoleContent::Targets(targets) => message(targets),
        }
    }
}

/// The keys that the region names for a country.
pub(super) fn delegated_signers(regional: &Targets, country: &str) -> Result<Signers, AuthoringFault> {
    let delegation = regional.delegations.iter().find(|role| role.name == country);
    let DelegatedRole { keys, .. } =
        delegation.ok_or_else(|| AuthoringFault::CountryUnknown { country: country.to_owned() })?;
    let keys: &RoleKeys = keys;
    Ok(Signers::of(&regional.keys, &regional.holders, keys))
}

fn empty_list(header: Header) -> Targets {
    Targets {
        header,
        targets: BTreeMap::new(),
        keys: Keys::new(),
        holders: Holders::new(),
        delegations: Vec::new(),
    }
}

pub(super) fn header(version: u64, dates: Dates) -> Header {
    Header { version, expires: dates.expires, issued: Some(dates.issued) }
}

pub(super) fn following(before: &Header, dates: Dates) -> Header {
    header(before.version.saturating_add(1), dates)
}
