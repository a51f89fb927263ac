"""Files over HTTP: sent with ranges and validators as inert data, received in blocks."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import quote

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from cairn.artifact.base import BLOCK_BYTES, ArtifactStore, Reader, Stat, Written
from cairn.artifact.paths import ArtifactPath
from cairn.errors import CairnError, InvalidValue
from cairn.wire.routes import Receive, RunSync, Scope, Send

UPLOADS = 32
"""How many uploads are received at a time; more wait."""
IDLE_SECONDS = 60.0
"""How long an upload may send nothing before it is given up."""

_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_TEXTS = (
    *("txt", "log", "md", "rst", "tsv", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "diff"),
    *("py", "sql", "sh", "r", "jl", "ts", "tex", "patch", "mlmodel", "mlproject"),
    *("html", "htm", "xhtml", "xml", "css", "js", "mjs"),  # active ones, as their source
)
_TYPES = dict.fromkeys(_TEXTS, "text/plain; charset=utf-8") | {
    "json": "application/json",
    "ipynb": "application/json",
    "csv": "text/csv; charset=utf-8",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


def content_type(name: str) -> str:
    """Content type by the name of a file, never one that runs code in a page by itself.

    SVG is only safe together with the headers of `FileSender`: as an image it runs nothing, and
    opened alone it is sandboxed.
    """
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


class _Range(NamedTuple):
    start: int
    end: int


def _asked_range(request: Request, stat: Stat) -> _Range | None:
    """The one range that is asked for; None for the whole file, also if that is asked oddly.

    Raises:
        _Unsatisfiable: the range begins behind the end.
    """
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    condition = request.headers.get("if-range")
    if match is None or match[0] == "bytes=-" or condition not in {None, stat.etag}:
        return None
    if len(match[0]) > 50:
        raise _Unsatisfiable
    first, last = match[1], match[2]
    if first == "":
        start, end = max(stat.size - int(last), 0), stat.size
    else:
        start, end = int(first), int(last) + 1 if last else stat.size
        if end <= start and last:
            return None
    if start >= stat.size:
        raise _Unsatisfiable
    return _Range(start, min(end, stat.size))


class _Unsatisfiable(Exception):
    pass


class FileSender:
    """Sends files of a store.

    Args:
        run_sync: runs a blocking call outside the event loop.
    """

    def __init__(self, run_sync: RunSync) -> None:
        self._run_sync = run_sync

    async def send(self, request: Request, store: ArtifactStore, path: ArtifactPath) -> ASGIApp:
        """The answer that sends a file, or the range of it that the request asks for.

        Raises:
            DoesNotExist: there is no such file.
            InvalidValue: it is a folder.
        """
        stat: Stat = await self._run_sync(store.stat, path)
        if stat.is_dir:
            raise InvalidValue(
                f"Artifact {str(path)!r} is a folder, not a file. Name a file in it, or list it."
            )
        headers = _headers(path, stat)
        if stat.etag is not None and request.headers.get("if-none-match") == stat.etag:
            return Response(status_code=304, headers=headers)
        try:
            part = _asked_range(request, stat)
        except _Unsatisfiable:
            return Response(status_code=416, headers={"content-range": f"bytes */{stat.size}"})
        start, end = part or (0, stat.size)
        headers["content-length"] = str(end - start)
        if part:
            headers["content-range"] = f"bytes {start}-{end - 1}/{stat.size}"
        status = 206 if part else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        stack = ExitStack()
        reader = await self._run_sync(stack.enter_context, store.open(path, start, end))
        if reader.etag != stat.etag:  # replaced between the two looks: begin again
            stack.close()
            return await self.send(request, store, path)
        return _FileStream(stack, self._blocks(reader), status, headers)

    async def _blocks(self, reader: Reader) -> AsyncIterator[bytes]:
        blocks = iter(reader)
        while (block := await self._run_sync(next, blocks, None)) is not None:
            yield block


class _FileStream:
    """Streams an open file and closes it, whatever happens; stops when the client is gone."""

    def __init__(
        self,
        stack: ExitStack,
        blocks: AsyncIterator[bytes],
        status: int,
        headers: dict[str, str],
    ) -> None:
        self._stack = stack
        self._response = StreamingResponse(blocks, status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._stack:
            await self._response(scope, receive, send)


def _headers(path: ArtifactPath, stat: Stat) -> dict[str, str]:
    name = quote(path.name, safe="")
    headers = {
        "content-type": content_type(path.name),
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "content-security-policy": _SANDBOX,
        "accept-ranges": "bytes",
        "cache-control": "no-cache",
    }
    if stat.etag is not None:
        headers["etag"] = stat.etag
    if stat.modified is not None:
        headers["last-modified"] = formatdate(stat.modified / 1000, usegmt=True)
    return headers


class FileReceiver:
    """Receives files into a store, in blocks; a slow client holds no thread of the operations."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(UPLOADS)

    async def receive(self, request: Request, store: ArtifactStore, path: ArtifactPath) -> Written:
        """Store the body of a request, when it has come whole.

        Raises:
            ClientDisconnect: the client went away; nothing is stored.
            CairnError: nothing came for `IDLE_SECONDS` (408), or the store refused it.
        """

        def blocks() -> Iterator[bytes]:
            while block := anyio.from_thread.run(_next_block, request):
                yield block

        return await anyio.to_thread.run_sync(store.write, path, blocks(), limiter=self._limiter)


async def _next_block(request: Request) -> bytes:
    """About `BLOCK_BYTES` of the body; empty at its end."""
    parts: list[bytes] = []
    size = 0
    while size < BLOCK_BYTES and not request.scope.get("cairn.received"):
        event = None
        with contextlib.suppress(TimeoutError):
            with anyio.fail_after(IDLE_SECONDS):
                event = await request.receive()
        if event is None:
            raise CairnError(
                f"The upload sent nothing for {IDLE_SECONDS:.0f} seconds and was given up. "
                "Send it again.",
                error_code="DEADLINE_EXCEEDED",
                status=408,
            )
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        request.scope["cairn.received"] = not event.get("more_body", False)
    return b"".join(parts)
