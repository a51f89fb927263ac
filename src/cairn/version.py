"""The one place that holds the version of both distributions."""

__version__ = "0.1.0"

COMPATIBLE_VERSION = "3.17.2"
"""The version of MLflow whose protocol is spoken; what ``GET /version`` answers."""
