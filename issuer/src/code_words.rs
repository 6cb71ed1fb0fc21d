//! The words of the code lists, to be named where a register has another one.

use sanad_credential::{
    BenefitGroup, BenefitType, Category, Contributor, CrossBorderKind, DerivedBy, Function, LineQuality,
    Payee, Payer, PeriodKind, PeriodUnit, PersonCheck, RightType, Role, Scope, Sex, Tariff,
};

/// Declares [`words_of`].
macro_rules! words {
    ($($list:literal $name:ident,)+) => {
        /// The words of a list by the name that a fault gives it; none of a list that no register has.
        pub(crate) fn words_of(list: &str) -> impl Iterator<Item = &'static str> + use<> {
            let words: Vec<&'static str> = match list {
                $($list => $name::ALL.iter().map(|entry| entry.word()).collect(),)+
                _ => Vec::new(),
            };
            words.into_iter()
        }

        #[cfg(test)]
        fn faults() -> Vec<(&'static str, sanad_credential::Fault)> {
            vec![$(($list, $name::from_word("?").unwrap_err()),)+]
        }
    };
}

words! {
    "entitlement type" RightType,
    "function" Function,
    "benefit group" BenefitGroup,
    "membership category" Category,
    "sex" Sex,
    "household role" Role,
    "person check" PersonCheck,
    "period unit" PeriodUnit,
    "period kind" PeriodKind,
    "contributor" Contributor,
    "line quality" LineQuality,
    "benefit type" BenefitType,
    "payee" Payee,
    "cross-border kind" CrossBorderKind,
    "payer" Payer,
    "tariff" Tariff,
    "deriving side" DerivedBy,
    "delegation scope" Scope,
}

/// The lists whose words a column takes; two where it depends on the type.
pub(crate) fn lists_of_column(column: &str) -> &'static [&'static str] {
    match column {
        "type" => &["entitlement type"],
        "functions" => &["function"],
        "waits" | "survives_suspension" | "groups" => &["benefit group"],
        "category" => &["membership category"],
        "sex" => &["sex"],
        "role" => &["household role"],
        "check" => &["person check"],
        "unit" => &["period unit"],
        "kind" => &["period kind", "cross-border kind"],
        "payer" => &["contributor", "payer"],
        "quality" => &["line quality"],
        "benefit_type" => &["benefit type"],
        "payee" => &["payee"],
        "tariff" => &["tariff"],
        "derived_by" => &["deriving side"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use sanad_credential::What;

    use super::*;

    #[test]
    fn every_list_has_the_name_that_its_faults_give() {
        for (list, fault) in faults() {
            assert_eq!(*fault.what(), What::Word { list });
            assert!(words_of(list).count() > 1);
        }
    }

    #[test]
    fn every_list_of_a_column_has_words() {
        let columns: Vec<_> = crate::csv_register::columns(crate::csv_register::Columns::Records).collect();
        let functions = columns.iter().find(|(name, ..)| *name == "functions").unwrap();
        assert!(functions.2.contains(&"medical_care"));
        for (column, ..) in columns {
            assert!(lists_of_column(column).iter().all(|list| words_of(list).count() > 0), "{column}");
        }
    }
}
