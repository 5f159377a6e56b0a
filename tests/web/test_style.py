"""The stylesheet is one file without a build: what is nested stands indented, so that a lost brace is seen."""

import re
from pathlib import Path

SHEET = Path(__file__).parents[2] / "static" / "dashboard.css"


def test_every_rule_stands_where_its_indentation_says() -> None:
    depth, astray = 0, []
    for number, line in enumerate(SHEET.read_text().splitlines(), 1):
        code = re.sub(r"/\*.*?\*/", "", line)
        opens = "{" in code and not code.strip().startswith("}")
        if opens and depth != (len(line) - len(line.lstrip())) // 2:
            astray.append(number)
        depth += code.count("{") - code.count("}")

    assert (astray, depth) == ([], 0)
