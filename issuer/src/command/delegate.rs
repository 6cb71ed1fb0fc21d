//! `sanad-issuer delegate`: keys of delegates, what an issuer grants them, the receipts they sign, and taking it back.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{
    Area, CredentialId, Currency, Date, DelegationId, FIRST_BYTE, FixedBytes, Json, Money, PREFIX, QrText,
    Scope, Set,
};
use sanad_keyfile::passphrase::Purpose;
use sanad_keyfile::{DelegateKey, DelegateKeyFault, Existing, KeyFault};
use sanad_qr::source::{self, Wanted};
use sanad_qr::{ModulePixels, TerminalStyle};
use sanad_trust::{DelegationRequest, IssuerRecord, KeyUse, RECORD_LIMITS, REQUEST_LIMITS};

use super::{Failure, Shared, fault, input, internal, issuer_keys, obtain_for, open_store, say, time, usage};
use crate::config::{self, Config};
use crate::delegation::{self, Granted, Signed, Terms};
use crate::issue::{Finished, Issuer};
use crate::ledger::{Ledger, LedgerFault};
use crate::output::Output;
use crate::receipt::{self, Authority, Payment, ReceiptFault, SignedReceipt};
use crate::run::RunFault;
use crate::store;
use crate::whole_file;

/// Name of the key in a delegate's directory.
const KEY_FILE: &str = "key.age";

/// Name of the ledger in a delegate's directory.
const LEDGER: &str = "ledger";

/// Where a delegate's receipts are written when nothing else is said.
const RECEIPTS: &str = "receipts";

/// Where an issuer's delegations are written when nothing else is said; the directory of the same name in a pack.
const DELEGATIONS: &str = "delegations";

/// Days of a delegation whose last day is not said: a device that is lost unnoticed stops by itself.
const DAYS: i32 = 365;

/// What a Sanad code looks like from outside.
const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Prompt for the passphrase of a delegate.
const PROMPT: &str = "Passphrase of the delegate's key";

#[derive(Args)]
pub(super) struct DelegateCommand {
    /// Directory of the delegate (request, sign-receipt) or of the issuer (answer, revoke).
    dir: PathBuf,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Make a delegate's own key in DIR and print the request that an issuer answers.
    Request(Request),
    /// Grant a request: sign the delegation.
    Answer(Answer),
    /// Sign a receipt for a contribution, offline, within the limits of the delegation.
    SignReceipt(SignReceipt),
    /// Take a delegation back, by the delegate's id or by the id of one document.
    Revoke(Revoke),
}

#[derive(Args)]
struct Request {
    /// Id of the delegate: two country letters, "-", then A-Z, 0-9 and "-".
    #[arg(long, value_name = "KE-COOP1", value_parser = |text: &str| DelegationId::new(text))]
    id: DelegationId,
    /// What the delegate wants to do: register, collect, receipt, cover, verify or act_for_person.
    #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1.., value_delimiter = ',',
          value_parser = parse_scope)]
    scopes: Vec<Scope>,
    /// File to write; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Draw a new key although there is one. Delegations of the old key are of no use to this computer any more.
    #[arg(long)]
    replace: bool,
}

#[derive(Args)]
struct Answer {
    /// The request, as `delegate request` or `sanad-verify key init` wrote it; "-" for standard input.
    #[arg(value_name = "REQUEST")]
    request: PathBuf,
    /// First day; today when left out.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    from: Option<Date>,
    /// Last day; 365 days after the first when left out.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    to: Option<Date>,
    /// Most money on one document, in ordinary units.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    per_document: Option<String>,
    /// Most money in a day, in ordinary units.
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    per_day: Option<String>,
    /// Currency of both, ISO 4217.
    #[arg(long, value_name = "KES", value_parser = |text: &str| Currency::new(text))]
    currency: Option<Currency>,
    /// Where it holds; the issuer's own areas when left out.
    #[arg(long, value_name = "KE-30", num_args = 1.., value_delimiter = ',',
          value_parser = |text: &str| Area::new(text))]
    areas: Vec<Area>,
    /// File for the delegation; delegations/<id of the document>.cwt in DIR when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write its QR code beside the file too, as .txt, .png and .svg.
    #[arg(long)]
    qr: bool,
}

