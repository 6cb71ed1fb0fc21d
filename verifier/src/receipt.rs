//! The encounter receipt: what was asked and answered, for the facility's key to sign (SPEC.md section 6).
//!
//! No name and no member number: the issuer finds the person by the document's id. In good faith is an answer COVERED that
//! does not rest on a status list past its use: the scheme must honour it even if the document later proves revoked.

use sanad_credential::{
    BenefitGroup, Cause, Count, CredentialId, Decision, DelegationId, DocumentHash, DocumentReference,
    Encounter, Fault, GoodFaith, Label, List, Nullable, Reason, Reasons, Receipt, RestsOn, Set, UnixTime,
    What,
};

use crate::answer::Answer;
use crate::context::{Asked, AtFacility, Context, Referral, SeenToday};
use crate::decide::Question;
use crate::verify::{Documents, Journal};

/// What stands in a receipt for a referral without a reference.
const REFERRED: &str = "yes";

/// Documents that a receipt can name beside the chosen one.
const EVIDENCE_MAX: usize = 8;

/// What the device adds to an answer.
#[derive(Clone, Debug)]
pub struct Signing {
    /// The facility.
    pub facility: DelegationId,
    /// Time of signing.
    pub iat: UnixTime,
    /// Id of the receipt, from a CSPRNG.
    pub cti: CredentialId,
    /// SHA-256 of the whole previous receipt under the same key.
    pub previous: Option<DocumentHash>,
}

/// Puts a receipt together, to be sealed with the facility's key.
///
/// # Errors
/// [`What::Missing`] where the pack has no date: nothing shows then what the answer rests on.
pub fn receipt(
    context: &Context,
    documents: &Documents<'_>,
    question: &Question<'_>,
    answer: &Answer<'_>,
    signing: Signing,
) -> Result<Receipt, Fault> {
    let document = answer.position.and_then(|position| documents.readable().get(position));
    let pack = answer.rests_on.pack.or(documents.pack().date(None));
    let timestamp = documents.pack().metadata().timestamp_version();
    let encounter = Encounter {
        decision: answer.decision,
        assurance: answer.assurance,
        action: answer.action,
        reasons: Reasons::new(answer.reasons.clone())?,
        credential: Nullable(
            answer.claims.map(|claims| DocumentReference { issuer: claims.iss.clone(), cti: claims.cti }),
        ),
        credential_hash: Nullable(document.map(|document| document.hash)),
        benefits: Set::new(context.asked.group().into_iter().collect::<Vec<BenefitGroup>>())?,
        service_date: context.date,
        charged: context.amount.clone(),
        copay: answer.copay.as_ref().and_then(|copay| copay.money.clone()),
        person: answer.person,
        emergency: context.emergency,
        clock: context.clock,
        rests_on: RestsOn {
            timestamp: Count::new(timestamp)?,
            pack: pack.ok_or_else(|| Fault::new(What::Missing).within("pack").within("rests_on"))?,
            status: Nullable(document.and_then(|document| document.status_list_time())),
            rulebook: Nullable(answer.rests_on.rulebook),
            agreement: Nullable(answer.rests_on.agreement.cloned()),
        },
        referral: match &context.referral {
            Referral::None => None,
            Referral::Given(reference) => Some(reference.clone().map_or_else(|| Label::new(REFERRED), Ok)?),
        },
        preauth: context.preauth.clone(),
        good_faith: good_faith(answer),
        previous: Nullable(signing.previous),
        member: Some(context.member).filter(|line| line.value() != 1),
        place: context.place.clone(),
        level: question.level(),
        serial: context.serial,
        cause: Some(context.cause).filter(|cause| *cause != Cause::Illness),
        evidence: evidence(documents, answer)?,
    };
    Ok(Receipt { iss: signing.facility, iat: signing.iat, cti: signing.cti, encounter })
}

/// COVERED, and by no list that is past its use.
pub fn good_faith(answer: &Answer<'_>) -> GoodFaith {
    let stale = [Reason::StatusTooOld, Reason::SuspendedStale];
    let covered = answer.decision == Decision::Covered;
    if covered && !answer.reasons.iter().any(|reason| stale.contains(reason)) {
        GoodFaith::Yes
    } else {
        GoodFaith::No
    }
}

fn evidence(
    documents: &Documents<'_>,
    answer: &Answer<'_>,
) -> Result<Option<List<DocumentReference, 1, 8>>, Fault> {
    let others = documents.readable().iter().enumerate();
    let others = others.filter(|(position, _)| Some(*position) != answer.position);
    let named = others.filter_map(|(_, document)| document.claims());
    let references = named.map(|claims| DocumentReference { issuer: claims.iss.clone(), cti: claims.cti });
    let references: Vec<_> = references.take(EVIDENCE_MAX).collect();
    if references.is_empty() { Ok(None) } else { List::new(references).map(Some) }
}

/// The question that a receipt answered, to be asked again. What the device remembered then is taken from the reasons, the
/// accreditation from the pack, the comparison of the person as it was judged.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The question.
    pub context: Context,
    journal: JournalThen,
}

/// What the reasons of a receipt say that the device remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct JournalThen {
    redeemed: Option<Count>,
    seen_today: SeenToday,
}

impl Replay {
    /// Takes the question out of a receipt.
    ///
    /// # Errors
    /// A fault of a number that no receipt can have.
    pub fn of(receipt: &Receipt) -> Result<Self, Fault> {
        let encounter = &receipt.encounter;
        let has = |reason| encounter.reasons.contains(&reason);
        let context = Context {
            date: encounter.service_date,
            clock: encounter.clock,
            place: encounter.place.clone(),
            facility: AtFacility { id: Some(receipt.iss.clone()), level: encounter.level },
            asked: encounter.benefits.first().map_or(Asked::Payout, |group| Asked::Group(*group)),
            amount: encounter.charged.clone(),
            emergency: encounter.emergency,
            person: encounter.person,
            referral: encounter
                .referral
                .as_ref()
                .map_or(Referral::None, |reference| Referral::Given(Some(reference.clone()))),
            preauth: encounter.preauth.clone(),
            serial: encounter.serial,
            cause: encounter.cause.unwrap_or(Cause::Illness),
            member: encounter.member.map_or_else(|| sanad_credential::MemberLine::new(1), Ok)?,
        };
        let seen_today = if has(Reason::CloneSuspect) { SeenToday::OtherPerson } else { SeenToday::No };
        let redeemed = encounter.serial.filter(|_| has(Reason::AlreadyRedeemed));
        Ok(Self { context, journal: JournalThen { redeemed, seen_today } })
    }

    /// What the device remembered then of the documents shown.
    pub fn journal(&self, documents: &Documents<'_>) -> Journal {
        let mut journal = Journal::empty();
        for claims in documents.readable().iter().filter_map(|document| document.claims()) {
            if let Some(serial) = self.journal.redeemed {
                journal.redeemed.insert((claims.iss.clone(), claims.cti, serial));
            }
            if self.journal.seen_today != SeenToday::No {
                let line = (claims.iss.clone(), claims.cti, self.context.member);
                journal.seen_today.insert(line, self.journal.seen_today);
            }
        }
        journal
    }
}
