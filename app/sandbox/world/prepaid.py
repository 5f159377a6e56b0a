"""The credits of the invented customer who pays in advance."""

from decimal import Decimal
from itertools import pairwise

from app.sandbox.world.grants import Correction, Grant
from app.sandbox.world.when import Month

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
