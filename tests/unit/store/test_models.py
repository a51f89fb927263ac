from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from cairn.contract.models import (
    CreateLoggedModel,
    LoggedModelParam,
    LoggedModelTag,
    ModelDataset,
    ModelOrder,
    SearchLoggedModels,
)
from cairn.contract.runs import CreateRun, LogBatch, Metric
from cairn.errors import InvalidValue
from cairn.store import Store, open_store
from cairn.store.db import HEAD, VERSION_TABLE
from cairn.store.migrate import config

NAN = float("nan")


def add(store: Store, name: str, points: list[Metric], **more: object) -> str:
    request = CreateLoggedModel(experiment_id="0", name=name, **more)  # type: ignore[arg-type]
    model_id = store.create_logged_model(request).model.info.model_id
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    for point in points:
        point.model_id = model_id
    store.log_batch(LogBatch(run_id=run_id, metrics=points))
    return model_id


def point(value: float, time: int = 0, dataset: str = "", key: str = "acc") -> Metric:
    made = Metric(key=key, value=value, timestamp=time)
    if dataset:
        made.dataset_name, made.dataset_digest = dataset, "x"
    return made


def names(store: Store, wanted: str = "", *orders: ModelOrder, datasets: str = "") -> str:
    request = SearchLoggedModels(
        experiment_ids=["0"],
        filter=wanted,
        order_by=list(orders),
        datasets=[ModelDataset(dataset_name=name) for name in datasets],
    )
    return "".join(m.info.name for m in store.search_logged_models(request).models)


@pytest.fixture
def models(store: Store) -> Store:
    """Models a to d, the last one without metrics."""
    params = [LoggedModelParam(key="depth", value="3")]
    add(store, "a", [point(0.1, 1, "d"), point(0.9, 0, "e")], params=params, model_type="tree")
    add(store, "b", [point(0.5), point(0.2, 1)], tags=[LoggedModelTag(key="t", value="v")])
    add(store, "c", [point(NAN, 0, "d"), point(7.0, 0, key="other")], model_type="tree")
    add(store, "d", [], source_run_id="f" * 32)
    return store


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "dcba"),
        ("metrics.acc > 0.4", "ba"),
        ("metrics.acc != 0.1", "cba"),
        ("metrics.acc IS NULL", "d"),
        ("params.depth = '3' AND model_type = 'tree'", "a"),
        ("params.depth > 2.5", "a"),
        ("tags.t LIKE 'v%' OR source_run_id != ''", "db"),
        ("NOT model_type = 'tree'", "db"),
        ("status = 'PENDING'", "dcba"),
        ("status = 'LOGGED_MODEL_PENDING'", "dcba"),
        ("status = 1", "dcba"),
        ("status IN ('READY', 'LOGGED_MODEL_UPLOAD_FAILED')", ""),
        ("attributes.name IN ('a', 'b') AND creation_time > 0", "ba"),
        ("experiment_id = '0' AND last_updated_timestamp >= 0", "dcba"),
    ],
)
def test_models_are_filtered(models: Store, wanted: str, expected: str) -> None:
    assert names(models, wanted) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ModelOrder(field_name="name"), "abcd"),
        (ModelOrder(field_name="attributes.name", ascending=False), "dcba"),
        (ModelOrder(field_name="metrics.acc"), "abcd"),
        (ModelOrder(field_name="metrics.acc", ascending=False), "bacd"),
        (ModelOrder(field_name="metrics.acc", dataset_name="e"), "adcb"),
        (ModelOrder(field_name="metrics.other"), "cdba"),
        (ModelOrder(field_name="experiment_id"), "dcba"),
    ],
)
def test_models_are_sorted_nan_and_nothing_last(
    models: Store, order: ModelOrder, expected: str
) -> None:
    assert names(models, "", order) == expected


@pytest.mark.parametrize("field", ["", "params.depth", "metrics.", "bogus"])
def test_an_order_by_what_models_cannot_be_sorted_by_is_refused(models: Store, field: str) -> None:
    with pytest.raises(InvalidValue, match=f"Invalid order by field name: {field}"):
        names(models, "", ModelOrder(field_name=field))


def test_metrics_of_a_filter_are_those_on_the_datasets(models: Store) -> None:
    assert names(models, "metrics.acc > 0.4", datasets="d") == ""
    assert names(models, "metrics.acc > 0.4", datasets="de") == "a"
    assert names(models, "", datasets="d") == "ca"


def test_a_page_follows_a_sort_by_metric(models: Store) -> None:
    order = [ModelOrder(field_name="metrics.acc", ascending=False)]
    request = SearchLoggedModels(experiment_ids=["0"], max_results=1, order_by=order)
    found = ""
    for _ in range(4):
        page = models.search_logged_models(request)
        found += page.models[0].info.name
        request.page_token = page.next_page_token
    assert (found, request.page_token) == ("bacd", None)


def test_a_token_of_another_search_is_refused(models: Store) -> None:
    request = SearchLoggedModels(experiment_ids=["0"], max_results=1)
    request.page_token = models.search_logged_models(request).next_page_token
    request.datasets = [ModelDataset(dataset_name="d")]
    with pytest.raises(InvalidValue, match="Invalid page_token"):
        models.search_logged_models(request)


def test_a_point_that_is_logged_again_is_one(store: Store) -> None:
    model_id = add(store, "a", [point(0.5), point(0.5), point(0.6)])
    (model,) = store.search_logged_models(SearchLoggedModels(experiment_ids=["0"])).models
    assert [(m.model_id, m.value) for m in model.data.metrics] == [(model_id, 0.5), (model_id, 0.6)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_page_of_models_costs_a_constant_number_of_queries(models: Store) -> None:
    seen: list[str] = []
    engine = models.db._connect(write=False).engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    models.search_logged_models(SearchLoggedModels(experiment_ids=["0"], max_results=1))
    few = len(seen)
    models.search_logged_models(SearchLoggedModels(experiment_ids=["0"]))
    assert len(seen) == 2 * few <= 12


def test_a_database_of_the_first_schema_is_migrated(tmp_path: Path) -> None:
    file = tmp_path / "cairn.db"
    open_store(f"sqlite:///{file}").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path}/first.db")
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        connection.execute(sa.text("UPDATE cairn_version SET version_num = '0001'"))
    engine.dispose()
    open_store(f"sqlite:///{tmp_path}/first.db").close()
    found = []
    for path in (file, tmp_path / "first.db"):
        with sqlite3.connect(path) as database:
            assert database.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() == (
                HEAD,
            )
            found.append(sorted(database.execute("SELECT name FROM sqlite_master").fetchall()))
        database.close()
    assert found[0] == found[1]
