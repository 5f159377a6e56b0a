"""Routes of alerts: those of a customer or a subscription, new ones, changed ones, switched ones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.catalogue.alerts import Rule
from app.sandbox.desk import Desk, asked_customer, known_subscription
from app.sandbox.documents.alerts import alert_document
from app.sandbox.identity import opaque
from app.sandbox.problems import invalid, unknown
from app.sandbox.rating.alerting import standings
from app.sandbox.routes.alert_rules import (
    AlertChange,
    BalanceAlert,
    SubscriptionAlert,
    filters_of,
    overrides_of,
    rule_of,
    sound,
    values_of,
)
from app.sandbox.routes.bodies import NOT_READ
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import page_size, read_query, span, text, within
from app.sandbox.wire import Document
from app.sandbox.world.alerts import Alert
from app.sandbox.world.world import World

T = TypeVar("T")

_SCOPES = ("customer_id", "external_customer_id", "subscription_id")
_MOST_SPEND_ALERTS = 50


async def list_alerts(desk: Desk, request: Request) -> Response:
    """GET /alerts: those of a customer, or of a subscription with its plan's, newest first."""
    asked = read_query(
        request, {"limit": page_size, "cursor": text, **span("created_at")} | dict.fromkeys(_SCOPES, text)
    )
    world = desk.world()
    wanted = [
        (number, alert)
        for number, alert in enumerate(_scoped(desk, world, asked))
        if within(asked, "created_at", alert.created)
    ]
    alerts, metadata = page(wanted, asked.get("limit", USUAL), asked.get("cursor"))
    data = [_document(desk, world, alert) for alert in alerts]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 40)


async def show_alert(desk: Desk, request: Request) -> Response:
    """GET /alerts/{id}."""
    read_query(request, {})
    return await desk.reply(_document(desk, desk.world(), _known(desk, request)), 20)


async def create_balance_alert(desk: Desk, request: Request) -> Response:
    """POST /alerts/customer_id/{id} and /alerts/external_customer_id/{x}: one of each type for a pricing unit."""
    customer, sent = asked_customer(desk.world(), request), await _body(request, BalanceAlert)
    rule = sound(Rule(sent.type, values_of(sent.thresholds or []), sent.currency))
    if any(
        (alert.rule.kind, alert.rule.currency) == (rule.kind, rule.currency)
        for alert in desk.alerts.of_customer(desk.world(), customer)
    ):
        raise invalid(f"type: this customer has an alert of the type {rule.kind} in {rule.currency} already")
    return await _created(desk, rule, customer=customer.id)


async def create_subscription_alert(desk: Desk, request: Request) -> Response:
    """POST /alerts/subscription_id/{id}: one for its costs, one for the usage of each metric, several for spend."""
    subscription = known_subscription(desk.world(), request.path_params["subscription_id"])
    rule = rule_of(await _body(request, SubscriptionAlert), subscription)
    others = [
        alert.rule
        for alert in desk.alerts.of_subscription(desk.world(), subscription)
        if alert.subscription and alert.rule.kind == rule.kind
    ]
    if any(_same_place(rule, other) for other in others) or len(others) >= _MOST_SPEND_ALERTS:
        raise invalid(f"type: this subscription has as many alerts of the type {rule.kind} as it may")
    return await _created(desk, rule, subscription=subscription.id)


async def change_alert(desk: Desk, request: Request) -> Response:
    """PUT /alerts/{id}: other thresholds, filters or overrides."""
    alert, sent = _known(desk, request), await _body(request, AlertChange)
    rule = replace(alert.rule, thresholds=values_of(sent.thresholds))
    if sent.price_filters is not None:
        rule = replace(rule, price_filters=filters_of(sent.price_filters))
    if sent.threshold_overrides is not None:
        rule = replace(rule, overrides=overrides_of(sent.threshold_overrides, rule.grouping_key))
    desk.alerts.write(replace(alert, rule=sound(rule)))
    return await desk.reply(_document(desk, desk.world(), _known(desk, request)), 30)


async def enable_alert(desk: Desk, request: Request) -> Response:
    """POST /alerts/{id}/enable."""
    return await _switch(desk, request, enabled=True)


async def disable_alert(desk: Desk, request: Request) -> Response:
    """POST /alerts/{id}/disable."""
    return await _switch(desk, request, enabled=False)


async def _switch(desk: Desk, request: Request, *, enabled: bool) -> Response:
    """Switch an alert; a plan's for the one subscription that must be named."""
    asked, alert, world = read_query(request, {"subscription_id": text}), _known(desk, request), desk.world()
    if alert.plan is None:
        alert = replace(alert, enabled=enabled)
        desk.alerts.write(alert)
        return await desk.reply(_document(desk, world, alert), 30)
    if "subscription_id" not in asked:
        raise invalid("subscription_id: is required for the alert of a plan")
    subscription = known_subscription(world, asked["subscription_id"])
    if not alert.watches(subscription):
        raise invalid("subscription_id: is not a subscription to the plan of this alert")
    desk.alerts.switch(alert, subscription, enabled=enabled)
    return await desk.reply(_document(desk, world, desk.alerts.seen_by(alert, subscription)), 30)


def _scoped(desk: Desk, world: World, asked: Mapping[str, Any]) -> list[Alert]:
    """Find the alerts of the one customer or subscription that is named."""
    named = [name for name in _SCOPES if name in asked]
    if len(named) != 1:
        raise invalid(f"exactly one of {', '.join(_SCOPES)} must be given")
    if named == ["subscription_id"]:
        return desk.alerts.of_subscription(world, known_subscription(world, asked["subscription_id"]))
    customer = world.customer(asked[named[0]], external=named == ["external_customer_id"])
    if customer is None:
        raise unknown("Customer", asked[named[0]])
    return desk.alerts.of_customer(world, customer)


def _known(desk: Desk, request: Request) -> Alert:
    alert = desk.alerts.find(desk.world(), request.path_params["alert_id"])
    if alert is None:
        raise unknown("Alert", request.path_params["alert_id"])
    return alert


def _document(desk: Desk, world: World, alert: Alert) -> Document:
    customer = world.customer(alert.customer) if alert.customer else None
    if customer is None:
        return alert_document(world, alert)
    return alert_document(world, alert, standings(desk.usage(desk.clock()), world, alert.rule, customer))


async def _created(desk: Desk, rule: Rule, *, customer: str | None = None, subscription: str | None = None) -> Response:
    created = desk.clock()
    identity = opaque("alert", customer or subscription or "", repr(rule), created.isoformat())
    alert = Alert(identity, rule, created, customer=customer, subscription=subscription)
    desk.alerts.write(alert)
    return await desk.reply(_document(desk, desk.world(), alert), 30, status=201)


async def _body(request: Request, kind: type[T]) -> T:
    read_query(request, {})
    try:
        return msgspec.json.decode(await request.body(), type=kind, strict=True)
    except NOT_READ as wrong:
        raise invalid(f"body: {wrong}") from None


def _same_place(rule: Rule, other: Rule) -> bool:
    """Tell whether a subscription may have only one of two rules of the same type."""
    if rule.kind == "spend_exceeded":
        return (rule.currency, rule.price_filters) == (other.currency, other.price_filters)
    return rule.metric == other.metric
