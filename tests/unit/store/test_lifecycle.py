"""Many runs at once on every database: how many statements, and what random calls leave."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from cairn.contract.experiments import CreateExperiment, ExperimentRef
from cairn.contract.lifecycle import (
    CopyRuns,
    MoveRuns,
    PurgeRuns,
    RunsChanged,
    SomeRuns,
    TagRuns,
)
from cairn.contract.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    LogBatch,
    LogInputs,
    Metric,
    Param,
    RunRef,
    RunTag,
)
from cairn.errors import CairnError, InvalidValue
from cairn.store import Store, schema
from cairn.store.copies import COPIED
from cairn.store.schema import param, run, tag

NewRun = Callable[[], str]
MANY = 10_000


@contextmanager
def counted(*kinds: str) -> Iterator[list[str]]:
    """The statements of these kinds that run meanwhile."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split(None, 1)[0].upper() in kinds:
            found.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(Engine, "before_cursor_execute", note)


def fill(store: Store, number: int, experiment: int = 0, first: int = 0) -> list[str]:
    """Runs with a param and a tag; each second one is nested in the one before."""
    ids = [f"{n:032x}" for n in range(first, first + number)]

    def work(connection: sa.Connection) -> None:
        rows = [
            {
                "run_id": id_,
                "experiment": experiment,
                "name": "n",
                "user_id": "",
                "status": "FINISHED",
                "start_time": n,
                "artifact_uri": f"{store.artifact_root}/{experiment}/{id_}/artifacts",
                "lifecycle_stage": "active",
            }
            for n, id_ in enumerate(ids)
        ]
        connection.execute(run.insert(), rows)
        chosen = sa.select(run.c.id, sa.literal("k"), sa.literal("v")).where(run.c.run_id.in_(ids))
        for table in (param, tag):
            connection.execute(table.insert().from_select(["run", "key", "value"], chosen))
        query = sa.select(run.c.run_id, run.c.id).where(run.c.run_id.in_(ids))
        row_of = dict(connection.execute(query).all())
        nested = [
            {"run": row_of[child], "key": schema.PARENT_RUN_ID, "value": parent}
            for parent, child in zip(ids[::2], ids[1::2], strict=False)
        ]
        connection.execute(tag.insert(), nested)

    store.db.write(work)
    return ids


def test_ten_thousand_runs_take_as_few_statements_as_ten(store: Store) -> None:
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    tags = [RunTag(key="a", value="1"), RunTag(key="b", value="2")]
    calls: dict[str, Callable[[list[str]], object]] = {
        "tag": lambda ids: store.tag_runs(TagRuns(run_ids=ids, tags=tags, remove=["k"])),
        "delete": lambda ids: store.delete_runs(SomeRuns(run_ids=ids, nested=True)),
        "restore": lambda ids: store.restore_runs(SomeRuns(run_ids=ids, nested=True)),
        "move": lambda ids: store.move_runs(
            MoveRuns(run_ids=ids, experiment_id=other, nested=True)
        ),
    }
    numbers: dict[str, list[int]] = {name: [] for name in calls}
    for size, first in ((10, 0), (MANY, 1_000_000)):
        ids = fill(store, size, first=first)
        for name, call in calls.items():
            with counted("SELECT", "INSERT", "UPDATE", "DELETE") as statements:
                reply = call(ids)
            assert isinstance(reply, RunsChanged)
            assert (reply.changed, reply.not_found) == (size, [])
            numbers[name].append(len(statements))
    assert all(few == many <= 16 for few, many in numbers.values()), numbers
    with store.db.read() as connection:
        query = sa.select(sa.func.count()).select_from(tag).where(tag.c.key.in_(["a", "b", "k"]))
        assert connection.execute(query).scalar() == 2 * (MANY + 10)
        moved = sa.select(sa.func.count()).select_from(run).where(run.c.experiment == int(other))
        assert connection.execute(moved).scalar() == MANY + 10


