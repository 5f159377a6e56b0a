"""`GET /openapi.json`: the JSON routes for programs, told from the types that produce their answers."""

import re
from collections.abc import Sequence
from typing import Any, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.dashboard import CARDS
from app.web.desk import desk
from app.web.document import CardObject, Dashboard
from app.web.operations import REFUSALS, Merged, Operation, Page, operations
from app.web.schema import Schema, Schemas

VERSION = "0.1.0"
_PATTERNS = {"card": "|".join(card.word for card in CARDS)}
_ID = "[A-Za-z0-9_-]{1,64}"
_PROBLEM: Schema = {
    "type": "object",
    "description": "Why there is no answer (RFC 9457). `code` is for programs, `detail` for people.",
    "additionalProperties": False,
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": ["string", "null"]},
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
}


async def show(request: Request) -> Response:
    """The document; it holds nobody's data."""
    front = desk(request)
    found = document(tuple(front.grouping_keys), front.credit_currencies)
    return Response(msgspec.json.encode(found), media_type="application/json")


def document(grouping_keys: Sequence[str], currencies: Sequence[str]) -> Schema:
    """OpenAPI 3.1 of a service with these grouping keys and pricing units."""
    schemas, paths = Schemas(), dict[str, Schema]()
    for each in operations(grouping_keys, [card.word for card in CARDS], currencies):
        paths.setdefault(each.path, {})[each.method] = _operation(each, schemas)
    _cards(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Orrery",
            "version": VERSION,
            "description": "What one customer will be charged, has left and used. The token names the customer.",
        },
        "security": [{"viewer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, "Problem": _PROBLEM},
            "securitySchemes": {
                "viewer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-orrery_session"},
            },
        },
    }


def _operation(each: Operation, schemas: Schemas) -> Schema:
    found: Schema = {
        "summary": each.summary,
        "operationId": re.sub(r"\W+", "_", f"{each.method}{each.path.removeprefix('/api')}").strip("_"),
        "parameters": [*_in_path(each.path), *_in_query(each)],
        "responses": {"200": _answer(each, schemas), **{str(status): _refusal(status) for status in each.statuses}},
    }
    if each.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": each.body}}}
    if each.method == "get" and each.answer is not None:
        found["responses"]["304"] = {"description": "What `If-None-Match` names is what there is."}
    if each.scope is not None:
        found["x-scope"] = each.scope
    return found


def _in_path(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^({pattern})$"}}
        for name in re.findall(r"{(\w+)}", path)
        for pattern in [_PATTERNS.get(name, _ID)]
    ]


def _in_query(each: Operation) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in each.parameters.items()]


def _answer(each: Operation, schemas: Schemas) -> Schema:
    if each.answer is None:
        return {"description": "A file.", "content": {"text/csv": {"schema": {"type": "string"}}}}
    content: dict[str, Any] = {"application/json": {"schema": _schema(each.answer, schemas)}}
    content |= {kind: {"schema": {"type": "string"}} for kind in each.streams}
    return {"description": each.summary + ".", "content": content}


def _schema(answer: Any, schemas: Schemas) -> Schema:
    match answer:
        case Page(kind):
            data = {"type": "array", "items": schemas.of(kind)}
            properties: Schema = {"data": data, "next_cursor": {"type": ["string", "null"]}}
            return {"type": "object", "properties": properties, "required": list(properties)}
        case Merged(kind, inside, more):
            properties = schemas.properties(kind)
            for name, part in inside.items():
                del properties[name]
                properties = schemas.properties(part) | properties
            properties |= more
            return {"type": "object", "properties": properties, "required": list(properties)}
    return schemas.of(answer)


def _cards(schemas: Schemas) -> None:
    """Each card of the dashboard with the data of its own."""
    own = {}
    for card in CARDS:
        data = schemas.of(get_type_hints(card.table)["data"])
        own[card.word] = {"allOf": [schemas.of(CardObject), {"properties": {"data": {"anyOf": [data, _EMPTY]}}}]}
    dashboard = schemas.components[Dashboard.__name__]
    dashboard["properties"]["cards"] = {"type": "object", "additionalProperties": False, "properties": own}


_EMPTY: Schema = {"type": "object", "maxProperties": 0}


def _refusal(status: int) -> Schema:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": REFUSALS[status], "content": content}
