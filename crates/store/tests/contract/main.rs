//! What the store promises, written once and run on every engine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod acts;
mod administration;
mod agents;
mod app_events;
mod audit;
mod brakes;
mod browsers;
mod client_documents;
mod clients;
mod codes;
mod deadlines;
mod devices;
mod factors;
mod fixtures;
mod heartbeat;
mod imports;
mod keeping;
mod keys;
mod leases;
mod logouts;
mod names;
mod outbox;
mod own_account;
mod partner_apps;
mod passkeys;
mod provider_accounts;
mod realms;
mod refresh;
mod request_log;
mod revocation;
mod seats;
mod spend;
mod teams;
mod user_links;
mod webhooks;

/// Declares each of a subject's promises as a test of each engine.
macro_rules! promises {
    ($($subject:ident: $($name:ident),* $(,)?;)*) => {
        mod sqlite {
            $(mod $subject {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let options = claviger_store::Options::default();
                    crate::$subject::$name(claviger_store::Store::open("sqlite::memory:", &options).unwrap()).await;
                })*
            })*
        }
        mod postgres {
            $(mod $subject {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let url = claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap();
                    let options = claviger_store::Options::default();
                    crate::$subject::$name(claviger_store::Store::connect(&url, &options).await.unwrap()).await;
                })*
            })*
        }
    };
}

