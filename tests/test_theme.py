"""What an operator says of the look: read, filled in, and refused with a line that names the key."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.palette import OURS
from app.settings import BadSetting, Settings, read
from app.theme import NO_THEMES, Theme
from tests.running import ROOT
from tests.test_artwork import png, svg, woff2

SOUND = {"ORB_API_KEY": "a-key-nobody-may-see", "ORRERY_VIEWER_SECRET": "3f9c0a51b2e87d64" * 2}
Told = Callable[[str], Settings]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The settings with a theme of that text; beside it lie a logo, a dark one and a font."""

    def start(text: str) -> Settings:
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "theme.toml").write_text(text)
        return read({**SOUND, "ORRERY_THEME": str(tmp_path / "theme.toml")})

    return start


FILES = {
    "logo.svg": svg("<path d='M0 0h9v9z'/>"),
    "logo-dark.svg": svg("<path d='M9 9h9v9z'/>"),
    "logo.png": png(60, 30),
    "aurora.woff2": woff2(b"\x2f\x07"),
    "large.png": png(60, 30) + bytes(64 * 1024),
    "large.woff2": woff2(b"\x2f\x07") + bytes(200 * 1024),
    "script.svg": svg("<script/>"),
    "logo.gif": b"GIF89a",
}
WHOLE = """
name = "Aurora"
logo = "logo.svg"
logo_dark = "logo-dark.svg"
logo_height = 32
accent = "#0a7d5a"
background = {light = "#fdf6e3"}
radius = 0
font = "Aurora Sans, Güntner, system-ui"
font_file = "aurora.woff2"

[themes.night]
scheme = "dark"
accent = {dark = "#3fc79a"}

[themes.other]
name = "Other"
font = "Georgia"
"""


def usual(settings: Settings) -> Theme:
    assert settings.theme.usual is not None
    return settings.theme.usual


def test_without_a_file_there_is_no_theme() -> None:
    assert read(SOUND).theme is NO_THEMES


def test_an_empty_file_is_our_own_look(told: Told) -> None:
    assert replace(usual(told("")), colours={}) == Theme()
    assert {scheme: dict(found) for scheme, found in usual(told("")).colours.items()} == {"light": {}, "dark": {}}


def test_everything_that_can_be_said_is_read(told: Told) -> None:
    found = usual(told(WHOLE.replace('"#0a7d5a"', '{light = "#0a7d5a", dark = "#3FC79A"}')))

    assert (found.name, found.logo_height, found.radius, found.scheme) == ("Aurora", 32, 0, "auto")
    assert (found.logo and found.logo.data) == FILES["logo.svg"]
    assert (found.logo_dark and found.logo_dark.data) == FILES["logo-dark.svg"]
    assert found.font == ("Aurora Sans", "Güntner", "system-ui")
    assert found.font_file
    assert found.font_file.variable
    assert (found.colours["light"]["accent"], found.colours["dark"]["accent"]) == ("#0a7d5a", "#3fc79a")


def test_one_colour_is_that_of_both_schemes_and_what_is_left_out_is_ours(told: Told) -> None:
    found = usual(told('s1 = "#3a7bd5"\nsurface = {dark = "#101010"}'))

    assert (found.colours["light"]["s1"], found.colours["dark"]["s1"]) == ("#3a7bd5", "#3a7bd5")
    assert found.colours["light"].keys() == {"s1"}
    assert found.colours["dark"].keys() == {"s1", "surface", "line", "bone", "soft"}


def test_a_named_theme_overrides_what_stands_at_the_top(told: Told) -> None:
    settings = told(WHOLE.replace('accent = "#0a7d5a"', 'accent = {light = "#0a7d5a"}'))
    night, other = settings.theme.named["night"], settings.theme.named["other"]

    assert (night.name, night.radius, night.scheme, night.logo) == ("Aurora", 0, "dark", usual(settings).logo)
    assert night.colours["dark"]["accent"] == "#3fc79a"
    assert "accent" not in night.colours["light"]
    assert usual(settings).scheme == "auto"
    assert other.colours == usual(settings).colours


def test_a_name_of_its_own_does_not_stand_beside_anothers_logo_nor_a_font_beside_anothers_file(told: Told) -> None:
    other = told(WHOLE.replace('"#0a7d5a"', '{light = "#0a7d5a"}')).theme.named["other"]

    assert (other.name, other.logo, other.logo_dark) == ("Other", None, None)
    assert (other.font, other.font_file) == (("Georgia",), None)


