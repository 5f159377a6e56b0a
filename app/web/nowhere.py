"""What answers at an address that there is not, or not for that method."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from app.web import problems
from app.web.session import who
from app.web.viewer import NotSignedIn


async def handle(request: Request, error: Exception) -> Response:
    """The same to everybody, but a viewer reads it in their own language, and dressed as their other pages are."""
    with suppress(NotSignedIn, problems.Problem):
        who(request)
    return await problems.handle(request, error)
