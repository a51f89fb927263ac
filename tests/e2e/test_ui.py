"""The pages of the UI, as a user finds, reads, sorts, and changes what was logged."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    artifact,
    cell,
    exact,
    expect_line,
    names,
    panel,
    post,
    row,
    runs_of,
)
from tests.e2e.conftest import Gallery, Installed, Tabs

TOP = ["worst", "best", "middle"]


def run_path(gallery: Gallery, part: str = "showcase", query: str = "") -> str:
    experiment, run = gallery[part]
    return f"/experiments/{experiment}/runs/{run}{query}"


def ranking(tabs: Tabs, gallery: Gallery) -> Page:
    """The table of six runs, three of them children of `best`."""
    page = tabs.open(f"/experiments/{gallery['ranking'][0]}")
    expect(names(page).first).to_be_visible()
    return page


# The list of experiments


def test_experiments_are_found_by_name_and_opened(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open("/")
    page.get_by_label("Search by name").fill("gallery: rank")
    expect(names(page)).to_have_text(["Gallery: ranking"])
    expect(cell(page, "Gallery: ranking", "Runs")).to_have_text("6")
    expect(page).to_have_url(re.compile(r"\?q=gallery"))
    names(page).click()
    expect(page).to_have_url(re.compile(f"/experiments/{gallery['ranking'][0]}$"))
    page.go_back()
    expect(names(page)).to_have_text(["Gallery: ranking"])


def test_an_experiment_is_made_renamed_deleted_and_brought_back(tabs: Tabs) -> None:
    page = tabs.open("/")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("made by hand")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(page.get_by_text('cairn.set_experiment("made by hand")')).to_be_visible()
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("made and renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("made and renamed")
    page.get_by_role("link", name="Experiments", exact=True).click()
    page.get_by_role("button", name="Actions for made and renamed").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(row(page, "made and renamed")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "made and renamed")).to_be_visible()


def test_a_name_that_is_taken_is_refused_in_the_dialog(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open("/")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Gallery: ranking")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("already exists")).to_be_visible()
    assert len(tabs.refused) == 1
    tabs.refused.clear()


# The table of runs


def test_children_unfold_below_their_parent_and_the_total_counts_them(
    tabs: Tabs, gallery: Gallery
) -> None:
    page = ranking(tabs, gallery)
    expect(names(page)).to_have_text(TOP)
    expect(page.get_by_text("6 runs · 3 at the top")).to_be_visible()
    page.get_by_role("button", name="Show the children of best").click()
    children = ["child-2", "child-1", "child-0"]
    expect(names(page)).to_have_text(["worst", "best", *children, "middle"])
    assert exact(cell(page, "child-2", "score")) == 0.02
    page.reload()
    expect(names(page)).to_have_text(["worst", "best", *children, "middle"])
    page.get_by_role("button", name="Hide the children of best").click()
    expect(names(page)).to_have_text(TOP)


def test_a_click_on_a_metric_sorts_by_it_and_the_third_click_ends_it(
    tabs: Tabs, gallery: Gallery
) -> None:
    page = ranking(tabs, gallery)
    by_score = page.get_by_role("button", name="Sort by score")
    by_score.click()
    expect(names(page)).to_have_text(["best", "middle", "worst"])
    head = page.get_by_role("columnheader").filter(has_text="score")
    expect(head).to_have_attribute("aria-sort", "descending")
    by_score.click()
    expect(names(page)).to_have_text(["worst", "middle", "best"])
    expect(head).to_have_attribute("aria-sort", "ascending")
    by_score.click()
    expect(names(page)).to_have_text(TOP)
    expect(head).not_to_have_attribute("aria-sort", re.compile("."))


def test_back_and_the_address_hold_the_view(tabs: Tabs, gallery: Gallery) -> None:
    page = ranking(tabs, gallery)
    page.get_by_role("button", name="Sort by score").click()
    page.get_by_label("Filter runs").fill("metrics.score > 0.4")
    expect(names(page)).to_have_text(["best", "middle"])
    names(page).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("best")
    page.go_back()
    expect(names(page)).to_have_text(["best", "middle"])
    expect(page.get_by_label("Filter runs")).to_have_value("metrics.score > 0.4")
    query = parse_qs(urlsplit(page.url).query)
    assert query == {"sort": ["-metrics.score"], "q": ["metrics.score > 0.4"]}
    other = tabs.open(page.url)
    expect(names(other)).to_have_text(["best", "middle"])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("metrics.score BETWEEN 0.01 AND 0.5", ["worst", "child-2", "child-1", "middle"]),
        ("NOT (params.kind = 'c' OR metrics.score >= 0.9)", ["worst", "middle"]),
        ("attributes.run_name LIKE 'child-%' AND metrics.score < 0.015", ["child-1", "child-0"]),
    ],
)
def test_a_filter_narrows_the_table_and_the_total(
    wanted: str, found: list[str], tabs: Tabs, gallery: Gallery
) -> None:
    page = ranking(tabs, gallery)
    page.get_by_label("Filter runs").fill(wanted)
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(found)
    expect(page.get_by_text(f"{len(found)} matching runs")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(names(page)).to_have_text(TOP)


def test_an_error_in_the_filter_is_shown_while_the_rows_stay(tabs: Tabs, gallery: Gallery) -> None:
    page = ranking(tabs, gallery)
    page.get_by_label("Filter runs").fill("metrics.score >> 0.4")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Filter runs")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("main").get_by_text(">>", exact=False)).to_be_visible()
    expect(names(page)).to_have_text(TOP)
    page.get_by_label("Filter runs").fill("metrics.score > 0.4")
    expect(names(page)).to_have_text(["best", "middle"])
    expect(page.get_by_label("Filter runs")).not_to_have_attribute("aria-invalid", "true")
    assert tabs.refused != []  # the rows and their number are asked for, and refused, apart
    tabs.refused.clear()


def test_what_is_typed_after_a_suggestion_stays_in_order(tabs: Tabs, gallery: Gallery) -> None:
    page = ranking(tabs, gallery)
    page.evaluate(
        "() => { window.requestAnimationFrame = (call) => setTimeout(call, 300, 0); }"
    )  # a slow machine
    filters = page.get_by_label("Filter runs")
    filters.fill("sco")
    expect(page.get_by_role("option")).to_have_text(["metrics.score"])
    filters.press("Enter")
    expect(filters).to_have_value("metrics.score ")
    page.keyboard.type(">=")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    page.keyboard.type(" 0.5")
    expect(filters).to_have_value("metrics.score >= 0.5")
    expect(names(page)).to_have_text(["best", "middle"])


def test_a_filter_that_nothing_matches_offers_to_clear_it(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open(f"/experiments/{gallery['ranking'][0]}?q=metrics.score%20%3E%207")
    expect(page.get_by_role("heading", name="No run matches this filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(names(page)).to_have_text(TOP)


def test_columns_are_found_chosen_and_kept_in_the_address(tabs: Tabs, gallery: Gallery) -> None:
    page = ranking(tabs, gallery)
    heads = page.get_by_role("columnheader")
    expect(heads.filter(has_text="Run ID")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("Find a column").fill("run id")
    page.get_by_role("checkbox", name="Run ID").check()
    expect(heads.filter(has_text="Run ID")).to_be_visible()
    page.get_by_label("Find a column").fill("score")
    page.get_by_role("checkbox", name="score").uncheck()
    expect(heads.filter(has_text="score")).to_have_count(0)
    page.reload()
    expect(heads.filter(has_text="Run ID")).to_be_visible()
    expect(heads.filter(has_text="score")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Reset").click()
    expect(heads.filter(has_text="score")).to_be_visible()


def test_chosen_runs_are_deleted_together_and_undo_brings_them_back(
    tabs: Tabs, server: str
) -> None:
    experiment = post(server, "experiments/create", name="to delete from")["experiment_id"]
    for number in range(5):
        post(
            server,
            "runs/create",
            experiment_id=experiment,
            run_name=f"run-{number}",
            start_time=1_700_000_000_000 + number,
        )
    page = tabs.open(f"/experiments/{experiment}")
    everything = [f"run-{number}" for number in (4, 3, 2, 1, 0)]
    expect(names(page)).to_have_text(everything)
    page.get_by_role("checkbox", name="Select run-3").click()
    page.get_by_role("checkbox", name="Select run-1").click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="3 selected")
    bar.get_by_role("button", name="Delete").click()
    expect(names(page)).to_have_text(["run-4", "run-0"])
    expect(page.get_by_text("2 runs", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(names(page)).to_have_text(everything)
    expect(page.get_by_text("5 runs", exact=True)).to_be_visible()


def test_a_running_run_is_kept_fresh_without_a_click(tabs: Tabs, server: str) -> None:
    experiment = post(server, "experiments/create", name="still running")["experiment_id"]
    now = int(time.time() * 1000)
    made = post(
        server, "runs/create", experiment_id=experiment, run_name="busy", start_time=now - 60_000
    )
    run = made["run"]["info"]["run_id"]

    def log(step: int, value: float) -> None:
        point = {"key": "loss", "value": value, "step": step, "timestamp": now + step}
        post(server, "runs/log-batch", run_id=run, metrics=[point])

    log(0, 1)
    log(1, 0.5)
    table, charts = tabs.open(), tabs.open()
    for page, path in ((table, ""), (charts, f"/runs/{run}?tab=charts")):
        page.clock.install()
        page.goto(f"/experiments/{experiment}{path}")
    chart = charts.get_by_role("article", name="Chart of loss")
    expect(cell(table, "busy", "loss")).to_have_text("0.5")
    expect(chart).to_contain_text("0.5")
    lasted = cell(table, "busy", "Duration").inner_text()
    table.clock.run_for(2_000)
    expect(cell(table, "busy", "Duration")).not_to_have_text(lasted)
    log(2, 0.25)
    post(server, "runs/update", run_id=run, status="FINISHED", end_time=now)
    for page in (table, charts):
        page.clock.run_for(5_500)
    expect(cell(table, "busy", "loss")).to_have_text("0.25")
    expect(cell(table, "busy", "Status")).to_have_text("Finished")
    expect(chart).to_contain_text("0.25")
    expect(charts.get_by_role("main").get_by_text("Finished")).to_be_visible()


LOGGER = """
import sys, cairn
cairn.set_experiment(experiment_id=sys.argv[1])
with cairn.start_run(run_name=sys.argv[2]):
    cairn.log_metric("loss", 0.125)
