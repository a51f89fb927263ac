"""The command `cairn`."""

from __future__ import annotations

import importlib
from typing import Any

import click

from cairn.cli import environment
from cairn.cli.errors import reported
from cairn.version import __version__

# Command -> its module and its name there, loaded when it is asked for.
COMMANDS = {
    "server": "cairn.cli.server:server",
    "experiments": "cairn.cli.experiments:experiments",
    "runs": "cairn.cli.runs:runs",
    "artifacts": "cairn.cli.artifacts:artifacts",
    "sync": "cairn.cli.sync:command",
    "changes": "cairn.cli.changes:command",
    "gc": "cairn.cli.gc:command",
    "backup": "cairn.cli.backup:backup",
    "restore": "cairn.cli.backup:restore",
    "db": "cairn.cli.db:db",
    "doctor": "cairn.cli.doctor:command",
}
ALIASES = {"ui": "server"}


class Commands(click.Group):
    """A group whose commands are loaded on demand, and which reports every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click has it
        """The names that help lists, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, loaded now; None when there is none."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for; see `reported` for what happens to errors."""
        with reported(traceback=ctx.params["traceback"]):
            return super().invoke(ctx)


def commands(program: str, version: str) -> click.Group:
    """The commands under the name of a program.

    Args:
        program: what the user types.
        version: what ``--version`` prints.
    """

    @click.group(cls=Commands, name=program)
    @click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False),
        help="Set the variables of this file (NAME=value lines) that are not set already.",
    )
    @click.option("--traceback", is_flag=True, help="Show where an error comes from.")
    @click.version_option(version, prog_name=program)
    def group(env_file: str | None, traceback: bool) -> None:  # noqa: ARG001 - Commands reads it
        """Track experiments and runs: a server with a web UI, and commands to work with both."""
        if env_file is not None:
            environment.load(env_file)

    return group


main = commands("cairn", __version__)
