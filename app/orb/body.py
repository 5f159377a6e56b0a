"""The body of an answer, whole and bounded."""

import zlib
from typing import cast

import httpx

from app.orb.errors import Malformed, TooLarge


async def read(response: httpx.Response, limit: int) -> bytes:
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


async def _plain(response: httpx.Response, limit: int) -> bytes:
    parts, size = [], 0
    async for chunk in _chunks(response):
        size += len(chunk)
        if size > limit:
            raise TooLarge
        parts.append(chunk)
    return b"".join(parts)


async def _gzip(response: httpx.Response, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    parts, size = [], 0
    async for chunk in _chunks(response):
        try:
            part = inflater.decompress(chunk, limit + 1 - size)
        except zlib.error:
            raise Malformed("gzip") from None
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
    if not inflater.eof or inflater.unused_data:
        raise Malformed("gzip")
    return b"".join(parts)
