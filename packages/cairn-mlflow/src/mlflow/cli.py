"""The command ``mlflow``: the commands of Cairn under the compatible name and version."""

from __future__ import annotations

from cairn.cli.main import commands
from cairn.version import COMPATIBLE_VERSION

cli = commands("mlflow", COMPATIBLE_VERSION)

__all__ = ["cli"]
