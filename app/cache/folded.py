"""Kept answers that nobody needs just now: a customer's as one, written down and packed, in a tenth of the space."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import msgspec

from app.cache.floors import Key
from app.cache.shelf import Shelf
from app.metrics import counted
from app.reading import Reading

# What a pack weighs beyond its bytes: the customer's name, and a place in the table.
_PACK = 512
_LEVEL = 1  # the next ones take more than twice the time for a seventh less


class Kinds(Protocol):
    """Which answers can be written down, and how; `read` raises ValueError on what is none."""

    def write(self, value: Any) -> tuple[str, bytes] | None: ...

    def read(self, kind: str, body: bytes) -> Any: ...


class _Written(msgspec.Struct, frozen=True, array_like=True):
    key: Key
    as_of: datetime | None
    asked: datetime
    size: int
    lasts: float | None
    kind: str
    body: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[_Written, ...])


@dataclass(frozen=True, slots=True)
class _Pack:
    answers: int
    packed: bytes


class Folded:
    """Packs by name: a customer's, or the key of one answer. Those that came first go first once `limit` bytes are
    full, and nobody's fill more than `share`. Without `kinds` none is kept."""

    def __init__(self, limit: int, share: int, kinds: Kinds | None) -> None:
        self._packs = Shelf(limit, share, _weight, self._gone)
        self._kinds = kinds
        self.answers = 0

    @property
    def bytes(self) -> int:
        return self._packs.bytes

    def of(self, customer: Key) -> int:
        """What one customer's packs weigh, in bytes."""
        return self._packs.of(customer)

    def fold(self, name: Key, readings: Mapping[Key, Reading[Any]]) -> None:
        """What cannot be written down is lost, as is what is too large."""
        written = _write(readings, self._kinds) if self._kinds else []
        pack = _Pack(len(written), zlib.compress(_encoder.encode(written), _LEVEL))
        kept = pack.answers if written and self._packs.put(name, pack) else 0
        self.answers += kept
        counted.evicted(len(readings) - kept)

    def unfold(self, name: Key) -> dict[Key, Reading[Any]]:
        """All that is kept by that name; it is folded no more."""
        pack = self._packs.pop(name)
        if pack is None or self._kinds is None:
            return {}
        self.answers -= pack.answers
        return _read(pack, self._kinds)

    def _gone(self, _name: Key, packs: Mapping[Key, _Pack]) -> None:
        lost = sum(pack.answers for pack in packs.values())
        self.answers -= lost
        counted.evicted(lost)


def _weight(pack: _Pack) -> int:
    return len(pack.packed) + _PACK


def _write(readings: Mapping[Key, Reading[Any]], kinds: Kinds) -> list[_Written]:
    return [
        _Written(key, each.as_of, each.asked, each.size, each.lasts, *written)
        for key, each in readings.items()
        if (written := kinds.write(each.value))
    ]


def _read(pack: _Pack, kinds: Kinds) -> dict[Key, Reading[Any]]:
    return {
        each.key: Reading(kinds.read(each.kind, each.body), each.as_of, each.asked, each.size, each.lasts)
        for each in _decoder.decode(zlib.decompress(pack.packed))
    }
