"""Where datasets come from: files, object stores, web addresses, artifacts, or the code itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from cairn.errors import DoesNotExist, InvalidValue, Unavailable
from cairn.settings import HTTP_REQUEST_TIMEOUT

_BLOCK_BYTES = 1024 * 1024
_DRIVE = re.compile(r"^[a-zA-Z]:[\\/]")


class DatasetSource(ABC):
    """Where a dataset comes from, in a form that can be stored and loaded again.

    A new kind of source is a subclass that defines the methods below; make it known with
    `cairn.data.register_dataset_source`, or with an entry point ``mlflow.dataset_source``.
    """

    @staticmethod
    @abstractmethod
    def _get_source_type() -> str:
        """Name of this kind of source, in what is stored."""

    @staticmethod
    @abstractmethod
    def _can_resolve(raw_source: Any) -> bool:
        """Whether `_resolve` understands what a user gave as the source."""

    @classmethod
    @abstractmethod
    def _resolve(cls, raw_source: Any) -> DatasetSource:
        """The source that a user means."""

    @abstractmethod
    def load(self) -> Any:
        """Fetch the data, or the path of a local copy."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What is stored of it: values that JSON knows."""

    @classmethod
    @abstractmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> DatasetSource:
        """The source of which `source_dict` was stored."""

    def to_json(self) -> str:
        """What is stored of it, as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, source_json: str) -> DatasetSource:
        """The source of which a JSON text was stored.

        Raises:
            InvalidValue: a key is missing.
        """
        return cls.from_dict(json.loads(source_json))

    @classmethod
    def source_type(cls) -> str:
        """Name of this kind of source, in what is stored."""
        return cls._get_source_type()

    @classmethod
    def understands(cls, raw_source: Any) -> bool:
        """Whether `resolve` can make a source of what a user gave."""
        return cls._can_resolve(raw_source)

    @classmethod
    def resolve(cls, raw_source: Any) -> DatasetSource:
        """The source that a user means."""
        return cls._resolve(raw_source)


def _required(kind: type[DatasetSource], source_dict: dict[Any, Any], key: str) -> Any:
    if key not in source_dict:
        raise InvalidValue(
            f"A {kind.__name__} is stored with the key '{key}', and {source_dict} has none."
        )
    return source_dict[key]


class CodeDatasetSource(DatasetSource):
    """The program that made the dataset, by the tags of its run: user, source, git commit."""

    def __init__(self, tags: dict[Any, Any]) -> None:
        self._tags = tags

    @staticmethod
    def _get_source_type() -> str:
        return "code"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:  # noqa: ARG004  # nothing that a user gives
        return False

    @classmethod
    def _resolve(cls, raw_source: Any) -> CodeDatasetSource:
        raise InvalidValue(f"{raw_source!r} is no code. Leave the source away to name the code.")

    def load(self) -> Any:
        """A program cannot be loaded.

        Raises:
            InvalidValue: always.
        """
        raise InvalidValue(
            f"The dataset was made by code ({self._tags}), so there is nothing to load. Run that"
            " code again, or give a source when the dataset is logged."
        )

    def to_dict(self) -> dict[Any, Any]:
        return {"tags": self._tags}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> CodeDatasetSource:
        return cls(_required(cls, source_dict, "tags"))


class FileSystemDatasetSource(DatasetSource):
    """A file or folder that a URI names.

    Args:
        uri: the URI, or the path, as given.
    """

    scheme: ClassVar[str] = ""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    @property
    def uri(self) -> str:
        """The URI or path."""
        return self._uri

    @classmethod
    def _get_source_type(cls) -> str:
        return cls.scheme

    @classmethod
    def _can_resolve(cls, raw_source: Any) -> bool:
        return isinstance(raw_source, str) and _scheme(raw_source) == cls.scheme

    @classmethod
    def _resolve(cls, raw_source: Any) -> FileSystemDatasetSource:
        return cls(os.fspath(raw_source))

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Fetch it, and return the path of the copy.

        Args:
            dst_path: existing folder for the copy; a new temporary one when None.

        Raises:
            CairnError: there is nothing at the URI, or no store for its scheme is known.
        """
        from cairn.artifact import transfer
        from cairn.artifact.find import find_store
        from cairn.artifact.paths import ArtifactPath
        from cairn.client import connect

        place = connect.resolve_uri()
        folder, _, name = self._uri.rstrip("/").rpartition("/")
        store = find_store(
            folder,
            tracking_url=place.uri if place.is_server else None,
            connect=lambda url: connect.artifact_transport(place, url),
        )
        target = tempfile.mkdtemp(prefix="cairn-") if dst_path is None else dst_path
        return str(transfer.download(store, ArtifactPath.parse(name), target))

    def to_dict(self) -> dict[Any, Any]:
        return {"uri": self._uri}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> FileSystemDatasetSource:
        return cls(_required(cls, source_dict, "uri"))


