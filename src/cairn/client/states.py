"""The states and kinds that the compatible API numbers: `RunStatus`, `ViewType`, `SourceType`."""

from __future__ import annotations

from cairn.contract import kinds
from cairn.errors import InvalidValue


def _name(names: dict[int, str], number: int, kind: str) -> str:
    if number not in names:
        raise InvalidValue(f"{number!r} is not the number of a {kind}. Use one of {list(names)}.")
    return names[number]


def _number(names: dict[int, str], name: str, kind: str) -> int:
    for number, known in names.items():
        if known == name:
            return number
    raise InvalidValue(f"{name!r} is not a {kind}. Use one of {', '.join(names.values())}.")


class RunStatus:
    """State of a run as a number; entities hold its name."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5

    @staticmethod
    def to_string(status: int) -> str:
        """Name of a status.

        Raises:
            InvalidValue: no status has this number.
        """
        return _name(_STATUSES, status, "run status")

    @staticmethod
    def from_string(status_str: str) -> int:
        """Number of a status.

        Raises:
            InvalidValue: no status has this name.
        """
        return _number(_STATUSES, status_str, "run status")

    @staticmethod
    def is_terminated(status: int) -> bool:
        """Whether a run of this status has ended."""
        return status in {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}

    @staticmethod
    def all_status() -> list[int]:
        """Every status."""
        return list(_STATUSES)


_STATUSES = {number: status.value for number, status in enumerate(kinds.RunStatus, 1)}


class ViewType:
    """Which lifecycle stages a search looks at, as a number."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3

    @classmethod
    def from_string(cls, view_str: str) -> int:
        """Number of a view; the name may be in lower case.

        Raises:
            InvalidValue: no view has this name.
        """
        return _number(_VIEWS, view_str.lower(), "view")

    @classmethod
    def to_string(cls, view_type: int) -> str:
        """Name of a view in lower case.

        Raises:
            InvalidValue: no view has this number.
        """
        return _name(_VIEWS, view_type, "view")

    @classmethod
    def to_message(cls, view_type: int) -> kinds.ViewType:
        """The view as a message of the contract holds it.

        Raises:
            InvalidValue: no view has this number.
        """
        return kinds.ViewType(cls.to_string(view_type).upper())


_VIEWS = {number: view.value.lower() for number, view in enumerate(kinds.ViewType, 1)}


class SourceType:
    """What started a run, as a number; the tag ``mlflow.source.type`` holds its name."""

    NOTEBOOK = 1
    JOB = 2
    PROJECT = 3
    LOCAL = 4
    UNKNOWN = 5

    @staticmethod
    def to_string(status: int) -> str:
        """Name of a source type.

        Raises:
            InvalidValue: no source type has this number.
        """
        return _name(_SOURCES, status, "source type")

    @staticmethod
    def from_string(status_str: str) -> int:
        """Number of a source type.

        Raises:
            InvalidValue: no source type has this name.
        """
        return _number(_SOURCES, status_str, "source type")


_SOURCES = {1: "NOTEBOOK", 2: "JOB", 3: "PROJECT", 4: "LOCAL", 5: "UNKNOWN"}
