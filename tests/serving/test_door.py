"""Whoever waits at the door is let in before the event loop has gone round many times."""

import asyncio
import socket
from typing import Any

import pytest

from app.serving.door import Doors

CROWD, ROUNDS = 60, 10


@pytest.fixture
def anyio_backend() -> Any:
    return "asyncio", {"use_uvloop": True}


class Guest(asyncio.Protocol):
    """A connection that was let in."""

    def __init__(self, inside: list["Guest"]) -> None:
        self._inside = inside

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._inside.append(self)


@pytest.mark.parametrize("ours", [True, False])
async def test_a_crowd_at_the_door_is_let_in_at_once(*, ours: bool) -> None:
    loop, inside = asyncio.get_running_loop(), list[Guest]()
    listening = socket.create_server(("127.0.0.1", 0), backlog=2 * CROWD)
    server = await loop.create_server(lambda: Guest(inside), sock=listening)
    doors = Doors(server.sockets, lambda: Guest(inside)) if ours else None
    crowd = [socket.create_connection(listening.getsockname()) for _ in range(CROWD)]
    for _ in range(ROUNDS):
        await asyncio.sleep(0)

    assert (len(inside) == CROWD) is ours
    while len(inside) < CROWD:  # noqa: ASYNC110  by itself the loop lets them in one by one
        await asyncio.sleep(0)
    if doors:
        doors.close()
    server.close()
    for each in crowd:
        each.close()
    for guest in inside:
        guest.transport.close()


async def test_a_closed_door_lets_nobody_in() -> None:
    inside = list[Guest]()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        doors = Doors([listening], lambda: Guest(inside))
        doors.close()
        with socket.create_connection(listening.getsockname()):
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
    assert inside == []
