"""Databases: one class for each way of writing, chosen by the scheme of a URI."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from cairn.errors import InvalidValue
from cairn.store.db.base import HEAD, VERSION_TABLE, Database, version_of
from cairn.store.db.server import Dialect, ServerDatabase
from cairn.store.db.sqlite import SQLiteDatabase

__all__ = ["HEAD", "VERSION_TABLE", "Database", "open_database", "version_of"]

_POSTGRESQL = Dialect("postgresql+psycopg", "PostgreSQL", "postgresql")
_MYSQL = Dialect("mysql+pymysql", "MySQL", "mysql")
_SERVERS = {
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    "postgresql+psycopg": _POSTGRESQL,
    "mysql": _MYSQL,
    "mysql+pymysql": _MYSQL,
    "mariadb": _MYSQL,
    "mariadb+pymysql": _MYSQL,
}
_FORMS = "Use sqlite:///file.db, postgresql://user@host/name or mysql://user@host/name."


def open_database(uri: str) -> Database:
    """The database at a URI; nothing is read or made yet.

    Args:
        uri: ``sqlite:///file.db``, ``postgresql://user@host/name`` or ``mysql://user@host/name``
            (``mariadb://`` is the same).

    Raises:
        InvalidValue: the URI is not of a database that we support, or its driver is missing.
    """
    try:
        url = make_url(uri)
    except (sa.exc.ArgumentError, ValueError):
        shown = re.sub(r"//.*@", "//***@", uri)
        raise InvalidValue(f"{shown!r} is not a database URI. {_FORMS}") from None
    if url.get_backend_name() == "sqlite":
        return SQLiteDatabase(url)
    dialect = _SERVERS.get(url.drivername)
    if dialect is None:
        raise InvalidValue(
            f"{url.drivername!r} is not the scheme of a database that is supported. {_FORMS}"
        )
    if not url.database:
        raise InvalidValue(f"The URI names no database on {url.host}. {_FORMS}")
    return ServerDatabase(url, dialect)
