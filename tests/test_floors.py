"""The architecture is the direction of imports: a room imports from lower floors only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"

# The longest matching prefix names the floor of a module; rooms on one floor do not know each other.
FLOORS = {
    "app.main": 10,
    "app.__main__": 10,
    "app.serving": 10,
    "app.web": 9,
    "app.dashboard": 8,
    "app.reconciliation": 7,
    "app.focus": 6,
    "app.cards": 6,
    "app.cards.base": 5,
    "app.questions": 5,
    "app.series": 4,
    "app.groups": 4,
    "app.watched": 4,
    "app.allocations": 4,
    "app.metered": 4,
    "app.account": 4,
    "app.fleet": 4,
    "app.budget": 3,
    "app.statement": 3,
    "app.thresholds": 3,
    "app.prepaid": 3,
    "app.listing": 3,
    "app.orb": 2,
    "app.cache": 2,
    "app": 1,
}
# Inside Orb's room each file stands on those before it.
ORB = [
    "errors", "path", "decode", "prices", "lines", "wire", "webhook", "invoices", "usage", "licenses", "alerts",
    "outgoing", "question", "filter", "evaluation", "endpoint", "body", "resolver", "answer", "connection", "pool",
    "dial", "connector", "transport", "traced", "exchange", "client",
]  # fmt: skip
READERS_OF_SETTINGS = {"app.main", "app.__main__"}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in APP.rglob("*.py")
}


def imports(module: str) -> Iterator[str]:
    """Every module of ours that a module imports, inside functions too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.partition(".")[0] == "app":
                yield name if name in MODULES else name.rpartition(".")[0]


def floor(module: str) -> int:
    return max((len(room), level) for room, level in FLOORS.items() if within(module, room))[1]


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def allowed(module: str, name: str) -> bool:
    """Whether the house lets `module` import `name`."""
    if name == "app.settings":
        return module in READERS_OF_SETTINGS
    if within(module, "app.sandbox") or within(name, "app.sandbox"):
        return (within(module, "app.sandbox") and within(name, "app.sandbox")) or module == "app.__main__"
    if within(module, "app.orb") and within(name, "app.orb"):
        return name == "app.orb" or ORB.index(name.split(".")[2]) < ORB.index(module.split(".")[2])
    if floor(module) != floor(name):
        return floor(name) < floor(module)
    neighbours = module.split(".")[1] == name.split(".")[1] and not within(module, "app.cards")
    return neighbours or floor(module) in (1, 10)


def test_a_room_imports_from_lower_floors_alone() -> None:
    pairs = {(module, name) for module in MODULES for name in imports(module)}

    assert ("app.dashboard", "app.cards.base") in pairs
    assert ("app.__main__", "app.sandbox.server") in pairs  # inside a function
    assert [pair for pair in sorted(pairs) if not allowed(*pair)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("app.cards.bill", "app.cards.spend"),
        ("app.cards.bill", "app.dashboard"),
        ("app.cards.base", "app.cards.bill"),
        ("app.account.account", "app.web.viewer"),
        ("app.orb.wire", "app.orb.client"),
        ("app.orb.client", "app.cache.cache"),
        ("app.cache.cache", "app.orb.errors"),
        ("app.sandbox.rating.rating", "app.money"),
        ("app.money", "app.orb.wire"),
        ("app.web.pages", "app.settings"),
        ("app.web.pages", "app.sandbox.world.cast"),
        ("app.main", "app.sandbox.server"),
    ],
)
def test_an_import_upward_or_sideways_would_be_seen(module: str, name: str) -> None:
    assert not allowed(module, name)


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    for path in APP.rglob("__init__.py"):
        assert [type(node) for node in ast.parse(path.read_text()).body] == [ast.Expr], path


def test_every_file_says_what_it_is_for() -> None:
    for module, path in MODULES.items():
        assert ast.get_docstring(ast.parse(path.read_text())), module
