"""The desk at which every question is answered: the clock, the cache, and how long an answer takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.alerts import Alerts
from app.sandbox.clock import Clock
from app.sandbox.limits import Limits
from app.sandbox.problems import Problem, unknown
from app.sandbox.rating.books import Books
from app.sandbox.rating.events import Events
from app.sandbox.rating.usage import Usage
from app.sandbox.sessions import Sessions
from app.sandbox.snapshots import Snapshots, wish_of
from app.sandbox.watch import Watch
from app.sandbox.webhooks.delivery import Timing
from app.sandbox.webhooks.webhooks import Webhooks
from app.sandbox.wire import encode
from app.sandbox.world.periods import local_day
from app.sandbox.world.stage import staged_at
from app.sandbox.world.world import Customer, Subscription, World

#: Live answers take longer than snapshots, as Orb says of its cache (1.5 to 2 times).
_LIVE = 1.8


def json_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Send JSON that is already written."""
    return Response(body, status, headers, media_type="application/json")


def problem_response(problem: Problem) -> Response:
    """Send a problem document."""
    return json_response(encode(problem.document()), problem.status, problem.headers)


@dataclass
class Desk:
    """What all routes share; `latency` scales how long answers take, 0 gives them at once.

    `added` is in seconds, and comes on top for every answer.
    """

    clock: Clock
    latency: float = 1.0
    added: float = 0.0
    limits: Limits = field(default_factory=Limits)
    snapshots: Snapshots = field(default_factory=Snapshots)
    events: Events = field(default_factory=Events)
    timing: Timing = field(default_factory=Timing)
    alerts: Alerts = field(default_factory=Alerts)
    sessions: Sessions = field(default_factory=Sessions)
    books: Books = field(init=False)
    webhooks: Webhooks = field(init=False)
    watch: Watch = field(init=False)
    _turned: int = 0

    def __post_init__(self) -> None:
        self.books = Books(self.clock, self.events)
        self.webhooks = Webhooks(self.clock, self.world, self.usage, self.books, self.timing)
        self.watch = Watch(self.clock, self.books, self.alerts, self.webhooks)

    def world(self) -> World:
        """See the invented customers, staged around the clock's origin."""
        return staged_at(self.clock.origin)

    def usage(self, at: datetime) -> Usage:
        """See the usage that had been received at an instant."""
        return Usage(self.events, at)

    async def reply(self, document: object, milliseconds: int, status: int = 200) -> Response:
        """Answer after a while."""
        await self._pause(milliseconds)
        return json_response(encode(document), status)

    async def reply_cached(
        self,
        request: Request,
        question: tuple[object, ...],
        milliseconds: int,
        since: datetime,
        compute: Callable[[datetime], object],
        customer: Customer,
    ) -> Response:
        """Answer from Orb's cache or live, as the request wishes.

        `question` is the route with its parameters in canonical form, `compute` gives the document of an instant,
        which is never before `since`. What it shows of
        `customer` holds until usage comes or the day turns. Snapshots say of when they are in Orb-Cache-Updated-At.
        """
        wish = wish_of(request)
        now = self.clock()
        if self._turned != self.clock.turned:  # another story is told since
            self._turned = self.clock.turned
            self.snapshots.clear()
        snapshot, live = self.snapshots.answer(
            repr(question),
            wish,
            now,
            min(since, now),
            lambda at: encode(compute(at)),
            lambda at: self._unchanged(customer, at, now),
        )
        await self._pause(milliseconds * (_LIVE if live else 1))
        stamp = snapshot.computed.isoformat(timespec="microseconds")
        return json_response(snapshot.body, 200, {"Orb-Cache-Updated-At": stamp} if wish.cached else None)

    def _unchanged(self, customer: Customer, since: datetime, now: datetime) -> bool:
        users = (customer, *self.world().children(customer))
        same_day = local_day(since, customer.zone) == local_day(now, customer.zone)
        return same_day and not self.events.came(users, since, now)

    async def _pause(self, milliseconds: float) -> None:
        if self.latency:
            await anyio.sleep(milliseconds * self.latency / 1000)


def asked_customer(world: World, request: Request) -> Customer:
    """Find the customer that the path names, by either id; raises a 404 Problem."""
    external = "external_customer_id" in request.path_params
    name = request.path_params["external_customer_id" if external else "customer_id"]
    customer = world.customer(name, external=external)
    if customer is None:
        raise unknown("Customer", name)
    return customer


def known_subscription(world: World, name: str) -> Subscription:
    """Find a subscription by Orb's id; raises a 404 Problem."""
    subscription = world.subscription(name)
    if subscription is None:
        raise unknown("Subscription", name)
    return subscription


def first_of(customer_subscriptions: tuple[Subscription, ...], now: datetime) -> Subscription | None:
    """Pick the subscription a customer's costs default to: the newest active one, else the newest started."""
    active = [s for s in customer_subscriptions if s.status(now) == "active"]
    started = [s for s in customer_subscriptions if s.start <= now]
    return next(iter(active or started), None)
