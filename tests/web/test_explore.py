"""Explore through the front door: nothing runs unasked, nobody asks about what is not theirs, and every limit holds."""

import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx
import pytest
import respx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import Settings
from app.web.tokens import Tokens
from tests.canary import VIEWER_SECRET
from tests.conftest import Clock, Serve, sign
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed

PRICE, OTHER, FEE = "PrRequests000001", "PrCompute0000001", "PrPlatform000001"
DAYS = {"timeframe_start": "2026-05-01", "timeframe_end": "2026-05-21"}
ASKED: dict[str, Any] = {"price_ids": [PRICE], **DAYS, "grouping_keys": ["workspace_id"]}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EVENT = {"event_name": "api_request", "timestamp": "2026-05-05T12:00:00Z", "properties": {"count": 2000000}}


def orb(router: respx.MockRouter, evaluated: Any = None) -> respx.Route:
    borealis(router)
    content = evaluated or answer("prices_evaluate_response")
    return router.post("/prices/evaluate").mock(return_value=content)


def evaluated(*groups: dict[str, Any], price: str = PRICE, currency: str = "USD") -> httpx.Response:
    return httpx.Response(200, json={"data": [{"price_id": price, "currency": currency, "price_groups": groups}]})


async def ask(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/api/explore", json=ASKED | changes)


def sent(route: respx.Route) -> Any:
    return json.loads(route.calls.last.request.content)


# What runs, and when


async def test_the_question_to_orb_holds_the_customer_the_window_and_our_expressions(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    route = orb(orb_router)
    filters = [
        {"property": "region", "op": "eq", "value": "O'Hare"},
        {"property": "workspace_id", "op": "gt", "value": 100.50},
        {"property": "region", "op": "in", "value": ["a", "b"]},
    ]
    async with serve() as client:
        response = await ask(client, filters=filters)

    assert response.status_code == 200, response.text
    assert route.calls.last.request.content == (
        b'{"external_customer_id":"borealis","timeframe_start":"2026-05-01T07:00:00Z",'
        b'"timeframe_end":"2026-05-21T07:00:00Z","price_evaluations":[{"price_id":"PrRequests000001",'
        b'"grouping_keys":["workspace_id"],'
        b"\"filter\":\"region = 'O''Hare' AND workspace_id > 100.5 AND region IN ('a', 'b')\"}]}"
    )
    assert not any(name.lower().startswith("orb-") for name in route.calls.last.request.headers)


async def test_the_answer_is_the_contracts_with_exact_figures_largest_first(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    orb(orb_router)
    async with serve() as client:
        found = (await ask(client)).json()

    assert found["results"] == [
        {
            "price_id": PRICE,
            "name": "API Requests",
            "unit": "USD",
            "groups": [
                {
                    "grouping_values": ["ws_prod"],
                    "quantity": "5210.5",
                    "subtotal": {"amount": "1.0421", "unit": "USD", "text": "$1.04"},
                },
                {
                    "grouping_values": ["ws_staging"],
                    "quantity": "4875",
                    "subtotal": {"amount": "0.975", "unit": "USD", "text": "$0.98"},
                },
            ],
        }
    ]
    assert (found["truncated"], found["basis"], found["estimate"]) == (False, "subtotal", False)
    assert (found["timezone"], found["as_of"]) == ("America/Los_Angeles", "2026-05-20T15:00:00Z")
    assert "amount_due" not in json.dumps(found)


@pytest.mark.parametrize("path", ["/explore", f"/explore?price_id={PRICE}&group_by=region&timeframe_start=2026-05-01"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_never_runs(serve: Serve, orb_router: respx.MockRouter, path: str, method: str) -> None:
    route = orb(orb_router)
    async with serve() as client:
        response = await client.request(method, path, headers={"Sec-Purpose": "prefetch"})

    assert response.status_code == 200
    assert not route.called
    assert [call.request.url.path for call in orb_router.calls] == ["/v1/subscriptions"]


async def test_the_dashboard_never_runs(serve: Serve, orb_router: respx.MockRouter) -> None:
    route = orb(orb_router)
    async with serve() as client:
        await client.get("/api/dashboard")
        await client.get("/")

    assert not route.called


async def test_the_button_runs_and_the_form_is_kept_with_a_link_to_itself(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    route = orb(orb_router)
    fields = {
        "price_id": PRICE, "group_by": "workspace_id", **DAYS,
        "property_1": "region", "op_1": "in", "value_1": "eu, us", "property_2": "", "op_2": "eq", "value_2": "",
    }  # fmt: skip
    async with serve() as client:
        page = (await client.post("/explore", data=fields)).text
        route.reset()
        link = page.split('<a href="/explore?')[1].split('"')[0].replace("&amp;", "&")
        shared = (await client.get(f"/explore?{link}")).text

    assert "ws_prod" in page
    assert "$1.04" in page
    assert "op_2" not in link
    for each in (page, shared):
        assert f'value="{PRICE}" checked' in each
        assert '<option value="workspace_id" selected>' in each
        assert 'value="eu, us"' in each
        assert '<option value="in" selected>' in each
    assert "ws_prod" not in shared
    assert not route.called


async def test_without_a_choice_all_prices_of_usage_are_asked_about(serve: Serve, orb_router: respx.MockRouter) -> None:
    groups = [{"grouping_values": [], "quantity": 1, "amount": "2"}]
    rows = [{"price_id": each, "currency": "USD", "price_groups": groups} for each in (PRICE, OTHER)]
    route = orb(orb_router, httpx.Response(200, json={"data": rows}))
    async with serve() as client:
        page = (await client.post("/explore", data=DAYS)).text

    assert [each["price_id"] for each in sent(route)["price_evaluations"]] == [PRICE, OTHER]
    assert page.count("<td><bdi>$2.00</bdi></td>") == 2
    assert "$4.00" not in page  # nothing is summed by us


async def test_an_hour_is_the_instant_at_which_orbs_bucket_begins(serve: Serve, orb_router: respx.MockRouter) -> None:
    hours = [1779231600000, 1779228000000]
    rows = [{"grouping_values": [each, "eu"], "quantity": 1, "amount": "2"} for each in hours]
    route = orb(orb_router, evaluated(*rows))
    async with serve() as client:
        found = (await ask(client, grouping_keys=["hour", "region"])).json()

    (asked,) = sent(route)["price_evaluations"]
    assert asked["grouping_keys"] == ["hour_floor_timestamp_millis(timestamp_millis)", "region"]
    values = [group["grouping_values"] for group in found["results"][0]["groups"]]
    assert values == [["2026-05-19T22:00:00Z", "eu"], ["2026-05-19T23:00:00Z", "eu"]]


async def test_hours_within_a_property_stand_in_their_order(serve: Serve, orb_router: respx.MockRouter) -> None:
    values = [["us", 1779231600000], ["eu", 1779231600000], ["eu", 1779228000000]]
    rows = [{"grouping_values": each, "quantity": 1, "amount": str(n)} for n, each in enumerate(values)]
    orb(orb_router, evaluated(*rows))
    async with serve() as client:
        found = (await ask(client, grouping_keys=["region", "hour"])).json()

    assert [group["grouping_values"] for group in found["results"][0]["groups"]] == [
        ["eu", "2026-05-19T22:00:00Z"],
        ["eu", "2026-05-19T23:00:00Z"],
        ["us", "2026-05-19T23:00:00Z"],
    ]


async def test_a_pricing_unit_is_written_as_such(serve: Serve, orb_router: respx.MockRouter) -> None:
    orb(orb_router, evaluated({"grouping_values": ["a"], "quantity": 1, "amount": "1200"}, currency="credits"))
    async with serve() as client:
        found = (await ask(client)).json()

    (group,) = found["results"][0]["groups"]
    assert group["subtotal"] == {"amount": "1200", "unit": "credits", "text": "1,200 credits"}


async def test_values_of_every_kind_come_through_untouched(serve: Serve, orb_router: respx.MockRouter) -> None:
    kinds = ["=1+1", "", 1.50, True, None, "<b>'\"&"]
    rows = [{"grouping_values": [each], "quantity": 1, "amount": str(9 - n)} for n, each in enumerate(kinds)]
    orb(orb_router, evaluated(*rows))
    async with serve() as client:
        found = (await ask(client)).json()
        page = await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})

    values = [group["grouping_values"] for group in found["results"][0]["groups"]]
    assert values == [["=1+1"], [""], ["1.5"], [True], [None], ["<b>'\"&"]]
    assert page.status_code == 200
    assert "&lt;b&gt;" in page.text
    assert "<b>" not in page.text


async def test_a_price_that_a_full_answer_has_no_room_for_is_not_said_to_be_unused(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    rows = [{"grouping_values": [f"w{n}"], "quantity": 1, "amount": "1"} for n in range(1000)]
    of: dict[str, Any] = {"currency": "USD"}
    data = [of | {"price_id": PRICE, "price_groups": rows}, of | {"price_id": OTHER, "price_groups": []}]
    orb(orb_router, httpx.Response(200, json={"data": data}))
    async with serve() as client:
        full = (await client.post("/explore", data={"group_by": "region"})).text
    data[0]["price_groups"] = rows[1:]
    orb(orb_router, httpx.Response(200, json={"data": data}))
    async with serve() as client:
        whole = (await client.post("/explore", data={"group_by": "region"})).text

    assert "The answer was full before it came to these: <bdi>Compute hours</bdi>" in full
    assert "Nothing to group in these days: <bdi>Compute hours</bdi>" in whole


async def test_an_answer_as_long_as_orb_ever_gives_is_said_to_be_cut(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    rows = [{"grouping_values": [f"w{n}"], "quantity": 1, "amount": "1"} for n in range(1000)]
    orb(orb_router, evaluated(*rows))
    async with serve() as client:
        found = (await ask(client)).json()
        page = (await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})).text
    orb(orb_router, evaluated(*rows[1:]))
    async with serve() as client:
        whole = (await ask(client)).json()

    assert (found["truncated"], whole["truncated"]) == (True, False)
    assert "This is not all" in page


# Who may ask about what


async def test_a_price_of_somebody_else_is_a_price_that_does_not_exist(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    route = orb(orb_router)
    async with serve() as client:
        answers = [await ask(client, price_ids=[PRICE, each]) for each in ("PrSomebodyElses1", "\u0000", FEE)]
        page = await client.post("/explore", data={"price_id": "PrSomebodyElses1"})

    assert {each.status_code for each in answers} == {404}
    assert len({json.dumps(each.json() | {"request_id": ""}) for each in answers}) == 1
    assert page.status_code == 404
    assert not route.called


async def test_an_ended_price_is_not_offered(serve: Serve, orb_router: respx.MockRouter) -> None:
    document = changed("subscriptions_list")
    document["data"][0]["price_intervals"][0]["end_date"] = "2026-05-02T07:00:00+00:00"
    orb(orb_router)
    orb_router.get("/subscriptions").mock(return_value=httpx.Response(200, json=document))
    async with serve() as client:
        response = await ask(client)
        page = (await client.get("/explore")).text

    assert response.status_code == 404
    assert PRICE not in page
    assert OTHER in page


def two_subscriptions(**changes: Any) -> Any:
    """A second subscription, with prices and metrics of its own unless `changes` of its first interval say else."""
    document = changed("subscriptions_list")
    second = json.loads(json.dumps(document["data"][0])) | {"id": "SuBorealis000002", "name": "Hidden"}
    for n, each in enumerate(second["price_intervals"]):
        each["price"] |= {"id": f"PrHidden{n}", "name": f"Hidden price {n}"}
        if each["price"]["billable_metric"]:
            each["price"]["billable_metric"] = {"id": f"MeHidden{n}"}
    second["price_intervals"][0]["price"] |= changes
    document["data"].append(second)
    return document


async def part_viewer(
    serve: Serve, router: respx.MockRouter, document: Any, **asked: Any
) -> tuple[httpx.Response, str]:
    orb(router)
    router.get("/subscriptions").mock(return_value=httpx.Response(200, json=document))
    async with serve(subscriptions=[SUBSCRIPTION]) as client:
        return await ask(client, **asked), (await client.get("/explore")).text


async def test_a_viewer_of_a_part_asks_about_its_prices_alone(serve: Serve, orb_router: respx.MockRouter) -> None:
    own, page = await part_viewer(serve, orb_router, two_subscriptions())
    hidden, _ = await part_viewer(serve, orb_router, two_subscriptions(), price_ids=["PrHidden0"])

    assert (own.status_code, hidden.status_code) == (200, 404)
    assert "Hidden" not in page


@pytest.mark.parametrize("shared", [{"id": PRICE}, {"billable_metric": {"id": "Q8w89wjTtBdejXKs"}}])
async def test_what_a_hidden_subscription_counts_too_is_not_to_be_asked_about(
    serve: Serve, orb_router: respx.MockRouter, shared: dict[str, Any]
) -> None:
    refused, page = await part_viewer(serve, orb_router, two_subscriptions(**shared))

    assert refused.status_code == 404
    assert PRICE not in page
    assert OTHER in page
    async with serve() as client:
        assert (await ask(client)).status_code == 200


@pytest.mark.parametrize(
    "narrow", [{"filter": "region = 'eu'"}, {"usage_customer_ids": ["CuChild"]}, {"start_date": None}]
)
async def test_a_price_that_counts_otherwise_than_it_is_evaluated_is_not_for_a_part(
    serve: Serve, orb_router: respx.MockRouter, narrow: dict[str, Any]
) -> None:
    document = changed("subscriptions_list")
    document["data"][0]["price_intervals"][0] |= narrow

    refused, _ = await part_viewer(serve, orb_router, document)

    assert refused.status_code == 404


async def test_a_viewer_of_a_part_does_not_see_what_came_before_its_subscription(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    document = changed("subscriptions_list")
    document["data"][0]["price_intervals"][0]["start_date"] = "2026-05-04T08:00:00+00:00"

    early, page = await part_viewer(serve, orb_router, document, timeframe_start="2026-05-04")
    fine, _ = await part_viewer(serve, orb_router, document, timeframe_start="2026-05-05")

    assert early.status_code == 400
    assert "May 5" in early.json()["detail"]
    assert 'min="2026-05-05"' in page
    assert fine.status_code == 200


@pytest.mark.parametrize("path", ["/explore", "/api/explore"])
async def test_out_of_scope_costs_no_call(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    async with serve(scope="bill") as client:
        answers = [await client.post(path, json=ASKED), await client.get("/explore")]

    assert {each.status_code for each in answers} == {403}
    assert not orb_router.calls


async def test_another_site_cannot_run_a_query(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    route = orb(orb_router)
    async with serve(None) as client:
        client.cookies.set("orrery_session", sign(clock, "borealis"))
        for site in ("cross-site", "same-site", "none"):
            headers = {"Sec-Fetch-Site": site}
            assert (await client.post("/explore", data=DAYS, headers=headers)).status_code == 403
            assert (await client.post("/api/explore", json=ASKED, headers=headers)).status_code == 403
        assert not route.called
        own = await client.post("/api/explore", json=ASKED, headers={"Sec-Fetch-Site": "same-origin"})

    assert own.status_code == 200


async def test_nobody_asks_without_a_session(serve: Serve, orb_router: respx.MockRouter) -> None:
    async with serve(None) as client:
        answers = [await client.get("/explore"), await client.post("/explore"), await client.post("/api/explore")]

    assert {each.status_code for each in answers} == {401}
    assert not orb_router.calls


# What is no question


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"price_ids": []}, "price_ids"),
    ({"price_ids": [PRICE] * 2}, "price_ids"),
    ({"price_ids": [f"p{n}" for n in range(101)]}, "price_ids"),
    ({"price_ids": PRICE}, "price_ids"),
    ({"price_ids": [1]}, "price_ids[0]"),
    ({"timeframe_start": "2026-05-21"}, "timeframe_end"),
    ({"timeframe_start": "2026-05-22"}, "timeframe_end"),
    ({"timeframe_start": "2026-02-09"}, "timeframe_start"),
    ({"timeframe_start": "2026-02-30"}, "timeframe_start"),
    ({"timeframe_start": "2026-05-01T00:00:00Z"}, "timeframe_start"),
    ({"timeframe_start": 20260501}, "timeframe_start"),
    ({"timeframe_end": "9999-12-31"}, "timeframe_end"),
    ({"grouping_keys": ["workspace_id", "region", "hour"]}, "grouping_keys"),
    ({"grouping_keys": ["region", "region"]}, "grouping_keys"),
    ({"grouping_keys": ["secret"]}, "grouping_keys"),
    ({"grouping_keys": ["hour_floor_timestamp_millis(timestamp_millis)"]}, "grouping_keys"),
    ({"grouping_keys": "region"}, "grouping_keys"),
    ({"filters": {}}, "filters"),
    ({"filters": [{"property": "secret", "op": "eq", "value": "a"}]}, "filters[0].property"),
    ({"filters": [{"property": "region", "op": "like", "value": "a"}]}, "filters[0].op"),
    ({"filters": [{"property": "region", "op": "eq", "value": ["a"]}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "in", "value": "a"}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "in", "value": []}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "in", "value": ["a"] * 51}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "in", "value": ["a"] * 26}] * 2}, "filters"),
    ({"filters": [{"property": "region", "op": "eq", "value": True}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "eq", "value": None}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "eq", "value": "a\\"}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "eq", "value": "a" * 257}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "eq"}]}, "filters[0].value"),
    ({"filters": [{"property": "region", "op": "eq", "value": "a", "sql": "1=1"}]}, "filters[0].sql"),
    ({"filters": [{"property": "region", "op": "eq", "value": "a"}] * 21}, "filters"),
    ({"filters": [{"property": "region", "op": "in", "value": ["a" * 250] * 20}]}, "filters"),
    ({"filter": "1 = 1"}, "filter"),
    ({"customer_id": "CuSomebodyElse"}, "customer_id"),
    ({"events": []}, "events"),
    ({"events": [EVENT] * 501}, "events"),
    ({"events": [EVENT | {"customer_id": "CuSomebodyElse"}]}, "events[0].customer_id"),
    ({"events": [EVENT | {"timestamp": "2026-05-05T12:00:00"}]}, "events[0].timestamp"),
    ({"events": [EVENT | {"timestamp": "2026-04-05T12:00:00Z"}]}, "events[0].timestamp"),
    ({"events": [EVENT | {"event_name": ""}]}, "events[0].event_name"),
    ({"events": [EVENT | {"properties": {"a": {"b": 1}}}]}, "events[0].properties"),
    ({"events": [EVENT | {"properties": {"a": None}}]}, "events[0].properties"),
    ({"events": [EVENT | {"properties": {"": 1}}]}, "events[0].properties"),
    ({"events": [EVENT | {"properties": {f"p{n}": 1 for n in range(51)}}]}, "events[0].properties"),
]


