"""The page for people: whole without script, in page order, with every state in its own words."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import anyio
import httpx
import pytest
import respx

from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.orb.answers import answer, borealis, changed


async def page(client: httpx.AsyncClient, path: str = "/") -> str:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


def section(html: str, word: str) -> str:
    found = re.search(rf'<section class="card {word}".*?</section>', html, re.DOTALL)
    assert found, f"no {word} on the page"
    return found[0]


def text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)))


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time: what is late here is meant to be."""
    monkeypatch.setattr("app.web.pages._SOON", 20)


async def test_the_page_is_whole_and_its_cards_stand_in_order(serve: Serve, orb_router: respx.MockRouter) -> None:
    stamped = answer("invoices_upcoming", Orb_Cache_Updated_At="2026-05-20T14:56:00+00:00")
    borealis(orb_router, upcoming_invoice=stamped)
    async with serve() as client:
        html = await page(client)

    assert re.findall(r'<section class="card (\w+)"', html)[:4] == ["bill", "credits", "spend", "breakdown"]
    assert html.endswith("</html>\n")
    words = text(html)
    for expected in ("Borealis Ltd", "May 1 – 31, 2026", "day 20 of 31", "Updated 4 minutes ago", "$825.00"):
        assert expected in words
    assert re.findall(r"<button[^>]*>([^<]*)</button>", html) == ["Refresh", "Show"]


async def test_nothing_on_the_page_needs_inline_script_or_style(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        html = await page(client)

    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src=)|javascript:", html)
    assert re.findall(r'(?:src|href)="(https?:|//)', html) == []


