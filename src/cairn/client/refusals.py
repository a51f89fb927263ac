"""What a server refused, and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cairn.client.record import AppendTable, StoreFile
from cairn.contract.op import Message
from cairn.contract.runs import LogBatch, UpdateRun
from cairn.errors import CairnError


@dataclass(frozen=True, eq=False)
class Refusal:
    """An operation that a server did not accept.

    Attributes:
        number: of the item that carried it.
        run_id: run that it belongs to.
        what: the record or operation in words.
        error: what the server answered.
    """

    number: int
    run_id: str
    what: str
    error: CairnError

    def belongs(self, run_id: str | None) -> bool:
        """Whether it concerns a run; every one does when none is given."""
        return run_id in {None, self.run_id}


def as_one(refused: Sequence[Refusal]) -> CairnError:
    """One error for all of them, that of the first."""
    first = refused[0].error
    message = f"{first.message} (This was about {refused[0].what}"
    if len(refused) > 1:
        message += f"; {len(refused) - 1} more were refused, see the warnings"
    return type(first)(f"{message}.)", error_code=first.error_code, status=first.status)


def describe(request: Message) -> str:
    """A record or operation in words, for example "metric 'loss' of run '3f2...'"."""
    run_id = getattr(request, "run_id", "?")
    return f"{_what(request)} of run '{run_id}'"


def _what(request: Message) -> str:
    if isinstance(request, UpdateRun):
        return "the status"
    if isinstance(request, (StoreFile, AppendTable)):
        return f"'{request.path}'"
    if not isinstance(request, LogBatch):
        return type(request).__name__
    names = [f"param {param.key!r}" for param in request.params]
    names += [f"metric {metric.key!r} at step {metric.step}" for metric in request.metrics]
    names += [f"tag {tag.key!r}" for tag in request.tags]
    if len(names) > 1:
        return f"{names[0]} and {len(names) - 1} more records"
    return names[0] if names else "an empty batch"
