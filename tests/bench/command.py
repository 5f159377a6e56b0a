"""The command line of each benchmark, and what it takes of the machine."""

import argparse
import os
import resource
import sys

from tests.bench.process import cores


def parser(word: str, rounds: int) -> argparse.ArgumentParser:
    """What all benchmarks understand."""
    found = argparse.ArgumentParser(prog=f"python -m tests.bench.{word}")
    found.add_argument(
        "--rounds", type=_count, default=rounds, help=f"how often all is measured; {rounds} unless given"
    )
    return found


def prepare() -> None:
    """Leaves one processor to the program that is measured, and lets this process have as many sockets as it may."""
    if sys.platform != "linux":
        sys.exit("What a program uses of a processor and of memory is asked of Linux")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a crowd of 500 has thousands of connections behind it
    os.sched_setaffinity(0, {cores()[1]})


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)
