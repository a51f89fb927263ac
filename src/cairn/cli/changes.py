"""``cairn changes``: who changed what, and when."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import click

from cairn.cli.output import json_text, table, utc

MOST_AT_ONCE = 1000
"""Lines that one request asks for."""
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])


@click.command(name="changes")
@click.option("--experiment-id", "-x", help="Only of this experiment and its runs.")
@click.option("--run-id", help="Only of this run.")
@click.option("--kind", help="Only of this kind: experiment, run ...")
@click.option("--actor", help="Only what this user did.")
@click.option("--since", type=_MOMENT, help="Only from this moment on, in UTC.")
@click.option("--until", type=_MOMENT, help="Only up to this moment, in UTC.")
@click.option(
    "--max-results",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many lines at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    experiment_id: str | None,
    run_id: str | None,
    kind: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
    max_results: int,
    as_json: bool,
) -> None:
    """List who changed what, the newest first."""
    import msgspec

    from cairn.client.connect import tracking
    from cairn.contract.changes import Change, SearchChanges

    request = SearchChanges(
        kind=kind or ("run" if run_id else ""),
        entity_id=run_id or "",
        experiment_id=experiment_id,
        actor=actor,
        since=_millis(since),
        until=_millis(until),
    )
    found: list[Change] = []
    while len(found) < max_results:
        request.max_results = min(max_results - len(found), MOST_AT_ONCE)
        page = tracking().search_changes(request)
        found += page.changes
        request.page_token = page.next_page_token
        if page.next_page_token is None:
            break
    if as_json:
        lines = [msgspec.to_builtins(c) | {"detail": json.loads(c.detail)} for c in found]
        click.echo(json_text(lines))
        return
    rows = [
        (
            f"{utc(c.time):%Y-%m-%d %H:%M:%S} UTC",
            c.actor or "-",
            f"{c.kind} {c.entity_id}",
            c.what,
            _told(json.loads(c.detail)),
        )
        for c in found
    ]
    click.echo(table(("Time", "Who", "Of", "What", "Detail"), rows))


def _millis(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


def _told(detail: dict[str, object]) -> str:
    """The detail of a line as people read it: ``name: old -> new``, ``keys: a, b``."""
    return "; ".join(f"{name}: {_value(name, value)}" for name, value in detail.items())


def _value(name: str, value: object) -> str:
    if not isinstance(value, list):
        return str(value)
    texts = ["-" if one is None else str(one) for one in value]
    return ", ".join(texts) if name in {"keys", "datasets", "models"} else " -> ".join(texts)
