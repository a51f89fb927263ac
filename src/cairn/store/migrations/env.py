"""Run migrations on the connection that the store hands over."""

from alembic import context

from cairn.store import registry_schema, trace_schema  # noqa: F401 - their tables, too
from cairn.store.db import VERSION_TABLE
from cairn.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