@pytest.mark.parametrize(("changes", "named"), WRONG)
async def test_what_is_no_question_is_a_400_that_names_it(
    serve: Serve, orb_router: respx.MockRouter, changes: dict[str, Any], named: str
) -> None:
    route = orb(orb_router)
    orb_router.post("/prices/evaluate_preview_events").mock(return_value=answer("prices_evaluate_response"))
    async with serve() as client:
        response = await ask(client, **changes)

    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert response.json()["detail"].startswith(f"{named} ")
    assert not route.called


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"1", b"{", b"\xff", b"nul",
        b'{"price_ids": ["a"], "price_ids": ["b"], "timeframe_start": "2026-05-01", "timeframe_end": "2026-05-02"}',
        b'{"price_ids": ["a"], "timeframe_start": NaN, "timeframe_end": "2026-05-02"}',
        b'{"price_ids": [1e999], "timeframe_start": "2026-05-01", "timeframe_end": "2026-05-02"}',
        b"[" * 30000, b'{"a":' * 10000,
    ],
)  # fmt: skip
async def test_what_is_not_strictly_json_is_a_400(serve: Serve, orb_router: respx.MockRouter, body: bytes) -> None:
    async with serve() as client:
        response = await client.post("/api/explore", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 400, response.text
    assert not orb_router.calls


@pytest.mark.parametrize(
    "fields",
    [
        {"sql": "1=1"},
        {"mode": "live"},
        {"format": "xlsx"},
        {"group_by": "secret"},
        {"timeframe_start": "yesterday"},
        {"timeframe_start": "2026-02-01"},
        {"property_1": "region", "op_1": "eq", "value_1": "a\\"},
        {"property_1": "secret", "op_1": "eq", "value_1": "a"},
        {"property_1": "region", "op_1": "is", "value_1": "a"},
        {"property_1": "region", "op_1": "eq", "value_1": " "},
        {"property_21": "region", "op_21": "eq", "value_21": "a"},
        {"value_1": "a"},
        [("group_by", "region"), ("group_by", "workspace_id")],
        [("price_id", PRICE), ("price_id", PRICE)],
    ],
)
async def test_a_form_that_is_no_question_is_a_400(serve: Serve, orb_router: respx.MockRouter, fields: Any) -> None:
    route = orb(orb_router)
    async with serve() as client:
        response = await client.post("/explore", content=urlencode(fields), headers=FORM)

    assert response.status_code == 400
    assert not route.called


async def test_the_page_says_what_is_wrong_in_the_words_of_the_form_and_keeps_it(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    orb(orb_router)
    fields = {"property_1": "region", "op_1": "eq", "value_1": "a\\<b>", "group_by": "region"}
    async with serve() as client:
        page = (await client.post("/explore", data=fields)).text
        shared = await client.get("/explore", params=fields)

    assert shared.status_code == 400
    assert "The value of filter 1 must have no backslashes and no control characters" in page
    assert 'value="a\\&lt;b&gt;"' in page
    assert '<option value="region" selected>' in page


async def test_numbers_are_compared_by_their_size_and_texts_as_texts(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    route = orb(orb_router)
    fields = {
        "price_id": PRICE, "group_by": "region",
        "property_1": "region", "op_1": "ge", "value_1": "1.50", "property_3": "region", "op_3": "eq", "value_3": "7",
    }  # fmt: skip
    async with serve() as client:
        await client.post("/explore", data=fields)

    assert sent(route)["price_evaluations"][0]["filter"] == "region >= 1.50 AND region = '7'"


@pytest.mark.parametrize(("path", "type"), [("/explore", "application/json"), ("/api/explore", "text/plain")])
async def test_other_media_types_are_415(serve: Serve, orb_router: respx.MockRouter, path: str, type: str) -> None:
    async with serve() as client:
        response = await client.post(path, content=b"{}", headers={"Content-Type": type})

    assert response.status_code == 415
    assert not orb_router.calls


@pytest.mark.parametrize(("path", "type"), [("/explore", FORM["Content-Type"]), ("/api/explore", "application/json")])
async def test_more_than_64_kib_is_413(serve: Serve, orb_router: respx.MockRouter, path: str, type: str) -> None:
    async with serve() as client:
        response = await client.post(path, content=b" " * 65537, headers={"Content-Type": type})

    assert response.status_code == 413
    assert not orb_router.calls


async def test_exactly_a_hundred_days_back_is_the_first_day(serve: Serve, orb_router: respx.MockRouter) -> None:
    orb(orb_router)
    async with serve() as client:
        first = await ask(client, timeframe_start="2026-02-10")
        page = (await client.get("/explore")).text
        before = await ask(client, timeframe_start="2026-02-09")

    assert first.status_code == 200
    assert 'min="2026-02-10"' in page
    assert "Feb 10" in before.json()["detail"]


# Limits and failures


async def test_the_seventh_query_of_a_minute_is_refused_on_page_and_json_alike(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    route = orb(orb_router)
    async with serve() as client:
        for _ in range(3):
            assert (await ask(client)).status_code == 200
            await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})
        refused = await ask(client)
        page = await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})
        clock.pass_seconds(60)
        later = await ask(client)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert refused.headers["retry-after"] == page.headers["retry-after"] == "60"
    assert page.status_code == 429
    assert "six queries within a minute" in page.text
    assert later.status_code == 200
    assert route.call_count == 7


