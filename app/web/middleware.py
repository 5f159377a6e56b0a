"""Around every request: its id, the allowlist of hosts, the headers, one line in the log, the last wall."""

import secrets
from collections.abc import Mapping, Sequence
from functools import cache

from starlette.requests import ClientDisconnect, Request
from starlette.status import HTTP_200_OK
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import log
from app.metrics import caused, counted
from app.metrics.caused import Caused
from app.web import frame, problems, theme
from app.web.explained import cache_status, server_timing

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language, Origin",
}
_WRONG = 400  # and beyond
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# What every answer carries that is no page: those too that are given before the service sees the request.
DATA_HEADERS = {**_ALWAYS, "Content-Security-Policy": _DATA_POLICY, **_PRIVATE}


class Around:
    """The one layer of middleware. `hosts` are the names under which this service may be asked for."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], frame_ancestors: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._page_policy = _PAGE_POLICY.format(ancestors=" ".join(frame_ancestors) or "'none'")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = log.request_id.set(secrets.token_hex(16))
        (found, begun), status = caused.begin(), 0

        async def outward(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(scope, message, found)
            await send(message)

        try:
            if self._is_ours(scope):
                await self._app(scope, receive, outward)
            else:
                refusal = problems.Problem(421, "wrong_host", "This service does not answer under that host name.")
                await problems.answer(refusal)(scope, receive, outward)
        except ClientDisconnect:
            log.info("client left", route=_route(scope))
        except Exception as error:
            log.bug("request failed", error, route=_route(scope))
            if status == 0:
                answer = await problems.handle_anything(Request(scope), error)
                await answer(scope, receive, outward)
        finally:
            seconds, route = found.seconds, _route(scope)
            method = counted.one_of(scope["method"], counted.METHODS)
            log.info("request", method=method, route=route, status=status, ms=_ms(seconds), calls=found.calls)
            counted.request(route, method, status, seconds)
            caused.end(begun)
            log.request_id.reset(token)

    def _is_ours(self, scope: Scope) -> bool:
        """Exactly one Host, of the allowlist, whatever its port; the health checks take any."""
        if scope["path"] in ("/livez", "/readyz"):
            return True
        named = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(named) == 1 and _without_port(named[0]) in self._hosts

    def _dress(self, scope: Scope, message: Message, found: Caused) -> None:
        """Puts on what the answer has to say beside its own."""
        own, status, path = dict(message["headers"]), message["status"], scope["path"]
        kind = own.get(b"content-type", b"").decode("latin-1")
        static, open_to_all = path.startswith("/static/"), theme.is_open(path)
        worn = _worn(
            self._policy(kind),
            secure=scope["scheme"] == "https",
            embedded=status < _WRONG and (static or path == "/embed"),
            open_to_all=status < _WRONG and (static or open_to_all),
            dated=b"cache-control" in own,
        )
        told = {"X-Request-Id": log.request_id.get() or "", **frame.told(scope)}
        told |= _explained(status, kind.partition(";")[0], found, whole=b"content-length" in own)
        said = [each for each in message["headers"] if each[0] not in worn]
        message["headers"] = [*said, *worn.items(), *_encoded(told).items()]

    def _policy(self, kind: str) -> str:
        if kind == "image/svg+xml":
            return f"{_DATA_POLICY}; sandbox"  # a picture that is opened is a document
        return self._page_policy if kind.startswith("text/html") else _DATA_POLICY


@cache
def _worn(policy: str, *, secure: bool, embedded: bool, open_to_all: bool, dated: bool) -> dict[bytes, bytes]:
    """What all answers say that are alike. `dated`: this one says itself for how long it may be kept."""
    headers = {**_ALWAYS, "Content-Security-Policy": policy}
    if embedded:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # a page of the host application may embed them
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not open_to_all:
        headers |= _PRIVATE
    else:
        headers["Vary"] = "Accept-Encoding, Origin"
        if not dated:
            headers["Cache-Control"] = "no-cache"
    return _encoded(headers)


def _encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}


def _route(scope: Scope) -> str:
    """The pattern of the address, which holds nobody's ids; `other` where there is none."""
    return getattr(scope.get("route"), "path", counted.OTHER)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _explained(status: int, kind: str, found: Caused, *, whole: bool) -> dict[str, str]:
    """Says of pages and of data how they were made; of a refusal and of a file there is nothing to say."""
    said = {}
    if status == HTTP_200_OK and kind in ("text/html", "application/json"):
        said["Server-Timing"] = server_timing(found, whole=whole)
    if kind == "application/json" and (how := cache_status(found)) is not None:
        said["Cache-Status"] = how
    return said


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
