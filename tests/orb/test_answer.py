"""An answer, read byte by byte: however it is cut, we find what another reader finds, or refuse it."""

import random
import re
from collections.abc import Iterator

import h11
import httpx
import pytest

from app.orb.answer import Answer, Lost

CASES = 400
HEAD = b"HTTP/1.1 200 OK\r\n"


class Still:
    """Carries nothing: it notes what it is told."""

    keeps: bool | None = None
    paused = False

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def over(self, *, keeps: bool) -> None:
        assert self.keeps is None, "told twice"
        self.keeps = keeps


Found = tuple[int, list[tuple[bytes, bytes]], bytes] | str


async def read(*pieces: bytes) -> tuple[Found, bool]:
    """What we make of these pieces and a hang-up after them; and whether the connection would carry on."""
    carrier = Still()
    answer = Answer(carrier)
    for piece in filter(None, pieces):
        if answer.over:
            carrier.keeps = False  # bytes that nobody asked for
        answer.feed(piece)
    kept = bool(carrier.keeps)
    answer.ended()
    try:
        await answer.headed()
        body = b""
        while part := await answer.part():
            body += part
    except (Lost, httpx.TransportError) as error:
        return type(error).__name__, kept
    return (answer.status, [header(*each) for each in answer.headers], body), kept


def header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """As the second reader tells it."""
    name, value = name.lower(), value.strip(b" \t")
    return name, value.lower() if name == b"transfer-encoding" else value


UNREAD = re.compile(rb"HTTP/1\.[01] \d{3}[^\r\n]*\0")  # what no machine reads may hold anything
BLANK = re.compile(rb"(\A|\r\n\r\n)[\r\n]+(?=HTTP/1)")


