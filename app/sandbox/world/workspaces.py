"""The invented workspaces that usage is tagged with, names of every awkward kind among them."""

from app.sandbox.world.habits import Properties, Tags

_REGIONS = ("us-east-1", "eu-central-1", "ap-northeast-1")


def ranked(*names: str, untagged: int = 600) -> Tags:
    """Make workspaces with their regions, of which each weighs somewhat less than the one before.

    `untagged` is the weight of usage that names no workspace.
    """
    named: list[Properties] = [
        {"workspace_id": name, "region": _REGIONS[n % len(_REGIONS)]} for n, name in enumerate(names)
    ]
    return Tags(
        (*named, {}),
        (*(10_000 // (place + 2) for place in range(len(names))), untagged),
    )


NORTHWIND = ranked(
    "checkout-prod",
    "search-prod",
    "recommendations-prod",
    "fraud-scoring",
    "warehouse-vision",
    "support-copilot",
    "catalog-embeddings",
    "pricing-engine",
    "fleet-telemetry",
    "checkout-staging",
    "search-staging",
    "returns-triage",
    "data-science",
    "forecasting",
    "mobile-app",
    "partner-api",
    "internal-tools",
    "load-testing",
    "ml-research",
    "docs-assistant",
    "eu-migration",
    "onboarding-demo",
    "sandbox-anna",
    "sandbox-jo",
)

# What people really type into a name field, and what they type to see what breaks.
HALCYON = ranked(
    "feature-film",
    "title-sequence",
    "trailers",
    "previz",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x")',
    "استوديو دبي",
    "אולפן חיפה",
    "🎬 dailies 🎞️",
    "the-very-long-" + "name-" * 57 + "x",
    "Zoë's “quotes” & co.",
    "archive",
)

LUMEN = ranked("campaign-spring", "product-shots", "social", "video-lab", "fine-tunes", "brand-kit")

MERIDIAN = ranked("umspannwerk-nord", "umspannwerk-süd", "windpark-küste", "solarfeld-7", "leitwarte", "test-bench")

YAMATO = ranked("東京-配送", "大阪-配送", "名古屋-倉庫", "福岡", "検証環境")

PLAIN = ranked("production", "staging", "development")
