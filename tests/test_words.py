"""Texts are written in the reader's language, their values in the reader's way of writing."""

from decimal import Decimal

import pytest

from app.locales import locale
from app.money import Money, Quantity, unit
from app.web.reader import reader
from app.web.render import words
from app.words import Plural, Text
from tests.english import english


def test_a_text_holds_values_that_are_written_for_its_reader() -> None:
    text = Text("{amount} of {count}", amount=Money(Decimal("1234.5"), unit("USD")), count=Quantity(Decimal("0.5")))

    assert english(text) == "$1,234.50 of 0.5"
    assert reader(locale("de")).say(text).startswith("1.234,50")


def test_texts_nest_and_count() -> None:
    assert english(Text("{a} {b}", a=Text("One."), b=Plural("{n} day", "{n} days", n=1))) == "One. 1 day"
    assert english(Plural("{n} day", "{n} days", n=1200)) == "1,200 days"


def test_what_is_not_ours_is_left_as_it_is() -> None:
    assert english(Text("By {name}", name="{n} %s <b>")) == "By {n} %s <b>"


def test_letters_that_run_the_other_way_are_kept_apart() -> None:
    assert english(Text("By {name}", name="מותג")) == "By \u2068מותג\u2069"


def test_a_text_does_not_change_and_is_equal_by_what_it_says() -> None:
    text = Text("{n} left", n=1)

    assert (text, hash(text)) == (Text("{n} left", n=1), hash(Text("{n} left", n=1)))
    assert text not in (Text("{n} left", n=2), Plural("{n} left", "{n} left", n=1), "{n} left")
    with pytest.raises(AttributeError):
        text.text = "other"


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "Age unknown"), (-5, "Updated just now"), (60, "Updated 1 minute ago")]
)
def test_an_age_is_a_sentence(seconds: float | None, said: str) -> None:
    assert reader(locale("en")).age(seconds) == said


def test_names_are_listed_as_the_language_lists_them() -> None:
    def together(tag: str, *names: str) -> str:
        listed: str = words(reader(locale(tag)))["together"](names)  # type: ignore[operator]
        return listed.replace("<bdi>", "[").replace("</bdi>", "]")

    assert together("en", "Backup", "Grid") == "[Backup], [Grid]"
    assert together("ja", "Backup", "Grid") == "[Backup]、[Grid]"
    assert together("ar", "أ", "ب") == "[أ] و[ب]"
    assert together("en", "Backup") == "[Backup]"
