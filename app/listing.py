"""A customer and what they subscribe to, and the states in which there is no figure."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.days import Period, midnight, zone
from app.money import Unit, unit
from app.orb import wire


@dataclass(frozen=True, slots=True)
class Nothing:
    """A true state in which there is no figure: nothing pending, ended, not enabled. `code` says which.

    `why` tells states of one code apart where people need different words.
    """

    code: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The customer and what they subscribe to.

    `customer` is None where Orb does not know them. `state` says why there is no subscription, when there is
    none; `failed` why the list is older than it should be.
    """

    customer: wire.Customer | None
    subscriptions: tuple[wire.Subscription, ...]
    state: str | None = None
    failed: Exception | None = None

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.customer.timezone if self.customer else "UTC")

    @property
    def paid_in(self) -> Unit | None:
        """The money in which the customer pays, and so what their credits cost; None where Orb does not tell."""
        return unit(self.customer.currency) if self.customer and self.customer.currency else None

    @property
    def active(self) -> tuple[wire.Subscription, ...]:
        return tuple(each for each in self.subscriptions if each.status == "active")

    def shown(self, chosen: str | None) -> list[wire.Subscription]:
        """The active subscriptions, or the one that was chosen among them."""
        return [each for each in self.active if chosen in (None, each.id)]

    def axis(self, period: Period | None, start: date | None, end: date | None) -> Period | None:
        """The chosen days, from midnight to midnight in the customer's zone; by default `period`."""
        if start and end:
            return Period(midnight(start, self.zone), midnight(end, self.zone))
        return period

    @property
    def period(self) -> Period | None:
        """The period that all active subscriptions share, else None."""
        periods = {each.period for each in self.active}
        return periods.pop() if len(periods) == 1 else None

    def is_over(self, now: datetime) -> bool:
        """Whether one of its billing periods has ended: then it tells of the last one, not of this one."""
        return any(each.period.end <= now for each in self.active if each.period)
