"""How many calls a second Orb allows a whole account, by rate class and plan.

Source: Orb's page on rate limits. The numbers are for the account, whoever calls.
"""

from collections.abc import Mapping
from types import MappingProxyType

PLANS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "live": {"analytics": 10, "ledger": 10, "read": 100, "write": 50},
        "test": {"analytics": 5, "ledger": 5, "read": 50, "write": 5},
        "trial": {"analytics": 1, "ledger": 1, "read": 10, "write": 1},
    }
)
