//! The CSV form of a register: documented columns, one document or one registration a row.
//!
//! A column is a member of the record in a form that spreadsheets keep: lists with ";" between their entries,
//! waits as `OPD=2026-05-31;INP=2026-07-30`, payments as `2026-07-05=150.50`, household members as `2|name|1986|F|spouse` with ";" between them. An
//! empty cell leaves the member out. Refuses unknown and repeated columns, rows with another number of cells, and
//! cells for members that the row's type does not have. What CSV cannot say (several contribution lines, evidence,
//! delegations) goes into an NDJSON register.

use std::borrow::Cow;
use std::path::Path;

use csv::ByteRecord;
use sanad_credential::Json;

use crate::code_words::{lists_of_column, words_of};
use crate::lines::Lines;
use crate::register::{Entry, Reading, RegisterFault, RowFault, parse_members, too_long};
use crate::rows::{self, CsvRow};

/// How a cell becomes a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// A text or code.
    Text,
    /// A whole number.
    Number,
    /// Texts with ";" between them.
    List,
    /// `true`
    True,
    /// `group=day` with ";" between them.
    Waits,
    /// `line|name|birth year|sex|role` with ";" between them.
    Members,
    /// `day=amount`, or `day=amount=payer`, with ";" between them.
    Payments,
}

/// Where a column belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A member at the top.
    Top,
    /// A member of `subject`.
    Subject,
    /// A part of a name in the person's own script: which of the two.
    NativeName(usize),
    /// A part of the one contribution line, where the row is a contribution; else a member at the top.
    Line,
    /// A part of an amount, a pair or goods, put together by [`assemble`].
    Part,
}

/// A column: name, place, cell, and what it means (for the documentation).
type Definition = (&'static str, Place, Cell, &'static str);

