"""Contrast as WCAG computes it, and the colours that are ours or follow from an operator's."""

import re
from pathlib import Path

import pytest

from app.contrast import mixed, nearest, ratio, written
from app.palette import CHOSEN, OURS, PROPERTIES, SCHEMES, Palette, Scheme, Unreadable, colour, filled

SHEET = (Path(__file__).parents[1] / "static" / "dashboard.css").read_text()


# As the checkers of WebAIM and of Chromium's developer tools show them.
@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ("#000000", "#ffffff", "21.00:1"),
        ("#ffffff", "#ffffff", "1.00:1"),
        ("#777777", "#ffffff", "4.47:1"),
        ("#767676", "#ffffff", "4.54:1"),
        ("#0000ff", "#ffffff", "8.59:1"),
        ("#ff0000", "#ffffff", "3.99:1"),
        ("#00ff00", "#ffffff", "1.37:1"),
        ("#ffff00", "#000000", "19.55:1"),
        ("#808080", "#000000", "5.31:1"),
    ],
)
def test_the_contrast_of_two_colours_is_that_of_wcag_whichever_stands_first(one: str, other: str, known: str) -> None:
    assert written(ratio(one, other)) == written(ratio(other, one)) == known


def test_what_is_just_below_a_bound_is_not_written_as_if_it_were_there() -> None:
    assert (written(4.4999), written(4.5)) == ("4.49:1", "4.50:1")


def test_a_mixture_has_its_share_of_either() -> None:
    assert [mixed("#000000", "#ffffff", share) for share in (0, 0.5, 1)] == ["#000000", "#808080", "#ffffff"]


def test_the_nearest_colour_is_itself_where_it_will_do_and_none_where_none_will() -> None:
    assert nearest("#123456", [("#ffffff", 4.5)]) == "#123456"
    assert nearest("#ff6a00", [("#ffffff", 5), ("#000000", 5)]) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#1F5BC4", "#1f5bc4"), ("#abc", "#aabbcc"), ("1f5bc4", None), ("#1f5bc", None), ("#1f5bc4ff", None),
        ("red", None), ("#ggg", None), ("#1f5bc4;}", None), ("#1f5bc4\n", None), ("", None), ("#١٢٣", None),
    ],
)  # fmt: skip
def test_a_colour_is_six_digits_or_three(text: str, found: str | None) -> None:
    assert colour(text) == found


def test_our_colours_are_those_of_the_stylesheet() -> None:
    found = {
        name: (light, dark) for name, light, dark in re.findall(r"(--[\w-]+): light-dark\((#\w+), (#\w+)\)", SHEET)
    }

    assert found == {name: (OURS["light"][word], OURS["dark"][word]) for word, name in PROPERTIES.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_our_own_colours_can_be_read(scheme: Scheme) -> None:
    assert filled({}, scheme) == OURS[scheme]


@pytest.mark.parametrize("word", CHOSEN)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_is_checked_and_what_is_proposed_instead_will_do(scheme: Scheme, word: str) -> None:
    if word in ("background", "surface"):
        with pytest.raises(Unreadable, match=rf"on {word} #808890 .* choose another {word}$"):
            filled({word: "#808890"}, scheme)
        return
    almost = mixed(OURS[scheme]["surface"], OURS[scheme]["ink"], 0.3)
    with pytest.raises(Unreadable, match=rf"{word} {almost} on surface #\w+ has .* in the {scheme} scheme") as wrong:
        filled({word: almost}, scheme)
    better = re.findall(r"as (#\w{6}) has", str(wrong.value))[0]
    assert filled({word: better}, scheme)[word] == better


def test_a_colour_that_is_seen_on_two_grounds_is_checked_on_both() -> None:
    light: Palette = {"accent": "#6b6b6b", "background": "#ababab"}
    with pytest.raises(Unreadable, match=r"on background #ababab has a contrast of 2\.\d\d:1 .* needs (3.0|4.5):1"):
        filled(light, "light")


def test_what_lies_on_a_surface_follows_from_it_and_can_be_read() -> None:
    found = filled({"surface": "#fdf6e3", "background": "#f3ead0", "ink": "#444444"}, "light")

    assert found["soft"] != found["ink"]
    assert all(ratio(found["soft"], found[ground]) >= 4.5 for ground in ("surface", "background", "bone"))
    assert 1.05 < ratio(found["line"], found["surface"]) < 1.6


def test_a_button_is_written_on_in_white_or_black_whichever_can_be_read() -> None:
    assert filled({"accent": "#1f5bc4"}, "light")["on_accent"] == "#ffffff"
    night = {"background": "#0c0d10", "surface": "#141519", "ink": "#f1f2f4", "accent": "#6ea1f5"}
    series = {word: value for word, value in OURS["dark"].items() if re.fullmatch(r"s\d", word)}
    with pytest.raises(Unreadable, match="our text of warnings"):
        filled({**night, **series}, "light")  # what a warning says would be dark on dark
    assert filled({"accent": "#ffffff"}, "dark")["on_accent"] == "#0c0d10"
