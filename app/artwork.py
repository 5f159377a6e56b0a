"""An operator's own files, checked before they are served: a logo that is nothing but a drawing, and a font."""

import re
import struct
from dataclasses import dataclass
from xml.etree import ElementTree

# What of SVG draws. No script, no other document inside, no animation, which could change an address.
_DRAWS = re.compile(
    "svg|g|defs|symbol|use|title|desc|style|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|textPath|switch|"
    "linearGradient|radialGradient|stop|clipPath|mask|pattern|marker|filter|"
    "fe(Blend|ColorMatrix|ComponentTransfer|Composite|DropShadow|Flood|Func[ABGR]|GaussianBlur|Merge|MergeNode|"
    "Morphology|Offset)"
)
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
# What leads out of the file, in an attribute or a style: an address, an import, and what could hide one.
_LEADS_OUT = re.compile(r"""//|\\|@import|url\(\s*["']?(?!\s*["']?#)|image-set|javascript:|data:""", re.IGNORECASE)
_LONGEST_SIDE = 10_000


class BadFile(ValueError):
    """A file that is not what it should be, and why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo: its bytes, what they are, and how wide it is for its height."""

    data: bytes
    suffix: str
    media_type: str
    aspect: float


@dataclass(frozen=True, slots=True)
class Font:
    """A WOFF2; `variable` if its weights are its own."""

    data: bytes
    variable: bool


def picture(data: bytes) -> Picture:
    """The SVG, PNG or WebP that these bytes are. Raises BadFile."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return Picture(data, "png", "image/png", _aspect(*_numbers(">II", data, 16)))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Picture(data, "webp", "image/webp", _aspect(*_webp(data)))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Picture(data, "svg", "image/svg+xml", _aspect(*_svg(data)))
    raise BadFile("is no SVG, PNG or WebP")


def font(data: bytes) -> Font:
    """The font that these bytes are. Raises BadFile."""
    if not data.startswith(b"wOF2") or len(data) < 48:
        raise BadFile("is no WOFF2")
    return Font(data, _FVAR in _tables(data))


def _aspect(width: float, height: float) -> float:
    if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE):
        raise BadFile("has no size")
    return width / height


def _numbers(form: str, data: bytes, place: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, place)
    except struct.error:
        raise BadFile("is cut off") from None


def _webp(data: bytes) -> tuple[int, int]:
    """Width and height, from the first chunk: of an extended file, one without loss, or one with."""
    match data[12:16]:
        case b"VP8X":
            wide, more, high, most = _numbers("<HBHB", data, 24)
            return (more << 16 | wide) + 1, (most << 16 | high) + 1
        case b"VP8L":
            (bits,) = _numbers("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            wide, high = _numbers("<HH", data, 26)
            return wide & 0x3FFF, high & 0x3FFF
    raise BadFile("is no WebP that browsers show")


def _svg(data: bytes) -> tuple[float, float]:
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadFile("is no SVG in UTF-8") from None
    # An entity could hide anything; an instruction could name a stylesheet.
    if "<!doctype" in text.lower() or "<!entity" in text.lower() or "<?" in re.sub(r"\A<\?xml\s", "", text):
        raise BadFile("has a DOCTYPE or an instruction: save it as plain SVG")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  without entities
    except (ElementTree.ParseError, ValueError):
        raise BadFile("is no SVG: it is not well-formed") from None
    if root.tag != f"{_SVG}svg":
        raise BadFile("is no SVG")
    for element in root.iter():
        _check(element)
    return _size(root)


def _check(element: ElementTree.Element) -> None:
    """Raises BadFile for what does not draw, acts, or leads out of the file."""
    name = str(element.tag).removeprefix(_SVG)
    if not _DRAWS.fullmatch(name):
        raise BadFile(f"holds <{name.rpartition('}')[2]:.40}>, which is no plain drawing: save it as plain SVG")
    for attribute, value in element.items():
        plain = attribute.removeprefix(_XLINK)
        if plain.lower().startswith("on"):
            raise BadFile(f"holds {plain:.40}, which is script")
        if (plain in ("href", "src") or plain.endswith("}base")) and not value.startswith("#"):
            raise BadFile(f"refers to {value!r:.60}, outside of it")
        if _LEADS_OUT.search(value):
            raise BadFile(f"refers to something outside of it in {plain:.40}")
    if name == "style" and _LEADS_OUT.search("".join(element.itertext())):
        raise BadFile("refers to something outside of it in its <style>")


def _size(root: ElementTree.Element) -> tuple[float, float]:
    box = re.fullmatch(r"\s*[-\d.e]+[\s,]+[-\d.e]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*", root.get("viewBox", ""))
    sides = box.groups() if box else (root.get("width", ""), root.get("height", ""))
    found = [re.fullmatch(r"(\d{1,5}(?:\.\d{1,9})?|\.\d{1,9})(?:px)?", side) for side in sides]
    width, height = (float(each[1]) if each else 0 for each in found)
    return width, height


_FVAR = 47  # the place of `fvar` among the tables that WOFF2 knows
_UNKNOWN, _GLYF, _LOCA = 63, 10, 11


def _tables(data: bytes) -> set[int]:
    """Which of the known tables a WOFF2 has, from its directory."""
    (count,) = _numbers(">H", data, 12)
    place, found = 48, set()
    for _ in range(count):
        (flags,) = _numbers("B", data, place)
        kind, version = flags & 0x3F, flags >> 6
        found.add(kind)
        place = _after_number(data, place + (5 if kind == _UNKNOWN else 1))
        if version != 3 if kind in (_GLYF, _LOCA) else version != 0:
            place = _after_number(data, place)
    return found


def _after_number(data: bytes, place: int) -> int:
    """Where a number ends whose bytes but the last have their highest bit set."""
    while _numbers("B", data, place)[0] & 0x80:
        place += 1
    return place + 1
