"""A table as CSV that is safe to open in a spreadsheet: exact amounts, stable columns, no cell that is a formula."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from app.cards.base import Cell, Table
from app.days import Period
from app.labels import Label
from app.money import Money, Quantity
from app.orb.question import instant
from app.web.reader import Reader
from app.words import Text

# A spreadsheet takes a cell that begins with one of these for a formula, and some let a few in other forms pass for
# them, or skip what is blank before them.
_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_SKIPPED = frozenset("\t\r\n\0")


def write(table: Table, more: dict[str, Cell], reader: Reader) -> bytes:
    """The table's rows, each with the columns of `more` at its end: what is the same for all of them.

    A period takes two columns. A file that is not plain ASCII says in its first bytes that it is UTF-8, without
    which Excel garbles names.
    """
    lines = [",".join(_names((*table.columns, *more)))]
    for row in table.rows:
        columns = zip((*table.columns, *more), (*row, *more.values()), strict=True)
        lines.append(",".join(text for name, cell in columns for text in _texts(name, cell, reader)))
    text = "".join(f"{line}\r\n" for line in lines)
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
        case Text() | Label() | str():
            return quoted(safe(reader.write(cell)))
    raise TypeError(f"no cell for {type(cell).__name__}")


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet computes: what would be a formula gets an apostrophe before it."""
    begins = next((each for each in text if not _is_blank(each)), "")
    computed = unicodedata.normalize("NFKC", begins)[:1] in _FORMULA
    return f"'{text}" if computed or text[:1] in _SKIPPED else text


def quoted(text: str) -> str:
    """Always in quotes: where a semicolon parts columns, one in a name would begin a cell."""
    return '"' + text.replace('"', '""') + '"'


def _is_blank(each: str) -> bool:
    return each.isspace() or unicodedata.category(each) in ("Cc", "Cf", "Mn")
