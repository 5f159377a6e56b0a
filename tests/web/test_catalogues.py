"""Every text for people is in every catalogue, with the values that it names, and nothing else is."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.locales import locale
from app.web.catalogue import ENGLISH, language_of, languages
from app.web.reader import reader
from app.words import Plural, Text

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted((ROOT / "app/web/catalogues").glob("*.po"))
KEYWORDS = {"_": None, "Text": None, "Plural": (1, 2), "_n": (1, 2)}


@cache
def texts() -> set[Any]:
    """Every text in the source: a string, or a pair of what is said of one and of many."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    found = extract_from_dir(str(ROOT), methods, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found}


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=path.stem, abort_invalid=True)


def strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def names(text: str) -> Counter[str]:
    return Counter(re.findall(r"{(\w*)}", text))


def test_there_are_the_languages_that_are_promised() -> None:
    assert {path.stem for path in CATALOGUES} == {"de", "fr", "ja", "pt_BR", "ar"}
    assert {str(each) for each in languages()} == {"en", "de", "fr", "ja", "pt_BR", "ar"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_text_is_translated_and_nothing_is_left_over(path: Path) -> None:
    found = catalogue(path)
    translated = {message.id for message in found if message.id and all(strings(message))}

    assert texts() - translated == set(), "run `make catalogues`, then translate what is empty"
    assert {message.id for message in found if message.id} - texts() == set()
    assert not found.obsolete
    assert not [message.id for message in found if message.id and message.fuzzy]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_translation_names_the_same_values_and_holds_no_markup(path: Path) -> None:
    for message in catalogue(path):
        if not message.id:
            continue
        many = message.id if isinstance(message.id, str) else message.id[-1]
        for text in strings(message):
            # The form for one, two or none may leave the count out.
            assert names(text) == names(many) or (message.pluralizable and names(text) == names(many) - Counter("n"))
            assert not re.search(r"[<>]", text.replace("<", "", many.count("<"))), text
            text.format(**dict.fromkeys(names(many), ""))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_way_of_counting_has_its_form(path: Path) -> None:
    found = catalogue(path)

    for message in found:
        if message.pluralizable:
            assert len(strings(message)) == found.num_plurals


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Text", "Plural"):
                yield path, node


def test_a_text_is_written_out_where_it_is_made_or_no_catalogue_could_have_it() -> None:
    found = list(calls())
    # These hand on what others write out.
    own = {ROOT / "app/web/render.py", ROOT / "app/words.py"}
    loose = [(path, node.lineno) for path, node in found if not _written_out(node) and path not in own]

    assert len(found) > 50
    assert loose == []


def _written_out(call: ast.Call) -> bool:
    texts = call.args[:2] if isinstance(call.func, ast.Name) and call.func.id == "Plural" else call.args[:1]
    return bool(texts) and all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in texts)


def test_templates_hold_no_text_outside_of_their_calls() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        source = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<!doctype html>", "", path.read_text(), flags=re.DOTALL)
        shown = re.sub(r"<[^>]*>", " ", source)
        named = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*[A-Za-z][^"]*)"', source)
        sandbox = path.name.startswith(("sign_in", "states"))
        assert sandbox or not re.search(r"[A-Za-z]{2,}", shown), (path.name, shown.split())
        assert not named, (path.name, named)


@pytest.mark.parametrize(
    ("asked", "spoken", "direction"),
    [
        ("en-GB", "en", "ltr"), ("de-AT", "de", "ltr"), ("pt-BR", "pt-BR", "ltr"), ("pt-PT", "pt-BR", "ltr"),
        ("ar-EG", "ar", "rtl"), ("he", "en", "ltr"), ("sw", "en", "ltr"), ("ja-JP", "ja", "ltr"),
    ],
)  # fmt: skip
def test_a_reader_is_spoken_to_in_the_nearest_language(asked: str, spoken: str, direction: str) -> None:
    found = reader(locale(asked))

    assert (found.tag, found.direction) == (spoken, direction)


def test_a_language_without_a_catalogue_is_english() -> None:
    assert language_of(locale("sw")) == ENGLISH


def test_arabic_counts_in_six_ways() -> None:
    arabic = reader(locale("ar"))
    said = {arabic.say(Plural("Updated {n} minute ago", "Updated {n} minutes ago", n=n)) for n in (1, 2, 3, 11, 100)}

    assert len(said) == 5
    assert set(arabic.ages()["minute"]) == {"one", "two", "few", "many", "other"}


def test_a_value_keeps_its_side_where_text_runs_from_right_to_left() -> None:
    assert "\u2068northwind\u2069" in reader(locale("ar")).say(Text("{state} {age}", state="northwind", age=""))
