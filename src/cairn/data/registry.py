"""Which sources and constructors of datasets are known, ours and those of plugins.

Plugins are looked up only when what is asked for is not known, since that reads the folder of
every installed distribution.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from typing import Any, Protocol

from cairn.contract import runs
from cairn.data.dataset import Dataset
from cairn.data.sources import SOURCES, CodeDatasetSource, DatasetSource
from cairn.errors import DoesNotExist, InvalidValue

log = logging.getLogger(__name__)

SOURCE_GROUPS = ("cairn.dataset_source", "mlflow.dataset_source")
CONSTRUCTOR_GROUPS = ("cairn.dataset_constructor", "mlflow.dataset_constructor")

Constructor = Callable[..., Dataset]

_sources: list[type[DatasetSource]] = list(SOURCES)
_constructors: dict[str, Constructor] = {}


class StoredDataset(Protocol):
    """What is known of a dataset that a run has logged."""

    @property
    def source(self) -> str:
        """Its source as JSON text."""
        ...

    @property
    def source_type(self) -> str:
        """The kind of its source."""
        ...


def register_dataset_source(source: type[DatasetSource]) -> None:
    """Make a kind of source known. Where several understand a source, the last one wins.

    Args:
        source: a subclass of `DatasetSource`.
    """
    _sources.append(source)


def get_registered_sources() -> list[type[DatasetSource]]:
    """The kinds of sources that are known, those of plugins too."""
    _load_source_plugins()
    return list(_sources)


def _known_sources() -> Iterator[type[DatasetSource]]:
    """The kinds that are known, last first; plugins are looked up when these do not do."""
    known = list(_sources)
    yield from reversed(known)
    _load_source_plugins()
    yield from (kind for kind in reversed(_sources) if kind not in known)


def resolve_dataset_source(
    raw_source: Any, candidate_sources: Sequence[type[DatasetSource]] | None = None
) -> DatasetSource:
    """The source that a user means by a path, a URI, or what a plugin understands.

    Args:
        raw_source: what the user gave.
        candidate_sources: only these kinds, and subclasses of them; all when None.

    Raises:
        DoesNotExist: no kind of source understands it.
    """
    for kind in _known_sources():
        allowed = candidate_sources is None or issubclass(kind, tuple(candidate_sources))
        if allowed and kind.understands(raw_source):
            return kind.resolve(raw_source)
    known = ", ".join(dict.fromkeys(kind.source_type() for kind in _sources))
    raise DoesNotExist(
        f"No kind of dataset source understands {raw_source!r}. Give a path or URI of one of the"
        f" kinds {known}, or register a DatasetSource that understands it."
    )


def get_dataset_source_from_json(source_json: str, source_type: str) -> DatasetSource:
    """The source of which a JSON text was stored.

    Args:
        source_json: the text.
        source_type: the kind of source that was stored beside it.

    Raises:
        DoesNotExist: this kind is not known.
        InvalidValue: the text is not what this kind stores.
    """
    for kind in _known_sources():
        if kind.source_type() == source_type:
            try:
                return kind.from_dict(json.loads(source_json))
            except ValueError as error:
                raise InvalidValue(
                    f"The stored source {source_json!r} is no JSON: {error}."
                ) from None
    raise DoesNotExist(
        f"The kind of dataset source '{source_type}' is not known. Install the plugin that"
        " registers it."
    )


def get_source(dataset: Dataset | StoredDataset | runs.DatasetInput | Any) -> DatasetSource:
    """The source of a dataset, also of one that was read back from a run.

    Args:
        dataset: a dataset, what a run knows of one, or the use of one by a run.

    Raises:
        InvalidValue: it is none of these.
        DoesNotExist: the kind of its source is not known.
    """
    stored = getattr(dataset, "dataset", dataset)
    source = getattr(stored, "source", None)
    if isinstance(source, DatasetSource):
        return source
    kind = getattr(stored, "source_type", None)
    if isinstance(source, str) and isinstance(kind, str):
        return get_dataset_source_from_json(source, kind)
    raise InvalidValue(
        f"A {type(dataset).__name__} is no dataset. Pass a cairn.data.Dataset, or an item of"
        " run.inputs.dataset_inputs."
    )


def to_source(source: Any) -> DatasetSource:
    """What a constructor of datasets makes of its ``source``: of None, the code that runs now.

    Raises:
        DoesNotExist: no kind of source understands it.
    """
    if isinstance(source, DatasetSource):
        return source
    if source is not None:
        return resolve_dataset_source(source)
    from cairn.client.context import resolve_tags

    return CodeDatasetSource(resolve_tags())


def register_constructor(constructor_fn: Constructor, constructor_name: str | None = None) -> str:
    """Make a function that makes datasets an attribute of `cairn.data`, and return its name.

    Args:
        constructor_fn: has optional parameters ``name`` and ``digest`` and the annotation of a
            return type that is a `Dataset`.
        constructor_name: name of the attribute; that of the function when None.

    Raises:
        InvalidValue: the name does not begin with ``from_`` or ``load_``, or the function is not
            of this form.
    """
    name = constructor_name or constructor_fn.__name__
    if not name.startswith(("from_", "load_")):
        raise InvalidValue(
            f"The dataset constructor '{name}' needs a name that begins with 'from_' or 'load_'."
        )
    try:
        signature = inspect.signature(constructor_fn, eval_str=True)
    except NameError as error:
        raise InvalidValue(f"The annotations of '{name}' cannot be read: {error}.") from None
    for parameter in ("name", "digest"):
        found = signature.parameters.get(parameter)
        if found is None or found.default is inspect.Parameter.empty:
            raise InvalidValue(
                f"The dataset constructor '{name}' needs an optional parameter '{parameter}'."
            )
    made = signature.return_annotation
    if not (isinstance(made, type) and issubclass(made, Dataset)):
        raise InvalidValue(
            f"The dataset constructor '{name}' needs the annotation of a return type that is a"
            " cairn.data.Dataset."
        )
    _constructors[name] = constructor_fn
    return name


def get_registered_constructors() -> dict[str, Constructor]:
    """The constructors that were registered, those of plugins too, by name."""
    _load_constructor_plugins()
    return dict(_constructors)


def find_constructor(name: str) -> Constructor | None:
    """The registered constructor of a name; plugins are looked up when it is not known."""
    if name not in _constructors and name.startswith(("from_", "load_")):
        _load_constructor_plugins()
    return _constructors.get(name)


@functools.cache
def _load_source_plugins() -> None:
    for _, kind in _plugins(SOURCE_GROUPS):
        register_dataset_source(kind)


@functools.cache
def _load_constructor_plugins() -> None:
    for name, constructor in _plugins(CONSTRUCTOR_GROUPS):
        register_constructor(constructor, name)


def _plugins(groups: Sequence[str]) -> Iterator[tuple[str, Any]]:
    installed = metadata.entry_points()
    for group in groups:
        for entry in installed.select(group=group):
            try:
                yield entry.name, entry.load()
            except (ImportError, AttributeError) as error:
                log.warning("Plugin %s of %s cannot be loaded: %s", entry.name, group, error)