async def test_a_customer_has_one_limit_under_both_of_its_ids(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    orb(orb_router)
    tokens = Tokens([Secret(VIEWER_SECRET)], now=lambda: clock().timestamp())
    async with serve() as client:
        for _ in range(6):
            assert (await ask(client)).status_code == 200
        token = tokens.sign(CustomerRef("customer_id", "CuBorealis000001"))
        refused = await client.post("/api/explore", json=ASKED, headers={"Authorization": f"Bearer {token}"})

    assert refused.status_code == 429


async def test_one_query_at_a_time(serve: Serve, orb_router: respx.MockRouter) -> None:
    orb(orb_router)
    asked, go_on = anyio.Event(), anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/evaluate"):
            asked.set()
            await go_on.wait()
        return await orb_router.async_handler(request)

    first: list[httpx.Response] = []
    async with serve(wire=httpx.MockTransport(slow)) as client, anyio.create_task_group() as group:

        async def run() -> None:
            first.append(await ask(client))

        group.start_soon(run)
        await asked.wait()
        second = await ask(client)
        page = await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})
        go_on.set()

    assert (second.status_code, second.json()["code"]) == (429, "busy")
    assert second.headers["retry-after"] == "1"
    assert (page.status_code, first[0].status_code) == (429, 200)
    assert "still running" in page.text


