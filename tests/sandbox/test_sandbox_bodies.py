"""Bodies that are not what they should be, on every route that takes one."""

import httpx
import pytest

from app.sandbox.routes.table import POSTS

from .sandbox_client import Orb

BROKEN = [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"a": "\xff"}', b'{"unheard_of": 1}', b"null", b"{}" * 2]
BROKEN += [b'{"\xff": 1}', b'{"events":' + b"[" * 100_000, b'{"a":' * 100_000]


@pytest.mark.parametrize("path", sorted(POSTS))
@pytest.mark.parametrize("body", BROKEN)
async def test_a_broken_body_is_never_a_bug(orb: Orb, path: str, body: bytes) -> None:
    northwind = (await orb.subscriptions("northwind"))[0]
    known = {
        "subscription_id": northwind["id"],
        "customer_id": northwind["customer"]["id"],
        "external_customer_id": "northwind",
        "price_id": northwind["plan"]["prices"][0]["id"],
    }
    answer: httpx.Response = await orb.http.post(path.format_map(Anything(known)), content=body)
    assert answer.status_code in {200, 201, 400, 404}
    if answer.status_code == 400:
        assert answer.json()["validation_errors"]


class Anything(dict[str, str]):
    """Names nobody where nothing is known."""

    def __missing__(self, key: str) -> str:
        return "nobody"
