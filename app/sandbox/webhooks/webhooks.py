"""The sandbox's webhooks as a whole: tell them what happened, and they tell whoever wants to hear of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.sandbox.clock import Now
from app.sandbox.rating.books import Books
from app.sandbox.rating.usage import Usage
from app.sandbox.webhooks.delivery import Post, Timing
from app.sandbox.webhooks.endpoints import Endpoint, Endpoints, Style, new_id, new_secret
from app.sandbox.webhooks.events import Delivery, Event, Events
from app.sandbox.webhooks.happenings import Happening
from app.sandbox.webhooks.payloads import payload
from app.sandbox.webhooks.scene import Scene, scene_of
from app.sandbox.wire import encode
from app.sandbox.world.world import World


class Webhooks:
    """Endpoints, events, and the post that brings the ones to the others. `see` gives the world,
    `usage` what had been received at an instant, `books` the bills.
    """

    def __init__(
        self, clock: Now, see: Callable[[], World], usage: Callable[[datetime], Usage], books: Books, timing: Timing
    ) -> None:
        self._clock, self._see, self._usage, self._books = clock, see, usage, books
        self.endpoints, self.events = Endpoints(), Events()
        self.post = Post(self.endpoints, clock, timing)

    def happened(
        self, event_type: str, customer: str | None = None, subscription: str | None = None, **properties: Any
    ) -> Event:
        """Tell that something happened to a customer (either id) and a subscription of theirs (Orb's id).

        What the event says is made from the world as it is; `properties` replace the made-up ones of their names.
        Raises a 400 or 404 Problem where the ids or the type make no event.
        """
        return self.tell(Happening(self._clock(), event_type, customer or "", subscription), properties)

    def tell(self, happening: Happening, properties: dict[str, Any]) -> Event:
        """Tell of something that happened, then or now, as it was at that instant."""
        scene = scene_of(
            self._see(),
            self._usage,
            self._books,
            happening.at,
            happening.customer or None,
            happening.subscription,
        )
        scene = replace(scene, invoice=happening.invoice)
        event = self._written(happening.type, scene, properties, None)
        self.send([event])
        return event

    def write(
        self,
        event_type: str,
        customer: str | None,
        subscription: str | None,
        properties: dict[str, Any],
        style: Style | None = None,
    ) -> Event:
        """Write an event without sending it, in one style or in all that endpoints have."""
        scene = scene_of(self._see(), self._usage, self._books, self._clock(), customer, subscription)
        return self._written(event_type, scene, properties, style)

    def _written(self, event_type: str, scene: Scene, properties: dict[str, Any], style: Style | None) -> Event:
        usual: Style = "expanded"
        wanted = {style} if style else {usual, *(each.payload_style for each in self.endpoints.taking(event_type))}
        identity, created = new_id("webhook-event"), scene.now.replace(microsecond=0)
        bodies = {each: encode(payload(identity, event_type, created, scene, each, properties)) for each in wanted}
        return Event(self.events.next_number(), identity, event_type, created, style or usual, bodies)

    def send(self, events: Sequence[Event]) -> None:
        """Send events in this order; one that is there twice is sent twice, under its one id."""
        for event in dict.fromkeys(events):
            self.events.keep(event)
        for event in events:
            for endpoint in self.endpoints.taking(event.type):
                style = endpoint.payload_style if endpoint.payload_style in event.bodies else event.style
                delivery = Delivery(event, endpoint.id, event.bodies[style])
                event.deliveries.append(delivery)
                self.post.take(delivery)

    def retry(self) -> int:
        """Try at once whatever is not delivered, and count it."""
        return self.post.retry(delivery for event in self.events for delivery in event.deliveries)

    def listen(
        self,
        url: str,
        event_types: Sequence[str] | None = None,
        style: Style | None = None,
        secret: str | None = None,
    ) -> Endpoint:
        """Add an endpoint; without a secret it gets one."""
        return self.endpoints.keep(
            Endpoint(
                new_id("webhook-endpoint"),
                url,
                (secret or new_secret(),),
                self._clock().replace(microsecond=0),
                None if event_types is None else tuple(event_types),
                style or "expanded",
            )
        )

    def rotate(self, endpoint: Endpoint, secret: str | None) -> Endpoint:
        """Give an endpoint a new secret; what it gets is signed with the one before as well."""
        return self.endpoints.keep(replace(endpoint, secrets=(secret or new_secret(), endpoint.secrets[0])))
