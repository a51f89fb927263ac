"""The environment variables of the compatible API that are settings here, as objects."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from cairn.settings import SETTINGS

_PREFIX = "MLFLOW_"


class EnvironmentVariable:
    """An environment variable with a type and a default.

    Args:
        name: its name.
        type_: makes a value of its text.
        default: value when it is not set.
    """

    def __init__(self, name: str, type_: Callable[[str], Any], default: Any) -> None:
        self.name = name
        self.type = type_
        self.default = default

    @property
    def defined(self) -> bool:
        """Whether it is set, be it to nothing."""
        return self.name in os.environ

    def is_set(self) -> bool:
        """Whether it is set, be it to nothing."""
        return self.defined

    def get_raw(self) -> str | None:
        """Its text; None when it is not set."""
        return os.environ.get(self.name)

    def get(self) -> Any:
        """Its value, or the default.

        Raises:
            ValueError: its text is not of its type.
        """
        text = self.get_raw()
        if text is None:
            return self.default
        try:
            return self.type(text)
        except ValueError as error:
            raise ValueError(f"{self.name}={text!r} is not valid: {error}.") from None

    def set(self, value: object) -> None:
        """Set it, here and for processes that are started from now on."""
        os.environ[self.name] = str(value)

    def unset(self) -> None:
        """Take it away."""
        os.environ.pop(self.name, None)

    def __str__(self) -> str:
        return f"{self.name} (default: {self.default})"

    def __repr__(self) -> str:
        return repr(self.name)

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)


_VARIABLES = {
    variable.name: variable
    for variable in (
        *(
            EnvironmentVariable(name, setting.parse, setting.default)
            for setting in SETTINGS
            for name in setting.env
            if name.startswith(_PREFIX)
        ),
        # Integrations set these; here files are sent in blocks whose size nobody has to choose.
        EnvironmentVariable("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", int, 10 * 1024 * 1024),
        EnvironmentVariable("MLFLOW_REGISTRY_URI", str, None),
    )
}


def __getattr__(name: str) -> EnvironmentVariable:
    if name not in _VARIABLES:
        raise AttributeError(
            f"{name} is not a setting of this release of Cairn. It knows {', '.join(_VARIABLES)}."
        )
    return _VARIABLES[name]


def __dir__() -> list[str]:
    return ["EnvironmentVariable", *_VARIABLES]
