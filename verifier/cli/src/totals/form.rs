//! The answer of `sanad-verify totals` for people, and its JSON form (`docs/totals.md`).

use std::fmt::Write as _;

use sanad_credential::{Json, UnixTime, printable};
use sanad_trust::Country;
use sanad_trust::judge::{Clock, Standing};
use sanad_verifier::totals::month::MonthSpan;
use sanad_verifier::totals::{Claimant, FunctionTotals, IssuerTotals, Length, NamedLine, Reached};

use super::{NotCounted, Opened, Report};

impl Report<'_> {
    /// The JSON form of `docs/totals.md`: the totals, then what does not count, then what they rest on.
    pub fn to_json(&self) -> Json<'static> {
        let Json::Object(mut members) = self.totals.to_json() else { return Json::Null };
        members.push(("not_counted".into(), not_counted_json(&self.not_counted)));
        let statuses = self.distinct().into_iter().map(|opened| {
            let mut members = vec![
                ("issuer".into(), text(&opened.claims.iss)),
                ("cti".into(), text(&opened.claims.cti)),
                ("state".into(), Json::Text(state_word(opened.standing).into())),
            ];
            let (list, age) = match opened.standing {
                Standing::Listed { iat, .. } => (text(&iat), self.age(iat)),
                Standing::ShortLived | Standing::NoList => (Json::Null, None),
            };
            members.push(("list".into(), list));
            members.push(("age_days".into(), age.map_or(Json::Null, |days| Json::Integer(days.into()))));
            members.push(("exp".into(), text(&opened.claims.exp)));
            Json::Object(members)
        });
        members.push(("statuses".into(), Json::Array(statuses.collect())));
        let date = self.pack.date(None).map_or(Json::Null, |date| text(&date));
        members.push(("pack".into(), date));
        Json::Object(members)
    }

    /// Each record once, in the order of issuer and id: how often and in which order they were shown says nothing.
    fn distinct(&self) -> Vec<&Opened> {
        let mut opened: Vec<&Opened> = self.opened.iter().collect();
        opened.sort_by_key(|opened| (&opened.claims.iss, opened.claims.cti));
        opened.dedup_by_key(|opened| (&opened.claims.iss, opened.claims.cti));
        opened
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "VERIFIED PERIODS, not a pension figure. What is owed is decided by each institution.\n"
        );
        let _ = writeln!(text, "Records");
        for opened in self.distinct() {
            let _ = writeln!(text, "  {}", self.record_in_words(opened));
        }
        for replaced in &self.totals.replaced {
            let _ = writeln!(
                text,
                "  {} {} is left out: {} replaces it",
                replaced.issuer, replaced.cti, replaced.by
            );
        }
        let members = self.totals.members.iter();
        let members: Vec<String> =
            members.map(|(issuer, number)| format!("{issuer} {}", printable(number.as_str()))).collect();
        if !members.is_empty() {
            let _ = writeln!(text, "Member numbers: {}", members.join(", "));
        }
        for of in &self.totals.functions {
            function_in_words(&mut text, of, self.totals.maximum);
        }
        if self.totals.functions.is_empty() {
            let _ = writeln!(text, "\nNo month is claimed.");
        }
        lines_in_words(
            &mut text,
            "Not converted, the issuer's week is not in the pack:",
            &self.totals.not_convertible,
        );
        lines_in_words(
            &mut text,
            "Stated beyond the period, counted as far as it goes:",
            &self.totals.overstated,
        );
        text.push_str(&not_counted_in_words(&self.not_counted));
        text
    }

    fn age(&self, iat: UnixTime) -> Option<i32> {
        match self.clock {
            Clock::Known(now) => Some(now.date().days_since(iat.date()).max(0)),
            Clock::Unknown { .. } => None,
        }
    }

    fn record_in_words(&self, opened: &Opened) -> String {
        let (issuer, cti, document) = (&opened.claims.iss, opened.claims.cti, opened.document);
        let status = match opened.standing {
            Standing::ShortLived => "needs no status".to_owned(),
            Standing::NoList => "STATUS NOT KNOWN: the pack has no list for it that may be used".to_owned(),
            Standing::Listed { status, iat } => {
                let age = match self.age(iat) {
                    Some(days) => format!("{days} days old"),
                    None => "of unknown age, the clock cannot be believed".to_owned(),
                };
                format!("{} by the list of {} ({age})", status.word(), iat.date())
            }
        };
        let expired = match self.clock {
            Clock::Known(now) if opened.claims.exp <= now => {
                format!("; the document expired on {}, its periods stay", opened.claims.exp.date())
            }
            Clock::Known(_) | Clock::Unknown { .. } => String::new(),
        };
        let date = self.pack.date(Some(Country::from(issuer).as_str()));
        let date = date.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        format!("{issuer} {cti}: {status}; trust list of {date}{expired}; sha256 {document}")
    }
}

