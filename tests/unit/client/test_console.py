# ruff: noqa: T201 - what is printed is what is tested
from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from cairn.client import console
from cairn.client.console import Console, leave, listen


@pytest.fixture
def heard() -> Iterator[Console]:
    made = listen()
    yield made
    leave(made)


def folded(*texts: str) -> str:
    made = Console()
    for text in texts:
        made.take(text)
    return made.content().decode()


def test_what_is_printed_is_heard_once_and_printed_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = listen()
    print("out")
    print("err", file=sys.stderr)
    sys.stdout.writelines(["one\n", "two\n"])
    leave(made)
    print("after")
    assert made.content() == b"out\nerr\none\ntwo\n"
    assert capsys.readouterr() == ("out\none\ntwo\nafter\n", "err\n")


def test_the_streams_stay_the_same_objects_and_get_their_methods_back() -> None:
    before = sys.stdout, sys.stderr
    methods = sys.stdout.write, sys.stderr.write
    outer, inner = listen(), listen()
    assert (sys.stdout, sys.stderr) == before
    print("both")
    leave(outer)
    print("inner")
    leave(inner)
    assert (sys.stdout.write, sys.stderr.write) == methods
    assert "write" not in vars(sys.stdout)
    assert (outer.content(), inner.content()) == (b"both\n", b"both\ninner\n")


def test_a_stream_that_somebody_else_changed_since_stays_theirs() -> None:
    made = listen()
    ours = sys.stdout.write

    def theirs(text: str) -> int:
        return ours(text)

    sys.stdout.write = theirs  # type: ignore[method-assign, assignment]
    try:
        leave(made)
        assert sys.stdout.write is theirs
        print("goes on")
        assert made.content() == b""
    finally:
        del sys.stdout.write


def test_what_a_stream_refuses_is_raised_as_before(heard: Console) -> None:
    with pytest.raises(TypeError):
        sys.stdout.write(3)  # type: ignore[arg-type]
    assert heard.content() == b""


def test_streams_without_attributes_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slotted:
        __slots__ = ()

        def write(self, text: str) -> int:
            return len(text)

    monkeypatch.setattr(sys, "stdout", Slotted())
    monkeypatch.setattr(sys, "stderr", None)
    made = listen()
    print("unheard")
    leave(made)
    assert made.content() == b""


def test_progress_bars_are_folded_to_their_last_state() -> None:
    assert folded("\r 10%", "\r 50%\r", "\r100%", "\n", "done\n") == "100%\ndone\n"
    assert folded("windows\r\nlines\r", "\n") == "windows\nlines\n"
    assert folded("loss 1", ".5") == "loss 1.5"
    assert folded("bar 1%\r", "bar 2%\r") == "bar 2%"


def test_a_real_progress_bar_is_one_line(heard: Console) -> None:
    tqdm = pytest.importorskip("tqdm")
    for _ in tqdm.tqdm(range(200), mininterval=0, file=sys.stderr):
        pass
    assert heard.content().count(b"it/s") == 1
    assert b"200/200" in heard.content()


def test_beginning_and_end_are_kept_and_the_gap_is_told() -> None:
    made = Console()
    for number in range(400_000):
        made.take(f"line {number}\n")
    content = made.content()
    assert content.startswith(b"line 0\n")
    assert content.endswith(b"line 399999\n")
    assert b" bytes are left out here]" in content
    assert len(content) < console.HEAD_BYTES + console.TAIL_BYTES + 100


def test_an_endless_line_is_bounded() -> None:
    made = Console()
    for _ in range(5000):
        made.take("." * 1000)
    assert len(made.content()) < console.HEAD_BYTES + console.TAIL_BYTES + 70_000


def test_threads_may_print_while_the_console_is_read(heard: Console) -> None:
    def work(name: int) -> None:
        for number in range(500):
            sys.stdout.write(f"{name}.{number}\n")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        heard.content()
    lines = heard.content().decode().splitlines()
    assert sorted(lines) == sorted(f"{a}.{b}" for a in range(4) for b in range(500))


def test_text_that_is_not_utf8_is_kept_readable() -> None:
    assert folded("a\udc80b\n") == "a\\udc80b\n"


def test_a_forked_child_prints_as_usual() -> None:
    code = """
import os, sys
from cairn.client.console import listen
made = listen()
print("parent", flush=True)
if os.fork() == 0:
    print("child", flush=True)
    assert "write" not in vars(sys.stdout)
    os._exit(0)
os.wait()
assert made.content() == b"parent\\n"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "parent\nchild\n"


def test_redirected_output_goes_where_it_is_sent(heard: Console) -> None:
    import contextlib

    kept = io.StringIO()
    with contextlib.redirect_stdout(kept):
        print("elsewhere")
    assert kept.getvalue() == "elsewhere\n"
    assert heard.content() == b""
