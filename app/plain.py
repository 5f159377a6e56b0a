"""What people see of a text that is not ours: nothing in it is unseen, turns what stands around it, or leaves its line.

Two texts that differ stay different: what cannot be shown stands there as its code point, such as `�[200B]`, and so
does the sign `�` itself. Letters that merely look alike are left as they are.

Blanks alone tell no two names apart: any run of what Unicode calls white space, whether wide, narrow, tabs or lines,
is one blank, and there is none before or after the name. A browser does so with most of them, and `Acme Corp` with a
wider gap is read as the same name. What is blank without being white space (the Hangul fillers, the empty Braille
pattern) stands there as its code point: to programs it is a letter, and a name may be made of nothing else.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import takewhile

LONGEST = 200
_MOST_MARKS = 4  # on one letter: as many as the scripts of the world put there
_LONGEST_CLUSTER = 16
_VIRAMA = 9  # the combining class of what joins consonants

_BLANKS = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")  # White_Space
_ZWNJ, _ZWJ = "\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"
_FLAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")  # of parts of a country
# Invisible without being format characters: fillers, and what has no width (Default_Ignorable_Code_Point).
_FILLERS = frozenset("\ufffd\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0\u2800")
_UNSEEN = ((0x180B, 0x180F), (0x2060, 0x206F), (0xFFF0, 0xFFFB), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF))
# Format characters that can be seen: they stand before numbers and hold them together.
_SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Arabic letters that do not join the next one: a joiner after them has nothing to part.
_UNJOINED = frozenset("ءآأؤإاةدذرزوىٱڈڑژۆۇۈۋەۀۃ")


def plain(text: str) -> str:
    """The text as it is shown, whole, with all its blanks: it may be a piece of a line."""
    return text if text.isascii() and text.isprintable() else "".join(_clusters(text))


def short(text: str) -> str:
    """A name as it is shown; all that is longer than there is room for is cut."""
    return _cut(text, LONGEST)


def at_length(text: str) -> str:
    """A name as it is shown where there is room for a page of it, and no more: a title.

    What comes after that is nowhere on the page; JSON and files have it.
    """
    return _cut(text, 10 * LONGEST)


def _cut(text: str, room: int) -> str:
    """The name as it is shown, cut where it is longer: between letters, never within one."""
    text = _BLANKS.sub(" ", text).strip(" ")
    if len(text) <= room and text.isascii() and text.isprintable():
        return text
    found = _clusters(text[: room + _LONGEST_CLUSTER])
    if len(text) <= room and sum(map(len, found)) <= room:
        return "".join(found)
    room -= 1

    def fits(cluster: str) -> bool:
        nonlocal room
        room -= len(cluster)
        return room >= 0

    return "".join(takewhile(fits, found)) + "…"


def _clusters(text: str) -> list[str]:
    """The text as it is shown, letter by letter: each with its marks, and with what is joined to it."""
    flags = {place for flag in _FLAGS.finditer(text) for place in range(flag.start() + 1, flag.end())}
    found: list[str] = []
    bears, marks = False, 0  # whether the last letter takes marks, and how many it has
    for place, each in enumerate(text):
        if _stands_alone(each) and text[place - 1 : place] != _ZWJ:
            found.append(each)
            bears, marks = True, 0
            continue
        if bears and len(found[-1]) < _LONGEST_CLUSTER:
            if _is_mark(each) and marks < _MOST_MARKS:
                found[-1] += each
                marks += 1
                continue
            if place in flags or _goes_on(found[-1], each, text[place + 1 : place + 2]):
                found[-1] += each
                continue
        bears, marks = not (_is_mark(each) or _is_unseen(each)), 0
        found.append(each if bears else f"�[{ord(each):02X}]")
    return found


def _goes_on(letter: str, each: str, after: str) -> bool:
    """Whether the character belongs to the letter before it, in the way in which languages and emoji use it."""
    before = letter[-1]
    if each == _ZWJ:
        return (_is_virama(before) and after.isalpha()) or (_is_picture(before) and _is_picture(after))
    if each == _ZWNJ:
        return after.isalpha() and (_is_virama(before) or (_is_joined(before) and _is_arabic(after)))
    if _is_variation(each):
        return _varies(before, each, after)
    if before == _ZWJ:
        return _is_picture(each) or each.isalpha()
    if 0x1F3FB <= ord(each) <= 0x1F3FF:
        return _is_picture(before)
    return unicodedata.category(each) == "Mc" or _is_syllable(before, each) or (_is_half(letter) and _is_half(each))


@lru_cache(4096)
def _stands_alone(each: str) -> bool:
    """Whether it begins a letter whatever is before it, as nearly all do."""
    attaches = unicodedata.category(each) == "Mc" or "\u1161" <= each <= "\u11ff" or _is_half(each)
    return not (attaches or 0x1F3FB <= ord(each) <= 0x1F3FF or _is_mark(each) or _is_unseen(each))


@lru_cache(4096)
def _is_mark(each: str) -> bool:
    """Whether it stands above, below or on a letter."""
    return unicodedata.category(each) in ("Mn", "Me") and not _is_blank(each)


def _is_blank(each: str) -> bool:
    return each in _FILLERS or any(first <= ord(each) <= last for first, last in _UNSEEN) or _is_variation(each)


@lru_cache(4096)
def _is_unseen(each: str) -> bool:
    if _is_blank(each):
        return True
    return unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") and each not in _SEEN


def _is_variation(each: str) -> bool:
    if "\u180b" <= each <= "\u180f":
        return each != "\u180e"
    return "\ufe00" <= each <= "\ufe0f" or "\U000e0100" <= each <= "\U000e01ef"


def _varies(before: str, each: str, after: str) -> bool:
    """Whether there are two ways of writing `before`: as text and as a picture, or in several forms."""
    if each in "\ufe0e\ufe0f":
        is_key = before in "#*0123456789" and after == "\N{COMBINING ENCLOSING KEYCAP}"
        return is_key or before in "©®‼⁉ℹ〰〽" or unicodedata.category(before) in ("So", "Sm")
    return unicodedata.name(before, "").startswith("MONGOLIAN " if each < "\ufe00" else "CJK ")


def _is_picture(each: str) -> bool:
    return each != "" and (unicodedata.category(each) in ("So", "Sk", "Sm") or each == "\ufe0f") and each > "\u2000"


def _is_virama(each: str) -> bool:
    return each != "" and unicodedata.combining(each) == _VIRAMA


def _is_arabic(each: str) -> bool:
    return unicodedata.bidirectional(each) == "AL"


def _is_joined(each: str) -> bool:
    return each.isalpha() and _is_arabic(each) and each not in _UNJOINED


def _is_syllable(before: str, each: str) -> bool:
    """Whether a Hangul syllable that is written by its parts goes on."""
    return "\u1100" <= before <= "\u11ff" and "\u1161" <= each <= "\u11ff"


def _is_half(letter: str) -> bool:
    """Whether it is one of the two letters of a flag."""
    return len(letter) == 1 and "\U0001f1e6" <= letter <= "\U0001f1ff"
