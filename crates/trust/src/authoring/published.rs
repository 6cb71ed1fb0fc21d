//! The published state that a draft starts from, as the client itself accepts it.

use std::collections::BTreeMap;

use crate::client::{
    self, Anchor, Metadata, Problem, Refused, Source, SourceFault, VersionFloors, versioned_name,
};
use crate::metadata::{FileVersion, METADATA_BYTES_MAX, RoleName, TIMESTAMP_BYTES_MAX, TargetFile};

use super::draft::Draft;
use crate::pack::target_name;

/// A repository that the client accepts, starting from its own first root.
pub struct Published<'s> {
    source: Below<'s>,
    metadata: Metadata,
}

/// Which roots of a source count as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roots {
    /// All.
    All,
    /// Those before this version: a publication of it was cut short, and is done again.
    Before(u64),
}

impl<'s> Published<'s> {
    /// Reads a repository; nothing when it has no root.
    ///
    /// # Errors
    /// What the client refuses of it.
    pub fn read(source: &'s mut dyn Source) -> Result<Option<Self>, Refused> {
        Self::read_with(source, Roots::All)
    }

    /// Reads a repository on top of which these drafts are to be published, perhaps again: a publication of the same
    /// root that was cut short may have left that root where the rest does not fit it yet.
    ///
    /// # Errors
    /// What the client refuses of it.
    pub fn read_below(source: &'s mut dyn Source, drafts: &[Draft]) -> Result<Option<Self>, Refused> {
        let Err(refused) = Published::read_with(&mut *source, Roots::All).map(|_| ()) else {
            return Self::read_with(source, Roots::All);
        };
        let root = drafts.iter().find(|draft| *draft.role() == RoleName::Root);
        match root.map(|draft| draft.content().header().version) {
            // Without a timestamp nobody has seen the region yet; with one it is never begun anew.
            Some(1) if client::get(source, TIMESTAMP, TIMESTAMP_BYTES_MAX)?.is_none() => Ok(None),
            Some(version) if version > 1 => {
                Self::read_with(source, Roots::Before(version)).map_err(|_| refused)
            }
            _ => Err(refused),
        }
    }

    fn read_with(source: &'s mut dyn Source, roots: Roots) -> Result<Option<Self>, Refused> {
        let mut below = Below { source, roots };
        let Some(first) = client::get(&mut below, FIRST_ROOT, METADATA_BYTES_MAX)? else { return Ok(None) };
        let metadata = client::refresh(&mut below, &Anchor::File(first), &VersionFloors::none())?;
        Ok(Some(Self { source: below, metadata }))
    }

    /// The metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The text of a listed file.
    ///
    /// # Errors
    /// It is not there, or another file.
    pub fn target(&mut self, path: &str, file: &TargetFile) -> Result<String, Refused> {
        let name = target_name(path, file);
        let refused = |problem| Refused { file: name.clone(), problem };
        let bytes_max = usize::try_from(file.length).unwrap_or(usize::MAX).min(METADATA_BYTES_MAX);
        let bytes =
            client::get(&mut self.source, &name, bytes_max)?.ok_or_else(|| refused(Problem::Missing))?;
        client::compare(&name, &bytes, Some(file.length), Some(file.hash))?;
        String::from_utf8(bytes).map_err(|_| {
            let reason = "it is no UTF-8 text".to_owned();
            refused(Problem::Source(SourceFault::Unavailable { reason }))
        })
    }

    /// The current file of the region's or a country's role, also of a country that was removed: the snapshot keeps
    /// its version for ever.
    ///
    /// # Errors
    /// It is not there, or another file.
    pub fn role_file(&mut self, role: &RoleName) -> Result<Option<Vec<u8>>, Refused> {
        if *role == RoleName::Root {
            return Ok(Some(self.metadata.root_file.clone()));
        }
        let Some(FileVersion { version, length, hash }) = self.metadata.snapshot.files.get(&role.file_name())
        else {
            return Ok(None);
        };
        let name = format!("metadata/{}", versioned_name(role, *version));
        let file = client::get(&mut self.source, &name, METADATA_BYTES_MAX)?
            .ok_or_else(|| Refused { file: name.clone(), problem: Problem::Missing })?;
        client::compare(&name, &file, *length, *hash)?;
        Ok(Some(file))
    }

    /// What is published, with these files above it.
    pub(super) fn with<'f>(&'f mut self, files: &'f BTreeMap<String, Vec<u8>>) -> Overlay<'f> {
        Overlay { files, beneath: Some(&mut self.source) }
    }
}

/// Name of the file that makes a publication visible.
pub(super) const TIMESTAMP: &str = "metadata/timestamp.json";

/// The name of the first root.
pub(super) const FIRST_ROOT: &str = "metadata/1.root.json";

/// Files above a source, which they hide. Only what belongs to a repository is seen: lists and delegations that are
/// published beside it are not what is judged here.
pub(super) struct Overlay<'f> {
    /// By name.
    pub(super) files: &'f BTreeMap<String, Vec<u8>>,
    /// What is beneath.
    pub(super) beneath: Option<&'f mut dyn Source>,
}

impl Source for Overlay<'_> {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        if !name.starts_with("metadata/") && !name.starts_with("targets/") {
            return Ok(None);
        }
        match (self.files.get(name), &mut self.beneath) {
            (Some(file), _) if file.len() > bytes_max => Err(SourceFault::TooLong { bytes_max }),
            (Some(file), _) => Ok(Some(file.clone())),
            (None, Some(beneath)) => beneath.get(name, bytes_max),
            (None, None) => Ok(None),
        }
    }
}

/// A source without the roots that do not count.
struct Below<'s> {
    source: &'s mut dyn Source,
    roots: Roots,
}

impl Source for Below<'_> {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        if let Roots::Before(version) = self.roots {
            let number = name.strip_prefix("metadata/").and_then(|name| name.strip_suffix(".root.json"));
            if number.and_then(|number| number.parse::<u64>().ok()).is_some_and(|found| found >= version) {
                return Ok(None);
            }
        }
        self.source.get(name, bytes_max)
    }
}