@pytest.mark.parametrize(
    ("name", "status", "expected", "code"),
    [
        ("error_500", 500, 503, "orb_error"),
        ("error_429", 429, 503, "orb_rate_limited"),
        ("error_401", 401, 503, "orb_auth"),
        ("error_404_resource", 404, 503, "orb_error"),
        ("error_400_validation", 400, 400, "refused"),
    ],
)
async def test_when_orb_fails_the_form_is_kept_and_a_program_is_told(
    serve: Serve, orb_router: respx.MockRouter, name: str, status: int, expected: int, code: str
) -> None:
    orb(orb_router, answer(name, status))
    async with serve() as client:
        response = await ask(client)
        page = await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})

    assert (response.status_code, response.json()["code"]) == (expected, code)
    assert ("retry-after" in response.headers) == (expected == 503)
    assert page.status_code == expected
    # A 429 pauses its class: the second query is not even sent.
    words = "Too many questions at once." if status == 429 else "The billing system"
    assert f'<p class="message failed" role="alert">{words}' in page.text
    assert f'value="{PRICE}" checked' in page.text


@pytest.mark.parametrize(
    "malformed",
    [
        evaluated({"grouping_values": ["a"], "quantity": 1, "amount": "1"}, price="PrOther"),
        evaluated({"grouping_values": [], "quantity": 1, "amount": "1"}),
        evaluated({"grouping_values": [["a"]], "quantity": 1, "amount": "1"}),
        evaluated({"grouping_values": ["a"], "quantity": 1, "amount": "1e400"}),
        httpx.Response(200, json={"data": []}),
    ],
)
async def test_an_answer_about_something_else_is_none(
    serve: Serve, orb_router: respx.MockRouter, malformed: httpx.Response
) -> None:
    orb(orb_router, malformed)
    async with serve() as client:
        response = await ask(client)

    assert (response.status_code, response.json()["code"]) == (503, "orb_malformed")


