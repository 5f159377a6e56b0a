"""What a license is: a seat with an allocation of its own."""

from dataclasses import dataclass
from decimal import Decimal

from app.sandbox.identity import opaque


@dataclass(frozen=True)
class LicenseType:
    """A kind of license: `grouping_key` is the event property that names the license which used something.

    Every active license may use `allocation` of its pricing unit in a billing period.
    """

    key: str
    name: str
    grouping_key: str
    allocation: Decimal

    @property
    def id(self) -> str:
        """Orb's id of the license type."""
        return opaque("license-type", self.key)
