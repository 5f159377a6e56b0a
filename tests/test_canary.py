"""Nothing secret leaves: the search would see it in every form, and it is on throughout."""

import base64
import logging
from urllib.parse import quote

import httpx
import pytest
import respx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.web.dress import Dress
from app.web.middleware import Around
from tests import canary
from tests.canary import ALL, ORB_KEY, WATCH, heard
from tests.conftest import Serve
from tests.orb.answers import borealis


@pytest.mark.parametrize("secret", ALL)
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_secret_is_heard_in_whatever_form(secret: str, before: str) -> None:
    for text in (
        secret,
        quote(secret, safe=""),
        secret.encode().hex(),
        base64.b64encode((before + secret).encode()).decode(),
        f"…{secret[-12:]}",
    ):
        assert heard(f"<p>{text}</p>".encode()) == [secret[:14]]


def line(text: str, *parts: object, error: Exception | None = None) -> logging.LogRecord:
    about = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("anybody", logging.DEBUG, "", 1, text, parts, about)


async def test_a_secret_in_an_answer_a_line_or_a_traceback_is_heard() -> None:
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("x" * 500 + ORB_KEY))],
        middleware=[Middleware(Around, ["x"], Dress([])), Middleware(GZipMiddleware)],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/")).headers["content-encoding"] == "gzip"
    WATCH.handle(line("the key is %s", ORB_KEY))
    try:
        key = ORB_KEY
        raise ValueError(len(key))
    except ValueError as error:
        WATCH.handle(line("wrong", error=error))

    found = [each.rpartition(" in ")[2] for each in WATCH.found]
    WATCH.found.clear()
    assert found == ["an answer", "a log line of anybody", "a traceback of anybody, wrong: ValueError"]


async def test_the_key_is_where_it_has_to_be(serve: Serve, orb_router: respx.MockRouter) -> None:
    """Or the search would find nothing because there is nothing."""
    routes, before = borealis(orb_router), WATCH.seen
    async with serve() as client:
        await client.get("/api/dashboard")

    assert routes["subscriptions"].calls.last.request.headers["authorization"] == f"Bearer {ORB_KEY}"
    assert WATCH.seen > before


def test_it_is_on() -> None:
    assert Around.__call__ is canary._watched
    assert WATCH in logging.getLogger().handlers
