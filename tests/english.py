"""What a text says to a reader of English."""

from app.web.catalogue import ENGLISH
from app.web.reader import reader


def english(value: object) -> str:
    return reader(ENGLISH).write(value)
