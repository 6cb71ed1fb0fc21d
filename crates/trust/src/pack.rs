//! A pack that was checked: who may sign what for whom, and what became of their documents.
//!
//! Order: the metadata ([`crate::client`]); every target that somebody may list, found by its path and held against
//! length, hash and path; the status lists that the issuers' records name, each under a status key of its issuer; the
//! delegations. A file that is changed, missing or cut refuses the whole pack, by name: what was trusted before stays.
//! What is whole but listed by whom it does not belong to is passed over and reported, so that no country can shut out
//! the others. No clock: dates and floors come from the caller.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sanad_credential::{
    AgreementId, Claims, Date, IssuerId, Json, KeyId, Limits, OWN_BYTES_MAX, ProductId,
    STATUS_LIST_BYTES_MAX, Sealed, StatusListToken, StatusUri, UnixTime, VerifyingKey,
};

use crate::agreement::Agreement;
use crate::client::{
    self, Anchor, Ignored, IgnoredReason, Metadata, Problem, Refused, Source, compare, get, refresh,
};
use crate::country::Country;
use crate::facilities::Facilities;
use crate::floors::Floors;
use crate::grant::Grant;
use crate::host_rules::HostRules;
use crate::metadata::{FileFault, TargetFile};
use crate::open::{Opened, Rejection, open};
use crate::record::{IssuerRecord, KeyState, KeyUse, RecordKey};
use crate::rulebook::Rulebook;
use crate::target::{Target, TargetPath};

/// A list that claims to be more than this much younger than all known clocks is not used: it would set a floor under
/// which no true list comes for years.
const LIST_AHEAD_SECONDS_MAX: u64 = 31 * 86_400;

/// Delegations in one pack.
const DELEGATIONS_MAX: usize = 10_000;

const INDEX_LIMITS: Limits = Limits {
    bytes_max: 512 << 10,
    depth_max: 1,
    entries_max: DELEGATIONS_MAX,
    values_max: DELEGATIONS_MAX + 1,
};

/// A checked pack.
#[derive(Debug)]
pub struct Pack {
    metadata: Metadata,
    grants: BTreeMap<Country, Grant>,
    issuers: BTreeMap<IssuerId, IssuerRecord>,
    rulebooks: BTreeMap<(IssuerId, ProductId), Rulebook>,
    facilities: BTreeMap<Country, Facilities>,
    host_rules: BTreeMap<Country, HostRules>,
    agreements: BTreeMap<AgreementId, Agreement>,
    lists: BTreeMap<StatusUri, StatusListToken>,
    missing_lists: Vec<StatusUri>,
    delegations: Vec<Claims>,
    keys: HashMap<KeyId, Vec<PinnedKey>>,
    ignored: Vec<Ignored>,
    unread: BTreeSet<TargetPath>,
    floors: Floors,
}

/// A key of an issuer, decoded once.
#[derive(Clone, Debug)]
pub struct PinnedKey {
    /// Whose it is.
    pub owner: IssuerId,
    /// As its record lists it.
    pub listed: RecordKey,
    /// Ready to verify.
    pub point: VerifyingKey,
}

/// What a pack is held against.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The pinned root, or a later one reached from it.
    pub anchor: &'a Anchor,
    /// What never goes backward.
    pub floors: &'a Floors,
    /// The device's clock, where it is known.
    pub clock: Option<UnixTime>,
}

impl Pack {
    /// Checks the files of a pack.
    ///
    /// # Errors
    /// The first file that is [`Refused`].
    pub fn load(source: &mut dyn Source, held: &Held<'_>) -> Result<Self, Refused> {
        let mut metadata = refresh(source, held.anchor, &held.floors.versions)?;
        let ignored = std::mem::take(&mut metadata.ignored);
        let floors = Floors { versions: metadata.floors.clone(), lists: held.floors.lists.clone() };
        let mut pack = Self {
            metadata,
            grants: BTreeMap::new(),
            issuers: BTreeMap::new(),
            rulebooks: BTreeMap::new(),
            facilities: BTreeMap::new(),
            host_rules: BTreeMap::new(),
            agreements: BTreeMap::new(),
            lists: BTreeMap::new(),
            missing_lists: Vec::new(),
            delegations: Vec::new(),
            keys: HashMap::new(),
            ignored,
            unread: BTreeSet::new(),
            floors,
        };
        pack.load_targets(source)?;
        pack.pin_keys();
        pack.load_lists(source, held)?;
        pack.load_delegations(source)?;
        Ok(pack)
    }

