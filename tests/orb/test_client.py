"""Orb's client against Orb's own examples: what goes out, what comes back, what goes wrong."""

import json
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import anyio.lowlevel
import httpx
import pytest
import respx

from app.days import Period
from app.orb import errors
from app.orb.client import Orb
from app.orb.endpoint import ALL, Rate
from app.orb.path import BadId, CustomerRef, orb_id
from app.orb.transport import Keyed, Logged
from app.reading import Reading
from app.secret import Secret
from tests.conftest import ORB, Clock
from tests.orb.answers import SUBSCRIPTION, answer, changed, example

BOREALIS = CustomerRef("external_customer_id", "borealis")
MAY = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 5, 21, 7, tzinfo=UTC))

# Every endpoint: a question, its route, its example.
Ask = Callable[[Orb, float | None], Awaitable[Reading[object]]]
CACHED: list[tuple[Ask, str, str]] = [
    (lambda orb, age: orb.upcoming_invoice(SUBSCRIPTION, max_age=age), "/invoices/upcoming", "invoices_upcoming"),
    (
        lambda orb, age: orb.credits_ledger(BOREALIS, "credits", max_age=age),
        "/customers/external_customer_id/borealis/credits/ledger",
        "credits_ledger",
    ),
    (
        lambda orb, age: orb.credit_blocks(BOREALIS, "credits", max_age=age),
        "/customers/external_customer_id/borealis/credits",
        "credits_blocks",
    ),
    (
        lambda orb, age: orb.subscription_costs(SUBSCRIPTION, "periodic", MAY, None, max_age=age),
        f"/subscriptions/{SUBSCRIPTION}/costs",
        "subscription_costs_periodic",
    ),
    (
        lambda orb, age: orb.customer_costs(BOREALIS, "cumulative", MAY, "USD", max_age=age),
        "/customers/external_customer_id/borealis/costs",
        "subscription_costs_cumulative",
    ),
    (
        lambda orb, age: orb.subscription_usage(SUBSCRIPTION, "periodic", MAY, max_age=age),
        f"/subscriptions/{SUBSCRIPTION}/usage",
        "subscription_usage",
    ),
    (
        lambda orb, age: orb.grouped_usage(SUBSCRIPTION, "Q8w89wjTtBdejXKs", "region", "periodic", MAY, max_age=age),
        f"/subscriptions/{SUBSCRIPTION}/usage",
        "subscription_usage_grouped",
    ),
]
UNCACHED: list[tuple[Ask, str, str]] = [
    (lambda orb, _: orb.subscriptions(BOREALIS, ("active", "upcoming")), "/subscriptions", "subscriptions_list"),
    (lambda orb, _: orb.customer(BOREALIS), "/customers/external_customer_id/borealis", "customer"),
    (
        lambda orb, _: orb.grouped_costs(SUBSCRIPTION, "workspace_id", MAY, "USD", 10),
        f"/subscriptions/{SUBSCRIPTION}/grouped_costs",
        "grouped_costs_response",
    ),
    (lambda orb, _: orb.license_types(), "/license_types", "license_types_list"),
    (lambda orb, _: orb.licenses(SUBSCRIPTION), "/licenses", "licenses_list"),
    (
        lambda orb, _: orb.license_usage(SUBSCRIPTION, "LtBorealis000001", "day"),
        "/licenses/usage",
        "license_usage_by_day",
    ),
    (lambda orb, _: orb.subscription_alerts(SUBSCRIPTION), "/alerts", "alerts_list"),
    (lambda orb, _: orb.customer_alerts(BOREALIS), "/alerts", "alerts_list"),
]


@pytest.fixture
def orb(orb_router: respx.MockRouter, clock: Clock) -> Orb:
    wire = httpx.MockTransport(orb_router.async_handler)
    return Orb(Logged(Keyed(wire, Secret("the-key"))), ORB, deadline=0.2, limit=200_000, now=clock)


