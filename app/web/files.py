"""The files of the page: under an address that changes with what is in them, so that a browser keeps them for good."""

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from app.web.problems import unknown
from app.web.unchanged import has

_FOLDER = Path(__file__).parents[2] / "static"
_COMMENTS = re.compile(rb"^[ \t]*(//[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)
_INDENTS = re.compile(rb"^[ \t]+", re.MULTILINE)
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASKED_ANEW = "public, no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """`named` is its name with a hash of what is in it; `packed` is its content as gzip."""

    named: str
    content: bytes
    packed: bytes
    media_type: str


class Files:
    """What is in one folder when the service starts, in memory and packed as small as it goes."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files = {path.name: _file(path) for path in sorted(folder.iterdir()) if path.is_file()}
        self._asked = dict(_by_address(self._files))

    def address(self, name: str) -> str:
        """Where a page finds the file as it is now. Raises KeyError for one that is not there."""
        return f"/static/{self._files[name].named}"

    def find(self, name: str) -> File:
        """The file that is asked for by either of its names. Raises KeyError."""
        return self._asked[name][0]

    async def show(self, request: Request) -> Response:
        """`GET /static/{name}`: by its name with the hash, for good; by its own, for pages of others, asked anew."""
        found = self._asked.get(request.path_params["name"])
        if found is None:
            raise unknown()
        file, lasts = found
        packs = "gzip" in request.headers.get("accept-encoding", "").lower()
        headers = {"Cache-Control": lasts, "ETag": f'"{file.named}{".gz" if packs else ""}"'}
        if has(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if packs:
            headers["Content-Encoding"] = "gzip"
        return Response(file.packed if packs else file.content, headers=headers, media_type=file.media_type)


def _for_browsers(source: bytes, suffix: str) -> bytes:
    """The same without what is for those who write it: a fifth of what would travel, packed."""
    bare = _COMMENTS.sub(b"", source)
    return _INDENTS.sub(b"", bare) if suffix == ".css" else bare  # in a script, a text may begin a line


def _by_address(files: Mapping[str, File]) -> Iterator[tuple[str, tuple[File, str]]]:
    for name, file in files.items():
        yield name, (file, _ASKED_ANEW)
        yield file.named, (file, _FOR_GOOD)


def _file(path: Path) -> File:
    content = _for_browsers(path.read_bytes(), path.suffix)
    named = f"{path.stem}.{sha256(content).hexdigest()[:12]}{path.suffix}"
    # No time in it: every process packs the same bytes.
    return File(named, content, gzip.compress(content, 9, mtime=0), guess_type(path.name)[0] or "text/plain")
