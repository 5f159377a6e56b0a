"""Expressions that mean harm: each is refused, nothing is changed, and everybody else is answered meanwhile."""

import json
import threading
from typing import Any

import anyio
import duckdb
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox.evaluate import engine
from app.sandbox.evaluate.engine import isolated
from app.sandbox.evaluate.expressions import parse
from app.sandbox.evaluate.groups import evaluate
from app.sandbox.evaluate.refusals import Refused
from app.sandbox.rating.events import Events
from tests.thorough import times

from .sandbox_client import Invented, Orb, OrbAt, sandbox_at

NOW = "2026-11-20T20:15:30.250000+00:00"
WHO = {"external_customer_id": "northwind"}
EVENT = {
    "event_name": "builds",
    "timestamp": "2026-11-20T12:00:00Z",
    "properties": {"minutes": 3, "region": "a" * 5000, "free": True},
}
SPAN = {"timeframe_start": "2026-11-20T00:00:00Z", "timeframe_end": "2026-11-21T00:00:00Z"}

HOSTILE = [
    # More than one expression, or more than an expression.
    "SELECT 1",
    "(SELECT 1)",
    "1 = (SELECT count(*) FROM rows)",
    "EXISTS (SELECT 1)",
    "minutes IN (SELECT 1)",
    "minutes = ANY (SELECT 1)",
    "minutes = ALL ([1])",
    "true) FROM rows WHERE (true",
    "true) UNION ALL SELECT (true",
    "true), (true",
    "true; DROP TABLE rows",
    "true); DROP TABLE rows; SELECT (true",
    "true) ORDER BY (1",
    "true) LIMIT (1",
    "true) -- ",
    "true)--",
    "true -- comment",
    "minutes = 3 --0",
    "true /* comment */",
    "/* */ true",
    "true) AS x, (true",
    "true AS x",
    "true FROM events",
    "WITH x AS (SELECT 1) SELECT 1",
    "(VALUES (true))",
    "FROM rows",
    "TABLE rows",
    "DESCRIBE rows",
    "EXPLAIN SELECT 1",
    # Statements that read and write.
    "COPY rows TO '/tmp/out.csv'",
    "true; COPY rows TO '/tmp/out.csv'",
    "ATTACH '/tmp/x.db'",
    "PRAGMA database_list",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '10GB'",
    "RESET threads",
    "CREATE TABLE x AS SELECT 1",
    "INSERT INTO rows VALUES (1)",
    "DELETE FROM rows",
    "UPDATE rows SET properties = ''",
    "CALL pragma_version()",
    "EXPORT DATABASE '/tmp/x'",
    "VACUUM rows",
    "CHECKPOINT;",
    # Functions that see the machine, the engine or other rows.
    "read_text('/etc/passwd') IS NOT NULL",
    "read_csv('/etc/passwd') IS NOT NULL",
    "read_blob('/etc/passwd') IS NOT NULL",
    "glob('/*') IS NOT NULL",
    "getenv('HOME') IS NOT NULL",
    "current_setting('memory_limit') IS NOT NULL",
    "getvariable('x') IS NOT NULL",
    "version() IS NOT NULL",
    "pg_typeof(minutes) IS NOT NULL",
    "duckdb_settings() IS NOT NULL",
    "pragma_database_list() IS NOT NULL",
    "current_database() = 'x'",
    "current_schema() = 'main'",
    "current_user = 'x'",
    "session_user = 'x'",
    "query('SELECT 1') IS NOT NULL",
    "query_table('rows') IS NOT NULL",
    "json_execute_serialized_sql('{}') IS NOT NULL",
    "nextval('x') = 1",
    "txid_current() = 1",
    "now() IS NOT NULL",
    "current_timestamp IS NOT NULL",
    "random() > 0.5",
    "setseed(1) IS NULL",
    "sum(minutes) > 1",
    "count(*) > 1",
    "row_number() OVER () = 1",
    "max(minutes) FILTER (WHERE true) > 1",
    "list(minutes) IS NOT NULL",
    "main.lower(region) = 'a'",
    "system.main.lower(region) = 'a'",
    "\"lower\"(region) = 'a'",
    "region.lower() = 'a'",
    # Lambdas, lists, structs, stars, parameters, other types.
    "x -> x + 1",
    "list_filter([1], x -> x > 0) IS NOT NULL",
    "list_filter([1], lambda x: x > 0) IS NOT NULL",
    "[x FOR x IN [1, 2]] IS NOT NULL",
    "[1, 2] IS NOT NULL",
    "{'a': 1} IS NOT NULL",
    "MAP {'a': 1} IS NOT NULL",
    "(1, 2) = (1, 2)",
    "ROW(1) IS NOT NULL",
    "unnest(region) IS NOT NULL",
    "minutes[1] = 1",
    "*",
    "COLUMNS(*) IS NOT NULL",
    "? = 1",
    "$1 = 1",
    "$event_name = 'x'",
    "#1 = 1",
    "rowid = 1",
    "lower(region := 'a') = 'a'",
    "lower(DISTINCT region) = 'a'",
    "region COLLATE nocase = 'A'",
    "CAST(region AS BLOB) IS NOT NULL",
    "CAST(region AS INTEGER[]) IS NOT NULL",
    "CAST(region AS STRUCT(a INTEGER)) IS NOT NULL",
    "region::regclass IS NOT NULL",
    "CAST(region AS foo.bar) IS NOT NULL",
    "INTERVAL '1 day' IS NOT NULL",
    # Quotes and escapes.
    "region = 'a",
    'region = "a',
    "region = 'a' 'b'",
    "region = E'\\x41'",
    "region = U&'\\0041'",
    "region = $$a$$",
    "region = 'a\x00b'",
    "region = \\u0027a\\u0027",
    "region = ’a’",
    "region = `a`",
    "region\uff1d'a'",
    "",
    " \t\n",
    # Time and memory.
    "repeat('a', 1000000000) IS NOT NULL",
    "lpad('a', 1000000000, 'a') IS NOT NULL",
    "rpad('a', 1000000000, 'a') IS NOT NULL",
    "replace(replace(region, 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa') IS NOT NULL",
    "regexp_replace(region, 'a', 'aaaa', 'g') IS NOT NULL",
    "generate_series(1, 1000000000) IS NOT NULL",
    "range(1000000000) IS NOT NULL",
    "100000! > 1",
    "9 ^ 999999 > 1",
    "regexp_matches(region, '(a{1,1000}){1,1000}$')",
    "regexp_matches(region, '\\pL\\pL\\pL')",
    "regexp_matches(region, region)",
    f"regexp_matches(region, '{'a*' * 51}')",
    "region LIKE region",
    f"region LIKE '{'%a' * 51}'",
    "region SIMILAR TO '(a+)+$'",
    "region ~ '(a+)+$'",
    "region GLOB '*a*'",
    "nullif(" * 12 + "region" + ", 'x')" * 12 + " = 'a'",
    "case " * 12 + "region" + " when 'a' then 'a' when 'b' then 'b' end" * 12 + " = 'a'",
    "(" * 51 + "true" + ")" * 51,
    "(" * 3900,
    "[" * 3900,
    "+" * 3999,
    "- " * 100 + "minutes = 1",
    "not " * 100 + "free",
    "lower(" * 60 + "region" + ")" * 60 + " = 'a'",
    "case when " * 60 + "true" + " then true end" * 60,
    "(with x as (" * 24,
    "minutes = " + "1+" * 150 + "1",
    "minutes IN (" + ",".join(["1"] * 200) + ")",
    "region = '" + "a" * 4000 + "'",
    f"minutes = {'1' * 39}",
    "minutes = 1e400",
    "minutes = 1_000",
    "minutes = 0x10",
    # Not boolean, or of types that do not go together.
    "minutes",
    "region",
    "timestamp",
    "'true'",
    "minutes + region = 1",
    "region::bigint = 1",
]


