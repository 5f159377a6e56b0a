"""The body of an answer, whole and bounded."""

import zlib
from collections.abc import Iterator
from typing import cast

import httpx

from app.orb.errors import Malformed, TooLarge

_STEP = 1 << 16


async def read(response: httpx.Response, limit: int) -> bytearray:
    """The body, inflated, at most `limit` bytes.

    Raises TooLarge past the limit, without holding more than a step beyond it, and Malformed on a coding
    that was not asked for or a compressed body that is damaged or cut.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        return await _plain(response, limit)
    if coding == "gzip":
        return await _gzip(response, limit)
    raise Malformed("content coding")


def _chunks(response: httpx.Response) -> httpx.AsyncByteStream:
    # The stream itself, not `aiter_raw`: that one refuses an answer made in memory.
    return cast(httpx.AsyncByteStream, response.stream)


async def _plain(response: httpx.Response, limit: int) -> bytearray:
    whole = bytearray()
    async for chunk in _chunks(response):
        if len(whole) + len(chunk) > limit:
            raise TooLarge
        whole += chunk
    return whole


async def _gzip(response: httpx.Response, limit: int) -> bytearray:
    inflater = zlib.decompressobj(wbits=31)
    whole = bytearray()
    async for chunk in _chunks(response):
        for part in _inflated(inflater, chunk):
            if len(whole) + len(part) > limit:
                raise TooLarge
            whole += part
    if not inflater.eof or inflater.unused_data:
        raise Malformed("gzip")
    return whole


def _inflated(inflater: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """What is in `chunk`, a step at a time: 64 kB may hold 64 MB."""
    part = None
    while chunk or part is None or len(part) == _STEP:
        try:
            part = inflater.decompress(chunk, _STEP)
        except zlib.error:
            raise Malformed("gzip") from None
        chunk = inflater.unconsumed_tail
        yield part
