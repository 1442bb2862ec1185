//! The list of the contract's tests. Each names the clause it guards.

pub(crate) mod batch;
pub(crate) mod blob;
pub(crate) mod cancel;
pub(crate) mod meter;
pub(crate) mod partition;
pub(crate) mod race;
pub(crate) mod scan;
pub(crate) mod shared;

/// Runs the whole list on the engine that `$open` makes.
macro_rules! contract_tests {
    ($open:path) => {
        contract_tests! { @each $open,
            batch::e2_batch_with_failed_condition_changes_nothing,
            batch::e2_condition_of_each_kind_holds_exactly_when_it_should,
            batch::e2_counter_beyond_its_bounds_changes_nothing,
            batch::e2_counter_changes_of_one_row_add_up,
            batch::e2_counter_row_of_wrong_length_is_corrupt,
            batch::e2_range_deletion_that_ends_before_it_starts_deletes_nothing,
            batch::e2_steps_of_a_batch_apply_in_the_promised_order,
            batch::e4_row_is_read_as_last_committed,
            batch::closed_engine_refuses_writes,
            blob::b1_blob_of_refused_commit_leaves_no_tail,
            blob::b1_streamed_pieces_are_read_in_any_order_after_the_commit,
            blob::b1_blob_attached_by_a_batch_without_rows_is_committed,
            blob::b2_pieces_of_any_length_come_back_byte_for_byte,
            blob::b3_range_of_piece_is_clipped_to_its_end,
            blob::b3_absent_piece_is_none_and_empty_piece_is_empty,
            blob::b4_deleted_blob_is_gone_and_its_neighbours_are_not,
            blob::b4_reclaim_keeps_what_was_not_deleted,
            cancel::e2_dropped_commit_is_whole_or_nothing,
            meter::e9_first_change_of_a_later_period_closes_the_one_before,
            meter::e9_refused_change_leaves_the_meter_as_it_was,
            meter::e9_counter_without_a_meter_gets_one,
            meter::e9_changes_of_one_batch_close_a_period_once,
            partition::e1_rows_of_one_partition_are_invisible_in_all_others,
            partition::e1_range_deletion_stays_in_its_partition,
            race::e2_batches_racing_on_one_absent_row_have_one_winner,
            race::e2_swaps_racing_on_one_row_lose_no_update,
            race::e2_counters_raced_against_a_ceiling_never_overshoot,
            race::e2_queued_batches_see_the_batches_ahead,
            race::e2_queued_batches_see_range_deletions_ahead,
            race::e4_reader_beside_writers_never_goes_back,
            race::e4_reader_beside_range_deletions_sees_no_row_that_is_gone,
            race::e4_loser_of_a_race_reads_the_winners_row,
            scan::e5_scan_visits_rows_in_byte_order_within_its_range,
            scan::e5_seek_leaves_out_what_lies_between,
            scan::e5_seek_that_does_not_advance_ends_all_the_same,
            scan::e5_scan_stops_when_told,
            scan::e5_scan_amid_commits_sees_one_moment,
            scan::page_holds_no_more_than_its_limit,
            shared::e7_shared_counter_changes_with_the_batch_or_not_at_all,
            shared::e7_shared_counter_raced_from_many_partitions_never_overshoots,
            shared::e8_appended_row_is_there_with_the_batch_or_not_at_all,
        }
    };
    (@each $open:path, $($module:ident :: $name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                crate::support::runtime().block_on(async {
                    let fixture = $open();
                    crate::contract::$module::$name(std::sync::Arc::clone(&fixture.engine)).await;
                });
            }
        )+
    };
}