#[derive(Args)]
struct SignReceipt {
    /// The delegation: QR text, image, or file.
    #[arg(long, value_name = "QR")]
    delegation: String,
    /// The issuer's record: the delegation and the receipt are checked with it.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Member number.
    #[arg(long)]
    number: String,
    /// Name of the member.
    #[arg(long)]
    name: String,
    /// The scheme that is paid.
    #[arg(long)]
    scheme: String,
    /// First day that is paid for, or its month.
    #[arg(long, value_name = "DAY")]
    from: String,
    /// Last day that is paid for, or its month.
    #[arg(long, value_name = "DAY")]
    to: String,
    /// How many units.
    #[arg(long, default_value = "1")]
    quantity: u64,
    /// day, week or month.
    #[arg(long)]
    unit: String,
    /// Why the period counts: employed, self, voluntary, credited or residence.
    #[arg(long)]
    kind: String,
    /// What it counts for: medical_care, old_age and so on.
    #[arg(long, value_name = "FUNCTION", required = true, num_args = 1.., value_delimiter = ',')]
    functions: Vec<String>,
    /// Money received, in ordinary units: 150.50.
    #[arg(long)]
    amount: String,
    /// Its currency, ISO 4217.
    #[arg(long, value_name = "KES", value_parser = |text: &str| Currency::new(text))]
    currency: Currency,
    /// Who pays: self, employer, cooperative, state or other.
    #[arg(long)]
    payer: String,
    /// Directory for the receipt; receipts in DIR when left out.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct Revoke {
    /// Id of the delegate, KE-COOP1, or of one delegation, 16 hexadecimal digits.
    #[arg(value_name = "ID|CTI", value_parser = parse_what)]
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Delegate(DelegationId),
    Document(CredentialId),
}

impl DelegateCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match &self.act {
            Act::Request(request) => request.run(&self.dir, shared),
            Act::Answer(answer) => answer.run(&self.dir, shared),
            Act::SignReceipt(receipt) => receipt.run(&self.dir, shared),
            Act::Revoke(revoke) => revoke.run(&self.dir, shared),
        }
    }
}

impl Request {
    fn run(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        if dir.join(config::FILE_NAME).exists() {
            let dir = dir.display();
            return Err(usage(format!(
                "{dir} is an issuer's directory; a delegate's key needs one of its own"
            )));
        }
        let scopes = Set::new(self.scopes.clone()).map_err(|_| usage("a scope stands twice".to_owned()))?;
        let path = dir.join(KEY_FILE);
        let own = if path.exists() && !self.replace {
            self.existing_key(&path, &scopes, shared)?
        } else {
            let passphrase = obtain_for(shared, Purpose::Create, PROMPT)?;
            fs::create_dir_all(dir).map_err(|error| internal(dir, error))?;
            // The ledger comes first: where there is a key there is a ledger, and one that is missing was removed.
            open_or_create_ledger(dir, &self.id)?;
            let existing = if self.replace { Existing::Replace } else { Existing::Refuse };
            DelegateKey::create(self.id.clone(), scopes, &path, &passphrase, existing).map_err(key_failure)?
        };
        let request = DelegationRequest::make(own.id, own.scopes, &own.key).map_err(fault)?;
        match &self.out {
            Some(out) => write_file(out, format!("{}\n", request.to_json()).as_bytes())?,
            None => {
                say(&request.to_json())?;
            }
        }
        eprintln!(
            "This is {} with the key {}. Give the request to the issuer, who answers it with: sanad-issuer delegate \
             DIR answer REQUEST",
            request.id(),
            request.key().id()
        );
        Ok(ExitCode::SUCCESS)
    }

    /// The same request again; another needs a decision.
    fn existing_key(
        &self,
        path: &Path,
        scopes: &Set<Scope>,
        shared: &Shared,
    ) -> Result<DelegateKey, Failure> {
        let own =
            DelegateKey::load(path, &obtain_for(shared, Purpose::Open, PROMPT)?).map_err(key_failure)?;
        if own.id != self.id || own.scopes != *scopes {
            let words: Vec<&str> = own.scopes.iter().map(|scope| scope.word()).collect();
            return Err(usage(format!(
                "{} holds the key of {} with the scopes {}; to draw another, give --replace, and for another delegate \
                 another directory",
                path.display(),
                own.id,
                words.join(", ")
            )));
        }
        Ok(own)
    }
}

