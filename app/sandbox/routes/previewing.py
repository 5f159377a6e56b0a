"""Events that never happened, as a question brings them along."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.sandbox.evaluate.bodies import PreviewEvent
from app.sandbox.evaluate.rows import Sent
from app.sandbox.problems import invalid
from app.sandbox.rating.costs import Window
from app.sandbox.rating.events import encode_properties, naive
from app.sandbox.routes.ingest import timestamp_of, wrong_with
from app.sandbox.world.world import Customer, World


def previewed(world: World, customer: Customer, span: Window, events: Sequence[PreviewEvent]) -> Callable[[str], Sent]:
    """Say which of the made-up events of a name count."""
    read_events = [(_preview(world, customer, event, f"events[{n}]"), event) for n, event in enumerate(events)]

    def sent(event_name: str) -> Sent:
        counting = [
            (naive(at), encode_properties(event.properties))
            for at, event in read_events
            if at is not None and event.event_name == event_name and span[0] <= at < span[1]
        ]
        return [at for at, _ in counting], [properties for _, properties in counting]

    return sent


def _preview(world: World, customer: Customer, event: PreviewEvent, place: str) -> datetime | None:
    """Check a made-up event, and give its instant if it is the customer's."""
    errors = [f"properties.{name}: {wrong}" for name, value in event.properties.items() if (wrong := wrong_with(value))]
    at = timestamp_of(event.timestamp)
    if at is None:
        errors.append("timestamp: must be an ISO 8601 date-time in UTC")
    if not event.event_name:
        errors.append("event_name: must not be empty")
    if event.customer_id is not None and event.external_customer_id is not None:
        errors.append("customer_id: at most one of customer_id and external_customer_id must be given")
    if event.customer_id is not None and world.customer(event.customer_id) is None:
        errors.append(f"customer_id: there is no customer {event.customer_id}")
    if errors:
        raise invalid(*(f"{place}.{error}" for error in errors))
    other = event.customer_id not in (None, customer.id) or event.external_customer_id not in (
        None,
        customer.external_id,
    )
    return None if other else at
