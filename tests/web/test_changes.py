"""What Orb said has changed is asked for anew, past Orb's own cache, and only that."""

import httpx
import respx
from starlette.applications import Starlette

from app.main import create_app
from app.settings import Settings
from tests.conftest import Clock, sign
from tests.orb.answers import borealis
from tests.web.test_document import dashboard

CUSTOMER = ("external_customer_id", "borealis")
HEADER = "orb-cache-control"


def client_of(app: Starlette, clock: Clock, customer: str = CUSTOMER[1]) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {sign(clock, customer)}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://orrery.test", headers=headers)


async def test_only_what_changed_goes_out_live_and_only_once(
    settings: Settings, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    app = create_app(settings, httpx.MockTransport(orb_router.async_handler), now=clock)
    async with app.router.lifespan_context(app), client_of(app, clock) as client:
        await dashboard(client)
        clock.pass_seconds(30)
        await app.state.desk.cache.change(CUSTOMER, ("upcoming_invoice", "invoices"))
        assert sum(route.call_count for route in routes.values()) == 6  # nobody is asked by a change itself
        clock.pass_seconds(1)
        for _ in range(2):
            await dashboard(client)

    assert {name: route.call_count for name, route in routes.items() if route.call_count > 1} == {"upcoming_invoice": 2}
    headers = [call.request.headers for call in routes["upcoming_invoice"].calls]
    assert [HEADER in each for each in headers] == [True, False]


async def test_what_changed_before_anybody_looked_goes_out_live(
    settings: Settings, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    app = create_app(settings, httpx.MockTransport(orb_router.async_handler), now=clock)
    async with app.router.lifespan_context(app), client_of(app, clock) as client:
        await app.state.desk.cache.change(CUSTOMER)
        clock.pass_seconds(20)
        await dashboard(client)
        live = [name for name, route in routes.items() if HEADER not in route.calls.last.request.headers]
        clock.pass_seconds(400)
        await dashboard(client)

    assert live == list(routes)
    assert all(
        HEADER in routes[name].calls.last.request.headers
        for name in ("upcoming_invoice", "credits_ledger", "credit_blocks", "subscription_costs")
    )
