"""What may be ordered of alerts: the bodies of requests, read into rules."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from app.sandbox.catalogue.alerts import AlertType, Override, PriceFilter, Rule
from app.sandbox.problems import invalid
from app.sandbox.rating.groups import GROUPING_KEYS
from app.sandbox.world.world import Subscription


class Threshold(msgspec.Struct, forbid_unknown_fields=True):
    """A value at which an alert fires."""

    value: Decimal


class Filter(msgspec.Struct, forbid_unknown_fields=True):
    """Prices that count, or that do not."""

    field: Literal["price_id", "item_id", "price_type"]
    operator: Literal["includes", "excludes"]
    values: list[str]


class GroupThresholds(msgspec.Struct, forbid_unknown_fields=True):
    """Thresholds of one group."""

    group_values: list[str]
    thresholds: list[Threshold]
    group_keys: list[str] | None = None


class BalanceAlert(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a new alert of a customer's balance."""

    type: Literal["credit_balance_depleted", "credit_balance_dropped", "credit_balance_recovered"]
    currency: str
    thresholds: list[Threshold] | None = None


class SubscriptionAlert(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a new alert of a subscription."""

    type: Literal["usage_exceeded", "cost_exceeded", "spend_exceeded"]
    thresholds: list[Threshold]
    currency: str | None = None
    metric_id: str | None = None
    grouping_keys: list[str] | None = None
    price_filters: list[Filter] | None = None
    threshold_overrides: list[GroupThresholds] | None = None


class AlertChange(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a change; what is not given stays as it is."""

    thresholds: list[Threshold]
    price_filters: list[Filter] | None = None
    threshold_overrides: list[GroupThresholds] | None = None


def rule_of(sent: SubscriptionAlert, subscription: Subscription) -> Rule:
    """Read a subscription's alert; raises a 400 Problem for what its type has no place for, or lacks."""
    metrics = {price.metric.id: price.metric for price in subscription.plan.prices if price.metric}
    keys = sent.grouping_keys or []
    errors = []
    if (sent.type == "usage_exceeded") != (sent.metric_id is not None):
        errors.append("metric_id: belongs to usage_exceeded, and must be given for it")
    elif sent.metric_id is not None and sent.metric_id not in metrics:
        errors.append("metric_id: is not a metric of this subscription")
    if (sent.type == "spend_exceeded" or keys) and sent.currency is None:
        errors.append("currency: is required for spend_exceeded, and with grouping_keys")
    if keys and (sent.type != "cost_exceeded" or len(keys) != 1 or keys[0] not in GROUPING_KEYS):
        errors.append(f"grouping_keys: must be one of {', '.join(GROUPING_KEYS)}, for cost_exceeded")
    if errors:
        raise invalid(*errors)
    key = keys[0] if keys else None
    return sound(
        Rule(
            sent.type,
            values_of(sent.thresholds),
            sent.currency or (None if sent.type == "usage_exceeded" else subscription.plan.invoiced_in),
            metrics[sent.metric_id] if sent.metric_id else None,
            price_filters=filters_of(sent.price_filters or []),
            grouping_key=key,
            overrides=overrides_of(sent.threshold_overrides or [], key),
        )
    )


def sound(rule: Rule) -> Rule:
    """Hold a rule to what its type allows; raises a 400 Problem."""
    empty: tuple[AlertType, ...] = ("credit_balance_depleted", "credit_balance_recovered")
    if (rule.kind in empty) == bool(rule.thresholds):
        raise invalid(f"thresholds: {'do not belong to' if rule.thresholds else 'are required for'} {rule.kind}")
    if rule.price_filters and rule.kind != "spend_exceeded":
        raise invalid("price_filters: are for spend_exceeded alone")
    return rule


def values_of(thresholds: Sequence[Threshold]) -> tuple[Decimal, ...]:
    """Read thresholds; raises a 400 Problem for one that comes twice."""
    values = tuple(threshold.value for threshold in thresholds)
    if len(set(values)) < len(values) or not all(value.is_finite() for value in values):
        raise invalid("thresholds: must be different numbers")
    return values


def filters_of(sent: Sequence[Filter]) -> tuple[PriceFilter, ...]:
    """Read filters of prices."""
    return tuple(PriceFilter(each.field, each.operator, tuple(each.values)) for each in sent)


def overrides_of(sent: Sequence[GroupThresholds], key: str | None) -> tuple[Override, ...]:
    """Read thresholds of groups; raises a 400 Problem where there are no groups, or for what names none."""
    if sent and key is None:
        raise invalid("threshold_overrides: belong to alerts with grouping_keys")
    if any(len(each.group_values) != 1 or each.group_keys not in (None, [key]) for each in sent):
        raise invalid("threshold_overrides: must name one value of the grouping key each")
    return tuple(Override(each.group_values[0], values_of(each.thresholds)) for each in sent)