/// The columns of finished records.
const COLUMNS: &[Definition] = &[
    (
        "type",
        Place::Top,
        Cell::Text,
        "membership, coverage, contribution, benefit or cross_border; coverage when there is no such column",
    ),
    (
        "exp",
        Place::Top,
        Cell::Text,
        "end of the document's validity, YYYY-MM-DD; the issuer's usual validity when empty",
    ),
    ("number", Place::Subject, Cell::Text, "member number, 1 to 24 characters"),
    ("name", Place::Subject, Cell::Text, "name in Latin script as on the person's papers"),
    ("native_name", Place::NativeName(0), Cell::Text, "name in the person's own script"),
    ("native_language", Place::NativeName(0), Cell::Text, "its language, BCP 47"),
    ("native_name_2", Place::NativeName(1), Cell::Text, "the name in a second script"),
    ("native_language_2", Place::NativeName(1), Cell::Text, "its language, BCP 47"),
    (
        "birth",
        Place::Subject,
        Cell::Text,
        "YYYY-MM-DD, or as far as it is known: YYYY, YYYY~, YYYX, YYYY-MM, YYYY-XX, YYYY-MM-XX",
    ),
    ("sex", Place::Subject, Cell::Text, "M, F, U or N; only where a benefit depends on it"),
    ("household", Place::Subject, Cell::Text, "household number"),
    ("role", Place::Subject, Cell::Text, "self, spouse, child, parent or other"),
    (
        "members",
        Place::Subject,
        Cell::Members,
        "others of the household: line|name|birth year|sex|role, \";\" between them",
    ),
    ("check", Place::Subject, Cell::Text, "none, holder_key or vouched; printed photo when empty"),
    ("product", Place::Top, Cell::Text, "coverage: product"),
    ("rulebook", Place::Top, Cell::Number, "coverage: lowest version of the rulebook"),
    ("functions", Place::Line, Cell::List, "medical_care;maternity and so on"),
    ("start", Place::Top, Cell::Text, "coverage: first day, or its month"),
    ("end", Place::Top, Cell::Text, "coverage: last day, or its month"),
    ("paid_through", Place::Top, Cell::Text, "coverage: last day that is paid for, when not all is"),
    ("grace_days", Place::Top, Cell::Number, "coverage: days after paid_through; the rulebook's when empty"),
    ("waits", Place::Top, Cell::Waits, "coverage: first covered day of groups with a waiting time"),
    ("copay_class", Place::Top, Cell::Number, "coverage: 0 to 9"),
    ("territory", Place::Top, Cell::List, "coverage: countries or subdivisions, KE;UG"),
    ("max_level", Place::Top, Cell::Number, "coverage: highest facility level, 1 to 5"),
    ("pooled", Place::Top, Cell::True, "coverage: true where a ceiling is shared"),
    ("survives_suspension", Place::Top, Cell::List, "coverage: groups that a suspension leaves alone"),
    ("scheme", Place::Top, Cell::Text, "membership, contribution: the scheme"),
    ("since", Place::Top, Cell::Text, "membership: first day"),
    ("category", Place::Top, Cell::Text, "membership: category"),
    ("isco", Place::Top, Cell::Number, "membership: occupation, ISCO-08"),
    ("isic", Place::Top, Cell::Text, "membership: sector, ISIC"),
    ("guardian", Place::Top, Cell::Text, "membership: who acts for a child"),
    ("as_of", Place::Top, Cell::Text, "contribution: state of the books"),
    ("from", Place::Line, Cell::Text, "contribution, benefit, cross_border: first day"),
    ("to", Place::Line, Cell::Text, "contribution, benefit, cross_border: last day"),
    ("quantity", Place::Line, Cell::Number, "contribution: how many units"),
    ("unit", Place::Line, Cell::Text, "contribution: day, week or month"),
    (
        "kind",
        Place::Line,
        Cell::Text,
        "contribution: employed, self, voluntary, credited or residence; cross_border: its kind",
    ),
    ("payer", Place::Line, Cell::Text, "contribution: who paid; cross_border: who pays"),
    ("quality", Place::Line, Cell::Text, "contribution: posted or provisional"),
    ("programme", Place::Top, Cell::Text, "benefit: programme"),
    ("benefit_type", Place::Top, Cell::Text, "benefit: cash, voucher, in_kind, training, work or insurance"),
    ("amount", Place::Part, Cell::Text, "benefit, contribution: amount in ordinary units, 150.50"),
    ("currency", Place::Part, Cell::Text, "its currency, ISO 4217"),
    ("item", Place::Part, Cell::Text, "benefit: goods"),
    ("item_quantity", Place::Part, Cell::Number, "benefit: how much of them"),
    ("serial_first", Place::Part, Cell::Number, "benefit: first serial"),
    ("serial_last", Place::Part, Cell::Number, "benefit: last serial"),
    ("payee", Place::Top, Cell::Text, "benefit: self or proxy"),
    ("outlets", Place::Top, Cell::List, "benefit: where it may be redeemed"),
    ("areas", Place::Top, Cell::List, "benefit: where it holds"),
    ("agreement", Place::Top, Cell::Text, "cross_border: agreement"),
    ("home", Place::Top, Cell::Text, "cross_border: competent issuer"),
    ("groups", Place::Top, Cell::List, "cross_border: benefit groups"),
    ("tariff", Place::Top, Cell::Text, "cross_border: host, home or flat"),
    ("hosts", Place::Top, Cell::List, "cross_border: where it holds"),
    ("preauth", Place::Top, Cell::Text, "cross_border: pre-authorisation"),
    ("derived_by", Place::Top, Cell::Text, "cross_border: home or host"),
    ("replaces", Place::Top, Cell::Text, "id of the document that this one replaces"),
    ("languages", Place::Top, Cell::List, "languages in which to speak to the holder"),
    ("source", Place::Top, Cell::Text, "authentic source, where a platform signs for a scheme"),
    (
        "holder_request",
        Place::Top,
        Cell::Text,
        "what `sanad-wallet request` shows: binds the document to the holder's phone; for paper when empty",
    ),
];

