"""`POST /webhooks/orb`: Orb tells that something of a customer's changed. Nothing of it is shown, and nobody is asked:
what is kept counts as out of date from now on, and open pages hear of it."""

import re
from collections.abc import Sequence

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import log
from app.metrics import counted
from app.orb import webhook
from app.orb.errors import Malformed
from app.orb.webhook import Event
from app.secret import Secret
from app.touched import questions
from app.web.desk import Desk, desk
from app.web.problems import Problem

_MOST = 1024 * 1024  # an expanded invoice is large
_WITHIN = 5.0  # seconds: for so long Orb waits too
_TYPE = re.compile(r"[a-z_]{1,64}\.[a-z_]{1,64}")


class _Doubt(Exception):
    """Why it is not believed, for the log alone."""


class Webhooks:
    """Believes what one of the `secrets` signed."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._secrets = secrets

    async def take(self, request: Request) -> Response:
        try:
            event = await self._event(request)
        except _Doubt as doubt:
            counted.webhook("refused")
            log.warning("webhook", outcome="refused", why=str(doubt))
            raise Problem(400, "bad_webhook", "This is not an event of Orb's.") from None
        outcome = await _outcome(desk(request), event)
        counted.webhook(outcome)
        tell = log.warning if outcome == "unclear" else log.info
        tell("webhook", outcome=outcome, type=event.type if _TYPE.fullmatch(event.type) else "odd")
        return PlainTextResponse("ok")

    async def _event(self, request: Request) -> Event:
        """Raises _Doubt. Not a byte is parsed before it is known who signed it."""
        timestamp, signatures = _header(request, "x-orb-timestamp"), _header(request, "x-orb-signature")
        body = await _body(request)
        if not webhook.is_orbs(timestamp, signatures, body, self._secrets, desk(request).now()):
            raise _Doubt("signature")
        try:
            return webhook.read(body)
        except Malformed:
            raise _Doubt("malformed") from None


def _header(request: Request, name: str) -> bytes:
    """As it came: bytes, which may be any."""
    found = request.headers.getlist(name)
    if len(found) != 1:
        raise _Doubt("headers")
    return found[0].encode("latin-1")


async def _body(request: Request) -> bytes:
    body = bytearray()
    with anyio.move_on_after(_WITHIN):
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST:
                raise _Doubt("too large")
        return bytes(body)
    raise _Doubt("late")


async def _outcome(front: Desk, event: Event) -> str:
    """What became of it. Raises Problem, 503, where it could not be kept in mind: then Orb says it again."""
    if not event.customer:
        return "unclear" if event.touches else "ignored"
    log.private.set({each.id for each in event.customer})
    try:
        return await _once(front, event)
    except Exception as error:
        log.bug("webhook not recorded", error)
        raise Problem(503, "not_recorded", "This could not be recorded: send it again.", retry_after=5) from None


async def _once(front: Desk, event: Event) -> str:
    """In this order: what is interrupted is not remembered, Orb says it again, and to hear it twice changes nothing."""
    if await front.once.knows(event.id):
        return "duplicate"
    changed = None if event.touches == "all" else questions(event.touches)
    for each in event.customer:
        await front.cache.change((each.kind, each.id), changed)
    await front.once.remember(event.id)
    return "accepted"
