"""`GET /metrics`: how the service does, for its operator alone."""

import hmac
import ipaddress

from starlette.requests import Request
from starlette.responses import Response

from app.metrics.gauges import CONTENT_TYPE, Gauges
from app.secret import Secret
from app.web.problems import not_signed_in, unknown

# Whoever passes a request on says so in one of these: then nobody knows who asks.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


class Metrics:
    """Shown to who has the `token`; where there is none, to this machine."""

    def __init__(self, gauges: Gauges, token: Secret | None) -> None:
        self._gauges = gauges
        self._token = token

    async def show(self, request: Request) -> Response:
        if self._token is None:
            if not _from_here(request):
                raise unknown()
        elif not _bears(request, self._token):
            raise not_signed_in()
        return Response(self._gauges.written(), headers={"Content-Type": CONTENT_TYPE})


def _bears(request: Request, token: Secret) -> bool:
    found = request.headers.getlist("authorization")
    scheme, _, text = (found[0] if len(found) == 1 else "").partition(" ")
    same = hmac.compare_digest(text.strip().encode(), token.reveal().encode())
    return same and scheme.lower() == "bearer"


def _from_here(request: Request) -> bool:
    """Whether the socket's other end is on this machine, and nobody stands between."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
