"""The control panel's part for webhooks: endpoints with a secret of your choice."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.desk import json_response
from app.sandbox.problems import invalid
from app.sandbox.webhooks.endpoints import Endpoint, endpoint_document
from app.sandbox.webhooks.routes import NewEndpoint, check, read_body
from app.sandbox.webhooks.webhooks import Webhooks
from app.sandbox.wire import Document, encode

_PATH = "/_sandbox/webhooks"


class ChosenEndpoint(NewEndpoint, forbid_unknown_fields=True):
    """An order to add an endpoint, with or without a secret of your choice."""

    secret: str | None = None


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """An order to change a secret, to one of your choice or a new one."""

    secret: str | None = None


class WebhookPanel:
    """The panel's routes under /_sandbox/webhooks."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def routes(self) -> list[Route]:
        """List the panel's routes."""
        return [
            Route(f"{_PATH}/endpoints", self.endpoints, methods=["GET", "POST"]),
            Route(f"{_PATH}/endpoints/{{webhook_endpoint_id}}/rotate", self.rotate, methods=["POST"]),
        ]

    async def endpoints(self, request: Request) -> Response:
        """List the endpoints with their secrets, or add one."""
        if request.method == "GET":
            everyone = [_with_secrets(endpoint) for _, endpoint in self._webhooks.endpoints.numbered()]
            return _json({"data": everyone})
        asked = await read_body(request, ChosenEndpoint)
        check(asked.url, asked.enabled_event_types)
        _check_secret(asked.secret)
        endpoint = self._webhooks.listen(asked.url, asked.enabled_event_types, asked.payload_style, asked.secret)
        return _json(_with_secrets(endpoint))

    async def rotate(self, request: Request) -> Response:
        """Give an endpoint a new secret beside the one it has."""
        endpoint = self._webhooks.endpoints.known(request.path_params["webhook_endpoint_id"])
        asked = await read_body(request, Rotation) if await request.body() else Rotation()
        _check_secret(asked.secret)
        return _json(_with_secrets(self._webhooks.rotate(endpoint, asked.secret)))


def _check_secret(secret: str | None) -> None:
    if secret == "":
        raise invalid("secret: must not be empty")


def _with_secrets(endpoint: Endpoint) -> Document:
    """Show an endpoint with the secrets that sign, newest first: the panel tells them at any time."""
    return endpoint_document(endpoint) | {"secret": endpoint.secrets[0], "secrets": list(endpoint.secrets)}


def _json(document: Document) -> Response:
    return json_response(encode(document))
