"""What the kinds of alert watch, which way, and what is said of where one stands."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from app.levels import Level, ahead, levels, reached
from app.money import Money, Quantity
from app.words import Text

Value = Money | Quantity

# What belongs to the customer as a whole: the balance of a pricing unit.
BALANCE = frozenset(("credit_balance_depleted", "credit_balance_dropped", "credit_balance_recovered"))
RECOVERED = "credit_balance_recovered"
# Orb fires these at or above a value, and those at or below it; of any other kind nobody knows.
_RISING = frozenset(("usage_exceeded", "cost_exceeded", "spend_exceeded"))
_FALLING = frozenset(("credit_balance_depleted", "credit_balance_dropped", "license_balance_threshold_reached"))

_LABELS = {
    "usage_exceeded": Text("Usage this period"),
    "cost_exceeded": Text("Cost this period, after credits"),
    "spend_exceeded": Text("Spend this period"),
    "credit_balance_depleted": Text("Credit balance"),
    "credit_balance_dropped": Text("Credit balance"),
    "credit_balance_recovered": Text("Credit balance"),
    "license_balance_threshold_reached": Text("What is left of a license’s allocation"),
}
_UNTIL = {
    "credit_balance_depleted": Text("Alerts when the credits are used up."),
    "credit_balance_recovered": Text("Alerts when there are credits again after they were used up."),
    "license_balance_threshold_reached": Text("Alerts as a license’s allocation runs low."),
}
_SINCE = {
    "credit_balance_depleted": Text("The credits are used up."),
    "credit_balance_recovered": Text("There are credits again after they were used up."),
    "license_balance_threshold_reached": Text("A license’s allocation has run low."),
}
# Why there is no figure to hold an alert against, where it is not merely out of reach just now.
_UNSEEN = {
    "spend_exceeded": Text("How much of it was spent so far is not reported."),
    "license_balance_threshold_reached": Text("Each license is watched by itself."),
}


def label(kind: str, *, metric: str | None = None, groups: str | None = None, some: bool = False) -> Text:
    """What an alert watches: a `metric` by name, each of the `groups` of a property, or `some` prices alone."""
    if groups is not None:
        return Text("Cost this period by {property}", property=groups)
    if metric is not None:
        return Text("Usage of {metric}", metric=metric)
    if some:
        return Text("Spend on some of the prices this period")
    return _LABELS.get(kind, Text("Another alert"))


def unseen(kind: str, *, groups: bool = False, exceptions: bool = False) -> Text:
    """Why it is not shown where the figure stands: of `groups` there are many, with `exceptions` perhaps."""
    if groups and exceptions:
        return Text("Each group is watched by itself; some have thresholds of their own.")
    if groups:
        return Text("Each group is watched by itself.")
    return _UNSEEN.get(kind, Text("Where it stands is not known just now."))


def gauge(kind: str, values: Sequence[Decimal], stands: Decimal | None) -> list[Level]:
    """The thresholds of an alert as its figure meets them. To be used up is to reach zero, told or not."""
    if not values and kind == "credit_balance_depleted":
        values = (Decimal(0),)
    return levels(values, stands if kind in _RISING | _FALLING else None, falling=kind in _FALLING)


def told(kind: str, found: Sequence[Level], write: Callable[[Decimal], Value]) -> Text:
    """The state of an alert in a sentence."""
    passed, coming = reached(found), ahead(found)
    if kind in _UNTIL:
        return _UNTIL[kind] if passed is None else _SINCE[kind]
    if not found:
        return Text("It has no thresholds.")
    if passed is not None:
        return _beyond(kind, write(passed), None if coming is None else write(coming))
    first, last = write(found[0].value if coming is None else coming), write(found[-1].value)
    if kind in _FALLING:
        return Text("Alerts when it drops to {value}.", value=first)
    if coming is None and first != last:
        return Text("Alerts from {first} to {last}.", first=first, last=last)
    return Text("Alerts at {value}.", value=first)


def rises(kind: str) -> bool:
    """Whether a figure makes its way up to the thresholds, so that a share of the way can be shown."""
    return kind in _RISING


def _beyond(kind: str, passed: Value, coming: Value | None) -> Text:
    if kind in _FALLING:
        if coming is None:
            return Text("Dropped to {passed} or below.", passed=passed)
        return Text("Dropped to {passed} or below. Next at {next}.", passed=passed, next=coming)
    if coming is None:
        return Text("Passed {passed}.", passed=passed)
    return Text("Passed {passed}. Next at {next}.", passed=passed, next=coming)
