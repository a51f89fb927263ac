"""The machine that a program runs on: processor, memory, GPUs, operating system."""

from __future__ import annotations

import importlib
import os
import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

_GPU_FACTS = {"name": "nvmlDeviceGetName", "uuid": "nvmlDeviceGetUUID"}


def hardware() -> dict[str, Any]:
    """Facts about this machine; what cannot be found out is left away. Sizes are bytes."""
    found: dict[str, Any] = {
        "host": platform.node(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
    }
    with suppress(AttributeError):  # not on every system
        found["cpus_allowed"] = len(os.sched_getaffinity(0))
    with suppress(ImportError, OSError):
        import psutil

        found["cores"] = psutil.cpu_count(logical=False)
        found["memory"] = psutil.virtual_memory().total
    found |= _nvidia()
    return {name: fact for name, fact in found.items() if fact}


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if re.match(r"model name\s*:", line):
                return line.partition(":")[2].strip()
    return platform.processor()


def _nvidia() -> dict[str, Any]:
    """The GPUs and their driver; nothing without pynvml or a driver."""
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return {}
    gpus: list[dict[str, Any]] = []
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return {}
    try:
        found = {"nvidia_driver": _text(nvml.nvmlSystemGetDriverVersion()), "gpus": gpus}
        cuda = nvml.nvmlSystemGetCudaDriverVersion()
        found["cuda"] = f"{cuda // 1000}.{cuda % 1000 // 10}"
        for index in range(nvml.nvmlDeviceGetCount()):
            device = nvml.nvmlDeviceGetHandleByIndex(index)
            facts = {name: _text(getattr(nvml, ask)(device)) for name, ask in _GPU_FACTS.items()}
            gpus.append(facts | {"memory": nvml.nvmlDeviceGetMemoryInfo(device).total})
    except nvml.NVMLError:
        return {"gpus": gpus}
    finally:
        nvml.nvmlShutdown()
    return found


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
