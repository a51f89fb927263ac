from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker, asking

from cairn.errors import InvalidValue, Unavailable
from cairn.server.app import create_app
from cairn.server.config import ServerConfig
from cairn.server.meter import BOUNDS, Meter
from cairn.server.watch import set_up_log
from cairn.store import open_store

API = "/api/2.0/mlflow"


def samples(ask: Asker) -> dict[str, float]:
    """Every sample of /metrics by its name and labels."""
    reply = ask("GET", "/metrics")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in reply.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def new_run(ask: Asker) -> str:
    made = ask("POST", f"{API}/runs/create", json={"experiment_id": "0"})
    run_id: str = made.json["run"]["info"]["run_id"]
    return run_id


def test_requests_are_counted_by_operation_and_status(start: Ask) -> None:
    ask = start()
    new_run(ask)
    ask("GET", f"{API}/runs/get", query=[("run_id", "0" * 32)])
    ask("POST", f"{API}/runs/create", body=b"{", headers={"content-type": "application/json"})
    ask("GET", "/", headers={"accept": "text/html"})
    ask("GET", "/nowhere")
    ask("PUT", f"{API}/runs/create")
    ask("GET", "/health", host="example.com")
    ask("GET", "/", host="example.com")
    found = samples(ask)
    for labels, count in {
        'operation="create_run",status="200"': 1,
        'operation="create_run",status="400"': 1,
        'operation="get_run",status="404"': 1,
        'operation="health",status="200"': 1,
        'operation="page",status="200"': 1,
        'operation="page",status="404"': 1,
        'operation="none",status="405"': 1,
        'operation="none",status="403"': 1,
    }.items():
        assert found[f"cairn_requests_total{{{labels}}}"] == count, labels
    assert found["cairn_open_requests"] == 1  # the one that asks
    assert found["cairn_queued_writes"] == 0


def test_latencies_are_counted_in_growing_classes(start: Ask) -> None:
    ask = start()
    for _ in range(3):
        new_run(ask)
    found = samples(ask)
    series = 'cairn_request_seconds_bucket{operation="create_run",le="%s"}'
    counts = [found[series % bound] for bound in (*BOUNDS, "+Inf")]
    assert counts == sorted(counts)
    assert counts[-1] == found['cairn_request_seconds_count{operation="create_run"}'] == 3
    assert found['cairn_request_seconds_sum{operation="create_run"}'] > 0


def test_a_latency_on_a_bound_is_in_its_class() -> None:
    meter = Meter()
    for seconds in (0.005, 0.0051, 99):
        meter.count("x", 200, seconds)
    text = meter.text(None)
    for bound, count in (("0.0025", 0), ("0.005", 1), ("0.01", 2), ("10.0", 2), ("+Inf", 3)):
        assert f'cairn_request_seconds_bucket{{operation="x",le="{bound}"}} {count}\n' in text
    assert "cairn_queued_writes" not in text


def test_points_are_counted_when_they_are_stored(start: Ask) -> None:
    ask = start()
    run_id = new_run(ask)
    points = [{"key": "a", "value": 1, "timestamp": 1, "step": i} for i in range(5)]
    ask("POST", f"{API}/runs/log-batch", json={"run_id": run_id, "metrics": points})
    ask("POST", f"{API}/runs/log-batch", json={"run_id": "0" * 32, "metrics": points})
    ask("POST", f"{API}/runs/log-metric", json={"run_id": run_id, **points[0]})
    assert samples(ask)["cairn_points_total"] == 6


def test_metrics_are_in_the_form_of_prometheus_and_tell_of_the_process(ask: Asker) -> None:
    text = ask("GET", "/metrics").text
    assert text.endswith("\n")
    typed = set(re.findall(r"^# TYPE (\w+) (?:counter|gauge|histogram)$", text, re.MULTILINE))
    sample = re.compile(r'(\w+?)(?:_bucket|_sum|_count)?(\{(\w+="[^"\n]*",?)+\})? [\d.e+-]+')
    for line in text.splitlines():
        if not line.startswith("#"):
            found = sample.fullmatch(line)
            assert found, line
            assert found[1] in typed, line
    known = samples(ask)
    assert known["process_resident_memory_bytes"] > 1_000_000
    assert known["process_cpu_seconds_total"] > 0


def test_every_answer_names_its_request(ask: Asker) -> None:
    for path, host in (("/health", "localhost"), ("/nowhere", "localhost"), ("/x", "example.com")):
        first, second = (ask("GET", path, host=host).headers["x-request-id"] for _ in range(2))
        assert first != second
        given = ask("GET", path, host=host, headers={"X-Request-Id": "a-1:b.c_2"})
        assert given.headers["x-request-id"] == "a-1:b.c_2"


@pytest.mark.parametrize("given", ["", "a b", "a\n", "é", 'x"y', "x" * 129, "<b>"])
def test_an_unsafe_request_id_is_replaced(ask: Asker, given: str) -> None:
    reply = ask("GET", "/health", headers={"x-request-id": given})
    assert re.fullmatch(r"[0-9a-f]{16}", reply.headers["x-request-id"])


