from __future__ import annotations

from typing import Any

import pytest
from tests.wire.asking import Asker, Reply
from tests.wire.exchanges import STORIES, X


@pytest.mark.parametrize("ask", ["sqlite", "postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize("story", STORIES)
def test_answers_are_those_of_the_protocol(ask: Asker, story: str) -> None:
    known: dict[str, str] = {}
    wrong: list[str] = []

    for number, exchange in enumerate(STORIES[story]):
        reply = send(ask, exchange, known)
        difference = compare(reply, exchange, known)
        if difference:
            wrong.append(f"{number} {exchange.line} {str(exchange.send)[:100]}: {difference}")

    assert not wrong, "\n".join(wrong)


def send(ask: Asker, exchange: X, known: dict[str, str]) -> Reply:
    verb, _, path = filled(exchange.line, known).partition(" ")
    path, _, query = path.partition("?")
    path = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
    payload = filled(exchange.send, known)
    headers = {} if exchange.kind is None else {"content-type": exchange.kind}
    if isinstance(payload, bytes):
        return ask(verb, path, query=query.encode(), body=payload, headers=headers)
    if verb == "GET":
        pairs = [
            (k, str(v)) for k, vs in payload.items() for v in (vs if isinstance(vs, list) else [vs])
        ]
        return ask(verb, path, query=pairs)
    return ask(verb, path, json=payload)


def compare(reply: Reply, exchange: X, known: dict[str, str]) -> str:
    """What is wrong with a reply; nothing when it is right."""
    body = reply.json
    if reply.status != exchange.status:
        return f"status {reply.status} instead of {exchange.status}: {body}"
    if exchange.status >= 400:
        keys = list(body)[:2]
        if body["error_code"] != exchange.says or keys != ["error_code", "message"]:
            return f"{body} instead of {exchange.says}"
        return ""
    if set(body) != set(exchange.says.split()):
        return f"keys {sorted(body)} instead of {exchange.says}"
    for name, place in exchange.keep.items():
        known[name] = at(body, place)
    for place, value in exchange.holds.items():
        if at(body, place) != filled(value, known):
            return f"{place} is {at(body, place)!r} instead of {value!r}"
    return ""


def at(body: Any, place: str) -> Any:
    for name in place.split("."):
        body = body[name]
    return body


def filled(value: Any, known: dict[str, str]) -> Any:
    """`value` with what is known in the place of each $name."""
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"${name}", text)
    elif isinstance(value, bytes):
        for name, text in known.items():
            value = value.replace(f"${name}".encode(), text.encode())
    elif isinstance(value, dict):
        return {k: filled(v, known) for k, v in value.items()}
    elif isinstance(value, list):
        return [filled(v, known) for v in value]
    return value
