"""The sandbox's webhooks as a whole."""

from collections.abc import Sequence
from dataclasses import replace

from app.sandbox.clock import Now
from app.sandbox.webhooks.endpoints import Endpoint, Endpoints, Style, new_id, new_secret


class Webhooks:
    """The endpoints that want to hear of events."""

    def __init__(self, clock: Now) -> None:
        self._clock = clock
        self.endpoints = Endpoints()

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
