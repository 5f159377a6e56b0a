"""Orb's routes of webhook events, from which a service reads back what it missed."""

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import page_size, read_query, span, text, truth, within
from app.sandbox.webhooks.events import event_document

_FILTERS = {
    "limit": page_size,
    "cursor": text,
    "delivery_success": truth,
    "event_type": text,
    "include_payload": truth,
}


async def list_events(desk: Desk, request: Request) -> Response:
    """GET /webhook_events: what was sent, newest first, with every attempt."""
    asked = read_query(request, _FILTERS | span("created_at"))
    wanted = [
        (event.number, event)
        for event in desk.webhooks.events
        if event.is_delivered == asked.get("delivery_success", event.is_delivered)
        and event.type == asked.get("event_type", event.type)
        and within(asked, "created_at", event.created)
    ]
    events, metadata = page(wanted, asked.get("limit", USUAL), asked.get("cursor"))
    data = [event_document(event, payload=asked.get("include_payload", True)) for event in events]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 40)


async def show_event(desk: Desk, request: Request) -> Response:
    """GET /webhook_events/{id}."""
    read_query(request, {})
    event = desk.webhooks.events.known(request.path_params["webhook_event_id"])
    return await desk.reply(event_document(event, payload=True), 20)