@pytest.mark.slow
def test_ten_thousand_runs_are_copied_and_purged_in_one_call_each(store: Store) -> None:
    ids = fill(store, MANY)
    with counted("SELECT", "UPDATE", "DELETE") as statements:
        reply = store.copy_runs(CopyRuns(run_ids=ids, experiment_id="0"))
    assert len(reply.copies) == MANY
    assert len(statements) <= 24
    with store.db.read() as connection:
        parents = sa.select(tag.c.value).where(tag.c.key == schema.PARENT_RUN_ID)
        found = set(connection.execute(parents).scalars())
    copies = {copy.copied_from: copy.run_id for copy in reply.copies}
    assert found == {*ids[::2], *(copies[id_] for id_ in ids[::2])}
    with counted("SELECT", "UPDATE", "DELETE", "INSERT") as statements:
        purged = store.purge_runs(PurgeRuns(run_ids=list(copies.values()), force=True))
    assert purged.runs == MANY
    assert len(statements) <= 16 * MANY // 100
    with store.db.read() as connection:
        for table, each in ((run, 1), (param, 1), (tag, 1.5)):
            count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            assert count == MANY * each


def lines(store: Store, run_id: str) -> list[tuple[object, ...]]:
    c = schema.change.c
    query = sa.select(c.experiment, c.what, c.detail).where(c.entity == run_id).order_by(c.id)
    with store.db.read() as connection:
        return [
            (row.experiment, row.what, json.loads(row.detail)) for row in connection.execute(query)
        ]


def test_every_run_that_is_changed_has_a_line(store: Store, new_run: NewRun) -> None:
    other = int(store.create_experiment(CreateExperiment(name="other")).experiment_id)
    one, two = new_run(), new_run()
    store.delete_runs(SomeRuns(run_ids=[two]))
    store.restore_runs(SomeRuns(run_ids=[one, two]))  # one of them is active already
    tags = [RunTag(key="a", value="1")]
    store.tag_runs(TagRuns(run_ids=[two], tags=tags, remove=["b"]))
    store.move_runs(MoveRuns(run_ids=[two], experiment_id=str(other)))
    (copy,) = store.copy_runs(CopyRuns(run_ids=[two], experiment_id="0")).copies
    store.purge_runs(PurgeRuns(run_ids=[two], force=True))
    moved = {"experiment_id": ["0", str(other)]}
    assert [line[1] for line in lines(store, one)] == ["create"]
    assert lines(store, two)[1:] == [
        (0, "delete", {}),
        (0, "restore", {}),
        (0, "set tags", {"keys": ["a"]}),
        (0, "delete tags", {"keys": ["b"]}),
        (0, "move", moved),
        (other, "move", moved),
        (other, "delete", {}),
        (other, "purge", {}),
    ]
    assert lines(store, copy.run_id) == [
        (0, "begin copy", {"copied_from": two}),
        (0, "create", {"copied_from": two}),
    ]


def test_every_table_of_a_run_is_copied_or_left_out_knowingly() -> None:
    of_runs = {
        table.name
        for table in schema.metadata.tables.values()
        if any(key.column.table is run for key in table.foreign_keys)
    }
    by_hand = {"metric_batch", "tag", "run_input"}
    left_out = {"metric_source", "model_metric", "trace_run"}
    assert of_runs == {table.name for table in COPIED} | by_hand | left_out


@dataclasses.dataclass
class Model:
    """A run as a plain Python program sees it."""

    experiment: str
    parent: str | None
    deleted: bool = False
    tags: dict[str, str] = dataclasses.field(default_factory=dict)
    origin: str | None = None


