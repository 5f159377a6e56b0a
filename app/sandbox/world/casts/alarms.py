"""The alerts of the invented customers: of every type, some enabled, some in alert."""

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import pricelists
from app.sandbox.catalogue.alerts import Override, PriceFilter, Rule
from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.catalogue.plans import Plan
from app.sandbox.catalogue.teams import AI_CREDITS, SEAT, TEAM
from app.sandbox.identity import opaque
from app.sandbox.world.alerts import Alert
from app.sandbox.world.when import Month, When
from app.sandbox.world.world import World

D = Decimal


@dataclass(frozen=True)
class Alarm:
    """An alert as cast: of the customer `who`, of their subscription to `plan`, or, of nobody, of the plan itself."""

    who: str | None
    plan: Plan | None
    rule: Rule
    since: When
    enabled: bool = True


def _at(*values: str) -> tuple[Decimal, ...]:
    return tuple(D(value) for value in values)


def _usage(plan: Plan, place: int, *values: str) -> Rule:
    return Rule("usage_exceeded", _at(*values), metric=plan.prices[place].metric)


_SCALE = pricelists.SCALE
_INFERENCE = (PriceFilter("item_id", "includes", (_SCALE.prices[0].item_id,)),)
_QUIET_GROUPS = (Override("trailers", _at("5")), Override("archive", ()))

ALARMS = (
    Alarm("northwind", _SCALE, Rule("cost_exceeded", _at("500", "2500", "20000"), "USD"), Month(-6, 3)),
    Alarm("northwind", _SCALE, _usage(_SCALE, 0, "100000", "90000000"), Month(-5, 9)),
    Alarm("northwind", _SCALE, _usage(_SCALE, 6, "1000"), Month(-5, 10), enabled=False),
    Alarm("northwind", _SCALE, Rule("spend_exceeded", _at("750"), "USD", price_filters=_INFERENCE), Month(-4, 2)),
    Alarm(None, _SCALE, Rule("spend_exceeded", _at("3000", "4500", "50000"), "USD"), Month(-20)),
    Alarm(
        "halcyon",
        pricelists.RENDER,
        Rule("cost_exceeded", _at("150", "600"), "USD", grouping_key="workspace_id", overrides=_QUIET_GROUPS),
        Month(-2, 14),
    ),
    Alarm("halcyon", pricelists.RESIDENCY, Rule("cost_exceeded", _at("400"), "EUR"), Month(-3, 8)),
    Alarm("lumen", None, Rule("credit_balance_dropped", _at("28000", "5000", "500"), CREDITS), Month(-2, 2)),
    Alarm("lumen", None, Rule("credit_balance_depleted", (), CREDITS), Month(-2, 2, 1)),
    Alarm("lumen", None, Rule("credit_balance_recovered", (), CREDITS), Month(-2, 2, 2), enabled=False),
    Alarm("quill", None, Rule("credit_balance_dropped", _at("750", "150"), AI_CREDITS), Month(-3, 4)),
    Alarm("quill", None, Rule("credit_balance_depleted", (), AI_CREDITS), Month(-3, 4, 1)),
    Alarm("quill", None, Rule("credit_balance_recovered", (), AI_CREDITS), Month(-3, 4, 2)),
    Alarm(None, TEAM, Rule("license_balance_threshold_reached", _at("20", "0"), license_type=SEAT), Month(-12)),
    Alarm("yamato", pricelists.KAIDO, Rule("cost_exceeded", _at("100000", "900000"), "JPY"), Month(-7, 20)),
    Alarm("sunset", pricelists.STARTER, Rule("cost_exceeded", _at("100"), "USD"), Month(-12, 5), enabled=False),
)


def staged_alerts(world: World) -> list[Alert]:
    """Place the alerts around the instant at which a world is staged."""
    return [_placed(alarm, world) for alarm in ALARMS]


def _placed(alarm: Alarm, world: World) -> Alert:
    customer = world.customer(alarm.who, external=True) if alarm.who else None
    zone = customer.zone if customer else ZoneInfo("UTC")
    subscription = opaque("subscription", alarm.who, alarm.plan.key) if alarm.who and alarm.plan else None
    name = alarm.plan.key if alarm.plan else "", *map(str, alarm.rule.thresholds)
    return Alert(
        opaque("alert", alarm.who or "", *name, alarm.rule.kind),
        alarm.rule,
        alarm.since.at(world.staged, zone).astimezone(UTC),
        customer=customer.id if customer and subscription is None else None,
        subscription=subscription,
        plan=alarm.plan if customer is None else None,
        enabled=alarm.enabled,
    )
