"""What a log call that does not wait returns: its `wait` waits for the server."""

from cairn.client.writer import Delivery as RunOperations

__all__ = ["RunOperations"]
