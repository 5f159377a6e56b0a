"""What each license used of its allocation this billing period: never what is owed.

Source: Orb's license usage by license, and its list of licenses for who is active. Nothing of it is cached at Orb,
so it comes after first paint.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from app.account.account import Account
from app.allocations import Allocations, view
from app.cache.freshness import Answer, NotKept
from app.cards.base import Card, Links, Outcome, Row, Table, empty, links, of_parts
from app.orb import wire
from app.orb.errors import OrbError
from app.orb.licenses import Licenses, LicenseUsages
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text


@dataclass(frozen=True, slots=True)
class AllAllocations:
    subscriptions: tuple[Allocations, ...]
    links: Links


@dataclass(frozen=True, slots=True)
class _Held:
    """What Orb says of one subscription: its licenses, and the usage of each type that they are of."""

    licenses: Answer[Licenses]
    usage: dict[str, Answer[LicenseUsages] | OrbError]
    names: Mapping[str, str]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    shown = listing.shown(query.subscription_id)
    found = await settled(OrbError, *(partial(_held, account, each) for each in shown))
    pairs = list(zip(shown, found, strict=True))
    parts = [part for each, outcome in pairs for part in _parts(each, outcome, query.limit)]
    held = [outcome for outcome in found if isinstance(outcome, _Held)]
    asked: list[object] = [*found, *(each for one in held for each in (one.licenses, *one.usage.values()))]
    answers = [each for each in asked if isinstance(each, Answer)]
    error = next((each for each in asked if isinstance(each, OrbError)), None)
    if not parts:
        return empty(listing, "no_licenses", answers=answers)
    return of_parts(listing, AllAllocations(tuple(parts), links(shown)), parts, answers, error)


async def _held(account: Account, subscription: wire.Subscription) -> _Held:
    """Which types there are is known from the licenses: a subscription has a price for one type at most."""
    licenses = await account.licenses(subscription)
    types = list(dict.fromkeys(each.license_type_id for each in licenses.reading.value.data))
    if not types:
        return _Held(licenses, {}, {})
    usage = await settled(OrbError, *(partial(account.license_usage, subscription, each) for each in types))
    return _Held(licenses, dict(zip(types, usage, strict=True)), await type_names(account))


async def type_names(account: Account) -> dict[str, str]:
    """What the types are called; nothing where that cannot be had: figures stand without it."""
    try:
        found = await account.license_types()
    except (OrbError, NotKept):
        return {}
    return {each.id: each.name for each in found.reading.value.data}


def _parts(subscription: wire.Subscription, outcome: _Held | OrbError, limit: int) -> Iterator[Allocations]:
    own = Allocations(subscription.id, subscription.title, "ready")
    if isinstance(outcome, OrbError):
        yield _failed(own, outcome)
        return
    for kind, answer in outcome.usage.items():
        of_type = replace(own, license_type_id=kind, license_type=outcome.names.get(kind))
        if isinstance(answer, OrbError):
            yield _failed(of_type, answer)
        else:
            yield view(of_type, answer.reading.value, outcome.licenses.reading.value, limit)


def _failed(part: Allocations, error: OrbError) -> Allocations:
    return replace(part, status="failed", code=error.code, message=sentence(error.code))


def table(data: AllAllocations) -> Table:
    """Every license that is shown."""
    columns = (
        "subscription_id", "subscription", "license_type", "license_id", "license", "status", "start_date", "end_date",
        "allocated", "used", "remaining", "overage", "shared_pool", "unit",
    )  # fmt: skip
    return Table(columns, tuple(row for part in data.subscriptions for row in _cells(part)))


def _cells(part: Allocations) -> Iterator[Row]:
    for row in part.licenses:
        own = (part.subscription_id, part.name, part.license_type, row.license_id, row.name, row.status)
        amounts = (row.allocated, row.used, row.remaining, row.overage, row.shared_pool)
        yield (*own, row.start_date, row.end_date, *amounts, row.used.unit.code)


CARD = Card("licenses", Text("Licenses"), "allocation", load, table, late=True)
