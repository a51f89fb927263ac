"""System metrics: how busy the machine is while a run trains.

A daemon thread samples CPU, memory, disk, network and, when ``pynvml`` is installed, NVIDIA GPUs.
It never raises into training, and `SystemMetrics.finish` does not wait for a slow sample.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from statistics import fmean
from typing import Any, Protocol

from cairn.client.writer import SYSTEM
from cairn.contract.runs import Metric
from cairn.errors import InvalidValue, Unavailable
from cairn.settings import (
    SYSTEM_METRICS_NODE_ID,
    SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING,
    SYSTEM_METRICS_SAMPLING_INTERVAL,
)

log = logging.getLogger(__name__)

PREFIX = SYSTEM
STOP_SECONDS = 0.1
_MEGABYTE = 1e6

Sample = dict[str, float]


class Gauge(Protocol):
    """A part of the machine that is measured."""

    def read(self) -> Sample:
        """What it shows now: name of the metric without prefix -> value."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class Host:
    """CPU, memory, disk and network of this machine.

    Percentages are 0 to 100, sizes are megabytes of 1,000,000 bytes. The network counts from
    when the gauge was made; CPU is the mean since the sample before.
    """

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil
        self._disk = "/"
        psutil.cpu_percent()  # the first call only starts its clock
        self._sent, self._received = self._network()

    def _network(self) -> tuple[float, float]:
        counters: Any = self._psutil.net_io_counters()  # None where there is no interface
        if counters is None:
            return 0.0, 0.0
        return counters.bytes_sent / _MEGABYTE, counters.bytes_recv / _MEGABYTE

    def read(self) -> Sample:
        memory = self._psutil.virtual_memory()
        disk = self._psutil.disk_usage(self._disk)
        sent, received = self._network()
        return {
            "cpu_utilization_percentage": self._psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / _MEGABYTE,
            "system_memory_usage_percentage": memory.percent,
            "disk_usage_percentage": disk.percent,
            "disk_usage_megabytes": disk.used / _MEGABYTE,
            "disk_available_megabytes": disk.free / _MEGABYTE,
            "network_receive_megabytes": received - self._received,
            "network_transmit_megabytes": sent - self._sent,
        }

    def close(self) -> None:
        return None


class Nvidia:
    """The NVIDIA GPUs of this machine; what one of them does not measure is left away.

    Raises:
        ImportError: pynvml is not installed.
        Unavailable: the driver is missing.
    """

    def __init__(self) -> None:
        self._nvml: Any = importlib.import_module("pynvml")
        try:
            self._nvml.nvmlInit()
            count = self._nvml.nvmlDeviceGetCount()
            self._devices = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        except self._nvml.NVMLError as error:
            raise Unavailable(f"The NVIDIA driver gives no facts: {error}.") from error

    def read(self) -> Sample:
        sample: Sample = {}
        for index, device in enumerate(self._devices):
            for part in (self._memory, self._use, self._power):
                try:
                    shown = dict(part(device))
                except self._nvml.NVMLError:
                    continue
                sample.update((f"gpu_{index}_{name}", value) for name, value in shown.items())
        return sample

    def _memory(self, device: Any) -> Iterator[tuple[str, float]]:
        memory = self._nvml.nvmlDeviceGetMemoryInfo(device)
        yield "memory_usage_percentage", memory.used / memory.total * 100
        yield "memory_usage_megabytes", memory.used / _MEGABYTE

    def _use(self, device: Any) -> Iterator[tuple[str, float]]:
        yield "utilization_percentage", self._nvml.nvmlDeviceGetUtilizationRates(device).gpu

    def _power(self, device: Any) -> Iterator[tuple[str, float]]:
        milliwatts = self._nvml.nvmlDeviceGetPowerUsage(device)
        limit = self._nvml.nvmlDeviceGetEnforcedPowerLimit(device)
        yield "power_usage_watts", milliwatts / 1000
        yield "power_usage_percentage", milliwatts / limit * 100

    def close(self) -> None:
        self._nvml.nvmlShutdown()


def gauges() -> list[Gauge]:
    """What can be measured on this machine."""
    found: list[Gauge] = []
    for kind in (Host, Nvidia):
        try:
            found.append(kind())
        except (ImportError, OSError, Unavailable) as error:
            log.debug("%s is not measured: %s", kind.__name__, error)
    return found


class SystemMetrics:
    """Logs system metrics of this machine until `finish`.

    Every `interval` seconds a sample is taken; each `samples` of them are averaged into one
    point a metric, ``system/<name>`` or ``system/<node>/<name>``. Steps count the points.

    Args:
        log_metrics: takes the points of one step; called in the thread of the monitor.
        interval: seconds between samples; None for the setting.
        samples: samples a point; None for the setting.
        node_id: name of this machine among those of the run; None for the setting.
        first_step: step of the first point; a resumed run continues after its last one.
        measured: makes the gauges, in the thread of the monitor.

    Raises:
        InvalidValue: the interval is not above 0, or the samples are below 1.
    """

    def __init__(
        self,
        log_metrics: Callable[[list[Metric]], object],
        *,
        interval: float | None = None,
        samples: int | None = None,
        node_id: str | None = None,
        first_step: int = 0,
        measured: Callable[[], list[Gauge]] = gauges,
    ) -> None:
        self._log_metrics = log_metrics
        self._interval = SYSTEM_METRICS_SAMPLING_INTERVAL.get() if interval is None else interval
        self._samples = SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING.get() if samples is None else samples
        if not self._interval > 0:
            raise InvalidValue(
                f"System metrics cannot be sampled every {self._interval} seconds. Give an interval"
                " above 0."
            )
        if self._samples < 1:
            raise InvalidValue(
                f"System metrics cannot be logged every {self._samples} samples. Give 1 or more."
            )
        node = SYSTEM_METRICS_NODE_ID.get() if node_id is None else node_id
        self._prefix = f"{PREFIX}{node}/" if node else PREFIX
        self._step = first_step
        self._measured = measured
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._monitor, name="cairn-system-metrics", daemon=True
        )

    def start(self) -> None:
        """Begin to sample; once."""
        self._thread.start()

    def finish(self) -> None:
        """Stop. Returns within 100 ms, even while a sample takes longer; safe to call twice."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_SECONDS)

    def _monitor(self) -> None:
        found = self._measured()
        collected: list[Sample] = []
        while not self._stop.wait(self._interval):
            try:
                collected.append(_read(found))
                if len(collected) >= self._samples and not self._stop.is_set():
                    self._log_metrics(self._points(collected))
                    self._step += 1
                    collected = []
            except Exception as error:  # noqa: BLE001  # monitoring must not disturb training
                collected = []
                log.warning("System metrics of step %d are not logged: %s", self._step, error)
        for gauge in found:
            gauge.close()

    def _points(self, collected: list[Sample]) -> list[Metric]:
        now = int(time.time() * 1000)
        names = dict.fromkeys(name for sample in collected for name in sample)
        return [
            Metric(
                self._prefix + name,
                round(fmean(sample[name] for sample in collected if name in sample), 3),
                now,
                self._step,
            )
            for name in names
        ]


def _read(found: list[Gauge]) -> Sample:
    sample: Sample = {}
    for gauge in found:
        sample.update(gauge.read())
    return sample
