"""An experiment."""

from cairn.client.entities import Experiment

__all__ = ["Experiment"]
