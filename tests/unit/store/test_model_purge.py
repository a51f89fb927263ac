from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.unit.store.test_purge import Below, rows

from cairn.contract.experiments import CreateExperiment, ExperimentRef
from cairn.contract.models import (
    CreateLoggedModel,
    GetLoggedModel,
    LoggedModelParam,
    LoggedModelRef,
    LoggedModelTag,
)
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef
from cairn.errors import DoesNotExist
from cairn.store import Store
from cairn.store.base import now
from cairn.store.purge import Purge, Selection
from cairn.store.schema import logged_model


def make(store: Store, experiment: str = "0") -> tuple[str, Path]:
    """A model with a param, a tag, a metric and a file; its id and where its files are."""
    made = store.create_logged_model(
        CreateLoggedModel(
            experiment_id=experiment,
            params=[LoggedModelParam(key="p", value="1")],
            tags=[LoggedModelTag(key="t", value="1")],
        )
    ).model.info
    run_id = store.create_run(CreateRun(experiment_id=experiment)).run.info.run_id
    point = Metric(key="m", value=1, timestamp=1, model_id=made.model_id)
    store.log_batch(LogBatch(run_id=run_id, metrics=[point]))
    store.delete_run(RunRef(run_id=run_id))
    folder = Path(made.artifact_uri)
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"x" * 10)
    return made.model_id, folder


def purge(store: Store, **choices: object) -> Purge:
    experiments = choices.pop("experiment_ids", ())
    done = Purge(store.db, Below(store), Selection(now(), (), experiments), **choices)
    list(done.runs())
    list(done.experiments())
    return done


def test_a_purged_model_leaves_nothing_behind(store: Store) -> None:
    before = rows(store)
    model_id, folder = make(store)
    kept, kept_folder = make(store)
    store.delete_logged_model(LoggedModelRef(model_id=model_id))
    for dry_run in (True, False):
        (found,) = purge(store, dry_run=dry_run).models
        assert (found.model_id, found.files, found.size) == (model_id, 1, 10)
        assert folder.exists() is dry_run
    with pytest.raises(DoesNotExist):
        store.get_logged_model(GetLoggedModel(model_id=model_id, allow_deleted=True))
    assert not folder.parent.exists()
    assert kept_folder.exists()
    store.delete_logged_model(LoggedModelRef(model_id=kept))
    purge(store)
    assert rows(store) == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_models_go_with_their_experiment(store: Store) -> None:
    experiment = store.create_experiment(CreateExperiment(name="x")).experiment_id
    place = Path(store.artifact_root) / experiment
    before = rows(store)
    _, folder = make(store, experiment)
    make(store)
    store.delete_experiment(ExperimentRef(experiment_id=experiment))
    done = purge(store, experiment_ids=[experiment])
    assert [found.experiment_id for found in done.models] == [int(experiment)]
    assert not folder.exists()
    assert not place.exists()
    assert rows(store)["experiment"] == before["experiment"] - 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_model_whose_files_cannot_be_deleted_stays_with_its_experiment(store: Store) -> None:
    experiment = store.create_experiment(CreateExperiment(name="x")).experiment_id
    model_id, _ = make(store, experiment)
    store.delete_experiment(ExperimentRef(experiment_id=experiment))
    store.db.write(
        lambda connection: connection.execute(
            sa.update(logged_model).values(artifact_uri="/elsewhere/artifacts")
        )
    )
    selection = Selection(now(), (), [experiment])
    done = Purge(store.db, Below(store), selection)
    list(done.runs())
    (left,) = done.experiments()
    assert (left.models_left, left.is_kept) == (1, True)
    assert "is outside" in str(done.models[0].problem)
    assert store.get_logged_model(GetLoggedModel(model_id=model_id)).model.info.model_id == model_id
