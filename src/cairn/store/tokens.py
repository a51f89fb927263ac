"""The words of the search language, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cairn.errors import InvalidValue

MAX_LENGTH = 500_000
"""Most characters of a filter: room for a list of ten thousand run ids."""
_SHOWN = 60
"""How many characters of a text an error repeats on each side of the place."""

# A word may hold letters of any script, digits, `_`, `.`, `-` and `/`.
_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
    | (?P<word>[^\W\d][\w.\-/]*)
    | (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)
    | (?P<operator>==|<>|[<>!]=|[=<>])
    | (?P<mark>[(),:@])
    | (?P<open>['"`].*)
    | (?P<other>[\w.]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word of the text.

    Attributes:
        kind: number, word, quoted, operator, mark, open (a quote that is never closed and what
            follows), other or end.
        text: the word as written, quotes included.
        position: its first character, counted from 0.
    """

    kind: str
    text: str
    position: int

    @property
    def end(self) -> int:
        """Position after the last character."""
        return self.position + len(self.text)

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for what is not a word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def quote(self) -> str:
        """The quote that the text stands in; empty for what is not quoted."""
        return self.text[0] if self.kind == "quoted" else ""

    @property
    def quoted(self) -> str:
        """What stands in the quotes, where a quote that is written twice stands for one."""
        quote = self.quote
        return self.text[1:-1].replace(quote * 2, quote) if quote else ""


class Tokens:
    """A text cut into words, read one after another.

    Attributes:
        text: the whole text.
        next: the word that comes next; it stays next until `take`.
    """

    def __init__(self, text: str, name: str) -> None:
        """Cut `text`; errors call it `name`.

        Raises:
            InvalidValue: it is too long, or no text that can be stored.
        """
        self.text = text
        self.name = name
        if len(text) > MAX_LENGTH:
            raise InvalidValue(
                f"Invalid {name}: {len(text)} characters, at most {MAX_LENGTH} are allowed. "
                "Search in several steps."
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidValue(
                f"Invalid {name} at position {error.start}: expected a character, got half of a "
                "surrogate pair."
            ) from None
        self._rest = self._cut()
        self.next = next(self._rest)

    def _cut(self) -> Iterator[Token]:
        for found in _TOKEN.finditer(self.text):
            if found.lastgroup != "space":
                yield Token(found.lastgroup or "other", found.group(), found.start())
        yield Token("end", "", len(self.text))

    def take(self) -> Token:
        """The next word, which is then behind us; the end stays where it is."""
        token = self.next
        self.next = next(self._rest, token)
        return token

    def take_keyword(self, *keywords: str) -> str:
        """Take the next word if it is one of `keywords`, in any case; else return ''."""
        return self.take().keyword if self.next.keyword in keywords else ""

    def take_mark(self, mark: str) -> bool:
        """Take the next word if it is this punctuation; say whether."""
        found = self.next.kind == "mark" and self.next.text == mark
        if found:
            self.take()
        return found

    def error(self, expected: str, token: Token | None = None) -> InvalidValue:
        """The error that says what should stand where `token` (the next one) stands.

        Its message has ``position N``, what was expected, what is there and the text around it.
        """
        token = token or self.next
        if token.kind == "open":
            expected = f"a closing {token.text[0]}"
        got = token.text if len(token.text) <= _SHOWN else f"{token.text[:_SHOWN]}..."
        return InvalidValue(
            f"Invalid {self.name} at position {token.position}: expected {expected}, "
            f"got {got or 'the end'}. {self._around(token.position)}".rstrip()
        )

    def _around(self, position: int) -> str:
        first = max(position - _SHOWN, 0)
        last = position + _SHOWN
        before = "..." if first else ""
        after = "..." if last < len(self.text) else ""
        return f"{before}{self.text[first:last]}{after}"
