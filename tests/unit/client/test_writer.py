from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.client.peers import Reply, Seen, answering, passing_on, refusing_port
from tests.wire.serving import running

from cairn.client import connect, outbox, values
from cairn.client.journal import SEGMENT_BYTES
from cairn.client.writer import Delivery, Writer
from cairn.contract.kinds import RunStatus
from cairn.contract.metrics import GetMetricHistory
from cairn.contract.runs import CreateRun, LogBatch, Run, RunRef, UpdateRun
from cairn.contract.services import Tracking
from cairn.errors import CairnError, InvalidValue, LimitExceeded, Unavailable
from cairn.server.app import create_app
from cairn.server.config import ServerConfig


def writer_to(place: connect.Place) -> Writer:
    return outbox.writer(place.uri, lambda: connect.tracking(place, retries=0))


def new_run(service: Tracking) -> str:
    return service.create_run(CreateRun(experiment_id="0")).run.info.run_id


def stored(service: Tracking, run_id: str) -> Run:
    return service.get_run(RunRef(run_id=run_id)).run


def steps(service: Tracking, run_id: str, key: str = "m") -> list[int]:
    request = GetMetricHistory(run_id=run_id, metric_key=key)
    return [metric.step for metric in service.get_metric_history(request).metrics]


def points(count: int, key: str = "m") -> list[Any]:
    return [values.point(key, step, timestamp=step, step=step) for step in range(count)]


def params(count: int) -> list[Any]:
    return [values.param(f"p{n}", n) for n in range(count)]


def tags(count: int) -> list[Any]:
    return [values.tag(f"t{n}", n) for n in range(count)]


class Recorder:
    """A real store behind a list of every operation that was sent to it."""

    def __init__(self, store: Tracking) -> None:
        self.store = store
        self.sent: list[Any] = []

    def log_batch(self, request: LogBatch) -> None:
        self.sent.append(msgspec.json.decode(msgspec.json.encode(request), type=LogBatch))
        self.store.log_batch(request)

    def update_run(self, request: UpdateRun) -> Any:
        self.sent.append(request)
        return self.store.update_run(request)


@pytest.fixture
def store() -> Tracking:
    return connect.tracking()


@pytest.fixture
def recorder(store: Tracking) -> Recorder:
    return Recorder(store)


@pytest.fixture
def writer(recorder: Recorder) -> Iterator[Writer]:
    made = Writer(recorder, "the store")  # type: ignore[arg-type]
    yield made
    made.close()


def test_points_logged_one_by_one_are_sent_together_in_order(
    writer: Writer, recorder: Recorder
) -> None:
    run = new_run(recorder.store)
    for point in points(900):
        writer.log_metric(run, point)
    writer.flush()
    assert steps(recorder.store, run) == [*range(900)]
    assert len(recorder.sent) <= 2


def test_batches_keep_the_limits_of_the_protocol(writer: Writer, recorder: Recorder) -> None:
    run = new_run(recorder.store)
    writer.log_batch(run, points(2500), params(250), tags(230))
    writer.flush()
    for batch in recorder.sent:
        assert len(batch.params) <= 100
        assert len(batch.tags) <= 100
        assert len(batch.metrics) + len(batch.params) + len(batch.tags) <= 1000
    run_now = stored(recorder.store, run)
    assert steps(recorder.store, run) == [*range(2500)]
    assert len(run_now.data.params) == 250
    assert {f"t{n}" for n in range(230)} <= {tag.key for tag in run_now.data.tags}


def test_every_batch_has_the_source_of_its_journal_and_a_number_of_its_own(
    writer: Writer, recorder: Recorder
) -> None:
    run = new_run(recorder.store)
    writer.log_batch(run, points(3000))
    writer.flush()
    assert len({batch.source for batch in recorder.sent}) == 1
    numbers = [batch.sequence for batch in recorder.sent]
    assert len(set(numbers)) == len(numbers) >= 3


def test_full_batch_does_not_wait_for_the_interval(store: Tracking) -> None:
    os.environ["CAIRN_FLUSH_INTERVAL"] = "3600"
    sent = threading.Event()

    class Telling(Recorder):
        def log_batch(self, request: LogBatch) -> None:
            super().log_batch(request)
            sent.set()

    eager = Writer(Telling(store), "the store")  # type: ignore[arg-type]
    run = new_run(store)
    for point in points(1000):
        eager.log_metric(run, point)
    assert sent.wait(30)
    eager.close()


def test_interval_sends_what_is_not_full(writer: Writer, recorder: Recorder) -> None:
    run = new_run(recorder.store)
    writer.log_metric(run, points(1)[0])
    waiting = writer._waiting
    with waiting.lock:
        assert waiting.settled.wait_for(lambda: waiting.records == 0, timeout=30)
    assert steps(recorder.store, run) == [0]


def test_runs_logged_in_turns_still_fill_their_batches(writer: Writer, recorder: Recorder) -> None:
    runs = [new_run(recorder.store) for _ in range(3)]
    for point in points(200):
        for run in runs:
            writer.log_metric(run, point)
    writer.flush()
    assert all(steps(recorder.store, run) == [*range(200)] for run in runs)
    assert len(recorder.sent) <= 6


