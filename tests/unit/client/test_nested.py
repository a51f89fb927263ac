from __future__ import annotations

import dataclasses
from argparse import Namespace
from typing import Any

import pytest

import cairn
from cairn.client.nested import flat
from cairn.errors import InvalidValue


@dataclasses.dataclass
class Optimizer:
    name: str = "adam"
    betas: tuple[float, float] = (0.9, 0.99)


def test_groups_become_keys_with_dots_and_lists_stay() -> None:
    given = {"lr": 0.1, "model": {"layers": [1, 2], "head": {"bias": True}}, "empty": {}}
    assert flat(given) == {
        "lr": 0.1,
        "model.layers": [1, 2],
        "model.head.bias": True,
        "empty": {},
    }


def test_dataclasses_and_namespaces_are_groups() -> None:
    given = Namespace(seed=1, optimizer=Optimizer())
    assert flat(given) == {"seed": 1, "optimizer.name": "adam", "optimizer.betas": (0.9, 0.99)}


def test_configurations_of_pydantic_and_omegaconf_are_groups() -> None:
    pydantic, omegaconf = pytest.importorskip("pydantic"), pytest.importorskip("omegaconf")

    class Inner(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        depth: int = 3

    class Outer(pydantic.BaseModel):  # type: ignore[name-defined,misc]
        inner: Inner = Inner()
        name: str = "x"

    assert flat(Outer()) == {"inner.depth": 3, "name": "x"}
    config: Any = omegaconf.OmegaConf.create({"a": {"b": 1, "c": "${a.b}"}, "d": [1, 2]})
    assert {key: str(value) for key, value in flat(config).items()} == {
        "a.b": "1",
        "a.c": "1",
        "d": "[1, 2]",
    }


@pytest.mark.parametrize("given", [3, "lr=1", [("lr", 1)], Optimizer])
def test_what_is_no_group_is_refused(given: object) -> None:
    with pytest.raises(InvalidValue, match="Params are a dictionary"):
        flat(given)


def test_two_params_of_one_key_are_refused() -> None:
    with pytest.raises(InvalidValue, match="'a.b'"):
        flat({"a": {"b": 1}, "a.b": 2})


def test_nested_params_are_logged() -> None:
    with cairn.start_run() as run:
        cairn.log_params({"model": {"depth": 3}, "optimizer": Optimizer()})
    assert cairn.get_run(run.info.run_id).data.params == {
        "model.depth": "3",
        "optimizer.name": "adam",
        "optimizer.betas": "(0.9, 0.99)",
    }
