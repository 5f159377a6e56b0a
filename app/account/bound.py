"""What every question of one customer's account stands on: whose it is, how fresh its answer must be, the cache."""

from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self, TypeVar

from app import log
from app.account.answers import Answers
from app.budget.budget import Asker
from app.budget.line import Priority
from app.cache.freshness import Answer, Freshness, NotKept
from app.listing import Nothing
from app.metrics import counted
from app.orb import wire
from app.orb.client import Orb
from app.orb.errors import Foreign, TimedOut
from app.orb.path import CustomerRef
from app.reading import Reading

T = TypeVar("T")

STATE_AGE = 30.0  # nothing pending, ended, not enabled: true for now, kept briefly


class Bound:
    """Bound to one customer; it cannot name another. `only` are the subscriptions that this viewer may see; None
    means all of them. `scope` are the sections that they may see, `named` those that their token names.
    """

    def __init__(
        self,
        orb: Orb,
        cache: Answers,
        customer: CustomerRef,
        freshness: Freshness,
        *,
        credit_currencies: tuple[str, ...] = ("credits",),
        only: frozenset[str] | None = None,
        scope: frozenset[str] = frozenset(),
        named: frozenset[str] = frozenset(),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cache = cache
        self._customer = customer
        self._freshness = freshness
        self._orb = orb
        self._asks(Priority.REFRESH if freshness.live else Priority.FIRST_PAINT)
        self._kept_only = False
        self._now = now
        self.credit_currencies = credit_currencies
        self.only = only
        self.scope = scope
        self.named = named

    @property
    def now(self) -> datetime:
        return self._now()

    def at_hand(self) -> Self:
        """The same account, of which nobody is asked: what is not kept, and young enough, raises NotKept."""
        found = copy(self)
        found._kept_only = True
        return found

    def late(self) -> Self:
        """The same account for what is not seen first: its calls let those of first paints pass."""
        found = copy(self)
        found._asks(Priority.LATE)
        return found

    def _asks(self, priority: Priority) -> None:
        asker = Asker((self._customer.kind, self._customer.id), priority, self._freshness.deadline)
        self._orb = self._orb.asked_by(asker)

    @property
    def asks_nobody(self) -> bool:
        """Whether this is an account `at_hand`."""
        return self._kept_only

    def _allowance(self, words: Sequence[str]) -> float | None:
        """How old Orb's cached answer to a question may be; None asks past Orb's cache.

        None older than this customer's last live one, or ages would go back, and none at all where Orb has said
        that the answer is another now.
        """
        if self._freshness.live or self._cache.is_changed(self._key(words), self._freshness):
            return None
        live = self._cache.last_live(self._key(()))
        since = (self.now - live).total_seconds() if live else self._freshness.max_age
        return max(0.0, min(self._freshness.max_age, since))

    def _own(self, named: wire.Customer | wire.CustomerId) -> None:
        """Raises Foreign when a document names another customer than the one it was asked for."""
        whose = named.id if self._customer.kind == "customer_id" else named.external_customer_id
        if whose != self._customer.id:
            raise Foreign

    def _state(self, asked: datetime, code: str, why: str | None = None) -> Reading[Nothing]:
        """A state in which there is no figure, kept briefly."""
        return Reading(Nothing(code, why), None, asked, lasts=STATE_AGE)

    def _brief(self, value: T) -> Reading[T]:
        """An answer that stands for "there is none", kept as briefly as a state."""
        return Reading(value, None, self.now, lasts=STATE_AGE)

    def _key(self, words: Sequence[str]) -> tuple[str, ...]:
        return (self._customer.kind, self._customer.id, *words)

    async def _ask(
        self,
        words: tuple[str, ...],
        ask: Callable[[], Awaitable[Reading[T]]],
        *,
        max_age: float | None = None,
        hurry: bool = False,
    ) -> Answer[T]:
        """The answer kept under `words`, or that of `ask`; `hurry` waits no longer than `soon` for it."""
        how = self._freshness
        if max_age is not None and (not how.live or max_age == 0):
            how = replace(how, max_age=max_age)
        if hurry:
            how = replace(how, deadline=how.soon)
        if self._kept_only:
            return self._at_hand(words, how)

        async def watched() -> Reading[T]:
            try:
                return await ask()
            except Foreign:
                dropped(words[0])
                raise

        try:
            answer = await self._cache.get(self._key(words), how, watched)
        except TimeoutError:
            raise TimedOut(words[0]) from None
        late = isinstance(answer.failed, TimeoutError)
        return Answer(answer.reading, TimedOut(words[0])) if late else answer

    def _at_hand(self, words: tuple[str, ...], how: Freshness) -> Answer[T]:
        kept: Reading[T] | None = self._cache.kept(self._key(words), how)
        if kept is None:
            raise NotKept(words[0])
        return Answer(kept)


def dropped(question: str) -> None:
    """A document came that names another customer: an operator has to hear of it."""
    counted.foreign()
    log.error("orb_foreign", question=question)
