"""Where cost comes from, as the page says it: how many groups are shown, and that there are more."""

import csv
import re
from html import unescape

import httpx
import pytest
import respx

from app.web import pages
from tests.conftest import Serve
from tests.orb.answers import borealis, changed
from tests.whole import whole


async def test_more_groups_than_are_shown_are_said_to_be_there_and_lead_to_them() -> None:
    async with whole() as service, service.client("northwind") as client:
        alone = (await client.get("/api/cards/breakdown")).json()["data"]["subscriptions"][0]
        ten = (await client.get("/cards/breakdown")).text
        all_of_them = (await client.get("/cards/breakdown", params={"limit": "100"})).text
        few = (await client.get("/api/cards/breakdown")).json()["data"]["subscriptions"][0]
        many = (await client.get("/api/cards/breakdown", params={"limit": "100"})).json()["data"]["subscriptions"][0]

    assert (len(few["groups"]), few["has_more"]) == (10, True)
    assert "Showing the top 10. There are more." in ten
    assert "All others" in ten
    assert alone["residual"] is None
    assert alone["residual_reason"].endswith("the overview, which has cost by day, tells it.")
    assert 'href="/?limit=100#breakdown">Show up to 100' in ten
    assert (len(many["groups"]), many["has_more"]) == (24, False)
    assert "There are more" not in all_of_them


async def test_a_card_by_itself_says_what_it_says_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_SOON", 30)  # a busy machine takes its time

    def rows(page: str) -> list[str]:
        return re.findall(r"<tr.*?</tr>", page.partition('id="breakdown"')[2].partition("</section>")[0], re.DOTALL)

    async with whole() as service, service.client("northwind") as client:
        alone = (await client.get("/cards/breakdown")).text  # before anything is kept
        beside = (await client.get("/")).text
        again = (await client.get("/cards/breakdown")).text

    assert len(rows(beside)) == 13
    assert rows(alone) == rows(again) == rows(beside)


async def test_too_many_groups_lead_on_by_usage_and_to_a_free_question() -> None:
    async with whole() as service, service.client("mote") as client:
        html = (await client.get("/cards/breakdown")).text

    assert "There are too many groups in this period to rank them by cost." in html
    assert 'href="/cards/usage?group_by=workspace_id">Usage by Workspace' in html
    assert 'href="/explore?group_by=workspace_id">Explore by Workspace' in html


async def test_costs_of_a_child_are_with_its_parent_and_the_card_says_so() -> None:
    async with whole() as service, service.client("orchard-west") as client:
        found = (await client.get("/api/cards/breakdown")).json()

    assert found["message"] == "What is used here is counted with the parent account, and costs are shown there."


NAMES = {
    "\u2003Acme \t Corp\xa0": "Acme Corp",
    "Acme\u3000Corp": "Acme Corp",
    " \u2003\n": "(no name)",
    "\u3164": "�[3164]",
}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_a_name_stands_on_the_page_without_its_blanks_and_in_files_as_orb_has_it(
    serve: Serve, orb_router: respx.MockRouter, name: str
) -> None:
    groups = changed("grouped_costs_response", data=[{"grouping_values": [name], "subtotal": "10.00"}])
    borealis(orb_router, grouped_costs=httpx.Response(200, json=groups))
    async with serve() as client:
        page = (await client.get("/cards/breakdown")).text
        document = (await client.get("/api/cards/breakdown")).json()
        file = (await client.get("/api/export/breakdown.csv")).content.decode("utf-8-sig")

    assert f">{NAMES[name]}<" in unescape(page)
    assert document["data"]["subscriptions"][0]["groups"][0]["key"] == name
    row = next(csv.DictReader(file.splitlines(keepends=True)))
    assert row["key"].lstrip("'") == name


async def test_a_name_of_blanks_alone_is_said_to_be_none(serve: Serve, orb_router: respx.MockRouter) -> None:
    listed = changed("subscriptions_list")
    listed["data"][0]["name"] = "\u3000 "
    borealis(orb_router, subscriptions=httpx.Response(200, json=listed))
    async with serve() as client:
        page = (await client.get("/cards/breakdown")).text
        document = (await client.get("/api/cards/breakdown")).json()

    assert "<bdi>(no name)</bdi>" in page
    assert document["data"]["subscriptions"][0]["name"] == "\u3000 "
