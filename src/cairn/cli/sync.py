"""``cairn sync``: deliver what waits in journals."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cairn.cli.output import json_text, table, utc

if TYPE_CHECKING:
    from cairn.client.sync import Receipt


@click.command(short_help="Deliver what was logged while a server was away.")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option("--tracking-uri", metavar="URI", help="Deliver to this store instead.")
@click.option("--list", "only_list", is_flag=True, help="Only say what waits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(folder: Path | None, tracking_uri: str | None, only_list: bool, as_json: bool) -> None:
    """Deliver what was logged while a server was away, or offline, and print a receipt.

    FOLDER holds journals, of this machine or of another; by default those of this user. What
    arrived is deleted; it may be repeated at will, as nothing is stored twice.
    """
    from cairn.client.sync import sync, waiting

    if only_list:
        receipts = waiting(folder)
    else:
        receipts = sync(folder, tracking_uri, _told if sys.stderr.isatty() else None)
    if as_json:
        click.echo(json_text([_plain(receipt) for receipt in receipts]))
    elif receipts:
        click.echo(_text(receipts, only_list))
    else:
        click.echo("Nothing waits.")
    if any(receipt.problem or receipt.refused for receipt in receipts):
        sys.exit(1)


def _told(delivered: int, total: int) -> None:
    click.echo(f"\r{delivered} of {total} journals", nl=delivered == total, err=True)


def _plain(receipt: Receipt) -> dict[str, object]:
    return {
        "run_id": receipt.head.run_id,
        "store": receipt.head.store,
        "folder": str(receipt.folder),
        "began": receipt.head.began,
        "records": receipt.records,
        "delivered": receipt.delivered,
        "refused": receipt.refused,
        "problem": receipt.problem,
    }


def _text(receipts: list[Receipt], only_list: bool) -> str:
    if only_list:
        rows = [
            (
                each.head.run_id,
                each.head.store,
                f"{utc(each.head.began):%Y-%m-%d %H:%M}",
                str(each.folder),
            )
            for each in receipts
        ]
        return table(("Run", "Store", "Since", "Folder"), rows)
    shown = table(
        ("Run", "Store", "Delivered", "Refused", "Left"),
        [
            (
                each.head.run_id,
                each.head.store,
                str(each.delivered),
                str(len(each.refused)),
                "?" if each.records is None else str(each.records - each.delivered),
            )
            for each in receipts
        ],
    )
    told = [text for each in receipts for text in (*each.refused, each.problem) if text]
    return "\n".join([shown, *dict.fromkeys(told)])