def test_end_of_a_run_comes_after_all_that_was_logged_to_it(
    writer: Writer, recorder: Recorder
) -> None:
    run = new_run(recorder.store)
    writer.log_batch(run, points(1500))
    writer.submit(UpdateRun(run_id=run, status=RunStatus.FINISHED))
    writer.log_metric(run, values.point("late", 1.0))
    writer.flush()
    kinds = [type(sent).__name__ for sent in recorder.sent]
    assert kinds == ["LogBatch", "LogBatch", "UpdateRun", "LogBatch"]


def test_threads_lose_nothing(writer: Writer, recorder: Recorder) -> None:
    run = new_run(recorder.store)

    def log(key: str) -> None:
        for point in points(2000, key):
            writer.log_metric(run, point)

    threads = [threading.Thread(target=log, args=(f"m{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.flush()
    assert all(steps(recorder.store, run, f"m{n}") == [*range(2000)] for n in range(4))


def test_param_logged_again_is_sent_once_and_another_value_is_refused_at_once(
    writer: Writer, recorder: Recorder
) -> None:
    run = new_run(recorder.store)
    for _ in range(3):
        writer.log_batch(run, params=params(1))
    with pytest.raises(InvalidValue, match="Changing param values is not allowed.*'p0'"):
        writer.log_batch(run, params=[values.param("new", 1), values.param("p0", "other")])
    writer.flush()
    assert [(p.key, p.value) for p in stored(recorder.store, run).data.params] == [("p0", "0")]
    assert sum(len(batch.params) for batch in recorder.sent) == 1


def test_refused_record_takes_no_other_with_it_and_is_told(
    writer: Writer, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    run = new_run(recorder.store)
    recorder.store.log_batch(LogBatch(run_id=run, params=[values.param("p7", "taken")]))
    writer.log_batch(run, points(50), params(20), tags(10))
    with pytest.raises(InvalidValue, match="p7"):
        writer.flush()
    writer.flush()  # it is raised once
    now = stored(recorder.store, run)
    assert steps(recorder.store, run) == [*range(50)]
    assert {p.key: p.value for p in now.data.params} == {
        **{f"p{n}": str(n) for n in range(20)},
        "p7": "taken",
    }
    assert len([r for r in caplog.records if "param 'p7'" in r.getMessage()]) == 1


def test_refused_param_may_be_logged_again_with_the_value_it_has(
    writer: Writer, recorder: Recorder
) -> None:
    run = new_run(recorder.store)
    recorder.store.log_batch(LogBatch(run_id=run, params=[values.param("p0", "taken")]))
    writer.log_batch(run, params=params(1))
    with pytest.raises(InvalidValue):
        writer.flush()
    writer.log_batch(run, params=[values.param("p0", "taken")])
    writer.flush()


def test_run_that_is_refused_as_a_whole_is_not_tried_record_by_record(
    writer: Writer, recorder: Recorder
) -> None:
    writer.log_batch("f" * 32, points(800))
    with pytest.raises(CairnError, match="f" * 32) as raised:
        writer.flush()
    assert raised.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert len(recorder.sent) <= 6


def test_refusal_is_raised_to_those_it_belongs_to(writer: Writer, recorder: Recorder) -> None:
    good, bad = new_run(recorder.store), "f" * 32
    writer.log_metric(bad, points(1)[0])
    number = writer.log_metric(good, points(1)[0])
    Delivery(writer, good, number).wait()
    writer.flush(good)
    with pytest.raises(CairnError):
        writer.flush(bad)


def test_fault_of_the_store_is_an_error_and_not_the_end_of_the_writer(store: Tracking) -> None:
    class Broken(Recorder):
        def log_batch(self, request: LogBatch) -> None:
            if request.metrics[0].step == 0:
                raise KeyError("a bug")
            super().log_batch(request)

    writer = Writer(Broken(store), "the store")  # type: ignore[arg-type]
    run = new_run(store)
    writer.log_metric(run, points(2)[0])
    with pytest.raises(CairnError, match="KeyError"):
        writer.flush()
    writer.log_metric(run, points(2)[1])
    writer.flush()
    assert steps(store, run) == [1]
    writer.close()


def test_batch_whose_answer_was_lost_is_stored_once(tmp_path: Path) -> None:
    config = ServerConfig(
        backend_store_uri=f"sqlite:///{tmp_path}/s.db", artifacts_destination=str(tmp_path / "a")
    )
    lost = iter([True, False, True, True, False])
    asked: list[bytes] = []

    def lose(seen: Seen) -> bool:
        if "log-batch" not in seen.path:
            return False
        asked.append(seen.body)
        return next(lost)

    with running(create_app(config)) as url:
        service = connect.tracking(connect.resolve_uri(url))
        run = new_run(service)
        with passing_on(url, lose) as proxy:
            place = connect.resolve_uri(proxy)
            writer_to(place).log_batch(run, points(1500))
            outbox.flush()
        assert (len(asked), len(set(asked))) == (5, 2)
        assert steps(service, run) == [*range(1500)]
        with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as database:
            rows = database.execute("SELECT points FROM metric_batch ORDER BY sequence").fetchall()
        assert rows == [(1000,), (500,)]
        outbox.close()
        connect.close()


def test_server_away_keeps_what_was_logged_and_delivers_it_when_it_is_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Seen] = []
    away = threading.Event()
    away.set()

    def answer(seen: Seen) -> Reply | None:
        if away.is_set():
            return Reply(503, b"{}")
        sent.append(seen)
        return Reply()

    with answering(answer) as url:
        writer = writer_to(connect.resolve_uri(url))
        writer.log_batch("a" * 32, points(10))
        with pytest.raises(Unavailable, match="10 records wait"):
            writer.flush()
        away.clear()
        writer.flush()
        (batch,) = (msgspec.json.decode(seen.body, type=LogBatch) for seen in sent)
        assert [metric.step for metric in batch.metrics] == [*range(10)]
        writer.close()
    assert "answers again" in caplog.text


def test_log_call_never_raises_because_the_server_is_away() -> None:
    writer = writer_to(connect.resolve_uri(f"http://127.0.0.1:{refusing_port()}"))
    for point in points(3000):
        writer.log_metric("a" * 32, point)
    with pytest.raises(Unavailable, match="refused"):
        writer.flush()
    with pytest.raises(Unavailable, match="3000 records wait"):
        writer.flush()


def test_server_fault_that_stays_is_a_refusal_in_the_end() -> None:
    body = b'{"error_code": "INTERNAL_ERROR", "message": "broken"}'
    with answering(lambda _: Reply(500, body)) as url:
        writer = writer_to(connect.resolve_uri(url))
        writer.log_metric("a" * 32, points(1)[0])
        with pytest.raises(CairnError, match="broken"):
            writer.flush()
        writer.close()


@pytest.mark.parametrize(
    ("journal", "told"), [("journal", "42 records .* wait in"), ("off", "42 records were not")]
)
def test_end_with_the_server_away_says_in_one_line_what_is_left(
    journal: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    os.environ["CAIRN_JOURNAL"] = journal
    port = refusing_port()
    writer = writer_to(connect.resolve_uri(f"http://127.0.0.1:{port}"))
    writer.log_batch("a" * 32, points(42))
    writer.close()
    (line,) = [record.getMessage() for record in caplog.records]
    assert re.search(told, line)
    assert str(port) in line
    assert "\n" not in line


def test_end_delivers_everything_to_a_server_that_answers(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    os.environ["CAIRN_FLUSH_INTERVAL"] = "3600"
    writer = Writer(recorder, "the store")  # type: ignore[arg-type]
    run = new_run(recorder.store)
    writer.log_batch(run, points(2500))
    writer.close()
    assert steps(recorder.store, run) == [*range(2500)]
    assert not caplog.records


def test_full_journals_make_a_log_call_wait_and_lose_nothing(recorder: Recorder) -> None:
    os.environ["CAIRN_JOURNAL_MAX_BYTES"] = "3000000"
    os.environ["CAIRN_JOURNAL_WHEN_FULL"] = "block"
    writer = Writer(recorder, "the store")  # type: ignore[arg-type]
    run = new_run(recorder.store)
    texts = [values.param(f"p{n}", f"{n}" * 1000) for n in range(2000)]
    for at in range(0, 2000, 100):
        writer.log_batch(run, params=texts[at : at + 100])
        assert writer._waiting._size <= 4_000_000
    writer.flush()
    assert len(stored(recorder.store, run).data.params) == 2000
    writer.close()


def test_full_journals_raise_when_that_is_asked_for() -> None:
    os.environ["CAIRN_JOURNAL_MAX_BYTES"] = "1000000"
    os.environ["CAIRN_JOURNAL_WHEN_FULL"] = "raise"
    writer = writer_to(connect.resolve_uri(f"http://127.0.0.1:{refusing_port()}"))
    with pytest.raises(LimitExceeded, match="CAIRN_JOURNAL_MAX_BYTES"):
        writer.log_batch("a" * 32, points(100_000))


def test_full_journals_give_up_the_oldest_points_and_keep_all_else(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    os.environ["CAIRN_JOURNAL_MAX_BYTES"] = str(3 * SEGMENT_BYTES)
    run = new_run(recorder.store)
    writer = Writer(recorder, "the store")  # type: ignore[arg-type]
    with writer._lock:  # nothing is delivered meanwhile
        for step in range(0, 100_000, 1000):
            writer.log_batch(run, points(1000), tags=[values.tag(f"t{step}", step)])
            assert writer._waiting._size <= 4 * SEGMENT_BYTES
    writer.flush()
    writer.close()
    kept = stored(recorder.store, run)
    assert len([tag for tag in kept.data.tags if tag.key.startswith("t")]) == 100
    (full, total) = [record.getMessage() for record in caplog.records]
    assert "oldest points are given up" in full
    lost = int(total.partition(" ")[0])
    assert sum(len(batch.metrics) for batch in recorder.sent) == 100_000 - lost
