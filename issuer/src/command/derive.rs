//! `sanad-issuer derive`: arguments, words and exit codes around [`crate::derive`].

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{
    AgreementId, Area, BenefitGroup, CredentialId, CrossBorder, CrossBorderKind, Date, FIRST_BYTE,
    FixedBytes, Function, Json, Label, PREFIX, QrText, Status,
};
use sanad_qr::ModulePixels;
use sanad_qr::source::{self, Wanted};
use sanad_trust::KeyUse;
use sanad_trust::metadata::Sha256Hash;

use super::delegate::open_issuer;
use super::{Failure, Shared, fault, input, internal, parse_pixels, say, time, usage, warn_of_readable_keys};
use crate::config::Config;
use crate::derive::{Derived, Kind, Refusal, SamePerson, Shown, Wish, derive};
use crate::issue::Issuer;
use crate::pinned_region::{RegionFault, RootTold, open_pack};
use crate::register::Record;
use crate::run::{HandOut, Outcome, run_one};

/// What a Sanad code looks like from outside.
const WANTED: Wanted<'_> = Wanted { prefix: PREFIX, first_byte: FIRST_BYTE };

/// Documents that are shown for one right: as many as it can name.
const SHOWN_MAX: usize = 64;

#[derive(Args)]
pub(super) struct DeriveCommand {
    /// Directory of the issuer.
    dir: PathBuf,
    /// The evidence: QR text, PNG or JPEG image, file of the document, or "-" for standard input.
    #[arg(required = true, value_name = "QR")]
    codes: Vec<String>,
    /// The region's pack, at most 30 days old.
    #[arg(long, value_name = "FILE.sanadpack")]
    pack: PathBuf,
    /// The region's root, got in a way you trust; pinned by the first run, and held against it by later ones.
    #[arg(long, value_name = "FILE", conflicts_with = "root_sha256")]
    root: Option<PathBuf>,
    /// SHA-256 of the root file instead, 64 lower-case hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = |text: &str| FixedBytes::<32>::from_hex(text))]
    root_sha256: Option<Sha256Hash>,
    /// temporary_stay, residence, planned_care, work_injury, periods or provisional.
    #[arg(long, value_parser = parse_kind)]
    kind: CrossBorderKind,
    /// Under this agreement; the first that applies when left out.
    #[arg(long, value_name = "ID", value_parser = |text: &str| AgreementId::new(text))]
    agreement: Option<AgreementId>,
    /// Only here; wherever the agreement holds and this issuer may sign when left out. May stand several times.
    #[arg(long = "host", value_name = "AREA", value_delimiter = ',', value_parser = |text: &str| Area::new(text))]
    hosts: Vec<Area>,
    /// First day; the first of cover and agreement when left out.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    from: Option<Date>,
    /// Last day; the last that is paid for when left out.
    #[arg(long, value_name = "DAY", value_parser = |text: &str| Date::parse(text))]
    to: Option<Date>,
    /// Reference of the home issuer's authorisation, for planned_care.
    #[arg(long, value_name = "REF", value_parser = |text: &str| Label::new(text))]
    preauth: Option<Label>,
    /// "confirmed": you have confirmed with the person and the papers that all evidence is of one person.
    #[arg(long, value_name = "confirmed", value_parser = ["confirmed"])]
    same_person: Option<String>,
    /// Directory for the document: <id>.txt, .png and .svg, and index.csv.
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Say what would be derived and why; sign nothing.
    #[arg(long)]
    dry_run: bool,
    /// Pixels of a module in the PNG files.
    #[arg(long, value_name = "PIXELS", default_value = "8", value_parser = parse_pixels)]
    module_pixels: ModulePixels,
}

fn parse_kind(word: &str) -> Result<CrossBorderKind, String> {
    match CrossBorderKind::from_word(word) {
        Ok(CrossBorderKind::Legislation) => {
            Err("whose law applies to a worker only the home issuer can say".to_owned())
        }
        Ok(kind) => Ok(kind),
        Err(_) => {
            Err("must be one of temporary_stay, residence, planned_care, work_injury, periods, provisional"
                .to_owned())
        }
    }
}

