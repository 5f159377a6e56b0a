"""Whether the cards fit together: a bill's subtotal and the cost by day of the same subscription and period.

They are two answers of Orb's to two questions. Where they differ, it is said by how much, and why that can be.
Nothing is summed across subscriptions: a series of several has no bill to be held against.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.cards.base import Outcome, Ready
from app.cards.bill import Bill, Bills
from app.cards.spend import Spend
from app.days import Moment
from app.listing import Listing
from app.money import Money, difference, unit
from app.series import Series
from app.words import Text

# Two cards of one request are some milliseconds apart even when both are live.
_AT_ONCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Note:
    """How two cards fit together. `difference` is the bill's subtotal less the days', None where the two are in
    different units and no difference is a figure."""

    kind: Literal["agrees", "differs", "units"]
    cards: tuple[str, ...]
    subscription_id: str
    difference: Money | None
    text: Text


def notes(outcomes: Mapping[str, Outcome], found: Listing | None) -> tuple[Note, ...]:
    """What is to be said of each bill that has a series of its own beside it; nothing without both cards."""
    bills, spent = outcomes.get("bill"), outcomes.get("spend")
    if not (isinstance(bills, Ready) and isinstance(spent, Ready)) or found is None:
        return ()
    return tuple(_notes(bills, spent, found))


def _notes(bills: Ready, spent: Ready, found: Listing) -> Iterator[Note]:
    data, days = bills.data, spent.data
    if not isinstance(data, Bills) or not isinstance(days, Spend):
        return
    for bill in data.subscriptions:
        own = [each for each in (days, *days.other_units) if _is_of(each, bill)]
        if bill.subtotal is None or not own:
            continue
        counted = bill.subtotal.unit.code
        money = next((each for each in own if each.unit == counted), None)
        if len(own) > 1 or money is None:
            yield _in_units(bill, next(each for each in own if each is not money))
        elif money.subtotal is not None:
            left = Money(difference(bill.subtotal.amount, money.subtotal.amount), bill.subtotal.unit)
            yield _agrees(bill, left) if not left.amount else _differs(bill, left, _why(bills, spent, found))


def _is_of(series: Series, bill: Bill) -> bool:
    """Whether a series holds that bill's subscription alone, over the bill's own period."""
    members = [member.subscription_id for member in series.subscriptions]
    return series.status == "ready" and members == [bill.subscription_id] and series.period == bill.period


def _agrees(bill: Bill, none: Money) -> Note:
    text = Text("The days add up to the subtotal of the bill of {name}.", name=bill.name)
    return Note("agrees", ("bill", "spend"), bill.subscription_id, none, text)


def _differs(bill: Bill, left: Money, why: Text) -> Note:
    named = {"name": bill.name, "size": Money(abs(left.amount), left.unit)}
    if left.amount > 0:
        said = Text("The bill of {name} has {size} more in its subtotal than its days add up to.", **named)
    else:
        said = Text("The bill of {name} has {size} less in its subtotal than its days add up to.", **named)
    text = Text("{state} {age}", state=said, age=why)
    return Note("differs", ("bill", "spend"), bill.subscription_id, left, text)


def _in_units(bill: Bill, series: Series) -> Note:
    text = Text(
        "Cost by day of {name} is counted in {unit}. The bill has what credits did not pay of it, in money.",
        name=bill.name,
        unit=unit(series.unit),
    )
    return Note("units", ("bill", "spend"), bill.subscription_id, None, text)


def _why(bills: Ready, spent: Ready, found: Listing) -> Text:
    """The reason for which two answers about one thing can differ: their moments, else what has no day."""
    if bills.as_of is None or spent.as_of is None:
        return Text("When one of them was taken is not reported: usage that came in between is in the younger alone.")
    if abs(bills.as_of - spent.as_of) > _AT_ONCE:
        return Text(
            "They were taken at different times, the bill on {bill} and the days on {days}: usage that came in between"
            " is in the younger one alone.",
            bill=_moment(bills.as_of, found),
            days=_moment(spent.as_of, found),
        )
    return Text("A bill can hold what belongs to no day of its period, such as a fee for the period to come.")


def _moment(moment: datetime, found: Listing) -> Moment:
    return Moment(moment, found.zone)
