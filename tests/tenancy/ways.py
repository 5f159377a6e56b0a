"""Every route there is, what it takes that could name somebody's thing, and the scope that it needs.

A new route fails the build until it stands here: `test_routes.py` compares this with the app's own table.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """One route and method. `path` holds `{card}` and the like as the app has them; `query` and `fields` (of the body)
    are the parameters that take an id; `scope` is the word that it needs, `{card}` the card's own, None none."""

    method: str
    path: str
    scope: str | None
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


_DASHBOARD = ("subscription_id",)
WAYS = (
    Way("GET", "/", None, _DASHBOARD),
    Way("POST", "/refresh", "refresh", _DASHBOARD),
    Way("GET", "/cards/{card}", "{card}", _DASHBOARD),
    Way("GET", "/explore", "explore", ("price_id",)),
    Way("POST", "/explore", "explore", (), ("price_id",)),
    Way("GET", "/invoices", "invoices", ("cursor",)),
    Way("GET", "/invoices/{invoice}", "invoices"),
    Way("GET", "/invoices/upcoming/{subscription}", "bill"),
    Way("GET", "/credits/ledger", "credits", ("cursor",)),
    Way("GET", "/licenses", "licenses", ("subscription_id", "license_type_id", "cursor")),
    Way("POST", "/portal", "portal"),
    Way("GET", "/api/dashboard", None, _DASHBOARD),
    Way("POST", "/api/dashboard/refresh", "refresh", _DASHBOARD),
    Way("GET", "/api/cards/{card}", "{card}", _DASHBOARD),
    Way("GET", "/api/invoices", "invoices", ("cursor",)),
    Way("GET", "/api/invoices/{invoice}", "invoices"),
    Way("GET", "/api/invoices/upcoming/{subscription}", "bill"),
    Way("GET", "/api/credits/ledger", "credits", ("cursor",)),
    Way("GET", "/api/credits/blocks", "credits", ("cursor",)),
    Way("GET", "/api/licenses", "licenses", ("subscription_id", "license_type_id", "cursor")),
    Way("GET", "/api/export/{card}.csv", "export", _DASHBOARD),
    Way("GET", "/api/export/focus.csv", "export", _DASHBOARD),
    Way("POST", "/api/explore", "explore", (), ("price_ids",)),
)
# What never ends, and tells names of cards alone: `tests/web/test_listening.py` is about it.
STREAMS = {("GET", "/api/changes")}
# What is nobody's: no customer's data, whoever asks.
NOBODYS = {
    ("GET", "/enter"),
    ("GET", "/embed"),
    ("POST", "/webhooks/orb"),
    ("POST", "/session"),
    ("POST", "/session/end"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/static/{name}"),
    ("GET", "/theme.css"),
    ("GET", "/theme/{file}"),
}
CARDS = ("bill", "credits", "spend", "breakdown", "usage", "licenses", "alerts")
