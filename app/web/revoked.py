"""Tokens taken back before they end: of a customer, or of all, those that were issued before a moment.

Read from a TOML file, `ORRERY_REVOKED`:

    all = 2026-11-01T00:00:00Z

    [customer_id]
    "6a1b2c3d" = 2026-11-21T16:00:00Z

    [external_customer_id]
    "northwind" = 2026-11-21T16:00:00+01:00
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from app.orb.path import BadId, CustomerRef
from app.web.reread import Reread

_MOST_BYTES = 4 * 1024 * 1024
_Kind = Literal["customer_id", "external_customer_id"]
_KINDS: tuple[_Kind, ...] = get_args(_Kind)


class BadRevoked(ValueError):
    """A file that cannot be read as revocations; says where it is wrong, and names no customer."""


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The moments, in Unix seconds, before which a customer's tokens do not count."""

    customers: Mapping[CustomerRef, float] = field(default_factory=dict)
    everybody: float = float("-inf")


class Revocations(Reread[NotBefore]):
    """Those in the file at `path`, as it is now."""

    def __init__(self, path: str) -> None:
        """Raises BadFile."""
        super().__init__("ORRERY_REVOKED", path, read, _MOST_BYTES)

    def refuse(self, customer: CustomerRef, issued: int) -> bool:
        """Whether that customer's tokens of that second do not count any more."""
        return issued < max(self.says.everybody, self.says.customers.get(customer, self.says.everybody))


def read(text: bytes) -> NotBefore:
    """Raises BadRevoked."""
    try:
        tables = tomllib.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRevoked("it is no text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        where = re.search(r"\(at [\w ,]+\)$", str(error))  # what stands there may be a customer's id
        raise BadRevoked(f"it is not TOML {where[0] if where else ''}".strip()) from None
    if tables.keys() - {"all", *_KINDS}:
        raise BadRevoked(f"it has entries outside of the tables {' and '.join(_KINDS)}")
    everybody = _moment("all", tables["all"]) if "all" in tables else float("-inf")
    return NotBefore(dict(pair for kind in _KINDS for pair in _customers(kind, tables.get(kind, {}))), everybody)


def _customers(kind: _Kind, table: object) -> Iterator[tuple[CustomerRef, float]]:
    if not isinstance(table, dict):
        raise BadRevoked(f"{kind} is not a table")
    for number, (whose, moment) in enumerate(table.items(), 1):
        where = f"entry {number} of {kind}"
        try:
            yield CustomerRef(kind, whose), _moment(where, moment)
        except BadId:
            raise BadRevoked(f"{where} is for an id that no customer can have") from None


def _moment(where: str, value: object) -> float:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadRevoked(f"{where} is not a date and time with an offset, such as 2026-11-21T16:00:00Z")
    return value.timestamp()
