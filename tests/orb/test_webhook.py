"""Which webhooks are believed, and what is read of them."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import orb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orb.types.unwrap_webhook_event import UnwrapWebhookEvent

from app.dashboard import WORDS
from app.orb.errors import Malformed
from app.orb.path import CustomerRef
from app.orb.webhook import Event, is_orbs, read, touched
from app.secret import Secret
from app.touched import QUESTIONS, parts, questions
from tests.orb.webhooks import BODY, ORB_ID, OWN_ID, SECRET, SENT, SIGNATURE, TIMESTAMP, TYPES, event, signature

ORACLE = orb.Orb(api_key="a-key").webhooks
OTHER = "another-secret-of-ours-0123456789"
BOREALIS = (CustomerRef("customer_id", ORB_ID), CustomerRef("external_customer_id", OWN_ID))


def believed(
    timestamp: str | bytes = TIMESTAMP,
    signatures: str | bytes = SIGNATURE,
    body: bytes = BODY,
    now: datetime = SENT,
    secrets: tuple[str, ...] = (SECRET,),
) -> bool:
    told = [each.encode() if isinstance(each, str) else each for each in (timestamp, signatures)]
    return is_orbs(told[0], told[1], body, [Secret(each) for each in secrets], now)


def resigned(timestamp: str, body: bytes = BODY) -> dict[str, Any]:
    return {"timestamp": timestamp, "signatures": f"v1={signature(body, timestamp)}", "body": body}


def after(**time: float) -> datetime:
    return SENT + timedelta(**time)


GOOD: dict[str, dict[str, Any]] = {
    "the public vector": {},
    "just inside, late": {"now": after(minutes=5)},
    "just inside, early": {"now": after(minutes=-5)},
    "the second of two matches": {"signatures": f"v1=my_invalid_signature {SIGNATURE}"},
    "another version beside it": {"signatures": f"v2={SIGNATURE[3:]} {SIGNATURE}"},
    "the fifth of five": {"signatures": " ".join(["v1=x"] * 4 + [SIGNATURE])},
    "bytes that are no text beside it": {"signatures": b"v1=\xff\xfe " + SIGNATURE.encode()},
    "an empty one beside it": {"signatures": f"  {SIGNATURE}"},
    "the second of two secrets": {"secrets": (OTHER, SECRET)},
    "the first of two secrets": {"secrets": (SECRET, OTHER)},
    "in UTC by offset": resigned("2024-03-27T15:42:29.551+00:00"),
    "in UTC by letter": resigned("2024-03-27T15:42:29.551Z"),
    "in another zone": resigned("2024-03-28T00:42:29.551+09:00"),
    "to the second": resigned("2024-03-27T15:42:29"),
    "to the microsecond": resigned("2024-03-27T15:42:29.551123"),
    "to the nanosecond": resigned("2024-03-27T15:42:29.551123999"),
    "another alphabet": resigned(TIMESTAMP, '{"id":"evt_ü","name":"Café ☕"}'.encode()),
    "no text at all": resigned(TIMESTAMP, b"\xff\x00\xfe"),
    "nothing": resigned(TIMESTAMP, b""),
}
BAD: dict[str, dict[str, Any]] = {
    "too old": {"now": after(minutes=5, milliseconds=1)},
    "too new": {"now": after(minutes=-5, milliseconds=-1)},
    "another secret": {"secrets": (OTHER,)},
    "no secret": {"secrets": ()},
    "another body": {"body": BODY.replace(b"Happy", b"Sappy")},
    "another version": {"signatures": f"v2={SIGNATURE[3:]}"},
    "no version": {"signatures": SIGNATURE[3:]},
    "a version twice": {"signatures": f"v1={SIGNATURE}"},
    "capitals": {"signatures": f"v1={SIGNATURE[3:].upper()}"},
    "no signature": {"signatures": ""},
    "a cut one": {"signatures": SIGNATURE[:-1]},
    "a longer one": {"signatures": f"{SIGNATURE}0"},
    "bytes that are no text": {"signatures": b"v1=\xe9\xff"},
    "a tab beside it": {"signatures": f"v1=x\t{SIGNATURE}"},
    "the sixth of six": {"signatures": " ".join(["v1=x"] * 5 + [SIGNATURE])},
    "another timestamp": {"timestamp": "2024-03-27T15:42:29.552"},
    "no date": resigned("not-a-date"),
    "no timestamp": resigned(""),
    "a date alone": resigned("2024-03-27") | {"now": datetime(2024, 3, 27, tzinfo=UTC)},
    "a week": resigned("2024-W13-3T15:42:29"),
    "a day of the year": resigned("2024-087T15:42:29"),
    "no dashes": resigned("20240327T154229"),
    "a comma": resigned("2024-03-27T15:42:29,551"),
    "a space": resigned("2024-03-27 15:42:29"),
    "a space before": resigned(" 2024-03-27T15:42:29"),
    "a line after": resigned("2024-03-27T15:42:29\n"),
    "Unix seconds": resigned("1711554149"),
    "a month too many": resigned("2024-13-27T15:42:29"),
    "a day too many": resigned("2024-02-30T15:42:29"),
    "seconds in an offset": resigned("2024-03-27T15:42:29+00:00:01"),
    "other digits": resigned("٢٠٢٤-03-27T15:42:29"),
    "the beginning of time": resigned("0001-01-01T00:00:00+14:00"),
    "the end of time": resigned("9999-12-31T23:59:59-14:00"),
}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_what_orb_signed_is_believed(case: dict[str, Any]) -> None:
    assert believed(**case)


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_what_leaves_a_doubt_is_not(case: dict[str, Any]) -> None:
    assert not believed(**case)


def test_a_time_without_an_offset_is_not_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert believed()
    finally:
        monkeypatch.undo()
        time.tzset()


def flipped(whole: bytes) -> list[bytes]:
    """Every way to flip one bit."""
    return [
        whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :] for at in range(len(whole)) for bit in range(8)
    ]


@pytest.mark.parametrize(("name", "whole"), [("body", BODY), ("timestamp", TIMESTAMP), ("signatures", SIGNATURE)])
def test_no_bit_of_the_public_vector_may_be_another(name: str, whole: str | bytes) -> None:
    changes = flipped(whole.encode() if isinstance(whole, str) else whole)
    assert len(changes) == 8 * len(whole)
    assert [each for each in changes if believed(**dict[str, Any]({name: each}))] == []


@given(st.binary(max_size=300), st.integers(0, 2**31), st.sampled_from(["body", "timestamp", "signatures"]), st.data())
def test_no_bit_of_any_event_may_be_another(body: bytes, second: int, name: str, data: st.DataObject) -> None:
    now = datetime.fromtimestamp(second, UTC)
    timestamp = now.replace(tzinfo=None).isoformat()
    told: dict[str, Any] = {
        "timestamp": timestamp.encode(),
        "signatures": f"v1={signature(body, timestamp)}".encode(),
        "body": body,
    }
    assert believed(**told, now=now)
    if told[name]:
        assert not believed(**told | {name: data.draw(st.sampled_from(flipped(told[name])))}, now=now)


SIGNATURES = st.sampled_from(["right", "wrong", "other", "v2", "bare", ""])


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
    st.integers(-600, 600).filter(lambda seconds: abs(abs(seconds) - 300) > 5),
    st.lists(SIGNATURES, min_size=1, max_size=5),
    st.sampled_from(["", "Z", "+00:00"]),
)
def test_orbs_own_client_believes_the_same(text: str, seconds: int, kinds: list[str], zone: str) -> None:
    now, body = datetime.now(UTC), text.encode()
    timestamp = (now + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(timespec="milliseconds") + zone
    right = signature(body, timestamp)
    written = {
        "right": f"v1={right}",
        "wrong": f"v1={signature(body + b' ', timestamp)}",
        "other": f"v1={signature(body, timestamp, OTHER)}",
        "v2": f"v2={right}",
        "bare": right,
        "": "",
    }
    signatures = " ".join(written[kind] for kind in kinds)
    try:
        headers = {"X-Orb-Timestamp": timestamp, "X-Orb-Signature": signatures}
        ORACLE.verify_signature(body, headers, secret=SECRET)
        theirs = True
    except ValueError:
        theirs = False
    assert believed(timestamp, signatures, body, now) == theirs
    assert theirs == ("right" in kinds and abs(seconds) < 300)


@pytest.mark.parametrize(("event_type", "touches"), TYPES.items())
@pytest.mark.parametrize("style", ["expanded", "standard"])
def test_an_event_touches_what_its_type_says(event_type: str, touches: Any, style: str) -> None:
    found = read(event(event_type, payload_style=style))
    assert (found.touches, found.customer) == (touches, BOREALIS if touches else ())


def test_these_are_the_types_that_orbs_client_knows() -> None:
    kinds = get_args(UnwrapWebhookEvent)
    assert {get_args(kind.model_fields["type"].annotation)[0] for kind in kinds} == set(TYPES)
    assert len(TYPES) == 81


@pytest.mark.parametrize("event_type", ["x", "Invoice.issued", "an_invoice.issued", "xcustomer.edited", "invoice"])
def test_what_only_looks_like_a_type_touches_nothing(event_type: str) -> None:
    assert touched(event_type) == ()


@pytest.mark.parametrize("event_type", ["budget.cost_exceeded", "tax.credit_balance_dropped", "pool.usage_exceeded"])
def test_an_event_of_what_nobody_knows_is_read_no_further(event_type: str) -> None:
    resource = event_type.partition(".")[0]
    odd: dict[str, Any] = {resource: {"customer": 3}}
    assert read(event(event_type, **odd)) == Event("evt_1", event_type, (), ())


def test_what_comes_before_the_first_dot_of_a_type_says_what_changed() -> None:
    assert read(event("invoice.payment.failed")) == Event(
        "evt_1", "invoice.payment.failed", ("bill", "invoices"), BOREALIS
    )


def test_what_is_not_touched_is_not_read() -> None:
    assert read(event("customer.created", customer="?", invoice=[1])).touches == ()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"null", b"[]", b"{}", b"\xff", b'{"id":"a"}', b'{"type":"customer.edited"}', b"[" * 10_000,
        event("customer.edited", ""), event("customer.edited", "x" * 257), event("customer.edited", id=3),
        event("invoice.issued")[:-1], event("invoice.issued") + b"x",
        event("invoice.issued").replace(b'"id": "evt_1"', b'"id": "evt_1", "id": "evt_2"'),
    ],
)  # fmt: skip
def test_what_orb_cannot_have_meant_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        event("customer.edited", customer=None), event("customer.edited", customer={"external_customer_id": "a"}),
        event("invoice.issued", invoice=None), event("invoice.issued", invoice={"customer": None}),
        event("invoice.issued", invoice={"customer": {"id": 3}}), event("subscription.edited", subscription=[]),
    ],
)  # fmt: skip
def test_an_event_that_does_not_say_whose_it_is_is_nobodys(body: bytes) -> None:
    found = read(body)
    assert found.touches != ()
    assert found.customer == ()


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ({"id": ORB_ID, "external_customer_id": None}, BOREALIS[:1]),
        ({"id": ORB_ID}, BOREALIS[:1]),
        ({"id": ORB_ID, "external_customer_id": ""}, BOREALIS[:1]),
        ({"id": ORB_ID, "external_customer_id": "a\0b"}, BOREALIS[:1]),
        ({"id": "../" * 9, "external_customer_id": OWN_ID}, BOREALIS[1:]),
        ({"id": "", "external_customer_id": ".."}, ()),
    ],
)
def test_an_id_that_nobody_can_be_signed_in_by_is_left_out(ids: dict[str, Any], found: Any) -> None:
    assert read(event("customer.edited", customer=ids)).customer == found


def test_amounts_in_a_payload_do_not_matter() -> None:
    plain = json.loads(event("invoice.issued"))
    amounts: list[Any] = ["12.00", "NaN", None, {"x": []}, -1]
    for amount in amounts:
        plain["invoice"]["amount_due"] = amount
        assert read(json.dumps(plain).encode()) == read(event("invoice.issued"))


def test_every_part_of_the_dashboard_stands_on_questions_and_each_question_under_one_part() -> None:
    assert [*QUESTIONS] == [*WORDS, "invoices"]
    for part in QUESTIONS:
        assert {each for question in questions([part]) for each in parts(question)} == {part}
    assert parts(None) == tuple(QUESTIONS)
    assert {each for found in TYPES.values() if found != "all" for each in found} <= set(QUESTIONS)
