from __future__ import annotations

import asyncio
import contextvars
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from tests.unit.client.peers import Reply, Seen, answering, refusing_port

import cairn
from cairn.client import active, connect
from cairn.client.active import ActiveRun
from cairn.errors import CairnError, DoesNotExist, InvalidState, InvalidValue, Unavailable


def status(run: ActiveRun) -> str:
    return cairn.get_run(run.info.run_id).info.status


def test_block_ends_the_run_finished() -> None:
    with cairn.start_run(run_name="n", tags={"a": 1}, description="**d**") as run:
        assert cairn.active_run() is run
        assert status(run) == "RUNNING"
    assert cairn.active_run() is None
    found = cairn.get_run(run.info.run_id)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "n")
    assert found.info.end_time is not None
    assert found.info.end_time >= found.info.start_time
    assert found.data.tags["a"] == "1"
    assert found.data.tags["mlflow.note.content"] == "**d**"
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type"} <= found.data.tags.keys()


def test_exception_in_the_block_ends_the_run_failed_and_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), cairn.start_run() as run:
        _ = 1 / 0
    assert status(run) == "FAILED"


def test_exception_of_the_block_is_not_hidden_by_a_refused_record() -> None:
    run = cairn.start_run()
    cairn.Client().delete_run(run.info.run_id)
    cairn.log_metric("m", 1)
    with pytest.raises(ZeroDivisionError), run:
        _ = 1 / 0


def test_record_that_was_refused_is_raised_when_the_run_ends() -> None:
    run = cairn.start_run()
    cairn.Client().delete_run(run.info.run_id)
    cairn.log_metric("m", 1)
    with pytest.raises(InvalidValue, match=run.info.run_id):
        cairn.end_run()
    assert cairn.active_run() is None


def test_second_run_needs_nested() -> None:
    with cairn.start_run() as outer:
        with pytest.raises(InvalidState, match=f"{outer.info.run_id} is already active"):
            cairn.start_run()
        with cairn.start_run(nested=True) as inner:
            assert cairn.active_run() is inner
        assert cairn.active_run() is outer
    tags = cairn.get_run(inner.info.run_id).data.tags
    assert tags["mlflow.parentRunId"] == outer.info.run_id
    parent = cairn.get_parent_run(inner.info.run_id)
    assert parent is not None
    assert parent.info.run_id == outer.info.run_id
    assert cairn.get_parent_run(outer.info.run_id) is None


def test_parent_may_be_named() -> None:
    with cairn.start_run() as parent:
        pass
    with cairn.start_run(parent_run_id=parent.info.run_id) as child:
        pass
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    cairn.delete_run(parent.info.run_id)
    with pytest.raises(InvalidValue, match="is deleted"):
        cairn.start_run(parent_run_id=parent.info.run_id)
    with pytest.raises(DoesNotExist):
        cairn.start_run(parent_run_id="b" * 32)
    assert cairn.active_run() is None


def test_child_left_open_in_a_block_ends_with_it() -> None:
    with cairn.start_run() as outer:
        inner = cairn.start_run(nested=True)
    assert (status(outer), status(inner)) == ("FINISHED", "FINISHED")
    assert cairn.active_run() is None


def test_refused_record_of_a_child_does_not_keep_its_parent_active() -> None:
    outer = cairn.start_run()
    inner = cairn.start_run(nested=True)
    cairn.Client().delete_run(inner.info.run_id)
    cairn.log_metric("m", 1)
    with pytest.raises(InvalidValue, match=inner.info.run_id), outer:
        pass
    assert cairn.active_run() is None
    assert status(outer) == "FINISHED"


def test_block_left_in_another_context_ends_its_run_all_the_same() -> None:
    block = contextvars.copy_context().run(cairn.start_run)
    assert cairn.active_run() is None
    with block:
        pass
    assert status(block) == "FINISHED"


@pytest.mark.parametrize(("code", "ended"), [(0, "FINISHED"), (None, "FINISHED"), (3, "FAILED")])
def test_exit_inside_the_block_is_a_failure_only_with_a_code(code: int | None, ended: str) -> None:
    with pytest.raises(SystemExit), cairn.start_run() as run:
        sys.exit(code)
    assert status(run) == ended


