"""What Orb's guide to usage dashboards asks of one, rule by rule, and the tests that hold each.

The rules are in our words, in the guide's order: https://docs.withorb.com, "Usage dashboards".
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

HELD: dict[str, tuple[str, ...]] = {
    # What a dashboard contains
    "The bill that the customer is on track for": ("test_the_bill_reads_as_the_invoice_does",),
    "For prepaid plans the credits that are left, and how fast they go": (
        "test_the_first_entrys_ending_balance_is_the_balance",
        "test_the_pace_is_that_of_seven_days_and_beside_it_of_thirty",
    ),
    "The largest groups of what drives cost": (
        "test_groups_keep_orbs_key_and_the_rest_is_what_the_subtotal_holds_beyond_them",
    ),
    "Cost and usage as series over the whole billing period": (
        "test_the_axis_is_the_whole_period_with_the_days_to_come",
        "test_window_granularity_and_view_are_always_sent_and_orb_may_use_its_cache",
    ),
    "A place for free questions": ("test_the_button_runs_and_the_form_is_kept_with_a_link_to_itself",),
    "Each section asks the endpoint that is meant for it": ("test_a_first_paint_asks_exactly_what_it_needs",),
    # Bill preview against cost breakdown
    "What will be charged is the amount due of the upcoming invoice": (
        "test_an_amount_due_comes_from_an_invoice_alone",
        "test_the_bridge_goes_from_subtotal_to_amount_due",
    ),
    "Where spend comes from is told in subtotals, and called so": (
        "test_each_card_says_what_kind_of_figure_it_shows",
        "test_each_card_has_its_title_and_its_basis",
    ),
    "No breakdown shows discounts, minimums or maximums by group, nor an amount due": (
        "test_the_amount_due_is_in_the_bill_and_nowhere_else",
        "test_no_card_but_the_bill_holds_an_amount_due",
        "test_an_amount_due_comes_from_an_invoice_and_is_never_broken_down",
    ),
    "Breakdowns lead to the upcoming invoice for the whole bill": (
        "test_each_card_says_what_kind_of_figure_it_shows",
        "test_the_full_bill_is_the_upcoming_invoice_with_its_age_and_a_way_back",
    ),
    # Current bill
    "Each active subscription has a bill of its own, and bills are never summed": (
        "test_several_subscriptions_cost_one_invoice_each_and_one_series_a_currency",
        "test_a_subscriptions_figures_are_in_its_own_parts_alone",
    ),
    "An ended subscription, which Orb refuses, is a state": (
        "test_nothing_pending_and_ended_are_states_and_look_like_them",
        "test_a_400_of_another_kind_is_no_end_of_the_subscription",
    ),
    "That no invoice is pending is a state and no error": (
        "test_what_is_a_true_state_is_no_error",
        "test_a_bill_that_is_not_there_is_a_state_of_it",
    ),
    # Credits
    "The balance is the ending balance of the newest entry": (
        "test_the_first_entrys_ending_balance_is_the_balance",
        "test_the_ledger_is_asked_for_unfiltered",
    ),
    "The same entries tell of recent activity and of the burn rate": (
        "test_all_seven_types_of_entries_have_words_and_the_balance_after_them",
        "test_only_usage_counts_and_today_is_not_over",
    ),
    "No ledger for a unit means no credits and no error": (
        "test_a_ledger_that_was_never_used_is_a_balance_of_nothing",
        "test_a_customer_whom_orb_does_not_know_has_no_subscription_and_no_credits",
    ),
    "Blocks have their ends and what they cost, and warn of credits that will expire": (
        "test_blocks_stand_in_the_order_in_which_they_are_drawn",
        "test_what_expires_is_lost_and_told_of",
    ),
    # Grouped costs
    "Groups are on first paint, over at most 32 days of the last 100": (
        "test_a_first_paint_asks_exactly_what_it_needs",
        "test_a_window_past_orbs_limits_is_cut_at_a_local_midnight_within_them",
    ),
    "A key or an account that is not enabled is a state": ("test_every_state_is_in_its_own_words_and_never_in_orbs",),
    "That there are more groups is said and not kept silent": (
        "test_more_groups_than_are_shown_are_said_to_be_there_and_lead_to_them",
    ),
    "The whole, the largest groups and the rest are shown where the whole is known": (
        "test_shares_add_to_a_hundred_and_none_is_a_tenth_off",
        "test_without_a_subtotal_there_is_no_share_and_no_rest_but_a_reason",
        "test_grouped_costs_are_read_under_every_plausible_name",
    ),
    "Where cost cannot be ranked, usage by group and free questions are the way on": (
        "test_too_many_groups_lead_on_by_usage_and_to_a_free_question",
        "test_a_refused_grouping_shows_the_way_on_to_those_who_may_go_it",
    ),
    # Licenses
    "Licenses show what each used of its allocation, page by page and by day": (
        "test_each_license_has_what_it_used_of_its_own_allocation",
        "test_the_list_goes_on_where_orbs_cursor_says",
        "test_days_stand_beside_the_whole_allocation",
    ),
    "What is owed stands apart from the use of licenses": ("test_the_card_is_whole_without_script",),
    # Series
    "One subscription is asked by itself, several are rolled up by Orb": (
        "test_several_subscriptions_are_one_question_that_orb_sums",
    ),
    "Running totals hold minimums and discounts, single days do not, and the reader is told": (
        "test_a_minimum_or_discount_is_noticed",
        "test_a_minimum_or_discount_shows_what_days_come_to_with_it",
    ),
    "A running total begins with its billing period": (
        "test_a_cumulative_bucket_is_named_by_the_day_that_it_ends_with",
        "test_a_billing_period_that_begins_anew_is_a_line_of_its_own",
    ),
    "A metric that does not decompose is grouped as its invoices are, and in no other way": (
        "test_uniques_are_grouped_as_invoices_group_them_and_in_no_other_way",
    ),
    "Uniques of days are never summed": (
        "test_uniques_of_days_do_not_add_up_to_those_of_the_period",
        "test_users_and_peaks_are_never_summed",
    ),
    "Where usage cannot be grouped, grouped costs are the way on": (
        "test_a_metric_that_cannot_be_grouped_says_so_and_where_its_cost_is",
    ),
    "Days are cut by Orb at the customer's midnight and never anew by us": (
        "test_days_are_orbs_buckets_and_named_where_the_customer_lives",
        "test_a_day_of_23_hours_keeps_its_length_and_its_own_name",
        "test_a_day_on_which_the_clocks_change_has_its_own_length",
    ),
    # Freeform analytics
    "A free question runs on the button and never on the way to a page": (
        "test_the_freeform_query_is_never_called",
        "test_looking_never_runs",
        "test_the_dashboard_never_runs",
    ),
    "It names the customer, at most 100 prices, and days no more than 100 back": (
        "test_the_question_to_orb_holds_the_customer_the_window_and_our_expressions",
        "test_what_is_no_question_is_a_400_that_names_it",
        "test_exactly_a_hundred_days_back_is_the_first_day",
    ),
    "Hours are computed by Orb from the time of each event": (
        "test_the_hour_is_computed_by_orb_unless_a_property_is_called_so",
    ),
    "It may take seconds, and longer than a card": ("test_it_may_take_longer_than_a_card",),
    "What-if questions go to the endpoint for made-up events": (
        "test_made_up_events_are_priced_as_they_were_sent_and_for_this_customer_alone",
        "test_more_usage_is_estimated_by_orb_and_recorded_nowhere",
    ),
    # Caching
    "Endpoints that cache are asked with the header and an age": (
        "test_a_cached_question_carries_both_headers_and_brings_the_stamp",
    ),
    "Orb's stamp is what the page says of its age": (
        "test_the_age_is_that_of_the_oldest_answer_and_moves_with_the_clock",
    ),
    "Grouped costs and free questions are asked without it": (
        "test_routes_that_do_not_cache_are_never_sent_the_header",
        "test_grouped_costs_never_tell_their_age",
    ),
    # Composing
    "First paint asks everything at once": ("test_all_calls_are_in_flight_together",),
    "A first paint is five or six calls": ("test_a_first_paint_asks_exactly_what_it_needs",),
    "A refresh asks the first-paint questions again past the cache": (
        "test_a_refresh_asks_everything_again_without_the_cache_header",
    ),
    # Specific cases
    "Subscriptions stand side by side; only Orb rolls their costs up": (
        "test_several_subscriptions_are_one_question_that_orb_sums",
        "test_a_viewer_of_one_subscription_cannot_see_or_compute_anything_of_the_others",
    ),
    "A pricing unit is written as such and never with a currency's sign": (
        "test_money_is_written_as_readers_of_a_language_write_it",
        "test_a_pricing_unit_is_written_as_such",
    ),
    "Thresholds that were crossed are for the alerts and no reason to ask again": (
        "test_a_cost_alert_is_held_against_the_bill_after_credits_and_not_against_the_amount_due",
    ),
}


@cache
def functions() -> set[str]:
    """Every test there is."""
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("rule", HELD)
def test_a_rule_of_the_guide_is_held_by_tests_that_there_are(rule: str) -> None:
    assert HELD[rule]
    assert set(HELD[rule]) - functions() == set()
