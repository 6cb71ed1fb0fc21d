//! `sanad-wallet list`: what the wallet holds, for whom, until when, and what is about to lapse.

use clap::Args;
use sanad_credential::{Date, Json, printable};

use super::{Failure, Form, Shared, say};
use crate::entry::HolderId;
use crate::holding::{Forms, Held, Standing, Wallet};
use crate::lapse::{Lapse, Until};
use crate::page::what;

/// List what the wallet holds, and what is about to lapse.
#[derive(Args)]
pub(super) struct List {
    /// Only what ended, or ends within 30 days.
    #[arg(long)]
    lapsing: bool,
}

impl List {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let today = shared.now()?.date();
        let named = shared.named(&wallet)?;
        let mut documents = wallet.list(named.as_ref().map(|holder| holder.id))?;
        documents.retain(|held| !self.lapsing || Until::of(&held.claims).on(today) != Lapse::Later);
        let has_several = wallet.holders()?.len() > 1;
        let mut last = None;
        let mut text = String::new();
        for held in &documents {
            if has_several && shared.form == Form::Text && last != Some(held.holder.id) {
                last = Some(held.holder.id);
                text.push_str(&format!("{}:\n", printable(held.holder.name.as_str())));
            }
            text.push_str(&describe(held, today, shared.form));
            text.push('\n');
        }
        if !text.is_empty() {
            say(text.trim_end_matches('\n'))?;
        }
        if shared.form == Form::Text {
            summary(&documents, today, self.lapsing)?;
            tell_waiting(&wallet, named.map(|holder| holder.id));
        }
        Ok(0)
    }
}

fn summary(documents: &[Held], today: Date, is_part: bool) -> Result<(), Failure> {
    if documents.is_empty() {
        return say(if is_part {
            "Nothing lapses within 30 days."
        } else {
            "The wallet is empty. Put a document in with: sanad-wallet add QR"
        });
    }
    let count = |wanted| documents.iter().filter(|held| Until::of(&held.claims).on(today) == wanted).count();
    let (soon, ended) = (count(Lapse::Soon), count(Lapse::Ended));
    if soon > 0 || ended > 0 {
        eprintln!("{soon} about to lapse within 30 days, {ended} ended.");
    }
    Ok(())
}

/// What of offers has not arrived. It is beside what is held, so that nothing about it keeps anybody from the list.
fn tell_waiting(wallet: &Wallet, of: Option<HolderId>) {
    match wallet.waiting(of).map(|waiting| waiting.len()) {
        Ok(0) => {}
        Ok(count) => {
            eprintln!("{count} offered, not arrived: `sanad-wallet add --resume` asks the issuer again.");
        }
        Err(fault) => eprintln!("Note: what was offered and has not arrived cannot be read: {fault}"),
    }
}

/// A document on one line.
pub(super) fn describe(held: &Held, today: Date, form: Form) -> String {
    let standing = match &held.standing {
        Standing::Verified => "verified".to_owned(),
        Standing::NotVerified => "NOT VERIFIED".to_owned(),
        Standing::Rejected(rejection) => format!("REJECTED: {rejection}"),
    };
    let claims = &held.claims;
    let until = Until::of(claims);
    let (left, lapse) = (until.days_left(today), until.on(today));
    if form == Form::Json {
        let head = Json::Object(vec![
            ("id".into(), Json::owned_text(&held.id)),
            ("standing".into(), Json::owned_text(&standing)),
            ("holder".into(), Json::owned_text(held.holder.name.as_str())),
            ("phone".into(), Json::Bool(held.is_for_phone())),
            ("sd_jwt".into(), Json::Bool(held.forms == Forms::CardAndSdJwt)),
            ("until".into(), Json::owned_text(&until.day.to_string())),
            ("because".into(), Json::owned_text(until.because.word())),
            ("days_left".into(), Json::Integer(left.into())),
            ("lapse".into(), Json::owned_text(lapse.word())),
        ])
        .to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        return format!("{open},\"claims\":{}}}", claims.to_json());
    }
    let person = match claims.right.subject() {
        Some(subject) => {
            let others = subject.members.as_ref().map_or(0, |members| members.len());
            let household = if others > 0 { format!(" and {others} more") } else { String::new() };
            format!("{} ({}){household}", subject.name, subject.number)
        }
        None => "no person".to_owned(),
    };
    let lapse = match lapse {
        Lapse::Ended => "; ENDED".to_owned(),
        Lapse::Soon => format!("; LAPSES in {left} days"),
        Lapse::Later => String::new(),
    };
    let phone = match (held.is_for_phone(), held.forms) {
        (_, Forms::CardAndSdJwt) => " (phone, SD-JWT VC)",
        (true, Forms::Card) => " (phone)",
        (false, Forms::Card) => "",
    };
    let (id, iss, kind) = (&held.id, &claims.iss, claims.right.right_type().word());
    let (what, because, day) = (what(&claims.right), until.because.word(), until.day);
    printable(&format!("{id}  {standing}  {person}  {iss} {kind}{phone}: {what}; {because} {day}{lapse}"))
}
