"""How soon the head of the page is on the wire, whatever Orb does: goal 14.

    python -m tests.bench.head [--rounds 3]

A customer each that nobody has asked for before, one viewer after the other, as a browser asks: over a new connection,
taking gzip. The time ends when `</head>` can be read: from then on the browser loads what the page is made of.
"""

import asyncio
import statistics
import time
import zlib
from math import inf

import uvloop

from tests.bench.command import parser, prepare
from tests.bench.load import Found, closed_loop, rests
from tests.bench.orb import Orb, upstream
from tests.bench.process import Program, anybody
from tests.bench.programs import ours, signed, started
from tests.bench.raw import connect, get
from tests.bench.table import heading, ms, note, row

LOADS = 40
PAUSE = 0.02  # between two viewers where no answer comes meanwhile
ANSWERED = 0.15  # where answers come: one viewer is not to wait for another's dashboard
PATIENCE = 5.0  # the viewers', and the service's with Orb
BROWSER = "Accept: text/html\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en\r\n"
# What Orb's answers take, in seconds; None: as long as Orb's do.
ORBS = {"as usual": None, "3 s": 3.0, "for ever": inf}


def main() -> None:
    asked = parser("head", rounds=3).parse_args()
    prepare()
    with upstream() as port, started([ours(f"http://127.0.0.1:{port}/v1", ORRERY_PATIENCE="5")]) as (service,):
        uvloop.run(measure(service, port, asked.rounds))


async def measure(service: Program, port: int, rounds: int) -> None:
    orb = Orb(await connect(port), port)
    await closed_loop(service, 4, 2, 400)
    seen = {what: Found() for what in ORBS}
    for _ in range(rounds):
        for what, seconds in ORBS.items():
            await (orb.slow(on=True) if seconds is None else orb.takes(seconds))
            for _ in range(LOADS):
                await look(service, seen[what])
                await asyncio.sleep(ANSWERED if seconds is None else PAUSE)
            if seconds is not None:
                await asyncio.sleep(PATIENCE)  # until nobody waits for those answers any more
            await rests(service, PATIENCE)
    heading("the head of the page after its request, Orb's answers take", "p50", "p99")
    for what, found in seen.items():
        row(what, ms(found.percentile(0.5), ".2f"), ms(found.percentile(0.99), ".2f"))
        if found.lost:
            note(f"{found.lost} of {found.asked} did not come")
    middle = statistics.median(found.percentile(0.5) for found in seen.values())
    late = max(found.percentile(0.99) for found in seen.values())
    heading("whatever Orb does")
    row("14 head on the wire, p50", ms(middle, ".2f"), "≤ 5 ms")
    row("14 head on the wire, p99 of the worst", ms(late, ".2f"), "≤ 5 ms")


async def look(service: Program, found: Found) -> None:
    """One viewer, who leaves as soon as the head is there."""
    request = get("/", service.port, signed(anybody()) + BROWSER)
    found.asked += 1
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    began = time.perf_counter()
    writer.write(request)
    try:
        async with asyncio.timeout(PATIENCE):
            await until_head(reader)
        found.times.append(time.perf_counter() - began)
    except (TimeoutError, EOFError):
        pass
    writer.close()


async def until_head(reader: asyncio.StreamReader) -> None:
    """Reads until the page's head is whole. Raises EOFError where the answer ends before."""
    headers = (await reader.readuntil(b"\r\n\r\n")).lower()
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if b"content-encoding: gzip" in headers else None
    text = b""
    while b"</head>" not in text:
        size = int((await reader.readline()).strip() or b"0", 16)
        if not size:
            raise EOFError
        chunk = (await reader.readexactly(size + 2))[:-2]
        text += unpack.decompress(chunk) if unpack else chunk


if __name__ == "__main__":
    main()
