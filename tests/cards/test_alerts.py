"""Alerts: what each watches, which thresholds its own figure crossed, and what is not said."""

import json
from typing import Any

import msgspec
import pytest

from app.cache.freshness import Answer
from app.cards.alerts import AllAlerts, once, table
from app.listing import Nothing
from app.money import Money
from app.orb import alerts as orb
from app.orb import wire
from app.orb.decode import decode
from app.orb.errors import TimedOut
from app.reading import Reading
from app.watched import Alert, Figures, view
from tests.conftest import Clock
from tests.english import english
from tests.orb.answers import SUBSCRIPTION, changed, example

COST, BALANCE = json.loads(example("alerts_list"))["data"]
API_REQUESTS = "Q8w89wjTtBdejXKs"


def read(document: dict[str, Any], **fields: Any) -> orb.Alert:
    return decode(msgspec.json.encode(document | fields), orb.Alert)


@pytest.fixture
def growth() -> wire.Subscription:
    return decode(example("subscriptions_list"), wire.Subscriptions).data[0]


@pytest.fixture
def figures(clock: Clock) -> Figures:
    bill = decode(example("invoices_upcoming"), wire.Invoice)
    ledger = decode(example("credits_ledger"), wire.Ledger)
    return Figures(
        {SUBSCRIPTION: Answer(Reading(bill, clock(), clock()))},
        {"compute_credits": Answer(Reading(ledger, clock(), clock()))},
    )


def billed(clock: Clock, **fields: Any) -> Figures:
    bill = decode(msgspec.json.encode(changed("invoices_upcoming", **fields)), wire.Invoice)
    return Figures({SUBSCRIPTION: Answer(Reading(bill, clock(), clock()))})


def amount(value: object) -> str:
    return f"{value.amount:f}" if isinstance(value, Money) else repr(value)


def test_a_cost_alert_is_held_against_the_bill_after_credits_and_not_against_the_amount_due(
    growth: wire.Subscription, clock: Clock
) -> None:
    alert = view(read(COST), growth, billed(clock, total="825.00", amount_due="12.00"))

    assert amount(alert.current) == "825.00"
    assert [(amount(each.value), each.crossed) for each in alert.thresholds] == [("500", True), ("1000", False)]
    assert (amount(alert.next), str(alert.share), alert.fired) == ("1000", "82.5", True)
    assert english(alert.message) == "Passed $500.00. Next at $1,000.00."
    assert (alert.scope, alert.subscription) == ("subscription", growth.title)


def test_what_earlier_invoices_of_the_period_had_counts_as_cost(growth: wire.Subscription, clock: Clock) -> None:
    lines = changed("invoices_upcoming")["line_items"]
    lines[0]["partially_invoiced_amount"] = "175.00"
    alert = view(read(COST), growth, billed(clock, line_items=lines))

    assert amount(alert.current) == "1000.00"
    assert alert.next is None
    assert english(alert.message) == "Passed $1,000.00."


@pytest.mark.parametrize(
    "fields",
    [{"currency": "EUR"}, {"currency": None}, {"grouping_keys": ["workspace_id"]}, {"type": "spend_exceeded"}],
)
def test_a_figure_that_is_another_one_is_not_shown(
    growth: wire.Subscription, figures: Figures, fields: dict[str, Any]
) -> None:
    alert = view(read(COST, **fields), growth, figures)

    assert (alert.current, alert.next, alert.share, alert.fired) == (None, None, None, False)
    assert {each.crossed for each in alert.thresholds} == {None}
    assert english(alert.message).startswith("Alerts from ")
    assert alert.current_reason is not None


def test_a_usage_alert_is_held_against_the_one_line_of_the_bill_that_counts_it(
    growth: wire.Subscription, figures: Figures
) -> None:
    watched = {"type": "usage_exceeded", "currency": None, "metric": {"id": API_REQUESTS}}
    alert = view(read(COST, **watched, thresholds=[{"value": 1250000}, {"value": 2000000}]), growth, figures)

    assert english(alert.label) == "Usage of API Requests"
    assert (repr(alert.current), repr(alert.next), str(alert.share)) == (
        "Quantity(1250000)", "Quantity(2000000)", "62.5",
    )  # fmt: skip
    assert english(alert.message) == "Passed 1,250,000. Next at 2,000,000."


