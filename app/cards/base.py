"""What a card is, and the three ways in which one can come back."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from app.account import Account, Nothing
from app.cache.cache import Answer
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query

# What people read where there is no figure, and why there is none.
_SENTENCES = {
    "no_upcoming_invoice": "No upcoming invoice. Nothing is due on this subscription this period.",
    "subscription_ended": "The subscription has ended. There is nothing left to charge.",
    "no_subscription": "There is no subscription on this account yet.",
    "no_credits": "No credits. This account has not been granted or bought any.",
    "no_usage": "No cost yet. Days appear here as usage is reported.",
    "not_enabled": "This breakdown is not switched on for this account.",
    "key_not_allowed": "This account cannot break its cost down by this property.",
    "too_many_groups": "There are too many groups in this period to rank them by cost.",
    "orb_unreachable": "The billing system could not be reached.",
    "orb_timeout": "The billing system did not answer in time.",
    "orb_rate_limited": "The billing system is busy. Try again in a few seconds.",
    "orb_auth": "The billing system did not accept this service. Its operators have been told.",
    "orb_malformed": "The billing system sent an answer that makes no sense.",
    "orb_too_large": "The billing system sent more than can be shown here.",
    "orb_foreign": "The billing system sent an answer that does not belong to this account.",
    "busy": "Too many questions at once. Try again in a few seconds.",
}
_OTHERWISE = "Something went wrong while this was put together."


def sentence(code: str) -> str:
    """The words for a state or a failure; never Orb's own text."""
    return _SENTENCES.get(code, _OTHERWISE)


@dataclass(frozen=True, slots=True)
class Ready:
    """A card with figures. `data` is what its template and the JSON document show.

    `as_of` is the age of its oldest answer, None when one of them has none; `since` is the moment from which
    the cool-down counts. `stale` says that a newer answer was wanted and not had; `message` then says why.
    `whole` is False when a part of the card failed.
    """

    data: Any
    as_of: datetime | None = None
    since: datetime | None = None
    stale: bool = False
    message: str | None = None
    whole: bool = True
    status: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Empty:
    """A true state without figures; `code` says which."""

    code: str
    message: str
    status: Literal["empty"] = "empty"


@dataclass(frozen=True, slots=True)
class Failed:
    """No figures, for a reason that is nobody's state: `code` says what failed."""

    code: str
    message: str
    retryable: bool
    status: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Late:
    """Not here yet; the card can be asked for on its own."""

    status: Literal["late"] = "late"


Outcome = Ready | Empty | Failed | Late


@dataclass(frozen=True, slots=True)
class Card:
    """One section of the page. The one `word` is its file, template, address, section id and JSON key.

    `basis` says what kind of figure it shows; the shell prints it.
    """

    word: str
    title: str
    basis: Literal["amount_due", "credits", "subtotal", "usage", "allocation", "threshold"]
    load: Callable[[Account, Query], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Links:
    """The way from a subtotal to the full bill that it is a part of, by subscription."""

    bill: dict[str, str]


def links(subscriptions: Iterable[wire.Subscription]) -> Links:
    return Links({each.id: f"/?cards=bill&subscription_id={each.id}" for each in subscriptions})


class Part(Protocol):
    """A card that holds several of a thing, one per subscription, has a status for each."""

    @property
    def status(self) -> str: ...
    @property
    def code(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...


def empty(code: str, why: str | None = None) -> Empty:
    return Empty(code, sentence(why or code))


def failed(error: OrbError) -> Failed:
    return Failed(error.code, sentence(error.code), error.retryable)


def ready(data: Any, answers: Sequence[Answer[Any]], *, whole: bool = True) -> Ready:
    """A card made of `answers`; states among them have no age, and do not count."""
    figures = [answer for answer in answers if not isinstance(answer.reading.value, Nothing)]
    why = next((answer.failed for answer in figures if answer.failed), None)
    return Ready(
        data,
        as_of=oldest(answer.reading.as_of for answer in figures),
        since=min((answer.reading.since for answer in figures), default=None),
        stale=why is not None,
        message=f"These are the last figures. {sentence(why.code if isinstance(why, OrbError) else 'bug')}"
        if why
        else None,
        whole=whole,
    )


def of_parts(data: Any, parts: Sequence[Part], answers: Sequence[Answer[Any]], error: OrbError | None) -> Outcome:
    """Ready if any part is, empty if all are, else failed with the first code; `error` is the first part's."""
    if any(part.status == "ready" for part in parts):
        return ready(data, answers, whole=error is None)
    if error is not None:
        return failed(error)
    first = parts[0]
    return Empty(first.code or "", first.message or "")


def oldest(ages: Iterable[datetime | None]) -> datetime | None:
    """The earliest of them; unknown when there is none, or when one of them is unknown."""
    known = list(ages)
    return None if None in known else min((age for age in known if age), default=None)
