"""Nothing is begun for who has left: Orb's calls are few, and a crowd that gives up must not keep those who stay."""

from starlette.requests import ClientDisconnect, Request


async def unless_gone(request: Request) -> None:
    """Raises ClientDisconnect where nobody waits for the answer any more."""
    if await request.is_disconnected():
        raise ClientDisconnect
