"""The client by explicit ids."""

from cairn.client.client import Client as MlflowClient

__all__ = ["MlflowClient"]