def second_reader(raw: bytes) -> Found:
    """What h11 makes of it; blank lines before a head, which are nothing, it takes for one."""
    raw = BLANK.sub(rb"\1", raw)
    found = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    found.send(h11.Request(method="GET", target="/", headers=[("Host", "orb.test")]))
    found.send(h11.EndOfMessage())
    head, body = None, b""
    try:
        found.receive_data(raw)
        found.receive_data(b"")
        while not isinstance(event := found.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                head = (event.status_code, [(bytes(name), bytes(value)) for name, value in event.headers])
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif not isinstance(event, h11.InformationalResponse):
                return "no answer"
    except h11.RemoteProtocolError:
        return "unreadable"
    assert head is not None
    return (*head, body)


def sound(chance: random.Random) -> bytes:
    """An answer as it may be."""
    body = bytes(chance.choices(b'{"} :,\r\n0a\xc3\xa9', k=chance.randrange(30)))
    status = chance.choice((200, 200, 200, 201, 204, 304, 404, 429, 500))
    lines = [chance.choice((b"X: y", b"x-empty:", b"ETag: \xe9", b"Via:  1.1 a, b\t", b"Connection: keep-alive"))]
    framing = b"none" if status in (204, 304) else chance.choice((b"length", b"chunks", b"hang-up"))
    rest = b""
    if framing == b"length":
        lines.append(chance.choice((b"Content-Length: %d", b"content-length:%d")) % len(body))
        rest = body
    elif framing == b"chunks":
        lines.append(chance.choice((b"Transfer-Encoding: chunked", b"transfer-encoding: Chunked")))
        rest = chunks(body, chance)
    elif framing == b"hang-up":
        rest = body
    chance.shuffle(lines)
    before = b"".join(b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" for _ in range(chance.choice((0, 0, 0, 1, 2))))
    first = b"HTTP/1.%d %d %s" % (framing != b"hang-up" or chance.randrange(2), status, chance.choice((b"OK", b"")))
    return before + b"\r\n".join([first, *lines, b"", b""]) + rest


def chunks(body: bytes, chance: random.Random) -> bytes:
    raw = b""
    while body:
        size = chance.randint(1, len(body))
        raw += b"%x%s\r\n%s\r\n" % (size, chance.choice((b"", b"", b";a=b")), body[:size])
        body = body[size:]
    return raw + chance.choice((b"0", b"000")) + chance.choice((b"\r\n\r\n", b"\r\nX-After: all\r\n\r\n"))


NASTY = (
    b"\r", b"\n", b"\r\n", b" ", b"\t", b"\0", b"\xff", b"0", b"1", b"-", b"+", b",", b";", b":", b"x", b"\r\n ",
    b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n",
    b"Transfer-Encoding: gzip\r\n", b"HTTP/1.1 200 OK\r\n", b"Content-Length: 99999999999999999999\r\n",
)  # fmt: skip


def damaged(raw: bytes, chance: random.Random) -> bytes:
    found = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(found))
        end = min(len(found), start + chance.choice((0, 0, 1, 1, 2, 9)))
        lines = [place + 2 for place in range(len(found)) if found[place : place + 2] == b"\r\n"]
        if lines and chance.randrange(2):
            start = end = chance.choice(lines)
        found[start:end] = chance.choice((*NASTY, b"", bytes(found[start:end]) * 2))
    return bytes(found[: chance.randint(0, len(found))] if chance.randrange(5) == 0 else found)


def cuts(raw: bytes) -> Iterator[list[bytes]]:
    """Every way to cut it in two, and into pieces of one size."""
    yield from ([raw[:end], raw[end:]] for end in range(1, len(raw)))
    yield from ([raw[at : at + size] for at in range(0, len(raw), size)] for size in (1, 2, 3, 7))


@pytest.mark.parametrize("part", range(4))
async def test_a_sound_answer_is_what_another_reader_finds_however_it_is_cut(part: int) -> None:
    chance = random.Random(part)
    for _ in range(CASES // 4):
        raw = sound(chance)
        whole, kept = await read(raw)
        assert whole == second_reader(raw), raw
        for pieces in cuts(raw):
            assert await read(*pieces) == (whole, kept), pieces


@pytest.mark.parametrize("part", range(4))
async def test_a_damaged_answer_is_refused_or_what_another_reader_finds_however_it_is_cut(part: int) -> None:
    chance = random.Random(100 + part)
    refused = 0
    for _ in range(CASES // 4):
        raw = damaged(sound(chance), chance)
        whole, _ = await read(raw)
        for pieces in cuts(raw):
            assert (await read(*pieces))[0] == whole, pieces
        refused += isinstance(whole, str)
        if not isinstance(whole, str) and whole[0] != 101 and not UNREAD.search(raw):
            assert whole == second_reader(raw), raw

    assert CASES // 16 < refused < CASES // 4


TWO = b"Content-Length: 2\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
UNREADABLE = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "another version": b"HTTP/2.0 200 OK\r\n" + TWO + b"\r\n{}",
    "a status that is none": b"HTTP/1.1 099 OK\r\n" + TWO + b"\r\n{}",
    "two lengths": HEAD + TWO + b"Content-Length: 3\r\n\r\n{} ",
    "the same length twice": HEAD + TWO + TWO + b"\r\n{}",
    "a list of lengths": HEAD + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "a length, then chunks": HEAD + TWO + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks, then a length": HEAD + CHUNKED + TWO + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks twice": HEAD + CHUNKED + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks of another coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n{}",
    "chunks before there were any": b"HTTP/1.0 200 OK\r\n" + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "a folded line": HEAD + b"X: a\r\n b\r\n" + TWO + b"\r\n{}",
    "bare line ends": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "a space in a name": HEAD + b"Content-Length : 2\r\n\r\n{}",
    "a NUL": HEAD + b"X: a\0b\r\n" + TWO + b"\r\n{}",
    "a long name": HEAD + b"x" * 70_000 + b": y\r\n" + TWO + b"\r\n{}",
    "a long line": HEAD + b"X: " + b"y" * 70_000 + b"\r\n" + TWO + b"\r\n{}",
    "many lines": HEAD + b"X: 0123456789\r\n" * 7_000 + TWO + b"\r\n{}",
    "many answers before the answer": b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" * 4_000 + HEAD + TWO + b"\r\n{}",
}
CUT_BODIES = {
    "a size that is none": HEAD + CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a size with a sign": HEAD + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a size of another base": HEAD + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a size without end": HEAD + CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "more than the size": HEAD + CHUNKED + b"\r\n1\r\n{}\r\n0\r\n\r\n",
    "a length in what follows": HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + TWO + b"\r\n",
    "no last chunk": HEAD + CHUNKED + b"\r\n2\r\n{}\r\n",
    "less than the length": HEAD + b"Content-Length: 3\r\n\r\n{}",
    "a coding in what follows": HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n",
    "long trailers": HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + b"X: 0123456789\r\n" * 7_000 + b"\r\n",
    "a long trailer": HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
}


def by(size: int, raw: bytes) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw), size)]


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_head_that_can_be_read_in_two_ways_or_has_no_end_is_none(raw: bytes) -> None:
    for pieces in ([raw], by(1000, raw)):
        assert await read(*pieces) == ("ProtocolError", False)


