"""The ways in and out: a bearer token, or the session cookie that holds one."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import log
from app.web.desk import desk
from app.web.problems import Problem, not_signed_in
from app.web.viewer import NotSignedIn, Viewer

_COOKIE: Final = "orrery_session"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 8192


def who(request: Request) -> Viewer:
    """The viewer of a request. Raises NotSignedIn, or Problem when another site sent a signed-in browser here."""
    bearer = request.headers.getlist("authorization")
    if bearer:
        scheme, _, token = bearer[0].partition(" ")
        if len(bearer) > 1 or scheme.lower() != "bearer":
            raise NotSignedIn
        return _known(desk(request).tokens.viewer(token.strip()))
    token = request.cookies.get(_name(request), "")
    if not token:
        raise NotSignedIn
    viewer = desk(request).tokens.viewer(token)
    if request.method == "POST" or request.scope["path"].startswith("/api/"):
        same_site(request)
    return _known(viewer)


def _known(viewer: Viewer) -> Viewer:
    log.private.set(viewer.customer.id)
    return viewer


def same_site(request: Request, allowed: Sequence[str] = ()) -> None:
    """Raises Problem unless the request comes from a page of ours, an `allowed` origin's, or no browser at all."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin" or (site == "none" and request.method in ("GET", "HEAD"))
    else:
        ours = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not ours and not (origin is not None and origin in allowed):
        raise Problem(403, "cross_site", "This request came from another site.")


async def sign_in(request: Request) -> Response:
    """`POST /session`: a form field `token` becomes the session cookie; the host application's pages may send it."""
    same_site(request, desk(request).cors_origins)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Problem(415, "not_a_form", f"Send the field token as {_FORM}.")
    token = dict(parse_qsl(await _body(request))).get("token", "")
    await desk(request).tokens.learn(token)
    try:
        viewer = desk(request).tokens.viewer(token)
    except NotSignedIn:
        raise not_signed_in() from None
    left = max(0, viewer.expires - int(desk(request).now().timestamp()))
    return _with_cookie(request, token, left)


async def sign_out(request: Request) -> Response:
    """`POST /session/end`."""
    same_site(request)
    return _with_cookie(request, "", 0)


async def _body(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST:
            raise Problem(413, "too_large", f"The form is larger than {_MOST} bytes.")
    return body.decode("utf-8", "replace")


def _with_cookie(request: Request, token: str, seconds: int) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        _name(request), token, max_age=seconds, path="/", secure=_https(request), httponly=True, samesite="lax"
    )
    return answer


def _https(request: Request) -> bool:
    return bool(request.scope["scheme"] == "https")


def _name(request: Request) -> str:
    return f"__Host-{_COOKIE}" if _https(request) else _COOKIE
