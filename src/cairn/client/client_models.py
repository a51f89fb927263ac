"""Logged models, as the client offers them: create, find, change and delete them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cairn.artifact import transfer
from cairn.artifact.base import ArtifactStore
from cairn.artifact.paths import ArtifactPath
from cairn.client.client_base import ClientBase
from cairn.client.entities import FileInfo, LoggedModel, LoggedModelStatus, PagedList
from cairn.contract import models
from cairn.errors import InvalidValue

_PAGE = 100


class ModelsClient(ClientBase):
    """Create, find, change and delete logged models."""

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """Create a logged model; it is pending until `finalize_logged_model` is called.

        Raises:
            CairnError: the experiment does not exist or is deleted, or the name is not allowed.
        """
        request = models.CreateLoggedModel(
            experiment_id=str(experiment_id),
            name=name or "",
            source_run_id=source_run_id or "",
            tags=_tags(tags or {}),
            params=_params(params or {}),
            model_type=model_type or "",
            model_id=f"m-{uuid.uuid4().hex}",
        )
        return LoggedModel.from_message(self._service.create_logged_model(request).model)

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """A logged model, with the metrics that runs logged of it.

        Raises:
            DoesNotExist: there is none, or it is deleted.
        """
        request = models.GetLoggedModel(model_id=model_id)
        return LoggedModel.from_message(self._fresh().get_logged_model(request).model)

    def finalize_logged_model(self, model_id: str, status: LoggedModelStatus | str) -> LoggedModel:
        """Say that the artifacts of a logged model are complete (READY) or will not be (FAILED).

        Raises:
            DoesNotExist: there is no such model.
            InvalidValue: there is no such status.
        """
        known = {each.word: each for each in models.LoggedModelStatus}
        word = str(status)
        if word not in known:
            raise InvalidValue(f"{word!r} is not a status of a logged model. Use READY or FAILED.")
        request = models.FinalizeLoggedModel(model_id=model_id, status=known[word])
        return LoggedModel.from_message(self._fresh().finalize_logged_model(request).model)

    def delete_logged_model(self, model_id: str) -> None:
        """Hide a logged model.

        Raises:
            DoesNotExist: there is none.
        """
        self._service.delete_logged_model(models.LoggedModelRef(model_id=model_id))

    def log_model_params(self, model_id: str, params: Mapping[str, Any]) -> None:
        """Set params of a logged model, as text. A param keeps its first value.

        Raises:
            CairnError: there is no such model, or a param has another value already.
        """
        request = models.LogLoggedModelParams(model_id=model_id, params=_params(params))
        self._service.log_logged_model_params(request)

    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, Any]) -> None:
        """Set tags of a logged model, as text.

        Raises:
            DoesNotExist: there is no such model.
        """
        request = models.SetLoggedModelTags(model_id=model_id, tags=_tags(tags))
        self._service.set_logged_model_tags(request)

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag of a logged model.

        Raises:
            DoesNotExist: there is no such model, or it has no such tag.
        """
        request = models.DeleteLoggedModelTag(model_id=model_id, tag_key=key)
        self._service.delete_logged_model_tag(request)

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """One page of the logged models of some experiments that match a filter.

        Args:
            experiment_ids: experiments to look at.
            filter_string: for example ``"metrics.accuracy > 0.9 AND params.depth = '3'"``.
            datasets: the metrics of the filter are those on one of them; each is a dictionary with
                ``dataset_name`` and, if wanted, ``dataset_digest``.
            max_results: models of a page; 100 when None.
            order_by: dictionaries with ``field_name`` (an attribute or ``metrics.<key>``) and, if
                wanted, ``ascending``, ``dataset_name``, ``dataset_digest``; the newest first by
                default.
            page_token: where the page before ended.

        Raises:
            InvalidValue: the filter or an order is not valid.
        """
        request = models.SearchLoggedModels(
            experiment_ids=[str(each) for each in experiment_ids],
            filter=filter_string or "",
            datasets=[_known(models.ModelDataset, "dataset_name", each) for each in datasets or ()],
            max_results=_PAGE if max_results is None else max_results,
            order_by=[_known(models.ModelOrder, "field_name", each) for each in order_by or ()],
            page_token=page_token or None,
        )
        page = self._fresh().search_logged_models(request)
        found = [LoggedModel.from_message(model) for model in page.models]
        return PagedList(found, page.next_page_token or None)

    def log_model_artifact(
        self, model_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store a file in a folder of the artifacts of a logged model.

        Raises:
            CairnError: there is no such model or file, or the store refused it.
        """
        folder = ArtifactPath.folder(artifact_path)
        if Path(local_path).is_dir():
            folder = folder.join(Path(local_path).absolute().name)
        transfer.upload(local_path, self._model_artifacts(model_id), folder)

    def log_model_artifacts(
        self, model_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Store what a folder holds in a folder of the artifacts of a logged model.

        Raises:
            CairnError: there is no such model or folder, or the store refused a file.
        """
        folder = ArtifactPath.folder(artifact_path)
        transfer.upload(local_dir, self._model_artifacts(model_id), folder)

    def list_logged_model_artifacts(self, model_id: str, path: str | None = None) -> list[FileInfo]:
        """What a folder of the artifacts of a logged model holds, sorted by path.

        Raises:
            CairnError: there is no such model, or the path is not allowed.
        """
        found = self._model_artifacts(model_id).list(ArtifactPath.folder(path))
        return [FileInfo.from_message(info) for info in found]

    def _model_artifacts(self, model_id: str) -> ArtifactStore:
        from cairn.client.run_files import open_artifacts

        return open_artifacts(self.get_logged_model(model_id).artifact_location, self._place)


def _tags(given: Mapping[str, Any]) -> list[models.LoggedModelTag]:
    return [models.LoggedModelTag(key=key, value=str(value)) for key, value in given.items()]


def _params(given: Mapping[str, Any]) -> list[models.LoggedModelParam]:
    return [models.LoggedModelParam(key=key, value=str(value)) for key, value in given.items()]


def _known(kind: Any, needed: str, given: Mapping[str, Any]) -> Any:
    """A message from a dictionary.

    Raises:
        InvalidValue: it has what the message has not, or lacks what it needs.
    """
    unknown = given.keys() - set(kind.__struct_fields__)
    if unknown or not given.get(needed):
        raise InvalidValue(
            f"{dict(given)!r} needs {needed!r} and may have {', '.join(kind.__struct_fields__)}."
        )
    return kind(**given)
