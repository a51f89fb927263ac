from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cairn
from cairn.client import active_model, models
from cairn.client.entities import (
    LoggedModel,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
)
from cairn.errors import DoesNotExist, InvalidValue


@pytest.fixture(autouse=True)
def no_active_model() -> Iterator[None]:
    models._last = None
    active_model._of_the_process.cache_clear()
    yield
    cairn.clear_active_model()
    active_model._of_the_process.cache_clear()


def test_a_model_is_of_the_active_run_and_says_who_made_it() -> None:
    with cairn.start_run() as run:
        made = cairn.initialize_logged_model("tree", tags={"t": 1}, params={"depth": 3})
    assert (made.name, made.source_run_id) == ("tree", run.info.run_id)
    assert made.status is LoggedModelStatus.PENDING
    assert made.params == {"depth": "3"}
    assert made.tags["t"] == "1"
    assert made.tags["mlflow.user"]
    assert made.model_uri == f"models:/{made.model_id}"
    assert cairn.last_logged_model() == cairn.get_logged_model(made.model_id) == made


def test_a_model_is_finalized_changed_and_read() -> None:
    made = cairn.initialize_logged_model()
    assert cairn.finalize_logged_model(made.model_id, "FAILED").status is LoggedModelStatus.FAILED
    ready = cairn.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
    assert str(ready.status) == "READY"
    cairn.log_model_params({"p": 1}, made.model_id)
    cairn.set_logged_model_tags(made.model_id, {"a": 1, "b": None})
    cairn.delete_logged_model_tag(made.model_id, "b")
    found = cairn.get_logged_model(made.model_id)
    assert (found.params, found.tags["a"], "b" in found.tags) == ({"p": "1"}, "1", False)
    with pytest.raises(InvalidValue, match="'BAD' is not a status"):
        cairn.finalize_logged_model(made.model_id, "BAD")
    cairn.Client().delete_logged_model(made.model_id)
    with pytest.raises(DoesNotExist, match="not found"):
        cairn.get_logged_model(made.model_id)


def test_metrics_go_to_the_active_model() -> None:
    one, other = (cairn.create_external_model(name) for name in ("one", "other"))
    assert one.status is LoggedModelStatus.READY
    assert one.tags["mlflow.model.isExternal"] == "true"
    with cairn.start_run():
        with cairn.set_active_model(name="one") as active:
            assert cairn.get_active_model_id() == active.model_id == one.model_id
            cairn.log_metric("m", 1)
            cairn.log_metric("m", 2, model_id=other.model_id)
            cairn.log_model_params({"p": 1})
        assert cairn.get_active_model_id() is None
        cairn.set_active_model(model_id=other.model_id)
        cairn.log_metrics({"n": 3})
        cairn.clear_active_model()
        cairn.log_metric("m", 4)
    read = {m.name: m for m in cairn.search_logged_models(output_format="list")}
    values = {name: [m.value for m in model.metrics or ()] for name, model in read.items()}
    assert values == {"one": [1.0], "other": [2.0, 3.0]}
    assert read["one"].params == {"p": "1"}


def test_the_active_model_of_the_environment_is_the_last_resort(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_ACTIVE_MODEL_ID", "m-1")
    assert cairn.get_active_model_id() == "m-1"
    made = cairn.set_active_model(name="new")
    assert cairn.get_active_model_id() == made.model_id


def test_what_names_no_model_is_refused() -> None:
    with pytest.raises(InvalidValue, match="needs a name or a model_id"):
        cairn.set_active_model()
    made = cairn.create_external_model("one")
    with pytest.raises(InvalidValue, match="is named 'one', not 'two'"):
        cairn.set_active_model(name="two", model_id=made.model_id)
    with pytest.raises(InvalidValue, match="There is no active model"):
        cairn.log_model_params({"p": 1})
    assert cairn.last_logged_model() is not None


def test_models_are_searched_as_a_frame_and_as_a_list() -> None:
    pytest.importorskip("pandas")
    for name in "abc":
        cairn.create_external_model(name)
    frame = cairn.search_logged_models(order_by=[{"field_name": "name"}], max_results=2)
    assert frame["name"].tolist() == ["a", "b"]
    assert frame["status"].tolist() == ["READY", "READY"]
    found = cairn.search_logged_models(filter_string="name != 'b'", output_format="list")
    assert [model.name for model in found] == ["c", "a"]
    page = cairn.Client().search_logged_models(["0"], max_results=2)
    assert (len(page), page.token is not None) == (2, True)
    with pytest.raises(InvalidValue, match="not an output format"):
        cairn.search_logged_models(output_format="table")  # type: ignore[call-overload]
    with pytest.raises(InvalidValue, match="needs 'field_name'"):
        cairn.search_logged_models(order_by=[{"name": "x"}])


def test_files_of_a_model_are_stored_listed_and_fetched(server: str, tmp_path: Path) -> None:
    cairn.set_tracking_uri(server)
    client = cairn.Client()
    made = cairn.initialize_logged_model("files")
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("hello")
    client.log_model_artifacts(made.model_id, str(folder))
    client.log_model_artifact(made.model_id, str(folder / "deep" / "a.txt"), "more")
    client.log_model_artifact(made.model_id, str(folder / "deep"), "more")
    listed = client.list_logged_model_artifacts(made.model_id)
    assert [(info.path, info.is_dir) for info in listed] == [("deep", True), ("more", True)]
    assert cairn.artifacts.list_artifacts(f"{made.model_uri}/deep")[0].path == "deep/a.txt"
    assert cairn.artifacts.load_text(f"models:/{made.model_id}/more/deep/a.txt") == "hello"
    fetched = Path(cairn.artifacts.download_artifacts(made.model_uri, dst_path=str(tmp_path / "d")))
    assert (fetched / "more" / "a.txt").read_text() == "hello"


def test_a_logged_model_is_a_plain_value() -> None:
    made = LoggedModel(
        "1",
        "m-1",
        "n",
        "/a",
        1,
        2,
        status=2,
        tags=[LoggedModelTag("t", "v")],
        params=[LoggedModelParameter("p", "1")],
        metrics=[Metric("m", 1.0, 2, 3)],
    )
    assert made.to_dictionary()["status"] == 2
    assert made.to_dictionary()["metrics"][0]["key"] == "m"
    assert (made.tags, made.params, made.status) == ({"t": "v"}, {"p": "1"}, "READY")
    assert LoggedModelStatus.is_finalized(made.status)
    with pytest.raises(InvalidValue, match="not the number of a status"):
        LoggedModelStatus.from_int(9)