async def test_each_card_says_what_kind_of_figure_it_shows(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        html = await page(client)

    assert "Amount due" in text(section(html, "bill"))
    for word in ("spend", "breakdown"):
        assert "Subtotals, before discounts" in text(section(html, word))
        assert "Amount due" not in text(section(html, word))
        assert "See the full bill" in text(section(html, word))


async def test_the_chart_and_its_table_hold_the_same_days(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        spend = section(await page(client), "spend")

    assert re.findall(r"<title>(.*?): (.*?)</title>", spend) == [
        ("May 1", "$22.50"),
        ("May 2", "$25.00"),
        ("May 3", "$22.50"),
    ]
    assert [unescape(row) for row in re.findall(r'<th scope="row">(May \d)', spend)] == ["May 1", "May 2", "May 3"]


@pytest.mark.parametrize(
    ("route", "instead", "word", "says"),
    [
        ("upcoming_invoice", answer("error_404_resource", 404), "bill", "No upcoming invoice"),
        ("upcoming_invoice", answer("error_400_subscription_ended", 400), "bill", "has ended"),
        ("credits_ledger", answer("credits_ledger_empty"), "credits", "No credits"),
        ("grouped_costs", answer("error_404_feature", 404), "breakdown", "not switched on"),
        ("upcoming_invoice", answer("error_500", 500), "bill", "had an error"),
        ("upcoming_invoice", answer("error_429", 429), "bill", "busy"),
    ],
)
async def test_every_state_is_in_its_own_words_and_never_in_orbs(
    serve: Serve, orb_router: respx.MockRouter, route: str, instead: httpx.Response, word: str, says: str
) -> None:
    borealis(orb_router, **{route: instead})
    async with serve() as client:
        html = await page(client)

    assert says in text(section(html, word))
    assert "withorb.com" not in html
    assert "resource of type" not in html


async def test_a_card_that_is_slow_is_sent_as_late_with_a_way_to_it(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.pages._SOON", 0.8)
    routes, gate = borealis(orb_router), anyio.Event()

    async def late(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("invoices_upcoming")

    routes["upcoming_invoice"].mock(side_effect=late)
    async with serve() as client:
        bill = section(await page(client, "/?limit=5"), "bill")
        gate.set()
        alone = await page(client, "/cards/bill?limit=5")

    assert 'data-status="late"' in bill
    assert 'data-again="/cards/bill?limit=5" data-late' in bill
    assert 'href="/cards/bill?limit=5"' in bill
    assert "$825.00" in text(section(alone, "bill"))


async def test_names_from_orb_are_shown_literally(serve: Serve, orb_router: respx.MockRouter) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    listed = changed("subscriptions_list")
    listed["data"][0] |= {"name": hostile}
    listed["data"][0]["customer"] |= {"name": hostile}
    groups = {"data": [{"grouping_values": [hostile], "subtotal": "1.00"}], "has_more": False}
    borealis(
        orb_router,
        subscriptions=httpx.Response(200, json=listed),
        grouped_costs=httpx.Response(200, json=groups),
    )
    async with serve() as client:
        html = await page(client)

    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=") >= 5


async def test_refresh_asks_past_orbs_cache_and_leads_back_to_the_same_view(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await page(client, "/?limit=5")
        clock.pass_seconds(11)
        response = await client.post("/refresh?limit=5")
        asked = {name: route.call_count for name, route in routes.items()}
        html = await page(client, "/?limit=5")

    assert (response.status_code, response.headers["location"]) == (303, "/?limit=5")  # nothing to tell
    assert set(asked.values()) == {2}
    for route in routes.values():
        assert not [name for name in route.calls.last.request.headers if name.startswith("orb-")]
    assert {name: route.call_count for name, route in routes.items()} == asked
    assert 'action="/refresh?limit=5"' in html


async def test_a_refresh_that_failed_in_part_says_so_on_the_page(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await page(client)
        clock.pass_seconds(11)
        routes["upcoming_invoice"].mock(return_value=answer("error_500", 500))
        response = await client.post("/refresh")
        html = await page(client)

    assert response.headers["location"] == "/#not-refreshed"
    assert 'id="not-refreshed"' in html


async def test_a_refresh_within_the_cool_down_costs_nothing(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await client.post("/refresh")
        await client.post("/refresh")

    assert {route.call_count for route in routes.values()} == {1}


async def test_a_session_without_the_word_refresh_has_no_button_and_no_way(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve(scope="bill spend") as client:
        html = await page(client)
        response = await client.post("/refresh")

    assert "Refresh" not in html
    assert (response.status_code, response.json()["code"]) == (403, "out_of_scope")


async def test_without_a_session_there_is_a_plain_way_to_sign_in(serve: Serve, settings: Settings) -> None:
    settings = replace(settings, sign_in_url="https://app.example.com/login?next=usage")
    async with serve(None, settings=settings) as client:
        response = await client.get("/")

    assert response.status_code == 401
    assert 'href="https://app.example.com/login?next=usage"' in response.text


async def test_the_sandboxes_page_has_one_button_a_customer_and_no_other(serve: Serve, settings: Settings) -> None:
    people = [
        {"id": f"Cu{n}", "external_customer_id": f"person-{n}", "name": f"Person {n} & Co", "about": "Invented."}
        for n in range(3)
    ]

    def panel(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/_sandbox/customers"
        return httpx.Response(200, json={"data": people})

    wire = httpx.MockTransport(panel)
    async with serve(None, settings=replace(settings, sandbox=True), wire=wire) as client:
        html = await page(client)

    main = html[html.index("<main") : html.index("</main>")]
    assert re.findall(r'<button type="submit">(.*?)</button>', main) == [f"Person {n} &amp; Co" for n in range(3)]
    assert "<a " not in main


async def test_the_head_leaves_before_orb_has_answered(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes, gate = borealis(orb_router), anyio.Event()
    parts: list[bytes] = []

    async def late(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("subscriptions_list")

    routes["subscriptions"].mock(side_effect=late)
    async with serve() as client:
        app = client._transport.app  # type: ignore[attr-defined]  # ASGITransport would wait for the end

        told: list[dict[str, object]] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            return told.pop() if told else await anyio.sleep_forever()

        async def send(message: dict[str, object]) -> None:
            if body := message.get("body"):
                parts.append(bytes(body))  # type: ignore[call-overload]

        headers = [(b"host", b"orrery.test"), (b"authorization", client.headers["authorization"].encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
        scope |= {"scheme": "http", "root_path": "", "http_version": "1.1"}
        async with anyio.create_task_group() as group:
            group.start_soon(app, scope, receive, send)
            await anyio.wait_all_tasks_blocked()
            assert len(parts) == 1
            assert b"Refresh" in parts[0]
            gate.set()

    assert b"</html>" in parts[-1]


async def test_an_unknown_subscription_is_a_404_however_slow_the_list(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes, gate = borealis(orb_router), anyio.Event()
    responses: list[httpx.Response] = []

    async def late(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("subscriptions_list")

    async def ask(client: httpx.AsyncClient) -> None:
        responses.append(await client.get("/?subscription_id=SuNobodys0000001"))

    monkeypatch.setattr("app.web.pages._SOON", 0.1)  # nothing is soon enough
    routes["subscriptions"].mock(side_effect=late)
    async with serve() as client, anyio.create_task_group() as group:
        group.start_soon(ask, client)
        await anyio.wait_all_tasks_blocked()
        gate.set()

    assert responses[0].status_code == 404


SAID = {
    "en": "This is the last that is known. The billing system had an error.",
    "de": "Das ist der letzte bekannte Stand. Im Abrechnungssystem ist ein Fehler aufgetreten.",
    "ja": "最後に取得できた値です。請求システムでエラーが発生しました。",
    "ar": "هذه آخر البيانات المعروفة. \u2068حدث خطأ في نظام الفوترة.\u2069",
}


@pytest.mark.parametrize("language", SAID)
async def test_a_card_that_could_not_be_renewed_shows_its_last_figures_and_from_when_they_are(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock, language: str
) -> None:
    stamped = answer("invoices_upcoming", Orb_Cache_Updated_At="2026-05-20T14:56:00+00:00")
    routes = borealis(orb_router, upcoming_invoice=stamped)
    async with serve() as client:
        client.headers["Accept-Language"] = language
        await page(client)
        clock.pass_seconds(600)
        routes["upcoming_invoice"].mock(return_value=answer("error_500", 500))
        bill = section(await page(client), "bill")

    assert SAID[language] in text(bill)
    assert 'datetime="2026-05-20T14:56:00+00:00"' in bill
    assert "825" in text(bill)
    if language == "en":
        assert "They are from May 20, 7:56 AM" in text(bill).replace("\u202f", " ")


async def test_an_older_answer_is_shown_when_its_renewal_is_slow(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes, gate = borealis(orb_router), anyio.Event()

    async def late(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("invoices_upcoming")

    async with serve() as client:
        await page(client)
        clock.pass_seconds(600)
        routes["upcoming_invoice"].mock(side_effect=late)
        bill = section(await page(client), "bill")
        gate.set()

    assert 'data-status="ready"' in bill
    assert "takes longer than usual" in text(bill)


async def test_a_mistake_in_one_template_costs_that_card(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("nothing")

    borealis(orb_router)
    monkeypatch.setattr("app.web.plots_spend.spend", broken)
    async with serve() as client:
        html = await page(client)

    assert "Something went wrong" in text(section(html, "spend"))
    assert "$825.00" in text(section(html, "bill"))
    assert html.endswith("</html>\n")


async def test_bars_stand_on_their_own_days_wherever_the_series_begins(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        spend = section(await page(client, "/?timeframe_start=2026-04-26&timeframe_end=2026-05-06"), "spend")

    assert re.findall(r'<rect x="(\d+)" width="10"', spend) == ["50", "60", "70"]
    assert re.findall(r'd="M(\d+)', spend)[0] == "51"
    assert "Today" not in text(spend)


async def test_today_is_named_on_the_axis(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    borealis(orb_router)
    clock.now = clock.now.replace(day=3)
    async with serve() as client:
        spend = section(await page(client), "spend")

    (place,) = re.findall(r'<text class="today" x="([0-9.]+)%".*?>Today</text>', spend)
    assert float(place) == round(100 * 2.5 / 31, 2)


async def test_the_balance_is_not_late_for_its_blocks(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr("app.web.pages._MARGIN", 0.7)  # blocks are waited for a tenth of a second
    routes = borealis(orb_router)
    routes["credit_blocks"].mock(side_effect=hang)
    async with serve() as client:
        card = section(await page(client), "credits")

    assert 'data-status="ready"' in card
    assert "could not be found out just now" in text(card)


async def test_the_page_is_in_the_language_of_the_token(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve(locale="de") as client:
        bill = section(await page(client), "bill")

    assert "825,00 $" in text(bill).replace("\u00a0", " ")


@pytest.mark.parametrize("path", ["/nowhere", "/invoices?limit=no", "/?limit=no"])
async def test_a_refusal_is_in_the_language_of_the_token_too(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    borealis(orb_router)
    async with serve(locale="de") as client:
        html = (await client.get(path, headers={"Accept": "text/html", "Accept-Language": "fr"})).text

    assert '<html lang="de" dir="ltr">' in html


async def test_an_address_that_takes_no_reader_says_what_any_unknown_one_does(serve: Serve) -> None:
    async with serve(locale="de") as client:
        answer = await client.get("/refresh", headers={"Accept": "text/html"})

    assert answer.status_code == 405
    assert "Hier gibt es nichts." in text(answer.text)


async def test_the_sandboxs_own_page_is_in_english_whoever_reads_it(serve: Serve, settings: Settings) -> None:
    wire = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []}))
    async with serve(None, settings=replace(settings, sandbox=True), wire=wire) as client:
        html = (await client.get("/", headers={"Accept": "text/html", "Accept-Language": "ar"})).text

    assert '<html lang="en" dir="ltr">' in html


async def test_a_mistake_of_ours_is_a_page_too_unless_it_is_in_the_page(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    borealis(orb_router)
    orb_router.get("/invoices/mistaken").mock(side_effect=KeyError("a mistake"))
    async with serve() as client:
        told = await client.get("/invoices/mistaken", headers={"Accept": "text/html"})
        monkeypatch.setattr("app.web.problems.shared", None)
        untold = await client.get("/invoices/mistaken", headers={"Accept": "text/html"})

    assert (told.status_code, untold.status_code) == (500, 500)
    assert "Something went wrong." in text(told.text)
    assert told.headers["x-request-id"] in told.text
    assert untold.json()["code"] == "bug"


async def test_with_the_sandbox_down_the_sign_in_page_says_so(serve: Serve, settings: Settings) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    wire = httpx.MockTransport(down)
    async with serve(None, settings=replace(settings, sandbox=True), wire=wire) as client:
        html = await page(client)

    assert "The sandbox does not answer" in html


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [("/?view_mode=x", 400, "view_mode must be one of"), ("/nowhere", 404, "There is nothing here")],
)
async def test_a_person_gets_a_page_where_a_program_gets_a_problem_document(
    serve: Serve, path: str, status: int, says: str
) -> None:
    async with serve() as client:
        person = await client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        program = await client.get(path)

    assert (person.status_code, program.status_code) == (status, status)
    assert person.headers["content-type"].startswith("text/html")
    assert says in text(person.text)
    assert program.headers["content-type"] == "application/problem+json"
