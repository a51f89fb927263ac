"""Tags that say where a run comes from."""

from __future__ import annotations

from collections.abc import Mapping

from cairn.client import context


def resolve_tags(tags: Mapping[str, object] | None = None) -> dict[str, str]:
    """Tags of a run that starts now in this process: user, program, commit, plugins.

    Args:
        tags: tags that the caller knows better.
    """
    return context.resolve_tags(tags)


__all__ = ["resolve_tags"]
