"""Sessions of the portal."""

from typing import Any

import httpx
import pytest

from app.sandbox.sessions import Sessions

from .sandbox_client import Orb, at

BY_EXTERNAL_ID = "/v1/customers/external_customer_id/northwind/portal_sessions"


async def mint(orb: Orb, path: str = BY_EXTERNAL_ID, **body: Any) -> Any:
    answer = await orb.http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def alive(orb: Orb, session: Any) -> bool:
    answer = await orb.http.get(session["url"], headers={"Authorization": ""})
    assert answer.status_code == (200 if answer.json()["alive"] else 410)
    return bool(answer.json()["alive"])


async def test_a_session_lasts_an_hour_unless_asked_otherwise(orb: Orb) -> None:
    session = await mint(orb)
    assert session.keys() == {"id", "customer_id", "created_at", "expires_at", "url"}
    assert (session["created_at"], session["expires_at"]) == (
        "2026-11-20T20:15:30.250000+00:00",
        "2026-11-20T21:15:30.250000+00:00",
    )
    shown = (await orb.http.get(session["url"])).json()
    assert shown["customer"] == {
        "id": session["customer_id"],
        "external_customer_id": "northwind",
        "name": "Northwind Robotics",
    }
    orb.later(3599)
    assert await alive(orb, session)
    orb.later(1)
    assert not await alive(orb, session)


@pytest.mark.parametrize("minutes", [1, 180])
async def test_a_session_lasts_as_long_as_asked(orb: Orb, minutes: int) -> None:
    session = await mint(orb, expires_in_minutes=minutes)
    assert (at(session["expires_at"]) - at(session["created_at"])).total_seconds() == minutes * 60
    orb.later(minutes * 60)
    assert not await alive(orb, session)


async def test_a_new_session_ends_the_customers_others_and_nobody_elses(orb: Orb) -> None:
    other = await mint(orb, "/v1/customers/external_customer_id/lumen/portal_sessions")
    first = await mint(orb)
    second = await mint(orb, f"/v1/customers/{first['customer_id']}/portal_sessions")
    assert [await alive(orb, each) for each in (other, first, second)] == [True, False, True]


async def test_sessions_live_side_by_side_on_request(orb: Orb) -> None:
    first = await mint(orb)
    second = await mint(orb, invalidate_existing=False)
    assert first["url"] != second["url"]
    assert [await alive(orb, each) for each in (first, second)] == [True, True]
    third = await mint(orb, invalidate_existing=True)
    assert [await alive(orb, each) for each in (first, second, third)] == [False, False, True]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"expires_in_minutes": 0}', "expires_in_minutes: must be a whole number from 1 to 180"),
        ('{"expires_in_minutes": 181}', "expires_in_minutes: must be a whole number from 1 to 180"),
        ('{"expires_in_minutes": "60"}', "expires_in_minutes"),
        ('{"expires_in_minutes": true}', "expires_in_minutes"),
        ('{"invalidate_existing": 1}', "invalidate_existing"),
        ('{"forever": true}', "forever"),
        ("[]", "body"),
        ("{", "body"),
    ],
)
async def test_a_malformed_wish_is_refused_by_name(orb: Orb, body: str, named: str) -> None:
    answer = await orb.http.post(BY_EXTERNAL_ID, content=body)
    assert answer.status_code == 400
    assert named in answer.json()["validation_errors"][0]


async def test_without_a_body_the_defaults_hold(orb: Orb) -> None:
    assert (await orb.http.post(BY_EXTERNAL_ID)).status_code == 201


async def test_nobody_has_a_session_that_was_never_minted(orb: Orb) -> None:
    answers: list[httpx.Response] = [
        await orb.http.post("/v1/customers/x/portal_sessions", json={}),
        await orb.http.get("/v1/customers/x/portal_sessions"),
        await orb.http.get("/_sandbox/portal?token=x"),
        await orb.http.get("/_sandbox/portal"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 410, 400]


def test_the_oldest_sessions_are_dropped_beyond_a_bound() -> None:
    sessions, now = Sessions(bound=2), at("2026-11-20T20:15:30Z")
    minted = [sessions.mint(name, now, 60, invalidate_existing=True) for name in ("a", "b", "c")]
    assert [sessions.alive(each.token, now) for each in minted] == [None, *minted[1:]]
