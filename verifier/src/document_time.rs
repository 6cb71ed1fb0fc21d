//! S3 Time: whether the day is known, and whether the document is for it.
//!
//! The validity of the document is not that of the right: an old paper is not a lost right, so that a document past its end
//! warns for 90 days and is unknown afterwards, never a failure.

use sanad_credential::{Clock, Reason};

use crate::findings::Findings;
use crate::freshness::age;
use crate::matter::Matter;
use crate::shown::StatusFact;

/// Days between a document's day of issue and a service before it that time zones and badly set clocks explain.
const DAYS_BEFORE_ISSUE_MAX: i32 = 1;

/// Days after its end for which a document is used with a warning, while its status list still speaks of it.
const DAYS_AFTER_EXPIRY_MAX: u32 = 90;

pub(crate) fn judge(matter: &Matter<'_>, findings: &mut Findings) {
    let (claims, date) = (matter.claims(), matter.context.date);
    match matter.context.clock {
        Clock::Ok => {}
        Clock::Operator => findings.warn(Reason::TimeOperator),
        Clock::Unknown => findings.unknown(Reason::TimeUnknown),
    }
    // With an unknown clock the real day is the service date or later.
    if matter.knows_time() && claims.iat.date().days_since(date) > DAYS_BEFORE_ISSUE_MAX {
        findings.unknown(Reason::ClockBeforeIssue);
    }
    let end = claims.exp.date();
    if date > end {
        let referenced = matter.books.status != StatusFact::NoReference;
        if referenced && age(matter.context, end) <= DAYS_AFTER_EXPIRY_MAX {
            findings.warn(Reason::DocExpired);
        } else {
            findings.unknown(Reason::DocExpired);
        }
    }
}
