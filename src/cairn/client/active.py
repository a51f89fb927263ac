"""The active runs: a stack that each thread and each asyncio task has of its own.

A new thread and a forked process begin with an empty stack, a task with that of the code that
created it. Runs that are still active when the process ends are ended then: FAILED after an
exception that nobody caught or `sys.exit` with a code, KILLED after an interrupt or SIGTERM,
FINISHED otherwise.
"""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from cairn.client import exits
from cairn.client.ending import call_in_children
from cairn.client.entities import Run
from cairn.client.ranks import Rank
from cairn.errors import CairnError
from cairn.settings import SYSTEM_METRICS_NODE_ID

if TYPE_CHECKING:
    from typing_extensions import Self

    from cairn.client.client import Client
    from cairn.client.system import SystemMetrics

_stack: ContextVar[tuple[ActiveRun, ...]] = ContextVar("cairn_active_runs", default=())
_live: dict[str, ActiveRun] = {}
_last: ActiveRun | None = None
_hooked = False


class ActiveRun(Run):
    """A run that was started here; as a context manager it ends the run.

    The data is that of the moment when it started; `cairn.get_run` gives the current one.

    Attributes:
        client: speaks to the store that the run is kept in.
        rank: which of the processes that make the run together this is; None when it is alone.
        system_metrics: the monitor that logs to the run, if one does.
    """

    def __init__(self, run: Run, client: Client | None = None, *, rank: Rank | None = None) -> None:
        super().__init__(run.info, run.data, run.inputs, run.outputs)
        if client is None:
            from cairn.client.client import Client

            client = Client()
        self.client = client
        self.rank = rank
        self.system_metrics: SystemMetrics | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        problem = _end_with_children(self, exits.status_of(error))
        if problem is not None and error is None:
            raise problem
        # What the block raised matters more than what its end met; that was warned about.


def top() -> ActiveRun | None:
    """The innermost active run."""
    stack = _stack.get()
    return stack[-1] if stack else None


def push(run: ActiveRun) -> None:
    """Make a run the innermost active one."""
    global _last, _hooked  # noqa: PLW0603 - facts about the whole process
    run.client.prepare()
    _stack.set((*_stack.get(), run))
    _live[run.info.run_id] = run
    _last = run
    exits.forget()
    if not _hooked:
        _hooked = True
        exits.watch()
        call_in_children(end_all, priority=20)
        atexit.register(end_all)  # after the client has registered its own end, so called before


def _end_with_children(run: ActiveRun, status: str) -> CairnError | None:
    """End a run, and before it the children that were left open; returns the first problem."""
    stack = _stack.get()
    above = next((at for at, each in enumerate(stack) if each is run), None)
    if above is not None:
        ending = stack[above:]
    elif run.info.run_id in _live:  # the block is left in another context than it was entered in
        ending = (run,)
    else:
        return None
    _stack.set(stack[:above])
    problem: CairnError | None = None
    for each in reversed(ending):
        try:
            _end(each, status)
        except CairnError as error:
            problem = problem or error
    return problem


def _end(run: ActiveRun, status: str) -> None:
    _live.pop(run.info.run_id, None)
    stop_system_metrics(run)
    if _decides(run, status):
        run.client.set_terminated(run.info.run_id, status)


def _decides(run: ActiveRun, status: str) -> bool:
    """Whether this process says how a run ends: rank 0 does, unless another one has failed."""
    if run.rank is None or status == exits.FAILED:
        return True
    if run.rank.follows:
        return False
    try:
        return run.client.impatient().get_run(run.info.run_id).info.status != exits.FAILED
    except CairnError:
        return True


def pop(status: str) -> ActiveRun | None:
    """End the innermost active run with a status, and return it; None when there is none.

    Raises:
        CairnError: a record of the run was refused.
    """
    stack = _stack.get()
    if not stack:
        return None
    run = stack[-1]
    _stack.set(stack[:-1])
    _end(run, status)
    return run


def last() -> Run | None:
    """The run that was started last in this process, as it is now; None when there was none."""
    if _last is None:
        return None
    return _last.client.get_run(_last.info.run_id)


def start_system_metrics(run: ActiveRun) -> None:
    """Begin to log the use of CPU, memory, disk, network and GPU to a run."""
    from cairn.client.system import PREFIX, SystemMetrics

    steps = [point.step for point in run.data.points if point.key.startswith(PREFIX)]
    own = run.rank
    monitor = SystemMetrics(
        partial(run.client.log_points, run.info.run_id),
        node_id=None if own is None or SYSTEM_METRICS_NODE_ID.is_set() else f"rank-{own.number}",
        first_step=max(steps, default=-1) + 1,
    )
    run.system_metrics = monitor
    monitor.start()


def stop_system_metrics(run: ActiveRun) -> None:
    """Stop what `start_system_metrics` began."""
    monitor, run.system_metrics = run.system_metrics, None
    if monitor is not None:
        monitor.finish()


def end_all() -> None:
    """End the runs that are still active; the end of the process calls it."""
    runs = list(_live.values())
    _live.clear()
    for run in reversed(runs):
        stop_system_metrics(run)
        if _decides(run, exits.status()):
            run.client.submit_end(run.info.run_id, exits.status())


def _start_afresh() -> None:
    """In a forked child: the parent's runs are the parent's to end."""
    global _hooked  # noqa: PLW0603
    _hooked = False
    _live.clear()
    _stack.set(())


with suppress(AttributeError):  # where there is no fork
    os.register_at_fork(after_in_child=_start_afresh)
