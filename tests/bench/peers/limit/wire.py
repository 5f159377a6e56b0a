"""What is read of Orb's answers, and nothing else of them."""

from typing import Any

import msgspec


class Plan(msgspec.Struct, gc=False):
    name: str


class Listed(msgspec.Struct, gc=False):
    id: str
    plan: Plan
    current_billing_period_start_date: str
    current_billing_period_end_date: str
    name: str | None = None


class Line(msgspec.Struct, gc=False):
    name: str
    quantity: float | None
    amount: str


class Invoice(msgspec.Struct, gc=False):
    currency: str
    subtotal: str
    total: str
    amount_due: str
    line_items: list[Line]


class Price(msgspec.Struct, gc=False):
    id: str
    name: str


class Cost(msgspec.Struct, gc=False):
    price: Price
    subtotal: str


class Day(msgspec.Struct, gc=False):
    timeframe_start: str
    timeframe_end: str
    subtotal: str
    per_price_costs: list[Cost]


class Entry(msgspec.Struct, gc=False):
    created_at: str
    entry_type: str
    amount: float
    ending_balance: float


class Block(msgspec.Struct, gc=False):
    id: str
    balance: float
    status: str
    expiry_date: str | None = None


class Group(msgspec.Struct, gc=False):
    grouping_values: list[str]
    subtotal: str


class ListedAnswer(msgspec.Struct, gc=False):
    data: list[Listed]


class Days(msgspec.Struct, gc=False):
    data: list[Day]


class Ledger(msgspec.Struct, gc=False):
    data: list[Entry]


class Blocks(msgspec.Struct, gc=False):
    data: list[Block]


class Groups(msgspec.Struct, gc=False):
    data: list[Group]


DECODERS: dict[str, Any] = {
    "list": msgspec.json.Decoder(ListedAnswer),
    "invoice": msgspec.json.Decoder(Invoice),
    "costs": msgspec.json.Decoder(Days),
    "groups": msgspec.json.Decoder(Groups),
    "ledger": msgspec.json.Decoder(Ledger),
    "blocks": msgspec.json.Decoder(Blocks),
}