def test_server_that_chooses_the_id_itself_is_believed() -> None:
    info = {
        **dict.fromkeys(("run_id", "run_uuid"), "d" * 32),
        "run_name": "n",
        "experiment_id": "0",
        "user_id": "",
        "status": "RUNNING",
        "start_time": 1,
        "artifact_uri": "/a",
        "lifecycle_stage": "active",
    }
    made = {"run": {"info": info, "data": {}, "inputs": {}, "unknown": 1}}
    logged: list[str] = []

    def answer(seen: Seen) -> Reply:
        if seen.path.endswith("runs/create"):
            return Reply(200, json.dumps(made).encode())
        logged.append(json.loads(seen.body)["run_id"])
        return Reply(200, json.dumps({"run_info": info}).encode())

    with answering(answer) as url:
        cairn.set_tracking_uri(url)
        with cairn.start_run() as run:
            cairn.log_metric("m", 1)
        assert run.info.run_id == "d" * 32
    assert set(logged) == {"d" * 32}


def test_block_whose_run_was_ended_inside_ends_no_other_run() -> None:
    with cairn.start_run() as first:
        cairn.end_run("KILLED")
        second = cairn.start_run()
    assert status(first) == "KILLED"
    assert cairn.active_run() is second
    cairn.end_run()


def test_run_can_be_resumed() -> None:
    with cairn.start_run() as run:
        cairn.log_param("p", 1)
    with cairn.start_run(run_id=run.info.run_id, tags={"again": "yes"}) as same:
        assert status(same) == "RUNNING"
        cairn.log_metric("m", 1)
    found = cairn.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert (found.data.params, found.data.metrics) == ({"p": "1"}, {"m": 1.0})
    assert found.data.tags["again"] == "yes"


def test_run_that_is_deleted_or_unknown_cannot_be_resumed() -> None:
    with cairn.start_run() as run:
        pass
    cairn.delete_run(run.info.run_id)
    with pytest.raises(InvalidValue, match="cairn runs restore"):
        cairn.start_run(run_id=run.info.run_id)
    with pytest.raises(DoesNotExist):
        cairn.start_run(run_id="a" * 32)
    assert cairn.active_run() is None


def test_run_of_the_environment_is_resumed_once() -> None:
    with cairn.start_run() as run:
        pass
    os.environ["MLFLOW_RUN_ID"] = run.info.run_id
    with cairn.start_run() as same:
        pass
    with cairn.start_run() as other:
        pass
    assert same.info.run_id == run.info.run_id != other.info.run_id


def test_unknown_status_leaves_the_run_active() -> None:
    with cairn.start_run() as run:
        with pytest.raises(InvalidValue, match="DONE"):
            cairn.end_run("DONE")
        assert cairn.active_run() is run


def test_ending_nothing_is_no_error() -> None:
    cairn.end_run()


def test_last_active_run_is_the_newest_as_it_is_now() -> None:
    with cairn.start_run():
        pass
    with cairn.start_run() as run:
        cairn.log_metric("m", 1)
    last = cairn.last_active_run()
    assert last is not None
    assert last.info.run_id == run.info.run_id
    assert (last.info.status, last.data.metrics) == ("FINISHED", {"m": 1.0})


def test_new_thread_begins_without_an_active_run() -> None:
    seen: list[object] = []

    def work() -> None:
        seen.append(cairn.active_run())
        with cairn.start_run() as own:
            cairn.log_metric("m", 1)
            seen.append(own.info.run_id)

    with cairn.start_run() as run:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert cairn.active_run() is run
    assert seen[0] is None
    assert cairn.get_run(str(seen[1])).data.metrics == {"m": 1.0}
    assert cairn.get_run(run.info.run_id).data.metrics == {}


def test_threads_run_at_the_same_time_do_not_mix() -> None:
    barrier = threading.Barrier(4)
    found: dict[int, str] = {}

    def work(n: int) -> None:
        with cairn.start_run() as run:
            barrier.wait()
            for step in range(100):
                cairn.log_metric(f"m{n}", step, step=step)
            found[n] = run.info.run_id

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, run_id in found.items():
        assert cairn.get_run(run_id).data.metrics == {f"m{n}": 99.0}


