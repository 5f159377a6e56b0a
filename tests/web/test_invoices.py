"""The invoices that were issued, and the bill in full, through the front door: pages, documents, who may see what."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
import respx

from tests.conftest import Clock, Serve, sign
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed
from tests.orb.bills import FOREIGN, OTHER, issued, listed, paged, stored

HTML = {"Accept": "text/html"}


def text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)))


def without_id(response: httpx.Response) -> bytes:
    return re.sub(rb'"request_id":"[0-9a-f]{32}"', b"", response.content)


async def test_the_history_is_told_newest_first_in_exact_amounts(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    route = listed(orb_router, issued("B", amount_due="10.10"), issued("A", status="paid"), cursor="next+page=/")
    async with serve() as client:
        document = (await client.get("/api/invoices?limit=2")).raise_for_status().json()

    assert [each["id"] for each in document["data"]] == ["B", "A"]
    assert document["data"][0]["amount_due"] == {"amount": "10.10", "unit": "USD", "text": "$10.10"}
    assert document["next_cursor"] == "next+page=/"
    assert sorted(route.calls.last.request.url.params.multi_items()) == sorted([
        ("external_customer_id", "borealis"), ("limit", "2"), ("status[]", "issued"), ("status[]", "paid"),
        ("status[]", "synced"), ("status[]", "void"),
    ])  # fmt: skip


async def test_a_cursor_is_given_on_as_it_is_and_a_second_look_asks_nothing(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    route = listed(orb_router, issued("A"))
    async with serve() as client:
        for _ in range(2):
            await client.get("/api/invoices", params={"cursor": "next+page=/"})

    assert [call.request.url.params["cursor"] for call in route.calls] == ["next+page=/"]


@pytest.mark.parametrize(
    ("status", "due", "amount", "now", "is_so"),
    [
        ("issued", "2026-05-20T19:00:00+00:00", "1.00", "2026-05-21T06:59:59+00:00", False),
        ("issued", "2026-05-20T19:00:00+00:00", "1.00", "2026-05-21T07:00:00+00:00", True),
        ("synced", "2026-05-20T19:00:00+00:00", "0.01", "2026-05-21T07:00:00+00:00", True),
        ("issued", "2026-05-21T06:30:00+00:00", "1.00", "2026-05-21T07:00:00+00:00", True),
        ("issued", "2026-05-21T07:30:00+00:00", "1.00", "2026-05-22T06:59:00+00:00", False),
        ("issued", "2026-05-20T19:00:00+00:00", "0.00", "2026-05-25T07:00:00+00:00", False),
        ("issued", "2026-05-20T19:00:00+00:00", "-5.00", "2026-05-25T07:00:00+00:00", False),
        ("issued", None, "1.00", "2026-05-25T07:00:00+00:00", False),
        ("paid", "2026-05-20T19:00:00+00:00", "1.00", "2026-05-25T07:00:00+00:00", False),
        ("void", "2026-05-20T19:00:00+00:00", "1.00", "2026-05-25T07:00:00+00:00", False),
    ],
)
async def test_an_invoice_is_overdue_once_its_last_day_is_over_where_the_customer_is(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock, status: str, due: Any, amount: str, now: str, is_so: bool
) -> None:
    clock.now = clock.now.fromisoformat(now)
    borealis(orb_router)
    listed(orb_router, issued("A", status=status, due_date=due, amount_due=amount))
    async with serve() as client:
        (row,) = (await client.get("/api/invoices")).raise_for_status().json()["data"]
        page = (await client.get("/invoices")).raise_for_status().text

    assert row["status"] == ("overdue" if is_so else status)
    assert ("Overdue" in text(page)) is is_so


async def test_a_draft_is_no_invoice_yet(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    listed(orb_router, issued("B", status="draft"), issued("A"))
    stored(orb_router, issued("B", status="draft"))
    async with serve() as client:
        document = (await client.get("/api/invoices")).json()
        one = await client.get("/api/invoices/B")

    assert [each["id"] for each in document["data"]] == ["A"]
    assert one.status_code == 404


@pytest.mark.parametrize("path", ["/invoices", "/invoices/A"])
async def test_only_addresses_of_the_web_are_linked(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    hostile = {
        "hosted_invoice_url": "javascript://x/%0aalert(1)",
        "invoice_pdf": "data:text/html,x",
        "memo": "<img src=x>",
    }
    borealis(orb_router)
    listed(orb_router, issued("A", **hostile), issued("B"))
    stored(orb_router, issued("A", **hostile))
    async with serve() as client:
        html = (await client.get(path)).raise_for_status().text

    assert "javascript:" not in html
    assert "data:text" not in html
    assert "<img" not in html
    links = re.findall(r'<a[^>]*href="https://[^>]*>', html)
    assert all('rel="noopener noreferrer"' in link for link in links)
    assert len(links) == (2 if path == "/invoices" else 0)


async def test_one_invoice_is_whole_and_its_steps_come_to_what_is_due(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    after = {
        "payment_attempts": [{"amount": "825.00", "created_at": "2026-05-05T00:00:00Z", "succeeded": False}],
        "payment_failed_at": "2026-05-05T00:00:00Z",
        "credit_notes": [{"credit_note_number": "CN-1", "total": "5.00", "reason": "Duplicate", "memo": "Sorry"}],
        "customer_balance_transactions": [{
            "action": "applied_to_invoice", "type": "decrement", "amount": "12.00", "starting_balance": "12.00",
            "ending_balance": "0.00", "created_at": "2026-05-05T00:00:00Z",
        }],
    }  # fmt: skip
    borealis(orb_router)
    stored(orb_router, issued("A", **after))
    async with serve() as client:
        document = (await client.get("/api/invoices/A")).raise_for_status().json()
        page = text((await client.get("/invoices/A")).raise_for_status().text)

    assert (document["id"], document["amount_due"]["amount"], document["subtotal"]["amount"]) == (
        "A",
        "825.00",
        "888.00",
    )
    assert [step["kind"] for step in document["bridge"]] == ["discount", "credits"]
    assert [line["name"] for line in document["lines"]] == ["API Requests", "Compute hours", "Platform fee"]
    assert [note["total"]["amount"] for note in document["credit_notes"]] == ["5.00"]
    assert [each["amount"]["amount"] for each in document["customer_balance_transactions"]] == ["-12.00"]
    for words in ("To be paid by May 31, 2026", "A payment failed on May 4, 2026", "charged twice", "Applied to this"):
        assert words in page


REFUSED = ["?limit=0", "?limit=101", "?limit=x", "?cursor=", "?cursor=%00", "?cursor=a%20b", "?limit=1&limit=2"]


@pytest.mark.parametrize("path", ["/invoices", "/api/invoices"])
@pytest.mark.parametrize("query", [*REFUSED, f"?cursor={'a' * 513}", "?customer_id=x", "?subscription_id=x"])
async def test_a_bad_parameter_is_named_and_costs_no_call(
    serve: Serve, orb_router: respx.MockRouter, path: str, query: str
) -> None:
    async with serve() as client:
        response = await client.get(path + query)

    assert response.status_code == 400
    assert query[1:].partition("=")[0] in response.json()["detail"]
    assert not orb_router.calls


@pytest.mark.parametrize("path", ["/invoices/A", "/api/invoices/A", "/invoices/upcoming/A", "/api/invoices/upcoming/A"])
async def test_one_invoice_has_no_parameters(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    async with serve() as client:
        response = await client.get(f"{path}?limit=1")

    assert response.status_code == 400
    assert not orb_router.calls


async def test_a_cursor_that_orb_does_not_know_is_a_bad_parameter(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    orb_router.get("/invoices").mock(return_value=answer("error_400_validation", 400))
    async with serve() as client:
        bad = await client.get("/api/invoices?cursor=abc")
        ours = await client.get("/api/invoices")

    assert (bad.status_code, bad.json()["code"]) == (400, "bad_query")
    assert (ours.status_code, ours.json()["code"]) == (503, "orb_error")


@pytest.mark.parametrize("form", ["/invoices/{}", "/api/invoices/{}"])
async def test_another_customers_invoice_and_none_are_told_apart_by_nobody(
    serve: Serve, orb_router: respx.MockRouter, form: str
) -> None:
    borealis(orb_router)
    stored(orb_router, issued("Foreign", customer=FOREIGN))
    async with serve() as client:
        foreign, missing, odd = [await client.get(form.format(each)) for each in ("Foreign", "Missing", "a.b")]

    assert foreign.status_code == missing.status_code == odd.status_code == 404
    assert without_id(foreign) == without_id(missing) == without_id(odd)


@pytest.mark.parametrize("form", ["/invoices/upcoming/{}", "/api/invoices/upcoming/{}"])
async def test_the_upcoming_bill_of_a_foreign_subscription_is_unknown_and_asked_for_nowhere(
    serve: Serve, orb_router: respx.MockRouter, form: str
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        foreign, odd = [await client.get(form.format(each)) for each in ("SuSomebodyElse01", "a.b")]

    assert foreign.status_code == odd.status_code == 404
    assert without_id(foreign) == without_id(odd)
    assert not routes["upcoming_invoice"].called


async def test_a_page_of_another_customers_list_is_dropped(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    listed(orb_router, issued("A"), issued("Foreign", customer=FOREIGN))
    async with serve() as client:
        document = await client.get("/api/invoices?cursor=somebodys")
        page = await client.get("/invoices?cursor=somebodys", headers=HTML)

    assert (document.status_code, document.json()["code"]) == (503, "orb_foreign")
    assert page.status_code == 503
    assert "Foreign" not in document.text + page.text


def of_everybody(orb_router: respx.MockRouter) -> None:
    """Two subscriptions, an invoice for each, and one for neither; Orb narrows by what it is asked."""
    every = [
        issued("Mine"),
        issued("Older", invoice_date="2026-04-01T07:00:00+00:00"),
        issued("Hidden", subscription={"id": OTHER}),
        issued("Single", subscription=None, invoice_source="one_off", invoice_date="2026-05-09T07:00:00+00:00"),
    ]

    def narrowed(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        found = [
            each for each in every if asked.get("subscription_id") in (None, (each["subscription"] or {}).get("id"))
        ]
        return paged(*(each for each in found if "is_recurring" not in asked or each["subscription"] is None))

    both = changed("subscriptions_list")
    both["data"].append(both["data"][0] | {"id": OTHER, "name": "Hidden plan"})
    borealis(orb_router, subscriptions=httpx.Response(200, json=both))
    orb_router.get("/invoices").mock(side_effect=narrowed)
    stored(orb_router, *every)


NAMED = "bill invoices"


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        ({}, ["Mine", "Older", "Hidden", "Single"]),
        ({"subscriptions": [SUBSCRIPTION]}, ["Mine", "Older"]),
        ({"subscriptions": [SUBSCRIPTION], "scope": NAMED}, ["Single", "Mine", "Older"]),
        ({"subscriptions": [SUBSCRIPTION, OTHER]}, ["Mine", "Hidden", "Older"]),
        ({"subscriptions": []}, []),
        ({"subscriptions": ["SuSomebodyElse01"]}, []),
    ],
)
async def test_a_viewer_of_some_subscriptions_sees_their_invoices_alone(
    serve: Serve, orb_router: respx.MockRouter, token: Any, seen: list[str]
) -> None:
    of_everybody(orb_router)
    async with serve() as whole, serve(**token) as client:
        for name in ("Mine", "Hidden", "Single"):  # the customer's are kept: what is kept is not what may be seen
            assert (await whole.get(f"/api/invoices/{name}")).status_code == 200
        document = (await client.get("/api/invoices")).raise_for_status().json()
        page = (await client.get("/invoices")).raise_for_status().text
        ones = {name: await client.get(f"/api/invoices/{name}") for name in ("Mine", "Hidden", "Single", "Missing")}
        pages = {name: await client.get(f"/invoices/{name}") for name in ones}

    assert [each["id"] for each in document["data"]] == seen
    assert set(re.findall(r'href="/invoices/(\w+)"', page)) == set(seen)
    for found in (ones, pages):
        assert {name for name, one in found.items() if one.status_code == 200} == set(seen) & set(ones)
        refused = {without_id(one) for one in found.values() if one.status_code != 200}
        assert len(refused) == 1


async def test_what_is_kept_for_a_viewer_of_all_is_not_shown_to_one_of_some(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    of_everybody(orb_router)
    async with serve() as client:
        assert (await client.get("/api/invoices/Hidden")).status_code == 200
        await client.get("/api/invoices")
        client.headers["Authorization"] = f"Bearer {sign(clock, 'borealis', subscriptions=[SUBSCRIPTION])}"
        one, all_of_them = await client.get("/api/invoices/Hidden"), await client.get("/api/invoices")
        upcoming = await client.get(f"/api/invoices/upcoming/{OTHER}")

    assert (one.status_code, upcoming.status_code) == (404, 404)
    assert "Hidden" not in all_of_them.text


async def test_the_pages_of_several_lists_are_one_list_without_gap_or_repetition(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    of_everybody(orb_router)
    seen, cursor = [], None
    async with serve(subscriptions=[SUBSCRIPTION, OTHER], scope=NAMED) as client:
        while True:
            query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/api/invoices", params=query)).raise_for_status().json()
            seen += [each["id"] for each in page["data"]]
            if (cursor := page["next_cursor"]) is None:
                break
        strange = await client.get("/api/invoices?cursor=Foreign")

    assert seen == ["Single", "Mine", "Hidden", "Older"]
    assert strange.status_code == 400


@pytest.mark.parametrize(
    ("path", "lacking"),
    [("/invoices", "bill"), ("/api/invoices/A", "bill"), (f"/invoices/upcoming/{SUBSCRIPTION}", "invoices")],
)
async def test_what_is_out_of_scope_is_refused_and_costs_no_call(
    serve: Serve, orb_router: respx.MockRouter, path: str, lacking: str
) -> None:
    async with serve(scope=lacking) as client:
        response = await client.get(path)

    assert (response.status_code, response.json()["code"]) == (403, "out_of_scope")
    assert not orb_router.calls


async def test_without_a_session_there_is_no_invoice_and_no_call(serve: Serve, orb_router: respx.MockRouter) -> None:
    async with serve(None) as client:
        answers = [await client.get(path) for path in ("/invoices", "/api/invoices/A", "/invoices/upcoming/A")]

    assert {each.status_code for each in answers} == {401}
    assert not orb_router.calls


@pytest.mark.parametrize("path", ["/invoices", "/invoices/A"])
async def test_when_orb_fails_it_is_said_and_one_may_try_again(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    borealis(orb_router)
    for route in ("/invoices", "/invoices/A"):
        orb_router.get(route).mock(return_value=answer("error_500", 500))
    async with serve() as client:
        document, page = await client.get(f"/api{path}"), await client.get(path, headers=HTML)

    assert (document.status_code, document.json()["code"]) == (503, "orb_error")
    assert document.headers["content-type"] == "application/problem+json"
    assert int(document.headers["retry-after"]) > 0
    assert (page.status_code, int(page.headers["retry-after"]) > 0) == (503, True)
    assert "had an error" in text(page.text)
    assert f'<a href="{path}">Try again</a>' in page.text


async def test_the_full_bill_is_the_upcoming_invoice_with_its_age_and_a_way_back(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    stamped = answer("invoices_upcoming", Orb_Cache_Updated_At="2026-05-20T14:56:00+00:00")
    borealis(orb_router, upcoming_invoice=stamped)
    async with serve() as client:
        document = (await client.get(f"/api/invoices/upcoming/{SUBSCRIPTION}")).raise_for_status().json()
        page = (await client.get(f"/invoices/upcoming/{SUBSCRIPTION}")).raise_for_status().text
        card = (await client.get("/")).text

    assert document["amount_due"] == {"amount": "825.00", "unit": "USD", "text": "$825.00"}
    assert document["as_of"] == "2026-05-20T14:56:00Z"
    for words in (
        "$825.00",
        "Updated 4 minutes ago",
        "May 1 – 31, 2026",
        "Launch discount 10%",
        "API Requests",
    ):
        assert words in text(page)
    assert '<a href="/">To the dashboard</a>' in page
    assert card.count(f'href="/invoices/upcoming/{SUBSCRIPTION}"') >= 3


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (answer("error_404_resource", 404), "no_upcoming_invoice"),
        (answer("error_400_subscription_ended", 400), "subscription_ended"),
    ],
)
async def test_a_bill_that_is_not_there_is_a_state_of_it(
    serve: Serve, orb_router: respx.MockRouter, instead: httpx.Response, code: str
) -> None:
    borealis(orb_router, upcoming_invoice=instead)
    async with serve() as client:
        document = (await client.get(f"/api/invoices/upcoming/{SUBSCRIPTION}")).raise_for_status().json()
        page = await client.get(f"/invoices/upcoming/{SUBSCRIPTION}")

    assert (document["status"], document["code"], document["amount_due"]) == ("empty", code, None)
    assert page.status_code == 200


async def test_a_subscription_that_has_not_begun_says_when_it_does(serve: Serve, orb_router: respx.MockRouter) -> None:
    later = changed("subscriptions_list")
    later["data"][0] |= {
        "status": "upcoming",
        "start_date": "2026-06-01T07:00:00+00:00",
        "current_billing_period_start_date": None,
        "current_billing_period_end_date": None,
    }
    borealis(orb_router, subscriptions=httpx.Response(200, json=later))
    async with serve() as client:
        document = (await client.get(f"/api/invoices/upcoming/{SUBSCRIPTION}")).raise_for_status().json()
        page = text((await client.get(f"/invoices/upcoming/{SUBSCRIPTION}")).raise_for_status().text)

    assert (document["status"], document["amount_due"]) == ("empty", None)
    assert "Starts on Jun 1" in page


async def test_an_empty_history_says_so(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    listed(orb_router)
    async with serve() as client:
        assert (await client.get("/api/invoices")).json() == {"data": [], "next_cursor": None}
        assert "No invoices yet" in text((await client.get("/invoices")).text)


async def test_nothing_on_the_pages_needs_inline_script_or_style(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    listed(orb_router, issued("A"))
    stored(orb_router, issued("A"))
    async with serve() as client:
        for path in ("/invoices", "/invoices/A", f"/invoices/upcoming/{SUBSCRIPTION}"):
            html = (await client.get(path)).raise_for_status().text
            assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?! src=)|javascript:", html)
            assert html.endswith("</html>\n")


async def test_no_page_leads_to_a_bill_that_may_not_be_seen(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve(scope="spend breakdown") as client:
        assert "/invoices/upcoming/" not in (await client.get("/")).raise_for_status().text


async def test_the_bill_card_says_when_the_only_subscription_starts(serve: Serve, orb_router: respx.MockRouter) -> None:
    later = changed("subscriptions_list")
    later["data"][0] |= {"status": "upcoming", "start_date": "2026-06-01T07:00:00+00:00"}
    borealis(orb_router, subscriptions=httpx.Response(200, json=later))
    async with serve() as client:
        card = (await client.get("/api/cards/bill")).json()

    assert (card["status"], card["code"]) == ("empty", "no_upcoming_invoice")
    assert card["message"] == "Starts on Jun 1. Nothing is charged for it before."
