from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import cairn
from cairn.client.entities import FileInfo
from cairn.errors import CairnError, DoesNotExist, InvalidValue


@pytest.fixture(params=["store", "server"])
def run(request: pytest.FixtureRequest) -> Iterator[cairn.ActiveRun]:
    """An active run of a local store, and one of a server with its artifact proxy."""
    if request.param == "server":
        cairn.set_tracking_uri(request.getfixturevalue("server"))
    with cairn.start_run() as started:
        yield started


def uri(run: cairn.ActiveRun, path: str) -> str:
    return f"runs:/{run.info.run_id}/{path}"


def names(run: cairn.ActiveRun, path: str | None = None) -> list[str]:
    found = cairn.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path=path)
    return [info.path for info in found]


def test_texts_and_dictionaries_are_stored_and_read(run: cairn.ActiveRun) -> None:
    cairn.log_text("Grüße", "notes/ä b.txt")
    cairn.log_dict({"a": [1]}, "d.json")
    cairn.log_dict({"a": [1]}, "d.yaml")
    assert cairn.artifacts.load_text(uri(run, "notes/ä b.txt")) == "Grüße"
    assert cairn.artifacts.load_dict(uri(run, "d.json")) == {"a": [1]}
    assert cairn.artifacts.load_text(uri(run, "d.yaml")) == "a:\n- 1\n"
    assert names(run) == ["d.json", "d.yaml", "notes"]
    assert names(run, "notes") == ["notes/ä b.txt"]
    assert FileInfo("d.yaml", False, 7) in cairn.Client().list_artifacts(run.info.run_id)
    with pytest.raises(InvalidValue, match="not JSON"):
        cairn.artifacts.load_dict(uri(run, "d.yaml"))


def test_file_and_folder_go_and_come_back(run: cairn.ActiveRun, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    content = os.urandom(2_500_000)
    (folder / "deep" / "weights.bin").write_bytes(content)
    (folder / "config.json").write_text("{}")
    cairn.log_artifact(str(folder / "config.json"), "single")
    cairn.log_artifact(folder)
    cairn.log_artifacts(str(folder), "all")
    assert names(run) == ["all", "model", "single"]
    assert names(run, "all") == ["all/config.json", "all/deep"]
    got = cairn.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="model/deep")
    assert Path(got, "weights.bin").read_bytes() == content
    into = tmp_path / "into"
    got = cairn.Client().download_artifacts(run.info.run_id, "single/config.json", str(into))
    assert Path(got) == into / "config.json"
    whole = cairn.artifacts.download_artifacts(artifact_uri=f"runs:/{run.info.run_id}/")
    assert sorted(os.listdir(whole)) == ["all", "model", "single"]


def test_stream_is_stored_block_by_block(run: cairn.ActiveRun) -> None:
    content = os.urandom(3_000_000)
    cairn.log_stream(io.BytesIO(content), "big.bin")
    got = cairn.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="big.bin")
    assert Path(got).read_bytes() == content


def test_images_are_single_files_or_a_series(run: cairn.ActiveRun) -> None:
    pixels = np.zeros((4, 6, 3), dtype=np.uint8)
    cairn.log_image(pixels, "one.png")
    cairn.log_image(pixels, key="sample", step=3)
    assert cairn.artifacts.load_image(uri(run, "one.png")).size == (6, 4)
    assert any(name.startswith("images/sample+step+3") for name in names(run, "images"))
    assert cairn.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"
    with pytest.raises(InvalidValue, match="either"):
        cairn.log_image(pixels)


def test_figure_is_stored_in_the_format_of_its_name(run: cairn.ActiveRun) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure()
    figure.subplots().plot([1, 2])
    cairn.log_figure(figure, "plot.png")
    assert cairn.artifacts.load_image(uri(run, "plot.png")).format == "PNG"


def test_table_grows_and_is_read_with_facts_of_its_run(run: cairn.ActiveRun) -> None:
    cairn.log_param("lr", 0.1)
    cairn.log_table({"a": [1, 2]}, "t.json")
    cairn.log_table({"a": [3]}, "t.json")
    frame = cairn.load_table("t.json", extra_columns=["run_id", "lr"])
    assert frame["a"].tolist() == [1, 2, 3]
    assert set(frame["run_id"]) == {run.info.run_id}
    assert set(frame["lr"]) == {"0.1"}
    listed = json.loads(cairn.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"])
    assert listed == [{"path": "t.json", "type": "table"}]
    with pytest.raises(InvalidValue, match="'nope'"):
        cairn.load_table("t.json", extra_columns=["nope"])
    with pytest.raises(DoesNotExist, match="other.json"):
        cairn.load_table("other.json")


def test_artifacts_may_go_to_another_run(run: cairn.ActiveRun) -> None:
    other = cairn.Client().create_run("0").info.run_id
    cairn.log_text("x", "a.txt", run_id=other)
    assert names(run) == []
    assert cairn.artifacts.load_text(f"runs:/{other}/a.txt") == "x"


def test_artifact_that_is_not_there_is_an_error_that_names_it(run: cairn.ActiveRun) -> None:
    with pytest.raises(DoesNotExist, match="nope"):
        cairn.artifacts.load_text(uri(run, "nope.txt"))
    with pytest.raises(DoesNotExist, match="nope"):
        cairn.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="nope")
    with pytest.raises(CairnError, match="nope"):
        cairn.log_artifact("nope")
    assert names(run, "nope") == []


def test_path_that_leaves_the_run_is_refused(run: cairn.ActiveRun) -> None:
    for path in ("../x", "/etc/passwd", "a/../../b"):
        with pytest.raises(InvalidValue):
            cairn.log_text("x", path)
        with pytest.raises(InvalidValue):
            cairn.artifacts.load_text(uri(run, path).replace("//", "/%2F"))


def test_exactly_one_of_uri_and_run_is_wanted() -> None:
    for call in (cairn.artifacts.download_artifacts, cairn.artifacts.list_artifacts):
        with pytest.raises(InvalidValue, match="exactly one"):
            call()
        with pytest.raises(InvalidValue, match="exactly one"):
            call(artifact_uri="runs:/x/y", run_id="x")


def test_artifact_uri_of_the_active_run_is_readable(run: cairn.ActiveRun) -> None:
    cairn.log_text("x", "a/b.txt")
    assert cairn.get_artifact_uri("a/b.txt").endswith(f"{run.info.run_id}/artifacts/a/b.txt")
    assert cairn.artifacts.load_text(cairn.get_artifact_uri("a/b.txt")) == "x"
    listed = cairn.artifacts.list_artifacts(cairn.get_artifact_uri("a"))
    assert [info.path.rpartition("/")[2] for info in listed] == ["b.txt"]


def test_local_files_are_found_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("here")
    assert cairn.artifacts.load_text(str(tmp_path / "x.txt")) == "here"
    assert cairn.artifacts.load_text((tmp_path / "x.txt").as_uri()) == "here"
    assert cairn.artifacts.download_artifacts("x.txt") == str(tmp_path / "x.txt")
    copy = cairn.artifacts.download_artifacts("x.txt", dst_path=str(tmp_path / "copy"))
    assert Path(copy).read_text() == "here"
    assert Path(copy).parent == tmp_path / "copy"
