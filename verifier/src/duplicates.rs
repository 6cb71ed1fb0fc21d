//! S10 Duplicates: a serial outside the voucher's, one that was redeemed here, a card shown today for somebody else.
//!
//! The ledger is this device's own: nobody can see another outlet's offline, which is why vouchers are bound to few outlets.

use sanad_credential::Reason;

use crate::context::SeenToday;
use crate::findings::Findings;
use crate::matter::{AnsweringRight, Matter};

pub(crate) fn judge(matter: &Matter<'_>, findings: &mut Findings) {
    if let (AnsweringRight::Benefit(benefit), Some(serial)) = (matter.right, matter.context.serial) {
        let outside =
            benefit.serials.as_ref().is_some_and(|serials| !(serials.first..=serials.last).contains(&serial));
        if outside {
            findings.fail(Reason::NotInPackage);
        }
        if matter.history.redeemed.contains(&serial) {
            findings.fail(Reason::AlreadyRedeemed);
        }
    }
    if matter.history.seen_today == SeenToday::OtherPerson {
        findings.warn(Reason::CloneSuspect);
    }
}
