"""Take the pictures of the documentation from a server that has the sample of examples/sample.py.

    python tools/run_sample.py --port 5001
    python tools/screenshots.py http://127.0.0.1:5001

Writes ``docs/images/runs.png`` and ``docs/images/run.png``. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000
SIZE = (1440, 800)
EXPERIMENT = "Cancer classification"
SEARCH = "Tuning"
COLUMNS = (
    *("attributes.status", "attributes.start_time", "attributes.duration"),
    *("metrics.accuracy", "metrics.test/auc", "metrics.test/logloss"),
    *("params.learning_rate", "params.max_depth", "params.num_boost_round", "params.alpha"),
)
LATER_SECONDS = 12 * 60  # so that the runs do not all say "just now"


def main() -> int:
    """Take both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="URL of a server with the sample")
    server = parser.parse_args().server.rstrip("/")
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Chromium was not found. Install it: apt-get install chromium", file=sys.stderr)
        return 1
    experiment, runs = _sample(server)
    search = next(run for run in runs if run["info"]["run_name"] == SEARCH)
    best = max((run for run in runs if run["info"]["run_name"].startswith("trial")), key=_accuracy)
    table = urlencode(
        {
            "cols": ",".join(COLUMNS),
            "open": search["info"]["run_id"],
            "sort": "-metrics.accuracy",
        }
    )
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = _open(browser, f"{server}/experiments/{experiment}?{table}", search)
        expect(page.get_by_role("link", name="trial-00")).to_be_visible()
        _take(page, "runs.png")
        page = _open(browser, f"{server}/runs/{best['info']['run_id']}?tab=charts", search)
        expect(page.locator("canvas")).to_have_count(6)
        _take(page, "run.png")
        browser.close()
    return 0


def _sample(server: str) -> tuple[str, list[Any]]:
    """The id of the experiment, and its runs."""
    address = f"{server}/api/2.0/mlflow/experiments/get-by-name"
    with urllib.request.urlopen(f"{address}?{urlencode({'experiment_name': EXPERIMENT})}") as reply:
        experiment = json.load(reply)["experiment"]["experiment_id"]
    request = urllib.request.Request(
        f"{server}/api/2.0/mlflow/runs/search",
        json.dumps({"experiment_ids": [experiment]}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return str(experiment), list(json.load(reply)["runs"])


def _accuracy(run: Any) -> float:
    return next(float(m["value"]) for m in run["data"]["metrics"] if m["key"] == "accuracy")


def _open(browser: Browser, url: str, run: Any) -> Page:
    """A page that believes it is a while after the run."""
    width, height = SIZE
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="light", locale="en-US"
    )
    page.clock.set_fixed_time(run["info"]["end_time"] / 1000 + LATER_SECONDS)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return page


def _take(page: Page, name: str) -> None:
    page.evaluate("() => document.fonts.ready")
    path = IMAGES / name
    path.unlink(missing_ok=True)
    size = len(page.screenshot(path=path))
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"{name} is larger than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
