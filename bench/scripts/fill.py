"""Put runs into a store of Cairn through its own operations, many threads at once.

Arguments: database URI, experiment id, and the file of runs that `bench/samples.py` wrote.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cairn.contract.kinds import RunStatus
from cairn.contract.runs import CreateRun, LogBatch, Metric, Param, RunTag, UpdateRun
from cairn.store import Store, open_store

BATCH = 900  # leaves room for params and tags
THREADS = 32


def main() -> None:
    store = open_store(sys.argv[1])
    with Path(sys.argv[3]).open(encoding="utf-8") as lines, ThreadPoolExecutor(THREADS) as pool:
        done = sum(
            1 for _ in pool.map(lambda line: log(store, sys.argv[2], json.loads(line)), lines)
        )
    store.close()
    print(json.dumps({"runs": done}))


def log(store: Store, experiment_id: str, run: dict[str, Any]) -> None:
    run_id, time = run["run_id"], run["start_time"]
    store.create_run(
        CreateRun(
            experiment_id=experiment_id,
            run_id=run_id,
            run_name=run["name"],
            user_id="bench",
            start_time=time,
        )
    )
    metrics = [Metric(key=k, value=v, timestamp=t, step=s) for k, v, t, s in run["points"]]
    params = [Param(key=k, value=v) for k, v in run["params"].items()]
    tags = [RunTag(key=k, value=v) for k, v in run["tags"].items()]
    for at in range(0, len(metrics), BATCH):
        part = metrics[at : at + BATCH]
        store.log_batch(LogBatch(run_id=run_id, metrics=part, params=params, tags=tags))
    store.update_run(UpdateRun(run_id=run_id, status=RunStatus.FINISHED, end_time=time + 900))


main()
