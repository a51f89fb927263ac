"""What an MLflow client does in its life, told to whichever server the environment names.

Runs with any package called ``mlflow``: a real one, or ours. The last line that it prints is a
JSON object: ``experiment`` and ``runs`` for who wants to read the same, ``seen`` what this client
saw, without ids and times, so that two clients and two servers can be compared.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import time
import warnings

warnings.simplefilter("ignore")
logging.disable()

import pandas as pd  # noqa: E402

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

NAME = "story"


def refused(action, *arguments, **named):
    """The code and the status of the error that a call ends with."""
    try:
        action(*arguments, **named)
    except MlflowException as error:
        return [error.error_code, error.get_http_status_code()]
    return None


def experiments(client, seen):
    made = client.create_experiment("a first name", tags={"team": "vision"})
    client.rename_experiment(made, NAME)
    client.set_experiment_tag(made, "stage", "draft")
    client.set_experiment_tag(made, "gone", "soon")
    client.delete_experiment_tag(made, "gone")
    found = client.get_experiment_by_name(NAME)
    seen["experiment"] = [found.experiment_id == made, found.lifecycle_stage, dict(found.tags)]
    seen["experiment errors"] = {
        "taken name": refused(client.create_experiment, NAME),
        "no such id": refused(client.get_experiment, "987654321"),
        "empty name": refused(client.create_experiment, ""),
    }
    assert client.get_experiment_by_name("nobody has this name") is None
    client.delete_experiment(made)
    seen["deleted experiment"] = [
        client.get_experiment(made).lifecycle_stage,
        NAME in [e.name for e in client.search_experiments()],
        NAME in [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)],
        refused(client.create_run, made),
    ]
    client.restore_experiment(made)
    matches = client.search_experiments(filter_string="tags.team = 'vision' AND name LIKE 'sto%'")
    seen["found experiments"] = [e.name for e in matches]
    return made


def fluent(experiment, seen):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_name="parent", tags={"kind": "outer"}, description="*long*") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "layers": [64, 64], "note": "çà et là ✓"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"loss": 7.5, "train/auc": 0.25}, step=2)
        mlflow.log_metric("odd", float("nan"))
        frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
        mlflow.log_input(
            mlflow.data.from_pandas(frame, name="tiny", source="/data/tiny.csv"), context="train"
        )
        mlflow.log_text("héllo", "texts/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "a.json")
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "deep"))
            for name in ("one.bin", "deep/two.bin"):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(bytes(range(256)) * 1000)
            mlflow.log_artifacts(folder, "tree")
            mlflow.log_artifact(os.path.join(folder, "one.bin"))
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_metric("loss", 0.125, step=1)
    assert child.data.tags["mlflow.parentRunId"] == run.info.run_id
    with contextlib.suppress(ZeroDivisionError), mlflow.start_run(run_name="unlucky") as unlucky:
        mlflow.log_metric("never", 1 / 0)
    seen["unlucky"] = mlflow.get_run(unlucky.info.run_id).info.status
    return run.info.run_id, child.info.run_id, unlucky.info.run_id


def by_hand(client, experiment, seen):
    now = int(time.time() * 1000)
    run = client.create_run(experiment, start_time=now, tags={"made": "by hand"}, run_name="manual")
    run_id = run.info.run_id
    client.log_batch(
        run_id,
        metrics=[Metric("curve", value / 10, now + value, value) for value in range(1000)],
        params=[Param(f"p{number:02}", str(number)) for number in range(50)],
        tags=[RunTag("batch", "yes"), RunTag("gone", "soon")],
    )
    client.log_param(run_id, "depth", "3")
    client.set_tag(run_id, "batch", "again")
    client.delete_tag(run_id, "gone")
    client.set_terminated(run_id, status="KILLED", end_time=now + 5000)
    client.update_run(run_id, name="renamed")
    seen["run errors"] = {
        "no such run": refused(client.get_run, "f" * 32),
        "another value": refused(client.log_param, run_id, "depth", "4", synchronous=True),
        "bad key": refused(client.log_metric, run_id, "a//b", 1.0, synchronous=True),
        "bad filter": refused(client.search_runs, [experiment], "metrics.loss <"),
    }
    client.delete_run(run_id)
    seen["deleted run"] = [
        client.get_run(run_id).info.lifecycle_stage,
        names(client.search_runs([experiment], "tags.made = 'by hand'")),
        names(client.search_runs([experiment], "", ViewType.DELETED_ONLY)),
    ]
    client.restore_run(run_id)
    return run_id


def names(runs):
    return [run.info.run_name for run in runs]


SEARCHES = {
    "by metric": ("metrics.loss < 0.5", ["metrics.loss ASC"]),
    "by quoted metric": ("metrics.`train/auc` = 0.25", None),
    "by param": ("params.depth = '3'", ["attributes.run_name ASC"]),
    "by unlike param": ("params.depth != '4' AND params.note LIKE '%là%'", None),
    "by status": ("attributes.status = 'FAILED'", None),
    "by name": ("attributes.run_name ILIKE 'PAR%'", None),
    "by parent": ("tags.mlflow.parentRunId LIKE '%'", None),
    "by dataset": ("dataset.name = 'tiny' AND dataset.context = 'train'", None),
    "all": ("", ["attributes.run_name DESC"]),
}


def searches(client, experiment, seen):
    for title, (text, order) in SEARCHES.items():
        seen[f"search {title}"] = names(client.search_runs([experiment], text, order_by=order))
    pages, token = [], None
    while True:
        page = client.search_runs(
            [experiment], max_results=2, order_by=["attributes.run_name"], page_token=token
        )
        pages.append(names(page))
        token = page.token
        if not token:
            break
    seen["search in pages"] = pages
    frame = mlflow.search_runs([experiment], "params.depth = '3'", order_by=["run_name ASC"])
    seen["search as a frame"] = [
        sorted(column for column in frame.columns if column.startswith(("metrics.", "params.d"))),
        frame["metrics.train/auc"].fillna(-1).tolist(),
    ]


def main():
    client, seen = MlflowClient(), {}
    experiment = experiments(client, seen)
    runs = [*fluent(experiment, seen), by_hand(client, experiment, seen)]
    searches(client, experiment, seen)
    told = {"experiment": experiment, "runs": runs, "seen": seen}
    print(json.dumps(told))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