impl Answer {
    fn run(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(dir)?;
        let now = time(shared)?;
        let request = read_request(&self.request)?;
        let terms = self.terms(now.date())?;
        let summary = summary(&request, &terms);
        let record =
            delegation::grant(&config, &request, terms, now).map_err(|fault| input(fault.to_string()))?;
        eprint!("{summary}");
        let issuer = open_issuer(dir, config, shared, KeyUse::Delegation)?;
        let others = issuer.delegations_of(request.id()).map_err(fault)?;
        let module = default_module()?;
        let (document, signed) = delegation::sign(&issuer, record, now, module)
            .map_err(|fault| Failure::from(RunFault::Issue(fault)))?;
        let out = self.out.clone();
        let out = out.unwrap_or_else(|| dir.join(DELEGATIONS).join(format!("{}.cwt", document.claims.cti)));
        self.hand_out(&document, &out)?;
        let others: Vec<String> = others
            .iter()
            .map(|issued| issued.cti)
            .filter(|cti| *cti != document.claims.cti)
            .map(|cti| cti.to_string())
            .collect();
        if !others.is_empty() {
            eprintln!(
                "{} has other delegations: {}. If this device replaces one that was lost or stolen, take those back: \
                 sanad-issuer delegate {} revoke CTI",
                request.id(),
                others.join(", "),
                dir.display()
            );
        }
        let (cti, id) = (&document.claims.cti, request.id());
        if shared.json {
            let signed = match signed {
                Signed::Now => "now",
                Signed::Earlier => "earlier",
            };
            say(&object(&[("cti", cti), ("id", id), ("signed", &signed), ("out", &out.display())]))
        } else {
            let earlier = match signed {
                Signed::Now => "",
                Signed::Earlier => ", signed by an earlier run,",
            };
            say(&format_args!("Delegation {cti} of {id}{earlier} is in {}", out.display()))
        }
    }

    fn terms(&self, today: Date) -> Result<Terms, Failure> {
        let from = self.from.unwrap_or(today);
        let to = match self.to {
            Some(to) => to,
            None => from.plus_days(DAYS).map_err(|fault| usage(format!("--from: {fault}")))?,
        };
        let areas = match self.areas.as_slice() {
            [] => None,
            areas => Some(Set::new(areas.to_vec()).map_err(|fault| usage(format!("--areas: {fault}")))?),
        };
        Ok(Terms {
            from,
            to,
            per_document: self.money("--per-document", self.per_document.as_deref())?,
            per_day: self.money("--per-day", self.per_day.as_deref())?,
            areas,
        })
    }

    fn money(&self, argument: &str, amount: Option<&str>) -> Result<Option<Money>, Failure> {
        let (Some(amount), Some(currency)) = (amount, &self.currency) else { return Ok(None) };
        let money = Money::parse(amount, currency.clone());
        money.map(Some).map_err(|fault| usage(format!("{argument}: {fault}")))
    }

    fn hand_out(&self, document: &Finished, out: &Path) -> Result<(), Failure> {
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent).map_err(|error| internal(parent, error))?;
        }
        if self.qr {
            write_file(&out.with_extension("txt"), document.text.as_str().as_bytes())?;
            write_file(&out.with_extension("png"), &document.png)?;
            write_file(&out.with_extension("svg"), document.svg.as_bytes())?;
        }
        let bytes = QrText::decode(document.text.as_str()).map_err(fault)?;
        write_file(out, &bytes)
    }
}

/// What the issuer is about to grant, before the passphrase is asked for.
fn summary(request: &DelegationRequest, terms: &Terms) -> String {
    let words: Vec<&str> = request.scopes().iter().map(|scope| scope.word()).collect();
    let money = |money: &Option<Money>| {
        money.as_ref().map_or("no limit".to_owned(), |money| format!("at most {}", money.in_ordinary_units()))
    };
    let areas = match &terms.areas {
        Some(areas) => areas.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        None => "those of the issuer".to_owned(),
    };
    format!(
        "{id} asks for a delegation, and has proved that it holds the key.\n  \
           key           {kid} (compare it with what the device shows)\n  \
           may           {scopes}\n  \
           days          {from} to {to}\n  \
           a document    {per_document}\n  \
           a day         {per_day}\n  \
           areas         {areas}\n",
        id = request.id(),
        kid = request.key().id(),
        scopes = words.join(", "),
        from = terms.from,
        to = terms.to,
        per_document = money(&terms.per_document),
        per_day = money(&terms.per_day),
    )
}

