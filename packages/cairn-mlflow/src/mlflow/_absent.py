"""What MLflow has and this release of Cairn has not: importing it says so in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from cairn.version import __version__


def sentence(name: str) -> str:
    """Why a name below ``mlflow`` is not there.

    Args:
        name: dotted name, for example ``mlflow.sklearn``.
    """
    return (
        f"{name} is not in Cairn {__version__}, which has experiment tracking (runs, metrics, "
        "params, tags, datasets, artifacts, logged models, search) and no flavors, registry, "
        "projects, tracing or autologging yet."
    )


class AbsentFinder:
    """Asked last of all for modules below ``mlflow``; it has none, but says why."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - as the import system has it
        target: ModuleType | None = None,  # noqa: ARG004
    ) -> ModuleSpec | None:
        """None for what is not below ``mlflow``.

        Raises:
            ModuleNotFoundError: it is, so nobody has it. The error carries no `name`: with one,
                ``from mlflow import x`` would replace the sentence by its own.
        """
        package, _, rest = fullname.partition(".")
        if package != "mlflow" or not rest or rest.startswith("_"):
            return None
        raise ModuleNotFoundError(sentence(fullname))
