"""JSON of strangers: one reading, or none."""

import pytest

from app.web.strict import json_object


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[]", "no object"),
        (b"null", "no object"),
        (b'{"a": 1, "a": 1}', "a name stands twice"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "a name stands twice"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b'{"a": [-Infinity]}', "-Infinity is no number of JSON"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        json_object(text)


def test_an_object_is_read_whatever_is_in_it() -> None:
    assert json_object(bytearray(b'{"a": {"a": [1, "\xc3\xa9"]}, "b": null}')) == {"a": {"a": [1, "é"]}, "b": None}
