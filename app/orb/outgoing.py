"""A request on its way out: where it goes, to the byte, and how it is written."""

import re
from collections.abc import Mapping, Sequence

import httpx

_TARGET = re.compile(rb"[!-~]+")
_OURS = frozenset((b"content-length", b"transfer-encoding"))  # how long a body is, nobody has to tell us


class Outgoing(httpx.Request):
    """A request for `target` at the place that `base` names.

    The wire sends `target` as it is. To read a whole address takes httpx longer than the wire takes for the call, so
    that is done for whoever looks at `url`; raises ValueError where it comes out otherwise than it was built.
    """

    base: httpx.URL
    target: bytes
    _url: httpx.URL | None

    def __init__(
        self,
        method: str,
        base: httpx.URL,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        content: bytes,
        extensions: Mapping[str, object],
    ) -> None:
        super().__init__(method, base, headers=headers, stream=httpx.ByteStream(content), extensions=dict(extensions))
        self.read()
        self.target, self._url = target, None

    @property
    def url(self) -> httpx.URL:
        if self._url is None:
            url = self.base.copy_with(raw_path=self.target)
            if (url.scheme, url.netloc, url.raw_path) != (self.base.scheme, self.base.netloc, self.target):
                raise ValueError("the address of a call changed while it was built")
            self._url = url
        return self._url

    @url.setter
    def url(self, url: httpx.URL) -> None:
        self.base, self.target, self._url = url, url.raw_path, url


def place(request: httpx.Request) -> httpx.URL:
    """An address at the place where it goes, whatever it asks for there."""
    return request.base if isinstance(request, Outgoing) else request.url


def written(request: httpx.Request) -> bytes:
    """Its bytes: header names as they are spelled, the path byte for byte.

    Raises httpx.LocalProtocolError where a header or the path would not end where it seems to.
    """
    target = request.target if isinstance(request, Outgoing) else request.url.raw_path
    content = request.content
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%b: %b" % header for header in request.headers.raw if header[0].lower() not in _OURS]
    if content or request.method != "GET":
        lines.append(b"Content-Length: %d" % len(content))
    count, head = len(lines), b"\r\n".join(lines)
    sound = head.count(b"\n") == head.count(b"\r") == count - 1 and b"\0" not in head and _TARGET.fullmatch(target)
    del lines
    if not sound:
        del head  # what reports errors may show the variables of this frame, and it holds the key
        raise httpx.LocalProtocolError("a line within a line")
    return head + b"\r\n\r\n" + content
