"""What has happened in this process so far, for Prometheus: counted where it happens, in a registry of our own.

Every label has a closed set of values: what comes from outside (a method, a status, the name of an error) is `other`
unless it is one of them. No label holds an id, an address or a secret.
"""

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Gauge, GCCollector, Info, ProcessCollector

from app.metrics.tally import Spread, Tally

VERSION = "0.1.0"
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
RATES = ("analytics", "ledger", "read", "write")
CODES = (
    "orb_unreachable", "orb_timeout", "orb_rate_limited", "orb_auth", "orb_error", "orb_malformed", "orb_too_large",
    "orb_foreign", "busy", "bug",
)  # fmt: skip
# What a call comes to that brings no status. `cancelled`: its time was up, or whoever asked has left.
ERRORS = (
    "cancelled", "Untrusted", "ConnectError", "ConnectTimeout", "ReadError", "ReadTimeout", "WriteError",
    "RemoteProtocolError",
    "TooLate",
)  # fmt: skip
WEBHOOKS = ("accepted", "duplicate", "refused", "ignored", "unclear")
OTHER = "other"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAGS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5)
_AGES = (10, 60, 300, 900, 3600, 86400)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
Info("orrery_build", "The version that runs.", registry=REGISTRY).info({"version": VERSION})


def _counter(name: str, about: str, *labels: str) -> Tally:
    return Tally(REGISTRY, name, about, labels)


def _histogram(name: str, about: str, *labels: str, buckets: tuple[float, ...] = _SECONDS) -> Spread:
    return Spread(REGISTRY, name, about, labels, buckets)


_requests = _counter("orrery_requests", "Requests answered.", "route", "method", "status")
_request_seconds = _histogram("orrery_request_seconds", "From a request to the end of its answer.", "route")
_cards = _counter("orrery_cards", "Cards, and how they came back.", "card", "outcome", "code")
_card_seconds = _histogram("orrery_card_seconds", "How long a card took.", "card")
_age_seconds = _histogram("orrery_age_seconds", "The age of the figures in a card that was served.", buckets=_AGES)
_calls = _counter("orrery_orb_calls", "Calls that left for Orb, each attempt.", "call", "rate", "outcome")
_call_seconds = _histogram("orrery_orb_call_seconds", "From a call to the head of Orb's answer.", "rate")
_failures = _counter("orrery_orb_failures", "Questions to Orb without a usable answer.", "rate", "code")
_retries = _counter("orrery_orb_retries", "Calls that were sent once more.", "rate")
_foreign = _counter("orrery_orb_foreign", "Documents of Orb's dropped: they named another customer.")
_cache = _counter("orrery_cache_answers", "What the cache was asked for, and how it answered.", "how")
_cache_stale = _counter("orrery_cache_stale", "Kept answers handed out older than was asked for.")
_cache_failed = _counter("orrery_cache_failed_renewals", "Renewals of kept answers that failed.")
_cache_evicted = _counter("orrery_cache_evictions", "Kept answers dropped for want of room.")
_webhooks = _counter("orrery_webhooks", "Webhooks that came, and what became of them.", "outcome")
_bugs = _counter("orrery_bugs", "Mistakes of ours; each has a line with its traceback in the log.")
_lag = Gauge("orrery_loop_lag_seconds", "How late the event loop was when last looked at.", registry=REGISTRY)
_lags = _histogram("orrery_loop_lags_seconds", "How late the event loop was, each half second.", buckets=_LAGS)

# What an alert watches for the first of has to be there before it happens.
for _rate in RATES:
    _retries.add(_rate, many=0)
    for _code in CODES:
        _failures.add(_rate, _code, many=0)

for _outcome in WEBHOOKS:
    _webhooks.add(_outcome, many=0)


def request(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is the pattern of the address, never the address."""
    _requests.add(route, one_of(method, METHODS), status_class(status))
    _request_seconds.observe(seconds, route)


def card(word: str, outcome: str, code: str | None, seconds: float, age: float | None) -> None:
    """`code` is that of a failure; `age` that of the figures, where there are any and it is known."""
    _cards.add(word, outcome, one_of(code, CODES) if code else "")
    _card_seconds.observe(seconds, word)
    if age is not None:
        _age_seconds.observe(max(0.0, age))


def call(name: str, rate: str, outcome: int | str, seconds: float) -> None:
    """One attempt; `outcome` is Orb's status, or the name of the error instead of one."""
    found = status_class(outcome) if isinstance(outcome, int) else one_of(outcome, ERRORS)
    _calls.add(name, rate, found)
    _call_seconds.observe(seconds, rate)


def failure(rate: str, code: str) -> None:
    _failures.add(rate, one_of(code, CODES))


def retry(rate: str) -> None:
    _retries.add(rate)


def foreign() -> None:
    _foreign.add()


def cache(how: str, *, stale: bool = False, many: int = 1) -> None:
    """`how` answers were had: kept, asked for, or those of questions already under way."""
    _cache.add(how, many=many)
    if stale:
        _cache_stale.add()


def renewal_failed() -> None:
    _cache_failed.add()


def evicted(answers: int = 1) -> None:
    _cache_evicted.add(many=answers)


def webhook(outcome: str) -> None:
    _webhooks.add(one_of(outcome, WEBHOOKS))


def bug() -> None:
    _bugs.add()


def lag(seconds: float) -> None:
    _lag.set(seconds)
    _lags.observe(seconds)


def one_of(value: str, known: Collection[str]) -> str:
    return value if value in known else OTHER


def status_class(status: int) -> str:
    return one_of(f"{status // 100}xx", STATUSES)
