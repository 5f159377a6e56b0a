"""What is the same for all: scripts and styles, each under one address."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.web.problems import unknown


class Static(StaticFiles):
    """Files, but not under the other addresses that lead a file system to the same one: `x/`, `./x`, `a/../x`."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part in ("", ".", "..") for part in scope["path"].split("/")[1:]):
            raise unknown()
        return await super().get_response(path, scope)
