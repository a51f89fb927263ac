"""The end of the process, also of the children of multiprocessing, which end in their own way."""

from __future__ import annotations

import sys
from collections.abc import Callable


def call_in_children(function: Callable[[], None], priority: int) -> None:
    """Have a function called at the end of this process if it is a child of multiprocessing.

    Such a child skips what `atexit` knows. To be called after the child began.

    Args:
        function: what to call.
        priority: those with a higher one are called first.
    """
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, function, exitpriority=priority)
