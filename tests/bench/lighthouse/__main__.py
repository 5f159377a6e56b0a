"""What Lighthouse says of the page, as it does by itself: a phone, on a slow network that it simulates."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.dashboard import WORDS
from tests.bench.table import heading, note, row
from tests.running import Running, running

ROUNDS = 3
TRIES = 2
GOAL = 100
LIGHTHOUSE = Path(__file__).parent / "node_modules" / ".bin" / "lighthouse"
SCORES = {"performance": "performance, median", "accessibility": "accessibility", "best-practices": "best practices"}
TIMES = {
    "first-contentful-paint": "first paint, FCP, median",
    "largest-contentful-paint": "largest paint, LCP, median",
    "total-blocking-time": "time in which nobody was heard, TBT, median",
    "cumulative-layout-shift": "what moved that was there already, CLS, worst",
}


def main() -> int:
    """Print a row for each figure with its goal; 1 where a score is not reached."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("Lighthouse looks at the page in Chromium: apt-get install chromium")
    if not LIGHTHOUSE.exists():
        sys.exit("Lighthouse comes from npm, which is not here: apt-get install npm")
    with running(SANDBOX_RATE_PLAN="off") as orrery:
        warm(orrery)
        rounds = [look(orrery, path) for _ in range(ROUNDS)]
    reached = scores(rounds)
    show(rounds, reached)
    return int(min(reached.values()) < GOAL)


def warm(orrery: Running) -> None:
    """Lets every card be at hand, also those that come after first paint."""
    with orrery.client("northwind") as client:
        for word in WORDS:
            client.get(f"/api/cards/{word}").raise_for_status()


def look(orrery: Running, path: str) -> dict[str, Any]:
    """One report. Where the machine is so busy that Lighthouse loses the browser, it is let look once more."""
    said = ""
    for _ in range(TRIES):
        done = subprocess.run(
            command(orrery), env=os.environ | {"CHROME_PATH": path}, capture_output=True, text=True, check=False
        )
        report: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        if report and "runtimeError" not in report:
            return report
        said = done.stderr or report["runtimeError"]["message"]
    sys.exit(f"Lighthouse could not look at the page: {said}")


def command(orrery: Running) -> list[str]:
    headers = {"Authorization": f"Bearer {orrery.token('northwind')}"}
    return [
        *(str(LIGHTHOUSE), orrery.url, "--quiet", "--output=json", "--no-enable-error-reporting"),
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        f"--only-categories={','.join(SCORES)}",
        f"--extra-headers={json.dumps(headers)}",
    ]


def scores(rounds: list[dict[str, Any]]) -> dict[str, int]:
    """Out of 100. How fast the page is depends on what else the machine does; of all else the worst counts."""
    return {
        name: round(100 * (statistics.median if name == "performance" else min)(score(each, name) for each in rounds))
        for name in SCORES
    }


def score(report: dict[str, Any], name: str) -> float:
    found: float | None = report["categories"][name]["score"]
    return found or 0.0  # none is given where an audit failed itself


def show(rounds: list[dict[str, Any]], reached: dict[str, int]) -> None:
    heading("northwind as Lighthouse sees it")
    for name, what in SCORES.items():
        row(what, str(reached[name]), str(GOAL))
    for name, what in TIMES.items():
        figures = [each["audits"][name]["numericValue"] for each in rounds]
        row(what, f"{max(figures):.4f}" if "shift" in name else f"{statistics.median(figures):.0f} ms")
    for name in (each for each in SCORES if reached[each] < GOAL):
        for title in sorted({each for report in rounds for each in short(report, name)}):
            note(f"{name} falls short: {title}")


def short(report: dict[str, Any], name: str) -> Iterator[str]:
    """The audits that keep a score below the whole."""
    for each in report["categories"][name]["auditRefs"]:
        audit = report["audits"][each["id"]]
        if each["weight"] and audit["score"] is not None and audit["score"] < 1:
            yield audit["title"]


if __name__ == "__main__":
    sys.exit(main())
