"""The files of the page: kept by browsers for good under a name of their content, packed, and nothing beside them."""

import re
import zlib
from pathlib import Path
from typing import Any

import anyio
import pytest
import respx
from starlette.types import Message

from app.web.files import Files
from tests.conftest import Serve
from tests.orb.answers import borealis

FOLDER = Path(__file__).parents[2] / "static"
NAMES = sorted(path.name for path in FOLDER.iterdir())
IN_PAGE = r'(?:href|src)="(/static/[^"]+)"'


async def test_a_page_names_files_by_their_content_and_they_are_kept_for_good(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        pages = [await client.get(path) for path in ("/", "/invoices", "/explore", "/enter")]
        addresses = {each for page in pages for each in re.findall(IN_PAGE, page.text)}
        files = {address: await client.get(address) for address in addresses}

    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", address) for address in addresses} == {
        "/static/dashboard.css", "/static/dashboard.js", "/static/enter.js",
    }  # fmt: skip
    assert {each.headers["cache-control"] for each in files.values()} == {"public, max-age=31536000, immutable"}


@pytest.mark.parametrize("name", NAMES)
async def test_each_has_a_name_of_its_own_that_is_asked_for_anew(serve: Serve, name: str) -> None:
    async with serve(None) as client:
        plain = await client.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
        packed = await client.get(f"/static/{name}")
        same = await client.get(Files().address(name))
        again = [
            await client.get(f"/static/{name}", headers={**coding, "If-None-Match": each.headers["etag"]})
            for coding, each in (({"Accept-Encoding": "identity"}, plain), ({}, packed))
        ]
        other = await client.get(f"/static/{name}", headers={"If-None-Match": plain.headers["etag"]})

    assert plain.content == packed.content == same.content
    left_out = {line.strip() for line in (FOLDER / name).read_text().splitlines()} - {
        line.strip() for line in plain.text.splitlines()
    }
    assert all(re.match(r"//|/\*|\*|[A-Z].*\*/$|[a-z ,.]+$", line) for line in left_out), left_out
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert plain.headers["cache-control"] == packed.headers["cache-control"] == "public, no-cache"
    assert plain.headers["etag"] != packed.headers["etag"]
    assert [(each.status_code, each.content, each.headers["vary"]) for each in again] == [
        (304, b"", "Accept-Encoding, Origin")
    ] * 2
    assert other.status_code == 200  # it has the file, but not as it would come now


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing.css", "/dashboard.css/", "/dashboard.000000000000.css", "/..%2fapp%2fmain.py",
     "/%2e%2e/README.md", "/dashboard.css%00", "/DASHBOARD.CSS", "/.", "/sub/dashboard.css"],
)  # fmt: skip
async def test_there_is_nothing_else(serve: Serve, path: str) -> None:
    async with serve(None) as client:
        assert (await client.get(f"/static{path}")).status_code == 404


def test_comments_stay_here_and_nothing_else_does(tmp_path: Path) -> None:
    source = """// one
const a = "// two"; // three
  /** four
   * five */
  const b = `/* six */`;
/* seven */ const c = 1;
  /* eight */
"""
    (tmp_path / "x.js").write_text(source)
    assert (
        Files(tmp_path).find("x.js").content.decode()
        == """const a = "// two"; // three
  const b = `/* six */`;
/* seven */ const c = 1;
"""
    )


def test_a_stylesheet_leaves_its_indents_here_too(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text('/* one */\na {\n  b: "  c";\n\t d: e;\n}\n')
    assert Files(tmp_path).find("x.css").content == b'a {\nb: "  c";\nd: e;\n}\n'


def test_what_changes_gets_another_address(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("a {}")
    before = Files(tmp_path).address("x.css")
    assert Files(tmp_path).address("x.css") == before
    (tmp_path / "x.css").write_text("b {}")
    assert Files(tmp_path).address("x.css") != before
    with pytest.raises(KeyError):
        Files(tmp_path).address("y.css")


@pytest.mark.parametrize("path", ["/", "/api/dashboard", "/explore", "/openapi.json"])
async def test_pages_and_documents_travel_packed(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    borealis(orb_router)
    async with serve() as client:
        packed = await client.get(path)
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"]
    assert packed.headers.get("etag") == plain.headers.get("etag")


async def test_a_page_leaves_packed_piece_by_piece(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    unpack, shown = zlib.decompressobj(16 + zlib.MAX_WBITS), []

    async def stays() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        shown.append(unpack.decompress(message.get("body", b"")))

    async with serve() as client:
        request = client.build_request("GET", "/")
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http"}
        app: Any = client._transport
        await app.app({**scope, "headers": [(key.lower(), value) for key, value in request.headers.raw]}, stays, send)

    assert b"</header>" not in shown[1]  # the head alone, readable before anything follows
    assert b"<title>" in shown[1]
    assert b"".join(shown).endswith(b"</html>\n")
