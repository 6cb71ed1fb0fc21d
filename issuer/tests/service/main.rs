//! The service as a whole: `init`, `serve`, and requests over the network as officers, delegates and attackers send them.
//!
//! The functions of the list below are tests of each store; what has nothing to do with the store is tested with the
//! embedded one. PostgreSQL is the server that `SANAD_TEST_POSTGRES` names; `cargo xtask test` and
//! `cargo xtask postgres -- COMMAND` start one. Without it these tests fail. All people and offices are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod contract;
mod delegating;
mod http;
mod issuing;
mod jobs;
mod keys;
mod office;
mod operating;
mod others;
mod paths;
mod replicas;
mod roles;
#[allow(dead_code, reason = "the suite of the stores needs more of it")]
#[path = "../store/scratch.rs"]
mod scratch;
mod searching;
mod texts;

/// Makes two tests of each function.
macro_rules! against_both_stores {
    ($($module:ident { $($rule:ident),* $(,)? })*) => {
        mod embedded {
            $($(
                #[test]
                fn $rule() {
                    let mut office = crate::office::Office::new(crate::office::StoreKind::Embedded);
                    crate::$module::$rule(&mut office);
                    office.close();
                }
            )*)*
        }
        mod postgres {
            $($(
                #[test]
                fn $rule() {
                    let mut office = crate::office::Office::new(crate::office::StoreKind::Postgres);
                    crate::$module::$rule(&mut office);
                    office.close();
                }
            )*)*
        }
    };
}

against_both_stores! {
    issuing {
        what_is_issued_opens_with_the_record_and_reads_back_from_every_drawing,
        a_revocation_is_published_within_seconds_and_stays,
        a_reissue_replaces_and_a_renewal_follows,
        a_credential_is_bound_to_the_phone_that_asks_and_to_no_other,
    }
    keys {
        a_replayed_request_has_one_credential_and_a_reused_key_none,
        racing_requests_with_one_key_make_one_credential,
        racing_requests_with_one_key_and_two_bodies_make_one_credential,
        keys_that_cannot_be_kept_are_refused_and_sign_nothing,
    }
    searching {
        people_are_found_by_number_and_name_in_every_spelling_over_pages,
        a_cursor_that_was_not_given_leads_nowhere_and_never_out_of_the_search,
        parameters_that_no_search_has_are_refused,
    }
    jobs {
        registers_in_both_forms_are_signed_and_told_line_by_line,
        a_cancelled_job_keeps_what_it_signed_and_signs_no_more,
    }
    delegating {
        a_delegate_is_granted_held_to_it_and_stopped,
        a_contribution_has_one_receipt,
    }
    operating {
        health_metrics_description_and_page_are_there_for_everybody,
        published_files_have_tags_and_are_not_sent_twice,
        statistics_tell_nothing_of_few,
    }
    others {
        a_document_of_another_county_does_not_exist,
        a_job_of_another_office_does_not_exist_and_signs_nothing_beyond_its_own,
    }
    texts {
        statements_in_texts_are_texts,
        names_that_deceive_the_eye_are_refused_or_kept_to_the_letter,
    }
}
