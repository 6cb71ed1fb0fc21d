//! The names by which vectors call faults. Other implementations map their own errors to the same names.

use sanad_credential::{Fault, Form, Unit, What};

/// What a vector may expect instead of acceptance: the fault and the place, as one line.
pub(crate) fn describe(fault: &Fault) -> String {
    format!("{} at \"{}\"", name(fault.what()), fault.place())
}

/// Name of the fault. `tests/vectors/README.md` lists all of them.
pub(crate) fn name(what: &What) -> String {
    match what {
        What::Prefix => "prefix".into(),
        What::Character { position, .. } => format!("character/{position}"),
        What::Base45Group { position, .. } => format!("base45_group/{position}"),
        What::Base45Tail { .. } => "base45_tail".into(),
        What::Length { unit, .. } => format!("length/{}", unit_name(*unit)),
        What::Truncated { .. } => "truncated".into(),
        What::Trailing { .. } => "trailing".into(),
        What::NotDeterministic { form, .. } => format!("form/{}", form_name(*form)),
        What::WrongType { .. } => "wrong_type".into(),
        What::Range { .. } => "range".into(),
        What::Code { .. } => "code".into(),
        What::Word { .. } => "word".into(),
        What::Unknown { key } => format!("unknown/{key}"),
        What::Repeated { key } => format!("repeated/{key}"),
        What::Missing => "missing".into(),
        What::SetOrder { .. } => "set_order".into(),
        What::LineOrder { .. } => "line_order".into(),
        What::NameCharacter { position, .. } => format!("name_character/{position}"),
        What::Pattern { .. } => "pattern".into(),
        What::Period { .. } => "period".into(),
        What::Serials { .. } => "serials".into(),
        What::PaidThrough { .. } => "paid_through".into(),
        What::Validity { .. } => "validity".into(),
        What::ListValidity { .. } => "list_validity".into(),
        What::StatusMissing { .. } => "status_missing".into(),
        What::WrongTyp { .. } => "wrong_typ".into(),
        What::Algorithm { .. } => "algorithm".into(),
        What::OtherKey { .. } => "other_key".into(),
        What::WeakKey => "weak_key".into(),
        What::Signature => "signature".into(),
        What::Zlib => "zlib".into(),
        What::Json { .. } => "json".into(),
        unnamed => panic!("{unnamed:?} has no name in the vectors"),
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes",
        Unit::Characters => "characters",
        Unit::Entries => "entries",
        Unit::Levels => "levels",
        Unit::Values => "values",
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::NotShortest => "not_shortest",
        Form::Indefinite => "indefinite",
        Form::KeyOrder => "key_order",
        Form::DuplicateKey => "duplicate_key",
        Form::Tag => "tag",
        Form::Float => "float",
        Form::Simple => "simple",
        Form::Reserved => "reserved",
        Form::Utf8 => "utf8",
    }
}
