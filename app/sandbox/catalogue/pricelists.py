"""The invented plans of the sandbox, with prices that give bills of a plausible size."""

from decimal import Decimal

from app.sandbox.catalogue.plans import CREDITS, Plan, Price, Tax, Tier

D = Decimal

SCALE = Plan(
    "scale",
    "Scale plan",
    "USD",
    (
        Price("scale-gpu", "GPU inference", "Inference", D("0.00045"), daily=128_000, weekend=520),
        Price(
            "scale-compute",
            "Compute minutes",
            "Compute",
            tiers=(
                Tier(0, 50_000, D("0.008")),
                Tier(50_000, 120_000, D("0.0065")),
                Tier(120_000, None, D("0.005")),
            ),
            daily=7_100,
            weekend=380,
        ),
        Price("scale-api", "API requests", "API", D("0.00012"), daily=391_000, weekend=350),
        Price("scale-vector", "Vector storage", "Storage", D("0.00035"), daily=38_000, weekend=960),
        # Egress and logs are counted in megabytes and priced by the gigabyte.
        Price("scale-egress", "Egress", "Network", D("0.085"), daily=91_000, weekend=450, scale=3),
        Price("scale-logs", "Log ingestion", "Observability", D("0.25"), daily=14_500, weekend=600, scale=3),
        Price("scale-builds", "Build minutes", "Builds", D("0.006"), daily=390, weekend=120),
        Price("scale-hooks", "Webhook deliveries", "API", D("0.40"), package=1_000, daily=2_300, weekend=500),
        Price("scale-fee", "Platform fee", "Platform", D("99.00"), fixed=1),
    ),
    discount=D("0.1"),
    discount_reason="Committed-use discount",
    minimum=D("250.00"),
    tax=Tax("Sales tax", D("7.25")),
)

RENDER = Plan(
    "render",
    "Render Studio",
    "USD",
    (
        Price("render-frames", "Frames rendered", "Rendering", D("0.021"), daily=2_600, weekend=300),
        Price("render-gpu", "GPU minutes", "Rendering", D("0.034"), daily=640, weekend=350),
        Price("render-storage", "Asset storage", "Storage", D("0.0009"), daily=16_000, weekend=980),
        Price("render-seats", "Artist seats", "Seats", D("24.00"), fixed=4),
    ),
)

PIPELINE = Plan(
    "pipeline",
    "Data Pipelines",
    "USD",
    (
        Price("pipeline-rows", "Rows processed", "Pipelines", D("0.000004"), daily=9_400_000, weekend=640),
        Price(
            "pipeline-queries",
            "Warehouse queries",
            "Warehouse",
            tiers=(Tier(0, 20_000, D("0.012")), Tier(20_000, None, D("0.009"))),
            daily=1_150,
            weekend=250,
        ),
        Price("pipeline-egress", "Egress", "Network", D("0.09"), daily=52_000, weekend=500, scale=3),
    ),
    minimum=D("2000.00"),
)

RESIDENCY = Plan(
    "residency",
    "EU Residency",
    "EUR",
    (
        Price("residency-storage", "Encrypted storage", "Storage", D("0.0011"), daily=18_500, weekend=970),
        Price("residency-audit", "Audit events", "Compliance", D("0.0006"), daily=13_000, weekend=420),
        Price("residency-fee", "Residency fee", "Platform", D("60.00"), fixed=1),
    ),
    tax=Tax("VAT", D("19")),
)

PREPAID = Plan(
    "prepaid",
    "Prepaid credits",
    CREDITS,
    (
        Price("prepaid-images", "Image generation", "Images", D("0.8"), daily=190, weekend=620),
        Price("prepaid-video", "Video seconds", "Video", D("0.25"), daily=520, weekend=480),
        Price("prepaid-tuning", "Fine-tuning steps", "Fine-tuning", D("0.02"), daily=1_400, weekend=0),
    ),
)

PAY_AS_YOU_GO = Plan(
    "payg",
    "Pay as you go",
    "USD",
    (Price("payg-api", "API requests", "API", D("0.0002")),),
    billed=False,
)

STARTER = Plan(
    "starter",
    "Starter",
    "USD",
    (
        Price("starter-api", "API requests", "API", D("0.00015"), daily=30_000),
        Price("starter-storage", "Storage", "Storage", D("0.0008"), daily=4_000, weekend=950),
    ),
)

LAUNCH = Plan(
    "launch",
    "Launch",
    "USD",
    (
        Price("launch-api", "API requests", "API", D("0.0002")),
        Price("launch-compute", "Compute minutes", "Compute", D("0.008")),
    ),
)

# Amounts in hundredths of a cent: a reader that expects two decimals is wrong.
GRID = Plan(
    "grid",
    "Grid",
    "EUR",
    (
        Price("grid-readings", "Meter readings", "Metering", D("0.000035"), daily=1_150_000, weekend=1000),
        Price("grid-forecasts", "Forecasts", "Forecasting", D("0.0145"), daily=1_250, weekend=700),
        Price("grid-alerts", "Alert messages", "Messaging", D("0.75"), package=100, daily=820, weekend=640),
    ),
    digits=4,
)

# Yen have no decimals.
KAIDO = Plan(
    "kaido",
    "Kaido",
    "JPY",
    (
        Price("kaido-routes", "Route calculations", "Routing", D("0.35"), daily=38_000, weekend=560),
        Price("kaido-tiles", "Map tiles", "Maps", D("0.012"), daily=310_000, weekend=820),
        Price("kaido-fee", "Base fee", "Platform", D("60000"), fixed=1),
    ),
    digits=0,
    tax=Tax("Consumption tax", D("10")),
)

ATELIER = Plan(
    "atelier",
    "Atelier",
    "EUR",
    (
        Price("atelier-prints", "Proof prints", "Printing", D("0.14"), daily=420, weekend=150),
        Price("atelier-scans", "Scans", "Scanning", D("0.035"), daily=900, weekend=100),
    ),
    tax=Tax("TVA", D("20")),
)
