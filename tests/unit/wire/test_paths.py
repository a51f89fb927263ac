from __future__ import annotations

import pytest

from cairn.wire.paths import PathTable, fields, fill, template


@pytest.fixture
def table() -> PathTable[str]:
    made: PathTable[str] = PathTable()
    for path in ("/m/{id}", "/m/search", "/m/{id}/tags", "/m/{id}/tags/{key:path}"):
        made.setdefault(path, path)
    return made


@pytest.mark.parametrize(
    ("path", "found", "named"),
    [
        ("/m/search", "/m/search", {}),
        ("/m/m-1", "/m/{id}", {"id": "m-1"}),
        ("/m/m-1/tags", "/m/{id}/tags", {"id": "m-1"}),
        ("/m/m-1/tags/a/b c", "/m/{id}/tags/{key:path}", {"id": "m-1", "key": "a/b c"}),
        ("/m/a\nb", "/m/{id}", {"id": "a\nb"}),
    ],
)
def test_a_path_is_found_with_its_fields(
    table: PathTable[str], path: str, found: str, named: dict[str, str]
) -> None:
    assert table.find(path) == (found, named)


@pytest.mark.parametrize("path", ["/m", "/m/", "/m/m-1/", "/m/m-1/tags/", "/m/m-1/other", "/x/m/1"])
def test_other_paths_are_not_found(table: PathTable[str], path: str) -> None:
    assert table.find(path) is None


def test_a_path_that_was_added_keeps_its_item(table: PathTable[str]) -> None:
    assert table.setdefault("/m/{id}", "other") == "/m/{id}"
    assert table.setdefault("/m/search", "other") == "/m/search"


def test_fields_are_named_and_filled_in() -> None:
    path = "/m/{id}/tags/{key:path}"
    assert fields(path) == ["id", "key"]
    assert template(path) == "/m/{id}/tags/{key}"
    assert fill(path, {"id": "m?1", "key": "a/ü"}) == "/m/m%3F1/tags/a%2F%C3%BC"