/// The columns of registrations, of which the rules of a scheme make records.
const REGISTRATION_COLUMNS: &[Definition] = &[
    ("number", Place::Subject, Cell::Text, "member number, 1 to 24 characters"),
    ("name", Place::Subject, Cell::Text, "name in Latin script as on the person's papers"),
    ("native_name", Place::NativeName(0), Cell::Text, "name in the person's own script"),
    ("native_language", Place::NativeName(0), Cell::Text, "its language, BCP 47"),
    ("native_name_2", Place::NativeName(1), Cell::Text, "the name in a second script"),
    ("native_language_2", Place::NativeName(1), Cell::Text, "its language, BCP 47"),
    (
        "birth",
        Place::Subject,
        Cell::Text,
        "YYYY-MM-DD, or as far as it is known: YYYY, YYYY~, YYYX, YYYY-MM, YYYY-XX, YYYY-MM-XX",
    ),
    ("sex", Place::Subject, Cell::Text, "M, F, U or N; only where a benefit depends on it"),
    ("household", Place::Subject, Cell::Text, "household number"),
    ("role", Place::Subject, Cell::Text, "self, spouse, child, parent or other"),
    (
        "members",
        Place::Subject,
        Cell::Members,
        "others of the household: line|name|birth year|sex|role, \";\" between them",
    ),
    ("check", Place::Subject, Cell::Text, "none, holder_key or vouched; printed photo when empty"),
    ("registered", Place::Top, Cell::Text, "day of the first registration, YYYY-MM-DD"),
    (
        "renewed",
        Place::Top,
        Cell::Text,
        "day on which the registration was renewed for this period, where nothing is paid on it",
    ),
    ("period", Place::Top, Cell::Text, "a day of the period in question; the day of issue when empty"),
    ("class", Place::Top, Cell::Text, "class of the scheme file; the first that fits when empty"),
    ("conditions", Place::Top, Cell::List, "conditions of the scheme file that hold, as determined"),
    (
        "income",
        Place::Top,
        Cell::Text,
        "stated income in ordinary units, where the contribution is a share of it",
    ),
    (
        "payments",
        Place::Top,
        Cell::Payments,
        "payments for this period: 2026-07-05=150.50, or 2026-07-05=150.50=cooperative; \";\" between them",
    ),
    ("previous_end", Place::Top, Cell::Text, "last day of the cover before, where there was one"),
    (
        "wait_served_since",
        Place::Top,
        Cell::Text,
        "first day of a registration elsewhere under which the wait ran already",
    ),
    (
        "months_paid_before",
        Place::Top,
        Cell::Number,
        "months that were paid before this period, where functions ask for paid months",
    ),
    (
        "exp",
        Place::Top,
        Cell::Text,
        "end of the document's validity, YYYY-MM-DD; the issuer's usual validity when empty",
    ),
    ("replaces", Place::Top, Cell::Text, "id of the document that this one replaces"),
    ("languages", Place::Top, Cell::List, "languages in which to speak to the holder"),
    ("source", Place::Top, Cell::Text, "authentic source, where a platform signs for a scheme"),
    (
        "holder_request",
        Place::Top,
        Cell::Text,
        "what `sanad-wallet request` shows: binds the document to the holder's phone; for paper when empty",
    ),
];

/// Which columns a register has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Finished records.
    Records,
    /// Registrations under the rules of a scheme.
    Registrations,
}

impl Columns {
    fn definitions(self) -> &'static [Definition] {
        match self {
            Columns::Records => COLUMNS,
            Columns::Registrations => REGISTRATION_COLUMNS,
        }
    }
}

/// Name and meaning of every column, and the words that it takes where they are a closed list.
pub fn columns(of: Columns) -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    of.definitions().iter().map(|(name, _, _, meaning)| {
        let words = lists_of_column(name).iter().flat_map(|list| words_of(list)).collect();
        (*name, *meaning, words)
    })
}

