"""What the tests of the UI ask of a page, and how they talk to its server."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 390, "height": 844}

_COLOURED = """(canvas, color) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const brush = copy.getContext("2d", { willReadFrequently: true });
  brush.fillStyle = color;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  brush.clearRect(0, 0, 1, 1);
  brush.drawImage(canvas, 0, 0);
  const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const off = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
    if (data[i + 3] > 128 && off < 30) count += 1;
  }
  return count;
}"""

# Whether what has the focus looks different for it: itself, its label, or the box around it.
_FOCUS_SHOWS = """(element) => {
  const label = element.nextElementSibling ?? element;
  const look = () => [element, label, element.parentElement].map((each) => {
    const style = getComputedStyle(each);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow,
            style.borderColor, style.backgroundColor].join();
  }).join("|");
  const still = document.createElement("style");
  document.head.append(still);
  still.textContent = "* { transition: none !important }";
  const focused = look();
  element.blur();
  const plain = look();
  element.focus();
  still.remove();
  return focused !== plain;
}"""

# What is wider than its place, other than the boxes made to be scrolled sideways.
_TOO_WIDE = """() => {
  const page = document.documentElement;
  const wide = page.scrollWidth > page.clientWidth ? ["the page"] : [];
  for (const each of document.querySelectorAll("main, main *")) {
    if (!["auto", "scroll"].includes(getComputedStyle(each).overflowX)) continue;
    if (each.getAttribute("role") === "table" || each.tagName === "PRE") continue;
    if (each.scrollWidth > each.clientWidth) wide.push(each.outerHTML.slice(0, 120));
  }
  return wide;
}"""


def post(server: str, endpoint: str, **body: object) -> Any:
    """The reply to a POST of the REST API."""
    request = urllib.request.Request(
        f"{server}/api/2.0/mlflow/{endpoint}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def runs_of(server: str, experiment_id: str) -> list[Any]:
    """All runs of an experiment, newest first."""
    return list(post(server, "runs/search", experiment_ids=[experiment_id])["runs"])


def artifact(server: str, run_id: str, path: str) -> bytes:
    query = urlencode({"run_id": run_id, "path": path})
    with urllib.request.urlopen(f"{server}/get-artifact?{query}") as reply:
        return bytes(reply.read())


def pairs(items: list[Any]) -> dict[str, Any]:
    """Params, metrics or tags of a reply, by key."""
    return {item["key"]: item["value"] for item in items}


def row(page: Page, name: str) -> Locator:
    """The row of the table on the page that links to `name`."""
    link = page.get_by_role("link", name=name, exact=True)
    return page.get_by_role("row").filter(has=link)


def cell(page: Page, name: str, column: str) -> Locator:
    """Where the row of `name` meets a column."""
    heads = page.get_by_role("columnheader")
    expect(heads.filter(has_text=column).first).to_be_visible()
    labels = [label.strip().split("\n")[-1] for label in heads.all_inner_texts()]
    return row(page, name).get_by_role("cell").nth(labels.index(column))


def exact(value: Locator) -> float:
    """The number of a cell, with all its digits, which are in its title."""
    return float(value.locator("[title]").get_attribute("title") or "nothing")


def names(page: Page) -> Locator:
    """The names of the runs or experiments in the table, from top to bottom."""
    return page.get_by_role("row").get_by_role("link")


def show_columns(page: Page, *columns: str) -> None:
    """Choose columns as the address says it."""
    page.goto(f"{page.url.partition('?')[0]}?cols={','.join(columns)}")


def panel(page: Page, title: str) -> Locator:
    """A titled box of the page of a run."""
    return page.get_by_role("region", name=title, exact=True)


def painted(chart: Locator, color: str) -> int:
    """How many pixels of a chart have about this colour."""
    return int(chart.locator("canvas").evaluate(_COLOURED, color))


def line_color(page: Page) -> str:
    """The colour of a line in the scheme of the page."""
    style = "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
    return str(page.evaluate(style)).strip()


def expect_line(page: Page, key: str) -> None:
    """The chart of a metric shows a line."""
    chart = page.get_by_role("article", name=f"Chart of {key}", exact=True)
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()  # drawn when it comes into sight
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert painted(chart, line_color(page)) > 100


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    return list(page.evaluate(_TOO_WIDE))


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until `target` has the focus; each stop on the way must show that it has it."""
    expect(target).to_be_visible()
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.locator(":focus")
        if here.count() == 0:  # the focus left the page and comes back at its start
            continue
        assert here.evaluate(_FOCUS_SHOWS), (
            f"no sign of the focus: {here.evaluate('e => e.outerHTML')}"
        )
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}")
