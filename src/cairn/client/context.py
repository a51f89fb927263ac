"""Where a run comes from: who started which program, from which commit.

`resolve_tags` gives the tags that every new run gets. Git facts are read from the files of the
repository; the git binary is only asked whether the program is an ignored file.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit, urlunsplit

from cairn.settings import RUN_CONTEXT, TRACKING_USERNAME

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

log = logging.getLogger(__name__)

CONSOLE = "<console>"
PROVIDER_GROUPS = ("cairn.run_context_provider", "mlflow.run_context_provider")
GIT_TIMEOUT_SECONDS = 1.0

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SECTION = re.compile(r'\[\s*(?P<name>[^\]\s"]+)(?:\s+"(?P<part>(?:[^"\\]|\\.)*)")?\s*\]')


class Provider(Protocol):
    """A plugin that adds tags to every new run."""

    def in_context(self) -> bool:
        """Whether it has something to say about this process."""
        ...

    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        ...


def resolve_tags(extra: Mapping[str, object] | None = None) -> dict[str, str]:
    """Tags of a run that starts now in this process.

    User, program, its kind and its commit; over them what plugins say, then the JSON object in
    the setting ``run_context``, then `extra`. Nothing here raises: what cannot be found out is
    left away.

    Args:
        extra: tags that the caller knows better; values become text.
    """
    tags = {"mlflow.user": user(), **source()}
    tags.update(git_tags(program()))
    tags.update(_provided())
    tags.update(_from_environment())
    tags.update(_texts(extra or {}))
    return tags


def user() -> str:
    """Name of the user: the one that logs in to the server, else that of the system."""
    name = TRACKING_USERNAME.get()
    if name:
        return name
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no variable names it, and no passwd entry either
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def source() -> dict[str, str]:
    """Name and kind of the program: its path, or the notebook, or ``<console>``."""
    if _in_notebook():
        name = _notebook_name()
        return {
            **({"mlflow.source.name": name} if name else {}),
            "mlflow.source.type": "NOTEBOOK",
        }
    return {"mlflow.source.name": program() or CONSOLE, "mlflow.source.type": "LOCAL"}


def program() -> str:
    """Path of the program as it was started; "" at a console."""
    return sys.argv[0] if getattr(sys, "argv", None) else ""


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    kernel = getattr(shell, "get_ipython", lambda: None)()
    return type(kernel).__name__ == "ZMQInteractiveShell"


def _notebook_name() -> str | None:
    for variable in ("IPYNB_FILE", "JPY_SESSION_NAME"):
        if os.environ.get(variable):
            return os.environ[variable]
    main = sys.modules.get("__main__")
    name = getattr(main, "__vsc_ipynb_file__", None)  # set by the notebooks of VS Code
    return name if isinstance(name, str) else None


def git_tags(path: str) -> dict[str, str]:
    """Commit, branch and remote of the work tree that a file is in; none when it is ignored.

    Credentials in the remote's URL are left away. A branch is absent when the head is detached,
    a URL when there is no remote.

    Args:
        path: the file; it must exist.
    """
    try:
        file = Path(path).absolute()
        found = _repository(file.parent) if path and file.is_file() else None
        if found is None:
            return {}
        branch, commit = _head(*found)
        if commit is None or _is_ignored(file):
            return {}
        url = _remote_url(found[1])
    except (OSError, ValueError) as error:
        log.debug("The git facts of %s cannot be read: %s", path, error)
        return {}
    facts = {"commit": commit, "branch": branch, "repoURL": url}
    return {f"mlflow.source.git.{name}": fact for name, fact in facts.items() if fact}


def _repository(folder: Path) -> tuple[Path, Path] | None:
    """Git folder of the work tree around `folder`, and the one shared by all its work trees."""
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.is_file():  # a linked work tree or a submodule
            git = place / _text(git).removeprefix("gitdir:").strip()
        if (git / "HEAD").is_file():
            shared = git / "commondir"
            return git, (git / _text(shared).strip() if shared.is_file() else git)
    return None


def _head(git: Path, shared: Path) -> tuple[str | None, str | None]:
    """Branch and commit that are checked out."""
    head = _text(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return None, _commit(head)
    name = head.removeprefix("ref:").strip()
    if ".." in name or not name.startswith("refs/"):
        return None, None
    branch = name.removeprefix("refs/heads/")
    for folder in (git, shared):
        if (folder / name).is_file():
            return branch, _commit(_text(folder / name).strip())
    packed = shared / "packed-refs"
    for line in _text(packed).splitlines() if packed.is_file() else ():
        commit, _, reference = line.partition(" ")
        if reference == name:
            return branch, _commit(commit)
    return branch, None


def _commit(text: str) -> str | None:
    return text if _OBJECT_ID.fullmatch(text) else None


def _remote_url(shared: Path) -> str | None:
    """URL of the remote ``origin``, else of the first remote, without credentials."""
    config = shared / "config"
    urls: dict[str, str] = {}
    for remote, key, value in _settings(_text(config) if config.is_file() else ""):
        if key == "url":
            urls.setdefault(remote, value)
    url = urls.get("origin") or next(iter(urls.values()), None)
    return without_credentials(url) if url else None


def _settings(config: str) -> Iterator[tuple[str, str, str]]:
    """(remote, key, value) of the remotes in a git config."""
    remote: str | None = None
    for raw in config.splitlines():
        line = raw.strip()
        section = _SECTION.match(line)
        if section:
            remote = section["part"] if section["name"].lower() == "remote" else None
        elif remote is not None and "=" in line:
            key, _, value = line.partition("=")
            yield remote, key.strip().lower(), value.strip().strip('"')


def without_credentials(url: str) -> str:
    """`url` without user, password, query and fragment, where secrets stand.

    Addresses like ``git@host:path`` and paths have no secret and stay.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _is_ignored(file: Path) -> bool:
    """Whether git ignores a file; no when git is missing, or does not answer in time."""
    import subprocess

    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    try:
        answer = subprocess.run(  # noqa: S603  # an argument vector, no shell
            [*command, "check-ignore", "--quiet", "--", str(file)],
            cwd=file.parent,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")


@functools.cache
def _plugins() -> tuple[EntryPoint, ...]:
    """The plugins that are installed, looked up once for the process."""
    from importlib.metadata import entry_points

    installed = entry_points()  # reads the folder of every distribution, so once for all groups
    return tuple(entry for group in PROVIDER_GROUPS for entry in installed.select(group=group))


def _provided() -> dict[str, str]:
    tags: dict[str, str] = {}
    for plugin in _plugins():
        try:
            provider: Provider = plugin.load()()
            if provider.in_context():
                tags.update(_texts(provider.tags()))
        except Exception as error:  # noqa: BLE001  # a stranger's code must not stop a run
            log.warning("The run context plugin %s failed: %s", plugin.name, error)
    return tags


def _from_environment() -> dict[str, str]:
    text = RUN_CONTEXT.get()
    if not text:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        log.warning("%s is no JSON, so its tags are left away: %s", RUN_CONTEXT.env[0], error)
        return {}
    if not isinstance(given, dict):
        log.warning(
            "%s is no JSON object of tags, so it is left away. Write for example"
            ' {"team": "vision"}.',
            RUN_CONTEXT.env[0],
        )
        return {}
    return _texts(given)


def _texts(tags: Mapping[str, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in tags.items()}
