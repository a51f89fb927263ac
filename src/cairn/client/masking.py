"""Secrets in text, masked before it leaves this machine.

Masked are: quoted values of keys that look like passwords, tokens or keys, unquoted ones too where
the text is no program; values that have the shape of a well-known token; user and password in
URLs; and what is inside of PEM blocks. Lines stay lines, so a patch keeps its shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"

_KEY = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|credentials?|(?:api|access|private|auth|account|"
    r"signing|encryption|shared)[_.-]?key|connection[_.-]?string)"
)
_NAME = rf"{_KEY}(?![a-z])[\w.-]{{0,64}}"  # what is before it needs no look; bounded after it
_QUOTED = re.compile(
    rf"({_NAME}[\"'\]\s]{{0,9}}(?::\s*[\w\[\]. |]+=|[:=]>?)\s*[rbuf]?\\?)"
    r"(?P<quote>\"|')(?![<\[{$])(?:\\.|(?!(?P=quote))[^\\\n])+(?P=quote)",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"({_NAME}[\"']?[ \t]*[:=][ \t]*)(?![<\[{{$\"'\s])(?:Bearer[ \t]+)?[^\s\"',;#]+",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{20,}|gh[opsur]_[A-Za-z0-9]{20,}"
    r"|github_pat_\w{20,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}"
    r"|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
)
_URL = re.compile(
    r"\b([a-z][a-z0-9+.-]{0,30}://)(?:[^\s/@:'\"]*:[^\s/@'\"]+|[^\s/@:'\"]{16,})@", re.IGNORECASE
)
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----)(.*?)(-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_PEM_LINE = re.compile(r"^([ +-]?).+$", re.MULTILINE)
_OPTION = re.compile(rf"--?[\w.-]*{_NAME}", re.IGNORECASE)


def masked(text: str, *, program: bool = False) -> str:
    """A text without the secrets that can be told.

    Args:
        text: any text, also a patch.
        program: it is source code, where only quoted values are values.
    """
    text = _PEM.sub(_hide_block, text)
    text = _QUOTED.sub(rf"\g<1>\g<quote>{MASK}\g<quote>", text)
    if not program:
        text = _PLAIN.sub(rf"\g<1>{MASK}", text)
    text = _SHAPE.sub(MASK, text)
    return _URL.sub(rf"\g<1>{MASK}@", text)


def masked_arguments(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command without secrets: ``--token=x`` as well as ``--token x``."""
    found: list[str] = []
    for place, argument in enumerate(arguments):
        secret = place > 0 and _OPTION.fullmatch(arguments[place - 1])
        found.append(MASK if secret and not argument.startswith("-") else masked(argument))
    return found


def _hide_block(match: re.Match[str]) -> str:
    inner = match[2]
    hidden = _PEM_LINE.sub(rf"\g<1>{MASK}", inner) if "\n" in inner else MASK
    if inner.rpartition("\n")[2] in {" ", "+", "-"}:  # the mark of a patch before the last line
        hidden = hidden.rpartition("\n")[0] + "\n" + inner[-1]
    return f"{match[1]}{hidden}{match[3]}"
