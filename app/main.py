"""Puts the pieces together: the only file that knows them all."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import anyio
import httpx
import msgspec
from anyio.abc import TaskGroup
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from app.account import kinds
from app.budget.budget import Budget, alone
from app.budget.guarded import Guarded
from app.budget.limited import Limited
from app.budget.plan import PLANS
from app.budget.retrying import Retrying
from app.budget.share import share
from app.cache.cache import Cache
from app.cache.floors import Floors
from app.cache.store import Memory
from app.fleet.fleet import Fleet
from app.fleet.once import Once
from app.metrics import lag, spans
from app.metrics.gauges import Gauges
from app.orb.client import Orb
from app.orb.traced import Traced as TracedCalls
from app.orb.transport import Keyed, Logged, Wire
from app.query import BadQuery
from app.serving.health import livez, readyz, unready
from app.settings import BadSetting, Settings
from app.web import (
    api,
    changes,
    explore,
    export,
    frame,
    invoices,
    ledgers,
    licenses,
    nowhere,
    openapi,
    pages,
    portal,
    problems,
    refresh,
    session,
    short,
    states,
    theme,
)
from app.web.catalogue import ENGLISH
from app.web.desk import Desk, Invented
from app.web.dress import Dress
from app.web.files import Files
from app.web.introduced import Introduced
from app.web.kept import Kept
from app.web.listening import Changes
from app.web.metrics import Metrics
from app.web.middleware import Around
from app.web.reader import reader
from app.web.render import environment
from app.web.reread import BadFile
from app.web.revoked import Revocations
from app.web.rings import FiledKeys, PublishedKeys
from app.web.straight import Straight
from app.web.theme import Themed
from app.web.tokens import Tokens
from app.web.traced import Traced
from app.web.turns import Turns
from app.web.validated import Validators
from app.web.viewer import NotSignedIn
from app.web.webhooks import Webhooks

Said = TypeVar("Said")

# The calls of one dashboard, and how many seconds its connections may take at the start.
_CALLS, _WARMING = 8, 1.0


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    wire: httpx.AsyncBaseTransport | None = None,
    *,
    now: Callable[[], datetime] = _now,
) -> Starlette:
    """The service. `wire` carries requests to Orb: sockets, unless a test hands in something else.

    Raises BadSetting where a file that the settings name is not as it should be.
    """

    gauges = Gauges()
    signed, files = tokens(settings, now), Files()
    traced = settings.traced and spans.turn_on()
    answers, dress = short.Answers(), Dress(settings.frame_ancestors)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        transport = wire or Wire()
        async with anyio.create_task_group() as flights:
            floors, memory = Floors(), Memory(settings.cache_bytes, kinds)
            fleet = await _fleet(settings, floors, flights, now)
            others, turns = (fleet.answers, fleet.turns) if fleet else (None, alone(_limits(settings)))
            cache = Cache(memory, flights, now, floors=floors, others=others)
            budget = Budget(turns, flights)
            guarded = _guarded(settings, transport, budget)
            once = fleet.once if fleet else Once(now)
            orb = _orb(settings, guarded, now)
            app.state.desk = _desk(settings, cache, transport, orb, signed, now, once, Changes(floors), files)
            if not traced:  # a span is of a request that has a scope
                app.state.straight = Straight(answers, app.state.desk)
            _show(gauges, budget, guarded)
            _show_kept(gauges, memory)
            _show_signed(gauges, signed)
            if fleet:
                _show_others(gauges, fleet)
            flights.start_soon(lag.watch)
            await signed.start(flights)
            await _ready(transport, settings.orb_base_url)
            app.state.lets_in = lambda: signed.can_read
            app.state.ready = True
            yield
            flights.cancel_scope.cancel()
        await transport.aclose()
        await signed.aclose()
        if fleet:
            await fleet.aclose()

    app = Starlette(
        routes=[
            Route("/", pages.show),
            Route("/refresh", refresh.refresh, methods=["POST"]),
            Route("/cards/{card}", pages.card),
            Route("/explore", explore.show),
            Route("/explore", explore.run, methods=["POST"]),
            Route("/embed", frame.show),
            Route("/enter", session.enter),
            Route("/session", session.sign_in, methods=["POST"]),
            Route("/session/end", session.sign_out, methods=["POST"]),
            Route("/api/dashboard", api.dashboard),
            Route("/api/dashboard/refresh", api.refresh, methods=["POST"]),
            Route("/api/cards/{card}", api.card),
            Route("/invoices", invoices.show_page),
            Route("/invoices/upcoming/{subscription}", invoices.show_upcoming),
            Route("/invoices/{invoice}", invoices.show_invoice),
            Route("/api/invoices", invoices.list_page),
            Route("/api/invoices/upcoming/{subscription}", invoices.one_upcoming),
            Route("/api/invoices/{invoice}", invoices.one_invoice),
            Route("/portal", portal.enter, methods=["POST"]),
            Route("/credits/ledger", ledgers.activity),
            Route("/api/credits/ledger", ledgers.ledger),
            Route("/api/credits/blocks", ledgers.blocks),
            Route("/api/export/focus.csv", export.costs),
            Route("/api/export/{card}.csv", export.card),
            Route("/licenses", licenses.page),
            Route("/api/licenses", licenses.documents),
            Route("/api/explore", explore.answer, methods=["POST"]),
            Route("/openapi.json", openapi.show),
            Route("/theme.css", theme.show),
            Route("/theme/{file}", theme.file),
            Route("/api/changes", changes.changes),
            *_webhooks(settings),
            *([Route("/_states", states.show)] if settings.sandbox else []),
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/metrics", Metrics(gauges, settings.metrics_token).show),
            Route("/static/{name}", files.show),
        ],
        middleware=[
            Middleware(Around, hosts=settings.hosts, dress=dress),
            *([Middleware(Traced)] if traced else []),
            Middleware(short.Short, answers=answers, dress=dress),
            # Sizes tell a stranger nothing: no page or document holds a secret that could be guessed piece by piece.
            Middleware(GZipMiddleware, compresslevel=6),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "If-None-Match", "Last-Event-ID"],
                expose_headers=["ETag", "Retry-After", "X-Request-Id", "Server-Timing", "Cache-Status"],
            ),
            *([Middleware(Introduced)] if signed.ring else []),
        ],
        exception_handlers={
            problems.Problem: problems.handle,
            NotSignedIn: problems.handle,
            BadQuery: problems.handle,
            404: nowhere.handle,
            405: nowhere.handle,
        },
        lifespan=lifespan,
    )
    unready(app)
    app.router.redirect_slashes = False  # an address is one address: what is not there is a 404
    return app


async def _ready(transport: httpx.AsyncBaseTransport, orb: str) -> None:
    """What the first reader would wait for: connections to Orb for one dashboard, and English.

    An Orb that is slow just now holds up no start: what is not there yet is opened when it is wanted.
    """
    reader(ENGLISH)
    if isinstance(transport, Wire):
        with anyio.move_on_after(_WARMING):
            await transport.warm(orb, _CALLS)


def _webhooks(settings: Settings) -> list[Route]:
    """There is no such address where nothing that comes to it could be believed."""
    if not settings.webhook_secrets:
        return []
    return [Route("/webhooks/orb", Webhooks(settings.webhook_secrets).take, methods=["POST"])]


def _limits(settings: Settings) -> Mapping[str, int]:
    """The calls a second that are this process's where it does not know of the others."""
    return share(PLANS[settings.orb_rate_plan], settings.workers)


