"""The prepaid credits that are left, per pricing unit, and what moved them lately.

Source: the first entry of the unfiltered credit ledger is the balance; credit blocks tell what expires when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.cache.cache import Answer
from app.cards.base import Card, Outcome, Row, Table, empty, ready, sentence
from app.days import DayName, day_of
from app.money import Money, Quantity, Unit, difference, total, unit
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.together import settled
from app.words import Text, Words

_MOVEMENTS = {
    "increment": Text("Credits added"),
    "decrement": Text("Usage"),
    "expiration_change": Text("Expiry date changed"),
    "credit_block_expiry": Text("Credits expired"),
    "void": Text("Credits voided"),
    "void_initiated": Text("Voiding started"),
    "amendment": Text("Correction"),
}
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved the balance on one day: entries of one kind on a day are one row."""

    day: DayName
    date: date
    entry_type: str
    label: Words
    amount: Money
    pending: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Credits of one purchase or grant."""

    id: str
    balance: Money
    status: str
    expires: datetime | None
    expires_on: DayName | None
    cost_basis: Quantity | None


@dataclass(frozen=True, slots=True)
class UnitCredits:
    """One pricing unit. `balance` is None when its ledger failed.

    `blocks` is None when they could not be had: the balance stands without them.
    """

    unit: str
    status: str
    code: str | None = None
    message: Text | None = None
    balance: Money | None = None
    activity: tuple[Movement, ...] = ()
    blocks: tuple[Block, ...] | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    units: tuple[UnitCredits, ...]


# One pricing unit's ledger, and its blocks or why there are none.
_Unit = tuple[Answer[wire.Ledger], Answer[wire.CreditBlocks] | OrbError]


async def load(account: Account, query: Query) -> Outcome:
    kept = account.credit_currencies
    asked = [query.currency] if query.currency in kept else list(kept)
    outcomes = await settled(OrbError, *(partial(_unit, account, code) for code in asked))
    units = [outcome for outcome in outcomes if not isinstance(outcome, OrbError)]
    answers = [answer for ledger, blocks in units if ledger.reading.value.data for answer in (ledger, blocks)]
    errors = [each for each in (*outcomes, *answers) if isinstance(each, OrbError)]
    if not answers:
        if errors:
            raise errors[0]
        return empty(None, "no_credits", answers=[ledger for ledger, _ in units])
    zone = await _zone(account)
    parts = [_part(code, outcome, zone) for code, outcome in zip(asked, outcomes, strict=True)]
    had = [answer for answer in answers if isinstance(answer, Answer)]
    data = Credits(tuple(part for part in parts if part is not None))
    return ready(None, data, had, whole=not errors and zone is not None)


async def _zone(account: Account) -> ZoneInfo | None:
    """The customer's zone; None where the list that tells it cannot be had: the balance stands without it."""
    try:
        return (await account.listing(hurry=True)).zone
    except OrbError:
        return None


async def _unit(account: Account, code: str) -> _Unit:
    ledger, blocks = await settled(
        OrbError, partial(account.credits_ledger, code), partial(account.credit_blocks, code)
    )
    if isinstance(ledger, OrbError):
        raise ledger
    return ledger, blocks  # type: ignore[return-value]


def _part(code: str, outcome: _Unit | OrbError, zone: ZoneInfo | None) -> UnitCredits | None:
    """What is shown of one pricing unit; nothing where it has no ledger."""
    if isinstance(outcome, OrbError):
        return UnitCredits(code, "failed", outcome.code, sentence(outcome.code))
    ledger, blocks = outcome
    if not ledger.reading.value.data:
        return None
    return view(code, ledger.reading.value, None if isinstance(blocks, OrbError) else blocks.reading.value, zone)


def view(code: str, ledger: wire.Ledger, blocks: wire.CreditBlocks | None, zone: ZoneInfo | None) -> UnitCredits:
    """The credits of one pricing unit; `ledger` has at least one entry, newest first.

    Without the customer's zone there is no telling on which of their days a thing happened: no activity then.
    """
    counted = unit(code)
    return UnitCredits(
        code,
        "ready",
        balance=Money(ledger.data[0].ending_balance, counted),
        activity=tuple(_activity(ledger, counted, zone)) if zone else (),
        blocks=None if blocks is None else tuple(_block(block, counted, zone) for block in drawdown(blocks)),
    )


def drawdown(blocks: wire.CreditBlocks) -> list[wire.CreditBlock]:
    """The blocks in the order in which Orb draws them: soonest expiry, then lowest cost; undrawable ones last."""
    zero = Decimal(0)
    return sorted(
        blocks.data,
        key=lambda block: (
            block.status != "active",
            block.expiry_date is None,
            block.expiry_date.timestamp() if block.expiry_date else 0,
            block.per_unit_cost_basis or zero,
        ),
    )


def _activity(ledger: wire.Ledger, counted: Unit, zone: ZoneInfo) -> list[Movement]:
    rows: dict[tuple[date, str, bool, Text], list[Decimal]] = {}
    for entry in ledger.data:
        day = day_of(entry.created_at, zone)
        label = _MOVEMENTS.get(entry.entry_type, Text("Other movement"))
        if entry.description and entry.entry_type != "decrement":
            label = Text("{movement}: {description}", movement=label, description=entry.description)
        row = rows.setdefault((day, entry.entry_type, entry.entry_status == "pending", label), [])
        row.append(difference(entry.ending_balance, entry.starting_balance))
    shown = list(rows.items())
    if ledger.pagination_metadata.has_more:
        # The last day of a page may go on in the next one: its sum would be too small.
        last = day_of(ledger.data[-1].created_at, zone)
        shown = [row for row in shown if row[0][0] != last]
    return [
        Movement(DayName(day), day, kind, label, Money(total(amounts), counted), pending)
        for (day, kind, pending, label), amounts in shown[:_SHOWN]
    ]


def _block(block: wire.CreditBlock, counted: Unit, zone: ZoneInfo | None) -> Block:
    expires = block.expiry_date
    return Block(
        block.id,
        Money(block.balance, counted),
        block.status,
        expires,
        DayName(day_of(expires, zone)) if expires and zone else None,
        None if block.per_unit_cost_basis is None else Quantity(block.per_unit_cost_basis),
    )


def table(data: Credits) -> Table:
    """What moved each unit's balance, newest first, below the balance itself."""
    columns = ("pricing_unit", "entry_type", "day", "description", "amount", "unit")
    return Table(columns, tuple(row for each in data.units for row in _rows(each)))


def _rows(each: UnitCredits) -> Iterator[Row]:
    if each.balance is not None:
        yield each.unit, "balance", None, Text("Balance"), each.balance, each.unit
    for row in each.activity:
        yield each.unit, row.entry_type, row.date, row.label, row.amount, each.unit


CARD = Card("credits", Text("Credits"), "credits", load, table)
