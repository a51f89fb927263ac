"""Everything that a client reads of some runs, as one JSON object; with any package ``mlflow``.

Numbers are printed so that NaN compares equal to itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
logging.disable()

from mlflow import MlflowClient  # noqa: E402
from mlflow.artifacts import download_artifacts, list_artifacts, load_text  # noqa: E402


def files(client, run_id, folder=None):
    found = {}
    for info in client.list_artifacts(run_id, folder):
        found[info.path] = "folder" if info.is_dir else info.file_size
        if info.is_dir:
            found |= files(client, run_id, info.path)
    return found


def digests(run_id):
    """SHA-256 of every file, fetched in one go."""
    if not list_artifacts(run_id=run_id):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        place = download_artifacts(run_id=run_id, dst_path=folder)
        found = {}
        for parent, _, names in os.walk(place):
            for name in names:
                path = os.path.join(parent, name)
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                found[os.path.relpath(path, place)] = digest
        return found


def run_facts(client, run_id):
    run = client.get_run(run_id)
    info, data = run.info, run.data
    return {
        "info": {
            name: getattr(info, name)
            for name in (
                *("run_id", "run_name", "experiment_id", "user_id", "status", "start_time"),
                *("end_time", "lifecycle_stage", "artifact_uri"),
            )
        },
        "params": data.params,
        "tags": data.tags,
        "metrics": {key: repr(value) for key, value in data.metrics.items()},
        "histories": {
            key: sorted(
                [point.step, point.timestamp, repr(point.value)]
                for point in client.get_metric_history(run_id, key)
            )
            for key in data.metrics
        },
        "inputs": [
            [
                *(getattr(used.dataset, name) for name in ("name", "digest", "source_type")),
                *(json.loads(getattr(used.dataset, name)) for name in ("source", "schema")),
                json.loads(used.dataset.profile),
                {tag.key: tag.value for tag in used.tags},
            ]
            for used in run.inputs.dataset_inputs
        ],
        "files": files(client, run_id),
        "digests": digests(run_id),
    }


def main(experiment_id, *run_ids):
    client = MlflowClient()
    experiment = client.get_experiment(experiment_id)
    facts = {
        "experiment": {
            name: getattr(experiment, name)
            for name in (
                *("experiment_id", "name", "artifact_location", "lifecycle_stage", "tags"),
                *("creation_time", "last_update_time"),
            )
        },
        "runs": [run_facts(client, run_id) for run_id in run_ids],
        "text": load_text(f"runs:/{run_ids[0]}/texts/hello.txt"),
    }
    print(json.dumps(facts, sort_keys=True))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
