"""An oracle of the sandbox's figures: fractions, loops and searches, and nothing of `app.sandbox.rating`.

It reads what is sold and what happened, and works out days, periods, costs, groups, ledgers and bills in the plainest
way that the rules can be told. Where the sandbox rounds, it rounds by the rule.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.models import Bulk, Matrix, Model, Package, Percent, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.world.blocks import Block
from app.sandbox.world.world import Customer, Subscription, World

NONE = Fraction(0)
DIGITS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
MONTHS = {"monthly": 1, "quarterly": 3, "semi_annual": 6, "annual": 12}
TINY = timedelta(microseconds=1)

#: Quantities by the values of event properties.
Cells = dict[tuple[str | None, ...], Fraction]


class Sent(Protocol):
    """A usage event."""

    @property
    def customer(self) -> str: ...
    @property
    def event_name(self) -> str: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def received(self) -> datetime: ...
    @property
    def properties(self) -> dict[str, object]: ...


# Days and periods.


@lru_cache(maxsize=65536)
def dawn(day: date, zone: ZoneInfo) -> datetime:
    """The first instant that bears the date: found by halving, not by asking for midnight."""
    early = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    late = early + timedelta(hours=60)
    while late - early > TINY:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).date() >= day:
            late = middle
        else:
            early = middle
    return late


def dated(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def spans(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The local days of [start, end), the first and the last cut to it."""
    found = []
    for number in range((dated(end, zone) - dated(start, zone)).days + 1):
        day = dated(start, zone) + timedelta(days=number)
        low, high = max(start, dawn(day, zone)), min(end, dawn(day + timedelta(days=1), zone))
        if low < high:
            found.append((low, high))
    return found


def renewals(subscription: Subscription) -> list[date]:
    """The first days of the billing periods, some years around the anchor."""
    found, step = [], MONTHS[subscription.plan.cadence]
    for months in range(-48 * step, 48 * step, step):
        year, month = divmod(subscription.anchor.year * 12 + subscription.anchor.month - 1 + months, 12)
        day = subscription.anchor.day
        while True:
            try:
                found.append(date(year, month + 1, day))
                break
            except ValueError:
                day -= 1
    return found


def period(subscription: Subscription, instant: datetime) -> tuple[datetime, datetime]:
    zone = subscription.customer.zone
    firsts = [dawn(day, zone) for day in renewals(subscription)]
    start, end = max(f for f in firsts if f <= instant), min(f for f in firsts if f > instant)
    return max(start, subscription.start), min(end, subscription.end or end)


# Amounts.


def half_up(amount: Fraction, digits: int) -> Fraction:
    scaled = abs(amount) * 10**digits
    whole = scaled.numerator // scaled.denominator
    whole += scaled - whole >= Fraction(1, 2)
    return Fraction(whole if amount >= 0 else -whole, 10**digits)


def down(amount: Fraction, digits: int) -> Fraction:
    scaled = abs(amount) * 10**digits
    whole = scaled.numerator // scaled.denominator
    return Fraction(whole if amount >= 0 else -whole, 10**digits)


def shares(amount: Fraction, weights: Sequence[Fraction], digits: int) -> list[Fraction]:
    """Every share together with those before it is rounded down; the last that weighs anything has the rest."""
    whole = sum(weights, NONE)
    if not whole:
        return [amount, *[NONE] * (len(weights) - 1)] if weights else []
    upto = [sum(weights[: place + 1], NONE) for place in range(len(weights))]
    given = [amount if some == whole else down(amount * some / whole, digits) for some in upto]
    return [late - early for early, late in zip([NONE, *given], given, strict=False)]


