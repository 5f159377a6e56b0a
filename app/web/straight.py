"""The straight way: what the short way has answered is answered again where the request is read, on its connection.

There is no task, no scope and no layer. All that these do for such an answer is done here: it is looked at as on the
short way, has an id, is counted and logged, and says the same.
"""

from app import log
from app.metrics import caused
from app.metrics.caused import Caused
from app.web.desk import Desk
from app.web.dress import explained, media_type
from app.web.middleware import answered, new_id
from app.web.short import Answers, Sent

# The status, the lines of the head, the body.
Answer = tuple[int, bytes, bytes]


class Straight:
    """What a server asks before it makes anything of a GET without a body."""

    def __init__(self, answers: Answers, desk: Desk) -> None:
        self._answers = answers
        self._desk = desk

    def answer(self, asked: bytes) -> Answer | None:
        """The answer to what has this mark; None where somebody has to make it."""
        sent = self._answers.find(asked)
        if sent is None:
            return None
        token = log.request_id.set(new_id())
        found, begun = caused.begin()
        try:
            body = sent.again(self._desk)
            return None if body is None else _said(sent, body, found)
        finally:
            caused.end(begun)
            log.request_id.reset(token)


def _said(sent: Sent, body: bytes, found: Caused) -> Answer:
    status, own = sent.start["status"], dict(sent.start["headers"])
    how = explained(status, media_type(own), found, whole=b"content-length" in own)
    answered(sent.route.path, "GET", status, found)
    return status, sent.lines + "".join(f"{name}: {said}\r\n" for name, said in how.items()).encode("latin-1"), body
