//! `issue`: a register goes in, documents come out; with `--scheme` the rules of a scheme stand in between.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use sanad_credential::{Date, Json, UnixTime};
use sanad_qr::ModulePixels;
use sanad_trust::KeyUse;

use super::{
    Failure, Shared, fault_json, input, issuer_keys, open_store, progress_bar, say, time, usage,
    warn_of_readable_keys,
};
use crate::authority::findings;
use crate::config::Config;
use crate::issue::Issuer;
use crate::register::{RowFault, Rules};
use crate::run::{self, BadRecords, ExpiredRecord, HandOut, Outcome, Plan, Survey};
use crate::scheme::{SCHEME_LIMITS, Scheme};

#[derive(Args)]
pub(super) struct Issue {
    /// Directory of the issuer.
    dir: PathBuf,
    /// Register: people.csv or people.ndjson; with --scheme one of registrations.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Directory for the documents: <id>.txt, .png and .svg, and index.csv; with --scheme also
    /// explained.csv.
    #[arg(long, value_name = "DIR", required_unless_present = "explain_only")]
    out: Option<PathBuf>,
    /// Sign the good records of a register that has bad ones; these go to people.rejected.csv beside the documents.
    #[arg(long)]
    keep_going: bool,
    /// Scheme file: the register has registrations and payments, and its rules make the documents.
    #[arg(long, value_name = "FILE")]
    scheme: Option<PathBuf>,
    /// Day for which the rules are applied; the day of issue when left out.
    #[arg(long, value_name = "DAY", requires = "scheme", value_parser = |text: &str| Date::parse(text))]
    as_of: Option<Date>,
    /// Print what the rules make of each registration, and sign nothing.
    #[arg(long, requires = "scheme", visible_alias = "dry-run")]
    explain_only: bool,
    /// Pixels of a module in the PNG files.
    #[arg(long, value_name = "PIXELS", default_value = "8", value_parser = super::parse_pixels)]
    module_pixels: ModulePixels,
}

impl Issue {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let rules = self.rules(&config, now)?;
        if let (true, Some(rules)) = (self.explain_only, &rules) {
            return self.explain(shared, &config, now, rules);
        }
        // Clap has seen to it, except for --explain-only.
        let out = self.out.as_deref().ok_or_else(|| usage("say where the documents go: --out DIR".into()))?;
        if out.exists() && !out.is_dir() {
            return Err(usage(format!("--out {} is no directory", out.display())));
        }
        config.key_on(KeyUse::Credential, now.date()).map_err(|no_key| {
            input(format!(
                "{no_key}. Set the clock, or say the time with --now; or make a new key: sanad-issuer keys {} rotate --use \
                 credential",
                self.dir.display()
            ))
        })?;
        let bad_records = if self.keep_going { BadRecords::SetAside } else { BadRecords::StopAll };
        let survey = self.survey(&config, now, rules.as_ref())?;
        self.report_faults(shared, &survey);
        if survey.bad > 0 && bad_records == BadRecords::StopAll {
            let records = survey.good.saturating_add(survey.bad).saturating_add(survey.uncovered);
            return Err(input(format!(
                "{}: {} of {records} records cannot be signed, so nothing was. Correct them, or sign the others with \
                 --keep-going.",
                self.input.display(),
                survey.bad
            )));
        }
        warn_of_readable_keys(&self.dir);
        // A row of a register may be a delegation.
        let keys = issuer_keys::open(&self.dir, &config, shared, &[KeyUse::Credential, KeyUse::Delegation])?;
        let store = open_store(&self.dir, &config)?;
        let issuer = Issuer::new(config, keys, store);
        let bar = progress_bar("Signing", Some(survey.good));
        let hand_out = HandOut { out, module: self.module_pixels, now };
        let plan = Plan { input: &self.input, hand_out, rules: rules.as_ref() };
        let outcome = run::run(&issuer, &plan, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        self.report(shared, out, &outcome?)
    }

    fn survey(&self, config: &Config, now: UnixTime, rules: Option<&Rules>) -> Result<Survey, Failure> {
        let bar = progress_bar("Checking", None);
        let survey = run::survey(config, &self.input, now, rules, &mut |read| bar.set_position(read));
        bar.finish_and_clear();
        Ok(survey?)
    }

    /// The rules of the scheme, where there is one.
    fn rules(&self, config: &Config, now: UnixTime) -> Result<Option<Rules>, Failure> {
        let Some(path) = &self.scheme else { return Ok(None) };
        let at = |problem: &dyn std::fmt::Display| input(format!("{}: {problem}", path.display()));
        let bytes = fs::metadata(path).map_err(|error| at(&error))?.len();
        if bytes > u64::try_from(SCHEME_LIMITS.bytes_max).unwrap_or(u64::MAX) {
            return Err(at(&format_args!("{bytes} bytes, at most {} are read", SCHEME_LIMITS.bytes_max)));
        }
        let text = fs::read_to_string(path).map_err(|error| at(&error))?;
        let scheme = Scheme::parse(&text)
            .map_err(|fault| input(format!("{}, {}", path.display(), findings::refused(&fault).text())))?;
        let iss = config.record.iss();
        if scheme.issuer != *iss {
            return Err(at(&format_args!("these are the rules of {}, this issuer is {iss}", scheme.issuer)));
        }
        let as_of = self.as_of.unwrap_or(now.date());
        if as_of > now.date() && !self.explain_only {
            return Err(usage(format!("--as-of {as_of} is after the day of issue, {}", now.date())));
        }
        Ok(Some(Rules { scheme: Arc::new(scheme), as_of }))
    }

