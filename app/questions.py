"""Which cost series answer for the shown subscriptions: of whom, in which unit, over which days."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from app.account.account import Account
from app.cache.freshness import Answer
from app.days import Period, day_of, midnight
from app.listing import Listing
from app.money import unit
from app.orb import wire
from app.orb.errors import Malformed
from app.query import Query
from app.series import Question

_MOMENT = timedelta(microseconds=1)


def questions(account: Account, listing: Listing, shown: Sequence[wire.Subscription], query: Query) -> list[Question]:
    """One series a unit: of a single subscription, of all of several together, or of each where some are shown."""
    rolled_up = account.rolls_up(listing, shown)
    found = []
    for members, currency, beside in _together(shown) if rolled_up else _apart(shown, query):
        axis = listing.axis(_hull(members), query.timeframe_start, query.timeframe_end)
        window = account.so_far(listing, axis)
        if axis is not None and window is not None and (not rolled_up or query.currency in (None, currency)):
            found.append(Question(members, currency, window, axis, rolled_up, beside))
    return found


# The members of a series, its unit (None: that of their plan), and whether it stands beside another.
_Asked = tuple[tuple[wire.Subscription, ...], str | None, bool]


def _apart(shown: Sequence[wire.Subscription], query: Query) -> Iterator[_Asked]:
    for each in shown:
        yield (each,), query.currency, False
        if query.currency is None:
            yield from (((each,), code, True) for code in _other_units(each))


def _together(shown: Sequence[wire.Subscription]) -> Iterator[_Asked]:
    plans = list(dict.fromkeys(each.currency for each in shown))
    for code in plans:
        yield tuple(each for each in shown if each.currency == code or code in _other_units(each)), code, False
    others = dict.fromkeys(code for each in shown for code in _other_units(each) if code not in plans)
    for code in others:
        yield tuple(each for each in shown if code in _other_units(each)), code, True


def _other_units(subscription: wire.Subscription) -> list[str]:
    """The units in which a plan has prices beside its own: money for seats, where usage is in credits."""
    own = subscription.currency
    priced = dict.fromkeys(each.price.currency for each in subscription.price_intervals if each.price.currency)
    return [code for code in priced if own is not None and unit(code) != unit(own)]


def _hull(members: Sequence[wire.Subscription]) -> Period | None:
    """From the earliest start to the latest end of their current periods."""
    periods = [each.period for each in members if each.period]
    if not periods:
        return None
    return Period(min(each.start for each in periods), max(each.end for each in periods))


async def ask(account: Account, question: Question, view_mode: str) -> Answer[wire.Costs]:
    """The answer to a question: of one subscription, or Orb's own sum over several."""
    if not question.rolled_up:
        (only,) = question.members
        return await account.subscription_costs(only, view_mode, question.window, question.currency)
    if question.currency is None:
        raise Malformed("a plan without a currency")
    return await account.customer_costs(view_mode, question.window, question.currency)


def before(question: Question, listing: Listing) -> Question:
    """The same question about the days directly before, as many as are shown; from midnight to midnight."""
    window = preceding(question.window, listing)
    return replace(question, window=window, axis=window)


def preceding(window: Period, listing: Listing) -> Period:
    """As many calendar days in the customer's zone as `window` touches, ending where it starts."""
    first = day_of(window.start, listing.zone)
    count = (day_of(window.end - _MOMENT, listing.zone) - first).days + 1
    return Period(midnight(first - timedelta(days=count), listing.zone), window.start)
