"""Start a server with a sample experiment and keep it in the foreground until Ctrl-C.

What it keeps lies in ``.cairn-run``; remove that folder to begin afresh. The sample is logged
once, when the folder is new.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".cairn-run"
SAMPLE = ROOT / "examples" / "sample.py"
START_SECONDS = 30
STOP_SECONDS = 15


def main() -> int:
    """Run the server; the exit status is its own, 0 after Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    url = f"http://127.0.0.1:{parser.parse_args().port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(_server_command(url))
    try:
        if not _wait_until_up(url, server):
            print(f"The server did not answer at {url}/health.", file=sys.stderr)
            return server.poll() or 1
        _log_sample(url)
        print(f"\nCairn is at {url} (Ctrl-C stops it)\n", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(server)


def _server_command(url: str) -> list[str]:
    STATE.mkdir(mode=0o700, exist_ok=True)
    host, port = url.removeprefix("http://").split(":")
    return [
        *(sys.executable, "-m", "cairn", "server"),
        *("--host", host, "--port", port),
        *("--backend-store-uri", f"sqlite:///{STATE / 'cairn.db'}"),
        *("--artifacts-destination", str(STATE / "artifacts")),
    ]


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
            return server.poll() is None
        time.sleep(0.1)
    return False


def _log_sample(url: str) -> None:
    logged = STATE / "sample-logged"
    if logged.exists():
        return
    command = [sys.executable, str(SAMPLE), "--tracking-uri", url]
    if subprocess.run(command, cwd=STATE, check=False).returncode == 0:
        logged.touch()
    else:
        print("The sample was not logged, see above. The server runs without it.", file=sys.stderr)


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # a second Ctrl-C of the terminal does no harm
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
