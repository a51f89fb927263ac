"""What the UI lets out and lets in: no request elsewhere, no script that came with the data.

That nothing went wrong on the way, such as a dialog, an error on the console, or a request to
another server, is what the fixture `tabs` looks at in the end of every test.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error, expect
from tests.e2e.browsing import names, panel
from tests.e2e.conftest import Gallery, Tabs

EVIL = "<img src=x onerror=alert(1)>"
ACTIVE = ["x.html", "evil x.svg"]


def file_url(gallery: Gallery, path: str) -> str:
    return "/get-artifact?" + urlencode({"run_id": gallery["untrusted"][1], "path": path})


@pytest.mark.parametrize("path", ["/", "/experiments/0", "/no/such/page"])
def test_pages_carry_a_policy_without_inline_scripts(path: str, tabs: Tabs, server: str) -> None:
    page = tabs.open("/")
    reply = page.goto(path)
    assert reply is not None
    rules = dict(
        rule.strip().partition(" ")[::2]
        for rule in reply.headers["content-security-policy"].split(";")
    )
    assert rules["default-src"] == "'self'"
    assert rules["script-src"] == "'self'"
    assert rules["connect-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert rules["frame-ancestors"] in {"'self'", "'none'"}
    assert reply.headers["x-content-type-options"] == "nosniff"
    text = reply.text()
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert re.findall(r"\son\w+=", text) == []


def test_the_policy_stops_a_script_that_would_be_injected(tabs: Tabs) -> None:
    page = tabs.open("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("""() => {
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=alert(1)>");
      const script = document.createElement("script");
      script.textContent = "alert(2)";
      document.body.append(script);
    }""")
    page.wait_for_load_state("networkidle")
    stopped = [line for line in tabs.wrong if "Content Security Policy" in line]
    assert len(stopped) == len(tabs.wrong) == 2
    tabs.wrong.clear()
    tabs.refused.clear()  # there is no image x


def test_names_that_are_html_are_text(tabs: Tabs, gallery: Gallery) -> None:
    experiment, run = gallery["untrusted"]
    page = tabs.open("/")
    page.get_by_role("link", name=f"{EVIL} of the gallery").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{EVIL} of the gallery")
    expect(names(page)).to_have_text([EVIL])
    names(page).click()
    expect(page).to_have_url(re.compile(f"/experiments/{experiment}/runs/{run}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(EVIL)
    expect(panel(page, "Tags")).to_contain_text("<script>alert('html')</script>")
    expect(panel(page, "Params")).to_contain_text("<script>alert('html')</script>")
    expect(panel(page, "Notes")).to_contain_text("<script>alert('html')</script>")
    assert page.locator("img").count() == 0


def test_a_filter_in_a_link_is_text(tabs: Tabs, gallery: Gallery) -> None:
    query = urlencode({"q": f"{EVIL}", "cols": f"metrics.{EVIL}", "sort": f"params.{EVIL}"})
    page = tabs.open(f"/experiments/{gallery['untrusted'][0]}?{query}")
    expect(page.get_by_label("Filter runs")).to_have_value(EVIL)
    expect(page.get_by_label("Filter runs")).to_have_attribute("aria-invalid", "true")
    assert page.locator("img").count() == 0
    tabs.refused.clear()


@pytest.mark.parametrize("path", [*ACTIVE, f"{EVIL}.txt"])
def test_looking_at_an_artifact_runs_nothing_of_it(path: str, tabs: Tabs, gallery: Gallery) -> None:
    experiment, run = gallery["untrusted"]
    query = urlencode({"tab": "artifacts", "path": path})
    page = tabs.open(f"/experiments/{experiment}/runs/{run}?{query}")
    if path.endswith(".svg"):
        expect(page.get_by_role("img", name=path)).to_be_visible()
    else:
        expect(page.locator("pre", has_text="<script>alert('html')</script>")).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", ACTIVE)
def test_the_address_of_an_active_artifact_is_a_download(
    path: str, tabs: Tabs, gallery: Gallery, server: str
) -> None:
    with urlopen(f"{server}{file_url(gallery, path)}") as reply:
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in reply.headers["Content-Security-Policy"]
    page = tabs.open("/")
    with page.expect_download() as download, pytest.raises(Error, match="Download is starting"):
        page.goto(file_url(gallery, path))
    assert download.value.suggested_filename == path


def test_an_artifact_in_a_frame_of_our_page_runs_nothing(tabs: Tabs, gallery: Gallery) -> None:
    page = tabs.open("/")
    for path in ACTIVE:
        with page.expect_download():
            page.evaluate(
                """address => {
                  const frame = document.createElement("iframe");
                  frame.src = address;
                  document.body.append(frame);
                }""",
                file_url(gallery, path),
            )
