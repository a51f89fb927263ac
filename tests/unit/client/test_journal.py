"""The journal of a run: what was appended is found again, whatever happened to the process."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.client import journal as journals
from cairn.client.journal import Head, Journal, find, read_head

HEAD = Head(store="http://server", run_id="a" * 32, source="s", began=1)


def begin(root: Path, source: str = "s") -> Journal:
    head = Head(store="http://server", run_id="a" * 32, source=source, began=1)
    return Journal.begin(root, head)


def reopened(journal: Journal) -> Journal:
    journal.close()
    assert journal.folder is not None
    found = Journal.take_over(journal.folder)
    assert found is not None
    return found


def payloads(journal: Journal, most: int = 10**9) -> list[bytes]:
    return [payload for _, payload in journal.peek(most)]


def test_records_are_found_by_who_takes_the_journal_over(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    assert [journal.append(b"one"), journal.append(b"two" * 1000)] == [1, 2]
    found = reopened(journal)
    assert found.head == journal.head
    assert found.peek(10) == [(0, b"one"), (1, b"two" * 1000)]
    assert (found.done, found.end) == (0, 2)


def test_what_was_delivered_is_not_found_again(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    for number in range(10):
        journal.append(b"%d" % number)
    journal.acknowledge(4)
    assert journal.peek(2) == [(4, b"4"), (5, b"5")]
    found = reopened(journal)
    assert found.peek(2) == [(4, b"4"), (5, b"5")]
    assert found.append(b"new") == 11


def test_batch_that_was_on_its_way_is_the_same_batch_afterwards(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    for number in range(10):
        journal.append(b"%d" % number)
    journal.acknowledge(2)
    journal.seal(5)
    found = reopened(journal)
    assert [number for number, _ in found.peek(100)] == [2, 3, 4]
    found.acknowledge(5)
    assert [number for number, _ in found.peek(100)] == [5, 6, 7, 8, 9]


def test_segments_that_are_delivered_give_their_room_back(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.append(b"x" * 50_000)
    assert journal.size == journals.FIRST_BYTES
    for _ in range(40):
        journal.append(b"x" * 100_000)
    assert journal.size == journals.FIRST_BYTES + 4 * journals.SEGMENT_BYTES
    journal.acknowledge(36)
    assert journal.size == journals.SEGMENT_BYTES
    assert len(payloads(journal)) == 5
    journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_thousand_runs_that_wait_take_little_room(tmp_path: Path) -> None:
    sizes = []
    for number in range(1000):
        journal = begin(tmp_path, f"s{number}")
        journal.append(b"x" * 1000)
        sizes.append(journal.size)
        journal.close()
    assert sum(sizes) < 100_000_000


def test_record_larger_than_a_segment_is_kept_whole(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.append(b"small")
    journal.append(b"y" * (3 * journals.SEGMENT_BYTES))
    journal.append(b"after")
    assert [len(payload) for payload in payloads(reopened(journal))] == [5, 3 << 20, 5]


@given(cut=st.integers(0, 200), at=st.integers(0, 199), to=st.integers(0, 255))
def test_damage_loses_only_what_comes_after_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int, at: int, to: int
) -> None:
    journal = begin(tmp_path_factory.mktemp("journal"))
    written = [bytes([65 + number]) * number for number in range(1, 11)]
    for payload in written:
        journal.append(payload)
    journal.close()
    assert journal.folder is not None
    (segment,) = journal.folder.glob("*.segment")
    content = bytearray(segment.read_bytes()[: 26 * 10])
    content[at] = to
    segment.write_bytes(bytes(content[:cut]) or b"\0")
    found = Journal.take_over(journal.folder)
    assert found is not None
    survived = payloads(found)
    assert survived == written[: len(survived)]
    found.close()


def test_damaged_state_sends_everything_again(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.append(b"one")
    journal.acknowledge(1)
    journal.append(b"two")
    journal.close()
    assert journal.folder is not None
    state = journal.folder / "state"
    state.write_bytes(b"\x07" + state.read_bytes()[1:])
    found = Journal.take_over(journal.folder)
    assert found is not None
    assert payloads(found) == [b"one", b"two"]


def test_only_points_are_given_up_and_the_rest_keeps_its_numbers(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    for number in range(4000):
        journal.append(b"tag" if number % 1000 == 999 else b"x" * 1000)
    before = journal.size
    lost = journal.thin(lambda payload: 0 if payload == b"tag" else 1)
    assert 900 < lost < 1100
    assert journal.size < before
    kept = reopened(journal).peek(10**9)
    assert [number for number, payload in kept if payload == b"tag"] == [999, 1999, 2999, 3999]
    assert len(kept) == 4000 - lost


def test_journal_in_use_is_left_alone(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    assert journal.folder is not None
    assert Journal.take_over(journal.folder) is None
    journal.close()
    assert Journal.take_over(journal.folder) is not None


def test_folders_that_are_no_journals_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "head.json").write_text("{}")
    assert find(tmp_path) == [tmp_path / "other"]
    assert read_head(tmp_path / "other") is None
    assert Journal.take_over(tmp_path / "other") is None


def test_files_are_private(tmp_path: Path) -> None:
    journal = begin(tmp_path / "root")
    journal.append(b"secret")
    assert journal.folder is not None
    for path in (tmp_path / "root", journal.folder):
        assert path.stat().st_mode & 0o077 == 0
    (segment,) = journal.folder.glob("*.segment")
    assert segment.stat().st_mode & 0o077 == 0


def test_without_a_place_on_disk_records_wait_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    journal = begin(tmp_path / "file")
    assert journal.folder is None
    for number in range(3000):
        journal.append(b"%d" % number * 200)
    journal.acknowledge(1000)
    assert [number for number, _ in journal.peek(5000)] == [*range(1000, 3000)]


def _until_killed(root: str, limit: int | None) -> None:
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    journal = Journal.begin(Path(root), HEAD)
    told = os.open(os.path.join(root, "told"), os.O_CREAT | os.O_WRONLY)
    for number in range(10**7 if limit is None else 5000):
        journal.append(b"%d" % number * 100)
        os.pwrite(told, b"%d" % (number + 1), 0)
    assert limit is None or len(journal.peek(10**9)) == 5000


@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.5])
def test_killed_process_loses_nothing_that_was_appended(tmp_path: Path, seconds: float) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_until_killed, args=(str(tmp_path), None)
    )
    process.start()
    while not (tmp_path / "told").exists():
        process.join(0.01)
    process.join(seconds)
    process.kill()
    process.join()
    told = int((tmp_path / "told").read_text())
    (folder,) = find(tmp_path)
    journal = Journal.take_over(folder)
    assert journal is not None
    found = payloads(journal)
    assert len(found) in {told, told + 1}
    assert found == [b"%d" % number * 100 for number in range(len(found))]


def test_full_disk_keeps_records_in_memory(tmp_path: Path) -> None:
    limit = journals.SEGMENT_BYTES + 1000
    process = multiprocessing.get_context("spawn").Process(
        target=_until_killed, args=(str(tmp_path), limit)
    )
    process.start()
    process.join()
    assert process.exitcode == 0