promises! {
    teams: a_team_has_a_name_an_owner_and_a_bound, of_64_who_use_an_invitation_one_joins, a_team_keeps_an_owner,
        of_two_owners_who_leave_at_once_one_stays;
    partner_apps: of_64_changes_of_one_version_one_counts, an_app_is_found_by_its_team_and_by_either_client,
        a_line_says_how_both_clients_stand_when_one_was_used_and_what_ends, a_team_has_so_many_apps;
    app_events: what_is_said_at_once_has_a_number_each, who_said_it_is_known_until_they_are_gone,
        an_app_waits_once_and_is_withdrawn_once;
    request_log:
        what_goes_well_never_pushes_out_what_was_refused,
        calls_are_counted_by_day,
        calls_are_found_by_app_reference_and_kind,
        what_is_old_leaves;
    deadlines: a_deadline_is_told_once_and_ends_what_it_is_of, the_last_uses_of_many_clients_come_at_once;
    realms: a_realm_is_found_where_its_requests_arrive, writing_the_same_again_changes_nothing,
        everything_is_applied_or_nothing;
    clients: a_client_is_registered_once, no_client_has_a_users_id,
        of_two_at_once_one_gets_the_id, an_app_is_found_by_what_it_is_called, what_is_given_after_a_resume_counts, a_new_password_ends_what_the_old_one_gave, what_rests_on_a_password_begins_only_while_it_is_current,
        a_user_disabled_by_a_file_loses_everything_at_once, a_client_comes_with_its_secrets, at_most_two_secrets_are_live, of_64_added_at_once_two_are_live,
        applying_again_revives_nobody, clients_are_listed_by_status, suspending_ends_everything,
        a_deleted_client_leaves_nothing, approval_is_one_transaction, a_user_is_found_by_what_they_type,
        a_username_belongs_to_one_user, disabling_a_user_ends_everything, a_new_password_signs_out;
    browsers: a_session_lives_as_long_as_it_is_touched, a_waiting_request_is_answered_once,
        of_64_approvals_one_counts, a_code_rests_on_what_was_read, consent_grows, two_consents_at_once_lose_nothing;
    factors: the_first_factor_ends_what_programs_had_by_password, of_64_uses_of_a_code_one_counts,
        a_browser_is_remembered_until_the_password_changes;
    passkeys: a_passkey_is_one_users_in_a_realm, of_64_uses_with_one_challenge_one_counts, a_counter_only_moves_on,
        a_user_loses_all_their_passkeys;
    provider_accounts: somebody_at_a_provider_is_one_user, of_64_first_sign_ins_one_makes_the_user,
        nobody_loses_their_last_way_in;
    logouts: who_signed_in_hears_of_the_end_once, an_operators_end_is_heard_as_well,
        a_session_that_goes_on_is_not_told_of;
    codes: a_code_works_once, an_exchange_rests_on_what_was_read, of_64_redemptions_one_wins, a_code_that_is_over_is_gone, a_wrong_hash_spends_nothing,
        nothing_begins_for_a_client_that_is_not_served, an_exchange_that_fails_leaves_the_code;
    refresh: a_grant_turns_over, of_64_refreshes_of_one_generation_one_wins, every_generation_may_be_served,
        nothing_turns_over_after_its_end, a_refresh_rests_on_what_was_read, a_revoked_grant_stays_revoked, nothing_lives_after_a_revocation;
    acts: an_act_rests_on_what_was_seen, grants_are_listed_and_end_by_app_and_user, many_grants_end_in_batches,
        a_consent_that_is_withdrawn_takes_its_grants_along, sessions_are_listed_and_end, an_edit_rests_on_what_was_read,
        a_use_is_noted_once_a_minute, a_refused_mail_waits_for_the_operator,
        a_lost_approval_is_told_again_with_another_secret, a_rejection_and_its_mail_are_one, what_a_file_manages_is_known,
        seats_name_their_holders;
    imports: who_comes_along_is_new_or_left_as_they_are,
        a_hash_is_replaced_on_condition_that_it_is_the_one_that_was_read,
        an_organisation_is_added_once_changed_and_removed_when_nobody_belongs_to_it;
    names: a_name_is_found_however_it_is_written, an_address_signs_in_where_it_is_confirmed_and_ones_own,
        names_get_their_form_once;
    seats: the_last_seat_has_one_taker, a_user_takes_one_seat, seats_fall_back, a_refresh_holds_its_seat,
        no_seat_no_token, releasing_ends_the_grant, organisations_have_pools_of_their_own;
    revocation: followers_hear_in_order, the_same_again_is_no_news, opaque_tokens_know, followers_ahead_start_over,
        all_of_a_user_ends_in_batches;
    audit: an_act_and_its_line_are_one, erasing_a_person_keeps_the_chain, acts_at_once_give_one_chain, lines_are_filtered,
        many_users_of_a_file_have_one_line, old_lines_leave_and_the_chain_stays_whole;
    webhooks: an_act_is_told_to_whoever_wants_it, what_ended_is_told_app_by_app_and_an_ending_secret_once,
        deliveries_are_noted_replayed_and_leave, a_busy_webhook_keeps_its_newest_deliveries;
    keys: of_two_rotations_one_counts, a_removed_key_is_erased, a_secret_is_kept_once;
    heartbeat: a_heartbeat_tells_time_and_change, time_told_only_goes_up;
    spend: what_is_good_once_is_used_once, of_64_uses_one_counts, a_use_and_what_it_gives_are_one,
        a_use_that_is_over_is_forgotten;
    client_documents: there_are_so_many_of_a_host_and_at_all, a_thousand_hosts_of_one_domain_are_one_domain,
        a_document_is_renewed_on_condition_that_its_client_is_as_it_was,
        people_ask_for_what_waits_and_for_nothing_else;
    user_links: of_64_who_use_a_link_one_chooses_the_password, an_address_is_shown_to_be_theirs_once;
    administration: a_role_is_given_once_and_taken_once, roles_go_with_whoever_holds_them, of_64_first_owners_one_is,
        of_64_requests_with_one_key_one_is_done, a_key_that_is_over_is_free;
    leases: a_lease_has_one_holder, a_lease_that_is_over_or_given_back_is_taken;
    outbox: a_parcel_is_due_until_it_is_closed, of_64_who_take_a_parcel_one_has_it;
    agents: a_consent_that_is_over_carries_nothing, nobody_is_asked_without_end, of_64_requests_two_wait, polls_are_measured,
        a_refusal_counts_once_and_is_told_once, what_is_asked_of_a_user_goes_with_them;
    devices: a_device_waits_under_both_its_codes, polls_are_measured, of_64_polls_one_is_in_time;
    brakes: failures_add_up_and_are_forgiven, failures_of_64_at_once_add_up, failures_end;
    own_account: apps_are_listed_in_pages_and_taken_back, companies_of_an_app_are_changed_in_its_grants,
        evidence_is_kept_while_it_stands_and_for_so_long_after, activity_is_bounded_and_goes_with_its_user,
        a_language_is_kept_and_lost_factors_are_removed_once, seats_of_a_user_are_told_with_names,
        an_organisation_says_which_apps_may_act_and_ends_what_they_have;
    keeping: a_mail_is_claimed_once, a_link_opens_once, a_link_to_a_retired_secret_opens_nothing, counts_add_up, changes_are_noticed, what_is_over_leaves,
        a_grant_in_use_is_not_purged;
}
