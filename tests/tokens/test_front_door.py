"""What leaves a doubt stays outside: one constant answer, and not one call to anybody."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import respx

from app.orb.transport import Wire
from app.secret import Secret
from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.orb.answers import borealis
from tests.tokens.forged import against
from tests.tokens.hostile import GONE, ISSUER, NOW, Maker, corpus
from tests.tokens.signers import SECRET, Signer, ec_key, ed_key, jwks, published, rsa_key, shared

FAMILIES = [shared(), *published()]


@pytest.fixture
def families(settings: Settings, clock: Clock, tmp_path: Path) -> Mapping[str, Settings]:
    """How the service is told whom to trust: a secret, or a file with the keys of all who publish them."""
    clock.now = datetime.fromtimestamp(NOW, UTC)
    file = tmp_path / "jwks.json"
    file.write_bytes(jwks(rsa_key(), ec_key(), ed_key()))
    told = replace(settings, viewer_issuer=ISSUER)
    return {
        "HS256": replace(told, viewer_secrets=(Secret(SECRET),)),
        **{alg.alg: replace(told, viewer_secrets=(), viewer_jwks=str(file)) for alg in published()},
    }


async def ask(client: httpx.AsyncClient, token: str) -> httpx.Response:
    carried = f"Bearer {token}".encode("utf-8", "surrogatepass")
    return await client.get("/api/dashboard", headers=[(b"authorization", carried)])


def said(answer: httpx.Response) -> tuple[object, ...]:
    """All that an answer says, but for the request's id and the clock."""
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-request-id"]
    headers = {name: text for name, text in answer.headers.items() if name not in ("x-request-id", "date")}
    return answer.status_code, body, headers


@pytest.fixture
def nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that left, of whatever kind."""
    called: list[str] = []

    async def send(_: Wire, request: httpx.Request) -> httpx.Response:
        called.append(str(request.url))
        raise httpx.ConnectError("no")

    monkeypatch.setattr(Wire, "handle_async_request", send)
    return called


@pytest.mark.parametrize("signer", FAMILIES, ids=lambda each: each.alg)
async def test_every_doubtful_token_gets_the_answer_that_no_token_gets(
    serve: Serve,
    families: Mapping[str, Settings],
    orb_router: respx.MockRouter,
    nobody_is_called: list[str],
    signer: Signer,
) -> None:
    doubts = corpus(signer) if signer.jwk is None else against(signer)
    async with serve(None, settings=families[signer.alg]) as client:
        nothing = said(await client.get("/api/dashboard"))
        # HTTP takes the white space around a header's text away.
        answers = {doubt: await ask(client, each) for doubt, each in doubts.items() if not doubt.startswith("white")}

    assert len(answers) > 180
    assert [doubt for doubt, answer in answers.items() if said(answer) != nothing] == []
    assert nothing[0] == 401
    assert {answer.headers["www-authenticate"] for answer in answers.values()} == {"Bearer"}
    assert (orb_router.calls.call_count, nobody_is_called) == (0, [])


@pytest.mark.parametrize("signer", FAMILIES, ids=lambda each: each.alg)
async def test_the_sound_token_of_each_family_opens(
    serve: Serve, families: Mapping[str, Settings], orb_router: respx.MockRouter, signer: Signer
) -> None:
    borealis(orb_router)
    token = Maker(signer).body(customer_id=GONE, external_customer_id="borealis")
    async with serve(None, settings=families[signer.alg]) as client:
        answer = await ask(client, token)
        signed_in = await client.post("/session", data={"token": token})

    assert answer.status_code == 200
    assert answer.json()["customer"]["external_customer_id"] == "borealis"
    assert signed_in.status_code == 303


async def test_who_trusts_keys_trusts_no_secret_and_the_other_way_round(
    serve: Serve, families: Mapping[str, Settings]
) -> None:
    async with serve(None, settings=families["RS256"]) as client:
        assert (await ask(client, Maker(shared()).sound)).status_code == 401
    async with serve(None, settings=families["HS256"]) as client:
        for signer in published():
            assert (await ask(client, Maker(signer).sound)).status_code == 401
