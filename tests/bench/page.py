"""The page in Chromium, on a processor slowed to a quarter, beside a blank page in the same run."""

import http.server
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.bench.table import heading, row
from tests.running import Running, answers, bare, free_port, running

ROUNDS = 9
SLOWED = 4
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
    found.late = [...document.querySelectorAll("[data-late]")].map((each) => each.id).join(" ");
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
        look(browser, orrery.url, headers=headers)  # what a first visitor would wait for is kept from now on
        rounds = [(look(browser, nothing), look(browser, orrery.url, headers=headers)) for _ in range(ROUNDS)]
        slow, slower = (
            [(look(browser, nothing, 1), late(browser, orrery, route, headers)) for _ in range(ROUNDS)]
            for route in ("upcoming_invoice", "*")
        )
        browser.close()
    show(rounds)
    show_late(slow, slower)


def show(rounds: Rounds) -> None:
    page = rounds[0][1]
    kinds = {
        kind: sum(size for name, size in page["bytes"].items() if name.endswith(kind)) for kind in ("/", ".css", ".js")
    }
    heading("first view of northwind, processor at a quarter")
    row("first paint after a blank page's, median", f"{apart(rounds, 'paint'):.0f} ms")
    row("largest paint after a blank page's, median", f"{apart(rounds, 'largest'):.0f} ms", "350 ms")
    row("a blank page's largest paint, median", f"{median(each['largest'] for each, _ in rounds):.0f} ms")
    row("what moved that was there already", f"{max(each['shifts'] for _, each in rounds):.4f}", "0.01")
    row("time in which nobody was heard, median", f"{median(each['blocked'] for _, each in rounds):.0f} ms")
    for kind, name, goal in (("/", "page", 12_000), (".css", "styles", 6_000), (".js", "script", 4_000)):
        row(f"{name}, packed", f"{kinds[kind]:,} B", f"{goal:,} B")
    row("all of the first view, packed", f"{sum(page['bytes'].values()):,} B", "25,000 B")
    row("requests", str(len(page["bytes"])), "4")
    row("elements", f"{page['elements']:,}", "1,500")


def show_late(slow: Rounds, slower: Rounds) -> None:
    heading("the same just after the start, processor as it is")
    row("first paint after a blank page's, all answers 3 s late", f"{apart(slower, 'paint'):.0f} ms", "100 ms")
    row("the same, one answer late: all others are worked out", f"{apart(slow, 'paint'):.0f} ms")
    row("a blank page's first paint, median", f"{median(each['paint'] for each, _ in slow + slower):.0f} ms")


def median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def apart(rounds: Rounds, name: str) -> float:
    return median(page[name] - nothing[name] for nothing, page in rounds)


def look(browser: Browser, url: str, rate: int = SLOWED, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """The page as somebody finds it who was never here, on a processor so many times slower."""
    with browser.new_context(extra_http_headers=headers or {}) as context:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
        page.goto(url)
        found: dict[str, Any] = page.evaluate(NOTED)
        return found


def late(browser: Browser, orrery: Running, route: str, headers: dict[str, str]) -> dict[str, Any]:
    """The same from a service that has just started, while answers of that route take three seconds."""
    with orrery.fault(route, "slow", seconds=3), started(orrery) as url:
        found = look(browser, f"{url}/?cards=bill,credits,spend,breakdown", 1, headers)
    if "bill" not in found["late"]:
        sys.exit("the bill was not late")
    return found


@contextmanager
def started(orrery: Running) -> Iterator[str]:
    """A service of the same sandbox that has kept nothing yet, and has been read by somebody."""
    port = free_port()
    environment = bare(PORT=str(port), SANDBOX_PORT=orrery.sandbox.rpartition(":")[2], ORRERY_LAME_DUCK="0")
    command = [sys.executable, "-m", "app", "serve", "--sandbox", "running"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        answers(f"http://127.0.0.1:{port}/readyz", process)
        answers(f"http://127.0.0.1:{port}/enter", process)  # who reads first after a start waits for the language
        yield f"http://127.0.0.1:{port}"
        process.terminate()


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
