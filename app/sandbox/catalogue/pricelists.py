"""The invented plans of the sandbox, with prices that give bills of a plausible size."""

from decimal import Decimal

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.catalogue.metrics import Aggregation, Metric
from app.sandbox.catalogue.models import Model, Package, Tier, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price, Tax

D = Decimal


def metered(
    event_name: str,
    name: str,
    item: str,
    model: Model,
    of: str | None = None,
    *,
    aggregation: Aggregation = "sum",
    currency: str = "USD",
    conversion_rate: Decimal | None = None,
    invoice_grouping_key: str | None = None,
) -> Price:
    """Make a price for the events of one name, with a metric of its own."""
    metric = Metric(event_name, name, event_name, aggregation, of)
    return Price(
        event_name,
        name,
        item,
        model,
        metric,
        currency=currency,
        conversion_rate=conversion_rate,
        invoice_grouping_key=invoice_grouping_key,
    )


def per(unit_amount: str) -> Unit:
    """Price every unit alike."""
    return Unit(D(unit_amount))


def fee(key: str, name: str, item: str, unit_amount: str, quantity: int = 1, currency: str = "USD") -> Price:
    """Make a fixed fee."""
    return Price(key, name, item, per(unit_amount), fixed=quantity, currency=currency)


SCALE = Plan(
    "scale",
    "Scale plan",
    "USD",
    (
        metered("gpu_inference", "GPU inference", "Inference", per("0.00045"), "tokens"),
        metered(
            "compute",
            "Compute minutes",
            "Compute",
            Tiered(
                (
                    Tier(0, 50_000, D("0.008")),
                    Tier(50_000, 120_000, D("0.0065")),
                    Tier(120_000, None, D("0.005")),
                )
            ),
            "minutes",
        ),
        metered("api_requests", "API requests", "API", per("0.00012"), "requests"),
        metered("vector_storage", "Vector storage", "Storage", per("0.00035"), "vectors"),
        metered("egress", "Egress", "Network", per("0.085"), "gigabytes"),
        metered("log_ingestion", "Log ingestion", "Observability", per("0.25"), "gigabytes"),
        metered("builds", "Build minutes", "Builds", per("0.006"), "minutes"),
        metered("deliveries", "Webhook deliveries", "API", Package(D("0.40"), 1_000), "deliveries"),
        fee("scale-fee", "Platform fee", "Platform", "99.00"),
    ),
    adjustments=(
        Adjustment("scale-discount", "percentage_discount", D("0.1"), reason="Committed-use discount"),
        Adjustment("scale-minimum", "minimum", D("250.00")),
    ),
    tax=Tax("Sales tax", D("7.25")),
)

RENDER = Plan(
    "render",
    "Render Studio",
    "USD",
    (
        metered("frames", "Frames rendered", "Rendering", per("0.021"), "frames"),
        metered("gpu_minutes", "GPU minutes", "Rendering", per("0.034"), "minutes"),
        metered("asset_storage", "Asset storage", "Storage", per("0.0009"), "gigabytes"),
        fee("render-seats", "Artist seats", "Seats", "24.00", 4),
    ),
)

PIPELINE = Plan(
    "pipeline",
    "Data Pipelines",
    "USD",
    (
        metered("rows", "Rows processed", "Pipelines", per("0.000004"), "rows"),
        metered(
            "queries",
            "Warehouse queries",
            "Warehouse",
            Tiered((Tier(0, 20_000, D("0.012")), Tier(20_000, None, D("0.009")))),
            "queries",
        ),
        metered("pipeline_egress", "Egress", "Network", per("0.09"), "gigabytes"),
    ),
    adjustments=(Adjustment("pipeline-minimum", "minimum", D("2000.00")),),
)

RESIDENCY = Plan(
    "residency",
    "EU Residency",
    "EUR",
    (
        metered("encrypted_storage", "Encrypted storage", "Storage", per("0.0011"), "gigabytes", currency="EUR"),
        metered("audit_events", "Audit events", "Compliance", per("0.0006"), "events", currency="EUR"),
        fee("residency-fee", "Residency fee", "Platform", "60.00", currency="EUR"),
    ),
    tax=Tax("VAT", D("19")),
)

PREPAID = Plan(
    "prepaid",
    "Prepaid credits",
    CREDITS,
    (
        metered("images", "Image generation", "Images", per("0.8"), "images", currency=CREDITS),
        metered("video", "Video seconds", "Video", per("0.25"), "seconds", currency=CREDITS),
        metered("tuning", "Fine-tuning steps", "Fine-tuning", per("0.02"), "steps", currency=CREDITS),
    ),
)

PAY_AS_YOU_GO = Plan(
    "payg",
    "Pay as you go",
    "USD",
    (metered("payg_api", "API requests", "API", per("0.0002"), "requests"),),
    billed=False,
)

STARTER = Plan(
    "starter",
    "Starter",
    "USD",
    (
        metered("starter_api", "API requests", "API", per("0.00015"), "requests"),
        metered("starter_storage", "Storage", "Storage", per("0.0008"), "gigabytes"),
    ),
)

LAUNCH = Plan(
    "launch",
    "Launch",
    "USD",
    (
        metered("launch_api", "API requests", "API", per("0.0002"), "requests"),
        metered("launch_compute", "Compute minutes", "Compute", per("0.008"), "minutes"),
    ),
)

# Amounts below a cent: a reader that expects two decimals is wrong.
GRID = Plan(
    "grid",
    "Grid",
    "EUR",
    (
        metered("readings", "Meter readings", "Metering", per("0.000035"), "readings", currency="EUR"),
        metered("forecasts", "Forecasts", "Forecasting", per("0.0145"), "forecasts", currency="EUR"),
        metered("alert_messages", "Alert messages", "Messaging", Package(D("0.75"), 100), "messages", currency="EUR"),
    ),
)

# Yen have no decimals.
KAIDO = Plan(
    "kaido",
    "Kaido",
    "JPY",
    (
        metered("routes", "Route calculations", "Routing", per("0.35"), "routes", currency="JPY"),
        metered("tiles", "Map tiles", "Maps", per("0.012"), "tiles", currency="JPY"),
        fee("kaido-fee", "Base fee", "Platform", "60000", currency="JPY"),
    ),
    tax=Tax("Consumption tax", D("10")),
)

ATELIER = Plan(
    "atelier",
    "Atelier",
    "EUR",
    (
        metered("prints", "Proof prints", "Printing", per("0.14"), "prints", currency="EUR"),
        metered("scans", "Scans", "Scanning", per("0.035"), "scans", currency="EUR"),
    ),
    tax=Tax("TVA", D("20")),
)
