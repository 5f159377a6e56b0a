"""An operator's logo is nothing but a drawing, and their font a font."""

import struct
import zlib

import pytest

from app.artwork import BadFile, font, picture

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 120 30">'


def svg(inside: str) -> bytes:
    return f"{OPEN}{inside}</svg>".encode()


def png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def webp(kind: bytes, head: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + kind + struct.pack("<I", len(head)) + head


def woff2(*tables: bytes) -> bytes:
    return b"wOF2" + bytes(8) + struct.pack(">H", len(tables)) + bytes(34) + b"".join(tables) + bytes(4)


@pytest.mark.parametrize(
    "inside",
    [
        '<path d="M0 0h9v9z" fill="#c00" style="stroke:url(#a)"/>',
        '<defs><linearGradient id="a"><stop stop-color="red"/></linearGradient></defs><g fill="url( \'#a\')"/>',
        '<use href="#a"/><use xlink:href="#a"/><title>Aurora</title>',
        "<style>.a{fill:#c00}</style><filter id='a'><feGaussianBlur stdDeviation='2'/></filter>",
        "<!-- made with https://drawing.test -->",
    ],
)
def test_a_drawing_is_a_logo(inside: str) -> None:
    found = picture(svg(inside))

    assert (found.media_type, found.suffix, found.aspect) == ("image/svg+xml", "svg", 4)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", "<script xmlns='http://www.w3.org/1999/xhtml'/>", '<path onload="alert(1)"/>',
        '<path ONCLICK="alert(1)"/>', "<foreignObject/>", '<image href="#a"/>', "<iframe/>", '<a href="#a"/>',
        '<use href="other.svg#a"/>', '<use xlink:href="https://evil.test/a.svg#a"/>', '<set attributeName="href"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>', '<path fill="url(https://evil.test/a)"/>',
        '<path fill="url(other.svg#a)"/>', "<path style=\"fill:url('a.svg#a')\"/>", '<g xml:base="https://evil.test"/>',
        '<g xml:base="/x"/>', "<style>@import 'a.css';</style>", "<style>.a{fill:u\\72l(a)}</style>",
        "<style><![CDATA[.a{background:url(//evil.test)}]]></style>", "<style>.a{src:image-set('a')}</style>",
        "<?xml-stylesheet href='a.css'?>", "<metadata/>", '<use href="data:image/svg+xml,x"/>',
        "<x:y xmlns:x='urn:inkscape'/>", '<path filter="url(&#35;a) url(b)"/>', '<path fill="ur&#108;(a)"/>',
    ],
)  # fmt: skip
def test_what_acts_or_leads_out_of_a_drawing_is_refused(inside: str) -> None:
    with pytest.raises(BadFile) as wrong:
        picture(svg(inside))
    assert str(wrong.value).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b"\xff\xd8\xff\xe0", b"<html/>", b"<svg", b"<svg/>", b"\xfe\xff\x00<\x00s\x00v\x00g",
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{OPEN}&a;</svg>'.encode(), OPEN.encode(), svg("\x00"),
        f"{OPEN}</svg>".replace("0 0 120 30", "0 0 0 30").encode(), f"{OPEN}</svg>".replace("viewBox", "box").encode(),
        f"{OPEN}</svg>".replace("0 0 120 30", "0 0 1e9 3").encode(), svg("")[:-1], "é".encode("latin-1"),
        f'<?xml version="1.0"?><?xml-stylesheet href="a"?>{OPEN}</svg>'.encode(), png(0, 9), png(20_000, 9),
        png(9, 9)[:20], webp(b"VP8X", b""), webp(b"ANIM", bytes(20)), b"<svg>" + b"\xff</svg>",
        '<?xml version="1.0" encoding="utf-16"?><svg/>'.encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile):
        picture(data)


@pytest.mark.parametrize(
    ("data", "kind", "aspect"),
    [
        (png(300, 100), "image/png", 3),
        (webp(b"VP8X", bytes(4) + b"\x2b\x01\x00\x63\x00\x00"), "image/webp", 3),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 299 | 99 << 14)), "image/webp", 3),
        (webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300, 100)), "image/webp", 3),
        (f"{OPEN}</svg>".replace('viewBox="0 0 120 30"', 'width="60px" height="20"').encode(), "image/svg+xml", 3),
    ],
)
def test_every_kind_of_picture_has_the_size_that_it_says(data: bytes, kind: str, aspect: float) -> None:
    found = picture(data)

    assert (found.media_type, found.aspect, found.data) == (kind, aspect, data)


@pytest.mark.parametrize("data", [b"", b"wOFF" + bytes(60), b"wOF2", b"\x00\x01\x00\x00" + bytes(60)])
def test_what_is_no_woff2_is_refused(data: bytes) -> None:
    with pytest.raises(BadFile, match="WOFF2"):
        font(data)


def test_a_directory_that_is_cut_off_is_refused() -> None:
    with pytest.raises(BadFile, match="cut off"):
        font(b"wOF2" + bytes(8) + struct.pack(">H", 99) + bytes(34))


# A table: its flags, its length, and for `glyf` and those that are changed the length of what it was made of.
@pytest.mark.parametrize(
    ("tables", "variable"),
    [
        ([b"\x01\x36", b"\x0a\x81\x00\x05", b"\x2f\x07"], True),
        ([b"\x01\x36", b"\xca\x05", b"\x3fABCD\x05", b"\x2f\x07"], True),
        ([b"\x43\x2f\x2f", b"\x01\x36"], False),
        ([b"\x0a\x2f\x2f", b"\x3f////\x05"], False),
    ],
)
def test_a_font_has_its_own_weights_where_it_has_the_table_of_them(tables: list[bytes], variable: bool) -> None:
    assert font(woff2(*tables)).variable is variable
