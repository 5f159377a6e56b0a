"""What `doctor` says of Redis, and what the log says of one that is not there at start."""

import json
import subprocess
import sys

import anyio
import pytest

from app.fleet.link import Link, connect
from tests.fleet.real_redis import RealRedis
from tests.logged import lines, showing
from tests.running import ROOT, bare, free_port


def doctor(url: str) -> tuple[int, str]:
    """What it says, with no Orb there."""
    settings = {"ORRERY_REDIS_URL": url, "SANDBOX_PORT": str(free_port()), "ORRERY_PATIENCE": "1"}
    command = [sys.executable, "-m", "app", "doctor", "--sandbox"]
    environment = bare(**settings)
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_the_doctor_says_whether_redis_answers_and_takes_the_password(own_server: RealRedis) -> None:
    assert "\nRedis answers, and lets us write.\n" in doctor(own_server.url)[1]
    own_server.ask("REPLICAOF", "127.0.0.1", "1")
    code, said = doctor(own_server.url)
    assert code == 1
    assert "Redis does not let us write (ReadOnlyError): each process would use all of Orb's limits." in said
    own_server.ask("CONFIG", "SET", "requirepass", "right")
    for url in (own_server.url, own_server.url.replace("//", "//:wrong-password@")):
        code, said = doctor(url)
        assert code == 1
        assert "Redis does not accept the name or the password in ORRERY_REDIS_URL." in said
        assert "wrong-password" not in said
    own_server.stop()
    assert "Nothing answers at ORRERY_REDIS_URL (ConnectionError)" in doctor(own_server.url)[1]


@pytest.mark.parametrize("password", [None, "secret-password"])
async def test_a_redis_that_is_not_there_at_start_is_told_once_and_without_its_password(password: str | None) -> None:
    url = f"redis://:{password}@127.0.0.1:{free_port()}" if password else f"redis://127.0.0.1:{free_port()}"
    with showing() as shown:
        async with anyio.create_task_group() as tasks:
            link = Link(connect(url), tasks)
            for _ in range(3):
                await link.look()
            await link.aclose()

    assert [line["outcome"] for line in lines(shown, "redis")] == ["not there"]
    assert "secret-password" not in json.dumps(lines(shown))
