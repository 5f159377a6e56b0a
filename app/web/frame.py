"""The frame in another site's page: a shell that is the same for all, and what its script is told of the session."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from app.dashboard import WORDS
from app.palette import SCHEMES
from app.query import BadQuery
from app.web.desk import desk
from app.web.problems import unknown
from app.web.render import shared
from app.web.theme import pick
from app.web.viewer import Viewer

# What static/frame.js sends with all that it asks.
_MARK = "orrery-frame"
_TOLD = "orrery.told"


async def show(request: Request) -> Response:
    """`GET /embed`: no customer's data; its script gets the token from the page around it."""
    front = desk(request)
    if not front.frame_ancestors:
        raise unknown()
    scheme = request.query_params.get("theme")
    if scheme not in (None, *SCHEMES):
        raise BadQuery("theme must be light or dark")
    pick(request, scheme)
    start = _start(request.query_params.get("cards"))
    page = front.templates.get_template("embed.html")
    told = {"origins": front.frame_ancestors, "sign_in_url": front.sign_in_url, "picked": scheme, "start": start}
    answer = page.render(**told, **shared(request))
    # A page that is isolated (COEP) frames only what is so too.
    return HTMLResponse(answer, headers={"Cross-Origin-Embedder-Policy": "require-corp"})


def _start(cards: str | None) -> str:
    """The address that the frame shows first. Raises BadQuery for a card that there is not."""
    if cards is None:
        return "/"
    if strange := set(cards.split(",")) - set(WORDS):
        raise BadQuery(f"cards: {min(strange)!r:.80} is none of {', '.join(WORDS)}")
    return f"/?cards={cards}"


def framed(request: Request) -> bool:
    """Whether the script of our frame asks."""
    return _MARK in request.headers


def onward(request: Request, address: str) -> Response:
    """The 303 to that address. A script cannot see the fragment that it is sent to: our frame is told in a header."""
    if framed(request):
        return Response(status_code=204, headers={"Orrery-Onward": address})
    return RedirectResponse(address, 303)


def tell(request: Request, viewer: Viewer) -> None:
    """Lets the answer say how long the session lasts, and whose it is as a word that means nothing to others.

    Seconds, not a time: the clock of the browser may be wrong.
    """
    if framed(request):
        left = max(0, viewer.expires - int(desk(request).now().timestamp()))
        request.scope[_TOLD] = {"Orrery-Seconds-Left": str(left), "Orrery-Viewer": _word(viewer)}


def told(scope: Scope) -> Mapping[str, str]:
    """The headers that `tell` has asked for."""
    found: Mapping[str, str] = scope.get(_TOLD, {})
    return found


def _word(viewer: Viewer) -> str:
    """The same for two tokens that show the same page; the times are left out."""
    shown = (
        viewer.customer.kind,
        viewer.customer.id,
        sorted(viewer.scope),
        sorted(viewer.named),
        None if viewer.subscriptions is None else sorted(viewer.subscriptions),
        viewer.locale,
        viewer.theme,
    )
    return sha256(msgspec.json.encode(shown)).hexdigest()[:32]
