"""The prepaid credits of a customer, as their account tells them."""

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.orb import wire
from app.orb.errors import NotFound
from app.reading import Reading

_NO_MORE = wire.Paging(has_more=False)


class Credited(Bound):
    """Questions about credits, each of one pricing unit."""

    async def credits_ledger(
        self, currency: str, *, limit: int = 100, cursor: str | None = None
    ) -> Answer[wire.Ledger]:
        """A page of one pricing unit's movements, the newest without a `cursor`; empty when there is no ledger."""

        words = ("credits_ledger", currency, str(limit), cursor or "")

        async def ask() -> Reading[wire.Ledger]:
            try:
                reading = await self._orb.credits_ledger(
                    self._customer, currency, limit=limit, cursor=cursor, max_age=self._allowance(words)
                )
            except NotFound:  # a customer whom Orb does not know has no ledger
                return self._brief(wire.Ledger((), _NO_MORE))
            for entry in reading.value.data:
                self._own(entry.customer)
            return reading

        return await self._ask(words, ask)

    async def credit_blocks(self, currency: str) -> Answer[wire.CreditBlocks]:
        """The blocks behind a balance. Nice to have: waits no longer than `soon`."""
        return await self._blocks(currency, 100, None, hurry=True)

    async def credit_block_page(self, currency: str, *, limit: int, cursor: str | None) -> Answer[wire.CreditBlocks]:
        """A page of the same, for its own sake: waited for like any answer."""
        return await self._blocks(currency, limit, cursor, hurry=False)

    async def _blocks(self, currency: str, limit: int, cursor: str | None, *, hurry: bool) -> Answer[wire.CreditBlocks]:
        words = ("credit_blocks", currency, str(limit), cursor or "")

        async def ask() -> Reading[wire.CreditBlocks]:
            try:
                return await self._orb.credit_blocks(
                    self._customer, currency, limit=limit, cursor=cursor, max_age=self._allowance(words)
                )
            except NotFound:
                return self._brief(wire.CreditBlocks((), _NO_MORE))

        return await self._ask(words, ask, hurry=hurry)
