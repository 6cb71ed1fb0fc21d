//! Money in minor units, ISO 4217.
//!
//! Amounts are whole numbers of the currency's smallest unit, so that nothing is ever rounded by a format. The
//! number of decimals is needed only where a person types or reads an amount; a currency that the table lacks can
//! be carried but neither typed nor shown in ordinary units.

use alloc::format;
use alloc::string::{String, ToString};

use crate::cbor::{Field, Reader, Writer};
use crate::fault::{Fault, What};
use crate::json::Json;
use crate::number::Count;
use crate::text::Currency;

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the currency's smallest unit.
    pub minor: Count,
    /// ISO 4217.
    pub currency: Currency,
}

/// ISO 4217 list one (2026), by number of decimals; codes without a minor unit (metals, tests) are left out.
const DECIMALS: [(usize, &[&str]); 4] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
            "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
    (
        2,
        &[
            "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND",
            "BOB", "BOV", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY",
            "COP", "COU", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD",
            "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
            "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL",
            "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR",
            "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR",
            "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP",
            "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD",
            "USN", "UYU", "UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ],
    ),
];

impl Currency {
    /// Decimals of the currency, if ISO 4217 has it.
    pub fn decimals(&self) -> Option<usize> {
        let listed = DECIMALS.iter().find(|(_, codes)| codes.contains(&self.as_str()));
        listed.map(|(decimals, _)| *decimals)
    }
}

impl Money {
    /// An amount in ordinary units as a person types it: `150.50` KES, `15000` UGX.
    ///
    /// # Errors
    /// [`What::Word`] for a currency that ISO 4217 does not have, [`What::Decimals`] for more decimals than the
    /// currency has, [`What::Pattern`], [`What::Range`].
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, Fault> {
        let form = || Fault::new(What::Pattern { wanted: "an amount in digits such as 15000 or 150.50" });
        let max = currency.decimals().ok_or(What::Word { list: "ISO 4217" })?;
        let (whole, fraction) = match amount.split_once('.') {
            Some((_, "")) => return Err(form()),
            Some(parts) => parts,
            None => (amount, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        if fraction.len() > max {
            return Err(What::Decimals { found: fraction.len(), max }.into());
        }
        let digits = format!("{whole}{fraction:0<max$}");
        let minor = digits.parse::<u64>().map_err(|_| form())?;
        Ok(Self { minor: Count::new(minor)?, currency })
    }

    /// In ordinary units with all the currency's decimals and its code; a currency that ISO 4217 does not have is
    /// shown in minor units and says so.
    pub fn in_ordinary_units(&self) -> String {
        let currency = &self.currency;
        let Some(decimals) = currency.decimals() else {
            return format!("{} minor units of {currency}", self.minor);
        };
        let width = decimals.saturating_add(1);
        let digits = format!("{:0>width$}", self.minor.to_string());
        match digits.split_at_checked(digits.len().saturating_sub(decimals)) {
            Some((whole, fraction)) if decimals > 0 => format!("{whole}.{fraction} {currency}"),
            _ => format!("{digits} {currency}"),
        }
    }

    /// `{"minor", "currency"}`.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let minor = Count::from_json(object.required("minor")?).map_err(|fault| fault.within("minor"))?;
        let currency =
            Currency::from_json(object.required("currency")?).map_err(|fault| fault.within("currency"))?;
        object.finish()?;
        Ok(Self { minor, currency })
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'_> {
        Json::Object(alloc::vec![
            ("minor".into(), self.minor.to_json()),
            ("currency".into(), self.currency.to_json()),
        ])
    }
}

impl Field for Money {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.tuple(2)?;
        let minor = Count::read(reader).map_err(|fault| fault.within("minor"))?;
        let currency = Currency::read(reader).map_err(|fault| fault.within("currency"))?;
        Ok(Self { minor, currency })
    }

    fn write(&self, writer: &mut Writer) {
        writer.array(2);
        self.minor.write(writer);
        self.currency.write(writer);
    }

    // The inherent functions of the same names: trust data has money outside documents too.
    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Money::from_json(json)
    }

    fn to_json(&self) -> Json<'_> {
        Money::to_json(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(amount: &str, currency: &str) -> Result<u64, Fault> {
        Money::parse(amount, Currency::new(currency)?).map(|money| money.minor.value())
    }

    #[test]
    fn amounts_have_at_most_the_decimals_of_their_currency() {
        assert_eq!(parse("150.50", "KES").unwrap(), 15_050);
        assert_eq!(parse("150.5", "KES").unwrap(), 15_050);
        assert_eq!(parse("15000", "UGX").unwrap(), 15_000);
        assert_eq!(parse("1.234", "OMR").unwrap(), 1_234);
        assert!(parse("15000.5", "UGX").is_err());
        assert!(parse("1.234", "KES").is_err());
        assert!(parse("1.", "KES").is_err());
        assert!(parse(".5", "KES").is_err());
        assert!(parse("-1", "KES").is_err());
        assert!(parse("1", "XXX").is_err());
        assert!(parse("99999999999999999999", "KES").is_err());
        assert!(parse("9007199254740992", "UGX").is_err());
    }

    #[test]
    fn amounts_are_shown_as_they_were_typed() {
        for (amount, currency) in [("150.50", "KES"), ("15000", "UGX"), ("0.005", "OMR"), ("0.00", "KES")] {
            let money = Money::parse(amount, Currency::new(currency).unwrap()).unwrap();
            assert_eq!(money.in_ordinary_units(), format!("{amount} {currency}"));
        }
    }

    #[test]
    fn no_currency_stands_in_two_lists() {
        let mut all: alloc::vec::Vec<&str> =
            DECIMALS.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|code| Currency::new(code).is_ok()));
    }
}