@pytest.mark.parametrize(("ask", "path", "name"), CACHED)
async def test_a_cached_question_carries_both_headers_and_brings_the_stamp(
    orb: Orb, orb_router: respx.MockRouter, ask: Ask, path: str, name: str
) -> None:
    stamp = "2026-05-20T14:57:26.366184+00:00"
    route = orb_router.route(path__regex=f"{path}$").mock(return_value=answer(name, Orb_Cache_Updated_At=stamp))

    reading = await ask(orb, 300)

    sent = route.calls.last.request
    assert (b"Orb-Cache-Control", b"cache") in sent.headers.raw
    assert (b"Orb-Cache-Max-Age-Seconds", b"300") in sent.headers.raw
    assert reading.as_of == datetime.fromisoformat(stamp)


@pytest.mark.parametrize(("ask", "path", "name"), CACHED)
async def test_a_live_question_carries_neither_and_counts_from_when_it_was_asked(
    orb: Orb, orb_router: respx.MockRouter, clock: Clock, ask: Ask, path: str, name: str
) -> None:
    route = orb_router.route(path__regex=f"{path}$").mock(return_value=answer(name))

    reading = await ask(orb, None)

    assert not [key for key in route.calls.last.request.headers if key.startswith("orb-")]
    assert reading.as_of == clock()


@pytest.mark.parametrize(("ask", "path", "name"), CACHED)
async def test_a_cached_answer_without_a_stamp_has_no_known_age(
    orb: Orb, orb_router: respx.MockRouter, clock: Clock, ask: Ask, path: str, name: str
) -> None:
    orb_router.route(path__regex=f"{path}$").mock(return_value=answer(name))

    reading = await ask(orb, 300)

    assert reading.as_of is None
    assert reading.since == clock()


@pytest.mark.parametrize(("ask", "path", "name"), UNCACHED)
async def test_routes_that_do_not_cache_are_never_sent_the_header(
    orb: Orb, orb_router: respx.MockRouter, ask: Ask, path: str, name: str
) -> None:
    route = orb_router.route(path__regex=f"{path}$").mock(return_value=answer(name))

    await ask(orb, 300)

    assert not [key for key in route.calls.last.request.headers if key.startswith("orb-")]


async def test_grouped_costs_never_tell_their_age(orb: Orb, orb_router: respx.MockRouter) -> None:
    stamped = answer("grouped_costs_response", Orb_Cache_Updated_At="2026-05-20T14:57:26+00:00")
    route = orb_router.post(f"/subscriptions/{SUBSCRIPTION}/grouped_costs").mock(return_value=stamped)

    reading = await orb.grouped_costs(SUBSCRIPTION, "workspace_id", MAY, "USD", 10)

    assert reading.as_of is None
    assert [(group.key, group.subtotal) for group in reading.value.groups] == [
        ("ws_prod", Decimal("612.40")),
        ("ws_staging", Decimal("88.15")),
    ]
    assert reading.value.has_more
    assert json.loads(route.calls.last.request.content) == {
        "grouping_keys": ["workspace_id"],
        "timeframe_start": "2026-05-01T07:00:00Z",
        "timeframe_end": "2026-05-21T07:00:00Z",
        "currency": "USD",
        "limit": 10,
    }


@pytest.mark.parametrize(
    "rows",
    [
        [{"group_values": ["a"], "amount": "1.5"}],
        [{"groups": ["a"], "subtotal": 1.5}],
        [{"grouping_values": ["a"], "subtotal": "1.5", "new": {}}],
    ],
)
async def test_grouped_costs_are_read_under_every_plausible_name(
    orb: Orb, orb_router: respx.MockRouter, rows: list[object]
) -> None:
    orb_router.post().respond(json={"data": rows, "has_more": False})

    reading = await orb.grouped_costs(SUBSCRIPTION, "workspace_id", MAY, "USD", 10)

    assert [(group.key, group.subtotal) for group in reading.value.groups] == [("a", Decimal("1.5"))]


async def test_amounts_are_exact_whether_orb_wrote_a_string_or_a_number(orb: Orb, orb_router: respx.MockRouter) -> None:
    body = example("credits_ledger").replace(b"9148.25", b"9148.25000000000000000001")
    orb_router.get().respond(content=body, content_type="application/json")

    ledger = (await orb.credits_ledger(BOREALIS, "credits", max_age=None)).value

    assert ledger.data[0].ending_balance == Decimal("9148.25000000000000000001")


