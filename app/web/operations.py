"""Every JSON route as a program sees it: what it takes, whose scope it needs, the type that its answer is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import asking
from app.allocations import License
from app.cards.bill import Bill
from app.cards.explore import Exploration
from app.cards.invoices import History, Row, Whole
from app.prepaid.blocks import Block
from app.prepaid.movements import Entry
from app.query import COMPARISONS, VIEW_MODES
from app.web import invoices, ledgers, licenses
from app.web.document import CardObject, Dashboard
from app.web.schema import Schema

# What is said of refusals, by status; which of them a route has, its operation says.
REFUSALS = {
    400: "Something about the question is wrong; `detail` names it.",
    401: "No token, or one that leaves a doubt.",
    403: "Out of the token's scope, or sent by another site.",
    404: "There is nothing here, or nothing of this customer's.",
    406: "None of the accepted media types is offered.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    421: "This service does not answer under that host name.",
    429: "Too many questions; `Retry-After` says when to ask again.",
    503: "Orb did not answer; `code` says why, `Retry-After` when to ask again.",
}
_ALWAYS = (400, 401, 403, 421)
_STREAMS = ("application/x-ndjson", "text/event-stream")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of `kind`."""

    kind: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """One object with the fields of `kind`, those of `inside` among them in the place of the field of that name."""

    kind: Any
    inside: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method. `scope` is the word that a token needs, None where the cards have their own.

    `parameters` are the query's, by name; `answer` is a type, a Page or Merged, or None for CSV.
    """

    method: str
    path: str
    summary: str
    answer: Any
    scope: str | None = None
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    refusals: Sequence[int] = ()
    streams: Sequence[str] = ()
    body: Schema | None = None

    @property
    def statuses(self) -> tuple[int, ...]:
        """The refusals that it can give, besides its answer."""
        return tuple(sorted((*_ALWAYS, *self.refusals)))


def operations(grouping_keys: Sequence[str], words: Sequence[str], currencies: Sequence[str]) -> list[Operation]:
    """All of them, for a service with these cards, grouping keys and pricing units."""
    query = _query(grouping_keys, words)
    one = {name: schema for name, schema in query.items() if name != "cards"}
    currency = {"type": "string", "enum": list(currencies)}
    ledger = _patterns(ledgers.PATTERNS) | {"currency": currency}
    age: dict[str, Schema] = {
        "as_of": {"type": ["string", "null"], "format": "date-time"},
        "stale": {"type": "boolean"},
    }
    return [
        Operation("get", "/api/dashboard", "The dashboard of the token's customer", Dashboard, None, query, (404, 406),
                  _STREAMS),
        Operation("post", "/api/dashboard/refresh", "The same, asked past Orb's cache", Dashboard, "refresh", query,
                  (404, 406), _STREAMS),
        Operation("get", "/api/cards/{card}", "One card", CardObject, "{card}", one, (404, 406)),
        Operation("get", "/api/invoices", "The history of invoices", History, "invoices",
                  _patterns(invoices.PATTERNS), (503,)),
        Operation("get", "/api/invoices/{invoice}", "One invoice whole", Merged(Whole, {"invoice": Row}), "invoices",
                  {}, (404, 503)),
        Operation("get", "/api/invoices/upcoming/{subscription}", "A subscription's bill so far, in full",
                  Merged(Bill, more=age), "bill", {}, (404, 503)),
        Operation("get", "/api/credits/ledger", "The movements of one pricing unit", Page(Entry), "credits", ledger,
                  (503,)),
        Operation("get", "/api/credits/blocks", "The blocks of one pricing unit", Page(Block), "credits", ledger,
                  (503,)),
        Operation("get", "/api/licenses", "What was used of each license's allocation", Page(License), "licenses",
                  _patterns(licenses.PATTERNS), (404, 503)),
        Operation("get", "/api/export/{card}.csv", "One card as CSV", None, "export", one, (404, 503)),
        Operation("get", "/api/export/focus.csv", "Cost by day and price in the columns of FOCUS", None, "export", one,
                  (404, 503)),
        Operation("post", "/api/explore", "A question about one's own prices, or what more usage would cost",
                  Exploration, "explore", {}, (404, 413, 415, 429, 503), body=_question(grouping_keys)),
    ]  # fmt: skip


def _query(grouping_keys: Sequence[str], words: Sequence[str]) -> dict[str, Schema]:
    """The parameters of page, JSON and export."""
    word = f"({'|'.join(words)})"
    return {
        "timeframe_start": {"type": "string", "format": "date"},
        "timeframe_end": {"type": "string", "format": "date"},
        "view_mode": {"type": "string", "enum": list(VIEW_MODES)},
        "compare": {"type": "string", "enum": list(COMPARISONS)},
        "group_by": {"type": "string", "enum": list(grouping_keys)},
        "subscription_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "currency": {"type": "string", "minLength": 1, "maxLength": 64},
        "cards": {"type": "string", "pattern": f"^{word}(,{word})*$"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    }


def _patterns(patterns: Mapping[str, str]) -> dict[str, Schema]:
    return {name: {"type": "string", "pattern": f"^({pattern})$"} for name, pattern in patterns.items()}


def _question(grouping_keys: Sequence[str]) -> Schema:
    day = {"type": "string", "format": "date"}
    value = {"type": ["string", "number"]}
    text = {"type": "string", "minLength": 1, "maxLength": asking.LONGEST_VALUE}
    values = {"type": "array", "items": value, "minItems": 1, "maxItems": asking.MOST_VALUES}
    plain = _closed(property={"enum": list(grouping_keys)}, op={"enum": [op for op in asking.OPS if op != "in"]},
                    value=value)  # fmt: skip
    several = _closed(property={"enum": list(grouping_keys)}, op={"const": "in"}, value=values)
    properties = {
        "type": "object",
        "maxProperties": asking.MOST_PROPERTIES,
        "propertyNames": text,
        "additionalProperties": {"type": ["string", "number", "boolean"]},
    }
    event = _closed(event_name=text, timestamp={"type": "string", "format": "date-time"}, properties=properties)
    found = _closed(
        price_ids=_list({"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}, 1, asking.MOST_PRICES, unique=True),
        timeframe_start=day,
        timeframe_end=day,
        grouping_keys=_list({"enum": [*grouping_keys, asking.HOUR]}, 0, asking.MOST_KEYS, unique=True),
        filters=_list({"anyOf": [plain, several]}, 0, asking.MOST_FILTERS),
        events=_list(event, 1, asking.MOST_EVENTS),
    )
    return found | {"required": ["price_ids", "timeframe_start", "timeframe_end"]}


def _closed(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(properties),
    }


def _list(items: Schema, least: int, most: int, *, unique: bool = False) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, "uniqueItems": unique}
