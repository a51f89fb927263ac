"""Deliver what waits in journals: those of this machine, or a folder brought from another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cairn.client import connect, outbox, run_files
from cairn.client.journal import Head, find, read_head
from cairn.client.writer import Writer
from cairn.errors import CairnError, DoesNotExist

Progress = Callable[[int, int], None]
"""Told how many journals were dealt with, and of how many."""


@dataclass
class Receipt:
    """What became of one journal.

    Attributes:
        head: what it is for.
        folder: where it was.
        records: how many records waited; None when it was not looked into.
        delivered: how many of them arrived.
        refused: what the store did not take, in words.
        problem: why something is left; None when nothing is.
    """

    head: Head
    folder: Path
    records: int | None = None
    delivered: int = 0
    refused: list[str] = field(default_factory=list)
    problem: str | None = None


def waiting(folder: Path | None = None) -> list[Receipt]:
    """The journals at or below a folder, that of this user by default, without touching them.

    Raises:
        DoesNotExist: there is no such folder.
    """
    root = folder or outbox.journals()
    if root is None or not root.is_dir():
        if folder is not None:
            raise DoesNotExist(f"There is no folder {folder}.")
        return []
    found = [(read_head(each), each) for each in find(root)]
    return [Receipt(head, each) for head, each in found if head is not None]


def sync(
    folder: Path | None = None,
    tracking_uri: str | None = None,
    progress: Progress | None = None,
) -> list[Receipt]:
    """Deliver the journals at or below a folder; what arrived is deleted.

    May be repeated at will, also with copies of one journal: nothing is stored twice.

    Args:
        folder: where to look; the journals of this user by default.
        tracking_uri: store to deliver to; the one that each journal names by default.
        progress: told now and then how far it is.

    Returns:
        A receipt for each journal.

    Raises:
        DoesNotExist: there is no such folder.
    """
    stores: dict[str, list[Receipt]] = {}
    receipts = waiting(folder)
    for receipt in receipts:
        stores.setdefault(tracking_uri or receipt.head.store, []).append(receipt)
    for uri, group in stores.items():
        try:
            _deliver(uri, group, progress)
        except CairnError as error:
            for receipt in group:
                receipt.problem = receipt.problem or error.message
    return receipts


def _deliver(uri: str, receipts: Sequence[Receipt], progress: Progress | None) -> None:
    place = connect.resolve_uri(uri)
    service = connect.tracking(place, retries=0)
    writer = Writer(service, uri, None, partial(run_files.store_copy, place), offline=False)
    queue = sorted(receipts, key=lambda each: each.head.began)
    for receipt in queue:  # one after the other, so that the parts of a run arrive in order
        journal = writer.take_over(receipt.folder)
        if journal is None:
            receipt.problem = f"Process {receipt.head.pid} on {receipt.head.host} uses it."
            continue
        receipt.records = journal.end - journal.done
        try:
            writer.wait()
        except CairnError as error:
            receipt.problem = error.message
        receipt.delivered = receipt.records - (journal.end - journal.done)
        receipt.refused = [f"{r.what}: {r.error.message}" for r in writer.take_refusals()]
        if journal.done < journal.end and not receipt.problem:
            receipt.problem = "; ".join(receipt.refused)
        if progress is not None:
            progress(queue.index(receipt) + 1, len(queue))
    writer.close(tell=False)
