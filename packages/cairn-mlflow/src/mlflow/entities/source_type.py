"""What started a run."""

from cairn.client.entities import SourceType

__all__ = ["SourceType"]
