"""Every fault of a request: what the peer does, what the card then says, how often the peer is asked.

A peer is asked twice where a second attempt may help, and only then: its connection broke, or it says that it could
not answer just then.
"""

from dataclasses import dataclass

from tests.faults.front import Strike
from tests.faults.stage import PATIENCE
from tests.faults.strikes import (
    MEGABYTE,
    bends,
    body,
    bytewise,
    changes,
    cuts,
    drips,
    endless,
    half_closes,
    hangs_up,
    headed,
    is_silent,
    many_headers,
    nested,
    news,
    pours,
    refuses,
    resets,
    resets_within_the_body,
    says,
    within_the_body,
    zipped,
)

#: The request that makes each card.
ROUTES = {
    "bill": "/invoices/upcoming",
    "credits": "/credits/ledger",
    "spend": "/costs?",
    "breakdown": "/grouped_costs",
}


@dataclass(frozen=True)
class Fault:
    """`code` is what the struck card fails with, `arrivals` how often the peer is asked meanwhile."""

    name: str
    strike: Strike
    code: str
    arrivals: int = 1
    card: str = "bill"
    patience: float = PATIENCE

    def __str__(self) -> str:
        return self.name


GZIP = {"content-encoding": "gzip"}
GZIP_TWICE = {"content-encoding": "gzip, gzip"}
UPGRADE = b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
BAD_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
NO_AMOUNTS: tuple[object, ...] = (
    "1e999999", "NaN", "", ..., None, "1_000", "１２３", "0x10", " 1", [], True, "9" * 5_000,
)  # fmt: skip

CONNECTION = (
    Fault("reset before the head", resets, "orb_unreachable", 2),
    Fault("hung up before the head", hangs_up, "orb_unreachable", 2),
    Fault("half-closed before the head", half_closes, "orb_unreachable", 2),
    Fault("reset, of what is posted", resets, "orb_unreachable", card="breakdown"),
    Fault("half-closed, of what is posted", half_closes, "orb_unreachable", card="breakdown"),
    Fault("reset within the body", resets_within_the_body, "orb_malformed"),
    Fault("silence", is_silent, "orb_timeout"),
    Fault("no HTTP", says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "orb_malformed"),
    Fault("a status that is none", says(b"HTTP/1.1 9999 No\r\n\r\n"), "orb_malformed"),
    Fault(
        "another protocol", says(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"), "orb_error"
    ),
)
DRIPS = (
    Fault("a head that drips", drips(bytewise), "orb_timeout"),
    Fault("a body that drips", drips(within_the_body), "orb_timeout"),
    Fault("endless 103", drips(endless(b"HTTP/1.1 103 Early Hints\r\n\r\n")), "orb_timeout"),
    Fault("endless 100", drips(endless(b"HTTP/1.1 100 Continue\r\n\r\n")), "orb_timeout"),
)
SIZES = (
    Fault("a header of 2 MB", many_headers(1, 2 * MEGABYTE), "orb_malformed"),
    Fault("10,000 headers", many_headers(10_000, 8), "orb_malformed"),
    Fault("50 MB with their length", pours(50 * MEGABYTE), "orb_too_large"),
    Fault("50 MB without a length", pours(50 * MEGABYTE, length=False), "orb_too_large"),
    Fault("gzip bomb", body(zipped(b" " * 50 * MEGABYTE), GZIP), "orb_too_large"),
    Fault("gzip that is none", body(b"{}", GZIP), "orb_malformed"),
    Fault("gzip twice", changes(lambda raw: zipped(zipped(raw)), GZIP_TWICE), "orb_malformed"),
    Fault("gzip twice, told once", changes(lambda raw: zipped(zipped(raw)), GZIP), "orb_malformed"),
    Fault("gzip cut short", changes(lambda raw: zipped(raw)[:-9], GZIP), "orb_malformed"),
    Fault("br that nobody asked for", body(b"\x0b\x02\x80{}\x03", {"content-encoding": "br"}), "orb_malformed"),
    Fault("a coding that is told and not there", headed(content_encoding="br"), "orb_malformed"),
    Fault("chunks that are none", says(BAD_CHUNK), "orb_malformed"),
)
TRUTH = (
    Fault("HTML", body(b"<html>", {"content-type": "text/html"}), "orb_malformed"),
    Fault("JSON said to be HTML", headed(content_type="text/html"), "orb_malformed"),
    Fault("no content type", headed(content_type=None), "orb_malformed"),
    Fault("no JSON", body(b"{'amount_due': '1.00'}"), "orb_malformed"),
    Fault("NaN", news(b"NaN"), "orb_malformed"),
    Fault("a name twice", changes(lambda raw: b'{"amount_due":"1.00",' + raw[1:]), "orb_malformed"),
    Fault("a strange name twice", news(b'1,"n\\u0065w":1'), "orb_malformed"),
    Fault("100,000 deep", body(nested(100_000)), "orb_malformed"),
    Fault(
        "100,000 deep, where nobody reads",
        news(nested(100_000)),
        "orb_malformed",
    ),
    Fault("5,000 digits", news(b"9" * 5_000), "orb_malformed"),
    Fault("no UTF-8", news(b'"\xff"'), "orb_malformed"),
    Fault("half a character", changes(lambda raw: raw.replace(b'"name":"', b'"name":"\\ud800', 1)), "orb_malformed"),
    Fault("a byte order mark", changes(lambda raw: b"\xef\xbb\xbf" + raw), "orb_malformed"),
    Fault("nothing", body(b""), "orb_malformed"),
    Fault("null", body(b"null"), "orb_malformed"),
    Fault("a list for an object", changes(lambda raw: b"[" + raw + b"]"), "orb_malformed"),
    Fault("two answers in one", changes(lambda raw: raw + raw), "orb_malformed"),
    Fault("somebody else's", bends(customer={"id": "Other", "external_customer_id": "other"}), "orb_foreign"),
)
AMOUNTS = tuple(Fault(f"amount {amount!r:.12}", bends(amount_due=amount), "orb_malformed") for amount in NO_AMOUNTS)
TRUNCATION = (
    Fault("cut, by its length", cuts(), "orb_malformed"),
    Fault("cut, by its form alone", cuts(length=False), "orb_malformed"),
)
STATUSES = (
    *(
        Fault(str(status), refuses(status, Location="http://127.0.0.1:1/v1/invoices/upcoming"), "orb_error")
        for status in (301, 302, 307)
    ),
    Fault("401", refuses(401, "401-authentication-error"), "orb_auth"),
    Fault("403", refuses(403), "orb_auth"),
    Fault("404 of the address", refuses(404, "404-url-not-found"), "orb_error"),
    Fault("404 without a type", refuses(404), "orb_error"),
    Fault("409", refuses(409, "409-resource-conflict"), "orb_error"),
    Fault("413", refuses(413, "413-request-too-large"), "orb_error"),
    Fault("429", refuses(429, "429-too-many-requests", Retry_After="1"), "orb_rate_limited", patience=3),
    Fault("204", says(b"HTTP/1.1 204 No Content\r\n\r\n"), "orb_error"),
    *(Fault(str(status), refuses(status), "orb_error", 2) for status in (408, 500, 502, 503, 504)),
    Fault("500, of what is posted", refuses(500), "orb_error", card="breakdown"),
)
FAULTS = (*CONNECTION, *DRIPS, *SIZES, *TRUTH, *AMOUNTS, *TRUNCATION, *STATUSES)
