"""What an operator hears of keys and revocations at the command line."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from app.__main__ import main
from app.main import create_app
from app.settings import BadSetting, read
from tests.running import bare
from tests.test_command_line import KEY, SECRET, SOUND
from tests.tokens.hostile import but
from tests.tokens.signers import ec_key, jwks, rsa_key

ORB = {"ORB_API_KEY": KEY, "ORB_BASE_URL": "http://127.0.0.1:9/v1", "ORRERY_PATIENCE": "1"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    (tmp_path / "jwks.json").write_bytes(jwks(rsa_key(), ec_key()))
    return tmp_path / "jwks.json"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, with these settings and no others."""

    def command(*arguments: str, **settings: str) -> Done:
        for name in os.environ.keys() - bare().keys():
            monkeypatch.delenv(name)
        for name, text in settings.items():
            monkeypatch.setenv(name, text)
        return Done(main([*arguments]), *capsys.readouterr())

    return command


@contextmanager
def published(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize("setting", ["ORRERY_VIEWER_JWKS", "ORRERY_REVOKED"])
@pytest.mark.parametrize(
    ("text", "why"), [(None, "it cannot be read: FileNotFoundError"), ("{", "it is no"), ('{"keys": []}', "it ")]
)
def test_a_file_that_is_wrong_at_start_refuses_it_with_one_line(
    run: Run, tmp_path: Path, command: str, setting: str, text: str | None, why: str
) -> None:
    if text is not None:
        (tmp_path / "file").write_text(text)
    beside = {} if setting == "ORRERY_VIEWER_JWKS" else {"ORRERY_VIEWER_SECRET": SECRET}
    done = run(command, **ORB, **beside, **{setting: str(tmp_path / "file")})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (78, "", 1)
    assert done.stderr.startswith(f"orrery: {setting}, the file '{tmp_path}/file': {why}")


def test_a_service_of_several_processes_is_refused_before_it_starts_any(run: Run, tmp_path: Path) -> None:
    done = run("serve", **SOUND, ORRERY_WORKERS="2", ORRERY_REVOKED=str(tmp_path / "gone"))
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)


def test_the_service_itself_refuses_a_file_that_is_wrong(tmp_path: Path) -> None:
    told = read({**ORB, "ORRERY_VIEWER_JWKS": str(tmp_path / "gone")})
    with pytest.raises(BadSetting, match=r"^ORRERY_VIEWER_JWKS, the file "):
        create_app(told)


def test_with_public_keys_no_token_can_be_made(run: Run, keys: Path) -> None:
    done = run("token", "--external-customer", "lumen", **ORB, ORRERY_VIEWER_JWKS=str(keys))
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == (
        "orrery: ORRERY_VIEWER_JWKS is set, and public keys cannot sign: only your server can make tokens\n"
    )


def test_the_doctor_says_how_many_keys_there_are_and_which_are_not_for_us(run: Run, keys: Path) -> None:
    for jwks_, said in (
        (keys.read_bytes(), "gives 2 keys that tokens may be signed with.\n"),
        (json.dumps({"keys": [rsa_key().jwk, but(ec_key().jwk, use="enc")]}).encode(), "gives 1 key that tokens may"),
    ):
        keys.write_bytes(jwks_)
        with published(200, jwks_) as url:
            for place in (str(keys), url):
                done = run("doctor", **ORB, ORRERY_VIEWER_JWKS=place)
                assert f"\nORRERY_VIEWER_JWKS {said}" in done.stdout
                assert ("\nPassed over: key 2 is not for signatures.\n" in done.stdout) is ("1 key" in said)


def test_the_doctor_says_why_there_are_no_keys(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def orb_answers(_: object) -> None: ...

    monkeypatch.setattr("app.__main__._ping", orb_answers)
    with published(200, jwks(rsa_key())) as url:
        assert run("doctor", **ORB, ORRERY_VIEWER_JWKS=url).returncode == 0
    with published(500, b"") as url:
        done = run("doctor", **ORB, ORRERY_VIEWER_JWKS=url)
    assert done.returncode == 1
    assert "\nORRERY_VIEWER_JWKS gives no keys, nobody could sign in: it answered 500.\n" in done.stdout


def test_the_doctor_says_of_how_many_customers_tokens_are_taken_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("[external_customer_id]\nlumen = 2026-05-20T15:00:00Z\n")
    done = run("doctor", **{**SOUND, **ORB}, ORRERY_REVOKED=str(tmp_path / "file"))
    assert "\nORRERY_REVOKED takes back the tokens of 1 customer.\n" in done.stdout
    assert "lumen" not in done.stdout


async def test_beside_the_sandbox_public_keys_leave_no_way_in_without_a_token(keys: Path) -> None:
    app = create_app(read({"ORRERY_VIEWER_JWKS": str(keys)}, sandbox=True))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
