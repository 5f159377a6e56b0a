"""Plans of studios: pricing units that have a price in money, and words."""

from decimal import Decimal

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.catalogue.plans import Plan, Tax
from app.sandbox.catalogue.pricelists import fee, metered, per

D = Decimal

# A pricing unit with a price in money: what no block covers is overage at two cents a spark.
SPARKS = Plan(
    "sparks",
    "Sparkworks Studio",
    "sparks",
    (
        metered("spark_images", "Images", "Images", per("4"), "images", currency="sparks", conversion_rate=D("0.02")),
        metered(
            "spark_upscales", "Upscaling", "Upscaling", per("1"), "images", currency="sparks", conversion_rate=D("0.02")
        ),
        metered(
            "spark_video", "Video seconds", "Video", per("2.5"), "seconds", currency="sparks", conversion_rate=D("0.02")
        ),
        fee("spark-fee", "Studio fee", "Platform", "49.00"),
    ),
    invoicing_currency="USD",
    tax=Tax("GST", D("10")),
)


PRINT_CREDITS = Plan(
    "print-credits",
    "Print credits",
    CREDITS,
    (
        metered("sheets", "Sheets", "Printing", per("0.5"), "sheets", currency=CREDITS, conversion_rate=D("0.06")),
        metered("covers", "Covers", "Printing", per("3"), "covers", currency=CREDITS, conversion_rate=D("0.06")),
    ),
    invoicing_currency="USD",
)


LOCALIZATION = Plan(
    "localization",
    "Localization",
    "USD",
    (
        metered("words", "Words translated", "Translation", per("0.0008"), "words"),
        metered("reviews", "Review minutes", "Review", per("0.60"), "minutes"),
    ),
)
