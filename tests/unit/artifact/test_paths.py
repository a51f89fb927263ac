from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.artifact.paths import MAX_DEPTH, ROOT, ArtifactPath
from cairn.errors import InvalidValue


@pytest.mark.parametrize(
    "text",
    [
        "a.txt",
        "model/MLmodel",
        "100%.txt",
        "a%b",
        "a%20b",
        "50%25 off",
        "a%2Fb",
        "images/loss+step+1+timestamp+17+9e.png",
        "x y/ä/模型.bin",
        "a#b?c",
        "..a/b..",
        "...",
        " ",
    ],
)
def test_ordinary_names_stay_as_given(text: str) -> None:
    path = ArtifactPath.parse(text)

    assert str(path) == text
    assert path.parts == tuple(text.split("/"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/etc/passwd",
        "a//b",
        "a/",
        ".",
        "..",
        "a/../b",
        "a/./b",
        "%2e%2e/x",
        "%252e%252e/x",
        "%25252e./x",
        "a%2F..%2Fb",
        "%2Fetc",
        "a%2F%2Fb",
        "a\\b",
        "a%5Cb",
        "C:",
        "C:/x",
        "c%3A/x",
        "a\x00b",
        "a%00b",
        "a\nb",
        "a\x7f",
        "\ud800",
        "%" + "25" * 9 + "41",
        ".cairn-part-1",
        "a/%2Ecairn-part-1",
        "x" * 256,
        "ä" * 128,
        "/".join("a" * (MAX_DEPTH + 1)),
        "a/" * 2500 + "a",
    ],
)
def test_names_that_could_climb_or_deceive_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="Invalid path") as refused:
        ArtifactPath.parse(text)

    assert refused.value.status == 400


@given(st.text(alphabet=st.sampled_from("ab./%25eEfF\\:\x00cC3")))
def test_no_accepted_name_climbs_however_often_it_is_decoded(text: str) -> None:
    from urllib.parse import unquote

    try:
        path = ArtifactPath.parse(text)
    except InvalidValue:
        return
    form, before = str(path), ""
    while form != before:
        assert not {"", ".", ".."} & set(form.split("/"))
        assert not set("\\\x00") & set(form)
        assert not any(segment[1:2] == ":" and segment[0].isalpha() for segment in form.split("/"))
        form, before = unquote(form), form


@pytest.mark.parametrize("text", ["2026-01-01T10:00:00.csv", "val:accuracy.png", ":", "a/bb:c"])
def test_a_colon_that_makes_no_drive_is_kept(text: str) -> None:
    assert str(ArtifactPath.parse(text)) == text


def test_a_folder_may_be_the_root_or_end_with_a_slash() -> None:
    assert ArtifactPath.folder(None) == ArtifactPath.folder("") == ROOT
    assert ArtifactPath.folder("notes/") == ArtifactPath.parse("notes")
    with pytest.raises(InvalidValue):
        ArtifactPath.folder("/")
    with pytest.raises(InvalidValue):
        ArtifactPath.folder("notes//")


def test_paths_join_and_split() -> None:
    path = ArtifactPath.parse("a/b")

    assert str(path.join("c")) == "a/b/c"
    assert path.parent / ArtifactPath.parse("x/y") == ArtifactPath.parse("a/x/y")
    assert (path.name, ROOT.name, ROOT.parent, ROOT.is_root) == ("b", "", ROOT, True)
    with pytest.raises(InvalidValue):
        path.join("c/d")
    with pytest.raises(InvalidValue):
        path.join("..")
