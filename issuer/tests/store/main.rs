//! The contract of `issuer/src/store.rs`, clause by clause, against both stores: each function of the list below is a
//! test of each of them. What only one of them can do or suffer stands in modules of its own.
//!
//! PostgreSQL is the server that `SANAD_TEST_POSTGRES` names; `cargo xtask test` and `cargo xtask postgres -- COMMAND`
//! start one. Without it these tests fail. All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

mod damage;
mod finding;
mod format_one;
mod invented;
mod keeping;
mod layouts;
mod leading;
mod log;
mod numbers;
mod papers;
mod races;
mod scratch;
mod server;
mod status;
mod transfer;

/// Makes two tests of each function.
macro_rules! against_both_stores {
    ($($module:ident { $($rule:ident),* $(,)? })*) => {
        mod embedded {
            $($(
                #[test]
                fn $rule() {
                    crate::$module::$rule(&crate::scratch::Scratch::embedded());
                }
            )*)*
        }
        mod postgres {
            $($(
                #[test]
                fn $rule() {
                    crate::$module::$rule(&crate::scratch::Scratch::postgres());
                }
            )*)*
        }
    };
}

against_both_stores! {
    numbers {
        numbers_are_never_given_twice_also_after_reopening,
        eight_threads_never_get_one_number,
        at_least_one_number_is_given,
        no_number_beyond_the_last_list_is_given,
    }
    keeping {
        documents_come_back_by_their_record_after_reopening,
        an_unknown_id_or_record_is_not_found,
        a_number_that_was_not_reserved_stops_the_whole_batch,
        a_number_that_was_given_twice_stops_the_whole_batch,
        a_record_is_never_kept_twice,
        an_id_is_never_given_twice,
        a_request_is_answered_once,
        keys_of_different_clients_have_nothing_to_do_with_each_other,
        a_request_is_looked_at_first_then_the_record_then_the_id_then_what_is_superseded,
        what_is_not_kept_leaves_no_trace,
        what_is_superseded_is_so_in_the_commit_of_the_newer_one,
        what_is_not_in_force_cannot_be_superseded,
        an_entry_sees_those_before_it_in_its_batch,
        a_paper_that_was_overtaken_stops_the_whole_batch,
        papers_are_written_with_the_documents,
        a_batch_that_must_be_whole_is_kept_in_whole_or_not_at_all,
        sixteen_of_the_longest_documents_fit_into_one_commit,
        the_fullest_batches_fit_into_one_commit_beside_the_papers_of_a_job,
        more_than_a_batch_takes_is_refused,
    }
    races {
        two_threads_with_one_request_keep_one_document,
        two_threads_with_one_record_keep_one_document,
        two_threads_that_supersede_one_document_do_it_once,
        batches_that_meet_crosswise_keep_each_record_once,
        changes_of_neighbours_at_once_lose_none,
        a_paper_counts_every_thread,
        the_log_holds_whatever_threads_do,
    }
    status {
        a_revoked_document_never_becomes_valid_again_also_after_reopening,
        every_change_lands_on_its_own_entry_and_on_no_other,
        outcomes_come_in_the_order_asked_and_a_repeat_is_seen,
        an_id_that_was_never_given_is_unknown,
        every_change_follows_the_table,
        a_line_of_the_log_stands_for_each_change_and_for_nothing_else,
        a_version_rises_with_each_change_and_with_nothing_else,
        a_change_that_is_refused_writes_nothing,
        more_changes_than_a_commit_takes_are_refused,
        a_list_without_changes_is_all_valid,
        lists_in_use_are_counted_from_the_documents,
        a_list_never_bears_a_time_twice_whatever_the_clock_says,
        threads_never_date_a_publication_alike,
    }
    finding {
        every_device_of_an_id_is_found_and_no_other,
        a_member_number_is_found_over_pages_and_no_other_is,
        a_name_is_found_by_its_start_over_pages,
        names_are_in_the_order_of_their_bytes,
        all_are_found_in_the_order_of_their_numbers,
        the_newest_is_the_one_with_the_highest_number,
        a_page_has_no_more_than_asked_for_and_no_more_than_a_page,
        a_cursor_of_another_search_does_not_lead_out_of_this_one,
        signs_of_query_languages_are_letters_like_others,
        what_is_found_shows_its_status,
    }
    papers {
        a_version_is_compared_before_a_paper_is_written,
        one_paper_that_does_not_stand_as_expected_stops_all,
        papers_are_listed_by_kind_start_and_cursor,
        a_paper_that_is_written_twice_at_once_counts_both,
        any_bytes_are_a_content_up_to_the_limit,
        more_papers_than_a_commit_takes_are_refused,
        a_removed_paper_begins_anew,
        papers_outlive_the_process,
    }
    log {
        an_empty_log_has_the_empty_head,
        lines_stand_in_the_order_of_their_acts_and_hang_together,
        the_log_is_read_in_pages,
        odd_letters_stay_what_they_are,
    }
    transfer {
        everything_comes_over_and_comes_back,
        pages_of_any_size_have_the_same_rows,
        a_store_goes_on_where_the_other_stopped,
        a_row_that_is_there_is_not_written_over,
        lines_that_do_not_follow_are_not_taken,
        rows_that_cannot_be_are_not_taken,
    }
    damage {
        a_damaged_block_is_named_and_not_read_as_valid,
        a_damaged_document_is_named,
        a_damaged_number_gives_no_number,
        a_damaged_paper_is_named,
        a_damaged_head_of_the_log_takes_no_line,
        a_store_of_another_issuer_is_refused,
    }
}
