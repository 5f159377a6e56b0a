"""The route that mints sessions of Orb's portal, and the invented portal itself."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk, asked_customer, json_response
from app.sandbox.problems import invalid
from app.sandbox.routes.bodies import NOT_READ
from app.sandbox.routes.questions import read_query, text
from app.sandbox.wire import encode, instant

PORTAL = "/_sandbox/portal"
_LONGEST = 180


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """The body: how long the session shall last, and whether it ends the customer's others."""

    expires_in_minutes: int = 60
    invalidate_existing: bool = True


async def mint_session(desk: Desk, request: Request) -> Response:
    """POST …/portal_sessions: a link with which a customer gets into the portal for a while."""
    read_query(request, {})
    customer = asked_customer(desk.world(), request)
    try:
        wanted = msgspec.json.decode(await request.body() or b"{}", type=Wanted)
    except NOT_READ as wrong:
        raise invalid(f"body: {wrong}") from None
    minutes = wanted.expires_in_minutes
    if not 1 <= minutes <= _LONGEST:
        raise invalid(f"expires_in_minutes: must be a whole number from 1 to {_LONGEST}")
    session = desk.sessions.mint(customer.id, desk.clock(), minutes, invalidate_existing=wanted.invalidate_existing)
    document = {
        "id": session.id,
        "customer_id": session.customer,
        "created_at": instant(session.created),
        "expires_at": instant(session.expires),
        "url": str(request.base_url.replace(path=PORTAL, query=f"token={session.token}")),
    }
    return await desk.reply(document, 30, 201)


async def show_portal(desk: Desk, request: Request) -> Response:
    """GET /_sandbox/portal?token=…: say for whom a session is; one that is not alive is gone."""
    asked = read_query(request, {"token": text})
    if "token" not in asked:
        raise invalid("token: is required")
    session = desk.sessions.alive(asked["token"], desk.clock())
    customer = desk.world().customer(session.customer) if session else None
    if session is None or customer is None:
        return json_response(encode({"alive": False}), 410)
    document = {
        "alive": True,
        "customer": {"id": customer.id, "external_customer_id": customer.external_id, "name": customer.name},
        "expires_at": instant(session.expires),
    }
    return json_response(encode(document))
