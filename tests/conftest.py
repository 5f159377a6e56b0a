"""What every test shares: the event loop, a clock that stands still, settings, the service itself."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import hypothesis
import pytest
import respx

from app.main import create_app
from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import Settings
from app.web.files import Files
from app.web.render import environment
from app.web.tokens import Tokens
from tests import unhurried
from tests.canary import ORB_KEY, VIEWER_SECRET, WATCH, listen
from tests.running import RUNNING

ORB = "http://127.0.0.1:9/v1"

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile(
    "patient", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def _patient() -> Iterator[None]:
    """The sandbox breaks off expressions that take long; how busy this machine is, is not their fault."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.sandbox.evaluate.groups.PATIENCE", 60.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _listening() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        listen(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Templates and files are the same for every service of the tests: to read them each time took most of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.main.Files", cache(Files))
        patch.setattr("app.main.environment", cache(environment))
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """A test during which a secret got out has failed, whatever it is about. A failed one shows what services wrote."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed:
        said = [each.written().decode(errors="replace").splitlines()[-40:] for each in RUNNING]
        report.sections += [("what the service wrote", "\n".join(each)) for each in said]
    WATCH.look("what was printed", (text.encode("utf-8", "replace") for _, text in report.sections))
    if WATCH.found:
        report.outcome, report.longrepr = "failed", "\n".join(["A secret got out:", *WATCH.found])
        WATCH.found.clear()


@pytest.fixture
def anyio_backend() -> Any:
    return unhurried.BACKEND


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 5, 20, 15, 0, tzinfo=UTC))


@pytest.fixture
def settings() -> Settings:
    return Settings(
        orb_api_key=Secret(ORB_KEY),
        orb_base_url=ORB,
        viewer_secrets=(Secret(VIEWER_SECRET),),
        grouping_keys={"workspace_id": "Workspace", "region": "Region"},
        hosts=("orrery.test",),
        patience=2,
    )


@pytest.fixture
def orb_router() -> respx.MockRouter:
    """Orb's side of the wire: what is not routed here is a failure of the test."""
    return respx.MockRouter(base_url=ORB, assert_all_called=False)


Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def serve(settings: Settings, clock: Clock, orb_router: respx.MockRouter) -> Serve:
    """The whole service in this process, with `orb_router` behind it; a client that is signed in as `customer`."""

    @asynccontextmanager
    async def start(
        customer: str | None = "borealis",
        *,
        settings: Settings = settings,
        wire: httpx.AsyncBaseTransport | None = None,
        **token: object,
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(settings, wire or httpx.MockTransport(orb_router.async_handler), now=clock)
        headers = {"Authorization": f"Bearer {sign(clock, customer, **token)}"} if customer else {}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://orrery.test", headers=headers
            ) as client,
        ):
            yield client

    return start


def sign(clock: Clock, customer: str, **token: object) -> str:
    """A viewer token of the host application's."""
    tokens = Tokens([Secret(VIEWER_SECRET)], now=lambda: clock().timestamp())
    return tokens.sign(CustomerRef("external_customer_id", customer), **token)  # type: ignore[arg-type]