    fn load_targets(&mut self, source: &mut dyn Source) -> Result<(), Refused> {
        let mut found: BTreeMap<TargetPath, TargetFile> = BTreeMap::new();
        let regional = self.metadata.regional.targets.iter().map(|target| (None, target));
        let countries = self.metadata.countries.iter();
        let national = countries
            .flat_map(|(country, role)| role.targets.iter().map(move |target| (Some(country), target)));
        for (country, (path, file)) in regional.chain(national) {
            let reason = match TargetPath::parse(path) {
                None => IgnoredReason::UnknownPath,
                // Asked for by its path, TUF finds a file in the one role whose patterns match it.
                Some(parsed)
                    if parsed.country_role().as_ref().map(Country::as_str) != country.map(String::as_str) =>
                {
                    IgnoredReason::NotTheirs
                }
                Some(parsed) => {
                    found.insert(parsed, file.clone());
                    continue;
                }
            };
            self.ignored.push(Ignored { name: sanad_credential::printable(path), reason });
        }
        for (path, file) in found {
            self.load_target(source, path, &file)?;
        }
        Ok(())
    }

    fn load_target(
        &mut self,
        source: &mut dyn Source,
        path: TargetPath,
        file: &TargetFile,
    ) -> Result<(), Refused> {
        let name = target_name(&path.to_string(), file);
        let refused = |problem| Refused { file: name.clone(), problem };
        let length = usize::try_from(file.length).unwrap_or(usize::MAX);
        if length > path.bytes_max() {
            let problem = client::SourceFault::TooLong { bytes_max: path.bytes_max() };
            return Err(refused(Problem::Source(problem)));
        }
        let content = get(source, &name, length)?.ok_or_else(|| refused(Problem::Missing))?;
        compare(&name, &content, Some(file.length), Some(file.hash))?;
        let target = std::str::from_utf8(&content)
            .map_err(|_| {
                sanad_credential::What::WrongType { wanted: "UTF-8 text", found: "other bytes" }.into()
            })
            .and_then(|text| Target::parse(&path, text));
        match (target, path) {
            (Ok(Target::Grant(grant)), TargetPath::Grant { country }) => {
                self.grants.insert(country, grant);
            }
            (Ok(Target::Issuer(record)), TargetPath::Issuer { iss }) => {
                self.issuers.insert(iss, *record);
            }
            (Ok(Target::Rulebook(rulebook)), TargetPath::Rulebook { issuer, product }) => {
                self.rulebooks.insert((issuer, product), rulebook);
            }
            (Ok(Target::Facilities(facilities)), TargetPath::Facilities { country }) => {
                self.facilities.insert(country, facilities);
            }
            (Ok(Target::HostRules(rules)), TargetPath::HostRules { country }) => {
                self.host_rules.insert(country, rules);
            }
            (Ok(Target::Agreement(agreement)), TargetPath::Agreement { id }) => {
                self.agreements.insert(id, agreement);
            }
            (Ok(_), path) => {
                self.ignored.push(Ignored { name: path.to_string(), reason: IgnoredReason::NotTheirs });
                self.unread.insert(path);
            }
            (Err(fault), path) => {
                self.ignored.push(Ignored { name: path.to_string(), reason: IgnoredReason::Content(fault) });
                self.unread.insert(path);
            }
        }
        Ok(())
    }

    fn pin_keys(&mut self) {
        for (owner, record) in &self.issuers {
            for listed in &record.members().keys {
                // A record with a key of small order did not read, so every point decodes.
                if let Ok(point) = VerifyingKey::new(&listed.x) {
                    let pinned = PinnedKey { owner: owner.clone(), listed: listed.clone(), point };
                    self.keys.entry(listed.x.id()).or_default().push(pinned);
                }
            }
        }
    }