@pytest.mark.parametrize(
    "line",
    [
        {"grouping": "region"},
        {"filter": "x = 1"},
        {"start_date": "2026-05-02T07:00:00+00:00"},
        {"end_date": "2026-05-31T07:00:00+00:00"},
        {"price": {"billable_metric": {"id": "another"}}},
        {"price": None},
    ],
)
def test_a_line_that_counts_a_part_of_the_usage_is_not_taken_for_it(
    growth: wire.Subscription, clock: Clock, line: dict[str, Any]
) -> None:
    lines = changed("invoices_upcoming")["line_items"]
    found = billed(clock, line_items=[lines[0] | line, *lines[1:]])
    alert = view(read(COST, type="usage_exceeded", currency=None, metric={"id": API_REQUESTS}), growth, found)

    assert (alert.current, english(alert.label)) == (None, "Usage this period")


def test_two_lines_of_one_metric_are_not_added(growth: wire.Subscription, clock: Clock) -> None:
    lines = changed("invoices_upcoming")["line_items"]
    found = billed(clock, line_items=[lines[0], *lines])
    alert = view(read(COST, type="usage_exceeded", currency=None, metric={"id": API_REQUESTS}), growth, found)
    assert alert.current is None


def test_a_balance_alert_fires_at_or_below_its_value_and_orbs_own_word_wins(figures: Figures) -> None:
    at = [{"value": 10000}, {"value": 9148.25}, {"value": 9148.24}]
    alone = view(read(BALANCE, thresholds=at, balance_alert_status=None), None, figures)
    told = view(read(BALANCE, thresholds=[{"value": 10000}],
                     balance_alert_status=[{"in_alert": False, "threshold_value": 10000}]), None, figures)  # fmt: skip

    assert [(amount(each.value), each.crossed) for each in alone.thresholds] == [
        ("10000", True), ("9148.25", True), ("9148.24", False),
    ]  # fmt: skip
    assert (amount(alone.current), amount(alone.next), alone.share) == ("9148.25", "9148.24", None)
    assert (alone.fired, alone.scope, alone.subscription_id) == (True, "customer", None)
    assert english(alone.message) == "Dropped to 9,148.25 compute credits or below. Next at 9,148.24 compute credits."
    assert not told.fired
    assert english(told.message) == "Alerts when it drops to 10,000 compute credits."


def test_orbs_own_word_is_enough_where_no_balance_is_at_hand() -> None:
    status = [{"in_alert": True, "threshold_value": 750}, {"in_alert": False, "threshold_value": 150}]
    alert = view(
        read(BALANCE, thresholds=[{"value": 750}, {"value": 150}], balance_alert_status=status), None, Figures()
    )

    assert alert.fired
    assert alert.current is None
    assert english(alert.message) == ("Dropped to 750 compute credits or below. Next at 150 compute credits.")


@pytest.mark.parametrize(
    ("kind", "in_alert", "said"),
    [
        ("credit_balance_depleted", True, "The credits are used up."),
        ("credit_balance_depleted", False, "Alerts when the credits are used up."),
        ("credit_balance_recovered", True, "There are credits again after they were used up."),
        ("credit_balance_recovered", False, "Alerts when there are credits again after they were used up."),
    ],
)
def test_being_used_up_and_no_longer_so_needs_no_threshold(kind: str, in_alert: bool, said: str) -> None:
    status = [{"in_alert": in_alert, "threshold_value": 0}]
    alert = view(read(BALANCE, type=kind, thresholds=None, balance_alert_status=status), None, Figures())
    assert (alert.fired, english(alert.message)) == (in_alert, said)


def test_to_be_used_up_is_to_reach_zero_where_orb_names_no_threshold(figures: Figures) -> None:
    alert = view(
        read(BALANCE, type="credit_balance_depleted", thresholds=None, balance_alert_status=None), None, figures
    )
    assert [(amount(each.value), each.crossed) for each in alert.thresholds] == [("0", False)]


def test_a_balance_that_was_never_used_up_has_not_recovered(figures: Figures) -> None:
    alert = view(read(BALANCE, type="credit_balance_recovered", balance_alert_status=None), None, figures)
    assert not alert.fired
    assert [each.crossed for each in alert.thresholds] == [None]