@pytest.mark.parametrize("raw", CUT_BODIES.values(), ids=CUT_BODIES)
async def test_a_body_that_does_not_end_as_the_head_says_is_none(raw: bytes) -> None:
    for pieces in ([raw], by(1000, raw)):
        assert await read(*pieces) == ("RemoteProtocolError", False)


async def test_a_note_on_a_chunk_has_an_end() -> None:
    raw = HEAD + CHUNKED + b"\r\n2;a=" + b"y" * 400_000 + b"\r\n{}\r\n0\r\n\r\n"
    assert await read(*by(1000, raw)) == ("RemoteProtocolError", False)


WHOLE = HEAD + TWO + b"\r\n{}"
KEEPS = {
    "as it should be": (WHOLE, True),
    "in chunks": (HEAD + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n", True),
    "without a body": (b"HTTP/1.1 204 No\r\n\r\n", True),
    "to be closed": (HEAD + b"Connection: close\r\n" + TWO + b"\r\n{}", False),
    "to be closed, among others": (HEAD + b"Connection: x, Close\r\n" + TWO + b"\r\n{}", False),
    "until the end": (HEAD + b"\r\n{}", False),
    "of 1.0": (b"HTTP/1.0 200 OK\r\n" + TWO + b"\r\n{}", False),
    "of 1.0, to be kept": (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + TWO + b"\r\n{}", True),
    "and one more": (WHOLE + WHOLE, False),
    "and the beginning of one": (WHOLE + b"H", False),
    "and more bytes": (WHOLE + b"{}", False),
    "a body where there is none": (b"HTTP/1.1 204 No\r\n" + TWO + b"\r\n{}", False),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", False),
    "another protocol that nobody named": (b"HTTP/1.1 101 Switching\r\n\r\n", False),
}


@pytest.mark.parametrize(("raw", "keeps"), KEEPS.values(), ids=KEEPS)
async def test_a_connection_goes_on_after_an_answer_that_lets_it_and_left_nothing(raw: bytes, *, keeps: bool) -> None:
    for pieces in ([raw], by(1, raw)):
        found, kept = await read(*pieces)
        assert not isinstance(found, str)
        assert kept is keeps


async def test_how_far_an_answer_came_says_what_it_was() -> None:
    assert (await read())[0] == "Lost"
    assert (await read(b"H"))[0] == "ReadError"
    assert (await read(HEAD))[0] == "ReadError"
    assert (await read(HEAD + b"\r\n"))[0] == (200, [], b"")


async def test_a_body_that_nobody_reads_is_not_taken_and_goes_on_when_somebody_does() -> None:
    carrier = Still()
    answer = Answer(carrier)
    told = []
    answer.feed(HEAD + b"Content-Length: 600000\r\n\r\n" + b"x" * 200_000)
    told.append(carrier.paused)
    answer.feed(b"x" * 100_000)
    told.append(carrier.paused)
    assert len(await answer.part()) == 300_000
    told.append(carrier.paused)

    assert told == [False, True, False]