WRONG = {
    "accent": [
        'accent = "#ffcc00"', 'accent = "red"', "accent = 7", 'accent = {light = "#1f5bc4", dim = "#000000"}',
        "accent = {}", 'accent = {light = ["#1f5bc4"]}', 'accent = "#0a7d5a"', 'accent = "#fff;}body{display:none}"',
    ],
    "ink": ['ink = "#777777"', 'surface = "#ffffff"', 'background = "#ffffff"'],
    "s3": ['s3 = {light = "#ffffff"}'],
    "'s7'": ['s7 = "#1f5bc4"'],
    "'colour'": ['colour = "#1f5bc4"'],
    "name": ['name = ""', "name = 7", f'name = "{"x" * 61}"', 'name = "a\\nb"', 'name = "a\\u202eb"'],
    "logo": [
        'name = "A"\nlogo = "../logo.svg"', 'name = "A"\nlogo = "/etc/passwd"', 'name = "A"\nlogo = "logo.jpg"',
        'name = "A"\nlogo = "script.svg"', 'name = "A"\nlogo = "large.png"', 'name = "A"\nlogo = "logo.gif"',
        'name = "A"\nlogo = "https://a.test/b.svg"', 'logo = "logo.svg"', 'name = "A"\nlogo = "."',
        'name = "A"\nlogo = ".."', "name = 'A'\nlogo = 'a\\b'", 'name = "A"\nlogo = ""', "name = 'A'\nlogo = 7",
    ],
    "logo_dark": ['name = "A"\nlogo_dark = "logo.svg"', 'name = "A"\nlogo = "logo.svg"\nlogo_dark = "no.svg"'],
    "logo_height": ["logo_height = 11", "logo_height = 65", "logo_height = 28.0", "logo_height = true"],
    "radius": ["radius = -1", "radius = 25", 'radius = "4px"', "radius = true", "radius = 0.5"],
    "font": [
        "font = 7", 'font = ""', 'font = "a,"', "font = 'url(a)'", "font = 'a\"b'", "font = 'a;b'", "font = 'a\\b'",
        'font = ["a"]', f'font = "{",".join("abcdefghi")}"', f'font = "{"a" * 66}"', 'font = "a\\nb"', "font = '1/2'",
    ],
    "font_file": [
        'font_file = "aurora.woff2"', 'font = "A"\nfont_file = "logo.svg"', 'font = "A"\nfont_file = "large.woff2"',
        'font = "A"\nfont_file = "a/b.woff2"',
    ],
    "scheme": ['scheme = "night"', "scheme = 1", 'scheme = ""', 'scheme = ["dark"]'],
    "themes": ["themes = 7", "[themes]\nnight = 1"],
    "themes.'Night'": ["[themes.Night]"],
    "themes.'dark'": ["[themes.dark]"],
    "themes.'a\\nb'": ['[themes."a\\nb"]'],
    "themes.night": ["[themes.night]\nradius = 99", "[themes.night.themes.x]", '[themes.night]\nlogo = "logo.svg"'],
}  # fmt: skip


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in WRONG.items() for text in texts])
def test_a_theme_that_is_wrong_stops_the_start_with_one_line_that_names_the_key(
    told: Told, key: str, text: str
) -> None:
    with pytest.raises(BadSetting) as wrong:
        told(text)
    line = str(wrong.value)
    assert re.match(rf"ORRERY_THEME: {re.escape(key)}[:. ]", line), line
    assert line.isprintable()
    assert len(line) < 400


def test_a_colour_that_cannot_be_read_is_told_with_its_ratio_and_with_one_that_can(told: Told) -> None:
    with pytest.raises(BadSetting) as wrong:
        told('[themes.bright]\naccent = "#ffcc00"')

    assert str(wrong.value) == (
        "ORRERY_THEME: themes.bright.accent #ffcc00 on surface #ffffff has a contrast of 1.51:1 in the light scheme "
        "and needs 4.5:1, as #8f7200 has"
    )


@pytest.mark.parametrize("text", ["name = ", "\xff", "= 1", "a = 1\na = 2"])
def test_what_is_no_toml_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "theme.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSetting, match=r"^ORRERY_THEME is not TOML: [ -~]+$"):
        read({**SOUND, "ORRERY_THEME": str(tmp_path / "theme.toml")})


@pytest.mark.parametrize("path", ["", "no.toml"])
def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadSetting, match=r"^ORRERY_THEME cannot be read: "):
        read({**SOUND, "ORRERY_THEME": str(tmp_path / path)})


def test_the_example_of_the_readme_is_a_theme(told: Told) -> None:
    section = (ROOT / "README.md").read_text().split("\n## Make it yours\n")[1].split("\n## ")[0]
    (example,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    settings = told(example)

    assert usual(settings).logo is not None
    assert settings.theme.named
    assert {key for key in ("background", "surface", "ink", "s1", "s6", "font_file", "logo_height") if key in section}
    assert usual(settings).colours["light"]["accent"] != OURS["light"]["accent"]
