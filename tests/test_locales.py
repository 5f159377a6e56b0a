"""What one language lacks never becomes what another says, in whichever order they are read."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READ = """
import sys
from datetime import date
from app.days import write_day
from app.locales import locale
print([write_day(date(2026, 6, 1), locale(tag)) for tag in sys.argv[1:]][-1])
"""


@pytest.mark.parametrize("before", ["dv", "cho", "jbo"])
@pytest.mark.parametrize(("tag", "said"), [("ar", "1 يونيو"), ("ko", "6월 1일"), ("fa-IR", "1 ژوئن")])
def test_a_language_without_names_of_months_leaves_the_others_theirs(before: str, tag: str, said: str) -> None:
    run = [sys.executable, "-c", READ, before, tag]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == said
