"""The names that scripts and integrations import: there, or refused in one clear sentence."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator

import pytest

import cairn
import mlflow
import mlflow.artifacts
import mlflow.data
import mlflow.environment_variables
import mlflow.exceptions
import mlflow.tracking
from cairn.client import active, connect, outbox
from cairn.errors import DoesNotExist, InvalidValue
from cairn.version import COMPATIBLE_VERSION
from mlflow.exceptions import MlflowException

MAX_MODULES = 60

# Names that released integrations import or reach for, module by module.
NAMES = {
    "mlflow": (
        "ActiveRun MlflowClient MlflowException __version__ active_run artifacts create_experiment "
        "data end_run entities exceptions flush_async_logging get_artifact_uri get_experiment "
        "get_experiment_by_name get_registry_uri get_run get_tracking_uri is_tracking_uri_set "
        "log_artifact log_artifacts log_dict log_figure log_image log_input log_inputs log_metric "
        "log_metrics log_param log_params log_table log_text search_experiments search_runs "
        "set_experiment set_registry_uri set_system_metrics_samples_before_logging "
        "set_system_metrics_sampling_interval set_tag set_tags set_tracking_uri start_run store "
        "tracking utils restore_experiment last_active_run load_table delete_run doctor "
        "set_active_model initialize_logged_model search_logged_models last_logged_model"
    ),
    "mlflow.artifacts": "download_artifacts list_artifacts load_dict load_image load_text",
    "mlflow.client": "MlflowClient",
    "mlflow.config": "get_tracking_uri set_tracking_uri set_registry_uri is_tracking_uri_set",
    "mlflow.data": "from_numpy from_pandas from_polars get_source dataset dataset_source sources",
    "mlflow.data.code_dataset_source": "CodeDatasetSource",
    "mlflow.data.dataset": "Dataset",
    "mlflow.data.dataset_source": "DatasetSource",
    "mlflow.data.dataset_source_registry": "resolve_dataset_source",
    "mlflow.data.filesystem_dataset_source": "FileSystemDatasetSource",
    "mlflow.data.http_dataset_source": "HTTPDatasetSource",
    "mlflow.data.numpy_dataset": "NumpyDataset from_numpy",
    "mlflow.data.pandas_dataset": "PandasDataset from_pandas",
    "mlflow.data.polars_dataset": "PolarsDataset from_polars",
    "mlflow.data.sources": "LocalArtifactDatasetSource S3ArtifactDatasetSource",
    "mlflow.entities": (
        "Dataset DatasetInput Experiment ExperimentTag FileInfo InputTag LifecycleStage Metric "
        "Param Run RunData RunInfo RunInputs RunOutputs RunStatus RunTag SourceType ViewType "
        "metric run_status"
    ),
    "mlflow.entities.dataset": "Dataset",
    "mlflow.entities.dataset_input": "DatasetInput",
    "mlflow.entities.experiment": "Experiment",
    "mlflow.entities.file_info": "FileInfo",
    "mlflow.entities.input_tag": "InputTag",
    "mlflow.entities.lifecycle_stage": "LifecycleStage",
    "mlflow.entities.logged_model": "LoggedModel",
    "mlflow.entities.logged_model_status": "LoggedModelStatus",
    "mlflow.entities.metric": "Metric",
    "mlflow.entities.param": "Param",
    "mlflow.entities.run": "Run",
    "mlflow.entities.run_info": "RunInfo",
    "mlflow.entities.run_status": "RunStatus",
    "mlflow.entities.run_tag": "RunTag",
    "mlflow.entities.source_type": "SourceType",
    "mlflow.entities.view_type": "ViewType",
    "mlflow.environment_variables": (
        "MLFLOW_EXPERIMENT_ID MLFLOW_EXPERIMENT_NAME MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE "
        "MLFLOW_RUN_ID MLFLOW_TRACKING_URI"
    ),
    "mlflow.exceptions": (
        "ABORTED DATA_LOSS DEADLINE_EXCEEDED ENDPOINT_NOT_FOUND ErrorCode ExecutionException "
        "INTERNAL_ERROR INVALID_STATE MissingConfigException MlflowException NOT_FOUND "
        "REQUEST_LIMIT_EXCEEDED RESOURCE_DOES_NOT_EXIST RESOURCE_EXHAUSTED RestException "
        "TEMPORARILY_UNAVAILABLE get_error_code"
    ),
    "mlflow.protos.databricks_pb2": (
        "ALREADY_EXISTS ErrorCode RESOURCE_ALREADY_EXISTS INVALID_PARAMETER_VALUE"
    ),
    "mlflow.store.db.db_types": "DATABASE_ENGINES",
    "mlflow.store.entities": "PagedList",
    "mlflow.store.entities.paged_list": "PagedList",
    "mlflow.store.tracking": "SEARCH_MAX_RESULTS_DEFAULT SEARCH_MAX_RESULTS_THRESHOLD",
    "mlflow.system_metrics": "enable_system_metrics_logging disable_system_metrics_logging",
    "mlflow.tracking": (
        "MlflowClient artifact_utils client context fluent get_registry_uri get_tracking_uri "
        "is_tracking_uri_set set_registry_uri set_tracking_uri"
    ),
    "mlflow.tracking._model_registry.utils": "get_registry_uri set_registry_uri",
    "mlflow.tracking._tracking_service.utils": "get_tracking_uri set_tracking_uri",
    "mlflow.tracking.artifact_utils": "_download_artifact_from_uri get_artifact_uri",
    "mlflow.tracking.client": "MlflowClient",
    "mlflow.tracking.context.abstract_context": "RunContextProvider",
    "mlflow.tracking.context.registry": "resolve_tags",
    "mlflow.tracking.fluent": "_active_run_stack _get_experiment_id active_run start_run",
    "mlflow.tracking.multimedia": "Image",
    "mlflow.utils": "validation mlflow_tags rest_utils",
    "mlflow.utils.async_logging.run_operations": "RunOperations",
    "mlflow.utils.mlflow_tags": "MLFLOW_PARENT_RUN_ID MLFLOW_RUN_NAME MLFLOW_USER",
    "mlflow.utils.name_utils": "_generate_random_name",
    "mlflow.utils.rest_utils": (
        "MlflowHostCreds _REST_API_PATH_PREFIX augmented_raise_for_status http_request "
        "http_request_safe verify_rest_response"
    ),
    "mlflow.utils.validation": (
        "MAX_ENTITY_KEY_LENGTH MAX_METRICS_PER_BATCH MAX_PARAMS_TAGS_PER_BATCH "
        "MAX_PARAM_VAL_LENGTH MAX_TAG_VAL_LENGTH"
    ),
    "mlflow.version": "VERSION",
}

# What belongs to later parts of the platform.
ABSENT = [
    *("mlflow.sklearn", "mlflow.xgboost", "mlflow.pytorch", "mlflow.pyfunc", "mlflow.models"),
    *("mlflow.projects", "mlflow.deployments", "mlflow.genai", "mlflow.tracing", "mlflow.gateway"),
    *(
        "mlflow.entities.model_registry",
        "mlflow.data.spark_dataset",
    ),
    *("mlflow.store.tracking.rest_store", "mlflow.types.schema"),
]


@pytest.fixture
def local_store(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("CAIRN_", "MLFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield
    active.end_all()
    active._stack.set(())
    outbox.close()
    connect.close()


@pytest.mark.parametrize("module", NAMES)
def test_integrations_find_what_they_import(module: str) -> None:
    found = importlib.import_module(module)
    lacking = [name for name in NAMES[module].split() if getattr(found, name, None) is None]
    assert not lacking
    assert set(NAMES[module].split()) - {"__version__"} <= {*dir(found), *lacking}


def test_names_are_those_of_cairn_and_not_copies() -> None:
    assert mlflow.MlflowClient is mlflow.tracking.MlflowClient is cairn.Client
    assert mlflow.start_run is cairn.start_run
    assert mlflow.exceptions.MlflowException is cairn.CairnError
    assert mlflow.__version__ == mlflow.version.VERSION == COMPATIBLE_VERSION
    assert mlflow.data.from_pandas is cairn.data.from_pandas


def test_submodules_need_no_import_of_their_own() -> None:
    code = (
        "import mlflow; print(mlflow.utils.validation.MAX_PARAM_VAL_LENGTH,"
        " mlflow.tracking.context.registry.resolve_tags.__name__,"
        " mlflow.entities.run_status.RunStatus.FINISHED)"
    )
    assert in_a_new_process(code) == "6000 resolve_tags 3"


def test_import_mlflow_is_as_light_as_import_cairn() -> None:
    code = (
        "import sys; before = set(sys.modules); import mlflow;"
        " print(*sorted(set(sys.modules) - before))"
    )
    loaded = in_a_new_process(code).split()
    assert len(loaded) <= MAX_MODULES, loaded
    assert not {"msgspec", "urllib3", "numpy", "pandas", "sqlalchemy", "click"} & set(loaded)


def in_a_new_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_there_says_what_is(name: str) -> None:
    package, _, last = name.rpartition(".")
    with pytest.raises(ModuleNotFoundError, match=r"is not in Cairn .*experiment tracking"):
        importlib.import_module(name)
    with pytest.raises(ImportError, match=r"is not in Cairn .*experiment tracking"):
        exec(f"from {package} import {last}", {})


def test_an_absent_attribute_is_an_attribute_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match=r"mlflow\.sklearn is not in Cairn"):
        _ = mlflow.sklearn  # type: ignore[attr-defined]
    assert not hasattr(mlflow, "autolog")
    assert not hasattr(mlflow.data, "from_spark")


def test_other_packages_are_looked_for_as_before() -> None:
    assert importlib.util.find_spec("mlflow_of_somebody_else") is None
    assert importlib.util.find_spec("mlflow") is not None


def test_errors_carry_codes_and_statuses() -> None:
    error = MlflowException("gone", mlflow.exceptions.RESOURCE_DOES_NOT_EXIST)
    assert (error.message, error.error_code) == ("gone", "RESOURCE_DOES_NOT_EXIST")
    assert error.get_http_status_code() == 404
    assert json.loads(error.serialize_as_json())["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert MlflowException("x").error_code == "INTERNAL_ERROR"
    assert MlflowException("x", error_code="ABORTED").get_http_status_code() == 409
    assert isinstance(MlflowException.invalid_parameter_value("bad"), InvalidValue)
    with pytest.raises(MlflowException):
        raise DoesNotExist("no such run")


def test_rest_errors_are_built_from_a_body_and_survive_a_pickle() -> None:
    error = mlflow.exceptions.RestException({"error_code": "NOT_FOUND", "message": "no"})
    for found in (error, pickle.loads(pickle.dumps(error))):
        assert str(found) == "NOT_FOUND: no"
        assert found.get_http_status_code() == 404
        assert found.json == {"error_code": "NOT_FOUND", "message": "no"}


def test_error_codes_are_numbers_with_names() -> None:
    code = mlflow.exceptions.ErrorCode
    assert code.Name(3002) == "RESOURCE_DOES_NOT_EXIST"
    assert code.Value("INVALID_PARAMETER_VALUE") == 1000
    assert ("ABORTED", 10) in code.items()
    assert mlflow.exceptions.get_error_code(404) == code.ENDPOINT_NOT_FOUND
    with pytest.raises(ValueError, match="NO_SUCH"):
        code.Value("NO_SUCH")


def test_environment_variables_are_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_PORT", raising=False)
    port = mlflow.environment_variables.MLFLOW_PORT
    assert (port.name, port.get(), port.is_set(), port.get_raw()) == (
        "MLFLOW_PORT",
        5000,
        False,
        None,
    )
    port.set(6000)
    assert (port.get(), port.defined, os.environ["MLFLOW_PORT"]) == (6000, True, "6000")
    port.set("many")
    with pytest.raises(ValueError, match="MLFLOW_PORT='many'"):
        port.get()
    port.unset()
    assert (f"{port}", str(port)) == ("MLFLOW_PORT", "MLFLOW_PORT (default: 5000)")
    with pytest.raises(AttributeError, match="MLFLOW_NOTHING is not a setting"):
        _ = mlflow.environment_variables.MLFLOW_NOTHING


def test_the_registry_uri_is_remembered(local_store: None) -> None:
    assert mlflow.get_registry_uri() == mlflow.get_tracking_uri()
    mlflow.set_registry_uri("http://elsewhere")
    assert mlflow.tracking.get_registry_uri() == "http://elsewhere"
    mlflow.set_registry_uri(None)
    assert mlflow.get_registry_uri() == mlflow.get_tracking_uri()


def test_the_stack_of_active_runs_is_a_list_that_can_be_changed(local_store: None) -> None:
    from mlflow.tracking.fluent import _active_run_stack as stack

    assert len(stack) == 0
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as inner:
        assert [run.info.run_id for run in stack] == [outer.info.run_id, inner.info.run_id]
        assert stack[-1] is inner
        before = stack.copy()
        stack.clear()
        assert mlflow.active_run() is None
        stack.extend(before)
        assert mlflow.active_run() is inner
        stack.remove(inner)
        assert mlflow.active_run() is outer
        stack.append(inner)
        assert stack.get() == before
    assert not stack.get()


def test_artifact_uris_of_a_run(local_store: None) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/a.txt")
    uri = mlflow.tracking.artifact_utils.get_artifact_uri(run.info.run_id, "notes/a.txt")
    assert uri == f"{run.info.artifact_uri}/notes/a.txt"
    assert mlflow.artifacts.load_text(uri) == "hello"


def test_tags_of_the_context_can_be_overridden() -> None:
    tags = mlflow.tracking.context.registry.resolve_tags({"mlflow.user": "someone"})
    assert tags["mlflow.user"] == "someone"
    assert {"mlflow.source.name", "mlflow.source.type"} <= set(tags)


def test_requests_of_integrations_reach_a_server(cairn_server: str) -> None:
    from mlflow.utils.rest_utils import MlflowHostCreds, http_request, http_request_safe

    host = MlflowHostCreds(cairn_server, token="any")
    found = http_request_safe(
        host, "/api/2.0/mlflow/experiments/get", "GET", params={"experiment_id": "0"}
    )
    assert found.json()["experiment"]["name"] == "Default"
    made = http_request(host, "/api/2.0/mlflow/runs/create", "POST", json={"experiment_id": "0"})
    assert made.status_code == 200
    with pytest.raises(MlflowException, match="987654321") as caught:
        http_request_safe(
            host, "/api/2.0/mlflow/experiments/get", "GET", params={"experiment_id": "987654321"}
        )
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_every_module_of_the_package_can_be_imported() -> None:
    root = os.path.dirname(inspect.getfile(mlflow))
    for folder, _, files in os.walk(root):
        for file in files:
            if file.endswith(".py") and file != "__main__.py":
                path = os.path.relpath(os.path.join(folder, file), os.path.dirname(root))
                name = path[:-3].replace(os.sep, ".").removesuffix(".__init__")
                module = importlib.import_module(name)
                for public in getattr(module, "__all__", ()):
                    assert getattr(module, public, None) is not None, f"{name}.{public}"
