"""Basis is a type: what must not be written does not type-check."""

import os
from pathlib import Path

import pytest
from mypy import api

from tests.running import ROOT

PRELUDE = """
from app.groups import GroupShare
from app.money import Money
from app.orb import wire
from app.words import Text

def write(invoice: wire.Invoice, subtotal: wire.Subtotal) -> None:
    {line}
"""


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("GroupShare('a', Text('a'), subtotal, None)", True),
        ("GroupShare('a', Text('a'), wire.AmountDue(invoice), None)", False),
        ("GroupShare('a', Text('a'), Money(invoice.amount_due, subtotal.unit), None)", False),
        ("wire.AmountDue(invoice)", True),
        ("wire.AmountDue(subtotal)", False),
        ("wire.AmountDue(subtotal.amount, subtotal.unit)", False),
    ],
)
def test_an_amount_due_comes_from_an_invoice_and_is_never_broken_down(
    tmp_path: Path, line: str, sound: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "written.py"
    file.write_text(PRELUDE.format(line=line))

    found, _, status = api.run(["--strict", "--cache-dir", os.fspath(ROOT / ".mypy_cache"), os.fspath(file)])

    assert (status == 0) is sound, found
