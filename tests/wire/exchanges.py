"""What the compatible server answered to real requests, told as short stories.

Each line is one recorded exchange: request, status, then the error code or the keys of the
reply. `ours` says where Cairn answers otherwise on purpose, and why; the recorded answer is
then in that note.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"
TAKEN = "RESOURCE_ALREADY_EXISTS"
ABSENT_RUN = "0" * 32
NOTHING = ""


@dataclass(frozen=True)
class X:
    """One exchange.

    `line` is verb and path (below /api/2.0/mlflow/ unless absolute); `send` a JSON body, the query
    of a GET, or the bytes of a body. `$name` stands for what `keep` saved before. `says` is the
    error code, or the reply's keys. `holds` are values at dotted places of the reply.
    """

    line: str
    send: Any
    status: int
    says: str
    keep: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Any] = field(default_factory=dict)
    kind: str | None = "application/json"
    ours: str = ""


def metric(value: Any, **more: Any) -> dict[str, Any]:
    return {"run_id": "$run", "key": "m", "value": value, "timestamp": 1} | more


def param(key: str, *value: Any) -> dict[str, Any]:
    return {"run_id": "$run", "key": key} | ({"value": value[0]} if value else {})


def points(count: int, key: str = "b") -> list[dict[str, Any]]:
    return [{"key": f"{key}{n}", "value": n, "timestamp": 1, "step": 0} for n in range(count)]


def pairs(count: int, key: str) -> list[dict[str, str]]:
    return [{"key": f"{key}{n}", "value": "1"} for n in range(count)]


EXPERIMENT = X(
    "POST experiments/create", {"name": "e"}, 200, "experiment_id", keep={"exp": "experiment_id"}
)
RUN = X(
    "POST runs/create",
    {"experiment_id": "$exp", "start_time": 1700000000000, "run_name": "my run"},
    200,
    "run",
    keep={"run": "run.info.run_id"},
)

EXPERIMENTS = [
    EXPERIMENT,
    X("POST experiments/create", {"name": "e"}, 400, TAKEN),
    X("POST experiments/create", {"name": ""}, 400, BAD),
    X("POST experiments/create", {"name": "x" * 501}, 400, BAD),
    X("POST experiments/create", {"name": 5}, 400, BAD),
    X("POST experiments/create", {"name": "r", "artifact_location": "runs:/abc"}, 400, BAD),
    X("GET experiments/get", {}, 400, BAD),
    X("GET experiments/get", {"experiment_id": "999999"}, 404, GONE),
    X("GET experiments/get", {"experiment_id": "abc"}, 400, BAD),
    X(
        "GET experiments/get-by-name",
        {"experiment_name": "e"},
        200,
        "experiment",
        holds={"experiment.name": "e", "experiment.lifecycle_stage": "active"},
    ),
    X("GET experiments/get-by-name", {"experiment_name": "nope"}, 404, GONE),
    X(
        "POST experiments/update",
        {"experiment_id": "$exp", "new_name": "Default"},
        400,
        "BAD_REQUEST",
    ),
    X("POST experiments/delete", {"experiment_id": "0"}, 200, NOTHING),
    X("POST experiments/restore", {"experiment_id": "0"}, 200, NOTHING),
    X("POST experiments/restore", {"experiment_id": "$exp"}, 404, GONE),
    X(
        "POST experiments/set-experiment-tag",
        {"experiment_id": "$exp", "key": "a", "value": "b"},
        200,
        NOTHING,
    ),
    X(
        "POST experiments/set-experiment-tag",
        {"experiment_id": "$exp", "key": "a", "value": "b" * 20001},
        400,
        BAD,
    ),
    X("POST experiments/delete-experiment-tag", {"experiment_id": "$exp", "key": "zz"}, 404, GONE),
]

HABITS = [
    EXPERIMENT,
    X("GET experiments/get", b'{"experiment_id": "$exp"}', 200, "experiment"),
    X("POST experiments/create", b'{"name":"zz"}', 400, BAD, kind=None),
    X("POST experiments/create", b'{"name":"zz"}', 400, BAD, kind="text/plain"),
    X(
        "POST experiments/create",
        b'{"name": "zzc"}',
        200,
        "experiment_id",
        kind="application/json; charset=utf-8",
    ),
    X("POST experiments/create", rb'"{\"name\": \"zzd\"}"', 200, "experiment_id"),
    X("POST experiments/create", b'{"name":', 400, BAD),
    X("POST experiments/create", b"[1]", 400, BAD, ours="500 with an HTML page"),
    X("POST experiments/create", {"name": "uf", "foo": "bar"}, 200, "experiment_id"),
    X(
        "POST experiments/create",
        {"name": "u2", "artifact_location": "/tmp/a", "artifactLocation": "/tmp/b"},
        400,
        BAD,
    ),
    X(
        "POST experiments/create",
        {"name": "u3", "artifactLocation": "s3://bb/c"},
        200,
        "experiment_id",
    ),
    X(
        "GET experiments/get-by-name",
        {"experiment_name": "u3"},
        200,
        "experiment",
        holds={"experiment.artifact_location": "s3://bb/c"},
    ),
    X("GET nonexistent", {}, 404, "ENDPOINT_NOT_FOUND", ours="404 with an HTML page"),
    X("GET runs/search", {}, 405, "ENDPOINT_NOT_FOUND", ours="405 with an HTML page"),
    X("GET /api/1.2/mlflow/runs/get", {}, 404, "ENDPOINT_NOT_FOUND", ours="404, HTML"),
    X("GET /api/2.0/preview/mlflow/runs/get", {}, 404, "ENDPOINT_NOT_FOUND", ours="404, HTML"),
]

RUNS = [
    EXPERIMENT,
    X("POST runs/create", {"start_time": 1}, 400, BAD, ours="400 BAD_REQUEST of the database"),
    RUN,
    X(
        "POST runs/create",
        {
            "experiment_id": "$exp",
            "run_name": "n1",
            "tags": [{"key": "mlflow.runName", "value": "n2"}],
        },
        400,
        BAD,
    ),
    X(
        "POST runs/create",
        {"experiment_id": "$exp", "tags": [{"key": "mlflow.runName", "value": "n2"}]},
        200,
        "run",
        holds={"run.info.run_name": "n2", "run.info.start_time": 0, "run.inputs": {}},
    ),
    X(
        "POST runs/create",
        {"experiment_id": "$exp", "start_time": "1700000000000"},
        200,
        "run",
        holds={"run.info.start_time": 1700000000000},
    ),
    X(
        "POST runs/create",
        {"experiment_id": "$exp", "start_time": 1.5},
        400,
        BAD,
        ours="200, and the run starts at 0",
    ),
    X(
        "POST runs/create",
        {"experiment_id": "$exp", "start_time": 2.0},
        200,
        "run",
        holds={"run.info.start_time": 2},
    ),
    X("POST runs/create", {"experiment_id": "99999"}, 404, GONE),
    X("POST runs/create", {"experiment_id": 26}, 400, BAD),
    X(
        "GET runs/get",
        {"run_uuid": "$run"},
        200,
        "run",
        holds={
            "run.info.run_name": "my run",
            "run.info.status": "RUNNING",
            "run.info.user_id": "",
            "run.info.lifecycle_stage": "active",
        },
    ),
    X("GET runs/get", {"run_id": "f" * 32}, 404, GONE),
    X(
        "POST runs/update",
        {"run_id": "$run", "status": "FINISHED", "end_time": 1700000009999, "run_name": "renamed"},
        200,
        "run_info",
        holds={"run_info.status": "FINISHED", "run_info.end_time": 1700000009999},
    ),
    X(
        "POST runs/update",
        {"run_id": "$run", "status": "DONE"},
        400,
        BAD,
        ours="200, and the status is ignored",
    ),
    X("POST runs/update", {"run_id": "$run", "status": 3}, 200, "run_info"),
    X(
        "POST runs/update",
        {"run_id": "$run", "run_name": ""},
        200,
        "run_info",
        holds={"run_info.run_name": "renamed"},
    ),
    X("POST runs/log-metric", metric(1), 200, NOTHING),
]

PARAMS_AND_TAGS = [
    EXPERIMENT,
    RUN,
    X("POST runs/log-parameter", param("p", "1"), 200, NOTHING),
    X("POST runs/log-parameter", param("p", "1"), 200, NOTHING),
    X("POST runs/log-parameter", param("p", "2"), 400, BAD),
    X("POST runs/log-parameter", param("pn"), 200, NOTHING),
    X("POST runs/log-parameter", param("pe", ""), 200, NOTHING),
    X("POST runs/log-parameter", param("pi", 5), 400, BAD),
    X("POST runs/log-parameter", param("k" * 251, "1"), 400, BAD),
    X("POST runs/log-parameter", param("k" * 250, "1"), 200, NOTHING),
    X("POST runs/log-parameter", param("pv", "v" * 6000), 200, NOTHING),
    X("POST runs/log-parameter", param("pv1", "v" * 6001), 200, NOTHING),
    X("POST runs/log-parameter", param("a$b", "1"), 400, BAD),
    X("POST runs/log-parameter", param("../a", "1"), 400, BAD),
    X("POST runs/log-parameter", param("a//b", "1"), 400, BAD),
    X("POST runs/log-parameter", param("./a", "1"), 400, BAD),
    X("POST runs/log-parameter", param("ключ", "1"), 200, NOTHING),
    X("POST runs/log-parameter", {"run_uuid": "$run", "key": "pu", "value": "1"}, 200, NOTHING),
    X("POST runs/log-parameter", {"run_id": ABSENT_RUN, "key": "p", "value": "1"}, 404, GONE),
    X("POST runs/log-parameter", {"run_id": "!!", "key": "p", "value": "1"}, 404, GONE),
    X("POST runs/set-tag", param("t", "1"), 200, NOTHING),
    X("POST runs/set-tag", param("t", "2"), 200, NOTHING),
    X("POST runs/set-tag", param("t8", "v" * 8000), 200, NOTHING),
    X("POST runs/set-tag", param("t8a", "v" * 8001), 200, NOTHING),
    X("POST runs/set-tag", param("t" * 251, "1"), 400, BAD),
    X("POST runs/set-tag", param("tnv"), 200, NOTHING),
    X("POST runs/set-tag", param("a$b", "1"), 400, BAD),
    X("POST runs/delete-tag", param("nonexist"), 404, GONE),
    X("POST runs/delete-tag", param("t8"), 200, NOTHING),
]

METRICS = [
    EXPERIMENT,
    RUN,
    X("POST runs/log-metric", metric(1.5, timestamp=1700000000000, step=0), 200, NOTHING),
    X("POST runs/log-metric", metric(2, timestamp=1700000000001), 200, NOTHING),
    X("POST runs/log-metric", metric(2, timestamp=1700000000001), 200, NOTHING),
    X("POST runs/log-metric", {"run_id": "$run", "key": "m", "value": 2}, 400, BAD),
    X("POST runs/log-metric", metric(2, key="mt0", timestamp=0), 200, NOTHING),
    X("POST runs/log-metric", metric(2, key="mtn", timestamp=-1), 400, BAD),
    X("POST runs/log-metric", metric(2, key="mneg", step=-5), 200, NOTHING),
    X("POST runs/log-metric", metric("NaN", key="nan"), 200, NOTHING),
    X("POST runs/log-metric", metric("Infinity", key="inf"), 200, NOTHING),
    X("POST runs/log-metric", metric("-Infinity", key="ninf"), 200, NOTHING),
    X("POST runs/log-metric", metric("inf", key="inf3"), 200, NOTHING),
    X("POST runs/log-metric", metric("0.25", key="ns", timestamp="17"), 200, NOTHING),
    X("POST runs/log-metric", metric("abc", key="nst"), 400, BAD),
    X("POST runs/log-metric", metric(1.7e308, key="big"), 200, NOTHING),
    X("POST runs/log-metric", metric(1, key="hts", timestamp=2**63 - 1), 200, NOTHING),
    X(
        "POST runs/log-metric",
        metric(1, key="hts2", timestamp=2**63),
        400,
        BAD,
        ours="200, and the point is stored at time 0",
    ),
    *(
        X(
            "POST runs/log-metric",
            b'{"run_id":"$run","key":"lit","value":%s,"timestamp":1}' % literal,
            400,
            BAD,
            ours="200, and 0.0 is stored at time 0",
        )
        for literal in (b"NaN", b"Infinity", b"-Infinity", b"1e400")
    ),
    X(
        "GET metrics/get-history",
        {"run_id": "$run", "metric_key": "m"},
        200,
        "metrics",
        holds={
            "metrics": [
                {"key": "m", "value": 1.5, "timestamp": 1700000000000, "step": 0},
                {"key": "m", "value": 2.0, "timestamp": 1700000000001, "step": 0},
            ]
        },
    ),
    X(
        "GET metrics/get-history",
        {"run_id": "$run", "metric_key": "m", "max_results": 1},
        200,
        "metrics next_page_token",
    ),
    X(
        "GET metrics/get-history",
        {"run_id": "$run", "metric_key": "nan"},
        200,
        "metrics",
        holds={"metrics": [{"key": "nan", "value": "NaN", "timestamp": 1, "step": 0}]},
    ),
    X("GET metrics/get-history", {"run_id": "$run", "metric_key": "zzz"}, 200, NOTHING),
    X(
        "GET metrics/get-history",
        {"run_id": "$run", "metric_key": "m", "max_results": 0},
        400,
        BAD,
    ),
    X(
        "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk",
        {"run_id": ["$run"], "metric_key": "mneg"},
        200,
        "metrics",
        holds={
            "metrics": [{"key": "mneg", "run_id": "$run", "step": -5, "timestamp": 1, "value": 2.0}]
        },
    ),
    X(
        "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
        {"run_ids": ["$run"], "metric_key": "mneg", "max_results": 10},
        200,
        "metrics",
        holds={
            "metrics": [{"key": "mneg", "run_id": "$run", "step": -5, "timestamp": 1, "value": 2.0}]
        },
    ),
]

BATCHES = [
    EXPERIMENT,
    RUN,
    X("POST runs/log-batch", {"run_id": "$run", "metrics": points(1000)}, 200, NOTHING),
    X("POST runs/log-batch", {"run_id": "$run", "metrics": points(1001)}, 400, BAD),
    X("POST runs/log-batch", {"run_id": "$run", "params": pairs(100, "q")}, 200, NOTHING),
    X("POST runs/log-batch", {"run_id": "$run", "params": pairs(101, "r")}, 400, BAD),
    X("POST runs/log-batch", {"run_id": "$run", "tags": pairs(101, "t")}, 400, BAD),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "metrics": points(901), "params": pairs(100, "q")},
        400,
        BAD,
    ),
    X("POST runs/log-parameter", param("p", "1"), 200, NOTHING),
    X(
        "POST runs/log-batch",
        {
            "run_id": "$run",
            "params": [{"key": "newp", "value": "1"}, {"key": "p", "value": "ZZ"}],
            "metrics": [{"key": "atomic_m", "value": 1, "timestamp": 1}],
        },
        400,
        BAD,
    ),
    X("GET metrics/get-history", {"run_id": "$run", "metric_key": "atomic_m"}, 200, NOTHING),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "params": [{"key": "d", "value": "x"}, {"key": "d", "value": "y"}]},
        400,
        BAD,
    ),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "tags": [{"key": "d", "value": "x"}, {"key": "d", "value": "y"}]},
        200,
        NOTHING,
    ),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "metrics": [{"key": "x", "timestamp": 1}]},
        400,
        BAD,
    ),
    X("POST runs/log-batch", {"run_id": "$run", "metrics": [{"key": "x", "value": 1}]}, 400, BAD),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "metrics": [{"key": "", "value": 1, "timestamp": 1}]},
        400,
        BAD,
    ),
    X(
        "POST runs/log-batch",
        {"run_id": "$run", "metrics": [{"key": "a$", "value": 1, "timestamp": 1}]},
        400,
        BAD,
    ),
    X("POST runs/log-batch", {"run_id": "$run"}, 200, NOTHING),
]

LIFECYCLE = [
    EXPERIMENT,
    RUN,
    X("POST runs/delete", {"run_id": "$run"}, 200, NOTHING),
    X("POST runs/delete", {"run_id": "$run"}, 200, NOTHING),
    X(
        "GET runs/get",
        {"run_id": "$run"},
        200,
        "run",
        holds={"run.info.lifecycle_stage": "deleted"},
    ),
    X("POST runs/log-metric", metric(1), 400, BAD),
    X("POST runs/log-parameter", param("p", "1"), 400, BAD),
    X("POST runs/set-tag", param("t", "1"), 400, BAD),
    X("POST runs/log-batch", {"run_id": "$run", "metrics": points(1)}, 400, BAD),
    X("POST runs/update", {"run_id": "$run", "status": "FINISHED"}, 400, BAD),
    X("POST runs/restore", {"run_id": "$run"}, 200, NOTHING),
    X("POST runs/restore", {"run_id": "$run"}, 200, NOTHING),
    X("POST experiments/delete", {"experiment_id": "$exp"}, 200, NOTHING),
    X("POST experiments/delete", {"experiment_id": "$exp"}, 404, GONE),
    X(
        "GET experiments/get",
        {"experiment_id": "$exp"},
        200,
        "experiment",
        holds={"experiment.lifecycle_stage": "deleted"},
    ),
    X("GET experiments/get-by-name", {"experiment_name": "e"}, 200, "experiment"),
    X("POST experiments/create", {"name": "e"}, 400, TAKEN),
    X("POST runs/create", {"experiment_id": "$exp"}, 400, BAD),
    X(
        "GET runs/get",
        {"run_id": "$run"},
        200,
        "run",
        holds={"run.info.lifecycle_stage": "deleted"},
    ),
    X("POST runs/log-metric", metric(1), 400, BAD),
    X("POST experiments/update", {"experiment_id": "$exp", "new_name": "q"}, 500, "INVALID_STATE"),
    X(
        "POST experiments/set-experiment-tag",
        {"experiment_id": "$exp", "key": "a", "value": "b"},
        400,
        BAD,
    ),
    X("POST experiments/restore", {"experiment_id": "$exp"}, 200, NOTHING),
    X("GET runs/get", {"run_id": "$run"}, 200, "run", holds={"run.info.lifecycle_stage": "active"}),
]

SEARCH = [
    EXPERIMENT,
    RUN,
    X("POST runs/search", {"experiment_ids": ["$exp"]}, 200, "runs"),
    X("POST runs/search", {"experiment_ids": ["$exp"], "max_results": 50001}, 400, BAD),
    X("POST runs/search", {"experiment_ids": ["$exp"], "max_results": 0}, 400, BAD),
    X("POST runs/search", {"experiment_ids": ["$exp"], "max_results": -1}, 400, BAD),
    X("POST runs/search", {}, 200, NOTHING),
    X("POST runs/search", {"experiment_ids": "$exp"}, 400, BAD),
    X("POST runs/search", {"experiment_ids": ["$exp"], "page_token": "zzz"}, 400, BAD),
    X("POST runs/search", {"experiment_ids": ["$exp"], "filter": "foo"}, 400, BAD),
    X("POST experiments/search", {}, 400, BAD),
    X("GET experiments/search", {"max_results": 1}, 200, "experiments next_page_token"),
    X("POST experiments/search", {"max_results": 50001}, 400, BAD),
]

ARTIFACTS = [
    EXPERIMENT,
    RUN,
    X(
        "GET artifacts/list",
        {"run_id": "$run"},
        200,
        "root_uri",
        holds={"root_uri": "mlflow-artifacts:/$exp/$run/artifacts"},
    ),
    X("GET artifacts/list", {"run_id": "$run", "path": "../.."}, 400, BAD),
    X("GET artifacts/list", {"run_id": "$run", "path": "%2e%2e/x"}, 400, BAD),
    X("GET artifacts/list", {"run_id": ABSENT_RUN}, 404, GONE),
    X("GET /get-artifact", {"run_id": "$run", "path": "nope.txt"}, 404, GONE),
    X("GET /get-artifact", {"run_id": "$run"}, 400, BAD, ours="400 with an HTML page"),
    X("GET /get-artifact", {"run_id": "$run", "path": "../../x"}, 400, BAD),
    X("POST /ajax-api/2.0/mlflow/upload-artifact", b"hello", 400, BAD),
    X("POST /ajax-api/2.0/mlflow/upload-artifact?run_uuid=$run", b"hello", 400, BAD),
    X("POST /ajax-api/2.0/mlflow/upload-artifact?run_uuid=$run&path=sub/h.txt", b"", 400, BAD),
    X(
        "POST /ajax-api/2.0/mlflow/upload-artifact?run_uuid=$run&path=sub/h.txt",
        b"hello",
        200,
        NOTHING,
    ),
    X(
        "GET artifacts/list",
        {"run_id": "$run"},
        200,
        "root_uri files",
        holds={"files": [{"path": "sub", "is_dir": True}]},
    ),
    X(
        "GET artifacts/list",
        {"run_id": "$run", "path": "sub"},
        200,
        "root_uri files",
        holds={"files": [{"path": "sub/h.txt", "is_dir": False, "file_size": 5}]},
    ),
    X("GET artifacts/list", {"run_id": "$run", "path": "sub/h.txt"}, 200, "root_uri"),
    X(
        "POST artifacts/presigned-upload-url",
        {"run_id": "$run", "path": "x"},
        501,
        "NOT_IMPLEMENTED",
    ),
    X(
        "POST /api/2.0/mlflow-artifacts/mpu/create/p/big.bin",
        {"path": "big.bin", "num_parts": 2},
        501,
        "NOT_IMPLEMENTED",
    ),
]

DATASETS = [
    EXPERIMENT,
    RUN,
    X(
        "POST runs/log-inputs",
        {
            "run_id": "$run",
            "datasets": [
                {
                    "tags": [{"key": "mlflow.data.context", "value": "training"}],
                    "dataset": {
                        "name": "d",
                        "digest": "abc",
                        "source_type": "local",
                        "source": "{}",
                    },
                }
            ],
        },
        200,
        NOTHING,
    ),
    X(
        "POST runs/log-inputs",
        {"run_id": "$run", "datasets": [{"dataset": {"name": "d"}}]},
        200,
        NOTHING,
    ),
    X(
        "POST runs/outputs",
        {"run_id": "$run", "models": [{"model_id": "m-" + "0" * 32, "step": 3}]},
        200,
        NOTHING,
    ),
    X(
        "POST /ajax-api/2.0/mlflow/experiments/search-datasets",
        {"experiment_ids": ["$exp"]},
        200,
        "dataset_summaries",
        holds={
            "dataset_summaries": [
                {"experiment_id": "$exp", "name": "d", "digest": ""},
                {"experiment_id": "$exp", "name": "d", "digest": "abc", "context": "training"},
            ]
        },
    ),
]

STORIES = {
    "experiments": EXPERIMENTS,
    "habits": HABITS,
    "runs": RUNS,
    "params and tags": PARAMS_AND_TAGS,
    "metrics": METRICS,
    "batches": BATCHES,
    "lifecycle": LIFECYCLE,
    "search": SEARCH,
    "artifacts": ARTIFACTS,
    "datasets": DATASETS,
}
