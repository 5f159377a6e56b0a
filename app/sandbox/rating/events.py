"""The events: every bit of usage there ever was, in an analytical engine that knows nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import msgspec

from app.sandbox.rating.seeding import seed, seeds
from app.sandbox.world.periods import first_of_month, local_day
from app.sandbox.world.world import Customer

#: The engine sees no file and no network, and nobody can tell it otherwise.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "512MB",
    "temp_directory": "",  # what does not fit is refused, and nothing is left on a disk
    "threads": "1",  # questions are small: to share one out costs more than it saves
}
# One for each customer, so that a question goes through nobody else's. Times are naive UTC: the engine needs no
# zones, since days are cut by the sandbox.
_TABLE = "CREATE TABLE {table} (event_name VARCHAR, timestamp TIMESTAMP, received TIMESTAMP, properties VARCHAR)"
_SENT = "INSERT INTO {table} VALUES (?, ?, ?, ?)"
#: How many answers are kept, and of how many rows at most.
_KEPT_ANSWERS, _KEPT_ROWS = 2_000, 500
_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Event:
    """A usage event: `customer` is Orb's id of it, `received` when it came, `properties` are flat."""

    customer: str
    event_name: str
    timestamp: datetime
    received: datetime
    idempotency_key: str
    properties: dict[str, Any]


def naive(at: datetime) -> datetime:
    """Write an aware instant as the engine keeps it."""
    return at.astimezone(UTC).replace(tzinfo=None)


def encode_properties(properties: dict[str, Any]) -> str:
    """Write properties as the engine keeps them, with exact numbers."""
    return _encoder.encode(properties).decode()


class Events:
    """All usage events. Those of the invented customers' habits are made when a month is first asked about.

    `scale` multiplies the habits, to fill the engine.
    """

    def __init__(self, scale: float = 1) -> None:
        self._db = duckdb.connect(":memory:", config=_SETTINGS)
        self._tables: dict[str, str] = {}
        self._scale = scale
        self._made: set[tuple[str, date]] = set()
        self._keys: set[str] = set()  # of events that were sent: those of habits have none
        self._kept: dict[tuple[str, bytes], list[tuple[Any, ...]]] = {}

    def close(self) -> None:
        """Give the memory back."""
        self._db.close()

    def ask(self, sql: str, customers: Iterable[str], **values: Any) -> list[tuple[Any, ...]]:
        """Ask the engine, to which `events` are those of some customers; instants among the values are naive UTC."""
        tables = " UNION ALL ".join(f"FROM {self._table(each)}" for each in customers)
        return self._db.execute(f"WITH events AS ({tables}) {sql}", values).fetchall()

    def recall(self, sql: str, customers: Sequence[str], **values: Any) -> list[tuple[Any, ...]]:
        """Ask what is asked again and again: the answer is kept until events are sent. It is not to be changed.

        Whoever asks has made the months in question, so months that are made later change no answer. A
        bill asks the same of its period each time, and even a small question takes the engine a millisecond or two.
        """
        question = sql, msgspec.json.encode([customers, values])
        if (answer := self._kept.get(question)) is None:
            answer = self.ask(sql, customers, **values)
            if len(answer) <= _KEPT_ROWS:
                if len(self._kept) >= _KEPT_ANSWERS:
                    self._kept.clear()
                self._kept[question] = answer
        return answer

    def make(self, customer: Customer, start: datetime, end: datetime) -> None:
        """Make the events of a customer's habits in every local month that [start, end) touches."""
        month, last = first_of_month(local_day(start, customer.zone)), local_day(end, customer.zone)
        missing = []
        while month <= last:
            if (customer.id, month) not in self._made:
                missing.append(month)
            month = first_of_month(month, 1)
        if missing:
            self._made.update((customer.id, month) for month in missing)
            for habit in customer.habits:
                self._db.execute(seed(self._table(customer.id)), seeds(customer, habit, missing, self._scale))

    def record(self, events: Iterable[Event]) -> list[str]:
        """Take in events that were sent, and give the idempotency keys of those that were there before."""
        known = []
        self._kept.clear()
        for event in events:
            if event.idempotency_key in self._keys:
                known.append(event.idempotency_key)
                continue
            self._keys.add(event.idempotency_key)
            times, properties = (naive(event.timestamp), naive(event.received)), encode_properties(event.properties)
            self._db.execute(_SENT.format(table=self._table(event.customer)), (event.event_name, *times, properties))
        return known

    def came(self, customers: Iterable[Customer], since: datetime, now: datetime) -> bool:
        """Tell whether usage of customers was received after an instant, up to now."""
        names = []
        for customer in customers:
            self.make(customer, since, now)
            names.append(customer.id)
        sql = "SELECT 1 FROM events WHERE received > $since AND received <= $now LIMIT 1"
        return bool(names and self.ask(sql, names, since=naive(since), now=naive(now)))

    def count(self) -> int:
        """Count the events there are."""
        return sum(self.ask("SELECT count(*) FROM events", [each])[0][0] for each in self._tables)

    def _table(self, customer: str) -> str:
        """Name the table of a customer's events, which is made when it is first asked for."""
        if customer not in self._tables:
            self._tables[customer] = f"events_{len(self._tables)}"
            self._db.execute(_TABLE.format(table=self._tables[customer]))
        return self._tables[customer]
