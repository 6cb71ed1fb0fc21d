//! A trust repository while it is made: a region of invented countries and issuers, right or wrong on purpose.
//!
//! Everything that can be signed stands open, so that a test changes one thing and publishes. The keys follow from
//! their names and sign for nobody. What makes false repositories lives here and in no program that is shipped.

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{
    Sign, SigningKey, StatusList, StatusListToken, StatusUri, UnixTime, seal_status_list,
};
use sanad_trust::client::{Anchor, Source, SourceFault, country_paths, sha256, versioned_name};
use sanad_trust::floors::Floors;
use sanad_trust::metadata::{
    self, Content, DelegatedRole, FileVersion, Header, Holders, KeyName, Keys, RoleKeys, RoleName, Root,
    Search, Snapshot, TargetFile, Targets, Timestamp, key_name,
};
use sanad_trust::pack::{Held, Pack, list_name, target_name};
use sanad_trust::pack_file::PackFiles;

/// A region and its current files.
pub struct Region {
    /// The next root; its version is that of the last one published.
    pub root: Root,
    /// The next regional targets.
    pub regional: Targets,
    /// The countries' next targets.
    pub countries: BTreeMap<String, Targets>,
    /// The next snapshot; `publish` fills it in.
    pub snapshot: Snapshot,
    /// The next timestamp; `publish` fills it in.
    pub timestamp: Timestamp,
    /// Everything that was published, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Who signs for a role.
    pub signers: BTreeMap<RoleName, Vec<&'static str>>,
}

/// The key with this name. A test key: its secret is its name.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_secret(&sha256(format!("Sanad published test key: {name}").as_bytes()).0)
}

/// A time.
pub fn time(text: &str) -> UnixTime {
    UnixTime::parse(text).unwrap()
}

/// The keys of a role as metadata lists them.
pub fn role_keys(names: &[&str], threshold: usize) -> RoleKeys {
    RoleKeys { names: names.iter().map(|name| key_name(&key(name).public_key())).collect(), threshold }
}

/// Keys by their names in metadata.
pub fn keys(names: &[&str]) -> Keys {
    let pair = |name: &&str| {
        let public = key(name).public_key();
        (key_name(&public), Some(public))
    };
    names.iter().map(pair).collect()
}

impl Region {
    /// A region with a root of 2 of 3, published at this time, and no countries.
    pub fn new(now: &str) -> Self {
        let header = Header { version: 0, expires: time("2036-01-01"), issued: Some(time(now)) };
        let mut region = Self {
            root: Root {
                header,
                keys: keys(&["root a", "root b", "root c", "region a", "region b", "online"]),
                holders: Holders::new(),
                root: role_keys(&["root a", "root b", "root c"], 2),
                timestamp: role_keys(&["online"], 1),
                snapshot: role_keys(&["online"], 1),
                targets: role_keys(&["region a", "region b"], 2),
            },
            regional: Targets {
                header,
                targets: BTreeMap::new(),
                keys: Keys::new(),
                holders: Holders::new(),
                delegations: Vec::new(),
            },
            countries: BTreeMap::new(),
            snapshot: Snapshot { header, files: BTreeMap::new() },
            timestamp: Timestamp { header, snapshot: FileVersion { version: 0, length: None, hash: None } },
            files: BTreeMap::new(),
            signers: [
                (RoleName::Root, vec!["root a", "root b"]),
                (RoleName::Timestamp, vec!["online"]),
                (RoleName::Snapshot, vec!["online"]),
                (RoleName::Targets, vec!["region a", "region b"]),
            ]
            .into(),
        };
        region.publish_root();
        region.publish(now);
        region
    }

