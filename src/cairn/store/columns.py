"""The kinds of columns, and the words of SQL, that differ between the databases.

Migrations use these names too: what one means never changes, and a new meaning gets a new name.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from cairn.errors import InvalidValue

_EXACT = "C"  # PostgreSQL compares and sorts text by its bytes, wherever the database was made
_HUGE = sys.float_info.max
_NEARLY_HUGE = math.nextafter(_HUGE, 0)


class Real(sa.TypeDecorator[float]):
    """A float, infinities included; NaN is NULL.

    A DOUBLE of MySQL has no infinities: its largest number stands for one, and the number before
    for itself and the largest. Comparing, sorting and merging in SQL then need to know nothing.
    """

    impl = sa.Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002 - MySQL
        """What is sent to the database."""
        if value is None or abs(value) < _HUGE:
            return value
        return math.copysign(_HUGE if math.isinf(value) else _NEARLY_HUGE, value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """Nothing to do where the database has infinities."""
        return super().bind_processor(dialect) if dialect.name == "mysql" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Nothing to do where the database has infinities."""
        return super().result_processor(dialect, coltype) if dialect.name == "mysql" else None

    def process_result_value(self, value: float | None, dialect: Dialect) -> float | None:  # noqa: ARG002 - MySQL
        """What the database's value stands for."""
        if value is None or abs(value) < _HUGE:
            return value
        return math.copysign(math.inf, value)


SORTED_CHARACTERS = 250
"""Texts are sorted and indexed by so many of their first characters."""
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A surrogate key; on SQLite it must be spelled INTEGER to be the rowid."""
REAL = Real()
TEXT = (
    sa.Text()
    .with_variant(sa.Text(collation=_EXACT), "postgresql")
    .with_variant(mysql.LONGTEXT(), "mysql")
)
"""A text of any length."""
BYTES = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql")
"""Bytes of any length."""


def name(length: int) -> sa.String:
    """A text of at most `length` characters, which an index can hold."""
    return sa.String(length).with_variant(sa.String(length, collation=_EXACT), "postgresql")


def exact_collation(*, mariadb: bool) -> str:
    """The collation of MySQL, or of MariaDB, that tells all texts apart."""
    return "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"


@compiles(CreateTable, "mysql")
def _create_table(element: CreateTable, compiler: DDLCompiler, **arguments: Any) -> str:
    """Every table of ours, whoever makes it, is of the same engine and collation."""
    exact = exact_collation(mariadb=bool(getattr(compiler.dialect, "is_mariadb", False)))
    made = str(compiler.visit_create_table(element, **arguments)).rstrip()  # type: ignore[no-untyped-call]
    return f"{made} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={exact}"


class like(FunctionElement[bool]):  # noqa: N801 - it reads as the function that it is
    """Whether a text is like a pattern: ``%`` and ``_``, and nothing is escaped."""

    type = sa.Boolean()
    inherit_cache = True


class ilike(FunctionElement[bool]):  # noqa: N801 - the same
    """The same, whatever the case: of a to z, and of other letters where the database knows it."""

    type = sa.Boolean()
    inherit_cache = True


class rlike(FunctionElement[bool]):  # noqa: N801 - the same
    """Whether a regular expression fits somewhere in a text, case and all."""

    type = sa.Boolean()
    inherit_cache = True


class number(FunctionElement[float]):  # noqa: N801 - the same
    """The number that a text spells, whose exponent has at most four digits."""

    type = REAL
    inherit_cache = True


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **given: Any) -> list[str]:
    return [compiler.process(clause, **given) for clause in element.clauses]


@compiles(like)
def _like(element: like, compiler: SQLCompiler, **given: Any) -> str:
    text, pattern = _arguments(element, compiler, **given)
    return f"({text} LIKE {pattern}{_unescaped(compiler)})"


@compiles(ilike)
def _ilike(element: ilike, compiler: SQLCompiler, **given: Any) -> str:
    text, pattern = _arguments(element, compiler, **given)
    if compiler.dialect.name == "postgresql":
        return f"({text} ILIKE {pattern}{_unescaped(compiler)})"
    return f"(lower({text}) LIKE lower({pattern}){_unescaped(compiler)})"


@compiles(rlike)
def _rlike(element: rlike, compiler: SQLCompiler, **given: Any) -> str:
    if compiler.dialect.name == "sqlite":  # Python's expressions can take for ever, and stop all
        raise InvalidValue(
            "RLIKE needs a store on PostgreSQL, MySQL or MariaDB: SQLite has no regular "
            "expressions. Use LIKE or ILIKE, where % stands for any characters."
        )
    text, pattern = _arguments(element, compiler, **given)
    return f"({text} {'~' if compiler.dialect.name == 'postgresql' else 'REGEXP'} {pattern})"


def _unescaped(compiler: SQLCompiler) -> str:
    """SQLite escapes nothing until it is told to; the others do until they are told not to."""
    return "" if compiler.dialect.name == "sqlite" else " ESCAPE ''"


@compiles(number)
def _number(element: number, compiler: SQLCompiler, **given: Any) -> str:
    (text,) = _arguments(element, compiler, **given)
    if compiler.dialect.name != "postgresql":
        return f"CAST({text} AS DOUBLE)"
    # A cast to a float fails beyond its range, and no condition in the same query prevents it.
    exact = f"round(CAST({text} AS NUMERIC), 323)"
    return (
        f"CASE WHEN abs({exact}) > {_HUGE!r} THEN sign({exact}) * CAST('Infinity' AS FLOAT8) "
        f"ELSE CAST({exact} AS FLOAT8) END"
    )
