"""`python -m app serve | sandbox | token | doctor`."""

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, create_connection, create_server, socket

import anyio
import uvicorn
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from app import log
from app.budget.budget import Budget, alone
from app.budget.plan import PLANS
from app.budget.share import TooManyProcesses, share
from app.fleet.link import PROBE, connect
from app.main import create_app, orb_client, tokens
from app.orb.errors import OrbError, TimedOut, Unauthorized, Unreachable
from app.orb.path import BadId, CustomerRef, orb_id
from app.orb.transport import Wire
from app.palette import SCHEMES
from app.secret import Secret
from app.serving.guarded import Guarded
from app.serving.server import DRAIN, KEEP_ALIVE, Server, allow_files
from app.serving.workers import watch_over
from app.settings import BadSetting, Settings, read, sandbox_port, sandbox_rate_plan
from app.web.keys import BadKeys, Ring

# What a start that its settings forbid ends with: EX_CONFIG of sysexits.h.
_BAD_SETTING = 78


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except BadSetting as wrong:
        print(f"orrery: {wrong}", file=sys.stderr)
        return _BAD_SETTING
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="The usage dashboard for Orb.")
    commands = parser.add_subparsers(required=True, metavar="serve | sandbox | token | doctor")

    serve = commands.add_parser("serve", help="the dashboard")
    serve.add_argument(
        "--sandbox",
        nargs="?",
        const="started",
        choices=["started", "running"],
        help="fed by a sandbox Orb that is started beside it, or by one that is running",
    )
    # One of several processes: the socket that they share, and the process that watches over them.
    serve.add_argument("--listener", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)

    sandbox = commands.add_parser("sandbox", help="the sandbox Orb alone")
    sandbox.add_argument("--latency", type=float, default=1.0, help="how slow it answers; 0 for at once")
    sandbox.add_argument("--events", type=_count, default=0, help="at least so many usage events; bills get larger")
    sandbox.set_defaults(run=_sandbox)

    token = commands.add_parser("token", help="prints a viewer token, signed with the configured secret")
    whose = token.add_mutually_exclusive_group(required=True)
    whose.add_argument("--customer", help="Orb's id of the customer")
    whose.add_argument("--external-customer", help="your own id of the customer")
    token.add_argument("--ttl", type=_seconds, default=900, help="seconds until it ends, at most 3600")
    token.add_argument("--scope", help="sections to show, separated by spaces; all unless given")
    token.add_argument("--subscriptions", help="subscriptions to show, separated by commas; all unless given")
    token.add_argument("--theme", help="the theme, of several in ORRERY_THEME, or light or dark alone")
    token.add_argument("--sandbox", action="store_true", help="signed as `serve --sandbox` takes it")
    token.set_defaults(run=_token)

    doctor = commands.add_parser("doctor", help="checks the settings, asks Orb, says what is wrong")
    doctor.add_argument("--sandbox", action="store_true", help="for `serve --sandbox`")
    doctor.set_defaults(run=_doctor)
    return parser


def _serve(asked: argparse.Namespace) -> int:
    settings = read(sandbox=asked.sandbox is not None)
    _need_limits(settings)
    tokens(settings)  # refuses a start with a file that is wrong before anything listens
    log.set_up()
    if asked.listener is not None:
        return _answer(settings, socket(fileno=asked.listener), parent=asked.parent)
    if asked.sandbox != "started":
        return _listen(settings)
    # uvicorn ends with the signal that stopped it; as an exception it lets the sandbox be stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # A terminal that is closed does not reach the sandbox, which is in a group of its own.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGINT))
    with _sandbox_beside(settings):
        return _listen(settings)


def _need_limits(settings: Settings) -> None:
    """Raises BadSetting when there are more processes than Orb allows calls."""
    if settings.redis_url is not None:
        return  # then they know of each other's calls
    try:
        share(PLANS[settings.orb_rate_plan], settings.workers)
    except TooManyProcesses as error:
        raise BadSetting(f"ORRERY_WORKERS: {error}") from None


def _listen(settings: Settings) -> int:
    with _bound("PORT", settings.host, settings.port) as listener:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        print(f"Orrery is at http://{host}:{settings.port}", flush=True)
        if settings.workers == 1:
            return _answer(settings, listener)
        return watch_over([sys.executable, *sys.orig_argv[1:]], listener, settings.workers)


def _answer(settings: Settings, listener: socket, parent: int | None = None) -> int:
    """Serves in this process."""
    allow_files()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=Guarded,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=[*settings.proxies],
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=DRAIN,
        log_config=None,
    )
    server = Server(config, app, settings.lame_duck, parent)
    server.run(sockets=[listener])
    return 0 if server.started else 1


