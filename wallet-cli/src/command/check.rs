//! `sanad-wallet check`: what a clinic would answer, offline.

use std::path::PathBuf;

use clap::Args;
use sanad_credential::{
    Area, Cause, Clock, Decision, DelegationId, Emergency, Level, MemberLine, PersonResult, printable,
};
use sanad_trust::judge;
use sanad_trust::metadata::Sha256Hash;
use sanad_verifier::{Answer, Asked, AtFacility, Context, Documents, Journal, Referral, Tokens, Words as _};

use super::{Failure, Form, Shared, bad_input, say};
use crate::holding::Held;
use crate::preview::{self, CatalogueWords, Root};

/// What a clinic would answer, with the same verifier and a pack: a preview and no promise. Exit codes: 0 COVERED, 10
/// NOT_COVERED, 11 CANNOT_DECIDE.
#[derive(Args)]
pub(super) struct Check {
    /// Ids of documents; all of the person when none is named.
    #[arg(value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    ids: Vec<String>,
    /// The pack, as a clinic has it.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: PathBuf,
    /// Root of the region, the first time: it is pinned in the wallet.
    #[arg(long, value_name = "FILE", conflicts_with = "root_sha256")]
    root: Option<PathBuf>,
    /// SHA-256 of the root, as it was read out.
    #[arg(long, value_name = "HEX", value_parser = preview::sha256)]
    root_sha256: Option<Sha256Hash>,
    /// Country or subdivision of the clinic: UG, IN-GJ.
    #[arg(long, value_name = "AREA", value_parser = |text: &str| Area::new(text))]
    place: Area,
    /// What is needed: EMER OPD CHILD ANC DEL PNC MEDS LAB IMG INP SURG SPEC CHRON DENT REHAB TRANSPORT OSHV, or PAYOUT.
    #[arg(long, value_name = "GROUP", value_parser = |text: &str| Asked::from_word(text))]
    benefit: Asked,
    /// Id of the facility, UG-F01.
    #[arg(long, value_name = "ID", value_parser = |text: &str| DelegationId::new(text))]
    facility: Option<DelegationId>,
    /// Level of the facility, 1 the health post to 5 the national hospital.
    #[arg(long, value_name = "1-5", value_parser = level)]
    level: Option<Level>,
    /// It is an emergency.
    #[arg(long)]
    emergency: bool,
    /// Household line; the holder is line 1.
    #[arg(long, value_name = "LINE", default_value = "1", value_parser = line)]
    member: MemberLine,
}

impl Check {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let now = shared.now()?;
        let held = self.documents(shared, &wallet)?;
        let root = match (&self.root, self.root_sha256) {
            (Some(path), _) => Root::File(path.clone()),
            (None, Some(hash)) => Root::Sha256(hash),
            (None, None) => Root::Pinned,
        };
        let pack = preview::load(&wallet, &self.pack, &root, now)?;
        let clock = match pack.clock(Some(now)) {
            judge::Clock::Known(_) if shared.now.is_some() => Clock::Operator,
            judge::Clock::Known(_) => Clock::Ok,
            judge::Clock::Unknown { .. } => Clock::Unknown,
        };
        let context = Context {
            date: now.date(),
            clock,
            place: self.place.clone(),
            facility: AtFacility { id: self.facility.clone(), level: self.level },
            asked: self.benefit,
            amount: None,
            emergency: if self.emergency { Emergency::Yes } else { Emergency::No },
            // The holder would be there, with the phone.
            person: PersonResult::Match,
            referral: Referral::None,
            preauth: None,
            serial: None,
            cause: Cause::Illness,
            member: self.member,
        };
        let bytes: Vec<&[u8]> = held.iter().map(|held| held.document.as_slice()).collect();
        let documents = Documents::open(&pack, &bytes, context.date, clock, Tokens::AsJudged);
        let question = documents.question(&context, &Journal::empty());
        let answers = question.decide().map_err(|fault| bad_input(fault.to_string()))?;
        let words = CatalogueWords::english();
        match shared.form {
            Form::Json => say(&answers.to_check_json(&words))?,
            Form::Text => say(&in_words(&answers.chosen, &words))?,
        }
        Ok(match answers.chosen.decision {
            Decision::Covered => 0,
            Decision::NotCovered => 10,
            Decision::CannotDecide => 11,
        })
    }

    fn documents(&self, shared: &Shared, wallet: &crate::holding::Wallet) -> Result<Vec<Held>, Failure> {
        if self.ids.is_empty() {
            // One person's documents are laid down together, never those of two.
            return Ok(wallet.list(Some(shared.for_whom(wallet)?.id))?);
        }
        let named = shared.named(wallet)?.map(|holder| holder.id);
        let found: Vec<Held> = self.ids.iter().map(|id| wallet.find(id, named)).collect::<Result<_, _>>()?;
        let is_one_person = found.windows(2).all(|pair| match pair {
            [one, other] => one.holder.id == other.holder.id,
            _ => true,
        });
        if is_one_person {
            Ok(found)
        } else {
            Err(bad_input("these documents are of different people: ask for one of them".to_owned()))
        }
    }
}

fn in_words(answer: &Answer<'_>, words: &CatalogueWords) -> String {
    let catalogue = &words.0;
    let mut lines = vec![
        "A preview, no promise: a clinic with this pack would answer".to_owned(),
        format!("{} ({})", catalogue.decision(answer.decision), catalogue.assurance(answer.assurance)),
        catalogue.action(answer.action),
    ];
    for reason in &answer.reasons {
        let remedy = words.remedy(*reason, &answer.remedy);
        lines.push(format!("{}: {}. {remedy}", reason.word(), catalogue.reason(*reason)));
    }
    if let Some(appeal) = answer.appeal_text(words) {
        lines.push(printable(&appeal));
    }
    lines.join("\n")
}

fn level(text: &str) -> Result<Level, String> {
    whole(text).and_then(|number| Level::from_integer(number).map_err(|fault| fault.to_string()))
}

fn line(text: &str) -> Result<MemberLine, String> {
    whole(text).and_then(|number| MemberLine::from_integer(number).map_err(|fault| fault.to_string()))
}

fn whole(text: &str) -> Result<i128, String> {
    text.parse().map_err(|_| "a whole number must stand here".to_owned())
}
