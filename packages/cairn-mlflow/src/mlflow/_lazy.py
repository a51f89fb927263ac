"""Attributes of packages that are loaded on first use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping

from mlflow._absent import sentence


def lazy(
    package: str, names: Mapping[str, str], modules: Iterable[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` for a package.

    Args:
        package: its name.
        names: public name -> the module that has it under the same name, or ``module:name``.
        modules: submodules that are there without an import of their own.
    """
    below = frozenset(modules)

    def load(name: str) -> object:
        if name in below:
            return importlib.import_module(f"{package}.{name}")
        if name.startswith("__") or name not in names:
            raise AttributeError(sentence(f"{package}.{name}"), name=name)
        module, _, original = names[name].partition(":")
        value = getattr(importlib.import_module(module), original or name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *names, *below})

    return load, listed
