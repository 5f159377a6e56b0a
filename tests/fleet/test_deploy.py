"""Two copies behind nginx with Redis, as `make fleet` starts them and compose.yaml describes them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import httpx
import pytest

from app.settings import read
from tests.running import ROOT, Running, bare, free_port

COMPOSE = (ROOT / "compose.yaml").read_text()


@contextmanager
def fleet() -> Iterator[Running]:
    if shutil.which("redis-server") is None or shutil.which("nginx", path=os.defpath + ":/usr/sbin") is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("the fleet needs Redis and nginx: apt-get install redis-server nginx-light")
    port, sandbox = free_port(), free_port()
    command = [sys.executable, "deploy/fleet.py"]
    environment = bare(PORT=str(port), SANDBOX_PORT=str(sandbox))
    with TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            assert any("are at" in line for line in process.stdout)
            yield Running(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}", process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def test_two_copies_behind_nginx_are_as_one() -> None:
    with fleet() as orrery:
        assert "Northwind" in httpx.get(orrery.url, trust_env=False).text  # the sandbox's sign-in page
        with orrery.client("northwind") as client:
            documents = [client.get("/api/dashboard", headers={"Connection": "close"}).json() for _ in range(8)]
        asked = [each["route"] for each in orrery.requests() if each["path"].startswith("/v1")]

    assert [each["complete"] for each in documents] == [True] * 8
    assert len({each["as_of"] for each in documents}) == 1
    assert len(asked) == len(set(asked))


def test_the_metrics_and_the_health_of_the_copies_are_not_passed_on() -> None:
    rules = (ROOT / "deploy/nginx.conf").read_text()
    for path in ("/livez", "/readyz", "/metrics"):
        assert f"location = {path} {{ return 404; }}" in rules


def test_every_setting_in_compose_is_one_and_is_sound() -> None:
    settings = dict(re.findall(r"^      ([A-Z_]+): \"?([^\s\"]+)\"?$", COMPOSE, re.MULTILINE))
    assert set(settings) == {"HOST", "PORT", "ORB_CREDIT_CURRENCY", "ORRERY_REDIS_URL", "FORWARDED_ALLOW_IPS"}
    found = read(settings, sandbox=True)
    assert (found.host, found.redis_url is not None) == ("127.0.0.3", True)
    for each in re.findall(r"(requirements-\w+\.lock|deploy/[\w.]+)", COMPOSE):
        assert (ROOT / each).is_file()
