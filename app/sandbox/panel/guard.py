"""Who may use the control panel: programs and pages of this machine, and no page from anywhere else.

It asks for no key, so a stranger's page in a browser of this machine must not reach it: neither under a name of the
stranger's that leads to loopback, nor by a form that posts here.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.loopback import is_loopback

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z.-]+)(:[0-9]{1,5})?")


class Guard:
    """ASGI middleware in front of /_sandbox: answers 403 to what may not come in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the app."""
        if scope["type"] == "http" and f"{scope['path']}/".startswith("/_sandbox/"):
            refusal = _refusal(scope["method"], Headers(scope=scope))
            if refusal:
                await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal(method: str, headers: Headers) -> str | None:
    hosts = [host.lower() for host in headers.getlist("host")]
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if not found or not is_loopback(found[1].strip("[]")):
        return "The control panel answers under a loopback name only, such as 127.0.0.1."
    if method in ("GET", "HEAD"):
        return None
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if any(origin.lower() != f"http://{hosts[0]}" for origin in origins):
        return "The control panel takes orders from its own page and from programs, and not from other pages."
    if any(site not in ("same-origin", "none") for site in sites):
        return "The control panel takes orders from its own page and from programs, and not from other sites."
    return None
