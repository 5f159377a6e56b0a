"""The programs that are held side by side: ours and those that one would write instead."""

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from tests.bench.figures import figures_of_ours
from tests.bench.process import SECRET, Program
from tests.bench.table import note

HERE = Path(__file__).parent
OURS = "/api/dashboard?cards=bill,credits,spend,breakdown"
PAGE = OURS.replace("/api/dashboard", "/")
NAME = "orrery"
PYTHON = ("limit", "starlette_httpx", "fastapi_orb")
NODE = ("fastify_undici", "fastify_orb")


def ours(orb: str, **settings: str) -> Program:
    """The service at an account without limits."""
    command = [sys.executable, "-m", "tests.bench.ours"]
    return Program(NAME, command, orb, lambda _whose: OURS, signed, "/readyz", figures_of_ours, settings)


def signed(whose: str) -> str:
    """What a viewer of that customer sends beside the address."""
    token = Tokens([Secret(SECRET)]).sign(CustomerRef("external_customer_id", whose), ttl=3600)
    return f"Authorization: Bearer {token}\r\n"


def peers(orb: str) -> Iterator[Program]:
    for name in PYTHON:
        yield Program(name, [sys.executable, "-m", f"tests.bench.peers.{name}"], orb)
    for name in NODE:
        yield Program(name, ["node", str(HERE / "peers" / f"{name}.mjs")], orb)


def kept_peers(kept: Mapping[str, str]) -> Iterator[Program]:
    """Those that hold one document and nothing else; `kept` says in which files it is."""
    commands = {
        "uvicorn": "bare",
        "uvicorn, guarded": "bare --guarded",
        "fastapi, bytes": "fastapi_kept",
        "fastapi, dict": "fastapi_kept --dict",
        "fastapi, typed dict": "fastapi_kept --typed-dict",
    }
    for name, command in commands.items():
        yield Program(name, [sys.executable, "-m", *f"tests.bench.peers.{command}".split()], "", settings=kept)


def named(text: str) -> list[str]:
    """Names of peers, separated by commas, as a command line has them. Raises ArgumentTypeError."""
    names, known = text.split(","), (*PYTHON, *NODE)
    if strangers := [each for each in names if each not in (NAME, *known)]:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(strangers)}; there is {', '.join(known)}")
    return names


def missing(program: Program) -> str | None:
    """Why it cannot be started, and what would help."""
    if "fastapi" in program.name and importlib.util.find_spec("fastapi") is None:
        return "FastAPI is not installed: .venv/bin/pip install '.[bench]'"
    if program.command[0] == "node" and shutil.which("node") is None:
        return "there is no node"
    if program.command[0] == "node" and not (HERE / "node_modules" / "fastify").is_dir():
        return "its packages are not installed: npm ci --prefix tests/bench"
    return None


def chosen(only: Sequence[str], orb: str) -> list[Program]:
    """Ours and the others, or those of them that were named."""
    return [each for each in (ours(orb), *peers(orb)) if not only or each.name in (*only, NAME)]


@contextmanager
def started(programs: Sequence[Program]) -> Iterator[list[Program]]:
    """Those of them that run until the block ends; what cannot be started is said and left out."""
    found: list[Program] = []
    try:
        for each in programs:
            lacks = missing(each)
            if lacks is None:
                found.append(each)
                lacks = _start(each)
            if lacks is not None:
                note(f"{each.name} is left out: {lacks}")
        yield [each for each in found if each.process]
    finally:
        for each in found:
            each.stop()


def _start(program: Program) -> str | None:
    try:
        program.start()
    except AssertionError as wrong:
        program.stop()
        return str(wrong)
    return None
