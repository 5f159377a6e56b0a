"""`GET /api/changes`: what an open page hears, and what it costs."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from app.main import create_app
from app.orb.path import CustomerRef
from app.settings import Settings
from app.web import listening
from tests.conftest import Clock, sign
from tests.virtual import BACKEND
from tests.web.asgi import Heard, open_stream

CUSTOMER = ("external_customer_id", "borealis")
PATH = "/api/changes"


@pytest.fixture
def anyio_backend() -> Any:
    return BACKEND


class Page:
    """The service, and pages of its customers'."""

    def __init__(self, app: Starlette, clock: Clock) -> None:
        self.app = app
        self.clock = clock

    def opens(
        self, customer: str = "borealis", headers: dict[str, str] | None = None, **token: Any
    ) -> AbstractAsyncContextManager[Heard]:
        bearer = {"Authorization": f"Bearer {sign(self.clock, customer, **token)}"}
        return open_stream(self.app, PATH, bearer | (headers or {}))

    async def change(self, *questions: str, customer: tuple[str, str] = CUSTOMER) -> None:
        await self.app.state.desk.cache.change(customer, questions or None)

    def __len__(self) -> int:
        return len(self.app.state.desk.changes)


@pytest.fixture
async def page(settings: Settings, clock: Clock) -> AsyncIterator[Page]:
    async with served(settings, clock) as app:
        yield Page(app, clock)


@asynccontextmanager
async def served(settings: Settings, clock: Clock) -> AsyncIterator[Starlette]:
    app = create_app(settings, httpx.MockTransport(lambda _: pytest.fail("Orb was called")), now=clock)
    async with app.router.lifespan_context(app):
        yield app


async def moving(clock: Clock, seconds: float) -> None:
    """Lets time pass, on the clock of the loop and on that of the service."""
    clock.pass_seconds(seconds)
    await anyio.sleep(seconds)


async def test_a_page_hears_which_cards_of_its_customer_changed(page: Page) -> None:
    async with page.opens() as heard:
        await page.change("upcoming_invoice", "invoices", "invoice")
        await anyio.sleep(1)
        assert heard.changes == [["bill", "invoices"]]
        await anyio.sleep(10)
        await page.change()
        await anyio.sleep(1)
    everything = ["bill", "credits", "spend", "breakdown", "usage", "licenses", "alerts", "invoices"]
    assert heard.changes == [["bill", "invoices"], everything]


async def test_it_begins_with_when_to_come_back_and_is_not_buffered_on_the_way(page: Page) -> None:
    async with page.opens() as heard:
        assert heard.text == f"retry: 5000\nid: {int(page.clock().timestamp())}\n\n"
    assert heard.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert heard.headers["x-accel-buffering"] == "no"
    assert heard.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "customer",
    [("external_customer_id", "meridian"), ("customer_id", "borealis"), ("external_customer_id", "boreali")],
)
async def test_nobody_hears_of_another_customer(page: Page, customer: tuple[str, str]) -> None:
    async with page.opens() as heard:
        await page.change(customer=customer)
        await anyio.sleep(30)
        assert heard.changes == []


@pytest.mark.parametrize(
    ("token", "cards"),
    [
        ({"scope": "bill alerts"}, [["bill", "alerts"]]),
        ({"scope": "explore refresh"}, []),
        ({"subscriptions": ["one"], "scope": "bill"}, [["bill"]]),
        (
            {"subscriptions": ["one"]},
            [["bill", "spend", "breakdown", "usage", "licenses", "alerts", "invoices"]],
        ),
    ],
)
async def test_a_page_hears_of_no_card_that_its_viewer_may_not_see(
    page: Page, token: dict[str, Any], cards: list[list[str]]
) -> None:
    async with page.opens(**token) as heard:
        await page.change()
        await page.change("credits_ledger")
        await anyio.sleep(10)
    assert heard.changes == cards


async def test_a_storm_is_one_message_each_five_seconds_and_its_last_change_is_told(page: Page) -> None:
    async with page.opens() as heard:
        told = []
        for _ in range(200):
            await page.change("upcoming_invoice")
            await moving(page.clock, 0.1)
            told.append(len(heard.changes))
        await page.change("licenses")
        await anyio.sleep(6)
    assert told[-1] in (4, 5)
    assert max(later - earlier for earlier, later in zip(told, told[40:], strict=False)) == 1
    assert heard.changes[:-1] == [["bill"]] * told[-1]
    assert "licenses" in heard.changes[-1]


async def test_what_changes_in_one_breath_is_one_message(page: Page) -> None:
    async with page.opens() as heard:
        for question in ("licenses", "upcoming_invoice", "invoices"):
            await page.change(question)
            await anyio.sleep(0.05)  # as long as Redis may take to hear of each
        await anyio.sleep(1)
        assert heard.changes == [["bill", "licenses", "invoices"]]


async def test_who_reads_slowly_gets_one_message_and_never_a_pile(page: Page) -> None:
    async with page.opens() as heard:
        heard.reads = anyio.Event()
        for question in ("upcoming_invoice", "credits_ledger", "licenses") * 100:
            await page.change(question)
            await moving(page.clock, 1)
        assert heard.changes == []
        heard.reads.set()
        await anyio.sleep(6)
    assert len(heard.changes) == 2  # the one that was on its way, and all the rest
    assert heard.changes[1] == ["bill", "credits", "licenses"]


