"""Addresses that came from outside, as far as a browser may be sent there."""

from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def web_address(text: str | None, *, here: bool = False) -> str | None:
    """The address where following it does no more than open an encrypted page of the web; else None.

    With `here` it may be a page of this machine, which need not be encrypted.
    """
    # A browser reads a backslash as a slash and skips what it cannot see: we and it would read two hosts.
    if text is None or not text.isascii() or not text.isprintable() or any(each in text for each in ' \\"<>'):
        return None
    try:
        parts = urlsplit(text)
        whole = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return None
    safe = parts.scheme == "https" or (here and parts.scheme == "http" and parts.hostname in LOOPBACK)
    return text if whole and safe else None
