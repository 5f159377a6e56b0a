"""What is counted, and that the README says so."""

import re
import tomllib

import pytest

from app.metrics import counted
from app.metrics.gauges import OWNED, Gauges
from app.metrics.tally import Spread, Tally
from app.orb import errors
from app.orb.endpoint import Rate
from tests.figures import read
from tests.running import ROOT

SECTION = (ROOT / "README.md").read_text().split("\n## See inside\n")[1].split("\n## ")[0]


def families() -> dict[str, list[str]]:
    """Every metric of ours by the name that its series have, with its labels."""
    found = {
        f"{each.name}{ {'counter': '_total', 'info': '_info'}.get(each.type, '') }": each
        for each in counted.REGISTRY.collect()
        if each.name.startswith("orrery_")
    }
    collectors = {name: counted.REGISTRY._names_to_collectors[name] for name in found}
    named = {name: [*each.labels] if isinstance(each, Tally | Spread) else [] for name, each in collectors.items()}
    named |= {"orrery_build_info": ["version"]}
    return named | {name: [label] if label else [] for name, (label, _) in OWNED.items()}


def test_the_readme_lists_every_metric_with_its_labels_and_no_other() -> None:
    rows = re.findall(r"^\| (`orrery_.*?) \| (.*?) \|", SECTION, re.MULTILINE)
    rows = [(name, re.findall(r"`(\w+)`", labels)) for names, labels in rows for name in re.findall(r"`(\w+)`", names)]

    assert len(rows) > 20
    assert dict(rows) == families()


def test_its_alerts_ask_for_what_there_is() -> None:
    (alerts,) = re.findall(r"```promql\n(.*?)```", SECTION, re.DOTALL)
    assert len(alerts.splitlines()) == 3
    for name, _, chosen in re.findall(r"(orrery_\w+)(\{(.*?)\})?", alerts):
        assert name in families()
        for label, value in re.findall(r'(\w+)="(.*?)"', chosen):
            assert label in families()[name]
            assert f"`{value}`" in SECTION


def test_what_an_alert_waits_for_is_there_before_it_happens() -> None:
    found = read(Gauges().written().decode())
    for code in counted.CODES:
        assert [*found].count(("orrery_orb_failures_total", frozenset({("rate", "read"), ("code", code)}))) == 1


def test_the_codes_and_classes_are_those_of_the_errors_and_endpoints() -> None:
    def codes(error: type[errors.OrbError]) -> set[str]:
        return {error.code}.union(*map(codes, error.__subclasses__()))

    assert set(counted.CODES) == codes(errors.OrbError) | {"bug"}
    assert set(counted.RATES) == {each.value for each in Rate}


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == counted.VERSION


def test_a_gauge_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        Gauges().reads("orrery_invented", dict)
