//! `receipts verify`: every signature one by one, on all processors, then the chains, then what settles what.
//!
//! Order for each receipt: its row or bytes are read, the signature is held against the delegation of its facility, the row
//! is made again from the receipt and compared. Receipts are taken in batches, so that a file of a million needs no more
//! memory than its chain. Refused files end with the line they fail at; a bad receipt is named and the others go on.
//! No batch verification: it accepts signatures that strict verification refuses (RFC 8032 leaves this open).

use std::collections::{HashMap, HashSet};
use std::thread;

use csv::StringRecord;
use sanad_credential::{
    BenefitGroup, CredentialId, Date, DocumentHash, FixedBytes, IssuerId, Json, Limits, Receipt, Sealed,
};
use sanad_trust::client::sha256;

use super::chain::{self, Link, Proof, Wanted};
use super::delegations::{DELEGATIONS_MAX, Opened, Trusted, open, open_receipt};
use super::row::{COLUMNS, Cell, DELEGATION, RECEIPT, Row, from_base64};
use super::totals::{Amounts, Totals};

/// Most receipts in one run.
pub const RECEIPTS_MAX: usize = 5_000_000;

/// Longest line of an export: the longest receipt and delegation in Base64, and the columns.
pub const LINE_BYTES_MAX: usize = 16_384;

/// Values of a row.
const ROW_LIMITS: Limits =
    Limits { bytes_max: LINE_BYTES_MAX, depth_max: 2, entries_max: 64, values_max: 128 };

/// Most faults that are kept; the rest is counted.
const FAULTS_MAX: usize = 1_000;

/// A receipt as it was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// The document itself, and what it settles by the log.
    Document(Vec<u8>, Option<CredentialId>),
    /// A row of JSON.
    Json(String),
    /// A row of CSV.
    Csv(StringRecord),
}

/// A receipt and where it stands.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which of the sources, and the line or number there.
    pub place: (usize, u64),
    /// What stands there.
    pub found: Found,
}

/// What was declared of a source.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Days of signing.
    pub from: Option<Date>,
    /// Days of signing.
    pub to: Option<Date>,
    /// The payer that it is for.
    pub home: Option<IssuerId>,
}

impl Declared {
    /// Nothing.
    pub const fn nothing() -> Self {
        Self { from: None, to: None, home: None }
    }
}

/// A fault of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub place: (usize, u64),
    /// Its id, where it can be read.
    pub id: Option<CredentialId>,
    /// What is wrong.
    pub words: String,
}

/// What came out.
#[derive(Debug)]
pub struct Report {
    /// Receipts looked at.
    pub receipts: usize,
    /// Receipts with a fault, and chains with a fault.
    pub faults: Vec<Fault>,
    /// Faults that are not listed.
    pub more_faults: usize,
    /// Places where receipts for other payers lie in between, or are missing.
    pub gaps: usize,
    /// Keys that signed.
    pub keys: usize,
    /// Receipts that settle an earlier one.
    pub settled: usize,
    /// What the receipts without a fault add up to.
    pub totals: Totals,
}

/// A verification under way.
pub struct Examination<'t> {
    trusted: Trusted<'t>,
    delegations: Vec<Opened>,
    given: HashSet<Vec<u8>>,
    links: Vec<Link>,
    rests: Vec<Rest>,
    faults: Vec<Fault>,
    more_faults: usize,
    receipts: usize,
    stated: Vec<Stated>,
}

/// What the last line of an export states.
#[derive(Clone, Debug)]
pub struct Stated {
    /// Where it stands.
    pub place: (usize, u64),
    /// Rows before it.
    pub receipts: i64,
    /// Rows that it states.
    pub receipts_stated: i64,
    /// The totals as they stand there.
    pub totals: String,
}

/// What is kept of a receipt for the end.
struct Rest {
    resolves: Option<CredentialId>,
    about: About,
    amounts: Amounts,
}

/// What a receipt and the one that settles it must have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
struct About {
    document: Option<DocumentHash>,
    day: Date,
    benefit: Option<BenefitGroup>,
    member: Option<u64>,
    serial: Option<u64>,
    charged: Option<sanad_credential::Money>,
    facility: sanad_credential::DelegationId,
    iat: sanad_credential::UnixTime,
}

