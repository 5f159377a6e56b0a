"""A question to Orb as the request that carries it."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from app.days import Period
from app.orb.errors import Malformed
from app.orb.outgoing import Outgoing

Params = Sequence[tuple[str, str]]

# Segments that no step on the way reads otherwise: none is `.` or `..`, and nothing but the query follows a `?`.
_SEGMENT = rb"/(?!(?:\.|%2[Ee]){1,2}(?:[/?]|\Z))[A-Za-z0-9._~!$&'()*+,;=:@%-]*"
_TARGET = re.compile(rb"(?:%b)+(?:\?[A-Za-z0-9._~%%&=-]+)?" % _SEGMENT)


def request(
    base: httpx.URL,
    method: str,
    path: str,
    params: Params,
    max_age: float | None,
    content: bytes,
    extensions: Mapping[str, object],
) -> Outgoing:
    """The request for `path` under `base`; with `max_age` it lets Orb answer from its cache.

    `extensions` are for the layers that it passes: the endpoint's name and rate class, and who asks. Raises
    ValueError where somebody on the way could read another address than the one that was built.
    """
    target = base.raw_path + path.encode("ascii")
    if params:
        pairs = (f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in params)
        target += b"?" + "&".join(pairs).encode("ascii")
    # The last check before the key goes out.
    if not _TARGET.fullmatch(target):
        raise ValueError("the address of a call can be read in two ways")
    headers = [
        (b"Host", base.netloc),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"User-Agent", b"Orrery"),
    ]
    if content:
        headers.append((b"Content-Type", b"application/json"))
    if max_age is not None:
        # Orb calls these names case-sensitive: they go out spelled so, over HTTP/1.1.
        headers.append((b"Orb-Cache-Control", b"cache"))
        headers.append((b"Orb-Cache-Max-Age-Seconds", str(math.floor(max_age)).encode("ascii")))
    return Outgoing(method, base, target, headers, content, extensions)


def series(view_mode: str, window: Period, currency: str | None) -> Params:
    """The parameters of a cost series. View and window are always sent: its defaults are contradictory."""
    params = [
        ("view_mode", view_mode),
        ("timeframe_start", instant(window.start)),
        ("timeframe_end", instant(window.end)),
    ]
    return [*params, ("currency", currency)] if currency is not None else params


def days(view_mode: str, window: Period) -> Params:
    """The parameters of usage by day. All are always sent: its defaults are contradictory."""
    return [("granularity", "day"), *series(view_mode, window, None)]


def page(currency: str, limit: int, cursor: str | None) -> Params:
    """The parameters of one page of a list in one currency or pricing unit."""
    params = [("currency", currency), ("limit", str(limit))]
    return params if cursor is None else [*params, ("cursor", cursor)]


def instant(moment: datetime) -> str:
    """An instant as Orb takes it: UTC, ISO 8601. Raises Malformed for one that was told and is before all years."""
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise Malformed("an instant before all years") from None