    /// Delegates to a country with one key of its own and a grant.
    pub fn add_country(&mut self, country: &str, signer: &'static str) {
        self.regional.keys.extend(keys(&[signer]));
        self.regional.delegations.push(DelegatedRole {
            name: country.to_owned(),
            keys: role_keys(&[signer], 1),
            paths: country_paths(country).to_vec(),
            search: Search::Ends,
        });
        self.signers.insert(RoleName::Delegated(country.to_owned()), vec![signer]);
        let header = Header { version: 0, ..self.regional.header };
        let empty = Targets {
            header,
            targets: BTreeMap::new(),
            keys: Keys::new(),
            holders: Holders::new(),
            delegations: Vec::new(),
        };
        self.countries.insert(country.to_owned(), empty);
        let grant = format!(
            r#"{{"country":"{country}","types":["membership","coverage","contribution","benefit","cross_border","delegation"],"areas":["{country}"]}}"#
        );
        self.add_target(None, &format!("grants/{country}.json"), &grant);
    }

    /// An issuer with one key of each use, named "ISS credential" and so on, and one status list.
    pub fn add_issuer(&mut self, iss: &str) {
        let country = &iss[..2];
        self.add_target(Some(country), &format!("issuers/{country}/{iss}.json"), &record(iss));
        self.add_list(iss, 0, "2026-05-01", &StatusList::all_valid());
    }

    /// An issuer with one key of each use, its names and contact as JSON, and these status lists.
    pub fn add_issuer_with(&mut self, iss: &str, names: &str, contact: &str, lists: &[StatusList]) {
        let country = &iss[..2];
        let record = record_with(iss, names, contact, lists.len());
        self.add_target(Some(country), &format!("issuers/{country}/{iss}.json"), &record);
        for (number, list) in (0..).zip(lists) {
            self.add_list(iss, number, "2026-05-01", list);
        }
    }

    /// Lists a target in the region's role or a country's.
    pub fn add_target(&mut self, country: Option<&str>, path: &str, content: &str) {
        let file = TargetFile { length: content.len() as u64, hash: sha256(content.as_bytes()) };
        self.files.insert(target_name(path, &file), content.as_bytes().to_vec());
        let role = match country {
            Some(country) => self.countries.get_mut(country).unwrap(),
            None => &mut self.regional,
        };
        role.targets.insert(path.to_owned(), file);
    }

    /// Puts a status list beside the repository.
    pub fn add_list(&mut self, iss: &str, number: u32, iat: &str, list: &StatusList) {
        let uri = list_uri(iss, number);
        let document = sealed_list(&uri, iat, list, &format!("{iss} status"));
        self.files.insert(list_name(&uri), document);
    }

    /// Signs a file with the signers of its role.
    pub fn signed<C: Content>(&self, role: &RoleName, content: &C) -> Vec<u8> {
        let message = metadata::message(content);
        let sign = |name: &&'static str| -> (KeyName, [u8; 64]) {
            let key = key(name);
            let Ok(signature) = key.sign(&message);
            (key_name(&key.public_key()), signature)
        };
        metadata::file(content, &self.signers[role].iter().map(sign).collect())
    }

    /// Publishes the next root.
    pub fn publish_root(&mut self) {
        self.root.header.version += 1;
        let file = self.signed(&RoleName::Root, &self.root);
        let name = versioned_name(&RoleName::Root, self.root.header.version);
        self.files.insert(format!("metadata/{name}"), file);
    }

    /// Publishes all targets, a snapshot and a timestamp, each with the next version.
    pub fn publish(&mut self, now: &str) {
        self.regional.header.version += 1;
        self.regional.header.issued = Some(time(now));
        let mut versions = vec![(RoleName::Targets, self.regional.header.version)];
        self.put(&RoleName::Targets, &self.regional.clone());
        for name in self.countries.keys().cloned().collect::<Vec<_>>() {
            let role = RoleName::Delegated(name.clone());
            let country = self.countries.get_mut(&name).unwrap();
            country.header.version += 1;
            country.header.issued = Some(time(now));
            versions.push((role.clone(), country.header.version));
            let country = country.clone();
            self.put(&role, &country);
        }
        for (role, version) in versions {
            let file = FileVersion { version, length: None, hash: None };
            self.snapshot.files.insert(role.file_name(), file);
        }
        self.publish_snapshot(now);
    }

    /// Publishes the snapshot as it stands, and a timestamp.
    pub fn publish_snapshot(&mut self, now: &str) {
        self.snapshot.header.version += 1;
        let file = self.put(&RoleName::Snapshot, &self.snapshot.clone());
        self.timestamp.snapshot = FileVersion {
            version: self.snapshot.header.version,
            length: Some(file.len() as u64),
            hash: Some(sha256(&file)),
        };
        self.publish_timestamp(now);
    }

    /// Publishes the timestamp as it stands.
    pub fn publish_timestamp(&mut self, now: &str) {
        self.timestamp.header.version += 1;
        self.timestamp.header.issued = Some(time(now));
        let file = self.signed(&RoleName::Timestamp, &self.timestamp);
        self.files.insert("metadata/timestamp.json".to_owned(), file);
    }

    fn put<C: Content + Versioned>(&mut self, role: &RoleName, content: &C) -> Vec<u8> {
        let file = self.signed(role, content);
        self.files.insert(format!("metadata/{}", versioned_name(role, content.version())), file.clone());
        file
    }

    /// The first root, as an operator pins it.
    pub fn first_root(&self) -> Vec<u8> {
        self.files["metadata/1.root.json"].clone()
    }

    /// The files as a pack has them.
    pub fn pack(&self) -> PackFiles {
        PackFiles(self.files.clone())
    }

    /// The files that a client which pinned the first root asks for: a pack without what was published before.
    pub fn current_pack(&self) -> PackFiles {
        let mut source = Recorded { files: self.pack(), asked: BTreeSet::new() };
        let held = Held { anchor: &Anchor::File(self.first_root()), floors: &Floors::none(), clock: None };
        Pack::load(&mut source, &held).unwrap();
        let Recorded { files, asked } = source;
        PackFiles(files.0.into_iter().filter(|(name, _)| asked.contains(name)).collect())
    }
}

