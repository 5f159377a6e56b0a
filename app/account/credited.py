"""The prepaid credits of a customer, as their account tells them."""

from app.account.bound import Bound
from app.cache.cache import Answer
from app.orb import wire
from app.orb.errors import NotFound
from app.reading import Reading


class Credited(Bound):
    """Questions about credits, each of one pricing unit."""

    async def credits_ledger(self, currency: str) -> Answer[wire.Ledger]:
        """The newest movements of one pricing unit; empty when there is no ledger for it."""

        async def ask() -> Reading[wire.Ledger]:
            try:
                reading = await self._orb.credits_ledger(self._customer, currency, max_age=self._allowance)
            except NotFound:  # a customer whom Orb does not know has no ledger
                return self._brief(wire.Ledger((), wire.Paging(has_more=False)))
            for entry in reading.value.data:
                self._own(entry.customer)
            return reading

        return await self._ask(("credits_ledger", currency), ask)

    async def credit_blocks(self, currency: str) -> Answer[wire.CreditBlocks]:
        """The blocks behind a balance. Nice to have: waits no longer than `soon`."""

        async def ask() -> Reading[wire.CreditBlocks]:
            return await self._orb.credit_blocks(self._customer, currency, max_age=self._allowance)

        return await self._ask(("credit_blocks", currency), ask, hurry=True)
