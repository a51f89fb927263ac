"""Experiments, as the client offers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cairn.client.client_base import ClientBase
from cairn.client.entities import Experiment, PagedList
from cairn.client.states import ViewType
from cairn.contract.experiments import (
    CreateExperiment,
    DeleteExperimentTag,
    ExperimentRef,
    ExperimentTag,
    GetExperimentByName,
    SearchExperiments,
    SetExperimentTag,
    UpdateExperiment,
)
from cairn.contract.kinds import MAX_RESULTS
from cairn.errors import DoesNotExist


class ExperimentsClient(ClientBase):
    """Create, find, change and delete experiments."""

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Create an experiment and return its id.

        Raises:
            AlreadyExists: an experiment has this name, a deleted one maybe.
            InvalidValue: the name or the location is not allowed.
        """
        pairs = [ExperimentTag(key=key, value=str(value)) for key, value in (tags or {}).items()]
        request = CreateExperiment(
            name=name,
            artifact_location=None if artifact_location is None else str(artifact_location),
            tags=pairs,
        )
        return self._service.create_experiment(request).experiment_id

    def get_experiment(self, experiment_id: str) -> Experiment:
        """An experiment by its id, deleted ones too.

        Raises:
            DoesNotExist: there is none.
        """
        reply = self._service.get_experiment(ExperimentRef(experiment_id=str(experiment_id)))
        return Experiment.from_message(reply.experiment)

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """An experiment by its name, deleted ones too; None when there is none."""
        try:
            reply = self._service.get_experiment_by_name(GetExperimentByName(experiment_name=name))
        except DoesNotExist:
            return None
        return Experiment.from_message(reply.experiment)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = 1000,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """One page of the experiments that match a filter; at most 50,000.

        Raises:
            InvalidValue: the filter, the order or the number is not valid.
        """
        request = SearchExperiments(
            view_type=ViewType.to_message(view_type),
            max_results=MAX_RESULTS if max_results is None else max_results,
            filter=filter_string or "",
            order_by=order_by or [],
            page_token=page_token,
        )
        page = self._service.search_experiments(request)
        found = [Experiment.from_message(experiment) for experiment in page.experiments]
        return PagedList(found, page.next_page_token or None)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Give an active experiment another name.

        Raises:
            CairnError: it does not exist or is deleted, or the name is taken.
        """
        request = UpdateExperiment(experiment_id=str(experiment_id), new_name=new_name)
        self._service.update_experiment(request)

    def delete_experiment(self, experiment_id: str) -> None:
        """Hide an experiment and its runs.

        Raises:
            DoesNotExist: there is none, or it is deleted already.
        """
        self._fresh().delete_experiment(ExperimentRef(experiment_id=str(experiment_id)))

    def restore_experiment(self, experiment_id: str) -> None:
        """Bring back a deleted experiment and the runs that were deleted with it.

        Raises:
            DoesNotExist: there is no deleted experiment of this id.
        """
        self._service.restore_experiment(ExperimentRef(experiment_id=str(experiment_id)))

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set a tag of an active experiment; the value is stored as text.

        Raises:
            CairnError: the experiment does not exist or is deleted, or the tag is not allowed.
        """
        self._service.set_experiment_tag(
            SetExperimentTag(experiment_id=str(experiment_id), key=key, value=str(value))
        )

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag of an active experiment.

        Raises:
            DoesNotExist: the experiment does not exist, or has no such tag.
        """
        self._service.delete_experiment_tag(
            DeleteExperimentTag(experiment_id=str(experiment_id), key=key)
        )
