"""Orb's routes of webhook endpoints."""

import re
from dataclasses import replace

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk
from app.sandbox.loopback import loopback_url
from app.sandbox.problems import invalid
from app.sandbox.routes.bodies import read_body
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import page_size, read_query, text
from app.sandbox.webhooks.endpoints import Endpoint, Style, endpoint_document

_PAGE = {"limit": page_size, "cursor": text}
_EVENT_TYPE = re.compile(r"[a-z_]+\.[a-z_]+")


class NewEndpoint(msgspec.Struct, forbid_unknown_fields=True):
    """The body that creates an endpoint."""

    url: str
    enabled_event_types: list[str] | None = None
    payload_style: Style | None = None


class EndpointChange(msgspec.Struct, forbid_unknown_fields=True):
    """The body that changes an endpoint: what is left out stays, and so does what cannot be null."""

    url: str | None = None
    enabled_event_types: list[str] | UnsetType | None = UNSET
    payload_style: Style | None = None


async def list_endpoints(desk: Desk, request: Request) -> Response:
    """GET /webhook_endpoints: newest first."""
    asked = read_query(request, _PAGE)
    endpoints, metadata = page(desk.webhooks.endpoints.numbered(), asked.get("limit", USUAL), asked.get("cursor"))
    data = [endpoint_document(endpoint) for endpoint in endpoints]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 20)


async def create_endpoint(desk: Desk, request: Request) -> Response:
    """POST /webhook_endpoints: the one answer that tells the secret."""
    read_query(request, {})
    asked = await read_body(request, NewEndpoint)
    check(asked.url, asked.enabled_event_types)
    endpoint = desk.webhooks.listen(asked.url, asked.enabled_event_types, asked.payload_style)
    response = await desk.reply(endpoint_document(endpoint) | {"secret": endpoint.secrets[0]}, 30)
    response.status_code = 201
    return response


async def show_endpoint(desk: Desk, request: Request) -> Response:
    """GET /webhook_endpoints/{id}."""
    return await _reply(desk, _asked(desk, request))


async def change_endpoint(desk: Desk, request: Request) -> Response:
    """PUT /webhook_endpoints/{id}: change some fields, for the events to come."""
    endpoint = _asked(desk, request)
    asked = await read_body(request, EndpointChange)
    types = asked.enabled_event_types
    check(asked.url, None if types is UNSET else types)
    changed = replace(
        endpoint,
        url=asked.url or endpoint.url,
        payload_style=asked.payload_style or endpoint.payload_style,
        event_types=endpoint.event_types if types is UNSET else None if types is None else tuple(types),
    )
    return await _reply(desk, desk.webhooks.endpoints.keep(changed))


async def delete_endpoint(desk: Desk, request: Request) -> Response:
    """DELETE /webhook_endpoints/{id}: nothing more is sent there, not even retries."""
    desk.webhooks.endpoints.drop(_asked(desk, request).id)
    return Response(status_code=204)


async def enable_endpoint(desk: Desk, request: Request) -> Response:
    """POST /webhook_endpoints/{id}/enable."""
    return await _switch(desk, request, on=True)


async def disable_endpoint(desk: Desk, request: Request) -> Response:
    """POST /webhook_endpoints/{id}/disable: events of that time are never sent there."""
    return await _switch(desk, request, on=False)


async def _switch(desk: Desk, request: Request, *, on: bool) -> Response:
    switched = replace(_asked(desk, request), enabled=on)
    return await _reply(desk, desk.webhooks.endpoints.keep(switched))


def _asked(desk: Desk, request: Request) -> Endpoint:
    read_query(request, {})
    return desk.webhooks.endpoints.known(request.path_params["webhook_endpoint_id"])


async def _reply(desk: Desk, endpoint: Endpoint) -> Response:
    return await desk.reply(endpoint_document(endpoint), 20)


def check(url: str | None, event_types: list[str] | None) -> None:
    """Hold an endpoint to the rules; raises a 400 Problem that names every breach."""
    errors = []
    try:
        loopback_url(url) if url is not None else None
    except ValueError as wrong:
        errors.append(f"url: {wrong}")
    if wrong_types := [name for name in event_types or [] if not _EVENT_TYPE.fullmatch(name)]:
        errors.append(f"enabled_event_types: {', '.join(wrong_types)}: not a type of event, as invoice.issued is")
    if errors:
        raise invalid(*errors)
