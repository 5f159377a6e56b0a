"""Tokens that were taken back before they end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import respx

from app.orb.path import CustomerRef
from app.settings import Settings
from app.web.desk import Desk
from app.web.revoked import BadRevoked, Revocations, read
from tests.conftest import Clock, Serve, sign
from tests.figures import read as figures
from tests.logged import lines, showing
from tests.orb.answers import borealis

NOW = datetime(2026, 5, 20, 15, tzinfo=UTC)
EXTERNAL, ORBS = CustomerRef("external_customer_id", "borealis"), CustomerRef("customer_id", "borealis")


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "revoked.toml"
    (tmp_path / "next").write_text(text)
    (tmp_path / "next").replace(path)
    return str(path)


def test_tokens_from_before_the_moment_are_refused_and_those_of_that_second_are_not(tmp_path: Path) -> None:
    text = '[external_customer_id]\n"borealis" = 2026-05-20T17:00:00+02:00\n"a/b é" = 2026-05-20T15:00:00.5Z'
    revocations, second = Revocations(written(tmp_path, text)), int(NOW.timestamp())
    assert [revocations.refuse(EXTERNAL, second + each) for each in (-1, 0, 1)] == [True, False, False]
    odd = CustomerRef("external_customer_id", "a/b é")
    assert [revocations.refuse(odd, second + each) for each in (0, 1)] == [True, False]
    assert not revocations.refuse(ORBS, 0)  # another customer, by the other kind of id
    assert not revocations.refuse(CustomerRef("external_customer_id", "lumen"), 0)


def test_all_tokens_from_before_a_moment_can_be_taken_back_and_the_later_moment_counts(tmp_path: Path) -> None:
    table = "\n[customer_id]\nborealis = 2026-05-20T{}Z"
    second = int(NOW.timestamp())
    for hour, last in (("14:00:00", 0), ("16:00:00", 3600)):
        revocations = Revocations(written(tmp_path, "all = 2026-05-20T15:00:00Z" + table.format(hour)))
        assert [revocations.refuse(ORBS, second + last + each) for each in (-1, 0)] == [True, False]
        assert [revocations.refuse(EXTERNAL, second + each) for each in (-1, 0)] == [True, False]


def test_an_empty_file_takes_nothing_back(tmp_path: Path) -> None:
    assert not Revocations(written(tmp_path, "# nobody yet\n")).refuse(EXTERNAL, 0)


async def test_a_session_ends_when_its_customer_is_revoked_and_a_later_one_opens(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter, tmp_path: Path
) -> None:
    borealis(orb_router)
    path = written(tmp_path, "")
    async with serve(None, settings=replace(settings, revoked=path)) as client:
        await client.post("/session", data={"token": sign(clock, "borealis")})
        bearer = {"Authorization": f"Bearer {sign(clock, 'borealis')}"}
        assert [(await client.get("/")).status_code, (await looked(client, bearer)).status_code] == [200, 200]
        calls = orb_router.calls.call_count

        clock.pass_seconds(60)
        written(tmp_path, f"[external_customer_id]\nborealis = {clock().isoformat()}")
        look(client)
        refused = await looked(client, bearer)
        assert [(await client.get("/")).status_code, refused.status_code] == [401, 401]
        assert refused.json()["code"] == "not_signed_in"
        assert orb_router.calls.call_count == calls

        written(tmp_path, "[external_customer_id")  # cut short: nobody is let in again by mistake
        with showing() as shown:
            look(client)
        assert [each["setting"] for each in lines(shown, "file is wrong")] == ["ORRERY_REVOKED"]
        assert (await looked(client, bearer)).status_code == 401
        said = figures((await client.get("/metrics")).text)
        assert (said.of("orrery_revoked"), said.of("orrery_revoked_sound")) == (1, 0)

        later = {"Authorization": f"Bearer {sign(clock, 'borealis')}"}
        assert (await looked(client, later)).status_code == 200


async def looked(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.get("/api/dashboard", headers=headers)


def look(client: httpx.AsyncClient) -> None:
    """Does at once what is done each second."""
    desk: Desk = client._transport.app.state.desk  # type: ignore[attr-defined]
    assert desk.tokens.revocations is not None
    desk.tokens.revocations.look()


WRONG = [
    "all = true", 'all = "2026-05-20T15:00:00Z"', "all = 2026-05-20", "all = 15:00:00", "all = 2026-05-20T15:00:00",
    "customer_id = 2026-05-20T15:00:00Z", "[customer]", "everybody = 2026-05-20T15:00:00Z", "[customer_id]\nabc = 1",
    "[customer_id]\nabc = 2026-05-20T15:00:00", '[customer_id]\n"a/b" = 2026-05-20T15:00:00Z',
    "[customer_id.abc]\nx = 1", "all = 2026-13-01T00:00:00Z",
    '[external_customer_id]\n".." = 2026-05-20T15:00:00Z', '[external_customer_id]\n"" = 2026-05-20T15:00:00Z',
    "[customer_id]\nabc = 2026-05-20T15:00:00Z\nabc = 2026-05-20T15:00:00Z", "[customer_id",
    "[[customer_id]]\nabc = 2026-05-20T15:00:00Z", f"x = {'[' * 5000}",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_revocation_is_refused_and_names_nobody(text: str) -> None:
    with pytest.raises(BadRevoked) as wrong:
        read(text.encode())
    assert "abc" not in str(wrong.value)


NO_MOMENT = " is not a date and time with an offset, such as 2026-11-21T16:00:00Z"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("all = true", f"all{NO_MOMENT}"),
        ("[customer_id]\nx = 2026-05-20T15:00:00Z\nabc = 1", f"entry 2 of customer_id{NO_MOMENT}"),
        (
            '[external_customer_id]\n".." = 2026-05-20T15:00:00Z',
            "entry 1 of external_customer_id is for an id that no customer can have",
        ),
        ("customer_id = 2026-05-20T15:00:00Z", "customer_id is not a table"),
        ("[customer]", "it has entries outside of the tables customer_id and external_customer_id"),
        ("[customer_id]\nabc = \n", "it is not TOML (at line 2, column 7)"),
        (f"x = {'[' * 5000}", "it is not TOML"),  # too deep to be read, and where it is not, it does not end
        (b"\xff", "it is no text"),
    ],
)
def test_what_is_wrong_is_said_and_where(text: str | bytes, said: str) -> None:
    with pytest.raises(BadRevoked) as wrong:
        read(text if isinstance(text, bytes) else text.encode())
    assert str(wrong.value).removesuffix(" (at end of document)") == said


def test_a_moment_to_come_takes_back_what_is_issued_until_then(tmp_path: Path) -> None:
    tomorrow = NOW + timedelta(days=1)
    revocations = Revocations(written(tmp_path, f"all = {tomorrow.isoformat()}"))
    assert revocations.refuse(EXTERNAL, int(tomorrow.timestamp()) - 1)


@pytest.mark.parametrize(
    "text",
    [
        b'"acme-secret-client" = 2026-11-21T16:00:00Z\n[customer_id]\n',
        b"external_customer_id = {acme-secret-client = 2026-11-21T16:00:00Z, acme-secret-client = 2026-11-21}",
        b"[external_customer_id]\nacme-secret-client = \n",
    ],
)
def test_what_is_wrong_is_said_without_saying_whose(text: bytes) -> None:
    with pytest.raises(BadRevoked) as refused:
        read(text)
    assert "acme" not in str(refused.value)
