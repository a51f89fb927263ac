"""What is said once in code is shown in the reference, in full."""

from __future__ import annotations

import pytest

from cairn.errors import ERRORS
from cairn.settings import SETTINGS
from gen import OUTPUTS, Output
from source_graph import ROOT

REFERENCE = ROOT / "docs" / "reference"


def test_every_setting_is_in_the_reference() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    assert not [name for setting in SETTINGS for name in setting.env if f"`{name}`" not in page]


def test_every_error_is_in_the_reference() -> None:
    page = (REFERENCE / "errors.md").read_text("utf-8")
    assert not [e.__name__ for e in ERRORS if f"`{e.__name__}`" not in page or e.code not in page]


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.path)
def test_generated_file_is_up_to_date(output: Output) -> None:
    assert output.is_current(), f"{output.path} is out of date: make gen"


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    assert not [page.name for page in folder.glob("0*.md") if f"({page.name})" not in index]
