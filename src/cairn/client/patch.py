"""Watch the calls of a function that offers no callbacks, by putting a wrapper in its place.

What autologgers of frameworks without callbacks stand on. The promises: exceptions of the function
pass unchanged, with one more frame in their traceback; faults of the watcher never surface, they
are logged once; results are never changed; name, signature, docstring and pickling by name stay;
what is undone is the original object again. A call inside of a watched call is not watched again
(in the same thread or task), so only the outermost is seen.

A watcher is a generator function that yields once: what is above that is done before the call,
what is below after it. For example::

    def timed(call):
        started = time.time()
        yield  # here is the call
        if call.error is None:
            log_duration(time.time() - started)

    watched = watch(module, "train", timed)
    ...
    watched.undo()
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any

from cairn.client.quiet import quietly
from cairn.errors import InvalidValue

_MISSING = object()
_inside: ContextVar[frozenset[object]] = ContextVar("cairn_watched_calls", default=frozenset())
_lock = threading.Lock()
_watches: list[Watch] = []


class Call:
    """One call of a watched function.

    Attributes:
        args: its positional arguments, the object of a method first. A watcher may set others
            before its ``yield``, to add a callback for example; they hold if it does not fail.
        kwargs: its arguments by name, likewise; a dictionary of its own.
        result: what the function returned; None before that, and when it raised.
        error: what it raised, or None.
    """

    __slots__ = ("args", "error", "kwargs", "result")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs
        self.result: Any = None
        self.error: BaseException | None = None


Watcher = Callable[[Call], Generator[None, None, object]]


def watch(owner: Any, name: str, watcher: Watcher, *, group: object = None) -> Watch:
    """Watch the calls of ``owner.name`` from now on.

    Args:
        owner: a module or a class. A name that a class inherits is watched on this class alone.
        name: a function, method, class method or static method of it. Coroutine functions are
            watched until they are done, generators only while they are made.
        watcher: see the module.
        group: watches of one group see only the outermost call among all of them; by default each
            is a group of its own.

    Raises:
        InvalidValue: there is no such function.
    """
    made = Watch(owner, name, watcher, group)
    with _lock:
        made.install()
        _watches.append(made)
    return made


class Watch:
    """A function that is watched; made by `watch`.

    Attributes:
        on: whether calls are watched.
        before: what was there; nothing when the class inherits it.
    """

    def __init__(self, owner: Any, name: str, watcher: Watcher, group: object = None) -> None:
        self.on = False
        self._owner = owner
        self._name = name
        self._watcher = watcher
        self._group = self if group is None else group
        self._what = f"Watching {getattr(owner, '__name__', owner)}.{name}"
        self.before: Any = _MISSING
        self._installed: Any = None

    def undo(self) -> None:
        """Put the original object back; safe to call twice.

        Where somebody else has patched the same function since, theirs stays, and ours below it
        does nothing more than call the original.
        """
        with _lock:
            self.on = False
            self._uncover()

    def install(self) -> None:
        """Put the wrapper in place; `watch` does.

        Raises:
            InvalidValue: there is no such function.
        """
        own = vars(self._owner).get(self._name, _MISSING)
        raw = inspect.getattr_static(self._owner, self._name, _MISSING) if own is _MISSING else own
        kind = type(raw) if isinstance(raw, (staticmethod, classmethod)) else None
        original = raw.__func__ if isinstance(raw, (staticmethod, classmethod)) else raw
        if not callable(original) or isinstance(original, type):
            raise InvalidValue(
                f"{self._what} is not possible: it is {type(raw).__name__!r}, not a function. "
                "Name a function or a method."
            )
        wrapper = self._wrapped(original)
        self.before = own
        self._installed = wrapper if kind is None else kind(wrapper)
        self.on = True
        setattr(self._owner, self._name, self._installed)

    def _uncover(self) -> None:
        """Take away the wrappers on top of the function that are switched off."""
        while True:
            current = vars(self._owner).get(self._name, _MISSING)
            top = next((p for p in _watches if p.owns(self._owner, self._name, current)), None)
            if top is None:
                return
            if top.before is _MISSING:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, top.before)
            _watches.remove(top)

    def owns(self, owner: Any, name: str, current: object) -> bool:
        """Whether what is there now is this wrapper, switched off."""
        known = self._owner is owner and self._name == name
        return known and not self.on and self._installed is current

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def wait(*args: Any, **kwargs: Any) -> Any:
                if not self.on or self._group in _inside.get():
                    return await original(*args, **kwargs)
                seen = _Seen(self._what, self._watcher, args, kwargs)
                entered = _inside.set(_inside.get() | {self._group})
                try:
                    seen.call.result = result = await original(*seen.args, **seen.kwargs)
                except BaseException as error:
                    seen.call.error = error
                    raise
                finally:
                    _inside.reset(entered)
                    seen.finish()
                return result

            return wait

        def call(*args: Any, **kwargs: Any) -> Any:
            if not self.on or self._group in _inside.get():
                return original(*args, **kwargs)
            seen = _Seen(self._what, self._watcher, args, kwargs)
            entered = _inside.set(_inside.get() | {self._group})
            try:
                seen.call.result = result = original(*seen.args, **seen.kwargs)
            except BaseException as error:
                seen.call.error = error
                raise
            finally:
                _inside.reset(entered)
                seen.finish()
            return result

        return functools.wraps(original)(call)


class _Seen:
    """A call and its watcher, which has run to its ``yield``."""

    def __init__(
        self, what: str, watcher: Watcher, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.call = Call(args, dict(kwargs))
        self.args, self.kwargs = args, kwargs
        self._what = what
        self._running: Generator[None, None, object] | None = None

        def begin() -> None:
            running = watcher(self.call)
            if next(running, _MISSING) is not _MISSING:
                self._running = running
            self.args, self.kwargs = tuple(self.call.args), dict(self.call.kwargs)

        quietly(what, begin)

    def finish(self) -> None:
        """Let the watcher go on: the call is done."""
        running = self._running
        if running is not None:
            quietly(self._what, lambda: next(running, None))
            quietly(self._what, running.close)
        self.call.error = None  # else the exception and its frames hold each other
