//! Why nothing was derived. Closed, each with a name that does not change, so that a counter can be told what to do.

use sanad_credential::{AgreementId, BenefitGroup, CredentialId, Date, Fault, IssuerId, RightType};
use sanad_trust::judge::Excess;
use sanad_trust::{Country, Rejection};

use super::{FRESH_DAYS_MAX, LeftOut, in_words};
use crate::issue::Unsignable;

/// Why nothing was derived. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The clock is behind what the region has signed.
    #[error("the time {now} is before what the region has signed; set the clock")]
    ClockBehind {
        /// The day.
        now: Date,
    },
    /// Old trust data are no ground for a new signature.
    #[error("what {whose} signed in this pack is {}, at most {FRESH_DAYS_MAX} days old may be derived from; get a newer pack",
            aged(*date, *days))]
    PackOld {
        /// The region, or a country.
        whose: String,
        /// Date of the pack for it, if it has one.
        date: Option<Date>,
        /// Its age.
        days: Option<i32>,
    },
    /// Nobody who has this pack could open what would be signed.
    #[error("{iss} is not in the pack; publish its record first")]
    NotListed {
        /// This issuer.
        iss: IssuerId,
    },
    /// This issuer signs no such type.
    #[error("{iss} may not sign cross-border rights, by {by}")]
    TypeNotGranted {
        /// This issuer.
        iss: IssuerId,
        /// What does not allow it.
        by: &'static str,
    },
    /// It does not read as a document.
    #[error("{0}")]
    EvidenceUnreadable(String),
    /// Nobody whom the pack knows has signed it.
    #[error("{place}: {rejection}")]
    EvidenceNotAuthentic {
        /// Where it was found.
        place: String,
        /// Why not.
        rejection: Rejection,
    },
    /// Its issuer may not sign it.
    #[error("{place}: its issuer may not sign this: {}", excess.to_string())]
    EvidenceOutOfScope {
        /// Where it was found.
        place: String,
        /// What lies beyond.
        excess: Excess,
    },
    /// A type that proves nothing for this kind of right.
    #[error("{place}: a document of the type {} proves nothing here; wanted: {wanted}", found.word())]
    EvidenceType {
        /// Where it was found.
        place: String,
        /// Its type.
        found: RightType,
        /// Types that do.
        wanted: &'static str,
    },
    /// The document is not valid any more.
    #[error("{place}: the document expired on {exp}; the holder gets a new one from {iss}")]
    EvidenceExpired {
        /// Where it was found.
        place: String,
        /// When.
        exp: Date,
        /// Whose it is.
        iss: IssuerId,
    },
    /// It says that it was signed later than now.
    #[error("{place}: signed on {iat}, which is after {now}")]
    EvidenceNotYet {
        /// Where it was found.
        place: String,
        /// When.
        iat: Date,
        /// The day.
        now: Date,
    },
    /// Taken back for ever.
    #[error("{place}: {what} is revoked")]
    EvidenceRevoked {
        /// Where it was found.
        place: String,
        /// The document, or the delegation of its signer.
        what: &'static str,
    },
    /// Taken back for now.
    #[error("{place}: {what} is suspended")]
    EvidenceSuspended {
        /// Where it was found.
        place: String,
        /// The document, or the delegation of its signer.
        what: &'static str,
    },
    /// A newer one exists.
    #[error("{place}: its issuer has replaced it; ask for the newer one")]
    EvidenceSuperseded {
        /// Where it was found.
        place: String,
    },
    /// Unknown is not valid.
    #[error("{place}: the pack has no status list for {what}; get one that has")]
    StatusNotKnown {
        /// Where it was found.
        place: String,
        /// The document, or the delegation of its signer.
        what: &'static str,
    },
    /// The answer is old.
    #[error(
        "{place}: the status list for {what} is of {iat}, {days} days old, at most {FRESH_DAYS_MAX} are taken"
    )]
    StatusOld {
        /// Where it was found.
        place: String,
        /// The document, or the delegation of its signer.
        what: &'static str,
        /// When it was signed.
        iat: Date,
        /// Its age.
        days: i32,
    },
    /// Two documents with one id.
    #[error("{iss} has signed two different documents with the id {cti}; ask it which one holds")]
    SameIdOtherContent {
        /// The issuer.
        iss: IssuerId,
        /// The id.
        cti: CredentialId,
    },
    /// No border is crossed.
    #[error(
        "{iss} is an issuer of this country, {country}: its documents hold here without a cross-border right"
    )]
    OwnCountry {
        /// Whose evidence it is.
        iss: IssuerId,
        /// The country.
        country: Country,
    },
    /// One right has one home.
    #[error("the evidence is of {one} and of {other}; derive one right from the evidence of each")]
    SeveralIssuers {
        /// One.
        one: IssuerId,
        /// Another.
        other: IssuerId,
    },
    /// A name alone is no proof.
    #[error(
        "the evidence is of {members} member numbers, and nobody has confirmed that these are one person; compare the \
         person with the papers, then say --same-person confirmed"
    )]
    PersonNotConfirmed {
        /// Member numbers.
        members: usize,
    },
    /// Nothing proves cover, or periods.
    #[error("the evidence has no {wanted}, from which this kind of right follows")]
    EvidenceMissing {
        /// What is wanted.
        wanted: &'static str,
    },
    /// Which of them holds?
    #[error("the evidence has {found} different coverages; give the one that holds on the day")]
    SeveralCoverages {
        /// How many.
        found: usize,
    },
    /// Receipts are not in the books.
    #[error("the contribution records have only provisional lines, which prove no period")]
    NothingPosted,
    /// The cover is for something else.
    #[error("the cover is for {found}, and the right needs {wanted}")]
    FunctionMissing {
        /// What it is for.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The cover has ended.
    #[error("the last day is {last}, before today, {today}")]
    CoverOver {
        /// Last paid day of the cover, or last day asked for.
        last: Date,
        /// The day.
        today: Date,
    },
    /// Days that cover and agreement do not have in common.
    #[error("from {from} to {to}: cover and agreement together hold from {first} to {last}")]
    DaysOutside {
        /// First day asked for.
        from: Date,
        /// Last day asked for.
        to: Date,
        /// First day that can be had.
        first: Date,
        /// Last day.
        last: Date,
    },
    /// Nothing binds the home scheme.
    #[error("no agreement{} in force on {day} has a row for members of {home} where {iss} may sign{}", named(agreement.as_ref()), asked(hosts))]
    NoAgreement {
        /// The home issuer.
        home: IssuerId,
        /// This issuer.
        iss: IssuerId,
        /// The agreement asked for.
        agreement: Option<AgreementId>,
        /// The areas asked for.
        hosts: String,
        /// The day.
        day: Date,
    },
    /// Only the home scheme may issue it.
    #[error("by agreement {agreement} only {home} itself may issue this right; the holder asks there")]
    HostMayNotDerive {
        /// The agreement.
        agreement: AgreementId,
        /// The home issuer.
        home: IssuerId,
    },
    /// Row, package and waiting times leave nothing.
    #[error("no benefit group is left of agreement {agreement}: {}", left_out(groups))]
    NothingCovered {
        /// The agreement.
        agreement: AgreementId,
        /// Why each is not.
        groups: Vec<(BenefitGroup, LeftOut)>,
    },
    /// The pack is older than the card.
    #[error("the coverage asks for version {wanted} of the rulebook, the pack has {found}; get a newer pack")]
    RulebookOld {
        /// Lowest version that the coverage asks for.
        wanted: u64,
        /// In force.
        found: u64,
    },
    /// A rule of the format, or beyond what this issuer may sign.
    #[error("{0}")]
    Unsignable(Unsignable),
    /// The same right was issued and taken back.
    #[error(
        "the document {cti} with the same content was issued before and is {word}; if the holder is entitled again, give \
         other days with --from or --to"
    )]
    TakenBack {
        /// The document.
        cti: CredentialId,
        /// Its status.
        word: &'static str,
    },
}

