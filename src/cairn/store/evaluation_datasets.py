"""Evaluation datasets in the database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cairn.contract.datasets import (
    CreateEvaluationDataset,
    DatasetExperiments,
    DeleteEvaluationDatasetTag,
    DeleteRecords,
    EvaluationDataset,
    EvaluationDatasetRef,
    EvaluationDatasetReply,
    EvaluationDatasetsPage,
    ExperimentIdsReply,
    GetRecords,
    RecordsDeleted,
    RecordsPage,
    RecordsUpserted,
    SearchEvaluationDatasets,
    SetEvaluationDatasetTags,
    UpsertRecords,
)
from cairn.errors import DoesNotExist
from cairn.store import changes, evaluation_records, keyset, search
from cairn.store.base import (
    Lock,
    StoreBase,
    blocks,
    find_experiment,
    insert,
    now,
    parse_experiment_id,
)
from cairn.store.entities import DATASETS
from cairn.store.evaluation_records import PARTS, Record
from cairn.store.experiments import check_max_results
from cairn.store.keyset import Term
from cairn.store.schema import (
    evaluation_dataset,
    evaluation_dataset_experiment,
    evaluation_dataset_tag,
    evaluation_record,
)
from cairn.store.upsert import replace_value, upsert

_USER = "mlflow.user"


class DatasetStore(StoreBase):
    """Implements the operations of `cairn.contract.datasets.EvaluationDatasets`."""

    def create_evaluation_dataset(self, request: CreateEvaluationDataset) -> EvaluationDatasetReply:
        """Create an evaluation dataset."""
        tags = evaluation_records.parse_object("tags", request.tags)
        author = str(tags[_USER])[:255] if tags.get(_USER) else request.created_by
        time, dataset_id = now(), f"d-{uuid.uuid4().hex}"
        row = {
            "dataset_id": dataset_id,
            "name": request.name,
            "digest": evaluation_records.digest([request.name, time])[:8],
            "created_time": time,
            "last_update_time": time,
            "created_by": author,
            "last_updated_by": author,
        }

        def work(connection: Connection) -> EvaluationDatasetReply:
            owners = _experiments(connection, request.experiment_ids)
            new = insert(connection, evaluation_dataset, row)
            _add_experiments(connection, new, owners)
            _set_tags(connection, new, tags)
            line = changes.Entry("dataset", dataset_id, None, "create", {"name": request.name})
            changes.record(connection, [line])
            return EvaluationDatasetReply(dataset=_load(connection, [new])[0])

        return self.db.write(work)

    def search_evaluation_datasets(
        self, request: SearchEvaluationDatasets
    ) -> EvaluationDatasetsPage:
        """Return a page of evaluation datasets that match a filter."""
        check_max_results(request.max_results)
        link = evaluation_dataset_experiment.c
        base: sa.ColumnElement[bool] = sa.true()
        if request.experiment_ids:
            ids = list(map(parse_experiment_id, request.experiment_ids))
            used = sa.select(sa.literal(1)).where(
                link.dataset == evaluation_dataset.c.id, link.experiment.in_(ids)
            )
            base = used.correlate(evaluation_dataset).exists()
        with self.db.read() as connection:
            found, token = search.page(
                connection,
                DATASETS,
                base=base,
                filter=request.filter_string,
                order_by=request.order_by,
                max_results=request.max_results,
                page_token=request.page_token,
            )
            return EvaluationDatasetsPage(datasets=_load(connection, found), next_page_token=token)

    def get_evaluation_dataset(self, request: EvaluationDatasetRef) -> EvaluationDatasetReply:
        """Return an evaluation dataset, without its records."""
        with self.db.read() as connection:
            row = _find(connection, request.dataset_id)
            return EvaluationDatasetReply(dataset=_load(connection, [row.id])[0])

    def delete_evaluation_dataset(self, request: EvaluationDatasetRef) -> None:
        """Delete an evaluation dataset with its records, for good."""

        def work(connection: Connection) -> None:
            row = _look_up(connection, request.dataset_id)
            if row is not None:
                named = evaluation_dataset.c.id == row.id
                connection.execute(sa.delete(evaluation_dataset).where(named))
                changes.record(connection, [changes.of_dataset(row, "delete")])

        self.db.write(work)

    def set_evaluation_dataset_tags(self, request: SetEvaluationDatasetTags) -> None:
        """Set tags of an evaluation dataset."""
        tags = evaluation_records.parse_object("tags", request.tags)

        def work(connection: Connection) -> None:
            row = _find(connection, request.dataset_id, lock=True)
            _set_tags(connection, row.id, tags)
            _update(connection, row, "set tags", changes.keys(tags))

        self.db.write(work)

    def delete_evaluation_dataset_tag(self, request: DeleteEvaluationDatasetTag) -> None:
        """Remove a tag of an evaluation dataset."""
        tag = evaluation_dataset_tag.c

        def work(connection: Connection) -> None:
            row = _look_up(connection, request.dataset_id)
            if row is not None:
                named = sa.and_(tag.dataset == row.id, tag.key == request.key)
                if connection.execute(sa.delete(evaluation_dataset_tag).where(named)).rowcount:
                    _update(connection, row, "delete tag", changes.keys([request.key]))

        self.db.write(work)

    def upsert_records(self, request: UpsertRecords) -> RecordsUpserted:
        """Add records to an evaluation dataset, or change those with the same inputs."""
        given: dict[str, Record] = {}
        records = evaluation_records.parse_records(request.records)
        for record in records:
            inputs = record.get("inputs") or {}
            known = given.get(hash_ := evaluation_records.digest(inputs), {})
            given[hash_] = evaluation_records.merge(known, {**record, "inputs": inputs})

        def work(connection: Connection) -> RecordsUpserted:
            row = _find(connection, request.dataset_id, lock=True)
            changed = _change_records(connection, row, given, request.updated_by)
            _add_records(connection, row, given, changed, request.updated_by)
            inserted = len(given) - len(changed)
            done = RecordsUpserted(inserted_count=inserted, updated_count=len(records) - inserted)
            if given:
                detail = {"inserted": done.inserted_count, "updated": done.updated_count}
                columns = {
                    "schema": evaluation_records.describe(row.schema, given.values()),
                    "digest": evaluation_records.digest([row.digest, given])[:8],
                    "profile": _profile(connection, row),
                    "last_updated_by": request.updated_by,
                }
                _update(connection, row, "upsert records", detail, **columns)
            return done

        return self.db.write(work)

    def get_records(self, request: GetRecords) -> RecordsPage:
        """Return a page of the records of an evaluation dataset."""
        terms = [Term(evaluation_record.c.id, False, False)]
        with self.db.read() as connection:
            row = _find(connection, request.dataset_id)
            ids, token = keyset.fetch(
                connection,
                sa.select(evaluation_record.c.id).where(evaluation_record.c.dataset == row.id),
                terms,
                digest=keyset.digest("records", request.dataset_id),
                max_results=request.max_results,
                page_token=request.page_token,
            )
            records = _load_records(connection, request.dataset_id, ids)
        return RecordsPage(records=json.dumps(records, ensure_ascii=False), next_page_token=token)

    def delete_records(self, request: DeleteRecords) -> RecordsDeleted:
        """Delete records of an evaluation dataset."""

        def work(connection: Connection) -> RecordsDeleted:
            row = _find(connection, request.dataset_id, lock=True)
            gone = sa.delete(evaluation_record).where(
                evaluation_record.c.dataset == row.id,
                evaluation_record.c.record_id.in_(request.dataset_record_ids),
            )
            deleted = connection.execute(gone).rowcount
            if deleted:
                detail = {"deleted": deleted}
                profile = _profile(connection, row)
                _update(connection, row, "delete records", detail, profile=profile)
            return RecordsDeleted(deleted_count=deleted)

        return self.db.write(work)

    def get_dataset_experiments(self, request: EvaluationDatasetRef) -> ExperimentIdsReply:
        """Return which experiments use an evaluation dataset."""
        with self.db.read() as connection:
            row = _find(connection, request.dataset_id)
            return ExperimentIdsReply(experiment_ids=_load(connection, [row.id])[0].experiment_ids)

    def add_dataset_experiments(self, request: DatasetExperiments) -> EvaluationDatasetReply:
        """Say that more experiments use an evaluation dataset."""

        def work(connection: Connection) -> EvaluationDatasetReply:
            owners = _experiments(connection, request.experiment_ids)
            row = _find(connection, request.dataset_id, lock=True)
            _add_experiments(connection, row.id, owners)
            _update(connection, row, "add experiments", changes.keys(request.experiment_ids))
            return EvaluationDatasetReply(dataset=_load(connection, [row.id])[0])

        return self.db.write(work)

    def remove_dataset_experiments(self, request: DatasetExperiments) -> EvaluationDatasetReply:
        """Say that experiments do not use an evaluation dataset any more."""
        ids = list(map(parse_experiment_id, request.experiment_ids))

        def work(connection: Connection) -> EvaluationDatasetReply:
            row = _find(connection, request.dataset_id, lock=True)
            link = evaluation_dataset_experiment.c
            named = sa.and_(link.dataset == row.id, link.experiment.in_(ids))
            connection.execute(sa.delete(evaluation_dataset_experiment).where(named))
            _update(connection, row, "remove experiments", changes.keys(request.experiment_ids))
            return EvaluationDatasetReply(dataset=_load(connection, [row.id])[0])

        return self.db.write(work)


def _look_up(connection: Connection, dataset_id: str, *, lock: bool = True) -> Row[Any] | None:
    query = sa.select(evaluation_dataset).where(evaluation_dataset.c.dataset_id == dataset_id)
    return connection.execute(
        query.with_for_update(key_share=True) if lock else query
    ).one_or_none()


def _find(connection: Connection, dataset_id: str, *, lock: bool = False) -> Row[Any]:
    row = _look_up(connection, dataset_id, lock=lock)
    if row is None:
        raise DoesNotExist(f"Evaluation dataset with id '{dataset_id}' not found")
    return row


def _experiments(connection: Connection, ids: Sequence[str]) -> list[int]:
    """Rows of experiments, held until the transaction ends, in the order of their keys."""
    wanted = sorted(set(map(parse_experiment_id, ids)))
    return [find_experiment(connection, str(id_), lock=Lock.SHARED).id for id_ in wanted]


def _add_experiments(connection: Connection, dataset: int, experiments: Sequence[int]) -> None:
    rows = [{"dataset": dataset, "experiment": experiment} for experiment in experiments]
    upsert(connection, evaluation_dataset_experiment, rows)


def _set_tags(connection: Connection, dataset: int, tags: Mapping[str, Any]) -> None:
    texts = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in tags.items()
        if value is not None
    }
    rows = [{"dataset": dataset, "key": key, "value": texts[key]} for key in sorted(texts)]
    upsert(connection, evaluation_dataset_tag, rows, replace_value)
    gone = sorted(tags.keys() - texts.keys())
    if gone:
        tag = evaluation_dataset_tag.c
        named = sa.and_(tag.dataset == dataset, tag.key.in_(gone))
        connection.execute(sa.delete(evaluation_dataset_tag).where(named))


def _update(
    connection: Connection,
    row: Row[Any],
    what: str,
    detail: Mapping[str, Any] | None = None,
    **columns: object,
) -> None:
    """Change columns of a dataset, and its time of change, and log it."""
    columns["last_update_time"] = now()
    mine = evaluation_dataset.c.id == row.id
    connection.execute(sa.update(evaluation_dataset).where(mine).values(**columns))
    changes.record(connection, [changes.of_dataset(row, what, detail)])


def _profile(connection: Connection, row: Row[Any]) -> str:
    records = sa.select(sa.func.count()).where(evaluation_record.c.dataset == row.id)
    return json.dumps({"num_records": connection.execute(records).scalar_one()})


def _change_records(
    connection: Connection, row: Row[Any], given: Mapping[str, Record], author: str | None
) -> set[str]:
    """Change the records whose inputs are among those given; returns their hashes."""
    c = evaluation_record.c
    query = sa.select(evaluation_record).where(c.dataset == row.id, c.input_hash.in_(given))
    found = connection.execute(query).all()
    values = [
        _columns(evaluation_records.merge(_parts(old), given[old.input_hash]))
        | {"row": old.id, "last_update_time": now(), "last_updated_by": author}
        for old in found
    ]
    if values:
        names = [name for name in values[0] if name != "row"]
        bound: dict[str, Any] = {name: sa.bindparam(name) for name in names}
        mine = c.id == sa.bindparam("row")
        connection.execute(sa.update(evaluation_record).where(mine).values(bound), values)
    return {old.input_hash for old in found}


def _add_records(
    connection: Connection,
    row: Row[Any],
    given: Mapping[str, Record],
    known: set[str],
    author: str | None,
) -> None:
    time = now()
    rows = [
        {
            "record_id": f"dr-{uuid.uuid4().hex}",
            "dataset": row.id,
            "input_hash": hash_,
            "created_time": time,
            "last_update_time": time,
            "created_by": author,
            "last_updated_by": author,
            **_columns(record),
        }
        for hash_, record in given.items()
        if hash_ not in known
    ]
    if rows:
        connection.execute(evaluation_record.insert(), rows)


def _columns(record: Record) -> dict[str, Any]:
    kept = {part: None if record.get(part) is None else json.dumps(record[part]) for part in PARTS}
    return kept | evaluation_records.source_of(record)


def _parts(row: Row[Any]) -> Record:
    texts = {part: getattr(row, part) for part in PARTS}
    return {part: json.loads(text) for part, text in texts.items() if text is not None}


def _load_records(connection: Connection, dataset_id: str, ids: Sequence[int]) -> list[Record]:
    found: list[Record] = []
    for block in blocks(ids):
        query = sa.select(evaluation_record).where(evaluation_record.c.id.in_(block))
        for row in connection.execute(query.order_by(evaluation_record.c.id)):
            names = ("source_type", "source_id", "created_time", "last_update_time")
            facts = {name: getattr(row, name) for name in (*names, "created_by", "last_updated_by")}
            given = {name: value for name, value in facts.items() if value is not None}
            record = {"tags": {}, "outputs": {}} | _parts(row) | given
            found.append({"dataset_record_id": row.record_id, "dataset_id": dataset_id, **record})
    return found


def _load(connection: Connection, ids: Sequence[int]) -> list[EvaluationDataset]:
    """Datasets by row id, in the order given; three queries for each 10,000."""
    found: dict[int, EvaluationDataset] = {}
    tag, link = evaluation_dataset_tag, evaluation_dataset_experiment
    for block in blocks(ids):
        tags: dict[int, dict[str, str]] = {}
        query = sa.select(tag).where(tag.c.dataset.in_(block)).order_by(tag.c.dataset, tag.c.key)
        for owner, key, value in connection.execute(query):
            tags.setdefault(owner, {})[key] = value
        for row in connection.execute(
            sa.select(evaluation_dataset).where(evaluation_dataset.c.id.in_(block))
        ):
            found[row.id] = EvaluationDataset(
                dataset_id=row.dataset_id,
                name=row.name,
                tags=json.dumps(tags.get(row.id, {}), ensure_ascii=False),
                digest=row.digest,
                created_time=row.created_time,
                last_update_time=row.last_update_time,
                schema=row.schema,
                profile=row.profile,
                created_by=row.created_by,
                last_updated_by=row.last_updated_by,
                experiment_ids=[],
            )
        links = sa.select(link).where(link.c.dataset.in_(block)).order_by(*link.primary_key)
        for owner, experiment in connection.execute(links):
            found[owner].experiment_ids.append(str(experiment))
    return [found[id_] for id_ in ids]
