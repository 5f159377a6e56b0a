"""The README is true: its settings, its commands, its picture, its parameters."""

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from typing import get_args

from app.__main__ import _parser
from app.dashboard import WORDS
from app.query import Query
from app.sandbox.faults import Kind
from app.settings import read
from app.web.viewer import SCOPE
from tests.running import ROOT, bare, running

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "app" / "settings.py").read_text()


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    table = set(re.findall(r"^\| (.*?) \|", section("Settings"), re.MULTILINE)) - {"name", "---"}
    documented = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}
    read_by_us = set(re.findall(r'\(environ, "([A-Z_]+)"', SETTINGS))

    assert documented == read_by_us


def test_every_default_in_the_table_is_the_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", section("Settings"), re.MULTILINE)
    needed = {"ORB_API_KEY": "key", "ORRERY_VIEWER_SECRET": "3f9c0a51b2e87d64" * 2}

    assert len(rows) > 10
    told, untold = read(needed | dict(rows)), read(needed)
    named = {each.name for each in fields(told)} - {"orb_api_key", "viewer_secrets"}
    assert {name: getattr(told, name) for name in named} == {name: getattr(untold, name) for name in named}


def test_every_make_target_in_it_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"run", "test"} <= set(re.findall(r"\bmake ([a-z]+)", README)) <= targets


def test_every_file_that_is_mutated_has_its_figures_and_is_there() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    files = [{str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)} for pattern in configured]
    told = re.findall(r"^\| (app/\S+) \|", (ROOT / "tests" / "mutants.md").read_text(), re.MULTILINE)

    assert all(files)
    assert {*told} == {each for found in files for each in found if not each.endswith("__init__.py")}


def test_every_command_line_in_it_is_understood() -> None:
    lines = re.findall(r"\.venv/bin/python -m app ([^`)\n]*)", README)

    assert len(lines) >= 5
    for line in lines:
        _parser().parse_args(line.split())


def test_the_json_examples_work_as_they_stand() -> None:
    lines = [line for line in commands() if line.startswith(("TOKEN=", "curl"))]
    assert len(lines) == 11
    with running() as orrery:
        script = "\n".join(["set -e", *lines])
        script = script.replace("http://127.0.0.1:8000", orrery.url).replace(".venv/bin/python", sys.executable)
        script = script.replace("http://127.0.0.1:8001", orrery.sandbox)
        script = script.replace("curl ", "curl -sS --fail-with-body --noproxy '*' ")
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=bare(), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count('"done":true') == 1
    assert done.stdout.count('"amount_due"') >= 4
    assert '"grouping_values":["checkout-prod"]' in done.stdout


def test_every_kind_of_fault_is_named() -> None:
    assert {"`" + kind + "`" for kind in get_args(Kind)} <= set(re.findall(r"`\w+`", section("The sandbox")))


def test_its_picture_is_there() -> None:
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_every_parameter_of_the_query_is_named() -> None:
    named = set(re.findall(r"`(\w+)`", section("The JSON API")))
    assert {each.name for each in fields(Query)} - {"group_label", "grouped"} <= named


def test_every_card_is_named_in_the_scope() -> None:
    assert {*WORDS, *SCOPE} <= set(re.findall(r"\b[a-z]+\b", section("Sign your users in")))
