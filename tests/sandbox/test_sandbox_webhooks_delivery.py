"""How webhooks arrive: signed, again and again until they are taken, in order, in disorder and twice."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import orb
import pytest
from orb.types import ResourceEventTestWebhookEvent

from app.sandbox.clock import Clock
from app.sandbox.desk import Desk
from app.sandbox.problems import Problem
from app.sandbox.webhooks.signature import signed
from tests.running import ROOT, running

from .webhook_receiver import CUT, HANG, SECRET, Received, hooked, receiving, until

CLIENT = orb.Orb(api_key="a-key")


def verify(received: Received, secret: str = SECRET) -> None:
    CLIENT.webhooks.verify_signature(received.body, received.headers, secret=secret)


def results(event: Any) -> list[Any]:
    return [(attempt["is_success"], attempt["response_status_code"]) for attempt in event["delivery_attempts"]]


async def test_the_official_client_unwraps_what_arrives() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(f"{receiver.url}/hook?a=b")
        fired = await hooks.fire()
        (received,) = await receiver.wait(1)
    assert received.target == "/hook?a=b"
    assert received.headers["content-type"] == "application/json"
    event = CLIENT.webhooks.unwrap(received.body, received.headers, secret=SECRET)
    assert isinstance(event, ResourceEventTestWebhookEvent)
    assert (event.id, event.created_at) == (fired["id"], datetime(2026, 11, 20, 20, 15, 30, tzinfo=UTC))


async def test_each_endpoint_gets_its_own_style_under_its_own_secret() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(f"{receiver.url}/full", secret="one")
        await hooks.listen(f"{receiver.url}/short", secret="two", payload_style="standard")
        await hooks.fire("invoice.issued", customer="northwind")
        got = {received.target: received for received in await receiver.wait(2)}
    full = CLIENT.webhooks.unwrap(got["/full"].body, got["/full"].headers, secret="one")
    short = CLIENT.webhooks.unwrap_standard(got["/short"].body, got["/short"].headers, secret="two")
    assert full.id == short.id
    assert "line_items" in got["/full"].document["invoice"]
    assert "line_items" not in got["/short"].document["invoice"]
    with pytest.raises(ValueError, match="None of the given webhook signatures"):
        verify(got["/full"], "two")


async def test_a_style_can_be_forced_on_one_event() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        fired = await hooks.fire("subscription.created", customer="quiet", payload_style="standard")
        (received,) = await receiver.wait(1)
        event = await hooks.event(fired["id"], 1)
    assert received.document["payload_style"] == "standard"
    assert event["payload"] == received.document


async def test_the_timestamp_is_the_real_time_of_sending_without_an_offset() -> None:
    async with receiving() as receiver, hooked() as hooks:
        hooks.later(-30 * 86_400)
        await hooks.listen(receiver.url)
        await hooks.fire()
        (received,) = await receiver.wait(1)
    verify(received)
    text = received.headers["x-orb-timestamp"]
    assert datetime.fromisoformat(text).isoformat(timespec="milliseconds") == text


def test_the_signature_is_that_of_the_official_example() -> None:
    body = (
        b'{"id": "o4mmewpfNNTnjfZc", "created_at": "2024-03-27T15:42:29+00:00", "type": "resource_event.test", '
        b'"properties": {"message": "A test webhook from Orb. Happy testing!"}}'
    )
    assert signed(body, [SECRET], datetime(2024, 3, 27, 15, 42, 29, 551_000, UTC)) == {
        "X-Orb-Timestamp": "2024-03-27T15:42:29.551",
        "X-Orb-Signature": "v1=9d25de966891ab0bc18754faf8d83d0980b44ae330fcc130b41a6cf3daf1f391",
    }


async def test_a_changed_body_is_not_verified() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        await hooks.fire("customer.edited", customer="yamato")
        (received,) = await receiver.wait(1)
    verify(received)
    received.body = received.body.replace("大和".encode(), "小和".encode())
    with pytest.raises(ValueError, match="None of the given webhook signatures"):
        verify(received)


async def test_both_secrets_sign_while_they_rotate() -> None:
    async with receiving() as receiver, hooked() as hooks:
        endpoint = await hooks.listen(receiver.url)
        await hooks.order(f"/endpoints/{endpoint['id']}/rotate", {"secret": "next"})
        await hooks.fire()
        await receiver.wait(1)
        await hooks.order(f"/endpoints/{endpoint['id']}/rotate", {"secret": "last"})
        await hooks.fire()
        first, second = await receiver.wait(2)
    assert [len(each.headers["x-orb-signature"].split(" ")) for each in (first, second)] == [2, 2]
    verify(first, SECRET)
    verify(first, "next")
    verify(second, "next")
    verify(second, "last")
    with pytest.raises(ValueError, match="None of the given webhook signatures"):
        verify(second, SECRET)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (500, 500),
        (404, 404),
        (410, 410),
        (301, 301),
        (307, 307),
        (CUT, None),
        ("nonsense", None),
    ],
)
async def test_what_is_not_taken_comes_again(answer: int | str, status: int | None) -> None:
    async with receiving(answer, answer) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        fired = await hooks.fire()
        await hooks.sleeper.wake(1)
        await hooks.sleeper.wake(2)
        event = await hooks.event(fired["id"], 3)
    assert results(event) == [(False, status), (False, status), (True, 200)]
    assert event["is_delivered"]
    assert [received.target for received in receiver.got] == ["/", "/", "/"]
    assert len({received.document["id"] for received in receiver.got}) == 1


@pytest.mark.parametrize("answer", [200, 201, 204, 299])
async def test_every_2xx_is_enough(answer: int) -> None:
    async with receiving(answer) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        event = await hooks.event((await hooks.fire())["id"], 1)
        assert results(event) == [(True, answer)]
        assert event["is_delivered"]
        await hooks.fire()
        await receiver.wait(2)
    assert hooks.sleeper.asked == []


async def test_an_answer_that_is_late_is_no_answer() -> None:
    async with receiving(HANG) as receiver, hooked(patience=0.05) as hooks:
        await hooks.listen(receiver.url)
        fired = await hooks.fire()
        late = await hooks.event(fired["id"], 1)
        assert (results(late), late["is_delivered"]) == ([(False, None)], False)
        assert 50 <= late["delivery_attempts"][0]["elapsed_ms"] < 10_000


async def test_where_nobody_listens_it_comes_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with receiving() as receiver, hooked() as hooks:
        endpoint = await hooks.listen(f"http://127.0.0.1:{port}/")
        fired = await hooks.fire()
        assert results(await hooks.event(fired["id"], 1)) == [(False, None)]
        await hooks.http.put(f"/v1/webhook_endpoints/{endpoint['id']}", json={"url": f"{receiver.url}/"})
        await hooks.sleeper.wake(1)
        event = await hooks.event(fired["id"], 2)
    assert [attempt["endpoint_url"] for attempt in event["delivery_attempts"]] == [
        f"http://127.0.0.1:{port}/",
        f"{receiver.url}/",
    ]
    assert event["is_delivered"]


async def test_no_proxy_stands_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        assert results(await hooks.event((await hooks.fire())["id"], 1)) == [(True, 200)]


async def test_https_needs_no_certificate_that_anybody_knows(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=nobody"
    await anyio.run_process([*made.split(), "-keyout", str(key), "-out", str(certificate)])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    async with receiving(tls=tls) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        event = await hooks.event((await hooks.fire())["id"], 1)
    assert receiver.url.startswith("https:")
    assert results(event) == [(True, 200)]


async def test_retries_wait_longer_each_time_and_end() -> None:
    async with receiving(*[500] * 6) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        fired = await hooks.fire()
        for count in range(1, 6):
            await hooks.sleeper.wake(count)
        event = await hooks.event(fired["id"], 6)
        assert hooks.sleeper.asked == [5, 30, 120, 600, 3600]
        assert not event["is_delivered"]
        assert await hooks.order("/retry") == {"retried": 1}
        assert results(await hooks.event(fired["id"], 7))[-1] == (True, 200)
    assert len(receiver.got) == 7


async def test_each_try_is_signed_anew() -> None:
    first_try = datetime(2024, 3, 27, 15, 42, 29, 551_000, UTC)
    times = iter([first_try, first_try + timedelta(hours=1)])
    async with receiving(500) as receiver, hooked(now=lambda: next(times)) as hooks:
        await hooks.listen(receiver.url)
        await hooks.fire()
        await hooks.sleeper.wake(1)
        first, second = await receiver.wait(2)
    assert first.headers["x-orb-timestamp"] == "2024-03-27T15:42:29.551"
    assert second.headers["x-orb-timestamp"] == "2024-03-27T16:42:29.551"
    assert first.body == second.body
    assert first.headers["x-orb-signature"] != second.headers["x-orb-signature"]


async def test_everything_undelivered_is_tried_at_once_on_request() -> None:
    async with receiving(500, 500) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        fired = [await hooks.fire() for _ in range(3)]
        await until(lambda: len(hooks.sleeper.asked) == 2)
        await hooks.event(fired[2]["id"], 1)
        assert await hooks.order("/retry") == {"retried": 2}
        for each in fired[:2]:
            assert results(await hooks.event(each["id"], 2)) == [(False, 500), (True, 200)]
        assert await hooks.order("/retry") == {"retried": 0}
    assert len(receiver.got) == 5


async def test_one_endpoint_that_fails_costs_the_other_nothing() -> None:
    async with receiving(*[500] * 9) as broken, receiving() as sound, hooked() as hooks:
        await hooks.listen(broken.url)
        await hooks.listen(sound.url)
        fired = await hooks.fire()
        await sound.wait(1)
        event = await hooks.event(fired["id"], 2)
        assert sorted(results(event)) == [(False, 500), (True, 200)]
        assert not event["is_delivered"]
        await hooks.sleeper.wake(1)
        await broken.wait(2)
    assert len(sound.got) == 1


async def test_events_arrive_in_the_order_in_which_they_were_fired() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        order = {"events": [{"type": "resource_event.test", "properties": {"message": str(n)}} for n in range(20)]}
        fired = await hooks.order("/fire", order)
        got = await receiver.wait(20)
    assert [received.document["id"] for received in got] == fired["order"]
    assert [received.document["properties"]["message"] for received in got] == [str(n) for n in range(20)]


async def test_an_endpoint_gets_one_event_at_a_time() -> None:
    async with receiving() as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        await hooks.fire(duplicates=9)
        await receiver.wait(10)
    assert receiver.most_at_once == 1


async def test_what_is_under_way_is_not_sent_again_on_request() -> None:
    async with receiving(HANG) as receiver, hooked() as hooks:
        await hooks.listen(receiver.url)
        await hooks.fire()
        await receiver.wait(1)
        assert await hooks.order("/retry") == {"retried": 0}


async def test_duplicates_have_one_id_and_a_seed_settles_the_disorder() -> None:
    async def arrived(**manner: Any) -> list[str]:
        async with receiving() as receiver, hooked() as hooks:
            await hooks.listen(receiver.url)
            types = ["subscription.edited", "invoice.edited", "customer.edited"]
            events: list[Any] = [{"type": each} for each in types] + [{"type": "resource_event.test", "duplicates": 0}]
            events[1]["customer"] = "northwind"
            fired = await hooks.order("/fire", {"customer": "quiet", "duplicates": 2, "events": events} | manner)
            got = await receiver.wait(10)
            event = await hooks.event(fired["data"][0]["id"], 3)
            assert results(event) == [(True, 200)] * 3
        assert [received.document["id"] for received in got] == fired["order"]
        assert len({received.document["id"] for received in got}) == 4
        return [received.document["type"].partition(".")[0] for received in got]

    plain = ["subscription"] * 3 + ["invoice"] * 3 + ["customer"] * 3 + ["resource_event"]
    assert await arrived() == plain
    seven = await arrived(shuffle=True, seed=7)
    assert seven == await arrived(shuffle=True, seed=7)
    assert seven != await arrived(shuffle=True, seed=8)
    assert sorted(seven) == sorted(plain)
    assert seven != plain


async def test_two_events_in_disorder_change_places() -> None:
    async with hooked() as hooks:
        for seed in range(10):
            events = [{"type": "resource_event.test"}] * 2
            fired = await hooks.order("/fire", {"events": events, "shuffle": True, "seed": seed})
            assert fired["order"] == [each["id"] for each in fired["data"]][::-1]


async def test_an_endpoint_gets_only_the_types_it_takes_while_it_is_enabled() -> None:
    async with receiving() as receiver, hooked() as hooks:
        endpoint = await hooks.listen(f"{receiver.url}/some", enabled_event_types=["invoice.issued"])
        await hooks.listen(f"{receiver.url}/all")
        path = f"/v1/webhook_endpoints/{endpoint['id']}"
        await hooks.fire("customer.edited", customer="northwind")
        await hooks.fire("invoice.issued", customer="northwind")
        await receiver.wait(3)
        await hooks.http.post(f"{path}/disable")
        await hooks.fire("invoice.issued", customer="halcyon")
        await hooks.http.post(f"{path}/enable")
        await hooks.http.put(path, json={"enabled_event_types": None})
        await hooks.fire("customer.edited", customer="yamato")
        got = await receiver.wait(6)
    heard = [(each.document["type"], each.target) for each in got]
    assert sorted(target for _, target in heard) == ["/all"] * 4 + ["/some"] * 2
    assert [event_type for event_type, target in heard if target == "/some"] == ["invoice.issued", "customer.edited"]


async def test_a_disabled_endpoint_gets_its_retries_once_it_is_enabled() -> None:
    async with receiving(500) as receiver, hooked() as hooks:
        endpoint = await hooks.listen(receiver.url)
        fired = await hooks.fire()
        await until(lambda: len(hooks.sleeper.asked) == 1)
        await hooks.http.post(f"/v1/webhook_endpoints/{endpoint['id']}/disable")
        await hooks.sleeper.wake(1)
        await until(lambda: len(hooks.sleeper.asked) == 2)
        assert results(await hooks.event(fired["id"])) == [(False, 500)]
        await hooks.http.post(f"/v1/webhook_endpoints/{endpoint['id']}/enable")
        await hooks.sleeper.wake(2)
        assert results(await hooks.event(fired["id"], 2)) == [(False, 500), (True, 200)]


async def test_a_deleted_endpoint_gets_no_retries() -> None:
    async with receiving(500) as receiver, hooked() as hooks:
        endpoint = await hooks.listen(receiver.url)
        fired = await hooks.fire()
        await until(lambda: len(hooks.sleeper.asked) == 1)
        await hooks.http.delete(f"/v1/webhook_endpoints/{endpoint['id']}")
        for count in range(1, 6):
            await hooks.sleeper.wake(count)
        assert len(results(await hooks.event(fired["id"]))) == 1
    assert len(receiver.got) == 1


async def test_no_event_id_is_ever_given_again() -> None:
    async def ids() -> set[str]:
        async with hooked() as hooks:
            return {(await hooks.fire())["id"] for _ in range(3)}

    assert len(await ids() | await ids()) == 6


async def test_the_sandbox_stops_while_deliveries_wait_and_hang() -> None:
    with anyio.fail_after(20):
        async with receiving(500, HANG) as receiver, hooked() as hooks:
            await hooks.listen(receiver.url)
            await hooks.fire()
            await until(lambda: len(hooks.sleeper.asked) == 1)
            await hooks.fire()
            await receiver.wait(2)


async def test_other_code_says_what_happened_by_type_and_ids() -> None:
    now = datetime(2026, 11, 20, 20, 15, 30, tzinfo=UTC)
    desk = Desk(Clock(lambda: now), latency=0)
    (subscription,) = desk.world().of(desk.world().customers[0])
    async with receiving() as receiver, desk.webhooks.post.open():
        desk.webhooks.listen(receiver.url, secret=SECRET)
        event = desk.webhooks.happened(
            "subscription.cost_exceeded", "northwind", subscription.id, amount_threshold="10", evaluated_amount="10.50"
        )
        (received,) = await receiver.wait(1)
    verify(received)
    assert (received.document["id"], received.document["type"]) == (event.id, "subscription.cost_exceeded")
    assert received.document["subscription"]["id"] == subscription.id
    assert received.document["properties"]["evaluated_amount"] == "10.50"
    with pytest.raises(Problem):
        desk.webhooks.happened("subscription.cost_exceeded", "nobody")


async def test_the_readme_says_how_to_receive_them() -> None:
    readme = (ROOT / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("curl") and "/_sandbox/webhooks" in line]
    with running() as orrery:
        async with receiving() as receiver:
            script = "\n".join(lines).replace("http://127.0.0.1:9000", receiver.url)
            script = script.replace("http://127.0.0.1:8001", orrery.sandbox)
            script = script.replace("curl ", "curl -sS --fail-with-body --noproxy '*' ")
            await anyio.run_process(["bash", "-ec", script])
            first, second = await receiver.wait(2)
    for received in (first, second):
        verify(received, "a-secret-of-your-choice")
        assert received.document["type"] == "invoice.issued"
    assert first.document == second.document
