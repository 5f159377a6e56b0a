"""openapi.json: every JSON route is in it, and every answer is what it says, to the last field."""

import json
import tomllib
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from starlette.routing import Route

from app.main import create_app
from app.settings import Settings
from app.web.openapi import VERSION, document
from tests import unhurried
from tests.conftest import Serve
from tests.whole import CUSTOMERS, Whole, whole

DOCUMENT = document(("workspace_id", "region"), ("credits",))
# What is no document: a stream that never ends.
STREAMS = {("get", "/api/changes")}


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Whole]:
    async with whole() as service:
        yield service


def test_every_route_for_programs_is_in_it_and_no_other(settings: Settings) -> None:
    routes = {
        (method.lower(), each.path)
        for each in create_app(settings).routes
        if isinstance(each, Route) and each.path.startswith("/api/")
        for method in (each.methods or set()) - {"HEAD"}
    }
    told = {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert routes - STREAMS == told


def test_its_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_names_of_operations_are_each_their_own() -> None:
    names = [each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()]
    assert len(set(names)) == len(names)


def closed(schema: Any) -> Any:
    """The same, and no field more: what is not told is not there."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(each) for name, each in schema.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


@cache
def validator(method: str, path: str) -> Draft202012Validator:
    content = DOCUMENT["paths"][path][method]["responses"]["200"]["content"]
    schema = closed({"components": DOCUMENT["components"], **content["application/json"]["schema"]})
    return Draft202012Validator(schema)


def conform(found: Any, path: str, method: str = "get") -> None:
    wrong = [f"{each.instance_path}: {each.message:.200}" for each in validator(method, path).iter_errors(found)]
    assert wrong == []


@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_every_answer_to_every_customer_is_what_it_says(service: Whole, customer: str) -> None:
    async with service.client(customer) as client:

        async def got(path: str) -> Any:
            return (await client.get(path)).raise_for_status().json()

        dashboard = (await client.post("/api/dashboard/refresh")).json()
        for word in dashboard["cards"]:
            dashboard["cards"][word] = await got(f"/api/cards/{word}")
            conform(dashboard["cards"][word], "/api/cards/{card}")
        conform(dashboard, "/api/dashboard")
        conform(dashboard, "/api/dashboard/refresh", "post")
        history = await got("/api/invoices?limit=100")
        conform(history, "/api/invoices")
        for each in history["data"][:3]:
            conform(await got(f"/api/invoices/{each['id']}"), "/api/invoices/{invoice}")
        for bill in dashboard["cards"]["bill"]["data"].get("subscriptions", []):
            path = f"/api/invoices/upcoming/{bill['subscription_id']}"
            conform(await got(path), "/api/invoices/upcoming/{subscription}")
            listed = await got(f"/api/licenses?subscription_id={bill['subscription_id']}")
            conform(listed, "/api/licenses")
        for name in ("ledger", "blocks"):
            conform(await got(f"/api/credits/{name}"), f"/api/credits/{name}")


def test_what_is_not_told_would_be_seen() -> None:
    found = json.loads((Path(__file__).parents[1] / "golden/northwind.json").read_text())
    conform(found, "/api/dashboard")
    found["cards"]["bill"]["data"]["subscriptions"][0]["surprise"] = 1
    assert not validator("get", "/api/dashboard").is_valid(found)
    del found["cards"]["bill"]["data"]["subscriptions"][0]["surprise"]
    del found["cards"]["bill"]["data"]["subscriptions"][0]["name"]
    assert not validator("get", "/api/dashboard").is_valid(found)


async def test_it_is_public_and_tells_this_services_own_choices(serve: Serve) -> None:
    async with serve(None) as client:
        answer = await client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
