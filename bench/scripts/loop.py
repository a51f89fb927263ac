"""Log points one by one with a product's own client; prints points, seconds and processor time.

Arguments: module (cairn or mlflow), URL, number of points, and ``default``, ``wait`` or ``async``.
"""

import importlib
import json
import logging
import random
import sys
import time


def main() -> None:
    module, url, count, how = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    api = importlib.import_module(module)
    logging.getLogger(module).setLevel(logging.WARNING)
    api.set_tracking_uri(url)
    api.set_experiment("bench-loop")
    choice = {"default": {}, "wait": {"synchronous": True}, "async": {"synchronous": False}}[how]
    rng = random.Random(7)
    values = [rng.gauss(0.0, 1.0) for _ in range(count)]
    with api.start_run():
        api.log_metric("warm", 0.0, synchronous=True)
        cpu, begun = time.process_time(), time.perf_counter()
        for step, value in enumerate(values):
            api.log_metric("loss", value, step=step, **choice)
        called = time.perf_counter()
        api.flush_async_logging()
        done = time.perf_counter()
        spent = time.process_time() - cpu
    figures = {"rate": count / (done - begun), "call_us": (called - begun) / count * 1e6}
    print(json.dumps(figures | {"cpu_us": spent / count * 1e6}))


main()
