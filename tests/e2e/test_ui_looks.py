"""Every page in both schemes, on a phone, with keys only, and as assistive technology reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import PHONE, expect_line, line_color, names, painted, tab_to, too_wide
from tests.e2e.conftest import ROOT, Gallery, Tabs

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"

PLACES = {
    "experiments": "/",
    "runs": "/experiments/{experiment}",
    "no runs": "/experiments/0",
    "overview": "/experiments/{experiment}/runs/{run}",
    "charts": "/experiments/{experiment}/runs/{run}?tab=charts",
    "text": "/experiments/{experiment}/runs/{run}?tab=artifacts&path=notes/hello.txt",
    "table": "/experiments/{experiment}/runs/{run}?tab=artifacts&path=table.csv",
    "image": "/experiments/{experiment}/runs/{run}?tab=artifacts&path=red.png",
    "nowhere": "/nowhere",
}

BRIGHTNESS = """() => [document.body, document.querySelector("h1")].map((each, i) => {
  const style = getComputedStyle(each);
  return Math.max(...(i ? style.color : style.backgroundColor).match(/\\d+/g).map(Number));
})"""


def visit(tabs: Tabs, gallery: Gallery, name: str, part: str = "showcase", **options: Any) -> Page:
    """A page with everything on it."""
    experiment, run = gallery[part]
    page: Page = tabs.open(PLACES[name].format(experiment=experiment, run=run), **options)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    return page


# Schemes


@pytest.mark.parametrize("name", PLACES)
def test_the_scheme_of_the_system_colours_the_page(name: str, tabs: Tabs, gallery: Gallery) -> None:
    page = visit(tabs, gallery, name, color_scheme="dark")
    back, ink = page.evaluate(BRIGHTNESS)
    assert back < 60
    assert ink > 200
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    back, ink = page.evaluate(BRIGHTNESS)
    assert back == 255
    assert ink < 60


def test_charts_change_with_the_scheme(tabs: Tabs, gallery: Gallery) -> None:
    page = visit(tabs, gallery, "charts", color_scheme="light")
    expect_line(page, "curve/loss")
    light = line_color(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    chart = page.get_by_role("article", name="Chart of curve/loss")
    expect(chart.locator("canvas")).to_have_count(1)
    expect_line(page, "curve/loss")
    assert line_color(page) != light
    assert painted(chart, light) < painted(chart, line_color(page)) / 10


def test_the_chosen_scheme_is_kept(tabs: Tabs) -> None:
    page = tabs.open("/", color_scheme="light")
    page.get_by_role("button", name="Colours follow the system").click()
    page.get_by_role("button", name="Light colours").click()
    expect(page.get_by_role("button", name="Dark colours")).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert page.evaluate(BRIGHTNESS)[0] < 60


# Widths


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, "showcase") for name in PLACES] + [("runs", "untrusted"), ("overview", "untrusted")],
)
def test_a_phone_needs_no_sideways_scrolling(
    name: str, part: str, tabs: Tabs, gallery: Gallery
) -> None:
    page = visit(tabs, gallery, name, part, viewport=PHONE, is_mobile=True)
    assert too_wide(page) == []


@pytest.mark.parametrize("width", [390, 1360])
def test_a_very_long_name_leaves_the_page_in_shape(
    width: int, tabs: Tabs, gallery: Gallery
) -> None:
    page = visit(tabs, gallery, "overview", "long", viewport={"width": width, "height": 800})
    assert too_wide(page) == []
    button = page.get_by_role("button", name="Colours follow the system").bounding_box()
    trail = page.get_by_role("navigation", name="You are here").bounding_box()
    title = page.get_by_role("heading", level=1).bounding_box()
    menu = page.get_by_role("button", name="Actions for").bounding_box()
    assert button is not None
    assert trail is not None
    assert title is not None
    assert menu is not None
    assert trail["x"] + trail["width"] <= button["x"]
    assert title["x"] + title["width"] <= menu["x"]
    assert abs(title["y"] - menu["y"]) < title["height"]


# Keys


def test_the_way_from_an_experiment_to_a_chart_needs_no_mouse(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open("/")
    tab_to(page, page.get_by_label("Search by name"))
    page.keyboard.type("gallery: rank")
    expect(names(page)).to_have_count(1)
    tab_to(page, names(page))
    page.keyboard.press("Enter")
    expect(names(page)).to_have_count(3)
    tab_to(page, page.get_by_label("Filter runs"))
    page.keyboard.type("score")
    expect(page.get_by_role("option")).to_have_text(["metrics.score"])
    page.keyboard.press("Enter")
    page.keyboard.type(">= 0.5")
    expect(names(page)).to_have_text(["best", "middle"])
    page.keyboard.press("Escape")
    expect(names(page)).to_have_count(3)
    tab_to(page, page.get_by_role("button", name="Sort by score"))
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["best", "middle", "worst"])
    tab_to(page, page.get_by_role("button", name="Show the children of best"))
    page.keyboard.press("Enter")
    expect(names(page)).to_have_count(6)
    tab_to(page, names(page).first)
    page.keyboard.press("ArrowDown")
    expect(names(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("child-2")
    tab_to(page, page.get_by_role("link", name="Charts", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Find a metric")).to_be_visible()


def test_runs_and_columns_are_chosen_with_keys(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open(f"/experiments/{gallery['ranking'][0]}")
    tab_to(page, page.get_by_role("checkbox", name="Select worst"))
    page.keyboard.press("Space")
    bar = page.get_by_role("toolbar", name="1 selected")
    tab_to(page, bar.get_by_role("button", name="Clear selection"))
    page.keyboard.press("Enter")
    expect(bar).to_have_count(0)
    tab_to(page, page.get_by_role("button", name="Columns"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Find a column")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns")).to_be_focused()


def test_artifacts_are_opened_with_keys(tabs: Tabs, gallery: Gallery) -> None:
    page = visit(tabs, gallery, "table")
    tab_to(page, page.get_by_role("button", name="notes"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="hello.txt"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("second line")).to_be_visible()


# Assistive technology


@pytest.fixture(scope="session")
def violations(need: Callable[[str, str], str]) -> Callable[[Page], list[str]]:
    """What axe finds on a page: rule, what it means, and where."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: cd ui && npm ci")
    code = AXE.read_text(encoding="utf-8")

    def find(page: Page) -> list[str]:
        page.evaluate(code)  # not as a script element: the page's policy forbids those
        found = page.evaluate("() => axe.run()")["violations"]
        return [f"{each['id']}: {each['help']} {_targets(each)}" for each in found]

    return find


def _targets(violation: Any) -> str:
    return json.dumps([node["target"] for node in violation["nodes"]][:5])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PLACES)
def test_axe_finds_nothing(
    name: str,
    scheme: str,
    tabs: Tabs,
    gallery: Gallery,
    violations: Callable[[Page], list[str]],
) -> None:
    page = visit(tabs, gallery, name, color_scheme=scheme)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(
    scheme: str, tabs: Tabs, gallery: Gallery, violations: Callable[[Page], list[str]]
) -> None:
    page = tabs.open("/", color_scheme=scheme, reduced_motion="reduce")
    page.get_by_role("button", name="New experiment").click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    assert violations(page) == []
    page = tabs.open(
        f"/experiments/{gallery['ranking'][0]}", color_scheme=scheme, reduced_motion="reduce"
    )
    page.get_by_role("button", name="Show the children of best").click()
    page.get_by_role("checkbox", name="Select worst").click()
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_label("Find a column")).to_be_focused()
    assert violations(page) == []
