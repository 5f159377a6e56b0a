"""Around every request: its id, the allowlist of hosts, the headers, one line in the log, the last wall."""

import secrets
from collections.abc import Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import log
from app.metrics import caused, counted
from app.metrics.caused import Caused
from app.web import frame, problems
from app.web.dress import Dress, encoded, explained, media_type


class Around:
    """The one layer of middleware. `hosts` are the names under which this service may be asked for."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], dress: Dress) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._dress = dress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = log.request_id.set(new_id())
        (found, begun), status = caused.begin(), 0

        async def outward(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._put_on(scope, message, found)
            await send(message)

        try:
            if self._is_ours(scope):
                await self._app(scope, receive, outward)
            else:
                refusal = problems.Problem(421, "wrong_host", "This service does not answer under that host name.")
                await problems.answer(refusal)(scope, receive, outward)
        except ClientDisconnect:
            log.info("client left", route=route(scope))
        except Exception as error:
            log.bug("request failed", error, route=route(scope))
            if status == 0:
                answer = await problems.handle_anything(Request(scope), error)
                await answer(scope, receive, outward)
        finally:
            answered(route(scope), counted.one_of(scope["method"], counted.METHODS), status, found)
            caused.end(begun)
            log.request_id.reset(token)

    def _is_ours(self, scope: Scope) -> bool:
        """Exactly one Host, of the allowlist, whatever its port; the health checks take any."""
        if scope["path"] in ("/livez", "/readyz"):
            return True
        named = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(named) == 1 and _without_port(named[0]) in self._hosts

    def _put_on(self, scope: Scope, message: Message, found: Caused) -> None:
        """Puts on what the answer has to say beside its own."""
        own = dict(message["headers"])
        how = explained(message["status"], media_type(own), found, whole=b"content-length" in own)
        message["headers"] = [*self._dress.on(scope, message), *encoded({**frame.told(scope), **how}).items()]


def new_id() -> str:
    """A name for one request that no other has."""
    return secrets.token_hex(16)


def route(scope: Scope) -> str:
    """The pattern of the address, which holds nobody's ids; `other` where there is none."""
    return getattr(scope.get("route"), "path", counted.OTHER)


def answered(route: str, method: str, status: int, found: Caused) -> None:
    """Tells of a request that is over."""
    seconds = found.seconds
    log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), calls=found.calls)
    counted.request(route, method, status, seconds)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
