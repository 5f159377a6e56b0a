"""Plans of clouds: every price model and adjustment, a year and a quarter."""

from decimal import Decimal

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.models import Bulk, BulkTier, Matrix, Package, Tier, Tiered
from app.sandbox.catalogue.plans import Plan, Tax
from app.sandbox.catalogue.pricelists import fee, metered, per

D = Decimal

# Adjustments of every kind: one for each price, and one for the whole invoice.
LATTICE = Plan(
    "lattice",
    "Lattice Flex",
    "USD",
    (
        metered(
            "lattice_tokens",
            "Model tokens",
            "Inference",
            Matrix(
                ("region", "model"),
                (
                    (("us-east-1", "falcon-70b"), D("0.0012")),
                    (("us-east-1", "sparrow-7b"), D("0.0002")),
                    (("eu-central-1", "falcon-70b"), D("0.0015")),
                    (("eu-central-1", "sparrow-7b"), D("0.0003")),
                ),
                D("0.0010"),
            ),
            "kilotokens",
        ),
        metered("lattice_gpu", "GPU hours", "Compute", per("1.20"), "hours"),
        metered(
            "lattice_storage",
            "Object storage",
            "Storage",
            Tiered((Tier(0, 10_000, D("0.02")), Tier(10_000, None, D("0.015")))),
            "gigabytes",
        ),
        metered(
            "lattice_network",
            "Network",
            "Network",
            Bulk((BulkTier(1_000, D("0.09")), BulkTier(10_000, D("0.07")), BulkTier(None, D("0.05")))),
            "gigabytes",
        ),
        metered("lattice_support", "Support calls", "Support", Package(D("5.00"), 10), aggregation="count"),
        metered("lattice_builds", "Build minutes", "Builds", per("0.02"), "minutes"),
        fee("lattice-fee", "Platform fee", "Platform", "99.00"),
    ),
    adjustments=(
        Adjustment("lattice-free", "usage_discount", D(100), ("lattice_gpu",), "100 free GPU hours", False),
        Adjustment("lattice-migration", "amount_discount", D("25.00"), ("lattice_storage",), "Migration credit", False),
        Adjustment("lattice-peering", "percentage_discount", D("0.15"), ("lattice_network",), "Peering", False),
        Adjustment("lattice-support", "minimum", D("150.00"), ("lattice_support",), "Support minimum", False),
        Adjustment("lattice-builds", "maximum", D("60.00"), ("lattice_builds",), "Build cap", False),
        Adjustment("lattice-cap", "maximum", D("1200.00"), reason="Spend cap"),
    ),
    tax=Tax("Sales tax", D("8.875")),
)


LATTICE_RESERVED = Plan(
    "lattice-reserved",
    "Lattice Reserved",
    "USD",
    (
        metered("lattice_reserved_gpu", "GPU hours", "Compute", per("0.85"), "hours"),
        fee("lattice-reserved-fee", "Reservation", "Platform", "900.00"),
    ),
)


# Dinars have three decimals.
GULF_SOVEREIGN = Plan(
    "gulf-sovereign",
    "Sovereign Cloud",
    "KWD",
    (
        fee("gulf-commitment", "Annual commitment", "Platform", "1200.000", currency="KWD"),
        metered(
            "virtual_machines",
            "Virtual machine hours",
            "Compute",
            Bulk((BulkTier(5_000, D("0.0125")), BulkTier(None, D("0.0095")))),
            "hours",
            currency="KWD",
        ),
    ),
    cadence="annual",
)


GULF_BACKUP = Plan(
    "gulf-backup",
    "Backup",
    "KWD",
    (
        metered("backups", "Backup storage", "Backup", per("0.00175"), "gigabytes", currency="KWD"),
        metered("restores", "Restores", "Backup", per("1.250"), aggregation="count", currency="KWD"),
    ),
    cadence="quarterly",
)
