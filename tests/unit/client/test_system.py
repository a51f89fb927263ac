from __future__ import annotations

import importlib
import logging
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.client.system import Host, Nvidia, Sample, SystemMetrics, gauges
from cairn.contract.runs import Metric
from cairn.errors import InvalidValue

Points = "queue.Queue[list[Metric]]"
SOON = 20.0


class Counting:
    """Shows 1, 2, 3, ..."""

    def __init__(self) -> None:
        self.reads = 0
        self.closed = threading.Event()

    def read(self) -> Sample:
        self.reads += 1
        return {"reads": float(self.reads)}

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def logged() -> Points:
    return queue.Queue()


def test_points_are_named_and_stepped(logged: Points) -> None:
    monitor = SystemMetrics(logged.put, interval=0.01, samples=1, measured=lambda: [Counting()])
    monitor.start()
    first, second = logged.get(timeout=SOON), logged.get(timeout=SOON)
    monitor.finish()
    assert [(p.key, p.step, p.value) for p in first + second] == [
        ("system/reads", 0, 1.0),
        ("system/reads", 1, 2.0),
    ]
    assert second[0].timestamp >= first[0].timestamp > 1_500_000_000_000


def test_samples_are_averaged_and_the_node_is_in_the_key(logged: Points) -> None:
    monitor = SystemMetrics(
        logged.put,
        interval=0.01,
        samples=3,
        node_id="n1",
        first_step=7,
        measured=lambda: [Counting()],
    )
    monitor.start()
    (point,) = logged.get(timeout=SOON)
    monitor.finish()
    assert (point.key, point.step, point.value) == ("system/n1/reads", 7, 2.0)


def test_settings_give_what_is_not_said(logged: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.01")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", "2")
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_NODE_ID", "n2")
    monitor = SystemMetrics(logged.put, measured=lambda: [Counting()])
    monitor.start()
    (point,) = logged.get(timeout=SOON)
    monitor.finish()
    assert (point.key, point.value) == ("system/n2/reads", 1.5)


@pytest.mark.parametrize("wrong", [{"interval": 0}, {"interval": -1}, {"samples": 0}])
def test_wrong_pace_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidValue, match="System metrics cannot be"):
        SystemMetrics(lambda points: None, **wrong)


def test_this_machine_is_measured(logged: Points) -> None:
    monitor = SystemMetrics(logged.put, interval=0.01, measured=lambda: [Host()])
    monitor.start()
    points = {point.key: point.value for point in logged.get(timeout=SOON)}
    monitor.finish()
    assert points.keys() == {
        "system/cpu_utilization_percentage",
        "system/system_memory_usage_megabytes",
        "system/system_memory_usage_percentage",
        "system/disk_usage_percentage",
        "system/disk_usage_megabytes",
        "system/disk_available_megabytes",
        "system/network_receive_megabytes",
        "system/network_transmit_megabytes",
    }
    assert points["system/system_memory_usage_megabytes"] > 1
    for key, value in points.items():
        assert value >= 0
        assert value <= 100 or not key.endswith("percentage")


def test_a_failing_gauge_or_server_is_said_once_and_does_not_stop_the_monitor(
    logged: Points, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([RuntimeError("away")])

    def log(points: list[Metric]) -> None:
        for failure in failures:
            raise failure
        logged.put(points)

    monitor = SystemMetrics(log, interval=0.01, measured=lambda: [Counting()])
    with caplog.at_level(logging.WARNING):
        monitor.start()
        (point,) = logged.get(timeout=SOON)
        monitor.finish()
    assert point.step == 0
    assert caplog.text.count("System metrics of step 0 are not logged: away") == 1


def test_finish_does_not_wait_for_a_slow_sample() -> None:
    started, release = threading.Event(), threading.Event()
    late: list[list[Metric]] = []

    class Slow(Counting):
        def read(self) -> Sample:
            started.set()
            release.wait(SOON)
            return super().read()

    gauge = Slow()
    monitor = SystemMetrics(late.append, interval=0.01, measured=lambda: [gauge])
    monitor.start()
    assert started.wait(SOON)
    monitor.finish()
    assert not gauge.closed.is_set()
    release.set()
    assert gauge.closed.wait(SOON)
    assert late == []


def test_finish_twice_or_before_start_is_no_error(logged: Points) -> None:
    monitor = SystemMetrics(logged.put, interval=60, measured=lambda: [Counting()])
    monitor.finish()
    monitor.start()
    monitor.finish()
    monitor.finish()
    assert logged.empty()


def test_monitor_does_not_keep_the_process_alive() -> None:
    threads = {thread.name for thread in threading.enumerate()}
    monitor = SystemMetrics(lambda points: None, interval=60, measured=lambda: [Counting()])
    monitor.start()
    (mine,) = [t for t in threading.enumerate() if t.name == "cairn-system-metrics"]
    assert mine.daemon
    monitor.finish()
    assert mine.name not in threads


NVML = """
class NVMLError(Exception): pass
class Memory: used, total = int(3.21e9), int(80e9)
class Rates: gpu = 41
def nvmlInit(): pass
def nvmlShutdown(): pass
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetMemoryInfo(device): return Memory
def nvmlDeviceGetUtilizationRates(device): return Rates
def nvmlDeviceGetPowerUsage(device):
    if device == 1: raise NVMLError("not supported")
    return 123456
def nvmlDeviceGetEnforcedPowerLimit(device): return 700000
"""


@pytest.fixture
def nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stand-in for the library of the driver, which machines for tests do not have."""
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    (tmp_path / "pynvml.py").write_text(NVML)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("pynvml", None)


def test_gpus_are_measured_as_far_as_they_can(nvml: None) -> None:
    sample = {name: round(value, 1) for name, value in Nvidia().read().items()}
    assert sample == {
        "gpu_0_memory_usage_percentage": 4.0,
        "gpu_0_memory_usage_megabytes": 3210.0,
        "gpu_0_utilization_percentage": 41,
        "gpu_0_power_usage_watts": 123.5,
        "gpu_0_power_usage_percentage": 17.6,
        "gpu_1_memory_usage_percentage": 4.0,
        "gpu_1_memory_usage_megabytes": 3210.0,
        "gpu_1_utilization_percentage": 41,
    }


def test_machine_without_a_driver_is_measured_without_gpus(
    nvml: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = importlib.import_module("pynvml")

    def no_driver() -> None:
        raise library.NVMLError("driver not loaded")

    monkeypatch.setattr(library, "nvmlInit", no_driver)
    assert [type(gauge) for gauge in gauges()] == [Host]


def test_machine_without_the_library_is_measured_without_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert [type(gauge) for gauge in gauges()] == [Host]
