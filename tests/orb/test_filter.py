"""Filters: whatever a viewer sends, Orb reads exactly that value, and no other structure than ours."""

import re
import string
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app import asking
from app.asking import OPS, BadQuestion, Condition, Value
from app.orb.filter import expression, grouping
from tests.sandbox.sandbox_client import exact, sandbox_at

ALLOWED = {"region": "Region", "workspace-id": "Workspace", 'od"d': "Odd", "order": "Order"}
SIGNS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
NOW = "2026-11-20T20:15:30.250000+00:00"

HOSTILE = [
    "'", "''", "'''", "' OR 1=1 --", "' OR '1'='1", "'; DROP TABLE rows; --", "x' UNION SELECT 1 --", "') OR (1=1",
    "a' AND region <> 'b", "' || region || '", "--", "/*", "*/", "/* ' */", ";", "%", "_", "%' LIKE '%", '"', '""',
    '" OR 1=1', "`", "$1", "$region", ":region", "?", "{0}", "{}", "%s", "%(a)s", "NULL", "null", "TRUE", "false", "1",
    "0", "-1", "1e9", "0x10", "NaN", "Infinity", "1'1", "1;1", "CAST(1 AS INT)", "repeat('a', 9)", "E'a'", "N'a'",
    "$$a$$", "$a$b$a$", "U&'a'", "x'00'", "région", "地域", "регион", "منطقة", "אזור", "🌍", "👩‍🚀", "e\u0301",
    "\u00e9", "\u200b", "\u202e", "\u2028", "\u2029", "\ufeff", "\u00a0", "\u3000", "＇", "’", "ʼ", "´", "＝",
    "﹣", "ﬁ", "İ", "ß",
    "a b", "a  b", ",", "a,b", "(", ")", "()", "((", "[", "]", "{", "}", "<", ">", "<script>", "&lt;", "&#39;", "%27",
    "%00", "+", "=", "==", "!=", "<>", "|", "||", "&", "^", "~", "!", "@", "#", "*", "/", "-", ".", "..", "../..",
    "a'b'c", "'a'", "''''''", "a" * 256, "'" * 256, "’'" * 100, "AND", "OR", "NOT", "IN ('a')", "BETWEEN 1 AND 2",
    "IS NULL", "region", "(region)", "timestamp_millis", "event_name", "now()", "current_user", "SELECT 1",
    "\U0010ffff",
]  # fmt: skip

