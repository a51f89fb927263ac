"""Compressing answers for those who can read that."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEAST_BYTES = 1400
"""What fits one packet is sent as it is."""


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(body) + packer.flush()


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, 1)


# The quickest level of each: numbers hardly get smaller with more work. The first one is preferred.
_PACKERS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}


def pack(body: bytes, accepted: str) -> tuple[bytes, str | None]:
    """The body, and what it is compressed with, if it is.

    Args:
        body: what to send.
        accepted: the header Accept-Encoding of the request; empty for none.
    """
    names = {name.strip() for name in accepted.lower().split(",")}  # with a weight: not taken
    for name, packer in _PACKERS.items():
        if name in names and len(body) >= LEAST_BYTES:
            return packer(body), name
    return body, None
