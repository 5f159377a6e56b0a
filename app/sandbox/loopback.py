"""The one place that the sandbox listens at and sends to: this machine."""

import ipaddress

import httpx


def loopback_url(text: str) -> str:
    """Check the URL of an endpoint, and give it back; raises ValueError with what is wrong with it.

    It is read by the same reader as the sender's, so that both see the same host in it.
    """
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise ValueError("must be a URL") from None
    if url.scheme not in {"http", "https"}:
        raise ValueError("must be an http or https URL")
    if url.userinfo:
        raise ValueError("must not hold credentials")
    if not is_loopback(url.host):
        raise ValueError("must be on loopback (localhost, 127.0.0.1 or [::1]): the sandbox sends to no other host")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("must have a port from 1 to 65535")
    return text


def is_loopback(host: str) -> bool:
    """Tell whether a host is `localhost` or a loopback address, written in full."""
    try:
        return ipaddress.ip_address(host).is_loopback and "%" not in host
    except ValueError:
        return host == "localhost"