impl DeriveCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let wish = self.wish()?;
        if let Some(out) = self.out.as_ref().filter(|out| out.exists() && !out.is_dir()) {
            return Err(usage(format!("--out {} is no directory", out.display())));
        }
        config.key_on(KeyUse::Credential, now.date()).map_err(|no_key| input(no_key.to_string()))?;
        let shown = self.shown()?;
        let pack =
            open_pack(&self.dir, self.root_told().as_ref(), &self.pack, now).map_err(region_failure)?;
        let derived = derive(&config, &pack, &shown, &wish, now).map_err(|refusal| refused(&refusal))?;
        let (Some(out), false) = (&self.out, self.dry_run) else {
            return report(shared, &derived, None);
        };
        explain(shared, &derived);
        warn_of_readable_keys(&self.dir);
        let issuer = open_issuer(&self.dir, config, shared, KeyUse::Credential)?;
        still_valid(&issuer, &derived.record)?;
        let hand_out = HandOut { out, module: self.module_pixels, now };
        let outcome = run_one(&issuer, derived.record.clone(), &hand_out)?;
        let issued = issuer.issued_before(&derived.record).map_err(fault)?;
        let Some(issued) = issued else { return Err(fault("the document is not in the store")) };
        let signed = Signed { cti: issued.cti, outcome, out: out.display().to_string() };
        report(shared, &derived, Some(&signed))
    }

    fn wish(&self) -> Result<Wish, Failure> {
        if self.preauth.is_some() && self.kind != CrossBorderKind::PlannedCare {
            return Err(usage("--preauth belongs to --kind planned_care".to_owned()));
        }
        let is_periods = self.kind == CrossBorderKind::Periods;
        if is_periods && (self.from.is_some() || self.to.is_some()) {
            return Err(usage("periods are those of the evidence; leave out --from and --to".to_owned()));
        }
        let kind = match (self.kind, &self.preauth) {
            (CrossBorderKind::TemporaryStay, _) => Kind::TemporaryStay,
            (CrossBorderKind::Residence, _) => Kind::Residence,
            (CrossBorderKind::PlannedCare, Some(reference)) => Kind::PlannedCare(reference.clone()),
            (CrossBorderKind::PlannedCare, None) => {
                let problem =
                    "planned care is authorised by the home issuer: give its reference with --preauth";
                return Err(usage(problem.to_owned()));
            }
            (CrossBorderKind::WorkInjury, _) => Kind::WorkInjury,
            (CrossBorderKind::Periods, _) => Kind::Periods,
            (CrossBorderKind::Provisional, _) => Kind::Provisional,
            (CrossBorderKind::Legislation, _) => {
                return Err(usage("--kind legislation is not derived".to_owned()));
            }
        };
        Ok(Wish {
            kind,
            agreement: self.agreement.clone(),
            hosts: (!self.hosts.is_empty()).then(|| self.hosts.clone()),
            from: self.from,
            to: self.to,
            person: if self.same_person.is_some() { SamePerson::Confirmed } else { SamePerson::NotConfirmed },
        })
    }

    fn root_told(&self) -> Option<RootTold> {
        let file = self.root.clone().map(RootTold::File);
        file.or_else(|| self.root_sha256.map(RootTold::Sha256))
    }

    fn shown(&self) -> Result<Vec<Shown>, Failure> {
        let mut shown = Vec::new();
        for argument in &self.codes {
            let found = source::documents(argument, WANTED, QrText::decode);
            if let Some(problem) = found.faults.first() {
                return Err(refused(&Refusal::EvidenceUnreadable(problem.to_string())));
            }
            let documents = found.documents.into_iter();
            shown.extend(documents.map(|found| Shown { place: found.place, bytes: found.bytes }));
        }
        if shown.len() > SHOWN_MAX {
            return Err(input(format!(
                "{} documents, at most {SHOWN_MAX} are evidence of one right",
                shown.len()
            )));
        }
        Ok(shown)
    }
}

/// What was taken back is not handed out again because somebody asks again.
fn still_valid(issuer: &Issuer, record: &Record) -> Result<(), Failure> {
    let Some(issued) = issuer.issued_before(record).map_err(fault)? else { return Ok(()) };
    match issuer.status_of(issued.cti).map_err(fault)? {
        Some(Status::Valid) | None => Ok(()),
        Some(status) => Err(refused(&Refusal::TakenBack { cti: issued.cti, word: status.word() })),
    }
}

struct Signed {
    cti: CredentialId,
    outcome: Outcome,
    out: String,
}

fn explain(shared: &Shared, derived: &Derived) {
    if !shared.json {
        eprint!("{}", in_words(derived));
    }
}

