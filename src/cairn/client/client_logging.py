"""Logging to runs, as the client offers it: metrics, params, tags, inputs, outputs.

A value that cannot be right is refused at once. What is accepted is delivered by the writer, within
the flush interval; ``synchronous=True`` waits until the server has acknowledged it, and
``synchronous=False`` returns a `Delivery` to wait for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cairn.client import entities, values
from cairn.client.client_base import ClientBase
from cairn.client.writer import Delivery
from cairn.contract import runs
from cairn.contract.kinds import MAX_DATASETS_PER_BATCH
from cairn.contract.runs import DeleteTag, LogInputs, LogOutputs, ModelInput, ModelOutput
from cairn.errors import InvalidValue


class LoggingClient(ClientBase):
    """Log to runs."""

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> Delivery | None:
        """Log one point of a metric, now (ms since epoch) and at step 0 unless given.

        Raises:
            InvalidValue: the key, the value, the time or the step is not allowed.
        """
        point = values.point(key, value, timestamp, step, model_id, dataset_name, dataset_digest)
        return self._delivered(run_id, self._writer.log_metric(run_id, point), synchronous)

    def log_metrics(
        self,
        run_id: str,
        metrics: Mapping[str, float],
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
    ) -> Delivery | None:
        """Log one point of each of several metrics, at one time and step; see `log_metric`.

        Raises:
            InvalidValue: one of them is not allowed; then none is logged.
        """
        time, at, points = values.points(metrics, timestamp, step)
        number = self._writer.log_metrics(run_id, points, time, at)
        return self._delivered(run_id, number, synchronous)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log a param, as text, and return the value as given. A param keeps its first value.

        Raises:
            InvalidValue: the key is not allowed, or the param has another value already.
        """
        number = self._writer.log_batch(run_id, params=[values.param(key, value)])
        delivery = self._delivered(run_id, number, synchronous)
        return value if delivery is None else delivery

    def set_tag(
        self, run_id: str, key: str, value: Any, synchronous: bool | None = None
    ) -> Delivery | None:
        """Set a tag of a run, as text.

        Raises:
            InvalidValue: the key is not allowed.
        """
        number = self._writer.log_batch(run_id, tags=[values.tag(key, value)])
        return self._delivered(run_id, number, synchronous)

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag of a run.

        Raises:
            DoesNotExist: the run does not exist, or has no such tag.
        """
        self._fresh(run_id).delete_tag(DeleteTag(run_id=run_id, key=key))

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[entities.Metric] = (),
        params: Sequence[entities.Param] = (),
        tags: Sequence[entities.RunTag] = (),
        synchronous: bool | None = None,
    ) -> Delivery | None:
        """Log any number of metrics, params and tags of a run.

        Raises:
            InvalidValue: one of them is not allowed; then none is logged.
        """
        points = [
            values.point(
                metric.key,
                metric.value,
                metric.timestamp,
                metric.step,
                metric.model_id,
                metric.dataset_name,
                metric.dataset_digest,
            )
            for metric in metrics
        ]
        number = self._writer.log_batch(
            run_id,
            points,
            [values.param(param.key, param.value) for param in params],
            [values.tag(tag.key, tag.value) for tag in tags],
        )
        return self._delivered(run_id, number, synchronous)

    def log_points(
        self, run_id: str, points: Sequence[runs.Metric], synchronous: bool | None = None
    ) -> Delivery | None:
        """Log points that `cairn.client.values.point` made."""
        return self._delivered(run_id, self._writer.log_batch(run_id, points), synchronous)

    def log_texts(
        self,
        run_id: str,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        synchronous: bool | None = None,
    ) -> Delivery | None:
        """Log params and tags by key, as text.

        Raises:
            InvalidValue: one of them is not allowed; then none is logged.
        """
        number = self._writer.log_batch(
            run_id, params=values.params(params or {}), tags=values.tags(tags)
        )
        return self._delivered(run_id, number, synchronous)

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[entities.DatasetInput] | None = None,
        models: Sequence[entities.LoggedModelInput] | None = None,
    ) -> None:
        """Record which datasets and models a run read.

        Raises:
            InvalidValue: a name, digest or text of a dataset is longer than allowed.
        """
        used = [dataset.to_message() for dataset in datasets or ()]
        for dataset in used:
            _check_dataset(dataset.dataset.name, dataset.dataset.digest)
        for at in range(0, len(used), MAX_DATASETS_PER_BATCH):
            part = used[at : at + MAX_DATASETS_PER_BATCH]
            self._writer.submit(LogInputs(run_id=run_id, datasets=part))
        if models:
            read = [ModelInput(model_id=model.model_id) for model in models]
            self._writer.submit(LogInputs(run_id=run_id, models=read))

    def log_outputs(self, run_id: str, models: Sequence[entities.LoggedModelOutput]) -> None:
        """Record which models a run made, and at which step."""
        made = [ModelOutput(model_id=model.model_id, step=model.step) for model in models]
        if made:
            self._writer.submit(LogOutputs(run_id=run_id, models=made))


def _check_dataset(name: str, digest: str) -> None:
    if len(name) > 500 or len(digest) > 36:
        raise InvalidValue(
            f"The dataset {name[:40]!r} has a name of {len(name)} and a digest of {len(digest)} "
            "characters. At most 500 and 36 are allowed."
        )