    /// Says what the rules make of each registration.
    fn explain(
        &self,
        shared: &Shared,
        config: &Config,
        now: UnixTime,
        rules: &Rules,
    ) -> Result<ExitCode, Failure> {
        let (mut covered, mut uncovered, mut bad) = (0_u64, 0_u64, 0_u64);
        let mut unsaid = None;
        run::explain(config, &self.input, now, rules, |explained| {
            let said = match explained {
                Err(fault) => {
                    bad = bad.saturating_add(1);
                    self.report_fault(shared, &fault);
                    Ok(ExitCode::SUCCESS)
                }
                Ok(explanation) => {
                    let is_covered = explanation.outcome.cover.is_some();
                    let count = if is_covered { &mut covered } else { &mut uncovered };
                    *count = count.saturating_add(1);
                    if shared.json { say(&explanation.json(None)) } else { say(&explanation.text()) }
                }
            };
            unsaid = unsaid.take().or(said.err());
            Ok(())
        })?;
        if let Some(failure) = unsaid {
            return Err(failure);
        }
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        if shared.json {
            say(&Json::Object(vec![
                ("covered".into(), number(covered)),
                ("uncovered".into(), number(uncovered)),
                ("bad".into(), number(bad)),
            ]))?;
        } else {
            say(&format_args!(
                "{covered} covered, {uncovered} not covered, {bad} rows with mistakes; nothing was signed"
            ))?;
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
    }

    fn report_fault(&self, shared: &Shared, fault: &RowFault) {
        let (file, RowFault { line, field, problem, .. }) = (self.input.display(), fault);
        let place = if field.is_empty() { String::new() } else { format!(", {field}") };
        eprintln!("{file}, line {line}{place}: {problem}");
        if shared.json {
            let _ = say(&fault_json(&file, *line, field, problem));
        }
    }

    fn report_faults(&self, shared: &Shared, survey: &Survey) {
        for fault in &survey.faults {
            self.report_fault(shared, fault);
        }
        let shown = u64::try_from(survey.faults.len()).unwrap_or(u64::MAX);
        if survey.bad > shown {
            self.say_more(shared, survey.bad.saturating_sub(shown));
        }
    }

    fn say_more(&self, shared: &Shared, more: u64) {
        let file = self.input.display();
        eprintln!("{file}: and {more} more");
        if shared.json {
            let _ = say(&Json::Object(vec![
                ("file".into(), Json::Text(file.to_string().into())),
                ("more".into(), Json::Integer(i64::try_from(more).unwrap_or(i64::MAX))),
            ]));
        }
    }

    fn report_expired(&self, shared: &Shared, outcome: &Outcome) {
        let file = self.input.display();
        for ExpiredRecord { line, cti, exp } in &outcome.expired_records {
            let problem = format!(
                "unchanged since the document {cti}, which expired on {}; to sign a new one, give the record a new exp or \
                 change it",
                exp.date()
            );
            eprintln!("{file}, line {line}: {problem}");
            if shared.json {
                let _ = say(&fault_json(&file, *line, "exp", &problem));
            }
        }
        let shown = u64::try_from(outcome.expired_records.len()).unwrap_or(u64::MAX);
        if outcome.expired > shown {
            self.say_more(shared, outcome.expired.saturating_sub(shown));
        }
    }

    fn report(&self, shared: &Shared, out: &Path, outcome: &Outcome) -> Result<ExitCode, Failure> {
        let out = out.display();
        self.report_expired(shared, outcome);
        let rejected_file = outcome.rejected_file.as_ref().map(|path| path.display().to_string());
        if outcome.reduced > 0 {
            eprintln!(
                "Note: {} long documents were drawn with error correction M instead of Q; print them larger than the \
                 others, they bear less damage.",
                outcome.reduced
            );
        }
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            let mut members = vec![
                ("issued".into(), number(outcome.issued)),
                ("finished".into(), number(outcome.finished)),
                ("earlier".into(), number(outcome.earlier)),
                ("expired".into(), number(outcome.expired)),
                ("rejected".into(), number(outcome.rejected)),
                ("rejected_file".into(), rejected_file.map_or(Json::Null, |path| Json::Text(path.into()))),
                ("reduced".into(), number(outcome.reduced)),
                ("out".into(), Json::Text(out.to_string().into())),
            ];
            if let Some(path) = &outcome.explained_file {
                members.push(("uncovered".into(), number(outcome.uncovered)));
                members.push(("explained_file".into(), Json::Text(path.display().to_string().into())));
            }
            say(&Json::Object(members))?;
        } else {
            say(&format_args!("{} documents signed, in {out}", outcome.issued))?;
            if outcome.finished > 0 {
                say(&format_args!("{} signed by an earlier run and written now", outcome.finished))?;
            }
            if outcome.earlier > 0 {
                say(&format_args!("{} were there already", outcome.earlier))?;
            }
            if outcome.expired > 0 {
                say(&format_args!("{} not signed: their documents have expired", outcome.expired))?;
            }
            if outcome.uncovered > 0 {
                say(&format_args!("{} have no cover", outcome.uncovered))?;
            }
            if let Some(path) = &outcome.explained_file {
                say(&format_args!("{} says why, line by line", path.display()))?;
            }
            if let Some(path) = rejected_file {
                say(&format_args!("{} set aside: correct {path} and feed it again", outcome.rejected))?;
            }
        }
        let is_done = outcome.rejected == 0 && outcome.expired == 0;
        Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(3) })
    }
}
