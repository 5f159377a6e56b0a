"""Answers from the cache, to who is signed in: goals 7, 8 and 13.

    python -m tests.bench.warm [--rounds 5]

The same document of one customer over and over, packed with gzip, beside programs that hold the very same bytes and
know neither viewers nor ages: CPU milliseconds for one answer, ratios within one round. What a minute makes anew, as
the age of the figures in words, is part of it.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import uvloop

from tests.bench.command import parser, prepare
from tests.bench.documents import customer
from tests.bench.load import hits
from tests.bench.orb import Orb, upstream
from tests.bench.process import Program
from tests.bench.programs import OURS, PAGE, kept_peers, ours, signed, started
from tests.bench.raw import connect, get
from tests.bench.renders import renders
from tests.bench.table import heading, ratios, row, spread

VIEWERS, SECONDS, HITS = 16, 0.6, 200
# From when on a refresh is allowed is in a document until it is: its tag changes then.
TAGGED = {"ORRERY_REFRESH_AGE": "0"}
PACKED = "Accept-Encoding: gzip\r\n"


@dataclass(frozen=True)
class Asked:
    """What is asked of a program again and again, and the status that it answers with."""

    name: str
    program: Program
    request: bytes
    status: int = 200


Rounds = Mapping[str, list[float]]


def main() -> None:
    asked = parser("warm", rounds=5).parse_args()
    prepare()
    with (
        upstream() as port,
        TemporaryDirectory() as place,
        started([ours(f"http://127.0.0.1:{port}/v1", **TAGGED)]) as (service,),
    ):
        kept, tag = uvloop.run(keep(service, Path(place)))
        with started(list(kept_peers(kept))) as others:
            found = uvloop.run(measure([*mine(service, tag), *theirs(others)], port, asked.rounds))
    show(found)
    pages, later = uvloop.run(renders(PAGE, HITS))
    row(f"13 templates drawn for {HITS} pages from the cache, for the first {pages}", str(later), "0")


async def keep(service: Program, place: Path) -> tuple[dict[str, str], str]:
    """Puts the document into files, and tells where; and its tag."""
    headers = signed(customer(0))
    name, _, value = headers.strip().partition(": ")
    async with httpx.AsyncClient(trust_env=False, headers={name: value}) as client:
        answer = (await client.get(f"http://127.0.0.1:{service.port}{OURS}")).raise_for_status()
    _, packed = await (await connect(service.port)).get(get(OURS, service.port, headers + PACKED))
    (place / "plain").write_bytes(answer.content)
    (place / "packed").write_bytes(packed)
    kept = {"KEPT": f"{place / 'packed'}", "KEPT_PLAIN": f"{place / 'plain'}"}
    return {**kept, "TYPE": "application/json", "ENCODING": "gzip"}, answer.headers["etag"]


def mine(service: Program, tag: str) -> list[Asked]:
    headers = signed(customer(0)) + PACKED
    return [
        Asked("document", service, get(OURS, service.port, headers)),
        Asked("page", service, get(PAGE, service.port, headers + "Accept: text/html\r\n")),
        Asked("document, 304", service, get(OURS, service.port, f"{headers}If-None-Match: {tag}\r\n"), 304),
    ]


def theirs(programs: list[Program]) -> list[Asked]:
    return [Asked(each.name, each, get("/kept", each.port, PACKED)) for each in programs]


async def measure(asked: list[Asked], port: int, rounds: int) -> Rounds:
    """CPU seconds for one answer of each, round by round."""
    orb = Orb(await connect(port), port)
    found: dict[str, list[float]] = {each.name: [] for each in asked}
    for each in asked:
        await hits(each.program, each.request, VIEWERS, SECONDS / 2, each.status)
    before, _ = await orb.counts()
    for _ in range(rounds):
        for each in asked:
            found[each.name].append(await hits(each.program, each.request, VIEWERS, SECONDS, each.status))
    calls, _ = await orb.counts()
    heading(f"the same again and again, {VIEWERS} viewers", "CPU ms", "per CPU s")
    for name, seen in found.items():
        row(name, spread([each * 1000 for each in seen], ".3f"), f"{1 / statistics.median(seen):.0f}")
    row("calls to Orb meanwhile", str(calls - before), "0")
    return found


def show(found: Rounds) -> None:
    heading("answers per CPU second, ours to theirs", "ratio")
    mine = found["document"]
    for name, goal in GOALS.items():
        if name in found:
            row(f"{goal[0]} document, to {name}", spread(ratios(found[name], mine), ".2f"), goal[1])
    row("13 page, to our document", spread(ratios(mine, found["page"]), ".2f"), "± 15 %")
    row("document with 304, to the whole", spread(ratios(mine, found["document, 304"]), ".2f"))


# The number of the goal, and the least ratio.
GOALS = {
    "uvicorn": ("7", "≥ 0.8"),
    "uvicorn, guarded": ("7", "≥ 0.8"),
    "fastapi, bytes": ("8", "≥ 2.5"),
    "fastapi, dict": ("8", "≥ 60"),
    "fastapi, typed dict": ("8", "≥ 60"),
}

if __name__ == "__main__":
    main()
