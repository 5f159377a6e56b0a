"""A table as CSV that is safe to open in a spreadsheet: exact amounts, stable columns, no cell that is a formula."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from app.cards.base import Cell, Table
from app.days import Period
from app.money import Money, Quantity
from app.orb.question import instant
from app.web.reader import Reader
from app.words import Text

# A spreadsheet takes a cell that begins with one of these for a formula, their wide forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def write(table: Table, more: dict[str, Cell], reader: Reader) -> bytes:
    """The table's rows, each with the columns of `more` at its end: what is the same for all of them.

    A period takes two columns. A file that is not plain ASCII says in its first bytes that it is UTF-8, without
    which Excel garbles names.
    """
    sheet = StringIO()
    lines = csv.writer(sheet)
    lines.writerow(_names((*table.columns, *more)))
    for row in table.rows:
        columns = zip((*table.columns, *more), (*row, *more.values()), strict=True)
        lines.writerow([text for name, cell in columns for text in _texts(name, cell, reader)])
    text = sheet.getvalue()
    return text.encode("utf-8" if text.isascii() else "utf-8-sig")


def _names(columns: Iterable[str]) -> list[str]:
    return [each for name in columns for each in (_both(name) if _is_period(name) else (name,))]


def _is_period(name: str) -> bool:
    return name == "period" or name.endswith("_period")


def _both(name: str) -> tuple[str, str]:
    return f"{name}_start", f"{name}_end"


def _texts(name: str, cell: Cell, reader: Reader) -> Iterator[str]:
    if _is_period(name):
        yield from (instant(cell.start), instant(cell.end)) if isinstance(cell, Period) else ("", "")
    else:
        yield _text(cell, reader)


def _text(cell: Cell, reader: Reader) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return f"{cell.amount:f}"
        case Quantity():
            return f"{cell.value:f}"
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return instant(cell)
        case date():
            return cell.isoformat()
        case int():
            return str(cell)
        case Text() | str():
            return safe(reader.say(cell))
    raise TypeError(f"no cell for {type(cell).__name__}")


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet computes: what would be a formula gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