async def _fleet(settings: Settings, floors: Floors, tasks: TaskGroup, now: Callable[[], datetime]) -> Fleet | None:
    """The processes beside this one, where there is a Redis through which they know of each other."""
    if settings.redis_url is None:
        return None
    limits = PLANS[settings.orb_rate_plan]
    fleet = Fleet(settings.redis_url, settings.orb_api_key, kinds, floors, limits, tasks, now, settings.workers)
    await fleet.start()
    return fleet


def orb_client(
    settings: Settings, wire: httpx.AsyncBaseTransport, budget: Budget, now: Callable[[], datetime] = _now
) -> Orb:
    """Orb, through the layers that every call passes."""
    return _orb(settings, _guarded(settings, wire, budget), now)


def _guarded(settings: Settings, wire: httpx.AsyncBaseTransport, budget: Budget) -> Guarded:
    """The layers below the retries: each attempt takes leave by itself."""
    told = TracedCalls(Logged(Keyed(wire, settings.orb_api_key)))
    return Guarded(Limited(told, budget), PLANS[settings.orb_rate_plan])


def _orb(settings: Settings, guarded: Guarded, now: Callable[[], datetime]) -> Orb:
    # A call gives up before the card that waits for it, and the card before the page.
    deadline = settings.patience * 0.85
    return Orb(Retrying(guarded), settings.orb_base_url, deadline=deadline, limit=settings.max_answer, now=now)