impl Refusal {
    /// A name that does not change.
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::ClockBehind { .. } => "CLOCK_BEHIND",
            Refusal::PackOld { .. } => "PACK_OLD",
            Refusal::NotListed { .. } => "NOT_LISTED",
            Refusal::TypeNotGranted { .. } => "TYPE_NOT_GRANTED",
            Refusal::EvidenceUnreadable(_) => "EVIDENCE_UNREADABLE",
            Refusal::EvidenceNotAuthentic { .. } => "EVIDENCE_NOT_AUTHENTIC",
            Refusal::EvidenceOutOfScope { .. } => "EVIDENCE_OUT_OF_SCOPE",
            Refusal::EvidenceType { .. } => "EVIDENCE_TYPE",
            Refusal::EvidenceExpired { .. } => "EVIDENCE_EXPIRED",
            Refusal::EvidenceNotYet { .. } => "EVIDENCE_NOT_YET",
            Refusal::EvidenceRevoked { .. } => "EVIDENCE_REVOKED",
            Refusal::EvidenceSuspended { .. } => "EVIDENCE_SUSPENDED",
            Refusal::EvidenceSuperseded { .. } => "EVIDENCE_SUPERSEDED",
            Refusal::StatusNotKnown { .. } => "STATUS_NOT_KNOWN",
            Refusal::StatusOld { .. } => "STATUS_OLD",
            Refusal::SameIdOtherContent { .. } => "SAME_ID_OTHER_CONTENT",
            Refusal::OwnCountry { .. } => "OWN_COUNTRY",
            Refusal::SeveralIssuers { .. } => "SEVERAL_ISSUERS",
            Refusal::PersonNotConfirmed { .. } => "PERSON_NOT_CONFIRMED",
            Refusal::EvidenceMissing { .. } => "EVIDENCE_MISSING",
            Refusal::SeveralCoverages { .. } => "SEVERAL_COVERAGES",
            Refusal::NothingPosted => "NOTHING_POSTED",
            Refusal::FunctionMissing { .. } => "FUNCTION_MISSING",
            Refusal::CoverOver { .. } => "COVER_OVER",
            Refusal::DaysOutside { .. } => "DAYS_OUTSIDE",
            Refusal::NoAgreement { .. } => "NO_AGREEMENT",
            Refusal::HostMayNotDerive { .. } => "HOST_MAY_NOT_DERIVE",
            Refusal::NothingCovered { .. } => "NOTHING_COVERED",
            Refusal::RulebookOld { .. } => "RULEBOOK_OLD",
            Refusal::Unsignable(_) => "UNSIGNABLE",
            Refusal::TakenBack { .. } => "TAKEN_BACK",
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Unsignable(Unsignable::Format(fault))
    }
}

fn aged(date: Option<Date>, days: Option<i32>) -> String {
    match (date, days) {
        (Some(date), Some(days)) => format!("of {date}, {days} days old"),
        _ => "without a date".to_owned(),
    }
}

fn named(agreement: Option<&AgreementId>) -> String {
    agreement.map(|id| format!(" {id}")).unwrap_or_default()
}

fn asked(hosts: &str) -> String {
    if hosts.is_empty() { String::new() } else { format!(", in {hosts}") }
}

fn left_out(groups: &[(BenefitGroup, LeftOut)]) -> String {
    if groups.is_empty() {
        return "its row has none".to_owned();
    }
    groups.iter().map(in_words).collect::<Vec<_>>().join("; ")
}
