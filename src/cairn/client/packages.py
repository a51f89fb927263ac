"""What is installed beside this program: a lock that pip and uv can re-create."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from cairn.client.masking import masked

UV_LOCK = "uv.lock"
_MOST_LOCK_BYTES = 8 * 1024 * 1024
_FIELD = re.compile(r"^(Name|Version):[ \t]*(.+?)[ \t]*$", re.MULTILINE)


def environment() -> str:
    """The installed distributions as a requirements file, sorted by name.

    ``name==version``, or ``name @ URL`` for what came from a folder, an archive or a repository;
    a folder that is installed editable says so in a comment. URLs carry no credentials.
    """
    lines: dict[str, str] = {}
    for found in distributions():
        name, line = _requirement(found)
        lines.setdefault(re.sub(r"[-_.]+", "-", name).lower(), line)  # the first on the path holds
    listed = [lines[name] for name in sorted(lines) if name]
    head = f"# Python {platform.python_version()} ({platform.python_implementation()})"
    return "\n".join([head, *listed, ""])


def uv_lock(folder: Path) -> bytes | None:
    """Content of the ``uv.lock`` of the project that a folder is in; None when there is none."""
    for place in (folder, *folder.parents):
        lock = place / UV_LOCK
        if lock.is_file():
            return lock.read_bytes() if lock.stat().st_size <= _MOST_LOCK_BYTES else None
        if (place / ".git").exists():
            break
    return None


def _requirement(found: Distribution) -> tuple[str, str]:
    head = (found.read_text("METADATA") or found.read_text("PKG-INFO") or "").partition("\n\n")[0]
    fields = dict(reversed(_FIELD.findall(head)))
    name, version = fields.get("Name", ""), fields.get("Version", "")
    origin = _origin(found)
    if origin is None:
        return name, f"{name}=={version}"
    url, remark = origin
    return name, f"{name} @ {masked(url)}  # {version}{remark}"


def _origin(found: Distribution) -> tuple[str, str] | None:
    """Where a distribution came from (PEP 610), when that was no index."""
    text = found.read_text("direct_url.json")
    try:
        origin: Any = json.loads(text) if text else None
        if origin is None:
            return None
        url, vcs = str(origin["url"]), origin.get("vcs_info")
        if vcs is not None:
            url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
        if origin.get("subdirectory"):
            url += f"#subdirectory={origin['subdirectory']}"
        return url, ", editable" * bool(origin.get("dir_info", {}).get("editable"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def differences(texts: list[str | None]) -> dict[str, list[str | None]]:
    """The distributions that differ between environments, by name: version or URL in each.

    Args:
        texts: what `environment` gave; None where it is not known, which is no difference.
    """
    parsed = [None if text is None else dict(_listed(text)) for text in texts]
    names = sorted({name for each in parsed if each is not None for name in each})
    found: dict[str, list[str | None]] = {}
    for name in names:
        values = [None if each is None else each.get(name) for each in parsed]
        known = {value for each, value in zip(parsed, values, strict=True) if each is not None}
        if len(known) > 1:
            found[name] = values
    return found


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.startswith("# Python "):
            yield "python", line.removeprefix("# Python ")
        elif "==" in line and " @ " not in line:
            name, _, version = line.partition("==")
            yield name, version
        elif " @ " in line:
            name, _, url = line.partition(" @ ")
            yield name, url.partition("  #")[0]
