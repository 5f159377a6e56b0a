"""What a card is, and the three ways in which one can come back."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol, TypedDict

from app.account.account import Account
from app.cache.freshness import Answer
from app.days import Period
from app.labels import Label
from app.listing import Listing, Nothing
from app.money import Money, Quantity
from app.orb import wire
from app.orb.errors import OrbError, TimedOut
from app.query import Query
from app.sentences import sentence
from app.words import Text, Words


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What every outcome tells of its answers.

    `as_of` is the age of the oldest one, None when one of them has none; `since` is the moment from which the
    cool-down counts. `stale` says that a newer answer was wanted and not had; `message` then says why.
    """

    as_of: datetime | None = None
    since: datetime | None = None
    stale: bool = False
    message: Text | None = None
    code: str | None = None
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready(_Outcome):
    """A card with figures. `data` is what its template and the JSON document show.

    `whole` is False when a part of the card failed.
    """

    data: Any
    whole: bool = True
    status: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty(_Outcome):
    """A true state without figures; `code` says which."""

    status: Literal["empty"] = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Outcome):
    """No figures, for a reason that is nobody's state: `code` says what failed."""

    status: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late(_Outcome):
    """Not here yet; the card can be asked for on its own."""

    status: Literal["late"] = "late"


Outcome = Ready | Empty | Failed | Late


# What a cell of an exported table may hold; None is an empty cell.
Cell = Money | Quantity | Decimal | datetime | date | Period | Words | Label | int | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A card's figures as rows. `columns` are stable names in Orb's words; amounts stand without their unit, so a
    table with amounts has a column `unit`. A table whose rows have periods of their own has a column `period`.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One section of the page. The one `word` is its file, template, address, section id and JSON key.

    `basis` says what kind of figure it shows; the shell prints it. `table` is what the card shows as rows, for
    export. A `late` card is no part of first paint: it comes after it, unless its answers are at hand.
    """

    word: str
    title: Text
    basis: Literal["amount_due", "credits", "subtotal", "usage", "allocation", "threshold"]
    load: Callable[[Account, Query], Awaitable[Outcome]]
    table: Callable[[Any], Table]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """The way from a subtotal to the full bill that it is a part of, by subscription."""

    bill: dict[str, str]


def links(subscriptions: Iterable[wire.Subscription]) -> Links:
    return Links({each.id: f"/invoices/upcoming/{each.id}" for each in subscriptions})


class Part(Protocol):
    """A card that holds several of a thing, one per subscription, has a status for each."""

    @property
    def status(self) -> str: ...
    @property
    def code(self) -> str | None: ...
    @property
    def message(self) -> Text | None: ...


def empty(listing: Listing | None, code: str, why: str | None = None, answers: Sequence[Answer[Any]] = ()) -> Empty:
    """The state `code`, in the words of `why` where one code has several; `answers` are what it rests on."""
    return _empty(code, sentence(why or code), _ages(listing, answers))


def failed(error: Exception) -> Failed:
    """What is said of an error: Orb's by its code, a mistake of ours as such."""
    if not isinstance(error, OrbError):
        return Failed(code="bug", message=sentence("bug"), retryable=True)
    return Failed(code=error.code, message=sentence(error.code), retryable=error.retryable)


def ready(listing: Listing | None, data: Any, answers: Sequence[Answer[Any]], *, whole: bool = True) -> Ready:
    """A card made of `answers`, for the subscriptions of `listing`."""
    return Ready(data=data, whole=whole, **_ages(listing, answers))


def of_parts(
    listing: Listing, data: Any, parts: Sequence[Part], answers: Sequence[Answer[Any]], error: OrbError | None
) -> Outcome:
    """Ready if any part is, empty if all are, else failed with the first code; `error` is the first part's."""
    if any(part.status == "ready" for part in parts):
        return ready(listing, data, answers, whole=error is None)
    if error is not None:
        return failed(error)
    return _empty(parts[0].code or "", parts[0].message or sentence("unknown"), _ages(listing, answers))


class _Ages(TypedDict):
    as_of: datetime | None
    since: datetime | None
    stale: bool
    message: Text | None


def _ages(listing: Listing | None, answers: Sequence[Answer[Any]]) -> _Ages:
    """How old `answers` are together. States among them and the list have no age, but both can be stale."""
    why = next((answer.failed for answer in answers if answer.failed), listing.failed if listing else None)
    figures = [answer.reading for answer in answers if not isinstance(answer.reading.value, Nothing)]
    return {
        "as_of": oldest(reading.as_of for reading in figures),
        "since": min((reading.since for reading in figures), default=None),
        "stale": why is not None,
        "message": _why_old(why) if why else None,
    }


def _empty(code: str, words: Text, ages: _Ages) -> Empty:
    if ages["message"]:
        ages["message"] = Text("{state} {age}", state=words, age=ages["message"])
    else:
        ages["message"] = words
    return Empty(code=code, **ages)


def _why_old(why: Exception) -> Text:
    if isinstance(why, TimedOut):
        return Text("This is the last that is known. A newer answer takes longer than usual.")
    reason = sentence(why.code if isinstance(why, OrbError) else "bug")
    return Text("This is the last that is known. {reason}", reason=reason)


def oldest(ages: Iterable[datetime | None]) -> datetime | None:
    """The earliest of them; unknown when there is none, or when one of them is unknown."""
    known = list(ages)
    return None if None in known else min((age for age in known if age), default=None)
