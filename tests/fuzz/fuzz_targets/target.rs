//! A file of the trust repository, or its path; the first byte chooses which. What is accepted is written and read
//! again as the same file, at the one path where it may stand.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_trust::{Agreement, Facilities, Grant, HostRules, IssuerRecord, Rulebook, Target, TargetPath};

fuzz_target!(|data: &str| {
    let Some((choice, text)) = data.split_at_checked(1) else { return };
    let target = match choice.as_bytes()[0] % 7 {
        0 => Grant::parse(text).map(Target::Grant),
        1 => Agreement::parse(text).map(Target::Agreement),
        2 => IssuerRecord::parse(text).map(|record| Target::Issuer(Box::new(record))),
        3 => Rulebook::parse(text).map(Target::Rulebook),
        4 => Facilities::parse(text).map(Target::Facilities),
        5 => HostRules::parse(text).map(Target::HostRules),
        _ => {
            if let Some(path) = TargetPath::parse(text) {
                assert_eq!(path.to_string(), text);
            }
            return;
        }
    };
    let Ok(target) = target else { return };
    let path = target.path();
    assert_eq!(TargetPath::parse(&path.to_string()).as_ref(), Some(&path));
    let written = target.to_json().to_string();
    assert!(written.len() <= path.bytes_max());
    let again = Target::parse(&path, &written).unwrap();
    assert_eq!(again, target);
    assert_eq!(again.to_json().to_string(), written);
});
