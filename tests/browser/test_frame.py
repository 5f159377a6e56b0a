"""The dashboard in a frame of another site, in a browser that keeps no cookies: the site hands in the token."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Frame, Request, Response, Route, expect

from tests.browser.conftest import Visit, until
from tests.browser.framing import elsewhere, ended, figure, give, pass_slowly, pass_until, times, token
from tests.browser.host import Host
from tests.running import Running


@pytest.fixture(scope="module")
def around(cookieless: BrowserContext) -> BrowserContext:
    return cookieless


def test_the_frame_shows_the_figures_with_all_cookies_blocked(visit: Visit, host: Host, service: Running) -> None:
    host.token = token()
    with visit() as (page, frame):
        requests: list[Any] = []
        page.on("request", lambda request: requests.insert(0, request))
        page.reload()
        figure(frame)
        for word in ("usage", "licenses", "alerts"):
            expect(frame.locator(f"#{word}")).not_to_have_attribute("data-status", "late")
        assert page.evaluate("document.cookie = 'a=b', document.cookie") == ""
        assert frame.locator("body").evaluate("document.cookie = 'a=b', document.cookie") == ""
        told = [f"{each.url} {each.all_headers().get('referer')}" for each in requests]
        assert any(each.startswith(f"{service.url}/cards/usage") for each in told)
        assert not any(host.token in each for each in told)
        assert page.context.cookies() == []


def test_the_frame_is_as_high_as_what_it_shows(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit() as (page, frame):
        figure(frame)
        inside = "document.documentElement.scrollHeight === document.documentElement.clientHeight"
        until(page, lambda: page.evaluate("document.querySelector('iframe').height > 900"))
        expect(frame.locator("#usage")).not_to_have_attribute("data-status", "late")
        before = page.locator("iframe").get_attribute("height")
        frame.locator(".spend .part summary").first.click()
        expect(page.locator("iframe")).not_to_have_attribute("height", str(before))
        assert frame.locator("body").evaluate(inside)


def test_a_refresh_stays_in_the_frame_and_says_what_could_not_be_renewed(
    visit: Visit, host: Host, service: Running
) -> None:
    host.token = token()
    with visit() as (page, frame):
        before = figure(frame)
        refresh = frame.get_by_role("button", name="Refresh", exact=True)
        with service.clock(advance=43_200):
            refresh.click()
            expect(frame.locator(".bill .figure")).not_to_have_text(before)
            expect(refresh).to_be_enabled()
        notice = frame.locator(".notice")
        expect(notice).to_be_hidden()
        with service.fault("upcoming_invoice", "status", status=500):
            refresh.click()
            expect(notice).to_be_visible()
        assert page.frames[1].url == f"{service.url}/embed"


def test_links_forms_and_the_way_back_stay_in_the_frame(visit: Visit, host: Host, service: Running) -> None:
    host.token = token("halcyon")
    with visit() as (page, frame):
        figure(frame)
        frame.get_by_role("link", name="Cumulative").first.click()
        expect(frame.get_by_role("link", name="Cumulative").first).to_have_attribute("aria-current", "true")
        frame.get_by_role("link", name="Invoices").click()
        number = frame.locator(".history th > a:first-child").first
        named = number.inner_text()
        number.click()
        expect(frame.get_by_role("heading", name=f"Invoice {named}")).to_be_visible()
        page.evaluate("history.back()")
        expect(frame.locator(".history th > a:first-child").first).to_have_text(named)
        page.evaluate("history.back()")
        expect(frame.get_by_role("link", name="Cumulative").first).to_have_attribute("aria-current", "true")
        page.evaluate("history.forward()")
        expect(frame.locator(".history")).to_be_visible()
        frame.get_by_role("link", name="Overview").click()
        frame.locator(".timeframe summary").click()
        frame.get_by_role("button", name="Show").click(modifiers=["Control"])
        expect(frame.get_by_role("link", name="Current period")).to_be_visible()
        assert page.url == f"{host.url}/"
        assert page.frames[1].url == f"{service.url}/embed"
        assert len(page.context.pages) == 2  # no tab was opened, which would have had no token


def test_files_are_saved_from_inside_the_frame(visit: Visit, host: Host, tmp_path: Path) -> None:
    host.token = token("mote")
    with visit() as (page, frame):
        link = frame.locator("#spend a[href^='/api/export/spend.csv']")
        with page.expect_download() as downloaded:
            link.click()
        assert re.fullmatch(r"[\w.-]*spend[\w.-]*\.csv", downloaded.value.suggested_filename)
        downloaded.value.save_as(tmp_path / "spend.csv")
        assert "as_of" in (tmp_path / "spend.csv").read_text("utf-8-sig").splitlines()[0]
        frame.get_by_role("link", name="Explore", exact=True).click()
        frame.get_by_role("button", name="Run query").click()
        expect(frame.get_by_role("region", name="Result")).to_be_visible()
        with page.expect_download() as downloaded:
            frame.get_by_role("button", name="Download CSV").click()
        assert downloaded.value.suggested_filename == "explore.csv"
        expect(frame.get_by_role("region", name="Result")).to_be_visible()


def test_what_is_of_another_site_opens_beside_the_frame_and_outside_of_its_sandbox(
    visit: Visit, host: Host, service: Running
) -> None:
    host.token = token(scope="bill invoices portal")
    with visit() as (page, frame):
        frame.get_by_role("link", name="Invoices").click()
        frame.get_by_role("button", name="Open the billing portal").click()
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="Open the billing portal").click()
        portal = opened.value
        expect(portal.get_by_text("Northwind Robotics")).to_be_visible()
        assert portal.url.startswith(service.panel)
        said: list[str] = []

        def heard(dialog: Dialog) -> None:
            said.append(dialog.message)
            dialog.dismiss()

        portal.on("dialog", heard)
        portal.evaluate("alert('free')")  # a sandboxed page may not
        assert said == ["free"]
        portal.close()
        expect(frame.get_by_role("heading", name="Billing portal")).to_be_visible()


@pytest.mark.parametrize(
    ("element", "script"),
    [
        ("", "document.querySelector('usage-dashboard').token = TOKEN"),
        ("", "document.querySelector('usage-dashboard').tokenProvider = async () => TOKEN"),
        ("", "addEventListener('orrery:renew', (event) => (event.target.token = TOKEN))"),
    ],
    ids=["token", "provider", "event"],
)
def test_the_page_hands_in_a_token_as_it_likes(visit: Visit, element: str, script: str) -> None:
    with visit(element, script=script.replace("TOKEN", json.dumps(token()))) as (_, frame):
        figure(frame)


def test_a_token_is_renewed_before_it_ends_and_nobody_sees_it(visit: Visit, host: Host, service: Running) -> None:
    host.token = token(ttl=900)
    with visit(clock=True) as (page, frame):
        figure(frame)
        frame.locator(".spend .part summary").first.click()
        sent: list[str | None] = []
        page.on("request", lambda request: sent.append(request.headers.get("authorization")))
        page.clock.run_for(830_000)
        assert times(host, "/token") == 1
        host.token = token(ttl=600)
        with page.expect_response(f"{service.url}/") as checked:
            page.clock.run_for(11_000)
        assert (checked.value.request.method, times(host, "/token")) == ("HEAD", 2)
        pass_slowly(page, 60)
        expect(frame.locator(".spend .part table").first).to_be_visible()  # as it was opened
        expect(frame.get_by_text("Your session has ended")).to_have_count(0)
        frame.get_by_role("link", name="Invoices").click()
        expect(frame.locator(".history")).to_be_visible()
        assert sent[-1] == f"Bearer {host.token}"


def test_an_ended_session_says_so_and_comes_back_when_a_token_does(visit: Visit, host: Host) -> None:
    host.token = token(ttl=900)
    with visit(clock=True, refused=401) as (page, frame):
        figure(frame)
        frame.get_by_role("link", name="Invoices").click()
        expect(frame.locator(".history")).to_be_visible()
        host.token = None
        page.clock.run_for(905_000)
        ended(frame)
        expect(frame.locator(".history")).to_have_count(0)
        host.token = token(ttl=1200)  # another one, also within the same second
        pass_until(page, frame.locator(".history").is_visible)


def test_the_way_to_sign_in_leads_the_whole_window(visit: Visit, host: Host) -> None:
    host.token = token(ttl=900)[:-4] + "AAAA"
    with visit(refused=401) as (page, frame):
        expect(frame.get_by_role("heading", name="Your session has ended")).to_be_visible()
        expect(frame.locator("body[aria-busy]")).to_have_count(0)
        frame.get_by_role("link", name="Sign in").click()
        page.wait_for_url(f"{host.url}/sign-in")


def test_a_token_that_is_refused_costs_the_figures_nothing_while_the_other_lasts(visit: Visit, host: Host) -> None:
    host.token = token(ttl=900)
    with visit(clock=True, refused=401) as (page, frame):
        figure(frame)
        frame.locator(".spend .part summary").first.click()
        host.token = token()[:-4] + "AAAA"
        with page.expect_response(lambda response: response.status == 401):
            page.clock.run_for(845_000)
        figure(frame)
        host.token = token(ttl=1200)  # another one, also within the same second
        good: list[Response] = []
        page.on("response", lambda response: good.append(response) if response.request.method == "HEAD" else None)
        pass_until(page, lambda: [each.status for each in good] == [200])
        pass_slowly(page, 60)
        figure(frame)
        expect(frame.locator(".spend .part table").first).to_be_visible()  # as it was opened


def test_a_token_that_comes_while_the_other_ends_brings_the_figures_back(
    visit: Visit, host: Host, service: Running
) -> None:
    host.token = token(ttl=900)
    with visit(clock=True) as (page, frame):
        figure(frame)
        held: list[Route] = []
        page.route(f"{service.url}/", lambda route: held.insert(0, route), times=1)
        host.token = token(ttl=1200)  # another one, also within the same second
        with page.expect_request(f"{service.url}/"):
            page.clock.run_for(845_000)
        page.clock.run_for(60_000)
        ended(frame)
        held[0].continue_()
        figure(frame)


def test_a_network_that_fails_is_said_and_can_be_tried_again(visit: Visit, host: Host, service: Running) -> None:
    host.token = token()
    with visit(refused=502) as (page, frame):
        figure(frame)
        page.route(f"{service.url}/invoices", lambda route: route.fulfill(status=502, content_type="text/plain"))
        frame.get_by_role("link", name="Invoices").click()
        expect(frame.get_by_text("This could not be loaded.")).to_be_visible()
        figure(frame)
        page.unroute(f"{service.url}/invoices")
        frame.get_by_role("link", name="Try again").click()
        expect(frame.locator(".history")).to_be_visible()


def test_another_customers_token_leaves_nothing_of_the_one_before(visit: Visit) -> None:
    with visit("") as (page, frame):
        give(page, token())
        expect(frame.get_by_text("Northwind Robotics")).to_be_visible()
        frame.get_by_role("link", name="Invoices").click()
        give(page, token("lumen"))
        expect(frame.get_by_text("Lumen")).to_be_visible()
        expect(frame.get_by_text("Northwind Robotics")).to_have_count(0)
        expect(frame.get_by_role("region", name="Credits")).to_be_visible()


def test_another_customers_page_that_does_not_come_leaves_nothing_and_can_be_tried_again(
    visit: Visit, service: Running
) -> None:
    def fails(route: Route) -> None:
        if route.request.method == "GET" and route.request.headers["authorization"] == f"Bearer {other}":
            route.fulfill(status=502, content_type="text/plain")
        else:
            route.fallback()

    other = token("lumen")
    with visit("", refused=502) as (page, frame):
        give(page, token())
        figure(frame)
        page.route(f"{service.url}/", fails)
        give(page, other)
        expect(frame.get_by_text("This could not be loaded.")).to_be_visible()
        expect(frame.locator("body > *")).to_have_count(1)
        page.unroute(f"{service.url}/")
        frame.get_by_role("link", name="Try again").click()
        expect(frame.get_by_text("Lumen")).to_be_visible()
        expect(frame.get_by_role("region", name="Credits")).to_be_visible()


def test_a_session_that_the_page_ends_leaves_nothing_and_asks_nobody(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit(clock=True) as (page, frame):
        figure(frame)
        frame.get_by_role("link", name="Invoices").click()
        expect(frame.locator(".history")).to_be_visible()
        give(page, None)
        ended(frame)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        pass_slowly(page, 30)
        page.evaluate("history.back()")
        pass_slowly(page, 5)
        ended(frame)
        assert asked == []
        give(page, token("lumen"))
        expect(frame.get_by_text("Lumen")).to_be_visible()
        expect(frame.get_by_role("region", name="Credits")).to_be_visible()


@pytest.mark.parametrize("way", ["/invoices", "/"])
def test_what_was_on_its_way_when_the_page_ended_the_session_is_not_shown(
    visit: Visit, service: Running, way: str
) -> None:
    """A page that was asked for, and a token that was to be proved."""
    address = f"{service.url}{way}"
    held: list[Route] = []
    with visit("") as (page, frame):
        give(page, token())
        figure(frame)
        page.route(address, lambda route: held.insert(0, route), times=1)
        with page.expect_request(address):
            if way == "/":
                give(page, token(ttl=600))
            else:
                frame.get_by_role("link", name="Invoices").click()
        give(page, None)
        ended(frame)
        signed: list[Request] = []
        page.on("request", lambda request: signed.append(request) if "authorization" in request.headers else None)
        with page.expect_event("requestfinished", lambda request: request.url == address):
            held[0].continue_()
        for _ in range(3):  # what has come of it has come before these
            page.frames[1].evaluate("() => fetch('/embed').then((answer) => answer.text())")
        ended(frame)
        assert signed == []
        give(page, token())
        figure(frame)


def test_a_frame_that_asks_for_a_token_asks_no_more_once_the_page_has_ended_the_session(visit: Visit) -> None:
    script = "window.told = []; addEventListener('message', ({ data }) => told.push(data.type));"
    with visit("", script=script, clock=True) as (page, frame):
        give(page, token())
        figure(frame)
        page.clock.run_for(905_000)
        ended(frame)
        pass_until(page, lambda: page.evaluate("told").count("orrery:renew") > 1)
        give(page, None)
        pass_slowly(page, 5)
        page.evaluate("told.length = 0")
        pass_slowly(page, 30)
        assert page.evaluate("told").count("orrery:renew") == 0


def test_the_frame_waits_for_no_token_once_the_page_has_ended_the_session(visit: Visit) -> None:
    with visit("", clock=True) as (page, frame):
        expect(frame.get_by_text("Your figures are on their way.")).to_be_visible()
        page.evaluate("addEventListener('orrery:renew', () => (window.wished = true))")
        page.evaluate("document.querySelector('iframe').contentWindow.postMessage({type: 'orrery:end'}, '*')")
        ended(frame)
        pass_slowly(page, 30)
        assert page.evaluate("window.wished") is None


# Each is run in the host's page; what it sends must change nothing. FRAME is the dashboard's window.
HOSTILE = {
    "another type": "FRAME.postMessage({type: 'token', token: TOKEN}, '*')",
    "no object": "FRAME.postMessage(TOKEN, '*')",
    "nothing": "FRAME.postMessage(null, '*')",
    "a list": "FRAME.postMessage({type: 'orrery:token', token: [TOKEN]}, '*')",
    "an object": "FRAME.postMessage({type: 'orrery:token', token: {toString: TOKEN}}, '*')",
    "too long": "FRAME.postMessage({type: 'orrery:token', token: TOKEN + 'A'.repeat(4096)}, '*')",
    "two lines": "FRAME.postMessage({type: 'orrery:token', token: TOKEN + '\\n'}, '*')",
    "a header more": "FRAME.postMessage({type: 'orrery:token', token: TOKEN + '\\r\\nCookie: a=b'}, '*')",
    "a list of a type": "FRAME.postMessage({type: ['orrery:end']}, '*')",
    "an end from a frame beside it": """
        const other = document.createElement('iframe');
        other.src = '/nested?end';
        document.body.append(other);
        await new Promise((done) => addEventListener('message', (event) => event.data === 'sent' && done()));
    """,
    "an end from a frame of another site": """
        const other = document.createElement('iframe');
        other.src = 'ELSEWHERE/nested?end';
        document.body.append(other);
        await new Promise((done) => addEventListener('message', (event) => event.data === 'sent' && done()));
    """,
    "a frame beside it": """
        const other = document.createElement('iframe');
        other.src = '/nested?' + encodeURIComponent(TOKEN);
        document.body.append(other);
        await new Promise((done) => addEventListener('message', (event) => event.data === 'sent' && done()));
    """,
    "a frame of another site": """
        const other = document.createElement('iframe');
        other.src = 'ELSEWHERE/nested?' + encodeURIComponent(TOKEN);
        document.body.append(other);
        await new Promise((done) => addEventListener('message', (event) => event.data === 'sent' && done()));
    """,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_changes_nothing(visit: Visit, host: Host, service: Running, name: str) -> None:
    with visit("") as (page, frame):
        give(page, token())
        figure(frame)
        host.headers = {}
        host.pages["/nested"] = "<script src=/nested.js></script>"
        host.scripts["/nested.js"] = """
            const told = decodeURIComponent(location.search.slice(1));
            const message = told === "end" ? { type: "orrery:end" } : { type: "orrery:token", token: told };
            parent[0].postMessage(message, "*");
            parent.postMessage("sent", "*");
        """
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        hostile = "async (TOKEN) => { const FRAME = document.querySelector('iframe').contentWindow; CODE }"
        page.evaluate(hostile.replace("CODE", HOSTILE[name].replace("ELSEWHERE", elsewhere(host))), token("lumen"))
        frame.get_by_role("link", name="Invoices").click()  # all that was sent has arrived by then
        expect(frame.locator(".history")).to_be_visible()
        expect(frame.get_by_text("Northwind Robotics")).to_be_visible()
        assert f"{service.url}/" not in asked


def is_refused(frame: Frame) -> bool:
    return frame.url.startswith("chrome-error:")


def test_no_other_site_can_frame_it(browser: Browser, host: Host, service: Running) -> None:
    """The same page, on an origin that is not on the list: by another name, and below a site that is."""
    host.headers = {}
    src = f'<iframe src="{service.url}/embed" title="dashboard"></iframe>'
    host.pages = {"/framing": src, "/above": f'<iframe src="{host.url}/framing"></iframe>'}
    with browser.new_context() as context:
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        for path in ("/framing", "/above"):
            refused.clear()
            page.goto(f"{elsewhere(host)}{path}")
            assert any("frame-ancestors" in each for each in refused)
            inner = page.frames[-1]
            until(page, partial(is_refused, inner))
            assert "figures" not in inner.locator("body").inner_text()
        page.goto(f"{host.url}/framing")
        expect(page.frame_locator("iframe").get_by_text("Your figures are on their way.")).to_be_visible()


def test_an_isolated_page_can_frame_it(browser: Browser, host: Host, service: Running) -> None:
    host.token = token()
    host.headers = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
    element = f'<usage-dashboard src="{service.url}/embed" token-url="/token"></usage-dashboard>'
    host.pages = {"/": f'{element}<script src="{service.url}/static/embed.js"></script>'}
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(host.url)
        assert page.evaluate("crossOriginIsolated")
        figure(page.frame_locator("usage-dashboard iframe"))


def test_it_stands_alone_without_a_page_around(browser: Browser, service: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{service.url}/embed")
        expect(page.get_by_text("only inside the site that it belongs to")).to_be_visible()


def test_a_frame_of_single_cards_shows_these_and_no_ways_elsewhere(visit: Visit, host: Host) -> None:
    host.token = token("lumen")
    with visit('token-url=/token cards=" bill  credits "') as (page, frame):
        expect(frame.locator("#credits .figure")).to_contain_text("credits")
        assert frame.locator("main > .card").evaluate_all("all => all.map(each => each.id)") == ["bill", "credits"]
        for part in ("h1", ".places", ".foot"):
            expect(frame.locator(part)).to_be_hidden()
        expect(frame.get_by_text("Updated ")).to_be_visible()
        frame.get_by_role("button", name="Refresh", exact=True).click()
        expect(frame.get_by_role("status")).to_have_text("The figures are refreshed.")
        frame.get_by_role("link", name="All activity").click()
        expect(frame.get_by_role("group", name="Every movement, newest first")).to_be_visible()
        page.evaluate("history.back()")
        expect(frame.locator("#bill")).to_be_visible()
        expect(frame.locator("#spend")).to_have_count(0)
