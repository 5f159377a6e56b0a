"""Licenses of a subscription."""

from dataclasses import dataclass
from datetime import datetime

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.identity import opaque


@dataclass(frozen=True)
class License:
    """A license of one holder, active in [start, end)."""

    holder: str
    type: LicenseType
    subscription: str
    start: datetime
    end: datetime | None = None

    @property
    def id(self) -> str:
        """Orb's id of the license."""
        return opaque("license", self.subscription, self.holder)

    def active(self, at: datetime) -> bool:
        """Tell whether it is held at an instant."""
        return self.start <= at and (self.end is None or at < self.end)

    def held(self, start: datetime, end: datetime) -> bool:
        """Tell whether it is held at some time in [start, end)."""
        return self.start < end and (self.end is None or start < self.end)
