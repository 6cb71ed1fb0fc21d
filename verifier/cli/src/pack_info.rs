//! A pack in words: who signed it, how old it is, whom it knows, what is missing and what was passed over.
//!
//! For the person who decides whether a clinic's data will do for another month. It says nothing about any card.

use std::fmt::Write as _;

use sanad_credential::{Date, Json, UnixTime};
use sanad_trust::judge::Clock;
use sanad_trust::pack::Pack;

/// A list of this age, in days, is called old: by then a suspension of last month is missing in it.
const OLD_DAYS: i32 = 30;

/// The pack as lines for people.
pub fn to_text(pack: &Pack, clock: Clock) -> String {
    let mut text = String::new();
    let today = today(clock);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Date of the pack: {}", dated(pack.date(None), today));
    if let Clock::Unknown { at_least: Some(time) } = clock {
        let _ = writeln!(
            text,
            "The clock of this computer is behind {time}, which was signed: it is at least that late."
        );
    }
    let _ = writeln!(text, "\nRoles (version, signed, expires)");
    for (name, header) in pack.metadata().headers() {
        let issued = header.issued.map_or_else(|| "not stated".to_owned(), |issued| issued.to_string());
        let old = match clock {
            Clock::Known(now) if now > header.expires => "  EXPIRED: it counts as old, not as wrong",
            _ => "",
        };
        let _ = writeln!(text, "  {name:<10} {:>6}  {issued}  {}{old}", header.version, header.expires);
    }
    let root = &pack.metadata().root;
    let _ = writeln!(text, "  root: {} of {} keys", root.root.threshold, root.root.names.len());
    let _ = writeln!(text, "\nCountries");
    for (country, grant) in pack.grants() {
        let types: Vec<&str> = grant.types.iter().map(|right| right.word()).collect();
        let _ = writeln!(text, "  {country}  may sign {}", types.join(", "));
    }
    let _ = writeln!(text, "\nIssuers");
    for (iss, record) in pack.issuers() {
        let name = record.members().names.in_language("en").unwrap_or_default();
        let _ = writeln!(text, "  {iss}  {}", sanad_credential::printable(name));
        for key in &record.members().keys {
            let to = key.to.map_or_else(|| "open".to_owned(), |to| to.to_string());
            let _ = writeln!(
                text,
                "    key {} {:<10} {} to {to}, {}",
                key.x.id(),
                key.key_use.word(),
                key.from,
                key.state.word()
            );
        }
    }
    let (rulebooks, agreements) = (pack.rulebooks().len(), pack.agreements().len());
    let facilities: usize = pack.facilities().values().map(|file| file.iter().count()).sum();
    let _ = writeln!(
        text,
        "\n{rulebooks} rulebooks, {agreements} agreements, {facilities} facilities, {} delegations",
        pack.delegations().len()
    );
    for id in pack.agreements().keys() {
        let _ = writeln!(text, "  agreement {id}");
    }
    let _ = writeln!(text, "\nStatus lists: {}", pack.lists().len());
    for (uri, token) in pack.lists() {
        let age = today.map(|today| today.days_since(token.iat.date()));
        if age.is_none_or(|age| age > OLD_DAYS) {
            let _ = writeln!(text, "  {uri}: {}", dated(Some(token.iat.date()), today));
        }
    }
    for uri in pack.missing_lists() {
        let _ = writeln!(text, "  {uri}: MISSING; documents on it cannot be said to be valid");
    }
    if !pack.ignored().is_empty() {
        let _ = writeln!(text, "\nPassed over");
    }
    for ignored in pack.ignored() {
        let _ = writeln!(text, "  {ignored}");
    }
    text
}

/// The pack as one JSON object.
pub fn to_json(pack: &Pack, clock: Clock) -> Json<'static> {
    let text = |value: &dyn std::fmt::Display| Json::Text(value.to_string().into());
    let today = today(clock);
    let roles = pack.metadata().headers().into_iter().map(|(name, header)| {
        let mut members = vec![
            ("version".into(), Json::Integer(i64::try_from(header.version).unwrap_or(i64::MAX))),
            ("expires".into(), text(&header.expires)),
        ];
        members.extend(header.issued.map(|issued| ("issued".into(), text(&issued))));
        (name.into(), Json::Object(members))
    });
    let issuers = pack.issuers().iter().map(|(iss, record)| {
        let keys = record.members().keys.iter().map(|key| {
            Json::Object(vec![
                ("kid".into(), text(&key.x.id())),
                ("use".into(), text(&key.key_use.word())),
                ("state".into(), text(&key.state.word())),
            ])
        });
        Json::Object(vec![("iss".into(), text(iss)), ("keys".into(), Json::Array(keys.collect()))])
    });
    let lists = pack.lists().iter().map(|(uri, token)| {
        let mut members = vec![("uri".into(), text(uri)), ("iat".into(), text(&token.iat))];
        members.extend(
            today.map(|today| ("age_days".into(), Json::Integer(today.days_since(token.iat.date()).into()))),
        );
        Json::Object(members)
    });
    let texts =
        |values: Vec<String>| Json::Array(values.into_iter().map(|value| Json::Text(value.into())).collect());
    Json::Object(vec![
        ("date".into(), pack.date(None).map_or(Json::Null, |date| text(&date))),
        ("roles".into(), Json::Object(roles.collect())),
        ("countries".into(), texts(pack.grants().keys().map(ToString::to_string).collect())),
        ("issuers".into(), Json::Array(issuers.collect())),
        ("agreements".into(), texts(pack.agreements().keys().map(ToString::to_string).collect())),
        ("rulebooks".into(), Json::Integer(i64::try_from(pack.rulebooks().len()).unwrap_or(i64::MAX))),
        ("delegations".into(), Json::Integer(i64::try_from(pack.delegations().len()).unwrap_or(i64::MAX))),
        ("lists".into(), Json::Array(lists.collect())),
        ("missing_lists".into(), texts(pack.missing_lists().iter().map(ToString::to_string).collect())),
        ("ignored".into(), texts(pack.ignored().iter().map(ToString::to_string).collect())),
    ])
}

fn today(clock: Clock) -> Option<Date> {
    match clock {
        Clock::Known(now) => Some(UnixTime::date(now)),
        Clock::Unknown { .. } => None,
    }
}

fn dated(date: Option<Date>, today: Option<Date>) -> String {
    match (date, today) {
        (Some(date), Some(today)) => format!("{date}, {} days old", today.days_since(date).max(0)),
        (Some(date), None) => format!("{date}, of unknown age"),
        (None, _) => "not stated".to_owned(),
    }
}
