"""Which answers several processes share, and how each is written: as Orb's own JSON, read back as strictly."""

from typing import Any

import msgspec

from app.listing import Listing, Nothing
from app.orb import wire
from app.orb.alerts import Alerts
from app.orb.decode import Answer, decode
from app.orb.errors import Malformed
from app.orb.invoices import Invoices, Issued
from app.orb.licenses import Licenses, LicenseTypes, LicenseUsages
from app.orb.usage import GroupedUsage, Usage


class _Listed(Answer, frozen=True, gc=False):
    """A listing as it is kept: why it is older than it should be, each request says anew."""

    customer: wire.Customer | None
    subscriptions: tuple[wire.Subscription, ...]
    state: str | None


KINDS: dict[str, Any] = {
    each.__name__: each
    for each in (
        Alerts, GroupedUsage, Invoices, Issued, LicenseTypes, LicenseUsages, Licenses, Nothing, Usage,
        wire.Costs, wire.CreditBlocks, wire.GroupedCosts, wire.Invoice, wire.Ledger,
    )
} | {"Listing": _Listed}  # fmt: skip

# As numbers: an amount of many zeroes is written with an exponent, which amounts in quotes may not have.
_encoder = msgspec.json.Encoder(decimal_format="number")


def write(value: Any) -> tuple[str, bytes] | None:
    """The kind of an answer and its JSON; None where no other process would know it."""
    kind = type(value).__name__
    if kind not in KINDS:
        return None
    kept = _Listed(value.customer, value.subscriptions, value.state) if isinstance(value, Listing) else value
    return kind, _encoder.encode(kept)


def read(kind: str, body: bytes) -> Any:
    """The answer of that kind. Raises ValueError on anything that is none."""
    if kind not in KINDS:
        raise ValueError("no kind of answer")
    try:
        found = decode(body, KINDS[kind])
    except Malformed as wrong:
        raise ValueError(str(wrong)) from None
    return Listing(found.customer, found.subscriptions, found.state) if isinstance(found, _Listed) else found