/// Files, and which of them somebody asked for.
struct Recorded {
    files: PackFiles,
    asked: BTreeSet<String>,
}

impl Source for Recorded {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        self.asked.insert(name.to_owned());
        self.files.get(name, bytes_max)
    }
}

/// Content with a version of its own.
trait Versioned {
    fn version(&self) -> u64;
}

impl Versioned for Targets {
    fn version(&self) -> u64 {
        self.header.version
    }
}

impl Versioned for Snapshot {
    fn version(&self) -> u64 {
        self.header.version
    }
}

/// The record of an invented issuer.
pub fn record(iss: &str) -> String {
    record_with(iss, &format!(r#"{{"en":"{iss}, invented"}}"#), r#"{"en":"call"}"#, 1)
}

/// The record of an invented issuer with so many lists, its names and contact as JSON.
pub fn record_with(iss: &str, names: &str, contact: &str, lists: usize) -> String {
    let country = &iss[..2];
    let keys = ["credential", "status", "delegation"].map(|key_use| {
        let public = key(&format!("{iss} {key_use}")).public_key();
        format!(
            r#"{{"kid":"{}","alg":"Ed25519","x":"{public}","use":"{key_use}","from":"2026-01-01","to":null,"state":"active"}}"#,
            public.id()
        )
    });
    format!(
        r#"{{"iss":"{iss}","country":"{country}","names":{names},"keys":[{}],"types":["membership","coverage","contribution","benefit","cross_border","delegation"],"areas":["{country}"],"status":{{"prefix":"https://s.example/{iss}/","lists":{lists}}},"contact":{contact}}}"#,
        keys.join(",")
    )
}

/// Address of a list of an invented issuer.
pub fn list_uri(iss: &str, number: u32) -> StatusUri {
    StatusUri::new(&format!("https://s.example/{iss}/{number}")).unwrap()
}

/// A signed status list.
pub fn sealed_list(uri: &StatusUri, iat: &str, list: &StatusList, signer: &str) -> Vec<u8> {
    let iat = time(iat);
    let exp = iat.plus_seconds(400 * 86_400).unwrap();
    let ttl = sanad_credential::Count::new(43_200).unwrap();
    let token = StatusListToken { sub: uri.clone(), iat, exp, ttl, list: list.clone() };
    seal_status_list(&token, &key(signer)).unwrap()
}
