"""``cairn gc --orphans``: artifact folders of runs that do not exist."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cairn.errors import CairnError

if TYPE_CHECKING:
    from cairn.store.base import Find
    from cairn.store.db import Database


def remove_orphans(db: Database, find: Find, before: int, *, dry_run: bool, yes: bool) -> bool:
    """List orphans that did not change after `before`, then remove them; whether that worked.

    They are removed only when somebody says so: at the terminal, or with `yes`.
    """
    from cairn.store.orphans import find_orphans

    orphans = list(find_orphans(db, find, before))
    files = sum(orphan.files for orphan in orphans)
    size = sum(orphan.size for orphan in orphans)
    for orphan in orphans:
        click.echo(
            f"Run {orphan.run_id} of experiment {orphan.experiment_id}: "
            f"{orphan.files} files, {orphan.size} bytes in {orphan.path}"
        )
    total = f"{len(orphans)} orphaned folders, {files} files ({size} bytes)"
    if dry_run or not orphans:
        click.echo(f"Would remove {total}.")
        return True
    if not yes:
        if not sys.stdin.isatty():
            click.echo(f"Found {total}. Remove them with --yes.", err=True)
            return False
        click.confirm(f"Remove {total} for good?", abort=True, err=True)
    problems = 0
    for orphan in orphans:
        try:
            orphan.remove()
        except CairnError as error:
            problems += 1
            click.echo(f"Run {orphan.run_id}: {error.message}", err=True)
    click.echo(f"Removed {total}; kept {problems}.")
    return problems == 0
