"""Which thresholds are drawn beside running totals: those that count the very same figure."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.money import Money, unit
from app.orb.alerts import Alert, Alerts, Threshold
from app.orb.decode import decode
from app.thresholds import of_spend
from tests.orb.answers import example

DOLLARS = unit("USD")
ALERT = msgspec.structs.replace(
    decode(example("alerts_list"), Alerts).data[0],
    type="spend_exceeded",
    enabled=True,
    currency="USD",
    thresholds=(Threshold(Decimal(90)), Threshold(Decimal(7))),
    grouping_keys=None,
    price_filters=None,
)


def changed(**fields: Any) -> Alert:
    return msgspec.structs.replace(ALERT, **fields)


def test_the_thresholds_of_all_spend_are_told_lowest_first_and_once() -> None:
    other = changed(thresholds=(Threshold(Decimal("8.5")), Threshold(Decimal(90))), price_filters=())

    assert of_spend((ALERT, other), DOLLARS) == tuple(Money(Decimal(each), DOLLARS) for each in ("7", "8.5", "90"))


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "cost_exceeded"},
        {"type": "usage_exceeded", "currency": None},
        {"enabled": False},
        {"currency": "EUR"},
        {"currency": None},
        {"price_filters": (msgspec.Raw(b"{}"),)},
        {"grouping_keys": ("workspace_id",)},
        {"thresholds": None},
        {"thresholds": (Threshold(Decimal(0)), Threshold(Decimal(-1)))},
    ],
    ids=["cost", "usage", "off", "euros", "no currency", "some prices", "groups", "none", "nothing"],
)
def test_an_alert_that_counts_another_figure_or_is_off_draws_nothing(fields: dict[str, Any]) -> None:
    assert of_spend((changed(**fields),), DOLLARS) == ()
