"""Put many noisy points into a store of Cairn in process, end the runs, and fold them.

Arguments: database URI, points in all, points of a run. All keys at each step, times of a clock.
"""

import json
import sys
from collections import deque

import numpy as np

from cairn.contract.kinds import RunStatus
from cairn.contract.runs import CreateRun, LogBatch, Metric, UpdateRun
from cairn.store import Store, open_store

KEYS, STEPS = 20, 50
FIRST_TIME, STEP_MS, JITTER_MS = 1_760_000_000_000, 250, 40
AHEAD = 64
"""How many batches wait at most."""


def main() -> None:
    points, each = int(sys.argv[2]), int(sys.argv[3])
    store = open_store(sys.argv[1])
    for number in range(points // each):
        grow(store, each, np.random.default_rng(number))
    store.close()
    print(json.dumps({"points": points}))


def grow(store: Store, points: int, rng: np.random.Generator) -> None:
    """One run; its batches are queued a few ahead of the writer."""
    run_id = store.create_run(CreateRun(experiment_id="0", start_time=FIRST_TIME)).run.info.run_id
    keys = [f"train/m{key:02}" for key in range(KEYS)]
    waiting: deque[object] = deque()
    for first in range(0, points // KEYS, STEPS):
        steps = np.arange(first, first + STEPS)
        times = (FIRST_TIME + steps * STEP_MS + rng.integers(0, JITTER_MS, STEPS)).tolist()
        curve = 1 / (1 + steps / 1000)
        values = (curve[:, None] + rng.normal(0, 0.05, (STEPS, KEYS))).tolist()
        metrics = [
            Metric(key=key, value=value, timestamp=times[at], step=first + at)
            for at in range(STEPS)
            for key, value in zip(keys, values[at], strict=True)
        ]
        begun = store.begin_log_batch(LogBatch(run_id=run_id, metrics=metrics))
        assert begun is not None
        waiting.append(begun)
        if len(waiting) > AHEAD:
            waiting.popleft().result()  # type: ignore[attr-defined]
    for begun in waiting:
        begun.result()  # type: ignore[attr-defined]
    store.update_run(UpdateRun(run_id=run_id, status=RunStatus.FINISHED, end_time=FIRST_TIME))


main()
