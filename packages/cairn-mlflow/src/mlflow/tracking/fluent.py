"""The fluent functions, and the stack of active runs that some integrations reach for."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import SupportsIndex, overload

from cairn import (
    ActiveRun,
    active_run,
    create_experiment,
    delete_experiment,
    delete_experiment_tag,
    delete_run,
    delete_tag,
    end_run,
    flush_artifact_async_logging,
    flush_async_logging,
    get_artifact_uri,
    get_experiment,
    get_experiment_by_name,
    get_parent_run,
    get_run,
    last_active_run,
    load_table,
    log_artifact,
    log_artifacts,
    log_dict,
    log_figure,
    log_image,
    log_input,
    log_inputs,
    log_metric,
    log_metrics,
    log_outputs,
    log_param,
    log_stream,
    log_table,
    log_text,
    restore_experiment,
    restore_run,
    search_experiments,
    search_runs,
    set_experiment,
    set_experiment_tag,
    set_experiment_tags,
    set_tag,
    set_tags,
    start_run,
)
from cairn.client import active
from cairn.client.experiments import active_experiment_id as _get_experiment_id
from mlflow._params import log_params

SEARCH_MAX_RESULTS_DEFAULT = 1000
SEARCH_MAX_RESULTS_PANDAS = 100000
NUM_RUNS_PER_PAGE_PANDAS = 10000


class ActiveRunStack(MutableSequence[ActiveRun]):
    """The active runs of this thread or task, outermost first; changes change what is active.

    A run that is taken away here goes on, and ends with the process.
    """

    def get(self) -> list[ActiveRun]:
        """The runs as a list of its own."""
        return list(active._stack.get())  # noqa: SLF001 - what this class is for

    def set(self, runs: Iterable[ActiveRun]) -> None:
        """Put other runs in their place."""
        active._stack.set(tuple(runs))  # noqa: SLF001

    def copy(self) -> list[ActiveRun]:
        """The runs as a list of its own."""
        return self.get()

    @overload
    def __getitem__(self, index: SupportsIndex) -> ActiveRun: ...
    @overload
    def __getitem__(self, index: slice) -> list[ActiveRun]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> ActiveRun | list[ActiveRun]:
        return self.get()[index]

    def __setitem__(self, index: int | slice, value: ActiveRun | Iterable[ActiveRun]) -> None:
        runs = self.get()
        runs[index] = value  # type: ignore[index,assignment]
        self.set(runs)

    def __delitem__(self, index: int | slice) -> None:
        runs = self.get()
        del runs[index]
        self.set(runs)

    def __len__(self) -> int:
        return len(self.get())

    def insert(self, index: int, value: ActiveRun) -> None:
        """Put a run before the one at `index`."""
        runs = self.get()
        runs.insert(index, value)
        self.set(runs)

    def __eq__(self, other: object) -> bool:
        return self.get() == (other.get() if isinstance(other, ActiveRunStack) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.get())


_active_run_stack = ActiveRunStack()

__all__ = [
    "NUM_RUNS_PER_PAGE_PANDAS",
    "SEARCH_MAX_RESULTS_DEFAULT",
    "SEARCH_MAX_RESULTS_PANDAS",
    "ActiveRun",
    "_get_experiment_id",
    "active_run",
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "end_run",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_run",
    "last_active_run",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_outputs",
    "log_param",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_tag",
    "set_tags",
    "start_run",
]