impl SignReceipt {
    fn run(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let record = self.record.as_deref().map(read_record).transpose()?;
        let document = self.read_delegation()?;
        let payment = self.payment()?;
        let path = dir.join(KEY_FILE);
        let own =
            DelegateKey::load(&path, &obtain_for(shared, Purpose::Open, PROMPT)?).map_err(key_failure)?;
        let authority = Authority::read(&document, &own, record)?;
        let ledger = Ledger::open(&dir.join(LEDGER), &own.id).map_err(ledger_failure)?;
        let signed = receipt::sign(&own, &authority, &ledger, &payment, now, default_module()?)?;
        let out = self.out.clone().unwrap_or_else(|| dir.join(RECEIPTS));
        let mut output = Output::open(&out).map_err(fault)?;
        if !output.is_complete(signed.document.claims.cti) {
            output.hand_out(std::slice::from_ref(&signed.document)).map_err(fault)?;
        }
        ledger.hand_out(&signed.digest).map_err(ledger_failure)?;
        self.report(shared, &signed, &authority, &payment, &out)
    }

    fn read_delegation(&self) -> Result<Vec<u8>, Failure> {
        let found = source::documents(&self.delegation, WANTED, QrText::decode);
        match (found.documents.as_slice(), found.faults.as_slice()) {
            ([document], []) => Ok(document.bytes.clone()),
            (_, [fault, ..]) => Err(input(format!("--delegation: {fault}"))),
            (documents, []) => {
                Err(input(format!("--delegation: {} codes where one must be", documents.len())))
            }
        }
    }

    fn payment(&self) -> Result<Payment, Failure> {
        let amount = Money::parse(&self.amount, self.currency.clone());
        Ok(Payment {
            number: self.number.clone(),
            name: self.name.clone(),
            scheme: self.scheme.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            quantity: self.quantity,
            unit: self.unit.clone(),
            kind: self.kind.clone(),
            functions: self.functions.clone(),
            payer: self.payer.clone(),
            amount: amount.map_err(|fault| usage(format!("--amount: {fault}")))?,
        })
    }

    fn report(
        &self,
        shared: &Shared,
        signed: &SignedReceipt,
        authority: &Authority,
        payment: &Payment,
        out: &Path,
    ) -> Result<ExitCode, Failure> {
        let document = &signed.document;
        let cti = &document.claims.cti;
        if shared.json {
            let signed_when = match signed.signed {
                Signed::Now => "now",
                Signed::Earlier => "earlier",
            };
            return say(&object(&[
                ("cti", cti),
                ("signed", &signed_when),
                ("amount", &payment.amount.in_ordinary_units()),
                ("day_total", &signed.day_total.in_ordinary_units()),
                ("text", &document.text.as_str()),
                ("out", &out.display()),
            ]));
        }
        // Colours say which half blocks are paper; a file or pipe gets the blocks alone.
        let style =
            if io::stdout().is_terminal() { TerminalStyle::BlackOnWhite } else { TerminalStyle::Plain };
        say(&sanad_qr::terminal(&document.symbol, style).trim_end_matches('\n'))?;
        if signed.signed == Signed::Earlier {
            eprintln!("An earlier run signed this receipt and was stopped before it was handed out.");
        }
        let limit = authority.delegation().per_day.as_ref();
        let limit = limit.map_or(String::new(), |max| format!(" of at most {}", max.in_ordinary_units()));
        eprintln!(
            "Receipt {cti} for {}, in {}. On this day: {}{limit}.",
            payment.amount.in_ordinary_units(),
            out.display(),
            signed.day_total.in_ordinary_units()
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    fn run(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(dir)?;
        let store = open_store(dir, &config)?;
        let issued = match &self.what {
            What::Delegate(id) => store::delegations_of(store.as_ref(), id).map_err(fault)?,
            What::Document(cti) => {
                let held = store::held(store.as_ref(), *cti).map_err(fault)?;
                held.into_iter().map(|held| held.issued).collect()
            }
        };
        let granted: Vec<Granted> = issued.iter().map(|issued| Granted::of(issued, &config.record)).collect();
        match (&self.what, granted.as_slice()) {
            (What::Delegate(id), []) => return Err(input(format!("no delegation of {id} was signed here"))),
            (What::Document(cti), []) => return Err(input(format!("no document {cti} was signed here"))),
            (What::Document(cti), [Granted { delegation: None, .. }]) => {
                return Err(input(format!("{cti} is no delegation that the issuer's record opens")));
            }
            _ => {}
        }
        for granted in &granted {
            report_granted(granted, shared)?;
        }
        let documents: Vec<CredentialId> = granted.iter().map(|granted| granted.cti).collect();
        // The passphrase is asked for after the documents were shown; the store is opened anew with the keys.
        drop(store);
        super::revoke::revoke(dir, &documents, shared)
    }
}

fn report_granted(granted: &Granted, shared: &Shared) -> Result<ExitCode, Failure> {
    let cti = &granted.cti;
    match (&granted.delegation, shared.json) {
        (Some(delegation), true) => say(&object(&[
            ("cti", cti),
            ("id", &delegation.id),
            ("from", &delegation.from),
            ("to", &delegation.to),
            ("key", &delegation.key),
        ])),
        (None, true) => say(&object(&[("cti", cti)])),
        (Some(delegation), false) => {
            let words: Vec<&str> = delegation.scopes.iter().map(|scope| scope.word()).collect();
            let (id, kid, words) = (&delegation.id, delegation.key.id(), words.join(", "));
            say(&format_args!("{cti}  {id}  key {kid}  {} to {}  {words}", delegation.from, delegation.to))
        }
        (None, false) => say(&format_args!("{cti}  (the issuer's record does not open it any more)")),
    }
}

pub(super) fn open_issuer(
    dir: &Path,
    config: Config,
    shared: &Shared,
    key_use: KeyUse,
) -> Result<Issuer, Failure> {
    let keys = issuer_keys::open(dir, &config, shared, &[key_use])?;
    let store = open_store(dir, &config)?;
    Ok(Issuer::new(config, keys, store))
}

/// A run of `request` that was killed leaves an empty ledger and no key.
fn open_or_create_ledger(dir: &Path, id: &DelegationId) -> Result<(), Failure> {
    let ledger = dir.join(LEDGER);
    let opened = if ledger.exists() { Ledger::open(&ledger, id) } else { Ledger::create(&ledger, id) };
    opened.map(|_| ()).map_err(ledger_failure)
}

fn read_request(path: &Path) -> Result<DelegationRequest, Failure> {
    let problem = |problem: &dyn std::fmt::Display| input(format!("{}: {problem}", path.display()));
    let mut text = String::new();
    // One byte more than a request may have, so that the parser sees that it is too long.
    let limit = u64::try_from(REQUEST_LIMITS.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().take(limit).read_to_string(&mut text),
        _ => File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)),
    };
    read.map_err(|error| problem(&error))?;
    DelegationRequest::parse(&text).map_err(|fault| problem(&fault))
}

