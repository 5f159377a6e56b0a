"""A token may be signed with a key that was published a moment ago: it is asked for before anybody reads the token."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.desk import desk


class Introduced:
    """Around the handlers, which ask nobody. A form that signs in does so for the token that it holds itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            for token in _carried(request):
                await desk(request).tokens.learn(token)
        await self._app(scope, receive, send)


def _carried(request: Request) -> list[str]:
    """What could be a token: the one that counts is among them."""
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    if bearer:
        return [bearer]
    return [token for name, token in request.cookies.items() if name.endswith("orrery_session")]
