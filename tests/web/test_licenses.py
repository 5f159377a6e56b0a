"""Licenses through the front door: the card after first paint, and the lists behind it."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from tests.conftest import Clock, Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed
from tests.web.test_api import in_june, keys, numbers

OTHER = "SuBorealis000002"
LIST = f"/api/licenses?subscription_id={SUBSCRIPTION}"


def licensed(router: respx.MockRouter, **instead: httpx.Response) -> dict[str, respx.Route]:
    """Borealis with two licenses of one type."""
    paths = {
        "license_types": ("/license_types", "license_types_list"),
        "licenses": ("/licenses", "licenses_list"),
        "license_usage": ("/licenses/usage", "license_usage"),
    }
    routes = borealis(router, **instead)
    for name, (path, example) in paths.items():
        routes[name] = router.get(path).mock(return_value=instead.get(name) or answer(example))
    return routes


def two(**second: Any) -> httpx.Response:
    """Borealis with another subscription."""
    listed = changed("subscriptions_list")
    listed["data"].append(listed["data"][0] | {"id": OTHER, "name": "Second"} | second)
    return httpx.Response(200, json=listed)


def asked(route: respx.Route) -> list[dict[str, str]]:
    return [dict(call.request.url.params) for call in route.calls]


async def test_nothing_is_asked_on_first_paint_and_the_card_comes_after_it(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = licensed(orb_router)
    async with serve() as client:
        first = (await client.get("/api/dashboard")).json()["cards"]["licenses"]
        called = [name for name in ("licenses", "license_usage", "license_types") if routes[name].called]
        card = (await client.get("/api/cards/licenses")).json()
        again = (await client.get("/api/dashboard")).json()["cards"]["licenses"]

    assert (first["status"], called) == ("late", [])
    assert (card["status"], card["basis"], card["as_of"]) == ("ready", "allocation", "2026-05-20T15:00:00Z")
    assert again == card
    (part,) = card["data"]["subscriptions"]
    assert (part["subscription_id"], part["license_type"], part["unit"]) == (
        SUBSCRIPTION, "Pro seat", "compute_credits",
    )  # fmt: skip
    assert part["period"] == {"start": "2026-05-01", "end": "2026-06-01"}
    assert {name: part[name]["amount"] for name in ("allocated", "used", "remaining", "overage", "shared_pool")} == {
        "allocated": "2000", "used": "1842.5", "remaining": "157.5", "overage": "100", "shared_pool": "50",
    }  # fmt: skip
    assert [row["name"] for row in part["licenses"]] == ["freya_lind", "olaf_berg"]
    assert (numbers(card), "amount_due" in keys(card)) == ([], False)
    assert asked(routes["license_usage"]) == [
        {"subscription_id": SUBSCRIPTION, "license_type_id": "LtBorealis000001", "group_by": "license", "limit": "100"}
    ]


async def test_the_card_is_whole_without_script(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router)
    async with serve() as client:
        html = (await client.get("/cards/licenses")).text

    for words in (
        "freya_lind",
        "100 over",
        "50 while inactive",
        "1 license used more than is allocated to it",
        "Inactive",
    ):
        assert words in html
    assert f'href="/invoices/upcoming/{SUBSCRIPTION}"' in html
    assert "style=" not in html


async def test_without_the_bill_in_scope_there_is_no_way_to_it(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router)
    async with serve(scope="licenses") as client:
        html = (await client.get("/cards/licenses")).text

    assert "freya_lind" in html
    assert "cards=bill" not in html


async def test_a_subscription_without_licenses_is_left_out_and_asked_no_further(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    none = httpx.Response(200, json=changed("licenses_list", data=[]))
    orb_router.get("/licenses", params={"subscription_id": OTHER}).mock(return_value=none)
    routes = licensed(orb_router, subscriptions=two())
    async with serve() as client:
        card = (await client.get("/api/cards/licenses")).json()

    assert [part["subscription_id"] for part in card["data"]["subscriptions"]] == [SUBSCRIPTION]
    assert [each["subscription_id"] for each in asked(routes["license_usage"])] == [SUBSCRIPTION]


@pytest.mark.parametrize(
    "none",
    [
        httpx.Response(200, json=changed("licenses_list", data=[])),
        answer("error_404_feature", 404),
        answer("error_404_resource", 404),
    ],
)
async def test_no_licenses_is_a_true_state(serve: Serve, orb_router: respx.MockRouter, none: httpx.Response) -> None:
    routes = licensed(orb_router, licenses=none)
    async with serve() as client:
        card = (await client.get("/api/cards/licenses")).json()
        listed = await client.get(LIST)

    assert (card["status"], card["code"]) == ("empty", "no_licenses")
    assert listed.json() == {"data": [], "next_cursor": None}
    assert not routes["license_usage"].called


async def test_names_of_types_are_nice_to_have(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router, license_types=answer("error_500", 500))
    async with serve() as client:
        card = (await client.get("/api/cards/licenses")).json()
        kept = (await client.get("/api/dashboard")).json()["cards"]["licenses"]

    assert card == kept
    assert card["status"] == "ready"
    assert card["data"]["subscriptions"][0]["license_type"] is None


async def test_a_new_period_has_allocations_of_its_own(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = licensed(orb_router)
    clock.now = datetime(2026, 6, 1, 6, 59, tzinfo=UTC)
    async with serve() as client:
        await client.get(LIST)
        clock.pass_seconds(90)
        routes["subscriptions"].mock(return_value=in_june())
        await client.get(LIST)

    assert (routes["licenses"].call_count, routes["license_usage"].call_count) == (1, 2)


async def test_after_the_last_page_there_is_no_cursor(serve: Serve, orb_router: respx.MockRouter) -> None:
    last = changed("license_usage", pagination_metadata={"has_more": False, "next_cursor": "stray"})
    licensed(orb_router, license_usage=httpx.Response(200, json=last))
    async with serve() as client:
        assert (await client.get(LIST)).json()["next_cursor"] is None


@pytest.mark.parametrize("route", ["licenses", "license_usage"])
async def test_one_failing_part_costs_one_part(serve: Serve, orb_router: respx.MockRouter, route: str) -> None:
    path = {"licenses": "/licenses", "license_usage": "/licenses/usage"}[route]
    broken = orb_router.get(path, params={"subscription_id": OTHER}).mock(return_value=answer("error_500", 500))
    seconds = {
        name: httpx.Response(200, json=_of(changed(example), OTHER))
        for name, example in (("/licenses", "licenses_list"), ("/licenses/usage", "license_usage"))
    }
    for name, found in seconds.items():
        if name != path:
            orb_router.get(name, params={"subscription_id": OTHER}).mock(return_value=found)
    licensed(orb_router, subscriptions=two())
    async with serve() as client:
        card = (await client.get("/api/cards/licenses")).json()

    assert broken.called
    assert card["status"] == "ready"
    assert {part["subscription_id"]: part["code"] or part["status"] for part in card["data"]["subscriptions"]} == {
        SUBSCRIPTION: "ready", OTHER: "orb_error",
    }  # fmt: skip


def _of(document: Any, subscription: str) -> Any:
    return document | {"data": [row | {"subscription_id": subscription} for row in document["data"]]}


@pytest.mark.parametrize(
    ("route", "field"),
    [("licenses", "subscription_id"), ("license_usage", "subscription_id"), ("license_usage", "license_type_id")],
)
async def test_a_document_of_another_subscription_is_dropped(
    serve: Serve, orb_router: respx.MockRouter, route: str, field: str
) -> None:
    example = changed({"licenses": "licenses_list"}.get(route, route))
    example["data"][-1][field] = "SuSomebodyElses1"
    licensed(orb_router, **{route: httpx.Response(200, json=example)})
    async with serve() as client:
        card = await client.get("/api/cards/licenses")
        listed = await client.get(LIST)

    assert card.json()["code"] == "orb_foreign"
    assert (listed.status_code, listed.json()["code"]) == (503, "orb_foreign")
    assert "freya_lind" not in card.text + listed.text


async def test_a_part_viewer_sees_the_licenses_of_their_subscriptions_alone(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = licensed(orb_router, subscriptions=two())
    async with serve(subscriptions=[SUBSCRIPTION]) as client:
        card = (await client.get("/api/cards/licenses")).json()
        hidden = await client.get(f"/api/licenses?subscription_id={OTHER}")
        unknown = await client.get("/api/licenses?subscription_id=SuNobodys0000001")
        person = await client.get(f"/licenses?subscription_id={OTHER}", headers={"Accept": "text/html"})

    assert [part["subscription_id"] for part in card["data"]["subscriptions"]] == [SUBSCRIPTION]
    assert {each["subscription_id"] for each in asked(routes["licenses"])} == {SUBSCRIPTION}
    assert hidden.status_code == unknown.status_code == person.status_code == 404
    assert hidden.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_the_list_goes_on_where_orbs_cursor_says(serve: Serve, orb_router: respx.MockRouter) -> None:
    more = changed("license_usage", pagination_metadata={"has_more": True, "next_cursor": "c/2="})
    routes = licensed(orb_router, license_usage=httpx.Response(200, json=more))
    async with serve() as client:
        first = (await client.get("/api/licenses")).json()
        await client.get("/api/licenses?cursor=c%2F2%3D&limit=2&group_by=license,day")
        html = (await client.get("/licenses")).text

    assert first["next_cursor"] == "c/2="
    assert first["data"][1]["overage"] == {"amount": "100", "unit": "compute_credits", "text": "100 compute credits"}
    assert (first["data"][1]["status"], first["data"][1]["start_date"]) == ("inactive", "2026-05-01")
    base = {"subscription_id": SUBSCRIPTION, "license_type_id": "LtBorealis000001"}
    assert asked(routes["license_usage"]) == [
        base | {"group_by": "license", "limit": "20"},
        base | {"group_by": "license,day", "limit": "2", "cursor": "c/2="},
    ]
    assert f'href="/licenses?subscription_id={SUBSCRIPTION}&amp;group_by=license&amp;cursor=c%2F2%3D"' in html


async def test_days_stand_beside_the_whole_allocation(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router, license_usage=answer("license_usage_by_day"))
    async with serve() as client:
        html = (await client.get("/licenses?group_by=day")).text

    assert "May 1" in html
    assert "An allocation is for the whole billing period" in html
    assert "(no name)" not in html


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?customer_id=x", "'customer_id' is not a parameter"),
        ("?limit=5&limit=6", "limit is given more than once"),
        ("?limit=101", "limit must be from 1 to 100"),
        ("?limit=0", "limit must be from 1 to 100"),
        ("?group_by=week", "group_by must be one of license | day | license,day"),
        ("?subscription_id=../x", "subscription_id is malformed"),
        ("?cursor=", "cursor is malformed"),
    ],
)
@pytest.mark.parametrize("path", ["/api/licenses", "/licenses"])
async def test_a_bad_parameter_is_named_and_costs_no_call(serve: Serve, path: str, query: str, says: str) -> None:
    async with serve() as client:
        response = await client.get(path + query)

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert response.json()["detail"].startswith(says)


async def test_of_several_subscriptions_one_must_be_named(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router, subscriptions=two())
    async with serve() as client:
        response = await client.get("/api/licenses")
    assert (response.status_code, response.json()["detail"].split()[0]) == (400, "subscription_id")


async def test_a_cursor_of_another_list_is_named(serve: Serve, orb_router: respx.MockRouter) -> None:
    licensed(orb_router, license_usage=answer("error_400_validation", 400))
    async with serve() as client:
        response = await client.get(f"{LIST}&cursor=elsewhere")
        without = await client.get(LIST)

    assert (response.status_code, response.json()["detail"]) == (400, "cursor is not one of this list's")
    assert without.status_code == 503


async def test_a_type_of_license_that_this_subscription_does_not_have_is_not_there(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = licensed(orb_router)
    async with serve() as client:
        response = await client.get(f"{LIST}&license_type_id=LtSomebodyElses1")
    assert (response.status_code, routes["license_usage"].called) == (404, False)


@pytest.mark.parametrize(
    ("found", "code", "after"),
    [
        (httpx.Response(429, headers={"Retry-After": "7"}, json={}), "orb_rate_limited", "7"),
        (httpx.Response(429, headers={"Retry-After": "900"}, json={}), "orb_rate_limited", "60"),
        (answer("error_500", 500), "orb_error", "5"),
        (answer("error_401", 401), "orb_auth", "5"),
    ],
)
@pytest.mark.parametrize("route", ["subscriptions", "licenses", "license_usage"])
async def test_when_orb_fails_the_list_says_so_and_when_to_ask_again(
    serve: Serve, orb_router: respx.MockRouter, route: str, found: httpx.Response, code: str, after: str
) -> None:
    licensed(orb_router, **{route: found})
    async with serve() as client:
        response = await client.get(LIST)
        html = await client.get(f"/licenses?subscription_id={SUBSCRIPTION}")

    assert (response.status_code, response.json()["code"], response.headers["retry-after"]) == (503, code, after)
    assert response.headers["content-type"] == "application/problem+json"
    assert (html.status_code, 'data-status="failed"' in html.text) == (200, True)


@pytest.mark.parametrize("path", ["/api/licenses", "/licenses", "/api/cards/licenses", "/cards/licenses"])
async def test_out_of_scope_there_is_nothing_and_no_call(serve: Serve, path: str) -> None:
    async with serve(scope="bill alerts") as client:
        response = await client.get(path)
    assert response.status_code == 404