type Column = (&'static str, Place, Cell);

/// Reads rows.
pub(crate) struct CsvRegister {
    lines: Lines,
    header: Vec<u8>,
    columns: Vec<Column>,
    of: Columns,
}

impl CsvRegister {
    pub(crate) fn open(path: &Path, mut lines: Lines, of: Columns) -> Result<Self, RegisterFault> {
        let known = of.definitions();
        let header = rows::next(&mut lines, None)
            .map_err(|source| RegisterFault::File { path: path.to_owned(), source })?;
        let line = header.as_ref().map_or(1, |row| row.line);
        let fault = |column: &str, problem: &str| RegisterFault::Header {
            path: path.to_owned(),
            line,
            column: if column.is_empty() { "the header".to_owned() } else { column.to_owned() },
            problem: problem.to_owned(),
        };
        let Some(header) = header else { return Err(fault("", "is missing")) };
        let Ok(cells) = &header.cells else { return Err(fault("", "has a quote that is never closed")) };
        if let Some(separator) = other_separator(cells) {
            let problem = format!(
                "this file is separated by {separator}, a register by \",\": save it as CSV with commas"
            );
            return Err(fault("", &problem));
        }
        let mut columns: Vec<Column> = Vec::new();
        for (number, cell) in (1..).zip(cells) {
            let name = std::str::from_utf8(cell).map_err(|_| fault("", "is not UTF-8"))?.trim();
            let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
            if name.is_empty() {
                let problem = "has no name; take out the comma too many, or the empty column";
                return Err(fault(&format!("column {number}"), problem));
            }
            let shown = format!("column \"{shown}\"");
            let Some((name, place, cell, _)) = known.iter().find(|(column, ..)| *column == name) else {
                let problem = match meant(name, known) {
                    Some(meant) => format!("is no column of a register; is \"{meant}\" meant?"),
                    None => hint(name, of),
                };
                return Err(fault(&shown, &problem));
            };
            if columns.iter().any(|(other, ..)| other == name) {
                return Err(fault(&shown, "stands twice"));
            }
            columns.push((name, *place, *cell));
        }
        Ok(Self { lines, header: header.raw, columns, of })
    }

    pub(crate) fn header_line(&self) -> Vec<u8> {
        self.header.clone()
    }

    /// The next row; the outer error is one of the file.
    pub(crate) fn next_row(
        &mut self,
        reading: &Reading,
    ) -> Result<Option<Result<Entry, RowFault>>, std::io::Error> {
        let row = rows::next(&mut self.lines, Some(self.columns.len()))?;
        Ok(row.map(|row| self.parse_row(reading, row)))
    }

    fn parse_row(&self, reading: &Reading, row: CsvRow) -> Result<Entry, RowFault> {
        let CsvRow { line, raw, cells } = row;
        let refuse = |field: &str, problem: String| RowFault {
            line,
            field: field.to_owned(),
            problem,
            raw: raw.clone(),
        };
        if let Some(problem) = too_long(raw.len()) {
            return Err(refuse("", problem));
        }
        let cells = cells.map_err(|unclosed| refuse("", unclosed.to_string()))?;
        if cells.len() != self.columns.len() {
            let problem = format!("{} cells, the header has {}", cells.len(), self.columns.len());
            return Err(refuse("", problem));
        }
        let mut row = Row::default();
        for ((name, place, cell), bytes) in self.columns.iter().zip(&cells) {
            let text = std::str::from_utf8(bytes).map_err(|_| refuse(name, "not UTF-8".to_owned()))?.trim();
            if text.is_empty() {
                continue;
            }
            let value = read_cell(*cell, text).map_err(|problem| refuse(name, problem.to_owned()))?;
            row.add(name, *place, value);
        }
        let json = row.assemble(self.of).map_err(|(field, problem)| refuse(field, problem))?;
        parse_members(reading, line, raw.clone(), json).map_err(|fault| RowFault {
            field: column_of(&fault.field, self.of.definitions()).to_owned(),
            problem: column_problem(&fault),
            ..fault
        })
    }
}

/// The separator of a file that has another one than commas, in words.
fn other_separator(cells: &ByteRecord) -> Option<&'static str> {
    let (1, Some(cell)) = (cells.len(), cells.get(0)) else { return None };
    [(b';', "\";\""), (b'\t', "tabs"), (b'|', "\"|\"")]
        .into_iter()
        .find(|(separator, _)| cell.contains(separator))
        .map(|(_, words)| words)
}

