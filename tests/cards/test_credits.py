"""Credits: the balance of an unfiltered ledger, its movements in words, its blocks, and what lies ahead."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
import respx

from app.amounts import write
from app.cards.credits import Credits, UnitCredits, table, view
from app.listing import Listing
from app.money import unit
from app.orb import wire
from app.orb.decode import decode
from app.orb.prices import IntervalPrice, PriceInterval
from app.prepaid.blocks import drawdown
from app.prepaid.movements import entries, label
from app.settings import Settings
from app.web.render import locale_of
from app.words import Text
from tests.conftest import Serve
from tests.english import english
from tests.orb.answers import answer, borealis, changed, example

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 5, 24, 18, 0, tzinfo=UTC)


def ledger(**fields: object) -> wire.Ledger:
    return decode(msgspec.json.encode(changed("credits_ledger", **fields)), wire.Ledger)


def blocks(*instead: dict[str, Any]) -> wire.CreditBlocks:
    fields = {"data": list(instead)} if instead else {}
    return decode(msgspec.json.encode(changed("credits_blocks", **fields)), wire.CreditBlocks)


def block(**fields: object) -> dict[str, Any]:
    found: dict[str, Any] = changed("credits_blocks")["data"][0] | fields
    return found


def listing(paid_in: str | None = "USD", **price: object) -> Listing:
    """A customer in Los Angeles with one price, in credits unless told otherwise."""
    customer = wire.Customer("CuBorealis000001", "Borealis Ltd", "America/Los_Angeles", "borealis", paid_in)
    interval = PriceInterval(IntervalPrice(**({"currency": "credits"} | price)))  # type: ignore[arg-type]
    return Listing(customer, (wire.Subscription("Su1", "active", customer, price_intervals=(interval,)),))


def below_zero(code: str, found: Listing | None, ending: int = -5) -> str | None:
    entry = changed("credits_ledger")["data"][0] | {"ending_balance": ending}
    said = view(code, ledger(data=[entry]), None, found, NOW).below
    return None if said is None else english(said)


@pytest.fixture
def shown() -> UnitCredits:
    return view("compute_credits", ledger(), blocks(), listing(), NOW)


def test_the_first_entrys_ending_balance_is_the_balance(shown: UnitCredits) -> None:
    assert shown.balance is not None
    assert repr(shown.balance) == "Money(9148.25 compute_credits)"
    assert write(shown.balance, locale_of("en")).split() == ["9,148.25", "compute", "credits"]


def test_a_movement_is_what_the_balance_did_whatever_sign_orb_gives_the_amount(shown: UnitCredits) -> None:
    assert [(english(row.label), f"{row.amount.amount:f}", row.pending) for row in shown.activity] == [
        ("Usage", "-51.75", True),
        ("Credits voided", "-100", False),
        ("Voiding started", "0", False),
        ("Credits expired", "-500", False),
        ("Expiry moved to Dec 31, 2026", "0", False),
        ("Correction: correction", "50", False),
    ]


def test_all_seven_types_of_entries_have_words_and_the_balance_after_them() -> None:
    found = entries(ledger(), unit("compute_credits"), LOS_ANGELES)

    assert [(each.entry_type, english(each.label)) for each in found] == [
        ("decrement", "Usage"),
        ("void", "Credits voided"),
        ("void_initiated", "Voiding started"),
        ("credit_block_expiry", "Credits expired"),
        ("expiration_change", "Expiry moved to Dec 31, 2026"),
        ("amendment", "Correction: correction"),
        ("increment", "Credits added: Yearly purchase"),
    ]
    assert [f"{each.balance.amount}" for each in found] == ["9148.25", "9200", "9300", "9300", "9800", "9800", "9750"]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("void_initiated", {"void_reason": "refund"}, "Voiding started: refund"),
        ("void", {"void_reason": "refund", "description": "by hand"}, "Credits voided: refund"),
        ("expiration_change", {"new_block_expiry_date": None}, "Expiry removed"),
        ("expiration_change", {"new_block_expiry_date": "2027-01-01T08:00:00Z"}, "Expiry moved to Jan 1, 2027"),
        ("decrement", {"description": "internal"}, "Usage"),
        ("gift_wrapped", {"description": None}, "Other movement"),
    ],
)
def test_an_entry_says_why_and_until_when(kind: str, fields: dict[str, object], said: str) -> None:
    entry = changed("credits_ledger")["data"][0] | {"entry_type": kind} | fields

    assert english(label(ledger(data=[entry]).data[0], LOS_ANGELES)) == said


def test_entries_of_one_kind_on_one_day_are_one_row() -> None:
    entry = changed("credits_ledger")["data"][0]
    day = [
        entry | {"starting_balance": 100 - n, "ending_balance": 99 - n, "created_at": f"2026-05-20T1{n}:00:00+00:00"}
        for n in range(3)
    ]

    (row,) = view("credits", ledger(data=day), None, listing(), NOW).activity

    assert f"{row.amount.amount:f}" == "-3"


def test_a_day_that_goes_on_in_the_next_page_is_not_summed() -> None:
    newest = changed("credits_ledger")["data"][:4]
    cut = {"data": newest, "pagination_metadata": {"has_more": True, "next_cursor": "more"}}

    shown = [view("credits", page, None, listing(), NOW).activity for page in (ledger(data=newest), ledger(**cut))]

    assert [english(each.label) for each in shown[0]][-2:] == ["Voiding started", "Credits expired"]
    assert [english(each.label) for each in shown[1]][-1] == "Voiding started"


def test_money_is_not_said_to_be_bought_with_itself() -> None:
    (one,) = view("USD", ledger(), blocks(block(per_unit_cost_basis="1.00")), listing("USD"), NOW).blocks or ()

    assert one.bought_at is None


def test_a_block_that_has_expired_since_it_was_asked_for_pays_for_nothing() -> None:
    (gone,) = view("credits", ledger(), blocks(block(expiry_date="2026-05-24T17:59:59Z")), listing(), NOW).blocks or ()

    assert gone.state == "expired"


def test_blocks_stand_in_the_order_in_which_they_are_drawn() -> None:
    late, soon = "2027-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
    item = [{"field": "item_id", "operator": "includes", "values": ["Nq2xWvBt7KdLs5Rm"]}]
    page = blocks(
        block(id="over", balance=-3),
        block(id="unpaid", status="pending_payment", expiry_date=soon),
        block(id="begins", effective_date="2026-06-01T07:00:00Z", expiry_date=soon),
        block(id="never", expiry_date=None, per_unit_cost_basis="0"),
        block(id="late", expiry_date=late, per_unit_cost_basis="0"),
        block(id="younger", expiry_date=soon, per_unit_cost_basis="1", effective_date="2026-04-02T00:00:00Z"),
        block(id="dear", expiry_date=soon, per_unit_cost_basis="2"),
        block(id="cheap", expiry_date=soon, per_unit_cost_basis="1"),
        block(id="item", expiry_date=late, filters=item),
    )

    assert [each.id for each in drawdown(page.data, NOW)] == [
        "item", "cheap", "younger", "dear", "late", "never", "begins", "unpaid", "over",
    ]  # fmt: skip
    shown = view("credits", ledger(), page, listing(), NOW).blocks or ()
    assert [each.state for each in shown[-4:]] == ["usable", "upcoming", "pending_payment", "overage"]
    assert [each.limited for each in shown] == [True] + 8 * [False]


def test_what_a_credit_cost_is_in_the_customers_money_or_in_no_money_at_all() -> None:
    one = blocks(block(per_unit_cost_basis="0.045"))

    (known,) = view("credits", ledger(), one, listing("USD"), NOW).blocks or ()
    (unknown,) = view("credits", ledger(), one, listing(None), NOW).blocks or ()

    assert known.bought_at is not None
    assert english(known.bought_at) == "$0.045"
    assert unknown.bought_at is None
    assert english(unknown.cost_basis) == "0.045"


def test_a_balance_below_zero_is_explained_as_far_as_the_prices_tell() -> None:
    billed = "Usage beyond your credits is added to the next invoice."
    neutral = "You have used more than your credits cover. Your contract says how that is settled."

    assert below_zero("credits", listing(conversion_rate=0.02)) == billed
    assert below_zero("credits", listing(conversion_rate_config={"conversion_rate_type": "unit"})) == billed
    assert below_zero("USD", listing(currency="USD")) == billed
    assert below_zero("USD", listing(conversion_rate=0.02)) == neutral  # no price in dollars
    assert below_zero("credits", listing()) == neutral
    assert below_zero("credits", None) == neutral
    mixed = listing(conversion_rate=0.02)
    (one,), (other,) = mixed.subscriptions, listing().subscriptions
    assert below_zero("credits", replace(mixed, subscriptions=(one, other))) == neutral
    assert below_zero("credits", listing(conversion_rate=0.02), ending=0) == billed
    assert below_zero("credits", listing(), ending=0) is None
    assert below_zero("credits", listing(conversion_rate=0.02), ending=1) is None


def test_the_balance_stands_without_blocks_and_without_a_zone() -> None:
    bare = view("credits", ledger(), None, None, NOW)

    assert (bare.blocks, bare.activity, bare.balance and f"{bare.balance.amount}") == (None, (), "9148.25")
    assert english(bare.runs_out_reason) == "How long the balance lasts could not be worked out just now."


def test_an_entry_type_that_is_new_is_shown_as_a_movement() -> None:
    entry = changed("credits_ledger")["data"][0] | {"entry_type": "gift_wrapped"}

    (row,) = view("credits", ledger(data=[entry]), None, listing(), NOW).activity

    assert row.label == Text("Other movement")


def test_the_table_holds_the_balance_the_blocks_and_the_activity(shown: UnitCredits) -> None:
    found = table(Credits((shown,)))

    kinds = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    assert [each["kind"] for each in kinds] == [
        "balance", "burn", "runs_out", "block", "block", "decrement", "void", "void_initiated", "credit_block_expiry",
        "expiration_change", "amendment",
    ]  # fmt: skip
    assert {each["unit"] for each in kinds} == {"compute_credits"}
    assert kinds[3]["expiry_date"] == datetime(2026, 12, 31, 8, tzinfo=UTC)


def test_what_binds_a_block_to_an_item_is_read() -> None:
    assert decode(example("credits_blocks"), wire.CreditBlocks).data[1].filters[0].values == ("Nq2xWvBt7KdLs5Rm",)


async def units(serve: Serve, router: respx.MockRouter, settings: Settings, **failing: httpx.Response) -> Any:
    """The card of a customer with `credits` and `sparks`; `failing` answers in place of the latter's."""
    routes = borealis(router)
    for name, route in routes.items():
        if name in ("credits_ledger", "credit_blocks"):
            good = answer("credits_ledger" if name == "credits_ledger" else "credits_blocks")
            bad = failing.get(name, good)
            route.mock(side_effect=_by_unit(good, bad))
    async with serve(settings=replace(settings, orb_credit_currency=("credits", "sparks"))) as client:
        document = (await client.get("/api/dashboard?cards=credits")).raise_for_status().json()
    return document["complete"], document["cards"]["credits"]


