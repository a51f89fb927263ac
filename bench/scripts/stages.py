"""Processor time of the stages of one log-batch of 1,000 points, in microseconds.

Argument: a file with the body of a request. Prints a JSON object.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn.contract.runs import CreateRun, LogBatch
from cairn.store import codec, ingest, open_store
from cairn.wire import dialect

ROUNDS, CALLS, GROUP = 7, 50, 16


def best(call: Callable[[], object], calls: int = CALLS) -> float:
    """Microseconds of a call: of the round that was disturbed least."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            call()
        found.append((time.process_time() - began) / calls * 1e6)
    return min(found)


def main() -> None:
    body = Path(sys.argv[1]).read_bytes()
    request = dialect.decode(LogBatch, body)
    batch = ingest.prepare(request.run_id, request.metrics)
    decode = best(lambda: dialect.decode(LogBatch, body))
    prepare = best(lambda: ingest.prepare(request.run_id, request.metrics))
    pack = best(lambda: codec.encode_joined(batch.lengths, batch.points, codec.HURRIED))
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/stages.db")
        runs = [
            store.create_run(CreateRun(experiment_id="0")).run.info.run_id for _ in range(GROUP)
        ]
        group = [ingest.prepare(run_id, request.metrics) for run_id in runs]
        write = best(lambda: store.db.write(lambda c: ingest.append_all(c, group)), 10) / GROUP
        store.close()
    print(json.dumps({"decode": decode, "order": prepare - pack, "pack": pack, "write": write}))


main()
