"""The name `mlflow`, answered by Cairn: experiment tracking, under the names that scripts know.

Nothing is loaded before it is used. What this release has not raises an error that says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cairn.version import COMPATIBLE_VERSION
from mlflow._absent import AbsentFinder
from mlflow._lazy import lazy

if TYPE_CHECKING:
    from cairn import *  # noqa: F403 - the names below, for whoever reads types
    from mlflow import artifacts as artifacts
    from mlflow import client as client
    from mlflow import config as config
    from mlflow import data as data
    from mlflow import entities as entities
    from mlflow import environment_variables as environment_variables
    from mlflow import exceptions as exceptions
    from mlflow import store as store
    from mlflow import system_metrics as system_metrics
    from mlflow import tracking as tracking
    from mlflow import utils as utils
    from mlflow import version as version
    from mlflow._params import log_params as log_params
    from mlflow.exceptions import MlflowException as MlflowException
    from mlflow.registry_uri import get_registry_uri as get_registry_uri
    from mlflow.registry_uri import set_registry_uri as set_registry_uri
    from mlflow.tracking.client import MlflowClient as MlflowClient

__version__ = COMPATIBLE_VERSION

_FROM_CAIRN = [
    "ActiveRun",
    "Image",
    "active_run",
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "delete_tag",
    "disable_system_metrics_logging",
    "enable_system_metrics_logging",
    "end_run",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_run",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "last_active_run",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_outputs",
    "log_param",
    "log_stream",
    "log_table",
    "log_text",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "start_run",
]
_NAMES = {
    **dict.fromkeys(_FROM_CAIRN, "cairn"),
    "MlflowClient": "cairn:Client",
    "MlflowException": "cairn:CairnError",
    "doctor": "cairn.cli.doctor",
    "get_registry_uri": "mlflow.registry_uri",
    "log_params": "mlflow._params",
    "set_registry_uri": "mlflow.registry_uri",
}

__getattr__, __dir__ = lazy(
    __name__,
    _NAMES,
    [
        "artifacts",
        "client",
        "config",
        "data",
        "entities",
        "environment_variables",
        "exceptions",
        "store",
        "system_metrics",
        "tracking",
        "utils",
        "version",
    ],
)

if AbsentFinder not in sys.meta_path:
    sys.meta_path.append(AbsentFinder)

__all__ = ["__version__", *_NAMES]  # noqa: PLE0604 - the table is the list
