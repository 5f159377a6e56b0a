"""The invoices that a customer got, as their account tells them, and the way into Orb's own portal."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.account.bound import dropped
from app.account.listed import Listed
from app.addresses import web_address
from app.cache.freshness import Answer
from app.listing import Nothing
from app.orb.errors import Foreign, Malformed, NotFound, OrbError
from app.orb.invoices import Invoices, Issued
from app.orb.path import orb_id
from app.orb.wire import Paging
from app.reading import Reading
from app.together import settled

_SHOWN = ("issued", "paid", "synced", "void")  # a draft is an estimate: it is the upcoming bill
_MOST = 100
_MOST_PAGES = 5


class BadCursor(ValueError):
    """A cursor that was never handed out for this list."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some invoices, newest first; `next_cursor` asks for those before them."""

    invoices: tuple[Issued, ...]
    next_cursor: str | None
    answers: tuple[Answer[Invoices], ...]


# What narrows a list: the name of Orb's parameter, and its value.
_Narrowed = tuple[str, str]


class Statements(Listed):
    """Questions about invoices that were issued."""

    async def invoices(self, cursor: str | None, limit: int) -> Page:
        """One page of the history. A viewer of some subscriptions gets theirs, each asked for by itself.

        Raises what Orb says of a wrong cursor, or BadCursor.
        """
        sources = self._sources()
        if len(sources) == 1:
            answer = await self._page(sources[0], cursor, limit)
            found = answer.reading.value
            return Page(self._visible(found.data), found.pagination_metadata.next_cursor, (answer,))
        return await self._merged([each for each in sources if each], cursor, limit)

    async def invoice(self, invoice: str) -> Answer[Issued | Nothing]:
        """One invoice; Nothing where there is none of that id for this viewer, whosever it may be."""

        async def ask() -> Reading[Issued | Nothing]:
            asked = self.now
            try:
                reading = await self._orb.invoice(invoice)
                self._own(reading.value.customer)
            except (NotFound, Foreign):
                return self._state(asked, "no_invoice")
            return reading

        answer = await self._ask(("invoice", orb_id(invoice)), ask)
        found = answer.reading.value
        # What is kept is the customer's; who looks may see less of it.
        if isinstance(found, Issued) and not self._visible((found,)):
            return Answer(self._state(answer.reading.asked, "no_invoice"))
        return answer

    async def portal(self) -> str:
        """The address of a session in Orb's portal, which is for this customer alone to be handed."""
        session = (await self._orb.portal_session(self._customer)).value
        if session.customer_id != await self._id():
            dropped("portal_session")
            raise Foreign
        address = web_address(session.url, here=self._orb.is_here)
        if address is None:
            raise Malformed("portal")
        return address

    async def _id(self) -> str | None:
        """Orb's id of the customer."""
        if self._customer.kind == "customer_id":
            return self._customer.id
        customer = (await self.listing()).customer
        return customer.id if customer else None

    def _sources(self) -> list[_Narrowed | None]:
        """The lists that this viewer's history is made of; None is the customer's whole."""
        if self.only is None:
            return [None]
        own: list[_Narrowed | None] = [("subscription_id", each) for each in sorted(self.only)]
        return [*own, ("is_recurring", "false")] if "invoices" in self.named else own

    def _visible(self, found: Sequence[Issued]) -> tuple[Issued, ...]:
        return tuple(each for each in found if each.status in _SHOWN and self._may_see(each.whose))

    def _may_see(self, subscription: str | None) -> bool:
        if self.only is None:
            return True
        return "invoices" in self.named if subscription is None else subscription in self.only

    async def _page(self, narrowed: _Narrowed | None, cursor: str | None, limit: int) -> Answer[Invoices]:
        params = [(self._customer.kind, self._customer.id), *([narrowed] if narrowed else [])]
        params += [("status[]", word) for word in _SHOWN]
        params += [("limit", str(limit)), *([("cursor", cursor)] if cursor is not None else [])]

        async def ask() -> Reading[Invoices]:
            try:
                reading = await self._orb.invoices(params)
            except NotFound:  # a customer or a subscription that Orb does not know has none
                return self._brief(Invoices((), Paging(has_more=False)))
            for each in reading.value.data:
                self._own(each.customer)
            return reading

        words = ("invoices", *(narrowed or ("", "")), str(limit), "" if cursor is None else f"={cursor}")
        return await self._ask(words, ask)

    async def _merged(self, sources: Sequence[_Narrowed], cursor: str | None, limit: int) -> Page:
        """Several lists as one: Orb has no cursor for that, so all of each is asked for, and the cursor is the id of
        the last invoice that was shown."""
        outcomes = await settled(OrbError, *(partial(self._all, each) for each in sources))
        for outcome in outcomes:
            if isinstance(outcome, OrbError):
                raise outcome
        answers = tuple(answer for outcome in outcomes if not isinstance(outcome, OrbError) for answer in outcome)
        every = {each.id: each for answer in answers for each in self._visible(answer.reading.value.data)}
        found = sorted(every.values(), key=_newest_first, reverse=True)
        begin = 0
        if cursor is not None:
            begin = next((place for place, each in enumerate(found, 1) if each.id == cursor), 0)
            if not begin:
                raise BadCursor(cursor)
        shown = tuple(found[begin : begin + limit])
        return Page(shown, shown[-1].id if len(found) > begin + limit else None, answers)

    async def _all(self, narrowed: _Narrowed) -> list[Answer[Invoices]]:
        found: list[Answer[Invoices]] = []
        seen: list[str | None] = [None]
        for _ in range(_MOST_PAGES):
            found.append(await self._page(narrowed, seen[-1], _MOST))
            cursor = found[-1].reading.value.pagination_metadata.next_cursor
            if cursor in seen:
                break
            seen.append(cursor)
        return found


def _newest_first(invoice: Issued) -> tuple[float, str]:
    dated = invoice.invoice_date or invoice.issued_at
    return dated.timestamp() if dated else 0.0, invoice.id
