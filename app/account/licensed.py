"""Who holds a customer's licenses, and what they used of their allocations, as their account tells it."""

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.orb import wire
from app.orb.errors import Foreign, NotEnabled, NotFound
from app.orb.licenses import Licenses, LicenseTypes, LicenseUsages
from app.reading import Reading

_TYPES_AGE = 900.0  # kinds of license are renamed rarely


class Licensed(Bound):
    """Questions about licenses, each of one subscription."""

    async def licenses(self, subscription: wire.Subscription) -> Answer[Licenses]:
        """The licenses of a subscription; none where the account at Orb has no such thing."""

        async def ask() -> Reading[Licenses]:
            try:
                reading = await self._orb.licenses(subscription.id)
            except (NotEnabled, NotFound):
                return self._brief(Licenses((), wire.Paging(has_more=False)))
            if any(each.subscription_id != subscription.id for each in reading.value.data):
                raise Foreign
            return reading

        return await self._ask(("licenses", subscription.id), ask)

    async def license_usage(
        self,
        subscription: wire.Subscription,
        license_type: str,
        group_by: str = "license",
        *,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Answer[LicenseUsages]:
        """What was used this billing period of the allocations of one type, a page of it."""

        async def ask() -> Reading[LicenseUsages]:
            reading = await self._orb.license_usage(subscription.id, license_type, group_by, limit=limit, cursor=cursor)
            asked = (subscription.id, license_type)
            if any((each.subscription_id, each.license_type_id) != asked for each in reading.value.data):
                raise Foreign
            return reading

        period = subscription.period  # a new period has allocations of its own
        words = (subscription.id, license_type, str(period and period.start), group_by, str(limit), cursor or "")
        return await self._ask(("license_usage", *words), ask)

    async def license_types(self) -> Answer[LicenseTypes]:
        """What the kinds of license are called. Nice to have: waits no longer than `soon`."""
        return await self._ask(("license_types",), self._orb.license_types, max_age=_TYPES_AGE, hurry=True)
