"""Orb's documents of alerts. Their thresholds are numbers, in major units."""

from collections.abc import Sequence
from decimal import Decimal

from app.sandbox.catalogue.alerts import Rule
from app.sandbox.documents.customers import customer_reference
from app.sandbox.rating.alerting import Standing
from app.sandbox.wire import Document, instant, number
from app.sandbox.world.alerts import Alert
from app.sandbox.world.world import World


def alert_document(world: World, alert: Alert, standings: Sequence[Standing] | None = None) -> Document:
    """Show an alert as Orb's `Alert`; `standings` are those of an alert of a credit balance, the only ones shown."""
    customer = world.customer(alert.customer) if alert.customer else None
    rule, plan = alert.rule, alert.plan
    return {
        "id": alert.id,
        "type": rule.kind,
        "enabled": alert.enabled,
        "created_at": instant(alert.created),
        "currency": rule.currency,
        "thresholds": _thresholds(rule.thresholds) or None,
        "customer": customer and customer_reference(customer),
        "subscription": {"id": alert.subscription} if alert.subscription else None,
        "plan": plan and {"id": plan.id, "external_plan_id": plan.key, "name": plan.name, "plan_version": "1"},
        "metric": {"id": rule.metric.id} if rule.metric else None,
        "license_type": {"id": rule.license_type.id} if rule.license_type else None,
        **_particulars(rule),
        **({} if standings is None else {"balance_alert_status": _status(rule, standings)}),
    }


def _thresholds(values: Sequence[Decimal]) -> list[Document]:
    return [{"value": number(value)} for value in values]


def _particulars(rule: Rule) -> Document:
    """Show what only some alerts have: filters of prices, and groups with thresholds of their own."""
    shown: Document = {}
    if rule.price_filters:
        shown["price_filters"] = [
            {"field": each.field, "operator": each.operator, "values": list(each.values)} for each in rule.price_filters
        ]
    if rule.grouping_key is not None:
        shown["grouping_keys"] = [rule.grouping_key]
    if rule.overrides:
        shown["threshold_overrides"] = [
            {"group_keys": None, "group_values": [each.group], "thresholds": _thresholds(each.thresholds)}
            for each in rule.overrides
        ]
    return shown


def _status(rule: Rule, standings: Sequence[Standing]) -> list[Document]:
    reached = {standing.threshold: standing.in_alert for standing in standings}
    return [{"in_alert": reached.get(level, False), "threshold_value": number(level)} for level in rule.levels()]
