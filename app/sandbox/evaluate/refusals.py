"""Why an evaluation is refused: said in words, to be shown under the name of the field."""


class Refused(Exception):
    """Something asked for is wrong or too much; `str()` of it says what."""


class TookTooLong(Refused):
    """The expressions of a request needed more time than they are given."""