@contextmanager
def _sandbox_beside(settings: Settings) -> Iterator[None]:
    """A sandbox in a process of its own for as long as the block runs."""
    # Else a stranger's answers would be taken for the sandbox's.
    _bound("SANDBOX_PORT", "127.0.0.1", settings.sandbox_port).close()
    # A group of its own: Ctrl-C in a terminal would stop it while the service still needs it.
    process = subprocess.Popen([sys.executable, "-m", "app", "sandbox"], process_group=0)
    try:
        _await_port(process, settings.sandbox_port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _bound(name: str, host: str, port: int) -> socket:
    """A socket that listens there. Raises BadSetting when the address cannot be listened on."""
    try:
        return create_server((host, port), family=AF_INET6 if ":" in host else AF_INET, backlog=2048)
    except OSError as error:
        raise BadSetting(f"{name}: cannot listen on {host} port {port}: {error.strerror or 'no such host'}") from None


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(600):  # half a minute: a busy machine takes its time
        if process.poll() is not None:
            raise BadSetting(f"SANDBOX_PORT: the sandbox could not start on port {port}")
        try:
            create_connection(("127.0.0.1", port), 0.1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BadSetting(f"SANDBOX_PORT: the sandbox does not answer on port {port}")


def _sandbox(asked: argparse.Namespace) -> int:
    from app.sandbox.server import run  # noqa: PLC0415  the service never loads it

    port, rate_plan = sandbox_port(), sandbox_rate_plan()
    print(f"The sandbox Orb is at http://127.0.0.1:{port}/v1, its control panel at /_sandbox", flush=True)
    run("127.0.0.1", port, asked.latency, rate_plan, asked.events)
    return 0


def _token(asked: argparse.Namespace) -> int:
    settings = read(sandbox=asked.sandbox)
    if settings.viewer_jwks is not None:
        raise BadSetting("ORRERY_VIEWER_JWKS is set, and public keys cannot sign: only your server can make tokens")
    if asked.theme not in (None, *_themes(settings)):
        raise BadSetting(f"ORRERY_THEME has no theme {asked.theme!r:.40}: there are {', '.join(_themes(settings))}")
    try:
        customer = (
            CustomerRef("customer_id", asked.customer)
            if asked.customer is not None
            else CustomerRef("external_customer_id", asked.external_customer)
        )
        only = asked.subscriptions
        subscriptions = None if only is None else [orb_id(each) for each in only.split(",")]
    except BadId as wrong:
        print(f"orrery: {wrong}", file=sys.stderr)
        return 2
    signed = tokens(settings).sign(
        customer, ttl=asked.ttl, scope=asked.scope, subscriptions=subscriptions, theme=asked.theme
    )
    print(signed)
    return 0


def _themes(settings: Settings) -> tuple[str, ...]:
    return (*SCHEMES, *settings.theme.named)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 10_000_000):
        raise argparse.ArgumentTypeError("must be a number from 0 to 10000000")
    return int(text)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError("must be from 1 to 3600 seconds")
    return int(text)


def _doctor(asked: argparse.Namespace) -> int:
    settings = read(sandbox=asked.sandbox)
    signed = tokens(settings)
    print("The settings are sound.")
    wrong = asyncio.run(_ping(settings))
    print(wrong or f"Orb answers at {settings.orb_base_url} and takes the key.")
    without = asyncio.run(_write_to_redis(settings.redis_url)) if settings.redis_url else None
    if settings.redis_url:
        print(without or "Redis answers, and lets us write.")
    keyless = asyncio.run(_look_at(signed.ring)) if signed.ring else False
    if signed.revocations:
        print(f"ORRERY_REVOKED takes back the tokens of {_many(len(signed.revocations.says.customers), 'customer')}.")
    return 1 if wrong or without or keyless else 0


async def _look_at(ring: Ring) -> bool:
    """Says which public keys there are. Returns whether there are none."""
    try:
        keys = await ring.ask()
    except BadKeys as wrong:
        print(f"ORRERY_VIEWER_JWKS gives no keys, nobody could sign in: {wrong}.")
        return True
    finally:
        await ring.aclose()
    print(f"ORRERY_VIEWER_JWKS gives {_many(len(keys.usable), 'key')} that tokens may be signed with.")
    for reason in keys.passed_over:
        print(f"Passed over: {reason}.")
    return False


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


async def _write_to_redis(url: Secret) -> str | None:
    redis = connect(url.reveal())
    try:
        await redis.set(PROBE, "", px=1000)
    except AuthenticationError:
        return "Redis does not accept the name or the password in ORRERY_REDIS_URL."
    except ResponseError as error:
        return f"Redis does not let us write ({type(error).__name__}): each process would use all of Orb's limits."
    except (RedisError, OSError) as error:
        return f"Nothing answers at ORRERY_REDIS_URL ({type(error).__name__}): each process would go on alone."
    finally:
        await redis.aclose()
    return None


async def _ping(settings: Settings) -> str | None:
    async with anyio.create_task_group() as tasks:
        wire = Wire()
        try:
            await orb_client(settings, wire, Budget(alone(PLANS[settings.orb_rate_plan]), tasks)).ping()
        except Unauthorized:
            return "Orb does not accept ORB_API_KEY: is it of this account and mode, and not revoked?"
        except Unreachable:
            return f"Nothing answers at {settings.orb_base_url}: is the address right, and the network open?"
        except TimedOut:
            return f"{settings.orb_base_url} took longer than {settings.patience:g} seconds."
        except OrbError as error:
            return f"Orb answered, but not as expected: {error.code}."
        finally:
            await wire.aclose()
    return None


if __name__ == "__main__":
    sys.exit(main())
