"""The records of a journal: what one of them holds, and how many of them become one request.

A payload is a MessagePack array whose first element says what it is: a point, several points of
one step and time, a param, a tag, or another operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from cairn.artifact.paths import HIDDEN
from cairn.contract.kinds import (
    MAX_ENTITIES_PER_BATCH,
    MAX_PARAMS_PER_BATCH,
    MAX_TAGS_PER_BATCH,
)
from cairn.contract.op import Message
from cairn.contract.runs import (
    CreateRun,
    DeleteTag,
    LogBatch,
    LogInputs,
    LogOutputs,
    Metric,
    Numbered,
    Param,
    RunTag,
    UpdateRun,
)

_POINT, _POINTS, _PARAM, _TAG, _CALL = range(5)
_MOST_POINTS = 250  # of one record, so that batches can be filled
_SPLIT = 2**40
"""Numbers from here on are those of parts of batches."""
_PARTS = 4096
"""Numbers that the parts of one batch may have."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class StartRun(Message):
    """Request to make a run that was begun while its store was away.

    Attributes:
        run_id: the run.
        request: how it is made.
        experiment_name: its experiment, made where there is none; then the request names no other.
    """

    run_id: str
    request: CreateRun
    experiment_name: str | None = None


class StoreFile(Message):
    """Request to store a copied file among the artifacts of a run.

    Attributes:
        run_id: the run.
        path: where, relative to the artifacts of the run.
        copy: name of the copy beside the journal.
    """

    run_id: str
    path: str
    copy: str

    @property
    def hidden(self) -> bool:
        """Whether it was captured beside what is logged, so that nobody waits for it."""
        return self.path.startswith(f"{HIDDEN}/")


class AppendTable(Message):
    """Request to append rows to a table among the artifacts of a run, which may not be there yet.

    Attributes:
        run_id: the run.
        path: where the table is, relative to the artifacts of the run.
        rows: a table in the format of the path.
        mark: random name of these rows, so that they are appended once.
    """

    run_id: str
    path: str
    rows: bytes
    mark: str


CALLS: dict[str, type[Message]] = {
    "start_run": StartRun,
    "store_file": StoreFile,
    "append_table": AppendTable,
    "delete_tag": DeleteTag,
    "update_run": UpdateRun,
    "log_inputs": LogInputs,
    "log_outputs": LogOutputs,
}
_NAMES = {kind: name for name, kind in CALLS.items()}


class Gathered(msgspec.Struct, gc=False):
    """A request made of records, and the number after the last of them."""

    request: Any
    upto: int


def of_point(metric: Metric) -> bytes:
    """A record of one point."""
    if metric.model_id is UNSET and metric.dataset_name is UNSET and metric.dataset_digest is UNSET:
        return _encode((_POINT, metric.key, metric.value, metric.timestamp, metric.step))
    extra = [metric.model_id, metric.dataset_name, metric.dataset_digest]
    known = [None if text is UNSET else text for text in extra]
    return _encode((_POINT, metric.key, metric.value, metric.timestamp, metric.step, *known))


def of_points(metrics: Mapping[str, float], timestamp: int, step: int) -> list[bytes]:
    """Records of points of one time and step."""
    if len(metrics) <= _MOST_POINTS:
        return [_encode((_POINTS, timestamp, step, metrics))]
    items = list(metrics.items())
    pieces = [items[at : at + _MOST_POINTS] for at in range(0, len(items), _MOST_POINTS)]
    return [_encode((_POINTS, timestamp, step, dict(piece))) for piece in pieces]


def of_param(param: Param) -> bytes:
    """A record of a param."""
    return _encode((_PARAM, param.key, param.value))


def of_tag(tag: RunTag) -> bytes:
    """A record of a tag."""
    return _encode((_TAG, tag.key, tag.value))


def of_call(request: Message) -> bytes:
    """A record of another operation."""
    return _encode((_CALL, _NAMES[type(request)], request))