    fn load_lists(&mut self, source: &mut dyn Source, held: &Held<'_>) -> Result<(), Refused> {
        let newest_clock = held.clock.max(self.floors.time());
        let mut floors = BTreeMap::new();
        for record in self.issuers.values() {
            for number in 0..record.members().status.lists {
                let Ok(uri) = record.members().status.uri(number) else { continue };
                let name = list_name(&uri);
                let Some(file) = get(source, &name, STATUS_LIST_BYTES_MAX)? else {
                    self.missing_lists.push(uri);
                    continue;
                };
                let (token, signer) = match open_list(&file, record, &uri) {
                    Ok(opened) => opened,
                    Err(ListFault::AsIfAbsent) => {
                        self.missing_lists.push(uri);
                        continue;
                    }
                    Err(ListFault::Refused(problem)) => return Err(Refused { file: name, problem }),
                };
                let key = (uri.to_string(), signer.x);
                let floor = held.floors.lists.get(&key).copied();
                let reason = match (newest_clock, floor) {
                    (_, Some(floor)) if token.iat < floor => {
                        IgnoredReason::ListRolledBack { iat: token.iat, floor }
                    }
                    (Some(clock), _) if token.iat.seconds_since(clock) > LIST_AHEAD_SECONDS_MAX => {
                        IgnoredReason::FromTheFuture { iat: token.iat }
                    }
                    _ => {
                        floors.insert(key, token.iat);
                        self.lists.insert(uri, token);
                        continue;
                    }
                };
                self.ignored.push(Ignored { name: uri.to_string(), reason });
                self.missing_lists.push(uri);
            }
            // A floor stays while its key is active, also for a list that this pack lacks.
            for ((uri, key), floor) in &held.floors.lists {
                let active = record.members().keys.iter().any(|listed| {
                    listed.x == *key && listed.key_use == KeyUse::Status && listed.state == KeyState::Active
                });
                if active && uri.starts_with(&record.members().status.prefix) {
                    floors.entry((uri.clone(), *key)).or_insert(*floor);
                }
            }
        }
        self.floors.lists = floors;
        Ok(())
    }

    fn load_delegations(&mut self, source: &mut dyn Source) -> Result<(), Refused> {
        let index = "delegations/index.json";
        let Some(file) = get(source, index, INDEX_LIMITS.bytes_max)? else { return Ok(()) };
        let refused = |file: &str, fault| Refused {
            file: file.to_owned(),
            problem: Problem::File(FileFault::Malformed(fault)),
        };
        let text = std::str::from_utf8(&file).map_err(|_| {
            refused(
                index,
                sanad_credential::What::WrongType { wanted: "UTF-8 text", found: "other bytes" }.into(),
            )
        })?;
        let names = Json::parse(text, INDEX_LIMITS).map_err(|fault| refused(index, fault))?;
        for name in names.array().map_err(|fault| refused(index, fault))? {
            let name = format!("delegations/{}", name.text().map_err(|fault| refused(index, fault))?);
            let file = get(source, &name, OWN_BYTES_MAX)?;
            let file = file.ok_or_else(|| Refused {
                file: sanad_credential::printable(&name),
                problem: Problem::Missing,
            })?;
            let sealed = Sealed::parse(&file).map_err(|fault| refused(&name, fault))?;
            // Other issuers may list the key too: what they say of this issuer's delegations does not count.
            let mut owners = self.keys.get(&sealed.kid()).into_iter().flatten();
            let own = match sealed.unverified_origin() {
                Ok(origin) => owners.find(|key| key.owner == origin.look().iss),
                Err(_) => owners.next(),
            };
            let record = own.and_then(|key| self.issuers.get(&key.owner));
            match record.map(|record| open(&sealed, record)) {
                Some(Ok(Opened::Entitlement(claims))) => self.delegations.push(*claims),
                Some(Err(Rejection::SignatureInvalid { .. })) => {
                    return Err(Refused { file: name, problem: Problem::Signature });
                }
                Some(Err(Rejection::Malformed(fault))) => return Err(refused(&name, fault)),
                // Signed by a key that does not count any more, or never did here: as if absent.
                _ => self.ignored.push(Ignored { name, reason: IgnoredReason::NotTheirs }),
            }
        }
        Ok(())
    }

    /// The metadata: versions, dates, the newest root.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The date of the pack for what a country signed: trust list, rulebooks, host rules, facilities. Without a country,
    /// that of grants and agreements.
    pub fn date(&self, country: Option<&str>) -> Option<Date> {
        self.metadata.date(country)
    }

    /// The records of all issuers.
    pub fn issuers(&self) -> &BTreeMap<IssuerId, IssuerRecord> {
        &self.issuers
    }

