"""Plans of services that companies run on: payments, messages, communities, analytics."""

from decimal import Decimal

from app.sandbox.catalogue.models import Package, Percent, Tier, Tiered
from app.sandbox.catalogue.plans import Plan, Tax
from app.sandbox.catalogue.pricelists import fee, metered, per

D = Decimal

HIMAL = Plan(
    "himal",
    "Himal Merchant",
    "INR",
    (
        metered("payments", "Payment volume", "Payments", Percent(D("0.015")), "rupees", currency="INR"),
        metered("payouts", "Payouts", "Payouts", Package(D("15.00"), 5), aggregation="count", currency="INR"),
        metered("identity_checks", "Identity checks", "Compliance", per("12.50"), "checks", currency="INR"),
    ),
    tax=Tax("GST", D("18")),
)


# Paid in advance in dollars: the ledger is one of USD.
FARO = Plan(
    "faro",
    "Faro Messaging",
    "USD",
    (
        metered("text_messages", "Text messages", "Messages", per("0.05"), "messages"),
        metered("voice_minutes", "Voice minutes", "Voice", per("0.02"), "minutes"),
        fee("faro-fee", "Number rental", "Platform", "25.00"),
    ),
)


# Neither users nor a peak add up from their parts.
CHORUS = Plan(
    "chorus",
    "Community",
    "USD",
    (
        metered(
            "sessions",
            "Monthly active users",
            "Community",
            Tiered((Tier(0, 1_000, D("0.05")), Tier(1_000, None, D("0.03")))),
            "user_id",
            aggregation="unique",
            invoice_grouping_key="region",
        ),
        metered("stored", "Peak storage", "Storage", per("0.04"), "gigabytes", aggregation="max"),
        metered("posts", "Posts moderated", "Moderation", per("0.01"), aggregation="count"),
    ),
)


GROWTH = Plan(
    "growth",
    "Growth",
    "USD",
    (
        metered(
            "growth_events",
            "Tracked events",
            "Analytics",
            Tiered((Tier(0, 20_000, D("0.002")), Tier(20_000, None, D("0.001")))),
            "events",
        ),
        metered("growth_exports", "Exports", "Analytics", Package(D("2.00"), 10), aggregation="count"),
        fee("growth-fee", "Growth fee", "Platform", "49.00"),
    ),
    trial_days=30,
)


INSIGHTS = Plan(
    "insights",
    "Insights",
    "USD",
    (
        metered("insight_queries", "Insight queries", "Insights", per("0.05"), "queries"),
        metered("insight_reports", "Reports", "Insights", Package(D("3.00"), 20), aggregation="count"),
        fee("insights-fee", "Insights fee", "Platform", "20.00"),
    ),
    trial_days=14,
)
