"""The settings: what they are unless told otherwise, and which stop the start."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from app.secret import Secret
from app.settings import SANDBOX_SECRET, BadSetting, read

KEY = "orb-key-nobody-may-see"
FIRST, SECOND = "3f9c0a51" * 4, "b2e87d64" * 4
SOUND = {"ORB_API_KEY": KEY, "ORRERY_VIEWER_SECRET": FIRST}

UNSAFE = {
    "ORB_API_KEY": ["", "  ", "two words", "key\nnext", "ключ", "key\x7f", "\udcff"],
    "ORB_BASE_URL": [
        "http://api.withorb.com/v1", "http://localhost.example/v1", "http://127.0.0.1.example/v1", "http://10.0.0.1",
        "ftp://orb.test", "orb.test/v1", "https://", "https://me:secret@orb.test/v1", "https://orb.test/v1?a=b",
        "https://orb.test/v1#a", "https://orb.test:99999/v1", "https://[::1/v1", "https://orb.test/v1/../v2",
        "https://orb.test/%2e%2e", "https://orb.test//v1", "https://orb.test/\tv1",
    ],
    "ORRERY_VIEWER_SECRET": [
        "", " ", FIRST[:31], f"{FIRST} short", "a" * 40, "changeme" * 5, "Password" * 5, SANDBOX_SECRET,
        f"{FIRST} {SANDBOX_SECRET}",
    ],
    "ORRERY_VIEWER_UNTYPED": ["yes", "true", "2", "01"],
    "ORRERY_SIGN_IN_URL": ["javascript:alert(1)", "/sign-in", "//host.test", "https://a@b.test/", "data:text/html,x"],
    "ORRERY_GROUPING_KEYS": [":Workspace", "a b:C", "a:A,a:B", "a:A,", "a/b", "é:E", "x" * 65, "a;drop"],
    "ORB_CREDIT_CURRENCY": ["credits,", "a b", "a/b", ",", "x" * 65],
    "ORRERY_MAX_AGE": ["-1", "1.5", "ten", "86401", "1e3", "٣", "+5", "9" * 30],
    "ORRERY_REFRESH_AGE": ["-1", "86401"],
    "ORRERY_PATIENCE": ["0", "61", "8s"],
    "ORRERY_CACHE_BYTES": ["1048575", "64MiB"],
    "ORRERY_MAX_ANSWER": ["65535", "16MiB"],
    "ORRERY_HOSTS": ["*", "*.example.com", "a.test,", "a.test:80", "https://a.test", "a test", "é.test"],
    "ORRERY_CORS_ORIGINS": ["*", "null", "https://*.a.test", "https://a.test/x", "a.test"],
    "ORRERY_FRAME_ANCESTORS": ["*", "https://*.a.test", "http://a.test", "https://a.test/", "'self'", "a.test"],
    "ORRERY_METRICS_TOKEN": ["fifteen-letters", "a token of words", "a" * 40, "changeme" * 3, "clé-" * 8, "tokén" * 4],
    "ORRERY_LAME_DUCK": ["-1", "61", "0.5"],
    "ORRERY_WORKERS": ["0", "65", "two"],
    "FORWARDED_ALLOW_IPS": ["*", "0.0.0.0/0", "::/0", "10.0.0.1,*", "10.0.0.1,", "proxy.test", "10.0.0.1/8", "unix:"],
    "PORT": ["0", "65536", "http", "-1"],
    "SANDBOX_PORT": ["0", "65536", "x"],
    "SANDBOX_RATE_PLAN": ["Live", "none", "10", "live,test"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in UNSAFE.items() for text in texts])
def test_an_unsafe_or_unreadable_setting_stops_the_start_with_one_line_that_names_it(name: str, text: str) -> None:
    with pytest.raises(BadSetting) as wrong:
        read({**SOUND, name: text})
    line = str(wrong.value)
    assert line.startswith(name)
    assert line.isprintable()
    assert not [secret for secret in (KEY, FIRST, SANDBOX_SECRET) if secret in line]


@pytest.mark.parametrize("text", ["https://orb.test/v1?", "https://or b.test/v1", "https://orb.test\\.evil.test/v1"])
def test_a_base_url_that_cannot_carry_a_path_stops_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^ORB_BASE_URL"):
        read({**SOUND, "ORB_BASE_URL": text})


def test_a_viewer_secret_that_is_no_text_stops_the_start() -> None:
    with pytest.raises(BadSetting, match=r"^ORRERY_VIEWER_SECRET"):
        read({**SOUND, "ORRERY_VIEWER_SECRET": "\udcff" * 40})


@pytest.mark.parametrize("name", ["ORB_API_KEY", "ORRERY_VIEWER_SECRET"])
def test_without_a_required_setting_there_is_no_start(name: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} is missing"):
        read({other: text for other, text in SOUND.items() if other != name})


KEYED = {"ORB_API_KEY": KEY, "ORRERY_VIEWER_JWKS": "https://host.test/.well-known/jwks.json?v=1"}


@pytest.mark.parametrize(
    "text",
    [
        "http://host.test/jwks", "http://127.0.0.1.host.test/jwks", "ftp://host.test/jwks", "file:///etc/keys.json",
        "https://me:secret@host.test/jwks", "https://host.test/jwks#a", "https://", "https://host.test/a b", "://",
        "https://host.test/jwks\tx", "https://host.test:99999/jwks", "https://hést.test/jwks", "https://host.test/é",
    ],
)  # fmt: skip
def test_keys_come_from_an_https_url_alone(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^ORRERY_VIEWER_JWKS [^\n]+$") as wrong:
        read({**KEYED, "ORRERY_VIEWER_JWKS": text})
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    "text", [KEYED["ORRERY_VIEWER_JWKS"], "http://localhost:9/jwks", "http://[::1]/", "/etc/keys.json"]
)
@pytest.mark.parametrize("sandbox", [False, True])
def test_with_public_keys_there_is_no_secret(text: str, sandbox: bool) -> None:
    told = {"ORRERY_VIEWER_JWKS": text} if sandbox else {**KEYED, "ORRERY_VIEWER_JWKS": text}
    settings = read(told, sandbox=sandbox)
    assert (settings.viewer_jwks, settings.viewer_secrets) == (text, ())


@pytest.mark.parametrize("sandbox", [False, True])
def test_a_secret_beside_public_keys_stops_the_start(tmp_path: Path, sandbox: bool) -> None:
    (tmp_path / "secret").write_text(FIRST)
    keys = {"ORRERY_VIEWER_JWKS": "/etc/keys.json"} | ({} if sandbox else {"ORB_API_KEY": KEY})
    for secret in ({"ORRERY_VIEWER_SECRET": FIRST}, {"ORRERY_VIEWER_SECRET_FILE": str(tmp_path / "secret")}):
        with pytest.raises(BadSetting, match=r"^ORRERY_VIEWER_JWKS and ORRERY_VIEWER_SECRET are both set"):
            read({**keys, **secret}, sandbox=sandbox)


def test_what_is_not_set_has_the_value_of_the_contract() -> None:
    settings = read({**SOUND, "ORRERY_VIEWER_ISSUER": "  ", "PATH": "/bin"})
    assert (settings.orb_base_url, settings.orb_credit_currency) == ("https://api.withorb.com/v1", ("credits",))
    assert (settings.viewer_issuer, settings.viewer_audience, settings.viewer_untyped) == (None, "orrery", False)
    assert (settings.viewer_jwks, settings.revoked) == (None, None)
    assert (settings.max_age, settings.refresh_age, settings.patience) == (300, 10, 8)
    assert (settings.cache_bytes, settings.max_answer) == (67108864, 16777216)
    assert (settings.hosts, settings.frame_ancestors) == (("127.0.0.1", "localhost", "[::1]"), ())
    assert (settings.host, settings.port, settings.sandbox_port, settings.sandbox) == ("127.0.0.1", 8000, 8001, False)
    assert (settings.sandbox_rate_plan, settings.lame_duck, settings.workers) == ("live", 5, 1)
    assert (settings.sign_in_url, dict(settings.grouping_keys)) == (None, {"workspace_id": "Workspace"})


def test_what_is_set_is_taken() -> None:
    settings = read({
        **SOUND, "ORRERY_VIEWER_SECRET": f" {FIRST}  {SECOND} ", "ORB_BASE_URL": "http://[::1]:9/v1/",
        "ORRERY_GROUPING_KEYS": "team.id:The team, region", "ORRERY_HOSTS": "a.test, [::1]", "ORRERY_MAX_AGE": "0",
        "ORRERY_FRAME_ANCESTORS": "https://a.test:8443,http://localhost:3000", "ORRERY_VIEWER_UNTYPED": "1",
        "ORRERY_SIGN_IN_URL": "https://a.test/in?to=usage", "ORB_CREDIT_CURRENCY": "credits, tokens", "HOST": "::",
    })  # fmt: skip
    assert [secret.reveal() for secret in settings.viewer_secrets] == [FIRST, SECOND]
    assert (settings.orb_base_url, settings.host, settings.max_age) == ("http://[::1]:9/v1", "::", 0)
    assert list(settings.grouping_keys.items()) == [("team.id", "The team"), ("region", "region")]
    assert settings.frame_ancestors == ("https://a.test:8443", "http://localhost:3000")
    assert (settings.hosts, settings.orb_credit_currency) == (("a.test", "[::1]"), ("credits", "tokens"))
    assert (settings.viewer_untyped, settings.sign_in_url) == (True, "https://a.test/in?to=usage")


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    settings = read({"ORB_API_KEY_FILE": str(tmp_path / "key"), "ORRERY_VIEWER_SECRET": FIRST})
    assert settings.orb_api_key.reveal() == KEY


@pytest.mark.parametrize(("name", "other"), [("ORB_API_KEY", KEY), ("ORRERY_VIEWER_SECRET", FIRST)])
def test_a_secret_file_that_is_missing_unreadable_empty_or_beside_a_value_stops_the_start(
    tmp_path: Path, name: str, other: str
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    without = {each: text for each, text in SOUND.items() if each != name}
    for file in ("gone", "", "empty", "binary"):
        with pytest.raises(BadSetting, match=rf"^{name}(_FILE)? [^\n]+$"):
            read({**without, f"{name}_FILE": str(tmp_path / file)})
    (tmp_path / "sound").write_text(other)
    with pytest.raises(BadSetting, match=f"^{name} and {name}_FILE are both set"):
        read({**SOUND, f"{name}_FILE": str(tmp_path / "sound")})


def test_the_token_of_the_metrics_is_a_secret_like_the_others(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECOND[:16]}\n")
    assert read(SOUND).metrics_token is None
    for told in ({"ORRERY_METRICS_TOKEN": SECOND[:16]}, {"ORRERY_METRICS_TOKEN_FILE": str(tmp_path / "token")}):
        settings = read({**SOUND, **told})
        assert settings.metrics_token is not None
        assert settings.metrics_token.reveal() == SECOND[:16]
        assert SECOND[:16] not in f"{settings!r}"
    with pytest.raises(BadSetting, match=r"^ORRERY_METRICS_TOKEN_FILE cannot be read"):
        read({**SOUND, "ORRERY_METRICS_TOKEN_FILE": str(tmp_path / "gone")})


def test_settings_show_no_secret_and_do_not_change() -> None:
    settings = read({**SOUND, "ORRERY_VIEWER_SECRET": f"{FIRST} {SECOND}"})
    shown = f"{settings} {settings!r} {settings.viewer_secrets} {settings.orb_api_key:>40}"
    assert not [secret for secret in (KEY, FIRST, SECOND) if secret in shown]
    with pytest.raises(FrozenInstanceError):
        settings.orb_api_key = Secret("other")  # type: ignore[misc]


def test_the_sandbox_needs_no_account_and_asks_itself() -> None:
    settings = read(
        {"SANDBOX_PORT": "9123", "SANDBOX_RATE_PLAN": "trial", "ORB_BASE_URL": "https://api.withorb.com/v1"},
        sandbox=True,
    )
    assert (settings.sandbox, settings.orb_base_url) == (True, "http://127.0.0.1:9123/v1")
    assert settings.sandbox_rate_plan == "trial"
    assert [secret.reveal() for secret in settings.viewer_secrets] == [SANDBOX_SECRET]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "a.test", "localhost.test", "127.0.0.1.test"])  # noqa: S104
def test_the_sandbox_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(BadSetting, match=r"^HOST"):
        read({"HOST": host}, sandbox=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_the_sandbox_listens_on_any_loopback_name(host: str) -> None:
    assert read({"HOST": host}, sandbox=True).host == host.strip("[]")


def test_the_sandbox_never_runs_beside_a_real_account(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    for environ in ({"ORB_API_KEY": KEY}, {"ORB_API_KEY_FILE": str(tmp_path / "key")}):
        with pytest.raises(BadSetting, match=r"^ORB_API_KEY is set"):
            read(environ, sandbox=True)


def test_origins_are_kept_as_browsers_write_them() -> None:
    found = read(
        SOUND | {"ORRERY_FRAME_ANCESTORS": "https://App.Example.com:443, http://localhost:80,https://a.test:4430"}
    )

    assert found.frame_ancestors == ("https://app.example.com", "http://localhost", "https://a.test:4430")


def test_webhook_secrets_are_taken_as_orb_made_them_and_none_that_is_cut_off() -> None:
    found = read({**SOUND, "ORB_WEBHOOK_SECRET": " c-UGKYdnhHh436B_sMouYAPUvXyWpzOdunZBV5dFSD8 0123456789abcdef "})
    assert [each.reveal() for each in found.webhook_secrets] == [
        "c-UGKYdnhHh436B_sMouYAPUvXyWpzOdunZBV5dFSD8",
        "0123456789abcdef",
    ]
    assert read(SOUND).webhook_secrets == ()
    for secrets in ("0123456789abcde", "0123456789abcdef 0123456789abcde"):
        with pytest.raises(BadSetting, match=r"^ORB_WEBHOOK_SECRET is too short") as refused:
            read({**SOUND, "ORB_WEBHOOK_SECRET": secrets})
        assert secrets not in str(refused.value)


@pytest.mark.parametrize(
    "origin", ["https://a.example:99999", "https://.", "https://-", "https://a..b", "https://a-.b"]
)
@pytest.mark.parametrize("name", ["ORRERY_FRAME_ANCESTORS", "ORRERY_CORS_ORIGINS"])
def test_an_origin_that_nobody_can_have_stops_the_start(name: str, origin: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read({**SOUND, name: origin})


@pytest.mark.parametrize("secret", ["a" * 20, "changeme-changeme"])
def test_a_webhook_secret_that_can_be_guessed_stops_the_start(secret: str) -> None:
    with pytest.raises(BadSetting, match=r"^ORB_WEBHOOK_SECRET can be guessed"):
        read({**SOUND, "ORB_WEBHOOK_SECRET": secret})
