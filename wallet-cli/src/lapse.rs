//! Until when a document is of use, and what is about to lapse.
//!
//! The earlier of the right's end and the document's: a card that is paid through June and valid as a paper until December
//! needs a payment in June. A document without an end of its right is good for as long as the paper is.

use sanad_credential::{Claims, Date, Right};

/// What is told as about to lapse: a month is enough for a payment or a visit to the office.
pub const SOON_DAYS: i32 = 30;

/// Until when a document is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// The last day.
    pub day: Date,
    /// What ends then.
    pub because: Because,
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// What was paid for.
    Paid,
    /// The right itself.
    Right,
    /// The document.
    Document,
}

/// How things stand on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// It ended.
    Ended,
    /// It ends within [`SOON_DAYS`].
    Soon,
    /// It does not end soon.
    Later,
}

impl Until {
    /// Of a document.
    pub fn of(claims: &Claims) -> Self {
        let right = match &claims.right {
            Right::Coverage(_, right) => match right.paid_through {
                Some(day) => Some((day, Because::Paid)),
                None => Some((right.end, Because::Right)),
            },
            Right::Benefit(_, right) => Some((right.to, Because::Right)),
            Right::CrossBorder(_, right) => Some((right.to, Because::Right)),
            Right::Delegation(right) => Some((right.to, Because::Right)),
            Right::Membership(..) | Right::Contribution(..) => None,
        };
        let document = (claims.exp.date(), Because::Document);
        let (day, because) = match right {
            Some(right) if right.0 <= document.0 => right,
            _ => document,
        };
        Self { day, because }
    }

    /// Days that are left on a day; negative when it is over.
    pub fn days_left(&self, today: Date) -> i32 {
        self.day.days_since(today)
    }

    /// How things stand.
    pub fn on(&self, today: Date) -> Lapse {
        match self.days_left(today) {
            left if left < 0 => Lapse::Ended,
            left if left <= SOON_DAYS => Lapse::Soon,
            _ => Lapse::Later,
        }
    }
}

impl Because {
    /// For people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Because::Paid => "paid through",
            Because::Right => "covered until",
            Because::Document => "document valid until",
        }
    }
}

impl Lapse {
    /// For machines.
    pub fn word(self) -> &'static str {
        match self {
            Lapse::Ended => "ended",
            Lapse::Soon => "soon",
            Lapse::Later => "later",
        }
    }
}
