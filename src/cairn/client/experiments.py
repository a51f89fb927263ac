"""Experiments for those who train: the active one, and the fluent functions about them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from cairn.client.client import Client
from cairn.client.client_runs import BY_NAME
from cairn.client.entities import Experiment
from cairn.client.states import ViewType
from cairn.contract.kinds import ACTIVE, DELETED
from cairn.errors import AlreadyExists, InvalidValue, Unavailable
from cairn.settings import EXPERIMENT_ID, EXPERIMENT_NAME

DEFAULT_EXPERIMENT_ID = "0"

_PAGE = 1000
_log = logging.getLogger("cairn")
_active_id: str | None = None


def set_experiment(
    experiment_name: str | None = None,
    experiment_id: str | None = None,
    trace_location: None = None,  # noqa: ARG001 - of a vendor's service
) -> Experiment:
    """Choose the experiment of the runs that start from now on, here and in child processes.

    An experiment that is named and does not exist is created. While the server is away it is
    known by its name alone, and its runs are begun here.

    Raises:
        InvalidValue: not exactly one of name and id is given, or the experiment is deleted.
        DoesNotExist: no experiment has this id.
    """
    global _active_id  # noqa: PLW0603 - one for the whole process, as the compatible API has it
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidValue("Give exactly one of experiment_name and experiment_id.")
    client = Client()
    if experiment_id is not None:
        found = client.get_experiment(experiment_id)
    else:
        found = _found_later(client, str(experiment_name))
    if found.lifecycle_stage == DELETED:
        raise InvalidValue(
            f"Experiment '{found.name}' is deleted, so it cannot be the active one. Restore it "
            f"with `cairn experiments restore --experiment-id {found.experiment_id}`, or choose "
            "another name."
        )
    _active_id = found.experiment_id
    for name in EXPERIMENT_ID.env:
        os.environ[name] = found.experiment_id
    for name in EXPERIMENT_NAME.env:
        os.environ.pop(name, None)
    return found


def _found_later(client: Client, name: str) -> Experiment:
    """The experiment of a name; one with this name and no id while its store is away."""
    if not client.away:
        try:
            return named(client.impatient(), name)
        except Unavailable as error:
            client.missed(error)
    return Experiment(f"{BY_NAME}{name}", name, "", ACTIVE)


def named(client: Client, name: str) -> Experiment:
    """The experiment of a name, created when it does not exist."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found
    try:
        created = client.create_experiment(name)
    except AlreadyExists:  # somebody was faster
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return found
    _log.info("Experiment '%s' did not exist and was created.", name)
    return client.get_experiment(created)


def active_experiment_id() -> str:
    """The experiment that a run started now belongs to.

    That of `set_experiment`, else of the settings ``experiment_id`` and ``experiment_name``, else
    the default experiment ``0``.

    Raises:
        InvalidValue: both settings are there, and they name different experiments.
    """
    if _active_id is not None:
        return _active_id
    by_id, by_name = EXPERIMENT_ID.get(), EXPERIMENT_NAME.get()
    if by_name is None:
        return by_id or DEFAULT_EXPERIMENT_ID
    found = _found_later(Client(), by_name)
    if by_id is not None and by_id != found.experiment_id:
        raise InvalidValue(
            f"CAIRN_EXPERIMENT_ID is {by_id}, but the experiment of CAIRN_EXPERIMENT_NAME "
            f"{by_name!r} is {found.experiment_id}. Set one of them."
        )
    return found.experiment_id


def create_experiment(
    name: str,
    artifact_location: str | None = None,
    tags: Mapping[str, Any] | None = None,
    trace_location: None = None,  # noqa: ARG001 - of a vendor's service
) -> str:
    """Create an experiment and return its id.

    Raises:
        AlreadyExists: an experiment has this name, a deleted one maybe.
        InvalidValue: the name or the location is not allowed.
    """
    return Client().create_experiment(name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """An experiment by its id, deleted ones too.

    Raises:
        DoesNotExist: there is none.
    """
    return Client().get_experiment(experiment_id)


def get_experiment_by_name(name: str) -> Experiment | None:
    """An experiment by its name, deleted ones too; None when there is none."""
    return Client().get_experiment_by_name(name)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """The experiments that match a filter; all of them unless `max_results` is given.

    Raises:
        InvalidValue: the filter or the order is not valid.
    """
    client, found, token = Client(), list[Experiment](), None
    while max_results is None or len(found) < max_results:
        size = _PAGE if max_results is None else min(_PAGE, max_results - len(found))
        page = client.search_experiments(view_type, size, filter_string, order_by, token)
        found += page
        token = page.token
        if token is None:
            break
    return found


def rename_experiment(experiment_id: str, new_name: str) -> None:
    """Give an active experiment another name.

    Raises:
        CairnError: it does not exist or is deleted, or the name is taken.
    """
    Client().rename_experiment(experiment_id, new_name)


def delete_experiment(experiment_id: str) -> None:
    """Hide an experiment and its runs.

    Raises:
        DoesNotExist: there is none, or it is deleted already.
    """
    Client().delete_experiment(experiment_id)


def restore_experiment(experiment_id: str) -> None:
    """Bring back a deleted experiment and the runs that were deleted with it.

    Raises:
        DoesNotExist: there is no deleted experiment of this id.
    """
    Client().restore_experiment(experiment_id)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag of the active experiment; the value is stored as text.

    Raises:
        CairnError: the experiment is deleted, or the tag is not allowed.
    """
    set_experiment_tags({key: value})


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set several tags of the active experiment.

    Raises:
        CairnError: the experiment is deleted, or a tag is not allowed.
    """
    client, experiment_id = Client(), active_experiment_id()
    for key, value in tags.items():
        client.set_experiment_tag(experiment_id, key, value)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag of the active experiment.

    Raises:
        DoesNotExist: it has no such tag.
    """
    Client().delete_experiment_tag(active_experiment_id(), key)
