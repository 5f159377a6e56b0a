"""The credits of the invented customers who pay in advance."""

from decimal import Decimal
from itertools import pairwise

from app.sandbox.world.grants import Correction, Grant
from app.sandbox.world.when import Day, Month

D = Decimal

# A promotional block is given on these days of the month, and the one before lapses.
_PROMOTIONS = [Month(months, day) for months in range(-2, 3) for day in (1, 8, 16, 24)]

# Promotions may be spent on one item only and are larger than its use, so there is always one about to expire. The
# first top-up is used up in the second month, the next two last beyond the third.
LUMEN_GRANTS = (
    Grant("starter", D(12_000), Month(-2), Month(7), D("0.050"), "top_up", "Starter pack"),
    Grant("autumn", D(24_000), Month(-1), Month(9), D("0.045"), "top_up", "Volume top-up"),
    Grant("twice", D(500), Month(-1, 5, 9.2), Month(11), D("0.050"), "manual", "Entered twice by mistake"),
    Grant("reserve", D(10_000), Month(-1, 20), Month(12), D("0.040"), "top_up", "Reserve"),
    Grant("unpaid", D(5_000), Month(0), Month(13), D("0.040"), "top_up", "Awaiting payment", paid=False),
    *(
        Grant(
            f"promotion-{given.months}-{given.day}",
            D(400),
            given,
            lapses,
            D("0.00"),
            "allocation",
            "Fine-tuning promotion",
            item="Fine-tuning",
        )
        for given, lapses in pairwise(_PROMOTIONS)
    ),
)

LUMEN_CORRECTIONS = (
    Correction("twice", "void", Month(-1, 5, 9.75)),
    Correction("autumn", "amendment", Month(-1, 10, 10), D(50), "Goodwill for the outage"),
    Correction("autumn", "expiration_change", Month(-1, 12, 15)),
)

# The first block is used up, and what images had lapsed before its end: since then they are overage, as video is.
SPARK_GRANTS = (
    Grant("signup", D(6_000), Day(-40), None, D("0.016"), "top_up", "Signup pack", "sparks"),
    Grant("images", D(12_000), Day(-40), Day(-4), D("0.014"), "commitment", "Image pack", "sparks", item="Images"),
    Grant("promotion", D(1_200), Day(-14), Day(4), D("0"), "allocation", "Upscaling trial", "sparks", item="Upscaling"),
    Grant("upscaling", D(900), Day(-14), Day(200), D("0.012"), "top_up", "Upscaling pack", "sparks", item="Upscaling"),
    Grant("unpaid", D(2_500), Day(-2), Day(363), D("0.016"), "top_up", "Awaiting payment", "sparks", paid=False),
    Grant("next", D(5_000), Day(18), Day(383), D("0.015"), "commitment", "Next pack", "sparks", booked=Day(-6)),
)

DOLLAR_GRANTS = (
    Grant("welcome", D("20.00"), Day(-40), Day(-20), D("0.00"), "allocation", "Welcome", "USD"),
    Grant("first", D("500.00"), Day(-40), Day(325), D("1.00"), "commitment", "First instalment", "USD"),
    Grant("second", D("500.00"), Day(-12), Day(353), D("1.00"), "commitment", "Second instalment", "USD"),
)

STATION_GRANTS = (Grant("season", D(3_000), Day(-40), None, D("0.80"), "top_up", "Season allowance"),)

PRINT_GRANTS = (
    Grant("first", D(4_000), Day(-40), None, D("0.05"), "top_up", "Print pack"),
    Grant("second", D(4_000), Day(-25), None, D("0.05"), "top_up", "Print pack"),
)
