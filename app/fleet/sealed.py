"""How a kept answer is written for other processes: signed, compressed, bounded; never code, only data."""

import hashlib
import hmac
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from app.cache.floors import Key
from app.reading import Reading
from app.secret import Secret

_VERSION = 1
MOST = 4 * 1024 * 1024  # bytes of one sealed answer: more could not be fetched in time
_MOST = 32 * 1024 * 1024  # bytes of one answer, written out
_SIGNED = hashlib.sha256().digest_size
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Kinds(Protocol):
    """Which answers there are, and how each is written. `read` raises ValueError on what is none."""

    def write(self, value: Any) -> tuple[str, bytes] | None: ...

    def read(self, kind: str, body: bytes) -> Any: ...


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    version: int
    key: tuple[str, ...]
    as_of: int | None
    asked: int
    size: int
    lasts: float | None
    kind: str
    body: bytes


class Seal:
    """Signs for all processes that hold the same `secret`; what others wrote is nothing to them."""

    def __init__(self, secret: Secret, kinds: Kinds, most: int = _MOST) -> None:
        self._secret = hmac.digest(secret.reveal().encode(), b"orrery fleet", "sha256")
        self._kinds = kinds
        self._most = most
        self.account = hmac.digest(self._secret, b"account", "sha256")[:6].hex()  # tells accounts apart, names none
        self.channel = f"orrery:news:{self.account}"
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(_Envelope)

    def name(self, key: Key) -> str:
        """What a key is called in Redis: nothing can be told from it."""
        return hmac.digest(self._secret, "\0".join(key).encode(), "sha256")[:16].hex()

    def close(self, key: Key, reading: Reading[Any]) -> bytes | None:
        """The answer as bytes; None where it is not of a kind that is shared, or too large."""
        if (written := self._kinds.write(reading.value)) is None or len(written[1]) > self._most:
            return None
        kind, body = written
        stamp = micros(reading.as_of) if reading.as_of else None
        envelope = _Envelope(
            _VERSION, key, stamp, micros(reading.asked), reading.size, reading.lasts, kind, zlib.compress(body, 1)
        )
        packed = self._encoder.encode(envelope)
        return self._sign(packed) + packed if len(packed) + _SIGNED <= MOST else None

    def open(self, key: Key, sealed: bytes) -> Reading[Any] | None:
        """The answer in these bytes; None where anything about them is odd."""
        signature, packed = sealed[:_SIGNED], sealed[_SIGNED:]
        if not hmac.compare_digest(signature, self._sign(packed)):
            return None
        try:
            found = self._decoder.decode(packed)
            if found.version != _VERSION or found.key != key:
                return None
            value = self._kinds.read(found.kind, self._inflate(found.body))
            as_of = None if found.as_of is None else moment(found.as_of)
            return Reading(value, as_of, moment(found.asked), found.size, found.lasts)
        except (msgspec.MsgspecError, ValueError, OverflowError, zlib.error):
            return None

    def _sign(self, packed: bytes) -> bytes:
        return hmac.digest(self._secret, packed, "sha256")

    def _inflate(self, body: bytes) -> bytes:
        inflater = zlib.decompressobj()
        found = inflater.decompress(body, self._most + 1)
        if len(found) > self._most or not inflater.eof:
            raise ValueError("too large")
        return found


def micros(when: datetime) -> int:
    """Microseconds since 1970: what Redis compares."""
    return (when - _EPOCH) // _MICROSECOND


def moment(stamp: int) -> datetime:
    """The instant of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=stamp)
