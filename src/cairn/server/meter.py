"""Counts of what the server does, in the text format that Prometheus reads.

They are counts, times and sizes only: no name, no value and no id of anything stored.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from cairn.version import __version__

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes of latency, in seconds."""
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meter:
    """Counts requests; only used on the thread of the event loop.

    Attributes:
        open: requests that are under way.
        points: points of metrics that were accepted.
    """

    def __init__(self) -> None:
        self.open = 0
        self.points = 0
        self._statuses: dict[tuple[str, int], int] = {}
        self._classes: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        key = operation, status
        self._statuses[key] = self._statuses.get(key, 0) + 1
        classes = self._classes.get(operation)
        if classes is None:
            classes = self._classes[operation] = [0] * (len(BOUNDS) + 1)
            self._seconds[operation] = 0.0
        classes[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[operation] += seconds

    def text(self, queued: Callable[[], int] | None) -> str:
        """Everything, with what the process uses now.

        Args:
            queued: how many writes wait; None without a store.
        """
        lines = [
            *_metric("cairn_info", "gauge", "Version of Cairn.", [(f'version="{__version__}"', 1)]),
            *_metric(
                "cairn_requests_total",
                "counter",
                "Requests that were answered, by operation and HTTP status.",
                [
                    (f'operation="{operation}",status="{status}"', count)
                    for (operation, status), count in sorted(self._statuses.items())
                ],
            ),
            *self._histogram(),
            *_metric("cairn_open_requests", "gauge", "Requests under way.", [("", self.open)]),
            *_metric(
                "cairn_points_total", "counter", "Metric points accepted.", [("", self.points)]
            ),
        ]
        if queued is not None:
            doc = "Writes that wait for the database."
            lines += _metric("cairn_queued_writes", "gauge", doc, [("", queued())])
        return "\n".join([*lines, *_process(), ""])

    def _histogram(self) -> Iterator[str]:
        name = "cairn_request_seconds"
        yield f"# HELP {name} Time to answer a request whole, by operation."
        yield f"# TYPE {name} histogram"
        for operation, classes in sorted(self._classes.items()):
            total = 0
            for bound, count in zip((*BOUNDS, "+Inf"), classes, strict=True):
                total += count
                yield f'{name}_bucket{{operation="{operation}",le="{bound}"}} {total}'
            yield f'{name}_sum{{operation="{operation}"}} {self._seconds[operation]:.6f}'
            yield f'{name}_count{{operation="{operation}"}} {total}'


def _metric(name: str, kind: str, doc: str, samples: list[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {doc}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{{{labels}}} {value}" if labels else f"{name} {value}"


def _process() -> Iterator[str]:
    import psutil

    process = psutil.Process()
    with process.oneshot():
        times, memory, began = process.cpu_times(), process.memory_info(), process.create_time()
        threads = process.num_threads()
    facts: list[tuple[str, str, str, float]] = [
        ("process_cpu_seconds_total", "counter", "CPU time used.", times.user + times.system),
        ("process_resident_memory_bytes", "gauge", "Memory in use.", memory.rss),
        ("process_virtual_memory_bytes", "gauge", "Address space in use.", memory.vms),
        ("process_start_time_seconds", "gauge", "Start, in seconds since epoch.", began),
        ("process_threads", "gauge", "Threads.", threads),
    ]
    for name, kind, doc, value in facts:
        yield from _metric(name, kind, doc, [("", value)])