texts = st.text(min_size=1, max_size=60).filter(
    lambda text: "\\" not in text and not any(re.match(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", each) for each in text)
)
quoted_traps = st.text("'\"-/*;()=, ANDORIN", min_size=1, max_size=40)
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)
values = texts | quoted_traps | numbers


@st.composite
def filters(draw: st.DrawFn) -> Condition:
    op = draw(st.sampled_from(OPS))
    held = draw(st.lists(values, min_size=1, max_size=5)) if op == "in" else draw(values)
    return asking.condition("", draw(st.sampled_from(sorted(ALLOWED))), op, held, ALLOWED)


class Reader:
    """Reads our small part of SQL letter by letter, and nothing else. It knows nothing of how it was written."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def conditions(self) -> Iterator[Condition]:
        yield self.condition()
        while self.at < len(self.text):
            self.take(" AND ")
            yield self.condition()

    def condition(self) -> Condition:
        name = self.name()
        self.take(" ")
        sign = self.run("<>=IN")
        self.take(" ")
        if sign != "IN":
            return Condition(name, SIGNS[sign], (self.literal(),))
        self.take("(")
        found = [self.literal()]
        while self.text[self.at] != ")":
            self.take(", ")
            found.append(self.literal())
        self.take(")")
        return Condition(name, "in", tuple(found))

    def name(self) -> str:
        if self.text[self.at] == '"':
            return self.quoted('"')
        return self.run(string.ascii_letters + string.digits + "_")

    def literal(self) -> Value:
        if self.text[self.at] == "'":
            return self.quoted("'")
        return Decimal(self.run("-0123456789."))

    def quoted(self, sign: str) -> str:
        self.take(sign)
        found = ""
        while True:
            letter = self.text[self.at]
            self.at += 1
            if letter == sign:
                if self.text[self.at : self.at + 1] != sign:
                    return found
                self.at += 1
            found += letter

    def run(self, letters: str) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in letters:
            self.at += 1
        assert self.at > start, self.text[start:]
        return self.text[start : self.at]

    def take(self, text: str) -> None:
        assert self.text.startswith(text, self.at), self.text[self.at :]
        self.at += len(text)


@given(st.lists(filters(), min_size=1, max_size=6))
@example([Condition("region", "eq", ("' AND region = '",))])
def test_what_is_compiled_reads_back_as_what_was_asked(conditions: list[Condition]) -> None:
    text = expression(conditions)

    assert text is not None
    assert list(Reader(text).conditions()) == conditions


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_one_literal(value: str) -> None:
    asked = asking.condition("", "region", "eq", value, ALLOWED)

    assert list(Reader(expression([asked]) or "").conditions()) == [asked]


@pytest.mark.parametrize("value", ["\\", "a\\' OR 1=1 --", "\x00", "a\nb", "\x85", "\x7f", "\ud800", "a" * 257])
def test_what_could_mean_more_than_itself_is_refused(value: str) -> None:
    with pytest.raises(BadQuestion):
        asking.condition("", "region", "eq", value, ALLOWED)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, [], {}, ["a"]])
def test_only_texts_and_exact_numbers_are_compared(value: object) -> None:
    with pytest.raises(BadQuestion):
        asking.condition("", "region", "eq", value, ALLOWED)


def test_without_a_filter_there_is_no_expression_and_one_past_orbs_length_is_refused() -> None:
    long = asking.condition("", "region", "in", ["a" * 250] * 20, ALLOWED)

    assert expression([]) is None
    with pytest.raises(BadQuestion):
        expression([long])


def test_a_property_is_quoted_unless_it_is_a_plain_name() -> None:
    names = ["region", "workspace-id", 'od"d', "order", "_a1"]

    assert [grouping(name, is_property=True) for name in names] == [
        "region", '"workspace-id"', '"od""d"', '"order"', "_a1",
    ]  # fmt: skip


def test_the_hour_is_computed_by_orb_unless_a_property_is_called_so() -> None:
    assert grouping("hour", is_property=False) == "hour_floor_timestamp_millis(timestamp_millis)"
    assert grouping("hour", is_property=True) == "hour"


async def test_orb_finds_exactly_the_usage_of_each_hostile_value() -> None:
    async with sandbox_at(NOW) as orb:
        events = [
            {
                "event_name": "gpu_inference",
                "timestamp": "2026-11-20T20:00:00Z",
                "external_customer_id": "northwind",
                "idempotency_key": f"hostile-{n}",
                "properties": {"tokens": n + 1, "region": value},
            }
            for n, value in enumerate(HOSTILE)
        ]
        sent = await orb.http.post("/v1/ingest", json={"events": events})
        assert sent.status_code == 200, sent.text
        evaluations = [
            {
                "external_price_id": "gpu_inference",
                "filter": expression([asking.condition("", "region", "eq", value, ALLOWED)]),
            }
            for value in HOSTILE
        ]
        found = []
        for start in range(0, len(evaluations), 50):
            found += (await _evaluated(orb.http, evaluations[start : start + 50]))["data"]

    assert len(HOSTILE) == len(set(HOSTILE)) > 100
    assert [each["price_groups"][0]["quantity"] for each in found] == [n + 1 for n in range(len(HOSTILE))]


async def _evaluated(http: httpx.AsyncClient, evaluations: list[dict[str, str | None]]) -> dict[str, list[dict]]:  # type: ignore[type-arg]
    body = {
        "external_customer_id": "northwind",
        "timeframe_start": "2026-11-20T05:00:00Z",
        "timeframe_end": "2026-11-21T05:00:00Z",
        "price_evaluations": evaluations,
    }
    answer = await http.post("/v1/prices/evaluate", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, list[dict]] = exact(answer)  # type: ignore[type-arg]
    return found
