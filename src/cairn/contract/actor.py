"""Who asks for what is done now: set where a request comes in, read by the change log."""

from __future__ import annotations

from contextvars import ContextVar

ACTOR: ContextVar[str | None] = ContextVar("cairn_actor", default=None)
"""The name of the caller; '' when nobody is known, None when the process itself acts."""