def cost(model: Model, cells: Cells) -> Fraction:
    quantity = sum(cells.values(), NONE)
    if isinstance(model, Unit):
        return quantity * Fraction(model.unit_amount)
    if isinstance(model, Percent):
        return quantity * Fraction(model.percent)
    if isinstance(model, Package):
        packages = 0
        while packages * model.package_size < quantity:
            packages += 1
        return packages * Fraction(model.package_amount)
    if isinstance(model, Bulk):
        for step in model.tiers:
            if step.maximum_units is None or step.maximum_units >= quantity:
                break
        return quantity * Fraction(step.unit_amount)
    if isinstance(model, Tiered):
        left, sum_of = quantity, NONE
        for tier in model.tiers:
            some = left if tier.last_unit is None else min(left, Fraction(tier.last_unit - tier.first_unit))
            left, sum_of = left - some, sum_of + some * Fraction(tier.unit_amount)
        return sum_of
    assert isinstance(model, Matrix)
    table: dict[tuple[str | None, ...], Decimal] = {**dict(model.cells)}
    return sum(
        (units * Fraction(table.get(key, model.default_unit_amount)) for key, units in cells.items()),
        NONE,
    )


# Costs.


@dataclass
class Sum:
    """What a price has come to: `changes` are its adjustments, by key."""

    price: Price
    quantity: Fraction = NONE
    subtotal: Fraction = NONE
    total: Fraction = NONE
    changes: dict[str, Fraction] = field(default_factory=dict)

    def change(self, key: str, amount: Fraction) -> None:
        if amount:
            self.changes[key] = self.changes.get(key, NONE) + amount
            self.total += amount


@dataclass(frozen=True)
class Day:
    """A bucket of costs: by price key, the quantity, subtotal and total."""

    start: datetime
    end: datetime
    figures: dict[str, tuple[Fraction, Fraction, Fraction]]


@dataclass
class Entry:
    """An entry of a ledger, as the oracle expects it."""

    kind: str
    block: str
    change: Fraction
    dated: datetime
    price: str | None = None
    paid_for: datetime | None = None
    pending: bool = False


@dataclass
class LineOfBill:
    """What becomes of a price on the bill."""

    sum: Sum
    credits: Fraction
    partial: Fraction
    amount: Fraction
    tax: Fraction
    subtotal: Fraction