def points_in(payload: bytes) -> int:
    """How many points a record holds; none when it is of something else."""
    parts = _decode(payload)
    return 1 if parts[0] == _POINT else len(parts[3]) if parts[0] == _POINTS else 0


def name_of(request: Message) -> str:
    """Name of the operation of the contract that takes a request."""
    return "log_batch" if isinstance(request, LogBatch) else _NAMES[type(request)]


def gather(
    run_id: str, source: str, sequence: int, records: Sequence[tuple[int, bytes]]
) -> Gathered:
    """The request that the first records make: as many as fit one, in order.

    It says who numbers requests, and its number, so that it may be sent again.

    Raises:
        ValueError: the first of them is not a record that we know.
    """
    batch = LogBatch(run_id=run_id, source=source, sequence=sequence)
    metrics, params, tags = batch.metrics, batch.params, batch.tags
    upto = records[0][0]
    for number, payload in records:
        parts = _decode(payload)
        kind = parts[0]
        held = len(metrics) + len(params) + len(tags)
        if kind == _POINT:
            if held >= MAX_ENTITIES_PER_BATCH:
                break
            metrics.append(_metric(*parts[1:]))
        elif kind == _POINTS:
            if held + len(parts[3]) > MAX_ENTITIES_PER_BATCH:
                break
            _, time, step, values = parts
            metrics += [
                Metric(key=key, value=value, timestamp=time, step=step)
                for key, value in values.items()
            ]
        elif kind in {_PARAM, _TAG}:
            full = len(params) >= MAX_PARAMS_PER_BATCH or len(tags) >= MAX_TAGS_PER_BATCH
            if full or held >= MAX_ENTITIES_PER_BATCH:
                break
            if kind == _PARAM:
                params.append(Param(key=parts[1], value=parts[2]))
            else:
                tags.append(RunTag(key=parts[1], value=parts[2]))
        elif held:
            break
        else:
            call = _call(run_id, parts)
            if isinstance(call, Numbered):
                call.source, call.sequence = source, sequence
            return Gathered(call, number + 1)
        upto = number + 1
    return Gathered(batch, upto)


def _metric(
    key: str,
    value: float,
    timestamp: int,
    step: int,
    model_id: str | None = None,
    dataset_name: str | None = None,
    dataset_digest: str | None = None,
) -> Metric:
    metric = Metric(key=key, value=value, timestamp=timestamp, step=step)
    if model_id is not None:
        metric.model_id = model_id
    if dataset_name is not None:
        metric.dataset_name = dataset_name
    if dataset_digest is not None:
        metric.dataset_digest = dataset_digest
    return metric


def _call(run_id: str, parts: Sequence[Any]) -> Message:
    if parts[0] != _CALL or parts[1] not in CALLS:
        raise ValueError(f"A journal holds {parts[:2]!r}, which this version does not know.")
    return msgspec.convert({**parts[2], "run_id": run_id}, CALLS[parts[1]])


def halves(batch: LogBatch) -> list[LogBatch]:
    """A batch in two, in order: params, metrics, tags; nothing for a single record.

    Their numbers are their own among those of the parts of the batch: the first half of part n has
    2n + 1, the second 2n + 2.
    """
    records: list[Param | Metric | RunTag] = [*batch.params, *batch.metrics, *batch.tags]
    middle = len(records) // 2
    if middle == 0:
        return []
    number = batch.sequence or 0
    whole, part = divmod(number - _SPLIT, _PARTS) if number >= _SPLIT else (number, 0)
    found = []
    for place, piece in enumerate((records[:middle], records[middle:])):
        own = 2 * part + 1 + place
        half = LogBatch(run_id=batch.run_id)
        if own < _PARTS:
            half.source, half.sequence = batch.source, _SPLIT + whole * _PARTS + own
        for record in piece:
            if isinstance(record, Metric):
                half.metrics.append(record)
            elif isinstance(record, Param):
                half.params.append(record)
            else:
                half.tags.append(record)
        found.append(half)
    return found
