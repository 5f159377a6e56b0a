"""What people see of texts that others typed: nothing unseen, nothing that turns its surroundings, no two as one
but for their blanks."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.addresses import web_address
from app.plain import LONGEST, at_length, plain, short
from tests.thorough import times

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
UNSEEN = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\u2064\u2065",
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206f\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffb",
    *"\U000e0001\U000e0041\U000e007f\U000e0100\U0001d173\ud800",
]
# Unicode's White_Space.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
BLANKS += "\u202f\u205f\u3000"
WORDS = ["Checkout", "Zoë", "e\u0301te\u0301", "Łódź", "北京", "東京\U000e0101", "עִבְרִית", "بيت", "می\u200cخواهم"]
WORDS += [
    "क्\u200dष",
    "한국어",
    "\u1112\u1161\u11ab",
    "ไทย",
    "👩\u200d💻",
    FAMILY,
    "❤️",
    "1️⃣",
    "👋🏽",
    "🇩🇪🇫🇷",
    SCOTLAND,
    "©︎",
]

letters = st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from([*UNSEEN, *"ae\u0301\u0940�[]2🇩👩"])))


@pytest.mark.parametrize("each", UNSEEN, ids=lambda each: f"{ord(each):04X}")
def test_what_cannot_be_seen_stands_as_its_code_point(each: str) -> None:
    assert plain(f"Ad{each}min") == f"Ad�[{ord(each):02X}]min"
    assert short(f"Ad{each}min") == ("Ad min" if each in BLANKS else plain(f"Ad{each}min"))


@pytest.mark.parametrize("each", BLANKS, ids=lambda each: f"{ord(each):04X}")
def test_blanks_of_any_width_are_one_between_words_and_none_around_a_name(each: str) -> None:
    for name in (f"{each}Acme Corp", f"Acme{each}Corp", f"Acme {each}{each} Corp", f"Acme Corp {each}"):
        assert short(name) == at_length(name) == "Acme Corp"
    assert short(each * 3) == at_length(each) == ""


# Beyond these planes there are tags and private signs alone.
CODES = range(times(0x110000, 0x32000))


def test_every_blank_of_unicode_is_one_and_no_letter_is() -> None:
    gone = {chr(code) for code in CODES if short(chr(code)) == ""}

    assert gone == set(BLANKS)
    assert gone >= {chr(code) for code in CODES if unicodedata.category(chr(code)) in ("Zs", "Zl", "Zp")}


def test_blanks_count_for_nothing_where_a_name_is_cut() -> None:
    assert short(" \u3000" * 10_000 + "x" * LONGEST + "\t" * 10_000) == "x" * LONGEST
    assert at_length("x \n" * 900) == ("x " * 900).strip()


@pytest.mark.parametrize("word", WORDS)
def test_words_of_every_language_and_emoji_stay_as_they_are(word: str) -> None:
    assert plain(word) == short(word) == word


@given(letters)
def test_no_two_texts_look_the_same_for_what_is_unseen_in_them(text: str) -> None:
    shown = plain(text)

    assert re.sub(r"�\[([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), shown) == text


@given(letters)
def test_nothing_shown_turns_the_line_or_is_a_control(text: str) -> None:
    shown = plain(text)

    assert not {unicodedata.bidirectional(each) for each in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
    }  # fmt: skip
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cs", "Zl", "Zp"}


def test_a_letter_bears_four_marks_and_no_pile() -> None:
    assert plain("Z" + "\u0301" * 6) == "Z" + "\u0301" * 4 + "�[301]" * 2
    assert plain("\u0301Z") == "�[301]Z"
    assert plain("❤️\ufe0f") == "❤️�[FE0F]"
    assert plain("1\ufe0f") == "1�[FE0F]"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(["é", "x", "🇩🇪", "e\u0301", FAMILY])
)
def test_a_long_text_is_cut_between_letters(text: str, more: str) -> None:
    long = text + more * (LONGEST + 1)
    shown = short(long)

    assert len(shown) <= LONGEST
    assert shown.endswith("…")
    assert at_length(long).startswith(shown[:-1])


@pytest.mark.parametrize(
    "letter", ["👨\u200d👩\u200d👧", "🇩🇪", "e\u0301", "क्\u200dष", SCOTLAND, "👋🏽", "\u1112\u1161\u11ab"]
)
@pytest.mark.parametrize("offset", range(8))
def test_no_letter_is_cut_in_two(letter: str, offset: int) -> None:
    shown = short("x" * offset + letter * LONGEST)[offset:-1]

    assert shown == letter * (len(shown) // len(letter))


def test_a_text_that_just_fits_is_whole() -> None:
    assert short("é" * LONGEST) == "é" * LONGEST
    assert short("x" * LONGEST) == "x" * LONGEST
    assert short("é" * (LONGEST + 1)) == "é" * (LONGEST - 1) + "…"


def test_a_hostile_text_of_ten_kilobytes_is_cut_at_once() -> None:
    for text in (
        "\u200b" * 10_000,
        "Z" + "\u0301" * 10_000,
        "👩\u200d" * 5_000,
        "\ufe0f" * 10_000,
        "\U0001f1e9" * 9_999,
    ):
        assert len(short(text)) <= LONGEST


@pytest.mark.parametrize(
    ("address", "here", "safe"),
    [
        ("https://invoices.withorb.com/view?token=x", False, True),
        ("https://a.example:8443/", False, True),
        ("http://a.example/", True, False),
        ("http://127.0.0.1:8001/x", True, True),
        ("http://127.0.0.1:8001/x", False, False),
        ("http://localhost.evil.example/", True, False),
        ("javascript:alert(1)", True, False),
        ("JAVASCRIPT://x/%0aalert(1)", True, False),
        ("data:text/html,x", True, False),
        ("//a.example/", True, False),
        ("https:a.example", False, False),
        ("https:///a", False, False),
        ("https://user@a.example/", False, False),
        ("https://@a.example/", False, False),
        ("https://a.example\\@b.example/", False, False),
        ("https://a.example/\r\nSet-Cookie: a", False, False),
        ("https://a.example/\t", False, False),
        (" https://a.example/", False, False),
        ("https://аpple.example/", False, False),
        ("https://a.example:99999/", False, False),
        ("https://[a/", False, False),
        ('https://a.example/"onclick=x', False, False),
        (None, True, False),
    ],
)
def test_only_addresses_that_are_safe_to_open_are_links(address: str | None, *, here: bool, safe: bool) -> None:
    assert web_address(address, here=here) == (address if safe else None)
