"""An open frame renews what Orb says has changed, as a page of its own does, with the token of the moment."""

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, hide, is_renewed, listens, mark
from tests.browser.framing import ended, figure, give, order, pass_until, token
from tests.browser.host import Host
from tests.running import Running

PATH = "**/api/changes"


class Streams:
    """Answers requests for the stream with `answer`: the first, or all that carry the token `while_`. Others go on."""

    def __init__(self, page: Page, while_: str | None = None, **answer: Any) -> None:
        self.asked: list[dict[str, str]] = []
        self._while = while_
        self._answer = answer
        page.route(PATH, self)

    def __call__(self, route: Route) -> None:
        self.asked.append(route.request.headers)
        mine = self.asked[-1]["authorization"] == f"Bearer {self._while}" if self._while else len(self.asked) == 1
        if mine:
            route.fulfill(**self._answer)
        else:
            route.continue_()


def test_an_open_frame_shows_the_new_figure_by_itself(visit: Visit, host: Host, service: Running) -> None:
    host.token = token()
    with visit() as (page, frame):
        before = figure(frame)
        listens(page)
        mark(page, "spend")
        frame.locator("#bill details summary").first.click()
        with service.clock(advance=3600):
            order(service, "webhooks/fire", type="invoice.edited", customer="northwind")
            expect(frame.locator("#bill .figure").first).not_to_have_text(before)
        expect(frame.locator("#bill details").first).to_have_attribute("open", "")
        expect(frame.locator("#spend[data-marked]")).to_have_count(1)


def test_the_stream_carries_the_token_in_a_header_alone(visit: Visit, host: Host, service: Running) -> None:
    host.token = token()
    with visit() as (page, frame):
        figure(frame)
        with page.expect_request(PATH) as asked:
            page.reload()
        assert asked.value.url == f"{service.url}/api/changes"
        assert asked.value.headers["authorization"] == f"Bearer {host.token}"
        assert asked.value.headers["accept"] == "text/event-stream"
        assert "last-event-id" not in asked.value.headers
        listens(page)


def test_a_stream_that_ended_is_opened_again_where_it_was_with_the_renewed_token(visit: Visit) -> None:
    first, second = token(), token(ttl=1200)
    with visit("", clock=True) as (page, frame):
        streams = Streams(page, first, content_type="text/event-stream", body="id: 1795190000\n\n")
        give(page, first)
        figure(frame)
        give(page, second)
        pass_until(page, lambda: streams.asked[-1]["authorization"] == f"Bearer {second}")
        listens(page)
        assert [each.get("last-event-id") for each in streams.asked][:2] == [None, "1795190000"]
        assert streams.asked[-1]["last-event-id"] == "1795190000"


def test_only_a_page_with_cards_listens(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit() as (page, frame):
        figure(frame)
        listens(page)
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/changes")):
            frame.get_by_role("link", name="Invoices").click()
        expect(frame.locator(".history")).to_be_visible()
        assert page.frames[-1].evaluate("stream === null")
        frame.get_by_role("link", name="Overview").click()
        listens(page)


def test_another_customers_token_ends_the_stream_of_the_one_before(visit: Visit) -> None:
    with visit("") as (page, frame):
        give(page, token())
        figure(frame)
        listens(page)
        lumen = token("lumen")
        with (
            page.expect_event("requestfailed", lambda request: request.url.endswith("/api/changes")),
            page.expect_request(PATH) as asked,
        ):
            give(page, lumen)
        assert asked.value.headers["authorization"] == f"Bearer {lumen}"
        assert "last-event-id" not in asked.value.headers
        expect(frame.get_by_text("Lumen")).to_be_visible()


def test_a_session_that_ends_ends_its_stream(visit: Visit) -> None:
    with visit("") as (page, frame):
        give(page, token())
        figure(frame)
        listens(page)
        with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/changes")):
            give(page, None)
        ended(frame)
        assert page.frames[-1].evaluate("stream === null")


def test_a_stream_that_refuses_the_token_ends_the_session(visit: Visit) -> None:
    with visit("", refused=401) as (page, frame):
        Streams(page, status=401, content_type="application/problem+json", body="{}")
        give(page, token())
        ended(frame)
        give(page, token(ttl=1200))
        figure(frame)
        listens(page)


def test_after_an_answer_that_is_no_stream_it_listens_again_in_a_minute(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit(clock=True, refused=429) as (page, frame):
        figure(frame)
        listens(page)  # else it would be this stream that is refused
        streams = Streams(page, status=429, content_type="application/problem+json", body="{}")
        page.reload()
        figure(frame)
        pass_until(page, lambda: page.frames[-1].evaluate("stream === null"))
        mark(page, "bill")
        page.clock.run_for(30_000)
        assert len(streams.asked) == 1
        pass_until(page, lambda: len(streams.asked) == 2)
        is_renewed(page, "bill")
        listens(page)


def test_a_frame_that_nobody_looks_at_gives_its_connection_back(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit(clock=True) as (page, frame):
        figure(frame)
        listens(page)
        inside = page.frames[-1]
        hide(page, hidden=True)
        page.clock.run_for(40_000)
        assert inside.evaluate("stream !== null")
        page.clock.run_for(21_000)
        assert inside.evaluate("stream === null")
        mark(page, "bill")
        hide(page, hidden=False)
        is_renewed(page, "bill")
        listens(page)