@dataclass(frozen=True)
class Oracle:
    """Answers from all the events that were received at `known`."""

    world: World
    events: Sequence[Sent]
    known: datetime

    # Usage.

    def tally(
        self, subscription: Subscription, metric: Metric, start: datetime, end: datetime, by: Sequence[str] = ()
    ) -> Cells:
        """Count a metric over [start, end), apart for each value of some properties."""
        users = {user.id for user in subscription.users}
        found: dict[tuple[str | None, ...], list[object]] = {}
        for event in self.events:
            asked = event.customer in users and event.event_name == metric.event_name
            if asked and start <= event.timestamp < end and event.received <= self.known:
                group = tuple(_text(event.properties.get(name)) for name in by)
                found.setdefault(group, []).append(event.properties.get(metric.of or ""))
        return {group: _measure(metric, values) for group, values in found.items()}

    def accrued(self, subscription: Subscription, start: datetime, end: datetime) -> list[Sum]:
        """What each price of a period that began at `start` has come to at `end`."""
        plan, trial = subscription.plan, subscription.trial_end
        if end <= start:
            return [Sum(price) for price in plan.prices]
        sums = []
        for price in plan.prices:
            cells = self._cells(subscription, price, start, end)
            if price.metric is None and trial is not None and start < trial and end <= trial:
                cells = {}
            rated = cost(price.model, cells)
            sums.append(Sum(price, sum(cells.values(), NONE), rated, rated))
            if price.metric is not None and trial is not None and start < trial:
                sums[-1].change("trial", -cost(price.model, self._cells(subscription, price, start, min(end, trial))))
        self._adjust(subscription, plan, sums, (start, end))
        return sums

    def _cells(self, subscription: Subscription, price: Price, start: datetime, end: datetime) -> Cells:
        if price.metric is None:
            return {(): Fraction(price.fixed or 0)}
        by = price.model.dimensions if isinstance(price.model, Matrix) else ()
        return self.tally(subscription, price.metric, start, end, by)

    def _adjust(self, subscription: Subscription, plan: Plan, sums: list[Sum], span: tuple[datetime, datetime]) -> None:
        for kind in ("usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum"):
            for adjustment in plan.adjustments:
                if adjustment.kind == kind:
                    some = [
                        each
                        for each in sums
                        if each.price.currency in DIGITS
                        and (adjustment.applies_to is None or each.price.key in adjustment.applies_to)
                    ]
                    if kind == "usage_discount":
                        for each in some:
                            self._free_units(subscription, each, adjustment, span)
                    elif kind == "percentage_discount":
                        for each in some:
                            worth = half_up(each.total * Fraction(adjustment.value), DIGITS[each.price.currency])
                            each.change(adjustment.key, -worth)
                    elif adjustment.is_invoice_level:
                        _together(adjustment, some)
                    else:
                        for each in some:
                            _together(adjustment, [each])

    def _free_units(
        self, subscription: Subscription, each: Sum, adjustment: Adjustment, span: tuple[datetime, datetime]
    ) -> None:
        """The first units are free, those of earlier discounts before them; no line falls below zero by it."""
        earlier = NONE
        for other in subscription.plan.adjustments:
            if other is adjustment:
                break
            if other.kind == "usage_discount" and (other.applies_to is None or each.price.key in other.applies_to):
                earlier += Fraction(other.value)
        cells = self._cells(subscription, each.price, *span) if each.quantity else {}
        ordered = sorted(cells.items(), key=lambda cell: [(value is None, value or "") for value in cell[0]])

        def after(units: Fraction) -> Fraction:
            left = {}
            for key, quantity in ordered:
                left[key] = quantity - min(units, quantity)
                units -= quantity - left[key]
            return cost(each.price.model, left)

        worth = after(earlier) - after(earlier + Fraction(adjustment.value))
        each.change(adjustment.key, -max(NONE, min(worth, each.total)))

    # Costs by day.

    def segments(
        self, subscription: Subscription, window: tuple[datetime, datetime]
    ) -> list[tuple[datetime, datetime, datetime]]:
        """The billing periods that a window touches: where each starts, and the window's part of it."""
        zone = subscription.customer.zone
        firsts = [dawn(day, zone) for day in renewals(subscription)]
        found = []
        for first, following in pairwise(firsts):
            low, high = max(first, subscription.start), min(following, subscription.end or following)
            start, end = max(low, window[0]), min(high, window[1])
            if start < end:
                found.append((low, start, end))
        return found

    def series(
        self, subscription: Subscription, window: tuple[datetime, datetime], currency: str, *, cumulative: bool
    ) -> list[Day]:
        found = []
        for period_start, start, end in self.segments(subscription, window):
            for low, high in spans(start, end, subscription.customer.zone):
                if low > self.known:
                    continue
                late = self.accrued(subscription, period_start, high)
                early = self.accrued(subscription, period_start, period_start if cumulative else low)
                figures = {
                    b.price.key: (b.quantity - a.quantity, b.subtotal - a.subtotal, b.total - a.total)
                    for a, b in zip(early, late, strict=True)
                    if b.price.currency == currency
                }
                found.append(Day(period_start if cumulative else low, high, figures))
        return found

    def tonight(self, customer: Customer) -> datetime:
        return dawn(dated(self.known, customer.zone) + timedelta(days=1), customer.zone)

    # Costs by group.

    def groups(
        self, subscription: Subscription, window: tuple[datetime, datetime], key: str, currency: str
    ) -> dict[str | None, Fraction]:
        """What usage with each value of a property cost; None is usage without it. Fees are not in it."""
        sums: dict[str | None, Fraction] = {}
        for period_start, start, stop in self.segments(subscription, window):
            end = min(stop, self.tonight(subscription.customer))
            if start > self.known:
                continue
            for price in subscription.plan.prices:
                if price.metric is not None and price.currency == currency:
                    for group, amount in self._split(subscription, price, period_start, (start, end), key).items():
                        sums[group] = sums.get(group, NONE) + amount
        return sums

    def _split(
        self,
        subscription: Subscription,
        price: Price,
        period_start: datetime,
        span: tuple[datetime, datetime],
        key: str,
    ) -> dict[str | None, Fraction]:
        assert price.metric is not None
        by = (*(price.model.dimensions if isinstance(price.model, Matrix) else ()), key)
        early = self.tally(subscription, price.metric, period_start, span[0], by)
        late = self.tally(subscription, price.metric, period_start, span[1], by)
        more = {cell: quantity - early.get(cell, NONE) for cell, quantity in late.items()}
        groups: dict[str | None, Cells] = {}
        for cell in sorted(more, key=lambda cell: [(value is None, value or "") for value in cell]):
            if more[cell]:
                groups.setdefault(cell[-1], {})[cell[:-1]] = more[cell]
        adds_up = price.metric.aggregation in ("sum", "count")
        if adds_up and isinstance(price.model, Unit | Percent | Matrix):
            return {group: cost(price.model, cells) for group, cells in groups.items()}
        whole = cost(price.model, self._cells(subscription, price, period_start, span[1])) - cost(
            price.model, self._cells(subscription, price, period_start, span[0])
        )
        weights = [sum(cells.values(), NONE) for cells in groups.values()]
        digits = DIGITS.get(price.currency, 2)
        return dict(zip(groups, shares(whole, weights, digits), strict=True))

    # Credits.

    def ledger(self, customer: Customer, unit: str) -> tuple[list[Entry], dict[str, Fraction]]:
        """The entries of a customer's ledger, and what is left in each block that has begun."""
        zone, entries, left = customer.zone, list[Entry](), dict[str, Fraction]()
        blocks = [b for b in customer.blocks if b.unit == unit and b.paid and b.effective <= self.known]
        if not blocks:
            return [], {}
        draws = self._draws(customer, unit)
        begun: list[Block] = []
        day, last = min(dated(b.effective, zone) for b in blocks), dated(self.known, zone)
        while day <= last:
            morning, night = dawn(day, zone), dawn(day + timedelta(days=1), zone)
            for block in begun:
                if block.expiry is not None and block.expiry <= morning and left[block.name] > 0:
                    entries.append(Entry("credit_block_expiry", block.name, -left[block.name], morning))
                    left[block.name] = NONE
            for block in sorted((b for b in blocks if morning <= b.effective < night), key=lambda b: b.effective):
                begun.append(block)
                left[block.name] = Fraction(block.amount)
                entries.append(Entry("increment", block.name, left[block.name], block.effective))
            written = night - timedelta(seconds=1)
            pending = self.known < night
            when = min(self.known, written).replace(microsecond=0) if pending else written
            for price, period_start, amount in draws.get(day, []):
                for name, part in _drawn(begun, left, price, morning, amount):
                    left[name] -= part
                    entries.append(Entry("decrement", name, -part, when, price.key, period_start, pending))
            day += timedelta(days=1)
        return entries, left

    def _draws(self, customer: Customer, unit: str) -> dict[date, list[tuple[Price, datetime, Fraction]]]:
        """What each day adds to the most that a price has come to in its period."""
        draws: dict[date, list[tuple[Price, datetime, Fraction]]] = {}
        for subscription in self.world.subscriptions:
            if subscription.customer is not customer:
                continue
            begins = subscription.start
            while begins <= self.known and (subscription.end is None or begins < subscription.end):
                start, end = period(subscription, begins)
                # What comes after the invoice was issued, 12 hours after the period, draws on nothing.
                then = replace(self, known=min(self.known, end + timedelta(hours=12)))
                window = (start, min(end, self.tonight(customer)))
                for price, day, more in then._period_draws(subscription, window, unit):
                    draws.setdefault(day, []).append((price, start, more))
                begins = end
        return draws

    def _period_draws(
        self, subscription: Subscription, window: tuple[datetime, datetime], unit: str
    ) -> Iterator[tuple[Price, date, Fraction]]:
        most: dict[str, Fraction] = {}
        for bucket in self.series(subscription, window, unit, cumulative=True):
            for price in subscription.plan.prices:
                if price.currency == unit and price.metric is not None:
                    more = bucket.figures[price.key][2] - most.get(price.key, NONE)
                    if more > 0:
                        most[price.key] = bucket.figures[price.key][2]
                        yield price, dated(bucket.end - TINY, subscription.customer.zone), more

    # The bill.

    def bill(self, subscription: Subscription) -> list[LineOfBill]:
        plan, customer = subscription.plan, subscription.customer
        start, end = period(subscription, self.known)
        lines = []
        invoiced = self._invoiced(subscription, start, end)
        digits = DIGITS[plan.invoicing_currency or plan.currency]
        for each in self.accrued(subscription, start, min(end, self.tonight(customer))):
            price = each.price
            entries, _ = self.ledger(customer, price.currency)
            drawn = -sum(
                (e.change for e in entries if e.price == price.key and e.paid_for == start and e.kind == "decrement"),
                NONE,
            )
            drawn = min(drawn, each.total)
            rest = each.total - drawn
            if price.currency not in DIGITS:
                rest = half_up(rest * Fraction(price.conversion_rate or 0), digits)
            partial = invoiced.get(price.key, NONE)
            amount = rest - partial
            tax = half_up(amount * Fraction(plan.tax.percentage) / 100, digits) if plan.tax else NONE
            subtotal = each.subtotal if price.currency in DIGITS else amount
            lines.append(LineOfBill(each, drawn, partial, amount, tax, subtotal))
        return lines

    def _invoiced(self, subscription: Subscription, start: datetime, end: datetime) -> dict[str, Fraction]:
        """What threshold invoices have had of each price: all of it, whenever enough had piled up at a day's end.

        Each has what had been received before it was issued.
        """
        threshold, had = subscription.plan.invoicing_threshold, dict[str, Fraction]()
        if threshold is None:
            return had
        for _, stop in spans(start, end, subscription.customer.zone):
            if stop <= self.known and stop < end:
                then = replace(self, known=stop - timedelta(microseconds=1))
                sums = {
                    each.price.key: each.total
                    for each in then.accrued(subscription, start, stop)
                    if each.price.currency in DIGITS
                }
                if sum(sums.values(), NONE) - sum(had.values(), NONE) >= Fraction(threshold):
                    had = sums
        return had

    def amount_due(self, subscription: Subscription) -> Fraction:
        total = sum((line.amount + line.tax for line in self.bill(subscription)), NONE)
        balance = Fraction(subscription.customer.balance)
        return total - (balance if balance < 0 else min(balance, total))


