"""Which locale a reader gets: one that there is, and never one that was made up."""

import pytest

from app.locales import locale
from app.web.render import locale_of

ENGLISH = locale("en")


@pytest.mark.parametrize(
    ("wish", "locale"),
    [
        ("de", "de"),
        ("de-AT", "de_AT"),
        ("es-419", "es_419"),
        ("zh-Hant-TW", "zh_Hant_TW"),
        ("xx, fr;q=0.5", "fr"),
        ("fr;q=0.5, de;q=0.9, en;q=0.1", "de"),
        ("de;q=0, pt-BR", "pt_BR"),
        ("PT-br", "pt_BR"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_best_liked_wish_that_is_a_locale_is_taken(wish: str, locale: str) -> None:
    assert str(locale_of(wish)) == locale


def test_nobody_can_make_up_locales_without_end() -> None:
    made_up = [template.format(n) for n in range(100) for template in ("de@v{}", "de-DE@v{}")]

    assert {locale_of(tag) for tag in made_up} == {ENGLISH}
    assert locale_of("de@euro", "fr") == locale("fr")
