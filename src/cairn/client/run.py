"""Runs for those who train: start, end, find, delete them; what `import cairn` calls fluent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cairn.client import active, capture, outbox
from cairn.client.active import ActiveRun
from cairn.client.client import Client
from cairn.client.client_runs import PARENT_RUN_ID
from cairn.client.context import resolve_tags
from cairn.client.entities import Run
from cairn.client.experiments import active_experiment_id
from cairn.client.ranks import rank
from cairn.client.states import RunStatus
from cairn.contract.kinds import DELETED
from cairn.errors import InvalidState, InvalidValue, Unavailable
from cairn.settings import (
    CAPTURE,
    ENABLE_SYSTEM_METRICS_LOGGING,
    RUN_ID,
    SYSTEM_METRICS_NODE_ID,
    SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING,
    SYSTEM_METRICS_SAMPLING_INTERVAL,
    Setting,
)

NOTE = "mlflow.note.content"


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run, or resume one, and make it the active one.

    The ranks of a distributed training make one run (see `cairn.client.ranks`).

    Args:
        run_id: run to resume; without it the one that ``CAIRN_RUN_ID`` names, once.
        experiment_id: experiment of a new run; the active experiment by default.
        run_name: name of a new run; one is made up by default.
        nested: start it inside the active run, as its child.
        parent_run_id: run that a new one is a child of; the active one when nested.
        tags: tags to set; the values are stored as text.
        description: text in Markdown that the UI shows.
        log_system_metrics: whether to log the use of CPU, memory, disk, network and GPU; the
            setting when None.

    Raises:
        InvalidState: a run is active, and `nested` was not asked for.
        DoesNotExist: there is no such run or experiment.
        InvalidValue: the run, its parent or the experiment is deleted, or a tag is not allowed.
    """
    above = active.top()
    if above is not None and not nested:
        raise InvalidState(
            f"Run with UUID {above.info.run_id} is already active. End it with cairn.end_run(), "
            "or start a child of it with start_run(nested=True)."
        )
    captured = CAPTURE.get()
    client, own = Client(), rank()
    given = dict(tags or {}) | ({} if description is None else {NOTE: description})
    resumed = run_id or (_from_environment() if above is None else None)
    if resumed is not None:
        run = _resume(client, resumed, given)
    else:
        parent = parent_run_id or (above.info.run_id if above else None)
        if parent is not None:
            given[PARENT_RUN_ID] = parent
            if parent_run_id is not None and not client.away:
                _check_not_deleted(client.get_run(parent), "be the parent of another")
        experiment = experiment_id or active_experiment_id()
        run_id = None if own is None else own.next_run(client.tracking_uri)
        tagged = resolve_tags(given)
        run = client.create_run(experiment, tags=tagged, run_name=run_name, run_id=run_id)
        if own is not None and own.restarts and not own.follows:
            client.update_run(run.info.run_id, "RUNNING")  # whatever became of it before
    if own is not None and own.follows:
        client.follow_run(run.info.run_id)
    started = ActiveRun(run, client, rank=own)
    active.push(started)
    if captured:
        started.capture = capture.start(
            client, run.info.run_id, own, resumed=resumed is not None, inner=above is not None
        )
    wanted = ENABLE_SYSTEM_METRICS_LOGGING.get() if log_system_metrics is None else None
    if wanted or log_system_metrics:
        active.start_system_metrics(started)
    return started


def _from_environment() -> str | None:
    """The run that whoever started this process wants resumed; only once."""
    found = RUN_ID.get()
    for name in RUN_ID.env:
        os.environ.pop(name, None)
    return found


def _resume(client: Client, run_id: str, tags: Mapping[str, Any]) -> Run:
    found = None
    if not client.away:
        try:
            found = client.impatient().get_run(run_id)
        except Unavailable as error:
            client.missed(error)
    if found is not None:
        _check_not_deleted(found, "be resumed")
    client.update_run(run_id, "RUNNING")
    client.log_texts(run_id, tags=tags, synchronous=None if client.away else True)
    return client.unconfirmed(run_id) if client.away else client.get_run(run_id)


def _check_not_deleted(run: Run, action: str) -> None:
    if run.info.lifecycle_stage == DELETED:
        raise InvalidValue(
            f"Run '{run.info.run_id}' is deleted, so it cannot {action}. Restore it with "
            f"`cairn runs restore --run-id {run.info.run_id}`."
        )


def current() -> ActiveRun:
    """The active run; one is started when there is none."""
    return active.top() or start_run()


def end_run(status: str = "FINISHED") -> None:
    """End the active run, and wait until all that was logged to it was acknowledged.

    Without an active run it does nothing. When the server is away it says so and goes on.

    Raises:
        InvalidValue: there is no such status; the run stays active.
        CairnError: a record of the run was refused.
    """
    RunStatus.from_string(status)
    active.pop(status)


def active_run() -> ActiveRun | None:
    """The active run of this thread or task, as it was when it started; None when there is none."""
    return active.top()


def last_active_run() -> Run | None:
    """The run that was started last in this process, as it is now; None when there was none."""
    return active.last()


def get_run(run_id: str) -> Run:
    """A run with the latest value of each metric, deleted runs too.

    Raises:
        DoesNotExist: there is none.
    """
    return Client().get_run(run_id)


def get_parent_run(run_id: str) -> Run | None:
    """The run that a run is nested in, None when it is not nested.

    Raises:
        DoesNotExist: there is no such run, or its parent is gone.
    """
    return Client().get_parent_run(run_id)


def delete_run(run_id: str) -> None:
    """Hide a run; `restore_run` brings it back.

    Raises:
        DoesNotExist: there is none.
    """
    Client().delete_run(run_id)


def restore_run(run_id: str) -> None:
    """Bring back a deleted run.

    Raises:
        DoesNotExist: there is none.
    """
    Client().restore_run(run_id)


def flush_async_logging() -> None:
    """Wait until everything logged so far was acknowledged, in whichever run and store.

    Raises:
        CairnError: a record was refused, or a server cannot be reached.
    """
    outbox.flush()


def flush_artifact_async_logging() -> None:
    """Return: artifacts are stored when the call that logs them returns."""


def enable_system_metrics_logging() -> None:
    """Log the use of CPU, memory, disk, network and GPU in the runs that start from now on."""
    _set(ENABLE_SYSTEM_METRICS_LOGGING, "true")


def disable_system_metrics_logging() -> None:
    """Stop what `enable_system_metrics_logging` asked for, in the runs that start from now on."""
    _set(ENABLE_SYSTEM_METRICS_LOGGING, "false")


def set_system_metrics_sampling_interval(interval: float | None) -> None:
    """Take a sample every so many seconds; None for the default."""
    _set(SYSTEM_METRICS_SAMPLING_INTERVAL, interval)


def set_system_metrics_samples_before_logging(samples: int | None) -> None:
    """Log the mean of so many samples; None for the default."""
    _set(SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING, samples)


def set_system_metrics_node_id(node_id: str | None) -> None:
    """Put the name of this node into the keys of its system metrics; None for none."""
    _set(SYSTEM_METRICS_NODE_ID, node_id)


def _set(setting: Setting[Any], value: object) -> None:
    """Change a setting for this process and those that it starts."""
    for name in setting.env:
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)
