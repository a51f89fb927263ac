"""Pages that continue after the last row seen, so that rows added meanwhile shift nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.errors import InvalidValue

_VERSION = 1

Position = list[Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)] | float | str | None]
"""What a row has for each term; None only where an earlier term says that there is nothing."""


@dataclass(frozen=True)
class Term:
    """One expression of ORDER BY.

    Attributes:
        value: what rows are sorted by.
        descending: the direction.
        text: whether it is a text; else a number.
    """

    value: sa.ColumnElement[Any]
    descending: bool
    text: bool

    def ordered(self) -> sa.ColumnElement[Any]:
        """The expression with its direction."""
        return self.value.desc() if self.descending else self.value.asc()

    def beyond(self, last: Any) -> sa.ColumnElement[bool]:
        """Whether a row comes after the one that has `last` here."""
        later: sa.ColumnElement[bool] = self.value < last if self.descending else self.value > last
        return later


class _Token(msgspec.Struct, array_like=True):
    version: int
    digest: bytes
    position: Position


def digest(*parts: str) -> bytes:
    """A fingerprint of the search that a token belongs to."""
    return hashlib.sha256(msgspec.msgpack.encode(parts)).digest()[:12]


def encode(search: bytes, position: Sequence[Any]) -> str:
    """The token that continues the search with this digest after this position."""
    token = msgspec.msgpack.encode(_Token(_VERSION, search, list(position)))
    return base64.urlsafe_b64encode(token).decode()


def decode(token: str, search: bytes, terms: Sequence[Term]) -> Position:
    """The position in a token.

    Raises:
        InvalidValue: it is no token, or one of another search.
    """
    try:
        data = base64.b64decode(token, altchars=b"-_", validate=True)
        found = msgspec.msgpack.decode(data, type=_Token)
    except (ValueError, msgspec.DecodeError):
        found = None
    if (
        found is None
        or (found.version, found.digest) != (_VERSION, search)
        or len(found.position) != len(terms)
        or any(
            value is not None and isinstance(value, str) != term.text
            for term, value in zip(terms, found.position, strict=True)
        )
    ):
        raise InvalidValue(
            f"Invalid page_token '{token[:60]}': it is not one that this search returned. Repeat "
            "the filter and order_by it came with, or leave it out to start at the first page."
        )
    return found.position


def after(terms: Sequence[Term], position: Position) -> sa.ColumnElement[bool]:
    """Whether a row comes after the position, in the order of the terms."""
    pairs = [pair for pair in zip(terms, position, strict=True) if pair[1] is not None]
    later = [
        sa.and_(*(term.value == last for term, last in pairs[:at]), term.beyond(last))
        for at, (term, last) in enumerate(pairs)
    ]
    # Says nothing new, but lets the database seek in an index on the first term.
    first, last = pairs[0]
    bound = first.value <= last if first.descending else first.value >= last
    return sa.and_(bound, sa.or_(*later))


def fetch(
    connection: Connection,
    query: sa.Select[Any],
    terms: Sequence[Term],
    *,
    digest: bytes,
    max_results: int,
    page_token: str | None,
) -> tuple[list[int], str | None]:
    """Row ids of one page of a query for them, sorted by some terms, and the next page's token.

    Raises:
        InvalidValue: the token is not one of the search with this digest.
    """
    query = query.add_columns(*(term.value for term in terms))
    query = query.order_by(*(term.ordered() for term in terms)).limit(max_results + 1)
    if page_token:
        query = query.where(after(terms, decode(page_token, digest, terms)))
    rows = connection.execute(query).all()
    ids = [row[0] for row in rows[:max_results]]
    more = len(rows) > max_results
    return ids, encode(digest, rows[max_results - 1][1:]) if more else None
