"""Refusals in our own words: RFC 9457 problem documents, which name what is wrong and leak nothing."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from app import log
from app.cards.base import Failed
from app.query import BadQuery
from app.web.catalogue import ENGLISH
from app.web.reader import reader
from app.web.render import shared
from app.web.viewer import NotSignedIn
from app.words import Text, Words


class Problem(Exception):
    """A request that gets no answer but this one. `code` is for programs, `detail` for people.

    `retry_after` is when asking again may help, in seconds; `told` is the detail for people where it differs.
    """

    def __init__(
        self, status: int, code: str, detail: Words, retry_after: int | None = None, told: Text | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.told = told
        self.retry_after = retry_after


# What every 401 has to say of how to sign in.
CHALLENGE = {"WWW-Authenticate": "Bearer"}

_AGAIN = 5  # seconds: by then a short trouble of Orb's is over
_NOTHING = Text("There is nothing here.")


def unknown() -> Problem:
    """The one answer to what does not exist and to what is another customer's."""
    return Problem(404, "not_found", _NOTHING)


def not_signed_in() -> Problem:
    return Problem(401, "not_signed_in", Text("Sign in to see this."))


def unavailable(failure: Failed, retry_after: int = _AGAIN) -> Problem:
    """The 503 of an answer that is nothing without Orb, which failed."""
    return Problem(503, failure.code or "bug", failure.message or "", retry_after=retry_after)


def of(error: Exception) -> Problem:
    """The problem that an error of a handler means."""
    match error:
        case Problem():
            return error
        case NotSignedIn():
            return not_signed_in()
        case BadQuery():
            return Problem(400, "bad_query", str(error), told=error.told)
        case HTTPException(status_code=404):
            return unknown()
        case HTTPException(status_code=405):
            return Problem(405, "method_not_allowed", HTTPStatus(405).phrase, told=_NOTHING)
        case HTTPException():
            return Problem(error.status_code, "http_error", HTTPStatus(error.status_code).phrase)
    return Problem(500, "bug", Text("Something went wrong. The request id names it in the log."))


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": reader(ENGLISH).say(problem.detail),
        "code": problem.code,
        "request_id": log.request_id.get(),
    }
    found = _headers(problem, headers)
    return JSONResponse(body, problem.status, headers=found, media_type="application/problem+json")


async def handle(request: Request, error: Exception) -> Response:
    """A problem document; for a person in a browser, a page that says the same."""
    problem, headers = of(error), getattr(error, "headers", None)
    accepted = request.headers.get("accept", "")
    if "text/html" not in accepted or request.scope["path"].startswith("/api/"):
        return answer(problem, headers)
    if problem.status == 401:
        return signed_out(request)
    page = request.app.state.desk.templates.get_template("problem.html")
    body = page.render(problem=problem, request_id=log.request_id.get(), **shared(request))
    return HTMLResponse(body, problem.status, headers=_headers(problem, headers))


async def handle_anything(request: Request, error: Exception) -> Response:
    """The same, where it may be the page itself that cannot be made."""
    try:
        return await handle(request, error)
    except Exception as again:
        log.bug("refusal not drawn", again)
        return answer(of(error))


def signed_out(request: Request) -> Response:
    """The page of everybody whose session has ended or never was, with the way to where one signs in."""
    front = request.app.state.desk
    url = front.sign_in_url or ("/" if front.invented is not None else None)
    page = front.templates.get_template("signed_out.html")
    return HTMLResponse(page.render(url=url, **shared(request)), 401, CHALLENGE)


def _headers(problem: Problem, headers: Mapping[str, str] | None) -> dict[str, str]:
    again = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    return {**(headers or {}), **again, **(CHALLENGE if problem.status == 401 else {})}
