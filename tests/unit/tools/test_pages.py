from __future__ import annotations

import click
import pytest

import pages


@pytest.fixture
def commands() -> click.Group:
    @click.group()
    def tool() -> None:
        """A tool."""

    @tool.command()
    @click.option("--port", "-p", type=int, default=5000, help="Port | to listen on.")
    @click.option("--name", required=True, help="Name.")
    @click.option("--fast/--slow", help="How.")
    @click.option("--secret", hidden=True)
    @click.argument("target")
    def serve(**_: object) -> None:
        """Serve TARGET."""

    @tool.command(hidden=True)
    def old() -> None:
        """Gone."""

    return tool


def test_every_visible_command_and_option_is_on_the_page(commands: click.Group) -> None:
    page = "\n".join(pages.describe(commands, click.Context(commands, info_name="tool")))
    assert "## tool serve" in page
    assert "    tool serve [OPTIONS] TARGET" in page
    assert "| `--port`, `-p` | integer | `5000` | Port \\| to listen on. |" in page
    assert "| `--name` | text | required | Name. |" in page
    assert "| `--fast`, `--slow` | flag |  | How. |" in page
    assert "--secret" not in page
    assert "Gone" not in page


def test_setting_shows_both_variables_and_its_default() -> None:
    assert "| `CAIRN_PORT`, `MLFLOW_PORT` | whole number | `5000` |" in pages.settings()


def test_error_shows_its_code_and_status() -> None:
    assert "| `DoesNotExist` | `RESOURCE_DOES_NOT_EXIST` | 404 |" in pages.errors()


def test_operation_shows_what_it_needs() -> None:
    assert "| `POST /api/2.0/mlflow/runs/delete` | delete run |" in pages.operations()
