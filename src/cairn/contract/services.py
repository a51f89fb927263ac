"""The services that a Cairn server offers, in one table."""

from __future__ import annotations

from typing import Protocol

from cairn.contract.artifacts import Artifacts
from cairn.contract.changes import Changes
from cairn.contract.experiments import Experiments
from cairn.contract.metrics import Metrics
from cairn.contract.op import Op, operations
from cairn.contract.runs import Runs
from cairn.contract.tables import Tables


class Tracking(Experiments, Runs, Metrics, Tables, Changes, Protocol):
    """Everything about experiments and runs that a store keeps."""


SERVICES: tuple[type, ...] = (Tracking, Artifacts)


def all_operations() -> tuple[Op, ...]:
    """Every operation of every service."""
    return tuple(o for service in SERVICES for o in operations(service))
