"""Run migrations on the connection that the store hands over."""

from alembic import context

from cairn.store.db import VERSION_TABLE
from cairn.store.schema import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    on_version_apply=given.get("applied", ()),
)
context.run_migrations()