fn function_in_words(text: &mut String, of: &FunctionTotals, maximum: Option<u64>) {
    let range = of.covered.map(|span| format!(", {} to {}", span.first(), span.last())).unwrap_or_default();
    let capped = match maximum {
        Some(maximum) if of.capped < of.total => {
            format!(", {} for the shares (maximum {maximum})", of.capped)
        }
        _ => String::new(),
    };
    let _ = writeln!(text, "\n{}: {}{range}{capped}", of.function.word(), in_months(of.total));
    if !of.issuers.is_empty() {
        let header =
            ["issuer", "claimed", "own", "minimum", "by total", "alone", "share", ""].map(str::to_owned);
        let rows: Vec<[String; 8]> = std::iter::once(header).chain(of.issuers.iter().map(row)).collect();
        table(text, &rows);
    }
    section(
        text,
        "Counted once:",
        of.overlaps.iter().map(|overlap| {
            let claimant = |of: &Claimant| format!("{} ({}, {})", of.issuer, of.rank.word(), of.cti);
            let others: Vec<String> = overlap.set_aside.iter().map(claimant).collect();
            format!(
                "{}: for {}, not again for {}",
                in_words(overlap.span),
                claimant(&overlap.kept),
                others.join(", ")
            )
        }),
    );
    section(text, "Gaps, claimed by nobody:", of.gaps.iter().map(|gap| in_words(*gap)));
    section(
        text,
        "Provisional, not in the total:",
        of.provisional.iter().map(|pending| {
            format!(
                "{}: {}, {} of them in nobody's books",
                pending.issuer,
                in_months(pending.months),
                pending.not_posted
            )
        }),
    );
}

fn row(row: &IssuerTotals) -> [String; 8] {
    let reached = |reached| match reached {
        Reached::Yes => "yes",
        Reached::No => "no",
        Reached::NotAsked => "-",
    };
    let share = row.share.map_or_else(String::new, |share| {
        let (one, other) = share.reduced();
        format!("{}/{} = {one}/{other}", share.own, share.total)
    });
    let short = match row.length {
        Length::Short => "SHORT: under 12 months; they count, but may give no pension of their own",
        Length::Year => "",
    };
    [
        row.issuer.to_string(),
        row.claimed.to_string(),
        row.own.to_string(),
        row.minimum.map_or_else(|| "-".to_owned(), |minimum| minimum.to_string()),
        reached(row.qualifies).to_owned(),
        reached(row.alone).to_owned(),
        share,
        short.to_owned(),
    ]
}

fn table(text: &mut String, rows: &[[String; 8]]) {
    let mut widths = [0_usize; 8];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (position, line) in lines.enumerate() {
        if position == 0 {
            let _ = writeln!(text, "  {title}");
        }
        let _ = writeln!(text, "    {line}");
    }
}

fn lines_in_words(text: &mut String, title: &str, lines: &[NamedLine]) {
    for (position, line) in lines.iter().enumerate() {
        if position == 0 {
            let _ = writeln!(text, "\n{title}");
        }
        let NamedLine { issuer, cti, line, quantity, unit } = line;
        let number = line.saturating_add(1);
        let _ = writeln!(text, "  {issuer} {cti}, line {number}: {quantity} in the unit {}", unit.word());
    }
}

/// What does not count, for people.
pub fn not_counted_in_words(not_counted: &[NotCounted]) -> String {
    let mut text = String::new();
    for (position, document) in not_counted.iter().enumerate() {
        if position == 0 {
            text.push_str("\nNOT COUNTED\n");
        }
        let id = document.id.as_ref().map(|(issuer, cti)| format!(" ({issuer} {cti})")).unwrap_or_default();
        let place =
            document.place.as_ref().map(|place| format!("{}{id}: ", printable(place))).unwrap_or_default();
        let _ = writeln!(text, "  {place}{}", printable(&document.fault));
    }
    text
}

/// What does not count, for machines.
pub fn not_counted_json(not_counted: &[NotCounted]) -> Json<'static> {
    let one = |document: &NotCounted| {
        let id = document.id.as_ref();
        Json::Object(vec![
            ("place".into(), document.place.as_ref().map_or(Json::Null, |place| text(place))),
            ("issuer".into(), id.map_or(Json::Null, |(issuer, _)| text(issuer))),
            ("cti".into(), id.map_or(Json::Null, |(_, cti)| text(cti))),
            ("fault".into(), text(&document.fault)),
        ])
    };
    Json::Array(not_counted.iter().map(one).collect())
}

fn state_word(standing: Standing) -> &'static str {
    match standing {
        Standing::ShortLived => "not_needed",
        Standing::NoList => "no_list",
        Standing::Listed { status, .. } => status.word(),
    }
}

fn in_words(span: MonthSpan) -> String {
    if span.months() == 1 {
        span.first().to_string()
    } else {
        format!("{} to {} ({})", span.first(), span.last(), in_months(span.months()))
    }
}

fn in_months(months: u64) -> String {
    if months == 1 { "1 month".to_owned() } else { format!("{months} months") }
}

fn text(value: &dyn std::fmt::Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}
