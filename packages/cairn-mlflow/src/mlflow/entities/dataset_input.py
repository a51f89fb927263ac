"""The use of a dataset by a run."""

from cairn.client.entities import DatasetInput

__all__ = ["DatasetInput"]
