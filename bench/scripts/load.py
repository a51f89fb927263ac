"""Send log-batch requests over many kept connections, and count them; run with ``python -I``.

Reads one JSON object from stdin: ``host``, ``port``, ``path``, ``seconds`` and ``connections``, a
list of lists of bodies as text. Each connection sends its bodies in turn, one request at a time,
with the number of the request in place of `MARK`, so that no two requests bring the same steps.
Prints a JSON object: the requests of each connection that were answered 200, what else came, the
seconds, the processor time of this program, and the milliseconds of some requests.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from typing import Any

MARK = b"@STEPS@"
FIRST = 1_000_000
"""Number of the first request of a connection: as wide as the mark."""
HEAD = "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Sender:
    """One connection with at most one request under way."""

    def __init__(self, job: dict[str, Any], bodies: list[str]) -> None:
        head = HEAD.format_map(job)
        self._requests = [
            f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode() for body in bodies
        ]
        self.socket = socket.create_connection((job["host"], job["port"]))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._left = memoryview(b"")
        self._answer = b""
        self._began = 0.0
        self.done = 0
        self.refused: list[str] = []
        self.milliseconds: list[float] = []

    def begin(self) -> None:
        """Make the next request."""
        number = self.done + len(self.refused)
        request = self._requests[number % len(self._requests)]
        self._left = memoryview(request.replace(MARK, b"%d" % (FIRST + number)))
        self._answer = b""
        self._began = time.perf_counter()

    def send(self) -> bool:
        """Send what the socket takes; whether the request is sent whole."""
        self._left = self._left[self.socket.send(self._left) :]
        return not self._left

    def receive(self) -> bool:
        """Read what came; whether the answer is whole."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError(f"The server closed the connection after {self._answer!r}.")
        if QUICK_ACK is not None:
            self.socket.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)
        self._answer += part
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return False
        lengths = [x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")]
        if len(body) < int(lengths[0].partition(b":")[2]):
            return False
        if head.split(b" ", 2)[1] == b"200":
            self.done += 1
            self.milliseconds.append((time.perf_counter() - self._began) * 1000)
        else:
            self.refused.append(self._answer[:300].decode("latin-1"))
        return True


def main() -> None:
    """Load the server for the time that was asked for, and print what happened."""
    job = json.load(sys.stdin)
    senders = [Sender(job, bodies) for bodies in job["connections"]]
    selector = selectors.DefaultSelector()
    for sender in senders:
        sender.begin()
        selector.register(sender.socket, selectors.EVENT_WRITE, sender)
    began, cpu = time.perf_counter(), time.process_time()
    stop = began + job["seconds"]
    under_way = len(senders)
    while under_way:
        for key, mask in selector.select():
            sender = key.data
            if mask & selectors.EVENT_WRITE:
                if sender.send():
                    selector.modify(sender.socket, selectors.EVENT_READ, sender)
            elif sender.receive():
                if time.perf_counter() < stop:
                    sender.begin()
                    whole = sender.send()
                    wait = selectors.EVENT_READ if whole else selectors.EVENT_WRITE
                    if not whole:
                        selector.modify(sender.socket, wait, sender)
                else:
                    selector.unregister(sender.socket)
                    under_way -= 1
    milliseconds = sorted(ms for sender in senders for ms in sender.milliseconds)
    print(
        json.dumps(
            {
                "requests": [sender.done for sender in senders],
                "refused": [text for sender in senders for text in sender.refused][:10],
                "seconds": time.perf_counter() - began,
                "cpu_seconds": time.process_time() - cpu,
                "milliseconds": milliseconds[:: max(1, len(milliseconds) // 1000)],
            }
        )
    )


if __name__ == "__main__":
    main()
