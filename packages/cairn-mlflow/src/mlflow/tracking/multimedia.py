"""Images to log."""

from cairn.client.image import Image

__all__ = ["Image"]