impl About {
    fn of(receipt: &Receipt) -> Self {
        let encounter = &receipt.encounter;
        Self {
            document: encounter.credential_hash.0,
            day: encounter.service_date,
            benefit: encounter.benefits.first().copied(),
            member: encounter.member.map(|line| line.value()),
            serial: encounter.serial.map(|serial| serial.value()),
            charged: encounter.charged.clone(),
            facility: receipt.iss.clone(),
            iat: receipt.iat,
        }
    }

    /// Whether a later receipt can settle this one.
    fn is_settled_by(&self, later: &About) -> bool {
        self.document.is_some() && self.iat <= later.iat && *self == Self { iat: self.iat, ..later.clone() }
    }
}

/// What a worker found out about one receipt.
struct Examined {
    place: (usize, u64),
    link: Option<Link>,
    rest: Option<Rest>,
    fault: Option<String>,
}

impl<'t> Examination<'t> {
    /// Begins with these delegations.
    pub fn new(trusted: Trusted<'t>, delegations: Vec<Opened>) -> Self {
        Self {
            trusted,
            delegations,
            given: HashSet::new(),
            links: Vec::new(),
            rests: Vec::new(),
            faults: Vec::new(),
            more_faults: 0,
            receipts: 0,
            stated: Vec::new(),
        }
    }

    /// How many receipts were looked at.
    pub fn receipts(&self) -> usize {
        self.receipts
    }

    /// What an export states of itself, to be compared at the end.
    pub fn add_stated(&mut self, stated: Stated) {
        if stated.receipts != stated.receipts_stated {
            let Stated { place, receipts, receipts_stated, .. } = stated;
            self.fault(
                place,
                None,
                format!("{receipts} receipts stand in this export, it states {receipts_stated}"),
            );
        } else {
            self.stated.push(stated);
        }
    }

    /// Adds a delegation that an export carries. One that does not open is told.
    pub fn add_delegation(&mut self, place: (usize, u64), document: Vec<u8>) {
        if self.given.contains(&document) {
            return;
        }
        if self.given.len() >= DELEGATIONS_MAX.saturating_mul(64) {
            self.fault(place, None, "too many different delegations".to_owned());
            return;
        }
        match open(self.trusted, "the delegation", &document) {
            Ok(opened) => self.delegations.push(opened),
            Err(fault) => self.fault(place, None, fault.to_string()),
        }
        self.given.insert(document);
    }

