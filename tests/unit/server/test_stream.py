"""Streams: what changes arrives, once, and an idle subscriber costs nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from starlette.requests import Request
from tests.wire.events import Event, Stream, following
from tests.wire.serving import running

from cairn.contract.experiments import CreateExperiment, UpdateExperiment
from cairn.contract.runs import CreateRun, LogBatch, Metric, RunRef, SetTag
from cairn.errors import Unavailable
from cairn.server import stream as streams
from cairn.server import watcher
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.store import Store, open_store
from cairn.store.compactor import fold_run
from cairn.store.deltas import Scope
from cairn.store.schema import run as run_table


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/cairn.db")


@pytest.fixture
def url(store: Store, tmp_path: Path) -> Iterator[str]:
    """A server on the store, which it closes in the end."""
    app = create_app(ServerConfig(artifacts_destination=str(tmp_path / "artifacts")), store)
    with running(app) as url:
        yield url
        app.stop()


def new_run(store: Store, experiment_id: str = "0", name: str = "") -> str:
    request = CreateRun(experiment_id=experiment_id, run_name=name)
    return store.create_run(request).run.info.run_id


def log(store: Store, run_id: str, values: list[float], key: str = "loss") -> None:
    points = [Metric(key=key, value=v, timestamp=n, step=n) for n, v in enumerate(values)]
    store.log_batch(LogBatch(run_id=run_id, metrics=points))


def expect(stream: Stream) -> Event:
    event = stream.next()
    assert event is not None
    return event


def test_the_stream_of_an_experiment_sends_the_runs_that_changed(store: Store, url: str) -> None:
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    with following(url, experiment_id="0") as stream:
        new_run(store, other)
        run_id = new_run(store, name="mine")
        event = expect(stream)
        (run,) = event.data["runs"]
        assert (event.name, run["info"]["run_id"], run["info"]["run_name"]) == (
            "experiment",
            run_id,
            "mine",
        )
        log(store, run_id, [0.5, 0.25])
        (run,) = expect(stream).data["runs"]
        assert [(m["key"], m["value"]) for m in run["data"]["metrics"]] == [("loss", 0.25)]
        store.delete_run(RunRef(run_id=run_id))
        assert expect(stream).data == {"removed": [run_id]}
        store.update_experiment(UpdateExperiment(experiment_id="0", new_name="mine"))
        assert expect(stream).data == {"reload": True}


def test_the_stream_of_a_run_sends_its_new_points(store: Store, url: str) -> None:
    run_id = new_run(store)
    log(store, run_id, [1.0])
    with following(url, run_id=run_id) as stream:
        log(store, new_run(store), [7.0])
        log(store, run_id, [0.5, float("nan")])
        event = expect(stream)
        assert event.name == "run"
        assert event.data["run"]["info"]["run_id"] == run_id
        assert event.data["points"] == {
            "loss": {"steps": [0, 1], "timestamps": [0, 1], "values": [0.5, "NaN"]}
        }
        store.set_tag(SetTag(run_id=run_id, key="k", value="v"))
        event = expect(stream)
        assert {"key": "k", "value": "v"} in event.data["run"]["data"]["tags"]
        assert "points" not in event.data


def test_a_key_whose_points_were_folded_is_to_be_read_again(store: Store, url: str) -> None:
    run_id = new_run(store)
    log(store, run_id, [float(n) for n in range(500)])
    with store.db.read() as connection:
        row = connection.execute(sa.select(run_table.c.id)).scalar_one()
    with following(url, run_id=run_id) as stream:
        fold_run(store.db, row)
        assert expect(stream).data["folded"] == ["loss"]


def test_too_many_changes_are_a_reload(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.store.deltas.MOST_RUNS", 1)
    monkeypatch.setattr("cairn.store.deltas.MOST_BATCHES", 1)
    runs = [new_run(store) for _ in range(2)]
    with following(url, experiment_id="0") as stream:
        start = expect_id(store)
    for run_id in runs * 2:
        log(store, run_id, [1.0])
    with following(url, resume=start, experiment_id="0") as stream:
        assert expect(stream).data == {"reload": True}
    with following(url, resume=start, run_id=runs[0]) as stream:
        assert expect(stream).data["reload"] is True


def expect_id(store: Store) -> str:
    return store.news(None).cursor


def test_who_comes_back_goes_on_where_it_was(store: Store, url: str) -> None:
    run_id = new_run(store)
    with following(url, run_id=run_id) as stream:
        store.set_tag(SetTag(run_id=run_id, key="first", value=""))
        last = expect(stream).id
    log(store, run_id, [1.0])
    log(store, run_id, [2.0], "missed")
    with following(url, resume=last, run_id=run_id) as stream:
        event = expect(stream)
        assert sorted(event.data["points"]) == ["loss", "missed"]
        store.set_tag(SetTag(run_id=run_id, key="next", value=""))
        event = expect(stream)
        assert "points" not in event.data
        assert "next" in {tag["key"] for tag in event.data["run"]["data"]["tags"]}


def test_a_cursor_of_another_database_begins_anew(url: str) -> None:
    with following(url, resume="nonsense", experiment_id="0") as stream:
        assert expect(stream).name == "reload"


def test_several_subscribers_are_told_by_one_look(store: Store, url: str) -> None:
    looks: list[str | None] = []
    told: list[Scope] = []
    news, delta = store.news, store.delta
    store.delta = lambda scope, new: told.append(scope) or delta(scope, new)  # type: ignore[method-assign,func-returns-value]
    store.news = lambda cursor: looks.append(cursor) or news(cursor)  # type: ignore[method-assign,func-returns-value]
    run_id = new_run(store)
    with ExitStack() as stack:
        many = [stack.enter_context(following(url, run_id=run_id)) for _ in range(5)]
        before = len(looks)
        log(store, run_id, [1.0])
        for stream in many:
            assert "points" in expect(stream).data
        assert (len(looks) - before, len(told)) == (1, 1)


def test_an_idle_subscriber_costs_no_query(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "POLL_SECONDS", 0.01)
    stamps = threading.Semaphore(0)
    stamp = store.stamp

    def counted() -> int | None:
        stamps.release()
        return stamp()

    store.stamp = counted  # type: ignore[method-assign]
    with store.db.read() as connection:
        engine = connection.engine
    with following(url, experiment_id="0"):
        for _ in range(3):
            assert stamps.acquire(timeout=20)
        queries: list[str] = []
        sa.event.listen(
            engine, "before_cursor_execute", lambda *a: queries.append(a[2]), named=False
        )
        for _ in range(20):
            assert stamps.acquire(timeout=20)
        assert queries == []
    while store.db.on_write is not None:  # the server notices that the subscriber went away
        time.sleep(0.01)
    while stamps.acquire(timeout=0.2):  # and nobody looks any more
        pass


def test_streams_end_when_the_store_cannot_be_read_and_may_begin_again(
    store: Store, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = new_run(store)
    news = store.news

    def failing(_cursor: str | None) -> Any:
        raise Unavailable("The disk is gone.")

    with following(url, run_id=run_id) as stream:
        store.news = failing  # type: ignore[method-assign]
        store.set_tag(SetTag(run_id=run_id, key="k", value=""))
        assert stream.next() is None
    assert "The disk is gone." in caplog.text
    store.news = news  # type: ignore[method-assign]
    with following(url, run_id=run_id) as stream:
        store.set_tag(SetTag(run_id=run_id, key="k", value=""))
        assert expect(stream).name == "run"


WRITER = """
import sys
from collections.abc import Iterator, MutableMapping
from cairn.contract.runs import *
from cairn.store import open_store
store = open_store(sys.argv[1])
store.log_batch(LogBatch(run_id=sys.argv[2], metrics=[Metric(key="far", value=1, timestamp=1)]))
store.close()
"""


def test_what_another_process_writes_arrives(store: Store, url: str, tmp_path: Path) -> None:
    run_id = new_run(store)
    with following(url, run_id=run_id) as stream:
        command = [sys.executable, "-c", WRITER, f"sqlite:///{tmp_path}/cairn.db", run_id]
        subprocess.run(command, check=True)
        assert list(expect(stream).data["points"]) == ["far"]


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({}, 400),
        ({"experiment_id": "0", "run_id": "a"}, 400),
        ({"experiment_id": "77"}, 404),
        ({"experiment_id": "x"}, 400),
        ({"run_id": "unknown"}, 404),
    ],
)
def test_what_cannot_be_followed_is_refused(url: str, scope: dict[str, str], status: int) -> None:
    with following(url, **scope) as stream:
        assert stream.status == status
        assert stream.body()["message"]


def test_too_many_subscribers_are_told_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SUBSCRIBERS", 1)
    with following(url, experiment_id="0"), following(url, experiment_id="0") as second:
        assert second.status == 503
        assert "streams are open already" in second.body()["message"]


def test_a_subscriber_that_receives_nothing_is_dropped(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streams, "SEND_SECONDS", 0.05)

    async def stuck(event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.body":
            await anyio.sleep_forever()

    async def follow() -> None:
        request = Request(
            {"type": "http", "method": "GET", "headers": [], "query_string": b"experiment_id=0"}
        )
        answer = await streams.StreamRoutes(store).stream(request, "")
        with anyio.fail_after(20):
            await answer({}, anyio.sleep_forever, stuck)

    anyio.run(follow)
    assert "is dropped" in caplog.text
    store.close()


def test_a_heartbeat_tells_that_the_line_is_alive(
    url: str, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    run_id = new_run(store)
    with following(url, run_id=run_id) as stream:
        time.sleep(0.3)
        store.set_tag(SetTag(run_id=run_id, key="k", value=""))
        expect(stream)
        assert stream.comments


PROGRAM = """
import sys
from cairn.server.app import serve
from cairn.server.config import ServerConfig
serve(ServerConfig(backend_store_uri=sys.argv[1], port=0))
"""


def test_streams_end_at_once_when_the_server_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path}/cairn.db"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        try:
            assert server.stderr is not None
            url = "http://" + server.stderr.readline().strip().partition("http://")[2]
            with following(url, experiment_id="0") as stream:
                server.send_signal(signal.SIGTERM)
                assert stream.next() is None
            assert server.wait(20) == 0
            assert server.stderr.read() == ""  # nothing was cut off
        finally:
            if server.poll() is None:
                server.kill()
