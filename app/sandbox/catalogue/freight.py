"""The plan of a freight company: what it owes is invoiced whenever it has grown large."""

from decimal import Decimal

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.models import Tier, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price, Tax

_PARCELS = Metric("parcels", "Parcels tracked", "parcels", "sum", "parcels")
_ROUTES = Metric("route_plans", "Routes planned", "route_plans", "sum", "routes")

FREIGHT = Plan(
    "freight",
    "Freight",
    "GBP",
    (
        Price(
            "parcels",
            "Parcels tracked",
            "Tracking",
            Tiered((Tier(0, 20_000, Decimal("0.055")), Tier(20_000, None, Decimal("0.042")))),
            _PARCELS,
            currency="GBP",
        ),
        Price("route_plans", "Routes planned", "Routing", Unit(Decimal("0.31")), _ROUTES, currency="GBP"),
        Price("freight-fee", "Depot fee", "Platform", Unit(Decimal("85.00")), fixed=2, currency="GBP"),
    ),
    tax=Tax("VAT", Decimal("20")),
    invoicing_threshold=Decimal("1500.00"),
)
