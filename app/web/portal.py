"""The way into Orb's own portal."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import log
from app.cards.base import failed
from app.orb.errors import OrbError
from app.web.api import needs
from app.web.desk import desk
from app.web.frame import framed
from app.web.lists import parameters
from app.web.problems import unavailable
from app.web.render import shared
from app.web.session import who


async def enter(request: Request) -> Response:
    """`POST /portal`: mints a session of this customer's and leads there.

    A browser that sent a form gets a page that goes on by itself, not the 303 that everybody else gets: our
    `form-action 'self'` is kept by Chromium for redirects of a form too, and it would stay where it is. So does our
    frame: what a script asks follows no redirect to another site.
    """
    viewer, front = who(request), desk(request)
    needs(viewer, "portal")
    parameters(request, {})
    try:
        address = await front.account(viewer, front.moment()).portal()
    except OrbError as error:
        log.warning("portal failed", code=error.code, error=type(error).__name__)
        raise unavailable(failed(error)) from None
    if not (_is_form(request) or framed(request)):
        return RedirectResponse(address, 303)
    page = front.templates.get_template("portal.html")
    return HTMLResponse(page.render(address=address, **shared(request)))


def _is_form(request: Request) -> bool:
    """Whether a browser's form asks; one that sends no fetch metadata is known by the page that it wants."""
    mode = request.headers.get("sec-fetch-mode")
    if mode is not None:
        return mode == "navigate"
    return "origin" in request.headers and "text/html" in request.headers.get("accept", "")
