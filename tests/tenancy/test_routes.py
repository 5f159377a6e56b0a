"""No route without its tenancy: what it takes and what it needs is told, or the build fails."""

import re
from dataclasses import replace

import pytest
from starlette.routing import Route

from app.main import create_app
from app.secret import Secret
from app.settings import Settings
from app.web.openapi import document
from tests.canary import WEBHOOK_SECRET
from tests.conftest import Serve
from tests.tenancy.ways import CARDS, NOBODYS, STREAMS, WAYS, Way


def routes(settings: Settings) -> set[tuple[str, str]]:
    return {
        (method, each.path)
        for each in create_app(settings).routes
        if isinstance(each, Route)
        for method in (each.methods or {"GET"}) - {"HEAD"}
    }


def test_every_route_of_the_service_is_told(settings: Settings) -> None:
    hooked = replace(settings, webhook_secrets=(Secret(WEBHOOK_SECRET),))
    assert routes(hooked) == {(each.method, each.path) for each in WAYS} | STREAMS | NOBODYS


def test_every_parameter_of_openapi_that_could_be_an_id_is_told() -> None:
    ids = re.compile(r"(_ids?|cursor)$")
    for path, methods in document(("workspace_id",), ("credits",))["paths"].items():
        for method, operation in methods.items():
            (way,) = (each for each in WAYS if (each.method, each.path) == (method.upper(), path))
            asked = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            assert {name for name in asked if ids.search(name)} == set(way.query)
            assert {name for name in body.get("properties", {}) if ids.search(name)} == set(way.fields)
            assert operation.get("x-scope") == way.scope


def test_the_cards_are_those_that_there_are() -> None:
    (card,) = (
        each["schema"]["pattern"]
        for each in document((), ())["paths"]["/api/cards/{card}"]["get"]["parameters"]
        if each["name"] == "card"
    )
    assert card == f"^({'|'.join(CARDS)})$"


@pytest.mark.parametrize("way", WAYS, ids=str)
async def test_nobody_signed_in_gets_the_same_refusal_everywhere(serve: Serve, way: Way) -> None:
    async with serve(None) as client:
        answer = await client.request(way.method, way.path.replace("{", "").replace("}", ""))

    assert answer.status_code == 401