fn read_record(path: &Path) -> Result<IssuerRecord, Failure> {
    let problem = |problem: &dyn std::fmt::Display| input(format!("{}: {problem}", path.display()));
    let mut text = String::new();
    let limit = u64::try_from(RECORD_LIMITS.bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    read.map_err(|error| problem(&error))?;
    IssuerRecord::parse(&text).map_err(|fault| problem(&fault))
}

/// As `issue` draws.
fn default_module() -> Result<ModulePixels, Failure> {
    ModulePixels::new(8).map_err(fault)
}

fn object(members: &[(&'static str, &dyn std::fmt::Display)]) -> Json<'static> {
    let members = members.iter().map(|(name, value)| ((*name).into(), Json::Text(value.to_string().into())));
    Json::Object(members.collect())
}

fn parse_scope(word: &str) -> Result<Scope, String> {
    let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
    Scope::from_word(word).map_err(|_| format!("must be one of {}", words.join(", ")))
}

fn parse_what(text: &str) -> Result<What, String> {
    let document = FixedBytes::from_hex(text).map(What::Document);
    document
        .or_else(|_| DelegationId::new(text).map(What::Delegate))
        .map_err(|_| "must be the id of a delegate, or 16 lower-case hexadecimal digits".to_owned())
}

fn key_failure(key: DelegateKeyFault) -> Failure {
    match key {
        DelegateKeyFault::Randomness(_) | DelegateKeyFault::File(KeyFault::Io { .. }) => fault(key),
        other => input(other.to_string()),
    }
}

fn ledger_failure(ledger: LedgerFault) -> Failure {
    match ledger {
        LedgerFault::Store(_) | LedgerFault::Damaged { .. } => fault(ledger),
        other => input(other.to_string()),
    }
}

impl From<ReceiptFault> for Failure {
    fn from(receipt: ReceiptFault) -> Self {
        match receipt {
            ReceiptFault::Ledger(ledger) => ledger_failure(ledger),
            ReceiptFault::SelfCheck(_) | ReceiptFault::Randomness(_) => fault(receipt),
            other => input(other.to_string()),
        }
    }
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    whole_file::write(path, content).map_err(|error| internal(path, error))
}
