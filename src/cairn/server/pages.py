"""The web UI: hashed files that browsers keep, one page for every URL of the UI."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from cairn.errors import EndpointNotFound
from cairn.wire.routes import Receive, RunSync, Scope, Send

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'self'; "
    "base-uri 'self'; object-src 'none'"
)
NOT_PAGES = (
    *("/api", "/ajax-api", "/get-artifact", "/v1", "/gateway"),
    *("/health", "/version", "/ready", "/metrics"),
)
_FOREVER = "public, max-age=31536000, immutable"
_BASE = re.compile(rb"<base href=\"[^\"]*\"\s*/?>")
_HASHED = re.compile(r".*[-.][\w-]{8,}\.\w+")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSIBLE = {".html", ".js", ".css", ".json", ".webmanifest", ".svg", ".txt", ".wasm"}
_NO_UI = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Cairn</title></head>
<body style="font-family: system-ui; max-width: 40em; margin: 4em auto">
<h1>Cairn is running</h1>
<p>The web UI has not been built. In a source tree, build it with</p>
<pre>make setup
.venv/bin/python hatch_build.py</pre>
<p>and load this page again. The API works without it: set
<code>CAIRN_TRACKING_URI</code> to the address of this page.</p>
</body></html>
"""


def ui_folder() -> Path:
    """Where the built UI lies: in the package, else in the source tree; may not exist."""
    packaged = Path(__file__).parent / "static"
    if (packaged / "index.html").is_file():
        return packaged
    return Path(__file__).parents[3] / "ui" / "dist"


@dataclass
class _File:
    """A file of the UI; `plain` and `packed` are made when first asked for."""

    path: Path
    etag: str
    plain: bytes | None = None
    packed: bytes | None = None

    def body(self, pack: bool) -> tuple[bytes, bool]:
        """Content, and whether it is compressed with gzip."""
        if pack and self.path.suffix in _COMPRESSIBLE:
            if self.packed is None:
                ready = self.path.with_name(f"{self.path.name}.gz")
                self.packed = (
                    ready.read_bytes()
                    if self.plain is None and ready.is_file()
                    else gzip.compress(self._read(), 9, mtime=0)
                )
            return self.packed, True
        return self._read(), False

    def _read(self) -> bytes:
        return self.path.read_bytes() if self.plain is None else self.plain


class Pages:
    """ASGI application that serves the UI and refuses what nobody knows.

    Args:
        prefix: path before every URL of the server, told to the page as its base.
        run_sync: runs a blocking call outside the event loop.
        folder: the built UI.
    """

    def __init__(self, prefix: str, run_sync: RunSync, folder: Path | None = None) -> None:
        self._prefix = prefix
        self._run_sync = run_sync
        self._folder = folder or ui_folder()
        self._built: int | None = None
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        path = scope["path"]
        if request.method not in {"GET", "HEAD"} or path.startswith(
            tuple(p + end for p in NOT_PAGES for end in ("/",))
        ):
            raise EndpointNotFound(
                f"Nothing is served at {request.method} {path}. See the API reference."
            )
        response = await self._run_sync(self._find, request, path)
        await response(scope, receive, send)

    def _find(self, request: Request, path: str) -> Response:
        self._load()
        file = self._files.get(path)
        if file is not None and path != "/index.html":
            return _response(request, file, _FOREVER if _HASHED.fullmatch(path) else "no-cache")
        wants_page = "text/html" in request.headers.get("accept", "") or path == "/"
        if path.startswith("/assets/") or path in NOT_PAGES or not wants_page:
            raise EndpointNotFound(f"Nothing is served at {path}.")
        return _response(request, self._files["/index.html"], "no-cache")

    def _load(self) -> None:
        """Look at the folder again when it was built again."""
        index = self._folder / "index.html"
        built = index.stat().st_mtime_ns if index.is_file() else 0
        if built == self._built:
            return
        files: dict[str, _File] = {}
        for parent, _, names in os.walk(self._folder):
            for name in names:
                path = Path(parent, name)
                facts = path.stat()
                url = f"/{path.relative_to(self._folder).as_posix()}"
                files[url] = _File(path, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"')
        page = index.read_bytes() if built else _NO_UI.encode()
        base = f'<base href="{escape(self._prefix)}/">'.encode()
        page = _BASE.sub(base.replace(b"\\", b"\\\\"), page, count=1)
        etag = f'"{hashlib.sha256(page).hexdigest()[:32]}"'
        files["/index.html"] = _File(Path("index.html"), etag, page)
        self._files, self._built = files, built


def _response(request: Request, file: _File, cache: str) -> Response:
    body, packed = file.body("gzip" in request.headers.get("accept-encoding", ""))
    etag = file.etag if not packed else f'{file.etag[:-1]}-gz"'
    headers = {
        "content-type": _TYPES.get(file.path.suffix, "application/octet-stream"),
        "cache-control": cache,
        "etag": etag,
        "vary": "Accept-Encoding, Origin",
        "content-security-policy": PAGE_POLICY,
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers)
