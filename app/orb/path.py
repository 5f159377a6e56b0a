"""Where a question goes. No id can ever change the path: it fills one segment, or is refused."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

_ORB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_OWN_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,256}")


class BadId(ValueError):
    """An id that Orb could not have issued, or that could leave its segment of a path."""


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """One customer, by Orb's id or by the host application's own."""

    kind: Literal["customer_id", "external_customer_id"]
    id: str

    def __post_init__(self) -> None:
        fits = _ORB_ID if self.kind == "customer_id" else _OWN_ID
        if not fits.fullmatch(self.id) or self.id in (".", ".."):
            raise BadId(f"not valid as {self.kind}")

    @property
    def path(self) -> str:
        """`/customers/…` in the form that this kind of id takes."""
        own = "" if self.kind == "customer_id" else "external_customer_id/"
        return f"/customers/{own}{quote(self.id, safe='')}"


def orb_id(text: str) -> str:
    """`text` when it has the form of Orb's ids. Raises BadId otherwise."""
    if not _ORB_ID.fullmatch(text):
        raise BadId("not an id of Orb's")
    return text
