"""What a peer can do to one request, by what it does."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.faults.front import NO_HEADERS, Answer, Arrival, Strike

MEGABYTE = 1 << 20


def says(raw: bytes) -> Strike:
    """These bytes, and then hangs up."""

    async def strike(arrival: Arrival) -> None:
        await arrival.send(raw)
        await hangs_up(arrival)

    return strike


def answers(change: Callable[[Answer], Answer]) -> Strike:
    """The true answer, changed."""

    async def strike(arrival: Arrival) -> None:
        await arrival.send(change(arrival.answer).raw())

    return strike


def changes(change: Callable[[bytes], bytes], headers: Mapping[str, str | None] = NO_HEADERS) -> Strike:
    """The true answer with its body changed."""
    return answers(lambda answer: answer.having(change(answer.body), headers))


def body(raw: bytes, headers: Mapping[str, str | None] = NO_HEADERS) -> Strike:
    """The true answer's head over another body."""
    return changes(lambda _: raw, headers)


def headed(**headers: str | None) -> Strike:
    """The true answer with a header that is other, or gone: `content_type=None`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers(lambda answer: answer.having(headers=named))


def news(token: bytes) -> Strike:
    """The true answer with a field more, which nobody reads."""
    return changes(lambda raw: b'{"new":' + token + b"," + raw[1:])


def bends(**fields: Any) -> Strike:
    """The true answer with fields set otherwise, or left out where they are `...`; the rest to the letter."""

    def change(raw: bytes) -> bytes:
        document = {**json.loads(raw, parse_float=str), **fields}
        return json.dumps({name: value for name, value in document.items() if value is not ...}).encode()

    return changes(change)


def refuses(status: int, problem: str | None = None, **headers: str) -> Strike:
    """A problem document of that status; `problem` is the fragment of its type."""
    document = {"status": status, "title": "As ordered", "detail": None, "validation_errors": []}
    if problem is not None:
        document["type"] = f"https://docs.withorb.com/reference/error-responses#{problem}"
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    refusal = Answer(status, (("content-type", "application/problem+json"), *named), json.dumps(document).encode())
    return answers(lambda _: refusal)


async def hangs_up(arrival: Arrival) -> None:
    """A FIN, where an answer was due."""
    arrival.writer.close()
    await arrival.writer.wait_closed()


async def resets(arrival: Arrival) -> None:
    """A RST."""
    wired = arrival.writer.get_extra_info("socket")
    wired.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    arrival.writer.transport.abort()


async def resets_within_the_body(arrival: Arrival) -> None:
    raw = arrival.answer.raw()
    await arrival.send(raw[:-40])
    await resets(arrival)


async def half_closes(arrival: Arrival) -> None:
    """Says that it will say nothing more, and waits."""
    arrival.writer.write_eof()
    await arrival.until_gone()


async def is_silent(arrival: Arrival) -> None:
    await arrival.until_gone()


def drips(parts: Callable[[Answer], Iterable[bytes]]) -> Strike:
    """Parts of an answer, one at a time, with rests that are shorter than any timeout of a read."""

    async def strike(arrival: Arrival) -> None:
        for part in parts(arrival.answer):
            await arrival.send(part)
            await asyncio.sleep(0.02)

    return strike


def bytewise(answer: Answer, keep: int = 0) -> Iterable[bytes]:
    raw = answer.raw()
    yield raw[:keep]
    yield from (raw[place : place + 1] for place in range(keep, len(raw)))


def within_the_body(answer: Answer) -> Iterable[bytes]:
    return bytewise(answer, raw_head(answer))


def endless(interim: bytes) -> Callable[[Answer], Iterable[bytes]]:
    """One that comes again and again, and never the answer."""
    return lambda _: (interim for _ in range(10_000))


def raw_head(answer: Answer) -> int:
    return len(answer.head(len(answer.body)))


def cut(answer: Answer) -> bytes:
    """All of it but its end, with the length of the whole."""
    return answer.raw()[:-7]


def cuts(*, length: bool = True) -> Strike:
    """An answer that stops before its end, which its length tells, or else nothing but its own form."""

    async def strike(arrival: Arrival) -> None:
        whole = arrival.answer
        await arrival.send(cut(whole) if length else whole.head() + whole.body[:-7])
        await hangs_up(arrival)

    return strike


def pours(size: int, *, length: bool = True) -> Strike:
    """A body of that size, a little at a time, with its length or without."""
    chunk = b" " * 65_536

    async def strike(arrival: Arrival) -> None:
        await arrival.send(arrival.answer.head(size if length else None))
        for _ in range(size // len(chunk)):
            await arrival.send(chunk)
        await hangs_up(arrival)

    return strike


def many_headers(count: int, size: int) -> Strike:
    return answers(lambda answer: answer.having(headers={f"x-{place}": "x" * size for place in range(count)}))


def zipped(raw: bytes) -> bytes:
    return gzip.compress(raw, mtime=0)


def nested(depth: int) -> bytes:
    return b'{"deep":' * depth + b"1" + b"}" * depth
