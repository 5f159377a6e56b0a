"""How pages are dressed: `/theme.css`, the files that it names, and what a page's head says of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.artwork import Font, Picture
from app.palette import OURS, PROPERTIES, SCHEMES, Scheme
from app.theme import Theme, Themes
from app.web.unchanged import has
from app.web.viewer import KNOWN, Viewer

_FOREVER = "public, max-age=31536000, immutable"
_PICKED = "orrery.theme"
_FALLBACK = ("system-ui", "sans-serif")
# Those that are words of CSS; every other name stands in quotes.
_WORDS = frozenset(
    ["serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "-apple-system"]
    + [f"ui-{each}" for each in ("serif", "sans-serif", "monospace", "rounded")]
)
# The name, or the logo in its place: before the title, or above it where the page is nobody's.
_BRAND = """\
.brand a { text-decoration: none; }
.brand img { vertical-align: -0.28em; max-width: 100%; height: auto; }
.brand.beside::after { content: "/"; content: "/" / ""; margin-inline: 0.4em 0.15em; }
.brand.beside::after { color: var(--line); font-weight: 400; }
/* The stamp stands at the end of the title's line. */
@container page (width > 560px) { .top h1:has(.brand) { padding-inline-end: 200px; } }
@container page (width <= 560px) {
  .top h1:has(.brand) { grid-column: 1 / -1; }
  .brand.beside { display: block; margin-bottom: 4px; }
  .brand.beside::after { display: none; }
}
.brand.above { max-width: 960px; margin: 0 auto; padding: 32px 24px 0; font-weight: 650; }
.brand.above + .page { padding-top: 20px; }
"""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture in its place on a page."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a page says of its theme; nothing of it where there is none."""

    sheet: str | None = None
    scheme: Scheme | None = None
    name: str | None = None
    logo: Logo | None = None
    logo_dark: Logo | None = None  # where the reader's browser is dark


class Themed:
    """The themes as they are served: each one's sheet and files, at addresses that change with what is there."""

    def __init__(self, themes: Themes) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self._sheets: dict[str, bytes] = {}
        for theme in filter(None, (themes.usual, *themes.named.values())):
            self.files |= {_name(file): (file.data, _media_type(file)) for file in _files(theme)}
            self._sheets[tag(sheet(theme))] = sheet(theme)
        self._usual = sheet(themes.usual) if themes.usual else b""
        self._looks: dict[str | None, Look] = {
            **{name: _look(theme, _fixed(theme)) for name, theme in themes.named.items()},
            **{scheme: _look(themes.usual, scheme) for scheme in SCHEMES},
            None: _look(themes.usual, _fixed(themes.usual)),
        }

    def sheet(self, version: str | None) -> tuple[bytes, bool]:
        """The sheet of that version, and whether it is that; else the one of everybody."""
        found = self._sheets.get(version or "")
        return (self._usual, False) if found is None else (found, True)

    def look(self, picked: str | None) -> Look:
        """The look of who picked that: a theme by its name, or a scheme alone; of all others the usual one."""
        return self._looks.get(picked, self._looks[None])


def pick(request: Request, scheme: str | None) -> None:
    """Remembers what the address of a page picked that is nobody's."""
    request.scope[_PICKED] = scheme


def look(request: Request) -> Look:
    """How the page that answers this request is dressed."""
    themed: Themed = request.app.state.desk.themed
    viewer: Viewer | None = request.scope.get(KNOWN)
    return themed.look(viewer.theme if viewer else request.scope.get(_PICKED))


async def show(request: Request) -> Response:
    """`GET /theme.css`: nobody's data. With the version that pages name it never changes."""
    themed: Themed = request.app.state.desk.themed
    body, exact = themed.sheet(request.query_params.get("v"))
    headers = {"Cache-Control": _FOREVER if exact else "no-cache", "ETag": f'"{tag(body)}"'}
    if has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/css")


async def file(request: Request) -> Response:
    """`GET /theme/{file}`: a logo or a font. Its name holds the hash of what it is."""
    themed: Themed = request.app.state.desk.themed
    found = themed.files.get(request.path_params["file"])
    if found is None:
        raise HTTPException(404)
    return Response(found[0], headers={"Cache-Control": _FOREVER}, media_type=found[1])


def is_open(path: str) -> bool:
    """Whether what answers there is the same for everybody, and may be kept."""
    return path == "/theme.css" or path.startswith("/theme/")


def tag(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]


def sheet(theme: Theme) -> bytes:
    """The custom properties that differ from those of static/dashboard.css: without a layer they win over it."""
    rules = ["".join(_font_face(theme)), f":root {{\n{''.join(_properties(theme))}}}\n", _BRAND if theme.name else ""]
    return "".join(rules).encode()


def _font_face(theme: Theme) -> Iterator[str]:
    if theme.font_file:
        weights = " font-weight: 100 900;" if theme.font_file.variable else ""
        address = f'url("/theme/{_name(theme.font_file)}") format("woff2")'
        yield f"@font-face {{ font-family: {_family(theme.font[0])}; src: {address}; font-display: swap;{weights} }}\n"


def _properties(theme: Theme) -> Iterator[str]:
    light, dark = (theme.colours.get(scheme, {}) for scheme in SCHEMES)
    for word, name in PROPERTIES.items():
        if word in light or word in dark:
            both = (light.get(word, OURS["light"][word]), dark.get(word, OURS["dark"][word]))
            yield f"  {name}: light-dark({', '.join(both)});\n"
    if theme.radius is not None:
        yield f"  --radius: {theme.radius}px;\n"
    if theme.font:
        yield f"  --font: {', '.join(map(_family, dict.fromkeys((*theme.font, *_FALLBACK))))};\n"


def _family(name: str) -> str:
    return name if name in _WORDS else f'"{name}"'


def _files(theme: Theme) -> Iterator[Picture | Font]:
    yield from (each for each in (theme.logo, theme.logo_dark, theme.font_file) if each is not None)


def _name(file: Picture | Font) -> str:
    return f"logo-{tag(file.data)}.{file.suffix}" if isinstance(file, Picture) else f"font-{tag(file.data)}.woff2"


def _media_type(file: Picture | Font) -> str:
    return file.media_type if isinstance(file, Picture) else "font/woff2"


def _fixed(theme: Theme | None) -> Scheme | None:
    return theme.scheme if theme and theme.scheme != "auto" else None


def _look(theme: Theme | None, scheme: Scheme | None) -> Look:
    if theme is None:
        return Look(scheme=scheme)
    light = _logo(theme.logo, theme.logo_height)
    dark = _logo(theme.logo_dark, theme.logo_height) or light
    return Look(
        f"/theme.css?v={tag(sheet(theme))}",
        scheme,
        theme.name,
        dark if scheme == "dark" else light,
        dark if scheme is None and dark is not light else None,
    )


def _logo(picture: Picture | None, height: int) -> Logo | None:
    if picture is None:
        return None
    return Logo(f"/theme/{_name(picture)}", max(1, round(height * picture.aspect)), height)
