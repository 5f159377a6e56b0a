"""compose.yaml without Docker: two copies of the service as one, Redis between them, the sandbox behind, nginx before.

`make fleet` runs it until Ctrl-C. PORT (8000) is nginx's, SANDBOX_PORT (8001) the sandbox's; the others are free ones.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

HERE = Path(__file__).parent
_NEEDED = {"redis-server": "redis-server", "nginx": "nginx-light"}


def program(name: str) -> str:
    """Where a program is. Ends with a sentence where it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        sys.exit(f"{name} is needed for this: apt-get install {_NEEDED[name]}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[None]:
    """A process for as long as the block runs; a group of its own, so that Ctrl-C ends them in order."""
    process = subprocess.Popen(command, cwd=HERE.parent, env=os.environ | environment, process_group=0)  # noqa: S603
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def balanced(port: int, copies: Sequence[int]) -> Iterator[None]:
    """nginx.conf on this machine's ports."""
    rules = (HERE / "nginx.conf").read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    for n, each in enumerate(copies, 1):
        rules = rules.replace(f"orrery-{n}:8000", f"127.0.0.1:{each}")
    with tempfile.TemporaryDirectory() as folder:
        main = f"daemon off; pid {folder}/pid; events {{}} "
        paths = "".join(f"{each}_temp_path {folder}; " for each in ("client_body", "proxy"))
        unused = "".join(f"{each}_temp_path {folder}/{each}; " for each in ("fastcgi", "uwsgi", "scgi"))
        Path(folder, "nginx.conf").write_text(f"{main} http {{ access_log off; {paths} {unused} {rules} }}")
        with running([program("nginx"), "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]):
            yield


def until_ready(url: str) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            urlopen(url, timeout=1).close()  # noqa: S310  ours
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    sys.exit(f"nobody answers at {url}")


def main() -> None:
    port, sandbox = int(os.environ.get("PORT", "8000")), os.environ.get("SANDBOX_PORT", "8001")
    redis, copies = free_port(), [free_port(), free_port()]
    serve = [sys.executable, "-m", "app", "serve", "--sandbox", "running"]
    server = [program("redis-server"), "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as started:
        started.enter_context(running([*server, "--loglevel", "warning"]))
        started.enter_context(running([sys.executable, "-m", "app", "sandbox"], SANDBOX_PORT=sandbox))
        until_ready(f"http://127.0.0.1:{sandbox}/_sandbox/customers")
        for each in copies:
            shared = {"ORRERY_REDIS_URL": f"redis://127.0.0.1:{redis}/0", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
            started.enter_context(running(serve, PORT=str(each), SANDBOX_PORT=sandbox, ORRERY_LAME_DUCK="0", **shared))
        for each in copies:
            until_ready(f"http://127.0.0.1:{each}/readyz")
        started.enter_context(balanced(port, copies))
        print(f"Two copies of Orrery are at http://127.0.0.1:{port}", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
