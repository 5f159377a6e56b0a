"""What every handler needs at hand, put together once at start."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio
import jinja2
from starlette.requests import Request

from app.account.account import Account
from app.account.answers import Answers
from app.cache.cache import Cache
from app.cache.freshness import Freshness
from app.cards.base import Card
from app.dashboard import WORDS, chosen
from app.fleet.once import Once
from app.groups import GROUPS_REACH_BACK
from app.labels import Labels
from app.orb.client import Orb
from app.query import BadQuery, Query, parse
from app.web.kept import Kept
from app.web.listening import Changes
from app.web.problems import unknown
from app.web.theme import Themed
from app.web.tokens import Tokens
from app.web.turns import Turns
from app.web.validated import Validators
from app.web.viewer import Viewer

# How much of the patience a question to Orb may use, and a card: each gives up before what waits for it.
_QUESTION, _CARD = 0.9, 0.95


@dataclass(frozen=True, slots=True)
class Invented:
    """A customer of the sandbox, as its sign-in page lists it."""

    external_customer_id: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One request's plan: how fresh its answers must be, and when its cards have to be back."""

    freshness: Freshness
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Shared by all requests; holds no customer's data but what the cache keeps under that customer's name.

    `invented` lists the sandbox's customers and is None for a real account.
    """

    orb: Orb
    cache: Cache
    tokens: Tokens
    templates: jinja2.Environment
    now: Callable[[], datetime]
    grouping_keys: Mapping[str, str]
    labels: Labels
    credit_currencies: tuple[str, ...]
    max_age: float
    refresh_age: float
    patience: float
    turns: Turns
    validators: Validators
    kept: Kept
    once: Once
    changes: Changes
    themed: Themed
    sign_in_url: str | None = None
    cors_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    invented: Callable[[], Awaitable[Sequence[Invented]]] | None = None

    def moment(self, *, live: bool = False, soon: float | None = None) -> Moment:
        """From now: `live` as a refresh asks; at most `soon` seconds where an older answer stands ready."""
        began = anyio.current_time()
        question = began + self.patience * _QUESTION
        freshness = Freshness(
            self.now(),
            max_age=self.refresh_age if live else self.max_age,
            soon=question if soon is None else min(question, began + soon),
            deadline=question,
            live=live,
        )
        return Moment(freshness, began + self.patience * _CARD)

    def account(self, viewer: Viewer, moment: Moment, cache: Answers | None = None) -> Account:
        """The viewer's account; `cache` takes the place of that of all."""
        return Account(
            self.orb,
            cache or self.cache,
            viewer.customer,
            moment.freshness,
            credit_currencies=self.credit_currencies,
            only=viewer.subscriptions,
            scope=viewer.scope,
            named=viewer.named,
            now=self.now,
        )

    def question(self, request: Request, viewer: Viewer, word: str | None = None) -> tuple[Query, tuple[Card, ...]]:
        """The query in the address and the cards that it loads: those in the viewer's scope, or one by its word.

        Raises BadQuery, or the 404 of what does not exist where there is no card of that word.
        """
        query = parse(request.query_params.multi_items(), grouping_keys=self.grouping_keys, words=WORDS)
        cards = tuple(card for card in chosen(query, viewer.scope) if word in (None, card.word))
        if word is not None and not cards:
            raise unknown()
        # A day more: wherever the customer lives.
        out_of_reach = (self.now() - GROUPS_REACH_BACK).date() - timedelta(days=1)
        if (
            query.timeframe_end
            and query.timeframe_end <= out_of_reach
            and any(card.word == "breakdown" for card in cards)
        ):
            raise BadQuery("timeframe_end is too long ago for the breakdown; ask for other cards alone")
        return query, cards


def desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found