@pytest.fixture
def events(invented: Invented) -> Invented:
    return invented


async def preview(orb: Orb, **evaluation: Any) -> httpx.Response:
    body = WHO | SPAN | {"events": [EVENT], "price_evaluations": [{"external_price_id": "builds"} | evaluation]}
    return await orb.http.post("/v1/prices/evaluate_preview_events", content=json.dumps(body))


def test_there_are_many_hostile_expressions() -> None:
    assert len(HOSTILE) == len(set(HOSTILE)) > 120


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda expression: ascii(expression[:50]))
async def test_a_hostile_filter_is_refused(orb: Orb, expression: str) -> None:
    answer = await preview(orb, filter=expression)
    assert answer.status_code == 400, answer.text
    assert answer.json()["validation_errors"][0].startswith("price_evaluations[0]")
    assert len(answer.text) < 1000


async def test_hostile_expressions_change_nothing(orb_at: OrbAt) -> None:
    events = Events()
    async with orb_at(NOW, events=events) as orb:

        async def seen() -> Any:
            body = WHO | SPAN | {"price_evaluations": [{"external_price_id": "builds", "grouping_keys": ["region"]}]}
            return (await orb.http.post("/v1/prices/evaluate", json=body)).json()

        before, count = await seen(), events.count()
        for expression in HOSTILE:
            body = WHO | SPAN | {"price_evaluations": [{"external_price_id": "builds", "filter": expression}]}
            assert (await orb.http.post("/v1/prices/evaluate", content=json.dumps(body))).status_code == 400
        assert (await seen(), events.count()) == (before, count)
    events.close()


