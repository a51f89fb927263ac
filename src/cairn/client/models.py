"""Logged models by fluent functions."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from cairn.client import active, active_model
from cairn.client.client import Client
from cairn.client.context import resolve_tags
from cairn.client.entities import LoggedModel, LoggedModelStatus
from cairn.client.experiments import active_experiment_id
from cairn.client.reading import load_pandas
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import Self

IS_EXTERNAL = "mlflow.model.isExternal"

_last: str | None = None
_log = logging.getLogger("cairn")


class ActiveModel(LoggedModel):
    """The logged model that is active now; as a context manager it ends that.

    Args:
        logged_model: the model.
        set_by_user: whether `set_active_model` was called for it.
    """

    def __init__(self, logged_model: LoggedModel, set_by_user: bool = True) -> None:  # noqa: FBT
        super().__init__(**dict(logged_model))
        self.set_by_user = set_by_user
        self._before = active_model.chosen()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        active_model.choose(self._before)


def set_active_model(*, name: str | None = None, model_id: str | None = None) -> ActiveModel:
    """Make a logged model the one that metrics are logged to, in this thread or task.

    Args:
        name: the newest model of the active experiment that has this name; one is created when
            there is none.
        model_id: the model, instead.

    Raises:
        InvalidValue: neither is given, or the model of this id has another name.
        DoesNotExist: no model has this id.
    """
    if model_id is not None:
        model = get_logged_model(model_id)
        if name is not None and model.name != name:
            raise InvalidValue(
                f"The model '{model_id}' is named '{model.name}', not '{name}'. Give one of both."
            )
    elif name:
        model = _by_name(name)
    else:
        raise InvalidValue("set_active_model() needs a name or a model_id. Give one of both.")
    chosen = ActiveModel(model)
    active_model.choose(model.model_id)
    return chosen


def _by_name(name: str) -> LoggedModel:
    found = Client().search_logged_models(
        [_experiment()], filter_string=f"name = {_quoted(name)}", max_results=1
    )
    if found:
        return found[0]
    _log.info("There is no logged model named %r, so one is created.", name)
    return create_external_model(name)


def _quoted(name: str) -> str:
    quote = '"' if "'" in name else "'"
    return f"{quote}{name}{quote}"


def initialize_logged_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Create a logged model that is pending until `finalize_logged_model` is called.

    Args:
        name: its name, which need not be unique; one is made when None.
        source_run_id: the run that makes it; the active one when None.
        tags: its tags, beside those that say who made it with which program.
        params: its params.
        model_type: what it is, for example "agent".
        experiment_id: its experiment; that of the active run, else the active one, when None.

    Raises:
        CairnError: the experiment does not exist or is deleted, or the name is not allowed.
    """
    global _last  # noqa: PLW0603 - a fact about the whole process
    run = active.top()
    client = run.client if run else Client()
    model = client.create_logged_model(
        experiment_id or _experiment(),
        name,
        source_run_id or (run.info.run_id if run else None),
        resolve_tags(tags),
        params,
        model_type,
    )
    _last = model.model_id
    return model


def create_external_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Create a logged model whose files are kept elsewhere; it is ready at once.

    The arguments are those of `initialize_logged_model`.

    Raises:
        CairnError: as for `initialize_logged_model`.
    """
    marked = {**(tags or {}), IS_EXTERNAL: "true"}
    made = initialize_logged_model(name, source_run_id, marked, params, model_type, experiment_id)
    return finalize_logged_model(made.model_id, LoggedModelStatus.READY)


def finalize_logged_model(model_id: str, status: LoggedModelStatus | str) -> LoggedModel:
    """Say that the artifacts of a logged model are complete (READY) or will not be (FAILED).

    Raises:
        CairnError: there is no such model, or no such status.
    """
    return Client().finalize_logged_model(model_id, status)


def get_logged_model(model_id: str) -> LoggedModel:
    """A logged model, with the metrics that runs logged of it.

    Raises:
        DoesNotExist: there is none, or it is deleted.
    """
    return Client().get_logged_model(model_id)


def last_logged_model() -> LoggedModel | None:
    """The logged model that was created last in this process, as it is now; None without any.

    Raises:
        DoesNotExist: it was deleted.
    """
    return None if _last is None else get_logged_model(_last)


def log_model_params(params: Mapping[str, Any], model_id: str | None = None) -> None:
    """Set params of a logged model, of the active one when no id is given.

    Raises:
        InvalidValue: no id is given and no model is active, or a param has another value already.
        DoesNotExist: there is no such model.
    """
    chosen = model_id or active_model.get_active_model_id()
    if chosen is None:
        raise InvalidValue("There is no active model. Give model_id, or call set_active_model().")
    Client().log_model_params(chosen, params)


def set_logged_model_tags(model_id: str, tags: Mapping[str, Any]) -> None:
    """Set tags of a logged model, as text.

    Raises:
        DoesNotExist: there is no such model.
    """
    Client().set_logged_model_tags(model_id, tags)


def delete_logged_model_tag(model_id: str, key: str) -> None:
    """Remove a tag of a logged model.

    Raises:
        DoesNotExist: there is no such model, or it has no such tag.
    """
    Client().delete_logged_model_tag(model_id, key)


@overload
def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...


@overload
def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    *,
    output_format: Literal["list"],
) -> list[LoggedModel]: ...


def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: str = "pandas",
) -> list[LoggedModel] | pd.DataFrame:
    """The logged models that match a filter, the newest first unless ordered otherwise.

    Args:
        experiment_ids: experiments to look at; the active one by default.
        filter_string: see `cairn.Client.search_logged_models`, as for all that follows.
        datasets: what the metrics of the filter were measured on.
        max_results: most models to return; all when None.
        order_by: dictionaries with ``field_name`` and, if wanted, ``ascending``.
        output_format: ``"pandas"`` for a data frame with a column for each attribute, ``"list"``
            for a list.

    Raises:
        InvalidValue: the filter or order is not valid, the format is not known, or pandas is
            wanted and not installed.
    """
    if output_format not in {"pandas", "list"}:
        raise InvalidValue(f"{output_format!r} is not an output format. Use 'pandas' or 'list'.")
    pandas = load_pandas("search_logged_models") if output_format == "pandas" else None
    client, found, token = Client(), list[LoggedModel](), None
    ids = list(experiment_ids) if experiment_ids else [_experiment()]
    while max_results is None or len(found) < max_results:
        size = None if max_results is None else max_results - len(found)
        page = client.search_logged_models(ids, filter_string, datasets, size, order_by, token)
        found += page
        token = page.token
        if token is None:
            break
    if pandas is None:
        return found
    frame: pd.DataFrame = pandas.DataFrame(
        [dict(model) | {"status": str(model.status)} for model in found]
    )
    return frame


def _experiment() -> str:
    run = active.top()
    return run.info.experiment_id if run else active_experiment_id()