def test_an_alert_that_is_switched_off_never_fires(growth: wire.Subscription, figures: Figures) -> None:
    alert = view(read(COST, enabled=False), growth, figures)
    assert (alert.enabled, alert.fired) == (False, False)
    assert english(alert.message) == "Alerts from $500.00 to $1,000.00."


def test_an_alert_of_the_plan_is_told_from_the_subscriptions_own(growth: wire.Subscription, figures: Figures) -> None:
    alert = view(read(COST, subscription=None, plan={"id": None, "plan_version": "1"}), growth, figures)
    assert (alert.scope, alert.subscription_id, alert.fired) == ("plan", SUBSCRIPTION, True)


def test_an_alert_of_a_kind_that_is_not_known_here_gets_no_meaning(growth: wire.Subscription, figures: Figures) -> None:
    alert = view(read(COST, type="moon_phase_exceeded"), growth, figures)

    assert english(alert.label) == "Another alert"
    assert (alert.current, alert.fired, {each.crossed for each in alert.thresholds}) == (None, False, {None})


@pytest.mark.parametrize("thresholds", [None, []])
def test_an_alert_without_thresholds_says_so(
    growth: wire.Subscription, figures: Figures, thresholds: list[object] | None
) -> None:
    alert = view(read(COST, thresholds=thresholds), growth, figures)
    assert (english(alert.message), alert.fired, alert.share) == ("It has no thresholds.", False, None)


@pytest.mark.parametrize("written", [b"500.00000000000000000001", b'"500.00000000000000000001"', b"5.0e2"])
def test_thresholds_are_exact_as_numbers_and_as_strings(
    growth: wire.Subscription, figures: Figures, written: bytes
) -> None:
    raw = example("alerts_list").replace(b'"value": 500\n', b'"value": ' + written + b"\n")
    alert = view(decode(raw, orb.Alerts).data[0], growth, figures)
    assert amount(alert.thresholds[0].value) == ("500" if b"e" in written else "500.00000000000000000001")


def test_without_a_bill_a_cost_alert_stands_without_its_figure(growth: wire.Subscription, clock: Clock) -> None:
    nothing = Figures({SUBSCRIPTION: Answer(Reading(Nothing("no_upcoming_invoice"), None, clock()))})
    alert = view(read(COST), growth, nothing)
    assert (alert.current, english(alert.current_reason)) == (None, "Where it stands is not known just now.")


def listed(clock: Clock, *alerts: orb.Alert) -> Answer[orb.Alerts]:
    return Answer(Reading(orb.Alerts(alerts, wire.Paging(has_more=False)), clock(), clock()))


def test_an_alert_in_both_lists_is_shown_once_and_one_of_a_hidden_subscription_never(
    growth: wire.Subscription, clock: Clock
) -> None:
    own, wide = read(COST), read(BALANCE)
    hidden = read(COST, id="hidden", subscription={"id": "SuBorealis000002"})
    late = read(COST, id="late")

    found = list(once([(growth, listed(clock, own)), (None, listed(clock, own, wide, hidden, late))]))

    assert [(whose and whose.id, each.id) for whose, each in found] == [
        (SUBSCRIPTION, own.id), (None, wide.id), (SUBSCRIPTION, "late"),
    ]  # fmt: skip


def test_an_alert_of_a_plan_belongs_to_each_subscription_that_has_the_plan(
    growth: wire.Subscription, clock: Clock
) -> None:
    plans = read(COST, subscription=None, plan={"id": "p"})
    other = msgspec.structs.replace(growth, id="SuBorealis000003")
    found = once([(growth, listed(clock, plans)), (other, listed(clock, plans)), (None, TimedOut("alerts"))])
    assert [whose and whose.id for whose, _ in found] == [SUBSCRIPTION, "SuBorealis000003"]


def test_the_table_has_every_threshold(growth: wire.Subscription, figures: Figures) -> None:
    shown: tuple[Alert, ...] = (view(read(COST), growth, figures), view(read(COST, thresholds=None), growth, figures))
    found = table(AllAlerts(shown, ()))

    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    assert [(str(row["threshold"]), row["crossed"], row["fired"], row["unit"]) for row in rows] == [
        ("Money(500 USD)", "yes", "yes", "USD"), ("Money(1000 USD)", "no", "yes", "USD"), ("None", None, "no", "USD"),
    ]  # fmt: skip