class World:
    """The same calls on a store and on a dictionary."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.runs: dict[str, Model] = {}
        names = (f"e{n}" for n in range(2))
        made = [store.create_experiment(CreateExperiment(name=n)).experiment_id for n in names]
        self.experiments = ["0", *made]

    def create(self) -> None:
        parent = self.random.choice([None, *self.runs])
        experiment = self.random.choice(self.experiments)
        tags = [] if parent is None else [RunTag(key=schema.PARENT_RUN_ID, value=parent)]
        request = CreateRun(experiment_id=experiment, tags=tags)
        run_id = self.store.create_run(request).run.info.run_id
        self.runs[run_id] = Model(experiment, parent)
        data = Dataset(name=f"d{len(self.runs) % 3}", digest="1")
        self.store.log_inputs(LogInputs(run_id=run_id, datasets=[DatasetInput(dataset=data)]))
        points = [Metric(key="m", value=len(self.runs), timestamp=0, step=0)]
        self.store.log_batch(
            LogBatch(run_id=run_id, metrics=points, params=[Param(key="p", value=run_id)])
        )

    def step(self) -> None:
        named = self.random.sample(list(self.runs), self.random.randint(1, min(4, len(self.runs))))
        nested = self.random.random() < 0.5
        target = self.random.choice(self.experiments)
        below = set(named)
        while nested and (more := {k for k, m in self.runs.items() if m.parent in below} - below):
            below |= more
        if not nested:
            below = set(named)
        name = self.random.choice(["delete", "restore", "move", "copy", "purge", "tag"])
        call, refused = getattr(self, f"_{name}")(named, below, nested, target)
        if refused:
            with pytest.raises(InvalidValue):
                call()
        else:
            call()

    def _delete(self, named: list[str], chosen: set[str], nested: bool, _: str) -> object:
        def call() -> None:
            changed = [k for k in chosen if not self.runs[k].deleted]
            reply = self.store.delete_runs(SomeRuns(run_ids=named, nested=nested))
            assert reply.changed == len(changed)
            for k in changed:
                self.runs[k].deleted = True

        return call, False

    def _restore(self, named: list[str], chosen: set[str], nested: bool, _: str) -> object:
        def call() -> None:
            changed = [k for k in chosen if self.runs[k].deleted]
            reply = self.store.restore_runs(SomeRuns(run_ids=named, nested=nested))
            assert reply.changed == len(changed)
            for k in changed:
                self.runs[k].deleted = False

        return call, False

    def _tag(self, named: list[str], *_: object) -> object:
        def call() -> None:
            tags = [RunTag(key="t", value=str(len(named)))]
            self.store.tag_runs(TagRuns(run_ids=named, tags=tags))
            for k in named:
                self.runs[k].tags["t"] = str(len(named))

        return call, any(self.runs[k].deleted for k in named)

    def _move(self, named: list[str], chosen: set[str], nested: bool, target: str) -> object:
        def call() -> None:
            changed = [k for k in chosen if self.runs[k].experiment != target]
            request = MoveRuns(run_ids=named, experiment_id=target, nested=nested)
            assert self.store.move_runs(request).changed == len(changed)
            for k in changed:
                self.runs[k].experiment = target

        return call, any(self.runs[k].deleted for k in named)

    def _copy(self, named: list[str], chosen: set[str], nested: bool, target: str) -> object:
        def call() -> None:
            request = CopyRuns(run_ids=named, experiment_id=target, nested=nested)
            new = {c.copied_from: c.run_id for c in self.store.copy_runs(request).copies}
            assert new.keys() == {k for k in chosen if not self.runs[k].deleted}
            for old, run_id in new.items():
                origin = self.runs[old]
                parent = origin.parent and new.get(origin.parent, origin.parent)
                self.runs[run_id] = Model(target, parent, False, dict(origin.tags), old)

        return call, any(self.runs[k].deleted for k in named)

    def _purge(self, named: list[str], chosen: set[str], nested: bool, _: str) -> object:
        def call() -> None:
            reply = self.store.purge_runs(PurgeRuns(run_ids=named, nested=nested))
            assert reply.runs == len(chosen)
            for k in chosen:
                del self.runs[k]

        return call, any(not self.runs[k].deleted for k in chosen)

    def check(self) -> None:
        """The store has what the dictionary has, and no datasets that nobody reads."""
        found: dict[str, Model] = {}
        with self.store.db.read() as connection:
            ids = connection.execute(sa.select(run.c.run_id)).scalars().all()
            datasets = connection.execute(sa.select(sa.func.count(schema.dataset.c.id))).scalar()
        used = set()
        for run_id in ids:
            one = self.store.get_run(RunRef(run_id=run_id)).run
            tags = {t.key: t.value for t in one.data.tags}
            found[run_id] = Model(
                one.info.experiment_id,
                tags.get(schema.PARENT_RUN_ID),
                one.info.lifecycle_stage == "deleted",
                {k: v for k, v in tags.items() if k == "t"},
                tags.get("cairn.copiedFrom"),
            )
            (value,) = (p.value for p in one.data.params)
            assert one.info.run_id == value or found[run_id].origin is not None
            assert len(one.data.metrics) == 1
            (read,) = one.inputs.dataset_inputs
            used.add((one.info.experiment_id, read.dataset.name))
        assert found == self.runs
        assert datasets == len(used)


@pytest.mark.parametrize("seed", range(3))
def test_random_calls_leave_what_a_plain_program_leaves(store: Store, seed: int) -> None:
    world = World(store, seed)
    for n in range(60):
        if n % 3 == 0 or not world.runs:
            world.create()
        world.step()
        if not world.runs:
            world.create()
    world.check()


def test_runs_are_moved_while_datasets_are_logged_to_them(store: Store, new_run: NewRun) -> None:
    """The dataset of a run always belongs to the experiment of the run."""
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    run_ids = [new_run() for _ in range(4)]
    problems: list[CairnError] = []

    def move() -> None:
        for n in range(6):
            try:
                target = (other, "0")[n % 2]
                store.move_runs(MoveRuns(run_ids=run_ids, experiment_id=target))
            except CairnError as error:
                problems.append(error)

    def log(name: str) -> None:
        for n in range(12):
            data = DatasetInput(dataset=Dataset(name=f"{name}{n}", digest="1"))
            try:
                store.log_inputs(LogInputs(run_id=run_ids[n % 4], datasets=[data]))
            except CairnError as error:
                problems.append(error)

    threads = [threading.Thread(target=move)]
    threads += [threading.Thread(target=functools.partial(log, name)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    used, data = schema.run_input, schema.dataset
    query = (
        sa.select(run.c.experiment, data.c.experiment)
        .join(used, used.c.run == run.c.id)
        .join(data, data.c.id == used.c.dataset)
    )
    with store.db.read() as connection:
        rows = connection.execute(query).all()
    assert len(rows) == 24
    assert all(mine == its for mine, its in rows)


def test_a_copy_that_fails_leaves_no_files(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite_store
    run_id = store.create_run(CreateRun(experiment_id="0")).run.info.run_id
    folder = Path(store.get_run(RunRef(run_id=run_id)).run.info.artifact_uri)
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    before = sorted(Path(store.artifact_root).rglob("*"))
    copy = CopyRuns(run_ids=[run_id], experiment_id="0")

    def fail(_work: object) -> None:
        raise InvalidValue("no")

    with monkeypatch.context() as patched:
        patched.setattr(store.db, "write", fail)
        with pytest.raises(InvalidValue, match="no"):
            store.copy_runs(copy)
    assert sorted(Path(store.artifact_root).rglob("*")) == before
    far = CreateExperiment(name="far", artifact_location="s3://bucket/far")
    copy.experiment_id = store.create_experiment(far).experiment_id
    with pytest.raises(InvalidValue, match="--no-artifacts"):
        store.copy_runs(copy)
    copy.artifacts = False
    assert len(store.copy_runs(copy).copies) == 1
    store.delete_experiment(ExperimentRef(experiment_id=copy.experiment_id))


def test_calls_that_cross_each_other_all_succeed(store: Store) -> None:
    ids = fill(store, 200)
    other = store.create_experiment(CreateExperiment(name="other")).experiment_id
    calls: list[Callable[[list[str]], object]] = [
        lambda ids: store.move_runs(MoveRuns(run_ids=ids, experiment_id=other)),
        lambda ids: store.tag_runs(TagRuns(run_ids=ids, tags=[RunTag(key="k", value="new")])),
        lambda ids: store.copy_runs(CopyRuns(run_ids=ids[:20], experiment_id=other)),
        lambda ids: store.move_runs(MoveRuns(run_ids=ids, experiment_id="0", nested=True)),
    ]
    problems: list[CairnError] = []

    def work(call: Callable[[list[str]], object], seed: int) -> None:
        mine = random.Random(seed)
        for _ in range(5):
            try:
                call(mine.sample(ids, 100))
            except CairnError as error:
                problems.append(error)

    threads = [threading.Thread(target=work, args=(call, n)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with store.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count(run.c.id))).scalar() == 300