def _show(gauges: Gauges, budget: Budget, guarded: Guarded) -> None:
    """What `/metrics` reads of those who know it."""
    gauges.reads("orrery_budget_allowed", lambda: {rate: budget.allowed(rate) for rate in budget.rates})
    gauges.reads("orrery_budget_waiting", lambda: {rate: budget.waiting(rate) for rate in budget.rates})
    gauges.reads("orrery_breaker_open", guarded.left_alone)


def _show_kept(gauges: Gauges, memory: Memory) -> None:
    gauges.reads("orrery_cache_entries", lambda: {"": len(memory)})
    gauges.reads("orrery_cache_bytes", lambda: {"": memory.bytes})


def _show_others(gauges: Gauges, fleet: Fleet) -> None:
    gauges.reads("orrery_redis_up", lambda: {"": fleet.link.up})
    gauges.reads("orrery_redis_losses", lambda: {"": fleet.link.losses})
    gauges.reads("orrery_redis_odd", lambda: {"": fleet.answers.odd})
    gauges.reads("orrery_processes", lambda: {"": fleet.peers.count})


def _show_signed(gauges: Gauges, signed: Tokens) -> None:
    ring, revocations = signed.ring, signed.revocations
    if ring is not None:
        gauges.reads("orrery_viewer_keys", lambda: {"": len(ring.keys.usable)})
        gauges.reads("orrery_viewer_keys_sound", lambda: {"": ring.sound})
        gauges.reads("orrery_viewer_keys_age_seconds", lambda: {"": ring.age})
    if revocations is not None:
        gauges.reads("orrery_revoked", lambda: {"": len(revocations.says.customers)})
        gauges.reads("orrery_revoked_sound", lambda: {"": revocations.sound})


def _desk(
    settings: Settings,
    cache: Cache,
    wire: httpx.AsyncBaseTransport,
    orb: Orb,
    signed: Tokens,
    now: Callable[[], datetime],
    once: Once,
    changes: Changes,
    files: Files,
) -> Desk:
    return Desk(
        orb=orb,
        cache=cache,
        tokens=signed,
        templates=environment(files.address),
        now=now,
        grouping_keys=settings.grouping_keys,
        labels=settings.labels,
        credit_currencies=settings.orb_credit_currency,
        max_age=settings.max_age,
        refresh_age=settings.refresh_age,
        patience=settings.patience,
        turns=Turns(lambda: now().timestamp()),
        validators=Validators(settings.orb_api_key),
        kept=Kept(now),
        once=once,
        changes=changes,
        themed=Themed(settings.theme),
        sign_in_url=settings.sign_in_url,
        cors_origins=settings.cors_origins,
        frame_ancestors=settings.frame_ancestors,
        # With public keys alone nobody can be signed in here.
        invented=_invented(settings, wire) if settings.sandbox and settings.viewer_secrets else None,
    )


def tokens(settings: Settings, now: Callable[[], datetime] = _now) -> Tokens:
    """What tells viewers from strangers. Raises BadSetting where a file for that is not as it should be."""
    return Tokens(
        settings.viewer_secrets,
        ring=_ring(settings.viewer_jwks, lambda: now().timestamp()) if settings.viewer_jwks else None,
        revocations=_of_file("ORRERY_REVOKED", Revocations, settings.revoked) if settings.revoked else None,
        audience=settings.viewer_audience,
        issuer=settings.viewer_issuer,
        untyped=settings.viewer_untyped,
        now=lambda: now().timestamp(),
    )


def _ring(place: str, now: Callable[[], float]) -> FiledKeys | PublishedKeys:
    if "://" in place:
        return PublishedKeys(place, Wire(connections=2), now)
    return _of_file("ORRERY_VIEWER_JWKS", FiledKeys, place)


def _of_file(setting: str, read: Callable[[str], Said], path: str) -> Said:
    try:
        return read(path)
    except BadFile as wrong:
        raise BadSetting(f"{setting}, the file {path!r:.200}: {wrong}") from None


def _invented(settings: Settings, wire: httpx.AsyncBaseTransport) -> Callable[[], Awaitable[Sequence[Invented]]]:
    """The sandbox's customers, as its panel lists them."""
    url = httpx.URL(settings.orb_base_url).copy_with(raw_path=b"/_sandbox/customers")

    async def ask() -> Sequence[Invented]:
        try:
            with anyio.fail_after(settings.patience):
                response = await wire.handle_async_request(httpx.Request("GET", url))
                body = await response.aread()
            return msgspec.json.decode(body, type=dict[str, list[Invented]])["data"]
        except (httpx.HTTPError, TimeoutError, msgspec.MsgspecError):
            return []  # the page says that the sandbox does not answer

    return ask
