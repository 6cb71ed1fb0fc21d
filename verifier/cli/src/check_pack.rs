//! `sanad-verify check` with a pack: who signed a document, whether it may, and what became of it since.
//!
//! The trust part of an answer, and no decision on cover: that comes with rulebooks and agreements. A document whose
//! signature does not hold shows nothing of its content. A status that is not known is said to be unknown: it is
//! neither "valid" nor a refusal.

use sanad_credential::{Carried, Json, KeyId, Right, Status, Typ};
use sanad_trust::judge::{Authentic, Clock, Signer, Standing};
use sanad_trust::pack::Pack;
use sanad_trust::{Country, Rejection};

use crate::check::Verified;
use crate::inspect::{table, typ_json};

/// What a check found.
pub enum PackChecked<'p> {
    /// The signature holds under a key of the issuer.
    Authentic {
        /// Type of the document.
        typ: Typ,
        /// Claims, key, scope and standing.
        authentic: Authentic<'p>,
        /// The pack it was judged with.
        pack: &'p Pack,
        /// The clock it was judged with.
        clock: Clock,
    },
    /// It does not hold.
    Fails {
        /// Type and key, where the envelope could be read.
        header: Option<(Typ, KeyId)>,
        /// What is wrong.
        fault: String,
    },
}

/// Checks a document with a pack.
pub fn check<'p>(document: &[u8], pack: &'p Pack, clock: Clock) -> PackChecked<'p> {
    // Whether a presentation counts is a question of a decision: here it is the document inside.
    let carried = match Carried::parse(document) {
        Ok(carried) => carried,
        Err(fault) => return PackChecked::Fails { header: None, fault: fault.to_string() },
    };
    let sealed = carried.sealed();
    let typ = sealed.typ();
    match pack.open(sealed, clock) {
        Ok(authentic) => PackChecked::Authentic { typ, authentic, pack, clock },
        Err(rejection) => {
            PackChecked::Fails { header: Some((typ, sealed.kid())), fault: in_words(&rejection) }
        }
    }
}

/// What happened, and what to do next. Never an accusation of whoever shows the document.
fn in_words(rejection: &Rejection) -> String {
    let next = match rejection {
        Rejection::SignatureInvalid { .. } => {
            "This paper could not be confirmed: ask the issuer for a new one."
        }
        Rejection::IssuerUnknown { .. } | Rejection::KeyUnknown { .. } => {
            "The pack may be older than the document: update it, and treat what cannot wait."
        }
        Rejection::KeyCompromised { .. }
        | Rejection::KeyOutOfDate { .. }
        | Rejection::OutOfScope(_)
        | Rejection::BeyondDelegation(_) => "Ask the issuer for a new document.",
        Rejection::NeedsDelegation { .. } | Rejection::Malformed(_) => "",
    };
    format!("{rejection}. {next}").trim_end().trim_end_matches('.').to_owned()
}

impl PackChecked<'_> {
    /// A fault named with the place of its document, as several codes may be shown at once.
    pub fn found_in(self, place: &str) -> Self {
        match self {
            PackChecked::Fails { header, fault } => {
                PackChecked::Fails { header, fault: format!("{place}: {fault}") }
            }
            authentic @ PackChecked::Authentic { .. } => authentic,
        }
    }

    /// Whether the document is authentic, within what its issuer may sign, and not known to be revoked or suspended.
    pub fn holds(&self) -> Verified {
        match self {
            PackChecked::Authentic {
                authentic: Authentic { excess: None, standing, signer, .. }, ..
            } => {
                let delegated = match signer {
                    Signer::Issuer(_) => Verified::Yes,
                    Signer::Delegate { standing, .. } => not_taken_back(*standing),
                };
                if delegated == Verified::No { Verified::No } else { not_taken_back(*standing) }
            }
            PackChecked::Authentic { .. } | PackChecked::Fails { .. } => Verified::No,
        }
    }

    /// `{"verified","fault","typ","kid","claims","issuer","excess","status","trust"}`; `verified` speaks of the signature.
    pub fn to_json(&self) -> String {
        let text = |value: &dyn std::fmt::Display| Json::Text(value.to_string().into());
        let (verified, fault, header) = match self {
            PackChecked::Authentic { typ, authentic, .. } => (true, None, Some((*typ, authentic.kid))),
            PackChecked::Fails { header, fault } => (false, Some(fault), *header),
        };
        let mut members = vec![
            ("verified".into(), Json::Bool(verified)),
            ("fault".into(), fault.map_or(Json::Null, |fault| text(fault))),
            ("typ".into(), header.map_or(Json::Null, |(typ, _)| typ_json(typ))),
            ("kid".into(), header.map_or(Json::Null, |(_, kid)| text(&kid))),
        ];
        let PackChecked::Authentic { authentic, pack, clock, .. } = self else {
            members.push(("claims".into(), Json::Null));
            return Json::Object(members).to_string();
        };
        members.extend([
            ("claims".into(), authentic.claims.to_json()),
            ("issuer".into(), text(&authentic.claims.iss)),
            ("excess".into(), authentic.excess.as_ref().map_or(Json::Null, |excess| text(excess))),
            ("status".into(), status_to_json(authentic.standing, *clock)),
            ("trust".into(), trust_to_json(authentic, pack, *clock)),
        ]);
        Json::Object(members).to_string()
    }

    /// For people.
    pub fn to_text(&self) -> String {
        match self {
            PackChecked::Authentic { typ, authentic, pack, clock } => {
                let record = pack.issuers().get(&authentic.claims.iss);
                let name =
                    record.and_then(|record| record.members().names.in_language("en")).unwrap_or_default();
                let name = sanad_credential::printable(name);
                let (owner, kid) = (&authentic.claims.iss, authentic.kid);
                let excess = match &authentic.excess {
                    Some(excess) => format!("BEYOND WHAT IT MAY SIGN: {}.\n", excess),
                    None => String::new(),
                };
                let date = pack.date(Some(Country::from(owner).as_str()));
                let date = date.map_or_else(|| "no date".to_owned(), |date| date.to_string());
                let content = table(&authentic.claims.to_json().lines(), "");
                let delegate = delegate_in_words(&authentic.signer, *clock);
                format!(
                    "SIGNED by {owner} {name}: {typ}, key {kid}, unchanged since.\n{delegate}{excess}{}\nTrust list of {date}.\n\
                     This is no decision on cover.\n\n{content}",
                    standing_in_words(authentic.standing, *clock)
                )
            }
            PackChecked::Fails { fault, .. } => format!("NOT VERIFIED: {fault}\n"),
        }
    }
}

