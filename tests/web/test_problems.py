"""Refusals leak nothing: a closed form, words of ours alone, for every code that there is."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from app.cards.base import failed
from app.orb import errors
from app.orb.errors import OrbError
from app.settings import Settings
from app.web.problems import Problem, answer, of, unavailable
from tests.conftest import Serve
from tests.orb.answers import borealis
from tests.orb.bills import listed

ROOT = Path(__file__).parents[2]
FIELDS = ["type", "title", "status", "detail", "code", "request_id"]
# What nobody else may read: words of Orb's, of an exception, of this machine, of ours alone.
SECRET = "tangerine-9f3c"
LEAKS = re.compile(
    rf"{SECRET}|Traceback|File \"|{re.escape(str(ROOT))}|/(home|usr|work|tmp|root)/|site-packages|\.py\b|"
    r"orb_test_key|\b[A-Z]\w+(Error|Exception)\b|\bmsgspec|\bhttpx|\baiohttp|\bstarlette|withorb|127\.0\.0\.1|0x[0-9a-f]{6}"
)


def closed(body: dict[str, Any], status: int) -> None:
    """Fails unless the body is a problem document of ours, and no more than that."""
    assert list(body) == FIELDS
    assert body["type"] == "about:blank"
    assert (body["status"], body["title"]) == (status, HTTPStatus(status).phrase)
    assert re.fullmatch("[a-z]+(_[a-z]+)*", body["code"])
    assert re.fullmatch("[0-9a-f]{32}", body["request_id"] or "0" * 32)
    assert isinstance(body["detail"], str)
    assert 0 < len(body["detail"]) < 400
    assert not LEAKS.search(json.dumps(body))


def made() -> Iterator[tuple[int, str, str]]:
    """Every problem that the source makes: its status, its code, and its words with a name for each value in them."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name("Problem") | ast.Attribute(attr="Problem"),
                    args=[ast.Constant(int(status)), ast.Constant(str(code)), words, *_],
                ):
                    said = [each.value for each in ast.walk(words) if isinstance(each, ast.Constant)]
                    yield status, code, " ".join(map(str, said)) or "…"


MADE = sorted({*made()})
ORBS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, OrbError)]


def test_the_source_is_read() -> None:
    assert {code for _, code, _ in MADE} >= {"not_found", "bug", "cross_site", "out_of_scope", "wrong_host"}
    assert len(ORBS) > 8


@pytest.mark.parametrize(("status", "code", "words"), MADE)
def test_each_code_is_a_problem_in_its_closed_form(status: int, code: str, words: str) -> None:
    closed(json.loads(bytes(answer(Problem(status, code, words)).body)), status)


@pytest.mark.parametrize("error", ORBS, ids=lambda each: each.__name__)
def test_a_failure_of_orbs_is_told_in_our_words(error: type[OrbError]) -> None:
    raised = error(400, SECRET, (SECRET,)) if issubclass(error, errors.Refused) else error(SECRET)
    body = json.loads(bytes(answer(unavailable(failed(raised))).body))

    closed(body, 503)


@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), OSError(2, SECRET, f"/home/{SECRET}")])
def test_a_mistake_of_ours_is_told_by_its_request_id_alone(error: Exception) -> None:
    closed(json.loads(bytes(answer(of(error)).body)), 500)


PATHS = [
    ("GET", "/api/export/bill.csv"), ("GET", "/api/invoices"), ("GET", "/api/invoices/A"),
    ("GET", "/api/credits/ledger"), ("GET", "/api/credits/blocks"), ("GET", "/api/licenses"),
    ("GET", "/api/export/focus.csv"), ("GET", "/invoices"), ("GET", "/api/dashboard"), ("GET", "/"),
    ("GET", "/cards/bill"), ("GET", "/explore"), ("GET", "/credits/ledger"), ("GET", "/licenses"),
    ("POST", "/api/dashboard/refresh"), ("POST", "/portal"),
]  # fmt: skip
PROBLEM = {"type": f"https://docs.withorb.com/{SECRET}", "title": SECRET, "detail": SECRET, "status": 0}


@pytest.mark.parametrize(
    "trouble", ["400", "401", "403", "404", "409", "413", "422", "429", "500", "599", "broken", "away"]
)
@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_nothing_that_orb_says_of_a_trouble_is_passed_on(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings, method: str, path: str, trouble: str
) -> None:
    if trouble == "away":
        orb_router.route().mock(side_effect=httpx.ConnectError(f"{SECRET} at /home/{SECRET}"))
    elif trouble == "broken":
        orb_router.route().mock(return_value=httpx.Response(200, text=f'{{"data": "{SECRET}"'))
    else:
        body = {**PROBLEM, "status": int(trouble), "validation_errors": [SECRET]}
        headers = {"Content-Type": "application/problem+json", "X-Secret": SECRET, "Retry-After": "0"}
        orb_router.route().mock(return_value=httpx.Response(int(trouble), json=body, headers=headers))
    scope = "bill credits spend breakdown usage licenses alerts invoices explore refresh export portal"
    async with serve(scope=scope, settings=replace(settings, patience=0.3)) as client:
        response = await client.request(method, path, headers={"Accept": "*/*"})

    assert SECRET not in response.text
    assert SECRET not in str(response.headers)
    if response.headers["content-type"] == "application/problem+json":
        closed(response.json(), response.status_code)
    else:
        assert not re.search(r"Traceback|site-packages|orb_test_key|\b\w+Error\b", response.text)


@pytest.mark.parametrize(
    "path", ["/api/dashboard", "/api/invoices/A", "/invoices", "/explore", "/nowhere/at/all", "/static/x"]
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_a_refusal_repeats_no_more_than_the_name_of_a_parameter_and_that_as_text(
    serve: Serve, orb_router: respx.MockRouter, path: str, accept: str
) -> None:
    borealis(orb_router)
    listed(orb_router)
    name = "<script>x\u202e\x00" + "y" * 500
    async with serve() as client:
        response = await client.get(path, params={name: SECRET}, headers={"Accept": f"{accept}, application/json"})

    assert response.status_code in (400, 404)
    assert SECRET not in response.text
    if response.headers["content-type"].startswith("text/html"):
        assert "<script>x" not in response.text
        assert "\u202e" not in response.text
    else:
        closed(response.json(), response.status_code)
        assert "\u202e" not in response.text
