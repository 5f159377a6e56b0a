"""The prepaid credits that are left, per pricing unit: what moved them, and how long they last.

Source: the first entry of the unfiltered credit ledger is the balance; credit blocks tell what expires when. What
lies ahead is an estimate and says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Card, Outcome, Row, Table, empty, ready
from app.listing import Listing
from app.money import Money, Unit, unit
from app.orb import wire
from app.orb.errors import OrbError
from app.prepaid.blocks import Block, described, drawdown
from app.prepaid.movements import Movement, by_day
from app.prepaid.outlook import UNKNOWN, Expiring, RunsOut, outlook
from app.prepaid.pace import Burn
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text

_BILLED = Text("Usage beyond your credits is added to the next invoice.")
_BELOW = Text("You have used more than your credits cover. Your contract says how that is settled.")
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class UnitCredits:
    """One pricing unit. `balance` is None when its ledger failed; `below` explains one under zero, or at it.

    `blocks` is None when they could not be had: the balance stands without them.
    """

    unit: str
    status: str
    code: str | None = None
    message: Text | None = None
    balance: Money | None = None
    below: Text | None = None
    activity: tuple[Movement, ...] = ()
    blocks: tuple[Block, ...] | None = None
    burn: Burn | None = None
    runs_out: RunsOut | None = None
    runs_out_reason: Text | None = None
    expiring: tuple[Expiring, ...] = ()


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
    listing = await _listing(account)
    parts = [_part(code, outcome, listing) for code, outcome in zip(asked, outcomes, strict=True)]
    had = [answer for answer in answers if isinstance(answer, Answer)]
    data = Credits(tuple(part for part in parts if part is not None))
    return ready(None, data, had, whole=not errors and listing is not None)


async def _listing(account: Account) -> Listing | None:
    """Whose credits they are, and in which zone; None where that cannot be had: the balance stands without it."""
    try:
        return await account.listing(hurry=True)
    except OrbError:
        return None


async def _unit(account: Account, code: str) -> _Unit:
    ledger, blocks = await settled(
        OrbError, partial(account.credits_ledger, code), partial(account.credit_blocks, code)
    )
    if isinstance(ledger, OrbError):
        raise ledger
    return ledger, blocks  # type: ignore[return-value]


def _part(code: str, outcome: _Unit | OrbError, listing: Listing | None) -> UnitCredits | None:
    """What is shown of one pricing unit; nothing where it has no ledger."""
    if isinstance(outcome, OrbError):
        return UnitCredits(code, "failed", outcome.code, sentence(outcome.code))
    ledger, blocks = outcome
    if not ledger.reading.value.data:
        return None
    had = None if isinstance(blocks, OrbError) else blocks.reading.value
    return view(code, ledger.reading.value, had, listing, ledger.reading.since)


def view(
    code: str, ledger: wire.Ledger, blocks: wire.CreditBlocks | None, listing: Listing | None, now: datetime
) -> UnitCredits:
    """The credits of one pricing unit as of `now`; `ledger` has at least one entry, newest first.

    Without the customer's zone there is no telling on which of their days a thing happened: no activity then.
    """
    counted, balance = unit(code), ledger.data[0].ending_balance
    zone = listing.zone if listing else None
    ahead = outlook(ledger, blocks, counted, zone, now) if zone else UNKNOWN
    return UnitCredits(
        code,
        "ready",
        balance=Money(balance, counted),
        below=_below(balance, counted, listing),
        activity=tuple(by_day(ledger, counted, zone)[:_SHOWN]) if zone else (),
        blocks=None if blocks is None else tuple(_blocks(blocks, counted, listing, now)),
        burn=ahead.burn,
        runs_out=ahead.runs_out,
        runs_out_reason=ahead.runs_out_reason,
        expiring=ahead.expiring,
    )


def _below(balance: Decimal, counted: Unit, listing: Listing | None) -> Text | None:
    """What becomes of usage that no credits are left for, as far as the prices in that unit tell."""
    if balance > 0:
        return None
    intervals = [each for held in (listing.active if listing else ()) for each in held.price_intervals]
    prices = [each.price for each in intervals if each.price.currency]
    own = [price for price in prices if unit(price.currency or "") == counted]
    if own and all(price.is_billed for price in own):
        return _BILLED
    return _BELOW if balance < 0 else None


def _blocks(blocks: wire.CreditBlocks, counted: Unit, listing: Listing | None, now: datetime) -> Iterator[Block]:
    paid_in, zone = (listing.paid_in, listing.zone) if listing else (None, None)
    for block in drawdown(blocks.data, now):
        yield described(block, counted, paid_in, zone, now)


def table(data: Credits) -> Table:
    """Each unit's balance, what lies ahead of it, its blocks, and what moved it, newest first."""
    columns = (
        "pricing_unit", "kind", "id", "day", "effective_date", "expiry_date", "description", "amount",
        "per_unit_cost_basis", "unit",
    )  # fmt: skip
    return Table(columns, tuple(row for each in data.units for row in _rows(each)))


def _rows(each: UnitCredits) -> Iterator[Row]:
    name = each.unit
    if each.balance is not None:
        yield name, "balance", None, None, None, None, Text("Balance"), each.balance, None, name
    if each.burn is not None:
        yield name, "burn", None, None, None, None, each.burn.text, each.burn.per_day, None, name
    if each.runs_out is not None:
        yield name, "runs_out", None, each.runs_out.earliest, None, None, each.runs_out.text, None, None, name
    for lost in each.expiring:
        yield name, "expiring", lost.id, None, None, lost.expires, lost.text, lost.amount, None, name
    for block in each.blocks or ():
        yield (
            name, "block", block.id, None, block.begins, block.expires, block.state, block.balance,
            block.cost_basis, name,
        )  # fmt: skip
    for row in each.activity:
        yield name, row.entry_type, None, row.date, None, None, row.label, row.amount, None, name


CARD = Card("credits", Text("Credits"), "credits", load, table)
