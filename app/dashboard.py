"""The cards in page order; loads them together, each within its deadline, and yields them as they land."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from app import log
from app.account.account import Account
from app.cache.freshness import NotKept
from app.cards.base import Card, Empty, Failed, Late, Outcome, Ready, failed
from app.days import Period
from app.listing import Listing
from app.metrics import caused, spans
from app.orb.errors import OrbError, TimedOut
from app.query import Query
from app.reconciliation import Note, notes

# The cards in page order, each a word: its file in `app/cards`, its template, its address, its key.
WORDS = (
    "bill",
    "credits",
    "spend",
    "breakdown",
    "usage",
    "licenses",
    "alerts",
)
CARDS: tuple[Card, ...] = tuple(import_module(f"app.cards.{word}").CARD for word in WORDS)
# Its question takes Orb longest, and has its largest answer: it is asked before all others.
_LONGEST = "spend"
_FIRST_PAINT = frozenset(card.word for card in CARDS if not card.late)


@dataclass(frozen=True, slots=True)
class Landed:
    """One card and how it came back."""

    card: Card
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CameBack:
    """What became of a card, for those who count."""

    word: str
    kind: str
    code: str | None
    as_of: datetime | None

    def count(self, seconds: float, now: datetime) -> None:
        age = (now - self.as_of).total_seconds() if self.as_of else None
        caused.card(self.word, self.kind, self.code, seconds, age)


@dataclass(frozen=True, slots=True)
class PeriodNow:
    """The billing period, and how far in it is: day `day` of `days`, counted in the customer's zone."""

    start: datetime
    end: datetime
    day: int
    days: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is true of all cards together. `as_of` is the oldest known age; `allowed_at` when a refresh may ask;
    `notes` how they fit together."""

    listing: Listing | None
    period: PeriodNow | None
    as_of: datetime | None
    complete: bool
    allowed_at: datetime
    now: datetime
    notes: tuple[Note, ...]


def chosen(query: Query, scope: Iterable[str]) -> tuple[Card, ...]:
    """The cards that the query asks for and the viewer may see, in page order."""
    allowed = set(scope)
    return tuple(card for card in CARDS if card.word in allowed and (not query.cards or card.word in query.cards))


@asynccontextmanager
async def loading(
    account: Account, query: Query, cards: tuple[Card, ...], deadline: float
) -> AsyncIterator[MemoryObjectReceiveStream[Landed]]:
    """Starts every card at once; the stream yields each as it lands and ends after the last.

    Late cards are made of what is at hand, or told to be late: nobody is asked for them here.

    `deadline` is on anyio's clock: a card that is not back by then has failed, whatever it waits for.
    """
    query = replace(query, cards=tuple(card.word for card in cards))
    send, receive = anyio.create_memory_object_stream[Landed](len(cards))
    async with anyio.create_task_group() as group:
        with send, receive:
            for card in sorted(cards, key=lambda each: each.word != _LONGEST):
                group.start_soon(_land, card, account, query, deadline, send.clone())
            send.close()
            yield receive
            group.cancel_scope.cancel()


async def _land(
    card: Card, account: Account, query: Query, deadline: float, send: MemoryObjectSendStream[Landed]
) -> None:
    with send:
        outcome = await load_one(card, account.at_hand() if card.late else account, query, deadline)
        await send.send(Landed(card, outcome))


async def load_one(card: Card, account: Account, query: Query, deadline: float) -> Outcome:
    """The card, or what became of it."""
    began = time.perf_counter()
    with spans.span(f"card {card.word}", "INTERNAL") as span:
        outcome = await _load(card, account, query, deadline)
        said = {"orrery.outcome": _kind(outcome), "orrery.code": outcome.code}
        span.tell(said, wrong=isinstance(outcome, Failed))
    came_back(Landed(card, outcome)).count(time.perf_counter() - began, account.now)
    return outcome


def came_back(landed: Landed) -> CameBack:
    """What is counted of a card."""
    outcome = landed.outcome
    code = outcome.code if isinstance(outcome, Failed) else None
    return CameBack(landed.card.word, _kind(outcome), code, outcome.as_of)


def _kind(outcome: Outcome) -> str:
    """How an operator calls what became of a card: its status, unless it is old or lacks a part."""
    if outcome.stale:
        return "stale"
    return "partial" if isinstance(outcome, Ready) and not outcome.whole else outcome.status


async def _load(card: Card, account: Account, query: Query, deadline: float) -> Outcome:
    """The one wall where errors, lateness and bugs become `Failed`."""
    try:
        with anyio.CancelScope(deadline=deadline):
            return await card.load(account.late() if card.late else account, query)
        return failed(TimedOut(card.word))
    except NotKept:
        return Late()
    except OrbError as error:
        log.warning("card failed", card=card.word, code=error.code, error=type(error).__name__)
        return failed(error)
    except Exception as error:
        log.bug("card failed", error, card=card.word)
        return failed(error)


async def listing(account: Account) -> Listing | None:
    """The customer and their subscriptions, or None where they cannot be had in time."""
    try:
        return await account.listing()
    except OrbError:
        return None
    except Exception as error:
        log.bug("list failed", error)
        return None


def summary(found: Listing | None, outcomes: Mapping[str, Outcome], refresh_age: float, now: datetime) -> Summary:
    """What the cards say together; `found` is None where the customer's list could not be had."""
    since = [outcome.since for outcome in outcomes.values() if outcome.since is not None]
    again = min(since) + timedelta(seconds=refresh_age) if since else now
    return Summary(
        found,
        period_now(found, now) if found else None,
        as_of=min((outcome.as_of for outcome in outcomes.values() if outcome.as_of), default=None),
        complete=all(_complete(outcome) for word, outcome in outcomes.items() if word in _FIRST_PAINT),
        allowed_at=max(now, again),
        now=now,
        notes=notes(outcomes, found),
    )


def period_now(found: Listing, now: datetime) -> PeriodNow | None:
    """The period that all active subscriptions share, and today's place in it."""
    period: Period | None = found.period
    if period is None or not period.holds(now):
        return None
    days, today = period.dates(found.zone), now.astimezone(found.zone).date()
    return PeriodNow(period.start, period.end, days.index(today) + 1, len(days))


def _complete(outcome: Outcome) -> bool:
    return (isinstance(outcome, Empty) or (isinstance(outcome, Ready) and outcome.whole)) and not outcome.stale
