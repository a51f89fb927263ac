"""Logs models, or with the id of an experiment reads them; prints JSON. Any client runs it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelInput, LoggedModelOutput, Metric

client = MlflowClient()


def tell() -> str:
    experiment = mlflow.set_experiment("logged models").experiment_id
    with mlflow.start_run() as run:
        tree = mlflow.initialize_logged_model(
            "tree", params={"depth": 3}, tags={"team": "vision"}, model_type="forest"
        )
        for step, value in enumerate([0.25, 0.5]):
            mlflow.log_metric("acc", value, step=step, timestamp=step + 1, model_id=tree.model_id)
        log_on("test", run.info.run_id, tree.model_id, 0.75)
        mlflow.log_outputs([LoggedModelOutput(tree.model_id, 7)])
        mlflow.log_model_params({"late": "1"}, tree.model_id)
        store_files(tree.model_id)
        mlflow.finalize_logged_model(tree.model_id, "READY")
    with mlflow.start_run() as run:
        bush = mlflow.create_external_model("bush")
        log_on("test", run.info.run_id, bush.model_id, 0.5)
        log_on("train", run.info.run_id, bush.model_id, 1.0)
        mlflow.log_input(model=LoggedModelInput(tree.model_id))
    broken = mlflow.initialize_logged_model("broken", experiment_id=experiment)
    mlflow.finalize_logged_model(broken.model_id, "FAILED")
    mlflow.set_logged_model_tags(broken.model_id, {"why": "disk", "gone": "soon"})
    mlflow.delete_logged_model_tag(broken.model_id, "gone")
    gone = mlflow.initialize_logged_model("gone", experiment_id=experiment)
    client.delete_logged_model(gone.model_id)
    with mlflow.start_run(), mlflow.set_active_model(name="bush"):
        mlflow.log_metric("active", 2.0, timestamp=1)
    return experiment


def log_on(dataset: str, run_id: str, model_id: str, value: float) -> None:
    time = {"test": 9, "train": 10}[dataset]
    point = Metric("acc", value, time, 0, model_id, dataset, "digest")
    client.log_batch(run_id, metrics=[point])


def store_files(model_id: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "deep").mkdir()
        Path(folder, "deep", "weights.bin").write_bytes(b"x" * 100_000)
        Path(folder, "note.txt").write_text("hello")
        client.log_model_artifacts(model_id, folder)


def read(experiment: str) -> dict[str, object]:
    found = mlflow.search_logged_models([experiment], output_format="list")
    tree = next(model for model in found if model.name == "tree")
    run = client.get_run(tree.source_run_id)
    return {
        "models": {model.name: facts(model) for model in found},
        "one": facts(mlflow.get_logged_model(tree.model_id)),
        "outputs": [[o.model_id == tree.model_id, o.step] for o in run.outputs.model_outputs],
        "files": [[i.path, i.is_dir] for i in client.list_logged_model_artifacts(tree.model_id)],
        "deep": [i.file_size for i in client.list_logged_model_artifacts(tree.model_id, "deep")],
        "gone": refused(lambda: mlflow.get_logged_model("m-none")),
        "found": searches(experiment),
    }


def facts(model: object) -> list[object]:
    points = sorted(
        (m.key, m.timestamp, m.step, m.value, m.dataset_name or "") for m in model.metrics
    )
    tags = {key: value for key, value in model.tags.items() if not key.startswith("mlflow.source")}
    tags.pop("mlflow.user")
    return [str(model.status), model.model_type, model.params, tags, points]


def searches(experiment: str) -> dict[str, list[str]]:
    wanted = {
        "name": {"filter_string": "name = 'tree'"},
        "like": {"filter_string": "name LIKE 'b%' AND creation_time > 0"},
        "param": {"filter_string": "params.depth = '3'"},
        "tag": {"filter_string": "tags.why = 'disk'"},
        "type": {"filter_string": "model_type != 'forest'"},
        "metric": {"filter_string": "metrics.acc > 0.6"},
        "metric on": {"filter_string": "metrics.acc > 0.6", "datasets": on("test")},
        "on": {"datasets": on("train")},
        "best": {"order_by": [{"field_name": "metrics.acc", "ascending": False, **on("test")[0]}]},
        "oldest": {"order_by": [{"field_name": "creation_timestamp", "ascending": True}]},
        "few": {"max_results": 1},
    }
    return {
        title: [
            m.name for m in mlflow.search_logged_models([experiment], output_format="list", **by)
        ]
        for title, by in wanted.items()
    }


def on(dataset: str) -> list[dict[str, str]]:
    return [{"dataset_name": dataset, "dataset_digest": "digest"}]


def refused(call) -> str:
    try:
        call()
    except mlflow.MlflowException as error:
        return error.error_code
    return "nothing"


print(json.dumps(read(sys.argv[1]) if sys.argv[1:] else tell()))  # noqa: T201 - its answer
