"""The lists behind the credits card, through the front door."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from app.settings import Settings
from tests.conftest import Serve
from tests.orb.answers import answer, borealis, changed

LEDGER, BLOCKS = "/api/credits/ledger", "/api/credits/blocks"


def answered(name: str, **fields: Any) -> httpx.Response:
    return httpx.Response(200, json=changed(name, **fields))


async def test_the_ledger_holds_every_entry_with_what_it_moved(serve: Serve, orb_router: respx.MockRouter) -> None:
    more = {"has_more": True, "next_cursor": "bmV4dA"}
    routes = borealis(orb_router, credits_ledger=answered("credits_ledger", pagination_metadata=more))
    async with serve() as client:
        document = (await client.get(f"{LEDGER}?currency=credits&limit=7&cursor=abc")).raise_for_status().json()

    (asked,) = (call.request.url.params for call in routes["credits_ledger"].calls)
    assert dict(asked) == {"currency": "credits", "limit": "7", "cursor": "abc"}
    assert document["next_cursor"] == "bmV4dA"
    assert len(document["data"]) == 7
    assert document["data"][0] == {
        "id": "Le7",
        "created_at": "2026-05-23T16:40:02Z",
        "entry_type": "decrement",
        "label": "Usage",
        "amount": {"amount": "-51.75", "unit": "credits", "text": "−51.75 credits"},
        "balance": {"amount": "9148.25", "unit": "credits", "text": "9,148.25 credits"},
        "pending": True,
        "block_id": "Bk4tWzQn8LmXr2Vd",
    }


async def test_the_blocks_stand_in_the_order_in_which_they_are_drawn(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        document = (await client.get(BLOCKS)).raise_for_status().json()

    assert [(each["id"], each["state"]) for each in document["data"]] == [
        ("Bk4tWzQn8LmXr2Vd", "usable"),
        ("Bk6", "pending_payment"),
    ]
    assert {"id", "balance", "status", "expires", "cost_basis"} <= set(document["data"][0])
    assert document["next_cursor"] is None


@pytest.mark.parametrize("path", [LEDGER, BLOCKS, "/credits/ledger"])
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=%20", "cursor"),
        ("currency=sparks", "currency"),
    ],
)
async def test_a_parameter_that_is_wrong_is_named(
    serve: Serve, orb_router: respx.MockRouter, path: str, query: str, name: str
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        response = await client.get(f"{path}?{query}")

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert name in response.json()["detail"]
    assert not any(route.called for route in routes.values())


@pytest.mark.parametrize("path", [LEDGER, BLOCKS, "/credits/ledger"])
async def test_a_cursor_that_orb_refuses_is_the_askers_mistake(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    refused = answer("error_400_validation", 400)
    borealis(orb_router, credits_ledger=refused, credit_blocks=refused)
    async with serve() as client:
        with_cursor = await client.get(f"{path}?cursor=made-up")
        without = await client.get(path)

    assert (with_cursor.status_code, with_cursor.json()["code"]) == (400, "bad_query")
    assert "cursor" in with_cursor.json()["detail"]
    assert without.status_code == (200 if path == "/credits/ledger" else 503)


@pytest.mark.parametrize(("path", "route"), [(LEDGER, "credits_ledger"), (BLOCKS, "credit_blocks")])
@pytest.mark.parametrize(
    ("name", "status", "headers", "code", "again"),
    [
        ("error_500", 500, {}, "orb_error", "5"),
        ("error_401", 401, {}, "orb_auth", "5"),
        ("error_429", 429, {"Retry_After": "12"}, "orb_rate_limited", "12"),
        ("error_429", 429, {"Retry_After": "0"}, "orb_rate_limited", "1"),
        ("error_429", 429, {"Retry_After": "86400"}, "orb_rate_limited", "60"),
        ("error_429", 429, {"Retry_After": "tomorrow"}, "orb_rate_limited", "5"),
    ],
)
async def test_when_orb_fails_a_list_is_a_503_that_says_when_to_ask_again(
    serve: Serve, orb_router: respx.MockRouter, path: str, route: str, name: str, status: int,
    headers: dict[str, str], code: str, again: str,
) -> None:  # fmt: skip
    borealis(orb_router, **{route: answer(name, status, **headers)})
    async with serve() as client:
        response = await client.get(path)

    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert response.headers["retry-after"] == again


async def test_an_entry_of_another_customer_is_never_shown(serve: Serve, orb_router: respx.MockRouter) -> None:
    entries = changed("credits_ledger")["data"]
    entries[3]["customer"] = {"id": "Other", "external_customer_id": "somebody-else"}
    borealis(orb_router, credits_ledger=answered("credits_ledger", data=entries))
    async with serve() as client:
        listed, shown = await client.get(LEDGER), await client.get("/credits/ledger")

    assert (listed.status_code, listed.json()["code"]) == (503, "orb_foreign")
    assert "does not belong to this account" in shown.text
    assert "9,148.25" not in listed.text + shown.text


async def test_a_customer_whom_orb_does_not_know_has_empty_lists(serve: Serve, orb_router: respx.MockRouter) -> None:
    missing = answer("error_404_resource", 404)
    borealis(orb_router, credits_ledger=missing, credit_blocks=missing)
    async with serve() as client:
        for path in (LEDGER, BLOCKS):
            assert (await client.get(path)).json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize("path", [LEDGER, BLOCKS, "/credits/ledger"])
async def test_the_lists_are_for_those_who_may_see_credits(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    routes = borealis(orb_router)
    async with serve(scope="bill spend") as client:
        assert (await client.get(path)).status_code == 403
    async with serve(None) as client:
        assert (await client.get(path)).status_code == 401
    async with serve(subscriptions=["SuBorealis000001"]) as client:  # credits are the customer's, not a subscription's
        assert (await client.get(path)).status_code == 403
    assert not any(route.called for route in routes.values())


async def test_two_customers_and_two_pages_never_share_an_answer(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        for query in ("", "?limit=2", "?cursor=a", "?cursor=b", "?cursor=b"):
            await client.get(LEDGER + query)
        for query in ("", "?limit=2", "?cursor=a", "?cursor=a"):
            await client.get(BLOCKS + query)
    other = orb_router.get("/customers/external_customer_id/other/credits/ledger").mock(
        return_value=answered("credits_ledger", data=[])
    )
    async with serve("other") as client:
        assert (await client.get(LEDGER)).json()["data"] == []

    assert routes["credits_ledger"].call_count == 4
    assert routes["credit_blocks"].call_count == 3
    assert other.called


async def test_people_read_the_ledger_on_a_page_with_a_way_on_and_a_way_back(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    more = {"has_more": True, "next_cursor": "a+b"}
    borealis(orb_router, credits_ledger=answered("credits_ledger", pagination_metadata=more))
    several = replace(settings, orb_credit_currency=("credits", "compute_credits"))
    async with serve(settings=several) as client:
        card = (await client.get("/cards/credits?currency=compute_credits")).text
        html = (await client.get("/credits/ledger?currency=compute_credits&cursor=c")).text
        short = (await client.get("/credits/ledger?currency=compute_credits&limit=7")).text

    assert 'href="/credits/ledger?currency=compute_credits"' in card
    for expected in (
        "Expiry moved to Dec 31, 2026", "9,148.25 compute credits", "May 20, 10:00", "may still change",
        'href="/credits/ledger?currency=compute_credits&amp;cursor=a%2Bb"',
        'href="/credits/ledger?currency=compute_credits"', 'href="/#credits"',
    ):  # fmt: skip
        assert expected in html
    assert 'href="/credits/ledger?currency=compute_credits&amp;limit=7&amp;cursor=a%2Bb"' in short
    assert 'action="/refresh' not in html  # it would renew the dashboard, not this page
