"""What moved a balance, in words: entry by entry, and by day."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.days import DateName, DayName, day_of
from app.money import Money, Unit, difference, total
from app.orb import wire
from app.words import Text, Words

_MOVEMENTS = {
    "increment": Text("Credits added"),
    "decrement": Text("Usage"),
    "expiration_change": Text("Expiry moved"),
    "credit_block_expiry": Text("Credits expired"),
    "void": Text("Credits voided"),
    "void_initiated": Text("Voiding started"),
    "amendment": Text("Correction"),
}
_OTHER = Text("Other movement")


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
class Entry:
    """One entry of the ledger: what it moved, and the balance after it. `pending` may still change."""

    id: str
    created_at: datetime
    entry_type: str
    label: Words
    amount: Money
    balance: Money
    pending: bool
    block_id: str | None


def moved(entry: wire.LedgerEntry) -> Decimal:
    """What the entry did to the balance; the sign of its `amount` is not to be relied on."""
    return difference(entry.ending_balance, entry.starting_balance)


def label(entry: wire.LedgerEntry, zone: ZoneInfo | None) -> Words:
    """The entry in words; days are named where the customer's zone is known."""
    words: Text = _MOVEMENTS.get(entry.entry_type, _OTHER)
    if entry.entry_type == "expiration_change":
        words = _moved_to(entry.new_block_expiry_date, zone)
    if entry.entry_type == "decrement":
        return words
    why = entry.void_reason or entry.description
    return Text("{movement}: {description}", movement=words, description=why) if why else words


def _moved_to(expires: datetime | None, zone: ZoneInfo | None) -> Text:
    if expires is None:
        return Text("Expiry removed")
    if zone is None:
        return _MOVEMENTS["expiration_change"]
    return Text("Expiry moved to {day}", day=DateName(day_of(expires, zone)))


def entries(ledger: wire.Ledger, counted: Unit, zone: ZoneInfo | None) -> tuple[Entry, ...]:
    """Every entry of a page, newest first."""
    return tuple(
        Entry(
            entry.id,
            entry.created_at,
            entry.entry_type,
            label(entry, zone),
            Money(moved(entry), counted),
            Money(entry.ending_balance, counted),
            entry.entry_status == "pending",
            entry.credit_block.id if entry.credit_block else None,
        )
        for entry in ledger.data
    )


def by_day(ledger: wire.Ledger, counted: Unit, zone: ZoneInfo) -> list[Movement]:
    """The movements of each day, newest first; of usage, the sum of the day."""
    rows: dict[tuple[date, str, bool, Words], list[Decimal]] = {}
    for entry in ledger.data:
        day = day_of(entry.created_at, zone)
        key = (day, entry.entry_type, entry.entry_status == "pending", label(entry, zone))
        rows.setdefault(key, []).append(moved(entry))
    shown = list(rows.items())
    if ledger.pagination_metadata.has_more:
        # The last day of a page may go on in the next one: its sum would be too small.
        last = day_of(ledger.data[-1].created_at, zone)
        shown = [row for row in shown if row[0][0] != last]
    return [
        Movement(DayName(day), day, kind, words, Money(total(amounts), counted), pending)
        for (day, kind, pending, words), amounts in shown
    ]