def test_tasks_have_runs_of_their_own_and_inherit_that_of_their_creator() -> None:
    async def work(n: int) -> tuple[str, str]:
        above = cairn.active_run()
        with cairn.start_run(nested=True) as run:
            await asyncio.sleep(0)
            cairn.log_metric("n", n)
            await asyncio.sleep(0)
            assert cairn.active_run() is run
        assert above is not None
        return above.info.run_id, run.info.run_id

    async def main() -> list[tuple[str, str]]:
        return await asyncio.gather(*(work(n) for n in range(5)))

    with cairn.start_run() as outer:
        pairs = asyncio.run(main())
        assert cairn.active_run() is outer
    assert {above for above, _ in pairs} == {outer.info.run_id}
    assert [cairn.get_run(own).data.metrics["n"] for _, own in pairs] == [0, 1, 2, 3, 4]


def test_run_stays_with_its_store_when_another_is_chosen(tmp_path: Path) -> None:
    with cairn.start_run() as run:
        cairn.set_tracking_uri("elsewhere")
        cairn.log_metric("m", 1)
    cairn.set_tracking_uri(f"sqlite:///{tmp_path}/cairn.db")
    assert cairn.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_start_with_the_server_away_says_what_to_check_and_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cairn.set_tracking_uri(f"http://127.0.0.1:{refusing_port()}")
    with cairn.start_run(run_name="away") as run:
        assert "CAIRN_TRACKING_URI" in caplog.text
        assert run.info.run_name == "away"
        with pytest.raises(Unavailable, match="records wait here"):
            cairn.get_run(run.info.run_id)


def test_server_that_goes_away_during_a_run_hurts_neither_log_calls_nor_its_end(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    cairn.set_tracking_uri(server)
    run = cairn.start_run()
    outage = connect.resolve_uri(f"http://127.0.0.1:{refusing_port()}")
    run.client._place = outage  # from here on the run's server refuses every connection
    cairn.log_metric("m", 1)
    cairn.end_run()
    assert cairn.active_run() is None
    assert "What is logged waits here until then" in caplog.text


def test_run_id_is_made_here() -> None:
    with cairn.start_run() as run:
        assert len(run.info.run_id) == 32
        int(run.info.run_id, 16)


def test_deleted_run_comes_back() -> None:
    with cairn.start_run() as run:
        pass
    cairn.delete_run(run.info.run_id)
    assert cairn.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    cairn.restore_run(run.info.run_id)
    assert cairn.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_system_metrics_are_logged_while_the_run_lasts() -> None:
    cairn.set_system_metrics_sampling_interval(0.01)
    cairn.set_system_metrics_node_id("n1")
    cairn.set_system_metrics_samples_before_logging(1)
    cairn.enable_system_metrics_logging()
    with cairn.start_run() as run:
        found: dict[str, float] = {}
        while "system/n1/cpu_utilization_percentage" not in found:
            found = cairn.get_run(run.info.run_id).data.metrics
    assert run.system_metrics is None
    cairn.disable_system_metrics_logging()
    with cairn.start_run() as other:
        assert other.system_metrics is None
    with cairn.start_run(log_system_metrics=True) as third:
        assert third.system_metrics is not None


def test_forgetting_a_system_metrics_choice_goes_back_to_the_default() -> None:
    cairn.set_system_metrics_node_id("n1")
    cairn.set_system_metrics_node_id(None)
    assert "CAIRN_SYSTEM_METRICS_NODE_ID" not in os.environ


def test_wrong_key_is_refused_where_it_is_logged() -> None:
    with cairn.start_run():
        for call in (cairn.log_metric, cairn.log_param, cairn.set_tag):
            with pytest.raises(CairnError) as raised:
                call("a//b", 1)
            assert raised.value.error_code == "INVALID_PARAMETER_VALUE"


def test_flush_waits_for_every_store(tmp_path: Path) -> None:
    clients = [cairn.Client(str(tmp_path / name)) for name in ("one", "two")]
    ids = [client.create_run("0").info.run_id for client in clients]
    for client, run_id in zip(clients, ids, strict=True):
        client.log_metric(run_id, "m", 1)
    cairn.flush_async_logging()
    cairn.flush_artifact_async_logging()
    for client, run_id in zip(clients, ids, strict=True):
        assert client.get_run(run_id).data.metrics == {"m": 1.0}
    active.end_all()
