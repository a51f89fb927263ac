from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import pytest
def test_needs(need):
    need("no-such-program", "apt-get install -y no-such-program")
def test_module():
    pytest.importorskip("no_such_module")
def test_elsewhere():
    pytest.skip("only on Windows")
"""


@pytest.mark.parametrize(("require", "failed"), [("", 0), ("all", 2)])
def test_missing_tool_skips_here_and_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, require: str, failed: int
) -> None:
    monkeypatch.setenv("CAIRN_TEST_REQUIRE", require)
    conftest = Path(__file__).resolve().parents[2] / "conftest.py"
    pytester.makeconftest(conftest.read_text("utf-8"))
    pytester.makepyfile(TESTS)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(
        skipped=3 - failed, failed=failed
    )
