"""The commands: what they print, and the one line with which they refuse to start."""

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import _parser, main
from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from app.web.viewer import SCOPE, Viewer

ROOT = Path(__file__).resolve().parent.parent
KEY, SECRET = "orb-key-nobody-may-see", "3f9c0a51" * 4
SOUND = {"ORB_API_KEY": KEY, "ORRERY_VIEWER_SECRET": SECRET}


def run(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own that has these settings and no others."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "environ", "name"),
    [
        ("serve", {}, "ORB_API_KEY"),
        ("serve", {"ORB_API_KEY": KEY}, "ORRERY_VIEWER_SECRET"),
        ("serve", {**SOUND, "ORRERY_VIEWER_SECRET": "too-short"}, "ORRERY_VIEWER_SECRET"),
        ("serve", {**SOUND, "ORB_BASE_URL": "http://orb.example.com/v1"}, "ORB_BASE_URL"),
        ("serve", {**SOUND, "ORRERY_HOSTS": "*"}, "ORRERY_HOSTS"),
        ("serve --sandbox", {"ORB_API_KEY": KEY}, "ORB_API_KEY"),
        ("serve --sandbox", {"HOST": "0.0.0.0"}, "HOST"),  # noqa: S104
        ("doctor", {**SOUND, "PORT": "0"}, "PORT"),
        ("sandbox", {"SANDBOX_PORT": "eight thousand"}, "SANDBOX_PORT"),
        ("sandbox", {"SANDBOX_RATE_PLAN": "gold"}, "SANDBOX_RATE_PLAN"),
        ("serve --sandbox", {"SANDBOX_RATE_PLAN": "gold"}, "SANDBOX_RATE_PLAN"),
    ],
)
def test_a_start_that_its_settings_forbid_ends_with_78_and_one_line_that_names_the_setting(
    command: str, environ: dict[str, str], name: str
) -> None:
    done = run(*command.split(), **environ)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (78, "", 1)
    assert done.stderr.startswith("orrery: ")
    assert name in done.stderr
    assert not [secret for secret in environ.values() if secret in (KEY, SECRET) and secret in done.stderr]


def test_a_token_is_all_that_token_prints() -> None:
    done = run("token", "--external-customer", "lumen", "--ttl", "60", **SOUND)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert read(done.stdout).customer == CustomerRef("external_customer_id", "lumen")


def test_the_doctor_says_that_nothing_answers_where_orb_should_be() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = run("doctor", "--sandbox", SANDBOX_PORT=port)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"Nothing answers at http://127.0.0.1:{port}/v1" in done.stdout


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound settings for commands that run in this process."""
    for name in list(os.environ):
        if name.startswith(("ORB_", "ORRERY_", "SANDBOX_")) or name in ("HOST", "PORT"):
            monkeypatch.delenv(name)
    for name, text in SOUND.items():
        monkeypatch.setenv(name, text)


def read(printed: str, secret: str = SECRET) -> Viewer:
    return Tokens([Secret(secret)]).viewer(printed.removesuffix("\n"))


@pytest.mark.usefixtures("configured")
def test_a_token_carries_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--customer", "abc"]) == 0
    viewer = read(capsys.readouterr().out)
    assert (viewer.customer, viewer.scope, viewer.subscriptions) == (CustomerRef("customer_id", "abc"), SCOPE, None)
    assert main(["token", "--customer", "abc", "--scope", "bill spend", "--subscriptions", "s-1,s-2"]) == 0
    part = read(capsys.readouterr().out)
    assert (part.scope, part.subscriptions) == (frozenset({"bill", "spend"}), frozenset({"s-1", "s-2"}))


@pytest.mark.usefixtures("configured")
def test_a_token_picks_a_theme_that_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["token", "--customer", "abc", "--theme", "dark"]) == 0
    assert read(capsys.readouterr().out).theme == "dark"
    assert main(["token", "--customer", "abc", "--theme", "night"]) == 78
    assert capsys.readouterr() == ("", "orrery: ORRERY_THEME has no theme 'night': there are light, dark\n")

    (tmp_path / "theme.toml").write_text('name = "Northwind"\n[themes.night]\nscheme = "dark"\n')
    monkeypatch.setenv("ORRERY_THEME", str(tmp_path / "theme.toml"))
    assert main(["token", "--customer", "abc", "--theme", "night"]) == 0
    assert read(capsys.readouterr().out).theme == "night"


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(("asked", "life"), [([], 900), (["--ttl", "60"], 60), (["--ttl", "3600"], 3600)])
def test_a_token_lives_as_long_as_was_asked_for_and_an_hour_at_most(
    capsys: pytest.CaptureFixture[str], asked: list[str], life: int
) -> None:
    assert main(["token", "--customer", "abc", *asked]) == 0
    claims = json.loads(base64.urlsafe_b64decode(capsys.readouterr().out.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == life


@pytest.mark.usefixtures("configured")
def test_a_sandbox_token_is_signed_with_the_secret_that_everybody_knows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SOUND:
        monkeypatch.delenv(name)
    assert main(["token", "--sandbox", "--external-customer", "lumen"]) == 0
    assert read(capsys.readouterr().out, SANDBOX_SECRET).customer.id == "lumen"


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "whose", [("--customer", "a/b"), ("--customer", ""), ("--external-customer", ".."), ("--external-customer", "a\nb")]
)
def test_an_id_that_no_customer_can_have_gets_no_token(
    capsys: pytest.CaptureFixture[str], whose: tuple[str, str]
) -> None:
    assert main(["token", *whose]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert whose[0].strip("-").split("-")[0] in err


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("ids", ["a/b", "a,,b", ""])
def test_a_token_for_subscriptions_that_are_none_is_not_printed(capsys: pytest.CaptureFixture[str], ids: str) -> None:
    assert main(["token", "--customer", "abc", "--subscriptions", ids]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("events", ["-1", "many", "1e6", "10000001", "٣"])
def test_a_sandbox_of_so_many_events_is_not_started(capsys: pytest.CaptureFixture[str], events: str) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["sandbox", "--events", events])
    assert "--events: must be a number from 0 to 10000000" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-5", "3601", "soon"])
def test_a_token_that_would_open_nothing_is_not_printed(capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["token", "--customer", "abc", "--ttl", seconds])
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "arguments",
    [[], ["start"], ["token"], ["token", "--customer", "a", "--external-customer", "b"], ["serve", "--now"]],
)
def test_what_is_no_command_is_explained(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m app" in capsys.readouterr().err
