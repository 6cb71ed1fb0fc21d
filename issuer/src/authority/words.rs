//! What a draft changes, in words and as JSON. English; the values come from [`Summary`].

use sanad_credential::{Json, UnixTime};
use sanad_trust::authoring::{
    DiffLine, KeyLine, Previous, RoleChange, Sign, Signature, SignerGroup, Signers, Summary, TargetChange,
};

/// The lines that whoever signs must have read.
pub fn lines(summary: &Summary) -> Vec<String> {
    let Summary { role, version, expires, .. } = summary;
    let mut lines = vec![
        format!("{role}, version {version}{}", compared(summary)),
        format!("  issued {}, current until {expires}", issued(summary.issued)),
    ];
    for change in &summary.roles {
        lines.extend(role_lines(change));
    }
    for change in &summary.targets {
        lines.extend(target_lines(change));
    }
    if summary.roles.is_empty() && summary.targets.is_empty() {
        let nothing = match summary.previous {
            Previous::None => "  it lists nothing yet",
            Previous::Version { .. } => "  nothing but the dates changes",
        };
        lines.push(nothing.to_owned());
    }
    if summary.unchanged > 0 {
        lines.push(format!("  {} files stay as they are", summary.unchanged));
    }
    for (group, signers, keys) in &summary.signers {
        lines.extend(signer_lines(*group, signers, keys));
    }
    lines
}

/// What must make a signer stop, if anything.
pub fn warning(summary: &Summary) -> Option<String> {
    let (_, signers, _) = summary.signers.first()?;
    match summary.previous {
        Previous::Version { version, signed } if signed < signers.threshold => Some(format!(
            "Version {version}, with which this is compared, is signed by {signed} of the keys below. Unless the \
             keys of {} were just replaced, it may have been made up: compare with the published repository.",
            summary.role
        )),
        _ => None,
    }
}

/// The same for machines.
pub fn json(summary: &Summary) -> Json<'static> {
    let previous = match summary.previous {
        Previous::None => Json::Null,
        Previous::Version { version, signed } => {
            Json::Object(vec![("version".into(), number(version)), ("signed".into(), count(signed))])
        }
    };
    let signers = summary.signers.iter().map(|(group, signers, keys)| {
        Json::Object(vec![
            ("group".into(), text(group_word(*group))),
            ("threshold".into(), count(signers.threshold)),
            ("signed".into(), count(given(keys))),
            ("keys".into(), Json::Array(keys.iter().map(signer_json).collect())),
        ])
    });
    Json::Object(vec![
        ("role".into(), text(&summary.role)),
        ("version".into(), number(summary.version)),
        ("issued".into(), summary.issued.map_or(Json::Null, text)),
        ("expires".into(), text(summary.expires)),
        ("previous".into(), previous),
        ("roles".into(), Json::Array(summary.roles.iter().map(role_json).collect())),
        ("targets".into(), Json::Array(summary.targets.iter().map(target_json).collect())),
        ("unchanged".into(), count(summary.unchanged)),
        ("signers".into(), Json::Array(signers.collect())),
    ])
}

fn compared(summary: &Summary) -> String {
    match summary.previous {
        Previous::None => ", the first".to_owned(),
        Previous::Version { version, .. } => format!(", compared with version {version}"),
    }
}

fn issued(issued: Option<UnixTime>) -> String {
    issued.map_or_else(|| "at no stated time".to_owned(), |issued| issued.to_string())
}

fn role_lines(change: &RoleChange) -> Vec<String> {
    let role = &change.role;
    let before = change.keys.iter().filter(|key| key.sign != Sign::Added).count();
    let after = change.keys.iter().filter(|key| key.sign != Sign::Removed).count();
    let head = match (change.threshold_before, change.threshold) {
        (None, Some(threshold)) => format!("  + keys of {role}: {threshold} of {after} must sign"),
        (Some(threshold), None) => {
            format!("  - keys of {role}: the role ends ({threshold} of {before} signed)")
        }
        (Some(old), Some(new)) => {
            format!("  ~ keys of {role}: {new} of {after} must sign (before: {old} of {before})")
        }
        (None, None) => format!("  keys of {role}"),
    };
    let key = |key: &KeyLine| format!("      {} {} {}", mark(key.sign), key.key, key.holder);
    std::iter::once(head).chain(change.keys.iter().map(key)).collect()
}

