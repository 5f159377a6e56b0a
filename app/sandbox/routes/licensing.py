"""Routes of licenses: their types, who holds them, and what was consumed of their allocations."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.teams import LICENSE_TYPES
from app.sandbox.desk import Desk, known_subscription
from app.sandbox.documents.licenses import consumed_document, license_document
from app.sandbox.documents.plans import license_type_document
from app.sandbox.problems import invalid, unknown
from app.sandbox.rating.costs import Window, default_window
from app.sandbox.rating.licensed import consumption, license_price
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import Reader, one_of, page_size, read_query, text
from app.sandbox.wire import Document
from app.sandbox.world.licenses import License
from app.sandbox.world.periods import local_day, midnight
from app.sandbox.world.world import Subscription, World

T = TypeVar("T")

_PAGE: dict[str, Reader] = {"limit": page_size, "cursor": text}
_LAST = 10**9


def _day(value: str) -> date:
    """Read a date."""
    try:
        if re.fullmatch(r"[12]\d{3}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a date, as in 2026-05-01")


def _groups(value: str) -> list[str]:
    """Read what to group by, one word or several with commas between."""
    words = value.split(",")
    if not set(words) <= {"license", "day"}:
        raise ValueError("must be license, day, or both with a comma between")
    return words


_USAGE = _PAGE | {"start_date": _day, "end_date": _day}
_WHOSE: dict[str, Reader] = {"subscription_id": text, "license_type_id": text}


async def list_license_types(desk: Desk, request: Request) -> Response:
    """GET /license_types: those of the whole account, oldest first."""
    asked = read_query(request, _PAGE)
    types, metadata = _oldest_first(LICENSE_TYPES, asked)
    data = [license_type_document(each) for each in types]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 20)


async def show_license_type(desk: Desk, request: Request) -> Response:
    """GET /license_types/{id}."""
    read_query(request, {})
    return await desk.reply(license_type_document(_license_type(request.path_params["license_type_id"])), 20)


async def list_licenses(desk: Desk, request: Request) -> Response:
    """GET /licenses: those of a subscription, newest first."""
    narrowed: dict[str, Reader] = {
        "license_type_id": text,
        "external_license_id": text,
        "status": one_of("active", "inactive"),
    }
    asked = read_query(request, _PAGE | {"subscription_id": text} | narrowed)
    _must_have(asked, "subscription_id")
    subscription, now = known_subscription(desk.world(), asked["subscription_id"]), desk.clock()
    every = [
        (number, license_document(each, now))
        for number, each in enumerate(sorted(subscription.licenses, key=lambda each: each.start))
    ]
    wanted = [
        (number, document)
        for number, document in every
        if all(document[name] == asked[name] for name in narrowed if name in asked)
    ]
    data, metadata = page(wanted, asked.get("limit", USUAL), asked.get("cursor"))
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 30)


async def show_license(desk: Desk, request: Request) -> Response:
    """GET /licenses/{id} and /licenses/external_license_id/{x}."""
    asked = read_query(request, _WHOSE if "external_license_id" in request.path_params else {})
    _, held = _asked_license(desk.world(), request, asked)
    return await desk.reply(license_document(held, desk.clock()), 20)


async def all_license_usage(desk: Desk, request: Request) -> Response:
    """GET /licenses/usage: what was consumed of each license of a type, or of all together by day."""
    asked = read_query(request, _USAGE | _WHOSE, {"group_by": _groups})
    _must_have(asked, *_WHOSE)
    license_type = _license_type(asked["license_type_id"])
    return await _usage(desk, asked, known_subscription(desk.world(), asked["subscription_id"]), license_type)


async def license_usage(desk: Desk, request: Request) -> Response:
    """GET /licenses/{id}/usage and /licenses/external_licenses/{x}/usage: of one license, by day if wished.

    By the external id it is found while it is active, and not otherwise.
    """
    external = "external_license_id" in request.path_params
    asked = read_query(request, _USAGE | (_WHOSE if external else {}), {"group_by": _groups})
    subscription, held = _asked_license(desk.world(), request, asked)
    if external and not held.active(desk.clock()):
        raise unknown("License", held.holder)
    return await _usage(desk, asked, subscription, held.type, held)


async def _usage(
    desk: Desk,
    asked: Mapping[str, Any],
    subscription: Subscription,
    license_type: LicenseType,
    only: License | None = None,
) -> Response:
    now, price = desk.clock(), license_price(subscription.plan)
    # Orb says that rows lack a license only if they are by day alone: so without a word they are by license.
    group_by = {word for words in asked.get("group_by", []) for word in words} or {"license"}
    if only is not None:
        group_by.add("license")
    window = _window(asked, subscription, now)
    rows: list[Document] = []
    if price is not None and price.license_type == license_type:
        rows = [
            consumed_document(subscription, license_type, price, row)
            for row in consumption(desk.usage(now), subscription, window, group_by=group_by)
            if only is None or row.license == only
        ]
    data, metadata = _oldest_first(rows, asked)
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 60)


def _window(asked: Mapping[str, Any], subscription: Subscription, now: datetime) -> Window:
    """Read `start_date` and the exclusive `end_date`, each by default that of the current billing period."""
    zone = subscription.customer.zone
    start, end = default_window(subscription, now)
    if "start_date" in asked:
        start = midnight(asked["start_date"], zone)
    if "end_date" in asked:
        end = midnight(asked["end_date"], zone)
    if end <= start:
        raise invalid(f"end_date: must be after {local_day(start, zone)}, the start of the window")
    return start, end


def _oldest_first(things: Iterable[T], asked: Mapping[str, Any]) -> tuple[list[T], Document]:
    """Take a page of what Orb lists in ascending order; what comes later is added at the end."""
    numbered = ((_LAST - place, thing) for place, thing in enumerate(things))
    return page(numbered, asked.get("limit", USUAL), asked.get("cursor"))


def _must_have(asked: Mapping[str, Any], *names: str) -> None:
    missing = [f"{name}: is required" for name in names if name not in asked]
    if missing:
        raise invalid(*missing)


def _license_type(name: str) -> LicenseType:
    for each in LICENSE_TYPES:
        if each.id == name:
            return each
    raise unknown("LicenseType", name)


def _asked_license(world: World, request: Request, asked: Mapping[str, Any]) -> tuple[Subscription, License]:
    """Find the license that the path names, by either id; raises a 404 Problem."""
    if "license_id" in request.path_params:
        name, subscriptions = request.path_params["license_id"], world.subscriptions
        found = [(s, each) for s in subscriptions for each in s.licenses if each.id == name]
    else:
        _must_have(asked, *_WHOSE)
        name, subscription = request.path_params["external_license_id"], world.subscription(asked["subscription_id"])
        found = [
            (subscription, each)
            for each in (subscription.licenses if subscription else ())
            if subscription and (each.holder, each.type.id) == (name, asked["license_type_id"])
        ]
    if not found:
        raise unknown("License", name)
    return found[0]
