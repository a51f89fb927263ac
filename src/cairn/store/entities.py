"""What can be searched, and what its filters and orders may name: one table for each."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Type(enum.Enum):
    """What a field is compared with."""

    TEXT = "a quoted text"
    NUMBER = "a number"
    INTEGER = "a whole number"
    MIXED = "a quoted text or a number"


@dataclass(frozen=True)
class Group:
    """Fields that share a prefix.

    Attributes:
        name: what the group is called in the tree.
        prefixes: how a filter may write it.
        keys: the keys it has, with their types; or the type of every key.
        aliases: other names of keys.
        bare: its keys may stand without a prefix.
        sortable: whether order_by may name its keys.
        aspects: what may follow a key after a colon.
        steps: whether a key may be followed by ``@`` and a step.
    """

    name: str
    prefixes: tuple[str, ...]
    keys: Mapping[str, Type] | Type
    aliases: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False
    sortable: bool = True
    aspects: tuple[str, ...] = ()
    steps: bool = False


@dataclass(frozen=True)
class Entity:
    """Something that can be searched: what filters and orders of it may name.

    Attributes:
        name: in singular.
        groups: its fields.
        order: the order when none is asked for.
        ties: what follows the order that is asked for; the last one is unique.
    """

    name: str
    groups: tuple[Group, ...]
    order: tuple[str, ...]
    ties: tuple[str, ...]


RUNS = Entity(
    name="run",
    groups=(
        Group(
            name="attribute",
            prefixes=("attributes", "attribute", "attr", "run"),
            keys={
                "run_id": Type.TEXT,
                "run_name": Type.TEXT,
                "status": Type.TEXT,
                "artifact_uri": Type.TEXT,
                "user_id": Type.TEXT,
                "start_time": Type.NUMBER,
                "end_time": Type.NUMBER,
                "parent_run_id": Type.TEXT,
            },
            aliases={
                "run name": "run_name",
                "Run name": "run_name",
                "Run Name": "run_name",
                "created": "start_time",
                "Created": "start_time",
            },
            bare=True,
        ),
        Group(
            name="metric",
            prefixes=("metrics", "metric"),
            keys=Type.NUMBER,
            aspects=("min", "max", "last", "count"),
            steps=True,
        ),
        Group("param", ("params", "param", "parameters", "parameter"), Type.MIXED),
        Group("tag", ("tags", "tag"), Type.TEXT),
        Group(
            name="dataset",
            prefixes=("datasets", "dataset"),
            keys={"name": Type.TEXT, "digest": Type.TEXT, "context": Type.TEXT},
            sortable=False,
        ),
        Group(
            name="input",
            prefixes=("inputs", "input"),
            keys={"model_id": Type.TEXT, "run_id": Type.TEXT},
            sortable=False,
        ),
        Group("output", ("outputs", "output"), {"model_id": Type.TEXT}, sortable=False),
    ),
    order=("start_time DESC", "run_id"),
    ties=("start_time DESC", "run_id"),
)

EXPERIMENTS = Entity(
    name="experiment",
    groups=(
        Group(
            name="attribute",
            prefixes=("attribute",),
            keys={
                "name": Type.TEXT,
                "experiment_id": Type.TEXT,
                "creation_time": Type.INTEGER,
                "last_update_time": Type.INTEGER,
            },
            bare=True,
        ),
        Group("tag", ("tags", "tag"), Type.TEXT, sortable=False),
    ),
    order=("creation_time DESC", "experiment_id"),
    ties=("experiment_id DESC",),
)

MODELS = Entity(
    name="logged model",
    groups=(
        Group(
            name="attribute",
            prefixes=("attributes", "attribute", "attr"),
            keys={
                "name": Type.TEXT,
                "model_id": Type.TEXT,
                "model_type": Type.TEXT,
                "status": Type.MIXED,
                "source_run_id": Type.TEXT,
                "experiment_id": Type.TEXT,
                "creation_timestamp": Type.NUMBER,
                "last_updated_timestamp": Type.NUMBER,
            },
            aliases={
                "creation_time": "creation_timestamp",
                "last_updated_time": "last_updated_timestamp",
            },
            bare=True,
        ),
        Group("metric", ("metrics", "metric"), Type.NUMBER),
        Group("param", ("params", "param"), Type.MIXED),
        Group("tag", ("tags", "tag"), Type.TEXT),
    ),
    order=("creation_timestamp DESC",),
    ties=(),
)

DATASETS = Entity(
    name="evaluation dataset",
    groups=(
        Group(
            name="attribute",
            prefixes=("attributes", "attribute", "attr"),
            keys={
                "dataset_id": Type.TEXT,
                "name": Type.TEXT,
                "created_by": Type.TEXT,
                "last_updated_by": Type.TEXT,
                "created_time": Type.NUMBER,
                "last_update_time": Type.NUMBER,
            },
            bare=True,
        ),
        Group("tag", ("tags", "tag"), Type.TEXT, sortable=False),
    ),
    order=("created_time DESC", "dataset_id"),
    ties=("dataset_id",),
)


@dataclass(frozen=True)
class Field:
    """What a comparison looks at.

    Attributes:
        group: name of its group.
        key: its key, never an alias.
        aspect: one of the group's aspects, or empty for the value itself, which ``last`` means too.
        type: what it is compared with.
        step: the step at which the value was logged; None for the last one.
    """

    group: str
    key: str
    aspect: str
    type: Type
    step: int | None = None
