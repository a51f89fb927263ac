from __future__ import annotations

import os
from typing import Any

import pandas as pd
import pytest

import cairn
from cairn.client import experiments
from cairn.errors import AlreadyExists, DoesNotExist, InvalidValue


def test_without_a_choice_runs_belong_to_the_default_experiment() -> None:
    with cairn.start_run() as run:
        pass
    assert run.info.experiment_id == "0"
    assert cairn.get_experiment("0").name == "Default"


def test_named_experiment_is_made_and_chosen_for_children_too() -> None:
    made = cairn.set_experiment("mine")
    assert cairn.set_experiment("mine").experiment_id == made.experiment_id
    assert os.environ["MLFLOW_EXPERIMENT_ID"] == made.experiment_id
    assert os.environ["CAIRN_EXPERIMENT_ID"] == made.experiment_id
    with cairn.start_run() as run:
        pass
    assert run.info.experiment_id == made.experiment_id
    cairn.set_experiment(experiment_id="0")
    with cairn.start_run() as run:
        pass
    assert run.info.experiment_id == "0"


def test_experiment_can_be_named_for_one_run() -> None:
    own = cairn.create_experiment("own", tags={"a": 1})
    with cairn.start_run(experiment_id=own) as run:
        assert run.info.experiment_id == own
    assert cairn.get_experiment(own).tags == {"a": "1"}


def test_exactly_one_of_name_and_id_is_wanted() -> None:
    with pytest.raises(InvalidValue, match="exactly one"):
        cairn.set_experiment()
    with pytest.raises(InvalidValue, match="exactly one"):
        cairn.set_experiment("a", experiment_id="0")


def test_deleted_experiment_cannot_be_chosen_until_it_is_restored() -> None:
    own = cairn.set_experiment("own").experiment_id
    cairn.delete_experiment(own)
    with pytest.raises(InvalidValue, match=f"restore --experiment-id {own}"):
        cairn.set_experiment("own")
    with pytest.raises(InvalidValue, match="Current state is deleted"):
        cairn.start_run()
    cairn.restore_experiment(own)
    assert cairn.set_experiment("own").experiment_id == own


def test_unknown_experiment_is_an_error_by_id_and_none_by_name() -> None:
    with pytest.raises(DoesNotExist):
        cairn.set_experiment(experiment_id="99")
    with pytest.raises(DoesNotExist):
        cairn.get_experiment("99")
    assert cairn.get_experiment_by_name("nobody") is None


def test_name_is_taken_once() -> None:
    cairn.create_experiment("own")
    with pytest.raises(AlreadyExists):
        cairn.create_experiment("own")


def test_environment_chooses_by_name_or_id() -> None:
    os.environ["MLFLOW_EXPERIMENT_NAME"] = "from the environment"
    with cairn.start_run() as run:
        pass
    own = cairn.get_experiment_by_name("from the environment")
    assert own is not None
    assert run.info.experiment_id == own.experiment_id
    os.environ["MLFLOW_EXPERIMENT_ID"] = "0"
    with pytest.raises(InvalidValue, match="Set one of them"):
        cairn.start_run()
    del os.environ["MLFLOW_EXPERIMENT_NAME"]
    assert experiments.active_experiment_id() == "0"


def test_experiments_are_renamed_and_tagged() -> None:
    own = cairn.set_experiment("own").experiment_id
    cairn.rename_experiment(own, "better")
    cairn.set_experiment_tag("k", 3)
    cairn.set_experiment_tags({"l": 4, "m": 5})
    cairn.delete_experiment_tag("l")
    found = cairn.get_experiment(own)
    assert (found.name, found.tags) == ("better", {"k": "3", "m": "5"})