class LocalArtifactDatasetSource(FileSystemDatasetSource):
    """A file or folder on this machine: a path or a ``file:`` URI."""

    scheme = "local"

    @classmethod
    def _can_resolve(cls, raw_source: Any) -> bool:
        if isinstance(raw_source, os.PathLike):
            return True
        return isinstance(raw_source, str) and _scheme(raw_source) in {"", "file"}

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Its path; with `dst_path`, that of a copy in this folder.

        Raises:
            DoesNotExist: there is nothing at the path.
        """
        parts = urlsplit(self._uri) if _scheme(self._uri) else None
        path = Path(unquote(parts.path) if parts else self._uri).absolute()
        if not path.exists():
            raise DoesNotExist(
                f"There is nothing at '{path}' on this machine, where the dataset came from."
            )
        if dst_path is None:
            return str(path)
        copy = Path(dst_path).absolute() / path.name
        if path.is_dir():
            shutil.copytree(path, copy, dirs_exist_ok=True)
        else:
            shutil.copy2(path, copy)
        return str(copy)


class S3ArtifactDatasetSource(FileSystemDatasetSource):
    """An object in Amazon S3."""

    scheme = "s3"


class R2ArtifactDatasetSource(FileSystemDatasetSource):
    """An object in Cloudflare R2."""

    scheme = "r2"


class B2ArtifactDatasetSource(FileSystemDatasetSource):
    """An object in Backblaze B2."""

    scheme = "b2"


class GCSArtifactDatasetSource(FileSystemDatasetSource):
    """An object in Google Cloud Storage."""

    scheme = "gs"


class AzureBlobArtifactDatasetSource(FileSystemDatasetSource):
    """An object in Azure Blob Storage."""

    scheme = "wasbs"


class AzureDataLakeArtifactDatasetSource(FileSystemDatasetSource):
    """A file in Azure Data Lake Storage."""

    scheme = "abfss"


class FTPArtifactDatasetSource(FileSystemDatasetSource):
    """A file on an FTP server."""

    scheme = "ftp"


class SFTPArtifactDatasetSource(FileSystemDatasetSource):
    """A file on an SFTP server."""

    scheme = "sftp"


class HdfsArtifactDatasetSource(FileSystemDatasetSource):
    """A file in HDFS."""

    scheme = "hdfs"


class ViewfsArtifactDatasetSource(HdfsArtifactDatasetSource):
    """A file in HDFS, through its mount table."""

    scheme = "viewfs"


class ProxiedArtifactDatasetSource(FileSystemDatasetSource):
    """An artifact behind a tracking server: ``mlflow-artifacts:/path``."""

    scheme = "mlflow-artifacts"


class HTTPDatasetSource(DatasetSource):
    """A file on the web.

    Args:
        url: an http or https URL.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def url(self) -> str:
        """The URL."""
        return self._url

    @staticmethod
    def _get_source_type() -> str:
        return "http"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return isinstance(raw_source, str) and _scheme(raw_source) in {"http", "https"}

    @classmethod
    def _resolve(cls, raw_source: Any) -> HTTPDatasetSource:
        return cls(raw_source)

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Download it, and return the path of the copy.

        Args:
            dst_path: existing folder for the copy; a new temporary one when None.

        Raises:
            DoesNotExist: the server does not have it, or does not give it.
            Unavailable: the server cannot be reached.
        """
        import urllib3

        folder = Path(tempfile.mkdtemp(prefix="cairn-") if dst_path is None else dst_path)
        copy = folder / _file_name(self._url)
        timeout = HTTP_REQUEST_TIMEOUT.get()
        try:
            with urllib3.PoolManager(timeout=timeout) as pool:
                reply = pool.request("GET", self._url, preload_content=False)
                if reply.status != 200:
                    raise DoesNotExist(
                        f"'{self._url}' answered {reply.status} {reply.reason}, so the dataset"
                        " cannot be loaded from there."
                    )
                with copy.open("wb") as file:
                    for block in reply.stream(_BLOCK_BYTES):
                        file.write(block)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"'{self._url}' cannot be loaded: {error}.") from error
        return str(copy)

    def to_dict(self) -> dict[Any, Any]:
        return {"url": self._url}

    @classmethod
    def from_dict(cls, source_dict: dict[Any, Any]) -> HTTPDatasetSource:
        return cls(_required(cls, source_dict, "url"))


def _scheme(source: str) -> str:
    """Scheme of a URI in lower case; "" for a path, also one with a drive letter."""
    if _DRIVE.match(source):
        return ""
    try:
        return urlsplit(source).scheme.lower()
    except ValueError:
        return ""


def _file_name(url: str) -> str:
    """Name for the file that a URL names: one segment, never one that leads elsewhere."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    name = re.sub(r"[^\w.\- ]", "_", name)
    return name if name.strip(". ") else "dataset_source"


SOURCES: tuple[type[DatasetSource], ...] = (
    LocalArtifactDatasetSource,
    S3ArtifactDatasetSource,
    R2ArtifactDatasetSource,
    B2ArtifactDatasetSource,
    GCSArtifactDatasetSource,
    AzureBlobArtifactDatasetSource,
    AzureDataLakeArtifactDatasetSource,
    FTPArtifactDatasetSource,
    SFTPArtifactDatasetSource,
    HdfsArtifactDatasetSource,
    ViewfsArtifactDatasetSource,
    ProxiedArtifactDatasetSource,
    HTTPDatasetSource,
    CodeDatasetSource,
)
"""The sources that are part of Cairn."""
