"""Orb's own TypeScript client against a sandbox on a real socket, its answers held to the types that it declares.

The client believes whatever arrives; `tests/typescript/types.mjs` does not.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Match

from app.sandbox.clock import Clock
from app.sandbox.desk import Desk
from app.sandbox.faults import Faults
from app.sandbox.routes.table import orb_routes
from tests.running import ROOT, bare, free_port

NOW = "2026-11-20T20:15:30.250Z"
HERE = ROOT / "tests" / "typescript"

#: Every method of the client that reads what a dashboard shows, or sends usage.
METHODS = frozenset(
    {
        "alerts.list",
        "alerts.retrieve",
        "creditBlocks.retrieve",
        "customers.costs.list",
        "customers.costs.listByExternalID",
        "customers.createPortalSession",
        "customers.createPortalSessionByExternalID",
        "customers.credits.ledger.list",
        "customers.credits.ledger.listByExternalID",
        "customers.credits.list",
        "customers.credits.listByExternalID",
        "customers.fetch",
        "customers.fetchByExternalID",
        "customers.list",
        "events.ingest",
        "invoices.fetch",
        "invoices.fetchUpcoming",
        "invoices.list",
        "invoices.listSummary",
        "licenseTypes.list",
        "licenseTypes.retrieve",
        "licenses.externalLicenses.getUsage",
        "licenses.list",
        "licenses.retrieve",
        "licenses.retrieveByExternalID",
        "licenses.usage.getAllUsage",
        "licenses.usage.getUsage",
        "prices.evaluate",
        "prices.evaluateMultiple",
        "prices.evaluatePreviewEvents",
        "subscriptions.fetch",
        "subscriptions.fetchCosts",
        "subscriptions.fetchUsage",
        "subscriptions.list",
        "topLevel.ping",
    }
)

#: Those that the sandbox has no answer to.
UNANSWERED: frozenset[str] = frozenset()

#: What a customer's story makes Orb refuse: the bill of an ended subscription, and one that never comes.
REFUSED = {
    ("invoices.fetchUpcoming", 400),
    ("invoices.fetchUpcoming", 404),
    ("licenses.externalLicenses.getUsage", 404),  # of a license that nobody holds
}

#: Fields that Orb's Python client 4.90.0 declares and this client, at 6.11.0, does not.
NEWER = {"allocation_price", "group_keys", "hidden_line_item_count", "payment_received_at", "tax_reason"}

#: Routes that the client has no method for, and those that a dashboard has no use for.
BEYOND = {
    "grouped_costs",
    "subscriptions_summary",
    "webhook_endpoint",
    "webhook_endpoints",
    "webhook_event",
    "webhook_events",
    "create_alert",
    "change_alert",
    "switch_alert",
}


@dataclass(frozen=True)
class Call:
    """What a call of the client's came to."""

    method: str
    status: int
    errors: list[str]
    extras: list[str]
    message: str = ""


@dataclass(frozen=True)
class Reading:
    """All the calls, and the requests that reached the sandbox."""

    calls: list[Call]
    requests: list[dict[str, Any]]


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    if shutil.which("node") is None or not (HERE / "node_modules" / "orb-billing").is_dir():
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("the TypeScript client needs Node 20 and npm: apt-get install nodejs npm, then make setup")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "sandbox", "--latency", "0"],
        cwd=ROOT,
        env=bare(SANDBOX_PORT=str(port), SANDBOX_RATE_PLAN="off"),
        stdout=subprocess.DEVNULL,
    )
    sandbox = f"http://127.0.0.1:{port}"
    try:
        _stop_clock(process, sandbox)
        yield Reading(_calls(sandbox), httpx.get(f"{sandbox}/_sandbox/requests", trust_env=False).json()["data"])
    finally:
        process.terminate()
        process.wait(timeout=30)


def _stop_clock(process: "subprocess.Popen[bytes]", sandbox: str) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        assert process.poll() is None, "the sandbox did not start"
        try:
            httpx.post(f"{sandbox}/_sandbox/clock", json={"now": NOW}, trust_env=False).raise_for_status()
        except httpx.TransportError:
            continue
        return
    raise AssertionError("the sandbox does not answer")


def _calls(sandbox: str) -> list[Call]:
    command = ["node", str(Path("read.mjs")), f"{sandbox}/v1", NOW]
    done = subprocess.run(command, cwd=HERE, env=bare(), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [Call(**json.loads(line)) for line in done.stdout.splitlines()]


def test_every_method_is_answered_but_those_that_are_known_not_to_be(reading: Reading) -> None:
    answered = {call.method for call in reading.calls if call.status == 200}
    assert answered == METHODS - UNANSWERED


def test_nothing_is_refused_but_the_bills_that_orb_refuses(reading: Reading) -> None:
    refused = {(call.method, call.status) for call in reading.calls if call.status != 200}
    expected = {(method, 404) for method in UNANSWERED} | REFUSED
    assert refused <= expected, [call.message for call in reading.calls if call.status != 200]
    assert refused >= REFUSED


def test_every_answer_is_of_the_type_that_the_client_declares(reading: Reading) -> None:
    assert {error for call in reading.calls for error in call.errors} == set()


def test_no_answer_has_a_field_that_no_client_knows(reading: Reading) -> None:
    extras = {extra for call in reading.calls for extra in call.extras}
    assert {extra for extra in extras if extra.rpartition(".")[2] not in NEWER} == set()
    assert {extra.rpartition(".")[2] for extra in extras} == NEWER


def test_every_route_of_the_sandbox_is_asked(reading: Reading) -> None:
    routes = orb_routes(Desk(Clock()), Faults())
    asked = set()
    for request in reading.requests:
        scope = {"type": "http", "method": request["method"], "path": request["path"].partition("?")[0]}
        asked |= {next((route.path for route in routes if route.matches(scope)[0] == Match.FULL), "")}
    assert {route.path for route in routes if route.name.split()[0] not in BEYOND} == asked - {""}


def test_the_lock_file_names_no_registry() -> None:
    assert "://" not in (HERE / "package-lock.json").read_text()
