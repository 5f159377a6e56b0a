"""The page in Chromium, on a processor slowed to a quarter, beside a blank page in the same run."""

import http.server
import shutil
import statistics
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.running import Running, running

ROUNDS = 9
BLANK = b"<!doctype html><html lang=en><link rel=icon href='data:,'><title>Blank</title><p>Blank</p></html>"
# What the browser has noted by then: paints, shifts of what was there already, tasks that held up a person.
NOTED = """() => new Promise((done) => {
  const found = { shifts: 0, blocked: 0, paint: 0, largest: 0 };
  const note = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  note("layout-shift", (each) => { if (!each.hadRecentInput) found.shifts += each.value; });
  note("longtask", (each) => { found.blocked += Math.max(0, each.duration - 50); });
  note("largest-contentful-paint", (each) => { found.largest = each.startTime; });
  note("paint", (each) => { if (each.name === "first-contentful-paint") found.paint = each.startTime; });
  setTimeout(() => {
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const first = all.filter((each) => !each.name.includes("/cards/") && !each.name.includes("/api/"));
    found.bytes = Object.fromEntries(first.map((each) => [new URL(each.name).pathname, each.encodedBodySize]));
    found.elements = document.querySelectorAll("*").length;
    done(found);
  }, 1500);
})"""


Rounds = list[tuple[dict[str, Any], dict[str, Any]]]  # a blank page and ours


def main() -> None:
    """Print a row for each figure with its goal."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("The page is measured in Chromium: apt-get install chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with blank() as nothing, running(SANDBOX_RATE_PLAN="off") as orrery, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        headers = {"Authorization": f"Bearer {orrery.token('northwind')}"}
        look(browser, orrery.url, headers)  # what a first visitor would wait for is kept from now on
        rounds = [(look(browser, nothing), look(browser, orrery.url, headers)) for _ in range(ROUNDS)]
        slow = [(look(browser, nothing), late(browser, orrery, headers)) for _ in range(3)]
        browser.close()
    show(rounds, slow)


def show(
    rounds: list[tuple[dict[str, Any], dict[str, Any]]], slow: list[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    page = rounds[0][1]
    kinds = {
        kind: sum(size for name, size in page["bytes"].items() if name.endswith(kind)) for kind in ("/", ".css", ".js")
    }
    print(f"\n{'first view of northwind, processor at a quarter':<58}{'figure':>12}{'goal':>12}")
    row("first paint after a blank page's, median", f"{apart(rounds, 'paint'):.0f} ms", "")
    row("largest paint after a blank page's, median", f"{apart(rounds, 'largest'):.0f} ms", "350 ms")
    row("a blank page's largest paint, median", f"{median(each['largest'] for each, _ in rounds):.0f} ms", "")
    row("first paint after a blank page's, one answer 3 s late", f"{apart(slow, 'paint'):.0f} ms", "100 ms")
    row("what moved that was there already", f"{max(each['shifts'] for _, each in rounds):.4f}", "0.01")
    row("time in which nobody was heard, median", f"{median(each['blocked'] for _, each in rounds):.0f} ms", "")
    for kind, name, goal in (("/", "page", 12_000), (".css", "styles", 6_000), (".js", "script", 4_000)):
        row(f"{name}, packed", f"{kinds[kind]:,} B", f"{goal:,} B")
    row("all of the first view, packed", f"{sum(page['bytes'].values()):,} B", "25,000 B")
    row("requests", str(len(page["bytes"])), "4")
    row("elements", f"{page['elements']:,}", "1,500")


def row(what: str, figure: str, goal: str) -> None:
    print(f"  {what:<56}{figure:>12}{goal:>12}")


def median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def apart(rounds: Rounds, name: str) -> float:
    return median(page[name] - nothing[name] for nothing, page in rounds)


def look(browser: Browser, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The page as somebody finds it who was never here."""
    with browser.new_context(extra_http_headers=headers or {}) as context:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(url)
        found: dict[str, Any] = page.evaluate(NOTED)
        return found


def late(browser: Browser, orrery: Running, headers: dict[str, str]) -> dict[str, Any]:
    """The same while nothing is kept, and the bill takes three seconds."""
    with orrery.fault("upcoming_invoice", "slow", seconds=3):
        return look(browser, f"{orrery.url}/?cards=bill,credits,spend,breakdown", headers)


@contextmanager
def blank() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(BLANK)))
            self.end_headers()
            self.wfile.write(BLANK)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


if __name__ == "__main__":
    main()