async def test_what_a_property_is_called_means_nothing_to_the_engine(orb: Orb) -> None:
    names = [
        'x"; DROP TABLE rows; --',
        "(SELECT 1)",
        "/",
        "~1",
        "$",
        "0",
        "a'b",
        "$.*",
        "p_61",
        "timestamp_",
        "ключ",
        "*",
        '"',
    ]
    event = EVENT | {"properties": dict.fromkeys(names, "here") | {"minutes": 1}}
    for name in names:
        body = WHO | SPAN | {"events": [event]}
        body |= {"price_evaluations": [{"external_price_id": "builds", "grouping_keys": [name]}]}
        answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
        assert answer.json()["data"][0]["price_groups"][0]["grouping_values"] == ["here"], name
        quoted = '"' + name.replace('"', '""') + '"'
        body["price_evaluations"] = [{"external_price_id": "builds", "filter": f"{quoted} = 'here'"}]
        answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
        assert answer.json()["data"][0]["price_groups"][0]["quantity"] == 1, name


WORDS = [
    *("minutes", "region", "free", "timestamp", "timestamp_millis", "nowhere", '"a b"', "1", "2.5", "1e9", "'a'", "''"),
    *("(", ")", "(", ")", ",", "+", "-", "*", "/", "%", "||", "=", "<", ">=", "<>", "::", ".", "--", ";", "'", '"'),
    *("and", "or", "not", "is", "null", "true", "in", "between", "like", "case", "when", "then", "else", "end", "cast"),
    *(
        "as",
        "varchar",
        "decimal",
        "boolean",
        "timestamp",
        "lower",
        "round",
        "substring",
        "coalesce",
        "nullif",
        "select",
    ),
    *("regexp_matches", "date_trunc", "hour_floor_timestamp_millis", "concat", "distinct", "from", "99999999999999999"),
]
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.binary(max_size=40).map(lambda raw: raw.decode("latin-1")),
)
atoms = st.sampled_from(
    ["minutes", "region", "free", "timestamp", "timestamp_millis", "nowhere", "1", "0", "2.5", "'a'"]
)
valid = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "||", "=", "<", "AND", "OR"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(
            st.sampled_from(["lower", "round", "abs", "year", "length", "month_floor_timestamp_millis"]), inner
        ).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"CASE WHEN {parts[0]} IS NULL THEN {parts[1]} END"),
        st.tuples(
            inner, st.sampled_from(["varchar", "double", "decimal", "bigint", "boolean", "timestamp", "date"])
        ).map(lambda parts: f"CAST({parts[0]} AS {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"nullif({parts[0]}, {parts[1]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"),
        inner.map(lambda part: f"({part} LIKE '%a_')"),
    ),
    max_leaves=12,
)


@settings(max_examples=times(300, 60))
@given(filter=st.one_of(st.none(), texts, valid), key=st.one_of(texts, valid))
def test_no_expression_breaks_the_sandbox(invented: Invented, filter: str | None, key: str) -> None:
    async def answer() -> httpx.Response:
        async with sandbox_at(NOW, events=invented) as orb:
            return await preview(orb, filter=filter, grouping_keys=[key])

    found = anyio.run(answer)
    assert found.status_code in (200, 400)
    found.json()


@settings(max_examples=times(500, 100))
@given(source=texts)
def test_what_is_read_is_written_with_words_of_ours_alone(source: str) -> None:
    try:
        written = parse(source)
    except Refused:
        return
    with isolated() as db:
        frame = db.execute("SELECT json_serialize_sql($sql::VARCHAR)", {"sql": f"SELECT {written.sql}"}).fetchone()
    assert frame is not None
    tree = json.loads(frame[0])
    assert not tree["error"], (source, written.sql)
    (statement,) = tree["statements"]
    assert len(statement["node"]["select_list"]) == 1
    assert statement["node"]["from_table"]["type"] == "EMPTY"
    assert not _classes(tree) & {"SUBQUERY", "WINDOW", "LAMBDA", "STAR", "PARAMETER", "POSITIONAL_REFERENCE"}


def _classes(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return {str(tree.get("class"))}.union(*map(_classes, tree.values()))
    return set[str]().union(*map(_classes, tree)) if isinstance(tree, list) else set()


LOCKED = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "COPY (SELECT 1) TO '/tmp/sandbox-was-here.csv'",
    "ATTACH '/tmp/sandbox-was-here.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '10GB'",
    "SET threads = 4",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SELECT list(repeat('a', 1000000) || i) FROM range(1000) t(i)",
]


@pytest.mark.parametrize("sql", LOCKED)
def test_the_database_of_an_evaluation_would_not_do_harm_if_it_were_told_to(sql: str) -> None:
    with isolated() as db, pytest.raises(duckdb.Error):
        db.execute(sql).fetchall()


def test_the_database_of_an_evaluation_has_one_thread_and_no_place_to_spill_to() -> None:
    names = ("threads", "temp_directory", "autoinstall_known_extensions", "autoload_known_extensions")
    with isolated() as db:
        found = [db.execute("SELECT current_setting($name)", {"name": name}).fetchone() for name in names]
    assert found == [(1,), ("",), (False,), (False,)]


SLOW = " OR ".join(
    f"regexp_matches(concat(region, workspace_id, '{n}'), '(a|[b-z])*(x|y|-)+.*q{n}$')" for n in range(11)
)


async def test_a_slow_expression_is_broken_off(orb: Orb, monkeypatch: pytest.MonkeyPatch) -> None:
    span = {"timeframe_start": "2026-08-20T00:00:00Z", "timeframe_end": "2026-11-21T00:00:00Z"}
    evaluation = {"external_price_id": "gpu_inference", "filter": SLOW}
    body = WHO | span | {"price_evaluations": [evaluation]}
    assert (await orb.http.post("/v1/prices/evaluate", json=body)).status_code == 200
    monkeypatch.setattr("app.sandbox.evaluate.groups.PATIENCE", 0.02)
    answer = await orb.http.post("/v1/prices/evaluate", json=body)
    assert answer.status_code == 400
    assert answer.json()["validation_errors"] == ["price_evaluations[0]: took longer than 0.02 seconds"]
    assert engine.PATIENCE == 2.0


async def test_all_evaluations_of_a_request_share_the_time(orb: Orb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sandbox.evaluate.groups.PATIENCE", 0.0)
    span = {"timeframe_start": "2026-08-20T00:00:00Z", "timeframe_end": "2026-11-21T00:00:00Z"}
    body = WHO | span | {"price_evaluations": [{"external_price_id": "gpu_inference", "filter": SLOW}] * 3}
    answer = await orb.http.post("/v1/prices/evaluate", json=body)
    assert answer.json()["validation_errors"][0].endswith("took longer than 0 seconds")


async def test_others_are_answered_while_an_expression_runs(orb: Orb, monkeypatch: pytest.MonkeyPatch) -> None:
    running, others_answered = threading.Event(), threading.Event()
    waited: list[bool] = []

    def slow(*arguments: Any) -> Any:
        running.set()
        waited.append(others_answered.wait(20))
        return evaluate(*arguments)

    monkeypatch.setattr("app.sandbox.routes.evaluating.evaluate", slow)
    answers: list[httpx.Response] = []

    async def asking() -> None:
        answers.append(await preview(orb))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asking)
        await anyio.to_thread.run_sync(running.wait, 20)
        assert (await orb.get("/ping")).status_code == 200
        others_answered.set()
    assert waited == [True]
    assert answers[0].status_code == 200
