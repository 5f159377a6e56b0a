"""A card is one file, one template and one line: tried on a copy of the house."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

CARD = '''"""How many subscriptions there are."""

from dataclasses import dataclass

from app.account.account import Account
from app.cards.base import Card, Outcome, Table, ready
from app.query import Query
from app.words import Text


@dataclass(frozen=True, slots=True)
class Greeting:
    name: str
    subscriptions: int


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    return ready(listing, Greeting(listing.customer.name, len(listing.active)), [])


def table(data: Greeting) -> Table:
    return Table(("name", "subscriptions"), ((data.name, data.subscriptions),))


CARD = Card("greeting", Text("Welcome"), "usage", load, table)
'''
TEMPLATE = "<p>Good to see you, {{ outcome.data.name }}.</p>\n"

# Runs in the copy: the service by itself, Orb's example behind it.
ASK = """
import asyncio, json, httpx, respx
from app.main import create_app
from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import Settings
from app.web.tokens import Tokens

async def ask():
    orb = respx.MockRouter(base_url="http://127.0.0.1:9/v1", assert_all_called=False)
    listed = json.loads(open("subscriptions_list.json").read())
    orb.get("/subscriptions").respond(json=listed)
    secret = Secret("a-secret-that-only-the-tests-know-of")
    settings = Settings(
        orb_api_key=Secret("key"), orb_base_url="http://127.0.0.1:9/v1", viewer_secrets=(secret,),
        grouping_keys={"workspace_id": "Workspace"}, hosts=("orrery.test",),
    )
    app = create_app(settings, httpx.MockTransport(orb.async_handler))
    token = Tokens([secret]).sign(CustomerRef("external_customer_id", "borealis"))
    async with app.router.lifespan_context(app), httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://orrery.test",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        found = {path: (await client.get(path)).text for path in (
            "/?cards=greeting", "/cards/greeting", "/api/dashboard?cards=greeting", "/api/cards/greeting",
            "/api/export/greeting.csv")}
    print(json.dumps(found))

asyncio.run(ask())
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    house = tmp_path_factory.mktemp("house")
    for room in ("app", "templates", "static"):
        shutil.copytree(ROOT / room, house / room, ignore=shutil.ignore_patterns("sandbox", "__pycache__"))
    shutil.copy(ROOT / "tests/orb/examples/subscriptions_list.json", house)
    (house / "app/cards/greeting.py").write_text(CARD)
    (house / "templates/cards/greeting.html").write_text(TEMPLATE)
    registry = house / "app/dashboard.py"
    before = registry.read_text()
    registry.write_text(before.replace('    "bill",\n', '    "greeting",\n    "bill",\n'))
    assert len(registry.read_text().splitlines()) == len(before.splitlines()) + 1
    done = subprocess.run([sys.executable, "-c", ASK], cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_card_is_a_section_of_the_page_with_its_shell(answers: Any) -> None:
    for path in ("/?cards=greeting", "/cards/greeting"):
        assert 'id="greeting"' in answers[path]
        assert "Welcome</h2>" in answers[path]
        assert "Good to see you, Borealis Ltd." in answers[path]


def test_a_new_card_is_in_the_document_first_where_its_line_is_first(answers: Any) -> None:
    document = json.loads(answers["/api/dashboard?cards=greeting"])

    assert list(document["cards"]) == ["greeting"]
    assert document["cards"]["greeting"] == json.loads(answers["/api/cards/greeting"])
    assert document["cards"]["greeting"]["title"] == "Welcome"
    assert document["cards"]["greeting"]["data"] == {"name": "Borealis Ltd", "subscriptions": 1}


def test_a_new_card_is_exported(answers: Any) -> None:
    head, row = answers["/api/export/greeting.csv"].splitlines()

    assert head.startswith("name,subscriptions,")
    assert row.startswith('"Borealis Ltd",1,')
    assert ',"usage","America/Los_Angeles",' in row
