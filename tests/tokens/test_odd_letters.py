"""Letters that no text can have, in a token that is signed as it should be."""

from typing import Any

import jwt
import pytest

from tests.canary import VIEWER_SECRET
from tests.conftest import Clock, Serve
from tests.orb.answers import borealis

HALF = "\ud800"  # of a surrogate pair


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"scope": f"bill {HALF}"}, 401),
        ({"sub": HALF}, 401),
        ({"external_customer_id": f"a{HALF}"}, 401),
        ({"subscription_ids": [HALF]}, 401),
        ({"locale": HALF}, 200),
        ({"theme": HALF}, 200),
    ],
)
async def test_half_a_letter_is_a_doubt_and_never_a_mistake_of_ours(
    serve: Serve, clock: Clock, orb_router: Any, claims: dict[str, Any], status: int
) -> None:
    borealis(orb_router)
    now = int(clock().timestamp())
    usual = {"aud": "orrery", "sub": "u", "iat": now, "exp": now + 900, "external_customer_id": "borealis"}
    token = jwt.encode(usual | claims, VIEWER_SECRET, "HS256", headers={"typ": "orrery+jwt"})
    headers = {"Authorization": f"Bearer {token}", "Orrery-Frame": "1"}
    async with serve(None) as client:
        answers = [await client.get(path, headers=headers) for path in ("/api/dashboard", "/api/cards/bill", "/")]

    assert [each.status_code for each in answers] == [status] * 3