async def test_a_silent_stream_is_kept_open_by_a_comment_each_quarter_of_a_minute(page: Page) -> None:
    async with page.opens() as heard:
        begun = len(heard.text)
        await anyio.sleep(61)
        assert heard.text[begun:] == ":\n\n" * 4


async def test_it_ends_with_the_viewers_time(page: Page) -> None:
    async with page.opens(ttl=60) as heard:
        await anyio.sleep(59)
        ended = heard.ended
        await anyio.sleep(2)
        assert [ended, heard.ended] == [False, True]
        assert len(page) == 0


async def test_it_ends_when_the_service_drains(page: Page) -> None:
    async with page.opens() as heard:
        page.app.state.draining.set()
        await anyio.sleep(0.1)
        assert heard.ended


async def test_who_leaves_is_forgotten_at_once(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "orrery")
    async with page.opens(), page.opens(), page.opens("meridian"):
        assert len(page) == 3
        left = anyio.current_time()
    assert anyio.current_time() - left < 1
    assert (len(page), page.app.state.desk.changes._listeners) == (0, {})
    assert not [each for each in caplog.records if each.levelno > logging.INFO]


async def test_a_head_request_takes_no_place(page: Page) -> None:
    headers = {"Authorization": f"Bearer {sign(page.clock, 'borealis')}"}
    for _ in range(20):
        async with open_stream(page.app, PATH, headers, method="HEAD") as heard:
            assert (heard.status, heard.text) == (200, "")
    assert len(page) == 0


async def test_a_customer_has_so_many_streams_and_others_theirs(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listening._MOST_EACH == 100  # a company's, not one person's
    monkeypatch.setattr(listening, "_MOST_EACH", 8)
    async with AsyncExitStack() as stack:
        for _ in range(8):
            assert (await stack.enter_async_context(page.opens())).status == 200
        async with page.opens() as ninth, page.opens("meridian") as other:
            assert (ninth.status, ninth.headers["retry-after"], other.status) == (429, "60", 200)
            assert '"code":"too_many_streams"' in ninth.text
    async with page.opens() as again:
        assert again.status == 200


async def test_whose_token_was_taken_back_hears_no_more(page: Page) -> None:
    class TakenBack:
        def refuse(self, customer: CustomerRef, issued: int) -> bool:
            return (customer.id, issued) == ("borealis", int(page.clock().timestamp()))

    async with page.opens() as heard, page.opens("meridian") as other:
        page.app.state.desk.tokens.revocations = TakenBack()
        for customer in ("borealis", "meridian"):
            await page.change("upcoming_invoice", customer=("external_customer_id", customer))
        await anyio.sleep(1)
        assert (heard.changes, other.changes, len(page)) == ([], [["bill"]], 1)


async def test_a_process_has_so_many_streams(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listening._MOST == 1000
    monkeypatch.setattr(listening, "_MOST", 3)
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(page.opens(f"customer-{n}")) for n in range(4)]
    assert [each.status for each in found] == [200, 200, 200, 429]


async def test_only_who_is_signed_in_hears_and_no_other_site(page: Page) -> None:
    cookie = {"Cookie": f"orrery_session={sign(page.clock, 'borealis')}"}
    statuses = []
    for headers in ({}, {"Authorization": "Bearer x"}, cookie | {"Sec-Fetch-Site": "cross-site"}, cookie):
        async with open_stream(page.app, PATH, headers) as heard:
            statuses.append(heard.status)
    assert statuses == [401, 401, 403, 200]


async def test_a_parameter_is_refused(page: Page) -> None:
    headers = {"Authorization": f"Bearer {sign(page.clock, 'borealis')}"}
    async with open_stream(page.app, f"{PATH}?cards=bill", headers) as heard:
        assert heard.status == 400


async def test_what_changed_while_a_page_was_away_is_told_when_it_comes_back(page: Page) -> None:
    left = str(int(page.clock().timestamp()))
    await moving(page.clock, 300)
    await page.change("upcoming_invoice")
    await moving(page.clock, 300)
    for last, cards in [
        (left, [["bill"]]),
        ("now", []),
        ("-1", []),
        ("9" * 5000, []),
        ("9" * 10, []),
        ("٣", []),
        ("", []),
    ]:
        told = last.replace("now", str(int(page.clock().timestamp())))
        async with page.opens(headers={"Last-Event-ID": told.encode().decode("latin-1")}) as heard:
            await anyio.sleep(6)
            assert (heard.status, heard.changes) == (200, cards), last
            await page.change("licenses")  # and it hears on, whatever it came with
            await anyio.sleep(6)
            assert heard.changes == [*cards, ["licenses"]], last
        page.clock.pass_seconds(30)


async def test_what_changed_while_a_page_was_on_its_way_is_told(page: Page) -> None:
    await page.change("upcoming_invoice")
    page.clock.pass_seconds(9)
    async with page.opens() as heard:
        await anyio.sleep(1)
        assert heard.changes == [["bill"]]


async def test_what_another_process_only_tells_now_is_old_and_not_told(page: Page) -> None:
    async with page.opens() as heard:
        floors = page.app.state.desk.cache._floors
        floors.change(CUSTOMER, "upcoming_invoice", page.clock() - timedelta(hours=1))
        await anyio.sleep(10)
        assert heard.changes == []


async def test_a_change_that_nobody_waits_for_leaves_nothing_behind(page: Page) -> None:
    for n in range(1000):
        await page.change(customer=("customer_id", f"nobody-{n}"))
    assert page.app.state.desk.changes._listeners == {}
