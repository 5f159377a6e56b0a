"""What prices are in: money, with its digits, or a pricing unit."""

#: The usual pricing unit of prepaid plans: not a currency of ISO 4217.
CREDITS = "credits"

#: Digits of the currencies of ISO 4217 that the sandbox knows.
_DIGITS = {"USD": 2, "EUR": 2, "GBP": 2, "INR": 2, "JPY": 0, "KWD": 3}


def is_money(currency: str) -> bool:
    """Tell money from a custom pricing unit."""
    return currency in _DIGITS


def digits_of(currency: str) -> int:
    """Give the digits that amounts are written and rounded with; a pricing unit has two."""
    return _DIGITS.get(currency, 2)