def _by_unit(good: httpx.Response, bad: httpx.Response) -> Any:
    return lambda request: bad if request.url.params["currency"] == "sparks" else good


async def test_each_unit_is_a_part_of_its_own(serve: Serve, orb_router: respx.MockRouter, settings: Settings) -> None:
    complete, card = await units(serve, orb_router, settings)

    assert complete
    assert [(each["unit"], each["balance"]["text"]) for each in card["data"]["units"]] == [
        ("credits", "9,148.25 credits"),
        ("sparks", "9,148.25 sparks"),
    ]


async def test_a_unit_whose_ledger_fails_costs_its_part(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    complete, card = await units(serve, orb_router, settings, credits_ledger=answer("error_500", 500))

    assert not complete
    assert [(each["status"], each["code"]) for each in card["data"]["units"]] == [
        ("ready", None),
        ("failed", "orb_error"),
    ]


async def test_where_only_the_blocks_fail_they_are_null_and_nothing_is_foretold(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    complete, card = await units(serve, orb_router, settings, credit_blocks=answer("error_500", 500))

    assert not complete
    whole, bare = card["data"]["units"]
    assert (whole["status"], bare["status"], bare["balance"]["text"]) == ("ready", "ready", "9,148.25 sparks")
    assert bare["blocks"] is None
    assert (bare["runs_out"], bare["expiring"]) == (None, [])
    assert bare["runs_out_reason"] == "How long the balance lasts could not be worked out just now."


async def test_a_ledger_that_was_never_used_is_a_balance_of_nothing(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    grant = changed("credits_ledger")["data"][6] | {"starting_balance": 0, "ending_balance": 0, "amount": 0}
    one = httpx.Response(200, json=changed("credits_ledger", data=[grant]))
    none = httpx.Response(200, json=changed("credits_blocks", data=[]))

    _, card = await units(serve, orb_router, settings, credits_ledger=one, credit_blocks=none)

    part = card["data"]["units"][1]
    assert (part["balance"]["text"], part["blocks"], part["runs_out"]) == ("0 sparks", [], None)
    assert part["runs_out_reason"] == "The balance is used up."


def test_amounts_are_exact_to_the_last_digit_however_large() -> None:
    huge = "-999999999999999999.12345678901234567891"
    page = example("credits_ledger").replace(b"9148.25", huge.encode(), 1)
    crumb = blocks(block(balance="0.00000000000000000001"))

    part = view("credits", decode(page, wire.Ledger), crumb, listing(), NOW)

    assert part.balance is not None
    assert f"{part.balance.amount:f}" == huge
    assert f"{part.activity[0].amount.amount:f}" == "-1000000000000009199.12345678901234567891"
    assert english(part.balance) == "−999,999,999,999,999,999.12 credits"
