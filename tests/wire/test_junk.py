"""Whatever comes in, the answer is one of ours: never a 500, always an error body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.wire.asking import Asker, Reply, asking

from cairn.contract.services import all_operations
from cairn.server.app import App, create_app
from cairn.server.config import ServerConfig

OPERATIONS = all_operations()
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]
KINDS = [None, "", "application/json", "application/json; charset=x", "text/plain", "a/b\x80"]
KNOWN: dict[str, Any] = {
    "experiment_id": "1",
    "experiment_ids": ["1"],
    "run_id": "a" * 32,
    "run_uuid": "a" * 32,
    "run_ids": ["a" * 32],
    "max_results": 10,
    "metric_key": "m",
    "key": "k",
    "value": "1",
    "timestamp": 1,
    "path": "a/b",
}

numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 0.5]),
    st.floats(),
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.text(max_size=30),
    st.sampled_from(["", "NaN", "x" * 9000, "\x00", "\ud800", "1" * 400, "../..", "%00", "a' OR"]),
    st.sampled_from(["metrics.m > 1", "params.p = 'x'", "(((", "attributes.start_time > 1e999"]),
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "value", "timestamp", "step", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
BODIES = {
    "empty": b"",
    "null": b"null",
    "list": b"[1]",
    "text": b'"x"',
    "text in text": b'"\\"{}\\""',
    "cut": b"{",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep lists in a field": b'{"key":' + b"[" * 100_000,
    "deep objects in text": b'"' + b'{\\"a\\":' * 50_000 + b'"',
    "no UTF-8": b'{"run_id":"\xff"}',
    "long number": b'{"max_results":1' + b"0" * 5000 + b"}",
    "large number": b'{"max_results":1e999}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "twice": b'{"run_id":1,"run_id":2}',
}
raw_bodies = st.one_of(st.binary(max_size=40), st.sampled_from(sorted(BODIES)))


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder = tmp_path_factory.mktemp("junk")
    with known(f"sqlite:///{folder / 'cairn.db'}", folder) as asker:
        yield asker


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def each(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asker]:
    """A server on each kind of database, which may not be able to store what comes."""
    if request.param == "sqlite":
        yield request.getfixturevalue("ask")
        return
    folder = tmp_path_factory.mktemp("junk")
    with request.getfixturevalue(request.param).database() as uri, known(uri, folder) as asker:
        yield asker


@contextmanager
def known(uri: str, folder: Path) -> Iterator[Asker]:
    """A server on a new database, with the experiment and the run that `KNOWN` says."""
    config = ServerConfig(backend_store_uri=uri, artifacts_destination=str(folder / "served"))
    with asking(create_app(config)) as asker:
        api = "/api/2.0/mlflow"
        made = asker("POST", f"{api}/experiments/create", json={"name": "e"}).json
        assert made["experiment_id"] == KNOWN["experiment_id"]
        asker("POST", f"{api}/runs/create", json=made | {"run_id": KNOWN["run_id"]})
        yield asker


@st.composite
def bodies(draw: st.DrawFn, fields: tuple[str, ...]) -> Any:
    """A JSON object with the fields of a message, some of them right, some junk."""
    body = {}
    for name in draw(st.lists(st.sampled_from(fields), unique=True)) if fields else ():
        right = name in KNOWN and draw(st.booleans())
        body[name] = KNOWN[name] if right else draw(values)
    return body


def check(reply: Reply, verb: str = "GET") -> None:
    allowed = {200, 206, 304, 400, 404, 405, 413, 416, 429, 501}
    if reply.status == 500:
        assert reply.json["error_code"] == "INVALID_STATE", reply.body
    else:
        assert reply.status in allowed, (reply.status, reply.body)
    if reply.status >= 400 and reply.status != 416 and verb != "HEAD":
        body = reply.json
        assert list(body)[:2] == ["error_code", "message"]
        assert all(isinstance(part, str) and part for part in body.values())
    assert reply.headers["x-content-type-options"] == "nosniff"


def as_bytes(body: bytes | str) -> bytes:
    return BODIES[body] if isinstance(body, str) else body


def dumps(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


junk = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.data())
@junk
def test_operations_answer_junk_bodies_with_an_error(each: Asker, data: st.DataObject) -> None:
    op = data.draw(st.sampled_from(OPERATIONS), label="operation")
    fields = tuple(f.name for f in msgspec.structs.fields(op.request))
    body = data.draw(bodies(fields) | values, label="body")
    if op.verb == "GET" and isinstance(body, dict) and data.draw(st.booleans()):
        query = [
            (k, str(v).encode("utf-8", "replace").decode())
            for k, vs in body.items()
            for v in (vs if isinstance(vs, list) else [vs])
        ]
        check(each(op.verb, op.paths[0], query=query))
        return
    headers = {"content-type": "application/json"}
    check(each(op.verb, op.paths[0], body=dumps(body), headers=headers))


@given(st.sampled_from(OPERATIONS), raw_bodies, st.sampled_from(KINDS), st.sampled_from(VERBS))
@junk
def test_operations_answer_broken_requests_with_an_error(
    ask: Asker, op: Any, body: bytes | str, kind: str | None, verb: str
) -> None:
    headers = {} if kind is None else {"content-type": kind}
    for method in {verb, op.verb}:
        check(ask(method, op.paths[-1], body=as_bytes(body), headers=headers), method)


@pytest.mark.parametrize("body", BODIES)
def test_every_operation_answers_every_broken_body(ask: Asker, body: str) -> None:
    headers = {"content-type": "application/json"}

    for op in OPERATIONS:
        check(ask(op.verb, op.paths[0], body=BODIES[body], headers=headers))


@given(st.sampled_from(OPERATIONS), st.binary(max_size=60))
@example(OPERATIONS[1], b"experiment_id=%ff")
@example(OPERATIONS[1], b"\xff\xfe")
@example(OPERATIONS[1], b"&&==&=%&%zz&" + b"a=1&" * 5000)
@junk
def test_operations_answer_broken_queries_with_an_error(ask: Asker, op: Any, query: bytes) -> None:
    check(ask("GET", op.paths[0], query=query))


@pytest.fixture(scope="module")
def raw_paths(ask: Asker) -> list[str]:
    app = ask._app._app._app
    assert isinstance(app, App)
    return sorted({route.path for route in app.raw.routes})


tails = st.one_of(
    st.text(alphabet="ab./%25eE\\:~+ \t\x00\xff", max_size=20),
    st.sampled_from(
        ["%", "%zz", "%ff", "%00", "%2e%2e/", "//", "x" * 5000, "a/" * 3000, "%25" * 50]
    ),
)


@given(st.data())
@junk
def test_raw_routes_answer_junk_with_an_error(
    ask: Asker, raw_paths: list[str], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(raw_paths), label="path")
    tail = data.draw(tails, label="tail").encode("ascii", "ignore").decode()
    verb = data.draw(st.sampled_from(VERBS), label="verb")
    names = st.sampled_from(["path", "run_id", "run_uuid"])
    query = data.draw(
        st.binary(max_size=30)
        | st.dictionaries(names, st.sampled_from([KNOWN["run_id"], "", "a", "../x", "\ufffd"])).map(
            lambda d: list(d.items())
        ),
        label="query",
    )
    ranges = st.sampled_from(["bytes=0-", "bytes=-", "bytes=9-1", "x", "bytes=" + "1" * 99 + "-"])
    headers = {"range": data.draw(ranges), "if-none-match": "*", "content-type": "a/b"}
    body = data.draw(raw_bodies, label="body")

    check(
        ask(verb, path.replace("*", tail), query=query, body=as_bytes(body), headers=headers), verb
    )


@given(st.text(alphabet="/abpi-.%25\\:_~", max_size=40), st.sampled_from(VERBS))
@junk
def test_unknown_paths_are_said_to_be_unknown(ask: Asker, path: str, verb: str) -> None:
    reply = ask(verb, f"/api/{path}")

    assert reply.status in {400, 404, 405}
    check(reply, verb)


def test_a_body_over_the_limit_is_413(ask: Asker) -> None:
    op = OPERATIONS[0]
    headers = {"content-type": "application/json", "content-length": str(2**40)}

    declared = ask(op.verb, op.paths[0], body=b"{}", headers=headers)
    headers.pop("content-length")
    sent = ask(op.verb, op.paths[0], body=(b"x" * 2**20 for _ in range(100)), headers=headers)

    for reply in (declared, sent):
        assert (reply.status, reply.json["error_code"]) == (413, "REQUEST_LIMIT_EXCEEDED")