fn not_taken_back(standing: Standing) -> Verified {
    match standing {
        Standing::Listed { status: Status::Revoked | Status::Suspended, .. } => Verified::No,
        Standing::Listed { status: Status::Valid | Status::Superseded, .. }
        | Standing::ShortLived
        | Standing::NoList => Verified::Yes,
    }
}

fn delegate_in_words(signer: &Signer<'_>, clock: Clock) -> String {
    match signer {
        Signer::Issuer(_) => String::new(),
        Signer::Delegate { delegation, standing } => {
            let id = match &delegation.right {
                Right::Delegation(delegate) => delegate.id.to_string(),
                _ => String::new(),
            };
            format!(
                "Signed for it by its delegate {id}. Delegation, {}\n",
                standing_in_words(*standing, clock)
            )
        }
    }
}

fn age_of(iat: sanad_credential::UnixTime, clock: Clock) -> Option<i32> {
    match clock {
        Clock::Known(now) => Some(now.date().days_since(iat.date()).max(0)),
        Clock::Unknown { .. } => None,
    }
}

fn standing_in_words(standing: Standing, clock: Clock) -> String {
    match standing {
        Standing::ShortLived => "STATUS: needs none, it lives at most 31 days.".to_owned(),
        Standing::NoList => "STATUS NOT KNOWN: the pack has no list for it that may be used.".to_owned(),
        Standing::Listed { status, iat } => {
            let age = match age_of(iat, clock) {
                Some(days) => format!("{days} days old"),
                None => "of unknown age, because the clock cannot be believed".to_owned(),
            };
            let word = status.word().to_uppercase();
            format!("STATUS: {word}, by a list of {} ({age}).", iat.date())
        }
    }
}

fn status_to_json(standing: Standing, clock: Clock) -> Json<'static> {
    match standing {
        Standing::ShortLived => Json::Object(vec![("state".into(), Json::Text("not_needed".into()))]),
        Standing::NoList => Json::Object(vec![("state".into(), Json::Text("no_list".into()))]),
        Standing::Listed { status, iat } => {
            let age = age_of(iat, clock).map_or(Json::Null, |age| Json::Integer(age.into()));
            Json::Object(vec![
                ("state".into(), Json::Text(status.word().into())),
                ("iat".into(), Json::Text(iat.to_string().into())),
                ("age_days".into(), age),
            ])
        }
    }
}

fn trust_to_json(authentic: &Authentic<'_>, pack: &Pack, clock: Clock) -> Json<'static> {
    let date = pack.date(Some(Country::from(&authentic.claims.iss).as_str()));
    let (word, age) = match clock {
        Clock::Known(now) => ("known", date.map(|date| now.date().days_since(date).max(0))),
        Clock::Unknown { .. } => ("unknown", None),
    };
    Json::Object(vec![
        ("date".into(), date.map_or(Json::Null, |date| Json::Text(date.to_string().into()))),
        ("age_days".into(), age.map_or(Json::Null, |age| Json::Integer(age.into()))),
        ("clock".into(), Json::Text(word.into())),
    ])
}
