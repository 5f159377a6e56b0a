"""`POST /webhooks/orb`: what is believed, what it does, and that nothing else happens."""

import itertools
import json
import logging
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest
import respx
from starlette.applications import Starlette

from app import log
from app.cache.freshness import Freshness
from app.main import create_app
from app.sandbox.server import create_sandbox
from app.secret import Secret
from app.settings import Settings
from app.touched import QUESTIONS, questions
from tests.conftest import Clock
from tests.figures import Meanwhile
from tests.logged import lines, showing
from tests.orb.answers import answer, borealis
from tests.orb.webhooks import ORB_ID, OWN_ID, SECRET, TYPES, event, signed
from tests.web import asgi
from tests.web.test_changes import client_of
from tests.web.test_document import dashboard
from tests.whole import at_hand

PATH = "/webhooks/orb"
KEYS = (("customer_id", ORB_ID), ("external_customer_id", OWN_ID))
ALL = {question for each in QUESTIONS.values() for question in each} | {"subscriptions"}
OTHER = "another-secret-of-ours-0123456789"


class Hooked:
    """The service; `send` is Orb."""

    def __init__(self, app: Starlette, clock: Clock) -> None:
        self.app = app
        self.clock = clock

    async def send(self, body: bytes, headers: dict[str, str] | None = None) -> asgi.Heard:
        return await asgi.post(self.app, PATH, body, signed(body, self.clock()) if headers is None else headers)

    async def status(self, body: bytes) -> int:
        return (await self.send(body)).status

    def changed(self, key: tuple[str, str]) -> set[str]:
        """The questions of a customer that count as out of date."""
        cache, how = self.app.state.desk.cache, Freshness(self.clock(), 300)
        return {question for question in ALL if cache.is_changed((*key, question), how)}

    def of_everybody(self) -> list[set[str]]:
        return [self.changed(key) for key in KEYS]


@asynccontextmanager
async def hooked(
    settings: Settings, clock: Clock, *secrets: str, wire: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Hooked]:
    silent = httpx.MockTransport(lambda _: pytest.fail("Orb was called"))
    known = replace(settings, webhook_secrets=tuple(map(Secret, secrets or (SECRET,))))
    app = create_app(known, wire or silent, now=clock)
    async with app.router.lifespan_context(app):
        yield Hooked(app, clock)


@pytest.fixture
async def hooks(settings: Settings, clock: Clock) -> AsyncIterator[Hooked]:
    async with hooked(settings, clock) as found:
        yield found


async def test_without_a_secret_there_is_no_such_address(settings: Settings, clock: Clock) -> None:
    app = create_app(settings, httpx.MockTransport(lambda _: httpx.Response(500)), now=clock)
    async with app.router.lifespan_context(app), client_of(app, clock) as client:
        found = [await client.request(method, path) for method in ("POST", "GET") for path in (PATH, "/nowhere")]
    assert {(each.status_code, each.json()["code"]) for each in found} == {(404, "not_found")}


@pytest.mark.parametrize(("event_type", "touches"), TYPES.items())
async def test_what_an_event_touches_counts_as_out_of_date_and_nothing_else(
    hooks: Hooked, event_type: str, touches: Any
) -> None:
    with Meanwhile() as rise:
        assert await hooks.status(event(event_type)) == 200
    expected = ALL if touches == "all" else set(questions(touches))
    assert hooks.of_everybody() == [expected, expected]
    assert hooks.changed(("external_customer_id", "meridian")) == set()
    assert rise.of("orrery_webhooks_total") == 1
    assert rise.of("orrery_webhooks_total", outcome="accepted" if touches else "ignored") == 1


async def test_a_customer_without_an_id_of_the_hosts_is_told_of_too(hooks: Hooked) -> None:
    found = await hooks.send(event("customer.edited", customer={"id": ORB_ID, "external_customer_id": None}))
    assert (found.status, found.text) == (200, "ok")
    assert hooks.of_everybody() == [ALL, set()]


