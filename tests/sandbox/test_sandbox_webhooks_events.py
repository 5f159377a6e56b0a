"""The list of webhook events, from which a service reads back what it missed."""

from typing import Any

import pytest

from app.sandbox.webhooks.events import Event, Events

from .sandbox_client import Orb
from .webhook_receiver import PANEL, hooked, receiving, until

FIELDS = {"id", "type", "created_at", "is_delivered", "payload", "delivery_attempts"}


async def fire(orb: Orb, event_type: str = "resource_event.test", **more: Any) -> Any:
    answer = await orb.http.post(f"{PANEL}/fire", json={"type": event_type} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]["id"]


async def listed(orb: Orb, **query: Any) -> list[str]:
    return [event["id"] for event in (await orb.read("/webhook_events", **query))["data"]]


async def test_an_event_is_listed_with_its_payload_and_attempts() -> None:
    async with receiving(503) as receiver, hooked() as hooks:
        await hooks.listen(f"{receiver.url}/hook")
        fired = await hooks.fire("invoice.issued", customer="yamato")
        await hooks.event(fired["id"], 1)
        hooks.later(5)
        await hooks.sleeper.wake(1)
        event = await hooks.event(fired["id"], 2)
        (same,) = (await hooks.http.get("/v1/webhook_events")).json()["data"]
    assert event == same
    assert event.keys() == FIELDS
    assert event["payload"] == receiver.got[0].document
    assert (event["type"], event["created_at"]) == ("invoice.issued", "2026-11-20T20:15:30+00:00")
    first, second = event["delivery_attempts"]
    assert isinstance(first.pop("elapsed_ms"), int)
    assert len(first.pop("id")) == 16
    assert first == {
        "endpoint_url": f"{receiver.url}/hook",
        "is_success": False,
        "response_status_code": 503,
        "created_at": "2026-11-20T20:15:30.250000+00:00",
    }
    assert (second["is_success"], second["created_at"]) == (True, "2026-11-20T20:15:35.250000+00:00")
    assert fired == {key: fired[key] for key in FIELDS - {"payload"}} | {"delivery_attempts": [], "is_delivered": False}


async def test_events_are_paged_newest_first(orb: Orb) -> None:
    fired = [await fire(orb) for _ in range(25)]
    first = await orb.read("/webhook_events")
    assert [event["id"] for event in first["data"]] == fired[:4:-1]
    await fire(orb)
    rest = await orb.read("/webhook_events", cursor=first["pagination_metadata"]["next_cursor"], limit=100)
    assert [event["id"] for event in rest["data"]] == fired[4::-1]
    assert rest["pagination_metadata"] == {"has_more": False, "next_cursor": None}


async def test_events_are_found_by_type_and_time(orb: Orb) -> None:
    early = await fire(orb)
    orb.later(60)
    late = await fire(orb, "customer.edited", customer="quiet")
    assert await listed(orb, event_type="customer.edited") == [late]
    assert await listed(orb, event_type="customer.created") == []
    edge = "2026-11-20T20:16:30+00:00"
    assert await listed(orb, **{"created_at[gte]": edge}) == [late]
    assert await listed(orb, **{"created_at[gt]": edge}) == []
    assert await listed(orb, **{"created_at[lt]": edge}) == [early]
    assert await listed(orb, **{"created_at[lte]": edge}) == [late, early]


async def test_events_are_found_by_whether_they_were_delivered() -> None:
    async with receiving(200, 500) as receiver, hooked() as hooks:
        unheard = await hooks.fire()
        await hooks.listen(receiver.url)
        delivered, failed = await hooks.fire(), await hooks.fire()
        await hooks.event(failed["id"], 1)
        for success, ids in (("true", [delivered["id"]]), ("false", [failed["id"], unheard["id"]])):
            found = await hooks.http.get("/v1/webhook_events", params={"delivery_success": success})
            assert [event["id"] for event in found.json()["data"]] == ids
        await until(lambda: bool(hooks.sleeper.asked))


async def test_the_payload_can_be_left_out(orb: Orb) -> None:
    await fire(orb)
    for include, fields in (("true", FIELDS), ("false", FIELDS - {"payload"})):
        (event,) = (await orb.read("/webhook_events", include_payload=include))["data"]
        assert event.keys() == fields


async def test_an_event_that_does_not_exist_is_not_found(orb: Orb) -> None:
    answer = await orb.get("/webhook_events/nope")
    assert answer.status_code == 404
    assert "WebhookEvent with identifier: nope" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("cursor", "nope"),
        ("delivery_success", "yes"),
        ("include_payload", "1"),
        ("created_at[gte]", "2026-11-20"),
        ("event_types", "invoice.issued"),
    ],
)
async def test_a_wrong_question_is_refused(orb: Orb, name: str, value: str) -> None:
    answer = await orb.get("/webhook_events", **{name: value})
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith(f"{name}: ")
    assert (await orb.get("/webhook_events/x", limit=1)).status_code == 400


async def test_the_oldest_events_are_forgotten(orb: Orb) -> None:
    events = Events()
    for _ in range(5_001):
        number = events.next_number()
        events.keep(Event(number, str(number), "resource_event.test", orb.now, "expanded", {"expanded": b"{}"}))
    assert [event.number for event in events][::4_999] == [2, 5_001]
