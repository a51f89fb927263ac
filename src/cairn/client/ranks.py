"""Ranks of a distributed training: processes that one launcher started make one run.

Known by the variables of torchrun and its kin (``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR``,
``MASTER_PORT``) and of Open MPI. Every rank finds the id of the run by itself, from what the
launcher tells all of them, so whoever comes first makes it. Rank 0 leads: what the others log is
left out, but for their system metrics, and so scripts need no ``if rank == 0``.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cairn.settings import RANKS

_started = 0


@dataclass(frozen=True)
class Rank:
    """One process of several.

    Attributes:
        number: which one; 0 leads.
        job: names what was started together, the same for all its processes and for nobody else.
        restarts: how often the launcher started all of them anew.
    """

    number: int
    job: str
    restarts: int = 0

    @property
    def follows(self) -> bool:
        """Whether another rank leads."""
        return self.number > 0

    def next_run(self, store: str) -> str:
        """Id of the next run that every rank starts in a tracking store."""
        global _started  # noqa: PLW0603 - counted in every rank alike
        _started += 1
        text = f"{self.job}\n{store}\n{_started}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def rank() -> Rank | None:
    """The rank of this process; None when it is alone, or each rank is to have its own runs."""
    if RANKS.get() == "each":
        return None
    known = os.environ
    number = _number("RANK"), _number("WORLD_SIZE")
    job = [known.get(name, "") for name in ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT")]
    here = _number("LOCAL_WORLD_SIZE")
    if not job[1]:
        number = _number("OMPI_COMM_WORLD_RANK"), _number("OMPI_COMM_WORLD_SIZE")
        here = _number("OMPI_COMM_WORLD_LOCAL_SIZE")
        job = [known.get("PMIX_NAMESPACE", "")]
    if number[0] is None or number[1] is None or number[1] < 2:
        return None
    job += [known.get(name, "") for name in ("SLURM_JOB_ID", "SLURM_STEP_ID", "PBS_JOBID")]
    if here == number[1]:  # one machine: the launcher itself tells jobs apart
        job += _launcher()
    return Rank(number[0], "\n".join(job), _number("TORCHELASTIC_RESTART_COUNT") or 0)


def _number(name: str) -> int | None:
    text = os.environ.get(name, "")
    return int(text) if text.isdigit() else None


def _launcher() -> list[str]:
    """The parent process, and when it began where the system says so."""
    parent = os.getppid()
    try:
        fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
        return [str(parent), fields[19]]
    except (OSError, IndexError):
        return [str(parent)]
