"""What every dataset has: name, digest, source, schema, profile, and its form on the wire."""

from __future__ import annotations

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cairn.contract import runs
from cairn.data.sources import DatasetSource

if TYPE_CHECKING:
    from cairn.client import entities

log = logging.getLogger(__name__)

CONTEXT_TAG = "mlflow.data.context"
DEFAULT_NAME = "dataset"
MAX_SCHEMA_LENGTH = 1_048_575
MAX_PROFILE_LENGTH = 16_777_215


class Dataset(ABC):
    """Data that a run reads, and where it comes from.

    A new kind of dataset is a subclass that defines `_compute_digest`, and may define `schema`
    and `profile`.

    Args:
        source: where it comes from.
        name: "dataset" when None.
        digest: tells versions of the data apart, at most 36 characters; computed when None.
    """

    def __init__(
        self, source: DatasetSource, name: str | None = None, digest: str | None = None
    ) -> None:
        self._source = source
        self._name = name
        self._digest = digest or self._compute_digest()

    @abstractmethod
    def _compute_digest(self) -> str:
        """The digest of the data; called once, by the constructor."""

    @property
    def name(self) -> str:
        """Its name; "dataset" when none was given."""
        return DEFAULT_NAME if self._name is None else self._name

    @property
    def digest(self) -> str:
        """What tells this version of the data from others."""
        return self._digest

    @property
    def source(self) -> DatasetSource:
        """Where it comes from."""
        return self._source

    @property
    def schema(self) -> Any | None:
        """Types of its columns or tensors; None when they are not known."""
        return None

    @property
    def profile(self) -> Any | None:
        """Facts about its size, that JSON knows; None when there are none."""
        return None

    def _schema_json(self) -> str | None:
        """The schema as it is stored."""
        schema = self.schema
        if schema is None:
            return None
        described = schema.to_dict()
        return json.dumps(
            {"mlflow_colspec": described} if isinstance(described, list) else described
        )

    def to_dict(self) -> dict[str, Any]:
        """What is stored of it: texts; source, schema and profile are JSON in text."""
        profile = self.profile
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.source_type(),
            "schema": self._schema_json(),
            "profile": None if profile is None else json.dumps(profile),
        }

    def to_json(self) -> str:
        """What is stored of it, as JSON text."""
        return json.dumps(self.to_dict())

    def to_message(
        self, context: str | None = None, tags: Mapping[str, object] | None = None
    ) -> runs.DatasetInput:
        """The use of this dataset by a run, as it is sent.

        A schema or profile that is larger than a server takes is left away.

        Args:
            context: what the run used it for, for example "training"; a tag.
            tags: more tags of the use.
        """
        used = {**(tags or {}), **({CONTEXT_TAG: context} if context is not None else {})}
        return runs.DatasetInput(
            dataset=runs.Dataset(**self._stored()),
            tags=[runs.InputTag(key=key, value=str(value)) for key, value in used.items()],
        )

    def to_entity(self) -> entities.Dataset:
        """The dataset as a run shows it, with texts only.

        A schema or profile that is larger than a server takes is left away.
        """
        from cairn.client.entities import Dataset as Entity

        return Entity(**self._stored())

    def _stored(self) -> dict[str, Any]:
        stored = self.to_dict()
        return {
            **{key: stored[key] for key in ("name", "digest", "source_type", "source")},
            "schema": self._fitting("schema", stored.get("schema"), MAX_SCHEMA_LENGTH),
            "profile": self._fitting("profile", stored.get("profile"), MAX_PROFILE_LENGTH),
        }

    def _fitting(self, field: str, text: str | None, limit: int) -> str | None:
        if text is not None and len(text) > limit:
            log.warning(
                "The %s of dataset '%s' has %d characters, and at most %d can be stored, so it is"
                " left away.",
                field,
                self.name,
                len(text),
                limit,
            )
            return None
        return text
