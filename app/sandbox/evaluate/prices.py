"""Which price an evaluation is of."""

from app.sandbox.catalogue.currencies import is_money
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Price
from app.sandbox.evaluate.bodies import EvaluatePrice, PriceEvaluation
from app.sandbox.evaluate.floating import floating
from app.sandbox.evaluate.groups import Evaluation
from app.sandbox.problems import invalid, unknown
from app.sandbox.world.world import World

_MOST_KEYS = 10


def known_price(world: World, name: str, *, external: bool = False) -> Price:
    """Find a price by Orb's id or the account's own, whoever has it. Raises a 404 Problem."""
    found = (price for price in _prices(world) if name == (price.key if external else price.id))
    price = next(found, None)
    if price is None:
        raise unknown("Price", name)
    return price


def evaluation(price: Price, asked: PriceEvaluation | EvaluatePrice, place: str) -> Evaluation:
    """Hold an evaluation to what can be evaluated; `place` is written before its fields. Raises a 400 Problem."""
    if price.metric is None:
        # Nothing is measured, so there is nothing to filter or group: a zero would pass for a figure.
        raise invalid(f"{place or 'price_id'}: is a fixed fee, and only prices of usage can be evaluated".lstrip("."))
    dotted = f"{place}." if place else ""
    if asked.metric_parameter_overrides:
        raise invalid(f"{dotted}metric_parameter_overrides: the metric {price.metric.name} has no parameters")
    if len(asked.grouping_keys) > _MOST_KEYS:
        raise invalid(f"{dotted}grouping_keys: must be at most {_MOST_KEYS}")
    return Evaluation(dotted, price, price.metric, asked.filter, tuple(asked.grouping_keys))


def asked_price(world: World, asked: PriceEvaluation, place: str) -> Price:
    """Find or make the price of an evaluation, of which exactly one must be given."""
    if (asked.price_id is not None) + (asked.external_price_id is not None) + asked.made_up != 1:
        raise invalid(f"{place}: exactly one of price_id, external_price_id and price must be given")
    if asked.price_id is not None:
        return known_price(world, asked.price_id)
    if asked.external_price_id is not None:
        return known_price(world, asked.external_price_id, external=True)
    return _made_up(world, asked, f"{place}.price")


def _made_up(world: World, asked: PriceEvaluation, place: str) -> Price:
    price, model = floating(asked.price, place)
    units = {each for subscription in world.subscriptions for each in subscription.plan.units}
    if not is_money(price.currency) and price.currency not in units:
        raise invalid(f"{place}.currency: {price.currency} is neither a currency nor a pricing unit of the sandbox")
    if price.fixed_price_quantity is not None or price.billable_metric_id is None:
        raise invalid(
            f"{place}.billable_metric_id: must be given, and no fixed_price_quantity: only usage is evaluated"
        )
    item = next((each.item for each in _prices(world) if each.item_id == price.item_id), None)
    if item is None:
        raise unknown("Item", price.item_id)
    metric = _metric(world, price.billable_metric_id)
    return Price(place, price.name, item, model, metric, currency=price.currency)


def _metric(world: World, name: str) -> Metric:
    found = next((price.metric for price in _prices(world) if price.metric and price.metric.id == name), None)
    if found is None:
        raise unknown("BillableMetric", name)
    return found


def _prices(world: World) -> list[Price]:
    plans = dict.fromkeys(subscription.plan for subscription in world.subscriptions)
    return [price for plan in plans for price in plan.prices]
