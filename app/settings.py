"""Every setting of the service, read once from the environment and frozen."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from app.labels import NO_LABELS, BadLabels, Labels
from app.labels import read as read_labels
from app.secret import Secret
from app.theme import NO_THEMES, BadTheme, Themes
from app.theme import read as read_themes

# Signs viewer tokens when only the sandbox's invented customers can be seen. Known to everybody, so the
# service refuses it for a real account.
SANDBOX_SECRET = "sandbox-only-secret-for-invented-customers"  # noqa: S105

_WEAK = re.compile(r"changeme|change-me|password|secret123", re.IGNORECASE)
_MOST_TOML = 1024 * 1024
_LEAST_TOKEN = 16
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?"
_NAME = rf"{_LABEL}(\.{_LABEL})*"
_HOST = rf"({_NAME}|\[[0-9a-fA-F:]+\])"


RatePlan = Literal["live", "test", "trial"]
SandboxRatePlan = Literal["live", "test", "trial", "off"]
Word = TypeVar("Word", bound=str)


class BadSetting(ValueError):
    """A setting that is missing, unsafe, unreadable or out of range. The sentence names it; exit code 78."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the service was told at its start. `README.md` explains each by its environment name."""

    orb_api_key: Secret
    orb_base_url: str = "https://api.withorb.com/v1"
    orb_rate_plan: RatePlan = "live"
    orb_credit_currency: tuple[str, ...] = ("credits",)
    webhook_secrets: tuple[Secret, ...] = ()
    viewer_secrets: tuple[Secret, ...] = ()
    viewer_jwks: str | None = None
    viewer_issuer: str | None = None
    viewer_audience: str = "orrery"
    viewer_untyped: bool = False
    revoked: str | None = None
    sign_in_url: str | None = None
    grouping_keys: Mapping[str, str]
    labels: Labels = NO_LABELS
    theme: Themes = NO_THEMES
    max_age: float = 300
    refresh_age: float = 10
    patience: float = 8
    cache_bytes: int = 64 * 1024 * 1024
    redis_url: Secret | None = None
    max_answer: int = 16 * 1024 * 1024
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    frame_ancestors: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    metrics_token: Secret | None = None
    traced: bool = False
    sandbox: bool = False
    sandbox_port: int = 8001
    sandbox_rate_plan: SandboxRatePlan = "live"
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: tuple[str, ...] = ()
    lame_duck: int = 5
    workers: int = 1


def read(environ: Mapping[str, str] = os.environ, *, sandbox: bool = False) -> Settings:
    """The settings in `environ`; with `sandbox`, those that need no account.

    Raises BadSetting, whose text is one line for the operator.
    """
    if sandbox:
        if _text(environ, "ORB_API_KEY"):
            raise BadSetting("ORB_API_KEY is set: the sandbox never runs beside a real account; unset one of them")
        key, base_url = Secret("sandbox"), f"http://127.0.0.1:{sandbox_port(environ)}/v1"
    else:
        key = Secret(_required(environ, "ORB_API_KEY"))
        base_url = _base_url(environ)
    host = (_text(environ, "HOST") or "127.0.0.1").strip("[]")
    if not re.fullmatch(r"[A-Za-z0-9.:\-]+", host):
        raise BadSetting("HOST is not a name or an address")
    if sandbox and not is_loopback(host):
        raise BadSetting("HOST: the sandbox and its sign-in page listen on loopback only, such as 127.0.0.1")
    return Settings(
        orb_api_key=key,
        orb_base_url=base_url,
        orb_rate_plan=_rate_plan(environ, sandbox=sandbox),
        orb_credit_currency=_names(environ, "ORB_CREDIT_CURRENCY", "credits", r"[^\s,/]{1,64}"),
        webhook_secrets=_webhook_secrets(environ),
        viewer_secrets=_viewer_secrets(environ, sandbox=sandbox),
        viewer_jwks=_viewer_jwks(environ),
        viewer_issuer=_text(environ, "ORRERY_VIEWER_ISSUER"),
        viewer_audience=_text(environ, "ORRERY_VIEWER_AUDIENCE") or "orrery",
        viewer_untyped=_flag(environ, "ORRERY_VIEWER_UNTYPED"),
        revoked=_text(environ, "ORRERY_REVOKED"),
        sign_in_url=_sign_in_url(environ),
        grouping_keys=_grouping_keys(environ),
        labels=_labels(environ),
        theme=_theme(environ),
        max_age=_number(environ, "ORRERY_MAX_AGE", 300, 0, 86400),
        refresh_age=_number(environ, "ORRERY_REFRESH_AGE", 10, 0, 86400),
        patience=_number(environ, "ORRERY_PATIENCE", 8, 1, 60),
        cache_bytes=_number(environ, "ORRERY_CACHE_BYTES", 64 * 1024 * 1024, 1024 * 1024, 2**40),
        redis_url=_redis_url(environ),
        max_answer=_number(environ, "ORRERY_MAX_ANSWER", 16 * 1024 * 1024, 65536, 2**30),
        hosts=_names(environ, "ORRERY_HOSTS", "127.0.0.1,localhost,[::1]", _HOST),
        frame_ancestors=_origins(environ, "ORRERY_FRAME_ANCESTORS"),
        cors_origins=_origins(environ, "ORRERY_CORS_ORIGINS"),
        metrics_token=_metrics_token(environ),
        traced=any(name.startswith("OTEL_") for name in environ),
        sandbox=sandbox,
        sandbox_port=sandbox_port(environ),
        sandbox_rate_plan=sandbox_rate_plan(environ),
        host=host,
        port=_number(environ, "PORT", 8000, 1, 65535),
        proxies=tuple(_proxies(environ)),
        lame_duck=_number(environ, "ORRERY_LAME_DUCK", 5, 0, 60),
        workers=_number(environ, "ORRERY_WORKERS", 1, 1, 64),
    )


