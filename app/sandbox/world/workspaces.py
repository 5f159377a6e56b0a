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

LATTICE = ranked("inference-prod", "inference-staging", "training", "evals", "notebooks")

#: Language models. Not every pair of one with a region has a price of its own.
MODELS = Tags(({"model": "falcon-70b"}, {"model": "sparrow-7b"}, {"model": "heron-1b"}), (3, 6, 1))

CHORUS = ranked("forums", "live-rooms", "newsletters", "events", untagged=200)

#: Users, of whom some come more often than others.
USERS = Tags(
    tuple({"user_id": f"user-{n:04}"} for n in range(2_400)), tuple(1 + (n % 40 == 0) * 9 for n in range(2_400))
)

EAST = ranked("east-valley", "east-ridge")

WEST = ranked("west-terraces", "west-coast")

GULF = ranked("حولي", "الجهراء", "الأحمدي", "مبارك الكبير")

HIMAL = ranked("काठमाडौं", "पोखरा", "ललितपुर", "भरतपुर", "online")

MOTE = Tags(tuple({"workspace_id": f"mote-{n:04}"} for n in range(6_000)))

# Directions and invisible characters are written as escapes, so that a reader of this file sees them.
BABEL = ranked(
    "العربية · دبي",
    "ภาษาไทย กรุงเทพฯ",
    "<script>alert(1)</script>",
    "=1+1",
    "Z\u0338\u0322\u031b\u032c\u0321a\u0337\u0353\u035dl\u0335\u0319\u033fg\u0336\u0339\u0360o\u0335\u034e\u0358",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
    "invoice-\u202egnp.exe",
    "unbroken-" + "W" * 291,
    "  blanks before and after  ",
    " ",
    "हिन्दी · क्षेत्र",
    "日本語・東京",
    "Київ — переклад",
    "עברית · חיפה",
    "বাংলা · ঢাকা",
    "தமிழ் · சென்னை",
    "简体中文·北京",
    "繁體中文·臺北",
    "한국어 · 서울",
    "ქართული · თბილისი",
    "Ελληνικά · Αθήνα",
    "አማርኛ · አዲስ አበባ",
    "မြန်မာ · ရန်ကုန်",
    "Tiếng Việt · Huế",
    "\u2067left\u2069 and \u2066right",
    "\U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1fa\U0001f1f3",
    "</td></table><b>bold",
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "\"double\", 'single', `back` & \\",
    "bell\u0007 tab\t escape\u001b[31m delete\u007f",
    "one line\r\nand another",
    "zero\u200bwidth\u00a0blank",
    "caf\u00e9",
    "cafe\u0301",
    "CAF\u00c9",
    "null",
    "{{7*7}} ${7*7} %s {0}",
    "../../etc/passwd",
)
