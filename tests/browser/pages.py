"""Every kind of page that people see, by a name, with whose it is and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """`customer` is None where nobody is signed in; `opens` are the words of what is pressed once it is there.

    `but` are rules of axe that make no sense there.
    """

    name: str
    path: str
    customer: str | None = "northwind"
    opens: tuple[str, ...] = ()
    status: int = 200
    but: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


PAGES = (
    Seen("overview", "/"),
    Seen("overview cumulative", "/?view_mode=cumulative"),
    Seen("overview compared", "/?compare=previous_period"),
    Seen("several subscriptions", "/", "halcyon"),
    Seen("credits", "/", "lumen"),
    Seen("licenses", "/", "quill"),
    Seen("ended", "/", "sunset"),
    Seen("nothing yet", "/", "fresh"),
    Seen("invoices", "/invoices", "halcyon"),
    Seen("explore", "/explore"),
    Seen("explored", "/explore", opens=("Run query",)),
    Seen("ledger", "/credits/ledger?currency=credits", "lumen"),
    Seen("license list", "/licenses", "quill"),
    Seen("one card", "/cards/usage"),
    Seen("no such page", "/nowhere", status=404),
    Seen("wrong question", "/?group_by=nobody", status=400),
    Seen("sign in", "/", None),
    Seen("session ended", "/invoices", None, status=401),
    Seen("enter", "/enter", None),
    Seen("states", "/_states", None, but=("landmark-unique",)),  # it has each card many times
)
