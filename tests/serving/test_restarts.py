"""A restart that nobody feels, once; `make restarts` does it forty times."""

import pytest

from tests.serving.restarts import NGINX, clients, copies, nginx


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_a_restart_fails_no_request_and_one_of_which_a_balancer_learns_too_late_does() -> None:
    with copies(1, 0) as found, nginx(found) as address:
        async with clients(found, address, 10) as tally:
            await found[0].restart()
            assert tally.failures == []
            assert tally.answers["nginx"] > 10
            assert tally.answers["probing"] > 10

            found[1].probed = False
            await found[1].restart()
            assert [each for each in tally.failures if each.startswith("probing")]
