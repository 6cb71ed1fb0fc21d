//! The time that a status list bears: never one that was used before, whatever the clock says, whenever the program is
//! killed and however many replicas there are. It is in the store before anybody can see the publication.

use sanad_credential::{UnixTime, VALIDITY_SECONDS_MIN};

use super::{Expect, PAGE_MAX, Paper, PaperId, PaperKey, PaperKind, PaperWrite, RecordsFault, Store};
use crate::permutation::Shard;

/// How often another replica may be faster before this one gives up.
const ATTEMPTS_MAX: usize = 16;

/// Gives out the time that the next publication of a list bears: now, or the second after the latest it or `published`
/// bears, whichever is later. On return it is on the disk, and will not be given out again.
///
/// # Errors
/// [`RecordsFault`]; [`RecordsFault::Time`] for a time that leaves a list no room for its validity.
pub fn date_publication(
    store: &dyn Store,
    shard: Shard,
    now: UnixTime,
    published: Option<UnixTime>,
) -> Result<UnixTime, RecordsFault> {
    let time = |fault| RecordsFault::Time { fault };
    let key = key(shard)?;
    let mut attempts = 0_usize;
    loop {
        let known = store.paper(&key)?;
        let kept = known.as_ref().map(time_of).transpose()?;
        let after = |latest: UnixTime| latest.plus_seconds(1).map_err(time);
        let iat = [kept, published]
            .into_iter()
            .flatten()
            .try_fold(now, |iat, latest| Ok::<_, RecordsFault>(iat.max(after(latest)?)))?;
        iat.plus_seconds(VALIDITY_SECONDS_MIN).map_err(time)?;
        let expect = known.map_or(Expect::Absent, |paper| Expect::Version(paper.version));
        let content = Some(iat.seconds().to_string().into_bytes());
        attempts = attempts.saturating_add(1);
        match store.write_papers(&[PaperWrite { key: key.clone(), expect, content }], &[]) {
            Err(RecordsFault::Overtaken { .. }) if attempts < ATTEMPTS_MAX => {}
            done => return done.map(|()| iat),
        }
    }
}

/// The latest time that a publication of a list bore or was going to bear.
///
/// # Errors
/// [`RecordsFault`].
pub fn latest(store: &dyn Store, shard: Shard) -> Result<Option<UnixTime>, RecordsFault> {
    store.paper(&key(shard)?)?.as_ref().map(time_of).transpose()
}

/// The same of every list that was ever published.
///
/// # Errors
/// [`RecordsFault`].
pub fn latest_of_all(store: &dyn Store) -> Result<Vec<(Shard, UnixTime)>, RecordsFault> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.papers(PaperKind::Published, "", after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.id.clone());
        for paper in &page {
            let number = paper.key.id.as_str().parse();
            let number = number.map_err(|_| RecordsFault::Damaged { what: "the number of a status list" })?;
            found.push((Shard::numbered(number), time_of(paper)?));
        }
    }
}

fn key(shard: Shard) -> Result<PaperKey, RecordsFault> {
    let id = PaperId::new(&format!("{:010}", shard.number()));
    let id = id.map_err(|_| RecordsFault::Damaged { what: "the number of a status list" })?;
    Ok(PaperKey { kind: PaperKind::Published, id })
}

fn time_of(paper: &Paper) -> Result<UnixTime, RecordsFault> {
    let text = std::str::from_utf8(&paper.content).ok();
    let seconds = text.and_then(|text| text.parse().ok()).and_then(|seconds| UnixTime::new(seconds).ok());
    seconds.ok_or(RecordsFault::Damaged { what: "the time of a published status list" })
}