async def test_without_the_list_the_page_says_so_and_nothing_runs(serve: Serve, orb_router: respx.MockRouter) -> None:
    route = orb(orb_router)
    orb_router.get("/subscriptions").mock(return_value=answer("error_500", 500))
    async with serve() as client:
        page = await client.get("/explore")
        posted = await client.post("/explore", data={"price_id": PRICE})
        response = await ask(client)

    assert {each.status_code for each in (page, posted, response)} == {503}
    assert "The billing system had an error." in page.text
    assert not route.called


async def test_it_may_take_longer_than_a_card(serve: Serve, settings: Settings, orb_router: respx.MockRouter) -> None:
    orb(orb_router)

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/evaluate"):
            await anyio.sleep(1.2)
        return await orb_router.async_handler(request)

    async with serve(settings=replace(settings, patience=1), wire=httpx.MockTransport(slow)) as client:
        await client.get("/explore")
        assert (await ask(client)).status_code == 200


# Files


async def test_a_file_holds_every_group_and_no_formula(serve: Serve, orb_router: respx.MockRouter) -> None:
    bad = ["=1+1", "+a", "-a", "@a", "\ta", "\ra", "plain", -1.5]
    rows = [{"grouping_values": [each], "quantity": -2, "amount": f"-{n}.50"} for n, each in enumerate(bad)]
    orb(orb_router, evaluated(*rows))
    fields = {"price_id": PRICE, "group_by": "region", **DAYS, "format": "csv"}
    async with serve() as client:
        response = await client.post("/explore", data=fields)

    found = list(csv.DictReader(StringIO(response.text)))
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="explore.csv"'
    assert [each["grouping_value_1"] for each in found] == [
        "'=1+1", "'+a", "'-a", "'@a", "'\ta", "'\ra", "plain", "-1.5",
    ]  # fmt: skip
    assert found[0] == {
        "price_id": PRICE,
        "price": "API Requests",
        "grouping_key_1": "region",
        "grouping_value_1": "'=1+1",
        "quantity": "-2",
        "subtotal": "-0.50",
        "unit": "USD",
        "basis": "subtotal",
        "period_start": "2026-05-01T07:00:00Z",
        "period_end": "2026-05-21T07:00:00Z",
        "timezone": "America/Los_Angeles",
        "as_of": "2026-05-20T15:00:00Z",
    }


