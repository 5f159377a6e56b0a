"""What teams are sold: seats with an allocation each, of a pricing unit of their own."""

from decimal import Decimal

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Plan, Price, Tax
from app.sandbox.catalogue.pricelists import fee, per

D = Decimal

#: The pricing unit of seats.
AI_CREDITS = "ai_credits"

SEAT = LicenseType("seat", "Seat", "user_id", D(400))
AGENT = LicenseType("agent", "Automation agent", "agent_id", D(2_000))

#: The license types of the account, oldest first; nobody has bought the last one yet.
LICENSE_TYPES = (SEAT, AGENT)

TEAM = Plan(
    "team",
    "Team",
    AI_CREDITS,
    (
        Price(
            "assistant",
            "Assistant",
            "Assistant",
            per("0.5"),
            Metric("assistant", "Assistant actions", "assistant_run", "sum", "actions"),
            currency=AI_CREDITS,
            conversion_rate=D("0.035"),
            license_type=SEAT,
        ),
        Price(
            "members",
            "Active members",
            "Members",
            per("1.20"),
            Metric("members", "Active members", "assistant_run", "unique", "user_id"),
            invoice_grouping_key="team",
        ),
        fee("team-seats", "Seats", "Seats", "18.00", 33),
    ),
    tax=Tax("GST", D("15")),
    invoicing_currency="USD",
)