class Broken:
    """A store with a bug, and a database that is away."""

    def close(self) -> None:
        pass

    def check(self) -> None:
        raise Unavailable("/secret/place cannot be read")

    def queued(self) -> int:
        return 7

    def __getattr__(self, name: str) -> Any:
        def fail(_request: object) -> None:
            raise ZeroDivisionError

        return fail


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Asker]:
    store: Any = Broken()
    with asking(create_app(ServerConfig(artifacts_destination=str(tmp_path / "a")), store)) as ask:
        yield ask


def test_an_error_of_ours_names_its_request_in_answer_and_log(
    broken: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    query = [("experiment_id", "1")]
    reply = broken(
        "GET", f"{API}/experiments/get", query=query, headers={"x-request-id": "find-me"}
    )
    assert reply.status == 500
    assert "find-me" in reply.json["message"]
    assert "find-me" in caplog.text
    assert samples(broken)['cairn_requests_total{operation="get_experiment",status="500"}'] == 1
    assert samples(broken)["cairn_queued_writes"] == 7


def test_a_server_is_ready_when_its_store_answers_and_its_folder_can_be_written(
    start: Ask, tmp_path: Path
) -> None:
    ask = start()
    reply = ask("GET", "/ready")
    assert (reply.status, reply.json) == (200, {"artifacts": "ok", "store": "ok"})
    (tmp_path / "served").write_text("a file where the folder should be")
    reply = ask("GET", "/ready")
    assert (reply.status, reply.json["store"]) == (503, "ok")
    assert "cannot be written" in reply.json["artifacts"]
    assert str(tmp_path) not in reply.text


def test_a_server_whose_database_is_away_is_alive_and_not_ready(broken: Asker) -> None:
    assert broken("GET", "/health").status == 200
    reply = broken("GET", "/ready")
    assert (reply.status, reply.json["artifacts"]) == (503, "ok")
    assert "secret" not in reply.text


def test_a_server_of_artifacts_only_is_ready_without_a_store(ask: Asker) -> None:
    assert ask("GET", "/ready").json == {"artifacts": "ok"}


def test_health_and_metrics_are_where_monitoring_expects_them(start: Ask) -> None:
    ask = start(static_prefix="/ml")
    for path in ("/health", "/version", "/ready", "/metrics"):
        assert ask("GET", path, host="cairn.internal").status == 200


@pytest.fixture
def log_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sets up the log as a server does, and gives what it writes."""
    root, access = logging.getLogger(), logging.getLogger("cairn.access")
    before = root.handlers[:], root.level, access.level
    written = io.StringIO()

    def set_up(form: str) -> io.StringIO:
        root.handlers.clear()
        monkeypatch.setattr("sys.stderr", written)
        set_up_log(form)
        return written

    yield set_up
    root.handlers[:], level, access_level = before
    root.setLevel(level)
    access.setLevel(access_level)


def test_the_log_has_one_json_object_for_each_request(start: Ask, log_of: Any) -> None:
    ask, written = start(), log_of("json")
    ask("GET", '/no"where\n%0Ax', query=[("filter", "secret")], headers={"x-request-id": "one"})
    ask("POST", f"{API}/runs/create", json={"experiment_id": "0"})
    logging.getLogger("cairn.server").warning("something\nelse")
    first, second, third = (json.loads(line) for line in written.getvalue().splitlines())
    assert first.pop("time").endswith("Z")
    assert first.pop("seconds") >= 0
    assert first.pop("bytes") > 0
    assert first == {
        "level": "info",
        "logger": "cairn.access",
        "request_id": "one",
        "method": "GET",
        "path": '/no"where\n\nx',
        "operation": "page",
        "status": 404,
        "client": "127.0.0.1",
    }
    assert (second["operation"], second["status"]) == ("create_run", 200)
    assert (third["level"], third["message"]) == ("warning", "something\nelse")
    assert "secret" not in written.getvalue()


def test_the_log_as_text_keeps_a_request_on_its_line(ask: Asker, log_of: Any) -> None:
    written = log_of("text")
    ask("GET", "/no%0Awhere", headers={"x-request-id": "one"})
    (line,) = written.getvalue().splitlines()
    assert "GET /no\\nwhere 404 operation=page" in line
    assert line.endswith("request_id=one")


def test_without_a_format_requests_are_not_logged(ask: Asker, log_of: Any) -> None:
    written = log_of("")
    ask("GET", "/nowhere")
    assert written.getvalue() == ""
    with pytest.raises(InvalidValue, match="CAIRN_LOG_FORMAT='xml'"):
        set_up_log("xml")


def test_a_store_tells_how_many_writes_wait(tmp_path: Path) -> None:
    import threading

    store = open_store(f"sqlite:///{tmp_path}/cairn.db")
    begun, go_on = threading.Event(), threading.Event()

    def slow(_connection: object) -> None:
        begun.set()
        go_on.wait(30)

    threads = [threading.Thread(target=store.db.write, args=(slow,))]
    threads[0].start()
    assert begun.wait(30)
    threads += [threading.Thread(target=store.db.write, args=(slow,)) for _ in range(2)]
    for thread in threads[1:]:
        thread.start()
    while store.queued() < 2:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert store.queued() == 0
    store.check()
    store.close()