    /// A fault that somebody else found.
    pub fn fault(&mut self, place: (usize, u64), id: Option<CredentialId>, words: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { place, id, words });
        } else {
            self.more_faults = self.more_faults.saturating_add(1);
        }
    }

    /// Verifies a batch on so many threads.
    pub fn batch(&mut self, items: Vec<Item>, declared: &Declared, threads: usize) {
        for item in &items {
            if let Found::Csv(record) = &item.found
                && let Some(delegation) = record.get(COLUMNS.len().saturating_add(1)).and_then(from_base64)
            {
                self.add_delegation(item.place, delegation);
            }
        }
        self.receipts = self.receipts.saturating_add(items.len());
        let each = items.len().div_ceil(threads.max(1)).max(1);
        let delegations = &self.delegations;
        let examined: Vec<Examined> = thread::scope(|scope| {
            let work = |items: &[Item]| -> Vec<Examined> {
                items.iter().map(|item| examine(item, declared, delegations)).collect()
            };
            let workers: Vec<_> = items.chunks(each).map(|chunk| scope.spawn(move || work(chunk))).collect();
            // A worker that panicked would be a fault of this program: it must not pass for receipts that hold.
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        for examined in examined {
            let id = examined.link.as_ref().map(|link| link.id);
            if let Some(words) = examined.fault {
                self.fault(examined.place, id, words);
            }
            if let (Some(link), Some(rest)) = (examined.link, examined.rest) {
                self.links.push(link);
                self.rests.push(rest);
            }
        }
    }

    /// Ends with the chains, and with what settles what.
    pub fn finish(mut self, wanted: Wanted) -> Report {
        let shown = chain::check(&self.links, wanted);
        let links = std::mem::take(&mut self.links);
        let place = |position: usize| match links.get(position) {
            Some(link) => format!("{} ({})", number(link.place), link.id),
            None => String::new(),
        };
        let mut is_bad = vec![false; links.len()];
        for (position, fault) in &shown.faults {
            let Some(link) = links.get(*position) else { continue };
            self.fault(link.place, Some(link.id), fault.words(&place));
            if let (chain::ChainFault::Twice { .. }, Some(bad)) = (fault, is_bad.get_mut(*position)) {
                *bad = true;
            }
        }
        let by_id: HashMap<CredentialId, usize> =
            links.iter().enumerate().map(|(position, link)| (link.id, position)).rev().collect();
        let rests = std::mem::take(&mut self.rests);
        let mut settled = 0_usize;
        for (position, (link, rest)) in links.iter().zip(&rests).enumerate() {
            let Some(of) = rest.resolves.filter(|_| link.proof == Proof::Holds) else { continue };
            settled = settled.saturating_add(1);
            let Some(original) = by_id.get(&of).copied() else { continue };
            let fits = original != position
                && rests.get(original).is_some_and(|original| original.about.is_settled_by(&rest.about));
            if !fits {
                let words = format!("it is said to settle {of}, which is about something else");
                self.fault(link.place, Some(link.id), words);
            } else if let Some(bad) = is_bad.get_mut(original) {
                // Settled by a later one: it counts once.
                *bad = true;
            }
        }
        let mut totals = Totals::none();
        for ((link, rest), bad) in links.iter().zip(&rests).zip(&is_bad) {
            if link.proof == Proof::Holds && !bad {
                totals.add(&rest.amounts);
            }
        }
        for stated in std::mem::take(&mut self.stated) {
            self.compare_totals(&stated, &links, &rests);
        }
        self.faults.sort_by_key(|fault| fault.place);
        Report {
            receipts: self.receipts,
            faults: self.faults,
            more_faults: self.more_faults,
            gaps: shown.gaps,
            keys: shown.keys,
            settled,
            totals,
        }
    }

    /// The totals of an export are compared where its receipts hold: else they cannot be what it states.
    fn compare_totals(&mut self, stated: &Stated, links: &[Link], rests: &[Rest]) {
        let source = stated.place.0;
        if self.faults.iter().any(|fault| fault.place.0 == source) {
            return;
        }
        let own = || links.iter().zip(rests).filter(|(link, _)| link.place.0 == source);
        let settled: HashSet<CredentialId> = own().filter_map(|(_, rest)| rest.resolves).collect();
        let mut totals = Totals::none();
        own().filter(|(link, _)| !settled.contains(&link.id)).for_each(|(_, rest)| totals.add(&rest.amounts));
        if totals.to_json().to_string() != stated.totals {
            let words = format!("the totals were altered: the receipts add up to {}", totals.to_json());
            self.fault(stated.place, None, words);
        }
    }
}

fn number((_, number): (usize, u64)) -> String {
    format!("number {number}")
}

fn examine(item: &Item, declared: &Declared, delegations: &[Opened]) -> Examined {
    let nothing = |words: String| Examined { place: item.place, link: None, rest: None, fault: Some(words) };
    let read = match read(&item.found) {
        Ok(read) => read,
        Err(words) => return nothing(words),
    };
    let sealed = match Sealed::parse(&read.document) {
        Ok(sealed) => sealed,
        Err(fault) => return nothing(format!("its receipt does not read: {fault}")),
    };
    // Unverified until the next step: a receipt that is not proved must be named too.
    let stated = match sealed.unverified_receipt() {
        Ok(stated) => stated.look().clone(),
        Err(fault) => return nothing(format!("its receipt does not read: {fault}")),
    };
    let opened = open_receipt(&sealed, delegations);
    let fault = match &opened {
        Err(unproved) => Some(unproved.to_string()),
        Ok(receipt) => {
            let row = Row::new(&sealed, receipt, read.resolves);
            differs(&row, &item.found).or_else(|| outside(receipt, declared))
        }
    };
    let proof = if opened.is_ok() { Proof::Holds } else { Proof::Fails };
    let link = Link {
        kid: sealed.kid(),
        hash: FixedBytes(sha256(&read.document).0),
        previous: stated.encounter.previous.0,
        id: stated.cti,
        place: item.place,
        proof,
    };
    let rest = Rest { resolves: read.resolves, about: About::of(&stated), amounts: Amounts::of(&stated) };
    Examined { place: item.place, link: Some(link), rest: Some(rest), fault }
}

struct Read {
    document: Vec<u8>,
    resolves: Option<CredentialId>,
}

fn read(found: &Found) -> Result<Read, String> {
    let (receipt, resolves) = match found {
        Found::Document(document, resolves) => {
            return Ok(Read { document: document.clone(), resolves: *resolves });
        }
        Found::Json(line) => {
            let json = Json::parse(line, ROW_LIMITS).map_err(|fault| fault.to_string())?;
            let members = json.members().map_err(|fault| fault.to_string())?;
            let member =
                |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
            let text = |name: &str| match member(name) {
                Some(Json::Text(text)) => Ok(Some(text.to_string())),
                Some(Json::Null) | None => Ok(None),
                Some(_) => Err(format!("{name}: no text")),
            };
            (text(RECEIPT)?.unwrap_or_default(), text("resolves")?)
        }
        Found::Csv(record) => {
            if record.len() != COLUMNS.len().saturating_add(2) {
                return Err(format!(
                    "{} fields where {} must stand",
                    record.len(),
                    COLUMNS.len().saturating_add(2)
                ));
            }
            let resolves = record.get(COLUMNS.len().saturating_sub(1)).filter(|field| !field.is_empty());
            (record.get(COLUMNS.len()).unwrap_or_default().to_owned(), resolves.map(str::to_owned))
        }
    };
    let document = from_base64(&receipt).ok_or("receipt: no Base64url of a receipt")?;
    let resolves = resolves.map(|id| FixedBytes::from_hex(&id)).transpose();
    Ok(Read { document, resolves: resolves.map_err(|fault| format!("resolves: {fault}"))? })
}

/// The first column that is not what the signed receipt says. The value of the export is not repeated: somebody wrote it.
fn differs(row: &Row, found: &Found) -> Option<String> {
    let not = |column: &str, cell: &Cell| match cell {
        Cell::Absent => format!("{column} was altered: the signed receipt has none"),
        cell => format!("{column} was altered: the signed receipt says {}", cell.to_field()),
    };
    match found {
        Found::Document(..) => None,
        Found::Csv(record) => row
            .cells()
            .zip(record)
            .find_map(|((column, cell), field)| (cell.to_field() != field).then(|| not(column, cell))),
        Found::Json(line) => {
            let json = Json::parse(line, ROW_LIMITS).ok()?;
            let members = json.members().ok()?;
            let altered = row.cells().find_map(|(column, cell)| {
                let member = members.iter().find(|(name, _)| name == column).map(|(_, value)| value);
                (member != Some(&cell.to_json())).then(|| not(column, cell))
            });
            let known = |name: &str| COLUMNS.contains(&name) || name == RECEIPT;
            altered.or_else(|| {
                let unknown = members.iter().any(|(name, _)| !known(name));
                unknown.then(|| "it has a member that no row has".to_owned())
            })
        }
    }
}

fn outside(receipt: &Receipt, declared: &Declared) -> Option<String> {
    let day = receipt.iat.date();
    if declared.from.is_some_and(|from| day < from) || declared.to.is_some_and(|to| day > to) {
        return Some(format!("signed on {day}, outside the days that the export states"));
    }
    let home = declared.home.as_ref()?;
    let issuer = receipt.encounter.credential.0.as_ref().map(|document| &document.issuer);
    (issuer != Some(home)).then(|| format!("it is not for {home}, which the export is for"))
}

/// The header of a CSV export.
pub fn header() -> Vec<&'static str> {
    COLUMNS.into_iter().chain([RECEIPT, DELEGATION]).collect()
}
