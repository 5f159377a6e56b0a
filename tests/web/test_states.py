"""The page of all states is the sandbox's alone."""

import respx

from tests.conftest import Serve


async def test_beside_a_real_account_there_is_no_such_page(serve: Serve, orb_router: respx.MockRouter) -> None:
    async with serve() as client:
        assert (await client.get("/_states")).status_code == 404
    assert not orb_router.calls
