"""What a request gets that is turned away before the service sees it: a problem document, then the end."""

import uuid
from http import HTTPStatus

from app import log
from app.web.dress import DATA_HEADERS
from app.web.problems import Problem, answer

MALFORMED = (400, "malformed", "This is not a request that can be read.")
HOSTS = (400, "wrong_host", "A request names exactly one Host.")
TOO_LARGE = (431, "head_too_large", "The head of this request is too large.")
CROWDED = (503, "too_many_connections", "There are too many connections: close some, or try again soon.")

Reason = tuple[int, str, str]


def refusal(reason: Reason) -> bytes:
    """The whole answer as it goes on the wire, after which the connection ends. It is in the log by its request id."""
    status, code, detail = reason
    token = log.request_id.set(uuid.uuid4().hex)
    try:
        response = answer(Problem(status, code, detail, retry_after=1 if status == 503 else None))
        log.info("refused", status=status, code=code)
        headers = [
            *response.raw_headers,
            (b"x-request-id", (log.request_id.get() or "").encode()),
            *((name.lower().encode(), value.encode()) for name, value in DATA_HEADERS.items()),
            (b"connection", b"close"),
        ]
    finally:
        log.request_id.reset(token)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(), *(b"%b: %b" % each for each in headers)]
    return b"\r\n".join([*lines, b"", bytes(response.body)])
