"""Experiments: what groups runs."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from cairn.contract.kinds import (
    MAX_ARTIFACT_LOCATION_LENGTH,
    MAX_EXPERIMENT_NAME_LENGTH,
    MAX_EXPERIMENT_TAG_VALUE_LENGTH,
    ExperimentId,
    Key,
    Millis,
    PageToken,
    ViewType,
)
from cairn.contract.op import Message, op

ExperimentName = Annotated[str, Meta(min_length=1, max_length=MAX_EXPERIMENT_NAME_LENGTH)]
ExperimentTagValue = Annotated[str, Meta(max_length=MAX_EXPERIMENT_TAG_VALUE_LENGTH)]
ArtifactLocation = Annotated[str, Meta(max_length=MAX_ARTIFACT_LOCATION_LENGTH)]


class ExperimentTag(Message):
    """A key and value attached to an experiment."""

    key: Key
    value: ExperimentTagValue


class Experiment(Message):
    """An experiment as the server answers it."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: Millis
    creation_time: Millis
    tags: list[ExperimentTag] = []


class CreateExperiment(Message):
    """Request to create an experiment. Names are unique, deleted experiments included."""

    name: ExperimentName
    artifact_location: ArtifactLocation | None = None
    tags: list[ExperimentTag] = []


class ExperimentCreated(Message):
    """The identifier of the new experiment."""

    experiment_id: str


class ExperimentRef(Message):
    """A request that names one experiment."""

    experiment_id: ExperimentId


class GetExperimentByName(Message):
    """A request that names one experiment by its name."""

    experiment_name: Annotated[str, Meta(min_length=1)]


class ExperimentReply(Message):
    """One experiment."""

    experiment: Experiment


class UpdateExperiment(Message):
    """Request to rename an experiment."""

    experiment_id: ExperimentId
    new_name: ExperimentName


class SearchExperiments(Message):
    """A page of experiments. `max_results` must be given: 1 to 50,000.

    `filter` and `order_by` follow the grammar of the guide's search page.
    """

    max_results: int = 0
    page_token: PageToken | None = None
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewType = ViewType.ACTIVE_ONLY


class ExperimentsPage(Message):
    """Experiments and the cursor of the next page, absent on the last one."""

    experiments: list[Experiment] = []
    next_page_token: str | None = None


class SetExperimentTag(Message):
    """Request to set a tag of an experiment; a missing value is stored as empty."""

    experiment_id: ExperimentId
    key: Key
    value: ExperimentTagValue = ""


class DeleteExperimentTag(Message):
    """Request to remove a tag of an experiment."""

    experiment_id: ExperimentId
    key: Key


class GetActivity(Message):
    """Request for the activity of some experiments, at most 1,000."""

    experiment_id: Annotated[list[ExperimentId], Meta(min_length=1, max_length=1000)]


class Activity(Message):
    """How busy an experiment is. Only active runs count."""

    experiment_id: str
    run_count: int
    running_count: int
    last_start_time: Millis | None = None


class Activities(Message):
    """One entry for each experiment that exists, in the order asked."""

    activities: list[Activity] = []


class Experiments(Protocol):
    """Create, find, change and delete experiments."""

    @op("POST experiments/create", needs="create experiment")
    def create_experiment(self, request: CreateExperiment) -> ExperimentCreated:
        """Create an experiment."""
        ...

    @op("GET experiments/get", needs="read experiment")
    def get_experiment(self, request: ExperimentRef) -> ExperimentReply:
        """Return an experiment, deleted ones too."""
        ...

    @op("GET experiments/get-by-name", needs="read experiment")
    def get_experiment_by_name(self, request: GetExperimentByName) -> ExperimentReply:
        """Return the experiment that has this name, deleted ones too."""
        ...

    @op("POST experiments/search", "GET experiments/search", needs="read experiment")
    def search_experiments(self, request: SearchExperiments) -> ExperimentsPage:
        """Return a page of experiments that match a filter."""
        ...

    @op("POST experiments/update", needs="edit experiment")
    def update_experiment(self, request: UpdateExperiment) -> None:
        """Rename an active experiment."""
        ...

    @op("POST experiments/delete", needs="delete experiment")
    def delete_experiment(self, request: ExperimentRef) -> None:
        """Hide an experiment and its runs. `restore_experiment` brings them back."""
        ...

    @op("POST experiments/restore", needs="delete experiment")
    def restore_experiment(self, request: ExperimentRef) -> None:
        """Bring back a deleted experiment and the runs that were deleted with it."""
        ...

    @op("POST experiments/set-experiment-tag", needs="edit experiment")
    def set_experiment_tag(self, request: SetExperimentTag) -> None:
        """Set a tag of an active experiment."""
        ...

    @op("POST experiments/delete-experiment-tag", needs="edit experiment")
    def delete_experiment_tag(self, request: DeleteExperimentTag) -> None:
        """Remove a tag of an active experiment."""
        ...

    @op("GET v1 experiments/activity", needs="read experiment")
    def get_activity(self, request: GetActivity) -> Activities:
        """Return how many runs some experiments have and when the last one started."""
        ...
