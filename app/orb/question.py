"""A question to Orb as the request that carries it."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import httpx

from app.days import Period
from app.orb.errors import Malformed

Params = Sequence[tuple[str, str]]


def request(
    base: httpx.URL,
    method: str,
    path: str,
    params: Params,
    max_age: float | None,
    content: bytes,
    extensions: Mapping[str, object],
) -> httpx.Request:
    """The request for `path` under `base`; with `max_age` it lets Orb answer from its cache.

    `extensions` are for the layers that it passes: the endpoint's name and rate class, and who asks. Raises
    ValueError if the address came out otherwise than it was built.
    """
    target = base.raw_path + path.encode("ascii")
    if params:
        target += b"?" + urlencode(params, quote_via=quote).encode("ascii")
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
    url = base.copy_with(raw_path=target)
    # The last check before the key goes out: the address is the one that was built, to the byte.
    if (url.scheme, url.netloc, url.raw_path) != (base.scheme, base.netloc, target):
        raise ValueError("the address of a call changed while it was built")
    return httpx.Request(method, url, headers=headers, content=content, extensions=dict(extensions))


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
