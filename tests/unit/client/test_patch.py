from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import pickle
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from cairn.client import quiet
from cairn.client.patch import Call, watch
from cairn.errors import InvalidValue


def train(rows: int, *, rate: float = 0.1) -> dict[str, float]:
    """Train for real."""
    if rows < 0:
        raise ValueError(f"{rows} rows")
    return {"rows": rows, "rate": rate}


class Model:
    """A model as frameworks have it."""

    def fit(self, rows: int) -> Model:
        """Fit it."""
        self.rows = rows
        return self

    @classmethod
    def make(cls, rows: int) -> Model:
        return cls().fit(rows)

    @staticmethod
    def twice(value: int) -> int:
        return 2 * value

    async def fit_later(self, rows: int) -> int:
        await asyncio.sleep(0)
        if rows < 0:
            raise ValueError("no rows")
        return rows

    size = property(lambda self: 1)


class Deep(Model):
    def fit(self, rows: int) -> Deep:
        super().fit(rows)
        return self


Seen = list[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def told() -> None:
    quiet._told.clear()


@pytest.fixture
def seen() -> Seen:
    return []


@pytest.fixture
def record(seen: Seen) -> Any:
    def watcher(call: Call) -> Iterator[None]:
        yield
        seen.append((call.args, call.kwargs, call.result, call.error))

    return watcher


HERE = sys.modules[__name__]


def test_a_call_is_seen_with_arguments_and_result_and_returns_the_same_object(
    seen: Seen, record: Any
) -> None:
    patched = watch(HERE, "train", record)
    try:
        result = train(3, rate=0.5)
    finally:
        patched.undo()
    assert seen[0][:2] == ((3,), {"rate": 0.5})
    assert seen[0][2] is result


def test_what_is_undone_is_the_original_object(record: Any) -> None:
    functions = [(HERE, "train"), (Model, "fit"), (Model, "make"), (Model, "twice")]
    before = [vars(owner)[name] for owner, name in functions]
    for patched in [watch(owner, name, record) for owner, name in functions]:
        patched.undo()
        patched.undo()
    assert all(vars(o)[n] is b for (o, n), b in zip(functions, before, strict=True))


def test_an_inherited_method_is_watched_on_its_class_alone(seen: Seen, record: Any) -> None:
    patched = watch(Deep, "twice", record)
    assert (Model.twice(2), Deep.twice(4)) == (4, 8)
    patched.undo()
    assert [each[0] for each in seen] == [(4,)]
    assert "twice" not in vars(Deep)


def test_name_signature_docstring_and_kind_stay(record: Any) -> None:
    before = inspect.signature(train), inspect.signature(Model.fit)
    watches = [watch(HERE, "train", record), watch(Model, "fit", record)]
    watches.append(watch(Model, "fit_later", record))
    try:
        assert (inspect.signature(train), inspect.signature(Model.fit)) == before
        assert train.__doc__ == "Train for real."
        assert train.__qualname__ == "train"
        assert inspect.iscoroutinefunction(Model.fit_later)
        assert isinstance(vars(Model)["make"], classmethod)
    finally:
        for each in watches:
            each.undo()


def test_a_patched_function_is_pickled_by_name(record: Any) -> None:
    watches = [watch(HERE, "train", record), watch(Model, "fit", record)]
    content = pickle.dumps((train, Model, Model().fit))
    for each in watches:
        each.undo()
    assert pickle.loads(content)[0] is train


def test_methods_of_every_kind_are_seen(seen: Seen, record: Any) -> None:
    watches = [watch(Model, name, record, group="g") for name in ("make", "twice", "fit")]
    made = Model.make(7)
    assert (made.rows, Model.twice(4), Model().twice(5)) == (7, 8, 10)
    for each in watches:
        each.undo()
    assert [each[0] for each in seen] == [(Model, 7), (4,), (5,)]


def test_exceptions_pass_with_one_frame_more(seen: Seen, record: Any) -> None:
    def frames() -> tuple[BaseException, list[str]]:
        try:
            train(-1)
        except ValueError as error:
            return error, [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        raise AssertionError

    _, plain = frames()
    patched = watch(HERE, "train", record)
    error, watched = frames()
    patched.undo()
    assert (plain, watched) == (["frames", "train"], ["frames", "call", "train"])
    assert error.__context__ is None
    assert str(error) == "-1 rows"
    assert seen[0][3] is error


def test_interrupts_and_exits_pass(seen: Seen, record: Any) -> None:
    module = ModuleType("framework")

    def leave() -> None:
        raise SystemExit(3)

    module.leave = leave  # type: ignore[attr-defined]
    watch(module, "leave", record)
    with pytest.raises(SystemExit, match="3"):
        module.leave()
    assert isinstance(seen[0][3], SystemExit)


@pytest.mark.parametrize("fails", ["at once", "before", "after", "never yields", "yields twice"])
def test_faults_of_a_watcher_never_surface_and_are_told_once(
    fails: str, caplog: pytest.LogCaptureFixture
) -> None:
    def watcher(call: Call) -> Iterator[None]:
        call.args = ("spoilt",)
        if fails == "before":
            raise RuntimeError("ours")
        if fails == "never yields":
            call.args = (3,)
            return
        call.args = (3,)
        yield
        if fails == "after":
            raise RuntimeError("ours")
        if fails == "yields twice":
            yield

    def at_once(call: Call) -> Any:
        raise RuntimeError("ours")

    patched = watch(HERE, "train", at_once if fails == "at once" else watcher)
    with caplog.at_level(logging.WARNING, "cairn"):
        for _ in range(3):
            assert train(3) == {"rows": 3, "rate": 0.1}
        patched.undo()
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == (
        1 if fails in {"at once", "before", "after"} else 0
    )


def test_a_fault_after_a_failed_call_does_not_hide_its_exception() -> None:
    def watcher(call: Call) -> Iterator[None]:
        yield
        raise RuntimeError("ours")

    patched = watch(HERE, "train", watcher)
    with pytest.raises(ValueError, match="rows") as raised:
        train(-1)
    patched.undo()
    assert raised.value.__context__ is None


def test_a_watcher_may_add_an_argument(seen: Seen) -> None:
    def watcher(call: Call) -> Iterator[None]:
        call.kwargs["rate"] = 0.7
        yield

    given: dict[str, Any] = {}
    patched = watch(HERE, "train", watcher)
    assert train(1, **given)["rate"] == 0.7
    patched.undo()
    assert given == {}
    assert train(1)["rate"] == 0.1


def test_only_the_outermost_call_of_a_group_is_seen(seen: Seen, record: Any) -> None:
    watches = [watch(Deep, "fit", record, group="fit"), watch(Model, "fit", record, group="fit")]
    Deep().fit(2)
    Model().fit(3)
    for each in watches:
        each.undo()
    assert [type(each[0][0]) for each in seen] == [Deep, Model]


def test_a_function_that_calls_itself_is_seen_once(seen: Seen, record: Any) -> None:
    module = ModuleType("framework")

    def down(n: int) -> int:
        return 0 if n == 0 else 1 + module.down(n - 1)

    module.down = down  # type: ignore[attr-defined]
    watch(module, "down", record)
    assert module.down(4) == 4
    assert [each[0] for each in seen] == [(4,)]


def test_calls_in_several_threads_are_all_seen(seen: Seen, record: Any) -> None:
    barrier = threading.Barrier(8)
    patched = watch(HERE, "train", record)

    def work(n: int) -> int:
        barrier.wait()
        return int(train(n)["rows"])

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == list(range(8))
    patched.undo()
    assert sorted(each[0][0] for each in seen) == list(range(8))


def test_coroutines_are_seen_when_they_are_done_each_task_for_itself(
    seen: Seen, record: Any
) -> None:
    patched = watch(Model, "fit_later", record)

    async def main() -> list[Any]:
        tasks = [Model().fit_later(n) for n in (1, 2, -1)]
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(main())
    patched.undo()
    assert found[:2] == [1, 2]
    assert sorted(each[2] for each in seen if each[3] is None) == [1, 2]
    assert [each[3] for each in seen if each[3] is not None] == [found[2]]


def foreign(original: Any) -> Any:
    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    return wrapper


def test_a_patch_of_somebody_else_before_ours_is_put_back(record: Any) -> None:
    module = ModuleType("framework")
    module.train = theirs = foreign(train)  # type: ignore[attr-defined]
    watch(module, "train", record).undo()
    assert module.train is theirs


def test_a_patch_of_somebody_else_after_ours_stays(seen: Seen, record: Any) -> None:
    module = ModuleType("framework")
    module.train = train  # type: ignore[attr-defined]
    patched = watch(module, "train", record)
    module.train = theirs = foreign(module.train)  # type: ignore[attr-defined]
    patched.undo()
    assert module.train is theirs
    assert module.train(1) == {"rows": 1, "rate": 0.1}
    assert not seen
    again = watch(module, "train", record)
    module.train(2)
    again.undo()
    assert module.train is theirs
    assert [each[0] for each in seen] == [(2,)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_watches_may_be_undone_in_any_order(order: tuple[int, int], record: Any) -> None:
    before = train
    watches = [watch(HERE, "train", record), watch(HERE, "train", record)]
    for place in order:
        watches[place].undo()
    assert HERE.train is before


def test_what_is_written_in_c_can_be_watched(seen: Seen, record: Any) -> None:
    import math

    class Numbers(list):  # type: ignore[type-arg]
        pass

    watches = [watch(math, "sqrt", record), watch(Numbers, "append", record)]
    numbers = Numbers()
    numbers.append(math.sqrt(4))
    for each in watches:
        each.undo()
    assert numbers == [2.0]
    assert [each[0][-1] for each in seen] == [4, 2.0]


@pytest.mark.parametrize("name", ["size", "missing", "__doc__"])
def test_what_is_no_function_is_refused(name: str, record: Any) -> None:
    with pytest.raises(InvalidValue, match="not a function"):
        watch(Model, name, record)


def test_an_exception_is_freed_after_the_call(record: Any) -> None:
    import gc
    import weakref

    class Problem(Exception):
        pass

    module = ModuleType("framework")

    def fail() -> None:
        raise Problem

    def watcher(call: Call) -> Iterator[None]:
        yield

    module.fail = fail  # type: ignore[attr-defined]
    watch(module, "fail", watcher)
    gc.disable()
    try:
        try:
            module.fail()
        except Problem as error:
            kept = weakref.ref(error)
        assert kept() is None
    finally:
        gc.enable()
