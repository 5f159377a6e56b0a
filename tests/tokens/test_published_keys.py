"""Keys at a URL: who publishes them may be slow, gone or wrong, and is asked seldom whatever comes to us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import anyio.lowlevel
import httpx
import pytest
import respx

from app.orb.transport import Wire
from app.settings import Settings
from app.web import rings
from app.web.keys import BadKeys
from app.web.rings import PublishedKeys, fetch
from app.web.tokens import Tokens
from tests.conftest import Clock, Serve
from tests.faults.certificates import expired, honest, trusting, unknown_authority, wrong_host
from tests.figures import read
from tests.logged import lines, showing
from tests.orb.answers import borealis
from tests.tokens.hostile import NOW, Maker
from tests.tokens.jwks_server import OUTAGE, WRONG, Publisher, publisher
from tests.tokens.signers import Signer, ec_key, ed_key, jwks, rsa_key
from tests.virtual import BACKEND

DAY = 86400


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.now = datetime.fromtimestamp(NOW, UTC)


def told(settings: Settings, publisher: Publisher) -> Settings:
    return replace(settings, viewer_secrets=(), viewer_jwks=publisher.url)


def bearer(signer: Signer, clock: Clock, **header: object) -> dict[str, str]:
    """A sound token of this moment."""
    now = int(clock().timestamp())
    claims = {"aud": "orrery", "sub": "u", "iat": now, "exp": now + 900, "external_customer_id": "borealis"}
    maker = Maker(signer)
    return {"Authorization": f"Bearer {maker.made({**maker.header, **header}, claims)}"}


async def status(client: httpx.AsyncClient, signer: Signer, clock: Clock, **header: object) -> int:
    return (await client.get("/api/dashboard", headers=bearer(signer, clock, **header))).status_code


@asynccontextmanager
async def ringed(publisher: Publisher, clock: Clock) -> AsyncIterator[PublishedKeys]:
    async with anyio.create_task_group() as tasks:
        ring = PublishedKeys(publisher.url, Wire(), lambda: clock().timestamp())
        await ring.start(tasks)
        yield ring
        tasks.cancel_scope.cancel()
    await ring.aclose()


async def test_keys_are_asked_for_once_with_nothing_of_orbs_and_known_ones_never_again(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with publisher(rsa_key(), ec_key()) as there, serve(None, settings=told(settings, there)) as client:
        for signer in (rsa_key(), ec_key(), rsa_key()):
            assert await status(client, signer, clock) == 200
        (head,) = there.requests

    assert head.startswith("GET /jwks.json HTTP/1.1\r\n")
    assert "authorization" not in head.lower()
    assert settings.orb_api_key.reveal() not in head


@pytest.mark.parametrize(("why", "answer"), WRONG, ids=[why for why, _ in WRONG])
async def test_without_keys_the_service_starts_says_so_and_lets_nobody_in_until_there_are_some(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter, why: str, answer: bytes
) -> None:
    borealis(orb_router)
    async with publisher() as there:
        there.answers = answer
        with showing() as shown:
            async with serve(None, settings=told(settings, there)) as client:
                unready = await client.get("/readyz")
                assert (unready.status_code, unready.text) == (503, "no viewer keys")
                assert await status(client, rsa_key(), clock) == 401
                figures = read((await client.get("/metrics")).text)
                there.publishes(rsa_key())
                clock.pass_seconds(30)
                assert await status(client, rsa_key(), clock) == 200
                assert (await client.get("/readyz")).status_code == 200
                clock.pass_seconds(86_401)  # without another fetch
                assert (await client.get("/readyz")).status_code == 503
                clock.pass_seconds(-86_401)
                recovered = read((await client.get("/metrics")).text)

    first, second = lines(shown, "viewer keys")
    assert (first["level"], first["why"], first["kept"]) == ("error", why, 0)
    assert (second["level"], second["usable"]) == ("info", 1)
    assert (figures.of("orrery_viewer_keys_sound"), figures.of("orrery_viewer_keys")) == (0, 0)
    assert (recovered.of("orrery_viewer_keys_sound"), recovered.of("orrery_viewer_keys")) == (1, 1)
    assert not [head for head in there.requests if "elsewhere" in head]


async def test_of_an_answer_no_more_is_read_than_keys_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bytes] = []
    monkeypatch.setattr(rings, "read", taken.append)
    large = [answer for why, answer in WRONG if why.startswith("it is larger")]
    async with publisher() as there:
        for there.answers in large:
            wire = Wire()
            with pytest.raises(BadKeys, match=r"^it is larger"):
                await fetch(there.url, wire)
            await wire.aclose()
    assert (len(large), taken) == (2, [])


async def test_ten_thousand_unknown_keys_cost_one_fetch_in_half_a_minute(clock: Clock) -> None:
    async with publisher(rsa_key()) as there, ringed(there, clock) as ring:
        tokens = Tokens(ring=ring, now=lambda: clock().timestamp())
        maker = Maker(rsa_key())
        flood = [maker.of(*_head(maker, f"k{n}")) for n in range(1000)]
        for _ in range(10):  # each third of a minute
            async with anyio.create_task_group() as crowd:
                for token in flood:
                    crowd.start_soon(tokens.learn, token)
            clock.pass_seconds(10)
        assert len(there.requests) == 1 + 3
        clock.pass_seconds(-3600)  # a clock that is set back does not keep anybody out
        await tokens.learn(flood[0])
        assert len(there.requests) == 1 + 3 + 1


def _head(maker: Maker, kid: str) -> tuple[str, str]:
    head, body, _ = maker.head(kid=kid).split(".")
    return head, body


async def test_a_flood_at_the_front_door_costs_one_fetch(serve: Serve, settings: Settings, clock: Clock) -> None:
    async with publisher(rsa_key()) as there, serve(None, settings=told(settings, there)) as client:
        clock.pass_seconds(30)
        assert {await status(client, ec_key(), clock, kid=f"k{n}") for n in range(200)} == {401}
        assert len(there.requests) == 2


@pytest.mark.parametrize("wrong", [{"alg": "HS256"}, {"typ": "JWT"}, {"kid": "../x"}, {"jku": "https://a.test"}])
async def test_a_token_that_no_key_could_save_costs_no_fetch(
    serve: Serve, settings: Settings, clock: Clock, wrong: dict[str, object]
) -> None:
    async with publisher(rsa_key()) as there, serve(None, settings=told(settings, there)) as client:
        clock.pass_seconds(30)
        assert await status(client, ec_key(), clock, **wrong) == 401
        assert len(there.requests) == 1


async def test_a_key_that_was_published_a_moment_ago_opens_at_once_for_all_who_wait(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with publisher(rsa_key()) as there, serve(None, settings=told(settings, there)) as client:
        clock.pass_seconds(30)
        there.publishes(rsa_key(), ec_key())
        there.may = anyio.Event()
        found: list[int] = []

        async def come() -> None:
            found.append(await status(client, ec_key(), clock))

        async with anyio.create_task_group() as crowd:
            for _ in range(20):
                crowd.start_soon(come)
            while len(there.requests) < 2:
                await anyio.lowlevel.checkpoint()
            assert await status(client, rsa_key(), clock) == 200  # who is known waits for nobody
            assert found == []
            there.may.set()

    assert (found, len(there.requests)) == ([200] * 20, 2)


async def test_a_token_in_the_sign_in_form_may_be_signed_with_a_key_of_a_moment_ago(
    serve: Serve, settings: Settings, clock: Clock
) -> None:
    async with publisher(rsa_key()) as there, serve(None, settings=told(settings, there)) as client:
        clock.pass_seconds(30)
        there.publishes(rsa_key(), ed_key())
        token = bearer(ed_key(), clock)["Authorization"].removeprefix("Bearer ")
        assert (await client.post("/session", data={"token": token})).status_code == 303


@pytest.mark.parametrize(("scheme", "name"), [("http", "orrery_session"), ("https", "__Host-orrery_session")])
async def test_a_session_that_began_elsewhere_may_be_signed_with_a_key_of_a_moment_ago(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter, scheme: str, name: str
) -> None:
    borealis(orb_router)
    async with publisher(rsa_key()) as there, serve(None, settings=told(settings, there)) as client:
        clock.pass_seconds(30)
        there.publishes(rsa_key(), ed_key())
        token = bearer(ed_key(), clock)["Authorization"].removeprefix("Bearer ")
        answer = await client.get(f"{scheme}://orrery.test/api/dashboard", headers={"Cookie": f"{name}={token}"})
        assert answer.status_code == 200


async def test_who_publishes_and_does_not_answer_keeps_nobody_for_long(
    serve: Serve, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rings, "PATIENCE", 0.05)
    async with publisher(rsa_key()) as there:
        there.may = anyio.Event()
        with showing() as shown, anyio.fail_after(2):
            async with serve(None, settings=told(settings, there)) as client:
                assert await status(client, rsa_key(), clock) == 401
                clock.pass_seconds(30)
                assert await status(client, rsa_key(), clock) == 401

    assert [line["why"] for line in lines(shown, "viewer keys")] == ["it took longer than 0.05 seconds"] * 2


async def test_who_asked_first_may_leave_and_the_others_still_get_their_key(clock: Clock) -> None:
    async with publisher(rsa_key()) as there, ringed(there, clock) as ring, anyio.create_task_group() as tasks:
        clock.pass_seconds(30)
        there.publishes(rsa_key(), ec_key())
        there.may = anyio.Event()
        first = anyio.CancelScope()

        async def come() -> None:
            with first:
                await ring.learn("ec")

        tasks.start_soon(come)
        while len(there.requests) < 2:
            await anyio.lowlevel.checkpoint()
        first.cancel()
        there.may.set()
        await ring.learn("ec")
        assert first.cancelled_caught
        assert ring.find("ec") is not None
        assert len(there.requests) == 2


async def test_a_mistake_of_ours_ends_neither_the_service_nor_the_keys(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publisher(rsa_key()) as there, ringed(there, clock) as ring:
        monkeypatch.setattr(rings, "read", None)
        with showing() as shown:
            await ring.renew()
        assert (ring.sound, ring.find("rsa") is not None) == (False, True)
        assert "TypeError" in lines(shown, "viewer keys")[0]["traceback"]


async def test_an_outage_is_bridged_for_a_day_and_not_longer(clock: Clock) -> None:
    async with publisher(rsa_key()) as there, ringed(there, clock) as ring:
        there.answers = OUTAGE
        with showing() as shown:
            for passed in (600, DAY - 600, 1):
                assert ring.find("rsa") is not None
                clock.pass_seconds(passed)
                await ring.renew()
        assert (ring.sound, ring.age, ring.keys.usable, ring.find("rsa")) == (False, DAY + 1, (), None)
        assert [line["kept"] for line in lines(shown, "viewer keys")] == [1, 1, 0]
        there.publishes(rsa_key())
        await ring.renew()
        assert (ring.sound, ring.age, ring.find("rsa") is not None) == (True, 0, True)


async def test_a_key_that_was_taken_away_is_refused_after_the_next_fetch(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with publisher(rsa_key(), ec_key()) as there, serve(None, settings=told(settings, there)) as client:
        assert await status(client, ec_key(), clock) == 200
        there.publishes(rsa_key())
        clock.pass_seconds(30)
        assert await status(client, ec_key(), clock, kid="unknown") == 401
        assert await status(client, ec_key(), clock) == 401
        assert await status(client, rsa_key(), clock) == 200


@pytest.mark.parametrize("anyio_backend", [pytest.param(BACKEND, id="virtual")])
async def test_the_keys_are_asked_for_every_ten_minutes_and_sooner_after_a_failure(clock: Clock) -> None:
    asked: list[float] = []
    answers = [200, 200, 500, 500, 200, 200]

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(anyio.current_time())
        return httpx.Response(answers[len(asked) - 1], content=jwks(rsa_key()))

    async with anyio.create_task_group() as tasks:
        ring = PublishedKeys("https://a.test/", httpx.MockTransport(answer), lambda: clock().timestamp())
        await ring.start(tasks)
        await anyio.sleep(600 * 4)
        tasks.cancel_scope.cancel()

    assert asked == [0, 600, 1200, 1260, 1320, 1920]


async def test_who_cannot_show_that_the_name_is_theirs_publishes_nothing() -> None:
    async with publisher(rsa_key(), tls=honest()) as there:
        wire = Wire(verify=trusting())
        assert len((await fetch(there.url, wire)).usable) == 1
        await wire.aclose()
        assert len(there.requests) == 1
    for server in (unknown_authority(), wrong_host(), expired()):
        async with publisher(rsa_key(), tls=server) as there:
            wire = Wire(verify=trusting())
            with pytest.raises(BadKeys, match=r"^it cannot be reached \(Untrusted\)$"):
                await fetch(there.url, wire)
            await wire.aclose()
            assert there.requests == []
