"""How Orb signs a webhook: an HMAC over the time of sending and the body, byte for byte."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256


def signed(body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Give the two headers that prove a body: one signature for each secret, separated by a space.

    The timestamp is in UTC and bears no offset, as Orb's do.
    """
    timestamp = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    message = b"v1:" + timestamp.encode() + b":" + body
    signatures = [f"v1={hmac.new(secret.encode(), message, sha256).hexdigest()}" for secret in secrets]
    return {"X-Orb-Timestamp": timestamp, "X-Orb-Signature": " ".join(signatures)}
