"""A span around every request, where OpenTelemetry is set up."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import log
from app.metrics import counted, spans

_BROKEN = 500


class Traced:
    """The middleware within that which gives each request its id. A `traceparent` from outside is honoured."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def outward(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = counted.one_of(scope["method"], counted.METHODS)
        with spans.span(method, "SERVER", scope["headers"]) as span:
            try:
                await self._app(scope, receive, outward)
            finally:
                route = getattr(scope.get("route"), "path", counted.OTHER)
                said = {"http.request.method": method, "http.route": route, "orrery.request_id": log.request_id.get()}
                answered = {"http.response.status_code": status} if status else {}
                broken = not 0 < status < _BROKEN
                span.tell({**said, **answered}, name=f"{method} {route}", wrong=broken)
