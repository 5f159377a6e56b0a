"""The endpoints of Orb that we call, and what Orb says of each: its rate class, whether it caches."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from app.orb import alerts, evaluation, invoices, licenses, usage, wire

T = TypeVar("T")


class Rate(Enum):
    """Orb's rate classes: each has its own number of calls a second for the whole account."""

    ANALYTICS = "analytics"
    LEDGER = "ledger"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """`name` is how logs call it; `honours_cache` says whether Orb reads its cache header here."""

    name: str
    rate: Rate
    answer: type[T]
    honours_cache: bool = False


SUBSCRIPTIONS = Endpoint("subscriptions", Rate.READ, wire.Subscriptions)
CUSTOMER = Endpoint("customer", Rate.READ, wire.Customer)
UPCOMING_INVOICE = Endpoint("upcoming_invoice", Rate.READ, wire.Invoice, honours_cache=True)
INVOICES = Endpoint("invoices", Rate.READ, invoices.Invoices)
INVOICE = Endpoint("invoice", Rate.READ, invoices.Issued)
PORTAL_SESSION = Endpoint("portal_session", Rate.WRITE, invoices.PortalSession)
CREDITS_LEDGER = Endpoint("credits_ledger", Rate.READ, wire.Ledger, honours_cache=True)
CREDIT_BLOCKS = Endpoint("credit_blocks", Rate.LEDGER, wire.CreditBlocks, honours_cache=True)
SUBSCRIPTION_COSTS = Endpoint("subscription_costs", Rate.ANALYTICS, wire.Costs, honours_cache=True)
CUSTOMER_COSTS = Endpoint("customer_costs", Rate.ANALYTICS, wire.Costs, honours_cache=True)
GROUPED_COSTS = Endpoint("grouped_costs", Rate.WRITE, wire.GroupPage)
SUBSCRIPTION_USAGE = Endpoint("subscription_usage", Rate.ANALYTICS, usage.Usage, honours_cache=True)
GROUPED_USAGE = Endpoint("grouped_usage", Rate.ANALYTICS, usage.GroupedUsage, honours_cache=True)
LICENSE_TYPES = Endpoint("license_types", Rate.READ, licenses.LicenseTypes)
LICENSES = Endpoint("licenses", Rate.READ, licenses.Licenses)
LICENSE_USAGE = Endpoint("license_usage", Rate.READ, licenses.LicenseUsages)
ALERTS = Endpoint("alerts", Rate.READ, alerts.Alerts)
EVALUATE = Endpoint("evaluate", Rate.WRITE, evaluation.Evaluations)
EVALUATE_PREVIEW_EVENTS = Endpoint("evaluate_preview_events", Rate.WRITE, evaluation.Evaluations)

ALL: tuple[Endpoint[Any], ...] = (
    SUBSCRIPTIONS, CUSTOMER, UPCOMING_INVOICE, CREDITS_LEDGER, CREDIT_BLOCKS, SUBSCRIPTION_COSTS, CUSTOMER_COSTS,
    GROUPED_COSTS, SUBSCRIPTION_USAGE, GROUPED_USAGE, LICENSE_TYPES, LICENSES, LICENSE_USAGE, ALERTS, INVOICES, INVOICE,
    PORTAL_SESSION, EVALUATE, EVALUATE_PREVIEW_EVENTS,
)  # fmt: skip
