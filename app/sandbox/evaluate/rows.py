"""The rows that expressions see: the events of one name that one customer sent in a window."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Price
from app.sandbox.evaluate.engine import Patience
from app.sandbox.evaluate.expressions import Expression, column
from app.sandbox.evaluate.refusals import Refused
from app.sandbox.rating.usage import pointer

#: Events of one name: instants in naive UTC, and the properties of each as JSON text.
Sent = tuple[Sequence[datetime], Sequence[str]]

_LOAD = """
CREATE TABLE rows AS SELECT unnest($timestamps::TIMESTAMP[]) AS timestamp, unnest($properties::VARCHAR[]) AS properties
"""
_NUMBERS = {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE", "DECIMAL"}
#: Types of values that an answer can hold, all of which Python reads as bool, int, Decimal, float or str.
_SCALARS = ("BOOLEAN", "VARCHAR", "DECIMAL", "DOUBLE", "FLOAT", '"NULL"', "NULL")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_INSTANTS = ("TIMESTAMP", "DATE")
_AGGREGATES = {
    "sum": "sum(TRY_CAST(worth AS DECIMAL(38, 9)))",
    "count": "count(*)::DECIMAL(38, 0)",
    "max": "max(TRY_CAST(worth AS DECIMAL(38, 9)))",
    "unique": "count(DISTINCT worth)::DECIMAL(38, 0)",
}


@dataclass
class Rows:
    """The events of one name in a database of their own."""

    db: duckdb.DuckDBPyConnection
    event_name: str
    patience: Patience
    _kinds: dict[str, str] = field(default_factory=dict, init=False)

    def load(self, sent: Sent) -> None:
        """Put the events in."""
        self.db.execute(_LOAD, {"timestamps": sent[0], "properties": sent[1]})

    def kind(self, name: str) -> str:
        """Tell how a property is read: exact numbers and booleans if all are, else text; NULL if there is none."""
        if name not in self._kinds:
            sql = "SELECT DISTINCT json_type(properties, $path) FROM rows"
            found = {kind for (kind,) in self.db.execute(sql, {"path": pointer(name)}).fetchall()} - {None, "NULL"}
            self._kinds[name] = _kind(found)
        return self._kinds[name]

    def check(self, expression: Expression, *, boolean: bool) -> Expression:
        """Hold an expression to the type that is wanted of it; instants become text. Raises Refused."""
        source, values = self._source(expression.properties)
        sql = f"DESCRIBE SELECT {expression.sql} FROM ({source})"  # noqa: S608  # all of it is written by us
        ((_, kind, *_),) = self.patience.ask(self.db, sql, values)
        word = str(kind).partition("(")[0]
        if boolean and word not in ("BOOLEAN", '"NULL"', "NULL"):
            raise Refused(f"must be a boolean expression, and is of type {kind}")
        if word in _INSTANTS:
            return Expression(f"CAST({expression.sql} AS VARCHAR)", expression.properties)
        if word not in _SCALARS + _WHOLE:
            raise Refused(f"must be a text, a number or a boolean, and is of type {kind}")
        return expression

    def tally(
        self, price: Price, metric: Metric, kept: Expression | None, keys: Sequence[Expression]
    ) -> list[tuple[Any, ...]]:
        """Measure the price's metric: rows of the keys' values, then the price's dimensions and the quantity.

        Rows in which a key has no value are left out.
        """
        properties = frozenset[str]().union(*(each.properties for each in (*keys, *([kept] if kept else []))))
        source, values = self._source(properties, price.dimensions, metric.of)
        named = [f"k{place}" for place in range(len(keys))]
        keyed = f"SELECT *, {_listed([f'{key.sql} AS {name}' for key, name in zip(keys, named, strict=True)])} "
        sql = f"""
            SELECT {_listed([*named])} cell, {_AGGREGATES[metric.aggregation]} AS quantity
            FROM ({keyed} FROM ({source}) WHERE {kept.sql if kept else "TRUE"})
            WHERE {" AND ".join([*(f"{name} IS NOT NULL" for name in named), "TRUE"])}
            GROUP BY ALL ORDER BY ALL
        """  # noqa: S608  # all of it is written by us
        return self.patience.ask(self.db, sql, values)

    def _source(
        self, properties: frozenset[str], dimensions: Sequence[str] = (), of: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Write the query that makes columns of properties, and the values it needs."""
        values = {"event_name": self.event_name}
        columns = []
        for name in sorted(properties):
            kind = self.kind(name)
            if kind == "NULL":
                columns.append(f"NULL AS {column(name)}")
            else:
                values[column(name)] = pointer(name)
                columns.append(f"TRY_CAST(properties ->> ${column(name)} AS {kind}) AS {column(name)}")
        cell = [f"properties ->> $cell_{place}" for place in range(len(dimensions))]
        values |= {f"cell_{place}": pointer(name) for place, name in enumerate(dimensions)}
        if of is not None:
            values["of"] = pointer(of)
        sql = f"""
            SELECT timestamp, epoch_ms(timestamp) AS timestamp_millis, $event_name AS event_name, {_listed(columns)}
            [{", ".join(cell)}]::VARCHAR[] AS cell, {"NULL" if of is None else "properties ->> $of"} AS worth
            FROM rows
        """  # noqa: S608  # properties are named by letters and digits, and their paths are values
        return sql, values


def _listed(columns: Sequence[str]) -> str:
    return "".join(f"{each}, " for each in columns)


def _kind(found: set[str]) -> str:
    if not found:
        return "NULL"
    if found <= _NUMBERS:
        return "DECIMAL(27, 9)"
    return "BOOLEAN" if found == {"BOOLEAN"} else "VARCHAR"
