"""Start a run; prints the milliseconds until it returns, and until its capture is stored.

Arguments: module (cairn or mlflow), URL, and ``whole`` or ``bare``. The first run of the process
opens connections and loads modules; it captures nothing and is not timed.
"""

import importlib
import json
import logging
import os
import sys
import time
from pathlib import Path


def main() -> None:
    module, url, how = sys.argv[1:4]
    os.environ["CAIRN_CAPTURE"] = "none"
    api = importlib.import_module(module)
    logging.getLogger(module).setLevel(logging.WARNING)
    api.set_tracking_uri(url)
    sys.argv[0] = str(Path("new0.py").absolute())  # a program of the repository
    with api.start_run():
        pass
    whole = how == "whole" and module == "cairn"
    if whole:
        del os.environ["CAIRN_CAPTURE"]
    figures = {}
    begun = time.perf_counter()
    run = api.start_run()
    figures["returned_ms"] = (time.perf_counter() - begun) * 1000
    while whole and "stored_ms" not in figures:
        found = api.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path=".cairn")
        if any(info.path.endswith("start.json") for info in found):
            figures["stored_ms"] = (time.perf_counter() - begun) * 1000
    api.end_run()
    print(json.dumps(figures))


main()
