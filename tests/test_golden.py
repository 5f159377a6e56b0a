"""Every customer's whole document, to the last digit: `make golden` writes them anew, and the diff is to be read."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import unhurried
from tests.whole import CUSTOMERS, Whole, whole

GOLDEN = Path(__file__).parent / "golden"
AFTER_FIRST_PAINT = ("usage", "licenses", "alerts")


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Whole]:
    async with whole() as service:
        yield service


async def document(service: Whole, customer: str) -> Any:
    """The aggregate of one customer, asked live, its late cards in their places."""
    async with service.client(customer) as client:
        found = (await client.post("/api/dashboard/refresh")).json()
        for word, card in found["cards"].items():
            if card["status"] == "late":
                found["cards"][word] = (await client.get(f"/api/cards/{word}")).json()
    return found


@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_the_document_is_the_one_that_was_read_and_found_right(service: Whole, customer: str) -> None:
    found = json.dumps(await document(service, customer), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    kept = GOLDEN / f"{customer}.json"
    if os.environ.get("GOLDEN") == "write":
        kept.write_text(found)

    assert found == kept.read_text()


def test_there_is_one_for_every_customer_and_none_for_others() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CUSTOMERS)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object at any depth."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(each)


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_no_card_but_the_bill_holds_an_amount_due(customer: str) -> None:
    cards = json.loads((GOLDEN / f"{customer}.json").read_text())["cards"]

    holding = {word for word, card in cards.items() if any("amount_due" in each for each in objects(card))}
    assert holding <= {"bill"}
    assert {card["basis"] for word, card in cards.items() if word in holding} <= {"amount_due"}


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_no_figure_is_a_float(customer: str) -> None:
    def refuse(text: str) -> float:
        raise AssertionError(f"a number with a fraction: {text}")

    json.loads((GOLDEN / f"{customer}.json").read_text(), parse_float=refuse)
