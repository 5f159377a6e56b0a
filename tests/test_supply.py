"""What the service is made of: pinned by hash, from nowhere in particular, and little."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.running import ROOT

LOCKS = sorted(ROOT.glob("requirements*.lock"))
MOST = 24  # packages that the service itself needs, theirs included


def pinned(lock: Path) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_is_pinned_by_hash_and_no_registry_is_named(lock: Path) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", lock.read_text(), flags=re.MULTILINE)
    assert len(entries) > 10
    for entry in entries[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:40]
    assert "://" not in re.sub(r"#.*", "", lock.read_text())


def test_the_service_needs_few_packages() -> None:
    assert len(pinned(ROOT / "requirements.lock")) <= MOST


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    named = [*project["dependencies"], *(each for more in project["optional-dependencies"].values() for each in more)]
    for each in named:
        assert re.search(re.escape(f'"{each}",') + r" +# \w", text), each


def test_the_list_of_what_it_is_made_of_is_that_of_the_lock(tmp_path: Path) -> None:
    found = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.lock", "-o", str(found)]
    subprocess.run([*command, "--sv", "1.6"], check=True, cwd=ROOT, capture_output=True)
    document = json.loads(found.read_text())

    assert document["specVersion"] == "1.6"
    assert {each["name"] for each in document["components"]} == pinned(ROOT / "requirements.lock")


def test_what_was_not_audited_is_said_not_to_be() -> None:
    nowhere = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    command = [sys.executable, ".ci/audit"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.startswith("not audited:")


def test_every_promise_names_tests_that_there_are() -> None:
    promises = re.findall(r"^\| (?!promise|---)(.*) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert len(promises) > 10
    for each in promises:
        files = re.findall(r"`(tests/[\w/.]+)`", each)
        assert files, each
        assert all((ROOT / file).exists() for file in files), each
