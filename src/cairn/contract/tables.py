"""Tables: chosen fields of many runs at once, in columns."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.columns import Floats, Ints, Texts
from cairn.contract.kinds import MAX_COLUMNS_PER_TABLE, MAX_RESULTS, PageToken, ViewType
from cairn.contract.op import Message, op


class GetRunTable(Message):
    """Request for some fields of the runs of some experiments that match a filter, in order.

    `columns` names them as a filter does: ``run_name``, ``metrics.loss``, ``metrics.loss:min``,
    ``params.lr``, ``tags.team``.
    """

    experiment_ids: list[str] = []
    columns: Annotated[list[str], Meta(max_length=MAX_COLUMNS_PER_TABLE)] = []
    filter: str = ""
    run_view_type: ViewType = ViewType.ACTIVE_ONLY
    order_by: list[str] = []
    max_results: Annotated[int, Meta(ge=1, le=MAX_RESULTS)] = 10_000
    page_token: PageToken | None = None


class TableColumn(Message):
    """A field of the runs of a table, in one of three kinds.

    `rows` says which runs have a value, counted from 0; all have one when it is absent.
    """

    name: str
    rows: Ints | None = None
    integers: Ints | None = None
    numbers: Floats | None = None
    texts: Texts | None = None


class RunTable(Message):
    """The ids of the runs, their columns in the order asked, and the cursor of the next page."""

    run_ids: Texts
    columns: list[TableColumn] = []
    next_page_token: str | None = None


class Tables(Protocol):
    """Read chosen fields of many runs."""

    @op("POST v1 runs/table", needs="read experiment")
    def get_run_table(self, request: GetRunTable) -> RunTable:
        """Return chosen fields of the runs that match a filter, in columns."""
        ...
