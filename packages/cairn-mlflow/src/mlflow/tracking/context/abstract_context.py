"""The base of plugins that add tags to every new run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping


class RunContextProvider(ABC):
    """A plugin of the entry point group ``mlflow.run_context_provider``."""

    @abstractmethod
    def in_context(self) -> bool:
        """Whether it has something to say about this process."""

    @abstractmethod
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
