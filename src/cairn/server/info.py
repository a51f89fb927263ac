"""What clients ask a server about itself."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cairn.server.access import ANYONE
from cairn.server.routing import raw, twins
from cairn.version import COMPATIBLE_VERSION, __version__

_HEADERS = {"x-cairn-version": __version__}
_INFO = {
    "store_type": "SqlStore",
    "workspaces_enabled": False,
    "trace_archival_enabled": False,
    "multipart_uploads_enabled": False,
    "multipart_downloads_enabled": False,
    "presigned_upload_run_id_supported": True,
    "presigned_upload_model_id_supported": True,
    "features_enabled": {"gateway": False},
}


class InfoRoutes:
    """Health, versions and features."""

    @raw("GET /health", needs=ANYONE)
    async def health(self, _request: Request, _tail: str) -> ASGIApp:
        """Say that the server answers."""
        return Response("OK", media_type="text/plain", headers=_HEADERS)

    @raw("GET /version", needs=ANYONE)
    async def version(self, _request: Request, _tail: str) -> ASGIApp:
        """The version of the protocol that the server speaks; our own is in a header."""
        return Response(COMPATIBLE_VERSION, media_type="text/plain", headers=_HEADERS)

    @raw(*twins("GET", "3.0/mlflow/server-info"), needs=ANYONE)
    async def info(self, _request: Request, _tail: str) -> ASGIApp:
        """What the server can do, in the words of the protocol."""
        body = msgspec.json.encode(_INFO)
        return Response(body, media_type="application/json", headers=_HEADERS)