def sandbox_port(environ: Mapping[str, str] = os.environ) -> int:
    """Where the sandbox listens, which needs no other setting. Raises BadSetting."""
    return _number(environ, "SANDBOX_PORT", 8001, 1, 65535)


def sandbox_rate_plan(environ: Mapping[str, str] = os.environ) -> SandboxRatePlan:
    """Whose rate limits the sandbox keeps, which needs no other setting. Raises BadSetting."""
    plans: tuple[SandboxRatePlan, ...] = get_args(SandboxRatePlan)
    return _one_of("SANDBOX_RATE_PLAN", _text(environ, "SANDBOX_RATE_PLAN") or "live", plans)


def _rate_plan(environ: Mapping[str, str], *, sandbox: bool) -> RatePlan:
    """The plan of the account; beside the sandbox, that which the sandbox keeps."""
    plans: tuple[RatePlan, ...] = get_args(RatePlan)
    kept = sandbox_rate_plan(environ) if sandbox else "live"
    return _one_of("ORB_RATE_PLAN", _text(environ, "ORB_RATE_PLAN") or (kept if kept != "off" else "live"), plans)


def _one_of(name: str, text: str, choices: Sequence[Word]) -> Word:
    for each in choices:
        if each == text:
            return each
    raise BadSetting(f"{name} must be one of {', '.join(choices)}")


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _text(environ: Mapping[str, str], name: str) -> str | None:
    """The setting, or the contents of the file that NAME_FILE names; None when neither is there or it is blank."""
    path = environ.get(f"{name}_FILE", "").strip()
    text = environ.get(name, "").strip()
    if not path:
        return _readable(name, text)
    if text:
        raise BadSetting(f"{name} and {name}_FILE are both set: keep one")
    try:
        return _readable(name, Path(path).read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}_FILE cannot be read: {type(error).__name__}") from None


def _readable(name: str, text: str) -> str | None:
    if not "".join(text.split()).isprintable():
        raise BadSetting(f"{name} holds characters that are no text")
    return text or None


def _proxies(environ: Mapping[str, str]) -> Iterator[str]:
    """Whose word on where a request came from is taken: addresses and networks, by the name that uvicorn gave it."""
    text = _text(environ, "FORWARDED_ALLOW_IPS")
    for each in text.split(",") if text else ():
        try:
            network = ipaddress.ip_network(each.strip())
        except ValueError:
            raise BadSetting(f"FORWARDED_ALLOW_IPS: {each.strip()!r:.80} is not an address or a network") from None
        if network.prefixlen == 0:
            raise BadSetting("FORWARDED_ALLOW_IPS names everybody: then anybody could say that they are anybody else")
        yield each.strip()


