"""A service whose Orb is the sandbox with every name in its answers replaced, and what such names may be."""

import contextlib
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import jinja2
import uvicorn

from app.main import create_app
from app.secret import Secret
from app.settings import Settings
from app.web import render
from app.web.files import Files
from tests.canary import VIEWER_SECRET
from tests.faults.front import truth
from tests.whole import NOON

TEMPLATES = Path(__file__).parents[2] / "templates"

# What takes over a page where it is let in: each raises `ran` when it does. Those that would hide what follows them
# stand last in their bundle.
ATTACKS = [
    "<script>ran()</script>", "<img src=x onerror=ran()>", "<svg onload=ran()>", "<svg/onload=ran()//",
    '"><script>ran()</script>', "'><script>ran()</script>", '" onmouseover="ran()" x="',
    "' onfocus='ran()' autofocus '", '" autofocus onfocus=ran() x="', "` onload=`ran()`", "javascript:ran()",
    "JaVaScRiPt:ran()", "java\tscript:ran()", "data:text/html,<script>ran()</script>",
    "<a href=javascript:ran()>x</a>", "<iframe srcdoc='<script>ran()</script>'>",
    "<iframe src=https://evil.example/>", "<object data=https://evil.example/>",
    "<embed src=https://evil.example/>", "<base href=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example/><input>", "<style>@import'https://evil.example/x'</style>",
    "<b style=background:url(https://evil.example/)>x</b>", "</script><script>ran()</script>",
    "</title><script>ran()</script>", "</option></select><script>ran()</script>",
    "</bdi></td></table><img src=x onerror=ran()>", "</textarea><script>ran()</script>",
    "<details open ontoggle=ran()>", "<math><mtext><table><mglyph><style><img src=x onerror=ran()>",
    "<noscript><p title='</noscript><img src onerror=ran()>'>", "{{7*7}}", "${7*7}", "#{7*7}", "{% raw %}",
    "{{ ''.__class__ }}", "{0.__class__}", "{name}", "%s%n%(x)s", "<%= 7*7 %>",
    "&lt;script&gt;ran()&lt;/script&gt;", "&#60;script&#62;ran()", "%3Cscript%3Eran()%3C/script%3E",
    "\\x3cscript\\x3eran()", "\\u003cscript\\u003eran()", "＜script＞ran()＜/script＞", "';ran();//", '";ran();//',
    "]]><script>ran()</script>", "--><script>ran()</script>", "*/ran()/*", "<!--", "<![CDATA[", "<xmp>",
    "<plaintext>",
]  # fmt: skip
ODD = [
    "Ad\u202enim\u202c", "Ad\u200bmin", "\u2066isolated", "a\0b", "soft\u00adhyphen", "Z" + "\u0301" * 40,
    "\U000e0041\U000e0042tags", "x\ufe0f\ufe0f\ufe0f", "line\u2028end", "tab\tnew\nline",
    "\ufff9inter\ufffalinear\ufffb", "مرحبا بالعالم", "שלום עולם", "👩\u200d💻 👨\u200d👩\u200d👧\u200d👦 🇩🇪",
    "می\u200cخواهم", "=1+1", "İıſK", "\ufdfd" * 20, "x" * 10_000, "Wort " * 2_000, "<i>" * 3_000, "é" * 5_000,
    "&" * 300, "\u202e" * 300,
]  # fmt: skip
_LAST = ("<!--", "<![CDATA[", "<xmp>", "<plaintext>", "<iframe", "<style", "<math", "<noscript")


def bundles(longest: int = 180) -> list[str]:
    """All of them in as few names as can be shown whole; what is odd or long is a name by itself."""
    found: list[str] = []
    for each in sorted(ATTACKS, key=lambda each: each.startswith(_LAST)):
        if not found or len(found[-1]) + len(each) + 1 > longest or each.startswith(_LAST):
            found.append(each)
        else:
            found[-1] += " " + each
    return [*found, *ODD]


# The fields that hold what somebody typed. All others are ids, words of Orb's, days, amounts, units, addresses.
TYPED = frozenset((
    "name", "description", "memo", "reason", "void_reason", "invoice_number", "credit_note_number", "value",
    "tax_rate_description", "grouping", "grouping_values", "group_values", "dimension_values", "property_value",
    "external_license_id", "about", "city", "line1", "external_price_id", "email",
))  # fmt: skip
_LINKS = ("hosted_invoice_url", "invoice_pdf", "receipt_pdf")
_DAY = re.compile(r"\d{4}-\d\d-\d\d.*")


@dataclass
class Poison:
    """Puts one name into each field that was typed: all bundles in turn, other ones where `round` is another."""

    names: Sequence[str]
    round: int = 0
    places: Counter[str] = field(default_factory=Counter)
    used: set[str] = field(default_factory=set)

    def __call__(self, value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._in(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self(each, field) for each in value]
        if isinstance(value, str) and field in TYPED and not _DAY.fullmatch(value):
            return self._next(field)
        return value

    def _in(self, name: str, value: Any) -> Any:
        if name in ("memo", "void_reason") and value is None:
            return self._next(name)
        if name in _LINKS and self.round % 2:
            return "javascript:ran()//https://x.example/"
        return self(value, name)

    def _next(self, name: str) -> str:
        self.places[name] += 1
        found = self.names[(sum(map(ord, name)) + self.round * 7 + self.places[name]) % len(self.names)]
        self.used.add(found)
        return found


class Poisoned(httpx.AsyncBaseTransport):
    """The way to the sandbox, on which its answers are changed."""

    def __init__(self, poison: Poison) -> None:
        self._poison = poison

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        cached = "orb-cache-control" in request.headers
        target = request.url.raw_path.decode()
        found = await truth(request.method, target, await request.aread(), cached=cached)
        body = found.body
        if "json" in dict(found.headers)["content-type"] and found.status < 400:
            body = json.dumps(self._poison(json.loads(body))).encode()
        return httpx.Response(found.status, headers=found.headers, content=body)


@contextmanager
def serving(poison: Poison, broken: tuple[str, str, str] | None = None) -> Iterator[str]:
    """The service at an address; with `broken`, a template and a piece of it that is another, that of a bad day."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        orb_api_key=Secret("a-key"),
        orb_base_url="http://127.0.0.1/v1",
        viewer_secrets=(Secret(VIEWER_SECRET),),
        grouping_keys={"workspace_id": "Workspace", "region": "Region"},
        orb_credit_currency=("credits", "USD"),
        hosts=("127.0.0.1",),
        patience=30,
        sandbox=True,
    )
    with patch("app.main.environment", lambda _: environment(broken)):
        app = create_app(settings, Poisoned(poison), now=lambda: NOON)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        with contextlib.closing(listener):
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield url
        server.should_exit = True
        thread.join(10)


def environment(broken: tuple[str, str, str] | None) -> jinja2.Environment:
    found = render.environment(Files().address)
    if broken is not None:
        name, piece, other = broken
        source = (TEMPLATES / name).read_text()
        assert piece in source
        loaders = [jinja2.DictLoader({name: source.replace(piece, other)}), jinja2.FileSystemLoader(TEMPLATES)]
        found.loader = jinja2.ChoiceLoader(loaders)
    return found
