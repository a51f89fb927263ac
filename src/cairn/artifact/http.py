"""The artifact proxy of a tracking server, seen by a client. Also works with MLflow's server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

import msgspec

from cairn.artifact.base import ArtifactStore, Reader, Stat, Written
from cairn.artifact.paths import HIDDEN, ROOT, ArtifactPath
from cairn.contract.artifacts import FileInfo
from cairn.errors import CairnError, DoesNotExist, InvalidValue, Unavailable
from cairn.wire.remote import read_error

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
SHA256_HEADER = "x-cairn-sha256"
"""Reply header of our server's PUT: digest of what it stored."""


class ByteResponse(Protocol):
    """An answer whose body has not been read yet; iterating gives it in blocks.

    Attributes:
        status: HTTP status.
        headers: reply headers; `get` does not care about upper and lower case.
    """

    status: int
    headers: Mapping[str, str]

    def __iter__(self) -> Iterator[bytes]: ...


class ByteTransport(Protocol):
    """An HTTP client bound to the base URL of one server.

    `path` begins with ``/`` and is already percent-encoded; it must be sent unchanged.
    """

    def request(
        self, verb: str, path: str, *, query: list[tuple[str, str]], body: bytes | None
    ) -> tuple[int, bytes]:
        """Send a small request and return status and body.

        Raises:
            Unavailable: the server cannot be reached.
        """
        ...

    def stream(
        self,
        verb: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body_blocks: Iterable[bytes] | None,
    ) -> AbstractContextManager[ByteResponse]:
        """Send a body block by block, and read the answer block by block.

        Raises:
            Unavailable: the server cannot be reached.
        """
        ...


Connect = Callable[[str], ByteTransport]


def open_proxy(uri: str, tracking_url: str | None, connect: Connect | None) -> ArtifactStore:
    """The store behind the proxy that `uri` names; see `cairn.artifact.find.find_store`.

    Raises:
        InvalidValue: the URI does not name a proxy, or there is no tracking server to ask.
    """
    if connect is None:
        raise InvalidValue(f"{uri!r} is reached over HTTP, which is not available here.")
    base_url, path = _base_and_path(uri, tracking_url)
    return HttpStore(connect(base_url), ArtifactPath.folder(path))


def _base_and_path(uri: str, tracking_url: str | None) -> tuple[str, str]:
    parts = urlsplit(uri)
    if parts.scheme in {"http", "https"}:
        base, found, path = parts.path.partition(PROXY)
        if not found:
            raise InvalidValue(
                f"{uri!r} is no artifact URI: the path of an http(s) artifact URI must hold "
                f"'{PROXY}'. Use 'mlflow-artifacts:/...' for the tracking server's own."
            )
        return f"{parts.scheme}://{parts.netloc}{base}", unquote(path).strip("/")
    tracking = urlsplit(tracking_url or "")
    is_server = tracking.scheme in {"http", "https"}
    if parts.netloc:
        scheme = tracking.scheme if is_server else "http"
        return f"{scheme}://{parts.netloc}", parts.path.strip("/")
    if tracking_url is None or not is_server:
        raise InvalidValue(
            f"{uri!r} is kept by a tracking server, but the tracking URI is "
            f"{tracking_url!r}. Set CAIRN_TRACKING_URI to the http(s) URL of that server."
        )
    return tracking_url.rstrip("/"), parts.path.strip("/")


class _Listing(msgspec.Struct):
    files: list[FileInfo] = []


_listing = msgspec.json.Decoder(_Listing, strict=False)