@pytest.mark.parametrize("amount", ["NaN", "1e999999", " 825.00", "8_25", "٨٢٥", "", "+1", "1E2"])
async def test_what_is_no_amount_is_malformed(orb: Orb, orb_router: respx.MockRouter, amount: str) -> None:
    orb_router.get().respond(json=changed("invoices_upcoming", amount_due=amount))

    with pytest.raises(errors.Malformed):
        await orb.upcoming_invoice(SUBSCRIPTION, max_age=None)


async def test_unknown_fields_and_enum_values_pass(orb: Orb, orb_router: respx.MockRouter) -> None:
    page = changed("subscriptions_list")
    page["data"][0] |= {"status": "hibernating", "invented_yesterday": {"deep": [1, 2]}}
    orb_router.get().respond(json=page)

    found = (await orb.subscriptions(BOREALIS, ("active",))).value.data[0]

    assert found.status == "hibernating"


async def test_a_figure_that_is_missing_is_malformed_and_never_zero(orb: Orb, orb_router: respx.MockRouter) -> None:
    page = changed("invoices_upcoming")
    del page["amount_due"]
    orb_router.get().respond(json=page)

    with pytest.raises(errors.Malformed):
        await orb.upcoming_invoice(SUBSCRIPTION, max_age=None)


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (400, "error_400_validation", errors.Invalid),
        (401, "error_401", errors.Unauthorized),
        (403, "error_401", errors.Unauthorized),
        (404, "error_404_resource", errors.NotFound),
        (404, "error_404_feature", errors.NotEnabled),
        (400, "error_404_feature", errors.NotEnabled),
        (429, "error_429", errors.RateLimited),
        (500, "error_500", errors.Refused),
        (302, "error_500", errors.Refused),
    ],
)
async def test_refusals_are_told_apart_by_the_type_of_their_problem(
    orb: Orb, orb_router: respx.MockRouter, status: int, name: str, kind: type[errors.OrbError]
) -> None:
    orb_router.get().mock(return_value=answer(name, status))

    with pytest.raises(errors.OrbError) as raised:
        await orb.upcoming_invoice(SUBSCRIPTION, max_age=300)

    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("headers", "content", "kind"),
    [
        ({"Content-Type": "text/html"}, b"{}", errors.Malformed),
        ({"Content-Type": "application/json"}, b"", errors.Malformed),
        ({"Content-Type": "application/json"}, b"null", errors.Malformed),
        ({"Content-Type": "application/json"}, b"[" * 100_000, errors.Malformed),
        ({"Content-Type": "application/json"}, b"\xff\xfe{}", errors.Malformed),
        ({"Content-Type": "application/json"}, b" " * 200_001, errors.TooLarge),
        ({"Content-Type": "application/json", "Content-Encoding": "br"}, b"{}", errors.Malformed),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"not gzip", errors.Malformed),
    ],
)
async def test_an_answer_that_makes_no_sense_has_its_own_error(
    orb: Orb, orb_router: respx.MockRouter, headers: dict[str, str], content: bytes, kind: type[errors.OrbError]
) -> None:
    class Raw(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield content

    orb_router.get().mock(return_value=httpx.Response(200, headers=headers, stream=Raw()))

    with pytest.raises(kind) as raised:
        await orb.customer(BOREALIS)

    # It is remembered for a while: the answer is not.
    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    held = [each for frame in frames[1:] for each in frame.f_locals.values() if isinstance(each, bytes | bytearray)]
    assert content not in held
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("refused"), errors.Unreachable),
        (httpx.ReadError("reset"), errors.Unreachable),
        (httpx.ConnectTimeout("slow"), errors.TimedOut),
        (httpx.RemoteProtocolError("cut"), errors.Malformed),
    ],
)
async def test_a_broken_wire_has_its_own_error(
    orb: Orb, orb_router: respx.MockRouter, raised: Exception, kind: type[errors.OrbError]
) -> None:
    orb_router.get().mock(side_effect=raised)

    with pytest.raises(kind):
        await orb.customer(BOREALIS)