/// The column whose name differs in case or in what stands between words.
fn meant(name: &str, known: &'static [Definition]) -> Option<&'static str> {
    let plain = |name: &str| -> String {
        name.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.')).flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(name);
    known.iter().map(|(column, ..)| *column).find(|column| plain(column) == wanted)
}

/// What to do about a column that is unknown, and perhaps one of the other kind of register.
fn hint(name: &str, of: Columns) -> String {
    let is_of = |columns: &[Definition]| columns.iter().any(|(column, ..)| *column == name);
    if is_of(REGISTRATION_COLUMNS) {
        return "is a column of registrations; say under which rules with --scheme".to_owned();
    }
    if is_of(COLUMNS) {
        return "is no column of registrations: the rules of the scheme give it".to_owned();
    }
    let scheme = if of == Columns::Records { "" } else { " --scheme" };
    format!("is no column of a register; `sanad-issuer columns{scheme}` lists them")
}

fn read_cell(cell: Cell, text: &str) -> Result<Json<'static>, &'static str> {
    let entries = || text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
    match cell {
        Cell::Text => Ok(Json::owned_text(text)),
        Cell::Number => number(text),
        Cell::List => Ok(Json::Array(entries().map(Json::owned_text).collect())),
        Cell::True => match text {
            "true" => Ok(Json::Bool(true)),
            _ => Err("must be \"true\" or empty"),
        },
        Cell::Waits => {
            let pairs = entries().map(|entry| {
                let (group, day) =
                    entry.split_once('=').ok_or("must be group=YYYY-MM-DD, \";\" between them")?;
                Ok((Cow::<'static, str>::Owned(group.trim().to_owned()), Json::owned_text(day.trim())))
            });
            let pairs = pairs.collect::<Result<Vec<_>, &'static str>>()?;
            let mut names: Vec<&str> = pairs.iter().map(|(group, _)| group.as_ref()).collect();
            names.sort_unstable();
            if names.array_windows::<2>().any(|[one, next]| one == next) {
                return Err("names a group twice");
            }
            Ok(Json::Object(pairs))
        }
        Cell::Payments => entries().map(payment).collect::<Result<_, _>>().map(Json::Array),
        Cell::Members => entries().map(household_line).collect::<Result<_, _>>().map(Json::Array),
    }
}

fn payment(text: &str) -> Result<Json<'static>, &'static str> {
    let mut parts = text.split('=').map(str::trim);
    let (Some(day), Some(amount), payer, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("must be YYYY-MM-DD=amount, or YYYY-MM-DD=amount=payer, \";\" between them");
    };
    let mut members =
        vec![("day".into(), Json::owned_text(day)), ("amount".into(), Json::owned_text(amount))];
    members.extend(payer.map(|payer| ("payer".into(), Json::owned_text(payer))));
    Ok(Json::Object(members))
}

fn household_line(text: &str) -> Result<Json<'static>, &'static str> {
    let mut parts = text.split('|').map(str::trim);
    let (Some(line), Some(name), Some(year), Some(sex), Some(role), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("must be line|name|birth year|sex|role, \";\" between members");
    };
    let year = if year.is_empty() { Json::Null } else { number(year)? };
    Ok(Json::Array(vec![
        number(line)?,
        Json::owned_text(name),
        year,
        Json::owned_text(sex),
        Json::owned_text(role),
    ]))
}

fn number(text: &str) -> Result<Json<'static>, &'static str> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Json::Integer).ok_or("must be a whole number in digits")
}

type Members = Vec<(Cow<'static, str>, Json<'static>)>;

/// The cells of a row on their way to a record.
#[derive(Default)]
struct Row {
    top: Members,
    subject: Members,
    native: [Members; 2],
    line: Members,
    part: Members,
}

impl Row {
    fn add(&mut self, name: &'static str, place: Place, value: Json<'static>) {
        let members = match place {
            Place::Top => &mut self.top,
            Place::Subject => &mut self.subject,
            Place::NativeName(0) => &mut self.native[0],
            Place::NativeName(_) => &mut self.native[1],
            Place::Line => &mut self.line,
            Place::Part => &mut self.part,
        };
        members.push((name.into(), value));
    }

    /// A record has a type, a registration has none.
    fn assemble(mut self, of: Columns) -> Result<Json<'static>, (&'static str, String)> {
        let is_typed = of == Columns::Registrations || self.top.iter().any(|(name, _)| name == "type");
        if !is_typed {
            self.top.insert(0, ("type".into(), Json::Text("coverage".into())));
        }
        let right_type = self.top.iter().find(|(name, _)| name == "type").map(|(_, value)| value.clone());
        let is_contribution = right_type == Some(Json::Text("contribution".into()));
        self.native_names()?;
        self.amount(is_contribution)?;
        self.pair("item", "item_quantity", "item")?;
        self.pair("serial_first", "serial_last", "serials")?;
        let Row { mut top, subject, line, .. } = self;
        if is_contribution {
            top.push(("lines".into(), Json::Array(vec![Json::Object(line)])));
        } else {
            top.extend(line);
        }
        top.push(("subject".into(), Json::Object(subject)));
        Ok(Json::Object(top))
    }

    fn native_names(&mut self) -> Result<(), (&'static str, String)> {
        const COLUMN: [(&str, &str); 2] =
            [("native_name", "native_language"), ("native_name_2", "native_language_2")];
        let mut names = Vec::new();
        for ((name_column, language_column), mut members) in
            COLUMN.into_iter().zip(std::mem::take(&mut self.native))
        {
            let name = take(&mut members, name_column);
            let language = take(&mut members, language_column);
            match (name, language) {
                (Some(name), Some(language)) => names.push(Json::Array(vec![language, name])),
                (None, None) => {}
                (Some(_), None) => return Err((language_column, "is missing beside the name".to_owned())),
                (None, Some(_)) => return Err((name_column, "is missing beside its language".to_owned())),
            }
        }
        if !names.is_empty() {
            self.subject.push(("native_names".into(), Json::Array(names)));
        }
        Ok(())
    }

    fn amount(&mut self, is_contribution: bool) -> Result<(), (&'static str, String)> {
        use sanad_credential::{Currency, Money};
        let (amount, currency) = match (take(&mut self.part, "amount"), take(&mut self.part, "currency")) {
            (None, None) => return Ok(()),
            (Some(amount), Some(currency)) => (amount, currency),
            (Some(_), None) => return Err(("currency", "is missing beside the amount".to_owned())),
            (None, Some(_)) => return Err(("amount", "is missing beside its currency".to_owned())),
        };
        let text = |json: &Json<'_>| json.text().map(str::to_owned).unwrap_or_default();
        let currency =
            Currency::new(&text(&currency)).map_err(|fault| ("currency", fault.what().to_string()))?;
        let money =
            Money::parse(&text(&amount), currency).map_err(|fault| ("amount", fault.what().to_string()))?;
        let minor = i64::try_from(money.minor.value()).unwrap_or(i64::MAX);
        let json = Json::Object(vec![
            ("minor".into(), Json::Integer(minor)),
            ("currency".into(), Json::owned_text(money.currency.as_str())),
        ]);
        if is_contribution {
            self.line.push(("base".into(), json));
        } else {
            self.top.push(("money".into(), json));
        }
        Ok(())
    }

    fn pair(
        &mut self,
        first: &'static str,
        second: &'static str,
        member: &'static str,
    ) -> Result<(), (&'static str, String)> {
        match (take(&mut self.part, first), take(&mut self.part, second)) {
            (None, None) => Ok(()),
            (Some(one), Some(other)) => {
                self.top.push((member.into(), Json::Array(vec![one, other])));
                Ok(())
            }
            (Some(_), None) => Err((second, format!("is missing beside {first}"))),
            (None, Some(_)) => Err((first, format!("is missing beside {second}"))),
        }
    }
}

fn take(members: &mut Members, name: &str) -> Option<Json<'static>> {
    let position = members.iter().position(|(found, _)| found == name)?;
    Some(members.swap_remove(position).1)
}

/// The column that a place of the JSON form came from.
fn column_of<'p>(place: &'p str, known: &'static [Definition]) -> &'p str {
    let inner = place.strip_prefix("subject.").or_else(|| place.strip_prefix("lines[0].")).unwrap_or(place);
    let name = inner.split(['[', '.']).next().unwrap_or(inner);
    match name {
        "native_names" if inner.starts_with("native_names[1]") => "native_name_2",
        "native_names" => "native_name",
        "base" | "money" => "amount",
        "serials" => "serial_last",
        name => known.iter().map(|(column, ..)| *column).find(|column| *column == name).unwrap_or(place),
    }
}

/// A member that the type does not have is a column that must be empty here.
fn column_problem(fault: &RowFault) -> String {
    match fault.problem.strip_prefix("unknown member ") {
        Some(name) if fault.field == "waits" => {
            let words = words_of("benefit group").collect::<Vec<_>>().join(", ");
            format!("{name} is no benefit group; must be one of {words}")
        }
        Some(name) => format!("column {name} does not belong to this type, leave it empty"),
        None => fault.problem.clone(),
    }
}
