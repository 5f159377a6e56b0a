"""Plans of what is counted far away: sensors, antennas, trees."""

from decimal import Decimal

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.catalogue.models import Package
from app.sandbox.catalogue.plans import Plan, Tax
from app.sandbox.catalogue.pricelists import fee, metered, per

D = Decimal

# Amounts far below a cent.
MOTE = Plan(
    "mote",
    "Telemetry",
    "USD",
    (metered("telemetry", "Telemetry readings", "Telemetry", per("0.000004"), "readings"),),
)


HEARTBEAT = Plan(
    "heartbeat",
    "Heartbeats",
    "USD",
    (metered("heartbeats", "Heartbeats", "Telemetry", per("0.000004"), aggregation="count"),),
)


# Credits have no price in money here: usage beyond them overdraws the ledger.
STATION = Plan(
    "station",
    "Station link",
    CREDITS,
    (
        metered("uplink", "Uplink minutes", "Uplink", per("1.5"), "minutes", currency=CREDITS),
        metered("soundings", "Ice soundings", "Soundings", per("2"), aggregation="count", currency=CREDITS),
        fee("station-fee", "Antenna rental", "Platform", "75.00"),
    ),
    invoicing_currency="USD",
)


ORCHARD = Plan(
    "orchard",
    "Orchard Sensors",
    "EUR",
    (
        metered("irrigation", "Irrigation runs", "Irrigation", per("0.05"), "runs", currency="EUR"),
        metered("weather", "Weather queries", "Weather", Package(D("0.20"), 50), "queries", currency="EUR"),
        fee("orchard-fee", "Group fee", "Platform", "40.00", currency="EUR"),
    ),
    tax=Tax("IVA", D("21")),
)


ORCHARD_SUPPORT = Plan(
    "orchard-support",
    "On-site support",
    "EUR",
    (fee("orchard-support-fee", "Support fee", "Support", "120.00", currency="EUR"),),
)
