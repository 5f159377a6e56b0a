"""FastAPI with a document that is at hand: as finished bytes, or as a dict that it encodes.

    python -m tests.bench.peers.fastapi_kept [--dict | --typed-dict]

A dict of a declared type goes straight through pydantic; one of none goes value by value, and then to `json`.

KEPT names the file with the document, KEPT_PLAIN the one in which it is not packed; TYPE and ENCODING are the first's.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response

BODY = Path(os.environ["KEPT"]).read_bytes()
DOCUMENT: dict[str, Any] = json.loads(Path(os.environ["KEPT_PLAIN"]).read_bytes())
HEADERS = {"content-encoding": os.environ["ENCODING"]}

app = FastAPI()


async def as_bytes() -> Response:
    return Response(BODY, media_type=os.environ["TYPE"], headers=HEADERS)


async def as_dict() -> dict[str, Any]:
    return DOCUMENT


if "--typed-dict" in sys.argv:
    app.add_api_route("/kept", as_dict)
else:
    app.add_api_route("/kept", as_dict if "--dict" in sys.argv else as_bytes, response_model=None)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_level="warning")
