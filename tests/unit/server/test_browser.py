from __future__ import annotations

import pytest
from tests.unit.server.conftest import Ask
from tests.wire.asking import Asker

INFO = "/api/3.0/mlflow/server-info"
FILE = "/api/2.0/mlflow-artifacts/artifacts/x"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:5000", "LOCALHOST", "127.0.0.1", "127.8.8.8:1", "[::1]:5000"),
        *("[::1]", "10.1.2.3:80", "192.168.0.9", "172.16.0.1", "[fd00::1]", "169.254.1.1"),
    ],
)
def test_loopback_and_private_addresses_are_answered(ask: Asker, host: str) -> None:
    assert ask("GET", INFO, host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        *(None, "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example"),
        *("8.8.8.8", "172.32.0.1", "evil.example:5000", "localhost:5000@evil.example"),
        *("user@localhost", "localhost:x", "localhost:5000:1", "::1", "[::1", "0x7f.1", "127.1"),
        *("local host", "localhost/", "localhost\\x", "[localhost]"),
    ],
)
def test_other_names_are_refused(ask: Asker, host: str | None) -> None:
    reply = ask("GET", INFO, host=host)

    assert reply.status == 403
    assert reply.headers["content-type"].startswith("text/plain")


def test_health_and_version_answer_to_any_name(ask: Asker) -> None:
    assert ask("GET", "/health", host="lb.example").status == 200
    assert ask("GET", "/version", host=None).status == 200


def test_two_host_headers_are_refused(ask: Asker) -> None:
    async def two(scope, receive, send):  # type: ignore[no-untyped-def]
        scope["headers"].append((b"host", b"evil.example"))
        await ask._app(scope, receive, send)

    assert Asker(two, ask._portal)("GET", INFO).status == 403


def test_listed_names_are_answered(start: Ask) -> None:
    ask = start(artifacts_only=True, allowed_hosts=("ml.example", "*.lab.example", "odd:81"))

    for host in ("ml.example", "ml.example:443", "ML.example", "a.lab.example", "odd:81"):
        assert ask("GET", INFO, host=host).status == 200
    for host in ("lab.example", "xml.example", "odd:82", "odd"):
        assert ask("GET", INFO, host=host).status == 403
    assert "--allowed-hosts odd" in ask("GET", INFO, host="odd").text
    assert start(artifacts_only=True, allowed_hosts=("*",))("GET", INFO, host="any").status == 200
    assert start(artifacts_only=True, host="my.name")("GET", INFO, host="my.name:1").status == 200
    assert start(artifacts_only=True, host="0.0.0.0")("GET", INFO, host="0.0.0.0.x").status == 403


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:9999"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://[bad"},
    {"origin": ""},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("verb", ["PUT", "POST", "DELETE", "PATCH", "BREW"])
def test_pages_of_other_sites_change_nothing(
    ask: Asker, headers: dict[str, str], verb: str
) -> None:
    assert ask(verb, FILE, body=b"1", headers=headers).status == 403
    assert ask("GET", FILE).status == 404


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_get_no_leave_to_read(ask: Asker, headers: dict[str, str]) -> None:
    assert "access-control-allow-origin" not in ask("GET", INFO, headers=headers).headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost"},
        {"origin": "https://LOCALHOST", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_our_own_pages_and_programs_may_write(ask: Asker, headers: dict[str, str]) -> None:
    assert ask("PUT", FILE, body=b"1", headers=headers).status == 200


def test_an_allowed_site_may_read_and_write(start: Ask) -> None:
    ask = start(artifacts_only=True, cors_allowed_origins=("https://dash.example/",))
    origin = {"origin": "https://dash.example", "sec-fetch-site": "cross-site"}

    reply = ask("PUT", FILE, body=b"1", headers=origin)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "https://dash.example"
    assert "Origin" in reply.headers["vary"]
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "x-a"}
    reply = ask("OPTIONS", FILE, headers=origin | asked)
    assert reply.status == 204
    assert "PUT" in reply.headers["access-control-allow-methods"]
    assert reply.headers["access-control-allow-headers"] == "x-a"
    other = {"origin": "https://other.example"}
    assert ask("OPTIONS", FILE, headers=other | asked).status == 403
    assert ask("PUT", FILE, body=b"1", headers=other).status == 403


@pytest.mark.parametrize("path", ["/", INFO, "/health", "/nope", "/api/nope", FILE])
def test_every_answer_carries_the_headers(ask: Asker, path: str) -> None:
    for host in ("localhost", "evil.example"):
        headers = ask("GET", path, host=host).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["referrer-policy"] == "same-origin"


def test_the_frame_policy_is_a_choice(start: Ask) -> None:
    assert (
        start(artifacts_only=True, x_frame_options="deny")("GET", "/health").headers[
            "x-frame-options"
        ]
        == "DENY"
    )
    assert (
        "x-frame-options"
        not in start(artifacts_only=True, x_frame_options="NONE")("GET", "/health").headers
    )
