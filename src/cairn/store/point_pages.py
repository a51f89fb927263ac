"""Pages of points of many histories, one after the other."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import msgspec
import numpy as np

from cairn.contract.columns import Floats, Ints, Texts
from cairn.contract.metrics import PointsPage
from cairn.errors import InvalidValue
from cairn.store import codec
from cairn.store.codec import Columns
from cairn.store.history import Histories, Name


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ended: the last point that it has.

    Attributes:
        run_id: whose point it is.
        key: of which metric.
        step: its step.
        time: its time.
        nth: how many points of this history with this step and time the pages have so far.
    """

    run_id: str
    key: str
    step: int
    time: int
    nth: int


def read_token(token: str) -> Place:
    """The place that a token stands for.

    Raises:
        InvalidValue: it is not one of ours.
    """
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(token), type=Place)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidValue("Invalid page token. Use next_page_token of the page before.") from None


def page(
    histories: Histories, run_ids: dict[int, str], most: int, after: Place | None
) -> PointsPage:
    """At most `most` points of some histories, in their order.

    Args:
        histories: of the run of `after` and of the runs behind it.
        run_ids: ids of the rows of runs.
        most: points of a page.
        after: the last point of the page before.
    """
    taken: list[tuple[Name, Columns]] = []
    room, place = most, after
    for name, found, done in _left(histories, run_ids, after):
        end = min(done + room, len(found))
        if end > done:
            taken.append((name, found.take(slice(done, end))))
            room -= end - done
            place = _place(run_ids[name[0]], name[1], found.take(slice(0, end)))
        if end < len(found):
            return _reply(taken, run_ids, place)
    return _reply(taken, run_ids, None)


def _left(
    histories: Histories, run_ids: dict[int, str], after: Place | None
) -> Iterator[tuple[Name, Columns, int]]:
    """Pieces of histories, and how many points of each were in the pages before."""
    for name in histories.names:
        if after is None or run_ids[name[0]] != after.run_id or name[1] > after.key:
            for points in histories.pieces(name):
                yield name, points, 0
        elif name[1] == after.key:
            done = None  # only the first piece, which begins with the step of the place, has some
            for points in histories.pieces(name, after.step):
                done = 0 if done is not None else _done(points, after)
                yield name, points, done


def _place(run_id: str, key: str, points: Columns) -> Place:
    step, time = int(points.steps[-1]), int(points.times[-1])
    same = (points.steps == step) & (points.times == time)
    return Place(run_id, key, step, time, int(np.count_nonzero(same)))


def _done(points: Columns, place: Place) -> int:
    """How many points of a piece are not behind a place."""
    end = int(np.searchsorted(points.steps, place.step, "right"))
    first = int(np.searchsorted(points.times[:end], place.time, "left"))
    last = int(np.searchsorted(points.times[:end], place.time, "right"))
    return min(first + place.nth, last)


def _reply(
    taken: list[tuple[Name, Columns]], run_ids: dict[int, str], end: Place | None
) -> PointsPage:
    names = [name for name, _ in taken]
    points = codec.concatenate([points for _, points in taken])
    return PointsPage(
        run_ids=Texts([run_ids[run] for run, _ in names]),
        keys=Texts([key for _, key in names]),
        lengths=Ints.of(len(points) for _, points in taken),
        steps=Ints(points.steps.data),
        timestamps=Ints(points.times.data),
        values=Floats(points.values.data),
        next_page_token=None if end is None else _token(end),
    )


def _token(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
