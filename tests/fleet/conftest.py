"""Redis, started once for all tests of what goes through it; empty for each of them."""

from collections.abc import Iterator

import pytest

from tests.fleet.real_redis import RealRedis, real_redis


@pytest.fixture(scope="package")
def _server() -> Iterator[RealRedis]:
    with real_redis() as found:
        yield found


@pytest.fixture
def server(_server: RealRedis) -> RealRedis:
    """Where it is, and empty. A test that stops it starts it again."""
    _server.ask("FLUSHALL")
    return _server


@pytest.fixture
def own_server() -> Iterator[RealRedis]:
    """One that may be stopped, hung or filled."""
    with real_redis() as found:
        yield found


@pytest.fixture
def anyio_backend() -> str:
    """The usual loop: a pause does not stop Redis's clock, and theirs has to run with it."""
    return "asyncio"
