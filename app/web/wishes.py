"""What a request would like to have, by its `Accept` or `Accept-Language` header (RFC 9110, section 12.4.2)."""

import re
from functools import lru_cache

# Longer headers than any browser sends are cut.
_LONGEST = 1024


def wishes(header: str) -> tuple[str, ...]:
    """What is wished for, in lower case, best liked first; what is refused by `q=0` is left out."""
    return _wishes(header[:_LONGEST])


@lru_cache(1024)  # browsers say the same again and again
def _wishes(header: str) -> tuple[str, ...]:
    found = [_wish(each) for each in header.lower().split(",")]
    return tuple(wanted for quality, wanted in sorted(found, key=lambda wish: -wish[0]) if quality > 0 and wanted)


def _wish(text: str) -> tuple[int, str]:
    """One wish: its quality in thousandths, and what is wanted."""
    wanted, *parameters = (part.strip() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    found = re.fullmatch(r"([01])(?:\.([0-9]{0,3}))?", quality, re.ASCII)
    return (int(found[1] + (found[2] or "").ljust(3, "0")) if found else 0), wanted