def test_experiments_are_found_page_by_page() -> None:
    for n in range(5):
        cairn.create_experiment(f"e{n}")
    assert len(cairn.search_experiments()) == 6
    assert len(cairn.search_experiments(max_results=2)) == 2
    names = cairn.search_experiments(filter_string="name LIKE 'e%'", order_by=["name DESC"])
    assert [found.name for found in names] == ["e4", "e3", "e2", "e1", "e0"]
    first = cairn.Client().search_experiments(max_results=4)
    second = cairn.Client().search_experiments(max_results=4, page_token=first.token)
    assert (len(first), len(second), second.token) == (4, 2, None)


def three_runs() -> list[str]:
    ids = []
    for n in range(3):
        with cairn.start_run(run_name=f"r{n}", tags={"even": "yes"} if n % 2 == 0 else None) as run:
            cairn.log_param("n", n)
            if n:
                cairn.log_metric("m", n)
        ids.append(run.info.run_id)
    return ids


def test_runs_come_as_a_data_frame_with_the_columns_of_the_compatible_api() -> None:
    ids = three_runs()
    frame = cairn.search_runs(order_by=["params.n ASC"])
    assert list(frame.columns[:6]) == [
        *("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"),
    ]
    assert list(frame["run_id"]) == ids
    assert frame["start_time"].iloc[0].tzinfo is not None
    assert str(frame["start_time"].dt.tz) == "UTC"
    info = cairn.get_run(ids[1]).info
    assert frame["end_time"].iloc[1] == pd.Timestamp(info.end_time, unit="ms", tz="UTC")
    assert frame["metrics.m"].isna().tolist() == [True, False, False]
    assert frame["metrics.m"].dtype == float
    assert frame["params.n"].tolist() == ["0", "1", "2"]
    assert frame["tags.even"].isna().tolist() == [False, True, False]
    kinds = [column.split(".")[0] for column in frame.columns[6:]]
    assert kinds == sorted(kinds)


def test_running_run_has_no_end_time() -> None:
    with cairn.start_run():
        assert cairn.search_runs()["end_time"].isna().all()


def test_no_run_is_a_frame_with_the_six_columns() -> None:
    assert cairn.search_runs(filter_string="params.x = 'nobody'").shape == (0, 6)


def test_runs_come_as_a_list_too() -> None:
    three_runs()
    found = cairn.search_runs(
        filter_string="metrics.m > 0", max_results=1, order_by=["metrics.m DESC"],
        output_format="list",
    )  # fmt: skip
    assert [run.info.run_name for run in found] == ["r2"]


def test_runs_are_looked_for_where_it_is_said() -> None:
    three_runs()
    own = cairn.create_experiment("own")
    with cairn.start_run(experiment_id=own):
        pass

    def count(**where: Any) -> int:
        return len(cairn.search_runs(output_format="list", **where))

    assert count() == 3
    assert count(experiment_ids=[own]) == 1
    assert count(experiment_names=["own", "Default"]) == 4
    assert count(search_all_experiments=True) == 4
    assert count(run_view_type=cairn.ViewType.DELETED_ONLY) == 0
    with pytest.raises(InvalidValue, match="not both"):
        count(experiment_ids=[own], experiment_names=["own"])


def test_unknown_name_is_warned_about_and_finds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert cairn.search_runs(experiment_names=["nobody"], output_format="list") == []
    assert "nobody" in caplog.text


def test_unknown_format_names_those_that_exist() -> None:
    with pytest.raises(InvalidValue, match="'pandas' or 'list'"):
        cairn.search_runs(output_format="x")  # type: ignore[call-overload]


def test_search_sees_what_was_just_logged() -> None:
    with cairn.start_run():
        cairn.log_metric("m", 7)
        assert len(cairn.search_runs(filter_string="metrics.m = 7", output_format="list")) == 1


def test_client_pages_through_runs() -> None:
    three_runs()
    client = cairn.Client()
    first = client.search_runs(["0"], max_results=2)
    second = client.search_runs(["0"], max_results=2, page_token=first.token)
    assert (len(first), len(second), second.token) == (2, 1, None)
    assert not {r.info.run_id for r in first} & {r.info.run_id for r in second}
