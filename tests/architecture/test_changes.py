"""Every operation that changes something leaves a line in the change log, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from cairn.contract.experiments import (
    CreateExperiment,
    DeleteExperimentTag,
    ExperimentRef,
    SetExperimentTag,
    UpdateExperiment,
)
from cairn.contract.kinds import RunStatus
from cairn.contract.op import Message, operations
from cairn.contract.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    DeleteTag,
    LogBatch,
    LogInputs,
    LogMetric,
    LogOutputs,
    LogParam,
    Metric,
    ModelOutput,
    Param,
    RunRef,
    RunTag,
    SetTag,
    UpdateRun,
)
from cairn.contract.services import Tracking
from cairn.store import Store, open_store
from cairn.store.schema import change

WRITING = sorted({o.name for o in operations(Tracking) if not o.needs.startswith("read")})


@dataclass
class Stage:
    """What is there before the operation: an experiment and a run, each active and deleted."""

    experiment: str
    deleted_experiment: str
    run: str
    deleted_run: str


# Operation -> a request that changes something, and the lines that it leaves.
CHANGES: dict[str, tuple[Callable[[Stage], Message], list[str]]] = {
    "create_experiment": (lambda _: CreateExperiment(name="new"), ["create"]),
    "update_experiment": (
        lambda s: UpdateExperiment(experiment_id=s.experiment, new_name="other"),
        ["rename"],
    ),
    "delete_experiment": (lambda s: ExperimentRef(experiment_id=s.experiment), ["delete"]),
    "restore_experiment": (
        lambda s: ExperimentRef(experiment_id=s.deleted_experiment),
        ["restore"],
    ),
    "set_experiment_tag": (
        lambda s: SetExperimentTag(experiment_id=s.experiment, key="k", value="v"),
        ["set tags"],
    ),
    "delete_experiment_tag": (
        lambda s: DeleteExperimentTag(experiment_id=s.experiment, key="there"),
        ["delete tag"],
    ),
    "create_run": (lambda s: CreateRun(experiment_id=s.experiment), ["create"]),
    "update_run": (lambda s: UpdateRun(run_id=s.run, status=RunStatus.FINISHED), ["update"]),
    "delete_run": (lambda s: RunRef(run_id=s.run), ["delete"]),
    "restore_run": (lambda s: RunRef(run_id=s.deleted_run), ["restore"]),
    # Points are data, no change of an entity.
    "log_metric": (lambda s: LogMetric(run_id=s.run, key="m", value=1, timestamp=1), []),
    "log_param": (lambda s: LogParam(run_id=s.run, key="p", value="1"), ["log params"]),
    "set_tag": (lambda s: SetTag(run_id=s.run, key="t", value="1"), ["set tags"]),
    "delete_tag": (lambda s: DeleteTag(run_id=s.run, key="there"), ["delete tag"]),
    "log_batch": (
        lambda s: LogBatch(
            run_id=s.run,
            metrics=[Metric(key="m", value=1, timestamp=1)],
            params=[Param(key="a", value="1"), Param(key="b", value="1")],
            tags=[RunTag(key="c", value="1"), RunTag(key="d", value="1")],
        ),
        ["log params", "set tags"],
    ),
    "log_inputs": (
        lambda s: LogInputs(run_id=s.run, datasets=[DatasetInput(dataset=Dataset(name="d"))]),
        ["log inputs"],
    ),
    "log_outputs": (
        lambda s: LogOutputs(run_id=s.run, models=[ModelOutput(model_id="m-1")]),
        ["log outputs"],
    ),
}


def lines(store: Store) -> list[str]:
    with store.db.read() as connection:
        return list(connection.execute(sa.select(change.c.what).order_by(change.c.id)).scalars())


def stage(store: Store) -> Stage:
    own, gone = (
        store.create_experiment(CreateExperiment(name=name)).experiment_id for name in "ab"
    )
    store.set_experiment_tag(SetExperimentTag(experiment_id=own, key="there", value=""))
    runs = [
        store.create_run(CreateRun(experiment_id=own, tags=[RunTag(key="there")])).run.info.run_id
        for _ in range(2)
    ]
    store.delete_run(RunRef(run_id=runs[1]))
    store.delete_experiment(ExperimentRef(experiment_id=gone))
    return Stage(own, gone, *runs)


def test_every_writing_operation_is_in_the_table() -> None:
    assert sorted(CHANGES) == WRITING, "add the operation to CHANGES with the lines it leaves"


@pytest.mark.parametrize("name", WRITING)
def test_operation_leaves_its_lines_in_the_change_log(name: str, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    make, expected = CHANGES[name]
    request = make(stage(store))
    before = lines(store)
    getattr(store, name)(request)
    assert lines(store) == before + expected
    store.close()
