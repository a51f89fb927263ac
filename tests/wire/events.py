"""Follow a stream of server-sent events."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

PATH = "/api/cairn/v1/stream"


@dataclass
class Event:
    id: str
    name: str
    data: Any


class Stream:
    """The events of one answer, one after the other."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer
        self.status = answer.status
        self.comments: list[str] = []

    def next(self) -> Event | None:
        """The next event; None at the end of the stream."""
        fields: dict[str, str] = {}
        while line := self._answer.readline():
            text = line.decode().rstrip("\n")
            if text:
                name, _, value = text.partition(": ")
                if not name or text.startswith(":"):
                    self.comments.append(text)
                fields[name] = value
            elif "data" in fields:
                return Event(fields["id"], fields["event"], json.loads(fields["data"]))
            else:
                fields = {}
        return None

    def body(self) -> Any:
        return json.loads(self._answer.read())


@contextmanager
def following(url: str, resume: str | None = None, **scope: str) -> Iterator[Stream]:
    """Follow an experiment or a run; after the first event when it does not resume."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    headers = {} if resume is None else {"last-event-id": resume}
    try:
        connection.request("GET", f"{PATH}?{urlencode(scope)}", headers=headers)
        stream = Stream(connection.getresponse())
        if resume is None and stream.status == 200:
            first = stream.next()
            assert first is not None
            assert first.name == "reload"
        yield stream
    finally:
        connection.close()