async def test_a_subscription_names_its_customer_in_both_styles(hooks: Hooked) -> None:
    whose = {"id": ORB_ID, "external_customer_id": OWN_ID}
    expanded = {"id": "s", "name": "x", "price_intervals": [{"price": {}}], "customer": whose | {"name": "Borealis"}}
    found = []
    for style, resource in (("expanded", expanded), ("standard", {"id": "s", "customer": whose})):
        hooks.clock.pass_seconds(1000)
        body = event("subscription.usage_exceeded", style, payload_style=style, subscription=resource)
        assert await hooks.status(body) == 200
        found.append(hooks.of_everybody())
    assert found[0] == found[1] == [{"subscription_alerts", "customer_alerts"}] * 2


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}


BODY = event("invoice.issued", "evt_secret_id")
REFUSED: dict[str, tuple[str, Callable[[Clock], tuple[bytes, dict[str, str]]]]] = {
    "no headers": ("headers", lambda _: (BODY, {})),
    "no timestamp": ("headers", lambda clock: (BODY, without(signed(BODY, clock()), "X-Orb-Timestamp"))),
    "no signature": ("headers", lambda clock: (BODY, without(signed(BODY, clock()), "X-Orb-Signature"))),
    "another secret": ("signature", lambda clock: (BODY, signed(BODY, clock(), OTHER))),
    "another body": ("signature", lambda clock: (BODY + b" ", signed(BODY, clock()))),
    "old": ("signature", lambda clock: (BODY, signed(BODY, clock() - timedelta(seconds=301)))),
    "of tomorrow": ("signature", lambda clock: (BODY, signed(BODY, clock() + timedelta(seconds=301)))),
    "no text": ("signature", lambda clock: (BODY, signed(BODY, clock()) | {"X-Orb-Signature": "v1=\xe9\xff"})),
    "no JSON": ("malformed", lambda clock: (b"{", signed(b"{", clock()))),
    "no event": ("malformed", lambda clock: (b"{}", signed(b"{}", clock()))),
    "a byte too large": ("too large", lambda clock: (large(1), signed(large(1), clock()))),
}


def large(more: int = 0) -> bytes:
    """An event of a mebibyte, and so much more."""
    empty = event("invoice.issued", padding="")
    return event("invoice.issued", padding="x" * (1024 * 1024 + more - len(empty)))


@pytest.mark.parametrize(("why", "case"), REFUSED.values(), ids=REFUSED)
async def test_every_doubt_has_the_same_answer_and_the_log_alone_says_why(
    hooks: Hooked, why: str, case: Callable[[Clock], tuple[bytes, dict[str, str]]]
) -> None:
    with showing() as shown, Meanwhile() as rise:
        found = await hooks.send(*case(hooks.clock))
    said = json.loads(found.text)
    assert found.status == 400
    assert said | {"request_id": ""} == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "This is not an event of Orb's.",
        "code": "bad_webhook",
        "request_id": "",
    }
    assert [(each["outcome"], each["why"]) for each in lines(shown, "webhook")] == [("refused", why)]
    assert not any(each in shown.getvalue() for each in ("evt_secret_id", OWN_ID, ORB_ID, SECRET))
    assert hooks.of_everybody() == [set(), set()]
    assert rise.of("orrery_webhooks_total", outcome="refused") == rise.of("orrery_webhooks_total") == 1


async def test_what_orb_signed_and_does_not_say_whose_it_is_is_taken_and_told_of(hooks: Hooked) -> None:
    """Refused it would come again and again, and Orb might give the endpoint up."""
    with showing() as shown, Meanwhile() as rise:
        assert await hooks.status(event("invoice.issued", invoice={"customer": None})) == 200
    (line,) = lines(shown, "webhook")
    assert (line["level"], line["outcome"], line["type"]) == ("warning", "unclear", "invoice.issued")
    assert hooks.of_everybody() == [set(), set()]
    assert rise.of("orrery_webhooks_total", outcome="unclear") == 1


async def test_a_header_that_is_there_twice_is_a_doubt(hooks: Hooked) -> None:
    transport = httpx.ASGITransport(hooks.app)
    headers = signed(BODY, hooks.clock())
    async with httpx.AsyncClient(transport=transport, base_url="http://orrery.test") as client:
        for name in headers:
            twice = [*headers.items(), (name, headers[name])]
            assert (await client.post(PATH, content=BODY, headers=twice)).status_code == 400
        assert (await client.post(PATH, content=BODY, headers=headers)).status_code == 200


async def test_an_event_of_a_mebibyte_is_taken(hooks: Hooked) -> None:
    assert await hooks.status(large()) == 200


