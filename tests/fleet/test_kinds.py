"""What several processes share is read back as it was, for every kind of answer of every customer."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.account import kinds
from app.fleet.sealed import Seal
from app.listing import Nothing
from app.orb import wire
from app.reading import Reading
from app.secret import Secret
from tests.whole import at_hand, whole

KEY = ("customer_id", "borealis", "upcoming_invoice", "one")
NOW = datetime(2026, 11, 20, 15, 4, 5, 123456, tzinfo=UTC)
SEAL = Seal(Secret("orb_test_key"), kinds)


NONE = Nothing("no_upcoming_invoice")


def reading(value: Any = NONE, **more: Any) -> Reading[Any]:
    return Reading(value, more.pop("as_of", NOW), NOW, 100, **more)


@pytest.mark.parametrize(
    "kept",
    [
        reading(),
        reading(Nothing("not_enabled", "too_many_groups"), as_of=None, lasts=30.0),
        reading(wire.GroupedCosts((wire.Group("a\u2028\0ß", Decimal("0E-10")),), has_more=True, subtotal=None)),
    ],
)
def test_an_answer_is_read_back_with_all_that_is_known_of_it(kept: Reading[Any]) -> None:
    sealed = SEAL.close(KEY, kept)
    assert sealed is not None
    found = SEAL.open(KEY, sealed)
    assert found == kept
    assert repr(found) == repr(kept)  # 0E-10 and 0 are equal, and are not the same figure


def test_an_answer_that_nobody_else_would_know_is_not_shared() -> None:
    assert SEAL.close(KEY, reading(object())) is None
    assert Seal(Secret("k"), kinds, most=10).close(KEY, reading()) is None


def odd() -> Iterator[bytes]:
    sealed = SEAL.close(KEY, reading())
    assert sealed is not None
    yield b""
    yield b"junk"
    yield bytes(50_000_000)
    yield from (sealed[:cut] for cut in range(0, len(sealed), 7))
    for at in range(0, len(sealed), 5):
        yield sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    yield sealed + b"x"
    yield Seal(Secret("another key"), kinds).close(KEY, reading()) or b""


def test_anything_odd_is_a_miss() -> None:
    assert [each for each in odd() if SEAL.open(KEY, each) is not None] == []


def test_an_answer_under_anothers_key_is_a_miss() -> None:
    sealed = SEAL.close(("customer_id", "meridian", *KEY[2:]), reading())
    assert sealed is not None
    assert SEAL.open(KEY, sealed) is None


class _Bomb:
    """A kind whose answers are written small and are not."""

    def write(self, _value: Any) -> tuple[str, bytes]:
        return "Nothing", b" " * 50_000_000

    read = staticmethod(kinds.read)


def test_an_answer_that_inflates_past_the_bound_is_a_miss() -> None:
    bomb = Seal(Secret("orb_test_key"), _Bomb(), most=60_000_000).close(KEY, reading())
    assert bomb is not None
    assert len(bomb) < 300_000
    assert SEAL.open(KEY, bomb) is None


def test_names_in_redis_tell_nothing_and_differ_by_customer_and_account() -> None:
    names = {SEAL.name(KEY), SEAL.name(("customer_id", "b", *KEY[2:])), Seal(Secret("other"), kinds).name(KEY)}
    assert len(names) == 3
    assert all("borealis" not in name for name in names)


VARIED = ("northwind", "meridian", "chorus", "sparkworks", "nobody", "sunset", "lattice", "quill")
PATHS = (
    "/api/dashboard", "/api/cards/usage", "/api/cards/licenses", "/api/cards/alerts", "/api/invoices",
    "/api/credits/ledger", "/api/credits/blocks", "/api/licenses", "/api/cards/usage?group_by=workspace_id",
)  # fmt: skip


async def test_all_that_is_kept_of_any_customer_can_be_shared() -> None:
    seen = set()
    async with whole() as service:
        for customer in VARIED:
            async with service.client(customer) as client:
                for path in PATHS:
                    await client.get(path)
                for invoice in (await client.get("/api/invoices")).json()["data"][:2]:
                    await client.get(f"/api/invoices/{invoice['id']}")
        kept = at_hand(service.app)

    for key, found in kept.items():
        sealed = SEAL.close(key, found)
        assert sealed is not None, key
        opened = SEAL.open(key, sealed)
        assert opened == found, key
        assert written(opened) == written(found)
        seen.add(type(found.value).__name__)
    assert seen == set(kinds.KINDS)


def written(reading: Reading[Any] | None) -> str:
    """All of it in words, but for raw JSON, whose words are where it is in memory."""
    return re.sub(r"<msgspec\.Raw[^>]*>", "", repr(reading))