async def test_a_file_needs_leave_to_export(serve: Serve, orb_router: respx.MockRouter) -> None:
    route = orb(orb_router)
    async with serve(scope="explore") as client:
        refused = await client.post("/explore", data={"price_id": PRICE, "format": "csv"})
        page = (await client.post("/explore", data={"price_id": PRICE, "group_by": "region"})).text

    assert refused.status_code == 403
    assert route.call_count == 1
    assert "Download CSV" not in page


# What if


async def test_made_up_events_are_priced_as_they_were_sent_and_for_this_customer_alone(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    used = orb(orb_router)
    route = orb_router.post("/prices/evaluate_preview_events").mock(
        return_value=evaluated({"grouping_values": [], "quantity": 2000000, "amount": "400.00"})
    )
    events = [EVENT | {"properties": {"count": 0.10, "region": "eu", "paid": False, "note": ""}}]
    async with serve() as client:
        found = (await ask(client, grouping_keys=[], events=events)).json()

    assert b'{"count":0.1,"region":"eu","paid":false,"note":""}' in route.calls.last.request.content
    assert sent(route) == {
        "external_customer_id": "borealis",
        "timeframe_start": "2026-05-01T07:00:00Z",
        "timeframe_end": "2026-05-21T07:00:00Z",
        "price_evaluations": [{"price_id": PRICE, "grouping_keys": []}],
        "events": [{"event_name": "api_request", "timestamp": "2026-05-05T12:00:00Z", "properties": {
            "count": 0.1, "region": "eu", "paid": False, "note": "",
        }}],
    }  # fmt: skip
    assert found["estimate"] is True
    assert found["results"][0]["groups"][0]["subtotal"]["text"] == "$400.00"
    assert not used.called


async def test_the_page_estimates_what_more_usage_costs_and_says_what_that_is(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    orb(orb_router)
    route = orb_router.post("/prices/evaluate_preview_events").mock(
        return_value=evaluated({"grouping_values": [], "quantity": 6, "amount": "400.00"})
    )
    fields = {
        "mode": "estimate", "price_id": PRICE, "event_name": "api_request", "events": "3",
        "amount_property": "count", "amount": "2", "group_property": "region", "group_value": "eu",
    }  # fmt: skip
    async with serve() as client:
        page = (await client.post("/explore", data=fields)).text
        link = page.split('<a href="/explore?')[1].split('"')[0].replace("&amp;", "&")
        route.reset()
        shared = (await client.get(f"/explore?{link}")).text

    assert "made-up events, priced at list price alone" in page
    assert "$400.00" in page
    assert not route.called
    for each in (page, shared):
        assert 'name="event_name" required maxlength="256" autocomplete="off" value="api_request"' in each
        assert f'<option value="{PRICE}" selected>' in each


async def test_the_form_makes_that_many_events_of_today(serve: Serve, orb_router: respx.MockRouter) -> None:
    orb(orb_router)
    route = orb_router.post("/prices/evaluate_preview_events").mock(
        return_value=evaluated({"grouping_values": [], "quantity": 6, "amount": "400.00"})
    )
    fields = {
        "mode": "estimate", "price_id": PRICE, "event_name": "api_request", "events": "3",
        "amount_property": "count", "amount": "2", "group_property": "region", "group_value": "eu",
    }  # fmt: skip
    async with serve() as client:
        await client.post("/explore", data=fields)

    event = {"event_name": "api_request", "timestamp": "2026-05-20T15:00:00Z"}
    assert sent(route)["events"] == [event | {"properties": {"count": 2, "region": "eu"}}] * 3
    assert sent(route)["timeframe_start"] == "2026-05-20T07:00:00Z"
    assert sent(route)["timeframe_end"] == "2026-05-21T07:00:00Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": "0"}, {"events": "501"}, {"events": "many"}, {"event_name": ""}, {"amount": ""}, {"amount": "lots"},
        {"amount_property": ""}, {"group_property": "secret"}, {"group_value": ""}, {"price_id": ""},
        {"amount_property": "region"},
    ],
)  # fmt: skip
async def test_an_estimate_of_nothing_is_a_400(
    serve: Serve, orb_router: respx.MockRouter, wrong: dict[str, str]
) -> None:
    orb(orb_router)
    fields = {
        "mode": "estimate", "price_id": PRICE, "event_name": "api_request", "events": "3",
        "amount_property": "count", "amount": "2", "group_property": "region", "group_value": "eu",
    }  # fmt: skip
    async with serve() as client:
        response = await client.post("/explore", data=fields | wrong)

    assert response.status_code == 400
    assert 'role="alert"' in response.text
