//! The question at the counter: what is asked for, where, on which day, and what the staff saw.
//!
//! Plain data whose members hold their own ranges. No protected attribute has a member: neither nationality nor residence,
//! religion, ethnicity, sex or age can be an input (I3).

use std::fmt;

use sanad_credential::{
    Area, BenefitGroup, Cause, Clock, Count, Date, DelegationId, Emergency, Fault, Label, Level, MemberLine,
    Money, PersonResult,
};

/// The question.
#[derive(Clone, Debug)]
pub struct Context {
    /// Day of the service. With an unknown clock: the later of the device's day and the time floor.
    pub date: Date,
    /// What the device knows of the time.
    pub clock: Clock,
    /// Country or subdivision in which the service is given.
    pub place: Area,
    /// Where exactly.
    pub facility: AtFacility,
    /// What is asked for.
    pub asked: Asked,
    /// The price, if it is known.
    pub amount: Option<Money>,
    /// Whether it is an emergency.
    pub emergency: Emergency,
    /// What the staff saw when they compared the person.
    pub person: PersonResult,
    /// Whether another facility sent the person.
    pub referral: Referral,
    /// An authorisation that the payer gave beforehand.
    pub preauth: Option<Label>,
    /// The serial to redeem.
    pub serial: Option<Count>,
    /// Why the service is needed.
    pub cause: Cause,
    /// The household line served; the holder is line 1.
    pub member: MemberLine,
}

/// The facility as the staff state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtFacility {
    /// Its id, which is that of its key's delegation too.
    pub id: Option<DelegationId>,
    /// Its level, where the pack's list does not say.
    pub level: Option<Level>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// A health benefit.
    Group(BenefitGroup),
    /// A transfer, voucher or pension.
    Payout,
}

/// Whether another facility sent the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referral {
    /// It did not.
    None,
    /// It did, with a reference where there is one.
    Given(Option<Label>),
}

/// Whether a card was shown here earlier today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenToday {
    /// It was not, or nobody knows.
    No,
    /// For the same person.
    SamePerson,
    /// For another person.
    OtherPerson,
}

impl Asked {
    /// The group; none for a payout.
    pub fn group(self) -> Option<BenefitGroup> {
        match self {
            Asked::Group(group) => Some(group),
            Asked::Payout => None,
        }
    }

    /// The word in commands and cases.
    pub fn word(self) -> &'static str {
        match self {
            Asked::Group(group) => group.word(),
            Asked::Payout => "PAYOUT",
        }
    }

    /// What a word asks for.
    ///
    /// # Errors
    /// [`sanad_credential::What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        if word == "PAYOUT" { Ok(Asked::Payout) } else { BenefitGroup::from_word(word).map(Asked::Group) }
    }
}

impl SeenToday {
    /// All of them.
    pub const ALL: [Self; 3] = [SeenToday::No, SeenToday::SamePerson, SeenToday::OtherPerson];

    /// The word in commands and cases.
    pub fn word(self) -> &'static str {
        match self {
            SeenToday::No => "no",
            SeenToday::SamePerson => "same_person",
            SeenToday::OtherPerson => "other_person",
        }
    }

    /// What a word says.
    ///
    /// # Errors
    /// [`sanad_credential::What::Word`].
    pub fn from_word(word: &str) -> Result<Self, Fault> {
        let found = Self::ALL.into_iter().find(|seen| seen.word() == word);
        found.ok_or_else(|| Fault::new(sanad_credential::What::Word { list: "seen today" }))
    }
}

/// A fault of the call, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// No document shown has the line that is to be served.
    NoSuchLine {
        /// The line asked for.
        asked: MemberLine,
        /// The lines that the documents have.
        found: Vec<u64>,
    },
}

impl fmt::Display for CallFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallFault::NoSuchLine { asked, found } => {
                let lines: Vec<String> = found.iter().map(u64::to_string).collect();
                write!(f, "the card has no line {asked}; its lines are {}", lines.join(", "))
            }
        }
    }
}

impl std::error::Error for CallFault {}