    /// What a country's issuers may sign at most; nothing without a grant.
    pub fn grant(&self, country: &Country) -> Option<&Grant> {
        self.grants.get(country)
    }

    /// The grants by country.
    pub fn grants(&self) -> &BTreeMap<Country, Grant> {
        &self.grants
    }

    /// The rulebooks by issuer and product.
    pub fn rulebooks(&self) -> &BTreeMap<(IssuerId, ProductId), Rulebook> {
        &self.rulebooks
    }

    /// The facilities by country.
    pub fn facilities(&self) -> &BTreeMap<Country, Facilities> {
        &self.facilities
    }

    /// The host rules by country.
    pub fn host_rules(&self) -> &BTreeMap<Country, HostRules> {
        &self.host_rules
    }

    /// The agreements in the order of their ids.
    pub fn agreements(&self) -> &BTreeMap<AgreementId, Agreement> {
        &self.agreements
    }

    /// The status lists by address.
    pub fn lists(&self) -> &BTreeMap<StatusUri, StatusListToken> {
        &self.lists
    }

    /// Lists that records name and the pack does not have. Missing is "no list", never "valid".
    pub fn missing_lists(&self) -> &[StatusUri] {
        &self.missing_lists
    }

    /// Delegations whose signature holds.
    pub fn delegations(&self) -> &[Claims] {
        &self.delegations
    }

    /// The pinned keys with this id, of any owner. Of different ones at most four are tried; the same one may stand in
    /// several records.
    pub fn keys(&self, kid: KeyId) -> &[PinnedKey] {
        self.keys.get(&kid).map_or(&[][..], Vec::as_slice)
    }

    /// Whether a target is listed and could not be read: for the rules it is missing, and not known to say nothing.
    pub fn is_unread(&self, path: &TargetPath) -> bool {
        self.unread.contains(path)
    }

    /// Whether an agreement is listed and could not be read.
    pub fn has_unread_agreement(&self) -> bool {
        self.unread.iter().any(|path| matches!(path, TargetPath::Agreement { .. }))
    }

    /// What is listed and not used.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The floors for the next time.
    pub fn floors(&self) -> &Floors {
        &self.floors
    }

    /// The root for the next time.
    pub fn anchor(&self) -> Anchor {
        Anchor::File(self.metadata.root_file.clone())
    }
}

/// Name of a target's file in a repository with consistent snapshots: its hash stands before its last part.
pub fn target_name(path: &str, file: &TargetFile) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("targets/{folder}/{}.{name}", file.hash),
        None => format!("targets/{}.{path}", file.hash),
    }
}

/// Name of a status list in a pack.
pub fn list_name(uri: &StatusUri) -> String {
    let hash = client::sha256(uri.as_str().as_bytes()).to_string();
    format!("status/{}.cwt", hash.get(..16).unwrap_or(&hash))
}

enum ListFault {
    /// Signed by a key that counts for nothing.
    AsIfAbsent,
    Refused(Problem),
}

fn open_list<'r>(
    file: &[u8],
    record: &'r IssuerRecord,
    uri: &StatusUri,
) -> Result<(StatusListToken, &'r RecordKey), ListFault> {
    let malformed = |fault| ListFault::Refused(Problem::File(FileFault::Malformed(fault)));
    let sealed = Sealed::parse(file).map_err(malformed)?;
    let token = match open(&sealed, record) {
        Ok(Opened::StatusList(token)) if token.sub == *uri => *token,
        Ok(Opened::StatusList(token)) => {
            return Err(ListFault::Refused(Problem::OtherList { found: token.sub.clone() }));
        }
        Ok(Opened::Entitlement(_)) => return Err(ListFault::Refused(Problem::Signature)),
        Err(Rejection::Malformed(fault)) => return Err(malformed(fault)),
        Err(
            Rejection::KeyCompromised { .. } | Rejection::KeyOutOfDate { .. } | Rejection::KeyUnknown { .. },
        ) => {
            return Err(ListFault::AsIfAbsent);
        }
        Err(_) => return Err(ListFault::Refused(Problem::Signature)),
    };
    let signer =
        record.members().keys.iter().find(|key| key.x.id() == sealed.kid() && key.key_use == KeyUse::Status);
    signer.map(|signer| (token, signer)).ok_or(ListFault::AsIfAbsent)
}
