"""What the parts of the client share: the store it speaks to, and the writer to it."""

from __future__ import annotations

import atexit
import copy
import os
from functools import partial
from typing import TYPE_CHECKING

from cairn.client import connect, outbox, run_files
from cairn.client.writer import Delivery, Writer
from cairn.contract.services import Tracking
from cairn.errors import CairnError

if TYPE_CHECKING:
    from typing_extensions import Self


class ClientBase:
    """Bound to one tracking store.

    Args:
        tracking_uri: where runs are kept; the URI in force when None.
        registry_uri: where models are registered; the tracking URI when None.
        workspace_store_uri: taken for compatibility; there are no workspaces.
    """

    def __init__(
        self,
        tracking_uri: str | os.PathLike[str] | None = None,
        registry_uri: str | None = None,
        workspace_store_uri: str | None = None,
    ) -> None:
        self.retries: int | None = None
        self._place = connect.resolve_uri(tracking_uri)
        given = os.fspath(tracking_uri) if tracking_uri else connect.get_tracking_uri()
        self._tracking_uri = given
        self._registry_uri = registry_uri or workspace_store_uri or given

    @property
    def tracking_uri(self) -> str:
        """The tracking URI as it was given."""
        return self._tracking_uri

    @property
    def _service(self) -> Tracking:
        return connect.tracking(self._place, retries=self.retries)

    def impatient(self) -> Self:
        """The same client, for questions that training should not wait long for."""
        twin = copy.copy(self)
        twin.retries = 1
        return twin

    @property
    def away(self) -> bool:
        """Whether the store did not answer lately, or is not to be asked (``CAIRN_OFFLINE``)."""
        return self._writer.away

    @property
    def _writer(self) -> Writer:
        return outbox.writer(
            self._place.uri,
            partial(connect.tracking, self._place, retries=0),
            partial(run_files.store_copy, self._place),
        )

    def prepare(self) -> None:
        """Start the writer, so that the end of the process finds it at work."""
        _ = self._writer

    def missed(self, trouble: CairnError) -> None:
        """Note that the store was found away; from now on what is logged waits until it answers."""
        self._writer.missed(trouble)

    def _fresh(self, run_id: str | None = None) -> Tracking:
        """The store, with everything in it that this process logged before.

        Raises:
            CairnError: a record of the run (of any run, when none is given) was refused.
        """
        writer = outbox.existing(self._place.uri)
        if writer is not None:
            writer.flush(run_id)
        return self._service

    def _delivered(self, run_id: str, number: int, synchronous: bool | None) -> Delivery | None:
        """What a log call returns: nothing, or what to wait for when that was asked for."""
        if synchronous is None:
            return None
        delivery = Delivery(self._writer, run_id, number)
        if synchronous:
            delivery.wait()
            return None
        return delivery


# At the end of the process the last one registered is called first: deliver, then close.
atexit.register(connect.close)
atexit.register(outbox.close)
