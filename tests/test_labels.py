"""What things are called: by the operator's file, in the reader's language, else as Orb calls them."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import respx

from app.labels import BadLabels, Labels, property_label, read, value_label
from app.locales import locale
from app.money import Money, unit
from app.settings import BadSetting, Settings
from app.settings import read as read_settings
from app.web.reader import reader
from tests.conftest import Serve
from tests.orb.answers import borealis

FILE = """
[workspace_id]
label = {en = "Workspace", de = "Arbeitsbereich"}

[workspace_id.values]
ws_prod = "Production"
ws_staging = {en = "Staging", de = "Vorstufe"}

[units.sparks]
one = "spark"
other = "sparks"

[units.tokens]
one = {en = "token", de = "Token"}
other = {en = "tokens", de = "Tokens"}
"""


def labels(tmp_path: Path, text: str = FILE) -> Labels:
    path = tmp_path / "labels.toml"
    path.write_text(text)
    return read_settings({"ORRERY_LABELS": str(path)}, sandbox=True).labels


def named(found: Labels, label: object, language: str) -> str:
    return reader(locale(language), found).write(label)


@pytest.mark.parametrize(
    ("language", "label", "prod", "staging"),
    [
        ("en", "Workspace", "Production", "Staging"),
        ("de", "Arbeitsbereich", "Production", "Vorstufe"),
        ("fr", "Workspace", "Production", "Staging"),
    ],
)
def test_a_name_is_in_the_readers_language_where_it_has_one(
    tmp_path: Path, language: str, label: str, prod: str, staging: str
) -> None:
    found = labels(tmp_path)

    assert named(found, property_label("workspace_id", "?"), language) == label
    assert named(found, value_label("workspace_id", "ws_prod"), language) == prod
    assert named(found, value_label("workspace_id", "ws_staging"), language) == staging


def test_what_has_no_name_is_called_as_orb_calls_it(tmp_path: Path) -> None:
    found = labels(tmp_path)

    assert named(found, property_label("region", "Region"), "en") == "Region"
    assert named(found, value_label("workspace_id", "ws_other"), "en") == "ws_other"
    assert named(found, value_label("region", "ws_prod"), "en") == "ws_prod"


@pytest.mark.parametrize(
    ("tag", "amount", "code", "text"),
    [
        ("en", "1", "sparks", "1 spark"),
        ("en", "1200", "sparks", "1,200 sparks"),
        ("de", "1.5", "tokens", "1,5 Tokens"),
        ("de", "1", "tokens", "1 Token"),
        ("de", "2", "sparks", "2 sparks"),
        ("en", "2", "gems", "2 gems"),
    ],
)
def test_a_pricing_unit_has_the_form_that_goes_with_its_amount(
    tmp_path: Path, tag: str, amount: str, code: str, text: str
) -> None:
    assert reader(locale(tag), labels(tmp_path)).write(Money(Decimal(amount), unit(code))) == text


async def test_the_page_and_the_document_show_names_and_keep_orbs_keys(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings, tmp_path: Path
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, labels=labels(tmp_path)), locale="de") as client:
        document = (await client.get("/api/cards/breakdown")).json()
        page = (await client.get("/?cards=breakdown")).text
        sheet = (await client.get("/api/export/breakdown.csv")).text

    (part,) = document["data"]["subscriptions"]
    assert part["label"] == "Arbeitsbereich"
    assert [(group["key"], group["label"]) for group in part["groups"]][:2] == [
        ("ws_prod", "Production"),
        ("ws_staging", "Vorstufe"),
    ]
    assert "<bdi>Vorstufe</bdi>" in page
    assert '"workspace_id","ws_staging","Vorstufe",' in sheet


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a property that is no table": ({"region": "Region"}, "region is not a table"),
    "a field that there is not": ({"region": {"lable": "Region"}}, "region has 'lable'"),
    "values that are no table": ({"region": {"values": "eu"}}, "region.values is not a table"),
    "a name that is a number": ({"region": {"values": {"eu": 7}}}, "region.values.eu"),
    "a name that is blank": ({"region": {"label": " "}}, "region.label"),
    "a name with a line break": ({"region": {"label": "a\nb"}}, "region.label"),
    "a name without end": ({"region": {"label": "a" * 201}}, "region.label"),
    "a language that is no name": ({"region": {"label": {"de": ["x"]}}}, "region.label"),
    "a unit without its usual form": ({"units": {"sparks": {"one": "spark"}}}, "units.sparks has no 'other'"),
    "a category that there is not": ({"units": {"sparks": {"other": "x", "dual": "y"}}}, "units.sparks has 'dual'"),
    "units that are no table": ({"units": 1}, "units is not a table"),
}


@pytest.mark.parametrize(("tables", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_it_is_named(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(BadLabels) as refused:
        read(tables)

    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"= nothing", "is not TOML"),
        (b"\xff", "is not TOML"),
        (b"#" * 1048577, "larger"),
        (b"a = 1", "a is not a"),
    ],
)
def test_a_file_that_is_none_stops_the_start_with_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "labels.toml"
    path.write_bytes(content)

    with pytest.raises(BadSetting, match="ORRERY_LABELS") as refused:
        read_settings({"ORRERY_LABELS": str(path)}, sandbox=True)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="ORRERY_LABELS cannot be read: FileNotFoundError"):
        read_settings({"ORRERY_LABELS": str(tmp_path / "none.toml")}, sandbox=True)
