"""Bring a database to the newest schema with Alembic, which is loaded for nothing else."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection


def config(connection: Connection) -> Config:
    """Alembic's settings for our migrations on an open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Apply every migration that is missing, inside the caller's transaction."""
    logger = logging.getLogger("alembic")
    if logger.level == logging.NOTSET:  # its steps are no news to whoever trains a model
        logger.setLevel(logging.WARNING)
    command.upgrade(config(connection), "head")
