"""Spans for OpenTelemetry: who caused what, in nobody's words, and nothing at all unless it is set up."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import respx
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from app.metrics import spans
from app.settings import Settings, read
from tests.conftest import Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis
from tests.running import ROOT, bare

TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736
PARENT = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


@dataclass(eq=False)
class Seen(NonRecordingSpan):
    """A span that remembers what it was told."""

    name: str
    kind: SpanKind
    parent: int | None
    trace: int
    id: int
    attributes: dict[str, Any] = field(default_factory=dict)
    wrong: bool = False
    ended: bool = False

    def __post_init__(self) -> None:
        super().__init__(SpanContext(self.trace, self.id, is_remote=False, trace_flags=TraceFlags(1)))

    def set_attributes(self, attributes: Any) -> None:
        self.attributes |= attributes

    def update_name(self, name: str) -> None:
        self.name = name

    def set_status(self, status: Any, description: str | None = None) -> None:
        assert description is None
        self.wrong = status is StatusCode.ERROR

    def record_exception(self, *_: Any, **__: Any) -> None:
        raise AssertionError("an error was told in its own words")


class Tracer(trace.NoOpTracer):
    def __init__(self) -> None:
        self.spans: list[Seen] = []

    @contextmanager
    def start_as_current_span(  # type: ignore[override]
        self, name: str, context: Any = None, **how: Any
    ) -> Iterator[Any]:
        assert (how["record_exception"], how["set_status_on_exception"]) == (False, False)
        above = trace.get_current_span(context).get_span_context()
        span = Seen(name, how["kind"], above.span_id or None, above.trace_id or 7, len(self.spans) + 1)
        self.spans.append(span)
        token = contexts.attach(trace.set_span_in_context(span, context))
        try:
            yield span
        finally:
            span.ended = True
            contexts.detach(token)


class Provider(trace.TracerProvider):
    """As little of an SDK as can be seen through."""

    def __init__(self) -> None:
        self.tracer = Tracer()

    def get_tracer(self, *_: Any, **__: Any) -> Any:
        return self.tracer


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Seen]]:
    """What an operator's SDK is told."""
    provider = Provider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield provider.tracer.spans
    spans.turn_off()


@pytest.fixture
def traced(settings: Settings) -> Settings:
    return replace(settings, traced=True)


async def test_a_request_its_cards_and_their_calls_are_one_tree(
    serve: Serve, orb_router: respx.MockRouter, seen: list[Seen], traced: Settings
) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_404_resource", 404))
    async with serve(settings=traced) as client:
        response = await client.get("/api/dashboard?cards=bill,credits")

    (request, *others) = seen
    cards = {each.name: each for each in others if each.name.startswith("card ")}
    calls = {each.name: each for each in others if each.name.startswith("orb ")}
    assert (request.name, request.kind, request.parent) == ("GET /api/dashboard", SpanKind.SERVER, None)
    assert request.attributes == {
        "http.request.method": "GET", "http.route": "/api/dashboard", "http.response.status_code": 200,
        "orrery.request_id": response.headers["x-request-id"],
    }  # fmt: skip
    assert set(cards) == {"card bill", "card credits"}
    assert {each.parent for each in cards.values()} == {request.id}
    assert cards["card bill"].attributes == {"orrery.outcome": "empty", "orrery.code": "no_upcoming_invoice"}
    assert calls["orb upcoming_invoice"].parent == cards["card bill"].id
    assert calls["orb credits_ledger"].parent == cards["card credits"].id
    assert calls["orb credits_ledger"].kind is SpanKind.CLIENT
    assert calls["orb credits_ledger"].attributes == {
        "orrery.call": "credits_ledger", "orrery.rate": "read", "http.response.status_code": 200,
    }  # fmt: skip
    assert all(each.ended for each in seen)


async def test_what_went_wrong_is_named_by_its_kind(
    serve: Serve, orb_router: respx.MockRouter, seen: list[Seen], traced: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("borealis")

    routes = borealis(orb_router)
    routes["grouped_costs"].mock(side_effect=httpx.ConnectError("borealis"))
    async with serve(settings=traced) as client:
        await client.get("/api/cards/breakdown")
        monkeypatch.setattr("app.web.desk.chosen", broken)
        await client.get("/api/dashboard")

    wrong = {each.name: each.attributes for each in seen if each.wrong}
    assert set(wrong) == {"card breakdown", "orb grouped_costs", "GET /api/dashboard"}
    assert wrong["orb grouped_costs"]["error.type"] == "ConnectError"
    assert wrong["card breakdown"] == {"orrery.outcome": "failed", "orrery.code": "orb_unreachable"}


async def test_no_span_holds_an_id_of_anybody(
    serve: Serve, orb_router: respx.MockRouter, seen: list[Seen], traced: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=traced) as client:
        for path in (
            "/",
            "/api/dashboard",
            f"/api/invoices/upcoming/{SUBSCRIPTION}",
            "/borealis",
            "/api/invoices/b0rea",
        ):
            await client.get(path)
            await client.request("BOREALIS", path)

    said = " ".join(f"{each.name} {each.attributes}" for each in seen)
    assert "GET /api/invoices/{invoice}" in said
    assert "other other" in said
    for secret in ("borealis", "BOREALIS", SUBSCRIPTION, "b0rea", "orrery.test"):
        assert secret not in said


async def test_a_traceparent_from_outside_is_honoured_and_no_baggage(
    serve: Serve, orb_router: respx.MockRouter, seen: list[Seen], traced: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=traced) as client:
        await client.get("/api/cards/bill", headers={**PARENT, "baggage": "customer=another"})
        await client.get("/api/cards/bill", headers={"traceparent": "00-nonsense-\n"})

    requests = [each for each in seen if each.kind is SpanKind.SERVER]
    assert [(each.trace, each.parent) for each in requests] == [(TRACE, 0x00F067AA0BA902B7), (7, None)]
    assert {each.trace for each in seen if each.id < requests[1].id} == {TRACE}
    assert not any("traceparent" in call.request.headers for call in orb_router.calls)


async def test_without_it_a_traceparent_means_nothing_and_nobody_is_told(
    serve: Serve, orb_router: respx.MockRouter, seen: list[Seen]
) -> None:
    borealis(orb_router)
    async with serve() as client:
        await client.get("/api/cards/bill", headers=PARENT)

    assert seen == []


def test_an_api_without_an_sdk_behind_it_is_not_listening() -> None:
    assert not spans.turn_on()
    assert not spans.turn_on(trace.NoOpTracerProvider())


@pytest.mark.parametrize(
    ("environ", "traced"), [({}, False), ({"OTEL_SERVICE_NAME": "orrery"}, True), ({"OT": "1"}, False)]
)
def test_it_is_for_operators_who_configured_it(environ: dict[str, str], traced: bool) -> None:
    assert read(environ, sandbox=True).traced is traced


def test_nothing_of_it_is_imported_unless_it_is_configured() -> None:
    program = """
        import sys
        import redis.asyncio
        theirs = set(sys.modules)  # redis looks for itself
        from app.main import create_app
        from app.settings import read
        create_app(read({}, sandbox=True))
        print(any(name.startswith("opentelemetry") for name in set(sys.modules) - theirs))
    """
    script = "\n".join(line.strip() for line in program.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=bare(), capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_without_the_package_the_service_runs_untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert not spans.turn_on(Provider())
