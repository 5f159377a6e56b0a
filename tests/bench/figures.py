"""What the documents of two programs have to agree on before these are held side by side."""

import json
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Figures:
    """What two documents of one customer have to agree on."""

    due: Decimal
    cost: Decimal


def figures_of_ours(body: bytes) -> Figures:
    cards = json.loads(body)["cards"]
    due = (Decimal(each["amount_due"]["amount"]) for each in cards["bill"]["data"]["subscriptions"])
    days = (Decimal(day["subtotal"]["amount"]) for day in cards["spend"]["data"]["days"])
    return Figures(sum(due, Decimal()), sum(days, Decimal()))


def figures_of_peer(body: bytes) -> Figures:
    shown = json.loads(body)["subscriptions"]
    days = (Decimal(day["subtotal"]) for each in shown for day in each["costs"])
    return Figures(sum((Decimal(each["amount_due"]) for each in shown), Decimal()), sum(days, Decimal()))