"""


def test_a_run_of_another_process_appears_without_a_reload(
    tabs: Tabs, server: str, installed: Installed, tmp_path: Path
) -> None:
    experiment = post(server, "experiments/create", name="live")["experiment_id"]
    page = tabs.open(f"/experiments/{experiment}")
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()

    def run(name: str) -> None:
        command = ("python", "-c", LOGGER, experiment, name)
        installed.run(*command, cwd=tmp_path, CAIRN_TRACKING_URI=server)

    run("first")
    expect(names(page)).to_have_text(["first"])
    expect(cell(page, "first", "loss")).to_have_text("0.125")
    expect(cell(page, "first", "Status")).to_have_text("Finished")
    (made,) = runs_of(server, experiment)
    post(server, "runs/set-tag", run_id=made["info"]["run_id"], key="mlflow.runName", value="1st")
    expect(names(page)).to_have_text(["1st"])
    run("second")  # nothing moves while someone reads
    page.get_by_role("button", name="1 new: refresh").click()
    expect(names(page)).to_have_text(["second", "1st"])


# The page of a run


def test_the_overview_shows_everything_that_was_logged(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open(run_path(gallery))
    metrics, params = panel(page, "Metrics"), panel(page, "Params")
    assert exact(metrics.get_by_role("row").filter(has_text="score")) == 0.123456789
    expect(metrics.get_by_role("row").filter(has_text="not a number")).to_contain_text("NaN")
    expect(metrics.get_by_role("row").filter(has_text="curve/loss")).to_contain_text("199")
    for key, value in {"rate": "0.25", "model": "forest", "seed": "42"}.items():
        line = params.get_by_role("row").filter(has_text=key)
        expect(line.get_by_role("cell").last).to_have_text(value)
    expect(panel(page, "Tags").get_by_text("vision", exact=True)).to_be_visible()
    dataset = panel(page, "Datasets").get_by_role("heading", level=3)
    expect(dataset).to_have_text(re.compile(r"^pointsDigest \w+Context train$"))
    expect(panel(page, "Notes")).to_contain_text("Two\nlines of notes.")


def test_tags_and_notes_are_edited_on_the_page(tabs: Tabs, server: str) -> None:
    experiment = post(server, "experiments/create", name="to edit")["experiment_id"]
    made = post(server, "runs/create", experiment_id=experiment, run_name="editable")
    page = tabs.open(f"/runs/{made['run']['info']['run_id']}")
    tags = panel(page, "Tags")
    tags.get_by_role("button", name="Add a tag").click()
    page.get_by_role("textbox", name="Key").fill("stage")
    page.get_by_role("textbox", name="Value").fill("draft")
    page.keyboard.press("Enter")
    expect(tags.get_by_text("draft")).to_be_visible()
    page.get_by_role("button", name="Edit the tag stage").click()
    page.get_by_role("textbox", name="Value").fill("final")
    page.keyboard.press("Enter")
    expect(tags.get_by_text("final")).to_be_visible()
    page.get_by_role("button", name="Edit the notes").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("It works.")
    page.get_by_role("button", name="Save").click()
    expect(panel(page, "Notes")).to_contain_text("It works.")
    page.reload()
    expect(tags.get_by_text("final")).to_be_visible()
    expect(panel(page, "Notes")).to_contain_text("It works.")


def test_a_chart_is_drawn_zoomed_and_kept_in_the_address(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open(run_path(gallery, query="?tab=charts"))
    expect(page.get_by_text("0.12346")).to_be_visible()  # a single point is a number
    expect_line(page, "curve/loss")
    chart = page.get_by_role("article", name="Chart of curve/loss")
    area = chart.locator(".u-over").bounding_box()
    assert area is not None
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] / 4, middle)
    expect(chart).to_contain_text(re.compile(r"step \d+"))
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, middle, steps=4)
    page.mouse.up()
    reset = chart.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    assert "z=" in page.url
    page.reload()
    expect_line(page, "curve/loss")
    reset.click()
    expect(reset).to_have_count(0)
    page.get_by_label("Log scale").check()
    expect(page).to_have_url(re.compile("log=1"))
    expect_line(page, "curve/loss")


@pytest.mark.parametrize(
    ("folder", "path", "seen"),
    [
        ("notes", "notes/hello.txt", "first line\nsecond line"),
        ("", "data.json", '"depth": {'),
        ("", "page.html", "<script>alert('html')</script>"),
    ],
)
def test_text_files_show_their_text(
    folder: str, path: str, seen: str, tabs: Tabs, gallery: Gallery
) -> None:
    page = tabs.open(run_path(gallery, query="?tab=artifacts"))
    tree = page.get_by_role("navigation", name="Artifacts")
    if folder:
        tree.get_by_role("button", name=folder).click()
    tree.get_by_role("button", name=re.compile(re.escape(Path(path).name))).click()
    expect(page.locator("pre", has_text=seen)).to_be_visible()
    page.reload()
    expect(page.locator("pre", has_text=seen)).to_be_visible()


def test_a_csv_file_is_a_table(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open(run_path(gallery, query="?tab=artifacts&path=table.csv"))
    table = page.get_by_role("table", name="table.csv")
    expect(table.get_by_role("columnheader")).to_have_text(["city", "people"])
    expect(table.get_by_role("cell")).to_have_text(["Bonn, Rhein", "330579", "Ulm", "128928"])
    expect(page.get_by_text("2 rows, 2 columns")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "size", "color"),
    [("red.png", [60, 40], [200, 0, 0]), ("drawing.svg", [80, 50], [0, 0, 200])],
)
def test_an_image_is_seen(
    name: str, size: list[int], color: list[int], tabs: Tabs, gallery: Gallery
) -> None:
    page = tabs.open(run_path(gallery, query=f"?tab=artifacts&path={name}"))
    image = page.get_by_role("img", name=name)
    expect(image).to_be_visible()
    page.wait_for_function("name => document.querySelector('main img').complete")
    pixel = """image => {
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.drawImage(image, 0, 0);
      return [[image.naturalWidth, image.naturalHeight],
              [...canvas.getImageData(5, 5, 1, 1).data].slice(0, 3)];
    }"""
    assert image.evaluate(pixel) == [size, color]


@pytest.mark.parametrize("path", ["red.png", "data.json", "page.html", "notes/hello.txt"])
def test_a_download_gives_the_same_bytes(
    path: str, tabs: Tabs, gallery: Gallery, server: str, tmp_path: Path
) -> None:
    page = tabs.open(run_path(gallery, query=f"?tab=artifacts&path={path}"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == Path(path).name
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == artifact(server, gallery["showcase"][1], path)


# Addresses


def test_addresses_of_the_old_ui_lead_to_the_page(tabs: Tabs, gallery: Gallery) -> None:
    experiment, run = gallery["showcase"]
    for old, new in {
        f"/#/experiments/{experiment}": f"/experiments/{experiment}",
        f"/#/experiments/{experiment}/runs/{run}": f"/experiments/{experiment}/runs/{run}",
        f"/#/experiments/{experiment}/runs/{run}/artifacts/data.json": (
            f"/experiments/{experiment}/runs/{run}?tab=artifacts&path=data.json"
        ),
        f"/#/metric/loss?runs=[%22{run}%22]&experiments=[%22{experiment}%22]": (
            f"/experiments/{experiment}/runs/{run}?tab=charts&search=loss"
        ),
    }.items():
        page = tabs.open(old)
        expect(page).to_have_url(f"{tabs.server}{new}")
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Gallery|Everything"))


def test_a_page_that_does_not_exist_says_so(tabs: Tabs) -> None:
    page = tabs.open("/nowhere/at/all")
    expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    page.get_by_role("link", name="All experiments", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Experiments")


@pytest.mark.parametrize("path", ["/experiments/987654", f"/runs/{'f' * 32}"])
def test_an_id_that_does_not_exist_says_so(path: str, tabs: Tabs) -> None:
    page = tabs.open(path)
    expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    assert len(tabs.refused) >= 1
    tabs.refused.clear()
