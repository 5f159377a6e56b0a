"""Whatever well-formed document comes instead of the one that was asked for: one card says so, and nothing is a bug."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.front import Answer
from tests.faults.stage import FRESH, codes, stage
from tests.faults.strikes import answers
from tests.faults.table import ROUTES
from tests.thorough import times

LIST = "/subscriptions?"
CODES = {
    None, "orb_malformed", "orb_foreign", "orb_error",
    "no_upcoming_invoice", "no_usage", "no_credits", "no_subscription",
}  # fmt: skip

# What comes after first paint: whose, where, and the request that it needs.
LATE = [
    ("lumen", "/api/cards/usage", "/usage?"),
    ("quill", "/api/cards/usage", "/usage?"),
    ("quill", "/api/cards/licenses", "/licenses?"),
    ("quill", "/api/cards/licenses", "/licenses/usage"),
    ("quill", "/api/cards/alerts", "/alerts?"),
    ("northwind", "/api/invoices", "/invoices?"),
    ("lumen", "/api/credits/ledger?currency=credits", "/credits/ledger"),
]

ODD: st.SearchStrategy[object] = st.one_of(
    st.sampled_from(
        [
            None, True, False, 0, -1, 10**17, 1.5, "", "0", "-0", "-1.00", "1e5", "NaN", "999999999999999999.99", [],
            {}, [[]], [None], [{}], "\x00", "\u202e", "x" * 100_000, "USD", "XXX", "JPY", "credits", "2026-11-20",
            "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-11-20T20:15:30", "2026-02-30T00:00:00Z",
            "2026-11-20T20:15:30+23:59", "Nowhere/Land", "../../etc/passwd", "America/New_York", "subtotal", "active",
        ]
    ),
    st.text(max_size=20),
    st.integers(),
)  # fmt: skip


@st.composite
def odd(draw: st.DrawFn) -> Any:
    """A change to make at a place that is drawn as one goes down."""
    return [draw(st.integers(0, 1_000)) for _ in range(draw(st.integers(1, 8)))], draw(ODD), draw(st.integers(0, 2))


def change(document: Any, steps: list[int], value: Any, how: int) -> Any:
    """The document with one part set to `value`, left out, or there twice."""
    if not steps or not isinstance(document, dict | list) or not document:
        return value
    place = [*document][steps[0] % len(document)] if isinstance(document, dict) else steps[0] % len(document)
    found = document.copy()
    if len(steps) == 1 and how == 1:
        del found[place]
    elif len(steps) == 1 and how == 2 and isinstance(found, list):
        found.append(found[place])
    else:
        found[place] = change(document[place], steps[1:], value, how)
    return found


@settings(max_examples=times(150, 50), derandomize=True)
@given(route=st.sampled_from([*ROUTES.values(), LIST, "/credits?"]), odds=st.lists(odd(), min_size=1, max_size=3))
async def test_no_document_is_a_bug_or_costs_another_card(route: str, odds: list[Any]) -> None:
    def other(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        for steps, value, how in odds:
            document = change(document, steps, value, how)
        return answer.having(json.dumps(document).encode())

    async with stage(patience=3) as orrery:
        orrery.front.strikes(route, answers(other))
        found = await orrery.document()

    wrong = codes(found)
    card = next((word for word, each in ROUTES.items() if each == route), None)
    assert orrery.front.hits >= 1
    assert set(wrong.values()) <= CODES
    assert card is None or wrong | {card: None} == FRESH


@pytest.mark.parametrize("odd_id", ["", "../../etc/passwd", "a?b=c", "\x00", "x" * 65])
async def test_a_subscription_whose_id_is_none_costs_what_is_asked_of_it(odd_id: str) -> None:
    def other(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        document["data"][0]["id"] = odd_id
        return answer.having(json.dumps(document).encode())

    async with stage() as orrery:
        orrery.front.strikes(LIST, answers(other))
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert len(orrery.front.arrivals) == 3  # the list, and two for the credits
    assert codes(found) == dict.fromkeys(ROUTES, "orb_malformed") | {"credits": None}


async def test_a_period_before_all_years_is_no_period_to_ask_for() -> None:
    def other(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        document["data"][0]["current_billing_period_start_date"] = "0001-01-01T00:00:00+14:00"
        return answer.having(json.dumps(document).encode())

    async with stage(patience=20) as orrery:
        orrery.front.strikes(LIST, answers(other))
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found)["spend"] == "orb_malformed"
    assert "bug" not in codes(found).values()


@settings(max_examples=times(200, 60), derandomize=True)
@given(place=st.sampled_from(LATE), odds=st.lists(odd(), min_size=1, max_size=3))
async def test_no_document_is_a_bug_in_what_comes_late(place: tuple[str, str, str], odds: list[Any]) -> None:
    customer, path, route = place

    def other(answer: Answer) -> Answer:
        document = json.loads(answer.body)
        for steps, value, how in odds:
            document = change(document, steps, value, how)
        return answer.having(json.dumps(document).encode())

    async with stage(patience=20, customer=customer) as orrery:
        orrery.front.strikes(route, answers(other))
        found = await orrery.client.get(path)

    assert orrery.front.hits >= 1
    assert found.status_code in (200, 404, 503), found.text
    assert found.json().get("code") in {*CODES, "not_found"}