fn target_lines(change: &TargetChange) -> Vec<String> {
    let mark_of = if change.sign == Sign::Kept { '~' } else { mark(change.sign) };
    let head = format!("  {mark_of} {}", change.path);
    let line = |DiffLine { sign, place, value }: &DiffLine| {
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        format!("      {} {place}{value}", mark(*sign))
    };
    let none =
        change.lines.is_empty().then(|| "      only the order or spacing of its text changes".to_owned());
    std::iter::once(head).chain(change.lines.iter().map(line)).chain(none).collect()
}

fn signer_lines(group: SignerGroup, signers: &Signers, keys: &[KeyLine]) -> Vec<String> {
    let whose = match group {
        SignerGroup::Role => "",
        SignerGroup::OldRoot => " of the root before",
        SignerGroup::NewRoot => " of this root",
    };
    let (given, threshold, all) = (given(keys), signers.threshold, keys.len());
    let head = format!("  signatures{whose}: {given}, of {all} keys {threshold} must sign");
    let key = |key: &KeyLine| {
        let state = if key.signature == Signature::Given { "signed  " } else { "        " };
        format!("      {state} {} {}", key.key, key.holder)
    };
    std::iter::once(head).chain(keys.iter().map(key)).collect()
}

fn given(keys: &[KeyLine]) -> usize {
    keys.iter().filter(|key| key.signature == Signature::Given).count()
}

fn mark(sign: Sign) -> char {
    match sign {
        Sign::Added => '+',
        Sign::Removed => '-',
        Sign::Kept => ' ',
    }
}

fn sign_word(sign: Sign) -> &'static str {
    match sign {
        Sign::Added => "added",
        Sign::Removed => "removed",
        Sign::Kept => "kept",
    }
}

fn group_word(group: SignerGroup) -> &'static str {
    match group {
        SignerGroup::Role => "role",
        SignerGroup::OldRoot => "old_root",
        SignerGroup::NewRoot => "new_root",
    }
}

fn signer_json(key: &KeyLine) -> Json<'static> {
    Json::Object(vec![
        ("key".into(), text(key.key)),
        ("holder".into(), text(&key.holder)),
        ("signed".into(), Json::Bool(key.signature == Signature::Given)),
    ])
}

fn role_json(change: &RoleChange) -> Json<'static> {
    let threshold = |threshold: Option<usize>| threshold.map_or(Json::Null, count);
    let key = |key: &KeyLine| {
        Json::Object(vec![
            ("change".into(), text(sign_word(key.sign))),
            ("key".into(), text(key.key)),
            ("holder".into(), text(&key.holder)),
        ])
    };
    Json::Object(vec![
        ("role".into(), text(&change.role)),
        ("threshold_before".into(), threshold(change.threshold_before)),
        ("threshold".into(), threshold(change.threshold)),
        ("keys".into(), Json::Array(change.keys.iter().map(key).collect())),
    ])
}

fn target_json(change: &TargetChange) -> Json<'static> {
    let line = |line: &DiffLine| {
        Json::Object(vec![
            ("change".into(), text(sign_word(line.sign))),
            ("place".into(), text(&line.place)),
            ("value".into(), text(&line.value)),
        ])
    };
    let sign = if change.sign == Sign::Kept { "changed" } else { sign_word(change.sign) };
    Json::Object(vec![
        ("path".into(), text(&change.path)),
        ("change".into(), text(sign)),
        ("lines".into(), Json::Array(change.lines.iter().map(line).collect())),
    ])
}

fn text(value: impl std::fmt::Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}

fn count(value: usize) -> Json<'static> {
    Json::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn number(value: u64) -> Json<'static> {
    Json::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}
