"""uvicorn's HTTP protocol, which answers on the spot what the straight way has an answer to."""

import asyncio
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app import log
from app.web.short import MARK, mark
from app.web.straight import Answer, Straight

# What of one reading is answered before others have their turn.
_AT_ONCE = 16
_CLOSE = (b"connection", b"close")
# With these a request is more than its head.
_MORE = frozenset((b"content-length", b"transfer-encoding", b"expect"))


class Prompt(HttpToolsProtocol):
    """Leaves all else to uvicorn, and whatever is not simple: requests sent ahead, bodies, a client that is slow to
    read, a connection that ends."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        app: Any = self.app
        if isinstance(app, ProxyHeadersMiddleware):
            # uvicorn's own idea of whom FORWARDED_ALLOW_IPS names
            self._proxies: Any = app.trusted_hosts
            app = app.app
        else:
            self._proxies = ()
        # As app.main left it; an app that is none of ours has none.
        self._straight: Straight | None = getattr(getattr(app, "state", None), "straight", None)
        self._answer: Answer | None = None  # to the request that is being read
        self._turns = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # What a proxy says of the client and the scheme is believed.
        self._is_a_proxys = (self.client[0] if self.client else "") in self._proxies
        self._by = f"{self.scheme} {self._is_a_proxys}".encode()

    def data_received(self, data: bytes) -> None:
        self._turns = _AT_ONCE
        super().data_received(data)

    def on_headers_complete(self) -> None:
        if self._straight is not None and self._is_simple():
            self._answer = self._found(self._straight)
        if self._answer is None:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._answer is None:
            super().on_message_complete()
            return
        (status, lines, body), self._answer = self._answer, None
        ours = (b"%b: %b\r\n" % each for each in self.server_state.default_headers)
        self.transport.write(b"".join((STATUS_LINE[status], *ours, lines, b"\r\n", body)))
        self.on_response_complete()

    def _found(self, straight: Straight) -> Answer | None:
        asked = mark(self._by, self.url, self.headers)
        self._turns -= 1
        try:
            found = straight.answer(asked)
        except Exception as error:  # the long way has a wall around it
            log.bug("straight way failed", error)
            return None
        if found is None:
            self.scope["state"][MARK] = asked
        return found

    def _is_simple(self) -> bool:
        """A whole GET for which nobody has to wait, on a connection that goes on."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and self._turns > 0
            and self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not any(name in _MORE for name, _ in self.headers)
            and not self.flow.write_paused
            and _CLOSE not in self.server_state.default_headers
        )