async def test_a_body_that_does_not_come_is_not_waited_for(hooks: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.webhooks._WITHIN", 0.05)
    found, told = asgi.Heard(), [{"type": "http.request", "body": BODY[:9], "more_body": True}]

    async def receive() -> Any:
        return told.pop() if told else await anyio.sleep_forever()

    with anyio.fail_after(2), showing() as shown:
        await hooks.app(asgi.scope("POST", PATH, signed(BODY, hooks.clock())), receive, found.send)
    assert (found.status, [each["why"] for each in lines(shown, "webhook")]) == (400, ["late"])


async def test_a_large_body_is_not_read_to_its_end(hooks: Hooked) -> None:
    found, chunks = asgi.Heard(), itertools.count()

    async def receive() -> Any:
        assert next(chunks) < 20
        return {"type": "http.request", "body": bytes(128 * 1024), "more_body": True}

    await hooks.app(asgi.scope("POST", PATH, signed(BODY, hooks.clock())), receive, found.send)
    assert (found.status, next(chunks)) == (400, 9)


async def test_secrets_are_rotated_without_a_loss(settings: Settings, clock: Clock) -> None:
    async with hooked(settings, clock, OTHER, SECRET) as hooks:
        for secret, status in ((SECRET, 200), (OTHER, 200), (SECRET[::-1], 400)):
            body = event("invoice.issued", secret)
            assert (await hooks.send(body, signed(body, clock(), secret))).status == status


async def test_the_same_event_counts_once_whatever_its_body(hooks: Hooked) -> None:
    await hooks.send(event("invoice.issued"))
    hooks.clock.pass_seconds(1000)
    with Meanwhile() as rise:
        for body in (event("invoice.issued"), event("customer.edited"), event("invoice.issued", padding="x")):
            assert await hooks.status(body) == 200
    assert hooks.of_everybody() == [set(), set()]
    assert rise.of("orrery_webhooks_total", outcome="duplicate") == 3


async def test_only_what_orb_signed_counts_as_seen(hooks: Hooked) -> None:
    body = event("invoice.issued")
    assert (await hooks.send(body, signed(body, hooks.clock(), OTHER))).status == 400
    assert await hooks.status(body) == 200
    assert hooks.of_everybody() == [set(questions(["bill", "invoices"]))] * 2


async def test_order_duplicates_and_style_do_not_matter(settings: Settings, clock: Clock) -> None:
    def body(event_type: str, style: str) -> bytes:
        return event(event_type, f"evt_{event_type}", payload_style=style)

    events = ("invoice.issued", "subscription.usage_exceeded", "customer.credit_ledger_incremented")
    states = []
    for order in itertools.permutations(events):
        for style, times in (("expanded", 1), ("standard", 3)):
            async with hooked(settings, clock) as hooks:
                for event_type in order * times:
                    await hooks.send(body(event_type, style))
                states.append(hooks.of_everybody())
    assert len(states) == 12
    assert states[0] == [set(questions(["bill", "invoices", "alerts", "credits"]))] * 2
    assert all(each == states[0] for each in states)


async def test_ten_thousand_events_ask_nobody_and_fill_no_memory(
    hooks: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orb's side of the wire fails the test when it is asked."""
    floors, once = hooks.app.state.desk.cache._floors, hooks.app.state.desk.once
    assert (floors._changed.maxsize, once._seen.maxsize) == (100_000, 100_000)
    for each in (floors._changed, floors._stamps, once._seen):
        monkeypatch.setattr(each, "_Cache__maxsize", 500)

    async def receive(numbers: range) -> int:
        for n in numbers:
            whose = {"id": f"customer-{n}", "external_customer_id": f"own-{n}"}
            body = event("invoice.issued", f"evt_{n}", invoice={"customer": whose})
            assert await hooks.status(body) == 200
        return tracemalloc.get_traced_memory()[0]

    log_level = logging.getLogger("orrery").level
    logging.getLogger("orrery").setLevel(logging.ERROR)
    await receive(range(8000))
    tracemalloc.start()
    try:
        first, last = await receive(range(8000, 9000)), await receive(range(9000, 10_000))
    finally:
        tracemalloc.stop()
        logging.getLogger("orrery").setLevel(log_level)
    assert last - first < 200_000
    assert (len(floors._changed), len(once._seen)) == (500, 500)


async def test_what_could_not_be_recorded_is_sent_again_and_counts_then(
    hooks: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(f"no room for {OWN_ID}")

    with showing() as shown, monkeypatch.context() as patch:
        patch.setattr(hooks.app.state.desk.cache, "change", broken)
        found = await hooks.send(event("invoice.issued"))
    said = json.loads(found.text)
    assert (found.status, found.headers["retry-after"], said["code"]) == (503, "5", "not_recorded")
    assert said["detail"] == "This could not be recorded: send it again."
    (line,) = lines(shown, "webhook not recorded")
    assert "no room for ***" in line["traceback"]
    assert OWN_ID not in shown.getvalue()
    assert await hooks.status(event("invoice.issued")) == 200
    assert hooks.of_everybody() == [set(questions(["bill", "invoices"]))] * 2


async def test_one_that_is_broken_off_is_forgotten_too(hooks: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await anyio.sleep_forever()

    with monkeypatch.context() as patch, anyio.move_on_after(0.05):
        patch.setattr(hooks.app.state.desk.cache, "change", slow)
        await hooks.send(event("invoice.issued"))
    assert await hooks.status(event("invoice.issued")) == 200
    assert hooks.of_everybody() == [set(questions(["bill", "invoices"]))] * 2


async def test_the_log_says_of_an_event_what_it_was_and_not_whose(hooks: Hooked) -> None:
    with showing() as shown:
        await hooks.send(event("invoice.issued"))
        await hooks.send(event("new.\ntype", "evt_2"))
        await hooks.send(event("customer.edited", "evt_3", customer={"id": "no id", "external_customer_id": ""}))
        log.private.set(None)
    assert [(each["outcome"], each["type"]) for each in lines(shown, "webhook")] == [
        ("accepted", "invoice.issued"),
        ("ignored", "odd"),
        ("unclear", "customer.edited"),
    ]
    assert not any(each in shown.getvalue() for each in (OWN_ID, ORB_ID, "evt_"))


async def test_the_next_look_asks_orb_past_its_cache_for_what_changed_alone(
    settings: Settings, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    wire = httpx.MockTransport(orb_router.async_handler)
    async with hooked(settings, clock, wire=wire) as hooks, client_of(hooks.app, clock) as client:
        await dashboard(client)
        clock.pass_seconds(30)
        await hooks.send(event("customer.credit_balance_dropped"))
        clock.pass_seconds(1)
        await dashboard(client)
        await dashboard(client)
        again = [name for name, route in routes.items() if route.call_count == 2]
        live = ["orb-cache-control" not in routes[name].calls.last.request.headers for name in again]
    assert (again, live) == (["credits_ledger", "credit_blocks"], [True, True])
    assert max(route.call_count for route in routes.values()) == 2


async def test_a_webhook_that_never_came_is_found_out_by_age(
    settings: Settings, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    wire = httpx.MockTransport(orb_router.async_handler)
    async with hooked(settings, clock, wire=wire) as hooks, client_of(hooks.app, clock) as client:
        await dashboard(client)
        routes["upcoming_invoice"].mock(return_value=answer("invoices_upcoming"))
        clock.pass_seconds(301)
        await dashboard(client)
        assert routes["upcoming_invoice"].call_count == 2


# What a card asks besides its own, to say how its figures fit with those of another.
BORROWED = {"breakdown": {"costs"}}


async def test_each_card_asks_the_questions_that_are_named_for_it(settings: Settings, clock: Clock) -> None:
    """What is kept after a look is what was asked for: a question that is not named would never be asked anew after
    an event."""
    sandbox = httpx.ASGITransport(create_sandbox(now=clock, latency=0, rate_plan="off"))
    there = replace(settings, orb_base_url="http://127.0.0.1/v1", patience=30)
    for part, own in QUESTIONS.items():
        async with hooked(there, clock, wire=sandbox) as hooks, client_of(hooks.app, clock, "quill") as client:
            path = "/api/invoices" if part == "invoices" else f"/api/cards/{part}"
            (await client.get(path)).raise_for_status()
            kept = {key[2] for key in at_hand(hooks.app)}
        assert kept & {*own}
        assert kept <= {*own, "subscriptions", "license_types"} | BORROWED.get(part, set())
