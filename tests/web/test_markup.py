"""No template and no script of ours has a way in which text becomes markup or code."""

import re
from decimal import Decimal
from pathlib import Path

import jinja2
import pytest

from app.locales import locale
from app.money import Rate
from app.web.reader import reader
from app.web.render import environment, words
from app.words import Text

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))

IN_SCRIPTS = (
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|parseHTMLUnsafe|srcdoc)\b|"
    r"\bdocument\s*\.\s*write|\beval\b|\bnew\s+Function\b|\bset(Timeout|Interval)\s*\(\s*[\"'`]|javascript:|"
    r"setAttribute\s*\(\s*[\"'`](on|style|href|src)|\.on\w+\s*=\s*[\"'`]|\bimport\s*\("
)
# `safe` is for constants alone: it stands right behind a string in quotes.
IN_TEMPLATES = (
    r"<script(?! src=\"\{\{ file\(\"[a-z]+\.js\"\) }}\")|</script>\S|"
    r"javascript:|\bstyle\s*=|<style|\son\w+\s*=|srcdoc|autoescape|"
    r"[^'\s]\s*\|\s*safe\b|\bMarkup\b|(?<!;)\s[\w-]+=\{\{|='\{\{|<base\b|<iframe|<object|<embed"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_of_text(path: Path) -> None:
    assert [found[0] for found in re.finditer(IN_SCRIPTS, path.read_text())] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_lets_text_be_markup_or_code(path: Path) -> None:
    assert path.suffix == ".html"
    assert [found[0] for found in re.finditer(IN_TEMPLATES, path.read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        "x.innerHTML = y", "x.outerHTML=y", "x.insertAdjacentHTML('a', y)", "document.write(y)",
        "document . writeln(y)",
        "eval(y)", "new Function(y)", "setTimeout('y')", "x.setAttribute('onclick', y)", "x.onclick = 'y'",
        "a.href = 'javascript:y'", "frame.srcdoc = y", "setAttribute(\"style\", y)",
    ],
)  # fmt: skip
def test_such_a_script_would_be_found(line: str) -> None:
    assert re.search(IN_SCRIPTS, line)


@pytest.mark.parametrize(
    "line",
    [
        "{{ name | safe }}", "{{ name|safe }}", "<p style=\"x\">", "<p onclick=\"x\">", "<script>x</script>",
        "<a href={{ x }}>", "{% autoescape false %}", "<a href=\"javascript:x\">", "<style>",
        "<p title='{{ x }}'>", "<script src=\"https://x\"></script>",
    ],
)  # fmt: skip
def test_such_a_template_would_be_found(line: str) -> None:
    assert re.search(IN_TEMPLATES, line)


def rendered(source: str, language: str = "en", name: str = "x.html", **values: object) -> str:
    templates = environment(str)
    templates.loader = jinja2.DictLoader({name: source})
    return templates.get_template(name).render(**words(reader(locale(language))), **values)


@pytest.mark.parametrize("name", ["x.html", "x.txt", "x", "x.xml", "x.js", "x.svg", "x.HTML"])
def test_every_template_escapes_whatever_it_is_called(name: str) -> None:
    assert rendered("{{ it }}", name=name, it="<b>\"'&") == "&lt;b&gt;&#34;&#39;&amp;"


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered("{{ it }}")
    with pytest.raises(jinja2.UndefinedError):
        rendered("{{ it.there }}", it={})


@pytest.mark.parametrize(
    "source",
    ["{{ it }}", "{{ bdi(it) }}", "{{ short(it) }}", '{{ _("{name}!", name=it) }}', '{{ _n("{x}", "{x}", 2, x=it) }}'],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_string_is_shown_without_its_tricks_wherever_it_stands(source: str, language: str) -> None:
    found = rendered(source, language, it="<b>a\u202eb\u200bc\0")

    assert "&lt;b&gt;a�[202E]b�[200B]c�[00]" in found


def test_what_we_write_keeps_its_marks_of_direction() -> None:
    arabic = reader(locale("ar"))

    assert "\u2068" in rendered('{{ _("{a} {b}", a="x", b=quantity(n)) }}', "ar", n=Decimal(-5))
    assert rendered("{{ quantity(n) }}", "ar", n=Decimal(-5)) == arabic.quantity(Decimal(-5))
    assert rendered("{{ apart('x') }}", "ar") == "\u2068x\u2069"


def test_a_field_of_a_form_brings_back_what_was_typed() -> None:
    assert rendered("{{ exact(it) }}", it="a\u00adb<") == "a\u00adb&lt;"


def test_a_long_name_is_cut_and_its_title_has_it_whole() -> None:
    assert rendered("{{ bdi(it) }}", it="<" * 201) == f'<bdi title="{"&lt;" * 201}">{"&lt;" * 199}…</bdi>'
    assert rendered("{{ bdi(it) }}", it="<") == "<bdi>&lt;</bdi>"


def test_a_text_of_ours_goes_the_way_of_the_page_whoever_is_named_in_it() -> None:
    arabic, long = Text("{name} {rate}", name="ضريبة", rate=Rate(Decimal(7))), Text("Usage of {x}", x="<" * 201)

    assert rendered("{{ bdi(it) }}", it=arabic) == "\u2068ضريبة\u2069 7%"
    assert rendered("{{ bdi(it) }}", it=long).startswith('<span title="Usage of &lt;&lt;')


def test_programs_get_texts_as_they_are() -> None:
    assert reader(locale("en")).write("a\u202eb") == "a\u202eb"