def _required(environ: Mapping[str, str], name: str) -> str:
    text = _text(environ, name)
    if text is None:
        raise BadSetting(f"{name} is missing; set it, or start with --sandbox to see invented customers")
    if not text.isascii() or len(text.split()) > 1:
        raise BadSetting(f"{name} holds a space or a character that no key has")
    return text


def _base_url(environ: Mapping[str, str]) -> str:
    text = (_text(environ, "ORB_BASE_URL") or "https://api.withorb.com/v1").rstrip("/")
    parts = _url("ORB_BASE_URL", text)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise BadSetting("ORB_BASE_URL must be https: the key would cross the network readable")
    if not re.fullmatch(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*", parts.path):
        raise BadSetting("ORB_BASE_URL has an odd path")
    return text


def _redis_url(environ: Mapping[str, str]) -> Secret | None:
    """Secret, for it may hold a password. Without TLS a password and customers' figures cross the network readable,
    as inside a private network they may."""
    text = _text(environ, "ORRERY_REDIS_URL")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        there = parts.hostname is not None and parts.port != 0
    except ValueError:
        there = False
    if not there or not re.fullmatch(r"rediss?://[!-~]+?(/[0-9]{1,3})?/?", text):
        raise BadSetting("ORRERY_REDIS_URL is not a redis:// or rediss:// URL, such as redis://localhost:6379/0")
    return Secret(text)


def _sign_in_url(environ: Mapping[str, str]) -> str | None:
    text = _text(environ, "ORRERY_SIGN_IN_URL")
    if text is not None:
        _url("ORRERY_SIGN_IN_URL", text, query=True)
    return text


def _url(name: str, text: str, *, query: bool = False) -> Any:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise BadSetting(f"{name} is not a URL") from None
    host = re.fullmatch(_HOST + r"(:[0-9]{1,5})?", parts.netloc)
    extra = parts.fragment or ("?" in text and not query) or re.search(r"\s", text)
    if parts.scheme not in ("http", "https") or not host or extra:
        raise BadSetting(f"{name} is not a plain http or https URL")
    return parts


def _webhook_secrets(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """Orb makes these, so nothing is asked of them but that none is cut off."""
    secrets = (_text(environ, "ORB_WEBHOOK_SECRET") or "").split()
    if any(len(each) < _LEAST_TOKEN for each in secrets):
        raise BadSetting(f"ORB_WEBHOOK_SECRET is too short: at least {_LEAST_TOKEN} characters each, as Orb gave them")
    if any(len(set(each)) < _LEAST_TOKEN // 2 or _WEAK.search(each) for each in secrets):
        raise BadSetting("ORB_WEBHOOK_SECRET can be guessed: take the one that Orb gave the endpoint")
    return tuple(Secret(each) for each in secrets)


def _viewer_secrets(environ: Mapping[str, str], *, sandbox: bool) -> tuple[Secret, ...]:
    text = _text(environ, "ORRERY_VIEWER_SECRET")
    if text is None:
        if _text(environ, "ORRERY_VIEWER_JWKS"):
            return ()
        if sandbox:
            return (Secret(SANDBOX_SECRET),)
        raise BadSetting(
            "ORRERY_VIEWER_SECRET is missing, and ORRERY_VIEWER_JWKS too: nobody could be told from anybody else"
        )
    secrets = text.split()
    for secret in secrets:
        if len(secret.encode()) < 32:
            raise BadSetting("ORRERY_VIEWER_SECRET is too short: at least 32 bytes each")
        if len(set(secret)) < 8 or _WEAK.search(secret) or (secret == SANDBOX_SECRET and not sandbox):
            raise BadSetting("ORRERY_VIEWER_SECRET can be guessed: make one with `openssl rand -hex 32`")
    return tuple(Secret(secret) for secret in secrets)


def _viewer_jwks(environ: Mapping[str, str]) -> str | None:
    """Where the public keys are: a URL, or the path of a file."""
    text = _text(environ, "ORRERY_VIEWER_JWKS")
    if text is None:
        return None
    if _text(environ, "ORRERY_VIEWER_SECRET"):
        raise BadSetting(
            "ORRERY_VIEWER_JWKS and ORRERY_VIEWER_SECRET are both set: tokens are signed in one way, keep one"
        )
    if "://" in text:
        parts = _url("ORRERY_VIEWER_JWKS", text, query=True)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise BadSetting("ORRERY_VIEWER_JWKS must be https: who sits on the way could put keys of their own in it")
        if not re.fullmatch(r"[!-~]+", text):
            raise BadSetting("ORRERY_VIEWER_JWKS holds a character that no URL can carry")
    return text


def _metrics_token(environ: Mapping[str, str]) -> Secret | None:
    text = _text(environ, "ORRERY_METRICS_TOKEN")
    if text is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise BadSetting("ORRERY_METRICS_TOKEN holds a space or a character that no header can carry")
    if len(text) < _LEAST_TOKEN:
        raise BadSetting(f"ORRERY_METRICS_TOKEN is too short: at least {_LEAST_TOKEN} characters")
    if len(set(text)) < _LEAST_TOKEN // 2 or _WEAK.search(text):
        raise BadSetting("ORRERY_METRICS_TOKEN can be guessed: make one with `openssl rand -hex 32`")
    return Secret(text)


def _grouping_keys(environ: Mapping[str, str]) -> dict[str, str]:
    text = _text(environ, "ORRERY_GROUPING_KEYS") or "workspace_id:Workspace"
    keys: dict[str, str] = {}
    for part in text.split(","):
        key, _, label = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_.\-]{1,64}", key) or key in keys:
            raise BadSetting(f"ORRERY_GROUPING_KEYS: {part.strip()!r:.80} is not key:Label, or is there twice")
        keys[key] = label.strip() or key
    return keys


def _labels(environ: Mapping[str, str]) -> Labels:
    path = _text(environ, "ORRERY_LABELS")
    try:
        return NO_LABELS if path is None else read_labels(_toml("ORRERY_LABELS", path))
    except BadLabels as error:
        raise BadSetting(f"ORRERY_LABELS: {error!s:.200}") from None


def _theme(environ: Mapping[str, str]) -> Themes:
    path = _text(environ, "ORRERY_THEME")
    try:
        return NO_THEMES if path is None else read_themes(_toml("ORRERY_THEME", path), Path(path).parent)
    except BadTheme as error:
        raise BadSetting(f"ORRERY_THEME: {error!s:.300}") from None


def _toml(name: str, path: str) -> dict[str, Any]:
    """What stands in the file of a setting."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST_TOML + 1)
        if len(text) > _MOST_TOML:
            raise BadSetting(f"{name}: the file is larger than {_MOST_TOML} bytes")
        return tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        raise BadSetting(f"{name} cannot be read: {type(error).__name__}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{name} is not TOML: {error!s:.200}") from None


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _text(environ, name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,15}", text) or not low <= int(text) <= high:
        raise BadSetting(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name)
    if text not in (None, "0", "1"):
        raise BadSetting(f"{name} must be 0 or 1")
    return text == "1"


def _names(environ: Mapping[str, str], name: str, default: str, pattern: str) -> tuple[str, ...]:
    return _list(name, _text(environ, name) or default, lambda part: re.fullmatch(pattern, part) is not None)


def _origins(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    text = _text(environ, name)
    port = r"(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    pattern = rf"https://{_NAME}{port}|http://(localhost|127\.0\.0\.1|\[::1\]){port}"
    return (
        tuple(map(_as_browsers_write, _list(name, text, lambda part: re.fullmatch(pattern, part) is not None)))
        if text
        else ()
    )


def _as_browsers_write(origin: str) -> str:
    """In small letters and without the port that goes without saying: origins are compared letter by letter."""
    return re.sub(r"^(https://.*):0*443$|^(http://.*):0*80$", r"\1\2", origin.lower())


def _list(name: str, text: str, fits: Callable[[str], bool]) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    for part in parts:
        if not fits(part):
            raise BadSetting(f"{name}: {part!r:.80} is not an exact name; wildcards are refused")
    return parts