class HttpStore:
    """Artifacts below one folder of a server's proxy.

    Args:
        transport: reaches the server.
        root: folder of the proxy that is the root of this store.
    """

    def __init__(self, transport: ByteTransport, root: ArtifactPath = ROOT) -> None:
        self._transport = transport
        self._root = root

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        folder = self._root / path
        status, body = self._transport.request(
            "GET", PROXY, query=[("path", str(folder))] if folder.parts else [], body=None
        )
        if status >= 400:
            raise read_error(status, body)
        try:
            found = _listing.decode(body).files
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"The server's list of {str(path)!r} cannot be read: {error}. Check that the "
                "tracking URI is that of a Cairn or MLflow server."
            ) from None
        for info in found:
            # Servers answer base names; the last segment is also right for whole paths.
            info.path = str(path.join(info.path.rstrip("/").rpartition("/")[2]))
        return sorted(found, key=lambda info: info.path)

    def stat(self, path: ArtifactPath) -> Stat:
        if path.is_root:
            return Stat(is_dir=True, size=0)
        if path.name == HIDDEN and self.list(path):  # the list of its parent does not tell it
            return Stat(is_dir=True, size=0)
        for info in self.list(path.parent):
            if info.path == str(path):
                return Stat(is_dir=info.is_dir, size=info.file_size or 0)
        raise DoesNotExist(f"No such artifact: {str(path)!r}.")

    @contextmanager
    def open(self, path: ArtifactPath, start: int = 0, end: int | None = None) -> Iterator[Reader]:
        headers = {"accept-encoding": "identity"}
        if start or end is not None:
            headers["range"] = f"bytes={start}-{'' if end is None else end - 1}"
        with self._transport.stream(
            "GET", self._url(path), query=[], headers=headers, body_blocks=None
        ) as response:
            _check(response)
            yield _HttpReader(path, response, start, end)

    def write(self, path: ArtifactPath, blocks: Iterable[bytes]) -> Written:
        digest = _Digest()
        headers = {"content-type": "application/octet-stream"}
        with self._transport.stream(
            "PUT", self._url(path), query=[], headers=headers, body_blocks=digest.of(blocks)
        ) as response:
            _check(response)
            stored = response.headers.get(SHA256_HEADER)
        if stored is not None and stored != digest.hex:
            raise Unavailable(
                f"{str(path)!r} was changed on its way to the server: its SHA-256 is "
                f"{digest.hex}, the server stored {stored}. Upload it again."
            )
        return Written(digest.size, digest.hex)

    def delete(self, path: ArtifactPath) -> None:
        if (self._root / path).is_root:
            for info in self.list(path):
                self.delete(ArtifactPath.parse(info.path))
            return
        status, body = self._transport.request("DELETE", self._url(path), query=[], body=None)
        if status >= 400:
            raise read_error(status, body)

    def _url(self, path: ArtifactPath) -> str:
        parts = (self._root / path).parts
        return "/".join((PROXY, *(quote(part, safe="") for part in parts)))


def _check(response: ByteResponse) -> None:
    if response.status < 400:
        return
    body = b""
    for block in response:
        body += block
        if len(body) > 64 * 1024:
            break
    error = read_error(response.status, body)
    if response.status == 404 and not isinstance(error, DoesNotExist):
        message = error.message if isinstance(error, CairnError) else str(error)
        raise DoesNotExist(message)
    raise error


class _Digest:
    """Counts and digests blocks on their way."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def of(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._hash.update(block)
            self.size += len(block)
            yield block

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()


class _HttpReader:
    def __init__(
        self, path: ArtifactPath, response: ByteResponse, start: int, end: int | None
    ) -> None:
        self._path = path
        self._response = response
        self.etag = response.headers.get("etag")
        length = response.headers.get("content-length")
        if response.status == 206:
            total = (response.headers.get("content-range") or "").rpartition("/")[2]
            self.size = int(total) if total.isdigit() else start + int(length or 0)
            self._skip, self._take = 0, int(length) if length else None
        else:  # no range was asked for, or the server does not know ranges
            self.size = int(length) if length else -1
            stop = end if self.size < 0 else min(self.size if end is None else end, self.size)
            self._skip, self._take = start, None if stop is None else max(stop - start, 0)
        self._complete = length is not None

    def __iter__(self) -> Iterator[bytes]:
        skip, left = self._skip, self._take
        for whole in self._response:
            block = whole[skip:]
            skip -= len(whole) - len(block)
            if left is not None:
                block = block[:left]
                left -= len(block)
            if block:
                yield block
            if left == 0:
                return
        if left and self._complete:
            raise Unavailable(
                f"The connection was lost while {str(self._path)!r} was read; {left} bytes "
                "are missing. Try again."
            )
