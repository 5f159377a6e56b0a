"""The least that uvicorn can serve: the bytes of a file, whatever is asked.

    python -m tests.bench.peers.bare [--guarded]

KEPT names the file; TYPE and ENCODING are its. uvicorn is set up as `python -m app serve` sets it up; `--guarded` takes
the service's own HTTP protocol too, which sets limits on what clients may do.
"""

import os
import sys
from pathlib import Path

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from app.serving.guarded import Guarded
from app.serving.server import KEEP_ALIVE

BODY = Path(os.environ["KEPT"]).read_bytes()
HEADERS = [
    (b"content-type", os.environ["TYPE"].encode()),
    (b"content-length", str(len(BODY)).encode()),
    (b"content-encoding", os.environ["ENCODING"].encode()),
]


async def app(scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS, "trailers": False})
    await send({"type": "http.response.body", "body": BODY, "more_body": False})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(os.environ["PORT"]),
        http=Guarded if "--guarded" in sys.argv else "httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        log_config=None,
    )
