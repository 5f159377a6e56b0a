"""The ways in and out: a bearer token, or the session cookie that holds one."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import log
from app.web import frame
from app.web.desk import desk
from app.web.lists import parameters
from app.web.problems import Problem, not_signed_in
from app.web.remembered import Known
from app.web.render import shared
from app.web.viewer import KNOWN, PROVED, NotSignedIn, Viewer

_COOKIE: Final = "orrery_session"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 8192
_MOST_COOKIE: Final = 4096  # of name and value: browsers drop a larger one without a word


def who(request: Request) -> Viewer:
    """The viewer of a request. Raises NotSignedIn, or Problem when another site sent a signed-in browser here."""
    bearer = request.headers.getlist("authorization")
    if bearer:
        scheme, _, token = bearer[0].partition(" ")
        if len(bearer) > 1 or scheme.lower() != "bearer":
            raise NotSignedIn
        known = desk(request).tokens.known(token.strip())
        frame.tell(request, known.viewer)
        return _viewer(request, known)
    known = desk(request).tokens.known(_cookie(request))
    if request.method == "POST" or request.scope["path"].startswith("/api/"):
        same_site(request)
    return _viewer(request, known)


def _viewer(request: Request, known: Known) -> Viewer:
    log.private.set({known.viewer.customer.id})
    request.scope[KNOWN], request.scope[PROVED] = known.viewer, known
    return known.viewer


def _cookie(request: Request) -> str:
    """The cookie's token. Two of the name leave a doubt which of them is ours: a neighbour's host may set one too."""
    pairs = [pair.strip().partition("=") for line in request.headers.getlist("cookie") for pair in line.split(";")]
    found = [value for name, _, value in pairs if name.strip() == _name(request)]
    if len(found) != 1:
        raise NotSignedIn
    return found[0].strip()


def same_site(request: Request, allowed: Sequence[str] = ()) -> None:
    """Raises Problem unless the request comes from a page of ours, an `allowed` origin's, or no browser at all."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin" or (site == "none" and request.method in ("GET", "HEAD"))
    else:
        ours = origin is None or origin in _own_origins(request)
    if not ours and not (origin is not None and origin in allowed):
        raise Problem(403, "cross_site", "This request came from another site.")


def _own_origins(request: Request) -> tuple[str, ...]:
    """Behind a proxy that ends TLS and does not say so we seem to speak http, and our pages come by https."""
    host = request.headers.get("host", "").lower()
    return (f"https://{host}",) if _https(request) else (f"https://{host}", f"http://{host}")


async def enter(request: Request) -> Response:
    """`GET /enter#token=…`: the landing of a plain link, whose script posts the token to `/session`."""
    page = desk(request).templates.get_template("enter.html")
    return HTMLResponse(page.render(**shared(request)))


async def sign_in(request: Request) -> Response:
    """`POST /session`: a form field `token` becomes the session cookie; the host application's pages may send it."""
    same_site(request, desk(request).cors_origins)
    parameters(request, {})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Problem(415, "not_a_form", f"Send the field token as {_FORM}.")
    token = _token(await _body(request))
    await desk(request).tokens.learn(token)
    try:
        viewer = desk(request).tokens.viewer(token)
    except NotSignedIn:
        raise not_signed_in() from None
    if len(_name(request)) + len(token) > _MOST_COOKIE:
        raise Problem(413, "too_large", f"This token is too large for a cookie, which holds {_MOST_COOKIE} bytes.")
    left = max(0, viewer.expires - int(desk(request).now().timestamp()))
    return _with_cookie(request, token, left)


async def sign_out(request: Request) -> Response:
    """`POST /session/end`."""
    same_site(request)
    parameters(request, {})
    return _with_cookie(request, "", 0)


def _token(body: str) -> str:
    """The one field of the form. Raises Problem where there is another, or where it is there twice."""
    fields = parse_qsl(body, keep_blank_values=True)
    if [name for name, _ in fields] != ["token"]:
        raise Problem(400, "bad_form", "Send the field token, once, and no other.")
    return fields[0][1]


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
