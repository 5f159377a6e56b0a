"""A connection that is gone before its first request: as rare on a real socket as it is bad to forget."""

import asyncio
from typing import Any

import pytest

from app.orb.answer import Lost
from app.orb.connection import Connection, Origin
from app.orb.pool import Pool

HERE = Origin(False, "127.0.0.1", 9)


class Transport(asyncio.Transport):
    """Leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False
        self.written: list[Any] = []

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    def write(self, data: Any) -> None:
        self.written.append(data)


@pytest.fixture
async def pool() -> Pool:
    """One place, which is taken."""
    found = Pool(1, 55)
    await found.enter()
    return found


async def test_what_is_asked_of_a_connection_that_is_gone_was_never_sent_and_costs_no_place(pool: Pool) -> None:
    connection, transport = Connection(HERE, pool), Transport()
    connection.connection_made(transport)
    connection.close()
    answer = connection.ask(b"GET / HTTP/1.1\r\n\r\n")

    with pytest.raises(Lost):
        await answer.headed()
    assert transport.written == []
    assert (pool.full, pool.room) == (False, 1)


async def test_a_connection_that_is_gone_does_not_rest(pool: Pool) -> None:
    connection = Connection(HERE, pool)
    connection.connection_made(Transport())
    connection.close()
    pool.rests(connection)

    assert (pool.full, pool.room, pool.resting(HERE), pool.take(HERE)) == (False, 1, 0, None)


async def test_a_connection_that_nobody_waited_for_is_closed_when_it_is_made(pool: Pool) -> None:
    connection, transport = Connection(HERE, pool), Transport()
    connection.close()
    connection.connection_made(transport)

    assert transport.aborted
