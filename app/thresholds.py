"""Which thresholds of alerts are held against the very figure that a cost series draws."""

from collections.abc import Iterable

from app.money import Money, Unit, unit
from app.orb.alerts import Alert


def of_spend(alerts: Iterable[Alert], counted: Unit) -> tuple[Money, ...]:
    """The thresholds of one subscription's spend in `counted`, the lowest first.

    Spend is what all prices in a unit come to before adjustments, tax and credits: the subtotal of the billing period.
    What other alerts count is another figure: cost is what adjustments and credits leave, and some watch a part alone.
    """
    values = {
        each.value
        for alert in alerts
        if alert.enabled and alert.type == "spend_exceeded" and not (alert.price_filters or alert.grouping_keys)
        if alert.currency and unit(alert.currency) == counted
        for each in alert.thresholds or ()
        if each.value > 0
    }
    return tuple(Money(value, counted) for value in sorted(values))