def _together(adjustment: Adjustment, some: list[Sum]) -> None:
    """A discount, minimum or maximum that counts prices together, shared out by what each has come to."""
    if not some:
        return
    value, whole = Fraction(adjustment.value), sum((each.total for each in some), NONE)
    worth = {
        "amount_discount": -max(NONE, min(value, whole)),
        "minimum": max(NONE, value - whole),
        "maximum": -max(NONE, whole - value),
    }[adjustment.kind]
    weights, digits = [each.total for each in some], DIGITS[some[0].price.currency]
    for each, share in zip(some, shares(worth, weights, digits), strict=True):
        each.change(adjustment.key, share)


def _drawn(
    begun: Iterable[Block], left: dict[str, Fraction], price: Price, morning: datetime, amount: Fraction
) -> list[tuple[str, Fraction]]:
    """From which blocks an amount is drawn: one at a time, each the first of those that are not empty."""
    far = datetime(9000, 1, 1, tzinfo=UTC)
    may = [
        block
        for block in begun
        if block.effective <= morning
        and (block.expiry is None or block.expiry > morning)
        and (block.item_id is None or block.item_id == price.item_id)
    ]
    parts, last = list[tuple[str, Fraction]](), None
    while may:
        block = min(
            may,
            key=lambda b: (0 if b.item_id else 1, b.expiry or far, b.cost_basis, b.effective),
        )
        may.remove(block)
        last = block.name
        part = min(amount, max(NONE, left[block.name]))
        if part > 0:
            parts.append((block.name, part))
            amount -= part
    if amount > 0 and last is not None and price.currency not in DIGITS and price.conversion_rate is None:
        parts.append((last, amount))
    return parts


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _measure(metric: Metric, values: list[object]) -> Fraction:
    numbers = [Fraction(v) for v in values if isinstance(v, int | Decimal) and not isinstance(v, bool)]
    return {
        "count": Fraction(len(values)),
        "sum": sum(numbers, NONE),
        "max": max([NONE, *numbers]),
        "unique": Fraction(len({_text(v) for v in values if v is not None})),
    }[metric.aggregation]