async def test_a_call_ends_at_its_absolute_deadline_however_it_drips(orb: Orb, orb_router: respx.MockRouter) -> None:
    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            while True:
                await anyio.lowlevel.checkpoint()
                yield b""

    headers = {"Content-Type": "application/json"}
    orb_router.get().mock(return_value=httpx.Response(200, headers=headers, stream=Dripping()))

    with pytest.raises(errors.TimedOut):
        await orb.customer(BOREALIS)


@pytest.mark.parametrize("bad", ["", "..", ".", "a/b", "../customers", "%2e%2e", "a?b", "a#b", "a b", "é", "x" * 65])
async def test_an_id_of_orbs_can_never_change_the_path(orb: Orb, bad: str) -> None:
    with pytest.raises(errors.Malformed):
        await orb.upcoming_invoice(bad, max_age=None)
    with pytest.raises(errors.Malformed):
        await orb.subscription_costs(bad, "periodic", MAY, None, max_age=None)
    with pytest.raises(BadId, match=r"^not valid as customer_id$"):
        CustomerRef("customer_id", bad)
    with pytest.raises(BadId, match=r"^not an id of Orb's$"):
        orb_id(bad)


@pytest.mark.parametrize("bad", ["", ".", "..", "a\x00b", "a\nb", "x" * 257, "\ud800"])
def test_an_own_id_that_leaves_its_segment_is_refused(bad: str) -> None:
    with pytest.raises(BadId, match=r"^not valid as external_customer_id$"):
        CustomerRef("external_customer_id", bad)


@pytest.mark.parametrize(
    ("own", "segment"),
    [
        ("a/../b", b"a%2F..%2Fb"),
        ("%2e%2e", b"%252e%252e"),
        ("a?b#c", b"a%3Fb%23c"),
        ("https://elsewhere.test/x", b"https%3A%2F%2Felsewhere.test%2Fx"),
        ("..;", b"..%3B"),
        ("naïve", b"na%C3%AFve"),
    ],
)
async def test_an_own_id_fills_one_segment_whatever_it_holds(
    orb: Orb, orb_router: respx.MockRouter, own: str, segment: bytes
) -> None:
    route = orb_router.get().mock(return_value=answer("customer"))

    await orb.customer(CustomerRef("external_customer_id", own))

    sent = route.calls.last.request.url
    assert (sent.netloc, sent.raw_path) == (b"127.0.0.1:9", b"/v1/customers/external_customer_id/" + segment)


def test_every_endpoint_knows_its_rate_class_and_whether_it_caches() -> None:
    assert {each.name: (each.rate, each.honours_cache) for each in ALL} == {
        "subscriptions": (Rate.READ, False),
        "customer": (Rate.READ, False),
        "upcoming_invoice": (Rate.READ, True),
        "invoices": (Rate.READ, False),
        "invoice": (Rate.READ, False),
        "portal_session": (Rate.WRITE, False),
        "credits_ledger": (Rate.READ, True),
        "credit_blocks": (Rate.LEDGER, True),
        "subscription_costs": (Rate.ANALYTICS, True),
        "customer_costs": (Rate.ANALYTICS, True),
        "grouped_costs": (Rate.WRITE, False),
        "subscription_usage": (Rate.ANALYTICS, True),
        "grouped_usage": (Rate.ANALYTICS, True),
        "license_types": (Rate.READ, False),
        "licenses": (Rate.READ, False),
        "license_usage": (Rate.READ, False),
        "alerts": (Rate.READ, False),
        "evaluate": (Rate.WRITE, False),
        "evaluate_preview_events": (Rate.WRITE, False),
    }


@pytest.mark.parametrize("headers", [{"Content-Encoding": "br"}, {"Content-Encoding": "gzip"}])
async def test_a_refusal_says_what_it_is_by_its_status_whatever_its_body(
    orb: Orb, orb_router: respx.MockRouter, headers: dict[str, str]
) -> None:
    class Raw(httpx.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]
            yield b"not what it says"

    refusal = httpx.Response(429, headers=headers | {"Retry-After": "7"}, stream=Raw())
    orb_router.get().mock(return_value=refusal)

    with pytest.raises(errors.RateLimited) as raised:
        await orb.customer(BOREALIS)

    assert raised.value.retry_after == "7"