fn report(shared: &Shared, derived: &Derived, signed: Option<&Signed>) -> Result<ExitCode, Failure> {
    let is_expired = signed.is_some_and(|signed| signed.outcome.expired > 0);
    if shared.json {
        say(&to_json(derived, signed))?;
    } else {
        match signed {
            None => say(&format_args!("{}Nothing was signed: this was a dry run.", in_words(derived)))?,
            Some(Signed { cti, outcome, out }) => {
                let how = match outcome {
                    Outcome { issued: 1.., .. } => "signed, in",
                    Outcome { finished: 1.., .. } => "signed by an earlier run and written now, in",
                    Outcome { expired: 1.., .. } => "was signed before and has expired; not written to",
                    _ => "was signed before and is already in",
                };
                say(&format_args!("{cti} {how} {out}"))?
            }
        };
    }
    Ok(if is_expired { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

fn in_words(derived: &Derived) -> String {
    let right = &derived.right;
    let mut lines = vec![
        format!("Derived: {} for a member of {}", right.kind.word(), right.home),
        format!("  in         {}", right.hosts.iter().map(Area::as_str).collect::<Vec<_>>().join(", ")),
        format!("  from, to   {}, {}", right.from, right.to),
        format!("  functions  {}", right.functions.iter().map(|it| it.word()).collect::<Vec<_>>().join(", ")),
    ];
    if !right.groups.is_empty() {
        let groups: Vec<&str> = right.groups.iter().map(|group| group.word()).collect();
        lines.push(format!("  groups     {}", groups.join(", ")));
    }
    if let Some(reference) = &right.preauth {
        let reference = sanad_credential::printable(reference.as_str());
        lines.push(format!(
            "  authorised {reference}, as the home issuer told you; nobody has checked it here"
        ));
    }
    for evidence in right.evidence.iter().flat_map(|evidence| evidence.iter()) {
        let (kind, issuer, cti) = (evidence.right.word(), &evidence.issuer, evidence.cti);
        lines.push(format!("  evidence   {kind} {cti} of {issuer}: authentic, not taken back"));
    }
    lines.extend(derived.because.iter().map(|line| format!("  because    {line}")));
    lines.extend(derived.left_out_in_words().iter().map(|line| format!("  left out   {line}")));
    lines.push(String::new());
    lines.join("\n")
}

fn to_json(derived: &Derived, signed: Option<&Signed>) -> Json<'static> {
    let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
    let left_out = derived.left_out.iter().zip(derived.left_out_in_words()).map(|((group, _), why)| {
        Json::Object(vec![("group".into(), Json::Text(group.word().into())), ("why".into(), text(&why))])
    });
    let mut members = vec![
        ("derived".into(), right_json(&derived.right)),
        ("left_out".into(), Json::Array(left_out.collect())),
        ("because".into(), Json::Array(derived.because.iter().map(|line| text(line)).collect())),
    ];
    let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    match signed {
        None => members.push(("dry_run".into(), Json::Bool(true))),
        Some(Signed { cti, outcome, out }) => members.extend([
            ("cti".into(), text(cti)),
            ("issued".into(), number(outcome.issued)),
            ("finished".into(), number(outcome.finished)),
            ("earlier".into(), number(outcome.earlier)),
            ("expired".into(), number(outcome.expired)),
            ("out".into(), text(out)),
        ]),
    }
    Json::Object(members)
}

/// The members of SPEC.md, in the order of claims.
fn right_json(right: &CrossBorder) -> Json<'static> {
    let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
    let word = |word: &'static str| Json::Text(word.into());
    let groups = right.groups.iter().copied().map(BenefitGroup::word);
    let functions = right.functions.iter().copied().map(Function::word);
    let mut members = vec![
        ("kind".into(), word(right.kind.word())),
        ("agreement".into(), text(&right.agreement)),
        ("functions".into(), Json::Array(functions.map(word).collect())),
        ("from".into(), text(&right.from)),
        ("to".into(), text(&right.to)),
        ("home".into(), text(&right.home)),
        ("groups".into(), Json::Array(groups.map(word).collect())),
        ("payer".into(), word(right.payer.word())),
        ("tariff".into(), word(right.tariff.word())),
        ("hosts".into(), Json::Array(right.hosts.iter().map(|area| text(area)).collect())),
    ];
    members.extend(right.preauth.as_ref().map(|reference| ("preauth".into(), text(reference))));
    let evidence = right.evidence.iter().flat_map(|evidence| evidence.iter());
    let evidence =
        evidence.map(|one| Json::Array(vec![word(one.right.word()), text(&one.issuer), text(&one.cti)]));
    members.push(("evidence".into(), Json::Array(evidence.collect())));
    members.extend(right.derived_by.map(|side| ("derived_by".into(), word(side.word()))));
    Json::Object(members)
}

fn refused(refusal: &Refusal) -> Failure {
    input(format!("nothing was derived, {}: {refusal}", refusal.name()))
}

fn region_failure(fault: RegionFault) -> Failure {
    match fault {
        // What a person named and is not there is input; what this program keeps is not.
        RegionFault::File { path, source } if source.kind() != std::io::ErrorKind::NotFound => {
            internal(&path, source)
        }
        other => input(other.to_string()),
    }
}
