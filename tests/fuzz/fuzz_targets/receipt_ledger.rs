//! A ledger of redeemed serials: what is read is written again and is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanad_verify::receipts::ledger::Ledger;

fuzz_target!(|text: &str| {
    let Ok(ledger) = Ledger::parse(text) else { return };
    let entry = |(issuer, cti, serial): &(_, _, _)| -> String {
        let (issuer, cti, serial): (&sanad_credential::IssuerId, &sanad_credential::CredentialId, _) =
            (issuer, cti, serial);
        let serial: &sanad_credential::Count = serial;
        format!(r#"{{"issuer":"{issuer}","cti":"{cti}","serial":{serial}}}"#)
    };
    let written = format!("[{}]", ledger.0.iter().map(entry).collect::<Vec<_>>().join(","));
    assert_eq!(Ledger::parse(&written).unwrap(), ledger);
});
