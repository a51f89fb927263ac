"""Names for runs that have none."""

from __future__ import annotations


def _generate_random_name() -> str:
    """A name of two words and a number."""
    from cairn.store.run_names import random_name

    return random_name()
