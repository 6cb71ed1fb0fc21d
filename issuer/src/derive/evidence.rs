//! The evidence: foreign documents that are authentic, valid today, of one home issuer and one person.
//!
//! Stricter than a clinic, and on purpose: a clinic treats somebody who stands before it and may say "provisional"; what
//! is signed here lasts, and the home issuer's later revocation does not reach it. So a status that is not known, or old,
//! refuses. Order: form, signature, scope, type, dates, the signer's delegation, status; then all of them together.

use std::collections::BTreeSet;

use sanad_credential::{
    Claims, CredentialId, Evidence, IssuerId, List, Right, RightType, Sealed, Status, UnixTime,
};
use sanad_trust::Country;
use sanad_trust::client::sha256;
use sanad_trust::judge::{Clock, Signer, Standing};
use sanad_trust::pack::Pack;

use super::refusal::Refusal;
use super::{FRESH_DAYS_MAX, Kind, SamePerson, Shown};

/// Evidence that holds, in an order that does not depend on how it was given.
pub(super) struct Proof {
    pub(super) home: IssuerId,
    /// By type, issuer and id, each once.
    pub(super) documents: Vec<Claims>,
}

impl Proof {
    pub(super) fn of(
        shown: &[Shown],
        pack: &Pack,
        kind: &Kind,
        own: &IssuerId,
        person: SamePerson,
        now: UnixTime,
    ) -> Result<Self, Refusal> {
        let mut documents = Vec::with_capacity(shown.len());
        for shown in shown {
            documents.push((open(shown, pack, kind, now)?, sha256(&shown.bytes)));
        }
        documents.sort_by_key(|(claims, hash)| (key(claims), *hash));
        documents.dedup_by_key(|(claims, hash)| (key(claims), *hash));
        let documents: Vec<Claims> = documents.into_iter().map(|(claims, _)| claims).collect();
        let id = |claims: &Claims| (claims.iss.clone(), claims.cti);
        let mut ids: BTreeSet<(IssuerId, CredentialId)> = BTreeSet::new();
        if let Some(twin) = documents.iter().find(|claims| !ids.insert(id(claims))) {
            return Err(Refusal::SameIdOtherContent { iss: twin.iss.clone(), cti: twin.cti });
        }
        let home = home_of(&documents, kind, own)?;
        let members: BTreeSet<&str> = documents.iter().filter_map(|claims| number(claims)).collect();
        if members.len() > 1 && person == SamePerson::NotConfirmed {
            return Err(Refusal::PersonNotConfirmed { members: members.len() });
        }
        Ok(Self { home, documents })
    }

    /// As the derived right names it.
    pub(super) fn list(&self) -> Result<List<Evidence, 0, 64>, Refusal> {
        let evidence = self.documents.iter().map(|claims| Evidence {
            right: claims.right.right_type(),
            issuer: claims.iss.clone(),
            cti: claims.cti,
        });
        List::new(evidence.collect()).map_err(|fault| fault.within("evidence").into())
    }
}

fn key(claims: &Claims) -> (RightType, IssuerId, CredentialId) {
    (claims.right.right_type(), claims.iss.clone(), claims.cti)
}

fn number(claims: &Claims) -> Option<&str> {
    claims.right.subject().map(|subject| subject.number.as_str())
}

fn home_of(documents: &[Claims], kind: &Kind, own: &IssuerId) -> Result<IssuerId, Refusal> {
    let Some(first) = documents.first() else {
        return Err(Refusal::EvidenceMissing { wanted: kind.proved_by().word() });
    };
    let (home, country) = (&first.iss, Country::from(own));
    if let Some(local) = documents.iter().find(|claims| Country::from(&claims.iss) == country) {
        return Err(Refusal::OwnCountry { iss: local.iss.clone(), country });
    }
    match documents.iter().find(|claims| claims.iss != *home) {
        Some(other) => Err(Refusal::SeveralIssuers { one: home.clone(), other: other.iss.clone() }),
        None => Ok(home.clone()),
    }
}

fn open(shown: &Shown, pack: &Pack, kind: &Kind, now: UnixTime) -> Result<Claims, Refusal> {
    let place = || shown.place.clone();
    let sealed = Sealed::parse(&shown.bytes)
        .map_err(|fault| Refusal::EvidenceUnreadable(format!("{}: {fault}", shown.place)))?;
    let authentic = pack
        .open(&sealed, Clock::Known(now))
        .map_err(|rejection| Refusal::EvidenceNotAuthentic { place: place(), rejection })?;
    if let Some(excess) = authentic.excess {
        return Err(Refusal::EvidenceOutOfScope { place: place(), excess });
    }
    let claims = *authentic.claims;
    let wanted = match (kind.proved_by(), &claims.right) {
        (_, Right::Contribution(..)) | (RightType::Coverage, Right::Coverage(..)) => None,
        (RightType::Coverage, _) => Some("coverage, and contribution records beside it"),
        _ => Some("contribution records"),
    };
    if let Some(wanted) = wanted {
        return Err(Refusal::EvidenceType { place: place(), found: claims.right.right_type(), wanted });
    }
    if claims.exp <= now {
        let (exp, iss) = (claims.exp.date(), claims.iss.clone());
        return Err(Refusal::EvidenceExpired { place: place(), exp, iss });
    }
    if claims.iat > now {
        return Err(Refusal::EvidenceNotYet { place: place(), iat: claims.iat.date(), now: now.date() });
    }
    if let Signer::Delegate { standing, .. } = authentic.signer {
        judge(standing, "the delegation of its signer", &shown.place, now)?;
    }
    judge(authentic.standing, "the document", &shown.place, now)?;
    Ok(claims)
}

fn judge(standing: Standing, what: &'static str, place: &str, now: UnixTime) -> Result<(), Refusal> {
    let place = || place.to_owned();
    let (status, iat) = match standing {
        Standing::ShortLived => return Ok(()),
        Standing::NoList => return Err(Refusal::StatusNotKnown { place: place(), what }),
        Standing::Listed { status, iat } => (status, iat.date()),
    };
    match status {
        // Nothing comes back from these, so that an old list is right about them.
        Status::Revoked => return Err(Refusal::EvidenceRevoked { place: place(), what }),
        Status::Superseded => return Err(Refusal::EvidenceSuperseded { place: place() }),
        Status::Suspended => return Err(Refusal::EvidenceSuspended { place: place(), what }),
        Status::Valid => {}
    }
    let days = now.date().days_since(iat);
    if days > FRESH_DAYS_MAX { Err(Refusal::StatusOld { place: place(), what, iat, days }) } else { Ok(()) }
}
